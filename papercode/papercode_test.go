package papercode

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"cairn.example"
	"cairn.example/base45"
	"cairn.example/did"
	"cairn.example/internal/bounds"
)

type testSigner struct {
	key  ed25519.PrivateKey
	did  cairn.DID
	kid  cairn.KeyID
	fail error
}

func (s testSigner) KeyID() cairn.KeyID           { return s.kid }
func (s testSigner) Controller() cairn.DID        { return s.did }
func (s testSigner) PublicKey() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }
func (s testSigner) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(s.key, m), s.fail
}

func webSigner(t testing.TB) testSigner {
	t.Helper()
	seed := sha256.Sum256([]byte("papercode test"))
	return testSigner{key: ed25519.NewKeyFromSeed(seed[:]), did: "did:web:college.example", kid: "did:web:college.example#key-1"}
}

func keySigner(t testing.TB) testSigner {
	t.Helper()
	s := webSigner(t)
	s.did, s.kid = did.KeyFromEd25519(s.PublicKey())
	return s
}

func card(s testSigner) Card {
	return Card{
		Issuer: s.did, Key: s.kid, Credential: "urn:uuid:0a8e1f5e-3c0d-4b59-9d2e-6f1b8a7c5d43", Digest: sha256.Sum256([]byte("document")),
		Kind: KindBadge, Learner: "Amina Wanjiru Otieno", Title: "Data Literacy for Community Health Workers",
		Credits: cairn.NewCredits(10, 3), Unit: "ECTS", LevelFramework: "EQF", Level: "5",
		AwardedOn: cairn.PartialDate{Year: 2026, Month: 5, Day: 20}, ValidUntil: time.Date(2031, 5, 20, 0, 0, 0, 0, time.UTC),
		StatusList: "https://college.example/status/1", StatusIndex: 83112, AchievementType: "MicroCredential", Field: "0912", Language: "en",
	}
}

