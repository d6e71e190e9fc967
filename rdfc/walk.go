package rdfc

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn.example"
)

const (
	rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsd = "http://www.w3.org/2001/XMLSchema#"

	i18n = "https://www.w3.org/ns/i18n#"
)

// A walker visits every member of a document once and turns it into statements:
// JSON-LD expansion and conversion to RDF in one (JSON-LD 1.1 API, sections 5.1
// and 8.1). Where the specification drops something, the walker fails and names
// the place, so that a document that passes is in its statements as a whole.
type walker struct {
	quads  []quad
	seen   map[quad]bool // a statement made twice is one statement
	blanks int
	from   map[quad][]source // where each statement comes from; nil when nobody asks
	rootID string
	root   []string // types of the document itself
}

func (w *walker) blank() term {
	w.blanks++
	return term{kind: blank, value: strconv.Itoa(w.blanks)}
}

// add adds a statement, unless it is there already.
func (w *walker) add(q quad, s source) error {
	if w.from != nil {
		w.from[q] = append(w.from[q], s)
	}
	if w.seen[q] {
		return nil
	}
	if len(w.quads) >= maxQuads {
		return fail("rdfc.work-limit", "", "the document makes more than %d statements", maxQuads)
	}
	w.seen[q] = true
	w.quads = append(w.quads, q)
	return nil
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func below(path, name string) string {
	if len(name) > 80 {
		name = strings.ToValidUTF8(name[:80], "") + "…"
	}
	return path + "/" + pointerEscape.Replace(name)
}

// A place is where in the document and under which context a value stands.
type place struct {
	path    string
	step    *step
	context *active
	graph   term
	// contextAllowed is set at the top and on what stands in the members of
	// ownDocument. Everywhere else a nested @context could redefine what is
	// around it.
	contextAllowed bool
}

// ownDocument lists the members that hold credentials, which have proofs and
// contexts of their own, and proofs, of which those of the JCS suites have contexts
// (vc-di-eddsa, section 3.3.1).
var ownDocument = []string{"verifiableCredential", "endorsement", "proof"}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// node adds the statements of an object and returns its name. member is the
// definition of the member that it stands in, nil at the top.
func (w *walker) node(m map[string]any, at place, member *definition) (term, error) {
	if len(m) == 0 {
		return term{}, fail("rdfc.dropped", at.path, "an empty object would be lost")
	}
	_, onlyID := m["id"]
	if at.context != nil && at.context.previous != nil && !(onlyID && len(m) == 1) {
		at.context = at.context.previous // the context of a type ends with its object
	}
	var err error
	if member != nil {
		if at.context, err = w.scope(at, member, false); err != nil {
			return term{}, err
		}
	}
	if err := w.enter(m, &at); err != nil {
		return term{}, err
	}
	before := at.context // types are looked up without the contexts that they bring
	types, err := typesOf(m, at.path)
	if err != nil {
		return term{}, err
	}
	for _, t := range slices.Sorted(slices.Values(types)) {
		if d := before.terms[t]; d != nil {
			if at.context, err = w.scope(at, d, true); err != nil {
				return term{}, err
			}
		}
	}
	subject, err := w.subject(m, at, types)
	if err != nil {
		return term{}, err
	}
	made := len(w.quads)
	for i, t := range types {
		path := below(at.path, "type")
		if slices.Contains(types[:i], t) {
			return term{}, fail("rdfc.dropped", path, "the type %.80q is there twice, and a signature covers it once", t)
		}
		name, err := before.vocabularyIRI(t, path)
		if err != nil {
			return term{}, err
		}
		if err := w.add(quad{subject, rdf + "type", term{kind: iri, value: name}, at.graph}, source{at.step, ofObject}); err != nil {
			return term{}, err
		}
	}
	for _, k := range sortedKeys(m) {
		if k == "@context" || k == "id" || k == "type" {
			continue
		}
		if err := w.member(subject, k, m[k], at); err != nil {
			return term{}, err
		}
	}
	if member == nil && made == len(w.quads) {
		return term{}, fail("rdfc.malformed", at.path, "the document says nothing")
	}
	return subject, nil
}

func (w *walker) scope(at place, d *definition, byType bool) (*active, error) {
	a, err := at.context.scope(d, byType)
	if err != nil {
		return nil, contextError(err, at.path)
	}
	return a, nil
}

// contextError names the place of an error in a context.
func contextError(err error, path string) error {
	if code := cairn.CodeOf(err); code != "" {
		return fail(code, path, "%v", err)
	}
	return fail("rdfc.malformed", path, "the contexts contradict each other: %v", err)
}

// enter applies the @context of an object and checks that its id and type are
// what they are everywhere.
func (w *walker) enter(m map[string]any, at *place) error {
	if local, ok := m["@context"]; ok {
		path := below(at.path, "@context")
		if !at.contextAllowed {
			return fail("rdfc.nested-context", path, "a context inside the document is not accepted")
		}
		list, err := contextList(local, path)
		if err != nil {
			return err
		}
		if at.context, err = fromList(at.context, list); err != nil {
			return contextError(err, path)
		}
	}
	if at.context == nil {
		return fail("rdfc.malformed", below(at.path, "@context"), "the document has no @context")
	}
	at.contextAllowed = false
	for _, name := range []string{"id", "type"} {
		if _, ok := m[name]; ok {
			if d := at.context.terms[name]; d == nil || d.iri != "@"+name {
				return fail("rdfc.dropped", below(at.path, name), "the contexts do not define %q here", name)
			}
		}
	}
	return nil
}

// subject names the object: by its id, or as a blank node.
func (w *walker) subject(m map[string]any, at place, types []string) (term, error) {
	id, ok := m["id"]
	if !ok {
		return w.blank(), nil
	}
	path := below(at.path, "id")
	s, ok := id.(string)
	if !ok {
		return term{}, fail("rdfc.malformed", path, "an identifier must be a text")
	}
	if err := at.context.identifier(s, path); err != nil {
		return term{}, err
	}
	if at.path == "" {
		w.rootID, w.root = s, types
	} else if s == w.rootID {
		// RDF joins what is said about one identifier wherever it stands, so a
		// holder could move, say, credentialStatus to another mention of the
		// credential, where nobody looks for it. An endorsement of the credential
		// says something that has no place at the top.
		for _, k := range sortedKeys(m) {
			if k != "id" && k != "type" && k != "endorsementComment" ||
				k == "type" && slices.ContainsFunc(types, func(t string) bool { return slices.Contains(w.root, t) }) {
				return term{}, fail("rdfc.described-twice", below(at.path, k), "the document is described again here; its parts could be mistaken for each other")
			}
		}
	}
	return term{kind: iri, value: s}, nil
}

// typesOf reads the types of an object, one or a list of them.
func typesOf(m map[string]any, path string) ([]string, error) {
	v, ok := m["type"]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]string, len(list))
	for i, e := range list {
		if out[i], ok = e.(string); !ok {
			return nil, fail("rdfc.malformed", below(path, "type"), "a type must be a text")
		}
	}
	if len(out) == 0 {
		return nil, fail("rdfc.dropped", below(path, "type"), "an empty list would be lost")
	}
	return out, nil
}

