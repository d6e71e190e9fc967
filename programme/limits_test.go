package programme_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// What took the search long before takes it one step: the flow says at once that
// nothing better exists.
func TestManyChoicesThatDoNotMatter(t *testing.T) {
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
		r := evaluate(t, c.p, c.held, day)
		if !r.Optimality.Proven || r.Optimality.Nodes > 10 || r.Counted.String() != c.want {
			t.Errorf("%s: counted %s, %+v", name, r.Counted, r.Optimality)
		}
	}
}

// A budget that is used up gives the best found, says that it is not proven, and
// never breaks a rule.
func TestBudget(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 20))
	used := 0
	for range 20 {
		p, list := dense(rng, 40, 20)
		var last programme.Result
		for _, nodes := range []int{1, 20, 400} {
			r, err := programme.Evaluate(p, list, day, programme.Options{Nodes: nodes})
			if err != nil {
				t.Fatal(err)
			}
			if r.Optimality.Nodes > nodes || r.Counted.Cmp(r.Optimality.BoundCredits) > 0 || satisfied(r) > r.Optimality.BoundSatisfied || satisfied(r) < satisfied(last) {
				t.Errorf("with %d nodes: %d satisfied, %s counted, before %d: %+v", nodes, satisfied(r), r.Counted, satisfied(last), r.Optimality)
			}
			for _, c := range r.Caps {
				if c.Used.Cmp(c.Limit) > 0 {
					t.Errorf("with %d nodes the cap %s is broken: %s of %s", nodes, c.Name, c.Used, c.Limit)
				}
			}
			if !r.Optimality.Proven {
				used++
			}
			last = r
		}
	}
	if used == 0 {
		t.Error("no budget was used up; the test shows nothing")
	}
}

func satisfied(r programme.Result) (n int) {
	for _, q := range r.Requirements {
		if q.Status == programme.Satisfied {
			n++
		}
	}
	return n
}

// Cases of a usual size are proven, and other names for the same papers, which
// change every order inside, give an allocation that is as good.
func TestUsualSizesAreProven(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 40 {
		p, list := realistic(rng, 40, 25)
		first := evaluate(t, p, list, day)
		if !first.Optimality.Proven {
			t.Errorf("not proven: %+v", first.Optimality)
		}
		for i := range list {
			list[i].Digest = fmt.Sprint("z", rng.Int64())
		}
		if again := evaluate(t, p, list, day); satisfied(again) != satisfied(first) || !again.Counted.Equal(first.Counted) {
			t.Errorf("%d satisfied and %s counted, under other names %d and %s", satisfied(first), first.Counted, satisfied(again), again.Counted)
		}
	}
}

// A cap counts what is exactly at it, and nothing above.
func TestCapBoundary(t *testing.T) {
	// 49 % of 121 are 59.29 (Kenya's cap, DOMAIN 1.6 case 5).
	p := &programme.Programme{ID: "p", Edition: "1", Institution: university, Credit: programme.Credit{Unit: "c", HoursPerCredit: cairn.WholeCredits(10), Total: cairn.WholeCredits(121)},
		Requirements: []programme.Requirement{{ID: "R", Clause: "1", Credits: cairn.WholeCredits(121), Match: programme.Selector{Fields: []string{"F"}}}}}
	slot := &programme.Programme{ID: "p", Edition: "1", Institution: university, Credit: p.Credit,
		Requirements: []programme.Requirement{{ID: "R", Clause: "1", All: []programme.Slot{{ID: "S", Credits: cairn.WholeCredits(6), Match: programme.Selector{Fields: []string{"F"}}}}}}}
	percent := func(round string) *programme.Cap {
		return &programme.Cap{Percent: cairn.WholeCredits(49), Round: round, Clause: "c"}
	}
	for name, c := range map[string]struct {
		p       *programme.Programme
		cap     *programme.Cap
		credits int64
		want    string
	}{
		"one below":          {p, percent(""), 58, "58"},
		"exact":              {p, percent(""), 60, "5929/100"},
		"rounded, at it":     {p, percent("down"), 59, "59"},
		"rounded, above":     {p, percent("down"), 60, "59"},
		"slot, one below":    {slot, &programme.Cap{Credits: cairn.WholeCredits(5), Clause: "c"}, 6, "0"},
		"slot, at it":        {slot, &programme.Cap{Credits: cairn.WholeCredits(6), Clause: "c"}, 6, "6"},
		"slot, one above it": {slot, &programme.Cap{Credits: cairn.WholeCredits(7), Clause: "c"}, 7, "6"},
	} {
		for _, route := range []programme.Route{programme.Transfer, programme.RPL, programme.InResidence} {
			c.p.Policy = programme.Policy{Outside: c.cap}
			if route == programme.RPL {
				c.p.Policy = programme.Policy{RPL: c.cap}
			}
			want := c.want
			if route == programme.InResidence {
				want = map[bool]string{true: "6", false: fmt.Sprint(c.credits)}[c.p == slot]
			}
			if r := evaluate(t, c.p, []programme.Held{held("k", university, route, c.credits, "2025-01-01", "F")}, day); r.Counted.String() != want {
				t.Errorf("%s, %s: counted %s, want %s", name, route, r.Counted, want)
			}
		}
	}
}

// An agreement holds from its first day to its last. When the date of an award is
// not exact enough to say, a person must look; nothing counts by it until then.
func TestAgreementDates(t *testing.T) {
	p := load(t)
	k1 := amina()[0]
	i := slices.IndexFunc(p.Agreements, func(a programme.Agreement) bool { return a.Achievement == k1.Achievement })
	date := func(s string) cairn.PartialDate {
		d, err := cairn.ParsePartialDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	p.Agreements[i].From, p.Agreements[i].Until = date("2024-03-01"), date("2025")
	for awarded, want := range map[string]programme.Status{
		"2024-02-29": programme.NotUsed, "2024-03-01": programme.Used, "2024-03": programme.Used, "2025": programme.Used, "2025-12-31": programme.Used, "2026-01-01": programme.NotUsed,
		"2024": programme.Undecided, "": programme.Undecided, "2023": programme.NotUsed,
	} {
		h := k1
		h.AwardedOn = date(awarded)
		r := evaluate(t, p, []programme.Held{h}, day)
		got := find(t, r, "k1")
		if got.Status != want {
			t.Errorf("awarded %q: %s, want %s: %+v", awarded, got.Status, want, got.Reasons)
		}
		if want == programme.Undecided && !slices.ContainsFunc(got.Reasons, func(q programme.Reason) bool { return q.Code == programme.ReasonAgreementUncertain }) {
			t.Errorf("awarded %q: %+v", awarded, got.Reasons)
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
