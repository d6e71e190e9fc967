package dataintegrity_test

import (
	"maps"
	"testing"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
)

// EdDSA Cryptosuites v1.0, appendix B.4, "Representation: Ed25519Signature2020".
func publishedLegacy(t testing.TB) map[string]any {
	t.Helper()
	doc := parse(t, alumni)
	doc["@context"] = []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2", "https://w3id.org/security/suites/ed25519-2020/v1"}
	id, _ := keyOf(t, edSecret)
	doc["proof"] = map[string]any{"type": "Ed25519Signature2020", "created": "2023-02-24T23:36:38Z", "verificationMethod": string(id), "proofPurpose": "assertionMethod",
		"proofValue": "z57Mm1vboMtZiCyJ4aReZsv8co4Re64Y8GEjL1ZARzMbXZgkARFLqFs1P345NpPGG2hgCrS4nNdvJhpwnrNyG3kEF"}
	return doc
}

func TestLegacyIsReadOnly(t *testing.T) {
	doc := publishedLegacy(t)
	if err := check(doc); err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !proofs[0].Legacy() || proofs[0].Partial() || !dataintegrity.Supported(proofs[0]) {
		t.Errorf("%+v is not named as legacy", proofs[0])
	}
	id, key := keyOf(t, edSecret)
	if _, err := dataintegrity.SignWith(t.Context(), parse(t, alumni), dataintegrity.Options{Cryptosuite: dataintegrity.Ed25519Signature2020, Purpose: did.AssertionMethod, Created: made}, id, key); cairn.CodeOf(err) != "proof.unsupported" {
		t.Errorf("a legacy proof was made: %v", err)
	}
	if tried := everyMutation(t, doc, func(changed map[string]any) bool { return check(changed) == nil }); tried < 60 {
		t.Errorf("only %d mutations", tried)
	}
	for name, change := range map[string]func(doc, proof map[string]any){
		"context that defines it is missing": func(d, _ map[string]any) { d["@context"] = d["@context"].([]any)[:2] },
		"as a suite of today": func(_, p map[string]any) {
			p["type"], p["cryptosuite"] = "DataIntegrityProof", "eddsa-rdfc-2022"
		},
		"with a cryptosuite": func(_, p map[string]any) { p["cryptosuite"] = "eddsa-rdfc-2022" },
		"in a chain":         func(_, p map[string]any) { p["id"] = "urn:x:1"; p["previousProof"] = "urn:x:1" },
		"another key":        func(_, p map[string]any) { id, _ := keyOf(t, p256Secret); p["verificationMethod"] = string(id) },
		"with a context":     func(d, p map[string]any) { p["@context"] = d["@context"] },
	} {
		d := maps.Clone(doc)
		p := maps.Clone(doc["proof"].(map[string]any))
		d["proof"] = p
		change(d, p)
		if check(d) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A credential by Spruce's didkit 0.2.1, as LearnCard issues them: the context of the
// proof stands in the proof.
const learned = `{"@context":["https://www.w3.org/2018/credentials/v1"],"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","type":["VerifiableCredential"],
"credentialSubject":{"id":"did:example:amina"},"issuer":"did:key:z6MkowV8UMPQqUeDgzpnSQQMun2DgHE3HNcCgcLaaE1rntgG","issuanceDate":"2022-01-01T00:00:00Z",
"proof":{"@context":["https://w3id.org/security/suites/ed25519-2020/v1"],"type":"Ed25519Signature2020","proofPurpose":"assertionMethod",
"proofValue":"z3eH74epjQrQyuMxtxzfQHzq8asxyfCAXDcnakjn7WTCYTrHfy5JQDtEgLK5j8TjEzo4hRGZcTcmocggsji8d5mZW",
"verificationMethod":"did:key:z6MkowV8UMPQqUeDgzpnSQQMun2DgHE3HNcCgcLaaE1rntgG#z6MkowV8UMPQqUeDgzpnSQQMun2DgHE3HNcCgcLaaE1rntgG","created":"2026-11-23T17:49:21.724Z"}}`

func TestLegacyContextInTheProof(t *testing.T) {
	doc := parse(t, learned)
	if err := check(doc); err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !proofs[0].CoversContext(doc) {
		t.Error("all contexts of the document are signed")
	}
	if tried := everyMutation(t, doc, func(changed map[string]any) bool { return check(changed) == nil }); tried < 60 {
		t.Errorf("only %d mutations", tried)
	}
	for name, c := range map[string]any{
		"another":         []any{"https://w3id.org/security/data-integrity/v2"},
		"one more":        []any{"https://w3id.org/security/suites/ed25519-2020/v1", "https://www.w3.org/2018/credentials/v1"},
		"twice":           []any{"https://w3id.org/security/suites/ed25519-2020/v1", "https://w3id.org/security/suites/ed25519-2020/v1"},
		"an object":       []any{map[string]any{"created": "https://x.example/created"}},
		"none after all":  []any{},
		"null":            nil,
		"that of the doc": []any{"https://www.w3.org/2018/credentials/v1"},
	} {
		changed := maps.Clone(doc)
		p := maps.Clone(doc["proof"].(map[string]any))
		p["@context"] = c
		changed["proof"] = p
		if err := check(changed); cairn.CodeOf(err) != "proof.context" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Where the document has the context, the proof has none: one way to write it.
	signed := publishedLegacy(t)
	p := maps.Clone(signed["proof"].(map[string]any))
	p["@context"] = "https://w3id.org/security/suites/ed25519-2020/v1"
	signed["proof"] = p
	if err := check(signed); cairn.CodeOf(err) != "proof.context" {
		t.Errorf("in both: %v", err)
	}
}

// A proof of today is not taken for one that is only read.
func TestOnlyLegacyIsLegacy(t *testing.T) {
	for _, c := range published {
		id, key := keyOf(t, c.secret)
		signed, err := dataintegrity.SignWith(t.Context(), parse(t, c.doc), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
		if err != nil {
			t.Fatal(err)
		}
		proofs, err := dataintegrity.Proofs(signed)
		if err != nil {
			t.Fatal(err)
		}
		if proofs[0].Legacy() || proofs[0].Partial() {
			t.Errorf("%s is named as legacy or as a part", c.name)
		}
	}
}
