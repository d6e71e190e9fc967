package sdjwt

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/jose"
)

// Disclosure is a claim that the holder may show or keep back.
type Disclosure struct {
	Path  Path
	Value any // with everything inside it that the token discloses
}

// Disclosures lists the selective claims of a token, outer ones before those
// inside them, in the order of their paths.
func (t *Token) Disclosures() []Disclosure {
	var out []Disclosure
	for _, d := range t.disclosures {
		out = append(out, Disclosure{d.node.path, d.node.plain()})
	}
	slices.SortFunc(out, func(a, b Disclosure) int { return strings.Compare(a.Path.String(), b.Path.String()) })
	return out
}

// Present returns the token with the disclosures of some claims only, those that
// are needed to reach them, and nothing else. A path may name a claim that is
// always shown; nil steps stand for every element. What lies inside a shown claim
// is shown only if it is named too. It refuses a path that leads to no claim.
func (t *Token) Present(show []Path) (string, error) {
	keep := map[string]bool{} // by the path of a node
	for _, p := range show {
		found := t.root.find(p)
		if len(found) == 0 {
			return "", bad("sdjwt.path", p.String(), "the credential has no such claim to show")
		}
		for _, n := range found {
			for i := range n.path {
				keep[n.path[:i+1].String()] = true
			}
		}
	}
	first, _, _ := strings.Cut(t.text, "~")
	text := first + "~"
	for _, d := range t.disclosures {
		if keep[d.node.path.String()] {
			text += d.text + "~"
		}
	}
	return text, nil
}

// find returns the nodes that a path leads to, without those not shown.
func (n *node) find(p Path) []*node {
	if n.hidden {
		return nil
	}
	if len(p) == 0 {
		return []*node{n}
	}
	switch step := p[0].(type) {
	case string:
		if e := n.object[step]; e != nil {
			return e.find(p[1:])
		}
	case int:
		if step >= 0 && step < len(n.array) {
			return n.array[step].find(p[1:])
		}
	case nil:
		var out []*node
		for _, e := range n.array {
			out = append(out, e.find(p[1:])...)
		}
		return out
	}
	return nil
}

// Bind adds the holder's proof of possession to a presentation, for one verifier
// and one transaction (RFC 9901, section 4.3). The key must be the one in cnf.
func Bind(ctx context.Context, presentation, audience, nonce string, at time.Time, holder jose.Signer) (string, error) {
	t, err := Parse(presentation)
	if err != nil {
		return "", err
	}
	if t.KeyBinding != nil {
		return "", bad("sdjwt.presented", "", "this has a proof of possession already")
	}
	if audience == "" || nonce == "" || at.IsZero() {
		return "", bad("sdjwt.challenge", "", "a proof of possession needs an audience, a nonce and a time")
	}
	key, kid, err := t.Confirmation()
	if err != nil {
		return "", err
	}
	if key == nil && kid == "" || key != nil && !key.Equal(holder.PublicKey()) {
		return "", bad("sdjwt.holder-key", "cnf", "the credential is not bound to this key")
	}
	payload, err := jcs.Marshal(map[string]any{"aud": audience, "nonce": nonce, "iat": json.Number(fmt.Sprint(at.Unix())), "sd_hash": digest(t.hash, t.text)})
	if err != nil {
		return "", err
	}
	kb, err := jose.Sign(ctx, jose.Header{Type: keyBindingType}, payload, holder)
	if err != nil {
		return "", err
	}
	return presentation + kb, nil
}

// Confirm returns the cnf claim that binds a token to a holder's key.
func Confirm(k *jose.PublicKey) (map[string]any, error) {
	bare, err := jose.NewPublicKey(k.Crypto(), "")
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "sdjwt.holder-key", Field: "cnf", Message: "the key of the holder can't be used", Err: err}
	}
	return map[string]any{"jwk": bare.Tree()}, nil
}