// member adds what one member says.
func (w *walker) member(subject term, name string, v any, at place) error {
	at.path, at.step = below(at.path, name), w.step(at.step, name)
	d := at.context.terms[name]
	switch {
	case strings.HasPrefix(name, "@"):
		return fail("rdfc.dropped", at.path, "the JSON-LD keyword %.40q is not accepted here", name)
	case strings.Contains(name, ":") || vocabulary().classes[name]:
		// "https://www.w3.org/2018/credentials#credentialStatus" says what
		// "credentialStatus" says, in the same canonical form. A holder could
		// hide a member from us by writing it so.
		return fail("rdfc.alias", at.path, "%.120q is another way to write a member; only its usual name is accepted", name)
	case d == nil && at.context.vocab != "" && name != "":
		d = &definition{iri: at.context.vocab + name}
		if !isIRI(d.iri) {
			return fail("rdfc.dropped", at.path, "%.120q can't be the name of a member", name)
		}
		if vocabulary().iris[d.iri] {
			return fail("rdfc.alias", at.path, "%.120q is another way to write a member; only its usual name is accepted", name)
		}
	case d == nil:
		return fail("rdfc.dropped", at.path, "the contexts do not define %.120q here, so a signature would not cover it", name)
	case strings.HasPrefix(d.iri, "@"):
		return fail("rdfc.alias", at.path, "%.120q is another way to write %s", name, d.iri)
	}
	if d.coercion == "@json" {
		o, err := jsonLiteral(v, at.path)
		if err != nil {
			return err
		}
		return w.add(quad{subject, d.iri, o, at.graph}, source{at.step, ofValue})
	}
	at.contextAllowed = slices.Contains(ownDocument, name)
	if m, ok := v.(map[string]any); ok && d.container == "@language" {
		return w.languages(subject, d, m, at)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return fail("rdfc.dropped", at.path, "an empty list would be lost")
	}
	if d.container == "@list" {
		return w.list(subject, d, list, at)
	}
	var own map[quad]bool
	if len(list) > 1 {
		own = map[quad]bool{}
	}
	for i, e := range list {
		here := at
		if ok {
			here.path += "/" + strconv.Itoa(i)
			here.step = w.step(at.step, strconv.Itoa(i))
		}
		object, err := w.value(e, d, here)
		if err != nil {
			return err
		}
		q := quad{subject, d.iri, object, at.graph}
		if own[q] {
			return fail("rdfc.dropped", here.path, "this value is in the list already, and a signature covers it once")
		}
		if own != nil {
			own[q] = true
		}
		s := source{here.step, ofValue}
		if m, isNode := e.(map[string]any); isNode && m["@value"] == nil {
			s.kind = ofObject
		}
		if err := w.add(q, s); err != nil {
			return err
		}
	}
	return nil
}

