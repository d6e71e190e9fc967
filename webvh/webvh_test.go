package webvh_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictjson"
	"cairn.example/webvh"
)

var (
	began = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	now   = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// object is an object of JSON.
type object = map[string]any

// A signer is a key that has a did:key identifier.
type signer struct {
	*jose.PrivateKey
	key string // as Multikey
}

func newSigner(t testing.TB, seed byte) signer {
	t.Helper()
	k, err := jose.NewPrivateKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := did.EncodePublic(k.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	return signer{k, key}
}

func (s signer) did() string  { return "did:key:" + s.key }
func (s signer) hash() string { return multihash([]byte(s.key)) }

func multihash(data []byte) string {
	sum := sha256.Sum256(data)
	return base58.Encode(append([]byte{0x12, 0x20}, sum[:]...))
}

func canonical(t testing.TB, v any) []byte {
	t.Helper()
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A step is one entry to write. Each of the changes is made at another time:
// content before anything is worked out, hashed before the proof, signed after it.
type step struct {
	params  object
	by      signer
	suite   string
	content func(entry object)
	hashed  func(entry object)
	signed  func(entry object)
}

// write makes a log, as the sections "Create" and "Update" say, and returns it with
// the identifier. A document has the key of who signed its entry.
func write(t testing.TB, steps ...step) (cairn.DID, []byte) {
	t.Helper()
	scid, previous := "{SCID}", ""
	var log []byte
	var id string
	for i, s := range steps {
		id = "did:webvh:" + scid + ":college.example"
		entry := object{
			"versionId":   previous,
			"versionTime": began.AddDate(0, i, 0).Format(time.RFC3339),
			"parameters":  clone(s.params),
			"state": object{"@context": []any{"https://www.w3.org/ns/did/v1"}, "id": id, "assertionMethod": []any{id + "#key"},
				"verificationMethod": []any{object{"id": id + "#key", "type": "Multikey", "controller": id, "publicKeyMultibase": s.by.key}}},
		}
		if i == 0 {
			entry["versionId"] = "{SCID}"
			entry["parameters"].(object)["scid"] = "{SCID}"
		}
		if s.content != nil {
			s.content(entry)
		}
		if i == 0 {
			scid = multihash(canonical(t, entry))
			text := strings.ReplaceAll(string(canonical(t, entry)), "{SCID}", scid)
			entry = parse(t, text)
			id = "did:webvh:" + scid + ":college.example"
		}
		entry["versionId"] = fmt.Sprintf("%d-%s", i+1, multihash(canonical(t, entry)))
		if s.hashed != nil {
			s.hashed(entry)
		}
		previous = entry["versionId"].(string)
		if s.suite == "" {
			s.suite = dataintegrity.EdDSAJCS2022
		}
		entry = sign(t, entry, s.suite, s.by)
		if s.signed != nil {
			s.signed(entry)
		}
		log = append(append(log, canonical(t, entry)...), '\n')
	}
	return cairn.DID(id), log
}

func sign(t testing.TB, doc object, suite string, by signer) object {
	t.Helper()
	signed, err := dataintegrity.SignWith(t.Context(), doc, dataintegrity.Options{Cryptosuite: suite, Purpose: did.AssertionMethod, Created: began}, cairn.KeyID(by.did()+"#"+by.key), by)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func parse(t testing.TB, text string) object {
	t.Helper()
	tree, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func clone(m object) object {
	out := object{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func first(by signer, more object) object {
	out := object{"method": "did:webvh:1.0", "updateKeys": []any{by.key}}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func witnesses(threshold int, by ...signer) object {
	list := []any{}
	for _, w := range by {
		list = append(list, object{"id": w.did()})
	}
	return object{"threshold": json.Number(fmt.Sprint(threshold)), "witnesses": list}
}

func TestURLs(t *testing.T) {
	const id = "QmRn7ioLQJnBx5BYXRtB7xVFEUtHj2BD2PkFi8CBZUPnQw"
	for in, want := range map[string]string{
		"college.example":         "https://college.example/.well-known/did.jsonl https://college.example/.well-known/did-witness.json",
		"college.example%3A3000":  "https://college.example:3000/.well-known/did.jsonl https://college.example:3000/.well-known/did-witness.json",
		"college.example:i:north": "https://college.example/i/north/did.jsonl https://college.example/i/north/did-witness.json",
		id + ".college.example":   "", // upper case: not taken, as with did:web
		"127.0.0.1":               "",
		"127%2E0%2E0%2E1":         "",
		"college.example:..:x":    "",
		"college.example:%2e%2e":  "",
		"college.example%3a3000":  "",
		"college.example#x":       "",
		"college.example/x":       "",
		"":                        "",
	} {
		log, witnesses, err := webvh.URLs(cairn.DID("did:webvh:" + id + ":" + in))
		if got := strings.TrimSpace(log + " " + witnesses); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	for _, in := range []cairn.DID{"did:web:college.example", "did:webvh:" + id, "did:webvh:{SCID}:college.example", "did:webvh:Qm:college.example",
		"did:webvh:Q0Rn7ioLQJnBx5BYXRtB7xVFEUtHj2BD2PkFi8CBZUPnQw:college.example", "did:webvh:" + id + "x:college.example", "https://college.example"} {
		if _, _, err := webvh.URLs(in); cairn.CodeOf(err) != "did.syntax" {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// A log with everything in it: keys that change, keys that were committed to, and
// settings that are dropped again.
func TestHistory(t *testing.T) {
	a, b, c := newSigner(t, 1), newSigner(t, 2), newSigner(t, 3)
	d, log := write(t,
		step{by: a, params: first(a, object{"portable": true, "ttl": json.Number("0"), "watchers": []any{"https://watcher.example"}, "witness": object{}})},
		step{by: a, params: object{"updateKeys": []any{b.key, a.key}, "portable": false}},
		step{by: b, params: object{"nextKeyHashes": []any{c.hash(), a.hash()}}},
		step{by: c, params: object{"updateKeys": []any{c.key}, "nextKeyHashes": []any{b.hash()}}},
		step{by: b, params: object{"updateKeys": []any{b.key}, "nextKeyHashes": []any{}, "ttl": nil}},
		step{by: b, params: object{}},
		step{by: b, params: object{"deactivated": true, "updateKeys": []any{}}},
	)
	l, err := webvh.Parse(d, log, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Document(); cairn.CodeOf(err) != "webvh.deactivated" || cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("deactivated: %v", err)
	}
	for i, by := range []signer{a, a, b, c, b, b} {
		doc, err := l.At(began.AddDate(0, i, 10))
		if err != nil {
			t.Fatal(err)
		}
		m, err := doc.Method(cairn.KeyID(d+"#key"), did.AssertionMethod)
		if err != nil || !m.PublicKey.Equal(by.PublicKey().Crypto()) {
			t.Errorf("entry %d: %+v, %v", i+1, m, err)
		}
	}
	if _, err := l.At(began.Add(-time.Second)); cairn.KindOf(err) != cairn.NotFound {
		t.Errorf("before it began: %v", err)
	}
	if _, err := l.At(began); err != nil {
		t.Errorf("the moment when it began: %v", err)
	}
	// Without its last entry, it is what it was before.
	lines := bytes.SplitAfter(log, []byte("\n"))
	if l, err = webvh.Parse(d, bytes.Join(lines[:6], nil), now); err != nil {
		t.Fatal(err)
	}
	if doc, err := l.Document(); err != nil || doc.ID != d {
		t.Errorf("%+v, %v", doc, err)
	}
}

// Keys of before are there, and never in life.
func TestPastKeys(t *testing.T) {
	a, b, c := newSigner(t, 1), newSigner(t, 2), newSigner(t, 3)
	// Each document has the key of its entry under a name of its own; the last two
	// share one, and the last comes from a clock that is ahead.
	as := func(name string) func(object) {
		return func(e object) {
			state := e["state"].(object)
			id := state["id"].(string) + "#" + name
			state["verificationMethod"].([]any)[0].(object)["id"] = id
			state["assertionMethod"], state["authentication"] = []any{id}, []any{id}
		}
	}
	d, log := write(t,
		step{by: a, params: first(a, object{"updateKeys": []any{a.key, b.key, c.key}}), content: as("a")},
		step{by: b, content: as("b")},
		step{by: a, content: func(e object) { e["state"].(object)["verificationMethod"] = "unreadable" }},
		step{by: b, content: as("x")},
		step{by: c, content: func(e object) { as("x")(e); e["versionTime"] = now.Add(time.Minute).Format(time.RFC3339) }},
	)
	l, err := webvh.Parse(d, log, now)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := l.WithPast()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		key     signer
		revoked time.Time
	}{"a": {a, began.AddDate(0, 1, 0)}, "b": {b, began.AddDate(0, 2, 0)}, "x": {c, time.Time{}}} {
		for _, purpose := range []string{did.AssertionMethod, did.Authentication} {
			m, err := doc.Method(cairn.KeyID(string(d)+"#"+name), purpose)
			if err != nil || !m.PublicKey.Equal(want.key.PublicKey().Crypto()) || !m.Revoked.Equal(want.revoked) {
				t.Errorf("%s: %+v, %v", name, m, err)
			}
			if err := m.InLife(began, now); (err == nil) != want.revoked.IsZero() {
				t.Errorf("%s: in life: %v", name, err)
			}
		}
	}
	if plain, err := l.Document(); err != nil || len(plain.Methods) != 1 || len(doc.Methods) != 3 {
		t.Errorf("%+v, %v", plain, err)
	}
	// A key that was left out a minute from now has no life in between.
	d, log = write(t, step{by: a, params: first(a, nil), content: as("a")},
		step{by: a, content: func(e object) { as("b")(e); e["versionTime"] = now.Add(time.Minute).Format(time.RFC3339) }})
	if l, err = webvh.Parse(d, log, now); err != nil {
		t.Fatal(err)
	}
	if doc, err = l.WithPast(); err != nil {
		t.Fatal(err)
	}
	m, err := doc.Method(cairn.KeyID(string(d)+"#a"), did.AssertionMethod)
	if err != nil || m.InLife(began, now) == nil {
		t.Errorf("%+v, %v", m, err)
	}
	// Nothing is there without the witnesses, or after the end.
	d, log = write(t, step{by: a, params: first(a, nil)}, step{by: a, params: object{"deactivated": true}})
	if l, err = webvh.Parse(d, log, now); err != nil {
		t.Fatal(err)
	}
	if _, err := l.WithPast(); cairn.CodeOf(err) != "webvh.deactivated" {
		t.Errorf("deactivated: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	a, b := newSigner(t, 1), newSigner(t, 2)
	state := func(e object) object { return e["state"].(object) }
	params := func(e object) object { return e["parameters"].(object) }
	proof := func(e object) object { return e["proof"].(object) }
	good := step{by: a, params: first(a, nil)}
	committed := step{by: a, params: first(a, object{"nextKeyHashes": []any{b.hash()}})}
	at := func(text string) func(object) { return func(e object) { e["versionTime"] = text } }
	for _, c := range []struct {
		name, code string
		steps      []step
	}{
		{"no update key signed", "webvh.key", []step{{by: b, params: first(a, nil)}}},
		{"new key signs its own entry", "webvh.key", []step{good, {by: b, params: object{"updateKeys": []any{b.key}}}}},
		{"old key signs again", "webvh.key", []step{good, {by: a, params: object{"updateKeys": []any{b.key}}}, {by: a}}},
		{"no keys any more", "webvh.key", []step{good, {by: a, params: object{"updateKeys": []any{}}}, {by: a}}},
		{"no keys as null", "webvh.key", []step{good, {by: a, params: object{"updateKeys": nil}}, {by: a}}},
		{"not committed to", "webvh.pre-rotation", []step{committed, {by: a, params: object{"updateKeys": []any{a.key}, "nextKeyHashes": []any{}}}}},
		{"one more than committed to", "webvh.pre-rotation", []step{committed, {by: b, params: object{"updateKeys": []any{b.key, a.key}, "nextKeyHashes": []any{}}}}},
		{"committed, without keys", "webvh.pre-rotation", []step{committed, {by: a, params: object{"nextKeyHashes": []any{}}}}},
		{"committed, without hashes", "webvh.pre-rotation", []step{committed, {by: b, params: object{"updateKeys": []any{b.key}}}}},
		{"committed, the old key signs", "webvh.key", []step{committed, {by: a, params: object{"updateKeys": []any{b.key}, "nextKeyHashes": []any{}}}}},
		{"after the end", "webvh.after-end", []step{good, {by: a, params: object{"deactivated": true}}, {by: a}}},
		{"the end undone", "webvh.after-end", []step{{by: a, params: first(a, object{"deactivated": true})}, {by: a, params: object{"deactivated": false}}}},
		{"older version", "webvh.version", []step{{by: a, params: first(a, object{"method": "did:webvh:0.5"})}}},
		{"unknown version", "webvh.version", []step{{by: a, params: first(a, object{"method": "did:webvh:1.0-rc1"})}}},
		{"another version later", "webvh.version", []step{good, {by: a, params: object{"method": "did:webvh:0.5"}}}},
		{"no version", "webvh.parameter", []step{{by: a, params: object{"updateKeys": []any{a.key}}}}},
		{"no keys at first", "webvh.parameter", []step{{by: a, params: object{"method": "did:webvh:1.0"}}}},
		{"no scid", "webvh.parameter", []step{{by: a, params: first(a, nil), content: func(e object) { delete(params(e), "scid") }}}},
		{"scid again", "webvh.parameter", []step{good, {by: a, params: object{"scid": "x"}}}},
		{"unknown parameter", "webvh.parameter", []step{{by: a, params: first(a, object{"prerotation": true})}}},
		{"portable later", "webvh.parameter", []step{good, {by: a, params: object{"portable": true}}}},
		{"portable as text", "webvh.parameter", []step{{by: a, params: first(a, object{"portable": "true"})}}},
		{"deactivated as text", "webvh.parameter", []step{{by: a, params: first(a, object{"deactivated": "true"})}}},
		{"a key twice", "webvh.parameter", []step{{by: a, params: first(a, object{"updateKeys": []any{a.key, a.key}})}}},
		{"keys as text", "webvh.parameter", []step{{by: a, params: first(a, object{"updateKeys": a.key})}}},
		{"ttl below zero", "webvh.parameter", []step{{by: a, params: first(a, object{"ttl": json.Number("-1")})}}},
		{"ttl as text", "webvh.parameter", []step{{by: a, params: first(a, object{"ttl": "3600"})}}},
		{"ttl beyond", "webvh.parameter", []step{{by: a, params: first(a, object{"ttl": json.Number("2147483649")})}}},
		{"no parameters", "webvh.parameter", []step{good, {by: a, content: func(e object) { delete(e, "parameters") }}}},
		{"a witness twice", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": witnesses(1, b, b)})}}},
		{"threshold of zero", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": witnesses(0, b)})}}},
		{"threshold beyond", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": witnesses(2, b)})}}},
		{"no witnesses", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": witnesses(1)})}}},
		{"witnesses alone", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": object{"witnesses": []any{}}})}}},
		{"witness is no did:key", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": object{"threshold": json.Number("1"), "witnesses": []any{object{"id": "did:web:x.example"}}}})}}},
		{"witness with a weight", "webvh.parameter", []step{{by: a, params: first(a, object{"witness": object{"threshold": json.Number("1"), "witnesses": []any{object{"id": b.did(), "weight": json.Number("1")}}}})}}},
		{"moved", "webvh.moved", []step{{by: a, params: first(a, object{"portable": true})}, {by: a, content: func(e object) { state(e)["id"] = state(e)["id"].(string) + ":elsewhere" }}}},
		{"other scid in the document", "webvh.moved", []step{good, {by: a, content: func(e object) { state(e)["id"] = strings.Replace(state(e)["id"].(string), "Qm", "QM", 1) }}}},
		{"document without id", "webvh.moved", []step{good, {by: a, content: func(e object) { delete(state(e), "id") }}}},
		{"no document", "webvh.entry", []step{good, {by: a, content: func(e object) { delete(e, "state") }}}},
		{"unknown member", "webvh.entry", []step{good, {by: a, content: func(e object) { e["x"] = "y" }}}},
		{"not one after the other", "webvh.version-id", []step{good, {by: a, hashed: func(e object) { e["versionId"] = "3" + e["versionId"].(string)[1:] }}}},
		{"version with a zero", "webvh.version-id", []step{good, {by: a, hashed: func(e object) { e["versionId"] = "0" + e["versionId"].(string) }}}},
		{"two dashes", "webvh.hash", []step{good, {by: a, hashed: func(e object) { e["versionId"] = "2-" + e["versionId"].(string)[1:] }}}},
		{"hash of something else", "webvh.hash", []step{good, {by: a, hashed: func(e object) { e["versionId"] = "2-" + a.hash() }}}},
		{"changed before the proof", "webvh.hash", []step{good, {by: a, hashed: func(e object) { state(e)["x"] = "y" }}}},
		{"changed after the proof", "proof.signature", []step{good, {by: a, signed: func(e object) { state(e)["x"] = "y" }}}},
		{"changed at the beginning", "proof.signature", []step{{by: a, params: first(a, nil), signed: func(e object) { state(e)["x"] = "y" }}, {by: a}}},
		{"first entry of another", "webvh.scid", []step{{by: a, params: first(a, nil), hashed: func(e object) { state(e)["x"] = "y" }}}},
		{"no proof", "proof.missing", []step{{by: a, params: first(a, nil), signed: func(e object) { delete(e, "proof") }}}},
		{"empty list of proofs", "proof.missing", []step{{by: a, params: first(a, nil), signed: func(e object) { e["proof"] = []any{} }}}},
		{"too many proofs", "webvh.too-large", []step{{by: a, params: first(a, nil), signed: func(e object) { e["proof"] = slices.Repeat([]any{e["proof"]}, 3) }}}},
		{"a second proof by another", "webvh.key", []step{{by: a, params: first(a, nil), signed: func(e object) {
			p := e["proof"]
			delete(e, "proof")
			e["proof"] = []any{p, sign(t, e, dataintegrity.EdDSAJCS2022, b)["proof"]}
		}}}},
		{"another purpose", "webvh.proof", []step{{by: a, params: first(a, nil), signed: func(e object) { proof(e)["proofPurpose"] = "authentication" }}}},
		{"a proof that ends", "webvh.proof", []step{{by: a, params: first(a, nil), signed: func(e object) { proof(e)["expires"] = "2030-01-01T00:00:00Z" }}}},
		{"another cryptosuite named", "webvh.cryptosuite", []step{{by: a, params: first(a, nil), signed: func(e object) { proof(e)["cryptosuite"] = "ecdsa-jcs-2019" }}}},
		{"two names for one key", "did.no-such-key", []step{{by: a, params: first(a, nil), signed: func(e object) { proof(e)["verificationMethod"] = b.did() + "#" + a.key }}}},
		{"key in a document", "did.method", []step{{by: a, params: first(a, nil), signed: func(e object) { proof(e)["verificationMethod"] = "did:web:x.example#" + a.key }}}},
		{"time without zone", "webvh.time", []step{{by: a, params: first(a, nil), content: at("2026-01-01T09:00:00")}}},
		{"time in another zone", "webvh.time", []step{{by: a, params: first(a, nil), content: at("2026-01-01T09:00:00+01:00")}}},
		{"no time", "webvh.time", []step{{by: a, params: first(a, nil), content: func(e object) { delete(e, "versionTime"); e["versionTime"] = nil }}}},
		{"at the same time", "webvh.time", []step{good, {by: a, content: at("2026-01-01T09:00:00Z")}}},
		{"earlier than the one before", "webvh.time", []step{good, {by: a, content: at("2025-01-01T09:00:00Z")}}},
		{"from the future", "webvh.time", []step{good, {by: a, content: at("2026-11-20T12:05:01Z")}}},
	} {
		d, log := write(t, c.steps...)
		if l, err := webvh.Parse(d, log, now); l != nil || cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func TestParseEdges(t *testing.T) {
	a := newSigner(t, 1)
	d, log := write(t, step{by: a, params: first(a, nil), signed: func(e object) { e["proof"] = []any{e["proof"]} }},
		step{by: a, content: func(e object) { e["versionTime"] = "2026-11-20T12:05:00.0+00:00" }})
	if _, err := webvh.Parse(d, log, now); err != nil {
		t.Errorf("a list of proofs, and a clock five minutes ahead: %v", err)
	}
	numbered, withNumber := write(t, step{by: a, params: first(a, nil), content: func(e object) { e["state"].(object)["x"] = json.Number("7") }})
	if _, err := webvh.Parse(numbered, withNumber, now); err != nil {
		t.Error(err)
	}
	other, _ := write(t, step{by: newSigner(t, 2), params: first(newSigner(t, 2), nil)})
	for _, c := range []struct {
		name, code string
		did        cairn.DID
		log        []byte
	}{
		{"of another", "webvh.scid", other, log},
		{"at another place", "webvh.moved", d + ":elsewhere", log},
		{"a number that no hash covers", "jcs.number", numbered, bytes.Replace(withNumber, []byte(`"x":7`), []byte(`"x":7.00000000000000000001`), 1)},
		{"did:web", "did.syntax", "did:web:college.example", log},
		{"nothing", "did.no-document", d, nil},
		{"a page", "did.no-document", d, []byte("<!DOCTYPE html>\n<p>We will be back soon")},
		{"another document", "did.no-document", d, []byte(`{"id":"` + d + `"}`)},
		{"damaged entry", "webvh.entry", d, append(slices.Clone(log), "{\n"...)},
		{"empty line", "webvh.entry", d, append(slices.Clone(log), "\n"...)},
		{"the first entry left out", "webvh.parameter", d, log[bytes.IndexByte(log, '\n')+1:]},
		{"an entry twice", "webvh.version-id", d, append(slices.Clone(log), log[bytes.IndexByte(log, '\n')+1:]...)},
		{"too long", "webvh.too-large", d, make([]byte, webvh.MaxLog+1)},
		{"too many", "webvh.too-large", d, bytes.Repeat([]byte("{}\n"), 251)},
	} {
		if _, err := webvh.Parse(c.did, c.log, now); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}
