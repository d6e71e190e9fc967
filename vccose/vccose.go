// Package vccose reads, makes and verifies credentials and presentations that are
// secured with COSE: VC-JOSE-COSE 1.0, section 3.3 (vc+cose, vp+cose). Package
// vcjwt does the same with JOSE, and has the objects that carry either into a
// presentation.
//
// Most callers need Read or FromEnvelope, then a key for what Secured.Issuer and
// Secured.KeyID say (Secured.KeyFromDocument checks that the key is the issuer's),
// then Verify. Verify answers whether the key made the envelope, and returns the
// document from inside it and nothing from outside. Whether the document is a good
// credential (package vc), its times, its status, and the credentials inside a
// presentation (vcjwt.Contents) are for the caller.
package vccose

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

// Form is the kind of an envelope.
type Form string

// The forms: the media types without "application/".
const (
	Credential   Form = "vc+cose"
	Presentation Form = "vp+cose"
)

// MediaType is the media type of an envelope.
func (f Form) MediaType() string { return "application/" + string(f) }

// content is the media type of the document inside.
func (f Form) content() string { return "application/" + strings.TrimSuffix(string(f), "+cose") }

// claimNonce is the claim in which a presentation answers a question (RFC 9711,
// section 4.1): 8 to 64 bytes.
const (
	claimNonce = int64(10)
	minNonce   = 8
	maxNonce   = 64
)

// Secured is an envelope that was read and not yet verified.
type Secured struct {
	Form   Form
	Issuer string // issuer of the credential, or holder of the presentation; may be empty for a presentation
	KeyID  string // kid; may be empty
	// Algorithm is what the envelope says that it was signed with; Verify checks it.
	Algorithm jose.Algorithm

	message  *cose.Message
	document map[string]any
}

// Verified is what a verified envelope holds.
type Verified struct {
	Form     Form
	Document map[string]any // the credential or presentation
	Claims   cose.Claims    // of the envelope itself; empty when it has none
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Read reads an envelope of at most cose.MaxCredential bytes and decides by its
// typ, or its content type when it has no typ, what it is. It checks the form and
// believes nothing. Codes: vccose.form, vccose.content-type, vccose.document,
// vccose.issuer, vccose.kid, vccose.claim, and those of cose.Parse.
func Read(data []byte) (*Secured, error) {
	m, err := cose.Parse(data, cose.MaxCredential)
	if err != nil {
		return nil, err
	}
	s := &Secured{message: m}
	for _, f := range []Form{Credential, Presentation} {
		// Section 3.3.1: typ should be there; without it, the content type may say it.
		if m.Is(string(f)) || m.Is("") && strings.EqualFold(m.Header.ContentType, f.content()) {
			s.Form = f
		}
	}
	if s.Form == "" {
		return nil, bad("vccose.form", "typ", "a message of type %.60q is no credential and no presentation", m.Header.Type)
	}
	// The content type may name a more special media type; that of the other kind,
	// or of another envelope, is a mistake.
	content := strings.ToLower(m.Header.ContentType)
	if other := map[Form]Form{Credential: Presentation, Presentation: Credential}[s.Form]; content == other.content() || strings.HasSuffix(content, "+cose") {
		return nil, bad("vccose.content-type", "content type", "the content is said to be %.60q in an envelope of %s", content, s.Form)
	}
	if !utf8.Valid(m.Header.KeyID) {
		return nil, bad("vccose.kid", "kid", "the name of the key is not text")
	}
	s.KeyID, s.Algorithm = string(m.Header.KeyID), m.Header.Algorithm
	if s.document, err = strictjson.ParseObject(m.Payload, strictjson.Transcript); err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "vccose.document", Message: "the content of the envelope can't be read", Err: err}
	}
	return s, s.check()
}

