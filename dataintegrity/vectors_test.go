package dataintegrity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"maps"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/strictjson"
)

// The documents, keys and proof values below are those that the specifications
// print: EdDSA Cryptosuites v1.0, appendix B, and ECDSA Cryptosuites v1.0,
// appendix A.
const (
	alumni = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
"name":"Alumni Credential","description":"A minimum viable example of an Alumni Credential.",
"issuer":"https://vc.example/issuers/5678","validFrom":"2023-01-01T00:00:00Z",
"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"}}`

	employ = `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],
"type":["VerifiableCredential","EmploymentAuthorizationDocumentCredential"],
"issuer":{"id":"did:key:zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76",
"image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2NgUPr/HwADaAIhG61j/AAAAABJRU5ErkJggg=="},
"credentialSubject":{"type":["Person","EmployablePerson"],"givenName":"JOHN","additionalName":"JACOB","familyName":"SMITH",
"image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2Ng+M/wHwAEAQH/7yMK/gAAAABJRU5ErkJggg==",
"gender":"Male","residentSince":"2015-01-01","birthCountry":"Bahamas","birthDate":"1999-07-17",
"employmentAuthorizationDocument":{"type":"EmploymentAuthorizationDocument","identifier":"83627465","lprCategory":"C09","lprNumber":"999-999-999"}},
"name":"Employment Authorization Document","description":"Example Employment Authorization Document.",
"validFrom":"2019-12-03T00:00:00Z","validUntil":"2029-12-03T00:00:00Z"}`

	edSecret   = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
	p256Secret = "z42twTcNeSYcnqg1FLuSFs2bsGH3ZqbRHFmvS9XMsYhjxvHN"
	p384Secret = "z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc"
)

var published = []struct {
	name, doc, suite, secret, value string
}{
	{"eddsa-rdfc-2022", alumni, dataintegrity.EdDSARDFC2022, edSecret,
		"z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"},
	{"eddsa-jcs-2022", alumni, dataintegrity.EdDSAJCS2022, edSecret,
		"z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"},
	{"ecdsa-rdfc-2019 P-256", alumni, dataintegrity.ECDSARDFC2019, p256Secret,
		"zaHXrr7AQdydBk3ahpCDpWbxfLokDqmCToYm2dyWvpcFVyWooC2he63w1f7UNQoAMKdhaRtcnaE2KTo5o5vTCcfw"},
	{"ecdsa-rdfc-2019 P-384", alumni, dataintegrity.ECDSARDFC2019, p384Secret,
		"z967Mvv5bxtmLNqTzPZ8KmJjFmFXaAKeQNzq7GWnQkMcLtaGSSmuozE5WtJ8PipMe178B1tE28K1vsJur9bGVJhz6jgSJsRHFSQeqgH8hhjcg8gZDFJC1b9FsR5ggNmDBqHv"},
	{"ecdsa-rdfc-2019 P-256, unnamed objects", employ, dataintegrity.ECDSARDFC2019, p256Secret,
		"z4y9rJ7JxwfZZUBAHgDHJh7FzMbsycPhEtcSHqrfyn7fx3S5MWdajNu1r6SsJmirzfcWHe7vp9XKHmRqW6qe7u3d3"},
	{"ecdsa-rdfc-2019 P-384, unnamed objects", employ, dataintegrity.ECDSARDFC2019, p384Secret,
		"zz3ca1oME3iYPHM8SgApWFUFVQjiaL9moPqCZ1NAENj3biEQ34qc1ex5VJNLD4jh4N4MY2cmDyDCYGv7EyD87yCGYwag8wRwiJE1xiHKLhTEhDQFNfuNMsgLiZnqpkCDJPye"},
	{"ecdsa-jcs-2019 P-256", alumni, dataintegrity.ECDSAJCS2019, p256Secret,
		"z5ptCet75SaEgzG4v4zJhbJtfNi74Wv7Fq15hhKouJQQjEPQvPZKaYxcMXAMLPQS2FXrkCWokNJkFVkwxNzZfD5oT"},
	{"ecdsa-jcs-2019 P-384", alumni, dataintegrity.ECDSAJCS2019, p384Secret,
		"zq3EuTeLiGurmB2JR5oL8oWEsT7u2tba4HT1oZbiMYWc5qzsoW2kLYcBcF4HM5vCpJyTkceULKrVXuJQkXeN5seL4uXrFNFRMm53GWy1Yrto8rTWxZi9DkNeWP7yUPs7ELAm"},
}

// keyOf reads a secret key as the specifications print them.
func keyOf(t testing.TB, secret string) (cairn.KeyID, *jose.PrivateKey) {
	t.Helper()
	b, err := base58.Decode(secret[1:])
	if err != nil {
		t.Fatal(err)
	}
	var key crypto.Signer
	switch {
	case b[0] == 0x80:
		key = ed25519.NewKeyFromSeed(b[2:])
	case b[0] == 0x86:
		key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), b[2:])
	default:
		key, err = ecdsa.ParseRawPrivateKey(elliptic.P384(), b[2:])
	}
	if err != nil {
		t.Fatal(err)
	}
	k, err := jose.NewPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	_, id, err := did.KeyFromPublic(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return id, k
}

var made = time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)

func TestPublishedProofs(t *testing.T) {
	for _, c := range published {
		t.Run(c.name, func(t *testing.T) {
			id, key := keyOf(t, c.secret)
			doc := parse(t, c.doc)
			proof := map[string]any{"type": "DataIntegrityProof", "cryptosuite": c.suite, "created": "2023-02-24T23:36:38Z",
				"verificationMethod": string(id), "proofPurpose": "assertionMethod", "proofValue": c.value}
			if c.suite == dataintegrity.EdDSAJCS2022 || c.suite == dataintegrity.ECDSAJCS2019 {
				proof["@context"] = doc["@context"]
			}
			signed := maps.Clone(doc)
			signed["proof"] = proof
			if err := check(signed); err != nil {
				t.Errorf("the published proof does not verify: %v", err)
			}
			got, err := dataintegrity.SignWith(t.Context(), doc, dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
			if err != nil {
				t.Fatal(err)
			}
			if v := got["proof"].(map[string]any)["proofValue"]; v != c.value {
				t.Errorf("we sign %s, the specification has %s", v, c.value)
			}
		})
	}
}

// Every suite notices every change of one place, in the document and the proof.
func TestEverySuiteNoticesEveryMutation(t *testing.T) {
	for _, c := range published {
		t.Run(c.name, func(t *testing.T) {
			id, key := keyOf(t, c.secret)
			doc := parse(t, c.doc)
			doc["credentialSubject"].(map[string]any)["description"] = "x"
			signed, err := dataintegrity.SignWith(t.Context(), doc, dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made,
				ID: "urn:x:1", Expires: made.AddDate(1, 0, 0), Nonce: "n", Challenge: "c", Domain: "d"}, id, key)
			if err != nil {
				t.Fatal(err)
			}
			tried := everyMutation(t, signed, func(changed map[string]any) bool {
				proofs, err := dataintegrity.Proofs(changed)
				if err == nil && !proofs[0].CoversContext(changed) {
					return false // what was added is not signed, and a reader is told
				}
				return check(changed) == nil
			})
			if tried < 80 {
				t.Errorf("only %d mutations were tried", tried)
			}
		})
	}
}

func TestJCSContexts(t *testing.T) {
	id, key := keyOf(t, p256Secret)
	doc := parse(t, alumni)
	signed, err := dataintegrity.SignWith(t.Context(), doc, dataintegrity.Options{Cryptosuite: dataintegrity.ECDSAJCS2019, Purpose: did.AssertionMethod, Created: made}, id, key)
	if err != nil {
		t.Fatal(err)
	}
	v2, examples := "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"
	for name, c := range map[string]struct {
		contexts any
		code     string
		covers   bool
	}{
		"equal":     {[]any{v2, examples}, "", true},
		"one added": {[]any{v2, examples, "https://x.example/c"}, "", false},
		"removed":   {[]any{v2}, "proof.context", false},
		"text":      {v2, "proof.context", false},
		"order":     {[]any{examples, v2}, "proof.context", true},
		"in front":  {[]any{"https://x.example/c", v2, examples}, "proof.context", false},
		"object":    {[]any{v2, map[string]any{"a": "b"}}, "proof.context", true},
		"empty":     {[]any{}, "proof.context", false},
		"null":      {nil, "proof.context", false},
	} {
		changed := maps.Clone(signed)
		changed["@context"] = c.contexts
		err := check(changed)
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
		proofs, err := dataintegrity.Proofs(changed)
		if err != nil {
			t.Fatal(err)
		}
		if proofs[0].CoversContext(changed) != c.covers {
			t.Errorf("%s: covers all contexts: %t", name, !c.covers)
		}
	}
	// A document without a context, as did:webvh has, is signed without.
	bare, err := dataintegrity.SignWith(t.Context(), map[string]any{"a": "b"}, dataintegrity.Options{Cryptosuite: dataintegrity.ECDSAJCS2019, Purpose: did.AssertionMethod, Created: made}, id, key)
	if err != nil || check(bare) != nil {
		t.Errorf("%v, %v", err, check(bare))
	}
	bare["@context"] = v2
	if check(bare) == nil {
		t.Error("a context came from nowhere")
	}
	// Numbers that JSON readers can take differently are not signed.
	n, err := strictjson.ParseObject([]byte(`{"a":0.1000000000000000055}`), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dataintegrity.SignWith(t.Context(), n, dataintegrity.Options{Cryptosuite: dataintegrity.ECDSAJCS2019, Purpose: did.AssertionMethod, Created: made}, id, key); cairn.CodeOf(err) != "jcs.number" {
		t.Errorf("an inexact number: %v", err)
	}
}

// D15: the key decides the hash, and each suite takes its own kinds of key.
func TestSuiteAndKeyBelongTogether(t *testing.T) {
	docs := map[string]map[string]any{}
	for _, c := range published[:8] {
		id, key := keyOf(t, c.secret)
		signed, err := dataintegrity.SignWith(t.Context(), parse(t, c.doc), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
		if err != nil {
			t.Fatal(err)
		}
		docs[c.name] = signed
	}
	secrets := []string{edSecret, p256Secret, p384Secret}
	for _, c := range published {
		for _, secret := range secrets {
			if secret == c.secret {
				continue
			}
			id, key := keyOf(t, secret)
			ed, wantsEd := secret == edSecret, c.secret == edSecret
			_, err := dataintegrity.SignWith(t.Context(), parse(t, c.doc), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
			if ed != wantsEd && cairn.CodeOf(err) != "proof.method" {
				t.Errorf("%s is made with another kind of key: %v", c.name, err)
			}
			// The name of the method is right, the key behind it is not.
			proofs, err := dataintegrity.Proofs(docs[c.name])
			if err != nil {
				t.Fatal(err)
			}
			err = dataintegrity.Verify(docs[c.name], proofs[0], did.Method{ID: proofs[0].Method, Key: key.PublicKey()})
			if code := cairn.CodeOf(err); code != "proof.method" && code != "proof.value" {
				t.Errorf("%s is checked with another kind of key: %v", c.name, err)
			}
		}
		// The proof says another suite.
		for _, other := range published {
			if other.suite == c.suite {
				continue
			}
			changed := maps.Clone(docs[c.name])
			p := maps.Clone(changed["proof"].(map[string]any))
			p["cryptosuite"] = other.suite
			changed["proof"] = p
			if check(changed) == nil {
				t.Errorf("%s passes as %s", c.name, other.suite)
			}
		}
	}
	// A key whose document says that it is for encryption checks nothing.
	signed := docs["ecdsa-jcs-2019 P-256"]
	_, key := keyOf(t, p256Secret)
	jwk := key.PublicKey().Tree()
	jwk["use"] = "enc"
	k, err := jose.PublicKeyFromTree(jwk)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := dataintegrity.Verify(signed, proofs[0], did.Method{ID: proofs[0].Method, Key: k}); cairn.CodeOf(err) != "proof.method" {
		t.Errorf("a key for encryption: %v", err)
	}
	if err := dataintegrity.Verify(signed, proofs[0], did.Method{ID: proofs[0].Method}); cairn.CodeOf(err) != "proof.method" {
		t.Errorf("no key: %v", err)
	}
}
