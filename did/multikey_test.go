package did_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
)

// The key pairs of the ECDSA Cryptosuites v1.0, appendix A: the public key of each
// published secret is the published one.
func TestPublishedKeyPairs(t *testing.T) {
	for _, c := range []struct {
		curve          elliptic.Curve
		secret, public string
	}{
		{elliptic.P256(), "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN", "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"},
		{elliptic.P256(), "z42tqvNGyzyXRzotAYn43UhcFtzDUVdxJ7461fwrfhBPLmfY", "zDnaeTHfhmSaQKBc7CmdL3K7oYg3D6SC7yowe2eBeVd2DH32r"},
		{elliptic.P384(), "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc", "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ"},
	} {
		b, err := base58.Decode(c.secret[1:])
		if err != nil {
			t.Fatal(err)
		}
		private, err := ecdsa.ParseRawPrivateKey(c.curve, b[2:])
		if err != nil {
			t.Fatal(err)
		}
		k, err := jose.NewPublicKey(&private.PublicKey, "")
		if err != nil {
			t.Fatal(err)
		}
		d, id, err := did.KeyFromPublic(k)
		if err != nil || string(d) != "did:key:"+c.public || string(id) != "did:key:"+c.public+"#"+c.public {
			t.Errorf("%s: %s, %v", c.public, d, err)
		}
		doc, err := did.ResolveKey(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, purpose := range []string{did.AssertionMethod, did.Authentication} {
			if m, err := doc.Method(id, purpose); err != nil || !m.Key.Equal(k) || m.PublicKey != nil || m.Controller != d {
				t.Errorf("%s: %+v, %v", purpose, m, err)
			}
		}
	}
}

// The did:key method specification's examples of P-256 and P-384.
func TestExamplesOfTheMethod(t *testing.T) {
	for _, value := range []string{
		"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
		"zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
		"z82LkvCwHNreneWpsgPEbV3gu1C6NFJEBg4srfJ5gdxEsMGRJUz2sG9FE42shbn2xkZJh54",
		"z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9",
	} {
		k, err := did.DecodePublic(value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if again, err := did.EncodePublic(k); err != nil || again != value {
			t.Errorf("%s became %s, %v", value, again, err)
		}
	}
}

func multikeyOf(t testing.TB, b ...[]byte) string {
	t.Helper()
	return "z" + base58.Encode(slices.Concat(b...))
}

func TestDecodePublicRefuses(t *testing.T) {
	p256, p384, ed := []byte{0x80, 0x24}, []byte{0x81, 0x24}, []byte{0xed, 0x01}
	const good = "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"
	raw, err := base58.Decode(good[1:])
	if err != nil {
		t.Fatal(err)
	}
	k, err := did.DecodePublic(good)
	if err != nil {
		t.Fatal(err)
	}
	full, err := k.Crypto().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	field := elliptic.P256().Params().P
	// No point of P-256 has the coordinate x = 4 (b + x³ − 3x is no square), and
	// x = p + 5 would be 5 in another form.
	off := append([]byte{2}, big.NewInt(4).FillBytes(make([]byte, 32))...)
	beyond := append([]byte{2}, new(big.Int).Add(field, big.NewInt(5)).FillBytes(make([]byte, 32))...)
	if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), append([]byte{2}, big.NewInt(5).FillBytes(make([]byte, 32))...)); x == nil {
		t.Fatal("5 should be the coordinate of a point, or the case below shows nothing")
	}
	for name, c := range map[string]struct{ value, code string }{
		"J22 not on the curve":    {multikeyOf(t, p256, off), "did.key"},
		"J22 infinity":            {multikeyOf(t, p256, []byte{0}), "did.key-length"},
		"J22 infinity, padded":    {multikeyOf(t, p256, make([]byte, 33)), "did.key"},
		"beyond the field":        {multikeyOf(t, p256, beyond), "did.key"},
		"not compressed":          {multikeyOf(t, p256, full), "did.key-length"},
		"mark of other form":      {multikeyOf(t, p256, []byte{4}, raw[3:]), "did.key"},
		"hybrid mark":             {multikeyOf(t, p256, []byte{6}, raw[3:]), "did.key"},
		"short":                   {multikeyOf(t, raw[:len(raw)-1]), "did.key-length"},
		"long":                    {multikeyOf(t, raw, []byte{0}), "did.key-length"},
		"P-384 name, P-256 point": {multikeyOf(t, p384, raw[2:]), "did.key-length"},
		"Ed25519 small order":     {multikeyOf(t, ed, []byte{1}, make([]byte, 31)), "did.key"},
		"Ed25519 other form":      {multikeyOf(t, ed, bytes.Repeat([]byte{0xff}, 32)), "did.key"},
		"number not shortest":     {multikeyOf(t, []byte{0x80, 0xa4, 0x00}, raw[2:]), "did.key-type"},
		"secp256k1":               {"zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", "did.key-type"},
		"BLS12-381":               {"zUC7K4ndUaGZgV7Cp2yJy6JtMoUHY6u7tkcSYUvPrEidqBmLCTLmi6d5WvwnUqejscAkERJ3bfjEiSYtdPkRSE8kSa11hFBr4sTgnbZ95SJj19PN2jdvJjyzpSZgxkyyxNnBNnY", "did.key-type"},
		"nothing":                 {"z", "did.key"},
		"base64url":               {"ugCQ", "did.key"},
		"leading zero":            {"z1" + good[1:], "did.key-type"},
		"zero at the end":         {good + "1", "did.key-type"},
		"not base58":              {good[:len(good)-1] + "0", "did.key"},
		"space":                   {good + " ", "did.key"},
		"very long":               {"z" + strings.Repeat("D", 5000), "did.key-type"},
	} {
		if _, err := did.DecodePublic(c.value); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if doc, err := did.ResolveKey(cairn.DID("did:key:" + c.value)); err == nil && doc.Methods[0].BBS == nil {
			t.Errorf("%s: resolved to %+v", name, doc)
		}
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rk, err := jose.NewPublicKey(&r.PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := did.KeyFromPublic(rk); cairn.CodeOf(err) != "did.key-type" {
		t.Errorf("RSA: %v", err)
	}
}

// The examples of the did:key method specification and of vc-di-bbs, section
// "Multikey" and its test vectors.
func TestBBSKeys(t *testing.T) {
	for _, value := range []string{
		"zUC7K4ndUaGZgV7Cp2yJy6JtMoUHY6u7tkcSYUvPrEidqBmLCTLmi6d5WvwnUqejscAkERJ3bfjEiSYtdPkRSE8kSa11hFBr4sTgnbZ95SJj19PN2jdvJjyzpSZgxkyyxNnBNnY",
		"zUC7EK3ZakmukHhuncwkbySmomv3FmrkmS36E4Ks5rsb6VQSRpoCrx6Hb8e2Nk6UvJFSdyw9NK1scFXJp21gNNYFjVWNgaqyGnkyhtagagCpQb5B7tagJu3HDbjQ8h5ypoHjwBb",
		"zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2yrr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ",
	} {
		k, err := did.DecodeBBS(value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		d, id := did.KeyFromBBS(k)
		if string(d) != "did:key:"+value || string(id) != "did:key:"+value+"#"+value {
			t.Errorf("%s: written as %s", value, id)
		}
		doc, err := did.ResolveKey(d)
		if err != nil {
			t.Fatal(err)
		}
		m, err := doc.Method(id, did.AssertionMethod)
		if err != nil || !m.BBS.Equal(k) || m.Key != nil || m.PublicKey != nil {
			t.Errorf("%s: %+v, %v", value, m, err)
		}
		if _, err := m.JOSE(); err == nil {
			t.Error("a BBS key is a key for tokens")
		}
		b, err := did.MarshalDocument(doc)
		if err != nil {
			t.Fatal(err)
		}
		again, err := did.ParseDocument(b, d)
		if err != nil || len(again.Methods) != 1 || !again.Methods[0].BBS.Equal(k) {
			t.Errorf("%s: read back as %+v, %v", b, again, err)
		}
	}
	prefix := []byte{0xeb, 0x01}
	good, err := did.DecodeBBS("zUC7EK3ZakmukHhuncwkbySmomv3FmrkmS36E4Ks5rsb6VQSRpoCrx6Hb8e2Nk6UvJFSdyw9NK1scFXJp21gNNYFjVWNgaqyGnkyhtagagCpQb5B7tagJu3HDbjQ8h5ypoHjwBb")
	if err != nil {
		t.Fatal(err)
	}
	identity := append([]byte{0xc0}, make([]byte, 95)...)
	outside := append([]byte{0x80}, make([]byte, 95)...)
	for name, c := range map[string]struct{ value, code string }{
		"J22 identity":      {multikeyOf(t, prefix, identity), "did.key"},
		"J22 not in G2":     {multikeyOf(t, prefix, outside), "did.key"},
		"short":             {multikeyOf(t, prefix, good.Bytes()[:95]), "did.key-length"},
		"long":              {multikeyOf(t, prefix, good.Bytes(), []byte{0}), "did.key-length"},
		"a point of G1":     {multikeyOf(t, prefix, good.Bytes()[:48]), "did.key-length"},
		"G1 by its name":    {multikeyOf(t, []byte{0xea, 0x01}, good.Bytes()[:48]), "did.key-type"},
		"Ed25519":           {"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "did.key-type"},
		"not base58":        {"0", "did.key"},
		"secret key":        {multikeyOf(t, []byte{0x80, 0x26}, make([]byte, 32)), "did.key-type"},
		"name not shortest": {multikeyOf(t, []byte{0xeb, 0x81, 0x00}, good.Bytes()), "did.key-type"},
	} {
		if _, err := did.DecodeBBS(c.value); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if name == "Ed25519" {
			continue
		}
		if doc, err := did.ResolveKey(cairn.DID("did:key:" + c.value)); err == nil {
			t.Errorf("%s: resolved to %+v", name, doc)
		}
	}
}

// Documents on the web hold keys of the curves as Multikey too. A key of a kind
// that is not ours does not spoil the others; one that is wrong does.
func TestDocumentWithCurves(t *testing.T) {
	const d = cairn.DID("did:web:college.example")
	text := func(method string) []byte {
		return []byte(`{"id":"did:web:college.example","verificationMethod":[{"id":"#ec","controller":"did:web:college.example",` + method + `}],"assertionMethod":["#ec"]}`)
	}
	for method, code := range map[string]string{
		`"type":"Multikey","publicKeyMultibase":"zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"`:                        "",
		`"type":"Multikey","publicKeyMultibase":"zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"`:                        "did.no-such-key",
		`"type":"Ed25519VerificationKey2020","publicKeyMultibase":"zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"`:      "did.no-such-key",
		`"type":"Multikey","publicKeyMultibase":"uDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"`:                        "did.key",
		`"type":"Multikey","publicKeyMultibase":"zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP","secretKeyMultibase":1`: "did.private-key",
		`"type":"Multikey"`: "did.key",
	} {
		doc, err := did.ParseDocument(text(method), d)
		if err == nil {
			_, err = doc.Method(cairn.KeyID(d+"#ec"), did.AssertionMethod)
		}
		if cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", method, err, code)
		}
	}
}

func FuzzDecodePublic(f *testing.F) {
	f.Add("zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP")
	f.Add("z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ")
	f.Add("z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		k, err := did.DecodePublic(s)
		if err != nil {
			return
		}
		if again, err := did.EncodePublic(k); err != nil || again != s {
			t.Fatalf("%q is read and written as %q, %v", s, again, err)
		}
	}))
}
