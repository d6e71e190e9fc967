// Package rdfc turns a JSON-LD document into the canonical RDF form that
// Data Integrity proofs with "rdfc" in their name sign: JSON-LD 1.1 expansion
// with embedded contexts, deserialisation to RDF, and RDFC-1.0.
//
// Canonical is the one function that callers need. It is guarded: nothing is
// fetched, and a document of which any member or identifier would not reach the
// canonical form is refused, because a verifier would otherwise show what nobody
// signed (Data Integrity 1.0, "Validating Contexts" and data loss detection).
//
// Expansion is that of the json-gold library. The conversion to RDF is ours, since
// the library drops what it cannot map, and so is RDFC-1.0, since the library has
// no bound on work and writes control characters differently.
package rdfc

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/piprate/json-gold/ld"

	"cairn.example"
)

// maxQuads bounds the RDF statements of one document; a transcript with sixty
// credentials has about six thousand.
const maxQuads = 50_000

// Canonical returns the canonical N-Quads of doc, a tree as strictjson returns
// it. It does not change doc. Errors are *cairn.Error with one of the codes
// rdfc.malformed, rdfc.unknown-context, rdfc.nested-context, rdfc.dropped,
// rdfc.relative-id and rdfc.work-limit. It is safe for concurrent use.
func Canonical(doc map[string]any) (nquads []byte, err error) {
	if err := checkInput(doc); err != nil {
		return nil, err
	}
	expanded, err := expand(doc)
	if err != nil {
		return nil, err
	}
	if err := checkSurvival(doc, expanded); err != nil {
		return nil, err
	}
	c := &converter{seen: map[quad]bool{}}
	for _, node := range expanded {
		if _, err := c.node(node, term{}); err != nil {
			return nil, err
		}
	}
	if len(c.quads) == 0 {
		return nil, fail("rdfc.malformed", "", "the document says nothing")
	}
	return canonicalise(c.quads)
}

func fail(code, path, format string, args ...any) error {
	kind := cairn.Invalid
	if code == "rdfc.work-limit" {
		kind = cairn.TooLarge
	}
	return &cairn.Error{Kind: kind, Code: code, Field: path, Message: fmt.Sprintf(format, args...)}
}

// loader serves the embedded contexts and nothing else.
type loader struct{}

func (loader) LoadDocument(u string) (*ld.RemoteDocument, error) {
	tree, ok := parseContext(u)
	if !ok {
		return nil, ld.NewJsonLdError(ld.LoadingRemoteContextFailed, "context "+u+" is not known here")
	}
	return &ld.RemoteDocument{DocumentURL: u, Document: tree}, nil
}

// expand runs JSON-LD expansion with an empty base and the library's safe mode.
func expand(doc map[string]any) (expanded []any, err error) {
	defer func() { // the library panics on some malformed contexts and values
		if r := recover(); r != nil {
			err = fail("rdfc.malformed", "", "the document is not JSON-LD that can be processed: %v", r)
		}
	}()
	opts := ld.NewJsonLdOptions("")
	opts.SafeMode = true
	opts.ProcessingMode = ld.JsonLd_1_1
	opts.DocumentLoader = loader{}
	out, err := ld.NewJsonLdProcessor().Expand(toNative(doc), opts)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "rdfc.dropped",
			Message: "the document has a member that its contexts do not define, or is not JSON-LD", Err: err}
	}
	return out, nil
}

// toNative copies a strictjson tree into the types the library works with.
func toNative(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = toNative(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = toNative(e)
		}
		return l
	case json.Number:
		f, err := v.Float64()
		if err != nil || f == 0 { // -0 is 0, as in RFC 8785 and in JavaScript
			return 0.0
		}
		return f
	}
	return v
}

