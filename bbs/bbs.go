// Package bbs makes and checks BBS signatures: one short signature over a list
// of messages, from which the holder makes proofs that show some of the messages
// and hide the others, each proof unlinkable to the next. It is the scheme of
// draft-irtf-cfrg-bbs-signatures (versions -06 to -09, which agree in their test
// vectors) with the ciphersuite BLS12-381-SHA-256 and the interface identifier
// H2G_HM2S_.
//
// An issuer needs KeyGen and Sign, a holder ProofGen, a verifier ParsePublicKey
// and ProofVerify. What the messages mean, and which of them must never be
// hidden, is for the caller (dataintegrity) to settle: whatever must always be
// shown belongs into the header.
//
// Secret keys, and the random numbers that hide the signature, pass only through
// code whose time and memory accesses do not depend on them. The sums over the
// messages follow a fixed sequence of operations, but look up tables at places
// that depend on the messages and on what blinds them: somebody who watches the
// processor's cache while a proof is made could learn about hidden messages,
// never about the signer's key.
//
// The package does not make blind signatures and pseudonyms: their drafts are
// still moving.
package bbs

import (
	"fmt"

	"cairn.example"
)

// Limits.
const (
	// MaxMessages bounds the messages under one signature. A micro-credential
	// has fewer than a hundred statements. The first use of so many messages
	// computes as many constants, about half a millisecond each, once.
	MaxMessages = 400
	// MaxOctets bounds the bytes of all messages, header and presentation header
	// of one call together.
	MaxOctets = 4 << 20
	// maxKeyInfo and minKeyMaterial are the draft's, section "Secret Key".
	maxKeyInfo     = 65535
	minKeyMaterial = 32
)

// Sizes of what the package writes, in bytes.
const (
	SecretKeySize = scalarSize
	PublicKeySize = 2 * pointSize
	SignatureSize = pointSize + scalarSize
	// MinProofSize is the size of a proof that hides no message; each hidden
	// message adds scalarSize.
	MinProofSize = 3*pointSize + 4*scalarSize

	scalarSize = 32
	pointSize  = 48
	expandSize = 48 // expand_len of the ciphersuite
)

// The names of the ciphersuite and of the interface (draft, sections
// "BLS12-381-SHA-256" and "BBS Signatures Interface"), and what they separate.
const (
	suiteID      = "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_"
	apiID        = suiteID + "H2G_HM2S_"
	keyDST       = suiteID + "KEYGEN_DST_"
	scalarDST    = apiID + "H2S_"
	messageDST   = apiID + "MAP_MSG_TO_SCALAR_AS_HASH_"
	seedDST      = apiID + "SIG_GENERATOR_SEED_"
	generatorDST = apiID + "SIG_GENERATOR_DST_"
	seed         = apiID + "MESSAGE_GENERATOR_SEED"
	seedP1       = apiID + "BP_MESSAGE_GENERATOR_SEED"
)

func bad(code, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Message: fmt.Sprintf(format, args...)}
}

// checkSize refuses what is over the limits of one call.
func checkSize(count int, parts [][]byte, more ...[]byte) error {
	if count > MaxMessages {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "bbs.too-many-messages", Message: fmt.Sprintf("more than %d messages", MaxMessages)}
	}
	total := 0
	for _, list := range [][][]byte{parts, more} {
		for _, p := range list {
			if total += len(p); total > MaxOctets {
				return &cairn.Error{Kind: cairn.TooLarge, Code: "bbs.too-large", Message: fmt.Sprintf("more than %d bytes of messages", MaxOctets)}
			}
		}
	}
	return nil
}
