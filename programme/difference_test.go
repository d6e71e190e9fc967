package programme_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"cairn.example/programme"
)

const differing = `
id: d
edition: "1"
institution: did:web:university.example:i:university
title: {en: D}
language: en
award: {achievement: "https://x.example/d", type: Certificate}
credit: {unit: c, hoursPerCredit: 10, total: 6}
requirements:
  - {id: A, clause: "1", title: {en: Soil}, credits: 6, match: {tags: [soil]}}
  - {id: B, clause: "2", title: {en: Bees}, credits: 4, match: {tags: [bees]}}
`

func TestDiffer(t *testing.T) {
	read := func(replace ...string) *programme.Programme {
		t.Helper()
		p, err := programme.Parse([]byte(strings.NewReplacer(replace...).Replace(differing)))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	soil := held("soil", university, programme.InResidence, 6, "2026-01-01", "", "soil")
	bees := held("bees", university, programme.InResidence, 4, "2026-01-01", "", "bees")
	list := []programme.Held{soil, bees}
	before := evaluate(t, read(), list, day)
	for name, c := range map[string]struct {
		p      *programme.Programme
		effect programme.Effect
		want   string
	}{
		"nothing":      {read(), programme.Same, `{"before":"10","after":"10","completed":true,"completes":true,"proven":true}`},
		"higher need":  {read("credits: 6,", "credits: 7,"), programme.Loses, `{"requirement":"A","clause":"1","before":"satisfied","after":"partly","had":"6","has":"6","needed":"6","needs":"7"}`},
		"other clause": {read(`clause: "2"`, `clause: "3"`), programme.Differs, `"new":[{"code":"used","clause":"3","requirement":"B"`},
		"a part less":  {read("  - {id: B, clause: \"2\", title: {en: Bees}, credits: 4, match: {tags: [bees]}}\n", ""), programme.Loses, `{"requirement":"B","clause":"2","before":"satisfied","had":"4","has":"0","needed":"4","needs":"0"}`},
		"a part more":  {read("requirements:", "requirements:\n  - {id: C, clause: \"3\", title: {en: C}, credits: 1, match: {tags: [goats]}}"), programme.Loses, `{"requirement":"C","clause":"3","after":"missing","had":"0","has":"0","needed":"0","needs":"1"}`},
		"too old":      {read("requirements:", "policy: {maxAge: {months: 3, clause: \"9\"}}\nrequirements:"), programme.Loses, `"new":[{"code":"too-old","clause":"9"`},
	} {
		after := evaluate(t, c.p, list, day)
		d := programme.Differ(before, after)
		b, err := json.Marshal(d)
		if err != nil || d.Effect() != c.effect || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %s %s %v", name, d.Effect(), b, err)
		}
		// The other way round it is the opposite.
		opposite := map[programme.Effect]programme.Effect{programme.Loses: programme.Gains, programme.Gains: programme.Loses, programme.Same: programme.Same, programme.Differs: programme.Differs}
		if got := programme.Differ(after, before).Effect(); got != opposite[c.effect] {
			t.Errorf("%s, turned: %s", name, got)
		}
	}
}

// Two results of the same input are the same, in whatever order it was given; a result
// with less is not better.
func TestDifferOnRandomCases(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		p, list := randomCase(rng, false)
		r := evaluate(t, p, list, day)
		turned := append([]programme.Held(nil), list...)
		rng.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		if d := programme.Differ(r, evaluate(t, p, turned, day)); d.Effect() != programme.Same {
			t.Fatalf("%+v", d)
		}
		if t1 := p.Turns(list, day); r.NextChange != "" && (t1 == "" || t1 > r.NextChange) {
			t.Errorf("turns on %q, and changes on %q", t1, r.NextChange)
		}
	}
}
