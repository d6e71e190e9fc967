package strictcbor_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/strictcbor"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Rows of RFC 8949, appendix A, that lie in our part of CBOR; all are in the
// deterministic encoding.
var published = []struct {
	hex   string
	value any
}{
	{"00", int64(0)}, {"17", int64(23)}, {"1818", int64(24)}, {"1903e8", int64(1000)}, {"1b000000e8d4a51000", int64(1000000000000)},
	{"20", int64(-1)}, {"3863", int64(-100)}, {"3903e7", int64(-1000)}, {"f90000", 0.0}, {"f93c00", 1.0}, {"fb3ff199999999999a", 1.1},
	{"fa47c35000", 100000.0}, {"fb7e37e43c8800759c", 1.0e+300}, {"fbc010666666666666", -4.1}, {"f4", false}, {"f5", true}, {"f6", nil},
	{"40", []byte{}}, {"4401020304", []byte{1, 2, 3, 4}}, {"60", ""}, {"6449455446", "IETF"}, {"62c3bc", "ü"}, {"64f0908591", "\U00010151"},
	{"80", []any{}}, {"8301820203820405", []any{int64(1), []any{int64(2), int64(3)}, []any{int64(4), int64(5)}}},
	{"a0", strictcbor.Map{}}, {"a201020304", strictcbor.Map{int64(1): int64(2), int64(3): int64(4)}},
	{"a26161016162820203", strictcbor.Map{"a": int64(1), "b": []any{int64(2), int64(3)}}},
}

func TestPublished(t *testing.T) {
	for _, c := range published {
		got, err := strictcbor.ParseDeterministic(unhex(t, c.hex), strictcbor.Default)
		if err != nil || !reflect.DeepEqual(got, c.value) {
			t.Errorf("%s: %#v, %v, want %#v", c.hex, got, err, c.value)
		}
		if b, err := strictcbor.Marshal(c.value); err != nil || hex.EncodeToString(b) != c.hex {
			t.Errorf("%#v is written as %x, %v, want %s", c.value, b, err, c.hex)
		}
	}
}

func TestRefused(t *testing.T) {
	small := strictcbor.Limits{Bytes: 100, Depth: 8, Values: 20}
	for name, c := range map[string]struct{ hex, code string }{
		"nothing":                       {"", "cbor.form"},
		"Q03 trailing bytes":            {"0000", "cbor.form"},
		"Q03 cut":                       {"8201", "cbor.form"},
		"Q03 indefinite array":          {"9f01ff", "cbor.form"},
		"Q03 indefinite map":            {"bf0101ff", "cbor.form"},
		"Q03 indefinite text":           {"7f6161ff", "cbor.form"},
		"Q03 duplicate key":             {"a201010102", "cbor.form"},
		"Q03 duplicate text key":        {"a2616101616102", "cbor.form"},
		"Q03 duplicate key, long form":  {"a20101180102", "cbor.form"},
		"Q03 tag":                       {"c11a514b67b0", "cbor.form"},
		"Q03 unknown tag":               {"d9d9f700", "cbor.form"},
		"Q03 tag inside":                {"81c100", "cbor.form"},
		"Q03 depth 100":                 {strings.Repeat("81", 99) + "00", "cbor.form"},
		"one level too many":            {strings.Repeat("81", 9) + "00", "cbor.form"},
		"Q04 length 2^63":               {"5b8000000000000000", "cbor.form"},
		"Q04 length 2^64-1":             {"7bffffffffffffffff", "cbor.form"},
		"Q04 array of 2^32":             {"9b0000000100000000", "cbor.form"},
		"Q04 key 2^64-1":                {"a11bffffffffffffffff00", "cbor.form"},
		"Q04 key -2^64":                 {"a13bffffffffffffffff00", "cbor.form"},
		"integer 2^63":                  {"1b8000000000000000", "cbor.form"},
		"integer -2^63-1":               {"3b8000000000000000", "cbor.form"},
		"undefined":                     {"f7", "cbor.form"},
		"simple value":                  {"f0", "cbor.form"},
		"simple value, two bytes":       {"f8ff", "cbor.form"},
		"NaN":                           {"f97e00", "cbor.form"},
		"infinity":                      {"f97c00", "cbor.form"},
		"infinity, long":                {"fb7ff0000000000000", "cbor.form"},
		"text no UTF-8":                 {"61ff", "cbor.form"},
		"text half a surrogate":         {"63eda080", "cbor.form"},
		"reserved head":                 {"1c", "cbor.form"},
		"lonely break":                  {"ff", "cbor.form"},
		"key of bytes":                  {"a1410100", "cbor.key"},
		"key false":                     {"a1f400", "cbor.key"},
		"key null":                      {"a1f600", "cbor.key"},
		"key 1.5":                       {"a1f93e0000", "cbor.key"},
		"key is a list":                 {"a1800000", "cbor.form"},
		"too many bytes":                {"5864" + strings.Repeat("00", 100), "cbor.too-large"},
		"too many values":               {"94" + strings.Repeat("00", 20), "cbor.too-large"},
		"too many values in many lists": {"8a" + strings.Repeat("8100", 10), "cbor.too-large"},
	} {
		if got, err := strictcbor.Parse(unhex(t, c.hex), small); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %#v, %v, want %s", name, got, err, c.code)
		}
	}
	if _, err := strictcbor.Parse(unhex(t, strings.Repeat("81", 8)+"00"), small); err != nil {
		t.Errorf("as deep as allowed: %v", err)
	}
	if _, err := strictcbor.Parse(unhex(t, "93"+strings.Repeat("00", 19)), small); err != nil {
		t.Errorf("as many values as allowed: %v", err)
	}
	for name, h := range map[string]string{
		"long integer": "1800", "longer integer": "190001", "long length": "58020000", "long float": "fa00000000",
		"longest float": "fb3ff0000000000000", "unsorted": "a203040102", "long array": "980100", "unsorted texts": "a2616201616101",
	} {
		if _, err := strictcbor.Parse(unhex(t, h), small); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := strictcbor.ParseDeterministic(unhex(t, h), small); cairn.CodeOf(err) != "cbor.spelling" {
			t.Errorf("%s: %v, want cbor.spelling", name, err)
		}
	}
	if _, err := strictcbor.ParseMap(unhex(t, "80"), small); cairn.CodeOf(err) != "cbor.form" {
		t.Errorf("a list is no map: %v", err)
	}
}

