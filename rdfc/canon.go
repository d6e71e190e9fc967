package rdfc

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxWork bounds what one document may cost: hashes, permutations and copied
// labels together, about 30 ms. A credential needs none to a few dozen; a
// presentation of one credential five times, or a transcript that repeats sixty
// courses, less than ten thousand; a graph that was made to be hard (RDF-CANON,
// "Dataset Poisoning") millions.
const maxWork = 100_000

// A term is a name, a blank node or a literal of RDF.
type term struct {
	kind               byte // one of the three below; 0 is the default graph
	value              string
	datatype, language string // of literals; one of them, or none for plain text
}

const (
	iri     byte = 'i'
	blank   byte = 'b'
	literal byte = 'l'
)

// A quad is one statement in one graph.
type quad struct {
	subject   term
	predicate string
	object    term
	graph     term
}

// canonicalise runs RDFC-1.0 (RDF Dataset Canonicalization, section 4.4.3) with
// SHA-256. It fails with rdfc.work-limit instead of taking long.
func canonicalise(quads []quad) ([]byte, error) { return canonicaliseWith(quads, digest) }

func canonicaliseWith(quads []quad, hash hasher) ([]byte, error) {
	labels, err := labelsWith(quads, hash)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(quads))
	var b []byte
	for i := range quads {
		b = quads[i].append(b[:0], func(name string) string { return labels[name] })
		lines[i] = string(b)
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), "")), nil
}

// canonicalLabels gives every blank node its canonical label, such as _:c14n0.
func canonicalLabels(quads []quad) (map[string]string, error) { return labelsWith(quads, digest) }

func labelsWith(quads []quad, hash hasher) (map[string]string, error) {
	c := &canonicaliser{hash: hash, mentions: map[string][]*quad{}, canonical: newIssuer("c14n")}
	for i := range quads {
		q := &quads[i]
		for _, t := range []term{q.subject, q.object, q.graph} {
			if m := c.mentions[t.value]; t.kind == blank && (len(m) == 0 || m[len(m)-1] != q) {
				c.mentions[t.value] = append(m, q)
			}
		}
	}
	byHash := map[string][]string{}
	c.first = make(map[string]string, len(c.mentions))
	for name, mentions := range c.mentions {
		h := firstDegree(name, mentions, hash)
		c.first[name] = h
		byHash[h] = append(byHash[h], name)
	}
	hashes := slices.Sorted(maps.Keys(byHash))
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			c.canonical.issue(byHash[h][0])
		}
	}
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			continue
		}
		slices.Sort(byHash[h]) // any order gives one result; a fixed one gives one cost
		var paths []path
		for _, name := range byHash[h] {
			if c.canonical.labels[name] != "" {
				continue
			}
			i := newIssuer("b")
			i.issue(name)
			p, err := c.nDegree(name, i)
			if err != nil {
				return nil, err
			}
			paths = append(paths, p)
		}
		slices.SortStableFunc(paths, func(x, y path) int { return strings.Compare(x.hash, y.hash) })
		for _, p := range paths {
			for _, name := range p.issuer.order {
				c.canonical.issue(name)
			}
		}
	}
	return c.canonical.labels, nil
}

