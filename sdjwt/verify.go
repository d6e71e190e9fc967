package sdjwt

import (
	"crypto/subtle"
	"time"

	"cairn.example"
	"cairn.example/jose"
)

// The typ of the token with which a holder proves possession.
const keyBindingType = "kb+jwt"

// Claims is the processed payload of a token whose signature was checked.
type Claims struct {
	// Tree has the claims that are always shown and those that were disclosed.
	// That a claim is absent does not mean that the issuer did not make it.
	Tree map[string]any
	// Withheld is the number of digests without disclosure: claims that the holder
	// kept back, and decoys, which nobody can tell apart.
	Withheld int
	// Bound is set when the holder proved possession of the key in cnf.
	Bound bool
}

// Unverified returns the processed payload before any signature was checked, to
// find out whose key is needed. Nothing in it may be relied on.
func (t *Token) Unverified() map[string]any {
	m, _ := t.root.plain().(map[string]any)
	return m
}

// Verify checks a presentation of which no proof of possession is asked. A token of
// the holder, if there is one, is not looked at: the result says nothing of it.
// Codes of package jose; the policy names the accepted typ.
func (t *Token) Verify(k *jose.PublicKey, p jose.Policy) (*Claims, error) {
	if err := t.JWT.Verify(k, p); err != nil {
		return nil, err
	}
	return &Claims{Tree: t.Unverified(), Withheld: t.root.withheldCount()}, nil
}

// VerifyIssued checks what a holder gets from an issuer. A key binding in it is
// refused: somebody else's presentation is passed off as new (RFC 9901, 7.2).
func (t *Token) VerifyIssued(k *jose.PublicKey, p jose.Policy) (*Claims, error) {
	if t.KeyBinding != nil {
		return nil, bad("sdjwt.presented", "", "this was presented to somebody before, and not issued to you")
	}
	return t.Verify(k, p)
}

// Challenge is what a verifier demands of a proof of possession. All but Leeway
// and Holder are required.
type Challenge struct {
	Audience string // who the verifier is, as it told the holder
	Nonce    string // what it gave the holder for this transaction only
	At       time.Time
	MaxAge   time.Duration // how old the proof may be
	Leeway   time.Duration // for clocks that differ
	// Holder is the key that the caller found for a cnf that only names it (kid).
	// It is not used when cnf has the key.
	Holder *jose.PublicKey
}

// VerifyBound checks a presentation with proof of possession (RFC 9901, section
// 7.3). It refuses a presentation without one, whatever the holder says. A nonce
// that was used before is for the caller to refuse.
func (t *Token) VerifyBound(k *jose.PublicKey, p jose.Policy, c Challenge) (*Claims, error) {
	if c.Audience == "" || c.Nonce == "" || c.At.IsZero() || c.MaxAge <= 0 {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "sdjwt.challenge", Message: "a proof of possession is checked against audience, nonce, time and age; one is missing"}
	}
	claims, err := t.Verify(k, p)
	if err != nil {
		return nil, err
	}
	if t.KeyBinding == nil {
		return nil, bad("sdjwt.not-bound", "", "the holder did not prove that the credential is theirs")
	}
	if err := t.checkBinding(c); err != nil {
		return nil, err
	}
	claims.Bound = true
	return claims, nil
}

func (t *Token) checkBinding(c Challenge) error {
	holder, kid, err := t.Confirmation()
	if err != nil {
		return err
	}
	if holder == nil && kid != "" {
		holder = c.Holder
	}
	if holder == nil {
		return bad("sdjwt.holder-key", "cnf", "the credential names no key of its holder that can be used")
	}
	if err := t.KeyBinding.Verify(holder, jose.Policy{Types: []string{keyBindingType}}); err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: "sdjwt.binding", Message: "the proof of possession is not good", Err: err}
	}
	kb, err := t.KeyBinding.Claims()
	if err != nil {
		return err
	}
	// A single text each (RFC 9901, section 4.3).
	for name, want := range map[string]string{"aud": c.Audience, "nonce": c.Nonce, "sd_hash": digest(t.hash, t.text)} {
		got, ok := kb[name].(string)
		if !ok || subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
			return bad("sdjwt.binding-"+name, name, "the proof of possession was made for something else (%s)", name)
		}
	}
	iat, ok, err := jose.Time(kb, "iat")
	if err != nil {
		return err
	}
	if !ok || iat.After(c.At.Add(c.Leeway)) || c.At.Sub(iat) > c.MaxAge+c.Leeway {
		return bad("sdjwt.binding-iat", "iat", "the proof of possession was not made just now")
	}
	return jose.Period(kb, c.At, c.Leeway)
}

// Confirmation returns the holder's key from cnf (RFC 7800, section 3), or the name
// of it. Both are empty when the token binds nobody. More than one key is refused.
func (t *Token) Confirmation() (key *jose.PublicKey, kid string, err error) {
	n := t.root.object["cnf"]
	if n == nil {
		return nil, "", nil
	}
	if n.anySelective() {
		return nil, "", bad("sdjwt.always-shown", "cnf", "cnf must always be shown")
	}
	m, ok := n.plain().(map[string]any)
	if !ok || len(m) != 1 {
		return nil, "", bad("sdjwt.holder-key", "cnf", "cnf must have exactly one key")
	}
	if jwk, ok := m["jwk"].(map[string]any); ok {
		key, err = jose.PublicKeyFromTree(jwk)
		return key, "", err
	}
	if kid, ok = m["kid"].(string); ok && kid != "" {
		return nil, kid, nil
	}
	return nil, "", bad("sdjwt.holder-key", "cnf", "the key in cnf is given in a way that is not read")
}
