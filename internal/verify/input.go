package verify

import (
	"bytes"
	"context"
	"strings"

	"cairn.example/strictjson"
)

// read finds out what data is, by its first bytes and its alphabet, and judges it.
// Each form has its own beginning, so that nothing is tried as two of them.
func (c *check) read(ctx context.Context, data []byte) Report {
	if text, ok := paperText(data); ok {
		return c.paper(ctx, text)
	}
	switch {
	case IsPacked(data):
		return c.packed(ctx, data)
	case isCOSE(data):
		return c.message(ctx, data)
	}
	return c.unpacked(ctx, data)
}

// unpacked judges a token or a JSON document.
func (c *check) unpacked(ctx context.Context, data []byte) Report {
	if trimmed := bytes.Trim(data, blanks); isToken(trimmed) {
		return c.token(ctx, string(trimmed))
	}
	tree, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return c.unreadable(err)
	}
	return c.document(ctx, tree, 0, nil)
}

// IsEnvelope reports whether data has the form of an envelope that Verify opens: a
// compact token or COSE.
func IsEnvelope(data []byte) bool {
	return isToken(bytes.Trim(data, blanks)) || isCOSE(data)
}

// tokenLetters are those of a compact token, with or without disclosures.
const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

// isToken reports whether data has the form of a compact token: base64url in three
// parts, the first of which is a JSON object ("ey" is {" ).
func isToken(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("ey")) || bytes.Count(data[:min(len(data), 1<<16)], []byte(".")) == 0 {
		return false
	}
	return !bytes.ContainsFunc(data, func(r rune) bool { return !strings.ContainsRune(tokenLetters, r) })
}

// isCOSE reports whether data begins as a COSE_Sign1: with its tag, with the tag of
// a CWT, or as a list of four without a tag (RFC 9052, section 4.2). None of them
// begins a JSON document or a text in ASCII.
func isCOSE(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xd2}) || bytes.HasPrefix(data, []byte{0xd8, 0x3d}) || bytes.HasPrefix(data, []byte{0x84})
}
