package sdjwt

import (
	"cmp"
	"context"
	"crypto"
	"io"
	"maps"
	"slices"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// saltBytes gives salts of 128 bits (RFC 9901, section 9.3).
const saltBytes = 16

// Options say how a token is issued.
type Options struct {
	Header jose.Header // Type is required
	// Selective are the claims that the holder may keep back, each by its own
	// path. One inside another gives a recursive disclosure.
	Selective []Path
	// Decoys is added to every list of digests, so that their number tells less.
	Decoys int
	// Rand gives the salts and decoys.
	Rand io.Reader
}

// Issue makes an SD-JWT. claims is not changed. Digests stand in sorted order, so
// that their order tells nothing of the claims.
func Issue(ctx context.Context, claims map[string]any, o Options, s jose.Signer) (string, error) {
	if o.Decoys < 0 || o.Decoys > 100 || len(o.Selective) > maxDisclosures {
		return "", bad("sdjwt.options", "", "at most 100 decoys and %d selective claims are made", maxDisclosures)
	}
	b, err := jcs.Marshal(claims) // a copy of what will be signed, and the check that it can be
	if err != nil {
		return "", err
	}
	tree, err := strictjson.ParseObject(b, strictjson.Default)
	if err != nil {
		return "", err
	}
	if err := refuseReserved(tree, nil); err != nil {
		return "", err
	}
	m := &maker{options: o, hash: crypto.SHA256, salts: map[string]bool{}}
	// Deeper claims first: the disclosure of the outer one carries their digests.
	type named struct {
		path Path
		name string
	}
	var paths []named
	for _, p := range o.Selective {
		found := expand(tree, p, nil)
		if len(found) == 0 || len(p) == 0 {
			return "", bad("sdjwt.path", p.String(), "there is no such claim to make selective")
		}
		for _, f := range found {
			paths = append(paths, named{f, f.String()})
		}
	}
	slices.SortFunc(paths, func(a, b named) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.name, b.name))
	})
	for i, p := range paths {
		if i > 0 && p.name == paths[i-1].name {
			return "", bad("sdjwt.path", p.name, "the claim is named twice")
		}
		if err := m.hide(tree, p.path); err != nil {
			return "", err
		}
	}
	if err := m.finish(tree); err != nil {
		return "", err
	}
	if len(m.disclosures) > 0 {
		tree[memberHash] = defaultHash
	}
	payload, err := jcs.Marshal(tree)
	if err != nil {
		return "", err
	}
	text, err := jose.Sign(ctx, o.Header, payload, s)
	if err != nil {
		return "", err
	}
	text += "~"
	slices.Sort(m.disclosures)
	for _, d := range m.disclosures {
		text += d + "~"
	}
	// What we make, we can read: limits and rules hold for both.
	if _, err := Parse(text); err != nil {
		return "", err
	}
	return text, nil
}

// refuseReserved refuses claims with the names of digests.
func refuseReserved(v any, path Path) error {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if reserved(name) {
				return bad("sdjwt.reserved-name", child(path, name).String(), "no claim may have this name")
			}
			if err := refuseReserved(v[name], child(path, name)); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := refuseReserved(e, child(path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// expand returns the paths that p stands for in a tree, without nil steps.
func expand(v any, p, at Path) []Path {
	if len(p) == 0 {
		return []Path{at}
	}
	switch step := p[0].(type) {
	case string:
		if m, ok := v.(map[string]any); ok {
			if e, ok := m[step]; ok {
				return expand(e, p[1:], child(at, step))
			}
		}
	case int:
		if list, ok := v.([]any); ok && step >= 0 && step < len(list) {
			return expand(list[step], p[1:], child(at, step))
		}
	case nil:
		list, _ := v.([]any)
		var out []Path
		for i, e := range list {
			out = append(out, expand(e, p[1:], child(at, i))...)
		}
		return out
	}
	return nil
}

type maker struct {
	options     Options
	hash        crypto.Hash
	salts       map[string]bool
	disclosures []string
}

func (m *maker) salt() (string, error) {
	b := make([]byte, saltBytes)
	if m.options.Rand == nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "sdjwt.random", Message: "no source of salts was given"}
	}
	if _, err := io.ReadFull(m.options.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "sdjwt.random", Message: "no randomness", Err: err}
	}
	s := jose.EncodeBase64(b)
	if m.salts[s] { // with 128 bits this is a broken source, and no chance
		return "", &cairn.Error{Kind: cairn.Internal, Code: "sdjwt.random", Message: "the source of salts repeats itself; nothing was signed"}
	}
	m.salts[s] = true
	return s, nil
}

// hide replaces the claim at a path by the digest of its disclosure.
func (m *maker) hide(tree map[string]any, p Path) error {
	var parent any = tree
	for _, step := range p[:len(p)-1] {
		switch step := step.(type) {
		case string:
			parent = parent.(map[string]any)[step] // expand has walked this way
		case int:
			parent = parent.([]any)[step]
		}
	}
	salt, err := m.salt()
	if err != nil {
		return err
	}
	var parts []any
	switch in := parent.(type) {
	case map[string]any:
		name := p[len(p)-1].(string)
		if err := m.finish(in[name]); err != nil {
			return err
		}
		parts = []any{salt, name, in[name]}
	case []any:
		e := in[p[len(p)-1].(int)]
		if err := m.finish(e); err != nil {
			return err
		}
		parts = []any{salt, e}
	}
	b, err := jcs.Marshal(parts)
	if err != nil {
		return err
	}
	text := jose.EncodeBase64(b)
	m.disclosures = append(m.disclosures, text)
	d := digest(m.hash, text)
	switch in := parent.(type) {
	case map[string]any:
		delete(in, p[len(p)-1].(string))
		list, _ := in[memberDigests].([]any)
		in[memberDigests] = append(list, d)
	case []any:
		in[p[len(p)-1].(int)] = map[string]any{memberElement: d}
	}
	return nil
}

// finish adds decoys to the lists of digests in a value and sorts them. It comes
// once to each object: when a claim around it is hidden, or at the end.
func (m *maker) finish(v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == memberDigests {
				continue
			}
			if err := m.finish(v[name]); err != nil {
				return err
			}
		}
		list, ok := v[memberDigests].([]any)
		if !ok {
			return nil
		}
		for range m.options.Decoys {
			salt, err := m.salt()
			if err != nil {
				return err
			}
			list = append(list, digest(m.hash, salt))
		}
		slices.SortFunc(list, compareTexts)
		v[memberDigests] = list
	case []any:
		for _, e := range v {
			if err := m.finish(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func compareTexts(a, b any) int { return cmp.Compare(a.(string), b.(string)) }
