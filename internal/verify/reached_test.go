package verify_test

import (
	"encoding/json"
	"testing"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// What an operator signs is judged like any document, by the lists of that operator.
func TestWhatAnOperatorSigns(t *testing.T) {
	w := newWorld()
	list, err := w.list.Document(today.Add(-time.Hour), today.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := trust.Bundle{ID: "https://ministry.example/bundle", Operator: ministry.Controller(), Lists: []any{}, Keys: []trust.BundleKeys{}}.Document(today.Add(-time.Hour), today.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	for kind, doc := range map[string]map[string]any{verify.KindTrustList: list, verify.KindTrustBundle: bundle} {
		r := w.engine().Verify(t.Context(), sign(t, doc, ministry, dataintegrity.Options{}), verify.Options{})
		want(t, r, verify.Valid, verify.AxisIssuer, "issuer.operator")
		if r.Kind != kind {
			t.Errorf("a %s is taken for a %s", kind, r.Kind)
		}
		// The same words by somebody whom nobody follows.
		doc["issuer"] = string(stranger.Controller())
		want(t, w.engine().Verify(t.Context(), sign(t, doc, stranger, dataintegrity.Options{}), verify.Options{}), verify.Undetermined, verify.AxisIssuer, "issuer.not-listed")
	}
}

// Two figures for one credit: a reader of the plain one would be told another than
// a reader of the exact one.
func TestContradiction(t *testing.T) {
	doc := badge(t, nil)
	doc["credentialSubject"].(map[string]any)["achievement"].(map[string]any)["creditsAvailable"] = json.Number("40")
	want(t, newWorld().engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{}), verify.Invalid, verify.AxisModel, "model.content")
}

// A report can be written whatever an issuer signed. A date that is of the year 10000
// by the clock of UTC could not be, and the answer was a fault of ours.
func TestReportOfHostileValues(t *testing.T) {
	for value, code := range map[string]string{"9999-12-31T23:59:59-14:00": "model.bad", "9999-12-31T24:00:00Z": "model.bad", "9999-12-31T23:59:59Z": "model.good", "2027-01-01T00:00:00.123456789+05:30": "model.good"} {
		for _, name := range []string{"validUntil", "validFrom"} {
			doc := badge(t, nil)
			doc[name] = value
			r := newWorld().engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{})
			b, err := json.Marshal(r)
			if err == nil {
				err = reportcheck.Report(b)
			}
			if got := r.Finding(verify.AxisModel).Code; err != nil || got != code {
				t.Errorf("%s %s: %s, %v", name, value, got, err)
			}
		}
	}
}

// An entry of more bits than a list here can have is no reason to say that the
// credential is false.
func TestStatusOfManyBits(t *testing.T) {
	doc := badge(t, nil)
	doc["credentialStatus"].(map[string]any)["statusSize"] = json.Number("9")
	want(t, newWorld().engine().Verify(t.Context(), sign(t, doc, college, dataintegrity.Options{}), verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.unsupported-size")
}

// A presentation of more than 300 credentials is refused before any is looked at.
func TestTooManyCredentials(t *testing.T) {
	small := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": "did:example:x", "credentialSubject": map[string]any{"id": "did:example:y"}}
	ask := verify.Options{Challenge: "c-1"}
	for n, code := range map[int]string{300: "model.good", 301: "model.too-many"} {
		list := make([]any, n)
		for i := range list {
			list[i] = small
		}
		doc := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(amina.Controller()), "verifiableCredential": list}
		r := newWorld().engine().Verify(t.Context(), sign(t, doc, amina, dataintegrity.Options{Purpose: did.Authentication, Challenge: ask.Challenge}), ask)
		want(t, r, verify.Invalid, verify.AxisModel, code)
		if (len(r.Credentials) == 0) != (n > 300) {
			t.Errorf("%d of %d were looked at", len(r.Credentials), n)
		}
	}
}

// What a bundle says that has ended is open, also when it says no, and the reason
// tells what it said.
func TestBundleEndedSaysWhatItSaid(t *testing.T) {
	w := newWorld()
	w.meta.Purpose = statuslist.Suspension
	e := w.engine()
	e.Bundle = &trust.Bundle{ValidUntil: today}
	f := e.Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{}).Finding(verify.AxisStatus)
	if f.Outcome != verify.Unknown || f.Code != "status.bundle-ended" || f.Args["reason"] != "status.purpose" || len(f.Args) != 1 {
		t.Errorf("%+v", f)
	}
}
