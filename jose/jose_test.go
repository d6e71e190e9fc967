package jose_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/internal/corpus"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// The keys and tokens printed in RFC 7515, appendices A.3 and A.4, and RFC 8037,
// appendix A.
var published = []struct{ name, key, token string }{
	{"RFC 8037 A.4", `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
	{"RFC 7515 A.3", `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`,
		"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
	{"RFC 7515 A.4", `{"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2","d":"AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C"}`,
		"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
}

// The key of RFC 7638, section 3.1.
const publishedRSA = `{"kty":"RSA","e":"AQAB","alg":"RS256","kid":"2011-04-29","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}`

func private(t testing.TB, jwk string) *jose.PrivateKey {
	t.Helper()
	k, err := jose.ParsePrivateKey([]byte(jwk))
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

func TestPublishedTokens(t *testing.T) {
	for _, c := range published {
		token, err := jose.Parse(c.token, jose.MaxToken)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := token.Verify(private(t, c.key).PublicKey(), jose.Policy{Types: []string{""}}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for key, want := range map[string]string{
		publishedRSA: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", // RFC 7638, 3.1
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", // RFC 8037, A.3
	} {
		k, err := jose.ParsePublicKey([]byte(key))
		if err != nil || k.Thumbprint() != want {
			t.Errorf("%v %v, want %s", k, err, want)
		}
	}
}

// The list of algorithms changes only together with this test.
func TestAcceptedAlgorithms(t *testing.T) {
	if got := fmt.Sprint(jose.Algorithms()); got != "[EdDSA Ed25519 ES256 ES384 ES512 RS256]" {
		t.Errorf("the accepted algorithms are %s: was that decided?", got)
	}
}

func TestSignAndVerify(t *testing.T) {
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		k := generate(t, alg)
		h := jose.Header{Type: "vc+jwt", KeyID: "did:example:1#k", ContentType: "vc", Members: map[string]any{"iss": "did:example:1"}}
		compact, err := jose.Sign(t.Context(), h, []byte(`{"a":1}`), k)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jose.Sign(t.Context(), h, []byte(`{"a":1}`), k)
		if err != nil || again != compact {
			t.Errorf("%s: equal inputs give different tokens (%v)", alg, err)
		}
		token, err := jose.Parse(compact, jose.MaxToken)
		if err != nil {
			t.Fatal(err)
		}
		if token.Header.Algorithm != alg || token.Header.KeyID != h.KeyID || token.Header.Members["iss"] != "did:example:1" || string(token.Payload) != `{"a":1}` {
			t.Errorf("%+v", token)
		}
		for _, accepted := range []string{"vc+jwt", "application/vc+jwt", "VC+JWT"} {
			if err := token.Verify(k.PublicKey(), jose.Policy{Types: []string{accepted}}); err != nil {
				t.Errorf("%s: %v", alg, err)
			}
		}
		for code, err := range map[string]error{
			"jose.type":        token.Verify(k.PublicKey(), jose.Policy{Types: []string{"vp+jwt", "", "JWT", "vc+sd-jwt"}}),
			"jose.signature":   token.Verify(generate(t, alg).PublicKey(), jose.Policy{Types: []string{"vc+jwt"}}),
			"jose.no-such-key": token.Verify(nil, jose.Policy{Types: []string{"vc+jwt"}}),
		} {
			if cairn.CodeOf(err) != code {
				t.Errorf("%s: %v, want %s", alg, err, code)
			}
		}
		if err := token.Verify(k.PublicKey(), jose.Policy{}); cairn.CodeOf(err) != "jose.type" {
			t.Errorf("a policy that names no type accepts one: %v", err)
		}
		// Every changed letter is refused (J17, J18, J23 among them).
		step := 1
		if alg == jose.ES384 || alg == jose.ES512 { // slow, and the form is the same
			step = 17
		}
		for i := 0; i < len(compact); i += step {
			for _, c := range []byte("AB_=\n .") {
				if compact[i] == c {
					continue
				}
				changed := compact[:i] + string(c) + compact[i+1:]
				if token, err := jose.Parse(changed, jose.MaxToken); err == nil {
					err = token.Verify(k.PublicKey(), jose.Policy{Types: []string{"vc+jwt"}})
					if err == nil {
						t.Fatalf("%s: accepted with %q at %d", alg, c, i)
					}
				}
			}
		}
		for cut := 1; cut <= 10; cut++ {
			if token, err := jose.Parse(compact[:len(compact)-cut], jose.MaxToken); err == nil && token.Verify(k.PublicKey(), jose.Policy{Types: []string{"vc+jwt"}}) == nil {
				t.Errorf("%s: accepted without the last %d", alg, cut)
			}
		}
	}
}

// forge makes a token with any header, signed for real.
func forge(t testing.TB, header string, payload string, k *jose.PrivateKey) string {
	t.Helper()
	signed := jose.EncodeBase64([]byte(header)) + "." + jose.EncodeBase64([]byte(payload))
	signature, err := k.Sign(t.Context(), []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + jose.EncodeBase64(signature)
}

// The cases of SECURITY 6, group J, that concern the token itself.
func TestRefusedTokens(t *testing.T) {
	ed, ec := private(t, published[0].key), private(t, published[1].key) // fixed, so that the corpus is
	attacker, err := jcs.Marshal(ec.PublicKey().Tree())
	if err != nil {
		t.Fatal(err)
	}
	secret := `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	valid := forge(t, `{"alg":"EdDSA","typ":"JWT"}`, `{}`, ed)
	rsaKey, err := jose.ParsePublicKey([]byte(publishedRSA))
	if err != nil {
		t.Fatal(err)
	}
	var made []any
	for _, c := range []struct {
		name, token, code string
		key               *jose.PublicKey
	}{
		{"J01 none", jose.EncodeBase64([]byte(`{"alg":"none","typ":"JWT"}`)) + ".e30.", "jose.algorithm", nil},
		{"J01 nOnE", forge(t, `{"alg":"nOnE","typ":"JWT"}`, `{}`, ed), "jose.algorithm", nil},
		{"J01 empty", forge(t, `{"alg":"","typ":"JWT"}`, `{}`, ed), "jose.header", nil},
		{"J01 absent", forge(t, `{"typ":"JWT"}`, `{}`, ed), "jose.algorithm", nil},
		{"J02 HS256", forge(t, `{"alg":"HS256","typ":"JWT"}`, `{}`, ed), "jose.algorithm", nil},
		{"J03 another kind", forge(t, `{"alg":"ES256","typ":"JWT"}`, `{}`, ed), "jose.key-algorithm", nil},
		{"J03 another curve", forge(t, `{"alg":"ES384","typ":"JWT"}`, `{}`, ec), "jose.key-algorithm", ec.PublicKey()},
		{"J04 RS256", forge(t, `{"alg":"RS256","typ":"JWT"}`, `{}`, ed), "jose.algorithm", rsaKey},
		{"J05 key in the token", forge(t, `{"alg":"ES256","typ":"JWT","jwk":`+string(attacker)+`}`, `{}`, ec), "jose.key-algorithm", nil},
		{"J11 crit", forge(t, `{"alg":"EdDSA","typ":"JWT","crit":["x"],"x":1}`, `{}`, ed), "jose.critical", nil},
		{"J11 crit empty", forge(t, `{"alg":"EdDSA","typ":"JWT","crit":[]}`, `{}`, ed), "jose.critical", nil},
		{"J12 b64", forge(t, `{"alg":"EdDSA","typ":"JWT","b64":false}`, `{}`, ed), "jose.critical", nil},
		{"J12 b64 in crit", forge(t, `{"alg":"EdDSA","typ":"JWT","b64":true,"crit":["b64"]}`, `{}`, ed), "jose.critical", nil},
		{"J13 alg twice", forge(t, `{"alg":"EdDSA","alg":"EdDSA","typ":"JWT"}`, `{}`, ed), "jose.header", nil},
		{"J15 JSON serialisation", `{"payload":"e30","signatures":[]}`, "jose.token", nil},
		{"J16 two parts", "e30.e30", "jose.token", nil},
		{"J16 four parts", valid + ".e30", "jose.token", nil},
		{"J16 a million dots", strings.Repeat(".", 1_000_000), "jose.too-large", nil},
		{"J17 padding", valid + "=", "jose.base64", nil},
		{"J17 line break", valid[:8] + "\n" + valid[8:], "jose.base64", nil},
		{"J17 space", " " + valid, "jose.base64", nil},
		{"J17 standard alphabet", "e30/." + valid, "jose.token", nil},
		{"J30 encrypted", "e30.e30.e30.e30.e30", "jose.token", nil},
		{"J30 enc", forge(t, `{"alg":"EdDSA","enc":"A128GCM","typ":"JWT"}`, `{}`, ed), "jose.encrypted", nil},
		{"J31 zip", forge(t, `{"alg":"EdDSA","zip":"DEF","typ":"JWT"}`, `{}`, ed), "jose.encrypted", nil},
		{"J32 too large", forge(t, `{"alg":"EdDSA","typ":"JWT"}`, strings.Repeat(" ", 50_000), ed), "jose.too-large", nil},
		{"J34 private jwk", forge(t, `{"alg":"EdDSA","typ":"JWT","jwk":`+secret+`}`, `{}`, ed), "jose.private-key", nil},
		{"kid not a text", forge(t, `{"alg":"EdDSA","typ":"JWT","kid":1}`, `{}`, ed), "jose.header", nil},
		{"header is a list", forge(t, `["EdDSA"]`, `{}`, ed), "jose.header", nil},
		{"header with BOM", forge(t, "\xef\xbb\xbf"+`{"alg":"EdDSA","typ":"JWT"}`, `{}`, ed), "jose.header", nil},
		{"type absent", forge(t, `{"alg":"EdDSA"}`, `{}`, ed), "jose.type", nil},
		{"x5c broken", forge(t, `{"alg":"EdDSA","typ":"JWT","x5c":["*"]}`, `{}`, ed), "jose.chain", nil},
		{"x5c empty", forge(t, `{"alg":"EdDSA","typ":"JWT","x5c":[]}`, `{}`, ed), "jose.chain", nil},
		{"J19 short", valid[:strings.LastIndexByte(valid, '.')+1] + "AAAA", "jose.signature", nil},
		{"J23 signature missing", valid[:strings.LastIndexByte(valid, '.')+1], "jose.signature", nil},
	} {
		key := c.key
		if key == nil {
			key = ed.PublicKey()
		}
		token, err := jose.Parse(c.token, jose.MaxToken)
		if err == nil {
			err = token.Verify(key, jose.Policy{Types: []string{"JWT"}})
		}
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		if len(c.token) < 10_000 {
			made = append(made, map[string]any{"name": c.name, "token": c.token, "key": key.Tree(), "typ": "JWT", "code": c.code})
		}
	}
	corpus.Same(t, "testdata/refused.json", map[string]any{
		"about": "Tokens that must not verify with the key, where tokens of the typ are expected. Codes are Cairn's. The first key is that of RFC 8037, appendix A.",
		"valid": valid, "refused": made})
	if token, err := jose.Parse(valid, jose.MaxToken); err != nil || token.Verify(ed.PublicKey(), jose.Policy{Types: []string{"JWT"}}) != nil {
		t.Errorf("the pattern of the refused ones is refused too: %v", err)
	}
	for _, payload := range []string{"[]", "\xff", "\xef\xbb\xbf{}", `{"a":1,"a":2}`, ""} {
		token, err := jose.Parse(forge(t, `{"alg":"EdDSA","typ":"JWT"}`, payload, ed), jose.MaxToken)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := token.Claims(); cairn.CodeOf(err) != "jose.payload" {
			t.Errorf("J33 %q: %v", payload, err)
		}
	}
}

func TestRefusedKeys(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := jose.NewPrivateKey(p256, "k")
	if err != nil {
		t.Fatal(err)
	}
	ed := generate(t, jose.EdDSA)
	change := func(tree map[string]any, name string, v any) string {
		if v == nil {
			delete(tree, name)
		} else {
			tree[name] = v
		}
		b, err := jcs.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ec := func(name string, v any) string { return change(k.PublicKey().Tree(), name, v) }
	okp := func(name string, v any) string { return change(ed.PublicKey().Tree(), name, v) }
	zero := jose.EncodeBase64(make([]byte, 32))
	y := k.PublicKey().Tree()["y"].(string)
	// The same octets, but the border between x and y is moved by one.
	point, err := p256.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	moved := `{"kty":"EC","crv":"P-256","x":"` + jose.EncodeBase64(point[1:32]) + `","y":"` + jose.EncodeBase64(point[32:]) + `"}`
	for _, c := range []struct{ name, key, code string }{
		{"J22 not on the curve", ec("x", zero), "jose.key"},
		{"J22 coordinates of zero", `{"kty":"EC","crv":"P-256","x":"` + zero + `","y":"` + zero + `"}`, "jose.key"},
		{"short coordinate", ec("y", y[:40]), "jose.key"},
		{"long coordinate", ec("y", "AAAA"+y), "jose.key"},
		{"coordinates of 31 and 33 bytes", moved, "jose.key"},
		{"padded coordinate", ec("y", y+"="), "jose.key"},
		{"no y", ec("y", nil), "jose.key"},
		{"other curve", ec("crv", "P-384"), "jose.key"},
		{"secp256k1", ec("crv", "secp256k1"), "jose.key-type"},
		{"no kty", ec("kty", nil), "jose.key"},
		{"wrong kty", ec("kty", "OKP"), "jose.key-type"},
		{"symmetric", `{"kty":"oct","k":"AAAA"}`, "jose.private-key"},
		{"symmetric without secret", `{"kty":"oct"}`, "jose.key-type"},
		{"private", ec("d", zero), "jose.private-key"},
		{"private RSA member", ec("dp", "AAAA"), "jose.private-key"},
		{"kid not a text", ec("kid", true), "jose.key"},
		{"key_ops twice", ec("key_ops", []any{"verify", "verify"}), "jose.key"},
		{"key_ops a text", ec("key_ops", "verify"), "jose.key"},
		{"Ed25519 short", okp("x", "AAAA"), "jose.key"},
		{"Ed448", okp("crv", "Ed448"), "jose.key-type"},
		{"X25519", okp("crv", "X25519"), "jose.key-type"},
		{"duplicate member", `{"kty":"OKP","crv":"Ed25519","x":"AA","x":"AA"}`, "jose.key"},
		{"RSA small", `{"kty":"RSA","e":"AQAB","n":"` + jose.EncodeBase64(append([]byte{0xff}, bytes.Repeat([]byte{1}, 127)...)) + `"}`, "jose.key"},
		{"RSA leading zero", `{"kty":"RSA","e":"AQAB","n":"` + jose.EncodeBase64(append([]byte{0}, bytes.Repeat([]byte{1}, 256)...)) + `"}`, "jose.key"},
		{"RSA huge", `{"kty":"RSA","e":"AQAB","n":"` + jose.EncodeBase64(bytes.Repeat([]byte{0xff}, 2000)) + `"}`, "jose.key"},
		{"too large", `{"kty":"OKP","kid":"` + strings.Repeat("k", 20_000) + `"}`, "jose.too-large"},
		{"not an object", `[]`, "jose.key"},
	} {
		if got, err := jose.ParsePublicKey([]byte(c.key)); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v %v, want %s", c.name, got, err, c.code)
		}
	}
	for name, tree := range map[string]map[string]any{"J35 enc": {"use": "enc"}, "J35 key_ops": {"key_ops": []any{"encrypt"}}} {
		m := ed.PublicKey().Tree()
		for n, v := range tree {
			m[n] = v
		}
		key, err := jose.PublicKeyFromTree(m)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jose.Parse(forge(t, `{"alg":"EdDSA","typ":"JWT"}`, `{}`, ed), jose.MaxToken)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Verify(key, jose.Policy{Types: []string{"JWT"}}); cairn.CodeOf(err) != "jose.key-use" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// J21. Under a key of small order the standard library accepts one signature for
// many messages; we refuse such keys.
func TestSmallOrderKeys(t *testing.T) {
	forged := append([]byte{1}, make([]byte, 63)...) // R is the neutral element, S is 0
	for _, text := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		key := ed25519.PublicKey(unhex(t, text))
		weak := false
		for i := range 100 {
			weak = weak || ed25519.Verify(key, fmt.Append(nil, i), forged)
		}
		if !weak {
			t.Errorf("%s is not a key of small order; the test is wrong", text)
		}
		if _, err := jose.NewPublicKey(key, ""); cairn.CodeOf(err) != "jose.key" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPrivateKeys(t *testing.T) {
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		k := generate(t, alg)
		tree, err := k.Tree()
		if err != nil {
			t.Fatal(err)
		}
		b, err := jcs.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jose.ParsePrivateKey(b)
		if err != nil || !again.PublicKey().Equal(k.PublicKey()) || again.PublicKey().KeyID() != "k" {
			t.Fatalf("%s: %v", alg, err)
		}
		for code, change := range map[string]func(map[string]any){
			"jose.key":     func(m map[string]any) { other, _ := generate(t, alg).Tree(); m["d"] = other["d"] },
			"jose.key-use": func(m map[string]any) { m["use"] = "enc" },
		} {
			tree, _ := k.Tree()
			change(tree)
			b, err := jcs.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := jose.ParsePrivateKey(b); cairn.CodeOf(err) != code {
				t.Errorf("%s: %v, want %s", alg, err, code)
			}
		}
		if _, err := jose.ParsePublicKey(b); cairn.CodeOf(err) != "jose.private-key" {
			t.Errorf("%s: a private key passes for a public one: %v", alg, err)
		}
	}
	for _, in := range []string{`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`} {
		if _, err := jose.ParsePrivateKey([]byte(in)); cairn.CodeOf(err) != "jose.key" {
			t.Errorf("no private part: %v", err)
		}
	}
	if _, err := jose.GenerateKey(jose.RS256, "", rand.Reader); cairn.CodeOf(err) != "jose.algorithm" {
		t.Errorf("RSA key: %v", err)
	}
}

func TestKeySet(t *testing.T) {
	a, b := generate(t, jose.EdDSA), generate(t, jose.ES256)
	set := func(keys ...map[string]any) []byte {
		list := []any{}
		for _, k := range keys {
			list = append(list, k)
		}
		out, err := jcs.Marshal(map[string]any{"keys": list})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ka, kb := a.PublicKey().Tree(), b.PublicKey().Tree()
	kb["kid"] = "b"
	keys, err := jose.ParseKeySet(set(ka, kb, map[string]any{"kty": "OKP", "crv": "X25519", "x": "AA"}))
	if err != nil || len(keys) != 2 {
		t.Fatalf("%v %v", keys, err)
	}
	if k, err := keys.Find("b"); err != nil || !k.Equal(b.PublicKey()) {
		t.Errorf("%v", err)
	}
	if _, err := keys.Find(""); cairn.CodeOf(err) != "jose.which-key" { // J10
		t.Errorf("a key was guessed: %v", err)
	}
	if _, err := keys.Find("c"); cairn.CodeOf(err) != "jose.no-such-key" {
		t.Errorf("%v", err)
	}
	secret, err := a.Tree()
	if err != nil {
		t.Fatal(err)
	}
	for code, in := range map[string][]byte{
		"jose.key-set":     set(ka, a.PublicKey().Tree()),
		"jose.private-key": set(ka, secret),
	} {
		if _, err := jose.ParseKeySet(in); cairn.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if _, err := jose.ParseKeySet(set(slices.Repeat([]map[string]any{{"kty": "x"}}, 101)...)); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("%v", err)
	}
}

func TestClaims(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		`{}`:                         "",
		`{"exp":1772366401}`:         "",
		`{"exp":1772366400}`:         "jose.expired",
		`{"exp":1772366399.5}`:       "jose.expired",
		`{"nbf":1772366400}`:         "",
		`{"nbf":1772366401}`:         "jose.not-yet",
		`{"exp":"1772366401"}`:       "jose.time",
		`{"exp":-1}`:                 "jose.time",
		`{"exp":null}`:               "jose.time",
		`{"nbf":1e15}`:               "jose.time",
		`{"exp":253402300799}`:       "",
		`{"exp":253402300800}`:       "jose.time",
		`{"exp":1772366401,"nbf":1}`: "",
	} {
		claims, err := strictjson.ParseObject([]byte(in), strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		if err := jose.Period(claims, at, 0); cairn.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
	if err := jose.Period(map[string]any{"exp": json.Number("1772366395")}, at, 10*time.Second); err != nil {
		t.Errorf("the allowance is not made: %v", err)
	}
	for in, want := range map[string]string{`{"aud":"a"}`: "[a]", `{"aud":["a","b"]}`: "[a b]", `{}`: "[]", `{"aud":[1]}`: "jose.claim", `{"aud":""}`: "jose.claim"} {
		claims, err := strictjson.ParseObject([]byte(in), strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		got, err := jose.Audience(claims)
		if cairn.CodeOf(err) != want && fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v, want %s", in, got, err, want)
		}
	}
}

// institution is a signer of credentials, as internal/keys has them.
type institution struct{ key ed25519.PrivateKey }

func (institution) KeyID() cairn.KeyID             { return "did:web:college.example#key-1" }
func (institution) Controller() cairn.DID          { return "did:web:college.example" }
func (i institution) PublicKey() ed25519.PublicKey { return i.key.Public().(ed25519.PublicKey) }
func (i institution) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(i.key, m), nil
}

func TestFromSigner(t *testing.T) {
	s, err := jose.FromSigner(institution{ed25519.NewKeyFromSeed(make([]byte, 32))})
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jose.Sign(t.Context(), jose.Header{Type: "JWT", KeyID: s.PublicKey().KeyID()}, []byte("{}"), s)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Parse(compact, jose.MaxToken)
	if err != nil {
		t.Fatal(err)
	}
	if token.Header.KeyID != "did:web:college.example#key-1" || token.Header.Algorithm != jose.EdDSA {
		t.Errorf("%+v", token.Header)
	}
	if err := token.Verify(s.PublicKey(), jose.Policy{Types: []string{"JWT"}}); err != nil {
		t.Error(err)
	}
	if _, err := jose.FromSigner(institution{make(ed25519.PrivateKey, 64)}); cairn.CodeOf(err) != "jose.key" { // the public part is the zero point
		t.Errorf("%v", err)
	}
}

type brokenSigner struct{ *jose.PrivateKey }

func (brokenSigner) Sign(context.Context, []byte) ([]byte, error) { return make([]byte, 64), nil }

func TestSignRefuses(t *testing.T) {
	k := generate(t, jose.EdDSA)
	for code, err := range map[string]error{
		"jose.signer-fault": func() error {
			_, err := jose.Sign(t.Context(), jose.Header{Type: "JWT"}, nil, brokenSigner{k})
			return err
		}(),
		"jose.type": func() error { _, err := jose.Sign(t.Context(), jose.Header{}, nil, k); return err }(),
		"jose.header": func() error {
			_, err := jose.Sign(t.Context(), jose.Header{Type: "JWT", Members: map[string]any{"crit": []any{"x"}}}, nil, k)
			return err
		}(),
	} {
		if cairn.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

func FuzzParse(f *testing.F) {
	k := private(f, published[0].key)
	for _, c := range published {
		f.Add(c.token)
	}
	f.Add(forge(f, `{"alg":"EdDSA","typ":"JWT","kid":"k","x5c":["AAAA"]}`, `{"a":1}`, k))
	f.Fuzz(bounds.Each(func(t *testing.T, compact string) {
		token, err := jose.Parse(compact, jose.MaxToken)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		// There is only one text for one content: what was read is written back alike.
		parts := strings.Split(compact, ".")
		if len(parts) != 3 || base64.RawURLEncoding.EncodeToString(token.Payload) != parts[1] {
			t.Fatalf("%q has a second form", compact)
		}
		if token.Verify(k.PublicKey(), jose.Policy{Types: []string{"", "JWT"}}) == nil && compact != published[0].token &&
			!strings.HasPrefix(parts[0], "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsiL") {
			t.Fatalf("a forgery: %q", compact)
		}
	}))
}

func FuzzParseKey(f *testing.F) {
	for _, c := range published {
		f.Add([]byte(c.key))
	}
	f.Add([]byte(`{"kty":"RSA","n":"0vx7","e":"AQAB"}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		k, err := jose.ParsePublicKey(data)
		if err != nil {
			return
		}
		again, err := jose.PublicKeyFromTree(k.Tree())
		if err != nil || !again.Equal(k) || again.Thumbprint() != k.Thumbprint() {
			t.Fatalf("%s: %v", data, err)
		}
	}))
}
