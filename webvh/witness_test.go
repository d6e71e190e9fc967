package webvh_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/webvh"
)

// approve writes the record of a file of witnesses for one entry.
func approve(t testing.TB, versionID string, by ...signer) object {
	t.Helper()
	proofs := []any{}
	for _, w := range by {
		proofs = append(proofs, sign(t, object{"versionId": versionID}, dataintegrity.EdDSAJCS2022, w)["proof"])
	}
	return object{"versionId": versionID, "proof": proofs}
}

func TestWitnesses(t *testing.T) {
	a, w1, w2, w3 := newSigner(t, 1), newSigner(t, 11), newSigner(t, 12), newSigner(t, 13)
	// The first entry needs two of three, and so does the second, which wants one
	// from then on; the third needs that one and dismisses it; the fourth needs none.
	d, log := write(t,
		step{by: a, params: first(a, object{"witness": witnesses(2, w1, w2, w3)})},
		step{by: a, params: object{"witness": witnesses(1, w3)}},
		step{by: a, params: object{"witness": object{}}},
		step{by: a, params: object{}},
	)
	var ids []string
	for line := range bytes.Lines(log) {
		ids = append(ids, parse(t, string(line))["versionId"].(string))
	}
	_, otherLog := write(t, step{by: a, params: first(a, object{"witness": witnesses(1, w1), "portable": true})})
	other := parse(t, string(otherLog))["versionId"].(string)

	change := func(record object, change func(proof object)) object {
		for _, p := range record["proof"].([]any) {
			change(p.(object))
		}
		return record
	}
	for _, c := range []struct {
		name, code string
		file       []any
	}{
		{"each entry", "", []any{approve(t, ids[0], w1, w3), approve(t, ids[1], w1, w2), approve(t, ids[2], w3)}},
		{"the last for all", "", []any{approve(t, ids[2], w1, w3)}},
		{"an entry that needs nobody any more", "", []any{approve(t, ids[3], w2, w3)}},
		{"more than enough, in disorder", "", []any{approve(t, ids[2], w3, w2, w1, w3), approve(t, ids[0], w1), object{}, "x", object{"versionId": ids[0]}}},
		{"nobody", "webvh.witness", []any{}},
		{"too few at first", "webvh.witness", []any{approve(t, ids[0], w1)}},
		{"one of them twice", "webvh.witness", []any{approve(t, ids[2], w3, w3), approve(t, ids[1], w3)}},
		{"the new one cannot come alone", "webvh.witness", []any{approve(t, ids[0], w1, w2), approve(t, ids[1], w3), approve(t, ids[2], w3)}},
		{"the last is not approved of", "webvh.witness", []any{approve(t, ids[1], w1, w2, w3)}},
		{"the last by one who was replaced", "webvh.witness", []any{approve(t, ids[2], w1, w2)}},
		{"strangers", "webvh.witness", []any{approve(t, ids[2], a, newSigner(t, 14), w3)}},
		{"an entry that is not published", "webvh.witness", []any{approve(t, "5-"+a.hash(), w1, w2, w3)}},
		{"the log of another", "webvh.witness", []any{approve(t, other, w1, w2, w3)}},
		{"under the name of another entry", "webvh.witness", []any{object{"versionId": ids[2], "proof": approve(t, ids[0], w1, w3)["proof"]}}},
		{"another purpose", "webvh.witness", []any{change(approve(t, ids[2], w1, w3), func(p object) { p["proofPurpose"] = did.Authentication })}},
		{"another cryptosuite", "webvh.witness", []any{change(approve(t, ids[2], w1, w3), func(p object) { p["cryptosuite"] = dataintegrity.EdDSARDFC2022 })}},
		{"two names for one key", "webvh.witness", []any{change(approve(t, ids[2], w1, w3), func(p object) {
			p["verificationMethod"] = "did:key:" + w2.key + "#" + strings.Split(p["verificationMethod"].(string), "#")[1]
		})}},
		{"too many", "webvh.too-large", slices.Repeat([]any{approve(t, ids[0], w1)}, 501)},
	} {
		l, err := webvh.Parse(d, log, now)
		if err != nil || !l.Witnessed() {
			t.Fatalf("%s: %v", c.name, err)
		}
		if _, err := l.Document(); cairn.CodeOf(err) != "webvh.not-witnessed" || cairn.KindOf(err) != cairn.Unavailable {
			t.Fatalf("%s: a document before the witnesses: %v", c.name, err)
		}
		if err := l.VerifyWitnesses(canonical(t, c.file)); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
		if _, err := l.Document(); (err == nil) != (c.code == "") {
			t.Errorf("%s: document: %v", c.name, err)
		}
		if _, err := l.At(began.Add(time.Hour)); (err == nil) != (c.code == "") {
			t.Errorf("%s: document at first: %v", c.name, err)
		}
	}
	l, err := webvh.Parse(d, log, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"", "{}", "<p>", "[", strings.Repeat(" ", webvh.MaxWitnesses) + "[]"} {
		if err := l.VerifyWitnesses([]byte(data)); cairn.CodeOf(err) != "did.no-document" {
			t.Errorf("%.20q: %v", data, err)
		}
	}
}

// A log as large as it may be takes no more time than an input may: 250 ms.
func BenchmarkLargest(b *testing.B) {
	a, w := newSigner(b, 1), newSigner(b, 11)
	for name, c := range map[string]struct{ entries, values int }{"many": {180, 0}, "dense": {49, 1800}} {
		var steps []step
		for i := range c.entries {
			s := step{by: a, content: func(e object) {
				e["versionTime"] = began.Add(time.Duration(i) * time.Minute).Format(time.RFC3339)
				e["state"].(object)["x"] = slices.Repeat([]any{json.Number("1")}, c.values)
			}, signed: func(e object) { e["proof"] = slices.Repeat([]any{e["proof"]}, 2) }}
			if i == 0 {
				s.params = first(a, object{"witness": witnesses(1, w)})
			}
			steps = append(steps, s)
		}
		d, log := write(b, steps...)
		file := canonical(b, slices.Repeat([]any{approve(b, parse(b, string(log[:bytes.IndexByte(log, '\n')]))["versionId"].(string), w)}, 500))
		if len(log) < webvh.MaxLog*3/4 || len(file) < webvh.MaxWitnesses*3/4 {
			b.Fatalf("%s: only %d and %d bytes", name, len(log), len(file))
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				l, err := webvh.Parse(d, log, now)
				if err != nil {
					b.Fatal(err)
				}
				if err := l.VerifyWitnesses(file); cairn.CodeOf(err) != "webvh.witness" {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	a, w := newSigner(f, 1), newSigner(f, 11)
	d, log := write(f, step{by: a, params: first(a, object{"witness": witnesses(1, w)})}, step{by: a, params: object{"deactivated": false}})
	line, _, _ := bytes.Cut(log, []byte("\n"))
	file := canonical(f, []any{approve(f, parse(f, string(line))["versionId"].(string), w)})
	f.Add(log, file)
	f.Fuzz(bounds.Pair(func(t *testing.T, log, file []byte) {
		l, err := webvh.Parse(d, log, now)
		if err != nil {
			return
		}
		if l.Witnessed() && l.VerifyWitnesses(file) != nil {
			return
		}
		if doc, err := l.Document(); err == nil && doc.ID != d {
			t.Fatal("a document of somebody else was accepted")
		}
	}))
}
