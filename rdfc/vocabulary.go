package rdfc

import (
	"strings"
	"sync"
)

// terms is what the embedded contexts define, taken together. It serves to
// notice when something is written in another way than by its usual name.
type terms struct {
	iris       map[string]bool            // every IRI that a term stands for
	names      map[string]map[string]bool // and the terms for it
	prefixes   map[string]bool            // terms that can begin a compact IRI, such as "xsd"
	classes    map[string]bool            // "Criteria": names of types whose IRI is also that of a member
	properties map[string]bool            // "criteria": the members with such an IRI
}

// vocabulary reads the embedded contexts once; they never change.
var vocabulary = sync.OnceValue(func() terms {
	t := terms{iris: map[string]bool{}, prefixes: map[string]bool{}, classes: map[string]bool{}, properties: map[string]bool{}}
	names := map[string]map[string]bool{} // IRI → the terms for it
	for _, c := range table {
		tree, _ := parseContext(c.URL)
		doc, _ := tree.(map[string]any)
		if local, ok := doc["@context"].(map[string]any); ok {
			t.collect(local, names, nil)
		}
	}
	t.names = names
	for iri, of := range names {
		t.iris[iri] = true
		var upper, lower bool
		for name := range of {
			if isUpper(name) {
				upper = true
			} else {
				lower = true
			}
		}
		if !upper || !lower {
			continue
		}
		for name := range of {
			if isUpper(name) {
				t.classes[name] = true
			} else {
				t.properties[name] = true
			}
		}
	}
	return t
})

func isUpper(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

func (t terms) collect(local map[string]any, names map[string]map[string]bool, outer map[string]string) {
	iriOf := map[string]string{}
	for name, iri := range outer {
		iriOf[name] = iri
	}
	for name, def := range local {
		switch def := def.(type) {
		case string:
			iriOf[name] = def
			if strings.ContainsAny(def[len(def)-1:], ":/?#[]@") {
				t.prefixes[name] = true
			}
		case map[string]any:
			iriOf[name], _ = def["@id"].(string)
		}
	}
	full := func(iri string) string {
		for range 4 { // a term may stand for a term or use a prefix that is one
			prefix, rest, _ := strings.Cut(iri, ":")
			switch {
			case iriOf[iri] != "" && iriOf[iri] != iri:
				iri = iriOf[iri]
			case iriOf[prefix] != "" && !strings.HasPrefix(rest, "//"):
				iri = iriOf[prefix] + rest
			}
		}
		return iri
	}
	for name, def := range local {
		if strings.HasPrefix(name, "@") {
			continue
		}
		if iri := full(iriOf[name]); strings.Contains(iri, ":") {
			if names[iri] == nil {
				names[iri] = map[string]bool{}
			}
			names[iri][name] = true
		}
		if m, ok := def.(map[string]any); ok {
			if scoped, ok := m["@context"].(map[string]any); ok {
				t.collect(scoped, names, iriOf)
			}
		}
	}
}
