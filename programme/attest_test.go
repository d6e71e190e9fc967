package programme_test

import (
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// A requirement that only a person can say is met waits for that person, however
// good the credentials are, and is met by their word alone.
func TestAttested(t *testing.T) {
	text := strings.Replace(example(t), "  - id: R5\n", "  - id: R6\n    clause: \"6.1\"\n    title: {en: Good standing, fr: Bonne conduite, sw: Mwenendo mwema}\n    attestedBy: head of department\n\n  - id: R5\n", 1)
	p, err := programme.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !schemaAccepts(t, text) || !slices.Equal(p.Attestable(), []string{"R6"}) {
		t.Errorf("the schema refuses it, or %v", p.Attestable())
	}
	for _, f := range programme.Lint(p, nil) {
		t.Errorf("the linter says %+v", f)
	}
	list := append(amina(), held("k10", university, programme.InResidence, 12, "2026-06-01", "", "capstone"))
	status := func(r programme.Result) programme.RequirementResult {
		i := slices.IndexFunc(r.Requirements, func(q programme.RequirementResult) bool { return q.Requirement == "R6" })
		return r.Requirements[i]
	}
	r := evaluate(t, p, list, day)
	if q := status(r); q.Status != programme.Waiting || q.Clause != "6.1" || r.Complete || !r.Optimality.Proven || r.Counted.String() != "60" {
		t.Errorf("%+v, complete %v, counted %s", q, r.Complete, r.Counted)
	}
	r = evaluate(t, p, list, day, "R6")
	if q := status(r); q.Status != programme.Satisfied || !r.Complete || r.Counted.String() != "60" {
		t.Errorf("%+v, complete %v, counted %s", q, r.Complete, r.Counted)
	}
	for _, id := range []string{"R5", "R7", ""} {
		if _, err := programme.Evaluate(p, list, day, programme.Options{Attested: []string{id}}); cairn.CodeOf(err) != "programme.not-attested" {
			t.Errorf("%q: %v", id, err)
		}
	}
	// What to earn next says nothing of it, and completes everything else.
	offer := planned(held("capstone", university, programme.InResidence, 12, "2026-06-01", "", "capstone"))
	s, err := programme.Next(p, amina(), []programme.Held{offer}, day, programme.NextOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Requirements) != 1 || s.Requirements[0].Requirement != "R5" || s.Award.Answer != programme.WayFound {
		t.Errorf("%+v", s)
	}
}
