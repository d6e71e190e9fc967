package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/fetch"
	"cairn.example/internal/trust"
	"cairn.example/strictjson"
)

// noDocument answers for one https issuer with an error, and for others as before.
type noDocument struct {
	did.Resolver
	of  cairn.DID
	err error
}

func (n noDocument) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if d == n.of {
		return did.Resolution{}, n.err
	}
	return n.Resolver.Resolve(ctx, d)
}

// A list can name an issuer that has no document, since it is known by certificates
// or a federation; the bundle is made without one. Of an issuer whose server does not
// answer now, there would be one, and the bundle is not made.
func TestBundleOfIssuersWithoutDocument(t *testing.T) {
	c := openCampus(t)
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	from, err := cairn.ParsePartialDate("2020-01-01")
	if err != nil {
		t.Fatal(err)
	}
	const other = cairn.DID("https://college.example/issuers/7")
	var issuers []trust.Issuer
	for _, id := range []cairn.DID{inst.DID, other} {
		issuers = append(issuers, trust.Issuer{DID: id, Name: cairn.Text{"en": "University"}, Scopes: []trust.Scope{{From: from, Authority: "charter"}}})
	}
	if _, _, err := c.PublishTrustList(t.Context(), uni, trust.List{ID: c.TrustListURL(uni, "list"), Name: cairn.Text{"en": "List"}, Issuers: issuers}); err != nil {
		t.Fatal(err)
	}
	unavailable := func(err error) error {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.failed", Message: "no usable answer came", Err: err}
	}
	resolver := c.Verify.Resolver
	c.Verify.Resolver = noDocument{resolver, other, unavailable(errors.New("no answer"))}
	if _, err := c.Bundle(t.Context(), uni); cairn.CodeOf(err) != "fetch.failed" {
		t.Errorf("a bundle without keys that there are: %v", err)
	}
	c.Verify.Resolver = noDocument{noDocument{resolver, other, unavailable(fetch.ErrNothingThere)}, inst.DID, unavailable(fetch.ErrNothingThere)}
	if _, err := c.Bundle(t.Context(), uni); cairn.CodeOf(err) != "fetch.failed" {
		t.Errorf("a bundle without the keys of a did:web: %v", err)
	}
	c.Verify.Resolver = noDocument{resolver, other, unavailable(fmt.Errorf("%w (404 Not Found)", fetch.ErrNothingThere))}
	data, err := c.Bundle(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strictjson.ParseObject(data, strictjson.Transcript); err != nil {
		t.Error(err)
	}
	doc, err := c.Issue.Document(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	b, snapshot, err := trust.ReadBundle(t.Context(), data, inst.DID, trust.Pinned(doc), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range b.Keys {
		if k.DID == other {
			t.Error("the bundle has a document that there is not")
		}
	}
	if s := snapshot.Standing(trust.Query{Issuer: other, At: now, Now: now}); s.State != trust.Recognised {
		t.Errorf("%+v", s)
	}
}
