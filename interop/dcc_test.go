package interop_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
)

// Everything that the demo signs is good to the libraries of the Digital Credentials
// Consortium, and they read the status that it has.
func TestOursByDCC(t *testing.T) {
	need(t, "@digitalcredentials/vc")
	jobs, documents := play(t, "https://cairn.example")
	read, kinds := 0, map[string]int{}
	for id, v := range ask[verdict](t, jobs, "dcc.mjs", world(t, documents)) {
		if revoked := id == "revoked.json"; v.Verified == revoked { // to them a set bit is no good credential
			t.Errorf("%s: they say %t: %s", id, v.Verified, v.Error)
		}
		for credential, bits := range v.Status {
			if revoked, ok := bits["revocation"]; !ok || revoked != (id == "revoked.json") {
				t.Errorf("the status of %s in %s is %v", credential, id, bits)
			}
			read++
		}
	}
	for _, j := range jobs {
		for _, kind := range []string{"VerifiablePresentation", "BitstringStatusListCredential", "OpenBadgeCredential", "ClrCredential"} {
			if hasType(j.Document.(map[string]any), kind) {
				kinds[kind]++
			}
		}
	}
	if len(kinds) != 4 || read < 10 || len(jobs) < 30 {
		t.Errorf("only %d documents, of the kinds %v, and %d bits of status lists", len(jobs), kinds, read)
	}
	t.Logf("%d signed documents verified by @digitalcredentials/vc (%v), %d status bits read", len(jobs), kinds, read)
}

// Changed in one place, a credential, a presentation and a status list of ours are
// good to neither of us.
func TestChangedByDCC(t *testing.T) {
	need(t, "@digitalcredentials/vc")
	jobs, documents := play(t, "https://cairn.example")
	engine := verify.New(verify.Config{Resolver: resolver(t, documents), Now: func() time.Time { return now }})
	good := func(j job) bool {
		b, err := jcs.Marshal(j.Document)
		if err != nil {
			t.Fatal(err)
		}
		r := engine.Verify(t.Context(), b, verify.Options{Challenge: j.Challenge, Domain: j.Domain})
		if r.Finding(verify.AxisProof).Outcome != verify.Yes {
			return false
		}
		for _, c := range r.Credentials { // those in a presentation have proofs of their own
			if c.Finding(verify.AxisProof).Outcome != verify.Yes {
				return false
			}
		}
		return true
	}
	const most = 60 // changes of each, evenly over the document
	var asked []job
	seen := map[string]bool{}
	for _, j := range jobs {
		m := j.Document.(map[string]any)
		kind := ""
		for _, k := range []string{"VerifiablePresentation", "BitstringStatusListCredential", "OpenBadgeCredential"} {
			if hasType(m, k) {
				kind = k
			}
		}
		if kind == "" || seen[kind] {
			continue
		}
		seen[kind] = true
		control := j
		control.ID = kind + controlled
		if !good(control) {
			t.Errorf("%s is not good to us", j.ID)
		}
		asked = append(asked, control)
		var changed []job
		mutate(m, func(v any) any { return v }, func(v any) {
			if m, ok := v.(map[string]any); ok {
				changed = append(changed, job{ID: fmt.Sprint(kind, " change ", len(changed)), Document: m, Challenge: j.Challenge, Domain: j.Domain})
			}
		})
		for i := range min(most, len(changed)) {
			c := changed[i*len(changed)/min(most, len(changed))]
			if good(c) {
				b, err := json.Marshal(c.Document)
				t.Errorf("%s is good to us: %s, %v", c.ID, b, err)
			}
			asked = append(asked, c)
		}
	}
	refused := 0
	for id, v := range ask[verdict](t, asked, "dcc.mjs", world(t, documents)) {
		if control := strings.HasSuffix(id, controlled); v.Verified != control {
			t.Errorf("%s: they say %t (%s)", id, v.Verified, v.Error)
		} else if !control {
			refused++
		}
	}
	if len(seen) != 3 || refused < 100 {
		t.Errorf("only %d changes of %d kinds", refused, len(seen))
	}
	t.Logf("%d one-place changes of %d documents refused by both; the documents as they were signed accepted by both", refused, len(seen))
}

const foreignLegacy = `{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/suites/ed25519-2020/v1"],"type":["VerifiableCredential"],
"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e40","issuer":{"id":""},"issuanceDate":"2022-01-01T00:00:00Z","credentialSubject":{"id":""}}`

// What they sign is good to us, and not when it was changed.
func TestDCCByUs(t *testing.T) {
	need(t, "@digitalcredentials/vc")
	var jobs []map[string]any
	for id, text := range map[string]string{"eddsa-rdfc-2022": foreign, "Ed25519Signature2020": foreignLegacy} {
		jobs = append(jobs, map[string]any{"id": id, "issue": true, "legacy": id == "Ed25519Signature2020", "document": parse(t, []byte(text)),
			"challenge": "c-1", "domain": "https://us.example"})
	}
	type issued struct {
		Error                  string
		Document, Presentation json.RawMessage
	}
	engine := verify.New(verify.Config{Resolver: trust.KeyResolver(), Now: time.Now})
	for id, a := range ask[issued](t, jobs, "dcc.mjs", world(t, map[string]any{})) {
		if a.Document == nil {
			t.Errorf("%s: %s", id, a.Error)
			continue
		}
		r := engine.Verify(t.Context(), a.Document, verify.Options{})
		for _, axis := range []verify.Axis{verify.AxisProof, verify.AxisModel, verify.AxisPeriod} {
			if f := r.Finding(axis); f.Outcome != verify.Yes {
				t.Errorf("%s: %+v", id, f)
			}
		}
		legacy := slices.ContainsFunc(r.Notes, func(n verify.Note) bool { return n.Code == "note.legacy-proof" })
		if legacy != (id == "Ed25519Signature2020") {
			t.Errorf("%s: the case shows something else: %+v", id, r.Notes)
		}
		n := refusesChanges(t, engine, parse(t, a.Document))
		if n < 15 {
			t.Errorf("%s: only %d changes", id, n)
		}
		if a.Presentation != nil {
			p := engine.Verify(t.Context(), a.Presentation, verify.Options{Challenge: "c-1", Domain: "https://us.example"})
			if p.Finding(verify.AxisProof).Outcome != verify.Yes || p.Finding(verify.AxisHolder).Outcome != verify.Yes {
				t.Errorf("their presentation: %+v", p.Findings)
			}
			if p := engine.Verify(t.Context(), a.Presentation, verify.Options{Challenge: "c-2"}); p.Finding(verify.AxisProof).Code != "proof.challenge" {
				t.Errorf("their presentation to somebody else: %+v", p.Findings)
			}
		}
		t.Logf("%s: good, and refused after %d one-place changes", id, n)
	}
}
