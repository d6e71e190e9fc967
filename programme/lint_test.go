package programme_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// What is shipped has nothing to find.
func TestExamplesAreClean(t *testing.T) {
	files, err := filepath.Glob("../examples/programmes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p, err := programme.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, one := range programme.Lint(p, nil) {
			t.Errorf("%s: %+v", f, one)
		}
	}
}

// A rule about repeats is looked at: nothing is in its way here.
func TestLintKnowsRepeats(t *testing.T) {
	p, err := programme.Parse([]byte(strings.Replace(example(t), "  appeal:", "  repeat: {keep: best, clause: \"1.7\"}\n  appeal:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if found := programme.Lint(p, nil); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

const (
	practiceMatch = "match: {tags: [community-practice]}"
	capstoneMatch = "match: {tags: [capstone]}"
	soilMatch     = "match: {tags: [soil]}"
	waterMatch    = "match: {tags: [water]}"
	college2      = `"did:web:college.example:i:college"`
)

// Every code is found in a programme that is broken in this one way, at the place
// that is wrong.
func TestLint(t *testing.T) {
	offered := []programme.Held{
		{Digest: "1", Issuer: college, Achievement: "https://college.example/i/college/achievements/soil-and-water", Type: "Course", Route: programme.Transfer, Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(5), HoursPerCredit: cairn.WholeCredits(10)}},
		{Digest: "2", Issuer: university, Achievement: "a", Type: "Course", Route: programme.InResidence, Tags: []string{"water", "crop-health", "digital-literacy", "spreadsheets", "mobile-money", "community-practice", "soil"}, Field: "AGRI", Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(20), HoursPerCredit: cairn.WholeCredits(10)}},
	}
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "  - {id: B%d, issuer: did:web:x.example, achievement: a%d, field: F, from: %d}\n", i, i, 2000+i)
	}
	second := "  - id: A-13\n    issuer: did:web:college.example:i:college\n    achievement: https://college.example/i/college/achievements/soil-and-water\n    field: BUS\n"
	for _, c := range []struct {
		name, code string
		severity   programme.Severity
		change     []string // old, new, …
		at         string
		catalogue  []programme.Held
	}{
		{"total over the sum", programme.LintTotalUnreachable, programme.LintError, []string{"total: 60", "total: 61"}, "61", nil},
		{"total that a cap keeps away", programme.LintTotalUnreachable, programme.LintError, []string{"total: 60", "total: 62", "percent: 50", "credits: 4",
			"choose: 2", "choose: 1", "credits: 4\n        match: {tags: [spreadsheets]}", "credits: 10\n        match: {tags: [spreadsheets], issuers: [" + college2 + "]}"}, "62", nil},
		{"total under the sum", programme.LintTotalExceeded, programme.LintWarning, []string{"total: 60", "total: 59"}, "59", nil},
		{"figures without a common part", programme.LintFigures, programme.LintError, []string{"credits: 6\n        " + soilMatch, "credits: 6/997\n        " + soilMatch, "credits: 6\n        " + waterMatch, "credits: 6/991\n        " + waterMatch, "total: 60", "total: 48"}, "requirements", nil},
		{"selector that leaves out what it takes", programme.LintSelectorEmpty, programme.LintError, []string{practiceMatch, "match: {tags: [a, b], not: {tags: [b, a]}}"}, "match: {tags: [a, b]", nil},
		{"selector of an issuer that can't use the route", programme.LintSelectorEmpty, programme.LintError, []string{soilMatch, "match: {issuers: [" + college2 + "], routes: [in-residence]}", "countsAs: [C1, C2]", "countsAs: [C2]"}, "id: C1", nil},
		{"grades of two scales", programme.LintSelectorEmpty, programme.LintError, []string{practiceMatch, "match: {minGrade: {scale: l, grade: A}, not: {minGrade: {scale: m, grade: \"1\"}}}", "policy:", "grades:\n  - {scale: l, grades: [A, B]}\n  - {scale: m, grades: [\"1\", \"2\"]}\npolicy:"}, "match: {minGrade", nil},
		{"slot that nothing fills", programme.LintSlotUnreachable, programme.LintError, []string{"        " + capstoneMatch + "\n", ""}, "id: capstone\n", nil},
		{"choice that nothing fills", programme.LintSlotUnreachable, programme.LintWarning, []string{"        match: {tags: [mobile-money]}\n", ""}, "id: D3", nil},
		{"reserved, and only from elsewhere", programme.LintReservedOutside, programme.LintError, []string{capstoneMatch, "match: {routes: [transfer]}"}, "id: capstone\n", nil},
		{"reserved, and of another issuer", programme.LintReservedOutside, programme.LintError, []string{capstoneMatch, "match: {issuers: [" + college2 + "]}"}, "id: capstone\n", nil},
		{"level over what it takes", programme.LintLevelImpossible, programme.LintError, []string{"match: {fields: [AGRI, BUS]}", "match: {fields: [AGRI, BUS], levels: {max: 3}}"}, "match: {fields: [AGRI, BUS]", nil},
		{"level that no other framework reaches", programme.LintLevelUnmapped, programme.LintWarning, []string{"minLevel: 4", "minLevel: 6"}, "6\n    limits", nil},
		{"grade over what it takes", programme.LintGradeImpossible, programme.LintError, []string{"    reserved: true", "    minGrade: {scale: l, grade: A}", capstoneMatch, "match: {minGrade: {scale: m, grade: \"1\"}}", "policy:", "grades:\n  - {scale: l, grades: [A, B]}\n  - {scale: m, grades: [\"1\", \"2\"]}\npolicy:"}, "id: capstone\n", nil},
		{"too old by the time that the other begins", programme.LintAgeImpossible, programme.LintError, []string{soilMatch, "match: {awarded: {until: 2010}, issuers: [\"did:web:university.example:i:university\"]}", waterMatch, "match: {awarded: {from: 2020}}", "countsAs: [C1, C2]", "countsAs: [C3]"}, "id: R1", nil},
		{"too old in one requirement by the time that another begins", programme.LintAgeImpossible, programme.LintError, []string{"match: {tags: [digital-literacy]}", "match: {awarded: {until: 2010}}", "choose: 2", "choose: 3", practiceMatch, "match: {awarded: {from: 2016}}", "total: 60", "total: 64"}, "maxAge: {years: 5", nil},
		{"age that changes nothing", programme.LintAgeWithoutEffect, programme.LintWarning, []string{"maxAge: {years: 5,", "maxAge: {years: 7,"}, "maxAge: {years: 7, clause: \"2.4\"", nil},
		{"floor over everything", programme.LintFloorImpossible, programme.LintError, []string{"  maxAge: {years: 7,", "  floors:\n    - {id: f, clause: \"9\", credits: 61}\n  maxAge: {years: 7,"}, "{id: f", nil},
		{"floor over the places", programme.LintFloorImpossible, programme.LintError, []string{"  maxAge: {years: 7,", "  floors:\n    - {id: f, clause: \"9\", number: 4, requirements: [R1]}\n  maxAge: {years: 7,"}, "{id: f", nil},
		{"floor over a cap", programme.LintFloorImpossible, programme.LintError, []string{"  maxAge: {years: 7,", "  caps:\n    - {id: c, clause: \"8\", match: {fields: [BUS, AGRI]}, credits: 10}\n  floors:\n    - {id: f, clause: \"9\", match: {fields: [BUS]}, credits: 11}\n  maxAge: {years: 7,"}, "{id: f", nil},
		{"cap over everything", programme.LintBoundWithoutEffect, programme.LintNote, []string{"  maxAge: {years: 7,", "  caps:\n    - {id: c, clause: \"9\", percent: 100}\n  maxAge: {years: 7,"}, "{id: c", nil},
		{"rule about routes that comes too late", programme.LintRoutingUnreached, programme.LintWarning, []string{"  maxAge: {years: 7,", "  routing:\n    - {clause: \"8\", match: {types: [A, B]}, bar: true}\n    - {clause: \"9\", match: {types: [B]}, to: exam}\n  maxAge: {years: 7,"}, "{clause: \"9\"", nil},
		{"limits under the credits", programme.LintLimitsTooLow, programme.LintError, []string{"{fields: [BUS], credits: 6,", "{fields: [BUS, AGRI], credits: 15,"}, "limits:", nil},
		{"limits that, with what only fills one, are too low", programme.LintLimitsTooLow, programme.LintError, []string{"match: {fields: [AGRI, BUS]}", "match: {fields: [AGRI, BUS], not: {fields: [AGRI]}}"}, "id: R3", nil},
		{"limit of another field", programme.LintLimitWithoutEffect, programme.LintWarning, []string{"{fields: [BUS],", "{fields: [LAW],"}, "{fields: [LAW]", nil},
		{"limit over the credits", programme.LintLimitWithoutEffect, programme.LintWarning, []string{"{fields: [BUS], credits: 6,", "{fields: [BUS], credits: 16,"}, "{fields: [BUS]", nil},
		{"more from elsewhere than the cap", programme.LintCapImpossible, programme.LintError, []string{"percent: 50", "percent: 5", practiceMatch, "match: {issuers: [" + college2 + "]}"}, "id: R4", nil},
		{"more from elsewhere together than the cap", programme.LintCapImpossible, programme.LintError, []string{"percent: 50", "percent: 10", practiceMatch, "match: {issuers: [" + college2 + "]}", soilMatch, "match: {issuers: [" + college2 + "]}"}, "outside", nil},
		{"more prior learning than the cap", programme.LintCapImpossible, programme.LintError, []string{"percent: 30", "percent: 5", practiceMatch, "match: {routes: [rpl]}"}, "id: R4", nil},
		{"cap of everything", programme.LintCapWithoutEffect, programme.LintNote, []string{"percent: 50", "percent: 100"}, "outside", nil},
		{"all of an exclusive set", programme.LintExclusiveImpossible, programme.LintError, []string{soilMatch, "match: {achievements: [a]}", waterMatch, "match: {achievements: [b]}", "agreements:", "exclusive:\n  - {clause: \"1.9\", achievements: [a, b]}\nagreements:", "countsAs: [C1, C2]", "countsAs: [C3]"}, "id: R1", nil},
		{"exclusive across requirements", programme.LintExclusiveImpossible, programme.LintError, []string{practiceMatch, "match: {achievements: [a]}", waterMatch, "match: {achievements: [b]}", "agreements:", "exclusive:\n  - {clause: \"1.9\", achievements: [a, b]}\nagreements:", "countsAs: [C1, C2]", "countsAs: [C3]"}, "{clause: \"1.9\"", nil},
		{"one twice in a set", programme.LintExclusiveRepeat, programme.LintWarning, []string{"agreements:", "exclusive:\n  - {clause: \"1.9\", achievements: [a, b, a]}\nagreements:"}, "a]}\nagreements", nil},
		{"cap and set, each enough", programme.LintClash, programme.LintError, []string{"percent: 50", "credits: 1", soilMatch, "match: {achievements: [a], issuers: [" + college2 + "]}", waterMatch, "match: {achievements: [b]}", "agreements:", "exclusive:\n  - {clause: \"1.9\", achievements: [a, b]}\nagreements:", "countsAs: [C1, C2]", "countsAs: [C3]"}, "id: R1", nil},
		{"part of another slot", programme.LintOverlap, programme.LintNote, []string{"match: {tags: [mobile-money]}", "match: {tags: [mobile-money, spreadsheets]}"}, "match: {tags: [spreadsheets]}", nil},
		{"the same slot twice", programme.LintOverlap, programme.LintNote, []string{"match: {tags: [mobile-money]}", "match: {tags: [spreadsheets]}"}, "match: {tags: [spreadsheets]}\n    maxAge", nil},
		{"one achievement twice", programme.LintSameAchievement, programme.LintWarning, []string{soilMatch, "match: {achievements: [a]}", waterMatch, "match: {achievements: [a]}"}, "match: {achievements: [a]}\n      - id: C3", nil},
		{"agreement's id twice", programme.LintAgreementRepeated, programme.LintWarning, []string{"\nrequirements:", strings.Replace(second, "A-13", "A-12", 1) + "\nrequirements:"}, "A-12\n    issuer: did:web:college.example:i:college\n    achievement: https://college.example/i/college/achievements/soil-and-water\n    field: BUS", nil},
		{"agreements that overlap", programme.LintAgreementOverlap, programme.LintWarning, []string{"\nrequirements:", second + "\nrequirements:"}, "id: A-13", nil},
		{"agreement on what is reserved", programme.LintAgreementReserved, programme.LintWarning, []string{"countsAs: [C1, C2]", "countsAs: [C1, capstone]"}, "capstone]", nil},
		{"agreement on too little", programme.LintAgreementTooSmall, programme.LintWarning, nil, "C2]", offered},
		{"title in fewer languages", programme.LintTranslation, programme.LintWarning, []string{"{en: Electives, fr: Options, sw: Masomo ya hiari}", "{en: Electives, fr: Options}"}, "title: {en: Electives", nil},
		{"title not in the language of the award", programme.LintTranslation, programme.LintWarning, []string{"language: en", "language: ar"}, "title:", nil},
		{"nothing of one's own for what is reserved", programme.LintNothingOffered, programme.LintWarning, nil, "id: capstone\n", offered},
		{"nothing for what may come from elsewhere", programme.LintNothingOffered, programme.LintNote, []string{practiceMatch, "match: {tags: [other]}"}, "id: R4", offered},
		{"repeats of which one would have to be chosen", programme.LintUndecided, programme.LintNote, []string{soilMatch, "match: {achievements: [a, b]}", waterMatch, "match: {achievements: [a, c], types: [Course]}", "  appeal:", "  repeat: {keep: best, clause: \"1.7\"}\n  appeal:"}, "requirements:", nil},
		{"too many dates", programme.LintUndecided, programme.LintNote, []string{"\nrequirements:", many.String() + "\nrequirements:"}, "id: diploma", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := example(t)
			for i := 0; i < len(c.change); i += 2 {
				next := strings.Replace(text, c.change[i], c.change[i+1], 1)
				if next == text {
					t.Fatalf("%q changes nothing", c.change[i])
				}
				text = next
			}
			p, err := programme.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			found := programme.Lint(p, c.catalogue)
			line, column := place(t, text, c.at)
			if !slices.ContainsFunc(found, func(f programme.Finding) bool {
				return f.Code == c.code && f.Severity == c.severity && f.Line == line && f.Column == column
			}) {
				t.Errorf("no %s %s at %d:%d: %+v", c.severity, c.code, line, column, found)
			}
			// One fault is not told as another error too.
			for _, f := range found {
				if f.Severity == programme.LintError && f.Code != c.code {
					t.Errorf("also %+v", f)
				}
			}
			lintReached[c.code], lintSeverities[c.code+" "+string(c.severity)] = true, true
		})
	}
	for _, code := range programme.LintCodes() {
		if !lintReached[code] && t.Failed() == false {
			t.Errorf("no programme here has %s", code)
		}
	}
}

