package dataintegrity_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/corpus"
)

// refusal is a change after which a proof must not verify: a merge patch
// (RFC 7396). codes has those for suites that refuse it for another reason.
type refusal struct {
	name  string
	patch func(doc, proof map[string]any) map[string]any
	code  string
	codes map[string]string
}

func patchProof(name string, v any) func(doc, proof map[string]any) map[string]any {
	return func(_, _ map[string]any) map[string]any { return map[string]any{"proof": map[string]any{name: v}} }
}

func patchValue(change func(string) string) func(doc, proof map[string]any) map[string]any {
	return func(_, proof map[string]any) map[string]any {
		return map[string]any{"proof": map[string]any{"proofValue": change(proof["proofValue"].(string))}}
	}
}

func patchDocument(name string, v any) func(doc, proof map[string]any) map[string]any {
	return func(_, _ map[string]any) map[string]any { return map[string]any{name: v} }
}

const (
	jcsSuites = "eddsa-jcs-2022 ecdsa-jcs-2019"
	sdSuite   = dataintegrity.ECDSASD2023
)

// refusals is SECURITY 6, group D, as far as it concerns one proof of any suite.
var refusals = []refusal{
	{"D01 no proof", patchDocument("proof", nil), "proof.missing", nil},
	{"D01 no proofs", patchDocument("proof", []any{}), "proof.missing", nil},
	{"D01 a text", patchDocument("proof", "proof"), "proof.malformed", nil},
	{"D02 a good proof and one that is not", func(_, p map[string]any) map[string]any {
		changed := maps.Clone(p)
		changed["created"] = "2023-02-24T23:36:39Z"
		return map[string]any{"proof": []any{p, changed}}
	}, "proof.signature", nil},
	{"D04 previous proof that is not there", patchProof("previousProof", "urn:uuid:0"), "proof.chain", nil},
	{"D04 itself", func(_, _ map[string]any) map[string]any {
		return map[string]any{"proof": map[string]any{"id": "urn:uuid:0", "previousProof": "urn:uuid:0"}}
	}, "proof.chain", nil},
	{"D05 for another purpose", patchProof("proofPurpose", "authentication"), "proof.signature", nil},
	{"D05 for a purpose that the key is not for", patchProof("proofPurpose", "capabilityInvocation"), "did.purpose", nil},
	{"D05 no purpose", patchProof("proofPurpose", nil), "proof.malformed", nil},
	{"D06 no method", patchProof("verificationMethod", nil), "proof.malformed", nil},
	{"D06 a key that is not in the document", patchProof("verificationMethod", "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"), "did.no-such-key", nil},
	{"D11 another time", patchProof("created", "2023-02-24T23:36:37Z"), "proof.signature", nil},
	{"D11 the same time otherwise written", patchProof("created", "2023-02-24T23:36:38+00:00"), "proof.signature", nil},
	{"D11 with a comma", patchProof("created", "2023-02-24T23:36:38,0Z"), "proof.malformed", nil},
	{"D11 without a zone", patchProof("created", "2023-02-24T23:36:38"), "proof.malformed", nil},
	{"D11 a day", patchProof("created", "2023-02-24"), "proof.malformed", nil},
	{"D13 created removed", patchProof("created", nil), "proof.signature", nil},
	{"D13 expires added", patchProof("expires", "2043-02-24T23:36:38Z"), "proof.signature", nil},
	{"D13 challenge added", patchProof("challenge", "c"), "proof.signature", nil},
	{"D13 domain added", patchProof("domain", "d.example"), "proof.signature", nil},
	{"D13 domains added", patchProof("domain", []any{"d.example", "e.example"}), "proof.signature", nil},
	{"D13 nonce added", patchProof("nonce", "n"), "proof.signature", nil},
	{"D13 id added", patchProof("id", "urn:uuid:0"), "proof.signature", nil},
	{"D13 unknown member added", patchProof("note", "n"), "proof.unknown-member", nil},
	{"D13 type is a list", patchProof("type", []any{"DataIntegrityProof"}), "proof.malformed", nil},
	{"D14 unknown suite", patchProof("cryptosuite", "eddsa-rdfc-2032"), "proof.unsupported", nil},
	{"D14 no suite", patchProof("cryptosuite", nil), "proof.unsupported", map[string]string{dataintegrity.Ed25519Signature2020: ""}},
	{"D14 unknown type", patchProof("type", "Ed25519Signature2018"), "proof.unsupported", nil},
	{"D15 suite of another kind of key", func(_, p map[string]any) map[string]any {
		suite := "ecdsa-rdfc-2019"
		if s, _ := p["cryptosuite"].(string); strings.HasPrefix(s, "ecdsa") {
			suite = "eddsa-rdfc-2022"
		}
		return map[string]any{"proof": map[string]any{"type": "DataIntegrityProof", "cryptosuite": suite}}
	}, "proof.method", map[string]string{jcsSuites: "proof.unknown-member"}},
	{"D16 other multibase", patchValue(func(s string) string { return "m" + s[1:] }), "proof.value", nil},
	{"D16 no multibase", patchValue(func(s string) string { return s[1:] }), "proof.value", nil},
	{"D16 a character more", patchValue(func(s string) string { return s + "1" }), "proof.value", nil},
	{"D16 half of it", patchValue(func(s string) string { return s[:len(s)/2] }), "proof.value", nil},
	{"D16 zero in front", patchValue(func(s string) string { return s[:1] + "1" + s[1:] }), "proof.value", nil},
	{"D16 a space behind", patchValue(func(s string) string { return s + " " }), "proof.value", nil},
	{"D16 empty", patchProof("proofValue", ""), "proof.malformed", nil},
	{"D16 none", patchProof("proofValue", nil), "proof.malformed", nil},
	{"content changed", patchDocument("validFrom", "2013-01-01T00:00:00Z"), "proof.signature", nil},
	{"content removed", patchDocument("validFrom", nil), "proof.signature", nil},
	{"content added", patchDocument("validUntil", "2093-01-01T00:00:00Z"), "proof.signature", nil},
	{"type added", func(d, _ map[string]any) map[string]any {
		return map[string]any{"type": append(slices.Clone(d["type"].([]any)), "VerifiablePresentation")}
	}, "proof.signature", nil},
	{"content without a meaning added", patchDocument("honours", "summa cum laude"), "proof.signature", map[string]string{"unnamed objects": "rdfc.dropped", sdSuite: "rdfc.dropped"}},
	{"contexts in another order", func(d, _ map[string]any) map[string]any {
		c := slices.Clone(d["@context"].([]any))
		slices.Reverse(c)
		return map[string]any{"@context": c}
	}, "", map[string]string{jcsSuites: "proof.context"}},
	{"a context fewer", func(d, _ map[string]any) map[string]any {
		return map[string]any{"@context": d["@context"].([]any)[:1]}
	}, "rdfc.dropped", map[string]string{jcsSuites: "proof.context"}},
	{"no context", patchDocument("@context", nil), "rdfc.malformed", map[string]string{jcsSuites: "proof.context"}},
}