func mustSign(t testing.TB, c Card, s testSigner) string {
	t.Helper()
	text, err := Sign(t.Context(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRoundTrip(t *testing.T) {
	web, key := webSigner(t), keySigner(t)
	cases := map[string]struct {
		s      testSigner
		change func(*Card)
	}{
		"full":          {web, func(*Card) {}},
		"did:key":       {key, func(*Card) {}},
		"key filled in": {web, func(c *Card) { c.Key = "" }},
		"least": {key, func(c *Card) {
			*c = Card{Issuer: c.Issuer, Key: c.Key, Credential: c.Credential, Digest: c.Digest, Kind: KindDecision, Learner: "X", StatusIndex: -1}
		}},
		"other id":          {web, func(c *Card) { c.Credential = "https://college.example/c/12" }},
		"upper-case uuid":   {web, func(c *Card) { c.Credential = "urn:uuid:0A8E1F5E-3C0D-4B59-9D2E-6F1B8A7C5D43" }},
		"month only":        {web, func(c *Card) { c.AwardedOn = cairn.PartialDate{Year: 1998, Month: 12} }},
		"estimated year":    {web, func(c *Card) { c.AwardedOn = cairn.PartialDate{Year: 1998, Estimated: true} }},
		"first in list":     {web, func(c *Card) { c.StatusIndex = 0 }},
		"list elsewhere":    {web, func(c *Card) { c.StatusList = "https://status.example/l/7" }},
		"look-alike host":   {web, func(c *Card) { c.StatusList = "https://college.example.evil.example/l/7" }},
		"list with did:key": {key, func(c *Card) { c.StatusList = "http://127.0.0.1:8080/status/1" }},
		"own type":          {web, func(c *Card) { c.AchievementType = "ext:Workshop" }},
		"joiners":           {web, func(c *Card) { c.Learner = "क्\u200dष می\u200cخواهم" }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := card(tc.s)
			tc.change(&c)
			text := mustSign(t, c, tc.s)
			got, err := Read(text + "\r\n")
			if err != nil {
				t.Fatal(err)
			}
			c.Key = tc.s.kid
			back := got.Card()
			if !back.Credits.Equal(c.Credits) {
				t.Errorf("credits %v, want %v", back.Credits, c.Credits)
			}
			back.Credits = c.Credits
			if back != c {
				t.Errorf("read\n%+v, signed\n%+v", back, c)
			}
			if err := got.Verify(tc.s.PublicKey()); err != nil {
				t.Error(err)
			}
			other := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
			if code := cairn.CodeOf(got.Verify(other)); code != "papercode.signature" {
				t.Errorf("another key: code %q", code)
			}
			if got.Verify(nil) == nil {
				t.Error("no key was accepted")
			}
		})
	}
}

// TestVersion17 checks the size that paper was measured with (DOMAIN 2.2).
func TestVersion17(t *testing.T) {
	s := webSigner(t)
	for _, tc := range []struct{ name, lang, learner, title string }{
		{"English", "en", "Amina Wanjiru Otieno", "Data Literacy for Community Health Workers"},
		{"Amharic", "am", "ትዕግስት ገብረማርያም ወልደሚካኤል", "የመረጃ አያያዝ ለጤና ኤክስቴንሽን ሠራተኞች"},
		{"Hindi", "hi", "प्रियंका राजेश्वरी चतुर्वेदी", "सामुदायिक स्वास्थ्य के लिए डेटा साक्षरता"},
		{"Tamil", "ta", "கார்த்திகா சுப்பிரமணியன்", "சமூக சுகாதாரத்திற்கான தரவு அறிவு"},
	} {
		for _, signer := range []testSigner{s, keySigner(t)} {
			c := card(signer)
			c.Learner, c.Title, c.Language = tc.learner, tc.title, cairn.Lang(tc.lang)
			text := mustSign(t, c, signer)
			code, err := encoder.Encoder_encodeWithoutHint(text, decoder.ErrorCorrectionLevel_Q)
			if err != nil {
				t.Fatal(err)
			}
			if code.GetMode() != decoder.Mode_ALPHANUMERIC {
				t.Errorf("%s: QR mode %v", tc.name, code.GetMode())
			}
			version := code.GetVersion().GetVersionNumber()
			t.Logf("%s, %.8s: %d characters, version %d at level Q", tc.name, signer.did, len(text), version)
			if version > 17 {
				t.Errorf("%s: version %d, want at most 17", tc.name, version)
			}
		}
	}
}

func TestSignRefuses(t *testing.T) {
	s := webSigner(t)
	for name, tc := range map[string]struct {
		change func(*Card)
		code   string
	}{
		"no learner":        {func(c *Card) { c.Learner = "" }, "papercode.field"},
		"long learner":      {func(c *Card) { c.Learner = strings.Repeat("x", 201) }, "papercode.field"},
		"bad UTF-8":         {func(c *Card) { c.Learner = "\xff" }, "papercode.field"},
		"direction":         {func(c *Card) { c.Learner = "Amina \u202eevil" }, "papercode.field"},
		"line break":        {func(c *Card) { c.Title = "a\nb" }, "papercode.field"},
		"no digest":         {func(c *Card) { c.Digest = [32]byte{} }, "papercode.field"},
		"no id":             {func(c *Card) { c.Credential = "" }, "papercode.field"},
		"kind":              {func(c *Card) { c.Kind = "passport" }, "papercode.field"},
		"index only":        {func(c *Card) { c.StatusList = "" }, "papercode.field"},
		"list only":         {func(c *Card) { c.StatusIndex = -1 }, "papercode.field"},
		"negative index":    {func(c *Card) { c.StatusIndex = -2 }, "papercode.field"},
		"list scheme":       {func(c *Card) { c.StatusList = "javascript:alert(1)" }, "papercode.field"},
		"list path":         {func(c *Card) { c.StatusList = "/status/1" }, "papercode.field"},
		"negative credits":  {func(c *Card) { c.Credits = cairn.NewCredits(-1, 1) }, "papercode.field"},
		"date":              {func(c *Card) { c.AwardedOn.Day = 31; c.AwardedOn.Month = 2 }, "papercode.field"},
		"date without year": {func(c *Card) { c.AwardedOn = cairn.PartialDate{Month: 3} }, "papercode.field"},
		"fraction second":   {func(c *Card) { c.ValidUntil = c.ValidUntil.Add(1) }, "papercode.field"},
		"before 1970":       {func(c *Card) { c.ValidUntil = time.Unix(-5, 0) }, "papercode.field"},
		"other issuer":      {func(c *Card) { c.Issuer = "did:web:other.example" }, "papercode.key"},
		"other key":         {func(c *Card) { c.Key = "did:web:college.example#key-2" }, "papercode.key"},
	} {
		c := card(s)
		tc.change(&c)
		if _, err := Sign(t.Context(), c, s); cairn.CodeOf(err) != tc.code {
			t.Errorf("%s: %v, want code %s", name, err, tc.code)
		}
	}
	broken := s
	broken.fail = &cairn.Error{Kind: cairn.Unavailable, Code: "test.no-key"}
	if _, err := Sign(t.Context(), card(s), broken); cairn.CodeOf(err) != "test.no-key" {
		t.Errorf("a signer's error came back as %v", err)
	}
}

// signedBytes is the Sig_structure of RFC 9052, section 4.4, made here a second
// time, so that package cose is not its own judge.
func signedBytes(protected, payload []byte) ([]byte, error) {
	return encMode.Marshal([]any{"Signature1", protected, []byte{}, payload})
}

// sealed builds a code by hand, with everything open to change.
func sealed(t testing.TB, s testSigner, protected, unprotected, payload []byte, sign bool) string {
	t.Helper()
	message, err := signedBytes(protected, payload)
	if err != nil {
		t.Fatal(err)
	}
	sig := make([]byte, 64)
	if sign {
		sig = ed25519.Sign(s.key, message)
	}
	body := []byte{tagSign1, 0x84}
	for _, part := range [][]byte{protected, nil, payload, sig} {
		if part == nil {
			body = append(body, unprotected...)
			continue
		}
		b, err := cbor.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, b...)
	}
	return Prefix + base45.Encode(body)
}

func parts(t testing.TB, s testSigner) (protected, payload []byte) {
	t.Helper()
	c, kid, err := claimsOf(card(s))
	if err != nil {
		t.Fatal(err)
	}
	payload, err = encMode.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	protected, err = encMode.Marshal(protectedHeader{Algorithm: algEdDSA, KeyID: kid})
	if err != nil {
		t.Fatal(err)
	}
	return protected, payload
}

func TestReadRefuses(t *testing.T) {
	s := webSigner(t)
	protected, payload := parts(t, s)
	empty := []byte{0xa0}
	if _, err := Read(sealed(t, s, protected, empty, payload, true)); err != nil {
		t.Fatalf("the hand-made code itself: %v", err)
	}
	good := mustSign(t, card(s), s)
	header := func(v any) []byte {
		b, err := encMode.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	change := func(f func(m map[int64]any)) []byte {
		var m map[int64]any
		if err := cbor.Unmarshal(payload, &m); err != nil {
			t.Fatal(err)
		}
		f(m)
		return header(m)
	}
	compressed := func(data []byte, tail string) string {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return Prefix + base45.Encode(append(b.Bytes(), tail...))
	}
	plain, err := base45.Decode(sealed(t, s, protected, empty, payload, true)[len(Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(compressed(plain, "")); err != nil {
		t.Fatalf("compressed: %v", err)
	}
	for name, tc := range map[string]struct{ text, code string }{
		"empty":                 {"", "papercode.prefix"},
		"link":                  {"https://college.example/CRN1:", "papercode.prefix"},
		"lower-case prefix":     {"crn1:" + good[5:], "papercode.prefix"},
		"newer":                 {"CRN2:" + good[5:], "papercode.version"},
		"too long":              {Prefix + strings.Repeat("A", maxText), "papercode.too-large"},
		"nothing":               {Prefix, "papercode.cose"},
		"lower case":            {Prefix + strings.ToLower(good[5:]), "papercode.base45"},
		"cut off":               {Prefix + "6BF2", "papercode.base45"},
		"triple over 65535":     {Prefix + ":::", "papercode.base45"},
		"pair over 255":         {Prefix + "::", "papercode.base45"},
		"not tagged":            {Prefix + base45.Encode(plain[1:]), "papercode.cose"},
		"long tag":              {Prefix + base45.Encode(append([]byte{0xd8, 18}, plain[1:]...)), "papercode.cose"},
		"trailing byte":         {Prefix + base45.Encode(append(bytes.Clone(plain), 0)), "papercode.cbor"},
		"cut CBOR":              {Prefix + base45.Encode(plain[:len(plain)-1]), "papercode.cbor"},
		"length 2^63":           {Prefix + base45.Encode([]byte{tagSign1, 0x84, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0}), "papercode.cbor"},
		"five parts":            {Prefix + base45.Encode(append(append([]byte{tagSign1, 0x85}, plain[2:]...), 0)), "papercode.cbor"},
		"three parts":           {Prefix + base45.Encode([]byte{tagSign1, 0x83, 0x40, 0xa0, 0x40}), "papercode.cbor"},
		"indefinite array":      {Prefix + base45.Encode(append(append([]byte{tagSign1, 0x9f}, plain[2:]...), 0xff)), "papercode.cbor"},
		"depth 100":             {Prefix + base45.Encode(append([]byte{tagSign1}, bytes.Repeat([]byte{0x81}, 100)...)), "papercode.cbor"},
		"null parts":            {Prefix + base45.Encode([]byte{tagSign1, 0x84, 0xf6, 0xf6, 0xf6, 0xf6}), "papercode.cbor"},
		"null header":           {sealed(t, s, protected, []byte{0xf6}, payload, true), "papercode.cbor"},
		"packed and plain":      {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[20] = []byte{1, 'a'} }), true), "papercode.cbor"},
		"packed in vain":        {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 6); m[20] = []byte{1, 'a'} }), true), "papercode.cbor"},
		"packed badly":          {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 6); m[20] = []byte{9, 3} }), true), "papercode.field"},
		"packed, other window":  {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 6); m[20] = []byte{17, 9, 0x85} }), true), "papercode.cbor"},
		"unprotected kid":       {sealed(t, s, protected, []byte{0xa1, 0x04, 0x41, 0x31}, payload, true), "papercode.cose"},
		"unprotected alg":       {sealed(t, s, header(map[int]any{4: []byte("key-1")}), []byte{0xa1, 0x01, 0x27}, payload, true), "papercode.cose"},
		"unprotected key 2^64":  {sealed(t, s, protected, []byte{0xa1, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255, 0}, payload, true), "papercode.cbor"},
		"no alg":                {sealed(t, s, header(map[int]any{4: []byte("key-1")}), empty, payload, true), "papercode.cbor"},
		"ES256":                 {sealed(t, s, header(map[int]any{1: -7, 4: []byte("key-1")}), empty, payload, true), "papercode.algorithm"},
		"HMAC":                  {sealed(t, s, header(map[int]any{1: 5, 4: []byte("key-1")}), empty, payload, true), "papercode.algorithm"},
		"alg as text":           {sealed(t, s, header(map[int]any{1: "EdDSA", 4: []byte("key-1")}), empty, payload, true), "papercode.cbor"},
		"no kid":                {sealed(t, s, header(map[int]any{1: -8}), empty, payload, true), "papercode.cbor"},
		"empty kid":             {sealed(t, s, header(map[int]any{1: -8, 4: []byte{}}), empty, payload, true), "papercode.key"},
		"crit header":           {sealed(t, s, header(map[int]any{1: -8, 2: []int{9}, 4: []byte("key-1")}), empty, payload, true), "papercode.cbor"},
		"unknown claim":         {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[99] = 1 }), true), "papercode.cbor"},
		"text claim":            {sealed(t, s, protected, empty, append([]byte{payload[0] + 1}, append(bytes.Clone(payload[1:]), 0x61, 'x', 0x01)...), true), "papercode.cbor"},
		"duplicate claim":       {sealed(t, s, protected, empty, append([]byte{payload[0] + 1, 0x01, 0x61, 'x'}, payload[1:]...), true), "papercode.cbor"},
		"unsorted claims":       {sealed(t, s, protected, empty, append(append([]byte{payload[0]}, payload[26:]...), payload[1:26]...), true), "papercode.cbor"},
		"payload no map":        {sealed(t, s, protected, empty, []byte{0x01}, true), "papercode.cbor"},
		"payload null":          {sealed(t, s, protected, empty, []byte{0xf6}, true), "papercode.cbor"},
		"tag inside":            {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[12] = cbor.Tag{Number: 1, Content: 5} }), true), "papercode.cbor"},
		"float":                 {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[15] = 1.5 }), true), "papercode.cbor"},
		"empty title written":   {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[7] = "" }), true), "papercode.cbor"},
		"both ids":              {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[3] = "urn:x:1" }), true), "papercode.cbor"},
		"uuid spelt out":        {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 2); m[3] = string(card(s).Credential) }), true), "papercode.cbor"},
		"short uuid":            {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[2] = []byte{1} }), true), "papercode.field"},
		"short digest":          {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[4] = []byte{1} }), true), "papercode.field"},
		"kind 0":                {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[5] = 0 }), true), "papercode.field"},
		"kind 9":                {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[5] = 9 }), true), "papercode.field"},
		"credits 20/6":          {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[8] = "20/6" }), true), "papercode.cbor"},
		"credits 0":             {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[8] = "0" }), true), "papercode.cbor"},
		"credits text":          {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[8] = "many" }), true), "papercode.field"},
		"31 February":           {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[12] = 20260231 }), true), "papercode.field"},
		"day without month":     {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[12] = 20260005 }), true), "papercode.field"},
		"least integer":         {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[12] = int64(-1 << 63) }), true), "papercode.field"},
		"year 10000":            {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[13] = uint64(maxTime + 1) }), true), "papercode.field"},
		"index 2^64-1":          {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[15] = ^uint64(0) }), true), "papercode.field"},
		"type 999":              {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[17] = 999 }), true), "papercode.field"},
		"both types":            {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[16] = "Course" }), true), "papercode.cbor"},
		"type spelt out":        {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 17); m[16] = "MicroCredential" }), true), "papercode.cbor"},
		"direction":             {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[6] = "a\u202eb" }), true), "papercode.field"},
		"list spelt out":        {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[14] = "https://college.example/status/1" }), true), "papercode.cbor"},
		"issuer no DID":         {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[1] = "https://college.example" }), true), "papercode.field"},
		"issuer missing":        {sealed(t, s, protected, empty, change(func(m map[int64]any) { delete(m, 1) }), true), "papercode.key"},
		"did:key spelt out":     {sealed(t, s, protected, empty, change(func(m map[int64]any) { m[1] = string(keySigner(t).did) }), true), "papercode.key"},
		"compressed, trailing":  {compressed(plain, "x"), "papercode.zlib"},
		"compressed, cut":       {Prefix + base45.Encode([]byte{0x78, 0xda, 1, 2, 3}), "papercode.zlib"},
		"compressed twice over": {compressed(bytes.Repeat([]byte{0}, maxInflated+1), ""), "papercode.too-large"},
	} {
		_, err := Read(tc.text)
		if cairn.CodeOf(err) != tc.code {
			t.Errorf("%s: %v (code %q), want code %s", name, err, cairn.CodeOf(err), tc.code)
		}
	}
}

