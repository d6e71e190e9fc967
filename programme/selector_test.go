package programme_test

import (
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// What each part of a selector picks, leaves out, and leaves to a person.
func TestSelectors(t *testing.T) {
	good := func(change func(*programme.Held)) programme.Held {
		h := held("k", college, programme.Transfer, 6, "2024-06-01", "AGRI", "soil")
		h.GradeScale, h.Grade, h.Assessment, h.Supervision = "letters", "B", "exam", "onsite"
		if change != nil {
			change(&h)
		}
		return h
	}
	awarded := func(s string) func(*programme.Held) {
		return func(h *programme.Held) {
			var err error
			if h.AwardedOn, err = cairn.ParsePartialDate(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	level := func(framework string, n int64) func(*programme.Held) {
		return func(h *programme.Held) { h.Level = &cairn.Level{Framework: framework, Value: cairn.WholeCredits(n)} }
	}
	for _, c := range []struct {
		name, selector string
		change         func(*programme.Held)
		reason         string // empty when it counts
	}{
		{"level within", "{levels: {min: 4, max: 5}}", nil, ""},
		{"level at the lower end", "{levels: {min: 5}}", nil, ""},
		{"level at the upper end", "{levels: {max: 5}}", nil, ""},
		{"level below", "{levels: {min: 6}}", nil, programme.ReasonNoMatch},
		{"level above", "{levels: {max: 4}}", nil, programme.ReasonNoMatch},
		{"level elsewhere", "{levels: {min: 5}}", level("KNQF", 6), ""},
		{"level elsewhere, below", "{levels: {min: 5}}", level("KNQF", 5), programme.ReasonNoMatch},
		{"level without a mapping", "{levels: {min: 5}}", level("XQF", 6), programme.ReasonLevelUnknown},
		{"no level", "{levels: {min: 5}}", func(h *programme.Held) { h.Level = nil }, programme.ReasonLevelUnknown},
		{"grade", "{minGrade: {scale: letters, grade: B}}", nil, ""},
		{"grade below", "{minGrade: {scale: letters, grade: A}}", nil, programme.ReasonNoMatch},
		{"grade on another scale", "{minGrade: {scale: letters, grade: B}}", func(h *programme.Held) { h.GradeScale = "points" }, programme.ReasonGradeUnknown},
		{"no grade", "{minGrade: {scale: letters, grade: B}}", func(h *programme.Held) { h.Grade = "" }, programme.ReasonGradeUnknown},
		{"awarded within", "{awarded: {from: 2024, until: 2024}}", nil, ""},
		{"awarded on the first day", "{awarded: {from: 2024-06-01}}", nil, ""},
		{"awarded on the last day", "{awarded: {until: 2024-06-01}}", nil, ""},
		{"awarded before", "{awarded: {from: 2024-06-02}}", nil, programme.ReasonNoMatch},
		{"awarded after", "{awarded: {until: 2024-05}}", nil, programme.ReasonNoMatch},
		{"awarded in a year that straddles", "{awarded: {from: 2024-06-01}}", awarded("2024"), programme.ReasonAwardedUncertain},
		{"awarded in a year that lies within", "{awarded: {from: 2023-06-01}}", awarded("2024"), ""},
		{"awarded nobody knows when", "{awarded: {from: 2024-06-01}}", func(h *programme.Held) { h.AwardedOn = cairn.PartialDate{} }, programme.ReasonAwardedUncertain},
		{"assessed so", "{assessments: [portfolio, exam]}", nil, ""},
		{"assessed otherwise", "{assessments: [portfolio]}", nil, programme.ReasonNoMatch},
		{"assessed nobody knows how", "{assessments: [exam]}", func(h *programme.Held) { h.Assessment = "" }, programme.ReasonAssessmentUnknown},
		{"supervised", "{supervision: [onsite, online]}", nil, ""},
		{"not supervised", "{supervision: [onsite, online]}", func(h *programme.Held) { h.Supervision = "none" }, programme.ReasonNoMatch},
		{"supervision not stated", "{supervision: [onsite]}", func(h *programme.Held) { h.Supervision = "" }, programme.ReasonSupervisionUnknown},
		{"all but", "{not: {tags: [water]}}", nil, ""},
		{"all but this", "{tags: [soil], not: {fields: [AGRI]}}", nil, programme.ReasonNoMatch},
		{"all but low levels", "{not: {levels: {max: 4}}}", nil, ""},
		{"all but what may be this", "{not: {levels: {max: 4}}}", func(h *programme.Held) { h.Level = nil }, programme.ReasonLevelUnknown},
		{"all but what is not this for another reason", "{not: {levels: {max: 4}, tags: [water]}}", func(h *programme.Held) { h.Level = nil }, ""},
		{"several, one fails", "{tags: [soil], levels: {min: 4}, awarded: {until: 2020}}", nil, programme.ReasonNoMatch},
		{"several, one is not known and one fails", "{supervision: [onsite], awarded: {until: 2020}}", func(h *programme.Held) { h.Supervision = "" }, programme.ReasonNoMatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(example(t), "match: {tags: [community-practice]}", "match: "+c.selector, 1)
			text = strings.Replace(text, "policy:", "grades:\n  - {scale: letters, grades: [A, B, C]}\npolicy:", 1)
			for _, tag := range []string{"[soil]", "[AGRI, BUS]"} { // nothing else may pick it
				text = strings.Replace(text, tag, "[nothing]", 1)
			}
			text = strings.Replace(text, `      - {fields: [BUS], credits: 6, clause: "3.2"}`, `      - {fields: [nothing], credits: 6, clause: "3.2"}`, 1)
			text = strings.Replace(text, "  maxAge: {years: 7, clause: \"1.6\"}\n", "", 1)
			if strings.Contains(c.selector, "AGRI") || strings.Contains(c.selector, "soil") {
				text = strings.Replace(text, "match: "+strings.ReplaceAll(c.selector, "soil", "nothing"), "match: "+c.selector, 1)
			}
			p, err := programme.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if !schemaAccepts(t, text) {
				t.Error("the schema refuses it")
			}
			r := evaluate(t, p, []programme.Held{good(c.change)}, day)
			got := r.Credentials[0]
			if c.reason == "" {
				if got.Status != programme.Used || r.Lines[0].Requirement != "R4" {
					t.Errorf("%+v %+v", got, r.Lines)
				}
				return
			}
			status := programme.Undecided
			if c.reason == programme.ReasonNoMatch {
				status = programme.NotUsed
			}
			if got.Status != status || len(got.Reasons) != 1 || got.Reasons[0].Code != c.reason || c.reason != programme.ReasonNoMatch && (got.Reasons[0].Clause != "4.1" || got.Reasons[0].Requirement != "R4") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// An agreement that may not have been in force gives nothing without a person,
// whether it opens a slot, a pool, or only a field that a selector asks for or
// leaves out.
func TestUncertainAgreementField(t *testing.T) {
	for _, match := range []string{"{fields: [AGRI]}", "{not: {fields: [AGRI]}}"} {
		text := strings.Replace(example(t), "    match: {fields: [AGRI, BUS]}\n", "    match: {tags: [nothing]}\n", 1)
		text = strings.Replace(text, "        credits: 6\n        match: {tags: [water]}", "        credits: 6\n        match: "+match, 1)
		text = strings.Replace(text, "    countsAs: [C1, C2]      # one of them, not both\n", "    until: 2024-06-30\n", 1)
		text = strings.Replace(text, `      - {fields: [BUS], credits: 6, clause: "3.2"}`, `      - {fields: [nothing], credits: 6, clause: "3.2"}`, 1)
		p, err := programme.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		h := amina()[0] // of the agreement, without a field of its own
		h.AwardedOn = cairn.PartialDate{Year: 2024}
		got := evaluate(t, p, []programme.Held{h}, day).Credentials[0]
		if got.Status != programme.Undecided || len(got.Reasons) != 1 || got.Reasons[0].Code != programme.ReasonAgreementUncertain {
			t.Errorf("%s: %+v", match, got)
		}
	}
}
