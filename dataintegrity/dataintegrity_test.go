package dataintegrity_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

// The alumni credential of the EdDSA Cryptosuites v1.0, appendix B.1, with its
// proof, and the key it was made with.
const (
	vector = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
"name":"Alumni Credential","description":"A minimum viable example of an Alumni Credential.",
"issuer":"https://vc.example/issuers/5678","validFrom":"2023-01-01T00:00:00Z",
"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"},
"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","created":"2023-02-24T23:36:38Z",
"verificationMethod":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
"proofPurpose":"assertionMethod",
"proofValue":"z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"}}`
	vectorSecret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
)

type testSigner struct {
	private ed25519.PrivateKey
	wrong   bool
}

func (s testSigner) PublicKey() ed25519.PublicKey { return s.private.Public().(ed25519.PublicKey) }
func (s testSigner) Controller() cairn.DID        { d, _ := did.KeyFromEd25519(s.PublicKey()); return d }
func (s testSigner) KeyID() cairn.KeyID           { _, k := did.KeyFromEd25519(s.PublicKey()); return k }
func (s testSigner) Sign(_ context.Context, m []byte) ([]byte, error) {
	if s.wrong {
		m = append([]byte("x"), m...)
	}
	return ed25519.Sign(s.private, m), nil
}

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// check verifies every proof of a document against the did:key it names.
func check(doc map[string]any) error {
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		d, _, err := did.SplitKeyID(p.Method)
		if err != nil {
			return err
		}
		document, err := did.ResolveKey(d)
		if err != nil {
			return err
		}
		m, err := document.Method(p.Method, p.Purpose)
		if err != nil {
			return err
		}
		if err := dataintegrity.Verify(doc, p, m); err != nil {
			return err
		}
	}
	return nil
}

func vectorSigner(t testing.TB) testSigner {
	t.Helper()
	b, err := base58.Decode(vectorSecret[1:])
	if err != nil {
		t.Fatal(err)
	}
	return testSigner{private: ed25519.NewKeyFromSeed(b[2:])}
}

func TestPublishedVector(t *testing.T) {
	doc := parse(t, vector)
	if err := check(doc); err != nil {
		t.Fatalf("the published proof does not verify: %v", err)
	}
	unsigned := maps.Clone(doc)
	delete(unsigned, "proof")
	signed, err := dataintegrity.Sign(t.Context(), unsigned, dataintegrity.Options{
		Purpose: did.AssertionMethod, Created: time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)}, vectorSigner(t))
	if err != nil {
		t.Fatal(err)
	}
	got, want := signed["proof"].(map[string]any)["proofValue"], doc["proof"].(map[string]any)["proofValue"]
	if got != want {
		t.Errorf("we sign %s, the specification has %s", got, want)
	}
	if _, ok := unsigned["proof"]; ok {
		t.Error("Sign changed its input")
	}
}

func TestSignRefuses(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	base := parse(t, vector)
	delete(base, "proof")
	with := func(name string, v any) map[string]any { m := maps.Clone(base); m[name] = v; return m }
	for _, c := range []struct {
		name string
		doc  map[string]any
		o    dataintegrity.Options
		s    testSigner
		code string
	}{
		{"signed already", parse(t, vector), dataintegrity.Options{Purpose: did.AssertionMethod, Created: created}, vectorSigner(t), "proof.already-signed"},
		{"no time", base, dataintegrity.Options{Purpose: did.AssertionMethod}, vectorSigner(t), "proof.created"},
		{"purpose", base, dataintegrity.Options{Purpose: "keyAgreement", Created: created}, vectorSigner(t), "proof.purpose"},
		{"unmapped member", with("credentialSubject", map[string]any{"id": "relative"}), dataintegrity.Options{Purpose: did.AssertionMethod, Created: created}, vectorSigner(t), "rdfc.relative-id"},
		{"null", with("name", nil), dataintegrity.Options{Purpose: did.AssertionMethod, Created: created}, vectorSigner(t), "rdfc.dropped"},
		{"faulty signer", base, dataintegrity.Options{Purpose: did.AssertionMethod, Created: created}, testSigner{vectorSigner(t).private, true}, "proof.signer-fault"},
	} {
		if _, err := dataintegrity.Sign(t.Context(), c.doc, c.o, c.s); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

// SECURITY 6, group D, as far as it concerns one proof.
func TestVerifyRefuses(t *testing.T) {
	proof := func(change func(map[string]any)) func(map[string]any) {
		return func(doc map[string]any) {
			p := maps.Clone(doc["proof"].(map[string]any))
			change(p)
			doc["proof"] = p
		}
	}
	set := func(name string, v any) func(map[string]any) {
		return proof(func(p map[string]any) { p[name] = v })
	}
	other := "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		code   string
	}{
		{"D01 missing", func(d map[string]any) { delete(d, "proof") }, "proof.missing"},
		{"D01 empty", func(d map[string]any) { d["proof"] = []any{} }, "proof.missing"},
		{"D01 null", func(d map[string]any) { d["proof"] = nil }, "proof.missing"},
		{"D01 text", func(d map[string]any) { d["proof"] = "x" }, "proof.malformed"},
		{"D02 one bad of two", func(d map[string]any) {
			bad := maps.Clone(d["proof"].(map[string]any))
			bad["created"] = "2023-02-24T23:36:39Z"
			d["proof"] = []any{d["proof"], bad}
		}, "proof.signature"},
		{"D04 chain", set("previousProof", "urn:x:1"), "proof.chain"},
		{"D05 purpose", set("proofPurpose", "authentication"), "proof.signature"},
		{"D05 unknown purpose", set("proofPurpose", "capabilityInvocation"), "did.purpose"},
		{"D06 other key", set("verificationMethod", other+"#"+other[8:]), "proof.signature"},
		{"D11 created with comma", set("created", "2023-02-24T23:36:38,5Z"), "proof.malformed"},
		{"D11 created without zone", set("created", "2023-02-24T23:36:38"), "proof.malformed"},
		{"D13 created", set("created", "2023-02-24T23:36:39Z"), "proof.signature"},
		{"D13 expires added", set("expires", "2033-02-24T23:36:39Z"), "proof.signature"},
		{"D13 challenge added", set("challenge", "x"), "proof.signature"},
		{"D13 domain added", set("domain", "x.example"), "proof.signature"},
		{"D13 nonce added", set("nonce", "x"), "proof.signature"},
		{"D13 member added", set("note", "x"), "proof.unknown-member"},
		{"D13 context added", set("@context", "https://www.w3.org/ns/credentials/v2"), "proof.unknown-member"},
		{"D14 suite", set("cryptosuite", "eddsa-rdfc-2023"), "proof.unsupported"},
		{"D14 legacy", set("type", "Ed25519Signature2018"), "proof.unsupported"},
		{"D14 legacy with a suite", set("type", "Ed25519Signature2020"), "proof.unsupported"},
		{"D16 multibase", proof(func(p map[string]any) { p["proofValue"] = "u" + p["proofValue"].(string)[1:] }), "proof.value"},
		{"D16 extra", proof(func(p map[string]any) { p["proofValue"] = p["proofValue"].(string) + "1" }), "proof.value"},
		{"D16 short", proof(func(p map[string]any) { p["proofValue"] = p["proofValue"].(string)[:60] }), "proof.value"},
		{"D16 leading zero", proof(func(p map[string]any) { p["proofValue"] = "z1" + p["proofValue"].(string)[1:] }), "proof.value"},
		{"D16 not a text", set("proofValue", json.Number("1")), "proof.malformed"},
		{"context order", func(d map[string]any) { d["@context"] = []any{"https://www.w3.org/ns/credentials/v2"} }, "rdfc.dropped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := parse(t, vector)
			c.change(doc)
			if err := check(doc); cairn.CodeOf(err) != c.code {
				t.Errorf("got %v (%s), want %s", err, cairn.CodeOf(err), c.code)
			}
		})
	}
}

// badge is a usual Open Badge; every one-place change of it must be noticed.
const badge = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json","https://cairn.example/ns/v1"],
"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","OpenBadgeCredential"],"name":"Soil","awardedDate":"2023-01-01T00:00:00Z",
"issuer":{"id":"did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2","type":["Profile"],"name":"College"},"validFrom":"2023-01-01T00:00:00Z",
"credentialSubject":{"type":["AchievementSubject"],"identifier":[{"type":"IdentityObject","hashed":false,"identityHash":"Amina","identityType":"name"}],
"creditsEarned":3.5,"activityStartDate":"2023-01-01T00:00:00Z",
"achievement":{"id":"https://x.example/a/1","type":["Achievement"],"achievementType":"MicroCredential","name":"Soil","description":"d","criteria":{"narrative":"n"},
"creditsAvailable":4,"inLanguage":"en","tag":["a","b"],"alignment":[{"type":["Alignment"],"targetName":"t","targetUrl":"https://x.example/t"}],
"microcredential":{"type":"Microcredential","credit":{"type":"CreditValue","amount":"10/3","unit":"ECTS","hoursPerCredit":"25"},
"level":{"type":"FrameworkLevel","framework":"EQF","value":"5"},"workloadHours":"100","identityChecked":true,"nameIn":{"sw":"Udongo","fr":"Sol"}}}},
"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://x.example/s/1"}}`

