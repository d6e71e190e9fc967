// Package strictjson reads JSON from outside, strictly and within limits. It is
// the only JSON reader for documents that were not written by this process:
// the standard library takes the last of two equal names, matches names without
// regard to case, and replaces broken text, each of which lets two verifiers
// read one signed document in two ways.
//
// Most callers need ParseObject (for documents) or Decode (for requests and
// settings that have a Go type). The package does not write JSON; jcs does.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cairn.example"
)

// Limits bound the work that one document can cause.
type Limits struct {
	Bytes  int // length of the text
	Depth  int // nesting of objects and arrays
	Values int // objects, arrays, members, elements and scalars together
}

// Default suits one credential; Transcript suits a document that carries many.
var (
	Default    = Limits{Bytes: 1 << 20, Depth: 64, Values: 20_000}
	Transcript = Limits{Bytes: 16 << 20, Depth: 64, Values: 400_000}
)

// maxSafeInteger is the largest integer that every JSON implementation holds
// exactly (RFC 8259, section 6; RFC 7493, section 2.2).
const maxSafeInteger = 1<<53 - 1

// Parse reads one JSON text. Objects become map[string]any, arrays []any,
// numbers json.Number, and the rest string, bool and nil. It refuses duplicate
// names, a byte order mark, text that is not UTF-8, lone surrogates, U+0000,
// integers that not every reader holds exactly, numbers that overflow, anything
// after the document, and whatever is over the limits. Errors are *cairn.Error
// with a code "json.…" and the place as a JSON pointer (RFC 6901) in Field.
func Parse(data []byte, l Limits) (any, error) {
	if len(data) > l.Bytes {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "json.too-large",
			Message: fmt.Sprintf("the document has %d bytes; at most %d are read", len(data), l.Bytes)}
	}
	p := &parser{data: data, limits: l}
	if len(data) >= 3 && data[0] == 0xEF && data[1] == 0xBB && data[2] == 0xBF {
		return nil, p.fail("json.bom", "the document starts with a byte order mark", "save it as UTF-8 without BOM")
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.pos != len(data) {
		return nil, p.fail("json.trailing", "something follows after the end of the document", "")
	}
	return v, nil
}

// ParseObject is Parse for a text that must be an object.
func ParseObject(data []byte, l Limits) (map[string]any, error) {
	v, err := Parse(data, l)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "json.not-object", Message: "the document is not a JSON object"}
	}
	return m, nil
}

type parser struct {
	data   []byte
	pos    int
	values int
	limits Limits
	path   []string
}

func (p *parser) fail(code, message, hint string) error {
	kind := cairn.Invalid
	if code == "json.too-deep" || code == "json.too-many" {
		kind = cairn.TooLarge
	}
	return &cairn.Error{Kind: kind, Code: code, Field: pointer(p.path), Hint: hint,
		Message: fmt.Sprintf("%s (at byte %d)", message, p.pos)}
}

// pointer writes a path as a JSON pointer.
func pointer(path []string) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteByte('/')
		if len(s) > 80 {
			s = strings.ToValidUTF8(s[:80], "") + "…"
		}
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
	}
	return b.String()
}

