package dataintegrity

import (
	"bytes"

	"cairn.example/bbs"
	"cairn.example/strictcbor"
)

// The proof values of bbs-2023 (vc-di-bbs, section 3.3): three bytes that name the
// kind, and a CBOR array. Only the kinds without an optional feature are known;
// the others are built on drafts that still change.
var (
	bbsBase    = []byte{0xd9, 0x5d, 0x02}
	bbsDerived = []byte{0xd9, 0x5d, 0x03}
	bbsFamily  = bbsBase[:2]
)

// Limits of a proof value. maxBBSIndex is also the limit of label numbers, which
// count unnamed objects of a document.
const (
	maxBBSIndex              = 100_000
	maxPresentationHeader    = 64 << 10
	bbsFeatureFirst, bbsLast = 0x04, 0x09 // base and derived proofs with holder binding or pseudonyms
)

// bbsBaseValue is what the issuer gives the holder.
type bbsBaseValue struct {
	signature, header, publicKey, hmacKey []byte
	mandatory                             []string
}

// bbsDerivedValue is what the holder gives a verifier.
type bbsDerivedValue struct {
	proof                []byte
	labels               map[int]int // the verifier's label c14nN → the signed label bN
	mandatory, selective []int
	presentationHeader   []byte
}

// readBBSValue takes off the encoding and the kind, and reads the components.
func readBBSValue(value string, kind []byte) ([]any, error) {
	b, err := readMultibase(value)
	if err != nil {
		return nil, err
	}
	if len(b) > 2 && bytes.HasPrefix(b, bbsFamily) && b[2] >= bbsFeatureFirst && b[2] <= bbsLast {
		return nil, bad("proof.unsupported", "proof.proofValue", "bbs-2023 with holder binding or pseudonyms is not supported")
	}
	return readComponents(b, BBS2023, bbsBase, bbsDerived, kind)
}

// parseBBSBase is parseBaseProofValue of vc-di-bbs, section 3.3.2.
func parseBBSBase(value string) (*bbsBaseValue, error) {
	list, err := readBBSValue(value, bbsBase)
	if err != nil {
		return nil, err
	}
	var out bbsBaseValue
	for i, c := range []struct {
		to   *[]byte
		size int
	}{{&out.signature, bbs.SignatureSize}, {&out.header, 64}, {&out.publicKey, bbs.PublicKeySize}, {&out.hmacKey, hmacKeySize}} {
		b, ok := list[i].([]byte)
		if !ok || len(b) != c.size {
			return nil, bad("proof.value", "proof.proofValue", "part %d of the base proof is not %d bytes", i, c.size)
		}
		*c.to = b
	}
	pointers, ok := list[4].([]any)
	if !ok {
		return nil, bad("proof.value", "proof.proofValue", "the mandatory pointers are not a list")
	}
	for _, p := range pointers {
		s, ok := p.(string)
		if !ok {
			return nil, bad("proof.value", "proof.proofValue", "a mandatory pointer is not a text")
		}
		out.mandatory = append(out.mandatory, s)
	}
	return &out, nil
}

func (v *bbsBaseValue) write() (string, error) {
	pointers := v.mandatory
	if pointers == nil {
		pointers = []string{}
	}
	return writeComponents(bbsBase, v.signature, v.header, v.publicKey, v.hmacKey, pointers)
}

// parseBBSDerived is parseDerivedProofValue of vc-di-bbs, section 3.3.7.
func parseBBSDerived(value string) (*bbsDerivedValue, error) {
	list, err := readBBSValue(value, bbsDerived)
	if err != nil {
		return nil, err
	}
	out := bbsDerivedValue{labels: map[int]int{}}
	proof, okProof := list[0].([]byte)
	header, okHeader := list[4].([]byte)
	if !okProof || !okHeader || bbs.Hidden(len(proof)) < 0 || len(header) > maxPresentationHeader {
		return nil, bad("proof.value", "proof.proofValue", "the derived proof holds no BBS proof")
	}
	out.proof, out.presentationHeader = proof, header
	labels, ok := list[1].(strictcbor.Map)
	if !ok {
		return nil, bad("proof.value", "proof.proofValue", "the labels are not a map")
	}
	for k, v := range labels {
		from, okFrom := bbsIndex(k)
		to, okTo := bbsIndex(v)
		if !okFrom || !okTo {
			return nil, bad("proof.value", "proof.proofValue", "a label is not a number from 0 to %d", maxBBSIndex)
		}
		out.labels[from] = to
	}
	for i, to := range map[int]*[]int{2: &out.mandatory, 3: &out.selective} {
		indexes, ok := list[i].([]any)
		if !ok {
			return nil, bad("proof.value", "proof.proofValue", "the indexes are not a list")
		}
		for _, e := range indexes {
			n, ok := bbsIndex(e)
			if !ok || len(*to) > 0 && n <= (*to)[len(*to)-1] {
				return nil, bad("proof.value", "proof.proofValue", "the indexes don't ascend from 0 to %d", maxBBSIndex)
			}
			*to = append(*to, n)
		}
	}
	return &out, nil
}

func bbsIndex(v any) (int, bool) {
	n, ok := v.(int64)
	return int(n), ok && n >= 0 && n <= maxBBSIndex
}

func (v *bbsDerivedValue) write() (string, error) {
	labels := strictcbor.Map{}
	for from, to := range v.labels {
		labels[int64(from)] = int64(to)
	}
	list := func(indexes []int) []any {
		out := []any{}
		for _, i := range indexes {
			out = append(out, int64(i))
		}
		return out
	}
	header := v.presentationHeader
	if header == nil {
		header = []byte{}
	}
	return writeComponents(bbsDerived, v.proof, labels, list(v.mandatory), list(v.selective), header)
}
