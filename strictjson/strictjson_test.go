package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/strictjson"
)

func TestParse(t *testing.T) {
	got, err := strictjson.Parse([]byte(" {\"a\":[1,-2.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\"],\"\":{}} \n"), strictjson.Default)
	want := map[string]any{"a": []any{json.Number("1"), json.Number("-2.5e3"), true, false, nil, "é😀\n\"/"}, "": map[string]any{}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
}

// The cases of SECURITY 6, group P, that concern reading.
func TestParseRefuses(t *testing.T) {
	nested := strings.Repeat("[", 65) + strings.Repeat("]", 65)
	for _, c := range []struct{ name, in, code, field string }{
		{"P01 duplicate", `{"a":1,"a":2}`, "json.duplicate-name", "/a"},
		{"P01 duplicate deep", `{"x":[{"a":1,"\u0061":2}]}`, "json.duplicate-name", "/x/0/a"},
		{"P03 bad UTF-8", "{\"a\":\"\xff\"}", "json.utf8", "/a"},
		{"P03 bad UTF-8 after escape", "{\"a\":\"\\n\xff\"}", "json.utf8", "/a"},
		{"P03 overlong", "[\"\xc0\x80\"]", "json.utf8", "/0"},
		{"P03 high surrogate", `["\ud800"]`, "json.surrogate", "/0"},
		{"P03 low surrogate", `["\udc00"]`, "json.surrogate", "/0"},
		{"P03 pair reversed", `["\udc00\ud800"]`, "json.surrogate", "/0"},
		{"P03 NUL in name", `{"a\u0000b":1}`, "json.nul", ""},
		{"P03 raw control", "[\"\x01\"]", "json.syntax", "/0"},
		{"P04 second value", `{} {}`, "json.trailing", ""},
		{"P04 garbage", `{}x`, "json.trailing", ""},
		{"P05 BOM", "\xef\xbb\xbf{}", "json.bom", ""},
		{"P06 depth", nested, "json.too-deep", strings.Repeat("/0", 64)},
		{"P07 values", "[" + strings.Repeat("1,", 20001) + "1]", "json.too-many", "/19999"},
		{"P08 integer", `[9007199254740992]`, "json.number-range", "/0"},
		{"P08 negative integer", `[-9007199254740993]`, "json.number-range", "/0"},
		{"P08 as exponent", `[1e16]`, "json.number-range", "/0"},
		{"P10 overflow", `[1e400]`, "json.number-range", "/0"},
		{"P10 NaN", `[NaN]`, "json.syntax", "/0"},
		{"P10 Infinity", `[Infinity]`, "json.syntax", "/0"},
		{"P16 comment", `{"a":1/*x*/}`, "json.syntax", ""},
		{"P16 trailing comma", `[1,]`, "json.syntax", "/1"},
		{"P16 trailing comma in object", `{"a":1,}`, "json.syntax", ""},
		{"P16 single quotes", `{'a':1}`, "json.syntax", ""},
		{"leading zero", `[01]`, "json.number", "/0"},
		{"plus", `[+1]`, "json.syntax", "/0"},
		{"bare point", `[1.]`, "json.number", "/0"},
		{"bare exponent", `[1e]`, "json.number", "/0"},
		{"minus", `[-]`, "json.number", "/0"},
		{"bad escape", `["\x"]`, "json.syntax", "/0"},
		{"short escape", `["\u12"]`, "json.syntax", "/0"},
		{"signed escape", `["\u+123"]`, "json.syntax", "/0"},
		{"word", `[truth]`, "json.syntax", "/0"},
		{"empty", ``, "json.truncated", ""},
		{"cut in object", `{"a":`, "json.truncated", "/a"},
		{"cut in text", `{"a":"b`, "json.truncated", "/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := strictjson.Parse([]byte(c.in), strictjson.Default)
			if err == nil {
				t.Fatalf("was read as %v", v)
			}
			var e *cairn.Error
			if !errors.As(err, &e) || e.Code != c.code {
				t.Fatalf("got %v with code %q, want %q", err, cairn.CodeOf(err), c.code)
			}
			if e.Field != c.field && c.field != "" {
				t.Errorf("place %q, want %q", e.Field, c.field)
			}
		})
	}
	if _, err := strictjson.Parse(make([]byte, 100), strictjson.Limits{Bytes: 99, Depth: 1, Values: 1}); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("too many bytes: %v", err)
	}
	if _, err := strictjson.ParseObject([]byte("[]"), strictjson.Default); cairn.CodeOf(err) != "json.not-object" {
		t.Errorf("P17: %v", err)
	}
}

type request struct {
	Name   string            `json:"name"`
	Count  int               `json:"count"`
	Credit cairn.Credits     `json:"credit"`
	List   []string          `json:"list,omitempty"`
	Inner  *struct{ X bool } `json:"inner"`
	Map    map[string]int    `json:"map"`
}

func TestDecode(t *testing.T) {
	var r request
	err := strictjson.Decode([]byte(`{"name":"n","count":3,"credit":"10/3","list":["a"],"inner":{"X":true},"map":{"k":1}}`), strictjson.Default, &r)
	if err != nil || r.Name != "n" || r.Count != 3 || r.Credit.String() != "10/3" || !r.Inner.X || r.Map["k"] != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	for in, want := range map[string]string{
		`{"Name":"n"}`:       "json.unknown-member", // P02: names are compared letter by letter
		`{"name":1}`:         "json.type",
		`{"count":1.5}`:      "json.type",
		`{"count":"1"}`:      "json.type",
		`{"name":null}`:      "json.type",
		`{"credit":3}`:       "json.type",
		`{"credit":"-3"}`:    "json.value",
		`{"inner":{"x":1}}`:  "json.unknown-member",
		`{"list":{"0":"a"}}`: "json.type",
		`{"map":{"k":"1"}}`:  "json.type",
		`[]`:                 "json.type",
	} {
		if err := strictjson.Decode([]byte(in), strictjson.Default, &request{}); cairn.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(strings.Repeat("[", 100_000)))
	f.Add([]byte(strings.Repeat(`{"a":`, 100_000)))
	f.Add([]byte("[" + strings.Repeat("1,", 500_000)))
	f.Add([]byte("1e" + strings.Repeat("9", 100_000)))
	f.Add([]byte(`"` + strings.Repeat(`\\ud800`, 100_000)))
	for _, s := range []string{`{"a":[1,2.5,"x\u00e9"]}`, `[[],{}]`, `"\ud83d\ude00"`, `-0.0e-1`} {
		f.Add([]byte(s))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		v, err := strictjson.Parse(data, strictjson.Default)
		if err != nil {
			return
		}
		// What we accept, the standard library accepts with the same meaning.
		dec := json.NewDecoder(strings.NewReader(string(data)))
		dec.UseNumber()
		var std any
		if err := dec.Decode(&std); err != nil {
			t.Fatalf("%q: accepted here, refused by encoding/json: %v", data, err)
		}
		if !reflect.DeepEqual(v, std) {
			t.Fatalf("%q: %#v here, %#v there", data, v, std)
		}
	}))
}
