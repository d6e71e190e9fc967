package rdfc

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Statements are the canonical statements of a document together with where each
// of them comes from, so that a part of the document can be shown with proof that
// it is a part (W3C vc-di-ecdsa, section 3.4, "Selective Disclosure Functions").
//
// The specification finds out which statements a part makes by giving every
// unnamed object a name, cutting the part out, converting it to RDF and comparing
// texts. Here each statement remembers its place instead, which has the same
// result and nothing to compare.
type Statements struct {
	doc    map[string]any
	quads  []quad
	from   map[quad][]source
	labels map[string]string // blank node → canonical label, with _:
}

// step is one name or index on the way from the document to a value.
type step struct {
	above *step
	name  string
}

// source is the place of a statement: the value that it holds, or the object
// that it describes or leads to. An object can be shown in part, a value can't.
type source struct {
	step *step
	kind sourceKind
}

type sourceKind byte

const (
	ofValue sourceKind = iota
	ofObject
)

func (w *walker) step(above *step, name string) *step {
	if w.from == nil {
		return nil
	}
	return &step{above, name}
}

// NewStatements reads a document as Canonical does, with the same errors.
func NewStatements(doc map[string]any) (*Statements, error) {
	w := &walker{seen: map[quad]bool{}, from: map[quad][]source{}}
	if _, err := w.node(doc, place{contextAllowed: true}, nil); err != nil {
		return nil, err
	}
	labels, err := canonicalLabels(w.quads)
	if err != nil {
		return nil, err
	}
	return &Statements{doc: doc, quads: w.quads, from: w.from, labels: labels}, nil
}

// Labels returns the canonical labels of the unnamed objects: c14n0, c14n1 and so on.
func (s *Statements) Labels() []string {
	out := make([]string, len(s.labels))
	for i := range out {
		out[i] = "c14n" + strconv.Itoa(i)
	}
	return out
}

// Sort writes each statement as a line of N-Quads, with the labels that names
// gives for canonical ones, and sorts the lines. Each canonical label must have a
// name of its own.
func (s *Statements) Sort(names map[string]string) (*Sorted, error) {
	taken := map[string]bool{}
	for _, l := range s.Labels() {
		if n := names[l]; n == "" || taken[n] {
			return nil, fail("rdfc.label", "", "the unnamed object %s has no name of its own", l)
		} else {
			taken[n] = true
		}
	}
	label := func(name string) string { return "_:" + names[strings.TrimPrefix(s.labels[name], "_:")] }
	type line struct {
		text string
		q    *quad
	}
	lines := make([]line, len(s.quads))
	for i := range s.quads {
		lines[i] = line{string(s.quads[i].append(nil, label)), &s.quads[i]}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.text, b.text) })
	out := &Sorted{of: s, names: names, Lines: make([]string, len(lines)), quads: make([]*quad, len(lines))}
	for i, l := range lines {
		out.Lines[i], out.quads[i] = l.text, l.q
	}
	return out, nil
}

// Sorted are statements in their order. Lines is for reading.
type Sorted struct {
	Lines []string
	quads []*quad
	of    *Statements
	names map[string]string
}

// Select returns which lines, in ascending order, a part of the document makes:
// what the JSON pointers (RFC 6901) point at, the types of the objects around it,
// and what links them. No pointers select nothing. Codes: rdfc.pointer for a
// pointer that does not fit the document or leads into something that can only be
// shown whole, such as an ordered list.
func (s *Sorted) Select(pointers []string) ([]int, error) {
	t, err := newSelection(s.of.doc, pointers)
	if t == nil || err != nil {
		return nil, err
	}
	var out []int
	for i, q := range s.quads {
		selected := false
		for _, from := range s.of.from[*q] {
			here := t.at(from.step)
			if here == nil {
				continue
			}
			if from.kind == ofValue && !here.all {
				return nil, fail("rdfc.pointer", "", "a JSON pointer leads into a value that can only be shown whole: %s", from.step.pointer())
			}
			selected = true
		}
		if selected {
			out = append(out, i)
		}
	}
	return out, nil
}

