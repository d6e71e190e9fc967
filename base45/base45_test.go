package base45_test

import (
	"bytes"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/internal/bounds"
)

// The examples of RFC 9285, sections 4.3 and 4.4.
func TestPublished(t *testing.T) {
	for plain, coded := range map[string]string{"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0", "": ""} {
		if got := base45.Encode([]byte(plain)); got != coded {
			t.Errorf("Encode(%q) = %q, want %q", plain, got, coded)
		}
		if got, err := base45.Decode(coded); err != nil || string(got) != plain {
			t.Errorf("Decode(%q) = %q, %v", coded, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, code string }{
		"Q02 one character":          {"A", "base45.form"},
		"Q02 one over":               {"BB8A", "base45.form"},
		"Q02 lower case":             {"bb8", "base45.form"},
		"Q02 triple over 65535":      {"GGW", "base45.form"}, // RFC 9285, section 6: FGW is the last one
		"Q02 largest triple":         {":::", "base45.form"},
		"Q02 pair over 255":          {"::", "base45.form"},
		"Q02 pair of 256":            {"V5", "base45.form"},
		"Q02 outside of the letters": {"BB8\n", "base45.form"},
		"Q02 comma":                  {"B,8", "base45.form"},
		"Q02 not ASCII":              {"BBé", "base45.form"},
		"too long":                   {strings.Repeat("0", base45.MaxText+3), "base45.too-large"},
	} {
		if got, err := base45.Decode(c.text); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %x, %v, want %s", name, got, err, c.code)
		}
	}
	if got, err := base45.Decode("FGW"); err != nil || !bytes.Equal(got, []byte{255, 255}) {
		t.Errorf("FGW: %x, %v", got, err)
	}
	if got, err := base45.Decode("U5"); err != nil || !bytes.Equal(got, []byte{255}) {
		t.Errorf("U5: %x, %v", got, err)
	}
}

// What is read is written the same again, and the other way round.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "BB8", "%69 VD92EX0", ":::", "GGW", "A"} {
		f.Add(s)
	}
	f.Add(strings.Repeat("BB8", base45.MaxText/6))
	f.Fuzz(bounds.Each(func(t *testing.T, text string) {
		if back, err := base45.Decode(base45.Encode([]byte(text))); err != nil || string(back) != text {
			t.Fatalf("%q became %q, %v", text, back, err)
		}
		b, err := base45.Decode(text)
		if err == nil && base45.Encode(b) != text {
			t.Fatalf("two texts for %x", b)
		}
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	}))
}
