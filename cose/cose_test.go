package cose_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	peer "github.com/veraison/go-cose"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func public(t testing.TB, jwk string) *jose.PublicKey {
	t.Helper()
	k, err := jose.ParsePublicKey([]byte(jwk))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func generate(t testing.TB, alg jose.Algorithm) *jose.PrivateKey {
	t.Helper()
	k, err := jose.GenerateKey(alg, "k", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The public keys of cose-wg/Examples, and of RFC 8392, appendix A.2.3.
const (
	keyP256  = `{"kty":"EC","crv":"P-256","x":"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8","y":"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4"}`
	keyP384  = `{"kty":"EC","crv":"P-384","x":"kTJyP2KSsBBhnb4kjWmMF7WHVsY55xUPgb7k64rDcjatChoZ1nvjKmYmPh5STRKc","y":"mM0weMVU2DKsYDxDJkEP9hZiRZtB8fPfXbzINZj_fF7YQRynNWedHEyzAJOX2e8s"}`
	keyP521  = `{"kty":"EC","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}`
	keyOKP   = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	keyA23   = `{"kty":"EC","crv":"P-256","x":"FDMpzOeGjkFpJ1mc9lo0884v_aVafspp7YkZo5TULw8","y":"YPfxp4DYp4O_t6LdayeW6BKNu87509Fo25Uplxo257k"}`
	exampleC = "D28443A10126A10442313154546869732069732074686520636F6E74656E742E58408EB33E4CA31D1C465AB05AAC34CC6B23D58FEF5C083106C4D25A91AEF0B0117E2AF9A291AA32E14AB834DC56ED2A223444547E01F11D3B0916E5A4C345CACB36"
	cwtA3    = "D28443A10126A05850A70175636F61703A2F2F61732E6578616D706C652E636F6D02656572696B77037818636F61703A2F2F6C696768742E6578616D706C652E636F6D041A5612AEB0051A5610D9F0061A5610D9F007420B7158405427C1FF28D23FBAD1F29C4C7C6A555E601D6FA29F9179BC3D7438BACACA5ACD08C8D4D4F96131680C429A01F85951ECEE743A52B9B63632C57209120E1C9E30"
)

var anyType = cose.Policy{Types: []string{""}}

// The examples of the COSE working group (cose-wg/Examples), by their names there.
// An empty code stands for a good message; the code is that of Parse or, after it,
// of Verify.
func TestWorkingGroupExamples(t *testing.T) {
	for _, c := range []struct{ name, key, external, message, code string }{
		{"RFC8152/Appendix_C_2_1", keyP256, "", exampleC, ""},
		{"sign1-tests/sign-pass-01", keyP256, "", "D28441A0A201260442313154546869732069732074686520636F6E74656E742E584087DB0D2E5571843B78AC33ECB2830DF7B6E0A4D5B7376DE336B23C591C90C425317E56127FBE04370097CE347087B233BF722B64072BEB4486BDA4031D27244F", "cose.algorithm"}, // alg is not protected: see DIVERGENCES
		{"sign1-tests/sign-pass-02", keyP256, "11aa22bb33cc44dd55006699", "D28443A10126A10442313154546869732069732074686520636F6E74656E742E584010729CD711CB3813D8D8E944A8DA7111E7B258C9BDCA6135F7AE1ADBEE9509891267837E1E33BD36C150326AE62755C6BD8E540C3E8F92D7D225E8DB72B8820B", ""},
		{"sign1-tests/sign-pass-03", keyP256, "", exampleC[2:], ""},
		{"sign1-tests/sign-fail-01", keyP256, "", "D903E6" + exampleC[2:], "cose.form"},
		{"sign1-tests/sign-fail-02", keyP256, "", strings.Replace(exampleC, "6E742E", "6E742F", 1), "cose.signature"},
		{"sign1-tests/sign-fail-03", keyP256, "", strings.Replace(exampleC, "43A10126", "45A1013903E6", 1), "cose.algorithm"},
		{"sign1-tests/sign-fail-04", keyP256, "", strings.Replace(exampleC, "43A10126", "4AA10167756E6B6E6F776E", 1), "cose.algorithm"},
		{"sign1-tests/sign-fail-06", keyP256, "", strings.Replace(exampleC, "43A10126", "45A201260300", 1), "cose.signature"},
		{"sign1-tests/sign-fail-07", keyP256, "", "D28443A10126A10442313154546869732069732074686520636F6E74656E742E58406520BBAF2081D7E0ED0F95F76EB0733D667005F7467CEC4B87B9381A6BA1EDE8E00DF29F32A37230F39A842A54821FDD223092819D7728EFB9D3A0080B75380B", "cose.signature"},
		{"eddsa-examples/eddsa-sig-01", keyOKP, "", "D28445A201270300A10442313154546869732069732074686520636F6E74656E742E58407142FD2FF96D56DB85BEE905A76BA1D0B7321A95C8C4D3607C5781932B7AFB8711497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D", ""},
		{"eddsa-examples/eddsa-sig-02 (Ed448)", keyOKP, "", "D28443A10127A10445656434343854546869732069732074686520636F6E74656E742E5872988240A3A2F189BD486DE14AA77F54686C576A09F2E7ED9BAE910DF9139C2AC3BE7C27B7E10A20FA17C9D57D3510A2CF1F634BC0345AB9BE00849842171D1E9E98B2674C0E38BFCF6C557A1692B01B71015A47AC9F7748840CAD1DA80CBB5B349309FEBB912672B377C8B2072AF1598B3700", "cose.signature"},
		{"ecdsa-examples/ecdsa-sig-01", keyP256, "", "D28445A201260300A10442313154546869732069732074686520636F6E74656E742E58406520BBAF2081D7E0ED0F95F76EB0733D667005F7467CEC4B87B9381A6BA1EDE8E00DF29F32A37230F39A842A54821FDD223092819D7728EFB9D3A0080B75380B", ""},
		{"ecdsa-examples/ecdsa-sig-02", keyP384, "", "D28444A1013822A104445033383454546869732069732074686520636F6E74656E742E58605F150ABD1C7D25B32065A14E05D6CB1F665D10769FF455EA9A2E0ADAB5DE63838DB257F0949C41E13330E110EBA7B912F34E1546FB1366A2568FAA91EC3E6C8D42F4A67A0EDF731D88C9AEAD52258B2E2C4740EF614F02E9D91E9B7B59622A3C", ""},
		{"ecdsa-examples/ecdsa-sig-03", keyP521, "", "D28444A1013823A104581E62696C626F2E62616767696E7340686F626269746F6E2E6578616D706C6554546869732069732074686520636F6E74656E742E588401664DD6962091B5100D6E1833D503539330EC2BC8FD3E8996950CE9F70259D9A30F73794F603B0D3E7C5E9C4C2A57E10211F76E79DF8FFD1B79D7EF5B9FA7DA109001965FA2D37E093BB13C040399C467B3B9908C09DB2B0F1F4996FE07BB02AAA121A8E1C671F3F997ADE7D651081017057BD3A8A5FBF394972EA71CFDC15E6F8FE2E1", ""},
		{"ecdsa-examples/ecdsa-sig-04 (P-256 with SHA-512)", keyP256, "", "D28444A1013823A10442313154546869732069732074686520636F6E74656E742E5840EB18B84ED674284E5ED861C3943E101BED5DB9F560C0F0292B34362990D1C59B10DF7946CBC6CA3DCBD6C17A6DD1D711F50337BAA6B4FCFAE0EFC70E52C1DE0F", "jose.key-algorithm"},
		{"CWT/A_3", keyA23, "", cwtA3, ""},
		{"CWT/A_4 (a MAC)", keyA23, "", "D18443A10104A05850A70175636F61703A2F2F61732E6578616D706C652E636F6D02656572696B77037818636F61703A2F2F6C696768742E6578616D706C652E636F6D041A5612AEB0051A5610D9F0061A5610D9F007420B7148093101EF6D789200", "cose.mac"},
	} {
		m, err := cose.Parse(unhex(t, c.message), cose.MaxMessage)
		if err == nil {
			p := anyType
			p.External = unhex(t, c.external)
			err = m.Verify(public(t, c.key), p)
		}
		if cairn.CodeOf(err) != c.code || (c.code == "") != (err == nil) {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func TestExampleIsReadFully(t *testing.T) {
	m, err := cose.Parse(unhex(t, exampleC), cose.MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Payload) != "This is the content." || string(m.Header.KeyID) != "11" || m.Header.Algorithm != jose.ES256 || !m.Tagged || m.CWT {
		t.Errorf("%+v", m)
	}
	m, err = cose.Parse(unhex(t, "D83D"+cwtA3), cose.MaxMessage)
	if err != nil || !m.CWT || !m.Tagged {
		t.Fatalf("with the tag of a CWT: %v", err)
	}
	if err := m.Verify(public(t, keyA23), anyType); err != nil {
		t.Error(err)
	}
	got, err := m.CWTClaims()
	if err != nil {
		t.Fatal(err)
	}
	want := cose.Claims{Issuer: "coap://as.example.com", Subject: "erikw", Audience: []string{"coap://light.example.com"}, Expires: time.Unix(1444064944, 0).UTC(),
		NotBefore: time.Unix(1443944944, 0).UTC(), IssuedAt: time.Unix(1443944944, 0).UTC(), ID: []byte{0x0b, 0x71}, Others: strictcbor.Map{}}
	if !reflect.DeepEqual(got, want) { // RFC 8392, appendix A.1
		t.Errorf("%+v", got)
	}
	back, err := got.Marshal()
	if err != nil || !bytes.Equal(back, m.Payload) {
		t.Errorf("written again: %x, %v", back, err)
	}
	for name, c := range map[string]struct {
		at   int64
		code string
	}{"Q07 past": {1444064944, "cose.expired"}, "last second": {1444064943, ""}, "first second": {1443944944, ""}, "before": {1443944943, "cose.not-yet"}} {
		if err := got.Period(time.Unix(c.at, 0), 0); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err := got.Period(time.Unix(c.at, 0), time.Minute); err != nil {
			t.Errorf("%s, with an allowance: %v", name, err)
		}
	}
}

func TestSign(t *testing.T) {
	payload := []byte("content")
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		key := generate(t, alg)
		h := cose.Header{KeyID: []byte("did:web:x.example#1"), Type: "application/vc+cose", ContentType: "application/vc", Chain: [][]byte{{1}, {2}},
			Claims: &cose.Claims{Issuer: "did:web:x.example"}, Protected: strictcbor.Map{int64(-70000): "own"}}
		b, err := cose.Sign(t.Context(), h, payload, key)
		if err != nil {
			t.Fatal(err)
		}
		m, err := cose.Parse(b, cose.MaxMessage)
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.Algorithm != alg || string(m.Header.KeyID) != "did:web:x.example#1" || m.Header.Type != "application/vc+cose" || m.Header.ContentType != "application/vc" ||
			len(m.Header.Chain) != 2 || m.Header.Claims.Issuer != "did:web:x.example" || m.Header.Protected[int64(-70000)] != "own" || len(m.Header.Unprotected) != 0 {
			t.Errorf("%s: %+v", alg, m.Header)
		}
		if err := m.Verify(key.PublicKey(), cose.Policy{Types: []string{"vc+cose"}}); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		for name, c := range map[string]struct {
			key    *jose.PublicKey
			policy cose.Policy
			code   string
		}{
			"no key":          {nil, cose.Policy{Types: []string{"vc+cose"}}, "cose.no-such-key"},
			"another key":     {generate(t, alg).PublicKey(), cose.Policy{Types: []string{"vc+cose"}}, "cose.signature"},
			"another kind":    {key.PublicKey(), cose.Policy{Types: []string{"vp+cose"}}, "cose.type"},
			"no kind":         {key.PublicKey(), cose.Policy{}, "cose.type"},
			"external":        {key.PublicKey(), cose.Policy{Types: []string{"vc+cose"}, External: []byte{1}}, "cose.signature"},
			"a key of others": {public(t, keyA23), cose.Policy{Types: []string{"vc+cose"}}, map[bool]string{true: "cose.signature", false: "jose.key-algorithm"}[alg == jose.ES256]},
		} {
			if err := m.Verify(c.key, c.policy); cairn.CodeOf(err) != c.code {
				t.Errorf("%s, %s: %v, want %s", alg, name, err, c.code)
			}
		}
	}
	var none *cose.Message
	if err := none.Verify(public(t, keyA23), anyType); cairn.CodeOf(err) != "cose.no-such-key" {
		t.Error(err)
	}
}

type brokenSigner struct{ *jose.PrivateKey }

func (brokenSigner) Sign(context.Context, []byte) ([]byte, error) { return make([]byte, 64), nil }

func TestSignRefuses(t *testing.T) {
	key := generate(t, jose.EdDSA)
	for name, c := range map[string]struct {
		h    cose.Header
		code string
	}{
		"unprotected":       {cose.Header{Unprotected: strictcbor.Map{int64(4): []byte{1}}}, "cose.header"},
		"crit":              {cose.Header{Protected: strictcbor.Map{int64(2): []any{int64(99)}}}, "cose.header"},
		"another alg":       {cose.Header{Protected: strictcbor.Map{int64(1): int64(-7)}}, "cose.header"},
		"type no type":      {cose.Header{Type: "vc"}, "cose.header"},
		"type with a space": {cose.Header{Type: " a/b"}, "cose.header"},
		"format too large":  {cose.Header{ContentType: "65536"}, "cose.header"},
		"claim with field":  {cose.Header{Claims: &cose.Claims{Others: strictcbor.Map{int64(4): int64(1)}}}, "cose.claims"},
		"time too late":     {cose.Header{Claims: &cose.Claims{Expires: time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)}}, "cose.claims"},
		"long kid":          {cose.Header{KeyID: make([]byte, 2000)}, "cose.header"},
	} {
		if b, err := cose.Sign(t.Context(), c.h, nil, key); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %x, %v, want %s", name, b, err, c.code)
		}
	}
	if _, err := cose.Sign(t.Context(), cose.Header{}, nil, brokenSigner{key}); cairn.CodeOf(err) != "cose.signer-fault" {
		t.Errorf("a broken signer: %v", err)
	}
}

// message makes a message with any parts, signed when key is not nil.
func message(t testing.TB, protected, unprotected, payload any, key *jose.PrivateKey) []byte {
	t.Helper()
	p, ok := protected.([]byte)
	if !ok {
		var err error
		if p, err = strictcbor.Marshal(protected); err != nil {
			t.Fatal(err)
		}
	}
	signature := make([]byte, 64)
	if key != nil {
		content, _ := payload.([]byte)
		signed, err := strictcbor.Marshal([]any{"Signature1", p, []byte{}, content})
		if err != nil {
			t.Fatal(err)
		}
		if signature, err = key.Sign(t.Context(), signed); err != nil {
			t.Fatal(err)
		}
	}
	b, err := strictcbor.Marshal([]any{p, unprotected, payload, signature})
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{0xd2}, b...)
}

type dict = strictcbor.Map

func TestParseRefuses(t *testing.T) {
	key := generate(t, jose.EdDSA)
	good := dict{int64(1): int64(-8)}
	with := func(label int64, v any) dict { return dict{int64(1): int64(-8), label: v} }
	content := []byte("x")
	plain := message(t, good, dict{}, content, key)
	if m, err := cose.Parse(plain, cose.MaxMessage); err != nil || m.Verify(key.PublicKey(), anyType) != nil {
		t.Fatalf("the hand-made message itself: %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"nothing":                        {nil, "cose.form"},
		"Q03 trailing byte":              {append(slices.Clone(plain), 0), "cose.form"},
		"Q03 cut":                        {plain[:len(plain)-1], "cose.form"},
		"Q03 indefinite array":           {append(append([]byte{0xd2, 0x9f}, plain[2:]...), 0xff), "cose.form"},
		"Q03 long tag":                   {append([]byte{0xd8, 18}, plain[1:]...), "cose.form"},
		"Q03 depth 100":                  {append([]byte{0xd2}, bytes.Repeat([]byte{0x81}, 100)...), "cose.form"},
		"Q04 length 2^63":                {[]byte{0xd2, 0x84, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0}, "cose.form"},
		"three parts":                    {[]byte{0xd2, 0x83, 0x40, 0xa0, 0x40}, "cose.form"},
		"CWT tag alone":                  {append([]byte{0xd8, 61}, plain[1:]...), "cose.form"},
		"CWT tag twice":                  {append([]byte{0xd8, 61, 0xd8, 61}, plain...), "cose.form"},
		"COSE tag twice":                 {append([]byte{0xd2}, plain...), "cose.form"},
		"encrypted":                      {append([]byte{0xd0}, plain[1:]...), "cose.encrypted"},
		"encrypted, in a CWT":            {append([]byte{0xd8, 61, 0xd0}, plain[1:]...), "cose.encrypted"},
		"encrypted for several":          {append([]byte{0xd8, 96}, plain[1:]...), "cose.encrypted"},
		"MAC":                            {append([]byte{0xd1}, plain[1:]...), "cose.mac"},
		"several signers":                {append([]byte{0xd8, 98}, plain[1:]...), "cose.signers"},
		"detached":                       {message(t, good, dict{}, nil, key), "cose.detached"},
		"content a text":                 {message(t, good, dict{}, "x", key), "cose.form"},
		"unprotected a list":             {message(t, good, []any{}, content, key), "cose.form"},
		"Q05 no alg":                     {message(t, dict{}, dict{}, content, key), "cose.algorithm"},
		"Q05 empty protected":            {message(t, []byte{}, dict{}, content, key), "cose.algorithm"},
		"Q05 alg unprotected":            {message(t, []byte{}, good, content, key), "cose.algorithm"},
		"Q05 alg in both":                {message(t, good, dict{int64(1): int64(-7)}, content, key), "cose.header"},
		"alg HMAC":                       {message(t, dict{int64(1): int64(5)}, dict{}, content, key), "cose.algorithm"},
		"alg RS256":                      {message(t, dict{int64(1): int64(-257)}, dict{}, content, key), "cose.algorithm"},
		"alg ES256K":                     {message(t, dict{int64(1): int64(-47)}, dict{}, content, key), "cose.algorithm"},
		"alg a text":                     {message(t, dict{int64(1): "EdDSA"}, dict{}, content, key), "cose.algorithm"},
		"alg 0":                          {message(t, dict{int64(1): int64(0)}, dict{}, content, key), "cose.algorithm"},
		"protected not a map":            {message(t, []byte{0x80}, dict{}, content, key), "cose.header"},
		"protected with a tail":          {message(t, []byte{0xa1, 1, 0x27, 0}, dict{}, content, key), "cose.header"},
		"protected, alg twice":           {message(t, []byte{0xa2, 1, 0x27, 1, 0x26}, dict{}, content, key), "cose.header"},
		"protected, alg twice, long key": {message(t, []byte{0xa2, 1, 0x27, 0x18, 1, 0x26}, dict{}, content, key), "cose.header"},
		"crit":                           {message(t, with(2, []any{int64(-70000)}), dict{}, content, key), "cose.critical"},
		"crit of a text":                 {message(t, with(2, []any{"x"}), dict{}, content, key), "cose.critical"},
		"crit, empty":                    {message(t, with(2, []any{}), dict{}, content, key), "cose.critical"},
		"crit, not there":                {message(t, with(2, []any{int64(16)}), dict{}, content, key), "cose.critical"},
		"crit, no list":                  {message(t, with(2, int64(1)), dict{}, content, key), "cose.critical"},
		"crit unprotected":               {message(t, good, dict{int64(2): []any{int64(1)}}, content, key), "cose.critical"},
		"kid in both":                    {message(t, with(4, []byte{1}), dict{int64(4): []byte{2}}, content, key), "cose.header"},
		"kid a text":                     {message(t, with(4, "1"), dict{}, content, key), "cose.header"},
		"kid empty":                      {message(t, with(4, []byte{}), dict{}, content, key), "cose.header"},
		"typ negative":                   {message(t, with(16, int64(-1)), dict{}, content, key), "cose.header"},
		"typ no media type":              {message(t, with(16, "vc"), dict{}, content, key), "cose.header"},
		"content type a list":            {message(t, with(3, []any{}), dict{}, content, key), "cose.header"},
		"chain empty":                    {message(t, with(33, []any{}), dict{}, content, key), "cose.header"},
		"chain of one in a list":         {message(t, with(33, []any{[]byte{1}}), dict{}, content, key), "cose.header"},
		"chain of texts":                 {message(t, with(33, []any{"a", "b"}), dict{}, content, key), "cose.header"},
		"claims no map":                  {message(t, with(15, int64(1)), dict{}, content, key), "cose.header"},
		"claims, iss a number":           {message(t, with(15, dict{int64(1): int64(1)}), dict{}, content, key), "cose.claims"},
		"too large":                      {message(t, good, dict{}, make([]byte, cose.MaxMessage), key), "cose.too-large"},
		"too many parameters": {message(t, func() dict {
			d := dict{int64(1): int64(-8)}
			for i := range int64(600) {
				d[1000+i] = i
			}
			return d
		}(), dict{}, content, key), "cose.too-large"},
	} {
		if _, err := cose.Parse(c.data, cose.MaxMessage); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	for name, b := range map[string][]byte{
		"crit that is understood": message(t, dict{int64(1): int64(-8), int64(2): []any{int64(16)}, int64(16): "application/vc+cose"}, dict{}, content, key),
		"unknown parameters":      message(t, with(-65537, "x"), dict{"x": int64(1)}, content, key),
		"typ a number":            message(t, with(16, int64(267)), dict{}, content, key),
	} {
		if m, err := cose.Parse(b, cose.MaxMessage); err != nil || m.Verify(key.PublicKey(), cose.Policy{Types: []string{"", "vc+cose", "267"}}) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A typ that no signature covers is nobody's word.
	if m, err := cose.Parse(message(t, good, dict{int64(16): "application/vc+cose"}, content, key), cose.MaxMessage); err != nil || m.Header.Type != "" {
		t.Errorf("unprotected typ: %+v, %v", m, err)
	}
}

func TestClaimsRefused(t *testing.T) {
	for name, m := range map[string]dict{
		"iss empty": {int64(1): ""}, "iss bytes": {int64(1): []byte("x")}, "sub a number": {int64(2): int64(1)}, "aud a number": {int64(3): int64(1)},
		"aud empty": {int64(3): []any{}}, "aud of numbers": {int64(3): []any{int64(1)}}, "exp a text": {int64(4): "1"}, "exp negative": {int64(4): int64(-1)},
		"exp too late": {int64(4): int64(253402300800)}, "exp 1e300": {int64(4): 1e300}, "nbf null": {int64(5): nil}, "iat true": {int64(6): true},
		"cti a text": {int64(7): "x"}, "cti empty": {int64(7): []byte{}},
	} {
		if c, err := cose.ClaimsFromMap(m); cairn.CodeOf(err) != "cose.claims" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	c, err := cose.ClaimsFromMap(dict{int64(4): 1.5, int64(3): []any{"a", "b"}, "own": int64(1)})
	if err != nil || !c.Expires.Equal(time.Unix(1, 5e8)) || len(c.Audience) != 2 || c.Others["own"] != int64(1) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, b := range []string{"80", "a1", "a10101", "c1a0"} {
		if _, err := cose.ReadClaims(unhex(t, b)); cairn.CodeOf(err) != "cose.claims" {
			t.Errorf("%s: %v", b, err)
		}
	}
}

// peerKeys are keys of each kind with the peer's name for the algorithm.
func peerKeys(t testing.TB) map[peer.Algorithm]crypto.Signer {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[peer.Algorithm]crypto.Signer{peer.AlgorithmEdDSA: ed}
	for alg, curve := range map[peer.Algorithm]elliptic.Curve{peer.AlgorithmES256: elliptic.P256(), peer.AlgorithmES384: elliptic.P384(), peer.AlgorithmES512: elliptic.P521()} {
		if keys[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// veraison/go-cose accepts what we sign, and we what it signs.
func TestPeer(t *testing.T) {
	for alg, raw := range peerKeys(t) {
		key, err := jose.NewPrivateKey(raw, "k")
		if err != nil {
			t.Fatal(err)
		}
		b, err := cose.Sign(t.Context(), cose.Header{KeyID: []byte("k"), Type: "application/vc+cose"}, []byte("content"), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := peerVerifies(b, alg, raw.Public()); err != nil {
			t.Errorf("%s: the peer refuses ours: %v", alg, err)
		}
		b[len(b)-1] ^= 1
		if err := peerVerifies(b, alg, raw.Public()); err == nil {
			t.Errorf("%s: the peer accepts anything", alg)
		}
		signer, err := peer.NewSigner(alg, raw)
		if err != nil {
			t.Fatal(err)
		}
		headers := peer.Headers{Protected: peer.ProtectedHeader{peer.HeaderLabelAlgorithm: alg, peer.HeaderLabelContentType: "text/plain"},
			Unprotected: peer.UnprotectedHeader{peer.HeaderLabelKeyID: []byte("k")}}
		b, err = peer.Sign1(rand.Reader, signer, headers, []byte("content"), nil)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := cose.Parse(b, cose.MaxMessage)
		if err != nil {
			t.Fatalf("%s: we can't read the peer's: %v", alg, err)
		}
		if err := ours.Verify(key.PublicKey(), anyType); err != nil || string(ours.Header.KeyID) != "k" || ours.Header.ContentType != "text/plain" {
			t.Errorf("%s: we refuse the peer's: %v, %+v", alg, err, ours.Header)
		}
	}
}

func peerVerifies(data []byte, alg peer.Algorithm, key crypto.PublicKey) error {
	var m peer.Sign1Message
	if len(data) > 0 && data[0] != 0xd2 {
		data = append([]byte{0xd2}, data...)
	}
	if err := m.UnmarshalCBOR(data); err != nil {
		return err
	}
	v, err := peer.NewVerifier(alg, key)
	if err != nil {
		return err
	}
	return m.Verify(nil, v)
}

// TestEveryBit flips every bit of a message that we signed: none of the results is
// still good, though not every byte of it is covered by the signature.
func TestEveryBit(t *testing.T) {
	key := generate(t, jose.ES256)
	b, err := cose.Sign(t.Context(), cose.Header{KeyID: []byte("did:web:x.example#1"), Type: "application/vc+cose"}, []byte("content"), key)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range b {
		for bit := range 8 {
			c := slices.Clone(b)
			c[i] ^= 1 << bit
			m, err := cose.Parse(c, cose.MaxMessage)
			if err == nil && m.Verify(key.PublicKey(), cose.Policy{Types: []string{"vc+cose"}}) == nil {
				t.Errorf("bit %d of byte %d is changed and the message is still good", bit, i)
			}
			n++
		}
	}
	t.Logf("%d changes, none good", n)
}

// Whatever we accept, the peer accepts too; nothing panics.
func FuzzParse(f *testing.F) {
	example := public(f, keyP256)
	for _, h := range []string{exampleC, exampleC[2:], cwtA3, "D83D" + cwtA3, "D903E6" + exampleC[2:], "D08340A040"} {
		f.Add(unhex(f, h))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		m, err := cose.Parse(data, cose.MaxMessage)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		c, err := m.CWTClaims()
		if err == nil {
			_, _, err = c.Confirmation()
		}
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		if m.CWT || m.Verify(example, cose.Policy{Types: []string{m.Header.Type}}) != nil {
			return
		}
		if err := peerVerifies(data, peer.AlgorithmES256, example.Crypto()); err != nil {
			t.Fatalf("we accept and the peer does not: %v", err)
		}
	}))
}
