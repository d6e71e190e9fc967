package vcjwt_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/vcjwt"
)

// J24. One content, signed under every typ that is in use, plain and as an SD-JWT:
// each reader takes its own kind and no other.
func TestKindsAreNotCrossed(t *testing.T) {
	types := []string{"vc+jwt", "vp+jwt", "vc+sd-jwt", "vp+sd-jwt", "dc+sd-jwt", "kb+jwt", "JWT", "at+jwt", "dpop+jwt", "statuslist+jwt", "openid4vci-proof+jwt",
		"oauth-authz-req+jwt", "entity-statement+jwt", "vc+cose", "vc", "x"}
	claims := tree(t, badge())
	claims["type"] = []any{"VerifiableCredential", "VerifiablePresentation"}
	claims["holder"], claims["iss"] = string(issuerDID), string(issuerDID)
	claims["vct"] = "urn:x:y"
	_, id := identify(issuer)
	for _, typ := range types {
		h := jose.Header{Type: typ, KeyID: string(id)}
		plain := forge(t, h, claims, issuer)
		selective, err := sdjwt.Issue(t.Context(), claims, sdjwt.Options{Header: h, Rand: rand.Reader}, issuer)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{plain, selective} {
			var takenBy []string
			if s, err := vcjwt.Read(token); err == nil {
				if _, err := s.Verify(issuer.PublicKey()); err == nil {
					takenBy = append(takenBy, string(s.Form))
				}
			}
			if s, err := sdjwt.Parse(token); err == nil {
				if _, err := s.VC(); err == nil {
					if _, err := s.Verify(issuer.PublicKey(), sdjwt.VCPolicy()); err == nil {
						takenBy = append(takenBy, sdjwt.VCType)
					}
				}
			}
			isSelective := strings.Contains(token, "~")
			var want []string
			if isSelective == strings.Contains(typ, "sd-jwt") && slices.Contains(types[:5], typ) {
				want = []string{typ}
			}
			if !slices.Equal(takenBy, want) {
				t.Errorf("%s (selective: %v) is taken by %v, want %v", typ, isSelective, takenBy, want)
			}
		}
	}
}
