package dataintegrity

import "cairn.example/strictcbor"

// What a proof value begins with (vc-di-ecdsa, sections 3.5.2 and 3.5.7).
var (
	sdBase    = []byte{0xd9, 0x5d, 0x00}
	sdDerived = []byte{0xd9, 0x5d, 0x01}
)

// Limits of a proof value. A label number counts unnamed objects.
const (
	sdKeySize   = 35 // two bytes for the kind, and a compressed point of P-256
	maxSDLabels = 100_000
)

// sdValue is what both kinds of proof value hold. signatures are those of the
// statements that the holder may hide, in their order.
type sdValue struct {
	baseSignature, publicKey []byte
	signatures               [][]byte
	hmacKey                  []byte         // of a base proof
	pointers                 []string       // of a base proof: what must always be shown
	labels                   map[int][]byte // of a derived proof: the verifier's label c14nN → the signed one
	mandatory                []int          // of a derived proof: the statements that must always be shown
}

func readSD(value string, kind []byte) ([]any, error) {
	b, err := readMultibase(value)
	if err != nil {
		return nil, err
	}
	return readComponents(b, ECDSASD2023, sdBase, sdDerived, kind)
}

func errSD(format string, args ...any) error {
	return bad("proof.value", "proof.proofValue", format, args...)
}

// sized reads bytes of a given length.
func sized(v any, size int) ([]byte, error) {
	b, ok := v.([]byte)
	if !ok || len(b) != size {
		return nil, errSD("a part of the proof value has not the form of its kind (%d bytes)", size)
	}
	return b, nil
}

// parseCommonSD reads what base and derived proofs have both.
func parseCommonSD(list []any, signatures any) (*sdValue, error) {
	var v sdValue
	var err error
	if v.baseSignature, err = sized(list[0], 64); err != nil {
		return nil, err
	}
	if v.publicKey, err = sized(list[1], sdKeySize); err != nil {
		return nil, err
	}
	all, ok := signatures.([]any)
	if !ok {
		return nil, errSD("the signatures are not a list")
	}
	for _, e := range all {
		b, err := sized(e, 64)
		if err != nil {
			return nil, err
		}
		v.signatures = append(v.signatures, b)
	}
	return &v, nil
}

// parseBaseSD is parseBaseProofValue of vc-di-ecdsa, section 3.5.3.
func parseBaseSD(value string) (*sdValue, error) {
	list, err := readSD(value, sdBase)
	if err != nil {
		return nil, err
	}
	v, err := parseCommonSD(list, list[3])
	if err != nil {
		return nil, err
	}
	if v.hmacKey, err = sized(list[2], hmacKeySize); err != nil {
		return nil, err
	}
	pointers, ok := list[4].([]any)
	if !ok {
		return nil, errSD("the mandatory pointers are not a list")
	}
	for _, e := range pointers {
		p, ok := e.(string)
		if !ok {
			return nil, errSD("a mandatory pointer is not a text")
		}
		v.pointers = append(v.pointers, p)
	}
	return v, nil
}

// parseDerivedSD is parseDerivedProofValue of vc-di-ecdsa, section 3.5.8. The text
// says that the key has 36 bytes; a P-256 key has 35 in the form of section 2.1.1.
func parseDerivedSD(value string) (*sdValue, error) {
	list, err := readSD(value, sdDerived)
	if err != nil {
		return nil, err
	}
	v, err := parseCommonSD(list, list[2])
	if err != nil {
		return nil, err
	}
	labels, ok := list[3].(strictcbor.Map)
	if !ok {
		return nil, errSD("the labels are not a map")
	}
	v.labels = map[int][]byte{}
	for k, e := range labels {
		n, ok := sdIndex(k)
		if !ok {
			return nil, errSD("a label is not a number from 0 to %d", maxSDLabels)
		}
		if v.labels[n], err = sized(e, hmacKeySize); err != nil {
			return nil, err
		}
	}
	indexes, ok := list[4].([]any)
	if !ok {
		return nil, errSD("the mandatory indexes are not a list")
	}
	for _, e := range indexes {
		n, ok := sdIndex(e)
		if !ok || len(v.mandatory) > 0 && n <= v.mandatory[len(v.mandatory)-1] {
			return nil, errSD("the mandatory indexes don't ascend from 0 to %d", maxSDLabels)
		}
		v.mandatory = append(v.mandatory, n)
	}
	return v, nil
}

func sdIndex(v any) (int, bool) {
	n, ok := v.(int64)
	return int(n), ok && n >= 0 && n <= maxSDLabels
}

func (v *sdValue) writeBase() (string, error) {
	pointers := []any{}
	for _, p := range v.pointers {
		pointers = append(pointers, p)
	}
	return writeComponents(sdBase, v.baseSignature, v.publicKey, v.hmacKey, v.signatureList(), pointers)
}

func (v *sdValue) writeDerived() (string, error) {
	labels, mandatory := strictcbor.Map{}, []any{}
	for n, b := range v.labels {
		labels[int64(n)] = b
	}
	for _, i := range v.mandatory {
		mandatory = append(mandatory, int64(i))
	}
	return writeComponents(sdDerived, v.baseSignature, v.publicKey, v.signatureList(), labels, mandatory)
}

func (v *sdValue) signatureList() []any {
	list := []any{}
	for _, s := range v.signatures {
		list = append(list, s)
	}
	return list
}
