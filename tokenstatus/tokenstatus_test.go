package tokenstatus_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/inflate"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
	"cairn.example/tokenstatus"
)

// The key and the tokens printed in draft-20: sections 5.1, 5.2 and 6.3.
const (
	draftKey      = `{"kty":"EC","use":"sig","crv":"P-256","x":"I3HWm_0Ds1dPMI-IWmf4mBmH-YaeAVbPVu7vB27CxXo","y":"6N_d5Elj9bs1htgV3okJKIdbHEpkgTmAluYKJemzn1M","kid":"12","alg":"ES256"}`
	draftJWT      = `eyJhbGciOiJFUzI1NiIsImtpZCI6IjEyIiwidHlwIjoic3RhdHVzbGlzdCtqd3QifQ.eyJleHAiOjIyOTE3MjAxNzAsImlhdCI6MTY4NjkyMDE3MCwiaXNzIjoiaHR0cHM6Ly9leGFtcGxlLmNvbSIsInN0YXR1c19saXN0Ijp7ImJpdHMiOjEsImxzdCI6ImVOcmJ1UmdBQWhjQlhRIn0sInN1YiI6Imh0dHBzOi8vZXhhbXBsZS5jb20vc3RhdHVzbGlzdHMvMSIsInR0bCI6NDMyMDB9.2lKUUNG503R9htu4aHAYi7vjmr3sgApbfoDvPrl65N3URUO1EYqqQl45Jfzd-Av4QzlKa3oVALpLwOEUOq-U_g`
	draftCWT      = `d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b637774a1044231325850a502782168747470733a2f2f6578616d706c652e636f6d2f7374617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2646269747301636c73744a78dadbb918000217015d584093fa4d01032b18c35e2fe1101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e0323ded7c982c5e101a5e67f0cbc1e2b6f57ce99c279`
	draftRefersTo = `d28443a10126a1044231325866a502653132333435017368747470733a2f2f6578616d706c652e636f6d061a648c5bea041a8898dfea19ffffa16b7374617475735f6c697374a2636964780063757269782168747470733a2f2f6578616d706c652e636f6d2f7374617475736c697374732f315840340f7efea10f1a36dc4797636a17b4dd4848b68997d1d10e8cceb3a38ff33b3dda72964a83989f6cf98560c2fc97a08bc8977cc6b0f84cfedab93d3e4481e938`
)