func TestMarshalRefuses(t *testing.T) {
	deep := any(int64(1))
	for range 200 {
		deep = []any{deep}
	}
	for name, c := range map[string]struct {
		value any
		kind  cairn.Kind
	}{
		"NaN": {math.NaN(), cairn.Invalid}, "infinity": {math.Inf(-1), cairn.Invalid}, "not UTF-8": {"\xff", cairn.Invalid}, "a key not UTF-8": {map[string]any{"\xff": 1}, cairn.Invalid}, "deep": {deep, cairn.Invalid},
		"a struct": {struct{}{}, cairn.Internal}, "a key of another kind": {strictcbor.Map{1.5: 1}, cairn.Internal}, "an inner struct": {[]any{struct{}{}}, cairn.Internal},
	} {
		if b, err := strictcbor.Marshal(c.value); cairn.KindOf(err) != c.kind || cairn.CodeOf(err) != "cbor.value" {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
	b, err := strictcbor.Marshal(map[string]any{"b": []string{"x"}, "a": 1})
	if err != nil || !bytes.Equal(b, unhex(t, "a26161016162816178")) {
		t.Errorf("%x, %v", b, err)
	}
}

// What is read can be written, and what was written reads the same again.
func FuzzParse(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0x81}, 100_000))
	f.Add(bytes.Repeat([]byte{0x9f}, 100_000))
	f.Add(bytes.Repeat([]byte{0xc1}, 100_000))
	f.Add([]byte("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\xbb\x00\x00\x00\x00\xff\xff\xff\xff"))
	for _, c := range published {
		f.Add(unhex(f, c.hex))
	}
	for _, h := range []string{"9f01ff", "a201010102", "5b8000000000000000", "d9d9f700", "fa00000000", "a203040102"} {
		f.Add(unhex(f, h))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		v, err := strictcbor.Parse(data, strictcbor.Default)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		b, err := strictcbor.Marshal(v)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		if len(b) > len(data) {
			t.Fatalf("%x is longer than %x", b, data)
		}
		again, err := strictcbor.ParseDeterministic(b, strictcbor.Default)
		if err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("%#v became %#v, %v", v, again, err)
		}
	}))
}
