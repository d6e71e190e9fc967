package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/webvh"
)

// A log by another library is good to us, with its keys that change and its witness;
// changed in one place, neither of us takes it. One change they pass over: didwebvh-ts
// 2.8 hashes and checks the first entry without members that it does not know.
func TestHistory(t *testing.T) {
	need(t, "didwebvh-ts")
	made := parse(t, node(t, strings.NewReader(""), "webvh.mjs", "make"))
	id := cairn.DID(made["did"].(string))
	entries, witnesses := made["log"].([]any), made["witnesses"].([]any)
	canonical := func(v any) []byte {
		b, err := jcs.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ours := func(entries []any) (*webvh.Log, error) {
		var log []byte
		for _, e := range entries {
			log = append(append(log, canonical(e)...), '\n')
		}
		l, err := webvh.Parse(id, log, now)
		if err == nil && l.Witnessed() {
			err = l.VerifyWitnesses(canonical(witnesses))
		}
		return l, err
	}
	l, err := ours(entries)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := l.Document()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := doc.Method(doc.Assertion[0], did.AssertionMethod); err != nil || m.Controller != id || !l.Witnessed() || len(entries) != 3 {
		t.Errorf("%+v, %v", m, err)
	}
	if u, _, err := webvh.URLs(id); err != nil || u != "https://college.example/i/north/did.jsonl" {
		t.Errorf("%s, %v", u, err)
	}

	var jobs []map[string]any
	propose := func(name string, entries, witnesses []any) {
		jobs = append(jobs, map[string]any{"id": name, "did": string(id), "log": entries, "witnesses": witnesses})
	}
	propose("log"+controlled, entries, witnesses)
	n, passedOver := 0, ""
	mutate(any(entries), func(v any) any { return v }, func(v any) {
		changed, ok := v.([]any)
		if !ok {
			return
		}
		n++
		if _, err := ours(changed); err == nil {
			t.Errorf("we take %s", canonical(changed))
		}
		if first, ok := changed[0].(map[string]any); ok && first["added"] != nil {
			passedOver = fmt.Sprint("change ", n)
		}
		propose(fmt.Sprint("change ", n), changed, witnesses)
	})
	for i := range entries { // an entry left out
		var changed []any
		for j, e := range entries {
			if j != i {
				changed = append(changed, e)
			}
		}
		if _, err := ours(changed); err == nil {
			t.Errorf("we take the log without entry %d", i+1)
		}
	}
	for name, v := range ask[verdict](t, jobs, "webvh.mjs", "judge") {
		if v.Verified != (strings.HasSuffix(name, controlled) || name == passedOver) {
			t.Errorf("%s: they say %t (%s)", name, v.Verified, v.Error)
		}
	}
	if n < 100 || len(jobs) != n+1 || passedOver == "" {
		t.Errorf("%d changes, %d jobs", n, len(jobs))
	}
	t.Logf("the log of didwebvh-ts is good to both; of %d one-place changes we refuse all, they all but one", n)
}