// languages adds a language map: {"en": "…", "fr": "…"}.
func (w *walker) languages(subject term, d *definition, m map[string]any, at place) error {
	if len(m) == 0 {
		return fail("rdfc.dropped", at.path, "an empty object would be lost")
	}
	own := map[quad]bool{}
	for _, tag := range sortedKeys(m) {
		path := below(at.path, tag)
		values, ok := m[tag].([]any)
		if !ok {
			values = []any{m[tag]}
		}
		if len(values) == 0 {
			return fail("rdfc.dropped", path, "an empty list would be lost")
		}
		for _, e := range values {
			s, ok := e.(string)
			if !ok {
				return fail("rdfc.dropped", path, "a text in a language must be a text")
			}
			o, err := tagged(s, tag, path)
			if err != nil {
				return err
			}
			q := quad{subject, d.iri, o, at.graph}
			if own[q] {
				return fail("rdfc.dropped", path, "this text is there already, and a signature covers it once")
			}
			own[q] = true
			if err := w.add(q, source{w.step(at.step, tag), ofValue}); err != nil {
				return err
			}
		}
	}
	return nil
}

// list adds an ordered list (JSON-LD 1.1 API, section 8.2.1).
func (w *walker) list(subject term, d *definition, items []any, at place) error {
	head := term{kind: iri, value: rdf + "nil"}
	for i, item := range slices.Backward(items) {
		here := at
		here.path += "/" + strconv.Itoa(i)
		here.step = w.step(at.step, strconv.Itoa(i))
		first, err := w.value(item, d, here)
		if err != nil {
			return err
		}
		cell := w.blank()
		for _, q := range []quad{{cell, rdf + "first", first, at.graph}, {cell, rdf + "rest", head, at.graph}} {
			if err := w.add(q, source{at.step, ofValue}); err != nil {
				return err
			}
		}
		head = cell
	}
	return w.add(quad{subject, d.iri, head, at.graph}, source{at.step, ofValue})
}

