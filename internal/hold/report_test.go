package hold

import (
	"bytes"
	"context"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/verify"
)

// keyResolver resolves did:key, which needs no connection.
type keyResolver struct{}

func (keyResolver) Resolve(_ context.Context, d cairn.DID) (did.Resolution, error) {
	doc, err := did.ResolveKey(d)
	return did.Resolution{Document: doc, AsOf: now, Source: "did:key"}, err
}

// The real engine, without a network: the issuer is not known, the proof is good.
func TestReceiveWithTheEngine(t *testing.T) {
	engine := verify.New(verify.Config{Resolver: keyResolver{}, Now: func() time.Time { return now }, Offline: true})
	check := CheckWith(engine)
	w := create(t, 1)
	r, err := w.Receive(context.Background(), badge(t, 1, w.DID(), now), check)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Entry.Check; c.Verdict != "undetermined" || c.outcome("proof") != "yes" || c.outcome("model") != "yes" || c.outcome("issuer") != "unknown" || !c.At.Equal(now) {
		t.Errorf("%+v", c)
	}
	forged := bytes.Replace(badge(t, 2, w.DID(), now), []byte("Course 2"), []byte("Course 9"), 1)
	_, err = w.Receive(context.Background(), forged, check)
	wantCode(t, err, cairn.Invalid, "wallet.not-genuine")

	out, err := w.Present(context.Background(), PresentRequest{Credentials: []string{r.Entry.ID}, Challenge: "c", Domain: "d", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	report := engine.Verify(context.Background(), out, verify.Options{Challenge: "c", Domain: "d"})
	if report.Finding(verify.AxisProof).Outcome != verify.Yes || report.Finding(verify.AxisHolder).Outcome != verify.Yes {
		t.Errorf("the engine says of the presentation: %+v", report.Findings)
	}
	for _, o := range []verify.Options{{Challenge: "other", Domain: "d"}, {Challenge: "c", Domain: "other"}} {
		if r := engine.Verify(context.Background(), out, o); r.Finding(verify.AxisProof).Outcome == verify.Yes {
			t.Errorf("%+v: the presentation is good for another verifier", o)
		}
	}
}
