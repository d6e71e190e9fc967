package jcs_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	webpki "github.com/gowebpki/jcs"

	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

func canonical(t *testing.T, text string) string {
	t.Helper()
	v, err := strictjson.Parse([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(b)
}

func TestMarshal(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		// RFC 8785, sections 3.2.2 and 3.2.3; its 1E30 is in TestNumbers, since strictjson refuses such integers
		{"sample", "{\"numbers\":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\"literals\":[null,true,false]}",
			"{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
		{"order", `{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		{"minus zero", "[-0, -0.0, 0e5]", "[0,0,0]"},
		{"same number", "[1.0, 1e0, 10e-1, 100, 1e2]", "[1,1,1,100,100]"},
		{"escaped slash", `["\/","/","\u0041"]`, `["/","/","A"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := canonical(t, c.in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// The table of RFC 8785, appendix B: IEEE 754 bits and the ECMAScript text.
func TestNumbers(t *testing.T) {
	for bits, want := range map[uint64]string{
		0x0000000000000000: "0", 0x8000000000000000: "0", 0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324",
		0x7fefffffffffffff: "1.7976931348623157e+308", 0xffefffffffffffff: "-1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992",
		0x4430000000000000: "295147905179352830000", 0x44b52d02c7e14af5: "9.999999999999997e+22",
		0x44b52d02c7e14af6: "1e+23", 0x44b52d02c7e14af7: "1.0000000000000001e+23", 0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef4f: "999999999999999900000", 0x444b1ae4d6e2ef50: "1e+21", 0x46293e5939a08cea: "1e+30", 0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7",
		0x3eb0c6f7a0b5ed8d: "0.000001", 0x41b3de4355555553: "333333333.3333332", 0x41b3de4355555557: "333333333.33333343",
		0xbecbf647612f3696: "-0.0000033333333333333333", 0x43143ff3c1cb0959: "1424953923781206.2",
	} {
		text, err := json.Marshal(math.Float64frombits(bits))
		if err != nil {
			t.Fatal(err)
		}
		got, err := jcs.Marshal(json.Number(text))
		if err != nil || string(got) != want {
			t.Errorf("%x: got %s, want %s (%v)", bits, got, want, err)
		}
	}
}

func TestMarshalRefuses(t *testing.T) {
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	for name, v := range map[string]any{
		"float": 1.5, "bad text": "\xff", "bad name": map[string]any{"\xff": 1}, "infinite": json.Number("1e999"),
		"not a number": json.Number("NaN"), "hexadecimal": json.Number("0x10"), "plus": json.Number("+1"), "no number": json.Number(""),
		"space": json.Number(" 1"), "too long for a double": int64(9007199254740993), "too long below zero": -9007199254740993,
		"float NaN": math.NaN(), "struct": struct{}{}, "deep": deep,
	} {
		if b, err := jcs.Marshal(v); err == nil {
			t.Errorf("%s was written as %s", name, b)
		}
	}
}

func FuzzMarshal(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.5,-0],"a":"\u00e9\n"}`, `[1e-7,1e21,"\ud83d\ude00"]`, `{"":{"\u0080":null}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		v, err := strictjson.Parse(data, strictjson.Default)
		if err != nil {
			return
		}
		once, err := jcs.Marshal(v)
		if err != nil {
			t.Fatalf("%q was read but not written: %v", data, err)
		}
		again, err := strictjson.Parse(once, strictjson.Default)
		if err != nil {
			t.Fatalf("%s does not read back: %v", once, err)
		}
		twice, err := jcs.Marshal(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("not stable: %s then %s (%v)", once, twice, err)
		}
		if c := strings.TrimSpace(string(data)); c != "" && (c[0] == '{' || c[0] == '[') {
			if other, err := webpki.Transform(data); err == nil && !bytes.Equal(once, other) {
				t.Fatalf("another implementation writes %s, we write %s", other, once)
			}
		}
	}))
}

// P14 of SECURITY 6: random doubles of every size, against another implementation.
func TestNumbersSample(t *testing.T) {
	random := rand.New(rand.NewPCG(8785, 1))
	for range 100_000 {
		f := math.Float64frombits(random.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		got, err := jcs.Marshal(json.Number(strconv.FormatFloat(f, 'g', -1, 64)))
		want, werr := webpki.NumberToJSON(f)
		if err != nil || werr != nil || string(got) != want {
			t.Fatalf("%x: got %s, want %s (%v, %v)", math.Float64bits(f), got, want, err, werr)
		}
	}
}
