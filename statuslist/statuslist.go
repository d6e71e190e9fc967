// Package statuslist writes and reads W3C Bitstring Status Lists 1.0: one bit
// for each credential, packed and published as a signed credential, so that a
// verifier fetches a whole list and the issuer does not learn whom it checks.
//
// Most callers need New, List.Set and Credential to publish, and ReadCredential,
// ReadEntry, Meta.HasPurpose and List.Lookup to check.
package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/vc"
)

// Limits. A list has at least MinEntries bits so that a credential hides among
// others; MaxEntries bounds what is unpacked.
const (
	MinEntries = 131_072
	MaxEntries = 32 << 20 // 4 MiB unpacked
	maxEncoded = 6 << 20

	// MaxSize is the most bits of one entry: an entry lists a message for each of
	// its values, 256 of them.
	MaxSize       = 8
	maxPurposes   = 10
	maxReferences = 20
	maxMessage    = 1000 // characters of one message
)

// The purposes of the specification (section 2.1). A credential is invalid by the
// first two only; refresh says that there is a newer one, and message something
// that the issuer's statusReference explains.
const (
	Revocation = "revocation"
	Suspension = "suspension"
	Refresh    = "refresh"
	Message    = "message"
)

// The type names of the specification.
const (
	EntryType      = "BitstringStatusListEntry"
	CredentialType = "BitstringStatusListCredential"
	listType       = "BitstringStatusList"
)

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// List is a bitstring. Index 0 is the left-most bit of the first byte. It is not
// safe for concurrent use.
type List struct{ bits []byte }

// New returns a list of at least the given number of entries, none of them set.
// It panics when entries is over MaxEntries.
func New(entries int) *List {
	if entries > MaxEntries {
		panic(fmt.Sprintf("statuslist: %d entries are over the limit", entries))
	}
	return &List{bits: make([]byte, (max(entries, MinEntries)+7)/8)}
}

// Len returns the number of entries.
func (l *List) Len() int { return len(l.bits) * 8 }

func (l *List) check(i int) error {
	if i < 0 || i >= l.Len() {
		return bad("status.range", "statusListIndex", "the index %d is outside the list of %d", i, l.Len())
	}
	return nil
}

// Set sets or clears an entry.
func (l *List) Set(i int, on bool) error {
	if err := l.check(i); err != nil {
		return err
	}
	mask := byte(0x80) >> (i % 8)
	if on {
		l.bits[i/8] |= mask
	} else {
		l.bits[i/8] &^= mask
	}
	return nil
}

// Get returns an entry; its error has the code status.range when there is none.
func (l *List) Get(i int) (bool, error) {
	if err := l.check(i); err != nil {
		return false, err
	}
	return l.bits[i/8]&(0x80>>(i%8)) != 0, nil
}

// Encode packs the list: multibase "u", base64url without padding, gzip. Equal
// lists give equal texts.
func (l *List) Encode() (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(l.bits); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// Decode unpacks a list, at most MaxEntries long. A list shorter than MinEntries
// is refused with the code status.length.
func Decode(s string) (*List, error) {
	rest, ok := strings.CutPrefix(s, "u")
	if !ok {
		return nil, bad("status.encoding", "encodedList", "the list is not in base64url multibase form")
	}
	if len(s) > maxEncoded {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "status.too-large", Field: "encodedList", Message: "the list is too large"}
	}
	if strings.ContainsAny(rest, "\r\n") { // the decoder would skip them
		return nil, bad("status.encoding", "encodedList", "the list is not base64url")
	}
	packed, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil {
		return nil, bad("status.encoding", "encodedList", "the list is not base64url")
	}
	in := bytes.NewReader(packed)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, bad("status.encoding", "encodedList", "the list is not packed with gzip")
	}
	z.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(z, MaxEntries/8+1))
	if err != nil {
		return nil, bad("status.encoding", "encodedList", "the packed list is damaged")
	}
	if len(bits) > MaxEntries/8 {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "status.too-large", Field: "encodedList", Message: "the list unpacks to too much"}
	}
	if in.Len() != 0 {
		return nil, bad("status.encoding", "encodedList", "something follows after the packed list")
	}
	if len(bits)*8 < MinEntries {
		return nil, bad("status.length", "encodedList", "the list has %d entries; at least %d are required", len(bits)*8, MinEntries)
	}
	return &List{bits: bits}, nil
}

