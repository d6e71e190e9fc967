package verify_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/verify"
)

type memory map[cairn.DID]map[cairn.KeyID]string

func (m memory) Keys(_ context.Context, d cairn.DID) (map[cairn.KeyID]string, error) {
	return m[d], nil
}

func (m memory) Remember(_ context.Context, d cairn.DID, keys map[cairn.KeyID]string, _ time.Time) error {
	if m[d] == nil {
		m[d] = map[cairn.KeyID]string{}
	}
	maps.Copy(m[d], keys)
	return nil
}

// full is a memory that has no room.
type full struct{}

func (full) Keys(context.Context, cairn.DID) (map[cairn.KeyID]string, error) { return nil, nil }
func (full) Remember(context.Context, cairn.DID, map[cairn.KeyID]string, time.Time) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "keys.known-full", Message: "full"}
}

// several writes a document of an identifier with keys by the ends of their names.
func several(t *testing.T, id cairn.DID, keys map[string]party) [2]string {
	doc := map[string]any{"@context": "https://www.w3.org/ns/cid/v1", "id": string(id)}
	var methods, assertion []any
	for _, name := range []string{"1", "2", "3"} {
		if p, ok := keys[name]; ok {
			key := string(id) + "#" + name
			methods = append(methods, map[string]any{"id": key, "type": "Multikey", "controller": string(id), "publicKeyMultibase": did.EncodeMultikey(p.PublicKey())})
			assertion = append(assertion, key)
		}
	}
	doc["verificationMethod"], doc["assertionMethod"] = methods, assertion
	return [2]string{"application/cid", string(write(t, doc))}
}

// K21: who gets a domain later can sign as its issuer. Whoever saw the keys before
// sees that they are others.
func TestKeysAreRemembered(t *testing.T) {
	site := pages{}
	host := site.open(t)
	id := cairn.DID("https://" + host + "/issuers/21")
	e := online()
	seen := memory{}
	e.Memory = seen
	check := func(name string, keys map[string]party, key string, p party, outcome verify.Outcome, code string) {
		t.Helper()
		site["/issuers/21"] = several(t, id, keys)
		fresh := online() // keeps no copy of the page
		fresh.Memory = e.Memory
		r := fresh.Verify(t.Context(), issued(t, id, string(id)+"#"+key, p), verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Outcome != outcome || f.Code != code {
			t.Errorf("%s: %+v, want %s", name, f, code)
		}
		if outcome == verify.Unknown && r.Verdict != verify.Undetermined {
			t.Errorf("%s: the verdict is %s", name, r.Verdict)
		}
	}
	check("a signature that is wrong teaches nothing", map[string]party{"1": college}, "1", stranger, verify.No, "proof.signature")
	if len(seen) != 0 {
		t.Errorf("remembered: %v", seen)
	}
	check("first seen", map[string]party{"1": college}, "1", college, verify.Yes, "proof.good")
	check("the same", map[string]party{"1": college}, "1", college, verify.Yes, "proof.good")
	check("another key by the same name", map[string]party{"1": stranger}, "1", stranger, verify.Unknown, "proof.keys-changed")
	check("another key by another name, and the old one gone", map[string]party{"2": stranger}, "2", stranger, verify.Unknown, "proof.keys-changed")
	check("a key more", map[string]party{"1": college, "2": ministry}, "2", ministry, verify.Yes, "proof.good")
	check("then the old one goes", map[string]party{"2": ministry}, "2", ministry, verify.Yes, "proof.good")
	check("its name comes back with another key", map[string]party{"1": stranger, "2": ministry}, "2", ministry, verify.Unknown, "proof.keys-changed")
	e.Memory = full{}
	site["/issuers/21"] = several(t, id, map[string]party{"1": college})
	fresh := online()
	fresh.Memory = e.Memory
	r := fresh.Verify(t.Context(), issued(t, id, string(id)+"#1", college), verify.Options{})
	if f := r.Finding(verify.AxisProof); f.Code != "proof.good" || len(r.Notes) == 0 || r.Notes[len(r.Notes)-1].Code != "note.keys-not-remembered" {
		t.Errorf("a memory that is full: %+v, %+v", f, r.Notes)
	}
	e.Memory = nil
	check("nothing is remembered where nobody asked for it", map[string]party{"1": stranger}, "1", stranger, verify.Yes, "proof.good")
}
