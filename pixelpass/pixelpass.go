// Package pixelpass reads and writes the texts of PixelPass QR codes, in which
// MOSIP's wallets and verifiers carry JSON documents: JSON, written as CBOR, packed
// with zlib, in Base45 (mosip/pixelpass, version 0.6). It signs and verifies
// nothing: a credential inside has a proof of its own. MOSIP's own identity QR
// codes are signed CBOR; package claim169 reads those.
//
// Most callers need Encode and Decode. A document comes back with the same members
// and values, though not with the same bytes, so only proofs over the meaning
// (RDFC or JCS) survive, which Data Integrity proofs are.
package pixelpass

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/inflate"
	"cairn.example/jcs"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
)

// Limits.
const (
	MaxText     = 16 << 10 // characters; the largest QR code holds 4,296
	MaxUnpacked = 64 << 10 // bytes of CBOR or text
)

var (
	cborLimits = strictcbor.Limits{Bytes: MaxUnpacked, Depth: 64, Values: 20_000}
	jsonLimits = strictjson.Limits{Bytes: MaxUnpacked, Depth: 60, Values: 20_000}
)

func bad(code, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Content is what a code holds: a JSON document, or a text that is none, such as a
// signed token. Exactly one of the two is set.
type Content struct {
	JSON []byte
	Text string
}

// Encode writes a JSON document as the text of a QR code. Use error correction
// level Q for paper; other PixelPass programs use L. Codes: pixelpass.too-large and
// those of strictjson.
func Encode(document []byte) (string, error) {
	tree, err := strictjson.Parse(document, jsonLimits)
	if err != nil {
		return "", err
	}
	v, err := toCBOR(tree)
	if err != nil {
		return "", err
	}
	b, err := strictcbor.Marshal(v)
	if err != nil {
		return "", err
	}
	text, err := finish(b)
	if err != nil {
		return "", err
	}
	// What we hand out must be readable by what we ship.
	if _, err := Decode(text); err != nil {
		return "", err
	}
	return text, nil
}

// EncodeText writes a text that is no JSON, such as a token.
func EncodeText(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", bad("pixelpass.text", "this is not text")
	}
	out, err := finish([]byte(text))
	if err != nil {
		return "", err
	}
	// A reader takes what can be read as CBOR for CBOR.
	if back, err := Decode(out); err != nil || back.Text != text {
		return "", bad("pixelpass.text", "readers would take this text for something else")
	}
	return out, nil
}

func finish(content []byte) (string, error) {
	if len(content) > MaxUnpacked {
		return "", &cairn.Error{Kind: cairn.TooLarge, Code: "pixelpass.too-large", Message: "the document is larger than 64 KiB"}
	}
	packed, err := pack(content)
	if err != nil {
		return "", err
	}
	text := base45.Encode(packed)
	if len(text) > MaxText {
		return "", &cairn.Error{Kind: cairn.TooLarge, Code: "pixelpass.too-large", Message: "the document does not fit into a QR code"}
	}
	return text, nil
}

// Decode reads the text of a QR code. JSON comes out in its canonical form
// (RFC 8785). Codes: pixelpass.too-large, pixelpass.not-json for CBOR that no JSON
// stands for, base45.form, inflate.damaged and inflate.trailing.
func Decode(text string) (Content, error) {
	data, err := unpack(text)
	if err != nil {
		return Content{}, err
	}
	v, err := strictcbor.Parse(data, cborLimits)
	if err != nil {
		// The writers pack a text that is no JSON as it is, so that what is not CBOR
		// is text; CBOR that is damaged or beyond the limits is hardly ever UTF-8.
		if utf8.Valid(data) && len(data) > 0 {
			return Content{Text: string(data)}, nil
		}
		return Content{}, &cairn.Error{Kind: cairn.KindOf(err), Code: "pixelpass.not-json", Message: "the code holds neither a document nor a text", Err: err}
	}
	tree, err := toJSON(v)
	if err != nil {
		return Content{}, err
	}
	b, err := jcs.Marshal(tree)
	if err != nil {
		return Content{}, err
	}
	return Content{JSON: b}, nil
}

func unpack(text string) ([]byte, error) {
	text = strings.TrimRight(text, "\r\n") // scanners add line ends; a space belongs to the code
	if len(text) > MaxText {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "pixelpass.too-large", Message: "the text is longer than a QR code can be"}
	}
	packed, err := base45.Decode(text)
	if err != nil {
		return nil, err
	}
	data, err := inflate.Zlib(packed, MaxUnpacked)
	if cairn.KindOf(err) == cairn.TooLarge {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "pixelpass.too-large", Message: "the code unpacks to more than 64 KiB"}
	}
	return data, err
}

// toCBOR turns a tree of strictjson into one for strictcbor. Whole numbers become
// integers and others floats, as in JavaScript.
func toCBOR(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, bad("pixelpass.number", "the number %.40s can't be written", v)
		}
		return f, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			var err error
			if out[i], err = toCBOR(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(strictcbor.Map, len(v))
		for k, e := range v {
			var err error
			if out[k], err = toCBOR(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

const maxSafe = 1<<53 - 1 // the largest integer that every reader of JSON holds exactly

// toJSON is the reverse. Bytes, keys that are numbers, and integers that not every
// reader of JSON holds have no place in JSON.
func toJSON(v any) (any, error) {
	switch v := v.(type) {
	case int64:
		if v > maxSafe || v < -maxSafe {
			return nil, bad("pixelpass.not-json", "the number %d is too large for JSON", v)
		}
		return json.Number(strconv.FormatInt(v, 10)), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) > maxSafe {
			return nil, bad("pixelpass.not-json", "the number %g is too large for JSON", v)
		}
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64)), nil
	case []byte:
		return nil, bad("pixelpass.not-json", "there are bytes where JSON has none")
	case string:
		if strings.ContainsRune(v, 0) { // strictjson refuses it too
			return nil, bad("pixelpass.not-json", "a text contains the character U+0000")
		}
		return v, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			var err error
			if out[i], err = toJSON(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case strictcbor.Map:
		out := make(map[string]any, len(v))
		for k, e := range v {
			name, ok := k.(string)
			if !ok || strings.ContainsRune(name, 0) {
				return nil, bad("pixelpass.not-json", "a member has a name that JSON has not")
			}
			var err error
			if out[name], err = toJSON(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}
