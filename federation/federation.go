// Package federation finds the keys of an entity through a federation (OpenID
// Federation 1.0): superiors sign statements about their subordinates, up to a trust
// anchor whose keys the caller has from elsewhere. It is one of the ways to the keys
// of who issues SD-JWT VCs.
//
// Most callers need Resolve, with a function that fetches, and Resolved.Keys; Parse
// and Verify do the same for a chain that is at hand. The package does no I/O. It
// judges no trust marks, makes no registrations, and asks no resolver: whoever wants
// to be sure looks at the statements.
package federation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// Limits of chains and statements. A statement is at most jose.MaxToken long.
const (
	maxChain      = 8 // statements, without the anchor's about itself
	maxSuperiors  = 20
	maxTypes      = 20
	maxParameters = 200
	maxValues     = 500 // of one operator
	maxNames      = 200 // of one constraint

	maxAnchors     = 50
	maxAnchorsFile = 256 << 10 // bytes
)

// leeway allows for clocks that differ.
const leeway = time.Minute

// CredentialIssuer is the entity type of who issues credentials (OpenID Federation
// for Wallet Architectures 1.0).
const CredentialIssuer = "openid_credential_issuer"

func bad(code, object, format string, args ...any) error {
	if len(object) > 120 {
		object = object[:120] + "…"
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Object: object, Message: fmt.Sprintf(format, args...)}
}

// An Anchor is an entity that the caller relies on, with its keys, which were got
// in some other way than from the federation.
type Anchor struct {
	ID   string
	Keys jose.KeySet
}

// ParseAnchors reads trust anchors as an operator writes them down: a JSON list of
// objects with the id of the entity and its keys for statements (jwks), each with a
// kid. A secret key there is an error.
func ParseAnchors(data []byte) ([]Anchor, error) {
	var list []struct {
		ID   string         `json:"id"`
		Keys map[string]any `json:"jwks"`
	}
	if err := strictjson.Decode(data, strictjson.Limits{Bytes: maxAnchorsFile, Depth: 12, Values: 10_000}, &list); err != nil {
		return nil, err
	}
	if len(list) > maxAnchors {
		return nil, bad("federation.anchors", "", "there are more than %d trust anchors", maxAnchors)
	}
	var out []Anchor
	for _, e := range list {
		if id, err := did.ParseIdentifier(e.ID); err != nil || did.MethodName(id) != "https" {
			return nil, bad("federation.anchors", e.ID, "the id of a trust anchor must be its https address")
		}
		if _, err := find(e.ID, out); err == nil {
			return nil, bad("federation.anchors", e.ID, "the trust anchor is there twice")
		}
		keys, err := jose.KeySetFromTree(e.Keys)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: cairn.CodeOf(err), Object: e.ID, Message: "the keys of the trust anchor can't be read", Err: err}
		}
		if len(keys) == 0 || slices.ContainsFunc(keys, func(k *jose.PublicKey) bool { return k.KeyID() == "" }) {
			return nil, bad("federation.anchors", e.ID, "the trust anchor needs at least one key, and each a kid")
		}
		out = append(out, Anchor{ID: e.ID, Keys: keys})
	}
	return out, nil
}

// Resolved is what a chain says of its subject.
type Resolved struct {
	Entity  string
	Anchor  string
	Expires time.Time // the earliest end of a statement
	// Metadata are the parameters by entity type, after the policy was applied.
	Metadata map[string]map[string]any
}

// Keys returns the keys that the entity has in the role of an entity type, such as
// CredentialIssuer. They must be in the metadata (jwks): keys that are somewhere
// else are not what the superiors signed.
func (r *Resolved) Keys(entityType string) (jose.KeySet, error) {
	params, ok := r.Metadata[entityType]
	if !ok {
		return nil, bad("federation.role", r.Entity, "the entity is no %s in this federation", entityType)
	}
	tree, ok := params["jwks"].(map[string]any)
	if !ok {
		return nil, bad("federation.no-keys", r.Entity, "the metadata of the entity has no jwks")
	}
	return jose.KeySetFromTree(tree)
}

