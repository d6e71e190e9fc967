// Package vcjwt reads, makes and verifies credentials and presentations that are
// secured by an envelope around them: VC-JOSE-COSE 1.0 with JOSE and SD-JWT
// (vc+jwt, vp+jwt, vc+sd-jwt, vp+sd-jwt) and the JSON Web Token proof format of
// Open Badges 3.0, section 8.2. COSE has a package of its own.
//
// Most callers need Read, then a key for what Secured.Issuer and Secured.KeyID say
// (KeyFromDocument and its neighbours check that the key is the issuer's), then
// Verify. Verify answers whether the key made the envelope, and returns the
// document from inside it and nothing from outside. Whether the document is a good
// credential (package vc), its times, its status, and the credentials inside a
// presentation (Envelopes) are for the caller.
package vcjwt

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Form is the kind of an envelope: the typ of its token.
type Form string

// The forms. An Open Badge is known by its typ "JWT" or the absence of one.
const (
	Credential            Form = "vc+jwt"
	Presentation          Form = "vp+jwt"
	SelectiveCredential   Form = "vc+sd-jwt"
	SelectivePresentation Form = "vp+sd-jwt"
	OpenBadge             Form = "JWT"
)

// IsPresentation reports whether the form is one of a presentation.
func (f Form) IsPresentation() bool { return f == Presentation || f == SelectivePresentation }

// Selective reports whether the form is an SD-JWT.
func (f Form) Selective() bool { return f == SelectiveCredential || f == SelectivePresentation }

func (f Form) policy() jose.Policy {
	if f == OpenBadge {
		// Open Badges 3.0, 8.2.3: typ may be absent, and RS256 must be read.
		return jose.Policy{Types: []string{"JWT", ""}, RSA: true}
	}
	return jose.Policy{Types: []string{string(f)}}
}

// Secured is an envelope that was read and not yet verified.
type Secured struct {
	Form   Form
	Issuer string // issuer of the credential, or holder of the presentation; may be empty for a presentation
	KeyID  string // kid; may be empty
	// Algorithm is what the token says that it was signed with; Verify checks it.
	Algorithm jose.Algorithm
	// HeaderKey is the jwk of an Open Badge. Whoever made the token chose it:
	// KeyFromDocument compares it with the issuer's keys.
	HeaderKey *jose.PublicKey

	token    *jose.Token
	selected *sdjwt.Token // nil for a form that is not selective
	document map[string]any
	claims   map[string]any
}

// Verified is what a verified envelope holds.
type Verified struct {
	Form     Form
	Document map[string]any // the credential or presentation, without the claims of the token
	Claims   map[string]any // the claims of the token itself: iss, exp, aud, nonce and the like
	Withheld int            // claims of an SD-JWT that are not shown, decoys among them
	Bound    bool           // the holder of an SD-JWT proved possession of its key
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// tokenClaims are the claims that belong to the token and not to the document
// (RFC 7519, 4.1; RFC 7800; OpenID). What no one here understands stays in the
// document, where a missing definition of it is noticed.
var tokenClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce"}

// Read reads an envelope and decides by its typ what it is. It checks the form and
// believes nothing.
func Read(text string) (*Secured, error) {
	s := &Secured{}
	if sdjwt.Is(text) {
		t, err := sdjwt.Parse(text)
		if err != nil {
			return nil, err
		}
		s.selected, s.token = t, t.JWT
		s.document = t.Unverified()
	} else {
		t, err := jose.Parse(text, jose.MaxCredential)
		if err != nil {
			return nil, err
		}
		if s.document, err = strictjson.ParseObject(t.Payload, strictjson.Transcript); err != nil {
			return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "jose.payload", Message: "the content of the token can't be read", Err: err}
		}
		s.token = t
	}
	if err := s.form(); err != nil {
		return nil, err
	}
	s.KeyID, s.Algorithm = s.token.Header.KeyID, s.token.Header.Algorithm
	s.claims = map[string]any{}
	for _, name := range tokenClaims {
		if v, ok := s.document[name]; ok {
			s.claims[name] = v
			delete(s.document, name)
		}
	}
	if s.Form == OpenBadge {
		return s, s.readBadge()
	}
	return s, s.readEnvelope()
}

func (s *Secured) form() error {
	for _, f := range []Form{Credential, Presentation, SelectiveCredential, SelectivePresentation, OpenBadge} {
		if f.Selective() == (s.selected != nil) && s.token.Is(f.policy().Types...) {
			s.Form = f
			return nil
		}
	}
	return bad("vcjwt.form", "typ", "a token of type %.60q is no credential and no presentation", s.token.Header.Type)
}

