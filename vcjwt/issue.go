package vcjwt

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/vc"
)

// Options say how a document is secured.
type Options struct {
	KeyID string // kid: the whole URL of the verification method; required but for an Open Badge with IncludeKey
	// IncludeKey writes the public key into the header, for an Open Badge only.
	IncludeKey bool
	At         time.Time // iat; zero leaves it out
	Expires    time.Time // exp of the signature; zero leaves it out
	Audience   string    // aud and nonce of a presentation
	Nonce      string
	Holder     *jose.PublicKey // cnf of a credential: the holder's key
	// For the selective forms: what the holder may keep back, decoys, and where
	// the salts come from.
	Selective []sdjwt.Path
	Decoys    int
	Rand      io.Reader
}

// Sign secures a credential or presentation. The document is not changed. It must
// be good in the data model of version 2.0 (errors of package vc), without proof
// or vc and vp members; iss is written, so that kid and issuer can be compared.
func Sign(ctx context.Context, form Form, document map[string]any, o Options, s jose.Signer) (string, error) {
	claims, err := o.claims(form, document)
	if err != nil {
		return "", err
	}
	h := jose.Header{Type: string(form), KeyID: o.KeyID}
	if o.IncludeKey {
		if form != OpenBadge {
			return "", bad("vcjwt.header", "jwk", "only an Open Badge carries its key")
		}
		h.Key = s.PublicKey()
	}
	if o.KeyID == "" && !o.IncludeKey || o.KeyID != "" && !vc.IsURL(o.KeyID) {
		return "", bad("vcjwt.kid", "kid", "the name of the key must be a whole URL")
	}
	switch {
	case form.IsPresentation():
		h.ContentType = "vp"
	case form != OpenBadge:
		h.ContentType = "vc"
	}
	payload := maps.Clone(document)
	for name, v := range claims {
		if _, ok := payload[name]; ok {
			return "", bad("vcjwt.claim", name, "the document has a member with the name of a claim")
		}
		payload[name] = v
	}
	var token string
	if form.Selective() {
		for _, p := range o.Selective {
			if name, _ := append(p, nil)[0].(string); form == SelectiveCredential && slices.Contains(always, name) {
				return "", bad("sdjwt.always-shown", strings.TrimPrefix(p.String(), "/"), "%s must always be shown", name)
			}
		}
		token, err = sdjwt.Issue(ctx, payload, sdjwt.Options{Header: h, Selective: o.Selective, Decoys: o.Decoys, Rand: o.Rand}, s)
	} else {
		if len(o.Selective) > 0 {
			return "", bad("vcjwt.form", "", "this form has nothing that could be kept back")
		}
		var b []byte
		if b, err = jcs.Marshal(payload); err == nil {
			token, err = jose.Sign(ctx, h, b, s)
		}
	}
	if err != nil {
		return "", err
	}
	// What we make, we can read.
	if _, err := Read(token); err != nil {
		return "", err
	}
	return token, nil
}

// claims checks the document and returns the claims that go beside it.
func (o Options) claims(form Form, document map[string]any) (map[string]any, error) {
	if _, ok := document["proof"]; ok && form != OpenBadge {
		return nil, bad("vcjwt.document", "proof", "the document has a proof of its own already")
	}
	for _, name := range tokenClaims {
		if _, ok := document[name]; ok {
			return nil, bad("vcjwt.claim", name, "the document has a member with the name of a claim")
		}
	}
	if form == OpenBadge {
		return badgeClaims(document)
	}
	claims := map[string]any{}
	var problems []vc.Problem
	if form.IsPresentation() {
		var p vc.Presentation
		if p, problems = vc.ReadPresentation(document); p.Holder != "" {
			claims["iss"] = p.Holder
		}
		for name, v := range map[string]string{"aud": o.Audience, "nonce": o.Nonce} {
			if v != "" {
				claims[name] = v
			}
		}
		if _, err := Contents(document); err != nil {
			return nil, err
		}
	} else {
		var c vc.Credential
		c, problems = vc.ReadCredential(document)
		claims["iss"] = c.Issuer
	}
	if len(problems) > 0 {
		return nil, bad(problems[0].Code, strings.TrimPrefix(problems[0].Path, "/"), "%s", problems[0].Message)
	}
	for name, t := range map[string]time.Time{"iat": o.At, "exp": o.Expires} {
		if !t.IsZero() {
			claims[name] = json.Number(fmt.Sprint(t.Unix()))
		}
	}
	if o.Holder != nil {
		cnf, err := sdjwt.Confirm(o.Holder)
		if err != nil {
			return nil, err
		}
		claims["cnf"] = cnf
	}
	return claims, nil
}