// Verify checks a chain (sections 4 and 10.2): the entity's statement about itself,
// those of each superior about the one before, the last of them by an anchor, and
// possibly the anchor's about itself. at is the time for which it must hold.
//
// The last statements are checked with the keys of the anchor that the caller has,
// and never with keys from the chain.
func Verify(chain []*Statement, entity string, anchors []Anchor, at time.Time) (*Resolved, error) {
	if n := len(chain); n > 1 && chain[n-1].Issuer == chain[n-1].Subject {
		own := chain[n-1]
		if chain = chain[:n-1]; chain[n-2].Issuer != own.Subject {
			return nil, bad("federation.chain", own.Subject, "the last statement is not about the anchor")
		}
		if err := check(own, at); err != nil {
			return nil, err
		}
		anchor, err := find(own.Subject, anchors)
		if err != nil {
			return nil, err
		}
		if err := own.signedBy(anchor.Keys); err != nil {
			return nil, err
		}
	}
	if len(chain) < 2 || len(chain) > maxChain {
		return nil, bad("federation.chain", entity, "a chain has from 2 to %d statements, not %d", maxChain, len(chain))
	}
	if chain[0].Subject != entity || chain[0].Issuer != entity {
		return nil, bad("federation.chain", entity, "the chain is not about this entity")
	}
	if !slices.Contains(chain[0].Superiors, chain[1].Issuer) {
		return nil, bad("federation.chain", entity, "the entity does not know %s as its superior", chain[1].Issuer)
	}
	last := chain[len(chain)-1]
	anchor, err := find(last.Issuer, anchors)
	if err != nil {
		return nil, err
	}
	r := &Resolved{Entity: entity, Anchor: anchor.ID, Expires: chain[0].Expires}
	seen := map[string]bool{anchor.ID: true}
	for i, s := range chain {
		if err := check(s, at); err != nil {
			return nil, err
		}
		keys := s.Keys // of the entity itself, by its own statement
		switch {
		case i == 0:
		case s.Issuer == s.Subject || s.Subject != chain[i-1].Issuer:
			return nil, bad("federation.chain", s.Subject, "the statement by %s does not follow the one before", s.Issuer)
		default:
			keys = anchor.Keys
			if i+1 < len(chain) {
				keys = chain[i+1].Keys
			}
			if err := s.constraints.check(chain, i); err != nil {
				return nil, err
			}
			if seen[s.Subject] {
				return nil, bad("federation.chain", s.Subject, "the chain passes this entity twice")
			}
			seen[s.Subject] = true
		}
		if err := s.signedBy(keys); err != nil {
			return nil, err
		}
		if s.Expires.Before(r.Expires) {
			r.Expires = s.Expires
		}
	}
	// What the superior knows as the keys of the entity signed its own statement.
	if err := chain[0].signedBy(chain[1].Keys); err != nil {
		return nil, err
	}
	if r.Metadata, err = resolve(chain); err != nil {
		return nil, err
	}
	return r, nil
}

func find(id string, anchors []Anchor) (Anchor, error) {
	for _, a := range anchors {
		if a.ID == id {
			return a, nil
		}
	}
	return Anchor{}, bad("federation.no-anchor", id, "this is not a trust anchor that is relied on here")
}

// check checks the times of a statement.
func check(s *Statement, at time.Time) error {
	if s.issued.After(at.Add(leeway)) {
		return bad("federation.from-the-future", s.Subject, "the statement by %s is from the future", s.Issuer)
	}
	if !at.Before(s.Expires) {
		return bad("federation.expired", s.Subject, "the statement by %s ended at %s", s.Issuer, s.Expires.Format(time.RFC3339))
	}
	return nil
}

// resolve works out the metadata of the subject: its own, what its superior says
// instead, without types that are not allowed, under the policies from the anchor
// down (sections 3.1.1, 6.1.4 and 6.2.3).
func resolve(chain []*Statement) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	for name, params := range chain[0].metadata {
		out[name] = maps.Clone(params)
		maps.Copy(out[name], chain[1].metadata[name])
	}
	merged := policy{}
	var err error
	for _, s := range slices.Backward(chain[1:]) {
		if s.constraints.hasTypes {
			maps.DeleteFunc(out, func(name string, _ map[string]any) bool {
				return name != "federation_entity" && !slices.Contains(s.constraints.types, name)
			})
		}
		if merged, err = merged.merge(s.policy); err != nil {
			return nil, err
		}
	}
	for name, params := range out {
		if out[name], err = apply(params, merged[name]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
