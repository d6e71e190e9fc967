package dataintegrity_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
)

// Proof sets and chains of EdDSA Cryptosuites v1.0, appendix B.5: two proofs, one
// that vouches for both, and one that vouches for that.
var chain = []struct {
	secret, id, created string
	previous            []string
	value               string
}{
	{"z3u2W4YnTstS1nSSBAgZcYSJF43JuZ9uLV6bF38B1Bf8NugW", "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544", "2023-02-24T23:36:38Z", nil,
		"z66vWyqwAghu52WbpRkCwFRTu6Msn92ArtjpJ3gGMSVoU5RADwBfszoDt1QWY8owqLPz4nTj7hAwV7xFti1p93zdr"},
	{"z3u2cfp4Q17kMGhNCh348a3yw3cUBiWK6RXRzyJE54sixMFn", "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54", "2023-02-24T23:36:38Z", nil,
		"z2scr94SNNrGpP2bE7ajvKWeUHm7HJ2edDkxpARvFAQ8V3USzwEzibqrXKaLHBrWostswsfvg82twQR88BgtnsrXY"},
	{"z3u2Zr3tcDLBDQKGxVa9SRDFNLqNqPWsa8p9rWPvCEH6bADB", "urn:uuid:d94f792a-c546-4d06-b38a-da070ab56c23", "2023-02-26T22:06:38Z",
		[]string{"urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544", "urn:uuid:8cc9022b-6b14-4cf3-8571-74972c5feb54"},
		"zWaPeEvBAkhQpNQj8pknuvg5STcKnt3cvM9t4kAYeJETFjvVMSXEEjadC4uxC9fKCn6JHbjt6fj2fhoaVNynBm6J"},
	{"z3u2ZTWiFwM17veUR7sXniY66Gf14SqMdpMLy7SW9x4EDdmw", "", "2023-02-26T22:16:38Z",
		[]string{"urn:uuid:d94f792a-c546-4d06-b38a-da070ab56c23"},
		"z4b5uUtxNiV4E541LiR8qLvA21xM1Vt4Hfn6nLmmDePdFvLB3jFj3HyEEJyRMbpJzv4Gfdr8ABeuRTxAvZv6KWRRh"},
}

func publishedChain(t testing.TB) map[string]any {
	t.Helper()
	doc := parse(t, alumni)
	for i, c := range chain {
		created, err := time.Parse(time.RFC3339, c.created)
		if err != nil {
			t.Fatal(err)
		}
		id, key := keyOf(t, c.secret)
		doc, err = dataintegrity.Add(t.Context(), doc, dataintegrity.Options{ID: c.id, Purpose: did.AssertionMethod, Created: created, Previous: c.previous}, id, key)
		if err != nil {
			t.Fatalf("proof %d: %v", i, err)
		}
	}
	return doc
}

func TestPublishedChain(t *testing.T) {
	doc := publishedChain(t)
	list := doc["proof"].([]any)
	for i, c := range chain {
		if v := list[i].(map[string]any)["proofValue"]; v != c.value {
			t.Errorf("proof %d: we sign %s, the specification has %s", i, v, c.value)
		}
	}
	if err := check(doc); err != nil {
		t.Error(err)
	}
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(proofs[2].Previous, chain[2].previous) || !slices.Equal(proofs[3].Previous, chain[3].previous) || proofs[0].ID != chain[0].id {
		t.Errorf("%+v", proofs)
	}
	for i := range list { // in another order they are the same set
		doc["proof"] = append(slices.Clone(list[i:]), list[:i]...)
		if err := check(doc); err != nil {
			t.Errorf("turned by %d: %v", i, err)
		}
	}
}

