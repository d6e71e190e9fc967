package verify

import (
	"context"
	"errors"
	"time"

	"cairn.example"
	"cairn.example/federation"
	"cairn.example/internal/fetch"
	"cairn.example/jose"
	"cairn.example/vc"
)

// statementTypes is what a server calls a statement of a federation (OpenID
// Federation 1.0, sections 8.1.2 and 9.2). A page is no answer.
var statementTypes = []string{"application/entity-statement+jwt"}

// ErrNoMember says that an issuer says nothing of itself in the way of a federation:
// its server has nothing at the address for it. It is in none, then.
var ErrNoMember = &cairn.Error{Kind: cairn.NotFound, Code: "federation.no-member", Message: "the issuer is in no federation"}

// Federation finds the keys of issuers through an OpenID Federation. The zero value
// relies on nobody, and asks nobody.
type Federation struct {
	Client  *fetch.Client
	Anchors []federation.Anchor // whom the operator of this machine relies on
}

// Statement gets the text of a statement.
func (f Federation) Statement(ctx context.Context, address string) (string, error) {
	r, err := f.Client.Get(ctx, address, jose.MaxToken, statementTypes...)
	return string(r.Body), err
}

// Keys returns the keys that an issuer signs credentials with, and the chain's
// result, which names the anchor and says until when it holds. get is called for each
// statement, up to 20 times, and may refuse it; Statement is one. Without an anchor
// nobody is asked.
//
// An error of kind Unavailable means that nothing is known of the keys now, and
// ErrNoMember that the issuer is in no federation; any other, that what the
// federation says of the issuer can't be used.
func (f Federation) Keys(ctx context.Context, issuer string, at time.Time, get federation.Fetch) (jose.KeySet, *federation.Resolved, error) {
	alone := false
	r, err := federation.Resolve(ctx, issuer, f.Anchors, at, func(ctx context.Context, address string) (string, error) {
		text, err := get(ctx, address)
		if address == federation.ConfigurationURL(issuer) {
			alone = errors.Is(err, fetch.ErrNothingThere)
		}
		return text, err
	})
	if alone {
		return nil, nil, ErrNoMember
	}
	if err != nil {
		return nil, nil, err
	}
	keys, err := r.Keys(federation.CredentialIssuer)
	return keys, r, err
}

// statement gets a statement, once in a verification.
func (c *check) statement(ctx context.Context, address string) (string, error) {
	s, ok := c.statements[address]
	if !ok {
		if s.err = c.ask(ctx); s.err == nil {
			s.text, s.err = c.Federation.Statement(ctx, address)
		}
		c.statements[address] = s
	}
	return s.text, s.err
}

// inFederation finds the key of an https issuer in what a federation says of it. Its
// error is ErrNoMember when the issuer is in none. What does not hold says nothing of
// the signature, so the answer is unknown and never no, and no other way to a key
// stands in: whoever is in a federation is known by it.
func (c *check) inFederation(ctx context.Context, k foundKey, kid string) (foundKey, Outcome, string, error) {
	keys, r, err := c.Federation.Keys(ctx, k.issuer, c.now, c.statement)
	switch {
	case errors.Is(err, errLookupLimit):
		return k, Unknown, "proof.lookup-limit", err
	case cairn.KindOf(err) == cairn.Unavailable && cairn.CodeOf(err) != "federation.no-anchor", ctx.Err() != nil:
		return k, Unknown, "proof.key-unavailable", err
	case err != nil:
		return k, Unknown, "proof.federation", err
	}
	k.source = r.Anchor
	if k.key, err = keys.Find(kid); err != nil {
		return k, No, "proof.not-the-signers-key", err
	}
	k.note = &Note{Code: "note.federated", Args: map[string]string{"anchor": r.Anchor, "until": vc.FormatTime(r.Expires)}}
	return k, Yes, "", nil
}
