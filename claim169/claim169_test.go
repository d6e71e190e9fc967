package claim169_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/claim169"
	"cairn.example/cose"
	"cairn.example/inflate"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

func vectors(t testing.TB) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/idpass.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			out[name] = text
		}
	}
	return out
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// What the vectors say, as idpass/claim-169 expects it.
var persons = map[string]struct {
	person claim169.Person
	claims cose.Claims
}{
	"valid/minimal":           {claim169.Person{ID: "ID-12345-ABCDE", FullName: "John Doe"}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"valid/ed25519-signed":    {claim169.Person{ID: "ID-SIGNED-001", FullName: "Signed Test Person"}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"valid/ecdsa-p256-signed": {claim169.Person{ID: "ID-ECDSA-001", FullName: "ECDSA Test Person"}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"edge/expired":            {claim169.Person{ID: "ID-EXPIRED-001", FullName: "Expired Test Person"}, cose.Claims{Expires: at(1609459200), IssuedAt: at(1577836800)}},
	"edge/not-yet-valid":      {claim169.Person{ID: "ID-FUTURE-001", FullName: "Future Test Person"}, cose.Claims{Expires: at(2556144000), NotBefore: at(2524608000), IssuedAt: at(1700000000)}},
	"edge/unknown-fields":     {claim169.Person{ID: "ID-UNKNOWN-001", FullName: "Unknown Fields Person", Others: strictcbor.Map{int64(30): "reserved field 30", int64(45): int64(12345), int64(70): []byte{1, 2, 3}, int64(99): true}}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"valid/with-face":         {claim169.Person{ID: "ID-FACE-001", FullName: "Face Test Person", Biometrics: map[int64][]claim169.Biometric{62: {{Data: []byte{255, 216, 255, 224, 0, 16}, Format: 0, SubFormat: 1}}}}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"valid/with-fingerprints": {claim169.Person{ID: "ID-FINGER-001", FullName: "Fingerprint Test Person", Biometrics: map[int64][]claim169.Biometric{50: {{Data: []byte("FIR\x00"), Format: 1, SubFormat: 1}}, 51: {{Data: []byte("FIR\x01"), Format: 1, SubFormat: 1}}}}, cose.Claims{Expires: at(1800000000), IssuedAt: at(1700000000)}},
	"valid/demographics-full": {claim169.Person{ID: "ID-67890-FGHIJ", Version: "1.0", Language: "eng", FullName: "Jane Marie Smith", FirstName: "Jane", MiddleName: "Marie", LastName: "Smith",
		DateOfBirth: "19900515", Gender: 2, Address: "123 Main St\nApt 4\nNew York, NY 10001", Email: "jane.smith@example.com", Phone: "+1 555 123 4567", Nationality: "USA",
		MaritalStatus: 2, Guardian: "Guardian-ID-001", PhotoFormat: 1, BestFingers: []int64{1, 2, 6}, SecondaryFullName: "Jane Marie Smith (Hindi)", SecondaryLanguage: "hin",
		LocationCode: "US-NY-NYC", LegalStatus: "citizen", CountryOfIssuance: "USA"}, cose.Claims{Subject: "ID-67890-FGHIJ", Expires: at(1800000000), NotBefore: at(1700000000), IssuedAt: at(1700000000)}},
}

func TestPublished(t *testing.T) {
	all := vectors(t)
	for name, want := range persons {
		c, err := claim169.Read(all[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := c.Unverified()
		want.claims.Issuer, want.claims.Others = "https://mosip.example.org", strictcbor.Map{}
		if want.person.Others == nil {
			want.person.Others = strictcbor.Map{}
		}
		if !reflect.DeepEqual(got, claim169.Verified{Person: want.person, Claims: want.claims}) {
			t.Errorf("%s: %+v", name, got)
		}
		if c.Issuer != "https://mosip.example.org" || len(c.KeyID) != 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for name, want := range map[string]string{
		"valid/claim169-example": "Janardhan BS", "valid/refugee-identity": "Janardhan Bangalore Srinivas", "valid/with-all-biometrics": "All Biometrics Test Person",
	} {
		c, err := claim169.Read(all[name])
		if err != nil || c.Unverified().Person.FullName != want {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for name, code := range map[string]string{
		"valid/encrypted-aes256": "cose.encrypted", "valid/encrypted-signed": "cose.encrypted",
		"invalid/bad-base45": "base45.form", "invalid/bad-zlib": "inflate.damaged", "invalid/missing-169": "claim169.missing", "invalid/not-cose": "cose.form",
	} {
		if _, err := claim169.Read(all[name]); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	if len(all) != 18 {
		t.Errorf("%d vectors", len(all))
	}
}

// The two vectors that are signed, and the others, which nobody signed.
func TestPublishedSignatures(t *testing.T) {
	all := vectors(t)
	ed, err := jose.NewPublicKey(ed25519.PublicKey(unhex(t, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")), "")
	if err != nil {
		t.Fatal(err)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unhex(t, "04484d8d125ea6c78af9b7bb16bbbf8ccbd3b5012b8d310f1c47920165666d2572367fd92bce5fe5f2508a6ca0bde5013853cb2c8e1dc313efaeb2b9a4ee492f0a"))
	if err != nil {
		t.Fatal(err)
	}
	p256, err := jose.NewPublicKey(point, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		key  *jose.PublicKey
		code string
	}{
		{"valid/ed25519-signed", ed, ""}, {"valid/ecdsa-p256-signed", p256, ""}, {"valid/ed25519-signed", p256, "jose.key-algorithm"}, {"valid/ecdsa-p256-signed", ed, "jose.key-algorithm"},
		{"valid/minimal", ed, "cose.signature"}, {"valid/demographics-full", ed, "cose.signature"}, {"valid/claim169-example", ed, "cose.signature"}, {"valid/ed25519-signed", nil, "cose.no-such-key"},
	} {
		code, err := claim169.Read(all[c.name])
		if err != nil {
			t.Fatal(err)
		}
		v, err := code.Verify(c.key)
		if cairn.CodeOf(err) != c.code || (err == nil) != (v != nil) {
			t.Errorf("%s: %+v, %v, want %q", c.name, v, err, c.code)
		}
		if err != nil {
			continue
		}
		for when, want := range map[time.Time]string{at(1799999999): "", at(1800000000): "cose.expired"} { // Q07
			if err := v.Period(when, 0); cairn.CodeOf(err) != want {
				t.Errorf("%s at %s: %v", c.name, when, err)
			}
		}
	}
}

func generate(t testing.TB, alg jose.Algorithm) *jose.PrivateKey {
	t.Helper()
	k, err := jose.GenerateKey(alg, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSign(t *testing.T) {
	full := persons["valid/demographics-full"].person
	full.Photo = []byte{1, 2, 3}
	full.Others = strictcbor.Map{int64(30): "x"}
	full.Biometrics = map[int64][]claim169.Biometric{62: {{Data: []byte{1}, Format: 0, SubFormat: 4, Issuer: "VendorA"}, {Data: []byte{2}, Format: -1, SubFormat: -1}}}
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		key := generate(t, alg)
		for _, p := range []claim169.Person{full, {FullName: "कविता शर्मा", Others: strictcbor.Map{}}, {Others: strictcbor.Map{}}} {
			claims := cose.Claims{Issuer: "https://college.example", Expires: at(1800000000), IssuedAt: at(1700000000)}
			text, err := claim169.Sign(t.Context(), p, claims, []byte("key-1"), key)
			if err != nil {
				t.Fatal(err)
			}
			c, err := claim169.Read(text + "\r\n")
			if err != nil {
				t.Fatal(err)
			}
			v, err := c.Verify(key.PublicKey())
			if err != nil {
				t.Fatal(err)
			}
			claims.Others = strictcbor.Map{}
			if !reflect.DeepEqual(v, &claim169.Verified{Person: p, Claims: claims}) || c.Issuer != claims.Issuer || string(c.KeyID) != "key-1" {
				t.Errorf("%+v", v)
			}
			if _, err := c.Verify(generate(t, alg).PublicKey()); cairn.CodeOf(err) != "cose.signature" {
				t.Errorf("another key: %v", err)
			}
		}
	}
	key := generate(t, jose.EdDSA)
	for name, p := range map[string]claim169.Person{
		"gender 4": {Gender: 4}, "gender -1": {Gender: -1}, "marital status 4": {MaritalStatus: 4}, "photo format 5": {PhotoFormat: 5}, "finger 11": {BestFingers: []int64{11}},
		"biometrics 66": {Biometrics: map[int64][]claim169.Biometric{66: nil}}, "a field twice": {FullName: "x", Others: strictcbor.Map{int64(4): "y"}},
		"biometrics among others": {Others: strictcbor.Map{int64(62): "x"}}, "a field of another kind": {Others: strictcbor.Map{int64(4): int64(1)}},
	} {
		if _, err := claim169.Sign(t.Context(), p, cose.Claims{}, nil, key); cairn.CodeOf(err) != "claim169.field" {
			t.Errorf("%s: %v", name, err)
		}
	}
	noise := make([]byte, 20_000)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	if _, err := claim169.Sign(t.Context(), claim169.Person{Photo: noise}, cose.Claims{}, nil, key); cairn.CodeOf(err) != "claim169.too-large" {
		t.Errorf("Q08, a large photograph: %v", err)
	}
}

func code(t testing.TB, payload any, h cose.Header) string {
	t.Helper()
	b, err := strictcbor.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	message, err := cose.Sign(t.Context(), h, b, generate(t, jose.EdDSA))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := inflate.Pack(message)
	if err != nil {
		t.Fatal(err)
	}
	return base45.Encode(packed)
}

type dict = strictcbor.Map

func TestReadRefuses(t *testing.T) {
	facts := func(m dict) string { return code(t, dict{int64(169): m}, cose.Header{}) }
	bomb, err := inflate.Pack(make([]byte, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claim169.Read(facts(dict{int64(16): "0a0b", int64(4): "x", "own": true})); err != nil {
		t.Errorf("a photograph in hexadecimal, and a field of the issuer's own: %v", err)
	}
	for name, c := range map[string]struct{ text, code string }{
		"nothing":               {"", "inflate.damaged"},
		"Q01 bomb":              {base45.Encode(bomb), "claim169.too-large"},
		"Q02 lower case":        {strings.ToLower(facts(dict{})), "base45.form"},
		"too long":              {strings.Repeat("0", claim169.MaxText+1), "claim169.too-large"},
		"something behind":      {facts(dict{}) + "000", "inflate.trailing"},
		"another CWT":           {code(t, dict{int64(1): "x"}, cose.Header{}), "claim169.missing"},
		"169 a text":            {code(t, dict{int64(169): "x"}, cose.Header{}), "claim169.missing"},
		"169 as a text key":     {code(t, dict{"169": dict{}}, cose.Header{}), "claim169.missing"},
		"no claims":             {code(t, []any{}, cose.Header{}), "cose.claims"},
		"exp a text":            {code(t, dict{int64(4): "x", int64(169): dict{}}, cose.Header{}), "cose.claims"},
		"name a number":         {facts(dict{int64(4): int64(1)}), "claim169.field"},
		"name bytes":            {facts(dict{int64(4): []byte("x")}), "claim169.field"},
		"gender a text":         {facts(dict{int64(9): "1"}), "claim169.field"},
		"photograph a text":     {facts(dict{int64(16): "not hex"}), "claim169.field"},
		"photograph a number":   {facts(dict{int64(16): int64(1)}), "claim169.field"},
		"fingers a number":      {facts(dict{int64(18): int64(1)}), "claim169.field"},
		"finger 11":             {facts(dict{int64(18): []any{int64(11)}}), "claim169.field"},
		"finger a text":         {facts(dict{int64(18): []any{"1"}}), "claim169.field"},
		"11 fingers":            {facts(dict{int64(18): slicesOf(int64(1), 11)}), "claim169.field"},
		"face a map":            {facts(dict{int64(62): dict{}}), "claim169.field"},
		"face of texts":         {facts(dict{int64(62): []any{"x"}}), "claim169.field"},
		"face without data":     {facts(dict{int64(62): []any{dict{int64(1): int64(0)}}}), "claim169.field"},
		"face, format a text":   {facts(dict{int64(62): []any{dict{int64(0): []byte{1}, int64(1): "0"}}}), "claim169.field"},
		"face, negative":        {facts(dict{int64(62): []any{dict{int64(0): []byte{1}, int64(2): int64(-1)}}}), "claim169.field"},
		"face, issuer a number": {facts(dict{int64(62): []any{dict{int64(0): []byte{1}, int64(3): int64(1)}}}), "claim169.field"},
		"21 faces":              {facts(dict{int64(62): slicesOf(dict{int64(0): []byte{1}}, 21)}), "claim169.field"},
	} {
		if got, err := claim169.Read(c.text); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v, want %s", name, got, err, c.code)
		}
	}
	// A token of another kind is read, and verified as ours by no key.
	key := generate(t, jose.EdDSA)
	payload, err := strictcbor.Marshal(dict{int64(169): dict{int64(4): "x"}})
	if err != nil {
		t.Fatal(err)
	}
	message, err := cose.Sign(t.Context(), cose.Header{Type: "application/statuslist+cwt"}, payload, key)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := inflate.Pack(message)
	if err != nil {
		t.Fatal(err)
	}
	c, err := claim169.Read(base45.Encode(packed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(key.PublicKey()); cairn.CodeOf(err) != "cose.type" {
		t.Errorf("another kind of token: %v", err)
	}
}

func slicesOf(v any, n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func FuzzRead(f *testing.F) {
	for _, text := range vectors(f) {
		f.Add(text, []byte{})
	}
	f.Add("", unhex(f, "d28443a10127a04ca118a9a2046178183e80"))
	key := generate(f, jose.EdDSA)
	f.Fuzz(bounds.Pair(func(t *testing.T, text string, message []byte) {
		packed, err := inflate.Pack(message)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{text, base45.Encode(packed)} {
			c, err := claim169.Read(text)
			if err != nil {
				if cairn.CodeOf(err) == "" {
					t.Fatalf("an error without a code: %v", err)
				}
				continue
			}
			if _, err := c.Verify(key.PublicKey()); err == nil {
				t.Fatal("a key that signed nothing signed this")
			}
			// What was read can be signed by us, unless we are stricter than readers.
			u := c.Unverified()
			if _, err := claim169.Sign(t.Context(), u.Person, u.Claims, c.KeyID, key); err != nil && cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
		}
	}))
}