// LabelsOf returns the names of the unnamed objects in the given lines by the
// canonical labels that a reader finds who has these lines only.
func (s *Sorted) LabelsOf(indexes []int) (map[string]string, error) {
	part := make([]quad, len(indexes))
	for n, i := range indexes {
		part[n] = *s.quads[i]
	}
	labels, err := canonicalLabels(part)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(labels))
	for name, label := range labels {
		out[strings.TrimPrefix(label, "_:")] = s.names[strings.TrimPrefix(s.of.labels[name], "_:")]
	}
	return out, nil
}

// Part returns a copy of what the JSON pointers select of doc: what they point
// at, and @context, id and type of the objects around it. No pointers select
// nothing, which is nil.
func Part(doc map[string]any, pointers []string) (map[string]any, error) {
	t, err := newSelection(doc, pointers)
	if t == nil || err != nil {
		return nil, err
	}
	out, ok := t.cut(doc).(map[string]any)
	if !ok {
		return nil, fail("rdfc.pointer", "", "the document is not an object")
	}
	if c, ok := doc["@context"]; ok {
		out["@context"] = copyOf(c)
	}
	return out, nil
}

const (
	maxPointers      = 1000
	maxPointerLength = 1000
)

// A selection is the tree of what pointers select.
type selection struct {
	all   bool // with everything below
	below map[string]*selection
}

// newSelection checks that the pointers fit the document. It returns nil for none.
func newSelection(doc map[string]any, pointers []string) (*selection, error) {
	if len(pointers) == 0 {
		return nil, nil
	}
	if len(pointers) > maxPointers {
		return nil, fail("rdfc.pointer", "", "more than %d JSON pointers", maxPointers)
	}
	root := &selection{}
	for _, p := range pointers {
		names, err := parsePointer(p)
		if err != nil {
			return nil, err
		}
		var v any = doc
		here := root
		for _, name := range names {
			var ok bool
			switch container := v.(type) {
			case map[string]any:
				v, ok = container[name]
			case []any:
				var i int
				if i, ok = index(name, len(container)); ok {
					v = container[i]
				}
			}
			if !ok {
				return nil, fail("rdfc.pointer", "", "the JSON pointer %.200q points at nothing in this document", p)
			}
			next := here.below[name]
			if next == nil {
				if here.below == nil {
					here.below = map[string]*selection{}
				}
				next = &selection{}
				here.below[name] = next
			}
			here = next
		}
		here.all = true
	}
	return root, nil
}

// parsePointer splits a JSON pointer (RFC 6901, sections 3 and 4).
func parsePointer(p string) ([]string, error) {
	if p == "" {
		return nil, nil
	}
	rest, ok := strings.CutPrefix(p, "/")
	if !ok || len(p) > maxPointerLength {
		return nil, fail("rdfc.pointer", "", "%.200q is not a JSON pointer", p)
	}
	names := strings.Split(rest, "/")
	for i, n := range names {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(n), "~") {
			return nil, fail("rdfc.pointer", "", "%.200q is not a JSON pointer", p)
		}
		names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	return names, nil
}

// index reads the index of an element: digits without leading zeros.
func index(name string, length int) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < length && strconv.Itoa(i) == name
}

// at returns the selection at a step, nil when nothing there is selected.
func (t *selection) at(s *step) *selection {
	if s == nil {
		return t
	}
	above := t.at(s.above)
	if above == nil || above.all {
		return above
	}
	return above.below[s.name]
}

// cut copies what is selected of v.
func (t *selection) cut(v any) any {
	if t.all {
		return copyOf(v)
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, name := range []string{"id", "type"} {
			if e, ok := v[name]; ok {
				out[name] = copyOf(e)
			}
		}
		for name, next := range t.below {
			if _, ok := out[name]; !ok {
				out[name] = next.cut(v[name])
			}
		}
		return out
	case []any:
		out := []any{}
		for i, e := range v {
			if next := t.below[strconv.Itoa(i)]; next != nil {
				out = append(out, next.cut(e))
			}
		}
		return out
	}
	return v
}

func copyOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for k, e := range out {
			out[k] = copyOf(e)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i, e := range out {
			out[i] = copyOf(e)
		}
		return out
	}
	return v
}

// pointer writes a step for a message.
func (s *step) pointer() string {
	if s == nil {
		return ""
	}
	return below(s.above.pointer(), s.name)
}
