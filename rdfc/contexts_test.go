package rdfc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"cairn.example/rdfc"
	"cairn.example/strictjson"
)

func TestContextsAreThePublishedBytes(t *testing.T) {
	for _, c := range rdfc.Contexts() {
		b, ok := rdfc.ContextBytes(c.URL)
		if !ok {
			t.Errorf("%s is in the table but not embedded", c.URL)
			continue
		}
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); c.URL != rdfc.CairnContext && got != c.SHA256 {
			t.Errorf("%s: SHA-256 %s, published %s", c.URL, got, c.SHA256)
		}
		if _, err := strictjson.ParseObject(b, strictjson.Default); err != nil {
			t.Errorf("%s: %v", c.URL, err)
		}
		if c.Source == "" {
			t.Errorf("%s has no source", c.URL)
		}
	}
	if _, ok := rdfc.ContextBytes("https://www.w3.org/ns/credentials/v3"); ok {
		t.Error("an unknown context was found")
	}
}

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The unsigned credential of the EdDSA cryptosuites' test vectors (vc-di-eddsa,
// appendix B.1); its canonical form has the SHA-256 given there.
const alumni = `{
 "@context": ["https://www.w3.org/ns/credentials/v2"],
 "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
 "type": ["VerifiableCredential"],
 "name": "A name",
 "issuer": "https://vc.example/issuers/5678",
 "validFrom": "2023-01-01T00:00:00Z",
 "credentialSubject": {"id": "did:example:abcdefgh"}
}`

func TestCanonicalIsStable(t *testing.T) {
	got, err := rdfc.Canonical(parse(t, alumni))
	if err != nil {
		t.Fatal(err)
	}
	want := `<urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential> .
<urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33> <https://schema.org/name> "A name" .
<urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33> <https://www.w3.org/2018/credentials#credentialSubject> <did:example:abcdefgh> .
<urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33> <https://www.w3.org/2018/credentials#issuer> <https://vc.example/issuers/5678> .
<urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33> <https://www.w3.org/2018/credentials#validFrom> "2023-01-01T00:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime> .
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(string(got), "_:") {
		t.Error("no blank node is in this document")
	}
}

// The document about our context names every term, with what it stands for.
func TestOurContextIsDescribed(t *testing.T) {
	doc, err := os.ReadFile("../docs/specs/context.md")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := rdfc.ContextBytes(rdfc.CairnContext)
	var check func(terms map[string]any)
	check = func(terms map[string]any) {
		for name, def := range terms {
			if strings.HasPrefix(name, "@") {
				continue
			}
			if !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("docs/specs/context.md does not have %s", name)
			}
			if m, ok := def.(map[string]any); ok {
				if scoped, ok := m["@context"].(map[string]any); ok {
					check(scoped)
				}
			}
		}
	}
	check(parse(t, string(b))["@context"].(map[string]any))
}
