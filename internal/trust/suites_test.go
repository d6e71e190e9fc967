package trust_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"testing"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/jose"
)

// A list may be signed with any suite, and must be signed whole: a part could leave
// out an issuer's end, and a context that was added is not signed.
func TestListsAreSignedWhole(t *testing.T) {
	key, err := jose.GenerateKey(jose.ES256, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	operator, id, err := did.KeyFromPublic(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	l := list(t)
	l.Operator = operator
	doc, err := l.Document(l.ValidFrom, l.ValidUntil)
	if err != nil {
		t.Fatal(err)
	}
	o := dataintegrity.Options{Cryptosuite: dataintegrity.ECDSAJCS2019, Purpose: did.AssertionMethod, Created: now.Add(-time.Hour)}
	whole, err := dataintegrity.SignWith(t.Context(), doc, o, id, key)
	if err != nil {
		t.Fatal(err)
	}
	base, err := dataintegrity.SignSD(t.Context(), rand.Reader, doc, o, []string{""}, id, key)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(base)
	if err != nil {
		t.Fatal(err)
	}
	part, err := dataintegrity.DeriveSD(base, proofs[0], did.Method{ID: id, Key: key.PublicKey()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	extended := maps.Clone(whole)
	extended["@context"] = append(slices.Clone(whole["@context"].([]any)), "https://w3id.org/citizenship/v4rc1")
	for name, c := range map[string]struct {
		doc  map[string]any
		good bool
	}{"whole": {whole, true}, "a part, if of everything": {part, false}, "a context more": {extended, false}} {
		b, err := jcs.Marshal(c.doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trust.Read(t.Context(), b, operator, trust.KeyResolver(), now); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
