package papercode

import (
	"bytes"
	"crypto/ed25519"

	"github.com/fxamacker/cbor/v2"

	"cairn.example/cose"
)

// Package cose signs and checks signatures; this file narrows what it reads to the
// form of a paper code: COSE_Sign1 of RFC 9052, section 4.2, in one spelling only: tagged, a protected
// header with exactly alg (EdDSA) and kid, an empty unprotected header, the
// payload inside, and a signature of 64 bytes. Everything is in the
// deterministic encoding of RFC 8949, section 4.2.1, and is refused otherwise,
// so that one signed thing has one spelling.

const (
	tagSign1  = 0xd2 // CBOR tag 18 in its one-byte form
	algEdDSA  = -8   // RFC 9053, section 2.2
	signature = ed25519.SignatureSize
)

type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[int64]cbor.RawMessage
	Payload     []byte
	Signature   []byte
}

type protectedHeader struct {
	Algorithm int64  `cbor:"1,keyasint"`
	KeyID     []byte `cbor:"4,keyasint"`
}

var encMode = func() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty // so that null is nobody's spelling of empty
	m, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

var decMode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		MaxNestedLevels:   4,
		MaxArrayElements:  16,
		MaxMapPairs:       maxClaims,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

// decodeExactly decodes data and checks that data is the deterministic encoding
// of what came out of it.
func decodeExactly(data []byte, into any) error {
	if err := decMode.Unmarshal(data, into); err != nil {
		return wrap("papercode.cbor", "the code is not well formed", err)
	}
	again, err := encMode.Marshal(into)
	if err != nil {
		return wrap("papercode.cbor", "the code is not well formed", err)
	}
	if !bytes.Equal(again, data) {
		return invalid("papercode.cbor", "", "the code is not in its deterministic form")
	}
	return nil
}

// readSign1 returns the message and its key identifier.
func readSign1(data []byte) (*cose.Message, []byte, error) {
	var s sign1
	var h protectedHeader
	if len(data) == 0 || data[0] != tagSign1 {
		return nil, nil, invalid("papercode.cose", "", "the code does not hold a signed record")
	}
	if err := decodeExactly(data[1:], &s); err != nil {
		return nil, nil, err
	}
	if len(s.Unprotected) != 0 {
		return nil, nil, invalid("papercode.cose", "", "the code has a header that is not signed")
	}
	if len(s.Signature) != signature {
		return nil, nil, invalid("papercode.cose", "", "the signature has the wrong length")
	}
	if err := decodeExactly(s.Protected, &h); err != nil {
		return nil, nil, err
	}
	if h.Algorithm != algEdDSA {
		return nil, nil, invalid("papercode.algorithm", "", "the code is signed with an algorithm that is not accepted")
	}
	if len(h.KeyID) == 0 {
		return nil, nil, invalid("papercode.key", "key", "the code does not name its key")
	}
	m, err := cose.Parse(data, maxInflated)
	if err != nil {
		return nil, nil, wrap("papercode.cose", "the code does not hold a signed record", err)
	}
	return m, h.KeyID, nil
}
