package programme_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/programme"
)

// ruleFiles are the examples by kind, in the order in which the example programme
// uses them.
var ruleFiles = []string{"national-policy", "institution-policy", "grade-scale", "level-framework", "credit-conversion", "agreement"}

func ruleText(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("../examples/rules/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func rulesOf(t testing.TB, texts ...string) (out []*programme.Rules) {
	t.Helper()
	for _, text := range texts {
		r, err := programme.ParseRules([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// using is the example programme with other documents, whose digests it takes on.
// With change its own rules are other ones.
func using(t testing.TB, documents []*programme.Rules, change ...string) *programme.Programme {
	t.Helper()
	head, _, _ := strings.Cut(ruleText(t, "programme"), "uses:")
	head = strings.NewReplacer(change...).Replace(head) + "uses:\n"
	for _, d := range documents {
		head += "  - {kind: " + string(d.Kind) + ", id: " + d.ID + ", digest: \"" + d.Digest() + "\"}\n"
	}
	p, err := programme.Parse([]byte(head))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func exampleRules(t testing.TB) (out []*programme.Rules) {
	t.Helper()
	for _, name := range ruleFiles {
		out = append(out, rulesOf(t, ruleText(t, name))...)
	}
	return out
}

func resolved(t testing.TB, p *programme.Programme, documents []*programme.Rules) *programme.Programme {
	t.Helper()
	q, found := p.Resolve(documents)
	if q == nil {
		t.Fatalf("not resolved: %v", found)
	}
	return q
}

// The examples fit together as they are on the disk: every digest is right, and the
// programme can be completed by what its documents allow.
func TestRuleExamples(t *testing.T) {
	documents := exampleRules(t)
	p, err := programme.Parse([]byte(ruleText(t, "programme")))
	if err != nil {
		t.Fatal(err)
	}
	if p.Resolved() || len(p.Uses) != len(documents) {
		t.Fatalf("%d uses", len(p.Uses))
	}
	if _, err := programme.Evaluate(p, nil, day, programme.Options{}); cairn.CodeOf(err) != "programme.unresolved" {
		t.Errorf("evaluated without its documents: %v", err)
	}
	q, found := p.Resolve(documents)
	if q == nil || len(found) > 0 {
		t.Fatalf("%v", found)
	}
	if len(q.CheckDates(day)) > 0 || q.Digest() != p.Digest() || len(q.Rules()) != len(documents) || len(q.Agreements) != 2 || q.Agreements[0].Clause != "A-12, 3" || q.Levels.Framework != "EQF" || len(q.Grades) != 1 {
		t.Errorf("%+v", q)
	}
	for _, f := range programme.Lint(q, nil) {
		if f.Severity != programme.LintNote {
			t.Errorf("%v (%s)", f, f.Code)
		}
	}
	twice := append(slices.Clone(documents), rulesOf(t, strings.NewReplacer("id: A-12", "id: A-13").Replace(ruleText(t, "agreement")))...)
	found = programme.Lint(resolved(t, using(t, twice), twice), nil)
	if i := slices.IndexFunc(found, func(f programme.Finding) bool { return f.Code == programme.LintAgreementOverlap }); i < 0 || found[i].Field != "uses[6]" || found[i].Line < 20 {
		t.Errorf("two agreements about the same: %v", found)
	}
	for _, name := range ruleFiles {
		out, err := programme.FormatRules([]byte(ruleText(t, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := programme.FormatRules(out); err != nil || !bytes.Equal(out, again) {
			t.Errorf("%s: laid out twice it is another: %v", name, err)
		}
	}
}

// give is a credential for the example programme.
func give(name, grade, scale string, credit cairn.CreditValue, awarded string, tags ...string) programme.Held {
	h := held(name, college, programme.Transfer, 0, awarded, "AGRI", tags...)
	h.Credit, h.Grade, h.GradeScale = &credit, grade, scale
	return h
}

func ects(n, of int64) cairn.CreditValue {
	return cairn.CreditValue{Amount: cairn.NewCredits(n, of), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)}
}

func outcome(t testing.TB, p *programme.Programme, o programme.Options, list ...programme.Held) (programme.Result, func(string) (string, string, cairn.Credits)) {
	t.Helper()
	r, err := programme.Evaluate(p, list, day, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, func(name string) (status, reasons string, counted cairn.Credits) {
		for _, c := range r.Credentials {
			if c.Credential == name {
				var codes []string
				for _, why := range c.Reasons {
					codes = append(codes, why.Code)
				}
				return string(c.Status), strings.Join(codes, " "), c.Counted
			}
		}
		t.Fatalf("no %s", name)
		return
	}
}

// What a document says reaches the engine: units, rounding, grades of other scales, the
// pass mark, levels and agreements.
func TestDocumentsReachTheEngine(t *testing.T) {
	documents := exampleRules(t)
	p := resolved(t, using(t, documents), documents)
	soil := give("soil", "Credit", "COLLEGE", ects(3, 1), "2025-03-01", "soil") // 75 hours: 7.5 credits
	_, of := outcome(t, p, programme.Options{}, soil)
	if status, why, _ := of("soil"); status != "used" && status != "partly-used" {
		t.Errorf("a grade of the college's scale: %s %s", status, why)
	}
	carries := func(credit cairn.CreditValue) cairn.Credits {
		r, _ := outcome(t, p, programme.Options{}, give("one", "A", "UNI", credit, "2025-03-01", "soil"))
		return r.Credentials[0].Carries
	}
	for _, v := range []struct {
		credit cairn.CreditValue
		want   cairn.Credits
	}{
		{ects(3, 1), cairn.NewCredits(15, 2)},
		{cairn.CreditValue{Amount: cairn.WholeCredits(1), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(99)}, cairn.NewCredits(5, 2)},     // the table's hours, not the credential's
		{cairn.CreditValue{Amount: cairn.WholeCredits(1), Unit: "ECTS"}, cairn.NewCredits(5, 2)},                                             // which needn't say any
		{cairn.CreditValue{Amount: cairn.NewCredits(27, 10), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)}, cairn.NewCredits(13, 2)}, // 6.75, down to halves
		{cairn.CreditValue{Amount: cairn.WholeCredits(4), Unit: "points", HoursPerCredit: cairn.WholeCredits(16)}, cairn.WholeCredits(6)},    // 6.4; a unit that no table has
	} {
		if got, same := carries(v.credit), p.Amount(v.credit); !got.Equal(v.want) || !same.Equal(v.want) {
			t.Errorf("%v: %s, want %s", v.credit, got, v.want)
		}
	}
	for _, v := range []struct{ scale, grade, status, why string }{
		{"COLLEGE", "Distinction", "used", ""}, {"COLLEGE", "Pass", "used", ""}, {"UNI", "P", "not-used", "grade-too-low"}, {"UNI", "E", "not-used", "not-passed"}, {"ELSEWHERE", "A", "undecided", "grade-unknown"},
	} {
		h := give("one", v.grade, v.scale, ects(24, 10), "2025-03-01", "soil")
		h.Field = ""
		_, of := outcome(t, p, programme.Options{}, h)
		if status, why, _ := of("one"); status != v.status || !strings.Contains(why, v.why) {
			t.Errorf("%s of %s: %s %s", v.grade, v.scale, status, why)
		}
	}
	// A higher level stands for a lower one, unless the framework says otherwise.
	high := give("high", "A", "UNI", ects(2, 1), "2025-03-01")
	if _, why, counted := func() (string, string, cairn.Credits) {
		_, of := outcome(t, p, programme.Options{}, high)
		return of("high")
	}(); counted.IsZero() {
		t.Errorf("level 5 for 4: %s", why)
	}
	documents[3] = rulesOf(t, strings.Replace(ruleText(t, "level-framework"), "higherFillsLower: true", "higherFillsLower: false", 1))[0]
	exact := resolved(t, using(t, documents), documents)
	_, of = outcome(t, exact, programme.Options{}, high)
	if status, why, _ := of("high"); status != "not-used" || !strings.Contains(why, "level-too-high") {
		t.Errorf("level 5 for exactly 4: %s %s", status, why)
	}
}

// An agreement holds in its window, by the day that governs it, from its grade up, for
// what it says; one way, and not beyond its two parties.
func TestAgreementDocument(t *testing.T) {
	others := exampleRules(t)[:5]
	try := func(change []string, o programme.Options, edit func(*programme.Held)) (string, string) {
		t.Helper()
		documents := append(slices.Clone(others), rulesOf(t, strings.NewReplacer(change...).Replace(ruleText(t, "agreement")))...)
		p := resolved(t, using(t, documents), documents)
		h := give("k", "Credit", "COLLEGE", ects(4, 1), "2026-03-01")
		h.Field, h.Achievement = "", "https://college.example/i/college/achievements/land-care"
		if edit != nil {
			edit(&h)
		}
		r, of := outcome(t, p, o, h)
		status, why, _ := of("k")
		for _, l := range r.Lines {
			why += " in " + strings.Trim(l.Requirement+"/"+l.Slot, "/") + ":" + l.Credits.String()
		}
		return status, why
	}
	application := []string{"governs: study", "governs: application"}
	for _, v := range []struct {
		name   string
		change []string
		o      programme.Options
		edit   func(*programme.Held)
		status string
		why    string
	}{
		{"in force", nil, programme.Options{}, nil, "used", "in R1/C"},
		{"learned before it", nil, programme.Options{}, func(h *programme.Held) { h.AwardedOn.Year = 2024 }, "not-used", "no-match"},
		{"learned when, is not known", nil, programme.Options{}, func(h *programme.Held) { h.AwardedOn = cairn.PartialDate{} }, "undecided", "agreement-uncertain"},
		{"applied for in time, learned before it", application, programme.Options{}, func(h *programme.Held) { h.AwardedOn.Year = 2024 }, "used", "in R1/C"},
		{"applied for too late, judged in time", append(slices.Clone(application), "2028-12-31", "2026-06-30"), programme.Options{}, nil, "not-used", "no-match"},
		{"applied for in time, judged later", append(slices.Clone(application), "2028-12-31", "2026-06-30"), programme.Options{Application: time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC)}, nil, "used", "in R1/C"},
		{"grade too low", nil, programme.Options{}, func(h *programme.Held) { h.GradeScale, h.Grade = "UNI", "D" }, "not-used", "no-match"},
		{"grade unknown", nil, programme.Options{}, func(h *programme.Held) { h.GradeScale = "" }, "undecided", "agreement-uncertain"},
		{"by somebody else", nil, programme.Options{}, func(h *programme.Held) { h.Issuer = platform }, "not-used", "no-match"},
		{"less in common than the policy asks for", []string{"overlap: 85", "overlap: 79"}, programme.Options{}, nil, "not-used", "no-match"},
		{"as much as the policy asks for", []string{"overlap: 85", "overlap: 80"}, programme.Options{}, nil, "used", "in R1/C"},
		{"for other credit", []string{"overlap: 85", "credits: 3"}, programme.Options{}, nil, "partly-used", "in R2:3"},
		{"for those admitted then", []string{"overlap: 85", "overlap: 86", "terms:", "cohort: {from: 2025, until: 2026}\nterms:"}, programme.Options{Admission: day}, nil, "used", "in R1/C"},
		{"for those admitted before", []string{"terms:", "cohort: {until: 2025}\nterms:"}, programme.Options{Admission: day}, nil, "not-used", "no-match"},
		{"for those admitted then, when it is not known when", []string{"terms:", "cohort: {until: 2025}\nterms:"}, programme.Options{}, nil, "undecided", "agreement-uncertain"},
		{"for another programme", []string{"overlap: 85", "programmes: [another]"}, programme.Options{}, nil, "not-used", "no-match"},
	} {
		if v.name == "for other credit" {
			v.status = "used"
		}
		if status, why := try(v.change, v.o, v.edit); status != v.status || !strings.Contains(why, v.why) {
			t.Errorf("%s: %s %s, want %s %s", v.name, status, why, v.status, v.why)
		}
	}
	// Applying too late is a day on which something is lost.
	documents := append(slices.Clone(others), rulesOf(t, strings.Replace(ruleText(t, "agreement"), "governs: study", "governs: application", 1))...)
	p := resolved(t, using(t, documents), documents)
	h := give("k", "Credit", "COLLEGE", ects(4, 1), "2026-03-01")
	h.Field, h.Achievement = "", "https://college.example/i/college/achievements/land-care"
	if r, _ := outcome(t, p, programme.Options{}, h); r.NextChange != "2029-01-01" {
		t.Errorf("next change %q", r.NextChange)
	}
}

func policyText(layer, id, rules string) string {
	return "kind: policy\nid: " + id + "\nversion: \"1\"\ntitle: {en: x}\nlayer: " + layer + "\n" + rules
}

// A narrower layer may tighten a rule, and loosen it only with leave.
func TestLayers(t *testing.T) {
	rest := exampleRules(t)[2:]
	for _, v := range []struct {
		name          string
		wide, narrow  string
		want          string // of the rule that holds, or of the conflict
		of            func(programme.Policy) any
		wideIsTheLast bool
	}{
		{"tighter cap", "policy: {outside: {percent: 49, clause: n}}", "policy: {outside: {percent: 40, clause: u}}", "u", func(l programme.Policy) any { return l.Outside.Clause }, false},
		{"the same in other words", "policy: {outside: {percent: 50, clause: n}}", "policy: {outside: {credits: 15, clause: u}}", "u", func(l programme.Policy) any { return l.Outside.Clause }, false},
		{"only the wide one", "policy: {rpl: {percent: 30, clause: n}}", "policy: {}", "n", func(l programme.Policy) any { return l.RPL.Clause }, false},
		{"order of uses is no matter", "policy: {outside: {percent: 49, clause: n}}", "policy: {outside: {percent: 40, clause: u}}", "u", func(l programme.Policy) any { return l.Outside.Clause }, true},
		{"looser cap", "policy: {outside: {percent: 49, clause: n}}", "policy: {outside: {percent: 50, clause: u}}", "outside of the national policy wide (clause n): 15 credits, and not 14.7", nil, false},
		{"looser with leave", "policy: {outside: {percent: 49, clause: n}}\nmayLoosen: [outside]", "policy: {outside: {percent: 50, clause: u}}", "u", func(l programme.Policy) any { return l.Outside.Clause }, false},
		{"leave for something else", "policy: {outside: {percent: 49, clause: n}}\nmayLoosen: [rpl]", "policy: {outside: {percent: 50, clause: u}}", "loosens outside", nil, false},
		{"younger", "policy: {maxAge: {years: 7, clause: n}}", "policy: {maxAge: {months: 60, clause: u}}", "u", func(l programme.Policy) any { return l.MaxAge.Clause }, false},
		{"older", "policy: {maxAge: {years: 7, clause: n}}", "policy: {maxAge: {months: 85, clause: u}}", "85 months, and not 84", nil, false},
		{"another repeat", "policy: {repeat: {keep: last, clause: n}}", "policy: {repeat: {keep: best, clause: u}}", "the best counts, and not the last", nil, false},
		{"more time to appeal", "policy: {appeal: {days: 21, to: n}}", "policy: {appeal: {days: 30, to: u}}", "u", func(l programme.Policy) any { return l.Appeal.To }, false},
		{"less time to appeal", "policy: {appeal: {days: 21, to: n}}", "policy: {appeal: {days: 20, to: u}}", "20 days, and not 21", nil, false},
		{"decided later", "policy: {appeal: {days: 21, to: n, decideWithin: 21}}", "policy: {appeal: {days: 30, to: u, decideWithin: 22}}", "decided within 22 days, and not within 21", nil, false},
		{"no time to decide", "policy: {appeal: {days: 21, to: n, decideWithin: 21}}", "policy: {appeal: {days: 30, to: u}}", "decided within 0 days", nil, false},
		{"decided sooner", "policy: {appeal: {days: 21, to: n, decideWithin: 21}}", "policy: {appeal: {days: 21, to: u, decideWithin: 14}}", "u", func(l programme.Policy) any { return l.Appeal.To }, false},
		{"less overlap", "policy: {overlap: {percent: 80, clause: n}}", "policy: {overlap: {percent: 79, clause: u}}", "79 %, and not 80 %", nil, false},
		{"more overlap", "policy: {overlap: {percent: 80, clause: n}}", "policy: {overlap: {percent: 90, clause: u}}", "u", func(l programme.Policy) any { return l.Overlap.Clause }, false},
		{"less again", "policy: {reuse: {allow: free, clause: n}}", "policy: {reuse: {allow: share, percent: 50, clause: u}}", "u", func(l programme.Policy) any { return l.Reuse.Clause }, false},
		{"more again", "policy: {reuse: {allow: forbidden, clause: n}}", "policy: {reuse: {allow: share, percent: 50, clause: u}}", "50 % count again, and not 0 %", nil, false},
		{"surplus somewhere", "policy: {surplus: {clause: n}}", "policy: {surplus: {clause: u}}", "u", func(l programme.Policy) any { return l.Surplus.Clause }, false},
		{"fewer routes open", "policy: {opening: {routes: [transfer, in-residence], clause: n}}", "policy: {opening: {routes: [in-residence], clause: u}}", "u", func(l programme.Policy) any { return l.Opening.Clause }, false},
		{"more routes open", "policy: {opening: {routes: [in-residence], clause: n}}", "policy: {opening: {routes: [transfer], clause: u}}", "loosens opening", nil, false},
		{"more exceptions", "policy: {exceptions: {reserved: [], clause: n}}", "policy: {exceptions: {reserved: [waive], clause: u}}", "loosens exceptions", nil, false},
		{"fewer sign twice", "policy: {secondSignature: {for: [waive, refuse], clause: n}}", "policy: {secondSignature: {for: [waive], clause: u}}", "loosens secondSignature", nil, false},
		{"more sign twice", "policy: {secondSignature: {for: [waive], clause: n}}", "policy: {secondSignature: {for: [waive, refuse], clause: u}}", "u", func(l programme.Policy) any { return l.SecondSignature.Clause }, false},
		{"routings of both", "policy: {routing: [{clause: n, match: {tags: [a]}, bar: true}]}", "policy: {routing: [{clause: u, match: {tags: [b]}, to: rpl}]}", "n u", func(l programme.Policy) any { return l.Routing[0].Clause + " " + l.Routing[1].Clause }, false},
		{"other terms", "policy: {terms: [01-15]}", "policy: {terms: [02-15]}", "terms begin on", nil, false},
		{"caps of both", "policy: {caps: [{id: a, credits: 5, clause: n}]}", "policy: {caps: [{id: b, credits: 6, clause: u}]}", "n u", func(l programme.Policy) any { return l.Caps[0].Clause + " " + l.Caps[1].Clause }, false},
		{"a tighter cap of the same id", "policy: {caps: [{id: a, credits: 5, clause: n}]}", "policy: {caps: [{id: a, credits: 4, clause: u}]}", "u", func(l programme.Policy) any { return l.Caps[0].Clause }, false},
		{"a looser cap of the same id", "policy: {caps: [{id: a, credits: 5, clause: n}]}", "policy: {caps: [{id: a, credits: 6, clause: u}]}", "a is not the same rule with a tighter figure", nil, false},
		{"another cap of the same id", "policy: {caps: [{id: a, credits: 5, clause: n}]}", "policy: {caps: [{id: a, credits: 4, clause: u, match: {fields: [X]}}]}", "a is not the same rule", nil, false},
		{"a looser floor of the same id", "policy: {floors: [{id: a, credits: 5, clause: n}]}", "policy: {floors: [{id: a, credits: 4, clause: u}]}", "a is not the same rule", nil, false},
		{"a tighter floor of the same id", "policy: {floors: [{id: a, credits: 5, clause: n}]}", "policy: {floors: [{id: a, credits: 6, clause: u}]}", "u", func(l programme.Policy) any { return l.Floors[0].Clause }, false},
	} {
		pair := rulesOf(t, policyText("national", "wide", v.wide), policyText("faculty", "narrow", v.narrow))
		if v.wideIsTheLast {
			slices.Reverse(pair)
		}
		documents := append(pair, rest...)
		q, found := using(t, documents).Resolve(documents)
		switch {
		case v.of != nil && q == nil:
			t.Errorf("%s: %v", v.name, found)
		case v.of != nil:
			if got := v.of(q.Policy); got != v.want {
				t.Errorf("%s: %v", v.name, got)
			}
		case q != nil || len(found) != 1 || found[0].Code != programme.LintLayersContradict || !strings.Contains(found[0].Message, v.want) || found[0].Line == 0:
			t.Errorf("%s: %v", v.name, found)
		}
	}
	// The programme itself is the narrowest layer.
	documents := append(rulesOf(t, policyText("national", "wide", "policy: {outside: {percent: 49, clause: n}}")), rest...)
	if q, found := using(t, documents, "requirements:", "policy: {outside: {percent: 60, clause: own}}\nrequirements:").Resolve(documents); q != nil || !strings.Contains(found[0].Message, "the programme (clause own) loosens outside") {
		t.Errorf("the programme loosens a national rule: %v", found)
	}
}

// Every rule of a policy is put together, and every one can be allowed to be loosened.
func TestEveryPolicyRuleIsLayered(t *testing.T) {
	for i := range reflect.TypeFor[programme.Policy]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[programme.Policy]().Field(i).Tag.Get("yaml"), ",")
		if !slices.Contains(programme.Layered(), name) {
			t.Errorf("policy.%s is lost where there are layers: add it to policyRules", name)
		}
		if _, err := programme.ParseRules([]byte(policyText("national", "x", "mayLoosen: ["+name+"]"))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var ruleReached = map[string]bool{}

func TestRuleFindings(t *testing.T) {
	all := exampleRules(t)
	with := func(i int, change ...string) []*programme.Rules {
		out := slices.Clone(all)
		out[i] = rulesOf(t, strings.NewReplacer(change...).Replace(ruleText(t, ruleFiles[i])))[0]
		return out
	}
	same := func(d []*programme.Rules) ([]*programme.Rules, []*programme.Rules) { return d, d }
	for _, v := range []struct {
		code        string
		used, given []*programme.Rules
		change      []string
		how         programme.Severity
		says        string
	}{
		{code: programme.LintReferenceMissing, used: all, given: all[:5], how: programme.LintError, says: "the agreement A-12 was not given"},
		{code: programme.LintReferenceDiffers, used: all, given: with(5, "2028", "2029"), how: programme.LintError, says: "that was given is version 2026 with the digest sha256:"},
		{code: programme.LintReferenceTwice, used: append(slices.Clone(all), with(2, `version: "2026"`, `version: "2027"`)[2]), how: programme.LintError, says: "the scale UNI is there already"},
		{code: programme.LintReferenceTwice, used: append(slices.Clone(all), with(3, "2017", "2018")[3]), how: programme.LintError, says: "has levels of EQF already"},
		{code: programme.LintReferenceTwice, used: append(slices.Clone(all), with(4, "hoursPerCredit: 50", "hoursPerCredit: 48")[4]), how: programme.LintError, says: "the unit SCH has two lengths"},
		{code: programme.LintReferenceTwice, used: append(slices.Clone(all), with(4, "step: 1/2", "step: 1/4")[4]), how: programme.LintError, says: "rounded in two ways"},
		{code: programme.LintReferenceNothing, used: with(5, "overlap: 85", "programmes: [other]"), how: programme.LintWarning, says: "says nothing about this programme"},
		{code: programme.LintAgreementParty, used: with(5, "did:web:university.example:i:university", "did:web:elsewhere.example"), how: programme.LintError, says: "an agreement runs one way"},
		{code: programme.LintAgreementSlot, used: with(5, "[C1, C2]", "[C1, C9]"), how: programme.LintError, says: "names the slot C9"},
		{code: programme.LintOverlapTooLow, used: with(5, "overlap: 85", "overlap: 79.5"), how: programme.LintWarning, says: "79.5 % of the contents are the same, and the policy asks for 80 %"},
		{code: programme.LintLevelNone, used: all, change: []string{"minLevel: 4", "minLevel: 4.5"}, how: programme.LintError, says: "EQF has no level 4.5"},
		{code: programme.LintRoundingUnaligned, used: with(4, "step: 1/2, when: before", "step: 4, when: after"), how: programme.LintError, says: "multiples of 4, and 30 is none"},
		{code: programme.LintConversion, used: with(4, "hoursPerCredit: 10", "hoursPerCredit: 12"), how: programme.LintError, says: "12 hours there, and 10 hours in the programme"},
		{code: programme.LintLayersContradict, used: with(1, "percent: 40", "percent: 50"), how: programme.LintError, says: "the institution policy university-recognition (clause U 2) loosens outside of the national policy national-credit-transfer (clause N 5.2)"},
		{code: "programme.document", used: all, change: []string{"grade: C}", "grade: X}"}, how: programme.LintError, says: `the grade "X" is not on the scale "UNI"`},
	} {
		if v.given == nil {
			v.used, v.given = same(v.used)
		}
		q, found := using(t, v.used, v.change...).Resolve(v.given)
		i := slices.IndexFunc(found, func(f programme.Finding) bool {
			return f.Code == v.code && f.Severity == v.how && strings.Contains(f.Message, v.says)
		})
		if i < 0 || found[i].Line < 1 || (q == nil) != (v.how == programme.LintError) {
			t.Errorf("%s: %v", v.says, found)
		}
		ruleReached[v.code] = true
	}
	p := using(t, all)
	p.Uses[5].ID = "A-13"
	if q, found := p.Resolve(all); q != nil || found[0].Code != programme.LintReferenceKind || !strings.Contains(found[0].Message, "is the agreement A-12") {
		t.Errorf("%v", found)
	}
	q := resolved(t, using(t, all), all)
	if found := q.CheckDates(day); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if found := q.CheckDates(day.AddDate(5, 0, 0)); len(found) != 1 || found[0].Code != programme.LintAgreementDates || found[0].Severity != programme.LintWarning || !strings.Contains(found[0].Message, "in force 2025-01-01 – 2028-12-31, and not on 2031-11-23") || found[0].Line < 1 {
		t.Errorf("%v", found)
	}
	ruleReached[programme.LintReferenceKind], ruleReached[programme.LintAgreementDates] = true, true
	if found := programme.Lint(using(t, all), nil); len(found) != 1 || found[0].Code != programme.LintReferenceMissing || found[0].Severity != programme.LintWarning {
		t.Errorf("a programme without its documents: %v", found)
	}
	b, err := os.ReadFile("../docs/specs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range programme.RuleFindings() {
		if !ruleReached[code] {
			t.Errorf("no programme here has %s", code)
		}
		if !strings.Contains(string(b), "| `"+code+"` | ") {
			t.Errorf("docs/specs/rules.md does not explain %s", code)
		}
	}
}

func TestParseRulesRefuses(t *testing.T) {
	for _, v := range []struct {
		file   string
		change []string
		says   string
	}{
		{"grade-scale", []string{"kind: grade-scale", "kind: scale"}, `line 2, column 7: kind: there is no kind "scale"; the kinds are grade-scale`},
		{"grade-scale", []string{"kind: grade-scale\n", ""}, "the document does not say its kind"},
		{"grade-scale", []string{"pass: D", "pass: X"}, `line 9, column 7: pass: the grade "X" is not on the scale`},
		{"grade-scale", []string{"is: C", "is: Z"}, `map[2].is: the grade "Z" is not on the scale`},
		{"grade-scale", []string{"points: [5, 4", "points: [4"}, "as many points as grades"},
		{"grade-scale", []string{"[P]", "[A]"}, `"A" is a grade of the scale already`},
		{"grade-scale", []string{"as: D", "as: Q"}, `passFail.as: the grade "Q"`},
		{"grade-scale", []string{"clause: \"G 1\"\n", ""}, "a pass mark needs the clause"},
		{"grade-scale", []string{"[A, B, C", "[A, A, C"}, "each grade is there once"},
		{"grade-scale", []string{"grade: Credit", "grade: Pass"}, "a grade of another scale is mapped once"},
		{"grade-scale", []string{"scale: UNI", "scales: UNI"}, `unknown field "scales"`},
		{"level-framework", []string{"4, 5, 6", "5, 4, 6"}, "the lowest first"},
		{"level-framework", []string{"is: 4,", "is: 4.5,"}, "there is no level 4.5"},
		{"level-framework", []string{`is: 5, version: "2023"`, "is: 5"}, "needs the framework and its version"},
		{"level-framework", []string{"value: 6", "value: 5"}, "level 5 of KNQF is mapped twice"},
		{"level-framework", []string{"steps: [1, 2, 3, 4, 5, 6, 7, 8]", "steps: []"}, "a framework needs a name and its levels"},
		{"credit-conversion", []string{"unit: NCrF", "unit: ECTS"}, `the unit "ECTS" is there twice`},
		{"credit-conversion", []string{"hoursPerCredit: 30", "hoursPerCredit: 0"}, "a unit needs a name and its hours"},
		{"credit-conversion", []string{"direction: down", "direction: away"}, "rounded down, up or nearest"},
		{"credit-conversion", []string{"step: 1/2", "step: 0"}, "rounding needs a step"},
		{"credit-conversion", []string{"direction: down, step: 1/2, when: before", "direction: up, step: 1/2, when: after"}, "after summing, credit is rounded down only"},
		{"credit-conversion", []string{"when: before", "when: never"}, "before or after it is summed up"},
		{"national-policy", []string{"layer: national", "layer: village"}, `not "village"`},
		{"national-policy", []string{"[maxAge]", "[everything]"}, `there is no rule "everything"`},
		{"national-policy", []string{"percent: 49", "percent: 149"}, "a percentage is at most 100"},
		{"national-policy", []string{"percent: 80", "percent: 0"}, "the least overlap is a percentage"},
		{"national-policy", []string{`clause: "N 6.1"`, "years: 3"}, "line 10"},
		{"agreement", []string{"did:web:university.example:i:university", "did:web:college.example:i:college"}, "no agreement with itself"},
		{"agreement", []string{"governs: study", "governs: always"}, "study or application"},
		{"agreement", []string{"2028", "2024"}, "it ends before it begins"},
		{"agreement", []string{`from: "2025-01-01", `, ""}, "begins on a day"},
		{"agreement", []string{"overlap: 85", "overlap: 101"}, "at most 100"},
		{"agreement", []string{"slots: [C1, C2]     # each counts as any one of them, not both\n    field: AGRI ", "# "}, "what they count as"},
		{"agreement", []string{"clause: \"A-12, 3\"\n", ""}, "needs the clause"},
		{"agreement", []string{"name: {en: Lakeside Technical College}", "name: {en: \"\\u202e\"}"}, "without hidden characters"},
		{"agreement", []string{"id: A-12", "id: A 12"}, "letters, digits, dots and dashes"},
		{"agreement", []string{"title: {en: Articulation of soil and water}", "title: *x"}, "anchors, aliases"},
	} {
		text := ruleText(t, v.file)
		changed := strings.NewReplacer(v.change...).Replace(text)
		if changed == text {
			t.Errorf("%v changes nothing", v.change)
			continue
		}
		_, err := programme.ParseRules([]byte(changed))
		if err == nil || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%s %v: %v", v.file, v.change, err)
			continue
		}
		if found := programme.ProblemsOf(err); found == nil || found.List[0].Line < 1 {
			t.Errorf("%s %v: no place: %v", v.file, v.change, err)
		}
	}
	if _, err := programme.ParseRules(bytes.Repeat([]byte("#"), 257<<10)); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("%v", err)
	}
	if _, err := programme.RuleSchema("none"); cairn.CodeOf(err) != "programme.no-kind" {
		t.Errorf("%v", err)
	}
}

// onlyParseRules are the words of what only ParseRules refuses.
var onlyParseRules = regexp.MustCompile(onlyParse.String() + `|no kind|does not say its kind|as many points|a grade of the scale already|mapped once|is there once|mapped twice|no level|the lowest first|is there twice|needs a step|rounded down only|` +
	`least overlap|with itself|pass mark|letters, digits|a version is needed|its hours|needs the framework|no requirement|of their own|needs a clause|must be|of its own|what is left out|needs policy\.terms|belong to|a cap needs|needs a name|begins on a day`)

func TestRuleSchemasAgreeWithParse(t *testing.T) {
	c := jsonschema.NewCompiler()
	add := func(name string, b []byte) {
		t.Helper()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("https://cairn.example/schemas/"+name+"-v1.json", doc); err != nil {
			t.Fatal(err)
		}
	}
	add("programme", programme.Schema)
	for _, k := range programme.Kinds() {
		b, err := programme.RuleSchema(k)
		if err != nil {
			t.Fatal(err)
		}
		add(string(k), b)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	n := cases(t, 60, 400)
	for _, name := range ruleFiles {
		kind := rulesOf(t, ruleText(t, name))[0].Kind
		compiled, err := c.Compile("https://cairn.example/schemas/" + string(kind) + "-v1.json")
		if err != nil {
			t.Fatal(err)
		}
		both, neither := 0, 0
		for i := range n {
			var tree any
			if err := yaml.Unmarshal([]byte(ruleText(t, name)), &tree); err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				change(rng, &tree)
			}
			text, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			_, refused := programme.ParseRules(text)
			switch invalid := compiled.Validate(v); {
			case refused == nil && invalid != nil:
				t.Errorf("ParseRules accepts what the schema of %s refuses: %v\n%s", kind, invalid, text)
			case refused != nil && invalid == nil && !onlyParseRules.MatchString(refused.Error()):
				t.Errorf("only ParseRules refuses this: %v\n%s", refused, text)
			case refused == nil:
				both++
			case invalid != nil:
				neither++
			}
		}
		if both < n/20 || neither < n/10 {
			t.Errorf("%s: accepted %d, refused %d of %d", name, both, neither, n)
		}
	}
}

func fuzzRules(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		f.Add([]byte(ruleText(f, name)))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		r, err := programme.ParseRules(data)
		if err != nil {
			if found := programme.ProblemsOf(err); found != nil && (len(found.List) == 0 || found.List[0].Line < 1 || found.List[0].Column < 1) {
				t.Fatalf("a problem without a place: %+v", found)
			}
			return
		}
		p := using(t, []*programme.Rules{r})
		if q, _ := p.Resolve([]*programme.Rules{r}); q != nil {
			if _, err := programme.Evaluate(q, amina(), day, programme.Options{Nodes: 50}); err != nil && cairn.KindOf(err) != cairn.Invalid {
				t.Fatal(err)
			}
		}
	}))
}

func FuzzGradeScale(f *testing.F)       { fuzzRules(f, "grade-scale") }
func FuzzLevelFramework(f *testing.F)   { fuzzRules(f, "level-framework") }
func FuzzCreditConversion(f *testing.F) { fuzzRules(f, "credit-conversion") }
func FuzzPolicy(f *testing.F)           { fuzzRules(f, "national-policy", "institution-policy") }
func FuzzAgreement(f *testing.F)        { fuzzRules(f, "agreement") }

// The same rules in documents of their own give the same result as inside the
// programme: Amina's 48 credits.
func TestDocumentsAreTheInlineForms(t *testing.T) {
	inline := example(t)
	cut := func(from, to string) (taken string) {
		t.Helper()
		i, j := strings.Index(inline, "\n"+from+":"), strings.Index(inline, "\n"+to+":")
		if i < 0 || j < i {
			t.Fatalf("no %s before %s", from, to)
		}
		taken, inline = inline[i+1:j+1], inline[:i+1]+inline[j+1:]
		return taken
	}
	want := evaluate(t, load(t), amina(), day)
	levels, policy := cut("levels", "policy"), cut("policy", "agreements")
	cut("agreements", "requirements")
	var mapped []string
	for _, line := range strings.Split(levels, "\n") {
		if strings.Contains(line, "value:") {
			mapped = append(mapped, strings.TrimSpace(strings.Replace(line, "}", ", version: \"1\"}", 1)))
		}
	}
	documents := rulesOf(t,
		"kind: level-framework\nid: l\nversion: \"1\"\ntitle: {en: l}\nframework: EQF\nsteps: [1, 2, 3, 4, 5, 6, 7, 8]\nhigherFillsLower: true\nmap:\n  "+strings.Join(mapped, "\n  ")+"\n",
		"kind: policy\nid: p\nversion: \"1\"\ntitle: {en: p}\nlayer: institution\n"+policy,
		"kind: agreement\nid: A-12\nversion: \"1\"\ntitle: {en: a}\nclause: A-12\nsending: {did: \""+string(college)+"\", name: {en: c}}\nreceiving: {did: \""+string(university)+"\", name: {en: u}}\n"+
			"valid: {from: 1990, governs: study}\nterms: [{achievements: [\"https://college.example/i/college/achievements/soil-and-water\"], slots: [C1, C2], field: AGRI}]\n")
	text := strings.TrimRight(inline, "\n") + "\nuses:\n"
	for _, d := range documents {
		text += "  - {kind: " + string(d.Kind) + ", id: " + d.ID + ", digest: \"" + d.Digest() + "\"}\n"
	}
	p, err := programme.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, resolved(t, p, documents), amina(), day)
	if got.Digest == want.Digest || got.Counted.String() != "48" {
		t.Errorf("%s credits, digest %s", got.Counted, got.Digest)
	}
	got.Digest = want.Digest
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("with documents\n%s\ninside the programme\n%s", a, b)
	}
}
