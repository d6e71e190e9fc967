package programme_test

import (
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// Of what was repeated one counts: which one is the programme's rule, and where the
// facts do not say it, a person looks.
func TestRepeats(t *testing.T) {
	type taken struct{ name, awarded, scale, grade string }
	for _, c := range []struct {
		name, keep string
		taken      []taken
		kept       string // empty when a person must look
	}{
		{"last", "last", []taken{{"a", "2024-01-01", "", ""}, {"b", "2025-01-01", "", ""}, {"c", "2023-01-01", "", ""}}, "b"},
		{"first", "first", []taken{{"a", "2024-01-01", "", ""}, {"b", "2025-01-01", "", ""}, {"c", "2023-01-01", "", ""}}, "c"},
		{"best", "best", []taken{{"a", "2024-01-01", "letters", "A"}, {"b", "2025-01-01", "letters", "C"}}, "a"},
		{"best, the last of equals", "best", []taken{{"a", "2024-01-01", "letters", "B"}, {"b", "2025-01-01", "letters", "B"}, {"c", "2026-01-01", "letters", "C"}}, "b"},
		{"best, one without a grade", "best", []taken{{"a", "2024-01-01", "letters", "A"}, {"b", "2025-01-01", "", ""}}, ""},
		{"best, on another scale", "best", []taken{{"a", "2024-01-01", "letters", "A"}, {"b", "2025-01-01", "points", "9"}}, ""},
		{"last, one in some year", "last", []taken{{"a", "2024", "", ""}, {"b", "2025-01-01", "", ""}}, "b"},
		{"last, one in the same year", "last", []taken{{"a", "2025", "", ""}, {"b", "2025-06-01", "", ""}}, ""},
		{"first, one in the same year", "first", []taken{{"a", "2025", "", ""}, {"b", "2025-06-01", "", ""}}, ""},
		{"last, nobody knows when", "last", []taken{{"a", "", "", ""}, {"b", "2025-06-01", "", ""}}, ""},
		{"last, on one day", "last", []taken{{"a", "2025-06-01", "", ""}, {"b", "2025-06-01", "", ""}}, "b"},
		{"best, which is too old", "best", []taken{{"a", "2015-01-01", "letters", "A"}, {"b", "2025-01-01", "letters", "C"}}, "b"},
		{"best, both too old", "best", []taken{{"a", "2015-01-01", "letters", "A"}, {"b", "2016-01-01", "letters", "C"}}, "none"},
		{"no rule", "", []taken{{"a", "2024-01-01", "", ""}, {"b", "2025-01-01", "", ""}}, "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(example(t), "policy:", "grades:\n  - {scale: letters, grades: [A, B, C]}\npolicy:", 1)
			if c.keep != "" {
				text = strings.Replace(text, "policy:\n", "policy:\n  repeat: {keep: "+c.keep+", clause: \"1.9\"}\n", 1)
			}
			if !strings.Contains(c.name, "too old") {
				text = strings.Replace(text, "  maxAge: {years: 7, clause: \"1.6\"}\n", "", 1)
			}
			p, err := programme.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if !schemaAccepts(t, text) {
				t.Error("the schema refuses it")
			}
			other := held("other", university, programme.InResidence, 2, "2025-01-01", "AGRI")
			list := []programme.Held{other}
			for _, k := range c.taken {
				h := held(k.name, university, programme.InResidence, 2, "2025-01-01", "AGRI")
				h.AwardedOn = cairn.PartialDate{}
				if k.awarded != "" {
					if h.AwardedOn, err = cairn.ParsePartialDate(k.awarded); err != nil {
						t.Fatal(err)
					}
				}
				h.Achievement, h.GradeScale, h.Grade = "https://university.example/agroforestry", k.scale, k.grade
				list = append(list, h)
			}
			r := evaluate(t, p, list, day)
			for _, got := range r.Credentials {
				want, reason := programme.NotUsed, programme.ReasonRepeated
				switch {
				case got.Credential == "other" || strings.Contains(c.kept, got.Credential):
					want, reason = programme.Used, programme.ReasonUsed
				case c.kept == "none" && got.Credential == "a":
					want, reason = programme.NotUsed, programme.ReasonTooOld
				case c.kept == "":
					want, reason = programme.Undecided, programme.ReasonRepeatUncertain
				}
				if got.Status != want || got.Reasons[0].Code != reason || want != programme.Used && reason != programme.ReasonTooOld && (len(got.Reasons) != 1 || got.Reasons[0].Clause != "1.9") {
					t.Errorf("%+v", got)
				}
			}
		})
	}
}