// Every code, with every severity that it has, is explained, and nothing else is.
func TestFindingsAreDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/specs/programme.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ((?:error|warning|note)[a-z, ]*) \\|").FindAllStringSubmatch(string(b), -1) {
		explained[m[1]] = m[2]
	}
	for _, code := range programme.LintCodes() {
		if explained[code] == "" {
			t.Errorf("%s is not explained", code)
		}
	}
	if len(explained) != len(programme.LintCodes()) {
		t.Errorf("%d codes are explained, and there are %d", len(explained), len(programme.LintCodes()))
	}
	if t.Failed() {
		return
	}
	for seen := range lintSeverities {
		code, severity, _ := strings.Cut(seen, " ")
		if !strings.Contains(explained[code], severity) {
			t.Errorf("%s is a %s, and explained as %s", code, severity, explained[code])
		}
	}
}

// lintSeverities are those that TestLint saw, as "code severity".
var lintSeverities = map[string]bool{}

var lintReached = map[string]bool{}

// An error is never said of a programme that somebody completes.
func TestLintErrorsAreTrue(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	complete := 0
	for range 60 {
		p, list := dense(rng, 20, 5)
		p.Policy.Outside.Percent, p.Policy.RPL.Percent = cairn.WholeCredits(1+rng.Int64N(100)), cairn.WholeCredits(1+rng.Int64N(100))
		r := evaluate(t, p, list, day)
		errors := slices.ContainsFunc(programme.Lint(p, nil), func(f programme.Finding) bool { return f.Severity == programme.LintError })
		satisfied := !slices.ContainsFunc(r.Requirements, func(q programme.RequirementResult) bool { return q.Status != programme.Satisfied })
		if satisfied && r.Complete {
			complete++
			if errors {
				t.Fatalf("it is complete, and the findings are %+v", programme.Lint(p, nil))
			}
		}
	}
	if complete < 5 {
		t.Errorf("only %d were complete", complete)
	}
}