// TestNothingChangesUnnoticed flips every bit of the packed form: no change may
// verify, and the sentences say "newer app" only for the prefix.
func TestNothingChangesUnnoticed(t *testing.T) {
	s := webSigner(t)
	text := mustSign(t, card(s), s)
	packed, err := base45.Decode(text[len(Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	body, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		for bit := range 8 {
			b := bytes.Clone(body)
			b[i] ^= 1 << bit
			got, err := Read(Prefix + base45.Encode(b))
			if err == nil && got.Verify(s.PublicKey()) == nil {
				t.Errorf("bit %d of byte %d changed, and the code is still good", bit, i)
			}
		}
	}
	t.Logf("%d changes, none good", len(body)*8)
}

func TestPackedText(t *testing.T) {
	for text, bytes := range map[string]int{"": 0, "Amina": 0, "é": 0, "ééé": 4, "प्रियंका": 9, "कथा a": 6, "ትዕግስት": 8, "李小龍李小龍": 0, "கார்த்திகா": 11, "𞤀𞤁": 0} {
		packed := packText(text)
		if len(packed) != bytes {
			t.Errorf("packText(%q) has %d bytes, want %d", text, len(packed), bytes)
		}
		if packed != nil && unpackText(packed) != text {
			t.Errorf("unpackText(packText(%q)) = %q", text, unpackText(packed))
		}
	}
	for _, bad := range [][]byte{{}, {1}, {0, 3, 0x80}, {9, 3}, {9, 3, 5}, {9, 0x1f, 0x80}, {9, 0x7f}} {
		if got := unpackText(bad); got != "" {
			t.Errorf("unpackText(%x) = %q", bad, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []testSigner{webSigner(f), keySigner(f)} {
		f.Add(mustSign(f, card(s), s))
	}
	s := webSigner(f)
	protected, payload := parts(f, s)
	f.Add(sealed(f, s, protected, []byte{0xa0}, payload, true))
	f.Add("CRN2:ABC")
	f.Add(Prefix)
	f.Fuzz(bounds.Each(func(t *testing.T, text string) {
		got, err := Read(text)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		// What was read can be written again, and gives the same signed bytes.
		c, kid, err := claimsOf(got.Card())
		if err != nil {
			t.Fatalf("read, but not writable: %v", err)
		}
		payload, err := encMode.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		protected, err := encMode.Marshal(protectedHeader{Algorithm: algEdDSA, KeyID: kid})
		if err != nil {
			t.Fatal(err)
		}
		header, err := encMode.Marshal(got.message.Header.Protected)
		if err != nil || !bytes.Equal(protected, header) || !bytes.Equal(payload, got.message.Payload) {
			t.Errorf("written again, the signed bytes differ")
		}
	}))
}

// Q17: a scanner that takes what it reads for Latin-1, UTF-8 or Shift JIS gives the
// same text: a code has only letters that are the same byte in each of them, and that
// QR codes have a mode of their own for.
func TestCodeIsTheSameInEveryEncoding(t *testing.T) {
	text := mustSign(t, card(webSigner(t)), webSigner(t))
	for i, r := range text {
		if !strings.ContainsRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", r) {
			t.Errorf("%q at %d is no letter of the alphanumeric mode (ISO/IEC 18004, table 5)", r, i)
		}
	}
	if _, err := Read(text); err != nil {
		t.Error(err)
	}
}
