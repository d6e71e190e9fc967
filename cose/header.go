package cose

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairn.example/strictcbor"
)

const (
	maxKeyID    = 1024 // bytes; a DID URL fits
	maxTypeText = 200
	maxChain    = 10
	maxFormat   = 65535 // CoAP content formats (RFC 7252, section 12.3)
)

// read fills the fields from Protected and Unprotected.
func (h *Header) read() error {
	for label := range h.Unprotected {
		// RFC 9052, section 3: a parameter stands in one of the two.
		if _, ok := h.Protected[label]; ok {
			return bad("cose.header", "", "the parameter %v is in both headers", label)
		}
	}
	// RFC 9052, section 3.1: these two must be protected. Other parameters outside
	// of the signature are passed over, apart from those that help to find a key:
	// whoever carried the message may have put them there or taken them away.
	if _, ok := h.Unprotected[labelAlgorithm]; ok {
		return bad("cose.algorithm", "alg", "the algorithm is not protected by the signature")
	}
	if _, ok := h.Unprotected[labelCritical]; ok {
		return bad("cose.critical", "crit", "the list of critical parameters is not protected by the signature")
	}
	if err := h.readCritical(); err != nil {
		return err
	}
	number, ok := h.Protected[labelAlgorithm].(int64)
	i := slices.IndexFunc(algorithms[:], func(a algorithm) bool { return a.number == number })
	if !ok || i < 0 {
		if v, ok := h.Protected[labelAlgorithm]; ok {
			return bad("cose.algorithm", "alg", "the algorithm %.40v is not accepted", v)
		}
		return bad("cose.algorithm", "alg", "the message names no algorithm")
	}
	h.Algorithm = algorithms[i].name
	var err error
	if h.Type, err = typeText(h.Protected, labelType, "typ"); err != nil {
		return err
	}
	if h.ContentType, err = typeText(h.Protected, labelContentType, "content type"); err != nil {
		return err
	}
	if v, ok := h.either(labelKeyID); ok {
		if h.KeyID, ok = v.([]byte); !ok || len(h.KeyID) == 0 || len(h.KeyID) > maxKeyID {
			return bad("cose.header", "kid", "kid must be at most %d bytes", maxKeyID)
		}
	}
	if v, ok := h.either(labelChain); ok {
		if h.Chain, err = readChain(v); err != nil {
			return err
		}
	}
	if v, ok := h.Protected[labelClaims]; ok { // RFC 9597, section 2
		m, ok := v.(strictcbor.Map)
		if !ok {
			return bad("cose.header", "claims", "the claims in the header must be a map")
		}
		claims, err := ClaimsFromMap(m)
		if err != nil {
			return err
		}
		h.Claims = &claims
	}
	return nil
}

func (h *Header) either(label int64) (any, bool) {
	if v, ok := h.Protected[label]; ok {
		return v, true
	}
	v, ok := h.Unprotected[label]
	return v, ok
}

// readCritical refuses what the maker says must be understood and is not
// (RFC 9052, section 3.1).
func (h *Header) readCritical() error {
	v, ok := h.Protected[labelCritical]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return bad("cose.critical", "crit", "crit must be a list of parameters")
	}
	for _, e := range list {
		label, ok := e.(int64)
		if !ok || !slices.Contains(understood, label) {
			return bad("cose.critical", "crit", "the message demands an extension that is not understood")
		}
		if _, ok := h.Protected[label]; !ok {
			return bad("cose.critical", "crit", "a parameter that is called critical is not there")
		}
	}
	return nil
}

// typeText reads a media type or the number of a CoAP content format.
func typeText(m strictcbor.Map, label int64, name string) (string, error) {
	v, ok := m[label]
	if !ok {
		return "", nil
	}
	switch v := v.(type) {
	case int64:
		if v >= 0 && v <= maxFormat {
			return strconv.FormatInt(v, 10), nil
		}
	case string:
		// RFC 9052, section 3.1: with the slash, and without white space around it.
		if strings.Contains(v, "/") && v == strings.TrimSpace(v) && len(v) <= maxTypeText {
			return v, nil
		}
	}
	return "", bad("cose.header", name, "%s must be a media type or the number of a content format", name)
}

// typeValue is the reverse of typeText.
func typeValue(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}

// readChain reads x5chain: one certificate, or a list of two or more (RFC 9360,
// section 2).
func readChain(v any) ([][]byte, error) {
	if one, ok := v.([]byte); ok && len(one) > 0 {
		return [][]byte{one}, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) < 2 || len(list) > maxChain {
		return nil, bad("cose.header", "x5chain", "x5chain must be a certificate or a list of 2 to %d", maxChain)
	}
	var out [][]byte
	for _, e := range list {
		b, ok := e.([]byte)
		if !ok || len(b) == 0 {
			return nil, bad("cose.header", "x5chain", "x5chain must hold certificates")
		}
		out = append(out, b)
	}
	return out, nil
}

// write returns the protected header to sign, and checks it as a reader would.
func (h Header) write(algorithm int64) (strictcbor.Map, error) {
	if len(h.Unprotected) > 0 {
		return nil, bad("cose.header", "", "nothing is written that the signature does not cover")
	}
	m := maps.Clone(h.Protected)
	if m == nil {
		m = strictcbor.Map{}
	}
	for _, label := range []int64{labelAlgorithm, labelCritical, labelContentType, labelKeyID, labelClaims, labelType, labelChain} {
		if _, ok := m[label]; ok {
			return nil, bad("cose.header", "", "the parameter %d has a field of its own or is not written", label)
		}
	}
	m[labelAlgorithm] = algorithm
	if len(h.KeyID) > 0 {
		m[labelKeyID] = h.KeyID
	}
	if h.Type != "" {
		m[labelType] = typeValue(h.Type)
	}
	if h.ContentType != "" {
		m[labelContentType] = typeValue(h.ContentType)
	}
	switch len(h.Chain) {
	case 0:
	case 1:
		m[labelChain] = h.Chain[0]
	default:
		list := []any{}
		for _, c := range h.Chain {
			list = append(list, c)
		}
		m[labelChain] = list
	}
	if h.Claims != nil {
		claims, err := h.Claims.Map()
		if err != nil {
			return nil, err
		}
		m[labelClaims] = claims
	}
	check := Header{Protected: m}
	return m, check.read()
}
