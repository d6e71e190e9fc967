package did_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// The P-256 example of the did:jwk method specification.
const published = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"

func TestResolveJWK(t *testing.T) {
	doc, err := did.ResolveJWK(published)
	if err != nil {
		t.Fatal(err)
	}
	m, err := doc.Method(published+"#0", did.AssertionMethod)
	if err != nil || m.PublicKey != nil || m.Key.Tree()["x"] != "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0" {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := doc.Method(published+"#1", did.AssertionMethod); err == nil {
		t.Error("another fragment names a key")
	}
	if d, id, err := did.JWKFromKey(m.Key); err != nil || d != published || id != published+"#0" {
		t.Errorf("%s %s %v", d, id, err)
	}
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		k, err := jose.GenerateKey(alg, "left out", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		d, id, err := did.JWKFromKey(k.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		doc, err := did.ResolveJWK(d)
		if err != nil {
			t.Fatal(err)
		}
		m, err := doc.Method(id, did.Authentication)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.JOSE(); err != nil || !got.Equal(k.PublicKey()) || (m.PublicKey != nil) != (alg == jose.EdDSA) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func jwkDID(jwk string) cairn.DID { return cairn.DID("did:jwk:" + jose.EncodeBase64([]byte(jwk))) }

func TestResolveJWKRefuses(t *testing.T) {
	const ed = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	for name, c := range map[string]struct {
		d    cairn.DID
		code string
	}{
		"private":       {jwkDID(`{` + ed + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`), "did.private-key"},
		"twice":         {jwkDID(`{` + ed + `,"kty":"OKP"}`), "did.key"},
		"short":         {jwkDID(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS"}`), "did.key"},
		"other kind":    {jwkDID(`{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`), "did.key-type"},
		"not JSON":      {jwkDID(`x`), "did.key"},
		"bits left":     {cairn.DID(published[:len(published)-1] + "8"), "did.key"},
		"padding":       {cairn.DID(published + "%3D"), "did.key"},
		"with fragment": {cairn.DID(published + "#0"), "did.syntax"},
		"empty":         {"did:jwk:", "did.syntax"},
		"long":          {cairn.DID("did:jwk:" + strings.Repeat("A", 2000)), "did.syntax"},
		"other method":  {"did:key:z6Mk", "did.method"},
	} {
		if _, err := did.ResolveJWK(c.d); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	// A key for encryption is there, and good for nothing.
	d := jwkDID(`{` + ed + `,"use":"enc"}`)
	doc, err := did.ResolveJWK(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, purpose := range []string{did.AssertionMethod, did.Authentication} {
		if _, err := doc.Method(cairn.KeyID(d+"#0"), purpose); cairn.CodeOf(err) != "did.purpose" {
			t.Errorf("%s: %v", purpose, err)
		}
	}
}

// Documents keep keys of every kind, and write them back.
func TestDocumentWithKeysOfAllKinds(t *testing.T) {
	k, err := jose.GenerateKey(jose.ES384, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const d = "did:web:college.example"
	doc := &did.Document{ID: d, Methods: []did.Method{{ID: d + "#ec", Controller: d, Key: k.PublicKey()}, {ID: d + "#ed", Controller: d, PublicKey: key}},
		Assertion: []cairn.KeyID{d + "#ec", d + "#ed"}}
	b, err := did.MarshalDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	again, err := did.ParseDocument(b, d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := again.Method(d+"#ec", did.AssertionMethod)
	if err != nil || !m.Key.Equal(k.PublicKey()) || m.PublicKey != nil {
		t.Errorf("%+v %v", m, err)
	}
	if m, err = again.Method(d+"#ed", did.AssertionMethod); err != nil || !m.PublicKey.Equal(key) {
		t.Errorf("%+v %v", m, err)
	}
	// A key that can't be used does not spoil the others; a private one does.
	for jwk, code := range map[string]string{
		`{"kty":"RSA","n":"AQAB","e":"AQAB"}`:                         "did.no-such-key",
		`{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}`:            "did.no-such-key",
		`{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","d":"AAAA"}`: "did.private-key",
		`{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`:                    "did.key",
	} {
		tree, err := strictjson.ParseObject(b, strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		v, err := strictjson.Parse([]byte(jwk), strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		tree["verificationMethod"].([]any)[0].(map[string]any)["publicKeyJwk"] = v
		changed, err := jcs.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := did.ParseDocument(changed, d)
		if err == nil {
			_, err = doc.Method(d+"#ec", did.AssertionMethod)
		}
		if cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", jwk, err, code)
		}
	}
}

func FuzzResolveJWK(f *testing.F) {
	f.Add(published)
	f.Add("did:jwk:e30")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		doc, err := did.ResolveJWK(cairn.DID(s))
		if err == nil && (doc.ID != cairn.DID(s) || len(doc.Methods) != 1) {
			t.Fatalf("%q gives %+v", s, doc)
		}
	}))
}
