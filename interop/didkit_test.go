package interop_test

import (
	"slices"
	"testing"
	"time"

	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
)

// Credentials by a library in another language: version 1.1 of the data model, with
// the context of the proof in the proof, as LearnCard's are, or in the document.
func TestDidkit(t *testing.T) {
	need(t, "@spruceid/didkit-wasm-node")
	documents := map[string]string{
		"in the proof": `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f",
"issuer":"did:example:to-be-set","issuanceDate":"2022-01-01T00:00:00Z","expirationDate":"2092-01-01T00:00:00Z","credentialSubject":{"id":"did:example:amina"}}`,
		"in the document": `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/suites/ed25519-2020/v1"],"type":["VerifiableCredential"],
"issuer":"did:example:to-be-set","issuanceDate":"2022-01-01T00:00:00Z","credentialSubject":{"id":"did:example:amina"}}`,
	}
	var jobs []map[string]any
	for id, text := range documents {
		jobs = append(jobs, map[string]any{"id": id, "document": parse(t, []byte(text))})
	}
	engine := verify.New(verify.Config{Resolver: trust.KeyResolver(), Now: time.Now})
	for id, a := range ask[answer](t, jobs, "didkit.mjs") {
		if a.Document == nil {
			t.Errorf("%s: %s", id, a.Error)
			continue
		}
		signed := parse(t, a.Document)
		_, inProof := signed["proof"].(map[string]any)["@context"]
		if inProof != (id == "in the proof") {
			t.Errorf("%s: the case shows something else: %s", id, a.Document)
		}
		r := engine.Verify(t.Context(), a.Document, verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Code != "proof.good" || r.Finding(verify.AxisModel).Outcome != verify.Yes || r.Finding(verify.AxisPeriod).Outcome != verify.Yes {
			t.Errorf("%s: %+v", id, r.Findings)
		}
		if len(r.Notes) != 2 || !slices.ContainsFunc(r.Notes, func(n verify.Note) bool { return n.Code == "note.legacy-proof" }) {
			t.Errorf("%s: %+v", id, r.Notes)
		}
		n := refusesChanges(t, engine, signed)
		if n < 20 {
			t.Errorf("only %d changes", n)
		}
		t.Logf("%s: good, and refused after %d one-place changes", id, n)
	}
}