func (p *parser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) peek() byte {
	if p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > p.limits.Values {
		return nil, p.fail("json.too-many", fmt.Sprintf("the document has more than %d values", p.limits.Values), "")
	}
	if p.pos >= len(p.data) {
		return nil, p.fail("json.truncated", "the document ends too early", "")
	}
	switch c := p.data[p.pos]; {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.text()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for _, k := range keywords {
		if bytes.HasPrefix(p.data[p.pos:], k.text) {
			p.pos += len(k.text)
			return k.value, nil
		}
	}
	return nil, p.fail("json.syntax", "this is not JSON", "")
}

var keywords = []struct {
	text  []byte
	value any
}{{[]byte("true"), true}, {[]byte("false"), false}, {[]byte("null"), nil}}

func (p *parser) enter(depth int) error {
	if depth > p.limits.Depth {
		return p.fail("json.too-deep", fmt.Sprintf("the document is nested deeper than %d", p.limits.Depth), "")
	}
	p.pos++
	p.space()
	return nil
}

func (p *parser) object(depth int) (any, error) {
	if err := p.enter(depth); err != nil {
		return nil, err
	}
	m := map[string]any{}
	if p.peek() == '}' {
		p.pos++
		return m, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.fail("json.syntax", "a member name in quotes is expected here", "")
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		p.path = append(p.path, name)
		if _, twice := m[name]; twice {
			return nil, p.fail("json.duplicate-name", "this member is there twice", "keep one of them")
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.fail("json.syntax", "a colon is expected here", "")
		}
		p.pos++
		p.space()
		if m[name], err = p.value(depth); err != nil {
			return nil, err
		}
		p.path = p.path[:len(p.path)-1]
		p.space()
		switch p.peek() {
		case ',':
			p.pos++
			p.space()
		case '}':
			p.pos++
			return m, nil
		default:
			return nil, p.fail("json.syntax", "a comma or a closing brace is expected here", "")
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	if err := p.enter(depth); err != nil {
		return nil, err
	}
	list := []any{}
	if p.peek() == ']' {
		p.pos++
		return list, nil
	}
	for {
		p.path = append(p.path, strconv.Itoa(len(list)))
		v, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		p.path = p.path[:len(p.path)-1]
		list = append(list, v)
		p.space()
		switch p.peek() {
		case ',':
			p.pos++
			p.space()
		case ']':
			p.pos++
			return list, nil
		default:
			return nil, p.fail("json.syntax", "a comma or a closing bracket is expected here", "")
		}
	}
}

// number reads the grammar of RFC 8259, section 6, and keeps the text.
func (p *parser) number() (any, error) {
	start := p.pos
	digits := func() int {
		from := p.pos
		for p.peek() >= '0' && p.peek() <= '9' {
			p.pos++
		}
		return p.pos - from
	}
	if p.peek() == '-' {
		p.pos++
	}
	leadingZero := p.peek() == '0'
	if n := digits(); n == 0 || leadingZero && n > 1 {
		return nil, p.fail("json.number", "this is not a JSON number", "")
	}
	whole := true
	if p.peek() == '.' {
		whole = false
		p.pos++
		if digits() == 0 {
			return nil, p.fail("json.number", "this is not a JSON number", "")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		whole = false
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if digits() == 0 {
			return nil, p.fail("json.number", "this is not a JSON number", "")
		}
	}
	text := string(p.data[start:p.pos])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, p.fail("json.number-range", "this number is too large to be held", "")
	}
	if math.Abs(f) > maxSafeInteger && (whole || f == math.Trunc(f)) {
		return nil, p.fail("json.number-range", "not every reader can hold this integer exactly", "write it as a string")
	}
	return json.Number(text), nil
}

// text reads a string and resolves its escapes.
func (p *parser) text() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.data) { // the usual case: no escape
		switch c := p.data[p.pos]; {
		case c == '"':
			s := p.data[start:p.pos]
			if !utf8.Valid(s) {
				return "", p.fail("json.utf8", "this text is not valid UTF-8", "save the document as UTF-8")
			}
			p.pos++
			return string(s), nil
		case c == '\\':
			return p.escapedText(start)
		case c < 0x20:
			return "", p.fail("json.syntax", "a control character must be escaped", "")
		}
		p.pos++
	}
	return "", p.fail("json.truncated", "the document ends inside a text", "")
}

// The one-letter escapes of RFC 8259, section 7, and what they stand for.
const (
	escapeNames  = "\"\\/bfnrt"
	escapeValues = "\"\\/\b\f\n\r\t"
)

func (p *parser) escapedText(start int) (string, error) {
	out := append([]byte(nil), p.data[start:p.pos]...)
	for p.pos < len(p.data) {
		c := p.data[p.pos]
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", p.fail("json.utf8", "this text is not valid UTF-8", "save the document as UTF-8")
			}
			p.pos++
			return string(out), nil
		case c < 0x20:
			return "", p.fail("json.syntax", "a control character must be escaped", "")
		case c != '\\':
			out = append(out, c)
			p.pos++
			continue
		}
		p.pos++
		if i := strings.IndexByte(escapeNames, p.peek()); i >= 0 && p.pos < len(p.data) {
			out = append(out, escapeValues[i])
			p.pos++
			continue
		}
		r, err := p.unicodeEscape()
		if err != nil {
			return "", err
		}
		out = utf8.AppendRune(out, r)
	}
	return "", p.fail("json.truncated", "the document ends inside a text", "")
}

func (p *parser) unicodeEscape() (rune, error) {
	unit := func() (rune, bool) {
		if p.pos+5 > len(p.data) || p.data[p.pos] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(p.data[p.pos+1:p.pos+5]), 16, 16)
		if err != nil {
			return 0, false
		}
		p.pos += 5
		return rune(n), true
	}
	r, ok := unit()
	if !ok {
		return 0, p.fail("json.syntax", "this escape is not JSON", "")
	}
	if r == 0 {
		return 0, p.fail("json.nul", "U+0000 is not accepted in a text", "")
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if p.peek() == '\\' {
		p.pos++
		if low, ok := unit(); ok {
			if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
				return full, nil
			}
		}
	}
	return 0, p.fail("json.surrogate", "half of a surrogate pair is missing", "")
}
