package trust

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// skew is how far two clocks may be apart.
const skew = 5 * time.Minute

// BundleSource is the source of a document of an identifier that is in a bundle.
const BundleSource = "bundle"

// Bundle carries what an offline verifier needs, each part with the time at which
// it was known to be current.
type Bundle struct {
	ID       string         `json:"id"`
	Operator cairn.DID      `json:"operator"`
	Lists    []any          `json:"lists"`       // signed trust lists, whole
	Keys     []BundleKeys   `json:"identifiers"` // documents of identifiers that can't be resolved offline
	Status   []BundleStatus `json:"statusLists"`
	// ValidFrom and ValidUntil are those of the signed document.
	ValidFrom  time.Time `json:"-"`
	ValidUntil time.Time `json:"-"`
}

// BundleKeys is the document of an identifier.
type BundleKeys struct {
	DID      cairn.DID `json:"did"`
	AsOf     string    `json:"asOf"`
	Document any       `json:"document"`
}

// BundleStatus is a signed status list.
type BundleStatus struct {
	URL      string `json:"url"`
	AsOf     string `json:"asOf"`
	Document any    `json:"document"`
}

// tree writes a Go value as the tree that strictjson would read.
func tree(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return strictjson.Parse(b, strictjson.Transcript)
}

// Document returns the unsigned credential that carries the bundle.
func (b Bundle) Document(now, until time.Time) (map[string]any, error) {
	record, err := tree(b)
	if err != nil {
		return nil, err
	}
	return document(BundleType, "TrustBundle", b.ID, b.Operator, now, until, record), nil
}

// resolver finds identifiers that carry their own key.
type keyResolver struct{}

// Resolve implements did.Resolver for did:key and did:jwk.
func (keyResolver) Resolve(_ context.Context, d cairn.DID) (did.Resolution, error) {
	switch did.MethodName(d) {
	case "key":
	case "jwk":
		doc, err := did.ResolveJWK(d)
		return did.Resolution{Document: doc, Source: "identifier"}, err
	default:
		return did.Resolution{}, &cairn.Error{Kind: cairn.Unavailable, Code: "did.method", Object: string(d), Message: "the keys of this identifier can't be found here"}
	}
	doc, err := did.ResolveKey(d)
	return did.Resolution{Document: doc, Source: "identifier"}, err
}

// KeyResolver resolves did:key and did:jwk and nothing else.
func KeyResolver() did.Resolver { return keyResolver{} }

// Pinned resolves one identifier from a document that the caller relies on, and
// did:key. It is how an operator with a did:web identifier is relied on without a
// network.
func Pinned(doc *did.Document) did.Resolver { return pinned{doc} }

type pinned struct{ doc *did.Document }

// Resolve implements did.Resolver.
func (p pinned) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if p.doc != nil && p.doc.ID == d {
		return did.Resolution{Document: p.doc, Source: "pinned"}, nil
	}
	return keyResolver{}.Resolve(ctx, d)
}

// checked verifies that operator signed a document, and returns its tree.
func checked(ctx context.Context, data []byte, operator cairn.DID, r did.Resolver, now time.Time) (map[string]any, error) {
	doc, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	return doc, checkTree(ctx, doc, operator, r, now)
}

// keysError says that a document could not be checked because of what is known of
// its operator's keys now: nobody answers, or the key has gone. The document may be
// as good as it was.
type keysError struct{ error }

// Unwrap returns what is wrong with the keys.
func (e keysError) Unwrap() error { return e.error }

