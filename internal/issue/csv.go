package issue

import (
	"bytes"
	"unicode/utf8"

	"cairn.example"
)

// Limits of an imported file: a year of a large university fits, and reading a
// hostile file stays cheap.
const (
	MaxImportBytes = 32 << 20 // the whole file
	MaxImportRows  = 100_000  // data rows
	maxImportCell  = 4_000    // bytes of one cell
	maxImportWidth = 64       // columns
	// maxImportRecord bounds what is read in search of a closing quote.
	maxImportRecord = 64 << 10
)

// csvError is what is wrong with the form of one record.
type csvError struct{ code, message string }

// csvReader splits a file into records (RFC 4180, with a comma or a semicolon).
// It is our own because one bad row must not hide the next, every cell needs its
// line, and a record with a million columns must cost nothing.
type csvReader struct {
	data  []byte
	at    int
	line  int // of the next record, from 1
	comma byte
}

// newCSV prepares a file for reading. It refuses what is not UTF-8 text.
func newCSV(data []byte) (*csvReader, error) {
	if len(data) > MaxImportBytes {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "import.size", Message: "the file is larger than 32 MiB", Hint: "split it into several files"}
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "import.encoding", Message: "the file is written in UTF-16", Hint: "save it as \"CSV UTF-8\""}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "import.empty", Message: "the file is empty"}
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	comma := byte(',')
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		comma = ';'
	}
	return &csvReader{data: data, line: 1, comma: comma}, nil
}

// next returns the next record that is not an empty line, and the line that it
// begins on; more is false at the end of the file. After a malformed record it
// goes on with the line after the one the record began on.
func (r *csvReader) next() (cells []string, line int, bad *csvError, more bool) {
	for r.at < len(r.data) && (r.data[r.at] == '\n' || r.data[r.at] == '\r') {
		if r.data[r.at] == '\n' {
			r.line++
		}
		r.at++
	}
	if r.at >= len(r.data) {
		return nil, r.line, nil, false
	}
	start, line := r.at, r.line
	cells, bad = r.record()
	if bad != nil {
		r.at, r.line = len(r.data), line
		if i := bytes.IndexByte(r.data[start:], '\n'); i >= 0 {
			r.at, r.line = start+i+1, line+1
		}
	}
	return cells, line, bad, true
}

func (r *csvReader) record() ([]string, *csvError) {
	end := min(len(r.data), r.at+maxImportRecord)
	var cells []string
	for {
		cell, bad := r.cell(end)
		if bad != nil {
			return nil, bad
		}
		if len(cells) == maxImportWidth {
			return nil, &csvError{"import.columns", "the row has more than 64 columns"}
		}
		if !utf8.Valid(cell) {
			return nil, &csvError{"import.encoding", "the row is not UTF-8 text; save the file as \"CSV UTF-8\""}
		}
		cells = append(cells, string(cell))
		switch {
		case r.at >= len(r.data):
			return cells, nil
		case r.data[r.at] == r.comma:
			r.at++
		case r.lineEnd():
			return cells, nil
		case r.at >= end:
			return nil, tooLong
		default:
			return nil, &csvError{"import.quotes", "there is text after a closing quote"}
		}
	}
}

var tooLong = &csvError{"import.too-long", "the row is longer than 64 KiB, or a quote is never closed"}

// lineEnd steps over CR LF or LF.
func (r *csvReader) lineEnd() bool {
	switch {
	case r.data[r.at] == '\n':
		r.at++
	case r.data[r.at] == '\r' && r.at+1 < len(r.data) && r.data[r.at+1] == '\n':
		r.at += 2
	case r.data[r.at] == '\r' && r.at+1 == len(r.data):
		r.at++
	default:
		return false
	}
	r.line++
	return true
}

// cell reads one cell and stops at what follows it.
func (r *csvReader) cell(end int) ([]byte, *csvError) {
	if r.at < end && r.data[r.at] == '"' {
		return r.quoted(end)
	}
	start := r.at
	for ; r.at < end; r.at++ {
		switch c := r.data[r.at]; {
		case c == r.comma || c == '\n' || c == '\r' && (r.at+1 == len(r.data) || r.data[r.at+1] == '\n'):
			return r.data[start:r.at], nil
		case c == '"':
			return nil, &csvError{"import.quotes", "there is a quote inside a cell that does not begin with one"}
		}
	}
	if r.at < len(r.data) {
		return nil, tooLong
	}
	return r.data[start:r.at], nil
}

func (r *csvReader) quoted(end int) ([]byte, *csvError) {
	var cell []byte
	for r.at++; r.at < end; r.at++ {
		switch c := r.data[r.at]; {
		case c != '"':
			if c == '\n' {
				r.line++
			}
			cell = append(cell, c)
		case r.at+1 < len(r.data) && r.data[r.at+1] == '"':
			cell = append(cell, '"')
			r.at++
		default:
			r.at++
			return cell, nil
		}
	}
	if r.at < len(r.data) {
		return nil, tooLong
	}
	return nil, &csvError{"import.quotes", "a quote is never closed"}
}
