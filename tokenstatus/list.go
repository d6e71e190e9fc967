// Package tokenstatus reads and writes Token Status Lists
// (draft-ietf-oauth-status-list-20): a few bits for each token, packed and signed
// as a JWT or CWT, so that a verifier fetches a whole list and the issuer does not
// learn whom it checks. SD-JWT VCs refer to them; credentials of the W3C model use
// package statuslist, which packs its bits from the other end.
//
// To check: ReadReference of the token, whose signature and dates were found good
// first; Parse what the address gives; Token.Verify with the key of the declared
// issuer; Verified.Lookup. To publish: New, List.Set and SignJWT or SignCWT.
//
// The package fetches nothing, looks at no clock and does not decide who may
// publish a list for an issuer. A failure means that the status is not known: it
// never means that the token is good, nor that it was withdrawn.
package tokenstatus

import (
	"fmt"

	"cairn.example"
	"cairn.example/inflate"
)

// Limits.
const (
	MaxUnpacked = 4 << 20 // bytes of a list: 32 million statuses of one bit
	MaxToken    = 8 << 20 // bytes of a signed list in either form
	maxPacked   = 5 << 20 // bytes of the packed list
)

// Status is what a list says of a token (section 7.1). The other values are for
// later registration or for an application.
type Status uint8

// The registered values.
const (
	Valid     Status = 0
	Invalid   Status = 1 // withdrawn for good
	Suspended Status = 2 // withdrawn for a time
)

// ApplicationSpecific reports whether the meaning of a status is for the issuer's
// application to say (section 7.1). A verifier that does not know the application
// knows nothing.
func (s Status) ApplicationSpecific() bool { return s == 3 || s >= 12 && s <= 15 }

func bad(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(field, message string) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "tokenstatus.too-large", Field: field, Message: message}
}

// List is the statuses. It is not safe for concurrent use.
type List struct {
	bits int
	data []byte
}

// New returns a list of at least so many entries of 1, 2, 4 or 8 bits, all of them
// Valid. Codes: tokenstatus.bits and tokenstatus.too-large.
func New(entries, bits int) (*List, error) {
	if err := checkBits(bits); err != nil {
		return nil, err
	}
	if entries < 0 || entries > MaxUnpacked*8/bits {
		return nil, tooLarge("", "a list unpacks to at most 4 MiB")
	}
	return &List{bits: bits, data: make([]byte, (entries*bits+7)/8)}, nil
}

func checkBits(bits int) error {
	switch bits {
	case 1, 2, 4, 8:
		return nil
	}
	return bad("tokenstatus.bits", "bits", "a status has 1, 2, 4 or 8 bits")
}

// Bits is the number of bits of each status.
func (l *List) Bits() int { return l.bits }

// Len is the number of statuses; the last few may belong to no token.
func (l *List) Len() int { return len(l.data) * 8 / l.bits }

// place returns the byte of a status and how far it is from the least significant
// bit (section 4.1).
func (l *List) place(index int) (i, shift int, err error) {
	if index < 0 || index >= l.Len() {
		return 0, 0, bad("tokenstatus.range", "idx", "the index %d is outside the list of %d", index, l.Len())
	}
	per := 8 / l.bits
	return index / per, index % per * l.bits, nil
}

// Get returns a status. There is none outside of the list: tokenstatus.range.
func (l *List) Get(index int) (Status, error) {
	i, shift, err := l.place(index)
	if err != nil {
		return 0, err
	}
	return Status(l.data[i] >> shift & (1<<l.bits - 1)), nil
}

// Set sets a status. One that does not fit into the bits has the code
// tokenstatus.bits.
func (l *List) Set(index int, s Status) error {
	i, shift, err := l.place(index)
	if err != nil {
		return err
	}
	mask := byte(1<<l.bits - 1)
	if byte(s) > mask {
		return bad("tokenstatus.bits", "bits", "the status %d does not fit into %d bits", s, l.bits)
	}
	l.data[i] = l.data[i]&^(mask<<shift) | byte(s)<<shift
	return nil
}

// Pack returns the packed list (section 4.1, step 4).
func (l *List) Pack() ([]byte, error) { return inflate.Pack(l.data) }

// Unpack reads a packed list, at most MaxUnpacked long. Codes: tokenstatus.bits,
// tokenstatus.packing and tokenstatus.too-large.
func Unpack(packed []byte, bits int) (*List, error) {
	if err := checkBits(bits); err != nil {
		return nil, err
	}
	if len(packed) > maxPacked {
		return nil, tooLarge("lst", "the packed list is larger than 5 MiB")
	}
	data, err := inflate.Zlib(packed, MaxUnpacked)
	if cairn.KindOf(err) == cairn.TooLarge {
		return nil, tooLarge("lst", "the list unpacks to more than 4 MiB")
	}
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "tokenstatus.packing", Field: "lst", Message: "the list can't be unpacked", Err: err}
	}
	return &List{bits: bits, data: data}, nil
}
