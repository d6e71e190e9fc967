package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/vccose"
)

// J20: an ECDSA signature has a twin that fits as well. Both are accepted, and what
// the report calls the document is the same: the signature is not part of it.
func TestTwinOfASignature(t *testing.T) {
	curve := newCurved(t, 5)
	id, key := curve.keys(t)
	doc := badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = id, nil })
	doc["iss"] = string(id)
	input := jose.EncodeBase64([]byte(`{"alg":"ES256","typ":"vc+jwt","kid":"`+string(key)+`"}`)) + "." + jose.EncodeBase64(write(t, doc))
	one, twin := curve.sign(t, []byte(input))
	if bytes.Equal(one, twin) {
		t.Fatal("no twin")
	}
	w := newWorld()
	w.list.Issuers[0].DID = id
	e := w.engine()
	first := e.Verify(t.Context(), []byte(input+"."+jose.EncodeBase64(one)), verify.Options{})
	second := e.Verify(t.Context(), []byte(input+"."+jose.EncodeBase64(twin)), verify.Options{})
	want(t, first, verify.Valid, verify.AxisProof, "proof.good")
	want(t, second, verify.Valid, verify.AxisProof, "proof.good")
	if first.Digest == "" || first.Digest != second.Digest {
		t.Errorf("%q and %q", first.Digest, second.Digest)
	}
}

// K12: a picture that a credential brings is no sign of anybody, and is not shown.
func TestPictureInACredentialIsNotShown(t *testing.T) {
	const picture = "https://ministry.example/arms.png"
	doc := badge(t, nil)
	image := map[string]any{"id": picture, "type": "Image"}
	doc["issuer"].(map[string]any)["image"] = image
	doc["credentialSubject"].(map[string]any)["achievement"].(map[string]any)["image"] = image
	r := newWorld().engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{})
	want(t, r, verify.Valid, verify.AxisProof, "proof.good")
	if r.Shown == nil || r.Shown.IssuerSays == "" {
		t.Fatalf("%+v", r.Shown)
	}
	if b, err := json.Marshal(r); err != nil || bytes.Contains(b, []byte("arms.png")) {
		t.Errorf("%s, %v", b, err)
	}
}

// wrongClock says of everything that it was got at another time.
type wrongClock struct {
	verify.StatusSource
	at time.Time
}

func (w wrongClock) StatusList(ctx context.Context, url string) ([]byte, time.Time, error) {
	b, _, err := w.StatusSource.StatusList(ctx, url)
	return b, w.at, err
}

// T09: the age of a list is that of the date in it, which was signed, whatever time
// it was got at by the clock of whoever got it.
func TestAgeOfAListIsSigned(t *testing.T) {
	doc := sign(t, badge(t, nil), college, dataintegrity.Options{})
	for _, got := range []time.Time{today, today.AddDate(-20, 0, 0), today.AddDate(20, 0, 0), {}} {
		for days, code := range map[int]string{0: "status.good", 8: "status.good-older", 61: "status.too-old"} {
			w := newWorld()
			w.meta.ValidFrom, w.meta.ValidUntil = today.AddDate(0, 0, -days), time.Time{}
			e := w.engine()
			e.Status = wrongClock{w, got}
			f := e.Verify(t.Context(), doc, verify.Options{}).Finding(verify.AxisStatus)
			if f.Code != code || !f.AsOf.Equal(w.meta.ValidFrom) {
				t.Errorf("a list of %d days ago, got at %s: %s, as of %s", days, got, f.Code, f.AsOf)
			}
		}
	}
}

// twoSites are two issuers whose documents name their keys alike.
type twoSites struct{}

func (twoSites) Resolve(_ context.Context, d cairn.DID) (did.Resolution, error) {
	p := college
	if d == "did:web:other.example" {
		p = stranger
	}
	m := did.Method{ID: cairn.KeyID(d) + "#1", Controller: d, PublicKey: p.PublicKey()}
	return did.Resolution{Document: &did.Document{ID: d, Methods: []did.Method{m}, Assertion: []cairn.KeyID{m.ID}}}, nil
}

// Q06: keys of two issuers have one name. Each counts for its own issuer, whichever
// was asked for first.
func TestKeysOfOneName(t *testing.T) {
	made := func(issuer cairn.DID, p party) []byte {
		doc := badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = issuer, nil })
		b, err := vccose.Sign(t.Context(), vccose.Credential, doc, vccose.Options{KeyID: string(issuer) + "#1"}, tokenSigner(t, p))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const one, other = cairn.DID("did:web:college.example"), cairn.DID("did:web:other.example")
	w := newWorld()
	w.list.Issuers[0].DID = one
	w.list.Issuers = append(w.list.Issuers, trust.Issuer{DID: other, Name: w.list.Issuers[0].Name, Scopes: w.list.Issuers[0].Scopes})
	e := w.engine()
	e.Resolver = twoSites{}
	for range 2 {
		want(t, e.Verify(t.Context(), made(one, college), verify.Options{}), verify.Valid, verify.AxisProof, "proof.good")
		want(t, e.Verify(t.Context(), made(other, stranger), verify.Options{}), verify.Valid, verify.AxisProof, "proof.good")
		want(t, e.Verify(t.Context(), made(one, stranger), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")
		want(t, e.Verify(t.Context(), made(other, college), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")
	}
}
