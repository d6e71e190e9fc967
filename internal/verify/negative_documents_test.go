package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/vc"
)

// Group P: JSON. For a reader that passes over what is wrong, or repairs it in the
// usual way, the signature is good in all of them.
func jsonCases(t testing.TB) []negative {
	good := sign(t, badge(t, nil), college, dataintegrity.Options{})
	after := func(from, to string) []byte {
		if !bytes.Contains(good, []byte(from)) {
			t.Fatal(from)
		}
		return bytes.Replace(good, []byte(from), []byte(to), 1)
	}
	in := func(text string) []byte { return append([]byte("{"+text+","), good[1:]...) }
	named := func(name string) map[string]any {
		return badge(t, func(b *openbadges.Badge) { b.Subject.Identities[0].Value = name })
	}
	plain := func(change func(map[string]any)) map[string]any {
		doc := badge(t, nil)
		change(doc)
		return doc
	}
	// Text is repaired with U+FFFD, and that is what was signed.
	repaired := forged(t, named("Amina\ufffd"), nil)
	long := forgery{doc: plain(func(m map[string]any) { m["x"] = json.Number("1234567") }), by: college, signed: func(b []byte) []byte { return replaced(t, b, "1234567", "9007199254740992") }}
	credits := forged(t, badge(t, nil), nil)
	surrogates := plain(func(m map[string]any) { m["\U0001f600"], m["\ufb33"], m["\u20ac"] = "a", "b", "c" })
	sorted := forged(t, surrogates, nil)
	var deep any = []any{}
	for range 64 {
		deep = []any{deep}
	}
	return []negative{
		{id: "P00", name: "nothing is wrong", data: good, verdict: "valid", code: "proof.good"},
		{id: "P01", name: "a member twice", data: in(`"name":"Gold"`), verdict: "invalid", code: "model.unreadable", cause: "json.duplicate-name"},
		{id: "P01", name: "a member twice, deep", data: after(`"achievement":{`, `"achievement":{"name":"Gold",`), verdict: "invalid", code: "model.unreadable", cause: "json.duplicate-name"},
		{id: "P02", name: "a member in another case", data: in(`"Issuer":"did:example:x"`), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "P02", name: "a member that folds to another", data: in(`"i\u017f\u017fuer":"did:example:x"`), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "P03", name: "lone surrogate", data: replaced(t, repaired, "\ufffd", `\ud800`), verdict: "invalid", code: "model.unreadable", cause: "json.surrogate"},
		{id: "P03", name: "not UTF-8", data: replaced(t, repaired, "\ufffd", "\xff"), verdict: "invalid", code: "model.unreadable", cause: "json.utf8"},
		{id: "P03", name: "U+0000 in a name", data: forged(t, plain(func(m map[string]any) { m["a\x00"] = "b" }), nil), verdict: "invalid", code: "model.unreadable", cause: "json.nul"},
		{id: "P04", name: "a second value", data: append(bytes.Clone(good), "{}"...), verdict: "invalid", code: "model.unreadable", cause: "json.trailing"},
		{id: "P04", name: "letters after the end", data: append(bytes.Clone(good), 'x'), verdict: "invalid", code: "model.unreadable", cause: "json.trailing"},
		{id: "P05", name: "byte order mark", data: append([]byte("\xef\xbb\xbf"), good...), verdict: "invalid", code: "model.unreadable", cause: "json.bom"},
		{id: "P06", name: "depth 65", data: forged(t, plain(func(m map[string]any) { m["x"] = deep }), nil), verdict: "invalid", code: "model.unreadable", cause: "json.too-deep"},
		{id: "P08", name: "integer that not every reader holds", data: replaced(t, long.bytes(t), "1234567", "9007199254740993"), verdict: "invalid", code: "model.unreadable", cause: "json.number-range"},
		{id: "P09", name: "the same number in other letters", data: replaced(t, credits, `"creditsAvailable":4`, `"creditsAvailable":40e-1`), verdict: "valid", code: "proof.good"},
		{id: "P09", name: "zero with a sign", data: replaced(t, forged(t, plain(func(m map[string]any) { m["x"] = json.Number("0") }), nil), `"x":0`, `"x":-0`), verdict: "valid", code: "proof.good"},
		{id: "P10", name: "number that overflows", data: in(`"x":1e400`), verdict: "invalid", code: "model.unreadable", cause: "json.number-range"},
		{id: "P10", name: "not a number", data: in(`"x":NaN`), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "P10", name: "infinity", data: in(`"x":Infinity`), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "P11", name: "the same letters composed otherwise", data: replaced(t, forged(t, named("Ren\u00e9e"), nil), "\u00e9", "e\u0301"), verdict: "invalid", code: "proof.signature"},
		{id: "P12", name: "member __proto__", data: in(`"__proto__":{"verdict":"valid"}`), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "P12", name: "member constructor", data: in(`"constructor":{"prototype":{}}`), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "P13", name: "names beyond 16 bits in the order of UTF-16", data: sorted, verdict: "valid", code: "proof.good"},
		{id: "P13", name: "names beyond 16 bits in the order of UTF-8", data: byUTF8(t, surrogates), verdict: "invalid", code: "proof.signature"},
		{id: "P15", name: "other escapes of the same letters", data: after(`"Amina"`, `"\u0041mina"`), verdict: "valid", code: "proof.good"},
		{id: "P16", name: "comment", data: append([]byte("/* x */"), good...), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "P16", name: "comma at the end", data: append(bytes.Clone(good[:len(good)-1]), ",}"...), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "P16", name: "single quotes", data: after(`"Amina"`, `'Amina'`), verdict: "invalid", code: "model.unreadable", cause: "json.syntax"},
		{id: "P17", name: "list at the top", data: []byte("[" + string(good) + "]"), verdict: "invalid", code: "model.unreadable", cause: "json.not-object"},
	}
}

