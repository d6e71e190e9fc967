package programme

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"cairn.example"
)

// maxLine is how long a line with brackets may be before it is written without.
const maxLine = 120

// Format lays a programme document out in one way: the members in the order of the
// schema, two spaces for each level, brackets only where they fit in a line, at most
// one empty line in a row. Comments stay with what they are about. It accepts what
// Parse accepts, and the result means the same: it is read again and compared.
func Format(data []byte) ([]byte, error) {
	before, err := Parse(data)
	if err != nil {
		return nil, err
	}
	out, err := layOut(data, reflect.TypeFor[Programme]())
	if err != nil {
		return nil, err
	}
	after, err := Parse(out)
	if err != nil || !before.same(after) {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "programme.format", Message: "the document can't be laid out without changing what it means", Err: err}
	}
	return out, nil
}

// layOut writes a document of a type in the usual way.
func layOut(data []byte, form reflect.Type) ([]byte, error) {
	t, err := readTree(data)
	if err != nil {
		return nil, misreadError(err)
	}
	f := &formatter{members: map[*ast.MappingValueNode]*item{}, entries: map[ast.Node]*item{}}
	f.collect(t.root)
	f.comments(data)
	f.mapping(t.root, form, 0, "")
	for _, c := range f.last {
		f.comment(c, 0)
	}
	return []byte(f.out.String()), nil
}

func misreadError(err error) error { return (&Problems{List: []Problem{misread(err)}}).err() }

// same reports whether two documents say the same.
func (p *Programme) same(q *Programme) bool {
	a, b := *p, *q
	a.digest, a.source, b.digest, b.source = "", nil, "", nil
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// item is something that can have comments: a member or an entry of a list.
type item struct {
	line  int
	value ast.Node
	blank bool // after an empty line
	head  []note
	tail  string
}

// note is a comment on a line of its own.
type note struct {
	text  string
	blank bool // after an empty line
}

type formatter struct {
	out     strings.Builder
	items   []*item // in the order of the document, the outer ones first
	members map[*ast.MappingValueNode]*item
	entries map[ast.Node]*item
	last    []note // after everything
}

func (f *formatter) collect(n ast.Node) {
	add := func(line int, value ast.Node) *item {
		i := &item{line: line, value: value}
		f.items = append(f.items, i)
		return i
	}
	if list, ok := n.(*ast.SequenceNode); ok {
		for _, v := range list.Values {
			f.entries[v] = add(start(v).Line, v)
			f.collect(v)
		}
		return
	}
	for _, m := range members(n) {
		f.members[m] = add(m.Key.GetToken().Position.Line, m.Value)
		f.collect(m.Value)
	}
}

// comments gives every comment to the item that it is about: one at the end of a
// line to what begins in that line, one on a line of its own to what comes next.
func (f *formatter) comments(data []byte) {
	lines := strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	blankBefore := func(line int) bool {
		return line >= 2 && line-2 < len(lines) && strings.TrimSpace(lines[line-2]) == ""
	}
	begun := map[int]bool{}
	var notes []*token.Token
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Type == token.CommentType {
			notes = append(notes, t)
		} else {
			begun[t.Position.Line] = true
		}
	}
	for _, i := range f.items {
		i.blank = blankBefore(i.line)
	}
	for _, t := range notes {
		text, line := "#"+strings.TrimRight(t.Value, " \t\r\n"), t.Position.Line
		if begun[line] {
			if i := f.beginning(line); i != nil {
				i.tail = strings.TrimSpace(i.tail + " " + text)
				continue
			}
		}
		one := note{text, blankBefore(line)}
		if k := slices.IndexFunc(f.items, func(i *item) bool { return i.line > line }); k >= 0 {
			f.items[k].head = append(f.items[k].head, one)
		} else {
			f.last = append(f.last, one)
		}
	}
}

// beginning is the item that a comment at the end of a line is about: the first that
// is written in one line, or else the last.
func (f *formatter) beginning(line int) *item {
	var found *item
	for _, i := range f.items {
		if i.line != line {
			continue
		}
		if found = i; scalar(i.value) || flows(i.value) {
			return found
		}
	}
	return found
}

// flows reports whether a node is written in brackets.
func flows(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.IsFlowStyle
	case *ast.MappingValueNode:
		return n.IsFlowStyle
	case *ast.SequenceNode:
		return n.IsFlowStyle
	}
	return false
}

// ordered are the members in the order in which a type has them; those of a text in
// several languages stay as they are.
func ordered(n ast.Node, t reflect.Type) []*ast.MappingValueNode {
	list := slices.Clone(members(n))
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return list
	}
	rank := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		rank[name] = i
	}
	slices.SortStableFunc(list, func(a, b *ast.MappingValueNode) int {
		return rank[a.Key.GetToken().Value] - rank[b.Key.GetToken().Value]
	})
	return list
}

// inside is the type of a member, an entry or a text of a type.
func inside(t reflect.Type, name string) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil:
		return nil
	case t.Kind() == reflect.Struct && !leaf(t):
		m, _ := member(t, name)
		return m
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return t.Elem()
	}
	return nil
}

func (f *formatter) printf(format string, args ...any) { fmt.Fprintf(&f.out, format, args...) }

func (f *formatter) comment(c note, indent int) {
	if c.blank && f.out.Len() > 0 {
		f.printf("\n")
	}
	f.printf("%*s%s\n", indent, "", c.text)
}

