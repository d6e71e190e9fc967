// Package strictcbor reads CBOR (RFC 8949) from outside, strictly and within
// limits, and writes it in the deterministic encoding. What two readers could
// understand in two ways is refused: keys that occur twice, text that is not
// UTF-8, undefined, numbers beyond what Go's types hold.
//
// Most callers need Parse or, where a signed thing must have one spelling,
// ParseDeterministic; and Marshal. Tags are refused everywhere: the formats that
// we read have a few of them at their beginning, and those are for the package of
// the format to take off.
package strictcbor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"cairn.example"
)

// Limits bound the work that one item can cause.
type Limits struct {
	Bytes  int // length of the encoding
	Depth  int // nesting of arrays and maps, 4 to 100
	Values int // items of any kind together, the keys of maps included
}

// Default suits a signed token or the content of a QR code.
var Default = Limits{Bytes: 1 << 20, Depth: 16, Values: 20_000}

// Map is what a CBOR map becomes. Keys are int64 or string.
type Map = map[any]any

// encMode is the core deterministic encoding of RFC 8949, section 4.2.1.
var encMode = func() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty // so that null is nobody's spelling of empty
	o.NaNConvert = cbor.NaNConvertReject
	o.InfConvert = cbor.InfConvertReject
	o.TagsMd = cbor.TagsForbidden
	m, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return m
}()

func decMode(l Limits) cbor.DecMode {
	simple, err := cbor.NewSimpleValueRegistryFromDefaults(cbor.WithRejectedSimpleValue(23)) // undefined
	if err != nil {
		panic(err) // the options are constants
	}
	m, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		IntDec:           cbor.IntDecConvertSignedOrFail,
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
		SimpleValues:     simple,
		MaxNestedLevels:  min(max(l.Depth, 4), 100),
		MaxArrayElements: max(l.Values, 16),
		MaxMapPairs:      max(l.Values, 16),
	}.DecMode()
	if err != nil {
		panic(err) // the limits are within what the library takes
	}
	return m
}

// Parse reads one CBOR item that must fill data. Maps become Map, arrays []any,
// byte strings []byte, text string, integers int64, and the rest float64, bool and
// nil. Refused are indefinite lengths, tags, duplicate keys, keys that are neither
// integers nor text, undefined and other simple values, NaN and infinities,
// integers outside of int64, anything behind the item, and whatever is over the
// limits. Codes: cbor.form, cbor.key and cbor.too-large.
func Parse(data []byte, l Limits) (any, error) {
	if len(data) > l.Bytes {
		return nil, tooLarge("it has %d bytes; at most %d are read", len(data), l.Bytes)
	}
	m := decMode(l)
	// The library looks at the form of the whole before it makes anything, so a
	// length of 2^63 costs nothing; it does not bound the number of items.
	if err := m.Wellformed(data); err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cbor.form", Message: "this is not proper CBOR", Err: err}
	}
	if n := items(data, l.Values); n > l.Values {
		return nil, tooLarge("it has more than %d values", l.Values)
	}
	var v any
	if err := m.Unmarshal(data, &v); err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cbor.form", Message: "this is not proper CBOR", Err: err}
	}
	if err := check(v); err != nil {
		return nil, err
	}
	return v, nil
}

// ParseDeterministic is Parse for data that must be in the deterministic encoding
// (RFC 8949, section 4.2.1). Another spelling of the same has the code
// cbor.spelling.
func ParseDeterministic(data []byte, l Limits) (any, error) {
	v, err := Parse(data, l)
	if err != nil {
		return nil, err
	}
	again, err := Marshal(v)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cbor.spelling", Message: "this is not in its deterministic form"}
	}
	return v, nil
}

// ParseMap is Parse for an item that must be a map.
func ParseMap(data []byte, l Limits) (Map, error) {
	v, err := Parse(data, l)
	if err != nil {
		return nil, err
	}
	m, ok := v.(Map)
	if !ok {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cbor.form", Message: "this is not a CBOR map"}
	}
	return m, nil
}

// Marshal writes the deterministic encoding. It takes what Parse returns, and int,
// []string and map[string]any besides; anything else is a fault of the caller and
// has the kind Internal. The length of its output is not limited.
func Marshal(v any) ([]byte, error) {
	if err := checkTypes(v, 0); err != nil {
		return nil, err
	}
	b, err := encMode.Marshal(v)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cbor.value", Message: "this can't be written as CBOR", Err: err}
	}
	return b, nil
}

// items counts the items of a well-formed encoding without tags and indefinite
// lengths; it stops when there are more than the limit.
func items(data []byte, limit int) int {
	n := 0
	for len(data) > 0 && n <= limit {
		n++
		major, info := data[0]>>5, data[0]&31
		data = data[1:]
		arg := uint64(info)
		if info >= 24 {
			width := 1 << (info - 24)
			var wide [8]byte
			copy(wide[8-width:], data[:width])
			arg = binary.BigEndian.Uint64(wide[:])
			data = data[width:]
		}
		if major == 2 || major == 3 {
			data = data[arg:]
		}
	}
	return n
}

// check refuses what the library lets through: simple values without a meaning,
// and keys that are neither integers nor text.
func check(v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := check(e); err != nil {
				return err
			}
		}
	case Map:
		for k, e := range v {
			switch k.(type) {
			case int64, string:
			default:
				return &cairn.Error{Kind: cairn.Invalid, Code: "cbor.key", Message: "a key of a map is neither a whole number nor a text"}
			}
			if err := check(e); err != nil {
				return err
			}
		}
	case int64, float64, bool, string, []byte, nil:
	default:
		return &cairn.Error{Kind: cairn.Invalid, Code: "cbor.form", Message: "there is a value of a kind that is not read"}
	}
	return nil
}

const maxWritten = 100 // levels

func checkTypes(v any, depth int) error {
	if depth > maxWritten {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cbor.value", Message: "this is nested too deeply"}
	}
	switch v := v.(type) {
	case nil, bool, int, int64, []byte:
		return nil
	case string:
		return checkText(v)
	case []string:
		for _, e := range v {
			if err := checkText(e); err != nil {
				return err
			}
		}
		return nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &cairn.Error{Kind: cairn.Invalid, Code: "cbor.value", Message: "this is not a number"}
		}
		return nil
	case []any:
		for _, e := range v {
			if err := checkTypes(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for k, e := range v {
			if err := checkText(k); err != nil {
				return err
			}
			if err := checkTypes(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	case Map:
		for k, e := range v {
			switch k := k.(type) {
			case int, int64:
			case string:
				if err := checkText(k); err != nil {
					return err
				}
			default:
				return &cairn.Error{Kind: cairn.Internal, Code: "cbor.value", Message: fmt.Sprintf("a key of type %T can't be written", k)}
			}
			if err := checkTypes(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return &cairn.Error{Kind: cairn.Internal, Code: "cbor.value", Message: fmt.Sprintf("a value of type %T can't be written", v)}
}

func checkText(s string) error {
	if !utf8.ValidString(s) {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cbor.value", Message: "this is not UTF-8"}
	}
	return nil
}

func tooLarge(format string, args ...any) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "cbor.too-large", Message: fmt.Sprintf(format, args...)}
}
