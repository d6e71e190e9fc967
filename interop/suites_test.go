package interop_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/vc"
)

// Every suite but bbs-2023, which has a test of its own, with each kind of key.
var suites = []struct {
	name string
	key  jose.Algorithm
}{
	{dataintegrity.EdDSARDFC2022, jose.EdDSA},
	{dataintegrity.EdDSAJCS2022, jose.EdDSA},
	{dataintegrity.ECDSARDFC2019, jose.ES256},
	{dataintegrity.ECDSARDFC2019, jose.ES384},
	{dataintegrity.ECDSAJCS2019, jose.ES256},
	{dataintegrity.ECDSAJCS2019, jose.ES384},
	{dataintegrity.ECDSASD2023, jose.ES256},
	{dataintegrity.Ed25519Signature2020, jose.EdDSA},
}

var kinds = map[jose.Algorithm]string{jose.EdDSA: "Ed25519", jose.ES256: "P-256", jose.ES384: "P-384"}

// legacyBadge is of version 1.1 of the data model, as 1EdTech's first samples are.
const legacyBadge = `{"@context":["https://www.w3.org/2018/credentials/v1","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json","https://w3id.org/security/suites/ed25519-2020/v1","https://w3id.org/vc/status-list/2021/v1"],
"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","type":["VerifiableCredential","OpenBadgeCredential"],"name":"Weaving",
"issuer":{"id":"did:example:to-be-set","type":["Profile"],"name":"College"},"issuanceDate":"2022-01-01T00:00:00Z","expirationDate":"2032-01-01T00:00:00Z",
"credentialSubject":{"id":"did:example:amina","type":["AchievementSubject"],
"achievement":{"id":"https://college.example/a","type":["Achievement"],"achievementType":"MicroCredential","name":"Weaving","description":"d","criteria":{"narrative":"c"}}},
"credentialStatus":{"id":"https://college.example/status/3#94567","type":"StatusList2021Entry","statusPurpose":"revocation","statusListIndex":"94567","statusListCredential":"https://college.example/status/3"}}`

type suiteJob struct {
	ID       string   `json:"id"`
	Do       string   `json:"do"`
	Suite    string   `json:"suite"`
	Key      string   `json:"key,omitempty"`
	Document any      `json:"document"`
	Pointers []string `json:"pointers,omitempty"`
}

func suitesThem(t *testing.T, jobs []suiteJob) map[string]answer {
	t.Helper()
	return ask[answer](t, jobs, "suites.mjs", world(t, map[string]any{}))
}

// suitesUs verifies a credential whose proofs must be of its issuer.
func suitesUs(doc map[string]any) error {
	read := vc.ReadCredential
	if vc.IsVersion1(doc) {
		read = vc.ReadLegacy
	}
	c, problems := read(doc)
	if len(problems) > 0 {
		return fmt.Errorf("%v", problems)
	}
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return err
	}
	document, err := did.ResolveKey(cairn.DID(c.Issuer))
	if err != nil {
		return err
	}
	for _, p := range proofs {
		m, err := document.Method(p.Method, did.AssertionMethod)
		if err != nil {
			return err
		}
		if err := dataintegrity.Verify(doc, p, m); err != nil {
			return err
		}
		if !p.CoversContext(doc) {
			return fmt.Errorf("a context is not signed")
		}
		if !p.Created.IsZero() && p.Created.After(time.Now().Add(time.Minute)) {
			return fmt.Errorf("signed in time to come")
		}
	}
	return nil
}