// Every refusal, of a good credential of every suite: as a test, and as a file for
// other implementations.
func TestRefusedOfEverySuite(t *testing.T) {
	good := map[string]map[string]any{"Ed25519Signature2020": publishedLegacy(t)}
	for _, c := range published {
		id, key := keyOf(t, c.secret)
		doc, err := dataintegrity.SignWith(t.Context(), parse(t, c.doc), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
		if err != nil {
			t.Fatal(err)
		}
		good[c.name] = doc
	}
	signed, p, m := sdSigned(t, employ, []string{"/issuer", "/validUntil"})
	part, err := dataintegrity.DeriveSD(signed, p, m, []string{"/validFrom", "/credentialSubject"})
	if err != nil {
		t.Fatal(err)
	}
	good[sdSuite] = part

	var made []any
	for _, name := range slices.Sorted(maps.Keys(good)) {
		doc := good[name]
		if err := check(doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		proof := doc["proof"].(map[string]any)
		var refused []any
		for _, r := range refusals {
			patch := r.patch(doc, proof)
			code := r.code
			for suites, other := range r.codes {
				if s, _ := proof["cryptosuite"].(string); s != "" && strings.Contains(suites, s) || strings.Contains(name, suites) {
					code = other
				}
			}
			if code == "" {
				continue // a change without a meaning here
			}
			err := check(merge(doc, patch).(map[string]any))
			if got := cairn.CodeOf(err); got != code {
				t.Errorf("%s, %s: %v (%s), want %s", name, r.name, err, got, code)
			}
			refused = append(refused, map[string]any{"name": r.name, "patch": patch, "code": code})
		}
		made = append(made, map[string]any{"suite": name, "valid": doc, "refused": refused})
	}
	corpus.Same(t, "testdata/proofs-refused.json", map[string]any{
		"about":  "Good credentials, and merge patches (RFC 7396) after each of which they must not verify with the key that the proof names. Codes are Cairn's.",
		"corpus": made})
}
