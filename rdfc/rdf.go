package rdfc

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cairn.example/jcs"
)

const (
	rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xsd = "http://www.w3.org/2001/XMLSchema#"
)

// bcp47 is the shape of a language tag; RDF drops values with any other.
var bcp47 = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

// plainTypes are the XML Schema types that JSON has values of its own for.
var plainTypes = []string{"boolean", "integer", "nonNegativeInteger", "float", "double", "decimal"}

// converter deserialises expanded JSON-LD to RDF (JSON-LD 1.1 API, section 8).
// Where the specification says "drop", it fails.
type converter struct {
	quads  []quad
	seen   map[quad]bool // a statement made twice is one statement
	blanks int
}

func (c *converter) blank() term {
	c.blanks++
	return term{kind: blank, value: "_:b" + strconv.Itoa(c.blanks)}
}

func (c *converter) add(s term, predicate string, o, graph term) error {
	q := quad{s, predicate, o, graph}
	if c.seen[q] {
		return nil
	}
	c.seen[q] = true
	if len(c.quads) >= maxQuads {
		return fail("rdfc.work-limit", "", "the document makes more than %d statements", maxQuads)
	}
	c.quads = append(c.quads, q)
	return nil
}

// node adds the statements of a node object and returns its name.
func (c *converter) node(v any, graph term) (term, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return term{}, fail("rdfc.malformed", "", "an object is expected where there is a plain value")
	}
	var subject term
	if id, ok := m["@id"].(string); ok {
		subject = term{kind: iri, value: id}
	} else {
		subject = c.blank()
	}
	for _, k := range sortedKeys(m) {
		list, ok := m[k].([]any)
		if !ok {
			list = []any{m[k]}
		}
		switch {
		case k == "@id":
		case k == "@type":
			for _, t := range list {
				s, _ := t.(string) // checkSurvival has seen that it is one
				if err := c.add(subject, rdf+"type", term{kind: iri, value: s}, graph); err != nil {
					return term{}, err
				}
			}
		case k == "@graph":
			for _, member := range list {
				if _, err := c.node(member, subject); err != nil {
					return term{}, err
				}
			}
		case strings.HasPrefix(k, "@"):
			return term{}, fail("rdfc.dropped", "", "the JSON-LD keyword %q is not accepted", k)
		default:
			if err := checkIRI(k); err != nil {
				return term{}, err
			}
			for _, e := range list {
				object, err := c.object(e, graph)
				if err != nil {
					return term{}, err
				}
				if err := c.add(subject, k, object, graph); err != nil {
					return term{}, err
				}
			}
		}
	}
	return subject, nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *converter) object(v any, graph term) (term, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return term{}, fail("rdfc.malformed", "", "the expansion has a bare value")
	}
	if value, ok := m["@value"]; ok {
		return literalOf(m, value)
	}
	items, ok := m["@list"].([]any)
	if !ok {
		return c.node(m, graph)
	}
	head := term{kind: iri, value: rdf + "nil"}
	for _, item := range slices.Backward(items) {
		first, err := c.object(item, graph)
		if err != nil {
			return term{}, err
		}
		cell := c.blank()
		if err := c.add(cell, rdf+"first", first, graph); err != nil {
			return term{}, err
		}
		if err := c.add(cell, rdf+"rest", head, graph); err != nil {
			return term{}, err
		}
		head = cell
	}
	return head, nil
}

// literalOf converts a value object (JSON-LD 1.1 API, section 8.2.2).
func literalOf(m map[string]any, value any) (term, error) {
	datatype, _ := m["@type"].(string)
	if datatype == "@json" {
		b, err := jcs.Marshal(fromNative(value))
		if err != nil {
			return term{}, err
		}
		return term{kind: literal, value: string(b), datatype: rdf + "JSON"}, nil
	}
	if datatype != "" {
		if err := checkIRI(datatype); err != nil {
			return term{}, err
		}
	}
	if _, ok := m["@direction"]; ok {
		return term{}, fail("rdfc.dropped", "", "the direction of a text would be lost")
	}
	orType := func(t string) string {
		if datatype != "" {
			return datatype
		}
		return xsd + t
	}
	switch v := value.(type) {
	case bool:
		return term{kind: literal, value: strconv.FormatBool(v), datatype: orType("boolean")}, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 && datatype != xsd+"double" {
			return term{kind: literal, value: strconv.FormatFloat(v, 'f', 0, 64), datatype: orType("integer")}, nil
		}
		return term{kind: literal, value: canonicalDouble(v), datatype: orType("double")}, nil
	case string:
		if _, name, _ := strings.Cut(datatype, "#"); slices.Contains(plainTypes, name) {
			// The text "4" and the number 4 would have one canonical form, and a
			// reader that takes them differently could be fooled.
			return term{}, fail("rdfc.number-as-text", "", "the text %.40q stands where a number or a truth value belongs", v)
		}
		language, tagged := m["@language"].(string)
		if !tagged {
			return term{kind: literal, value: v, datatype: orType("string")}, nil
		}
		if !bcp47.MatchString(language) {
			return term{}, fail("rdfc.dropped", "", "%.40q is not a language tag", language)
		}
		return term{kind: literal, value: v, language: language}, nil
	}
	return term{}, fail("rdfc.malformed", "", "a value is neither text, number nor truth value")
}

// canonicalDouble writes a number as XML Schema's canonical double: 3.5E0.
func canonicalDouble(f float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	n, err := strconv.Atoi(exponent)
	if err != nil { // FormatFloat always writes one
		panic("rdfc: " + err.Error())
	}
	return mantissa + "E" + strconv.Itoa(n)
}

// fromNative undoes toNative for a JSON literal.
func fromNative(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = fromNative(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = fromNative(e)
		}
		return l
	case float64:
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return v
}