// checkInput refuses what must not be in a signed document at all: contexts we
// do not know or do not expect, and JSON-LD keywords that change the meaning of
// other members.
func checkInput(doc map[string]any) error {
	ctx, ok := doc["@context"]
	if !ok {
		return fail("rdfc.malformed", "/@context", "the document has no @context")
	}
	if err := checkContext(ctx, "/@context"); err != nil {
		return err
	}
	if err := walkInput(doc, "", true); err != nil {
		return err
	}
	if id, ok := doc["id"].(string); ok {
		for _, name := range sortedKeys(doc) {
			if err := checkRoot(doc[name], "/"+pointerEscape.Replace(name), id, doc["type"]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDistinct refuses a list with the same plain value twice: RDF keeps one.
func checkDistinct(list []any, path string) error {
	seen := map[any]bool{}
	for i, e := range list {
		switch e := e.(type) {
		case string, bool, json.Number:
			if seen[e] {
				return fail("rdfc.dropped", fmt.Sprintf("%s/%d", path, i), "this value is in the list already, and a signature covers it once")
			}
			seen[e] = true
		}
	}
	return nil
}

// checkRoot refuses a second description of the document itself further inside.
// RDF joins what is said about one identifier wherever it stands, so a holder
// could move, say, credentialStatus to another mention of the credential, where
// nobody looks for it. An endorsement of the credential says something about it
// that has no place at the top.
func checkRoot(v any, path, id string, types any) error {
	switch v := v.(type) {
	case map[string]any:
		same := v["id"] == any(id)
		for _, name := range sortedKeys(v) {
			if name == literalTerm {
				continue // the content of a JSON literal is not part of the graph
			}
			at := path + "/" + pointerEscape.Replace(name)
			if same && (name != "id" && name != "type" && name != "endorsementComment" || name == "type" && overlap(v["type"], types)) {
				return fail("rdfc.described-twice", at, "the document is described again here; the parts could be mistaken for each other")
			}
			if err := checkRoot(v[name], at, id, types); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := checkRoot(e, fmt.Sprintf("%s/%d", path, i), id, types); err != nil {
				return err
			}
		}
	}
	return nil
}

// overlap says whether two lists, or single values, have a text in common.
func overlap(x, y any) bool {
	xs, ok := x.([]any)
	if !ok {
		xs = []any{x}
	}
	ys, ok := y.([]any)
	if !ok {
		ys = []any{y}
	}
	for _, e := range xs {
		if s, ok := e.(string); ok && slices.Contains(ys, any(s)) {
			return true
		}
	}
	return false
}

func checkContext(ctx any, path string) error {
	list, ok := ctx.([]any)
	if !ok {
		list = []any{ctx}
	}
	for i, c := range list {
		at := fmt.Sprintf("%s/%d", path, i)
		u, ok := c.(string)
		if !ok {
			return fail("rdfc.unknown-context", at, "only contexts named by their URL are accepted")
		}
		if !slices.ContainsFunc(table, func(c Context) bool { return c.URL == u }) {
			return fail("rdfc.unknown-context", at, "the context %.200q is not known here, and nothing is fetched", u)
		}
	}
	return nil
}

// walkInput visits every member. contextAllowed is set at the top and on the
// members of verifiableCredential, which are documents with contexts of their
// own; everywhere else a nested @context could redefine what is around it.
func walkInput(v any, path string, contextAllowed bool) error {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["@value"]; ok {
			for k := range v {
				if k != "@value" && k != "@language" {
					return fail("rdfc.dropped", path+"/"+k, "%q is not accepted beside @value", k)
				}
			}
			return nil
		}
		for _, k := range sortedKeys(v) { // sorted, so that one document always gives one error
			e, at := v[k], path+"/"+pointerEscape.Replace(k)
			if k == "@context" {
				if !contextAllowed {
					return fail("rdfc.nested-context", at, "a context inside the document is not accepted")
				}
				if err := checkContext(e, at); err != nil {
					return err
				}
				continue
			}
			if strings.HasPrefix(k, "@") {
				return fail("rdfc.dropped", at, "the JSON-LD keyword %.40q is not accepted here", k)
			}
			if strings.Contains(k, ":") || vocabulary().classes[k] {
				// "https://www.w3.org/2018/credentials#credentialStatus" says what
				// "credentialStatus" says, in the same canonical form. A holder could
				// hide a member from us by writing it so.
				return fail("rdfc.alias", at, "%.120q is another way to write a member; only its usual name is accepted", k)
			}
			if k == "type" {
				if err := checkTypes(e, at); err != nil {
					return err
				}
			}
			if k == literalTerm {
				continue // a JSON literal: kept as it is, whatever it holds
			}
			if err := walkInput(e, at, k == "verifiableCredential"); err != nil {
				return err
			}
		}
	case []any:
		if err := checkDistinct(v, path); err != nil {
			return err
		}
		for i, e := range v {
			if err := walkInput(e, fmt.Sprintf("%s/%d", path, i), contextAllowed); err != nil {
				return err
			}
		}
	case json.Number:
		return checkNumber(v.String(), path)
	case nil:
		return fail("rdfc.dropped", path, "null would be lost")
	}
	return nil
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// checkTypes refuses types that are written as an IRI although one of the
// contexts has a name for them: the canonical form would be the same, but code
// that looks for the name would pass them by.
func checkTypes(v any, path string) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for i, t := range list {
		s, ok := t.(string)
		if !ok {
			return fail("rdfc.malformed", path, "a type is not a text")
		}
		prefix, rest, compact := strings.Cut(s, ":")
		if vocabulary().iris[s] || compact && vocabulary().prefixes[prefix] && !strings.HasPrefix(rest, "//") || vocabulary().properties[s] {
			return fail("rdfc.alias", fmt.Sprintf("%s/%d", path, i), "%.120q is another way to write a type; only its usual name is accepted", s)
		}
	}
	return nil
}

// literalTerm is the one term of our contexts whose value is a JSON literal.
// checkSurvival proves that it was taken as one.
const literalTerm = "record"

// checkSurvival compares the leaves of the document with those of its expansion:
// every text, number, truth value and empty container of the input must be there
// again, or the proof would not cover it.
func checkSurvival(doc map[string]any, expanded []any) error {
	before, after := map[string]int{}, map[string]int{}
	countInput(doc, before)
	if err := countExpanded(expanded, after); err != nil {
		return err
	}
	for kind, n := range before {
		if after[kind] != n {
			return fail("rdfc.dropped", "", "part of the document is not covered by its contexts: %d of %d %s survive", after[kind], n, kind)
		}
	}
	return nil
}

const (
	leaves   = "values"
	literals = "values inside JSON literals"
)

func countInput(v any, n map[string]int) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			switch k {
			case "@context", "@language":
			case literalTerm:
				n[literals] += size(e)
			default:
				countInput(e, n)
			}
		}
		if len(v) == 0 {
			n[leaves]++
		}
	case []any:
		for _, e := range v {
			countInput(e, n)
		}
		if len(v) == 0 {
			n[leaves]++
		}
	default:
		n[leaves]++
	}
}