func (s *Secured) check() error {
	for _, name := range []string{"vc", "vp"} { // a reader of version 1.1 would see another document in them
		if _, ok := s.document[name]; ok {
			return bad("vccose.claim", name, "the member %s may not be there", name)
		}
	}
	typ, isOne := "VerifiableCredential", false
	if s.Form == Presentation {
		typ = "VerifiablePresentation"
		p, _ := vc.ReadPresentation(s.document)
		isOne, s.Issuer = slices.Contains(p.Types, typ), p.Holder
		if _, ok := s.document["holder"]; ok && s.Issuer == "" {
			return bad("vccose.issuer", "holder", "holder must be one URL, or an object whose id is one")
		}
	} else {
		c, _ := vc.ReadCredential(s.document)
		isOne, s.Issuer = c.HasType(typ), c.Issuer
		if s.Issuer == "" {
			return bad("vccose.issuer", "issuer", "the credential does not say who issued it")
		}
	}
	if !isOne {
		return bad("vccose.document", "type", "there is no %s in the envelope", typ)
	}
	if c := s.message.Header.Claims; c != nil && c.Issuer != "" && c.Issuer != s.Issuer { // section 4.1.2
		return bad("vccose.issuer", "iss", "the envelope names another issuer than the document inside it")
	}
	if strings.HasPrefix(s.Issuer, "did:") && s.KeyID == "" { // section 4.1.1
		return bad("vccose.kid", "kid", "the envelope does not say which key of the issuer signed it")
	}
	return nil
}

// FromEnvelope reads what an enveloped object carries (vcjwt.ReadEnvelope) and
// checks that it is what the media type says.
func FromEnvelope(e vcjwt.Envelope) (*Secured, error) {
	if e.Bytes == nil {
		return nil, bad("vccose.form", "id", "this envelope holds no COSE message")
	}
	s, err := Read(e.Bytes)
	if err != nil {
		return nil, err
	}
	if e.MediaType != s.Form.MediaType() {
		return nil, bad("vccose.form", "id", "the content of the envelope is of another kind (%s) than the media type says", s.Form)
	}
	return s, nil
}

// WriteEnvelope makes the object that carries an envelope into a presentation
// (VC Data Model 2.0, section 4.13).
func WriteEnvelope(data []byte) (map[string]any, error) {
	s, err := Read(data)
	if err != nil {
		return nil, err
	}
	typ := vcjwt.EnvelopedCredential
	if s.Form == Presentation {
		typ = vcjwt.EnvelopedPresentation
	}
	return map[string]any{"@context": vc.ContextV2, "type": typ,
		"id": "data:" + s.Form.MediaType() + ";base64," + base64.StdEncoding.EncodeToString(data)}, nil
}

// Unverified returns the document before any signature was checked. Nothing in it
// may be relied on.
func (s *Secured) Unverified() map[string]any { return maps.Clone(s.document) }

// Verify returns the document when the key made the envelope. Codes: those of
// cose.Message.Verify.
func (s *Secured) Verify(k *jose.PublicKey) (*Verified, error) {
	if err := s.message.Verify(k, cose.Policy{Types: []string{string(s.Form), ""}}); err != nil {
		return nil, err
	}
	v := &Verified{Form: s.Form, Document: maps.Clone(s.document)}
	if c := s.message.Header.Claims; c != nil {
		v.Claims = *c
	}
	return v, nil
}

// KeyFromDocument returns the key from the document of the issuer or holder, with
// what the document says of it: a key that merely fits the signature proves
// nothing. A kid that is no DID URL is a name inside the document.
func (s *Secured) KeyFromDocument(doc *did.Document) (*jose.PublicKey, did.Method, error) {
	if s.Issuer == "" || doc.ID != cairn.DID(s.Issuer) {
		return nil, did.Method{}, bad("vccose.issuer", "issuer", "the document is of somebody else")
	}
	purpose := did.AssertionMethod
	if s.Form == Presentation {
		purpose = did.Authentication
	}
	kid := s.KeyID
	if !vc.IsURL(kid) {
		kid = s.Issuer + "#" + strings.TrimPrefix(kid, "#")
	}
	m, err := doc.Method(cairn.KeyID(kid), purpose)
	if err != nil {
		return nil, did.Method{}, err
	}
	k, err := m.JOSE()
	return k, m, err
}

// Period checks exp and nbf of the envelope: how long its signature is meant to be
// good. The times of the document are apart from them.
func (v *Verified) Period(at time.Time, leeway time.Duration) error {
	return v.Claims.Period(at, leeway)
}

// Nonce is what a presentation answers; empty when it answers nothing.
func (v *Verified) Nonce() string {
	b, _ := v.Claims.Others[claimNonce].([]byte)
	return string(b)
}

