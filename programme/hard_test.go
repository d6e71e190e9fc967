package programme_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// The hard cases of DOMAIN 1.6, by their numbers: what an engine that takes rules one
// after the other gets wrong. Those that are not about rules alone have their tests
// where the matter is: 9 and 12 in internal/verify (the signed object's validity, and
// who was accredited when), 11 in internal/recognise (what happens after a decision),
// 25 in internal/recognise (whose it is).

func rules(t testing.TB, text string) *programme.Programme {
	t.Helper()
	p, err := programme.Parse([]byte("id: p\nedition: \"1\"\ninstitution: " + string(university) + "\ntitle: {en: P}\nlanguage: en\naward: {achievement: https://x.example/award, type: Diploma}\n" +
		strings.ReplaceAll(text, "\n\t\t", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// illustration reads one of the examples.
func illustration(t testing.TB, name string) *programme.Programme {
	t.Helper()
	b, err := os.ReadFile("../examples/programmes/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := programme.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// counted is what counts of a credential.
func counted(t testing.TB, r programme.Result, digest string) string {
	t.Helper()
	return find(t, r, digest).Counted.String()
}

func status(t testing.TB, r programme.Result, requirement string) programme.Status {
	t.Helper()
	i := slices.IndexFunc(r.Requirements, func(q programme.RequirementResult) bool { return q.Requirement == requirement })
	if i < 0 {
		t.Fatalf("nothing is said of %s", requirement)
	}
	return r.Requirements[i].Status
}

func codes(c programme.CredentialResult) (out []string) {
	for _, q := range c.Reasons {
		out = append(out, q.Code)
	}
	return out
}

func expect(t testing.TB, what string, got, wanted any) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s: %v, want %v", what, got, wanted)
	}
}

const small = "credit: {unit: c, hoursPerCredit: 10, total: 10}\n"

func TestHard01OneCredentialFitsTwoRequirements(t *testing.T) {
	p := rules(t, small+`requirements:
		  - {id: A, clause: "1", title: {en: A}, all: [{id: a, title: {en: a}, credits: 5, match: {tags: [x, y]}}]}
		  - {id: B, clause: "2", title: {en: B}, all: [{id: b, title: {en: b}, credits: 5, match: {tags: [x]}}]}`)
	both, one := held("both", university, programme.InResidence, 5, "2024-01-01", "", "x"), held("one", university, programme.InResidence, 5, "2025-01-01", "", "y")
	for _, list := range [][]programme.Held{{both, one}, {one, both}} {
		expect(t, "complete", evaluate(t, p, list, day).Complete, true)
	}
}

func TestHard02WholeCredentialsAgainstAThreshold(t *testing.T) {
	p := rules(t, small+"policy: {surplus: {clause: s}}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 10, match: {fields: [F]}}\n  - {id: B, clause: \"2\", title: {en: B}, credits: 4, match: {fields: [F, G]}}")
	var list []programme.Held
	for _, k := range []struct {
		name string
		n    int64
	}{{"k4a", 4}, {"k4b", 4}, {"k4c", 4}, {"k6", 6}} {
		list = append(list, held(k.name, university, programme.InResidence, k.n, "2025-01-01", "F"))
	}
	r := evaluate(t, p, list, day)
	// 6 and 4 fill A, so that a whole 4 is left for B: nothing is wasted.
	expect(t, "complete", r.Complete, true)
	expect(t, "counted", r.Counted.String(), "14")
}

func TestHard03OneModuleForSeveral(t *testing.T) {
	// What is left of a module that fills a place counts where it may, or where the
	// rules let it.
	text := "credit: {unit: c, hoursPerCredit: 10, total: 12}\n%srequirements:\n  - {id: A, clause: \"1\", title: {en: A}, all: [{id: a, title: {en: a}, credits: 6, match: {tags: [x]}}]}\n  - {id: B, clause: \"2\", title: {en: B}, credits: 4, match: {fields: [F]}}\n  - {id: C, clause: \"3\", title: {en: C}, credits: 4, match: {fields: [F]}}"
	h := []programme.Held{held("k", college, programme.Transfer, 10, "2025-01-01", "F", "x")}
	expect(t, "anywhere", counted(t, evaluate(t, rules(t, strings.Replace(text, "%s", "", 1)), h, day), "k"), "10")
	in := evaluate(t, rules(t, strings.Replace(text, "%s", "policy: {surplus: {to: [C], clause: s}}\n", 1)), h, day)
	expect(t, "in C", status(t, in, "C"), programme.Satisfied)
	nowhere := evaluate(t, rules(t, strings.Replace(text, "%s", "policy: {surplus: {clause: s}}\n", 1)), h, day)
	expect(t, "nowhere", counted(t, nowhere, "k"), "6")
	if !has(find(t, nowhere, "k"), programme.ReasonSurplus, "s") {
		t.Errorf("the rest has no reason: %v", codes(find(t, nowhere, "k")))
	}
}

func TestHard04WhichCreditACapDrops(t *testing.T) {
	p := rules(t, `credit: {unit: c, hoursPerCredit: 10, total: 30}
		policy: {outside: {credits: 15, clause: cap}}
		requirements:
		  - {id: A, clause: "1", title: {en: A}, all: [{id: a, title: {en: a}, credits: 10, match: {tags: [a]}}]}
		  - {id: B, clause: "2", title: {en: B}, all: [{id: b, title: {en: b}, credits: 5, match: {tags: [b]}}]}
		  - {id: C, clause: "3", title: {en: C}, all: [{id: c, title: {en: c}, credits: 10, match: {tags: [c]}}]}
		  - {id: D, clause: "4", title: {en: D}, all: [{id: d, title: {en: d}, credits: 5, match: {tags: [d]}}]}`)
	r := evaluate(t, p, []programme.Held{held("a", college, programme.Transfer, 10, "2020-01-01", "", "a"), held("b", college, programme.Transfer, 5, "2025-01-01", "", "b"),
		held("c", college, programme.Transfer, 10, "2021-01-01", "", "c"), held("d", college, programme.Transfer, 5, "2025-01-01", "", "d")}, day)
	// First-come would take b and d, or c alone. Two requirements can be met in several
	// ways; the one that counts the most credit is taken.
	n := 0
	for _, q := range r.Requirements {
		if q.Status == programme.Satisfied {
			n++
		}
	}
	expect(t, "requirements", n, 2)
	expect(t, "counted", r.Counted.String(), "15") // 10 + 5, the most credit of what satisfies two
}

func TestHard05PercentOfWhat(t *testing.T) {
	// 49 % of 121 are 59.29.
	for round, limit := range map[string]string{"": "59.29", "down": "59", "up": "60", "nearest": "59"} {
		how := ""
		if round != "" {
			how = ", round: " + round
		}
		p := rules(t, "credit: {unit: c, hoursPerCredit: 10, total: 121}\npolicy: {caps: [{id: c, clause: cap, match: {routes: [transfer]}, percent: 49"+how+"}]}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 121, match: {fields: [F]}}")
		r := evaluate(t, p, []programme.Held{held("k", college, programme.Transfer, 100, "2025-01-01", "F")}, day)
		expect(t, "of the total, "+round, r.Counted.Decimal(), limit)
	}
	p := rules(t, "credit: {unit: c, hoursPerCredit: 10, total: 100}\npolicy: {caps: [{id: c, clause: cap, match: {routes: [transfer]}, percent: 49, of: counted}]}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 100, match: {fields: [F]}}")
	r := evaluate(t, p, []programme.Held{held("k", college, programme.Transfer, 100, "2025-01-01", "F"), held("own", university, programme.InResidence, 51, "2025-01-01", "F")}, day)
	expect(t, "of what counts", counted(t, r, "k"), "49")
	r = evaluate(t, p, []programme.Held{held("k", college, programme.Transfer, 100, "2025-01-01", "F"), held("own", university, programme.InResidence, 30, "2025-01-01", "F")}, day)
	expect(t, "of what counts so far", counted(t, r, "k"), "28") // 28 of 58 are 48.3 %, 29 of 59 would be 49.2 %

	india := illustration(t, "india") // of this semester's courses
	var list []programme.Held
	for i, name := range []string{"s1", "s2", "s3", "o1", "o2", "o3"} {
		h := held(name, university, programme.InResidence, 12, "2026-02-01", "SCI")
		h.Level = &cairn.Level{Framework: "NCrF", Value: cairn.NewCredits(9, 2)}
		if i < 3 {
			h.Tags = []string{"swayam"}
		}
		list = append(list, h)
	}
	r = evaluate(t, india, list, day)
	n := 0
	for _, name := range []string{"s1", "s2", "s3"} {
		if find(t, r, name).Status != programme.NotUsed {
			n++
		}
	}
	expect(t, "of five courses in the semester, 40 %", n, 2)
}

func TestHard06Residency(t *testing.T) {
	p := rules(t, `credit: {unit: c, hoursPerCredit: 10, total: 20}
		policy: {floors: [{id: half, clause: "6", match: {routes: [in-residence]}, percent: 50}, {id: two, clause: "7", match: {routes: [in-residence]}, number: 2}]}
		requirements:
		  - {id: A, clause: "1", title: {en: A}, credits: 15, match: {fields: [F]}}
		  - {id: CAP, clause: "2", title: {en: Capstone}, reserved: true, all: [{id: cap, title: {en: c}, credits: 5, match: {tags: [capstone]}}]}`)
	outside := []programme.Held{held("o", college, programme.Transfer, 15, "2025-01-01", "F"), held("c2", college, programme.Transfer, 5, "2025-01-01", "", "capstone")}
	r := evaluate(t, p, outside, day)
	expect(t, "a capstone from elsewhere", status(t, r, "CAP"), programme.Missing)
	own := []programme.Held{held("c1", university, programme.InResidence, 5, "2025-01-01", "", "capstone")}
	r = evaluate(t, p, append(own, outside...), day)
	expect(t, "everything filled, residence not", r.Complete, false)
	expect(t, "floor", r.Floors[0].Kept, false)
	r = evaluate(t, p, append(append(own, held("i", university, programme.InResidence, 5, "2025-01-01", "F")), outside...), day)
	expect(t, "half, and two of one's own", r.Complete, true)
	expect(t, "of them", counted(t, r, "i"), "5") // one's own is taken before what comes from outside
}

func TestHard07OtherRoute(t *testing.T) {
	p := illustration(t, "south-africa")
	short := held("short", college, programme.Transfer, 24, "2025-01-01", "BUS")
	short.Type = "ShortCourse"
	short.Level = &cairn.Level{Framework: "NQF", Value: cairn.WholeCredits(5)}
	r := evaluate(t, p, []programme.Held{short}, day)
	if c := find(t, r, "short"); c.Status != programme.NotUsed || !has(c, programme.ReasonEvidenceOnly, "28") {
		t.Errorf("a short course: %+v", c)
	}
	// The same learning, recognised by the institution as prior learning, counts.
	rpl := short
	rpl.Digest, rpl.Route, rpl.Issuer = "rpl", programme.RPL, university
	acc := held("acc", university, programme.InResidence, 12, "2025-01-01", "", "accounting-1")
	expect(t, "prior learning", counted(t, evaluate(t, p, []programme.Held{short, rpl, acc}, day), "rpl"), "24")
}

func TestHard08UsedForAnotherAward(t *testing.T) {
	p := load(t)
	list := amina()
	list[1].Blocked = programme.BlockedSpent
	if c := find(t, evaluate(t, p, list, day), "k2"); c.Status != programme.NotUsed || !has(c, programme.BlockedSpent, "") {
		t.Errorf("spent: %+v", c)
	}
}

func TestHard10AgeFromWhichDateToWhich(t *testing.T) {
	text := "credit: {unit: c, hoursPerCredit: 10, total: 5}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, maxAge: {years: 5, clause: age%s}, all: [{id: a, title: {en: a}, credits: 5, match: {tags: [x]}}]}"
	with := func(more string) *programme.Programme { return rules(t, strings.Replace(text, "%s", more, 1)) }
	k := held("k", college, programme.Transfer, 5, "2021-06-01", "", "x")
	k.LearnedOn, k.IssuedOn = cairn.PartialDate{Year: 2020, Month: 3, Day: 1}, cairn.PartialDate{Year: 2026, Month: 1, Day: 1} // a re-issue
	for more, counts := range map[string]bool{"": false, ", from: learning": false, ", from: issue": true, ", to: application": true} {
		r, err := programme.Evaluate(with(more), []programme.Held{k}, day, programme.Options{Application: day.AddDate(-1, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "counted"+more, r.Complete, counts)
	}
	year := k
	year.AwardedOn = cairn.PartialDate{Year: 2021}
	if c := find(t, evaluate(t, with(""), []programme.Held{year}, day), "k"); c.Status != programme.Undecided || !has(c, programme.ReasonDateUncertain, "age") {
		t.Errorf("only a year is known: %+v", c)
	}
	renewed := evaluate(t, with(", renewedBy: [https://x.example/test]"), []programme.Held{k, held("test", university, programme.InResidence, 1, "2026-05-01", "")}, day)
	expect(t, "renewed by a test", renewed.Complete, true)
	// What is too old may still be an elective.
	p := rules(t, "credit: {unit: c, hoursPerCredit: 10, total: 10}\npolicy: {maxAge: {years: 5, clause: age, except: [E]}}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, all: [{id: a, title: {en: a}, credits: 5, match: {tags: [x]}}]}\n  - {id: E, clause: \"2\", title: {en: E}, credits: 5, match: {tags: [x]}}")
	r := evaluate(t, p, []programme.Held{k}, day)
	expect(t, "as an elective", status(t, r, "E"), programme.Satisfied)
	expect(t, "in its own place", status(t, r, "A"), programme.Missing)
}

func TestHard13TheSameLearningTwice(t *testing.T) {
	p := rules(t, "grades: [{scale: l, grades: [A, B, C]}]\n"+small+"policy: {repeat: {keep: best, clause: rep}}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 10, match: {fields: [F]}}\nexclusive: [{clause: anti, achievements: [https://x.example/k, https://x.example/twin]}]")
	first, again := held("k", university, programme.InResidence, 5, "2024-01-01", "F"), held("again", university, programme.InResidence, 5, "2025-01-01", "F")
	again.Achievement = first.Achievement
	first.GradeScale, first.Grade, again.GradeScale, again.Grade = "l", "A", "l", "B"
	twin := held("twin", college, programme.Transfer, 5, "2025-01-01", "F")
	r := evaluate(t, p, []programme.Held{first, again, twin}, day)
	expect(t, "counted", r.Counted.String(), "5")
	if !has(find(t, r, "again"), programme.ReasonRepeated, "rep") || !has(find(t, r, "twin"), programme.ReasonExclusive, "anti") {
		t.Errorf("again: %v, twin: %v", codes(find(t, r, "again")), codes(find(t, r, "twin")))
	}
}

const agreed = `credit: {unit: c, hoursPerCredit: 10, total: 5}
		agreements: [{id: AB, issuer: "` + string(college) + `", achievement: https://x.example/b, countsAs: [a], from: 2020, until: 2022}]
		requirements:
		  - {id: A, clause: "1", title: {en: A}, all: [{id: a, title: {en: a}, credits: 5, match: {achievements: [https://x.example/a]}}]}`

func TestHard14EquivalenceIsNotTransitive(t *testing.T) {
	// a ≈ b by the agreement; that c ≈ b somewhere else says nothing here.
	b, c := held("b", college, programme.Transfer, 5, "2021-01-01", ""), held("c", platform, programme.Transfer, 5, "2021-01-01", "")
	c.Alignments = []string{"https://x.example/b"}
	expect(t, "b", evaluate(t, rules(t, agreed), []programme.Held{b}, day).Complete, true)
	expect(t, "c", evaluate(t, rules(t, agreed), []programme.Held{c}, day).Complete, false)
}

func TestHard15EquivalenceRunsOneWay(t *testing.T) {
	back := rules(t, strings.ReplaceAll(strings.ReplaceAll(agreed, "https://x.example/a]", "https://x.example/b]"), "achievement: https://x.example/b, countsAs: [a], from: 2020, until: 2022", "achievement: https://x.example/z, countsAs: [a]"))
	expect(t, "the other way", evaluate(t, back, []programme.Held{held("a", university, programme.InResidence, 5, "2021-01-01", "")}, day).Complete, false)
}

func TestHard16EditionsAreApart(t *testing.T) {
	// The new edition splits the old module; who stays under the old one is judged by it.
	old := rules(t, small+"requirements:\n  - {id: A, clause: \"1\", title: {en: A}, all: [{id: a, title: {en: a}, credits: 10, match: {tags: [module]}}]}")
	split := rules(t, small+"requirements:\n  - {id: A, clause: \"1\", title: {en: A}, all: [{id: a1, title: {en: a}, credits: 5, match: {tags: [part1]}}, {id: a2, title: {en: a}, credits: 5, match: {tags: [part2]}}]}")
	k := []programme.Held{held("k", university, programme.InResidence, 10, "2016-01-01", "", "module")}
	expect(t, "old edition", evaluate(t, old, k, day).Complete, true)
	expect(t, "new edition", evaluate(t, split, k, day).Complete, false)
	if old.Digest() == split.Digest() {
		t.Error("two editions have one digest")
	}
}

func TestHard17AgreementInForceWhen(t *testing.T) {
	for awarded, counts := range map[string]bool{"2019-12-31": false, "2020-01-01": true, "2022-12-31": true, "2023-01-01": false} {
		k := held("b", college, programme.Transfer, 5, awarded, "")
		expect(t, "awarded on "+awarded, evaluate(t, rules(t, agreed), []programme.Held{k}, day).Complete, counts)
	}
}

func TestHard18UnitsAndFractions(t *testing.T) {
	// 100 hours are 10, 4, 10/3 or 2 credits; three times 10/3 are 10, and not 9.99.
	p := rules(t, small+"requirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 10, match: {fields: [F]}}")
	var list []programme.Held
	for _, name := range []string{"k1", "k2", "k3"} {
		h := held(name, university, programme.InResidence, 0, "2025-01-01", "F")
		h.Credit = &cairn.CreditValue{Amount: cairn.NewCredits(10, 9), Unit: "NCrF", HoursPerCredit: cairn.WholeCredits(30)}
		list = append(list, h)
	}
	r := evaluate(t, p, list, day)
	expect(t, "complete", r.Complete, true)
	expect(t, "one", find(t, r, "k1").Carries.String(), "10/3")
}

func TestHard19Levels(t *testing.T) {
	p := rules(t, small+`levels: {framework: EQF, map: [{framework: NCrF, value: 4.5, is: 5}]}
		policy: {caps: [{id: c, clause: cap, match: {issuers: ["`+string(college)+`"]}, credits: 5}], floors: [{id: f, clause: floor, match: {levels: {min: 5}}, credits: 6}]}
		requirements:
		  - {id: A, clause: "1", title: {en: A}, minLevel: 4, credits: 10, match: {fields: [F]}}`)
	at := func(name string, issuer cairn.DID, n int64, framework string, level cairn.Credits) programme.Held {
		h := held(name, issuer, programme.InResidence, n, "2025-01-01", "F")
		h.Level = &cairn.Level{Framework: framework, Value: level}
		return h
	}
	low, high, half := at("low", university, 10, "EQF", cairn.WholeCredits(4)), at("high", college, 10, "EQF", cairn.WholeCredits(6)), at("half", university, 1, "NCrF", cairn.NewCredits(9, 2))
	r := evaluate(t, p, []programme.Held{low, high}, day)
	expect(t, "a floor that a cap crosses", r.Complete, false)
	r = evaluate(t, p, []programme.Held{low, high, half}, day)
	expect(t, "with a half step of another framework", r.Complete, true)
	expect(t, "higher fills lower, up to the cap", counted(t, r, "high"), "5")
	below := at("below", university, 10, "EQF", cairn.WholeCredits(3))
	if c := find(t, evaluate(t, p, []programme.Held{below}, day), "below"); !has(c, programme.ReasonLevelTooLow, "1") {
		t.Errorf("lower does not fill higher: %v", codes(c))
	}
}

func TestHard20Grades(t *testing.T) {
	text := "grades: [{scale: l, grades: [A, B, C], points: [4, 3, 2]}]\n" + small + "policy: {floors: [{id: avg, clause: gpa, average: {scale: l, min: 3%s}}]}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, minGrade: {scale: l, grade: C%s}, credits: 10, match: {fields: [F]}}"
	with := func(average, ungraded string) *programme.Programme {
		return rules(t, strings.Replace(strings.Replace(text, "%s", average, 1), "%s", ungraded, 1))
	}
	graded := func(name, grade string, n int64) programme.Held {
		h := held(name, university, programme.InResidence, n, "2025-01-01", "F")
		if h.Grade = grade; grade != "" {
			h.GradeScale = "l"
		}
		return h
	}
	// 5 A and 4 C and 1 B: 31 points of 10 credits.
	r := evaluate(t, with("", ""), []programme.Held{graded("a", "A", 5), graded("c", "C", 4), graded("b", "B", 1)}, day)
	expect(t, "average", r.Floors[0].Have.Decimal(), "3.1")
	expect(t, "complete", r.Complete, true)
	low := []programme.Held{graded("a", "A", 4), graded("c", "C", 5), graded("b", "B", 1)} // 2.9
	expect(t, "exact", evaluate(t, with("", ""), low, day).Complete, false)
	expect(t, "cut off to no figures", evaluate(t, with(", round: down", ""), low, day).Complete, false)
	expect(t, "rounded", evaluate(t, with(", round: nearest", ""), low, day).Complete, true)
	for ungraded, now := range map[string]programme.Status{"": programme.Undecided, ", ungraded: counts": programme.Used, ", ungraded: refused": programme.NotUsed} {
		r := evaluate(t, with("", ungraded), []programme.Held{graded("n", "", 5)}, day)
		expect(t, "without a grade"+ungraded, find(t, r, "n").Status, now)
	}
	foreign := graded("x", "1.3", 5)
	foreign.GradeScale = "other"
	expect(t, "unknown scale", find(t, evaluate(t, with("", ""), []programme.Held{foreign}, day), "x").Status, programme.Undecided)
}

func TestHard21Prerequisites(t *testing.T) {
	text := small + "policy: {opening: {routes: [in-residence], clause: open}}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, all: [{id: a, title: {en: a}, credits: 5, match: {tags: [a]}}]}\n  - {id: B, clause: \"2\", title: {en: B}, after: [a], inOrder: true, all: [{id: b, title: {en: b}, credits: 5, match: {tags: [b]}}]}"
	p := rules(t, text)
	a, b := held("a", college, programme.Transfer, 5, "2024-01-01", "", "a"), held("b", university, programme.InResidence, 5, "2025-01-01", "", "b")
	r := evaluate(t, p, []programme.Held{a, b}, day)
	expect(t, "recognised credit opens nothing", status(t, r, "B"), programme.Missing)
	if !has(find(t, r, "b"), programme.ReasonPrerequisite, "2") {
		t.Errorf("b: %v", codes(find(t, r, "b")))
	}
	own := held("own", university, programme.InResidence, 5, "2024-01-01", "", "a")
	expect(t, "one's own does", evaluate(t, p, []programme.Held{a, b, own}, day).Complete, true)
	late := held("late", university, programme.InResidence, 5, "2025-06-01", "", "a")
	expect(t, "not when it is later", evaluate(t, p, []programme.Held{b, late}, day).Complete, false)
	_, err := programme.Parse([]byte(strings.Replace(string(mustText(t, text)), "title: {en: A}, all", "title: {en: A}, after: [B], all", 1)))
	if err == nil || !strings.Contains(err.Error(), "comes after itself") {
		t.Errorf("a circle: %v", err)
	}
}

func mustText(t testing.TB, text string) []byte {
	t.Helper()
	return []byte("id: p\nedition: \"1\"\ninstitution: " + string(university) + "\ntitle: {en: P}\nlanguage: en\naward: {achievement: https://x.example/award, type: Diploma}\n" + text)
}

func TestHard22Tracks(t *testing.T) {
	p := rules(t, small+`choices: [{id: X, clause: x, title: {en: X}, choose: 1, tracks: [{id: T1, title: {en: one}}, {id: T2, title: {en: two}}]}]
		policy: {floors: [{id: d, clause: d, number: 2, distinct: issuer, requirements: [A, B]}]}
		requirements:
		  - {id: A, clause: "1", title: {en: A}, track: T1, number: 2, each: 5, match: {tags: [a]}}
		  - {id: B, clause: "2", title: {en: B}, track: T2, number: 2, each: 5, match: {tags: [b]}}`)
	one := func(name, tag string, issuer cairn.DID) programme.Held {
		return held(name, issuer, programme.InResidence, 5, "2025-01-01", "", tag)
	}
	r := evaluate(t, p, []programme.Held{one("a1", "a", university), one("b1", "b", college)}, day)
	expect(t, "two halves", r.Choices[0].Status, programme.Partly)
	expect(t, "count in one track", r.Counted.String(), "5")
	r = evaluate(t, p, []programme.Held{one("a1", "a", university), one("b1", "b", university), one("b2", "b", university), one("b3", "b", college)}, day)
	expect(t, "one track, of two providers", r.Complete, true)
	expect(t, "the other", status(t, r, "A"), programme.NotNeeded)
}

func TestHard23WhatOnlyAPersonDecides(t *testing.T) {
	p := rules(t, small+"requirements:\n  - {id: A, clause: \"1\", title: {en: A}, credits: 10, match: {fields: [F]}}\n  - {id: P, clause: \"2\", title: {en: P}, attestedBy: head}")
	k := []programme.Held{held("k", university, programme.InResidence, 10, "2025-01-01", "F")}
	r := evaluate(t, p, k, day)
	expect(t, "waits", status(t, r, "P"), programme.Waiting)
	expect(t, "complete", r.Complete, false)
	expect(t, "attested", evaluate(t, p, k, day, "P").Complete, true)
	waive := programme.Exception{ID: "x", Type: programme.Waive, Requirement: "P", Signature: programme.Signature{By: "s", Role: "registrar", Reason: "done abroad", At: day}, Until: "2026-12-31"}
	for at, complete := range map[string]bool{"2026-12-31": true, "2027-01-01": false} {
		when, _ := cairn.ParsePartialDate(at)
		r, err := programme.Evaluate(p, k, when.Earliest(), programme.Options{Exceptions: []programme.Exception{waive}})
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "waived until then, on "+at, r.Complete, complete)
	}
}

func TestHard24EmergencyRules(t *testing.T) {
	p := rules(t, "grades: [{scale: l, grades: [A, B, C, C-]}]\n"+small+"policy: {overrides: [{clause: covid, awarded: {from: 2020-03-01, until: 2021-06-30}, minGrade: {scale: l, grade: C-}}]}\nrequirements:\n  - {id: A, clause: \"1\", title: {en: A}, minGrade: {scale: l, grade: C}, credits: 10, match: {fields: [F]}}")
	for awarded, now := range map[string]programme.Status{"2020-02-28": programme.NotUsed, "2020-03-01": programme.Used, "2021-06-30": programme.Used, "2021-07-01": programme.NotUsed, "2020": programme.Undecided} {
		k := held("k", university, programme.InResidence, 10, awarded, "F")
		k.GradeScale, k.Grade = "l", "C-"
		// The rule holds for what was learned then, years later.
		expect(t, "awarded "+awarded, find(t, evaluate(t, p, []programme.Held{k}, day), "k").Status, now)
	}
}

func TestKenya(t *testing.T) {
	p := illustration(t, "kenya")
	k := held("k", college, programme.Transfer, 100, "2025-01-01", "SCI")
	k.Level = &cairn.Level{Framework: "KNQF", Value: cairn.WholeCredits(6)}
	m := k
	m.Digest, m.Achievement, m.Tags, m.Field = "m", "https://x.example/m", []string{"mathematics"}, ""
	r := evaluate(t, p, []programme.Held{k, m}, day)
	expect(t, "49 %% of 120, whole credits", r.Counted.String(), "58") // 58.8, cut off
}

func TestSouthAfricaAgreement(t *testing.T) {
	p := illustration(t, "south-africa")
	k := held("k", college, programme.Transfer, 12, "2025-01-01", "")
	k.Achievement = "https://college.example/i/college/achievements/accounting-1-2"
	c := find(t, evaluate(t, p, []programme.Held{k}, day), "k")
	expect(t, "route", c.Route, programme.Articulation)
	expect(t, "counted", c.Counted.String(), "12")
	// It runs one way only, and for that achievement alone.
	other := held("o", college, programme.Transfer, 12, "2025-01-01", "")
	expect(t, "another", find(t, evaluate(t, p, []programme.Held{other}, day), "o").Status, programme.NotUsed)
}