// value turns one value of a member into the object of a statement.
func (w *walker) value(v any, d *definition, at place) (term, error) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["@value"]; ok && d.container != "@graph" {
			return valueObject(v, at.path)
		}
		if d.container != "@graph" {
			return w.node(v, at, d)
		}
		inside := w.blank()
		made := len(w.quads)
		at.graph = inside
		if _, err := w.node(v, at, d); err != nil {
			return term{}, err
		}
		if made == len(w.quads) {
			return term{}, fail("rdfc.dropped", at.path, "this object says nothing and would be lost")
		}
		return inside, nil
	case []any:
		return term{}, fail("rdfc.dropped", at.path, "a list inside a list would be lost")
	case nil:
		return term{}, fail("rdfc.dropped", at.path, "null would be lost")
	case string:
		if d.container == "@graph" {
			return term{}, fail("rdfc.dropped", at.path, "an object is expected here; a text would be lost")
		}
		switch d.coercion {
		case "@id":
			return term{kind: iri, value: v}, at.context.identifier(v, at.path)
		case "@vocab":
			a, err := w.scope(at, d, false)
			if err != nil {
				return term{}, err
			}
			name, err := a.vocabularyIRI(v, at.path)
			return term{kind: iri, value: name}, err
		}
	}
	if d.container == "@graph" {
		return term{}, fail("rdfc.dropped", at.path, "an object is expected here; anything else would be lost")
	}
	if d.container == "@language" {
		return term{}, fail("rdfc.dropped", at.path, "a text here needs a language")
	}
	datatype := d.coercion
	if strings.HasPrefix(datatype, "@") {
		datatype = ""
	}
	return scalar(v, datatype, at.path)
}

// identifier refuses identifiers that are not absolute, since RDF drops them with
// everything they say, and such that are written short, since the same thing
// written in full has the same canonical form.
func (a *active) identifier(s, path string) error {
	if !isIRI(s) {
		return fail("rdfc.relative-id", path, "%.120q is not an absolute identifier", s)
	}
	prefix, rest, _ := strings.Cut(s, ":")
	if d := a.terms[prefix]; d != nil && d.prefix && !strings.HasPrefix(rest, "//") {
		return fail("rdfc.alias", path, "the identifier %.120q is not written in full", s)
	}
	return nil
}

// vocabularyIRI is for values and types that are names of the vocabulary.
func (a *active) vocabularyIRI(s, path string) (string, error) {
	if d := a.terms[s]; d != nil {
		if strings.HasPrefix(d.iri, "@") || vocabulary().properties[s] && !vocabulary().classes[s] {
			return "", fail("rdfc.alias", path, "%.120q is not the usual name", s)
		}
		return d.iri, nil
	}
	if !strings.Contains(s, ":") && s != "" {
		if a.vocab == "" {
			return "", fail("rdfc.dropped", path, "the contexts do not define %.120q", s)
		}
		s = a.vocab + s
	}
	if err := a.identifier(s, path); err != nil {
		return "", err
	}
	if vocabulary().iris[s] {
		return "", fail("rdfc.alias", path, "%.120q has a shorter name, and only that is accepted", s)
	}
	return s, nil
}

// isIRI says whether s is an absolute IRI that N-Quads can hold. Labels of blank
// nodes are ours to give.
func isIRI(s string) bool {
	if s == "" || !utf8.ValidString(s) || strings.HasPrefix(s, "_:") || strings.ContainsAny(s, "<>\"{}|\\^` ") ||
		strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r >= 0x7f && r < 0xa0 }) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.IsAbs()
}

// contextList reads an @context: known contexts by their URLs, and contexts that
// are written into the document.
func contextList(v any, path string) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, fail("rdfc.malformed", path, "the document has no @context")
	}
	if len(list) > maxContexts {
		return nil, fail("rdfc.work-limit", path, "the document has %d contexts; at most %d are accepted", len(list), maxContexts)
	}
	inline := 0
	for i, e := range list {
		at := path + "/" + strconv.Itoa(i)
		switch e := e.(type) {
		case string:
			if !slices.ContainsFunc(table, func(c Context) bool { return c.URL == e }) {
				return nil, fail("rdfc.unknown-context", at, "the context %.200q is not known here, and nothing is fetched", e)
			}
		case map[string]any:
			if inline++; inline > maxInline || termsIn(e) > maxInlineTerms {
				return nil, fail("rdfc.work-limit", at, "more than %d contexts, or %d terms in one, are written into the document", maxInline, maxInlineTerms)
			}
		default:
			return nil, fail("rdfc.unknown-context", at, "a context is a URL or an object")
		}
	}
	return list, nil
}

// termsIn counts the terms of a context and of those within it.
func termsIn(context map[string]any) int {
	n := len(context)
	for _, v := range context {
		if d, ok := v.(map[string]any); ok {
			if local, ok := d["@context"].(map[string]any); ok {
				n += termsIn(local)
			}
		}
	}
	return n
}
