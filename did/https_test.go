package did_test

import (
	"net/url"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
)

func TestParseIdentifier(t *testing.T) {
	for _, s := range []string{"https://college.example", "https://college.example/", "https://college.example:8443/issuers/14", "https://college.example/issuers/14/",
		"https://college.example/~north/issuer.json", "https://xn--bcher-kva.example/a", "did:web:college.example"} {
		if got, err := did.ParseIdentifier(s); err != nil || string(got) != s {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	if m := did.MethodName("https://college.example/issuers/14"); m != "https" {
		t.Errorf("the method is %q", m)
	}
	for _, s := range []string{"", "https://", "https:///x", "http://college.example", "HTTPS://college.example", "https://College.example", "https://college.example:443",
		"https://college.example:0", "https://college.example:", "https://college.example.", "https://127.0.0.1/x", "https://2130706433", "https://0x7f.1", "https://[::1]/",
		"https://user@college.example", "https://college.example@evil.example", "https://college.example/a?b", "https://college.example/a#b", "https://college.example//a",
		"https://college.example/a//b", "https://college.example/../a", "https://college.example/./a", "https://college.example/%2e%2e/a", "https://college.example/a%2Fb",
		"https://college.example/a\\b", "https://college.example/a b", "https://college.example/ä", "https://bücher.example/", "https://college.example\n/", "https://college.example/a\n",
		"https://college.example//", "https://college.example/" + strings.Repeat("a", 1000)} {
		if got, err := did.ParseIdentifier(s); cairn.CodeOf(err) != "did.syntax" {
			t.Errorf("%q: %s, %v", s, got, err)
		}
	}
}

// A document of an address follows the same rules as one of a did:web.
func TestDocumentOfAddress(t *testing.T) {
	const id = "https://college.example/issuers/14"
	data := document(func(s string) string { return strings.ReplaceAll(s, string(web), id) })
	doc, err := did.ParseDocument(data, id)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := doc.Method(id+"#key-1", did.AssertionMethod); err != nil || !m.PublicKey.Equal(key) || m.Controller != id {
		t.Errorf("%+v, %v", m, err)
	}
	for key, code := range map[cairn.KeyID]string{
		id + "#key-2":                             "did.purpose",
		id + "#foreign":                           "did.controller",
		id + "/#key-1":                            "did.document-id",
		"https://college.example#key-1":           "did.document-id",
		"did:web:college.example#key-1":           "did.document-id",
		"https://evil.example/issuers/14#key-1":   "did.document-id",
		"http://college.example/issuers/14#key-1": "did.syntax",
	} {
		if _, err := doc.Method(key, did.AssertionMethod); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", key, err, code)
		}
	}
	if _, err := did.ParseDocument(data, id+"/"); cairn.CodeOf(err) != "did.document-id" {
		t.Errorf("the document of an address with a slash more: %v", err)
	}
}

func FuzzParseIdentifier(f *testing.F) {
	f.Add("https://college.example:8443/issuers/14")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		d, err := did.ParseIdentifier(s)
		if err != nil || did.MethodName(d) != "https" {
			return
		}
		u, err := url.Parse(s)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.JoinPath().String() != s && u.Path != "" || strings.ToLower(u.Host) != u.Host {
			t.Fatalf("%q was accepted", s)
		}
	}))
}