// An issuer gives blank nodes their labels in the order in which they ask.
type issuer struct {
	prefix string
	labels map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer {
	return &issuer{prefix: prefix, labels: map[string]string{}}
}

func (i *issuer) issue(name string) string {
	label, ok := i.labels[name]
	if !ok {
		label = "_:" + i.prefix + strconv.Itoa(len(i.order))
		i.labels[name] = label
		i.order = append(i.order, name)
	}
	return label
}

func (i *issuer) clone() *issuer {
	return &issuer{prefix: i.prefix, labels: maps.Clone(i.labels), order: slices.Clone(i.order)}
}

type path struct {
	hash   string
	issuer *issuer
}

type canonicaliser struct {
	hash      hasher
	mentions  map[string][]*quad // blank node → the statements that mention it
	first     map[string]string  // blank node → its first degree hash
	canonical *issuer
	work      int
}

func (c *canonicaliser) spend(n int) error {
	if c.work += n; c.work > maxWork {
		return fail("rdfc.work-limit", "", "unnamed objects in the document refer to each other in a way that takes too long to compare")
	}
	return nil
}

// A hasher writes a digest in lower-case hexadecimal.
type hasher func([]byte) string

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func digest384(b []byte) string {
	sum := sha512.Sum384(b)
	return hex.EncodeToString(sum[:])
}

// firstDegree is section 4.6, "Hash First Degree Quads".
func firstDegree(name string, mentions []*quad, hash hasher) string {
	lines := make([]string, len(mentions))
	for i, q := range mentions {
		lines[i] = string(q.append(nil, func(other string) string {
			if other == name {
				return "_:a"
			}
			return "_:z"
		}))
	}
	slices.Sort(lines)
	return hash([]byte(strings.Join(lines, "")))
}

// related is section 4.7, "Hash Related Blank Node".
func (c *canonicaliser) related(name string, q *quad, i *issuer, position byte) string {
	b := []byte{position}
	if position != 'g' {
		b = append(append(append(b, '<'), q.predicate...), '>')
	}
	switch label := c.canonical.labels[name]; {
	case label != "":
		b = append(b, label...)
	case i.labels[name] != "":
		b = append(b, i.labels[name]...)
	default:
		b = append(b, c.first[name]...)
	}
	return c.hash(b)
}

// nDegree is section 4.8, "Hash N-Degree Quads".
func (c *canonicaliser) nDegree(name string, i *issuer) (path, error) {
	groups := map[string][]string{}
	for _, q := range c.mentions[name] {
		for _, at := range []struct {
			t        term
			position byte
		}{{q.subject, 's'}, {q.object, 'o'}, {q.graph, 'g'}} {
			if at.t.kind == blank && at.t.value != name {
				if err := c.spend(1); err != nil {
					return path{}, err
				}
				h := c.related(at.t.value, q, i, at.position)
				groups[h] = append(groups[h], at.t.value)
			}
		}
	}
	var data strings.Builder
	for _, h := range slices.Sorted(maps.Keys(groups)) {
		data.WriteString(h)
		var chosen string
		var chosenIssuer *issuer
		err := permutations(groups[h], func(order []string) error {
			if err := c.spend(1 + len(order) + len(i.order)); err != nil {
				return err
			}
			text, copied, err := c.follow(order, i.clone(), chosen)
			if err == nil && copied != nil && (chosenIssuer == nil || text < chosen) {
				chosen, chosenIssuer = text, copied
			}
			return err
		})
		if err != nil {
			return path{}, err
		}
		data.WriteString(chosen)
		i = chosenIssuer
	}
	return path{c.hash([]byte(data.String())), i}, nil
}

// follow writes the path for one order of related nodes. It returns no issuer
// when the path can only become greater than the one chosen so far.
func (c *canonicaliser) follow(order []string, i *issuer, chosen string) (string, *issuer, error) {
	var text string
	var open []string
	for _, name := range order {
		if label := c.canonical.labels[name]; label != "" {
			text += label
		} else {
			if i.labels[name] == "" {
				open = append(open, name)
			}
			text += i.issue(name)
		}
		if hopeless(text, chosen) {
			return "", nil, nil
		}
	}
	for _, name := range open {
		result, err := c.nDegree(name, i)
		if err != nil {
			return "", nil, err
		}
		text += i.issue(name) + "<" + result.hash + ">"
		i = result.issuer
		if hopeless(text, chosen) {
			return "", nil, nil
		}
	}
	return text, i, nil
}

func hopeless(text, chosen string) bool {
	return chosen != "" && len(text) >= len(chosen) && text > chosen
}

// permutations calls visit with every different order of list, in lexical order.
// A node with seven statements in one unnamed graph is related to that graph seven
// times; the orders of equal names are one order, not 5,040. visit must not keep
// what it is given.
func permutations(list []string, visit func([]string) error) error {
	list = slices.Sorted(slices.Values(list))
	for {
		if err := visit(list); err != nil {
			return err
		}
		i := len(list) - 2
		for i >= 0 && list[i] >= list[i+1] {
			i--
		}
		if i < 0 {
			return nil
		}
		j := len(list) - 1
		for list[j] <= list[i] {
			j--
		}
		list[i], list[j] = list[j], list[i]
		slices.Reverse(list[i+1:])
	}
}

// append writes the statement as one line of canonical N-Quads (RDF-CANON,
// section 5), with the given labels for blank nodes.
func (q *quad) append(b []byte, label func(string) string) []byte {
	b = append(q.subject.append(b, label), " <"...)
	b = append(append(b, q.predicate...), "> "...)
	b = append(q.object.append(b, label), ' ')
	if q.graph.kind != 0 {
		b = append(q.graph.append(b, label), ' ')
	}
	return append(b, ".\n"...)
}

func (t *term) append(b []byte, label func(string) string) []byte {
	switch t.kind {
	case blank:
		return append(b, label(t.value)...)
	case iri:
		return append(append(append(b, '<'), t.value...), '>')
	}
	b = append(b, '"')
	for i := range len(t.value) {
		switch c := t.value[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20 && c != 0x7f:
			b = append(b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			b = append(b, '\\', "btnfr"[strings.IndexByte("\b\t\n\f\r", c)])
		default:
			b = fmt.Appendf(b, `\u%04X`, c)
		}
	}
	b = append(b, '"')
	switch {
	case t.language != "":
		b = append(append(b, '@'), t.language...)
	case t.datatype != "" && t.datatype != xsd+"string":
		b = append(append(append(b, "^^<"...), t.datatype...), '>')
	}
	return b
}