// heads writes the comments over an item, and the empty line before it.
func (f *formatter) heads(i *item, indent int) {
	if i == nil {
		return
	}
	for _, c := range i.head {
		f.comment(c, indent)
	}
	if i.head = nil; i.blank && f.out.Len() > 0 && !strings.HasSuffix(f.out.String(), "\n\n") {
		f.printf("\n")
	}
	i.blank = false
}

// mapping writes the members of a mapping. The first one follows what is in the line
// already when lead is given, such as "- ".
func (f *formatter) mapping(n ast.Node, t reflect.Type, indent int, lead string) {
	for k, m := range ordered(n, t) {
		i := f.members[m]
		at := fmt.Sprintf("%*s", indent, "")
		if k == 0 && lead != "" {
			at = lead
		} else {
			f.heads(i, indent)
		}
		name := m.Key.GetToken().Value
		f.value(at+text(m.Key)+":", " ", m.Value, inside(t, name), indent+2, i.tail)
	}
}

// value writes a value after what is in its line.
func (f *formatter) value(line, gap string, n ast.Node, t reflect.Type, indent int, tail string) {
	if tail != "" {
		tail = " " + tail
	}
	if l, ok := n.(*ast.LiteralNode); ok {
		if block, ok := literal(l.Value.Value, indent); ok {
			f.printf("%s%s%s%s\n%s", line, gap, block[:strings.IndexByte(block, '\n')], tail, block[strings.IndexByte(block, '\n')+1:])
			return
		}
	}
	if one, ok := f.inline(n, t); ok && (scalar(n) || utf8.RuneCountInString(line+gap+one) <= maxLine) || empty(n) {
		f.printf("%s%s%s%s\n", line, gap, one, tail)
		return
	}
	f.printf("%s%s\n", line, tail)
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		f.mapping(n, t, indent, "")
		return
	}
	for _, v := range list.Values {
		i := f.entries[v]
		f.heads(i, indent)
		dash := fmt.Sprintf("%*s- ", indent, "")
		one, ok := f.inline(v, inside(t, ""))
		if len(members(v)) == 0 || ok && utf8.RuneCountInString(dash+one) <= maxLine {
			f.value(dash, "", v, inside(t, ""), indent+2, i.tail)
			continue
		}
		// Comments over the first member come before the dash, and what stands after
		// the dash comes there too.
		first := f.members[ordered(v, inside(t, ""))[0]]
		if i.tail != "" {
			f.comment(note{text: i.tail}, indent)
		}
		first.blank = false
		f.heads(first, indent)
		f.mapping(v, inside(t, ""), indent+2, dash)
	}
}

func empty(n ast.Node) bool {
	if list, ok := n.(*ast.SequenceNode); ok {
		return len(list.Values) == 0
	}
	return len(members(n)) == 0
}

// inline writes a value in one line, when it is so in the document and has no
// comments inside.
func (f *formatter) inline(n ast.Node, t reflect.Type) (string, bool) {
	if scalar(n) {
		return text(n), true
	}
	if _, ok := n.(*ast.NullNode); ok {
		return "null", true
	}
	if !flows(n) && !empty(n) {
		return "", false
	}
	var parts []string
	ok := true
	if list, is := n.(*ast.SequenceNode); is {
		for _, v := range list.Values {
			one, fits := f.inline(v, inside(t, ""))
			i := f.entries[v]
			ok = ok && fits && len(i.head) == 0 && i.tail == ""
			parts = append(parts, one)
		}
		return "[" + strings.Join(parts, ", ") + "]", ok
	}
	for _, m := range ordered(n, t) {
		one, fits := f.inline(m.Value, inside(t, m.Key.GetToken().Value))
		i := f.members[m]
		ok = ok && fits && len(i.head) == 0 && i.tail == ""
		parts = append(parts, text(m.Key)+": "+one)
	}
	return "{" + strings.Join(parts, ", ") + "}", ok
}

// text writes a key or a value as it is quoted in the document.
func text(n ast.Node) string {
	t := n.GetToken()
	value := t.Value
	if s, ok := n.(*ast.StringNode); ok {
		value = s.Value
	}
	if l, ok := n.(*ast.LiteralNode); ok {
		return quoted(l.Value.Value)
	}
	switch t.Type {
	case token.DoubleQuoteType:
		return quoted(value)
	case token.SingleQuoteType:
		if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			return quoted(value)
		}
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	}
	return value
}

// quoted writes a text in double quotes, with everything invisible spelled out.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r <= 0xffff && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r) && r != ' ' || r == '\u2028' || r == '\u2029'):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// literal writes a text of several lines as a block, when nothing in it is lost so.
func literal(s string, indent int) (string, bool) {
	body, ended := strings.CutSuffix(s, "\n")
	head := "|-"
	if ended {
		head = "|"
	}
	if body == "" || strings.HasPrefix(body, " ") || strings.HasPrefix(body, "\n") || strings.HasSuffix(body, "\n") || strings.ContainsAny(body, "\r\t") {
		return "", false
	}
	var b strings.Builder
	b.WriteString(head + "\n")
	for line := range strings.Lines(body + "\n") {
		if line != "\n" {
			fmt.Fprintf(&b, "%*s", indent, "")
		}
		b.WriteString(line)
	}
	return b.String(), true
}
