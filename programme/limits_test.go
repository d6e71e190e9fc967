package programme_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// A reader of YAML takes minutes for some short documents, reads only the first
// of two, and takes the clause 2.10 for 2.1.
func TestParseRefusesTricksOfYAML(t *testing.T) {
	y := example(t)
	for name, c := range map[string]struct{ text, want string }{
		"deep lists":       {strings.Repeat("[", 200_000), "brackets"},
		"deep maps":        {strings.Repeat("{a: ", 50_000), "brackets"},
		"deep on one line": {"id: x\n" + strings.Repeat("- ", 100_000), "levels"},
		"two documents":    {y + "\n---\nid: other\n", "one document"},
		"alias":            {strings.Replace(y, `edition: "2026"`, "edition: *e", 1), "anchors"},
		"merge":            {y + "\n<<: {a: b}\n", "anchors"},
		"tag":              {strings.Replace(y, `edition: "2026"`, "edition: !!binary aGVsbG8=", 1), "tags"},
		"clause as number": {strings.Replace(y, `clause: "2.1"`, "clause: 2.10", 1), "write 2.10 in quotes"},
		"hidden title":     {strings.Replace(y, "en: Core,", "en: \"Co\u202ere\",", 1), "hidden"},
		"empty title":      {strings.Replace(y, "en: Core,", "en: \"\",", 1), "title"},
		"hexadecimal":      {strings.Replace(y, "total: 60", "total: 0x3C", 1), "line 18, column 10"},
	} {
		start := processorTime()
		_, err := programme.Parse([]byte(c.text))
		if cairn.KindOf(err) != cairn.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if d := processorTime() - start; d > 2*time.Second {
			t.Errorf("%s takes %s", name, d)
		}
	}
	if _, err := programme.Parse([]byte(strings.Replace(y, "en: Core,", `en: "Core *and* R &D",`, 1))); err != nil {
		t.Errorf("signs in a quoted text: %v", err)
	}
}

// The budget bounds every part of the search: also the choice among exclusive
// sets, and the choice of which pools of credit to fill.
func TestTheBudgetBoundsEverything(t *testing.T) {
	sets := load(t)
	var two []programme.Held
	for i := range 24 {
		a, b := held(fmt.Sprint("a", i), university, programme.InResidence, 4, "2025-01-01", "AGRI"), held(fmt.Sprint("b", i), university, programme.InResidence, 4, "2025-01-01", "AGRI")
		two = append(two, a, b)
		sets.Exclusive = append(sets.Exclusive, programme.Exclusive{Clause: "x", Achievements: []cairn.AchievementID{a.Achievement, b.Achievement}})
	}
	pools := load(t)
	pools.Requirements = nil
	var small []programme.Held
	for i := range 22 {
		pools.Requirements = append(pools.Requirements, programme.Requirement{ID: fmt.Sprint("R", i), Clause: "c", Credits: cairn.WholeCredits(5), Match: programme.Selector{Fields: []string{"A"}}})
		small = append(small, held(fmt.Sprint("k", i), university, programme.InResidence, 2, "2025-01-01", "A"))
	}
	for name, c := range map[string]struct {
		p    *programme.Programme
		held []programme.Held
		want string
	}{"exclusive sets": {sets, two, "16"}, "pools": {pools, small, "44"}} {
		r, err := programme.Evaluate(c.p, c.held, day, programme.Options{Nodes: 500})
		if err != nil {
			t.Fatal(err)
		}
		if r.Optimality.Proven || r.Optimality.Nodes > 500 || r.Counted.String() != c.want {
			t.Errorf("%s: counted %s, %+v", name, r.Counted, r.Optimality)
		}
	}
}

// Six months after the last days of August there is no such day of February: it
// ends with the month, and what was learned later never lapses sooner.
func TestAgeLimitAtTheEndOfAMonth(t *testing.T) {
	p := load(t)
	p.Policy.MaxAge = &programme.Currency{Months: 6, Clause: "1.6"}
	for learned, want := range map[string]string{"2026-08-28": "2027-03-01", "2026-08-31": "2027-03-01", "2026-09-01": "2027-03-02", "2026-09-30": "2027-03-31"} {
		r := evaluate(t, p, []programme.Held{held("k", university, programme.InResidence, 4, learned, "AGRI")}, day)
		if r.NextChange != want {
			t.Errorf("learned on %s: lapses on %s, want %s", learned, r.NextChange, want)
		}
	}
}
