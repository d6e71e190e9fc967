package pixelpass_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/inflate"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/pixelpass"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
)

// The codes of PixelPass's own tests (mosip/pixelpass, js/test).
func TestPublished(t *testing.T) {
	for text, want := range map[string]pixelpass.Content{
		"NCFKVPV0QSIP600GP5L0":        {Text: "hello"},
		"NCF3QBXJA5NJRCOC004 QN4":     {JSON: []byte(`{"temp":15}`)},
		"NCF3QBXJA5NJRCOC004 QN4\r\n": {JSON: []byte(`{"temp":15}`)},
	} {
		if got, err := pixelpass.Decode(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	names := pixelpass.Names{"id": "1", "name": "2", "l_name": "3"}
	document := map[string]any{"name": "Jhon", "id": "207", "l_name": "Honay"}
	b, err := pixelpass.EncodeMapped(document, names)
	if err != nil || hex.EncodeToString(b) != "a36131633230376132644a686f6e613365486f6e6179" {
		t.Errorf("%x, %v", b, err)
	}
	for _, data := range []string{"a302644a686f6e01633230370365486f6e6179", "a36131633230376132644a686f6e613365486f6e6179"} {
		b, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pixelpass.DecodeMapped(b, names); err != nil || !reflect.DeepEqual(got, document) {
			t.Errorf("%s: %v, %v", data, got, err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, document := range []string{
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"name":"कविता","credits":3.5,"n":-1,"list":[true,false,null,{}],"e":"","proof":{"proofValue":"z3"}}`,
		`[]`, `{}`, `"text"`, `0`, `-0.0`, `1e-7`, `0.1`, `9007199254740991`, `null`, `[[[[1]]]]`,
	} {
		text, err := pixelpass.Encode([]byte(document))
		if err != nil {
			t.Errorf("%s: %v", document, err)
			continue
		}
		tree, err := strictjson.Parse([]byte(document), strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pixelpass.Decode(text); err != nil || !bytes.Equal(got.JSON, want) || got.Text != "" {
			t.Errorf("%s: %s, %v", document, got.JSON, err)
		}
	}
	for _, text := range []string{"hello", "eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.AAAA", "कविता", "https://x.example/?a=1"} {
		code, err := pixelpass.EncodeText(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := pixelpass.Decode(code); err != nil || got.Text != text || got.JSON != nil {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for name, text := range map[string]string{"the CBOR of 1": "\x01", "the CBOR of a text": "gAAAAAAA", "not UTF-8": "\xff\xfe", "nothing": ""} {
		if code, err := pixelpass.EncodeText(text); cairn.CodeOf(err) != "pixelpass.text" && cairn.CodeOf(err) != "pixelpass.not-json" {
			t.Errorf("%s: %s, %v", name, code, err)
		}
	}
}

// Nothing that we write has a block that is stored as it is (pack.go), whatever the
// bytes are.
func TestNoStoredBlocks(t *testing.T) {
	stored := 0
	for _, text := range []string{"", "a", "कविता", "ትዕግስት", "李", "\u00ff\u0080", "a1b2c3d4e5f6", strings.Repeat("कविता", 40)} {
		plain, err := inflate.Pack([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if plain[2]>>1&3 == 0 {
			stored++
		}
		document, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		code, err := pixelpass.Encode(document)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := base45.Decode(code)
		if err != nil {
			t.Fatal(err)
		}
		if packed[2]>>1&3 == 0 {
			t.Errorf("%q is stored as it is: %x", text, packed)
		}
		if got, err := pixelpass.Decode(code); err != nil || canonical(t, got.JSON) != canonical(t, document) {
			t.Errorf("%q came back as %s, %v", text, got.JSON, err)
		}
	}
	if stored == 0 {
		t.Error("no text of this test would be stored, so it shows nothing")
	}
}

func canonical(t *testing.T, text []byte) string {
	t.Helper()
	tree, err := strictjson.Parse(text, strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	b, err := jcs.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func code(t testing.TB, content []byte) string {
	t.Helper()
	packed, err := inflate.Pack(content)
	if err != nil {
		t.Fatal(err)
	}
	return base45.Encode(packed)
}

func TestRefused(t *testing.T) {
	cbor := func(v any) []byte {
		b, err := strictcbor.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := code(t, cbor(strictcbor.Map{"a": int64(1)}))
	var noise []byte // that hardly packs
	for sum := sha256.Sum256(nil); len(noise) < 16_000; sum = sha256.Sum256(sum[:]) {
		noise = append(noise, sum[:]...)
	}
	for name, c := range map[string]struct{ text, code string }{
		"nothing":            {"", "inflate.damaged"},
		"Q02 lower case":     {strings.ToLower(good), "base45.form"},
		"Q02 cut":            {good[:len(good)-2], "base45.form"},
		"a link":             {"HTTPS://X.EXAMPLE/1A", "base45.form"},
		"not packed":         {base45.Encode(cbor("x")), "inflate.damaged"},
		"something behind":   {good + "000", "inflate.trailing"},
		"Q01 bomb":           {code(t, make([]byte, 1<<20)), "pixelpass.too-large"},
		"too long":           {strings.Repeat("0", pixelpass.MaxText+1), "pixelpass.too-large"},
		"numbers as keys":    {code(t, cbor(strictcbor.Map{int64(1): "x"})), "pixelpass.not-json"},
		"bytes":              {code(t, cbor([]any{[]byte("x")})), "pixelpass.not-json"},
		"2^53":               {code(t, cbor(int64(1<<53))), "pixelpass.not-json"},
		"-2^53":              {code(t, cbor(int64(-1<<53))), "pixelpass.not-json"},
		"1e300":              {code(t, cbor(1e300)), "pixelpass.not-json"},
		"U+0000":             {code(t, cbor("a\x00")), "pixelpass.not-json"},
		"U+0000 in a name":   {code(t, cbor(strictcbor.Map{"\x00": true})), "pixelpass.not-json"},
		"Q03 duplicate key":  {code(t, []byte{0xa2, 0x61, 'a', 1, 0x61, 'a', 2}), "pixelpass.not-json"},
		"Q03 indefinite":     {code(t, []byte{0x9f, 1, 0xff}), "pixelpass.not-json"},
		"Q03 tag":            {code(t, []byte{0xc1, 0x81, 1}), "pixelpass.not-json"},
		"Q03 depth 100":      {code(t, append(bytes.Repeat([]byte{0x81}, 100), 0x80)), "pixelpass.not-json"},
		"Q04 length 2^63":    {code(t, []byte{0x9b, 0x80, 0, 0, 0, 0, 0, 0, 0}), "pixelpass.not-json"},
		"two items":          {code(t, []byte{0x80, 0x80}), "pixelpass.not-json"},
		"neither":            {code(t, []byte{0xff, 0xfe, 0xfd}), "pixelpass.not-json"},
		"half of a document": {code(t, cbor(strictcbor.Map{"a": "bcd"})[:4]), "pixelpass.not-json"},
	} {
		if got, err := pixelpass.Decode(c.text); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v, want %s", name, got, err, c.code)
		}
	}
	for name, c := range map[string]struct{ document, code string }{
		"not JSON": {"x", "json.syntax"}, "member twice": {`{"a":1,"a":2}`, "json.duplicate-name"}, "too large": {`"` + strings.Repeat("a", pixelpass.MaxUnpacked) + `"`, "json.too-large"},
		"1e300": {`1e300`, "json.number-range"}, "does not pack": {`"` + hex.EncodeToString(noise) + `"`, "pixelpass.too-large"},
	} {
		if _, err := pixelpass.Encode([]byte(c.document)); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestMappedRefuses(t *testing.T) {
	names := pixelpass.Names{"id": "1", "name": "2"}
	for name, c := range map[string]struct {
		document map[string]any
		names    pixelpass.Names
		code     string
	}{
		"short name of another": {map[string]any{"1": "x"}, names, "pixelpass.names"},
		"two for one":           {map[string]any{}, pixelpass.Names{"a": "1", "b": "1"}, "pixelpass.names"},
		"crossed":               {map[string]any{}, pixelpass.Names{"a": "b", "b": "a"}, "pixelpass.names"},
		"no name":               {map[string]any{}, pixelpass.Names{"a": ""}, "pixelpass.names"},
		"not a tree":            {map[string]any{"x": math.NaN()}, names, "cbor.value"},
	} {
		if _, err := pixelpass.EncodeMapped(c.document, c.names); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for data, want := range map[string]string{"a2016161613161 62": "pixelpass.names", "a2016161626964 6162": "pixelpass.names", "80": "cbor.form", "a1014101": "pixelpass.not-json", "a1": "cbor.form"} {
		b, err := hex.DecodeString(strings.ReplaceAll(data, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pixelpass.DecodeMapped(b, names); cairn.CodeOf(err) != want {
			t.Errorf("%s: %v, %v, want %s", data, got, err, want)
		}
	}
	got, err := pixelpass.DecodeMapped([]byte{0xa2, 0x18, 99, 1, 0x61, 'x', 0x20}, names)
	if err != nil || !reflect.DeepEqual(got, map[string]any{"99": json.Number("1"), "x": json.Number("-1")}) {
		t.Errorf("names that are not shortened: %v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("NCFKVPV0QSIP600GP5L0", []byte(`{"a":[1,2.5,"x"]}`))
	f.Add("NCF3QBXJA5NJRCOC004 QN4", []byte("\xa1\x61a\x01"))
	f.Fuzz(bounds.Pair(func(t *testing.T, text string, content []byte) {
		for _, text := range []string{text, code(t, content)} {
			got, err := pixelpass.Decode(text)
			if err != nil {
				if cairn.CodeOf(err) == "" {
					t.Fatalf("an error without a code: %v", err)
				}
				continue
			}
			if (got.JSON == nil) == (got.Text == "") {
				t.Fatalf("both or neither: %+v", got)
			}
			if got.JSON == nil {
				continue
			}
			// What was read can be written, and reads the same.
			again, err := pixelpass.Encode(got.JSON)
			if cairn.KindOf(err) == cairn.TooLarge {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", got.JSON, err)
			}
			if back, err := pixelpass.Decode(again); err != nil || !bytes.Equal(back.JSON, got.JSON) {
				t.Fatalf("%s became %s, %v", got.JSON, back.JSON, err)
			}
		}
	}))
}

func FuzzDecodeMapped(f *testing.F) {
	f.Add([]byte{0xa1, 1, 0x61, 'x'})
	names := pixelpass.Names{"id": "1", "name": "2"}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		tree, err := pixelpass.DecodeMapped(data, names)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		b, err := pixelpass.EncodeMapped(tree, names)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := pixelpass.DecodeMapped(b, names); err != nil || !reflect.DeepEqual(back, tree) {
			t.Fatalf("%v became %v, %v", tree, back, err)
		}
	}))
}
