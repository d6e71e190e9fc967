package paper

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf16"

	"cairn.example"
)

// A reader for the objects of a PDF file, only as large as attachments need. It
// does not follow the cross-reference table, which an attacker writes, but looks
// at all objects in the file and inside object streams. It executes nothing and
// opens nothing.

type (
	pdfDict   map[string]any
	pdfName   string
	pdfRef    int // number of an object; generations are not told apart
	pdfWord   string
	pdfObject struct {
		value  any
		stream []byte
	}
	pdfFile struct {
		objects map[int]pdfObject
		budget  int // bytes that may still be unpacked
		lexed   int // bytes that were read as values, some of them several times
		reads   int // values that were begun at the top, whole or not
		values  int // all of them, with those inside
		zlib    io.ReadCloser
	}
)

var (
	objectStart = regexp.MustCompile(`(?:^|[\x00\t\n\f\r >])(\d{1,10})[\x00\t\n\f\r ]+\d{1,5}[\x00\t\n\f\r ]+obj\b`)
	endStream   = []byte("endstream")
)

func (f *pdfFile) numbers() []int { return slices.Sorted(maps.Keys(f.objects)) }

// read reads one value and counts what it cost, so that a file in which values
// overlap cannot keep us busy.
func (f *pdfFile) read(l *lexer) (any, bool, error) {
	from, before := l.at, l.count
	v, ok := l.value(0)
	f.lexed += l.at - from
	f.values += l.count - before
	if f.reads++; f.lexed > maxLexed || f.reads > maxReads || f.values > maxValues {
		return nil, false, tooMany()
	}
	return v, ok, nil
}

// resolve follows references, a few steps at most.
func (f *pdfFile) resolve(v any) any {
	for range maxDepth {
		r, ok := v.(pdfRef)
		if !ok {
			return v
		}
		v = f.objects[int(r)].value
	}
	return nil
}

func tooMany() error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.too-large", Message: "the PDF document has too many objects"}
}

// scan reads all objects of a file.
func (f *pdfFile) scan(data []byte) error {
	if err := f.trailers(data); err != nil {
		return err
	}
	for at := 0; at < len(data); {
		m := objectStart.FindSubmatchIndex(data[at:])
		if m == nil {
			break
		}
		number, err := strconv.Atoi(string(data[at+m[2] : at+m[3]]))
		if err != nil {
			return pdfError("paper.pdf", "the PDF document is damaged")
		}
		l := &lexer{data: data, at: at + m[1]}
		value, ok, err := f.read(l)
		if err != nil {
			return err
		}
		if ok {
			o := pdfObject{value: value}
			if dict, isDict := value.(pdfDict); isDict {
				if o.stream, err = l.stream(dict); err != nil {
					return err
				}
				if dict["Encrypt"] != nil { // a cross-reference stream is also a trailer
					return pdfError("paper.encrypted", "the PDF document is encrypted")
				}
			}
			if old, taken := f.objects[number]; taken && (attaches(o.value) || attaches(old.value)) {
				return pdfError("paper.two-credentials", "an attachment stands in this PDF document in two versions")
			}
			f.objects[number] = o
		}
		if len(f.objects) > maxObjects {
			return tooMany()
		}
		at = max(l.at, at+m[1])
	}
	return f.objectStreams()
}

// attaches reports whether a value has to do with an attachment.
func attaches(v any) bool {
	d, ok := v.(pdfDict)
	return ok && (d["EF"] != nil || d["Type"] == pdfName("EmbeddedFile"))
}

// trailers refuses a file with an encryption dictionary in any trailer.
func (f *pdfFile) trailers(data []byte) error {
	for rest := data; ; {
		i := bytes.Index(rest, []byte("trailer"))
		if i < 0 {
			return nil
		}
		l := &lexer{data: rest, at: i + len("trailer")}
		v, _, err := f.read(l)
		if err != nil {
			return err
		}
		if d, ok := v.(pdfDict); ok && d["Encrypt"] != nil {
			return pdfError("paper.encrypted", "the PDF document is encrypted")
		}
		rest = rest[max(l.at, i+len("trailer")):]
	}
}

// objectStreams reads the objects inside object streams (ISO 32000-1, 7.5.7).
// An object with a number of its own in the file stays: two of one number would
// be a guess, and a guess must not decide which credential is shown.
func (f *pdfFile) objectStreams() error {
	for _, n := range f.numbers() {
		o := f.objects[n]
		dict, ok := o.value.(pdfDict)
		if !ok || dict["Type"] != pdfName("ObjStm") || o.stream == nil {
			continue
		}
		data, err := f.unpack(o, dict)
		if err != nil {
			return err
		}
		count, okN := f.resolve(dict["N"]).(int)
		first, okF := f.resolve(dict["First"]).(int)
		if !okN || !okF || count < 0 || count > maxObjects || first < 0 || first > len(data) {
			return pdfError("paper.pdf", "an object stream of the PDF document is damaged")
		}
		index := &lexer{data: data[:first]}
		for range count {
			number, okA := index.integer()
			offset, okB := index.integer()
			if !okA || !okB || offset < 0 || offset > len(data)-first {
				return pdfError("paper.pdf", "an object stream of the PDF document is damaged")
			}
			l := &lexer{data: data, at: first + offset}
			value, ok, err := f.read(l)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if old, taken := f.objects[number]; taken {
				if attaches(value) || attaches(old.value) {
					return pdfError("paper.two-credentials", "an attachment stands in this PDF document in two versions")
				}
				continue
			}
			f.objects[number] = pdfObject{value: value}
			if len(f.objects) > maxObjects {
				return tooMany()
			}
		}
	}
	return nil
}