var (
	draftIssued  = time.Unix(1686920170, 0).UTC()
	draftExpires = time.Unix(2291720170, 0).UTC()
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func key(t testing.TB) *jose.PublicKey {
	t.Helper()
	k, err := jose.ParsePublicKey([]byte(draftKey))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func generate(t testing.TB, alg jose.Algorithm) *jose.PrivateKey {
	t.Helper()
	k, err := jose.GenerateKey(alg, "12", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Section 4.1: the lists written out there.
func TestShortExamples(t *testing.T) {
	for _, c := range []struct {
		bits     int
		packed   string
		statuses []tokenstatus.Status
	}{
		{1, "78dadbb918000217015d", []tokenstatus.Status{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}},
		{2, "78da3be9f2130003df0207", []tokenstatus.Status{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}},
	} {
		read, err := tokenstatus.Unpack(unhex(t, c.packed), c.bits)
		if err != nil {
			t.Fatal(err)
		}
		made, err := tokenstatus.New(len(c.statuses), c.bits)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.statuses {
			if err := made.Set(i, want); err != nil {
				t.Fatal(err)
			}
			if got, err := read.Get(i); err != nil || got != want {
				t.Errorf("%d bits, status %d is %d, %v, want %d", c.bits, i, got, err, want)
			}
		}
		if read.Len() != len(c.statuses) || !reflect.DeepEqual(read, made) {
			t.Errorf("%d bits: %+v read, %+v made", c.bits, read, made)
		}
	}
}

type vector struct {
	bits       int
	json, cbor string
	statuses   map[int]tokenstatus.Status
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/draft-20.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		first, rest, _ := strings.Cut(line, " ")
		switch first {
		case "#":
		case "bits":
			n, err := strconv.Atoi(rest)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, vector{bits: n, statuses: map[int]tokenstatus.Status{}})
		case "json":
			out[len(out)-1].json = rest
		case "cbor":
			out[len(out)-1].cbor = rest
		default:
			index, err := strconv.Atoi(first)
			if err != nil {
				t.Fatal(err)
			}
			value, err := strconv.Atoi(rest)
			if err != nil {
				t.Fatal(err)
			}
			out[len(out)-1].statuses[index] = tokenstatus.Status(value)
		}
	}
	return out
}

// The vectors of the appendix, every one of the million statuses of each.
func TestDraftVectors(t *testing.T) {
	all := vectors(t)
	if len(all) != 4 {
		t.Fatalf("%d vectors", len(all))
	}
	for _, v := range all {
		packed, err := jose.DecodeBase64(v.json)
		if err != nil {
			t.Fatal(err)
		}
		inCBOR, err := strictcbor.ParseMap(unhex(t, v.cbor), strictcbor.Default)
		if err != nil || inCBOR["bits"] != int64(v.bits) {
			t.Fatalf("%d bits: %v", v.bits, err)
		}
		if b, _ := inCBOR["lst"].([]byte); !bytes.Equal(b, packed) {
			t.Errorf("%d bits: the two forms differ", v.bits)
		}
		l, err := tokenstatus.Unpack(packed, v.bits)
		if err != nil {
			t.Fatal(err)
		}
		if l.Len() != 1<<20 {
			t.Errorf("%d bits: %d statuses", v.bits, l.Len())
		}
		made, err := tokenstatus.New(1<<20, v.bits)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1 << 20 {
			got, err := l.Get(i)
			if err != nil || got != v.statuses[i] {
				t.Fatalf("%d bits: status %d is %d, %v, want %d", v.bits, i, got, err, v.statuses[i])
			}
		}
		for i, s := range v.statuses {
			if err := made.Set(i, s); err != nil {
				t.Fatal(err)
			}
		}
		again, err := made.Pack()
		if err != nil {
			t.Fatal(err)
		}
		back, err := tokenstatus.Unpack(again, v.bits)
		if err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("%d bits: made again, the list differs: %v", v.bits, err)
		}
		t.Logf("%d bits: %d statuses set among %d", v.bits, len(v.statuses), l.Len())
	}
}

func TestDraftTokens(t *testing.T) {
	m, err := cose.Parse(unhex(t, draftRefersTo), cose.MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(key(t), cose.Policy{Types: []string{""}}); err != nil {
		t.Error(err)
	}
	claims, err := m.CWTClaims()
	if err != nil {
		t.Fatal(err)
	}
	ref, ok, err := tokenstatus.ReadReferenceCBOR(claims.Others[tokenstatus.ClaimStatus])
	if err != nil || !ok || ref != (tokenstatus.Reference{URI: "https://example.com/statuslists/1", Index: 0}) {
		t.Fatalf("%+v, %v, %v", ref, ok, err)
	}
	for form, data := range map[string][]byte{tokenstatus.MediaTypeJWT: []byte(draftJWT + "\n"), tokenstatus.MediaTypeCWT: unhex(t, draftCWT)} {
		token, err := tokenstatus.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if token.MediaType != form || token.KeyID != "12" || token.URI != ref.URI {
			t.Errorf("%s: %+v", form, token)
		}
		v, err := token.Verify(key(t))
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		issuer := map[bool]string{true: "https://example.com"}[form == tokenstatus.MediaTypeJWT]
		if want := (tokenstatus.Meta{URI: ref.URI, Issuer: issuer, IssuedAt: draftIssued, Expires: draftExpires, TTL: 12 * time.Hour}); v.Meta != want {
			t.Errorf("%s: %+v", form, v.Meta)
		}
		for name, c := range map[string]struct {
			ref  tokenstatus.Reference
			at   time.Time
			want tokenstatus.Status
			code string
		}{
			"withdrawn":        {ref, draftIssued, tokenstatus.Invalid, ""},
			"valid":            {tokenstatus.Reference{URI: ref.URI, Index: 1}, draftIssued, tokenstatus.Valid, ""},
			"last second":      {ref, draftExpires.Add(-time.Second), tokenstatus.Invalid, ""},
			"B15 expired":      {ref, draftExpires, 0, "tokenstatus.expired"},
			"of a later time":  {ref, draftIssued.Add(-time.Second), 0, "tokenstatus.not-yet"},
			"B06 another list": {tokenstatus.Reference{URI: "https://example.com/statuslists/2"}, draftIssued, 0, "tokenstatus.other-list"},
			"B06 nearly":       {tokenstatus.Reference{URI: ref.URI + "/"}, draftIssued, 0, "tokenstatus.other-list"},
			"B09 past the end": {tokenstatus.Reference{URI: ref.URI, Index: 16}, draftIssued, 0, "tokenstatus.range"},
			"B09 negative":     {tokenstatus.Reference{URI: ref.URI, Index: -1}, draftIssued, 0, "tokenstatus.range"},
		} {
			if got, err := v.Lookup(c.ref, c.at, 0); got != c.want || cairn.CodeOf(err) != c.code {
				t.Errorf("%s, %s: %d, %v, want %d, %s", form, name, got, err, c.want, c.code)
			}
		}
		if _, err := v.Lookup(ref, draftExpires.Add(time.Minute), 2*time.Minute); err != nil {
			t.Errorf("with an allowance: %v", err)
		}
		if _, err := token.Verify(generate(t, jose.ES256).PublicKey()); !strings.HasSuffix(cairn.CodeOf(err), ".signature") {
			t.Errorf("%s, another key: %v", form, err)
		}
		if _, err := token.Verify(nil); err == nil {
			t.Errorf("%s: no key was accepted", form)
		}
	}
}

func TestListRefuses(t *testing.T) {
	for _, bits := range []int{0, 3, 5, 16, -1} { // B14
		if _, err := tokenstatus.New(8, bits); cairn.CodeOf(err) != "tokenstatus.bits" {
			t.Errorf("New with %d bits: %v", bits, err)
		}
		if _, err := tokenstatus.Unpack(nil, bits); cairn.CodeOf(err) != "tokenstatus.bits" {
			t.Errorf("Unpack with %d bits: %v", bits, err)
		}
	}
	for _, entries := range []int{-1, 4<<20 + 1} {
		if _, err := tokenstatus.New(entries, 8); cairn.CodeOf(err) != "tokenstatus.too-large" {
			t.Errorf("%d entries: %v", entries, err)
		}
	}
	pack := func(n int) []byte {
		b, err := inflate.Pack(make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := pack(100)
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"B10 bomb":     {pack(tokenstatus.MaxUnpacked + 1), "tokenstatus.too-large"},
		"B10 trailing": {append(bytes.Clone(good), 0), "tokenstatus.packing"},
		"B10 cut":      {good[:len(good)-1], "tokenstatus.packing"},
		"B11 gzip":     {[]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, "tokenstatus.packing"},
		"nothing":      {nil, "tokenstatus.packing"},
		"too long":     {make([]byte, 6<<20), "tokenstatus.too-large"},
	} {
		if _, err := tokenstatus.Unpack(c.data, 1); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	l, err := tokenstatus.New(9, 2)
	if err != nil || l.Len() != 12 || l.Bits() != 2 {
		t.Fatalf("%+v, %v", l, err)
	}
	if err := l.Set(0, 4); cairn.CodeOf(err) != "tokenstatus.bits" {
		t.Errorf("status 4 in two bits: %v", err)
	}
	if err := l.Set(12, 0); cairn.CodeOf(err) != "tokenstatus.range" {
		t.Errorf("behind the end: %v", err)
	}
	for _, s := range []tokenstatus.Status{3, 1, 0} { // a status replaces another whole
		if err := l.Set(5, s); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			if got, err := l.Get(i); err != nil || i == 5 && got != s || i != 5 && got != 0 {
				t.Errorf("status %d is %d, %v", i, got, err)
			}
		}
	}
	for s, want := range map[tokenstatus.Status]bool{0: false, 2: false, 3: true, 11: false, 12: true, 15: true, 16: false} {
		if s.ApplicationSpecific() != want {
			t.Errorf("%d", s)
		}
	}
}

func TestReference(t *testing.T) {
	ref := tokenstatus.Reference{URI: "https://x.example/s/1", Index: 94567}
	tree := ref.Tree()
	if got, ok, err := tokenstatus.ReadReference(tree); got != ref || !ok || err != nil {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if got, ok, err := tokenstatus.ReadReferenceCBOR(ref.CBOR()); got != ref || !ok || err != nil {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if _, ok, err := tokenstatus.ReadReference(map[string]any{"other": true}); ok || err != nil {
		t.Errorf("another mechanism: %v, %v", ok, err)
	}
	if _, ok, err := tokenstatus.ReadReferenceCBOR(strictcbor.Map{"other": true}); ok || err != nil {
		t.Errorf("another mechanism: %v, %v", ok, err)
	}
	list := func(idx, uri any) map[string]any {
		return map[string]any{"status_list": map[string]any{"idx": idx, "uri": uri}}
	}
	n := func(s string) json.Number { return json.Number(s) }
	for name, v := range map[string]any{
		"nothing": nil, "a text": "x", "a list": []any{}, "status_list a text": map[string]any{"status_list": "x"},
		"B09 negative": list(n("-1"), ref.URI), "B09 fraction": list(n("1.5"), ref.URI), "B09 exponent": list(n("1e3"), ref.URI), "B09 1.0": list(n("1.0"), ref.URI),
		"B09 text": list("1", ref.URI), "B09 2^63": list(n("9223372036854775808"), ref.URI), "B09 2^53": list(n("9007199254740992"), ref.URI), "B09 -0": list(n("-0"), ref.URI),
		"no idx": list(nil, ref.URI), "no uri": list(n("1"), nil), "uri no URI": list(n("1"), "x"), "uri with a space": list(n("1"), "https://x.example/ 1"),
		"uri too long": list(n("1"), "https://x.example/"+strings.Repeat("a", 2000)),
	} {
		if got, ok, err := tokenstatus.ReadReference(v); ok && err == nil || cairn.CodeOf(err) != "tokenstatus.reference" {
			t.Errorf("%s: %+v, %v, %v", name, got, ok, err)
		}
	}
	for name, v := range map[string]any{
		"nothing": nil, "a text": "x", "status_list a text": strictcbor.Map{"status_list": "x"},
		"B09 negative": strictcbor.Map{"status_list": strictcbor.Map{"idx": int64(-1), "uri": ref.URI}}, "B09 a float": strictcbor.Map{"status_list": strictcbor.Map{"idx": 1.0, "uri": ref.URI}},
		"no uri": strictcbor.Map{"status_list": strictcbor.Map{"idx": int64(1)}},
	} {
		if got, ok, err := tokenstatus.ReadReferenceCBOR(v); ok && err == nil || cairn.CodeOf(err) != "tokenstatus.reference" {
			t.Errorf("CBOR, %s: %+v, %v, %v", name, got, ok, err)
		}
	}
}

func TestAggregation(t *testing.T) {
	got, err := tokenstatus.ReadAggregation([]byte(`{"status_lists":["https://example.com/statuslists/1","https://example.com/statuslists/2"]}`))
	if err != nil || len(got) != 2 || got[1] != "https://example.com/statuslists/2" {
		t.Errorf("%v, %v", got, err)
	}
	for text, code := range map[string]string{`{}`: "tokenstatus.aggregation", `{"status_lists":"x"}`: "tokenstatus.aggregation", `{"status_lists":["x"]}`: "tokenstatus.aggregation",
		`{"status_lists":[1]}`: "tokenstatus.aggregation", `[]`: "json.not-object", `{"status_lists":[],"status_lists":[]}`: "json.duplicate-name"} {
		if _, err := tokenstatus.ReadAggregation([]byte(text)); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", text, err, code)
		}
	}
}

func TestSign(t *testing.T) {
	l, err := tokenstatus.New(1000, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Set(777, 9); err != nil {
		t.Fatal(err)
	}
	full := tokenstatus.Meta{URI: "https://x.example/s/1", Issuer: "https://x.example", IssuedAt: draftIssued, Expires: draftExpires, NotBefore: draftIssued, TTL: time.Minute,
		AggregationURI: "https://x.example/lists"}
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256} {
		signer := generate(t, alg)
		for _, meta := range []tokenstatus.Meta{full, {URI: full.URI, IssuedAt: draftIssued}} {
			text, err := tokenstatus.SignJWT(t.Context(), meta, l, [][]byte{{1}}, signer)
			if err != nil {
				t.Fatal(err)
			}
			cwt, err := tokenstatus.SignCWT(t.Context(), meta, l, [][]byte{{1}}, signer)
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range [][]byte{[]byte(text), cwt} {
				token, err := tokenstatus.Parse(data)
				if err != nil {
					t.Fatal(err)
				}
				v, err := token.Verify(signer.PublicKey())
				if err != nil {
					t.Fatal(err)
				}
				if v.Meta != meta || !reflect.DeepEqual(v.List, l) || token.KeyID != "12" || len(token.Chain) != 1 {
					t.Errorf("%+v, %+v", v.Meta, token)
				}
			}
		}
	}
	for name, change := range map[string]func(*tokenstatus.Meta){
		"no address": func(m *tokenstatus.Meta) { m.URI = "" }, "no time": func(m *tokenstatus.Meta) { m.IssuedAt = time.Time{} },
		"a late end": func(m *tokenstatus.Meta) { m.Expires = time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC) }, "ttl negative": func(m *tokenstatus.Meta) { m.TTL = -1 },
		"ttl half a second": func(m *tokenstatus.Meta) { m.TTL = time.Second / 2 }, "aggregation": func(m *tokenstatus.Meta) { m.AggregationURI = "x" },
	} {
		m := full
		change(&m)
		if _, err := tokenstatus.SignJWT(t.Context(), m, l, nil, generate(t, jose.EdDSA)); cairn.CodeOf(err) != "tokenstatus.claim" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := tokenstatus.SignCWT(t.Context(), m, l, nil, generate(t, jose.EdDSA)); cairn.CodeOf(err) != "tokenstatus.claim" {
			t.Errorf("%s, CWT: %v", name, err)
		}
	}
}

// The largest list that is read takes well under the time and memory that one
// input may take.
func TestLargest(t *testing.T) {
	l, err := tokenstatus.New(tokenstatus.MaxUnpacked, 8)
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, tokenstatus.MaxUnpacked)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	for i, b := range noise {
		if err := l.Set(i, tokenstatus.Status(b)); err != nil {
			t.Fatal(err)
		}
	}
	signer := generate(t, jose.EdDSA)
	text, err := tokenstatus.SignJWT(t.Context(), tokenstatus.Meta{URI: "https://x.example/s/1", IssuedAt: draftIssued}, l, nil, signer)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	token, err := tokenstatus.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := token.Verify(signer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	if got, err := v.List.Get(len(noise) - 1); err != nil || got != tokenstatus.Status(noise[len(noise)-1]) {
		t.Errorf("%d, %v", got, err)
	}
	t.Logf("%d bytes in %v", len(text), took)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(draftJWT))
	f.Add(unhex(f, draftCWT))
	signer := generate(f, jose.ES256)
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		token, err := tokenstatus.Parse(data)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if _, err := token.Verify(signer.PublicKey()); err == nil {
			t.Fatal("a key that made nothing made this")
		}
	}))
}

func FuzzUnpack(f *testing.F) {
	for _, v := range vectors(f) {
		packed, err := jose.DecodeBase64(v.json)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed, v.bits, 1993)
	}
	f.Fuzz(func(t *testing.T, packed []byte, bits, index int) {
		bounds.Check(t, func() {
			l, err := tokenstatus.Unpack(packed, bits)
			if err != nil {
				return
			}
			s, err := l.Get(index)
			if (err == nil) != (index >= 0 && index < l.Len()) || int(s) >= 1<<bits {
				t.Fatalf("status %d of %d is %d, %v", index, l.Len(), s, err)
			}
		})
	})
}

// What a token says may come from anywhere; reading it never panics.
func FuzzReadReference(f *testing.F) {
	f.Add([]byte(`{"status_list":{"idx":0,"uri":"https://example.com/statuslists/1"}}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		tree, err := strictjson.Parse(data, strictjson.Default)
		if err != nil {
			return
		}
		ref, ok, err := tokenstatus.ReadReference(tree)
		if err != nil || !ok {
			return
		}
		if again, _, err := tokenstatus.ReadReference(maps.Clone(ref.Tree())); again != ref || err != nil {
			t.Fatalf("%+v became %+v, %v", ref, again, err)
		}
	}))
}
