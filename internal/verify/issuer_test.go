package verify_test

import (
	"context"
	"errors"
	"testing"

	"cairn.example/dataintegrity"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/vc"
)

// A credential need not say from when it is. Then nobody knows whether its issuer
// was recognised on that day, which is not the same as not recognised.
func TestNoDayAtAll(t *testing.T) {
	doc := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": string(college.Controller()),
		"credentialSubject": map[string]any{"id": string(amina.Controller())}}
	for _, c := range []struct {
		name    string
		from    string
		scope   trust.Scope
		verdict verify.Verdict
		code    string
	}{
		{"recognised on the day", "2026-01-01T00:00:00Z", trust.Scope{}, verify.Valid, "issuer.recognised"},
		{"not on the day", "2023-01-01T00:00:00Z", trust.Scope{}, verify.Invalid, "issuer.not-at-that-time"},
		{"no day", "", trust.Scope{}, verify.Undetermined, "issuer.no-date"},
		{"no day, and not for this on any", "", trust.Scope{Types: []string{"Diploma"}}, verify.Invalid, "issuer.outside-scope"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, m := newWorld(), copyOf(t, doc)
			if c.from != "" {
				m["validFrom"] = c.from
			}
			c.scope.From, c.scope.Authority = day("2024-01-01"), "Order 17"
			w.list.Issuers[0].Scopes = []trust.Scope{c.scope}
			want(t, w.engine().Verify(t.Context(), sign(t, m, college, dataintegrity.Options{}), verify.Options{}), c.verdict, verify.AxisIssuer, c.code)
		})
	}
}

// A list that can't be checked now is named; what the others say stays, except
// that nobody is said not to be recognised: that list might.
func TestBrokenList(t *testing.T) {
	broken := trust.Broken{ID: "https://network.example/list", Operator: webDID, Err: errors.New("no answer")}
	for _, c := range []struct {
		name    string
		badge   func(*openbadges.Badge)
		lists   bool
		verdict verify.Verdict
		code    string
	}{
		{"recognised by another", nil, true, verify.Valid, "issuer.recognised"},
		{"outside the scope of another", func(b *openbadges.Badge) { b.Achievement.Type = "Diploma" }, true, verify.Undetermined, "issuer.lists-unavailable"},
		{"not then, says another", func(b *openbadges.Badge) { b.AwardedOn = day("2023-12-31").Earliest() }, true, verify.Undetermined, "issuer.lists-unavailable"},
		{"no other list", nil, false, verify.Undetermined, "issuer.lists-unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			e := w.engine()
			e.Trust = func(context.Context) (*trust.Snapshot, error) {
				if c.lists {
					return trust.NewSnapshot([]trust.List{w.list}, broken), nil
				}
				return trust.NewSnapshot(nil, broken), nil
			}
			r := e.Verify(t.Context(), sign(t, badge(t, c.badge), college, dataintegrity.Options{}), verify.Options{})
			want(t, r, c.verdict, verify.AxisIssuer, c.code)
			if len(r.Notes) != 1 || r.Notes[0].Code != "note.list-unavailable" || r.Notes[0].Args["list"] != broken.ID {
				t.Errorf("the list is not named: %+v", r.Notes)
			}
		})
	}
}
