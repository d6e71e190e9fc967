package sdjwt

import (
	"slices"
	"strings"
	"time"

	"cairn.example/jose"
	"cairn.example/vc"
)

// The typ of an SD-JWT VC. The older name is read only: W3C uses it for something
// else (package josecose), so that the payload must tell them apart, and the draft
// has dropped it since.
const (
	VCType    = "dc+sd-jwt"
	oldVCType = "vc+sd-jwt"
)

// VCPolicy is the policy for SD-JWT VC.
func VCPolicy() jose.Policy { return jose.Policy{Types: []string{VCType, oldVCType}} }

// alwaysShown are the claims that an issuer may not make selective, with what is
// inside them (draft-ietf-oauth-sd-jwt-vc, section 2.2.2.3): who could keep exp or
// status back would decide how long the credential is good.
var alwaysShown = []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "credentialStatus"}

// maxTypes bounds aka_vcts.
const maxTypes = 50

// VC is what an SD-JWT VC says of itself, read from a token before or after its
// signature was checked.
type VC struct {
	Type          string   // vct
	TypeIntegrity string   // vct#integrity; may be empty
	OtherTypes    []string // aka_vcts
	Issuer        string   // iss; may be empty when the token has x5c
	KeyID         string   // kid of the header; may be empty
	Subject       string
	IssuedAt      time.Time // these three are zero when absent
	NotBefore     time.Time
	Expires       time.Time
	Status        map[string]any  // nil when absent
	HolderKey     *jose.PublicKey // cnf.jwk; nil when absent
	HolderKeyID   string          // cnf.kid; empty when absent
	Claims        map[string]any  // the whole processed payload
}

// VC reads the token as an SD-JWT VC. It refuses another kind of token, a claim
// that may not be selective and was made so, and claims of the wrong form. It
// checks no signature and no time.
func (t *Token) VC() (*VC, error) {
	if !t.JWT.Is(VCPolicy().Types...) {
		return nil, bad("jose.type", "typ", "the token is of type %.60q and no SD-JWT VC", t.JWT.Header.Type)
	}
	// One token is one kind of credential: with the older name, a JSON-LD context
	// makes it a credential of the W3C, whatever else is in it.
	if _, ok := t.root.object["@context"]; ok && t.JWT.Is(oldVCType) {
		return nil, bad("jose.type", "@context", "this is a credential of the W3C data model and no SD-JWT VC")
	}
	for _, name := range alwaysShown {
		if n := t.root.object[name]; n != nil && n.anySelective() {
			return nil, bad("sdjwt.always-shown", name, "%s must always be shown", name)
		}
	}
	v := &VC{Claims: t.Unverified(), KeyID: t.JWT.Header.KeyID}
	var err error
	for name, to := range map[string]*string{"vct": &v.Type, "vct#integrity": &v.TypeIntegrity, "iss": &v.Issuer, "sub": &v.Subject} {
		if *to, err = jose.Text(v.Claims, name); err != nil {
			return nil, err
		}
	}
	if !vc.IsURL(v.Type) { // a name that nobody else uses: a URL or a URN
		return nil, bad("sdjwt.vct", "vct", "the type of the credential is missing or is no URL or URN")
	}
	for name, to := range map[string]*time.Time{"iat": &v.IssuedAt, "nbf": &v.NotBefore, "exp": &v.Expires} {
		if *to, _, err = jose.Time(v.Claims, name); err != nil {
			return nil, err
		}
	}
	if other, ok := v.Claims["aka_vcts"]; ok {
		if v.OtherTypes, err = otherTypes(other, v.Type); err != nil {
			return nil, err
		}
	}
	if s, ok := v.Claims["status"]; ok {
		if v.Status, ok = s.(map[string]any); !ok {
			return nil, bad("jose.claim", "status", "status must be an object")
		}
	}
	if v.HolderKey, v.HolderKeyID, err = t.Confirmation(); err != nil {
		return nil, err
	}
	if v.Issuer == "" && len(t.JWT.Header.Chain) == 0 {
		return nil, bad("sdjwt.issuer", "iss", "the credential does not say who issued it")
	}
	return v, nil
}

func otherTypes(v any, vct string) ([]string, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxTypes {
		return nil, bad("sdjwt.vct", "aka_vcts", "aka_vcts must be a list of one to %d types", maxTypes)
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || !vc.IsURL(s) || s == vct {
			return nil, bad("sdjwt.vct", "aka_vcts", "aka_vcts must have other types, each a URL or a URN")
		}
		out = append(out, s)
	}
	return out, nil
}

// CheckSelective refuses paths that an issuer of an SD-JWT VC may not make
// selective. Call it before Issue.
func CheckSelective(paths []Path) error {
	for _, p := range paths {
		if len(p) == 0 {
			return bad("sdjwt.path", "", "a path is empty")
		}
		name, _ := p[0].(string)
		if slices.Contains(alwaysShown, name) {
			return bad("sdjwt.always-shown", strings.TrimPrefix(p.String(), "/"), "%s must always be shown", name)
		}
	}
	return nil
}

// Selective reports whether a top-level claim, or something inside it, was or
// could be disclosed apart. It is false for a claim that is not there.
func (t *Token) Selective(name string) bool {
	n := t.root.object[name]
	return n != nil && n.anySelective()
}
