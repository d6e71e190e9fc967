package dataintegrity

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairn.example"
	"cairn.example/rdfc"
	"cairn.example/strictcbor"
)

// What the suites with selective disclosure share (vc-di-ecdsa, section 3.4). The
// issuer names the unnamed objects of a document with a secret that only the
// holder gets, so that the names of what is shown don't betray what is not.

const (
	hmacKeySize   = 32
	maxProofValue = 256 << 10 // characters
)

// hmacLabels names each canonical label by its HMAC (createHmacIdLabelMapFunction).
func hmacLabels(key []byte, canonical []string) map[string]string {
	out := make(map[string]string, len(canonical))
	for _, l := range canonical {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(l))
		out[l] = "u" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	return out
}

// shuffledLabels names each canonical label by the place of its HMAC among all:
// b0, b1, … (createShuffledIdLabelMapFunction of vc-di-bbs, section 3.2.1).
func shuffledLabels(key []byte, canonical []string) map[string]string {
	out := hmacLabels(key, canonical)
	order := slices.Sorted(maps.Values(out))
	for l, id := range out {
		i, _ := slices.BinarySearch(order, id)
		out[l] = "b" + strconv.Itoa(i)
	}
	return out
}

// A disclosure is a document cut into what the issuer wants shown always, what
// the holder wants to show, and the rest. The lists are indexes of statements.
type disclosure struct {
	statements                     *rdfc.Sorted
	mandatory, selective, combined []int
	labels                         map[string]string // what a verifier will call an object → its name here
	document                       map[string]any    // what is shown, without a proof
}

// group is canonicalizeAndGroup of vc-di-ecdsa, section 3.4.16. doc has no proof.
func group(doc map[string]any, name func(canonical []string) map[string]string, mandatory, selective []string) (*disclosure, error) {
	s, err := rdfc.NewStatements(doc)
	if err != nil {
		return nil, err
	}
	sorted, err := s.Sort(name(s.Labels()))
	if err != nil {
		return nil, err
	}
	d := &disclosure{statements: sorted}
	combined := slices.Concat(mandatory, selective)
	for pointers, to := range map[*[]string]*[]int{&mandatory: &d.mandatory, &selective: &d.selective, &combined: &d.combined} {
		if *to, err = sorted.Select(*pointers); err != nil {
			return nil, err
		}
	}
	if d.labels, err = sorted.LabelsOf(d.combined); err != nil {
		return nil, err
	}
	d.document, err = rdfc.Part(doc, combined)
	return d, err
}

// split returns the lines at the indexes, which ascend, and the others.
func split(lines []string, indexes []int) (at, others []string) {
	next := 0
	for _, i := range indexes {
		others = append(others, lines[next:i]...)
		at = append(at, lines[i])
		next = i + 1
	}
	return at, append(others, lines[next:]...)
}

// positions returns where the members of indexes stand in the list of members of
// within; those that are not there are left out. Both ascend.
func positions(indexes, within []int) []int {
	out := []int{}
	for _, i := range indexes {
		if at, ok := slices.BinarySearch(within, i); ok {
			out = append(out, at)
		}
	}
	return out
}

// without returns the numbers below count that are not in indexes.
func without(count int, indexes []int) []int {
	var out []int
	for i := range count {
		if _, ok := slices.BinarySearch(indexes, i); !ok {
			out = append(out, i)
		}
	}
	return out
}

// hashLines is hashMandatoryNQuads of vc-di-ecdsa, section 3.4.17, with SHA-256.
func hashLines(lines []string) []byte {
	h := sha256.Sum256([]byte(strings.Join(lines, "")))
	return h[:]
}

// readMultibase reads a proof value in base64url without padding, in its only form.
func readMultibase(value string) ([]byte, error) {
	rest, ok := strings.CutPrefix(value, "u")
	if !ok || strings.ContainsAny(rest, "\r\n") {
		return nil, bad("proof.value", "proof.proofValue", "the proof value is not in base64url multibase form")
	}
	if len(value) > maxProofValue {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "proof.value", Field: "proof.proofValue", Message: "the proof value is too long"}
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil {
		return nil, bad("proof.value", "proof.proofValue", "the proof value is not in base64url multibase form")
	}
	return b, nil
}

// valueLimits bound the components of a proof value.
var valueLimits = strictcbor.Limits{Bytes: maxProofValue, Depth: 4, Values: 20_000}

// readComponents reads a proof value of a suite, which is of one of two kinds:
// three bytes that name the kind, and a CBOR array of five components. It refuses
// tags, indefinite lengths, numbers that are not written short, and double keys;
// the order of keys in a map is not told, so that is the writer's choice.
func readComponents(b []byte, suite string, base, derived, kind []byte) ([]any, error) {
	rest, ok := bytes.CutPrefix(b, kind)
	switch {
	case ok:
	case bytes.HasPrefix(b, base):
		return nil, bad("proof.value", "proof.proofValue", "this is a base proof, which is for the holder alone; what is shown to others carries a derived proof")
	case bytes.HasPrefix(b, derived):
		return nil, bad("proof.value", "proof.proofValue", "this is a derived proof; nothing can be derived from it again")
	default:
		return nil, bad("proof.value", "proof.proofValue", "this is not a proof value of %s", suite)
	}
	v, err := strictcbor.Parse(rest, valueLimits)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "proof.value", Field: "proof.proofValue", Message: "the proof value is not proper CBOR", Err: err}
	}
	again, err := strictcbor.Marshal(v)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) != 5 || len(again) != len(rest) {
		return nil, bad("proof.value", "proof.proofValue", "this is not a proof value of %s", suite)
	}
	return list, nil
}

func writeComponents(kind []byte, components ...any) (string, error) {
	b, err := strictcbor.Marshal(components)
	if err != nil {
		return "", err
	}
	return "u" + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(kind), b...)), nil
}
