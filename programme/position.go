package programme

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"cairn.example"
)

// tree is a document as it is written: where each member stands.
type tree struct{ root ast.Node }

// readTree reads the places of a document that checkForm accepted. The error is
// what the reader of YAML says of the first fault.
func readTree(data []byte) (tree, error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return tree{}, err
	}
	for _, d := range f.Docs {
		if d.Body != nil {
			return tree{d.Body}, nil
		}
	}
	return tree{}, nil
}

// at returns the line and the column, both from 1, of a path such as
// requirements[2].maxAge, or of the innermost part of it that is there.
func (t tree) at(path string) (line, column int) {
	n, place := t.root, start(t.root)
	for _, step := range steps(path) {
		var next ast.Node
		if i, err := strconv.Atoi(step); err == nil {
			list, ok := n.(*ast.SequenceNode)
			if !ok || i >= len(list.Values) {
				break
			}
			next = list.Values[i]
			place = start(next)
		} else {
			for _, m := range members(n) {
				if m.Key.GetToken().Value != step {
					continue
				}
				if next = m.Value; scalar(next) {
					place = start(next)
				} else {
					place = m.Key.GetToken().Position
				}
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	if place == nil {
		return 1, 1 // an empty document
	}
	return place.Line, place.Column
}

// steps divides a path: requirements[2].maxAge is requirements, 2, maxAge.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// members are those of a mapping, in the order of the document.
func members(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func scalar(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.NullNode:
		return false
	}
	return true
}

// start is where a node begins; nil for none.
func start(n ast.Node) *token.Position {
	if n == nil {
		return nil
	}
	if m, ok := n.(*ast.MappingNode); ok && m.IsFlowStyle {
		return m.Start.Position
	}
	if all := members(n); len(all) > 0 {
		return all[0].Key.GetToken().Position
	}
	if l, ok := n.(*ast.LiteralNode); ok {
		return l.Start.Position
	}
	return n.GetToken().Position
}

// shape compares what is written with the types that it is read into, and keeps
// every difference; the reader of YAML ends at the first.
type shape struct {
	problems Problems
	tree     tree
	// unknown counts the members that nothing knows. When there is nothing else, the
	// rest of the document can be read all the same.
	unknown int
}

func (s *shape) bad(n ast.Node, at, format string, args ...any) {
	p := Problem{Field: at, Message: fmt.Sprintf(format, args...)}
	if place := start(n); place != nil {
		p.Line, p.Column = place.Line, place.Column
	}
	p.Requirement, p.Clause = s.tree.requirement(at)
	s.problems.add(p)
}

// requirement returns the id and the clause of the requirement that a path leads
// into, as they are written.
func (t tree) requirement(path string) (id, clause string) {
	parts := steps(path)
	if len(parts) < 2 || parts[0] != "requirements" {
		return "", ""
	}
	for _, top := range members(t.root) {
		list, ok := top.Value.(*ast.SequenceNode)
		i, err := strconv.Atoi(parts[1])
		if top.Key.GetToken().Value != "requirements" || !ok || err != nil || i >= len(list.Values) {
			continue
		}
		for _, m := range members(list.Values[i]) {
			if m.Value == nil || !scalar(m.Value) {
				continue
			}
			switch m.Key.GetToken().Value {
			case "id":
				id = m.Value.GetToken().Value
			case "clause":
				clause = m.Value.GetToken().Value
			}
		}
	}
	return id, clause
}

func (s *shape) check(n ast.Node, t reflect.Type, at string) {
	if s.problems.More || n == nil {
		return
	}
	if _, ok := n.(*ast.NullNode); ok {
		return
	}
	if _, ok := n.(*ast.FloatNode); ok && t.Kind() == reflect.Int {
		s.bad(n, at, "this must be a whole number")
		return
	}
	if leaf(t) {
		if err := yaml.NodeToValue(n, reflect.New(t).Interface(), yaml.Strict()); err != nil {
			s.bad(n, at, "%s", s.words(err, t))
		}
		return
	}
	inside := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	switch t.Kind() {
	case reflect.Pointer:
		s.check(n, t.Elem(), at)
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			s.bad(n, at, "this must be a list")
			return
		}
		for i, v := range list.Values {
			s.check(v, t.Elem(), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Map, reflect.Struct:
		if _, ok := n.(*ast.MappingNode); !ok && len(members(n)) == 0 {
			s.bad(n, at, "this must have members (name: value)")
			return
		}
		for _, m := range members(n) {
			name := m.Key.GetToken().Value
			if t.Kind() == reflect.Map {
				s.check(m.Value, t.Elem(), inside(name))
			} else if f, ok := member(t, name); ok {
				s.check(m.Value, f, inside(name))
			} else {
				s.unknown++
				s.bad(m.Key, inside(name), "unknown field %q", name)
			}
		}
	}
}

// wholeNumbers refuses fractions where the rules count in whole numbers: two and a
// half years would silently be two.
func wholeNumbers[T any](data []byte) error {
	t, err := readTree(data)
	if err != nil {
		return misreadError(err)
	}
	s := &shape{tree: t}
	s.check(t.root, reflect.TypeFor[T](), "")
	return s.problems.err()
}

// leaf reports whether a type is read from one value.
func leaf(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		return false
	}
	return true
}

// member finds the type of a member by its name in documents.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); tag == name && tag != "" {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// words says why a value can't be read, in words of a document and not of Go.
func (s *shape) words(err error, t reflect.Type) string {
	var ours *cairn.Error
	if errors.As(err, &ours) {
		return ours.Error()
	}
	switch t.Kind() {
	case reflect.Int:
		return "this must be a whole number"
	case reflect.Bool:
		return "this must be true or false"
	case reflect.String:
		return "this must be a text; put it in quotes"
	}
	return "this must be a figure or a text"
}

// misread turns what the reader of YAML says into a problem.
func misread(err error) Problem {
	var at yaml.Error
	if !errors.As(err, &at) {
		return Problem{Line: 1, Column: 1, Message: "the document can't be read: " + err.Error()}
	}
	p := Problem{Line: 1, Column: 1, Message: at.GetMessage()}
	if t := at.GetToken(); t != nil && t.Position != nil {
		p.Line, p.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	return p
}
