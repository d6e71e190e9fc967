package tokenstatus

import (
	"encoding/json"
	"strconv"

	"cairn.example/strictcbor"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

const (
	maxIndex       = 1<<53 - 1
	maxURI         = 2000   // characters
	maxAggregation = 10_000 // lists
)

// Reference is a token's place in a list: the status_list member of its status
// claim (section 6).
type Reference struct {
	URI   string // of the list
	Index int
}

// ReadReference reads the status claim of a token in JSON, a tree of strictjson.
// The second result is false when it names no Token Status List but, perhaps,
// another mechanism. The code is tokenstatus.reference.
func ReadReference(status any) (Reference, bool, error) {
	m, ok := status.(map[string]any)
	if !ok {
		return Reference{}, false, bad("tokenstatus.reference", "status", "status must be an object")
	}
	v, ok := m["status_list"]
	if !ok {
		return Reference{}, false, nil
	}
	list, ok := v.(map[string]any)
	if !ok {
		return Reference{}, false, bad("tokenstatus.reference", "status.status_list", "status_list must be an object")
	}
	n, ok := list["idx"].(json.Number)
	index, err := strconv.Atoi(n.String())
	if !ok || err != nil || strconv.Itoa(index) != n.String() {
		return Reference{}, false, badIndex()
	}
	uri, _ := list["uri"].(string)
	r := Reference{URI: uri, Index: index}
	return r, true, r.check()
}

// ReadReferenceCBOR is ReadReference for the status claim (65535) of a token in
// CBOR.
func ReadReferenceCBOR(status any) (Reference, bool, error) {
	m, ok := status.(strictcbor.Map)
	if !ok {
		return Reference{}, false, bad("tokenstatus.reference", "status", "status must be a map")
	}
	v, ok := m["status_list"]
	if !ok {
		return Reference{}, false, nil
	}
	list, ok := v.(strictcbor.Map)
	if !ok {
		return Reference{}, false, bad("tokenstatus.reference", "status.status_list", "status_list must be a map")
	}
	index, ok := list["idx"].(int64)
	if !ok {
		return Reference{}, false, badIndex()
	}
	uri, _ := list["uri"].(string)
	r := Reference{URI: uri, Index: int(index)}
	return r, true, r.check()
}

// ClaimStatus is the number of the status claim in a CWT (section 6.3).
const ClaimStatus = int64(65535)

func badIndex() error {
	return bad("tokenstatus.reference", "status.status_list.idx", "idx must be a whole number from 0")
}

func (r Reference) check() error {
	if r.Index < 0 || r.Index > maxIndex {
		return badIndex()
	}
	if !vc.IsURL(r.URI) || len(r.URI) > maxURI {
		return bad("tokenstatus.reference", "status.status_list.uri", "the list must be named by a URI")
	}
	return nil
}

// Tree returns the status claim for a token in JSON.
func (r Reference) Tree() map[string]any {
	return map[string]any{"status_list": map[string]any{"idx": json.Number(strconv.Itoa(r.Index)), "uri": r.URI}}
}

// CBOR returns the status claim for a token in CBOR.
func (r Reference) CBOR() strictcbor.Map {
	return strictcbor.Map{"status_list": strictcbor.Map{"idx": int64(r.Index), "uri": r.URI}}
}

// ReadAggregation reads a Status List Aggregation (section 9.3): the addresses of
// all lists of an issuer, for use offline. It is not signed: it says what to
// fetch, and nothing about anybody's status.
func ReadAggregation(data []byte) ([]string, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Default)
	if err != nil {
		return nil, err
	}
	list, ok := tree["status_lists"].([]any)
	if !ok || len(list) > maxAggregation {
		return nil, bad("tokenstatus.aggregation", "status_lists", "status_lists must be a list of at most %d addresses", maxAggregation)
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || !vc.IsURL(s) || len(s) > maxURI {
			return nil, bad("tokenstatus.aggregation", "status_lists", "status_lists must be a list of addresses")
		}
		out = append(out, s)
	}
	return out, nil
}