// checkTree verifies that operator signed a document with keys that were in life.
func checkTree(ctx context.Context, doc map[string]any, operator cairn.DID, r did.Resolver, now time.Time) error {
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return err
	}
	found, err := r.Resolve(ctx, operator)
	if err != nil {
		return keysError{err}
	}
	for _, p := range proofs {
		if p.Purpose != did.AssertionMethod {
			return invalid("proof.proofPurpose", "the document is not signed as a statement")
		}
		m, err := found.Document.Method(p.Method, p.Purpose) // refuses keys of anybody else
		if cairn.CodeOf(err) == "did.no-such-key" {
			return keysError{err}
		} else if err != nil {
			return err
		}
		switch {
		case p.Created.After(now.Add(skew)):
			return invalid("proof.created", "the proof is from the future: %s", vc.FormatTime(p.Created))
		case !p.Expires.IsZero() && !now.Before(p.Expires):
			return invalid("proof.expires", "the proof ended at %s", vc.FormatTime(p.Expires))
		}
		if err := m.InLife(p.Created, now); err != nil {
			return keysError{err}
		}
		if p.Partial() || !p.CoversContext(doc) {
			return invalid("proof.cryptosuite", "a list must be signed as a whole, and its contexts with it")
		}
		if err := dataintegrity.Verify(doc, p, m); err != nil {
			return err
		}
	}
	if issuer, _ := doc["issuer"].(string); issuer != string(operator) {
		return invalid("issuer", "the document is from %.100q, not from %s", issuer, operator)
	}
	return nil
}

// Read checks that a signed list comes from the operator whom the caller relies
// on, and returns it. now is the time for which
// proof and keys must be in life; whether the list itself is, Snapshot says.
func Read(ctx context.Context, data []byte, operator cairn.DID, r did.Resolver, now time.Time) (List, error) {
	doc, err := checked(ctx, data, operator, r, now)
	if err != nil {
		return List{}, err
	}
	return ReadList(doc)
}

// ReadBundle checks that a bundle comes from the operator whom the caller relies
// on, and returns it with its lists. Each list is checked as well; an
// operator's list in its own bundle needs no further pin, a list of somebody else
// is taken on the word of the bundle's operator.
func ReadBundle(ctx context.Context, data []byte, operator cairn.DID, r did.Resolver, now time.Time) (Bundle, *Snapshot, error) {
	doc, err := checked(ctx, data, operator, r, now)
	if err != nil {
		return Bundle{}, nil, err
	}
	var b Bundle
	c, err := readDocument(doc, BundleType, &b)
	if err != nil {
		return Bundle{}, nil, err
	}
	b.ValidFrom, b.ValidUntil = c.ValidFrom, c.ValidUntil
	resolver := b.Resolver()
	var lists []List
	for i, l := range b.Lists {
		m, ok := l.(map[string]any)
		if !ok {
			return Bundle{}, nil, invalid(fmt.Sprintf("lists/%d", i), "a trust list is an object")
		}
		issuer, _ := m["issuer"].(string)
		if err := checkTree(ctx, m, cairn.DID(issuer), resolver, now); err != nil {
			return Bundle{}, nil, err
		}
		list, err := ReadList(m)
		if err != nil {
			return Bundle{}, nil, err
		}
		lists = append(lists, list)
	}
	return b, NewSnapshot(lists), nil
}

// Resolver resolves did:key, and the identifiers whose documents are in the
// bundle with the date they have there. It opens no connection.
func (b Bundle) Resolver() did.Resolver { return bundleResolver{b} }

type bundleResolver struct{ b Bundle }

// Resolve implements did.Resolver.
func (r bundleResolver) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	for _, k := range r.b.Keys {
		if k.DID != d {
			continue
		}
		data, err := jcs.Marshal(k.Document)
		if err != nil {
			return did.Resolution{}, err
		}
		doc, err := did.ParseDocument(data, d)
		if err != nil {
			return did.Resolution{}, err
		}
		asOf, err := vc.ParseTime(k.AsOf)
		return did.Resolution{Document: doc, AsOf: asOf, Source: BundleSource}, err
	}
	return keyResolver{}.Resolve(ctx, d)
}

// StatusList returns a status list of the bundle and its date.
func (b Bundle) StatusList(url string) ([]byte, time.Time, error) {
	for _, s := range b.Status {
		if s.URL != url {
			continue
		}
		data, err := jcs.Marshal(s.Document)
		if err != nil {
			return nil, time.Time{}, err
		}
		asOf, err := vc.ParseTime(s.AsOf)
		return data, asOf, err
	}
	return nil, time.Time{}, &cairn.Error{Kind: cairn.Unavailable, Code: "trust.not-in-bundle", Object: url, Message: "this status list is not in the bundle"}
}
