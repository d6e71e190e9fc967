// Package jcs writes JSON in the canonical form of RFC 8785 (JSON
// Canonicalization Scheme), so that equal documents have equal bytes. Every
// document that Cairn signs is stored and delivered in this form.
//
// Marshal is the one function most callers need; Digest names bytes.
package jcs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cairn.example"
)

// maxDepth bounds the nesting of what is written; strictjson reads no deeper.
const maxDepth = 128

// Marshal writes the canonical form of a tree as strictjson returns it:
// map[string]any, []any, string, json.Number, bool and nil. For documents built
// in Go it also takes []string, map[string]string, int and int64. It refuses
// other types, text that is not UTF-8, and numbers that are not finite.
func Marshal(v any) ([]byte, error) { return appendValue(nil, v, 0) }

// Digest returns "sha256:" and the lower-case hexadecimal SHA-256 of data.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func bad(format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "jcs.value", Message: fmt.Sprintf(format, args...)}
}

func appendValue(b []byte, v any, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, bad("the document is nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return appendText(b, v)
	case int:
		return appendInteger(b, int64(v))
	case int64:
		return appendInteger(b, v)
	case json.Number:
		return appendNumber(b, v.String())
	case []any:
		return appendList(b, v, depth)
	case []string:
		return appendList(b, v, depth)
	case map[string]any:
		return appendMap(b, v, depth)
	case map[string]string:
		return appendMap(b, v, depth)
	}
	return nil, bad("a value of type %T has no canonical form", v)
}

func appendList[E any](b []byte, list []E, depth int) ([]byte, error) {
	b = append(b, '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendValue(b, e, depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendMap[E any](b []byte, m map[string]E, depth int) ([]byte, error) {
	names := slices.SortedFunc(maps.Keys(m), compareUTF16)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendText(b, name); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = appendValue(b, m[name], depth+1); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// compareUTF16 orders names by their UTF-16 code units (RFC 8785, 3.2.3), which
// differs from the order of UTF-8 bytes beyond the Basic Multilingual Plane.
func compareUTF16(x, y string) int {
	for x != "" && y != "" {
		rx, nx := utf8.DecodeRuneInString(x)
		ry, ny := utf8.DecodeRuneInString(y)
		if rx != ry {
			return slices.Compare(utf16.AppendRune(nil, rx), utf16.AppendRune(nil, ry))
		}
		x, y = x[nx:], y[ny:]
	}
	return len(x) - len(y)
}

func appendText(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, bad("a text is not valid UTF-8")
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			b = append(b, '\\', "btnfr"[strings.IndexByte("\b\t\n\f\r", c)])
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(b, '"'), nil
}

// maxSafeInteger is the largest integer that every reader holds exactly; JSON
// numbers are doubles, and 9007199254740993 would be written as …992.
const maxSafeInteger = 1<<53 - 1

func appendInteger(b []byte, n int64) ([]byte, error) {
	if n > maxSafeInteger || n < -maxSafeInteger {
		return nil, bad("the integer %d can't be held exactly by every reader; write it as a text", n)
	}
	return strconv.AppendInt(b, n, 10), nil
}

// appendNumber writes a number as ECMAScript does (RFC 8785, 3.2.2.3).
func appendNumber(b []byte, text string) ([]byte, error) {
	f, err := strconv.ParseFloat(text, 64)
	if !isNumber(text) || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, bad("%q is not a number that can be written", text)
	}
	if f == 0 {
		return append(b, '0'), nil // also for -0
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// Go writes at least two digits of exponent, ECMAScript no leading zero.
	if e := len(b) - 2; b[e] == '0' && e > start && (b[e-1] == '+' || b[e-1] == '-') {
		b = append(b[:e], b[e+1])
	}
	return b, nil
}

// isNumber says whether text is a JSON number: Go also reads 0x10, 1_000 and Inf.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}
