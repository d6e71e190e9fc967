package dataintegrity_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/expander"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/strictcbor"
)

const bbsCredential = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","type":["VerifiableCredential","AlumniCredential"],
"name":"Alumni Credential","issuer":{"id":"https://vc.example/issuers/5678","name":"College"},
"validFrom":"2023-01-01T00:00:00Z","validUntil":"2033-01-01T00:00:00Z",
"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples","birthday":"2001-02-03",
"marks":[{"course":"Weaving","points":71},{"course":"Dyeing","points":55},{"course":"Trade","points":93,"of":{"grade":"A","scale":"A to E"}}]}}`

var bbsMandatory = []string{"/issuer", "/validFrom", "/validUntil"}

type bbsSigner struct {
	key    *bbs.SecretKey
	wrong  bool
	random io.Reader // of the tests; nil is true randomness
}

func (s bbsSigner) Read(p []byte) (int, error) {
	if s.random == nil {
		return rand.Read(p)
	}
	return s.random.Read(p)
}

func newBBSSigner(t testing.TB, material string) bbsSigner {
	t.Helper()
	k, err := bbs.KeyGen([]byte(material+strings.Repeat(".", 32)), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return bbsSigner{key: k}
}

func (s bbsSigner) PublicKey() *bbs.PublicKey { return s.key.Public() }
func (s bbsSigner) KeyID() cairn.KeyID        { _, id := did.KeyFromBBS(s.key.Public()); return id }
func (s bbsSigner) SignBBS(_ context.Context, header []byte, messages [][]byte) ([]byte, error) {
	if s.wrong {
		messages = messages[1:]
	}
	return bbs.Sign(s.key, header, messages)
}

func (s bbsSigner) method() did.Method { return did.Method{ID: s.KeyID(), BBS: s.key.Public()} }

func onlyProof(t testing.TB, doc map[string]any) dataintegrity.Proof {
	t.Helper()
	list, err := dataintegrity.Proofs(doc)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d proofs, %v", len(list), err)
	}
	return list[0]
}

func signBBS(t testing.TB, s bbsSigner, doc map[string]any, mandatory []string) map[string]any {
	t.Helper()
	signed, err := dataintegrity.SignBBS(t.Context(), s, doc, dataintegrity.Options{Purpose: did.AssertionMethod}, mandatory, s)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func derive(t testing.TB, s bbsSigner, signed map[string]any, pointers ...string) map[string]any {
	t.Helper()
	out, err := dataintegrity.DeriveBBS(signed, onlyProof(t, signed), s.method(), dataintegrity.Disclosure{Pointers: pointers, PresentationHeader: []byte("nonce"), Random: s})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What the holder shows verifies and holds exactly what was selected.
func TestBBSShowsWhatIsSelected(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	signed := signBBS(t, s, parse(t, bbsCredential), bbsMandatory)
	for _, c := range []struct {
		pointers []string
		want     string
	}{
		{nil, `{}`},
		{[]string{"/credentialSubject/alumniOf"}, `{"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"}}`},
		{[]string{"/name", "/credentialSubject/marks/2/of/grade", "/credentialSubject/marks/0"},
			`{"name":"Alumni Credential","credentialSubject":{"id":"did:example:abcdefgh","marks":[{"course":"Weaving","points":71},{"of":{"grade":"A"}}]}}`},
		{[]string{"/credentialSubject", "/credentialSubject/marks/1"}, `{"credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples","birthday":"2001-02-03",
			"marks":[{"course":"Weaving","points":71},{"course":"Dyeing","points":55},{"course":"Trade","points":93,"of":{"grade":"A","scale":"A to E"}}]}}`},
		{[]string{""}, bbsCredential},
	} {
		shown := derive(t, s, signed, c.pointers...)
		if err := dataintegrity.Verify(shown, onlyProof(t, shown), s.method()); err != nil {
			t.Errorf("%v: %v", c.pointers, err)
		}
		want := parse(t, c.want)
		for _, name := range []string{"@context", "id", "type", "issuer", "validFrom", "validUntil"} {
			want[name] = signed[name]
		}
		got := maps.Clone(shown)
		delete(got, "proof")
		if !reflect.DeepEqual(got, want) {
			b, _ := jcs.Marshal(got)
			t.Errorf("%v: got %s", c.pointers, b)
		}
		if ph, err := dataintegrity.PresentationHeader(onlyProof(t, shown)); err != nil || string(ph) != "nonce" {
			t.Errorf("presentation header %q, %v", ph, err)
		}
		b, err := jcs.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		if c.pointers == nil && (bytes.Contains(b, []byte("birthday")) || bytes.Contains(b, []byte("Weaving"))) {
			t.Errorf("something hidden is shown: %s", b)
		}
	}
}

// Two presentations share neither proof nor numbers that depend on the rest.
func TestBBSProofsDiffer(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	signed := signBBS(t, s, parse(t, bbsCredential), bbsMandatory)
	a, b := derive(t, s, signed, "/name"), derive(t, s, signed, "/name")
	if a["proof"].(map[string]any)["proofValue"] == b["proof"].(map[string]any)["proofValue"] {
		t.Error("two presentations have one proof")
	}
	if _, ok := a["proof"].(map[string]any)["created"]; ok {
		t.Error("the time of signing is shown though nobody asked for it")
	}
}

func TestBBSSignRefuses(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	doc := parse(t, bbsCredential)
	purpose := dataintegrity.Options{Purpose: did.AssertionMethod}
	many := parse(t, bbsCredential)
	marks := []any{}
	for i := range bbs.MaxMessages {
		marks = append(marks, map[string]any{"course": strings.Repeat("x", i+1)})
	}
	many["credentialSubject"].(map[string]any)["marks"] = marks
	for name, c := range map[string]struct {
		doc       map[string]any
		o         dataintegrity.Options
		mandatory []string
		s         bbsSigner
		code      string
	}{
		"signed already":    {signBBS(t, s, doc, nil), purpose, nil, s, "proof.already-signed"},
		"other purpose":     {doc, dataintegrity.Options{Purpose: "keyAgreement"}, nil, s, "proof.purpose"},
		"in a chain":        {doc, dataintegrity.Options{Purpose: did.AssertionMethod, Previous: []string{"urn:x:1"}}, nil, s, "proof.chain"},
		"pointer to naught": {doc, purpose, []string{"/nothing"}, s, "rdfc.pointer"},
		"no pointer":        {doc, purpose, []string{"issuer"}, s, "rdfc.pointer"},
		"faulty signer":     {doc, purpose, nil, bbsSigner{key: s.key, wrong: true}, "proof.signer-fault"},
		"not covered":       {map[string]any{"@context": doc["@context"], "@id": "x"}, purpose, nil, s, "rdfc.dropped"},
		"too many messages": {many, purpose, nil, s, "bbs.too-many-messages"},
	} {
		if _, err := dataintegrity.SignBBS(t.Context(), rand.Reader, c.doc, c.o, c.mandatory, c.s); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if _, err := dataintegrity.SignBBS(t.Context(), noRandomness{}, doc, purpose, nil, s); cairn.CodeOf(err) != "proof.random" {
		t.Errorf("no randomness: %v", err)
	}
	created, err := dataintegrity.SignBBS(t.Context(), rand.Reader, doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, nil, s)
	if err != nil || created["proof"].(map[string]any)["created"] != "2026-01-02T03:04:05Z" {
		t.Errorf("created: %v, %v", created["proof"], err)
	}
}

type noRandomness struct{}

func (noRandomness) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

func TestBBSDeriveRefuses(t *testing.T) {
	s, other := newBBSSigner(t, "issuer"), newBBSSigner(t, "other")
	s.random = mathrand.NewChaCha8([32]byte{}) // by chance, another HMAC key can shuffle the labels alike
	signed := signBBS(t, s, parse(t, bbsCredential), bbsMandatory)
	changed := func(change func(doc, proof map[string]any)) map[string]any {
		doc := maps.Clone(signed)
		proof := maps.Clone(doc["proof"].(map[string]any))
		doc["proof"] = proof
		change(doc, proof)
		return doc
	}
	bare := signBBS(t, s, parse(t, bbsCredential), nil)
	for name, c := range map[string]struct {
		doc      map[string]any
		m        did.Method
		pointers []string
		random   bool
		code     string
	}{
		"changed, shown":    {changed(func(d, _ map[string]any) { d["validFrom"] = "2022-01-01T00:00:00Z" }), s.method(), nil, true, "proof.signature"},
		"changed, hidden":   {changed(func(d, _ map[string]any) { d["name"] = "Doctorate" }), s.method(), nil, true, "proof.signature"},
		"changed options":   {changed(func(_, p map[string]any) { p["proofPurpose"] = "authentication" }), s.method(), nil, true, "proof.signature"},
		"another key":       {changed(func(_, p map[string]any) { p["verificationMethod"] = string(other.KeyID()) }), other.method(), nil, true, "proof.signature"},
		"not the named key": {signed, other.method(), nil, true, "proof.method"},
		"not a BBS key":     {signed, did.Method{ID: s.KeyID()}, nil, true, "proof.method"},
		"nothing to show":   {bare, s.method(), nil, true, "proof.nothing-shown"},
		"pointer to naught": {signed, s.method(), []string{"/credentialSubject/marks/3"}, true, "rdfc.pointer"},
		"derived from":      {derive(t, s, signed), s.method(), nil, true, "proof.value"},
		"no randomness":     {signed, s.method(), nil, false, "bbs.random"},
		"another suite":     {changed(func(_, p map[string]any) { p["cryptosuite"] = "ecdsa-sd-2023" }), s.method(), nil, true, "proof.unsupported"},
		"optional feature":  {changed(func(_, p map[string]any) { p["proofValue"] = withKind(t, p["proofValue"], 0x04) }), s.method(), nil, true, "proof.unsupported"},
		"another signature": {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 0, make([]byte, 80)) }), s.method(), nil, true, "proof.signature"},
		"another HMAC key":  {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 3, make([]byte, 32)) }), s.method(), []string{"/credentialSubject"}, true, "proof.signature"},
		"other mandatory":   {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 4, []any{"/issuer"}) }), s.method(), nil, true, "proof.signature"},
		"another header":    {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 1, make([]byte, 64)) }), s.method(), nil, true, "proof.signature"},
		"other key inside": {changed(func(_, p map[string]any) {
			p["proofValue"] = component(t, p["proofValue"], 2, other.key.Public().Bytes())
		}), s.method(), nil, true, "proof.signature"},
		"short HMAC key":      {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 3, make([]byte, 31)) }), s.method(), nil, true, "proof.value"},
		"pointer not a text":  {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 4, []any{int64(1)}) }), s.method(), nil, true, "proof.value"},
		"pointers not a list": {changed(func(_, p map[string]any) { p["proofValue"] = component(t, p["proofValue"], 4, "/issuer") }), s.method(), nil, true, "proof.value"},
	} {
		d := dataintegrity.Disclosure{Pointers: c.pointers, Random: rand.Reader}
		if !c.random {
			d.Random = noRandomness{}
		}
		if _, err := dataintegrity.DeriveBBS(c.doc, onlyProof(t, c.doc), c.m, d); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		want := c.code
		if c.pointers != nil && c.code == "rdfc.pointer" || !c.random || name == "nothing to show" {
			want = "" // nothing is wrong with the base proof
		}
		if err := dataintegrity.VerifyBaseBBS(c.doc, onlyProof(t, c.doc), c.m); cairn.CodeOf(err) != want {
			t.Errorf("%s: the base proof: %v, want %s", name, err, want)
		}
	}
}

func TestBBSPresentationHeaderHasALimit(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	signed := signBBS(t, s, parse(t, bbsCredential), bbsMandatory)
	for size, code := range map[int]string{64 << 10: "", 64<<10 + 1: "proof.presentation-header"} {
		_, err := dataintegrity.DeriveBBS(signed, onlyProof(t, signed), s.method(), dataintegrity.Disclosure{PresentationHeader: make([]byte, size), Random: rand.Reader})
		if cairn.CodeOf(err) != code {
			t.Errorf("%d bytes: %v, want %q", size, err, code)
		}
	}
}

// The order of the keys of a map is not told by the specification.
func TestBBSLabelsInAnyOrder(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	shown := derive(t, s, signBBS(t, s, parse(t, bbsCredential), bbsMandatory), "/credentialSubject/marks")
	proof := shown["proof"].(map[string]any)
	kind, list := cborOf(t, proof["proofValue"])
	labels, err := strictcbor.Marshal(list[1])
	if err != nil {
		t.Fatal(err)
	}
	if len(list[1].(strictcbor.Map)) < 2 || labels[1] != 0 {
		t.Fatalf("the labels are %x", labels)
	}
	turned := slices.Concat(labels[:1], labels[3:5], labels[1:3], labels[5:])
	value := slices.Concat(kind, []byte{0x85})
	for i, e := range list {
		b, err := strictcbor.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			b = turned
		}
		value = append(value, b...)
	}
	proof["proofValue"] = "u" + base64.RawURLEncoding.EncodeToString(value)
	if err := dataintegrity.Verify(shown, onlyProof(t, shown), s.method()); err != nil {
		t.Error(err)
	}
}

func TestBBSEveryMutationIsNoticed(t *testing.T) {
	s := newBBSSigner(t, "issuer")
	shown := derive(t, s, signBBS(t, s, parse(t, bbsCredential), bbsMandatory), "/credentialSubject/marks/2")
	n := 0
	mutations(shown, func(v any) any { return v }, func(changed any) {
		doc, ok := changed.(map[string]any)
		if !ok {
			return
		}
		n++
		list, err := dataintegrity.Proofs(doc)
		if err == nil {
			err = dataintegrity.Verify(doc, list[0], s.method())
		}
		if err == nil {
			b, _ := jcs.Marshal(doc)
			t.Errorf("not noticed: %s", b)
		}
	})
	if n < 50 {
		t.Errorf("only %d mutations", n)
	}
}

func FuzzBBSProofValue(f *testing.F) {
	s := newBBSSigner(f, "issuer")
	same := mathrand.NewChaCha8([32]byte{}) // every worker makes the same proof
	signed, err := dataintegrity.SignBBS(f.Context(), same, parse(f, bbsCredential), dataintegrity.Options{Purpose: did.AssertionMethod}, bbsMandatory, s)
	if err != nil {
		f.Fatal(err)
	}
	shown, err := dataintegrity.DeriveBBS(signed, onlyProof(f, signed), s.method(), dataintegrity.Disclosure{Pointers: []string{"/name"}, Random: same})
	if err != nil {
		f.Fatal(err)
	}
	good := shown["proof"].(map[string]any)["proofValue"].(string)
	for _, v := range []any{signed["proof"].(map[string]any)["proofValue"], good} {
		b, err := base64.RawURLEncoding.DecodeString(v.(string)[1:])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, b []byte) {
		doc := maps.Clone(shown)
		proof := maps.Clone(shown["proof"].(map[string]any))
		proof["proofValue"] = "u" + base64.RawURLEncoding.EncodeToString(b)
		doc["proof"] = proof
		if err := dataintegrity.Verify(doc, onlyProof(t, doc), s.method()); err == nil && proof["proofValue"] != good {
			t.Errorf("another proof value verifies: %x", b)
		}
		doc = maps.Clone(signed)
		doc["proof"] = proof
		_, err := dataintegrity.DeriveBBS(doc, onlyProof(t, doc), s.method(), dataintegrity.Disclosure{Random: rand.Reader})
		_ = err // only that it returns
	}))
}

// The credential of W3C vc-di-bbs, section "Baseline Basic Example", with the
// values of its base proof and derived proof.
const (
	residentCard = `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],