// byUTF8 signs a document whose canonical form was made in the order of bytes: 🙂
// behind the letters that UTF-16 writes with one higher number.
func byUTF8(t testing.TB, doc map[string]any) []byte {
	t.Helper()
	const first, second = "\"\U0001f600\":\"a\"", "\"\ufb33\":\"b\""
	return forgery{doc: doc, by: college, signed: func(b []byte) []byte { return replaced(t, b, first+","+second, second+","+first) }}.bytes(t)
}

// Group L: JSON-LD. Each is changed after it was signed by what a lossy processor
// drops, which would leave the signature good. The rest of the group, on the guard
// alone, is in rdfc/testdata/refused.json.
func contextCases(t testing.TB) []negative {
	good := sign(t, badge(t, nil), college, dataintegrity.Options{})
	nobody := sign(t, badge(t, func(b *openbadges.Badge) { b.Subject.DID = "" }), college, dataintegrity.Options{})
	with := func(path string, v any) []byte {
		return edited(t, good, func(m map[string]any) { put(m, path, v) })
	}
	context := func(v any) []byte {
		return edited(t, good, func(m map[string]any) { m["@context"] = append(slices.Clone(m["@context"].([]any)), v) })
	}
	clique := func(n int) []any {
		out := []any{}
		for i := range n {
			m := map[string]any{"id": fmt.Sprintf("_:c%d", i), "type": []any{"Evidence"}}
			others := []any{}
			for j := range n {
				if j != i {
					others = append(others, map[string]any{"id": fmt.Sprintf("_:c%d", j)})
				}
			}
			m["https://x.example/#knows"] = others
			out = append(out, m)
		}
		return out
	}
	return []negative{
		{id: "L01", name: "unmapped member at the top", data: with("/favouriteColour", "red"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L01", name: "unmapped member in the subject", data: with("/credentialSubject/nickname", "Z"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L01", name: "unmapped member in the achievement", data: with("/credentialSubject/achievement/rank", "1"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L02", name: "relative id of a subject without one", data: edited(t, nobody, func(m map[string]any) { put(m, "/credentialSubject/id", "learner-7") }), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.relative-id"},
		{id: "L02", name: "relative reference to a picture", data: with("/credentialSubject/achievement/image", "picture.png"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.relative-id"},
		{id: "L04", name: "null", data: with("/evidence", nil), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L04", name: "empty list", data: with("/evidence", []any{}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L04", name: "null in the achievement", data: with("/credentialSubject/achievement/humanCode", nil), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L05", name: "bad language tag", data: with("/credentialSubject/narrative", map[string]any{"@value": "x", "@language": "a b"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L06", name: "unknown context", data: context("https://evil.example/v1"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.unknown-context"},
		{id: "L07", name: "another content at the address of a context", data: signedTree(t, badge(t, nil), func(m map[string]any) {
			m["relatedResource"] = []any{map[string]any{"id": openbadges.ContextOB, "digestSRI": "sha384-" + strings.Repeat("A", 64)}}
		}), verdict: "invalid", code: "model.resource", cause: "resource.digest"},
		{id: "L08", name: "inline context that adds nothing", data: context(map[string]any{"x": "https://x.example/#x"}), verdict: "valid", code: "proof.good"},
		{id: "L08", name: "inline context with another name for the status", data: context(map[string]any{"hidden": "https://www.w3.org/2018/credentials#credentialStatus"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.alias"},
		{id: "L09", name: "vocab", data: context(map[string]any{"@vocab": "https://x.example/#"}), verdict: "valid", code: "proof.good"},
		{id: "L09", name: "base", data: context(map[string]any{"@base": "https://x.example/"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.malformed"},
		{id: "L09", name: "import", data: context(map[string]any{"@import": "https://x.example/"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.malformed"},
		{id: "L09", name: "name redefined", data: context(map[string]any{"name": "https://x.example/#name"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.alias"},
		{id: "L10", name: "contexts in another order", data: signedTree(t, badge(t, nil), func(m map[string]any) {
			m["@context"] = slices.Clone(m["@context"].([]any))
			slices.Reverse(m["@context"].([]any))
		}), verdict: "invalid", code: "model.bad", cause: "vc.context"},
		{id: "L11", name: "context inside", data: with("/credentialSubject/@context", "https://www.w3.org/ns/credentials/v2"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.nested-context"},
		{id: "L12", name: "another name for the proof", data: context(map[string]any{"seal": map[string]any{"@id": "https://w3id.org/security#proof", "@type": "@id", "@container": "@graph"}}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.alias"},
		{id: "L13", name: "reverse", data: with("/@reverse", map[string]any{"issuer": "did:example:x"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L13", name: "included", data: with("/@included", []any{map[string]any{"id": "urn:x"}}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L13", name: "graph", data: with("/@graph", []any{}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L13", name: "nest", data: with("/@nest", map[string]any{"name": "Gold"}), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L14", name: "seven blank nodes that all know each other", data: with("/evidence", clique(7)), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.relative-id"},
		{id: "L14", name: "ten blank nodes that all know each other", data: with("/evidence", clique(10)), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.relative-id"},
		{id: "L16", name: "blank node named like a canonical one", data: edited(t, nobody, func(m map[string]any) { put(m, "/credentialSubject/id", "_:c14n0") }), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.relative-id"},
		{id: "L17", name: "type that is no IRI", data: edited(t, good, func(m map[string]any) { m["type"] = append(slices.Clone(m["type"].([]any)), "Masterpiece") }), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.dropped"},
		{id: "L18", name: "context without TLS", data: context("http://www.w3.org/ns/credentials/v2"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.unknown-context"},
		{id: "L19", name: "context on this machine", data: context("https://127.0.0.1/context"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.unknown-context"},
		{id: "L19", name: "context at the address of metadata", data: context("http://169.254.169.254/latest"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.unknown-context"},
		{id: "L20", name: "a claim in capitals", data: with("/credentialSubject/achievement/name", "SOIL"), verdict: "invalid", code: "proof.signature"},
		{id: "L20", name: "a blank more", data: with("/credentialSubject/achievement/name", "Soil "), verdict: "invalid", code: "proof.signature"},
		{id: "L21", name: "number as a text", data: with("/credentialSubject/achievement/creditsAvailable", "4"), verdict: "invalid", code: "proof.does-not-cover", cause: "rdfc.number-as-text"},
	}
}

// put sets the value at a path of member names.
func put(m map[string]any, path string, v any) {
	names := strings.Split(path, "/")[1:]
	for _, n := range names[:len(names)-1] {
		m = m[n].(map[string]any)
	}
	m[names[len(names)-1]] = v
}

// Group D: proofs.
func proofCases(t testing.TB) []negative {
	good := sign(t, badge(t, nil), college, dataintegrity.Options{})
	neighbour := sign(t, badge(t, func(b *openbadges.Badge) { b.ID = "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a009" }), college, dataintegrity.Options{})
	other := sign(t, badge(t, nil), stranger, dataintegrity.Options{})
	proofOf := func(b []byte) any { return parse(t, b)["proof"] }
	change := func(f func(map[string]any)) []byte { return edited(t, good, f) }
	set := func(name string, v any) []byte {
		return change(func(m map[string]any) { m["proof"].(map[string]any)[name] = v })
	}
	whole := func(v any) []byte { return change(func(m map[string]any) { m["proof"] = v }) }
	valued := func(write func([]byte) string, base string) []byte {
		return forgery{doc: badge(t, nil), by: college, value: func(b []byte) string { return base + write(b) }}.bytes(t)
	}
	inTree := func(f func(map[string]any)) []byte { return signedTree(t, badge(t, nil), f) }
	ask := verify.Options{Challenge: "c-1", Domain: "university.example"}
	shown := presentation(t, amina, dataintegrity.Options{Challenge: "c-1", Domain: "university.example"}, good)
	web := func(o dataintegrity.Options) []byte {
		if o.Purpose == "" {
			o.Purpose, o.Created = did.AssertionMethod, today.Add(-time.Hour)
		}
		m, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), o, webParty{college})
		if err != nil {
			t.Fatal(err)
		}
		return write(t, m)
	}
	jcsGood := func(f func(map[string]any)) []byte { return forged(t, badge(t, nil), f) }
	option := func(name string, v any) []byte { return jcsGood(func(p map[string]any) { p[name] = v }) }
	shownAs := func(f func(map[string]any)) []byte {
		doc := parse(t, shown)
		delete(doc, "proof")
		return forgery{doc: doc, by: amina, proof: func(p map[string]any) {
			p["proofPurpose"], p["challenge"], p["domain"] = did.Authentication, ask.Challenge, ask.Domain
			f(p)
		}}.bytes(t)
	}
	asWeb := badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil })
	two := vouched(t)
	listsWeb := listsAny(t, string(webDID))
	out := []negative{
		{id: "D00", name: "nothing is wrong", data: jcsGood(nil), verdict: "valid", code: "proof.good"},
		{id: "D01", name: "no proof", data: change(func(m map[string]any) { delete(m, "proof") }), verdict: "invalid", code: "proof.missing"},
		{id: "D01", name: "proof is an empty list", data: whole([]any{}), verdict: "invalid", code: "proof.missing"},
		{id: "D01", name: "proof is null", data: whole(nil), verdict: "invalid", code: "proof.missing"},
		{id: "D01", name: "proof is a text", data: whole("signed"), verdict: "invalid", code: "proof.malformed"},
		{id: "D02", name: "one of two is for another document", data: whole([]any{proofOf(good), proofOf(neighbour)}), verdict: "invalid", code: "proof.signature"},
		{id: "D02", name: "fifty proofs", data: whole(slices.Repeat([]any{proofOf(good)}, 50)), verdict: "invalid", code: "proof.too-many"},
		{id: "D03", name: "nothing was taken away", data: write(t, two), verdict: "valid", code: "proof.good"},
		{id: "D03", name: "the proof that another vouches for is taken away", data: edited(t, write(t, two), func(m map[string]any) { m["proof"] = m["proof"].([]any)[1] }), verdict: "invalid", code: "proof.chain"},
		{id: "D04", name: "previousProof names nothing", data: option("previousProof", "urn:uuid:1"), verdict: "invalid", code: "proof.chain"},
		{id: "D04", name: "previousProof names itself", data: jcsGood(func(p map[string]any) { p["id"], p["previousProof"] = "urn:uuid:1", "urn:uuid:1" }), verdict: "invalid", code: "proof.chain"},
		{id: "D05", name: "purpose authentication on a credential", data: sign(t, badge(t, nil), college, dataintegrity.Options{Purpose: did.Authentication}), verdict: "invalid", code: "proof.purpose"},
		{id: "D05", name: "purpose assertionMethod on a presentation", data: shownAs(func(p map[string]any) { p["proofPurpose"] = did.AssertionMethod }), ask: ask, verdict: "invalid", code: "proof.purpose"},
		{id: "D06", name: "method of a stranger", data: forgery{doc: badge(t, nil), by: stranger}.bytes(t), verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.document-id"},
		{id: "D07", name: "key is not for statements", data: web(dataintegrity.Options{}), keys: keyDocument(t, func(_ *did.Method, d *did.Document) { d.Assertion, d.Authentication = nil, d.Assertion }), trust: listsWeb, verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.purpose"},
		{id: "D08", name: "key is controlled by another", data: web(dataintegrity.Options{}), keys: keyDocument(t, func(m *did.Method, _ *did.Document) { m.Controller = stranger.Controller() }), trust: listsWeb, verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.controller"},
		{id: "D09", name: "key was revoked since", data: web(dataintegrity.Options{}), keys: keyDocument(t, func(m *did.Method, _ *did.Document) { m.Revoked = today.Add(-time.Minute) }), trust: listsWeb, verdict: "undetermined", code: "proof.key-revoked"},
		{id: "D09", name: "key had ended", data: web(dataintegrity.Options{}), keys: keyDocument(t, func(m *did.Method, _ *did.Document) { m.Expires = today.AddDate(0, 0, -2) }), trust: listsWeb, verdict: "invalid", code: "proof.key-ended"},
		{id: "D10", name: "signed by another", data: other, verdict: "invalid", code: "proof.not-the-signers-key", cause: "did.document-id"},
		{id: "D11", name: "six minutes from now", data: sign(t, badge(t, nil), college, dataintegrity.Options{Created: today.Add(6 * time.Minute)}), verdict: "invalid", code: "proof.from-the-future"},
		{id: "D11", name: "time with a comma", data: option("created", "2026-11-20T11:00:00,5Z"), verdict: "invalid", code: "proof.malformed"},
		{id: "D11", name: "no time, and the key had ended", data: forgery{doc: asWeb, by: webParty{college}, proof: func(p map[string]any) { delete(p, "created") }}.bytes(t),
			keys: keyDocument(t, func(m *did.Method, _ *did.Document) { m.Expires = today.AddDate(0, 0, -2) }), trust: listsWeb, verdict: "invalid", code: "proof.key-ended"},
		{id: "D12", name: "proof has ended", data: sign(t, badge(t, nil), college, dataintegrity.Options{Expires: today.Add(-time.Minute)}), verdict: "invalid", code: "proof.ended"},
		{id: "D13", name: "other time", data: set("created", "2026-11-20T10:00:00Z"), verdict: "invalid", code: "proof.signature"},
		{id: "D13", name: "other purpose", data: set("proofPurpose", "authentication"), verdict: "invalid", code: "proof.purpose"},
		{id: "D13", name: "a nonce more", data: set("nonce", "x"), verdict: "invalid", code: "proof.signature"},
		{id: "D13", name: "a domain more", data: set("domain", "x.example"), verdict: "invalid", code: "proof.signature"},
		{id: "D14", name: "unknown suite", data: option("cryptosuite", "eddsa-jcs-2032"), verdict: "undetermined", code: "proof.unsupported"},
		{id: "D14", name: "type Ed25519Signature2018", data: option("type", "Ed25519Signature2018"), verdict: "undetermined", code: "proof.unsupported"},
		{id: "D14", name: "type JsonWebSignature2020", data: option("type", "JsonWebSignature2020"), verdict: "undetermined", code: "proof.unsupported"},
		{id: "D15", name: "suite of other keys", data: option("cryptosuite", "ecdsa-jcs-2019"), verdict: "invalid", code: "proof.method"},
		{id: "D16", name: "value in another base", data: valued(func(b []byte) string { return jose.EncodeBase64(b) }, "u"), verdict: "invalid", code: "proof.value"},
		{id: "D16", name: "value with more bytes", data: valued(func(b []byte) string { return base58.Encode(append(bytes.Clone(b), 0)) }, "z"), verdict: "invalid", code: "proof.value"},
		{id: "D16", name: "value with fewer bytes", data: valued(func(b []byte) string { return base58.Encode(b[:63]) }, "z"), verdict: "invalid", code: "proof.value"},
		{id: "D17", name: "no domain", data: shownAs(func(p map[string]any) { delete(p, "domain") }), ask: ask, verdict: "invalid", code: "proof.domain"},
		{id: "D17", name: "other domain", data: presentation(t, amina, dataintegrity.Options{Challenge: "c-1", Domain: "evil.example"}, good), ask: ask, verdict: "invalid", code: "proof.domain"},
		{id: "D17", name: "several domains", data: shownAs(func(p map[string]any) { p["domain"] = []any{"university.example", "evil.example"} }), ask: ask, verdict: "invalid", code: "proof.domain"},
		{id: "D18", name: "holder has answered", data: shown, ask: ask, verdict: "valid", code: "proof.good"},
		{id: "D18", name: "no challenge in it", data: shownAs(func(p map[string]any) { delete(p, "challenge") }), ask: ask, verdict: "invalid", code: "proof.challenge"},
		{id: "D18", name: "other challenge", data: presentation(t, amina, dataintegrity.Options{Challenge: "c-0", Domain: "university.example"}, good), ask: ask, verdict: "invalid", code: "proof.challenge"},
		{id: "D18", name: "no challenge was asked", data: shown, verdict: "undetermined", code: "holder.no-challenge"},
		{id: "D19", name: "proof of a neighbour", data: whole(proofOf(neighbour)), verdict: "invalid", code: "proof.signature"},
		{id: "D20", name: "credential inside is not signed", data: presentation(t, amina, dataintegrity.Options{Challenge: "c-1", Domain: "university.example"}, write(t, badge(t, nil))), ask: ask, verdict: "invalid", code: "proof.missing"},
		{id: "D21", name: "shown by another person", data: presentation(t, stranger, dataintegrity.Options{Challenge: "c-1", Domain: "university.example"}, good), ask: ask, verdict: "invalid", code: "holder.other"},
		{id: "D22", name: "two persons", data: inTree(func(m map[string]any) {
			second := copyOf(t, m["credentialSubject"].(map[string]any))
			second["id"] = string(stranger.Controller())
			m["credentialSubject"] = []any{m["credentialSubject"], second}
		}), verdict: "invalid", code: "model.bad", cause: "vc.schema"},
		{id: "D23", name: "a member beside the envelope", data: edited(t, write(t, carried(t, "vc+jwt", tokenCases(t)[0].data)), func(m map[string]any) { m["name"] = "Degree" }), verdict: "invalid", code: "model.unreadable", cause: "vcjwt.envelope"},
		{id: "D24", name: "digest of a resource that is known", data: inTree(func(m map[string]any) {
			m["relatedResource"] = []any{map[string]any{"id": vc.ContextV2, "digestSRI": "sha256-" + strings.Repeat("A", 43) + "="}}
		}), verdict: "invalid", code: "model.resource", cause: "resource.digest"},
		{id: "D24", name: "digest of a resource that is not known, and not shown", data: inTree(func(m map[string]any) {
			m["relatedResource"] = []any{map[string]any{"id": "https://college.example/photo", "digestSRI": "sha256-" + strings.Repeat("A", 43) + "="}}
		}), verdict: "valid", code: "proof.good"},
		{id: "D25", name: "contexts of both versions", data: inTree(func(m map[string]any) {
			m["@context"] = append([]any{"https://www.w3.org/2018/credentials/v1"}, m["@context"].([]any)...)
		}), verdict: "invalid", code: "model.bad", cause: "vc.mixed"},
		{id: "D26", name: "ends before it begins", data: inTree(func(m map[string]any) { m["validUntil"] = "2020-01-01T00:00:00Z" }), verdict: "invalid", code: "model.bad", cause: "vc.period"},
	}
	return out
}

// Group T: times. What is signed is signed as it is.
func timeCases(t testing.TB) []negative {
	at := func(name, value string) []byte {
		return signedTree(t, badge(t, nil), func(m map[string]any) { m[name] = value })
	}
	ends := func(until time.Time) []byte {
		return sign(t, badge(t, func(b *openbadges.Badge) { b.ValidUntil = until }), college, dataintegrity.Options{})
	}
	begins := func(from time.Time) []byte {
		return sign(t, badge(t, func(b *openbadges.Badge) { b.ValidFrom = from }), college, dataintegrity.Options{})
	}
	end := today.AddDate(0, -1, 0)
	ending := keyDocument(t, func(m *did.Method, _ *did.Document) { m.Expires = end })
	atEnd := func(after time.Duration) []byte {
		return forgery{doc: badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil }), by: webParty{college}, proof: func(p map[string]any) { p["created"] = vc.FormatTime(end.Add(after)) }}.bytes(t)
	}
	made := func(created time.Time) []byte {
		return sign(t, badge(t, nil), college, dataintegrity.Options{Created: created})
	}
	return []negative{
		{id: "T02", name: "four minutes early", data: made(today.Add(4 * time.Minute)), verdict: "valid", code: "proof.good"},
		{id: "T03", name: "six minutes early", data: made(today.Add(6 * time.Minute)), verdict: "invalid", code: "proof.from-the-future"},
		{id: "T05", name: "valid from tomorrow", data: begins(today.AddDate(0, 0, 1)), verdict: "invalid", code: "period.not-yet"},
		{id: "T06", name: "year 10000", data: at("validUntil", "10000-01-01T00:00:00Z"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T06", name: "year before Christ", data: at("validFrom", "-0001-01-01T00:00:00Z"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T06", name: "year 1969", data: at("validFrom", "1969-01-01T00:00:00Z"), verdict: "valid", code: "proof.good"},
		{id: "T07", name: "no zone", data: at("validUntil", "2030-01-01T00:00:00"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T07", name: "a day only", data: at("validUntil", "2030-01-01"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T07", name: "no such day", data: at("validUntil", "2030-02-30T00:00:00Z"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T07", name: "no such hour", data: at("validUntil", "2030-02-20T25:00:00Z"), verdict: "invalid", code: "model.bad", cause: "vc.time"},
		{id: "T11", name: "made a second before the key ended", data: atEnd(-time.Second), keys: ending, trust: listsAny(t, string(webDID)), verdict: "valid", code: "proof.good"},
		{id: "T11", name: "made when the key ended", data: atEnd(0), keys: ending, trust: listsAny(t, string(webDID)), verdict: "invalid", code: "proof.key-ended"},
		{id: "T12", name: "ends in a second", data: ends(today.Add(time.Second)), verdict: "valid", code: "proof.good"},
		{id: "T12", name: "ends now", data: ends(today), verdict: "invalid", code: "period.ended"},
	}
}
