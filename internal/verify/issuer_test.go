package verify_test

import (
	"testing"

	"cairn.example/dataintegrity"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
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