// mutations returns copies of v, each changed in one place.
func mutations(v any, put func(any) any, visit func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			without := maps.Clone(v)
			delete(without, k)
			visit(put(without))
			renamed := maps.Clone(without)
			renamed[k+"x"] = e
			visit(put(renamed))
			mutations(e, func(n any) any { m := maps.Clone(v); m[k] = n; return put(m) }, visit)
		}
		added := maps.Clone(v)
		added["added"] = "x"
		visit(put(added))
	case []any:
		for i, e := range v {
			visit(put(append(append([]any{}, v[:i]...), v[i+1:]...)))
			mutations(e, func(n any) any { l := append([]any{}, v...); l[i] = n; return put(l) }, visit)
		}
		visit(put(append(append([]any{}, v...), "urn:x:added")))
	case string:
		visit(put(v + "x"))
		visit(put(""))
		if up := strings.ToUpper(v); up != v {
			visit(put(up))
		}
	case json.Number:
		visit(put(json.Number(v.String() + "1")))
		visit(put(v.String()))
	case bool:
		visit(put(!v))
		visit(put(fmt.Sprint(v)))
	}
	visit(put(nil))
}

// everyMutation reports changes of one place that are accepted, and counts them all.
func everyMutation(t *testing.T, signed map[string]any, accepted func(map[string]any) bool) int {
	t.Helper()
	original, err := jcs.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	mutations(signed, func(v any) any { return v }, func(v any) {
		doc, ok := v.(map[string]any)
		if !ok {
			return
		}
		b, err := jcs.Marshal(doc)
		if err != nil {
			return // not JSON any more
		}
		if bytes.Equal(b, original) {
			t.Fatal("a mutation changed nothing")
		}
		n++
		if accepted(doc) {
			t.Errorf("accepted after a change: %s", b)
		}
	})
	return n
}

