// Package sdjwt reads, makes, presents and verifies SD-JWT (RFC 9901): signed
// tokens of which the holder shows only some claims, and the credentials built on
// them, SD-JWT VC (draft-ietf-oauth-sd-jwt-vc).
//
// An issuer needs Issue; a holder Parse, Token.VerifyIssued, Token.Present and
// Bind; a verifier Parse, and then Token.VerifyBound, or Token.Verify where it
// asks for no proof of possession. Which of them is the verifier's decision and
// never depends on what the holder sent. For SD-JWT VC, Token.VC reads the claims,
// issuer.go finds the key, and LoadType the description of the type.
//
// Verify answers whether the key made the token and the disclosures belong to it.
// Times, status and trust in the issuer are for the caller. The JSON serialisation
// (RFC 9901, section 8) is not read.
package sdjwt

import (
	"crypto"
	"encoding/json"
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// Limits of a token.
const (
	MaxBytes = 1 << 20 // the whole text

	maxDisclosures = 1000
	maxValues      = 50_000 // objects, arrays and scalars of payload and disclosures together
	maxDepth       = 64     // of the payload with the disclosures put in
)

// The accepted hash algorithms by their names in the Named Information Hash
// Algorithm registry. Truncated ones (sha-256-32) are too weak, and others bring
// nothing: an attacker who finds a second disclosure for a digest has forged it.
func hashNamed(name string) (crypto.Hash, bool) {
	switch name {
	case "sha-256":
		return crypto.SHA256, true
	case "sha-384":
		return crypto.SHA384, true
	case "sha-512":
		return crypto.SHA512, true
	}
	return 0, false
}

// defaultHash is meant when _sd_alg is absent (RFC 9901, section 4.1.1).
const defaultHash = "sha-256"

// The members that carry digests. No claim has these names.
const (
	memberDigests = "_sd"
	memberElement = "..."
	memberHash    = "_sd_alg"
)

// Token is an SD-JWT, with or without key binding, that was read and not yet
// verified. Its disclosures fit its payload: what does not fit is refused by Parse.
type Token struct {
	JWT *jose.Token // the part that the issuer signed
	// KeyBinding is the part that the holder signed, or nil.
	KeyBinding *jose.Token

	text        string // up to and with the last ~
	payload     map[string]any
	hash        crypto.Hash
	hashName    string
	disclosures []*disclosure
	root        *node
}

// disclosure is one salted claim.
type disclosure struct {
	text   string
	digest string
	name   string // of a property; unused for an element
	value  any
	inList bool // an element of an array: two parts instead of three
	node   *node
}

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "sdjwt.too-large", Message: fmt.Sprintf(format, args...)}
}

// Is reports whether a text has the form of an SD-JWT, to tell it from a plain
// token. It may still be refused by Parse.
func Is(text string) bool {
	first, _, ok := strings.Cut(text, "~")
	return ok && strings.Count(first, ".") == 2
}

// Parse reads an SD-JWT or SD-JWT+KB in its compact form and puts the disclosures
// into their places, with every rule of RFC 9901, section 7.1, that does not need
// the key. Nothing is believed yet.
func Parse(compact string) (*Token, error) {
	if len(compact) > MaxBytes {
		return nil, tooLarge("it has %d bytes; at most %d are read", len(compact), MaxBytes)
	}
	end := strings.LastIndexByte(compact, '~')
	if end < 0 {
		return nil, bad("sdjwt.form", "", "this is not an SD-JWT: there is no ~ in it")
	}
	if strings.Count(compact, "~") > maxDisclosures+1 {
		return nil, tooLarge("there are more than %d disclosures", maxDisclosures)
	}
	t := &Token{text: compact[:end+1]}
	parts := strings.Split(compact[:end], "~")
	var err error
	if t.JWT, err = jose.Parse(parts[0], MaxBytes); err != nil {
		return nil, err
	}
	if rest := compact[end+1:]; rest != "" {
		if t.KeyBinding, err = jose.Parse(rest, jose.MaxToken); err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "sdjwt.form", Message: "what follows the last ~ is not the token of a holder", Err: err}
		}
	}
	if t.payload, err = t.JWT.Claims(); err != nil {
		return nil, err
	}
	if err := t.readHash(); err != nil {
		return nil, err
	}
	values := 0
	for _, text := range parts[1:] {
		d, err := t.readDisclosure(text)
		if err != nil {
			return nil, err
		}
		if values += count(d.value); values > maxValues {
			return nil, tooLarge("the disclosures have more than %d values", maxValues)
		}
		t.disclosures = append(t.disclosures, d)
	}
	return t, t.process()
}