"type":["VerifiableCredential","PermanentResidentCardCredential"],
"issuer":{"id":"did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz64QAAAABJRU5ErkJggg=="},
"name":"Permanent Resident Card",
"description":"Permanent Resident Card from Government of Utopia.",
"credentialSubject":{"type":["PermanentResident","Person"],"givenName":"JANE","familyName":"SMITH","gender":"Female","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4v43hPwAHIgK1v4tX6wAAAABJRU5ErkJggg==","residentSince":"2015-01-01","commuterClassification":"C1","birthCountry":"Arcadia","birthDate":"1978-07-17","permanentResidentCard":{"type":["PermanentResidentCard"],"identifier":"83627465","lprCategory":"C09","lprNumber":"999-999-999"}},
"validFrom":"2024-12-16T00:00:00Z",
"validUntil":"2025-12-16T23:59:59Z"}`
	residentBase  = "u2V0ChVhQhhaN0rXQx8alajD0IS7RFqU97wXQ1nCCB9SDx_8gU676ItJLp2WdYIUmlPjYW-D6Ktw5dMfcTMaLPbF7JCOXUEcQQWLCRQK0FZGHmsJPG7FYQDpbvyXTTZCxjDXNI1e-am9CMB6U_J5S936Tt3PFYUvfjnzCLDGN0glOAtC_BsXXOl26cXYRpA9tG-3F6nwwD9ZYYKTvGvo9pXVJbxIrm3i4wkdhUxqKCTIGrnxFuAdZwWi6T3omD5wzZ7bAGbRneEEQSxBmXtvnC6Pr59nPv_v3HrAW9wq_uxYzF_NyaX3GPv0h_FV2T2OSao8C6uoyWiqIj1ggABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v-BZy9pc3N1ZXI"
	residentShown = `{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/citizenship/v4rc1"],
"type":["VerifiableCredential","PermanentResidentCardCredential"],
"issuer":{"id":"did:key:zDnaeTHxNEBZoKaEo6PdA83fq98ebiFvo3X273Ydu4YmV96rg","image":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVQIW2P4z/DiPwAG0ALnwgz64QAAAABJRU5ErkJggg=="},
"validFrom":"2024-12-16T00:00:00Z",
"validUntil":"2025-12-16T23:59:59Z",
"credentialSubject":{"type":["PermanentResident","Person"],"birthCountry":"Arcadia"}}`
	residentDerived = "u2V0DhVkC0JasX_e4m_LYsPPMUcVH8aIrAeJOJGV50hI2LN9r8Pq-GL4MnR-EyQS7TGxhP9Dsq7etkuYVNB2pekWpGHIWJsyFnEVbRzo245VyVh1fxIPGN0JHF6Q9z_s7Ew2P4R-IqIAvOyMe_iRE-LR_7e0LYh49XNIss-wj68T23KdFtcHOL0KnELklEKcSJafTngDgwm2i-uJCzfFU6T3kIBcnC5kCP-lbQsQqRhouqxngSqRIOa85qnH4MBYstCSlqgrMBG3H57i9_HPPNkHHau63-7Vs2TZ3YFDb1jK_f8gNM8Yh3GuDcYSt5hljD3K9Jdiupia6mU0Vpl3vGw3IrwnFSgz15bVNGxsoBHqi2_Y4Bf7JUzurRtEjScpH39g_8wRUztrNI9pOuaPr4ZjICsGZLiogP_z0avqjSCpjt7AAM98aLaNh1gChz9UTm-AQyjAuCCr37jSl_z0kzHBi9X-jbUeEbt1SGeWb1DhXa_9wm_15INa62DZ7D-jHSTGO-HJr7anB2Qlb7XOOT9HDgzOif08gcaIahjZxtD_lIfc3REvoZeiHy_M8qjkib7gBMANyHjfG2UmGe--6HIt79kG9ZHhRrZKu09qRr1LxfQWKn3TrMHRDBMBYE4QL5qUo9UzVoktzri9C3sG_wuE1T7BhqWwN86uW3cmtqWy4glcczLiXdPzwMm4ciyuHzEz06vvXVjJRiRnL5Yqfhq3hKw9picCIbjWNgBuZsd0yx-blamU8DiZKhLUdLSNnnHXigkUa87yqbxnse8OqYD_sh9taV9QpYeKQfYmaj9XRzhfd6Kdc0RkklM2TsRLad3TCuy9nn1tLQE2r5IXXigF7K-geX_i6z5DV8ksug6tBafj1XKb3AxQfkVZau-x0RebPRmP140uRiCg9V87fNsWGsYoTC4NlJDa_aGJnPd7r2a79wvv8l93oDjZINJHENXzNL8Ex-6IAAAEChAAEBQeGAAEHERITRBEzd6o"
)

// With the example's keys and mocked randomness we sign and derive what the
// specification prints.
func TestBBSPublishedDocuments(t *testing.T) {
	fromHex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	secret, err := bbs.ParseSecretKey(fromHex("66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"))
	if err != nil {
		t.Fatal(err)
	}
	s := bbsSigner{key: secret}
	hmacKey := fromHex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	signed, err := dataintegrity.SignBBS(t.Context(), bytes.NewReader(hmacKey), parse(t, residentCard), dataintegrity.Options{Purpose: did.AssertionMethod,
		Created: time.Date(2023, 8, 15, 23, 36, 38, 0, time.UTC)}, []string{"/issuer"}, s)
	if err != nil {
		t.Fatal(err)
	}
	if got := signed["proof"].(map[string]any)["proofValue"]; got != residentBase {
		t.Errorf("base proof: got %s", got)
	}
	// The authors mocked with the bare name of the interface as the tag. A proof
	// that hides 14 statements takes 5 scalars more.
	random := expander.NewExpanderMD(crypto.SHA256, []byte("BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_H2G_HM2S_")).
		Expand(fromHex("332e313431353932363533353839373933323338343632363433333833323739"), 48*(5+14))
	shown, err := dataintegrity.DeriveBBS(signed, onlyProof(t, signed), s.method(), dataintegrity.Disclosure{
		Pointers: []string{"/validFrom", "/validUntil", "/credentialSubject/birthCountry"}, PresentationHeader: fromHex("113377aa"), Random: bytes.NewReader(random)})
	if err != nil {
		t.Fatal(err)
	}
	want := parse(t, residentShown)
	want["proof"] = maps.Clone(signed["proof"].(map[string]any))
	want["proof"].(map[string]any)["proofValue"] = residentDerived
	if !reflect.DeepEqual(shown, want) {
		b, err := jcs.Marshal(shown)
		t.Errorf("derived: got %s, %v", b, err)
	}
	if err := dataintegrity.Verify(want, onlyProof(t, want), s.method()); err != nil {
		t.Error(err)
	}
}