// Meta is what a list credential says of itself.
type Meta struct {
	ID         string // URL of the list credential
	Issuer     string
	Purpose    string   // the first one
	More       []string // further purposes that the same list serves; usually none
	ValidFrom  time.Time
	ValidUntil time.Time     // zero when absent
	TTL        time.Duration // zero when absent
}

// HasPurpose reports whether the list serves a purpose (section 3.2, step 6).
func (m Meta) HasPurpose(purpose string) bool {
	return purpose != "" && (m.Purpose == purpose || slices.Contains(m.More, purpose))
}

// Credential returns the unsigned list credential.
func Credential(m Meta, l *List) (map[string]any, error) {
	encoded, err := l.Encode()
	if err != nil {
		return nil, err
	}
	subject := map[string]any{
		"id":            m.ID + "#list",
		"type":          listType,
		"statusPurpose": m.Purpose,
		"encodedList":   encoded,
	}
	if len(m.More) > 0 {
		list := []any{m.Purpose}
		for _, p := range m.More {
			list = append(list, p)
		}
		subject["statusPurpose"] = list
	}
	if m.TTL > 0 {
		subject["ttl"] = json.Number(strconv.FormatInt(m.TTL.Milliseconds(), 10))
	}
	c := map[string]any{
		"@context":          []any{vc.ContextV2},
		"id":                m.ID,
		"type":              []any{"VerifiableCredential", CredentialType},
		"issuer":            m.Issuer,
		"validFrom":         vc.FormatTime(m.ValidFrom),
		"credentialSubject": subject,
	}
	if !m.ValidUntil.IsZero() {
		c["validUntil"] = vc.FormatTime(m.ValidUntil)
	}
	return c, nil
}

// ReadCredential reads a list credential. It does not check its proof.
func ReadCredential(tree map[string]any) (*List, Meta, error) {
	c, problems := vc.ReadCredential(tree)
	if len(problems) > 0 {
		return nil, Meta{}, bad("status.credential", problems[0].Path, "the status list is not a proper credential: %s", problems[0].Message)
	}
	if !c.HasType(CredentialType) || len(c.Subjects) != 1 || c.ID == "" {
		return nil, Meta{}, bad("status.credential", "type", "this is not a %s", CredentialType)
	}
	s := c.Subjects[0]
	if s["type"] != listType {
		return nil, Meta{}, bad("status.credential", "credentialSubject.type", "this is not a %s", listType)
	}
	m := Meta{ID: c.ID, Issuer: c.Issuer, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil}
	purposes, ok := purposes(s["statusPurpose"])
	if !ok {
		return nil, Meta{}, bad("status.credential", "credentialSubject.statusPurpose", "the purpose is missing, or is not one or a few texts")
	}
	m.Purpose = purposes[0]
	if len(purposes) > 1 {
		m.More = purposes[1:]
	}
	if v, ok := s["ttl"]; ok {
		n, _ := v.(json.Number)
		ms, err := n.Int64()
		if err != nil || ms < 0 || ms > int64(100*365*24*time.Hour/time.Millisecond) {
			return nil, Meta{}, bad("status.credential", "credentialSubject.ttl", "ttl must be a whole number of milliseconds")
		}
		m.TTL = time.Duration(ms) * time.Millisecond
	}
	encoded, _ := s["encodedList"].(string)
	l, err := Decode(encoded)
	return l, m, err
}

// purposes reads one or more texts.
func purposes(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 || len(list) > maxPurposes {
		return nil, false
	}
	var out []string
	for _, e := range list {
		p, ok := e.(string)
		if !ok || p == "" || slices.Contains(out, p) {
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}