func (t *Token) readHash() error {
	t.hashName = defaultHash
	if v, ok := t.payload[memberHash]; ok {
		s, isText := v.(string)
		if !isText {
			return bad("sdjwt.hash", memberHash, "the name of the hash algorithm must be a text")
		}
		t.hashName = s
	}
	var ok bool
	if t.hash, ok = hashNamed(t.hashName); !ok {
		return bad("sdjwt.hash", memberHash, "the hash algorithm %.40q is not accepted", t.hashName)
	}
	return nil
}

// digest is the digest of a disclosure or of a presentation: over the text as it
// stands, not over what it decodes to.
func digest(h crypto.Hash, text string) string {
	w := h.New()
	w.Write([]byte(text))
	return jose.EncodeBase64(w.Sum(nil))
}

func (t *Token) readDisclosure(text string) (*disclosure, error) {
	b, err := jose.DecodeBase64(text)
	if err != nil {
		return nil, bad("sdjwt.disclosure", "", "a disclosure is not base64url without padding")
	}
	v, err := strictjson.Parse(b, strictjson.Default)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "sdjwt.disclosure", Message: "a disclosure can't be read", Err: err}
	}
	list, ok := v.([]any)
	if !ok || len(list) != 2 && len(list) != 3 {
		return nil, bad("sdjwt.disclosure", "", "a disclosure is a list of salt, name and value, or of salt and value")
	}
	if _, ok := list[0].(string); !ok {
		return nil, bad("sdjwt.disclosure", "", "the salt of a disclosure must be a text")
	}
	d := &disclosure{text: text, digest: digest(t.hash, text), value: list[len(list)-1], inList: len(list) == 2}
	if d.inList {
		return d, nil
	}
	if d.name, ok = list[1].(string); !ok {
		return nil, bad("sdjwt.disclosure", "", "the name in a disclosure must be a text")
	}
	if reserved(d.name) {
		return nil, bad("sdjwt.reserved-name", d.name, "a disclosure has a name that no claim may have")
	}
	return d, nil
}

// reserved adds _sd_alg to the two names of RFC 9901, section 7.1: put in at the
// top level it would name the hash, and elsewhere it may not stand.
func reserved(name string) bool {
	return name == memberDigests || name == memberElement || name == memberHash
}

// count returns the number of values in a tree.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += count(e)
		}
	case []any:
		for _, e := range v {
			n += count(e)
		}
	}
	return n
}

// Path names a claim: member names (string), places in a list (int), and nil for
// every element of a list, as the claim paths of SD-JWT VC type metadata have it.
// Places count the elements as issued, those that are not shown included.
type Path []any

// pointerEscapes are those of RFC 6901, section 3.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// String writes a path as a JSON pointer, with * for every element.
func (p Path) String() string {
	var b strings.Builder
	for _, e := range p {
		switch e := e.(type) {
		case string:
			b.WriteByte('/')
			b.WriteString(pointerEscapes.Replace(e))
		case nil:
			b.WriteString("/*")
		default:
			fmt.Fprintf(&b, "/%v", e)
		}
	}
	return b.String()
}

// ParsePath reads a path in JSON form: ["degrees", null, "type"].
func ParsePath(v any) (Path, error) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxDepth {
		return nil, bad("sdjwt.path", "path", "a path is a list of 1 to %d names, places and nulls", maxDepth)
	}
	var p Path
	for _, e := range list {
		switch e := e.(type) {
		case string, nil:
			p = append(p, e)
		case json.Number:
			n, err := e.Int64()
			if err != nil || n < 0 || n > maxValues {
				return nil, bad("sdjwt.path", "path", "a place in a list is a whole number, 0 or more")
			}
			p = append(p, int(n))
		default:
			return nil, bad("sdjwt.path", "path", "a path is a list of names, places and nulls")
		}
	}
	return p, nil
}