// size counts everything in a JSON literal.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += 1 + size(e)
		}
	case []any:
		for _, e := range v {
			n += size(e)
		}
	}
	return n
}

func countExpanded(v any, n map[string]int) error {
	switch v := v.(type) {
	case map[string]any:
		if value, ok := v["@value"]; ok {
			if v["@type"] == "@json" {
				n[literals] += size(value)
			} else {
				n[leaves]++
			}
			return nil
		}
		for k, e := range v {
			switch {
			case k == "@id":
				n[leaves]++
				if err := checkIRI(e); err != nil {
					return err
				}
			case k == "@type":
				types, ok := e.([]any)
				if !ok {
					types = []any{e}
				}
				for _, t := range types {
					n[leaves]++
					if err := checkIRI(t); err != nil {
						return err
					}
				}
			case k == "@list" || k == "@graph" || k == "@set" || !strings.HasPrefix(k, "@"):
				if err := countExpanded(e, n); err != nil {
					return err
				}
			default:
				return fail("rdfc.dropped", "", "the JSON-LD keyword %q is not accepted", k)
			}
		}
	case []any:
		for _, e := range v {
			if err := countExpanded(e, n); err != nil {
				return err
			}
		}
	default:
		return fail("rdfc.malformed", "", "the expansion has a bare value")
	}
	return nil
}

// checkIRI refuses identifiers and types that are not absolute: RDF drops them
// with everything they say. Blank node labels are ours to give.
func checkIRI(v any) error {
	s, ok := v.(string)
	if !ok || s == "" {
		return fail("rdfc.relative-id", "", "an identifier is empty")
	}
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || strings.HasPrefix(s, "_:") || strings.ContainsAny(s, "<>\"{}|\\^` ") || strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r == 0x7f }) {
		return fail("rdfc.relative-id", "", "%.120q is not an absolute identifier", s)
	}
	return nil
}