// readEnvelope checks what VC-JOSE-COSE, sections 3.1.3 and 4.1, says of a token
// and the document in it.
func (s *Secured) readEnvelope() error {
	for _, name := range []string{"vc", "vp"} { // version 1.1 had them; a reader of both would see two documents
		if _, ok := s.document[name]; ok {
			return bad("vcjwt.claim", name, "the claim %s may not be there", name)
		}
	}
	kind, crossed, party, typ := "vc", "vp", "issuer", "VerifiableCredential"
	if s.Form.IsPresentation() {
		kind, crossed, party, typ = "vp", "vc", "holder", "VerifiablePresentation"
	}
	// cty may name a more special media type; that of the other kind is a mistake.
	if cty := strings.TrimPrefix(strings.ToLower(s.token.Header.ContentType), "application/"); cty == crossed || cty == "jwt" {
		return bad("vcjwt.content-type", "cty", "the content is said to be %.40q in a token for %s", s.token.Header.ContentType, kind)
	}
	if err := s.alwaysShown(); err != nil {
		return err
	}
	if !hasType(s.document, typ) {
		return bad("vcjwt.document", "type", "there is no %s in the token", typ)
	}
	var err error
	if s.Issuer, err = identifier(s.document, party); err != nil {
		return err
	}
	if s.Issuer == "" && !s.Form.IsPresentation() {
		return bad("vcjwt.issuer", party, "the credential does not say who issued it")
	}
	// iss may stand in the claims and in the header, and must say the same.
	for _, from := range []map[string]any{s.claims, s.token.Header.Members} {
		iss, err := jose.Text(from, "iss")
		if err != nil {
			return err
		}
		if _, ok := from["iss"]; ok && iss != s.Issuer {
			return bad("vcjwt.issuer", "iss", "the token names another issuer than the document inside it")
		}
	}
	if _, ok := s.claims["iss"]; !ok && s.Issuer != "" && !vc.IsURL(s.KeyID) {
		return bad("vcjwt.kid", "kid", "without iss, kid must be the whole URL of a key")
	}
	if strings.HasPrefix(s.Issuer, "did:") && s.KeyID == "" {
		return bad("vcjwt.kid", "kid", "the token does not say which key of the issuer signed it")
	}
	return nil
}

// always are the members that are needed to check a document (VC-JOSE-COSE,
// section 3.2.1): who could keep one back would decide what is checked.
var always = []string{"@context", "type", "issuer", "validFrom", "validUntil", "credentialStatus", "credentialSchema", "relatedResource",
	"iss", "exp", "nbf", "cnf", "status"}

// alwaysShown refuses members that may not be selective in a credential. The
// presentations of the W3C suite hide holder and type, which the holder who made
// them shows again, so only credentials are held to it.
func (s *Secured) alwaysShown() error {
	if s.Form != SelectiveCredential {
		return nil
	}
	for _, name := range always {
		if s.selected.Selective(name) {
			return bad("sdjwt.always-shown", name, "%s must always be shown", name)
		}
	}
	return nil
}

// identifier reads a member that is an identifier or an object with one.
func identifier(m map[string]any, name string) (string, error) {
	v, ok := m[name]
	if !ok {
		return "", nil
	}
	if o, isObject := v.(map[string]any); isObject {
		v = o["id"]
	}
	id, ok := v.(string)
	if !ok || !vc.IsURL(id) {
		return "", bad("vcjwt."+name, name, "%s must be one URL, or an object whose id is one", name)
	}
	return id, nil
}

func hasType(m map[string]any, want string) bool {
	list, ok := m["type"].([]any)
	if !ok {
		return m["type"] == want
	}
	for _, t := range list {
		if t == want {
			return true
		}
	}
	return false
}

// Unverified returns the document before any signature was checked. Nothing in it
// may be relied on.
func (s *Secured) Unverified() map[string]any { return maps.Clone(s.document) }

// Confirmation returns the key, or its name, that a selective credential is bound
// to, as sdjwt.Token.Confirmation does.
func (s *Secured) Confirmation() (key *jose.PublicKey, kid string, err error) {
	if s.selected == nil {
		return nil, "", nil
	}
	return s.selected.Confirmation()
}

func (s *Secured) verified() *Verified {
	return &Verified{Form: s.Form, Document: maps.Clone(s.document), Claims: maps.Clone(s.claims)}
}

// Verify returns the document when the key made the envelope.
func (s *Secured) Verify(k *jose.PublicKey) (*Verified, error) {
	v := s.verified()
	if s.selected == nil {
		if err := s.token.Verify(k, s.Form.policy()); err != nil {
			return nil, err
		}
		return v, nil
	}
	c, err := s.selected.Verify(k, s.Form.policy())
	if err != nil {
		return nil, err
	}
	v.Withheld = c.Withheld
	return v, nil
}

// VerifyBound is Verify for an SD-JWT of which proof of possession is asked.
func (s *Secured) VerifyBound(k *jose.PublicKey, c sdjwt.Challenge) (*Verified, error) {
	if s.selected == nil {
		return nil, bad("sdjwt.not-bound", "", "the holder did not prove that the credential is theirs")
	}
	claims, err := s.selected.VerifyBound(k, s.Form.policy(), c)
	if err != nil {
		return nil, err
	}
	v := s.verified()
	v.Withheld, v.Bound = claims.Withheld, true
	return v, nil
}

// Period checks exp and nbf of the token: how long its signature is meant to be
// good. The times of the document are apart from them.
func (v *Verified) Period(at time.Time, leeway time.Duration) error {
	return jose.Period(v.Claims, at, leeway)
}

// Answers checks that a presentation was made for one verifier and one transaction
// (OpenID4VP 1.0, section B.1.3.1.5). Both texts are required; an audience of
// several is refused.
func (v *Verified) Answers(audience, nonce string) error {
	if audience == "" || nonce == "" {
		return &cairn.Error{Kind: cairn.Internal, Code: "vcjwt.challenge", Message: "a presentation is checked against audience and nonce; one is missing"}
	}
	got, err := jose.Audience(v.Claims)
	if err != nil {
		return err
	}
	if len(got) != 1 || got[0] != audience {
		return bad("vcjwt.audience", "aud", "the presentation was made for somebody else")
	}
	if n, _ := v.Claims["nonce"].(string); n != nonce {
		return bad("vcjwt.nonce", "nonce", "the presentation does not answer this question")
	}
	return nil
}