// SECURITY 6, D04.
func TestChainRefuses(t *testing.T) {
	proof := func(doc map[string]any, i int) map[string]any {
		list := slices.Clone(doc["proof"].([]any))
		p := maps.Clone(list[i].(map[string]any))
		list[i] = p
		doc["proof"] = list
		return p
	}
	for _, c := range []struct {
		name   string
		change func(doc map[string]any)
		code   string
	}{
		{"missing", func(d map[string]any) { d["proof"] = d["proof"].([]any)[1:] }, "proof.chain"},
		{"only the last", func(d map[string]any) { d["proof"] = d["proof"].([]any)[3] }, "proof.chain"},
		{"unknown", func(d map[string]any) { proof(d, 3)["previousProof"] = "urn:x:nobody" }, "proof.chain"},
		{"itself", func(d map[string]any) { p := proof(d, 3); p["id"] = "urn:x:me"; p["previousProof"] = "urn:x:me" }, "proof.chain"},
		{"circle", func(d map[string]any) { proof(d, 0)["previousProof"] = chain[2].id }, "proof.chain"},
		{"id twice", func(d map[string]any) { proof(d, 1)["id"] = chain[0].id }, "proof.chain"},
		{"named twice", func(d map[string]any) { proof(d, 3)["previousProof"] = []any{chain[2].id, chain[2].id} }, "proof.chain"},
		{"empty", func(d map[string]any) { proof(d, 3)["previousProof"] = []any{} }, "proof.malformed"},
		{"null", func(d map[string]any) { proof(d, 3)["previousProof"] = nil }, "proof.malformed"},
		{"object", func(d map[string]any) { proof(d, 3)["previousProof"] = map[string]any{"id": chain[2].id} }, "proof.malformed"},
		{"removed", func(d map[string]any) { delete(proof(d, 3), "previousProof") }, "proof.signature"},
		{"another", func(d map[string]any) { proof(d, 3)["previousProof"] = chain[0].id }, "proof.signature"},
		{"one fewer", func(d map[string]any) { proof(d, 2)["previousProof"] = chain[0].id }, "proof.signature"},
		{"previous changed", func(d map[string]any) { proof(d, 0)["created"] = "2023-02-24T23:36:39Z" }, "proof.signature"},
		{"previous has no id", func(d map[string]any) { delete(proof(d, 0), "id") }, "proof.chain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := publishedChain(t)
			c.change(doc)
			if err := check(doc); cairn.CodeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	doc := publishedChain(t)
	id, key := keyOf(t, edSecret)
	o := dataintegrity.Options{Purpose: did.AssertionMethod, Created: made}
	o.Previous = []string{"urn:x:nobody"}
	if _, err := dataintegrity.Add(t.Context(), doc, o, id, key); cairn.CodeOf(err) != "proof.chain" {
		t.Errorf("a proof that vouches for nothing was made: %v", err)
	}
	for i := 0; ; i++ {
		var err error
		o.Previous, o.ID = nil, fmt.Sprintf("urn:x:%d", i)
		if doc, err = dataintegrity.Add(t.Context(), doc, o, id, key); cairn.CodeOf(err) == "proof.too-many" {
			break
		} else if err != nil || i > 20 {
			t.Fatalf("%d more proofs: %v", i, err)
		}
	}
}

// Chains and sets go across suites: each proof is over the ones before as they are.
func TestChainOfSeveralSuites(t *testing.T) {
	doc := parse(t, employ)
	for i, c := range []struct{ suite, secret string }{
		{dataintegrity.EdDSARDFC2022, edSecret}, {dataintegrity.ECDSARDFC2019, p384Secret},
		{dataintegrity.ECDSAJCS2019, p256Secret}, {dataintegrity.EdDSAJCS2022, edSecret},
	} {
		o := dataintegrity.Options{Cryptosuite: c.suite, ID: fmt.Sprintf("urn:x:%d", i), Purpose: did.AssertionMethod, Created: made}
		for n := range i {
			o.Previous = append(o.Previous, fmt.Sprintf("urn:x:%d", n))
		}
		id, key := keyOf(t, c.secret)
		var err error
		if doc, err = dataintegrity.Add(t.Context(), doc, o, id, key); err != nil {
			t.Fatalf("%s: %v", c.suite, err)
		}
	}
	if err := check(doc); err != nil {
		t.Error(err)
	}
	tried := everyMutation(t, doc, func(changed map[string]any) bool {
		// Taking away the last proof leaves a document that was signed so.
		list, _ := changed["proof"].([]any)
		if proofs, err := dataintegrity.Proofs(changed); err == nil {
			for _, p := range proofs {
				if !p.CoversContext(changed) {
					return false
				}
			}
		}
		return len(list) != 3 && check(changed) == nil
	})
	if tried < 150 {
		t.Errorf("only %d mutations", tried)
	}
	if !strings.Contains(doc["proof"].([]any)[3].(map[string]any)["cryptosuite"].(string), "jcs") {
		t.Error("the order of the proofs changed")
	}
}

// A proof of an rdfc suite can be over one of a JCS suite, which has a context.
func TestRDFAfterJSON(t *testing.T) {
	id, key := keyOf(t, edSecret)
	doc, err := dataintegrity.SignWith(t.Context(), parse(t, alumni), dataintegrity.Options{ID: "urn:x:1", Cryptosuite: dataintegrity.EdDSAJCS2022, Purpose: did.AssertionMethod, Created: made}, id, key)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = dataintegrity.Add(t.Context(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: made, Previous: []string{"urn:x:1"}}, id, key); err != nil {
		t.Fatal(err)
	}
	if err := check(doc); err != nil {
		t.Error(err)
	}
	if tried := everyMutation(t, doc, func(changed map[string]any) bool {
		return check(changed) == nil && changed["proof"] != nil && len(changed["proof"].([]any)) == 2
	}); tried < 80 {
		t.Errorf("only %d mutations", tried)
	}
}

// What proofs share is worked out once, and what they don't share is not mixed up.
func TestCheckerOfManyProofs(t *testing.T) {
	doc := parse(t, employ)
	secrets := []string{edSecret, p256Secret, p384Secret}
	suites := []string{dataintegrity.EdDSARDFC2022, dataintegrity.ECDSARDFC2019, dataintegrity.ECDSARDFC2019}
	for i := range 8 {
		id, key := keyOf(t, secrets[i%3])
		o := dataintegrity.Options{Cryptosuite: suites[i%3], ID: fmt.Sprintf("urn:x:%d", i), Purpose: did.AssertionMethod, Created: made}
		if i >= 4 {
			o.Previous = []string{fmt.Sprintf("urn:x:%d", i-1), fmt.Sprintf("urn:x:%d", i-4)}
		}
		var err error
		if doc, err = dataintegrity.Add(t.Context(), doc, o, id, key); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(doc map[string]any) (good []bool) {
		proofs, err := dataintegrity.Proofs(doc)
		if err != nil {
			t.Fatal(err)
		}
		c := dataintegrity.NewChecker(doc)
		for i, p := range proofs {
			_, key := keyOf(t, secrets[i%3])
			m := did.Method{ID: p.Method, Key: key.PublicKey()}
			together, alone := c.Verify(p, m), dataintegrity.Verify(doc, p, m)
			if cairn.CodeOf(together) != cairn.CodeOf(alone) {
				t.Errorf("proof %d: together %v, alone %v", i, together, alone)
			}
			good = append(good, together == nil)
		}
		return good
	}
	if good := verify(doc); slices.Contains(good, false) {
		t.Fatalf("%v", good)
	}
	// A change of proof 1 breaks it and those that are over it, and no other.
	list := slices.Clone(doc["proof"].([]any))
	changed := maps.Clone(list[1].(map[string]any))
	changed["nonce"] = "x"
	list[1] = changed
	bad := maps.Clone(doc)
	bad["proof"] = list
	if good := verify(bad); !slices.Equal(good, []bool{true, false, true, true, true, false, true, true}) {
		t.Errorf("%v", good)
	}
	// Who names other previous proofs than were signed gets no other's form.
	for _, previous := range [][]any{{"urn:x:0", "urn:x:2"}, {"urn:x:3"}, {"urn:x:0", "urn:x:1", "urn:x:3"}} {
		list := slices.Clone(doc["proof"].([]any))
		p := maps.Clone(list[4].(map[string]any))
		p["previousProof"] = previous
		delete(p, "id")
		list[4] = p
		bad["proof"] = list[:5] // the others name it
		if good := verify(bad); good[4] || slices.Contains(good[:4], false) {
			t.Errorf("%v: %v", previous, good)
		}
	}
	id, key := keyOf(t, edSecret)
	for i := range 2 {
		o := dataintegrity.Options{ID: fmt.Sprintf("urn:y:%d", i), Purpose: did.AssertionMethod, Created: made, Previous: []string{"urn:x:0"}}
		var err error
		if doc, err = dataintegrity.Add(t.Context(), doc, o, id, key); (cairn.CodeOf(err) == "proof.too-many") != (i == 1) {
			t.Errorf("%d proofs over others: %v", 5+i, err)
		}
	}
}
