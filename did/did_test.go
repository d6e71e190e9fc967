package did_test

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
)

var key = ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)

func TestKeyRoundTrip(t *testing.T) {
	d, id := did.KeyFromEd25519(key)
	doc, err := did.ResolveKey(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, purpose := range []string{did.AssertionMethod, did.Authentication} {
		m, err := doc.Method(id, purpose)
		if err != nil || !m.PublicKey.Equal(key) || m.Controller != d {
			t.Errorf("%s: %+v, %v", purpose, m, err)
		}
	}
}

// The did:key of the EdDSA Cryptosuites' test vectors.
func TestKnownKey(t *testing.T) {
	const s = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	doc, err := did.ResolveKey(s)
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := did.KeyFromEd25519(doc.Methods[0].PublicKey); d != s {
		t.Errorf("got %s", d)
	}
}

func TestResolveKeyRefuses(t *testing.T) {
	for _, s := range []string{
		"did:key:", "did:key:z", "did:key:z6Mk", "did:web:x.example", "did:key:u7QEK",
		"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2a", // too long
		"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",   // too short
		"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ0",  // not base58
		"did:key:" + strings.Repeat("z", 5000),
	} {
		if _, err := did.ResolveKey(cairn.DID(s)); err == nil {
			t.Errorf("%.80s was resolved", s)
		}
	}
}

func TestWebURL(t *testing.T) {
	for in, want := range map[cairn.DID]string{
		"did:web:college.example":             "https://college.example/.well-known/did.json",
		"did:web:college.example:i:north":     "https://college.example/i/north/did.json",
		"did:web:localhost%3A8443":            "https://localhost:8443/.well-known/did.json",
		"did:web:xn--bcher-kva.example:staff": "https://xn--bcher-kva.example/staff/did.json",
	} {
		if got, err := did.WebURL(in); err != nil || got != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
}

// SECURITY 6, K01.
func TestWebURLRefuses(t *testing.T) {
	for _, in := range []cairn.DID{
		"did:web:", "did:web:127.0.0.1", "did:web:2130706433", "did:web:0x7f000001", "did:web:0x7f.1", "did:web:10.1",
		"did:web:%5B%3A%3A1%5D", "did:web:user@evil.example", "did:web:user%40evil.example", "did:web:evil.example%2Fx",
		"did:web:evil.example:..:x", "did:web:evil.example:.", "did:web:evil.example:%2e%2e", "did:web:evil.example:a%2Fb",
		"did:web:evil.example.", "did:web:Evil.example", "did:web:evil.example%3A", "did:web:evil.example%3A0", "did:web:evil.example%3A123456",
		"did:web:evil.example%3A80%3A80", "did:web:evil.example%3a80", "did:web:evil.example#x", "did:web:evil.example?x", "did:web:evil.example/x",
		"did:web:evil_host.example", "did:web:-evil.example", "did:web:evil..example", "did:web:evil.example::x", "did:web:evil.example:",
		"did:key:z6Mk", "https://evil.example", cairn.DID("did:web:" + strings.Repeat("a.", 200) + "example"),
	} {
		if got, err := did.WebURL(in); err == nil {
			t.Errorf("%.80s became %s", in, got)
		}
	}
}

const web = cairn.DID("did:web:college.example")

func document(change func(string) string) []byte {
	text := `{"@context":["https://www.w3.org/ns/did/v1"],"id":"did:web:college.example",
"verificationMethod":[{"id":"did:web:college.example#key-1","type":"Multikey","controller":"did:web:college.example","publicKeyMultibase":"` + did.EncodeMultikey(key) + `","expires":"2030-01-01T00:00:00Z"},
{"id":"#key-2","type":"JsonWebKey","controller":"did:web:college.example","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"}},
{"id":"#ec","type":"JsonWebKey","controller":"did:web:college.example","publicKeyJwk":{"kty":"EC","crv":"P-256","x":"x","y":"y"}},
{"id":"#foreign","type":"Multikey","controller":"did:web:other.example","publicKeyMultibase":"` + did.EncodeMultikey(key) + `"}],
"assertionMethod":["did:web:college.example#key-1","#foreign",{"id":"#embedded","type":"Multikey","controller":"did:web:college.example","publicKeyMultibase":"` + did.EncodeMultikey(key) + `"}],
"authentication":["#key-2"],"service":[{"id":"#s","type":"x"}]}`
	return []byte(change(text))
}

func same(s string) string { return s }

func TestDocument(t *testing.T) {
	doc, err := did.ParseDocument(document(same), web)
	if err != nil {
		t.Fatal(err)
	}
	m, err := doc.Method("did:web:college.example#key-1", did.AssertionMethod)
	if err != nil || !m.PublicKey.Equal(key) || !m.Expires.Equal(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := doc.Method("did:web:college.example#embedded", did.AssertionMethod); err != nil {
		t.Error(err)
	}
	if _, err := doc.Method("did:web:college.example#key-2", did.Authentication); err != nil {
		t.Error(err)
	}
	for id, code := range map[cairn.KeyID]string{
		"did:web:college.example#key-2":   "did.purpose", // D07: listed, but not for this purpose
		"did:web:college.example#foreign": "did.controller",
		"did:web:college.example#ec":      "did.no-such-key",
		"did:web:college.example#none":    "did.no-such-key",
		"did:web:other.example#key-1":     "did.document-id",
		"did:web:college.example":         "did.key-id",
		"did:web:college.example#":        "did.key-id",
	} {
		if _, err := doc.Method(id, did.AssertionMethod); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", id, err, code)
		}
	}
	b, err := did.MarshalDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	again, err := did.ParseDocument(b, web)
	if err != nil || len(again.Methods) != len(doc.Methods) || !again.Methods[0].Expires.Equal(doc.Methods[0].Expires) {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestDocumentRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"K04 other id":        {`"id":"did:web:college.example",`, `"id":"did:web:college.example2",`},
		"no id":               {`"id":"did:web:college.example",`, ``},
		"id twice":            {`"id":"did:web:college.example",`, `"id":"did:web:college.example","id":"did:web:x.example",`},
		"key twice":           {`"#key-2","type"`, `"#key-1","type"`},
		"K08 private key":     {`"kty":"OKP"`, `"d":"x","kty":"OKP"`},
		"short key":           {`ZIL2ik"`, `"`},
		"methods not a list":  {`"verificationMethod":[`, `"verificationMethod":{"a":[`},
		"bad expiry":          {`2030-01-01T00:00:00Z`, `2030-01-01`},
		"purpose not a list":  {`"authentication":["#key-2"]`, `"authentication":"#key-2"`},
		"method without id":   {`"id":"#key-2",`, ``},
		"trailing bits":       {`tZ2ik"`, `tZ2il"`},
		"reference to nobody": {`"authentication":["#key-2"]`, `"authentication":[null]`},
	} {
		doc := document(func(s string) string { return strings.Replace(s, change[0], change[1], 1) })
		if name != "short key" && string(doc) == string(document(same)) {
			t.Errorf("%s: the case changes nothing", name)
		}
		if name == "short key" {
			doc = document(func(s string) string { return strings.Replace(s, "OsBIoYtZ2ik", "", 1) })
		}
		if _, err := did.ParseDocument(doc, web); cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a web server sends instead of a document is told from a wrong document.
func TestNoDocument(t *testing.T) {
	for data, code := range map[string]string{
		"":                               "did.no-document",
		"<html>maintenance":              "did.no-document",
		"[]":                             "did.no-document",
		`{"error":"maintenance"}`:        "did.no-document",
		`{"id":"did:web:x","id":"y"}`:    "did.no-document",
		`{"id":null}`:                    "did.document-id",
		`{"id":"did:web:other.example"}`: "did.document-id",
		`{"id":"did:web:college.example","verificationMethod":{}}`: "did.document",
	} {
		if _, err := did.ParseDocument([]byte(data), web); cairn.CodeOf(err) != code || cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%s: %v, want %s", data, err, code)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(document(same))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		if doc, err := did.ParseDocument(data, web); err == nil && doc.ID != web {
			t.Fatal("a document of somebody else was accepted")
		}
	}))
}

func FuzzWebURL(f *testing.F) {
	f.Add("did:web:college.example:i:north")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		u, err := did.WebURL(cairn.DID(s))
		if err == nil && (!strings.HasPrefix(u, "https://") || strings.Contains(u, "@") || strings.Contains(u, "..") || !strings.HasSuffix(u, "/did.json")) {
			t.Fatalf("%q became %q", s, u)
		}
	}))
}
