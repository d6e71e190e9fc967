package verify

import (
	"context"
	"time"

	"cairn.example/federation"
	"cairn.example/internal/fetch"
	"cairn.example/jose"
)

// statementTypes is what a server calls a statement of a federation (OpenID
// Federation 1.0, sections 8.1.2 and 9.2). A page is no answer.
var statementTypes = []string{"application/entity-statement+jwt"}

// Federation finds the keys of issuers through an OpenID Federation.
type Federation struct {
	Client  *fetch.Client
	Anchors []federation.Anchor // whom the operator of this machine relies on
}

// Keys returns the keys that an issuer signs credentials with, and the chain's
// result, which names the anchor and says until when it holds. ask is called before
// each request, up to 20 times, and may refuse it. Without an anchor nobody is asked.
//
// An error of kind Unavailable means that nothing is known of the keys now; any
// other, that what the federation says of the issuer can't be used.
func (f Federation) Keys(ctx context.Context, issuer string, at time.Time, ask func(context.Context) error) (jose.KeySet, *federation.Resolved, error) {
	r, err := federation.Resolve(ctx, issuer, f.Anchors, at, func(ctx context.Context, address string) (string, error) {
		if err := ask(ctx); err != nil {
			return "", err
		}
		r, err := f.Client.Get(ctx, address, jose.MaxToken, statementTypes...)
		return string(r.Body), err
	})
	if err != nil {
		return nil, nil, err
	}
	keys, err := r.Keys(federation.CredentialIssuer)
	return keys, r, err
}
