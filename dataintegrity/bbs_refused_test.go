package dataintegrity_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/corpus"
	"cairn.example/jcs"
	"cairn.example/strictcbor"
)

func cborOf(t testing.TB, value any) (kind []byte, list []any) {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(value.(string)[1:])
	if err != nil {
		t.Fatal(err)
	}
	v, err := strictcbor.Parse(b[3:], strictcbor.Default)
	if err != nil {
		t.Fatal(err)
	}
	return b[:3], v.([]any)
}

func valueOf(t testing.TB, kind []byte, v any) string {
	t.Helper()
	b, err := strictcbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(append(slices.Clone(kind), b...))
}

func component(t testing.TB, value any, i int, v any) string {
	kind, list := cborOf(t, value)
	list[i] = v
	return valueOf(t, kind, list)
}

func withKind(t testing.TB, value any, kind byte) string {
	_, list := cborOf(t, value)
	return valueOf(t, []byte{0xd9, 0x5d, kind}, list)
}

// A verifier refuses every other proof value than the one that the holder made.
func TestBBSVerifyRefuses(t *testing.T) {
	s, other := newBBSSigner(t, "issuer"), newBBSSigner(t, "other")
	s.random = mathrand.NewChaCha8([32]byte{}) // so that the corpus is the same each time
	credential := parse(t, bbsCredential)
	issuer, _ := did.KeyFromBBS(s.PublicKey())
	credential["issuer"].(map[string]any)["id"] = string(issuer)
	signed := signBBS(t, s, credential, bbsMandatory)
	shown := derive(t, s, signed, "/name", "/credentialSubject/marks/0", "/credentialSubject/marks/2")
	good := shown["proof"].(map[string]any)["proofValue"]
	kind, list := cborOf(t, good)
	labels := list[1].(strictcbor.Map)
	mandatory, selective := list[2].([]any), list[3].([]any)
	swapped := maps.Clone(labels)
	swapped[int64(0)], swapped[int64(1)] = labels[int64(1)], labels[int64(0)]
	extra := maps.Clone(labels)
	extra[int64(len(labels))] = int64(77)
	double := maps.Clone(labels)
	double[int64(0)] = labels[int64(1)]
	fewer := maps.Clone(labels)
	delete(fewer, int64(0))
	raw, err := base64.RawURLEncoding.DecodeString(good.(string)[1:])
	if err != nil {
		t.Fatal(err)
	}
	encode := func(b []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(b) }
	with := func(i int, v any) string { return component(t, good, i, v) }
	type patch = map[string]any
	type refused struct {
		name  string
		patch patch // RFC 7396
		code  string
	}
	value := func(v string) patch { return patch{"proof": patch{"proofValue": v}} }
	subject := func(m patch) patch { return patch{"credentialSubject": m} }
	mark := func(course, points any) any { return patch{"course": course, "points": points} }
	number := json.Number("71")
	made := []refused{
		{"mark raised", subject(patch{"marks": []any{mark("Weaving", json.Number("99")), shown["credentialSubject"].(map[string]any)["marks"].([]any)[1]}}), "proof.signature"},
		{"mark as text", subject(patch{"marks": []any{mark("Weaving", "71"), shown["credentialSubject"].(map[string]any)["marks"].([]any)[1]}}), "proof.signature"},
		{"mark hidden by the verifier's side", subject(patch{"marks": []any{mark("Weaving", number)}}), "proof.signature"},
		{"parts of two marks exchanged", subject(patch{"marks": []any{mark("Trade", number), mark("Weaving", json.Number("93"))}}), "proof.signature"},
		{"member added", subject(patch{"alumniOf": "Another School"}), "proof.signature"},
		{"hidden member with its value", subject(patch{"birthday": "2001-02-03"}), "proof.signature"},
		{"shown member removed", patch{"name": nil}, "proof.signature"},
		{"mandatory member removed", patch{"validUntil": nil}, "proof.signature"},
		{"mandatory member changed", patch{"validUntil": "2043-01-01T00:00:00Z"}, "proof.signature"},
		{"issuer's name changed", patch{"issuer": patch{"name": "University"}}, "proof.signature"},
		{"another id", patch{"id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc34"}, "proof.signature"},
		{"another subject", subject(patch{"id": "did:example:somebody"}), "proof.signature"},
		{"another type", patch{"type": []any{"VerifiableCredential", "RelationshipCredential"}}, "proof.signature"},
		{"another purpose", patch{"proof": patch{"proofPurpose": "authentication"}}, "proof.signature"},
		{"time of signing added", patch{"proof": patch{"created": "2026-01-01T00:00:00Z"}}, "proof.signature"},
		{"end added", patch{"proof": patch{"expires": "2099-01-01T00:00:00Z"}}, "proof.signature"},
		{"challenge added", patch{"proof": patch{"challenge": "c"}}, "proof.signature"},
		{"another suite", patch{"proof": patch{"cryptosuite": "bbs-2024"}}, "proof.unsupported"},
		{"another method", patch{"proof": patch{"verificationMethod": string(other.KeyID())}}, "proof.method"},
		{"context in the proof", patch{"proof": patch{"@context": "https://www.w3.org/ns/credentials/v2"}}, "proof.unknown-member"},
		{"in a chain", patch{"proof": patch{"id": "urn:x:1", "previousProof": "urn:x:1"}}, "proof.chain"},
		{"base proof", value(signed["proof"].(map[string]any)["proofValue"].(string)), "proof.value"},
		{"holder binding", value(withKind(t, good, 0x05)), "proof.unsupported"},
		{"pseudonym", value(withKind(t, good, 0x07)), "proof.unsupported"},
		{"both", value(withKind(t, good, 0x09)), "proof.unsupported"},
		{"unknown kind", value(withKind(t, good, 0x0a)), "proof.value"},
		{"ecdsa-sd", value(valueOf(t, []byte{0xd9, 0x5d, 0x01}, list)), "proof.value"},
		{"kind alone", value(encode(kind)), "proof.value"},
		{"empty", value("u"), "proof.value"},
		{"base58", value("z" + good.(string)[1:]), "proof.value"},
		{"padding", value(good.(string) + "="), "proof.value"},
		{"line break", value(good.(string) + "\n"), "proof.value"},
		{"more bytes", value(encode(append(slices.Clone(raw), 0))), "proof.value"},
		{"four parts", value(valueOf(t, kind, list[:4])), "proof.value"},
		{"six parts", value(valueOf(t, kind, append(slices.Clone(list), []byte{}))), "proof.value"},
		{"no list", value(valueOf(t, kind, "text")), "proof.value"},
		{"long length", value(encode(slices.Concat(kind, []byte{0x98, 0x05}, raw[4:]))), "proof.value"},
		{"indefinite", value(encode(slices.Concat(kind, []byte{0x9f}, raw[4:], []byte{0xff}))), "proof.value"},
		{"tagged", value(encode(slices.Concat(kind, []byte{0x85, 0xd8, 0x40}, raw[4:]))), "proof.value"},
		{"proof not bytes", value(with(0, "text")), "proof.value"},
		{"proof too short", value(with(0, make([]byte, 100))), "proof.value"},
		{"proof of zeros", value(with(0, make([]byte, len(list[0].([]byte))))), "proof.value"},
		{"labels not a map", value(with(1, []any{})), "proof.value"},
		{"label not a number", value(with(1, strictcbor.Map{"c14n0": int64(0)})), "proof.value"},
		{"label below zero", value(with(1, strictcbor.Map{int64(0): int64(-1)})), "proof.value"},
		{"label beyond limits", value(with(1, strictcbor.Map{int64(0): int64(100_001)})), "proof.value"},
		{"labels swapped", value(with(1, swapped)), "proof.signature"},
		{"label for nothing", value(with(1, extra)), "proof.signature"},
		{"label twice", value(with(1, double)), "proof.signature"},
		{"label missing", value(with(1, fewer)), "proof.signature"},
		{"indexes not a list", value(with(2, int64(1))), "proof.value"},
		{"index not a number", value(with(2, []any{"0"})), "proof.value"},
		{"indexes descend", value(with(2, []any{int64(1), int64(0)})), "proof.value"},
		{"index twice", value(with(3, append([]any{selective[0]}, selective...))), "proof.value"},
		{"index below zero", value(with(3, []any{int64(-1)})), "proof.value"},
		{"mandatory beyond", value(with(2, append(slices.Clone(mandatory), int64(99_999)))), "proof.signature"},
		{"selective beyond", value(with(3, append(slices.Clone(selective[:len(selective)-1]), int64(99_999)))), "proof.signature"},
		{"one mandatory less", value(with(2, mandatory[1:])), "proof.signature"},
		{"none mandatory", value(with(2, []any{})), "proof.signature"},
		{"one selective less", value(with(3, selective[1:])), "proof.signature"},
		{"header not bytes", value(with(4, "nonce")), "proof.value"},
		{"another header", value(with(4, []byte("nonce2"))), "proof.signature"},
		{"no header", value(with(4, []byte{})), "proof.signature"},
		{"header beyond limits", value(with(4, make([]byte, 65<<10))), "proof.value"},
		{"proof value beyond limits", value("u" + strings.Repeat("A", 256<<10)), "proof.value"},
		{"proof hides too much", value(with(0, make([]byte, bbs.MinProofSize+(bbs.MaxMessages+1)*32))), "proof.value"},
		{"proof of another signature", value(derive(t, s, signBBS(t, s, credential, bbsMandatory), "/name", "/credentialSubject/marks/1")["proof"].(map[string]any)["proofValue"].(string)), "proof.signature"},
	}
	var published []any
	for _, c := range made {
		doc := merge(shown, c.patch).(map[string]any)
		list, err := dataintegrity.Proofs(doc)
		if err == nil {
			err = dataintegrity.Verify(doc, list[0], s.method())
		}
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		b, err := jcs.Marshal(c.patch)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 8<<10 { // the others are about size alone
			published = append(published, map[string]any{"name": c.name, "patch": c.patch, "code": c.code})
		}
	}
	corpus.Same(t, "testdata/bbs-2023-refused.json", map[string]any{
		"about": "A derived bbs-2023 credential, the presentation header that it is bound to in hexadecimal, and merge patches (RFC 7396) after each of which it must not verify with the key that the proof names. Codes are Cairn's.",
		"valid": shown, "presentationHeader": hex.EncodeToString([]byte("nonce")), "refused": published})
	p := onlyProof(t, shown)
	if err := dataintegrity.Verify(shown, p, other.method()); cairn.CodeOf(err) != "proof.method" {
		t.Errorf("another method: %v", err)
	}
	if err := dataintegrity.Verify(shown, p, did.Method{ID: s.KeyID(), BBS: other.key.Public()}); cairn.CodeOf(err) != "proof.signature" {
		t.Errorf("another key under the name: %v", err)
	}
	if err := dataintegrity.Verify(shown, p, did.Method{ID: s.KeyID()}); cairn.CodeOf(err) != "proof.method" {
		t.Errorf("no BBS key: %v", err)
	}
}

// merge applies a merge patch (RFC 7396).
func merge(to, patch any) any {
	m, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	old, _ := to.(map[string]any)
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range m {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = merge(out[k], v)
		}
	}
	return out
}