// lexer reads the values of ISO 32000-1, 7.3.
type lexer struct {
	data  []byte
	at    int
	count int // values so far
}

func isSpace(c byte) bool {
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' '
}
func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skip() {
	for l.at < len(l.data) {
		switch c := l.data[l.at]; {
		case isSpace(c):
			l.at++
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
		default:
			return
		}
	}
}

func (l *lexer) has(s string) bool { return bytes.HasPrefix(l.data[l.at:], []byte(s)) }

func (l *lexer) word() string {
	from := l.at
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		l.at++
	}
	return string(l.data[from:l.at])
}

func (l *lexer) integer() (int, bool) {
	l.skip()
	n, err := strconv.Atoi(l.word())
	return n, err == nil
}

// value reads one value; false means that there is none here.
func (l *lexer) value(depth int) (any, bool) {
	l.skip()
	if l.count++; depth > maxDepth || l.count > maxValues || l.at >= len(l.data) {
		return nil, false
	}
	switch {
	case l.has("<<"):
		return l.dict(depth)
	case l.has("<"):
		return l.hexString()
	case l.has("("):
		return l.literal()
	case l.has("["):
		return l.array(depth)
	case l.has("/"):
		l.at++
		return l.name(), true
	case isDelimiter(l.data[l.at]):
		return nil, false
	}
	word := l.word()
	n, err := strconv.Atoi(word)
	if err != nil {
		return pdfWord(word), word != ""
	}
	after := l.at
	if _, ok := l.integer(); ok {
		l.skip()
		if l.has("R") && (l.at+1 == len(l.data) || isSpace(l.data[l.at+1]) || isDelimiter(l.data[l.at+1])) {
			l.at++
			return pdfRef(n), true
		}
	}
	l.at = after
	return n, true
}

func (l *lexer) name() pdfName {
	raw := l.word()
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if b, err := hex.DecodeString(raw[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return pdfName(out)
}

func (l *lexer) dict(depth int) (any, bool) {
	l.at += 2
	d := pdfDict{}
	for {
		l.skip()
		if l.has(">>") {
			l.at += 2
			return d, true
		}
		if !l.has("/") {
			return nil, false
		}
		l.at++
		key := l.name()
		v, ok := l.value(depth + 1)
		if !ok {
			return nil, false
		}
		d[string(key)] = v
	}
}

func (l *lexer) array(depth int) (any, bool) {
	l.at++
	list := []any{}
	for {
		l.skip()
		if l.has("]") {
			l.at++
			return list, true
		}
		v, ok := l.value(depth + 1)
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
}

func (l *lexer) hexString() (any, bool) {
	l.at++
	n := bytes.IndexByte(l.data[l.at:], '>')
	if n < 0 {
		l.at = len(l.data) // nothing after it can be read
		return nil, false
	}
	var digits []byte
	for _, c := range l.data[l.at : l.at+n] {
		if !isSpace(c) {
			digits = append(digits, c)
		}
	}
	l.at += n + 1
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	b, err := hex.DecodeString(string(digits))
	return text(b), err == nil
}

func (l *lexer) literal() (any, bool) {
	l.at++
	var out []byte
	for depth := 1; l.at < len(l.data); l.at++ {
		c := l.data[l.at]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.at++
				return text(out), true
			}
		case '\\':
			l.at++
			if l.at < len(l.data) {
				c = l.data[l.at] // octal forms stay as they are: they matter for no name of ours
			}
		}
		out = append(out, c)
	}
	return nil, false
}

// text reads a text string in UTF-16 or in one byte per character.
func text(b []byte) string {
	if len(b) < 2 || b[0] != 0xfe || b[1] != 0xff {
		return string(b)
	}
	var units []uint16
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}

// stream returns the bytes after a dictionary, nil when there is no stream. The
// length is taken from the dictionary when endstream stands there, and from the
// next endstream otherwise.
func (l *lexer) stream(dict pdfDict) ([]byte, error) {
	l.skip()
	if !l.has("stream") {
		return nil, nil
	}
	from := l.at + len("stream")
	if bytes.HasPrefix(l.data[from:], []byte("\r\n")) {
		from += 2
	} else if from < len(l.data) && l.data[from] == '\n' {
		from++
	}
	if n, ok := dict["Length"].(int); ok && n >= 0 && n <= len(l.data)-from {
		rest := bytes.TrimLeft(l.data[from+n:min(len(l.data), from+n+20)], "\r\n ")
		if bytes.HasPrefix(rest, endStream) {
			l.at = from + n
			return l.data[from : from+n : from+n], nil
		}
	}
	n := bytes.Index(l.data[from:], endStream)
	if n < 0 {
		return nil, pdfError("paper.pdf", "the PDF document is cut off")
	}
	l.at = from + n
	return bytes.TrimRight(l.data[from:from+n], "\r\n"), nil
}
