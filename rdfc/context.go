package rdfc

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"

	"cairn.example/strictjson"
)

const (
	maxContexts      = 16  // contexts of one document
	maxInline        = 8   // of these, written into the document
	maxInlineTerms   = 200 // terms of one of them, with those of the contexts inside it
	maxKnownContexts = 256 // lists of contexts kept ready; more are made again each time
)

// A definition says what a term means (JSON-LD 1.1 API, section 4.2).
type definition struct {
	iri       string // the IRI, or "@id" or "@type"
	coercion  string // "", "@id", "@vocab", "@json" or the IRI of a datatype
	container string // "", "@set", "@list", "@language" or "@graph"
	scoped    bool   // whether the term brings a context of its own
	local     any    // that context: a map, or nil for null
	prefix    bool   // whether it can begin a compact IRI
	protected bool
	inline    bool // defined by the document itself
}

// same compares definitions as the rule for protected terms does.
func (d *definition) same(o *definition) bool {
	x, y := *d, *o
	x.protected, y.protected = false, false
	x.inline, y.inline = false, false
	x.local, y.local = nil, nil
	return x == y && reflect.DeepEqual(d.local, o.local)
}

// An active context is what terms mean at one place of a document. It does not
// change once it is made; what is derived from it is kept beside it.
type active struct {
	terms    map[string]*definition
	vocab    string
	previous *active // to return to in nested objects, when made by a type
	lasting  bool    // kept in contexts
	derived  sync.Map
}

type derivation struct {
	by     *definition
	byType bool
}

// scope returns the context inside a member (byType false) or an object of a
// type (byType true) that d defines.
func (a *active) scope(d *definition, byType bool) (*active, error) {
	if !d.scoped {
		return a, nil
	}
	key := derivation{d, byType}
	if known, ok := a.derived.Load(key); ok {
		return known.(*active), nil
	}
	made, err := a.with(d.local, !byType, d.inline)
	if err != nil {
		return nil, err
	}
	if byType && made.previous == nil {
		made.previous = a
	}
	a.derived.Store(key, made)
	return made, nil
}

// with returns a copy of a with a local context on top. Only the context of a
// member may replace protected terms. A context that the document brings itself is
// inline: it may add names for what is new, and nothing else (see checkInline).
func (a *active) with(local any, override, inline bool) (*active, error) {
	if local == nil && inline {
		return nil, fmt.Errorf("a context inside the document can't take terms away")
	}
	if local == nil {
		for name, d := range a.terms {
			if d.protected && !override {
				return nil, fmt.Errorf("the protected term %q would be lost", name)
			}
		}
		return &active{terms: map[string]*definition{}}, nil
	}
	m, ok := local.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a context is a %T", local)
	}
	b := &builder{result: &active{terms: maps.Clone(a.terms), vocab: a.vocab, previous: a.previous},
		local: m, state: map[string]bool{}, override: override, inline: inline}
	b.protected, _ = m["@protected"].(bool)
	if v, ok := m["@vocab"]; ok {
		s, isText := v.(string)
		if !isText || inline && !isIRI(s) {
			return nil, fmt.Errorf("@vocab must be an absolute IRI")
		}
		b.result.vocab = s
	}
	if v, ok := m["@version"]; ok && fmt.Sprint(v) != "1.1" {
		return nil, fmt.Errorf("@version is not 1.1")
	}
	for _, name := range sortedKeys(m) {
		if name == "@protected" || name == "@vocab" || name == "@version" {
			continue
		}
		if err := b.define(name); err != nil {
			return nil, err
		}
	}
	if inline { // a context that is never used must be one, too
		for name := range m {
			if d := b.result.terms[name]; d != nil && d.scoped && d.inline {
				if _, err := b.result.with(d.local, true, true); err != nil {
					return nil, err
				}
			}
		}
	}
	return b.result, nil
}

// A builder adds the terms of one local context (JSON-LD 1.1 API, section 4.2.2).
// It knows what the contexts in our table use and refuses the rest, so that a
// context with, say, @reverse can't be added to the table unnoticed.
type builder struct {
	result    *active
	local     map[string]any
	state     map[string]bool // false while a term is being defined, true afterwards
	protected bool
	override  bool
	inline    bool
}

func (b *builder) define(name string) error {
	if done, begun := b.state[name]; begun {
		if !done {
			return fmt.Errorf("the term %q is defined by itself", name)
		}
		return nil
	}
	b.state[name] = false
	if strings.HasPrefix(name, "@") || strings.Contains(name, ":") || name == "" || b.inline && strings.Contains(name, "/") {
		return fmt.Errorf("the term %q is not supported", name)
	}
	d := &definition{protected: b.protected, inline: b.inline}
	var id any
	switch v := b.local[name].(type) {
	case string:
		id, d.prefix = v, true // if its IRI ends so, see below
	case map[string]any:
		id = v["@id"]
		for key, e := range v {
			var err error
			switch key {
			case "@id":
			case "@type":
				s, isText := e.(string)
				if !isText {
					return fmt.Errorf("the type of %q is a %T", name, e)
				}
				if d.coercion, err = b.expand(s); err != nil {
					return err
				}
			case "@container":
				d.container, _ = e.(string)
				if d.container != "@set" && d.container != "@list" && d.container != "@language" && d.container != "@graph" {
					return fmt.Errorf("the container of %q is not supported", name)
				}
			case "@context":
				d.scoped, d.local = true, e
			case "@protected":
				d.protected, _ = e.(bool)
			default:
				return fmt.Errorf("%q in the term %q is not supported", key, name)
			}
		}
	default:
		return fmt.Errorf("the term %q is defined by a %T", name, v)
	}
	switch id := id.(type) {
	case string:
		iri, err := b.expand(id)
		if err != nil {
			return err
		}
		d.iri = iri
	case nil:
		if b.result.vocab == "" {
			return fmt.Errorf("the term %q has no IRI", name)
		}
		d.iri = b.result.vocab + name
	default:
		return fmt.Errorf("the IRI of %q is a %T", name, id)
	}
	if d.iri == "" || strings.HasPrefix(d.iri, "@") && d.iri != "@id" && d.iri != "@type" || !strings.ContainsAny(d.iri, ":@") {
		return fmt.Errorf("the term %q stands for %q", name, d.iri)
	}
	d.prefix = d.prefix && strings.ContainsAny(d.iri[len(d.iri)-1:], ":/?#[]@")
	if b.inline {
		if err := checkInline(name, d, b.result.terms[name]); err != nil {
			return err
		}
	}
	if old := b.result.terms[name]; old != nil && old.protected && !b.override {
		if !old.same(d) {
			return fmt.Errorf("the protected term %q is defined again in another way", name)
		}
		d = old
	}
	b.result.terms[name] = d
	b.state[name] = true
	return nil
}