func sdDerive(t *testing.T, doc map[string]any, pointers []string) map[string]any {
	t.Helper()
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := did.SplitKeyID(proofs[0].Method)
	if err != nil {
		t.Fatal(err)
	}
	document, err := did.ResolveKey(d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := document.Method(proofs[0].Method, did.AssertionMethod)
	if err != nil {
		t.Fatal(err)
	}
	out, err := dataintegrity.DeriveSD(doc, proofs[0], m, pointers)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ourSigned signs the badge of a suite with a new key.
func ourSigned(t *testing.T, suite string, alg jose.Algorithm) map[string]any {
	t.Helper()
	key, err := jose.GenerateKey(alg, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer, id, err := did.KeyFromPublic(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, []byte(bbsBadge))
	doc["issuer"].(map[string]any)["id"] = string(issuer)
	o := dataintegrity.Options{Cryptosuite: suite, Purpose: did.AssertionMethod, Created: now.Add(-time.Minute)}
	var signed map[string]any
	if suite == dataintegrity.ECDSASD2023 {
		signed, err = dataintegrity.SignSD(t.Context(), rand.Reader, doc, o, bbsAlways, id, key)
	} else {
		signed, err = dataintegrity.SignWith(t.Context(), doc, o, id, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Signed by us and by them, verified by both, in every suite.
func TestSuites(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	var jobs []suiteJob
	for _, s := range suites {
		doc := bbsBadge
		if s.name == dataintegrity.Ed25519Signature2020 {
			doc = legacyBadge
		}
		jobs = append(jobs, suiteJob{ID: s.name + " " + kinds[s.key], Do: "sign", Suite: s.name, Key: kinds[s.key], Document: parse(t, []byte(doc)), Pointers: bbsAlways})
	}
	signed := map[string]map[string]any{}
	for id, a := range suitesThem(t, jobs) {
		if a.Document == nil {
			t.Fatalf("they don't sign with %s: %s", id, a.Error)
		}
		signed["theirs "+id] = parse(t, a.Document)
	}
	for _, s := range suites {
		if s.name != dataintegrity.Ed25519Signature2020 { // which we don't make
			signed["ours "+s.name+" "+kinds[s.key]] = ourSigned(t, s.name, s.key)
		}
	}
	suiteOf := func(id string) string { return strings.Fields(id)[1] }

	// Of ecdsa-sd-2023 each derives from each.
	jobs = nil
	for id, base := range maps.Clone(signed) {
		if suiteOf(id) != dataintegrity.ECDSASD2023 {
			continue
		}
		delete(signed, id)
		for i, pointers := range bbsSelection {
			signed[fmt.Sprint(id, " derived by us ", i)] = sdDerive(t, base, pointers)
			jobs = append(jobs, suiteJob{ID: fmt.Sprint(id, " derived by them ", i), Do: "derive", Suite: dataintegrity.ECDSASD2023, Document: base, Pointers: pointers})
		}
	}
	for id, a := range suitesThem(t, jobs) {
		if a.Document == nil {
			t.Errorf("%s: %s", id, a.Error)
			continue
		}
		signed[id] = parse(t, a.Document)
	}

	jobs = nil
	for id, doc := range signed {
		if err := suitesUs(doc); err != nil {
			t.Errorf("we refuse %s: %v", id, err)
		}
		jobs = append(jobs, suiteJob{ID: id, Do: "verify", Suite: suiteOf(id), Document: doc})
	}
	for id, a := range suitesThem(t, jobs) {
		if !a.Verified {
			t.Errorf("they refuse %s: %s", id, a.Error)
		}
	}
	t.Logf("%d credentials held before both", len(signed))

	jobs = nil
	texts := map[string]string{}
	for id, doc := range signed {
		if strings.HasPrefix(id, "ours") && !strings.Contains(id, "derived") || id == "ours "+dataintegrity.ECDSASD2023+" P-256 derived by us 0" ||
			strings.HasPrefix(id, "theirs "+dataintegrity.Ed25519Signature2020) {
			jobs = append(jobs, suiteChanged(t, id, suiteOf(id), doc, texts)...)
		}
	}
	for n, a := range suitesThem(t, jobs) {
		if a.Verified {
			t.Errorf("change %s: they accept %s", n, texts[n])
		}
	}
	t.Logf("%d one-place changes held before both", len(jobs))
	if len(jobs) < 700 {
		t.Errorf("only %d changes", len(jobs))
	}
}

// suiteChanged holds every one-place change of a signed credential before us, and
// returns them for the others, with their texts.
func suiteChanged(t *testing.T, id, suite string, good map[string]any, texts map[string]string) []suiteJob {
	t.Helper()
	var jobs []suiteJob
	was, _ := proofValue(good)
	mutate(good, func(v any) any { return v }, func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		b, err := jcs.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := suitesUs(m); err == nil {
			t.Errorf("%s: we accept %s", id, b)
		}
		if value, ok := proofValue(m); ok && value == was+"x" && strings.HasPrefix(was, "u") {
			// For them this is another spelling of the same (see bbsChanged).
			m = maps.Clone(m)
			proof := maps.Clone(m["proof"].(map[string]any))
			proof["proofValue"] = was[:200] + flip(was[200:201]) + was[201:]
			m["proof"] = proof
		}
		n := fmt.Sprint(id, " ", len(jobs))
		texts[n] = string(b)
		jobs = append(jobs, suiteJob{ID: n, Do: "verify", Suite: suite, Document: m})
	})
	return jobs
}

// A presentation as RDF of credentials that were signed as JSON: their proofs have
// contexts, which the canonical form must take as theirs does.
func TestPresentationOfJSON(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	key, err := jose.GenerateKey(jose.EdDSA, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	holder, id, err := did.KeyFromPublic(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(holder),
		"verifiableCredential": []any{ourSigned(t, dataintegrity.EdDSAJCS2022, jose.EdDSA), ourSigned(t, dataintegrity.ECDSAJCS2019, jose.ES384)}}
	signed, err := dataintegrity.SignWith(t.Context(), shown, dataintegrity.Options{Purpose: did.Authentication, Created: now.Add(-time.Minute), Challenge: "c"}, id, key)
	if err != nil {
		t.Fatal(err)
	}
	changed := maps.Clone(signed)
	changed["verifiableCredential"] = []any{signed["verifiableCredential"].([]any)[0]}
	answers := suitesThem(t, []suiteJob{{ID: "good", Do: "present", Document: signed}, {ID: "one taken away", Do: "present", Document: changed}})
	for id, a := range answers {
		if a.Verified != (id == "good") {
			t.Errorf("%s: %+v", id, a)
		}
	}
	proofs, err := dataintegrity.Proofs(changed)
	if err != nil {
		t.Fatal(err)
	}
	if dataintegrity.Verify(changed, proofs[0], did.Method{ID: id, Key: key.PublicKey()}) == nil {
		t.Error("we accept a presentation of which a credential was taken away")
	}
}
