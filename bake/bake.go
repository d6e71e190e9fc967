// Package bake puts a credential into a picture of the badge and takes it out
// again: baked PNG and SVG of Open Badges 3.0, section 5.3, and of CLR 2.0. The
// picture is looked at as a list of chunks or tokens; it is never decoded or drawn,
// and nothing in it but the credential is believed.
//
// Most callers need Read for a file from somebody else, and PNG or SVG to bake.
// What Read returns is not verified: it is the bytes of a JSON credential or a
// compact JWS, for the packages that verify these.
package bake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// Limits.
const (
	MaxPNG        = 10 << 20 // bytes of a file
	MaxSVG        = 5 << 19  // 2.5 MiB
	MaxCredential = 2 << 20  // bytes of the credential, also when it was compressed

	maxPixels = 40_000_000 // of a PNG that says how large it is
	maxChunks = 5_000
	maxTokens = 100_000 // of an SVG: tags, texts and comments
	maxDepth  = 100

	maxAttributes = 60_000 // equals signs in an SVG, which is not less
)

var jsonLimits = strictjson.Limits{Bytes: MaxCredential, Depth: strictjson.Transcript.Depth, Values: strictjson.Transcript.Values}

// Form is how a credential is written.
type Form string

// The forms.
const (
	JSON Form = "json" // with a proof inside
	JWS  Form = "jws"  // a compact token
)

// Kind is the standard whose baking was used.
type Kind string

// The kinds.
const (
	OpenBadge Kind = "openbadge" // Open Badges 3.0
	CLR       Kind = "clr"       // Comprehensive Learner Record 2.0
)

// Baked is a credential that was found in a picture.
type Baked struct {
	Form Form
	Kind Kind
	Data []byte // without white space around it
}

func bad(code, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "bake.too-large", Message: fmt.Sprintf(format, args...)}
}

// Is reports whether data begins as a PNG or as an XML document, which an SVG is.
func Is(data []byte) bool {
	return bytes.HasPrefix(data, signature) || isXML(data)
}

func isXML(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, bom), " \t\r\n"), []byte("<"))
}

// Read takes the one credential out of a PNG or SVG. A verifiable credential that
// stands where Open Badges 2 has its badge counts like any other. Codes: bake.unknown-file,
// bake.no-credential, bake.two-credentials, bake.version-2 for a badge of Open
// Badges 2, bake.png, bake.svg, bake.credential and bake.too-large.
func Read(picture []byte) (Baked, error) {
	switch {
	case bytes.HasPrefix(picture, signature):
		return readPNG(picture)
	case isXML(picture):
		return readSVG(picture)
	}
	return Baked{}, bad("bake.unknown-file", "this is neither a PNG nor an SVG picture")
}

// one returns the only credential of those found.
func one(found []Baked, version2 bool) (Baked, error) {
	switch {
	case len(found) > 1: // the specification allows one; which would be shown?
		return Baked{}, bad("bake.two-credentials", "there is more than one credential in the picture")
	case len(found) == 1 && version2: // nobody here can say whether it is the same one
		return Baked{}, &cairn.Error{Kind: cairn.Invalid, Code: "bake.two-credentials", Message: "beside the credential there is a badge of Open Badges 2 in the picture, which is not read",
			Hint: "use the file of the credential itself"}
	case len(found) == 1:
		return found[0], nil
	case version2:
		return Baked{}, &cairn.Error{Kind: cairn.Invalid, Code: "bake.version-2", Message: "the badge in the picture is of Open Badges 2, which is not read",
			Hint: "ask its issuer for one of Open Badges 3.0"}
	}
	return Baked{}, &cairn.Error{Kind: cairn.Invalid, Code: "bake.no-credential", Message: "there is no credential in the picture",
		Hint: "use the original file; pictures that were edited or sent through a messenger lose it"}
}

// credential looks at the text of a credential: enough to tell its form.
func credential(text []byte, kind Kind) (Baked, error) {
	text = bytes.TrimSpace(text)
	b := Baked{Kind: kind, Data: text}
	if len(text) > MaxCredential {
		return b, tooLarge("the credential is larger than 2 MiB")
	}
	if !utf8.Valid(text) {
		return b, bad("bake.credential", "the credential is not UTF-8 text")
	}
	if bytes.HasPrefix(text, []byte("{")) {
		b.Form = JSON
		if _, err := strictjson.ParseObject(text, jsonLimits); err != nil {
			return b, wrap(err)
		}
		return b, nil
	}
	b.Form = JWS
	if _, err := jose.Parse(string(text), MaxCredential); err != nil {
		if strings.Contains(string(text), "://") {
			return b, bad("bake.credential", "the picture holds a link and no credential; links are not opened")
		}
		return b, wrap(err)
	}
	return b, nil
}

// ofVersion3 reads what stands where Open Badges 2 has its badge: some programs put
// a verifiable credential there. It is false for a badge of version 2, signed or
// not, and for the address of one.
func ofVersion3(text []byte) (Baked, bool) {
	b, err := credential(text, OpenBadge)
	if err != nil {
		return Baked{}, false
	}
	claims := b.Data
	if b.Form == JWS {
		t, err := jose.Parse(string(b.Data), MaxCredential)
		if err != nil {
			return Baked{}, false
		}
		claims = t.Payload
	}
	tree, err := strictjson.ParseObject(claims, jsonLimits)
	if err != nil {
		return Baked{}, false
	}
	if inner, ok := tree["vc"].(map[string]any); ok {
		tree = inner
	}
	contexts, _ := tree["@context"].([]any)
	return b, slices.Contains(contexts, any("https://www.w3.org/ns/credentials/v2")) || slices.Contains(contexts, any("https://www.w3.org/2018/credentials/v1"))
}

func wrap(err error) error {
	if cairn.KindOf(err) == cairn.TooLarge {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "bake.too-large", Message: "the credential is too large", Err: err}
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "bake.credential", Message: "what stands in the picture is no credential", Err: err}
}
