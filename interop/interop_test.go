// Package interop_test holds Cairn's documents before other people's libraries,
// and theirs before ours.
package interop_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/app"
	"cairn.example/internal/demo"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

var now = time.Now().UTC().Truncate(time.Second)

type job struct {
	ID        string `json:"id"`
	Document  any    `json:"document"`
	Challenge string `json:"challenge,omitempty"`
	Domain    string `json:"domain,omitempty"`
}

type verdict struct {
	ID       string `json:"id"`
	Verified bool   `json:"verified"`
	Error    string `json:"error"`
	// Status is what the other library read: credential, purpose, bit.
	Status map[string]map[string]bool `json:"status"`
}

func judge(t *testing.T, dir string, jobs []job) map[string]verdict {
	t.Helper()
	return ask[verdict](t, jobs, "judge.mjs", dir)
}

func parse(t *testing.T, b []byte) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hasType(m map[string]any, want string) bool {
	list, _ := m["type"].([]any)
	for _, t := range list {
		if t == want {
			return true
		}
	}
	return false
}

// play tells the demo's story and returns every signed document that it wrote,
// together with those inside them; documents has what they refer to, the
// documents of the issuers and the status lists.
func play(t *testing.T, base string) (jobs []job, documents map[string]any) {
	t.Helper()
	dir := t.TempDir()
	a, err := app.Open(t.Context(), app.Config{Data: filepath.Join(dir, "data"), BaseURL: base, Loopback: true, Rand: rand.Reader, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	out := filepath.Join(dir, "out")
	story, err := demo.Play(t.Context(), a, out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	documents = map[string]any{}
	for inst, d := range story.Institutions {
		doc, err := a.Issue.Document(t.Context(), inst)
		if err != nil {
			t.Fatal(err)
		}
		b, err := did.MarshalDocument(doc)
		if err != nil {
			t.Fatal(err)
		}
		documents[string(d)] = parse(t, b)
		lists, err := a.Issue.StatusLists(t.Context(), inst)
		if err != nil {
			t.Fatal(err)
		}
		for address, b := range lists {
			list := parse(t, b)
			jobs, documents[address] = append(jobs, job{ID: address, Document: list}), list
		}
	}
	for _, name := range story.Files {
		if !strings.HasSuffix(name, ".json") || name == "operator.json" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		m := parse(t, b)
		j := job{ID: name, Document: m}
		if hasType(m, "VerifiablePresentation") {
			proofs, err := dataintegrity.Proofs(m)
			if err != nil {
				t.Fatal(err)
			}
			j.Challenge, j.Domain = proofs[0].Challenge, proofs[0].Domains[0]
		}
		jobs = append(jobs, j)
		if subject, ok := m["credentialSubject"].(map[string]any); ok {
			if inner, ok := subject["verifiableCredential"].([]any); ok {
				for i, c := range inner {
					jobs = append(jobs, job{ID: fmt.Sprint(name, "#", i), Document: c})
				}
			}
		}
	}
	return jobs, documents
}

// Everything that the demo signs is good to a library that is not ours.
func TestOursByThem(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	for _, base := range []string{"http://127.0.0.1:8080", "https://cairn.example"} {
		jobs, documents := play(t, base)
		n, read := 0, 0
		for id, v := range judge(t, world(t, documents), jobs) {
			if !v.Verified {
				t.Errorf("%s: %s: %s", base, id, v.Error)
			}
			n++
			for credential, bits := range v.Status {
				if revoked, ok := bits["revocation"]; !ok || revoked != (id == "revoked.json") {
					t.Errorf("%s: the status of %s in %s is %v", base, credential, id, bits)
				}
				read++
			}
		}
		if read < 20 {
			t.Errorf("only %d bits of status lists were read", read)
		}
		if n < 30 {
			t.Errorf("only %d documents", n)
		}
		t.Logf("%s: %d signed documents verified by @digitalbazaar/vc, %d status bits read by @digitalbazaar/vc-bitstring-status-list", base, n, read)
	}
}

// The bits are read from lists that are there and as they were signed: with
// another list, or none, the other library vouches for nothing.
func TestStatusByThem(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	jobs, documents := play(t, "https://cairn.example")
	var two []job
	lists := 0
	for _, j := range jobs {
		if j.ID == "revoked.json" || j.ID == "credentials/agroforestry.json" {
			two = append(two, j)
		}
	}
	bit := func(v verdict) (set, known bool) {
		for _, bits := range v.Status {
			set, known = bits["revocation"]
		}
		return set, known
	}
	for id, v := range judge(t, world(t, documents), two) {
		if set, known := bit(v); !v.Verified || !known || set != (id == "revoked.json") {
			t.Errorf("%s: %+v", id, v)
		}
	}
	without, forged := maps.Clone(documents), maps.Clone(documents)
	for address, d := range documents {
		list := d.(map[string]any)
		if !hasType(list, "BitstringStatusListCredential") {
			continue
		}
		lists++
		delete(without, address)
		subject := maps.Clone(list["credentialSubject"].(map[string]any))
		empty, err := statuslist.New(1 << 17).Encode()
		if err != nil {
			t.Fatal(err)
		}
		subject["encodedList"] = empty
		changed := maps.Clone(list)
		changed["credentialSubject"] = subject
		forged[address] = changed
	}
	if lists == 0 || len(two) != 2 {
		t.Fatalf("%d lists, %d credentials", lists, len(two))
	}
	for name, documents := range map[string]map[string]any{"no list": without, "a list that was changed": forged} {
		for id, v := range judge(t, world(t, documents), two) {
			if _, known := bit(v); v.Verified || known {
				t.Errorf("%s, %s: %+v", name, id, v)
			}
		}
	}
}

// mutate visits copies of a document, each changed in one place, in an order that
// is the same every time.
func mutate(v any, put func(any) any, visit func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if k == "@context" {
				continue
			}
			e := v[k]
			without := maps.Clone(v)
			delete(without, k)
			visit(put(without))
			mutate(e, func(n any) any { m := maps.Clone(v); m[k] = n; return put(m) }, visit)
		}
		added := maps.Clone(v)
		added["added"] = "x"
		visit(put(added))
	case []any:
		for i, e := range v {
			mutate(e, func(n any) any { l := append([]any{}, v...); l[i] = n; return put(l) }, visit)
		}
		visit(put(append(append([]any{}, v...), "urn:x:added")))
	case string:
		visit(put(v + "x"))
	case json.Number:
		visit(put(json.Number(v.String() + "1")))
	case bool:
		visit(put(!v))
	}
}

// maxChanged bounds what the other library, which is slow, is asked.
const maxChanged = 600

// A document that was changed in one place is good to nobody. The same document
// as it was signed goes the same way, and is good to both.
func TestChangedDocuments(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	jobs, documents := play(t, "https://cairn.example")
	engine := verify.New(verify.Config{Resolver: resolver(t, documents), Now: func() time.Time { return now }})
	var changed, asked []job
	add := func(id string, v any) bool {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		b, err := jcs.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		control := strings.HasSuffix(id, controlled)
		if f := engine.Verify(t.Context(), b, verify.Options{}).Finding(verify.AxisProof); (f.Outcome == verify.Yes) != control {
			t.Errorf("%s: we say %s of %s", id, f.Outcome, b)
		}
		if control {
			asked = append(asked, job{ID: id, Document: m})
		} else {
			changed = append(changed, job{ID: id, Document: m})
		}
		return true
	}
	for _, j := range jobs {
		if j.ID != "credentials/agroforestry.json" && j.ID != "decision.json" {
			continue
		}
		if !add(j.ID+controlled, j.Document) {
			t.Fatalf("%s is no object", j.ID)
		}
		n := 0
		mutate(j.Document, func(v any) any { return v }, func(v any) {
			if add(fmt.Sprint(j.ID, " change ", n), v) {
				n++
			}
		})
	}
	if len(changed) < 150 || len(asked) != 2 {
		t.Fatalf("only %d changes, %d controls", len(changed), len(asked))
	}
	for i := range maxChanged { // evenly over all of them
		if n := i * len(changed) / maxChanged; i == 0 || n != (i-1)*len(changed)/maxChanged {
			asked = append(asked, changed[n])
		}
	}
	theirs := 0
	for id, v := range judge(t, world(t, documents), asked) {
		control := strings.HasSuffix(id, controlled)
		if v.Verified != control {
			t.Errorf("%s: they say %t (%s)", id, v.Verified, v.Error)
		}
		if !control && !v.Verified {
			theirs++
		}
	}
	t.Logf("%d one-place changes refused by us, %d of them asked and refused by @digitalbazaar/vc; both documents as they were signed accepted by both", len(changed), theirs)
}

// controlled marks a document that was not changed.
const controlled = " as signed"

func resolver(t *testing.T, documents map[string]any) did.Resolver {
	t.Helper()
	b := trust.Bundle{}
	for d, doc := range documents {
		if !strings.HasPrefix(d, "did:") {
			continue // a status list
		}
		parsed, err := did.Parse(d)
		if err != nil {
			t.Fatal(err)
		}
		b.Keys = append(b.Keys, trust.BundleKeys{DID: parsed, AsOf: now.Format("2006-01-02T15:04:05Z"), Document: doc})
	}
	return b.Resolver()
}

const foreign = `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","type":["VerifiableCredential","OpenBadgeCredential"],"name":"Foreign badge",
"issuer":{"id":"","type":["Profile"],"name":"Another issuer"},"validFrom":"2026-01-01T00:00:00Z",
"credentialSubject":{"id":"","type":["AchievementSubject"],"achievement":{"id":"https://other.example/a","type":["Achievement"],
"achievementType":"MicroCredential","name":"Foreign badge","description":"d","criteria":{"narrative":"c"}}}}`

// What another library signs is good to us, and not when it was changed.
func TestTheirsByUs(t *testing.T) {
	need(t, "@digitalbazaar/vc")
	var out struct{ Credential, Presentation json.RawMessage }
	if err := json.Unmarshal(node(t, strings.NewReader(foreign), "issue.mjs", world(t, map[string]any{}), "c-1", "https://us.example"), &out); err != nil {
		t.Fatal(err)
	}
	engine := verify.New(verify.Config{Resolver: trust.KeyResolver(), Now: func() time.Time { return time.Now() }})
	r := engine.Verify(t.Context(), out.Credential, verify.Options{})
	for _, a := range []verify.Axis{verify.AxisProof, verify.AxisModel, verify.AxisPeriod} {
		if f := r.Finding(a); f.Outcome != verify.Yes {
			t.Errorf("their credential: %+v", f)
		}
	}
	p := engine.Verify(t.Context(), out.Presentation, verify.Options{Challenge: "c-1", Domain: "https://us.example"})
	if f := p.Finding(verify.AxisHolder); f.Outcome != verify.Yes {
		t.Errorf("their presentation: %+v %+v", f, p.Finding(verify.AxisProof))
	}
	if len(p.Credentials) != 1 || p.Credentials[0].Finding(verify.AxisHolder).Code != "holder.subject" {
		t.Errorf("%+v", p.Credentials)
	}
	if f := engine.Verify(t.Context(), out.Presentation, verify.Options{Challenge: "c-2"}).Finding(verify.AxisHolder); f.Outcome == verify.Yes {
		t.Error("their presentation answers a challenge that it does not")
	}
	n := refusesChanges(t, engine, parse(t, out.Credential))
	t.Logf("their badge and presentation verify here; %d one-place changes are all refused", n)
}