// Answers checks that a presentation was made for one verifier and one transaction.
// Both texts are required.
func (v *Verified) Answers(audience, nonce string) error {
	if audience == "" || nonce == "" {
		return &cairn.Error{Kind: cairn.Internal, Code: "vccose.challenge", Message: "a presentation is checked against audience and nonce; one is missing"}
	}
	if len(v.Claims.Audience) != 1 || v.Claims.Audience[0] != audience {
		return bad("vccose.audience", "aud", "the presentation was made for somebody else")
	}
	if v.Nonce() != nonce {
		return bad("vccose.nonce", "nonce", "the presentation does not answer this question")
	}
	return nil
}

// Options say how a document is secured.
type Options struct {
	KeyID    string    // kid: the whole URL of the verification method; required
	At       time.Time // iat; zero leaves it out
	Expires  time.Time // exp of the signature; zero leaves it out
	Audience string    // aud and nonce of a presentation; the nonce has 8 to 64 bytes
	Nonce    string
	Holder   *jose.PublicKey // cnf of a credential: the holder's key; Verified.Claims.Confirmation reads it
}

// Sign secures a credential or presentation. The document is not changed. It must
// be good in the data model of version 2.0 (errors of package vc), without proof.
// iss is written beside it, so that a reader can compare kid and issuer.
func Sign(ctx context.Context, form Form, document map[string]any, o Options, s jose.Signer) ([]byte, error) {
	claims := cose.Claims{IssuedAt: o.At, Expires: o.Expires}
	var problems []vc.Problem
	switch form {
	case Credential:
		var c vc.Credential
		c, problems = vc.ReadCredential(document)
		claims.Issuer = c.Issuer
		if o.Audience != "" || o.Nonce != "" {
			return nil, bad("vccose.claim", "aud", "a credential is made for everybody")
		}
		if o.Holder != nil {
			cnf, err := cose.Confirm(o.Holder)
			if err != nil {
				return nil, err
			}
			claims.Others = cnf
		}
	case Presentation:
		if o.Holder != nil {
			return nil, bad("vccose.claim", "cnf", "a presentation is bound to nobody")
		}
		var p vc.Presentation
		p, problems = vc.ReadPresentation(document)
		claims.Issuer = p.Holder
		if err := checkContents(document); err != nil {
			return nil, err
		}
		if o.Audience != "" {
			claims.Audience = []string{o.Audience}
		}
		if o.Nonce != "" {
			if len(o.Nonce) < minNonce || len(o.Nonce) > maxNonce {
				return nil, bad("vccose.claim", "nonce", "a nonce has %d to %d bytes", minNonce, maxNonce)
			}
			claims.Others = strictcbor.Map{claimNonce: []byte(o.Nonce)}
		}
	default:
		return nil, bad("vccose.form", "typ", "there is no form %.40q", form)
	}
	if len(problems) > 0 {
		return nil, bad(problems[0].Code, strings.TrimPrefix(problems[0].Path, "/"), "%s", problems[0].Message)
	}
	if _, ok := document["proof"]; ok {
		return nil, bad("vccose.document", "proof", "the document has a proof of its own already")
	}
	if !vc.IsURL(o.KeyID) {
		return nil, bad("vccose.kid", "kid", "the name of the key must be a whole URL")
	}
	payload, err := jcs.Marshal(document)
	if err != nil {
		return nil, err
	}
	h := cose.Header{Type: form.MediaType(), ContentType: form.content(), KeyID: []byte(o.KeyID), Claims: &claims}
	data, err := cose.Sign(ctx, h, payload, s)
	if err != nil {
		return nil, err
	}
	// What we make, we can read.
	if _, err := Read(data); err != nil {
		return nil, err
	}
	return data, nil
}

// checkContents refuses a presentation of which a credential is not secured, or is
// in an envelope that can't be read.
func checkContents(document map[string]any) error {
	inside, err := vcjwt.Contents(document)
	if err != nil {
		return err
	}
	for _, in := range inside {
		if in.Envelope == nil || in.Envelope.Bytes == nil {
			continue
		}
		if _, err := FromEnvelope(*in.Envelope); err != nil {
			return err
		}
	}
	return nil
}