// Rules that are large, and of which every one is in the way of another, don't keep
// anybody waiting.
func TestLintIsQuick(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p, _ := realistic(rng, 1, 100)
	p.Policy.MaxAge = &programme.Currency{Years: 1, Clause: "a"}
	p.Policy.Outside = &programme.Cap{Credits: cairn.WholeCredits(1), Clause: "o"}
	for i := range p.Requirements {
		r := &p.Requirements[i]
		r.MaxAge = &programme.Currency{Months: 6}
		for j := range r.All {
			s := &r.All[j]
			s.Match = programme.Selector{Awarded: &programme.Dates{From: cairn.PartialDate{Year: 2000 + 3*(i%7)}, Until: cairn.PartialDate{Year: 2000 + 3*(i%7)}}, Issuers: []cairn.DID{college},
				Achievements: []cairn.AchievementID{cairn.AchievementID(fmt.Sprint("a", i)), cairn.AchievementID(fmt.Sprint("a", i+1))}}
		}
		p.Exclusive = append(p.Exclusive, programme.Exclusive{Clause: "x", Achievements: []cairn.AchievementID{cairn.AchievementID(fmt.Sprint("a", i)), cairn.AchievementID(fmt.Sprint("a", i+1))}})
	}
	begin := time.Now()
	found := programme.Lint(p, nil)
	d := time.Since(begin)
	t.Logf("%v, %d findings", d, len(found))
	if d > 5*time.Second {
		t.Errorf("%v", d)
	}
}
