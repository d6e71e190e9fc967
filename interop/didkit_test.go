package interop_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
)

// Credentials by a library in another language: version 1.1 of the data model, with
// the context of the proof in the proof, as LearnCard's are, or in the document.
func TestDidkit(t *testing.T) {
	need(t)
	documents := map[string]string{
		"in the proof": `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f",
"issuer":"did:example:to-be-set","issuanceDate":"2022-01-01T00:00:00Z","expirationDate":"2092-01-01T00:00:00Z","credentialSubject":{"id":"did:example:amina"}}`,
		"in the document": `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/suites/ed25519-2020/v1"],"type":["VerifiableCredential"],
"issuer":"did:example:to-be-set","issuanceDate":"2022-01-01T00:00:00Z","credentialSubject":{"id":"did:example:amina"}}`,
	}
	var in bytes.Buffer
	for id, text := range documents {
		b, err := json.Marshal(map[string]any{"id": id, "document": parse(t, []byte(text))})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	engine := verify.New(verify.Config{Resolver: trust.KeyResolver(), Now: time.Now})
	answers := 0
	for line := range bytes.Lines(node(t, &in, "didkit.mjs")) {
		var a bbsAnswer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		if a.Document == nil {
			t.Errorf("%s: %s", a.ID, a.Error)
			continue
		}
		answers++
		signed := parse(t, a.Document)
		_, inProof := signed["proof"].(map[string]any)["@context"]
		if inProof != (a.ID == "in the proof") {
			t.Errorf("%s: the case shows something else: %s", a.ID, a.Document)
		}
		r := engine.Verify(t.Context(), a.Document, verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Code != "proof.good" || r.Finding(verify.AxisModel).Outcome != verify.Yes || r.Finding(verify.AxisPeriod).Outcome != verify.Yes {
			t.Errorf("%s: %+v", a.ID, r.Findings)
		}
		if len(r.Notes) != 2 || !slices.ContainsFunc(r.Notes, func(n verify.Note) bool { return n.Code == "note.legacy-proof" }) {
			t.Errorf("%s: %+v", a.ID, r.Notes)
		}
		n := 0
		mutate(signed, func(v any) any { return v }, func(v any) {
			m, ok := v.(map[string]any)
			if !ok {
				return
			}
			b, err := jcs.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			n++
			if engine.Verify(t.Context(), b, verify.Options{}).Finding(verify.AxisProof).Outcome == verify.Yes {
				t.Errorf("accepted after a change: %s", b)
			}
		})
		if n < 20 {
			t.Errorf("only %d changes", n)
		}
		t.Logf("%s: good, and refused after %d one-place changes", a.ID, n)
	}
	if answers != len(documents) {
		t.Errorf("%d answers", answers)
	}
}