// checkInline refuses a term of the document's own that would name, or rename, what
// the embedded contexts know. The names in a document are not part of what is
// signed, only their IRIs are: with an own name for, say, credentialStatus a holder
// could hide it from every reader, and the signature would still fit.
func checkInline(name string, d, old *definition) error {
	known := vocabulary()
	switch {
	case old != nil && old.same(d):
		return nil
	case old != nil && !old.inline:
		return fail("rdfc.alias", "", "the term %.80q has a meaning already; a context inside the document can't change it", name)
	case strings.HasPrefix(d.iri, "@"):
		return fail("rdfc.alias", "", "the term %.80q is another name of %s", name, d.iri)
	case known.iris[d.iri] && !known.names[d.iri][name]:
		return fail("rdfc.alias", "", "the term %.80q is another name of %.120s, which has one", name, d.iri)
	case !isIRI(d.iri):
		return fail("rdfc.malformed", "", "the term %.80q stands for %.120q, which is not an IRI", name, d.iri)
	}
	return nil
}

// expand is IRI expansion inside a context (JSON-LD 1.1 API, section 5.2.2).
func (b *builder) expand(s string) (string, error) {
	if strings.HasPrefix(s, "@") {
		return s, nil
	}
	if _, ok := b.local[s]; ok {
		if err := b.define(s); err != nil {
			return "", err
		}
	}
	if d := b.result.terms[s]; d != nil {
		return d.iri, nil
	}
	prefix, rest, compact := strings.Cut(s, ":")
	if !compact {
		return b.result.vocab + s, nil
	}
	if strings.HasPrefix(rest, "//") {
		return s, nil
	}
	if _, ok := b.local[prefix]; ok {
		if err := b.define(prefix); err != nil {
			return "", err
		}
	}
	if d := b.result.terms[prefix]; d != nil && d.prefix {
		return d.iri + rest, nil
	}
	return s, nil
}

// contexts holds the parsed files of the table and the active contexts of lists
// of URLs that were asked for. It only remembers: the answers never differ.
var contexts = struct {
	mu    sync.Mutex
	files map[string]any
	lists map[listKey]*active
}{files: map[string]any{}, lists: map[listKey]*active{}}

type listKey struct {
	base *active
	urls string
}

// fromList returns the active context that a list of URLs and contexts makes on top
// of base, which is nil at the top of a document.
func fromList(base *active, list []any) (*active, error) {
	var urls []string
	flush := func() (err error) {
		if len(urls) > 0 {
			base, err = fromURLs(base, urls)
		}
		urls = nil
		return err
	}
	for _, e := range list {
		if u, ok := e.(string); ok {
			urls = append(urls, u)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		if base == nil {
			base = &active{terms: map[string]*definition{}}
		}
		if m, ok := e.(map[string]any); ok && len(m) == 1 && m["@context"] != nil {
			e = m["@context"] // as jsonld.js reads it, and published documents have it
		}
		made, err := base.with(e, false, true)
		if err != nil {
			return nil, err
		}
		base = made
	}
	return base, flush()
}

// fromURLs is fromList of URLs alone, which it remembers where it can: what a
// document brings itself is not kept.
func fromURLs(base *active, urls []string) (*active, error) {
	contexts.mu.Lock()
	defer contexts.mu.Unlock()
	if base == nil || len(base.terms) == 0 && base.vocab == "" {
		base = nil
	}
	keep := base == nil || base.lasting
	key := listKey{base, strings.Join(urls, "\n")}
	if a := contexts.lists[key]; keep && a != nil {
		return a, nil
	}
	a := base
	if base == nil {
		a = &active{terms: map[string]*definition{}}
	}
	for _, u := range urls {
		local, ok := contexts.files[u]
		if !ok {
			b, found := ContextBytes(u)
			if !found {
				return nil, fmt.Errorf("the context %s is not known here", u)
			}
			tree, err := strictjson.ParseObject(b, strictjson.Default)
			if err != nil {
				return nil, err
			}
			local = tree["@context"]
			contexts.files[u] = local
		}
		var err error
		if a, err = a.with(local, false, false); err != nil {
			return nil, fmt.Errorf("context %s: %w", u, err)
		}
	}
	if keep && len(contexts.lists) < maxKnownContexts {
		contexts.lists[key], a.lasting = a, true
	}
	return a, nil
}