func TestEveryMutationIsNoticed(t *testing.T) {
	signed, err := dataintegrity.Sign(t.Context(), parse(t, badge), dataintegrity.Options{
		Purpose: did.AssertionMethod, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, vectorSigner(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := check(signed); err != nil {
		t.Fatal(err)
	}
	n := everyMutation(t, signed, func(changed map[string]any) bool { return check(changed) == nil })
	if n < 200 {
		t.Errorf("only %d mutations were tried", n)
	}
	t.Logf("%d one-place changes, all noticed", n)
}

func FuzzProofs(f *testing.F) {
	f.Add([]byte(vector))
	f.Add([]byte(`{"proof":[{"type":"x"}]}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		doc, err := strictjson.ParseObject(data, strictjson.Default)
		if err != nil {
			return
		}
		proofs, err := dataintegrity.Proofs(doc)
		if err == nil && len(proofs) == 0 {
			t.Fatal("no proof and no error")
		}
	}))
}

// Whatever comes: a proof over it is good or bad, and nothing panics.
func FuzzVerify(f *testing.F) {
	for _, c := range published {
		id, key := keyOf(f, c.secret)
		doc, err := dataintegrity.SignWith(f.Context(), parse(f, c.doc), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made, ID: "urn:x:1"}, id, key)
		if err != nil {
			f.Fatal(err)
		}
		b, err := jcs.Marshal(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	legacy, err := jcs.Marshal(publishedLegacy(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(legacy)
	chained, err := jcs.Marshal(publishedChain(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(chained)
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		doc, err := strictjson.ParseObject(data, strictjson.Default)
		if err != nil {
			return
		}
		if err := check(doc); err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	}))
}
