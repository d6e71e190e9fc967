package programme_test

import (
	"fmt"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// place is the line and column of the first occurrence of a text.
func place(t testing.TB, text, of string) (line, column int) {
	t.Helper()
	i := strings.Index(text, of)
	if i < 0 {
		t.Fatalf("%q is not in the document", of)
	}
	before := text[:i]
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndex(before, "\n")+1:]))
}

// Every problem names the line and the column of what is wrong, in YAML and in
// JSON, and the requirement and clause where there is one.
func TestProblemsHaveAPlace(t *testing.T) {
	practice := "match: {tags: [community-practice]}"
	for _, c := range []struct {
		name, from, to string
		at             string // stands where the problem is said to be
		words          string
		requirement    string
	}{
		{"unknown member", "edition:", "editon:", "editon", `unknown field "editon"`, ""},
		{"unknown member inside", "      - id: C2", "      - id: C2\n        colour: red", "colour", `unknown field "colour"`, "R1"},
		{"twice", "language: en", "language: en\nlanguage: fr", "language: fr", "already defined", ""},
		{"no id", "id: diploma-sustainable-agriculture\n", "", "edition:", "the id must", ""},
		{"bad id", "id: diploma-sustainable-agriculture", "id: not/good", "not/good", "the id must", ""},
		{"no edition", `edition: "2026"`, `edition: ""`, `""`, "edition is missing", ""},
		{"hidden edition", `edition: "2026"`, `edition: "2026\u200b"`, `"2026`, "hidden", ""},
		{"institution", "did:web:university.example:i:university", "University", "University", "decentralised", ""},
		{"title", "  en: Diploma in Sustainable Agriculture", `  en: ""`, "title:", "a title", ""},
		{"title that is a text", "  en: Diploma in Sustainable Agriculture\n  fr: Diplôme en agriculture durable\n  sw: Stashahada ya Kilimo Endelevu\n", "  Diploma\n", "Diploma\n", "members", ""},
		{"description", "language: en", "description: {en: \"\"}\nlanguage: en", "description", "description", ""},
		{"language", "language: en", "language: ''", "''", "language", ""},
		{"award without achievement", "  achievement: https://university.example/i/university/achievements/diploma-sustainable-agriculture\n", "", "award:", "achievement", ""},
		{"award without type", "  type: Diploma\n", "", "award:", "type", ""},
		{"no unit", "  unit: credits\n", "", "credit:", "unit", ""},
		{"no hours", "  hoursPerCredit: 10  ", "  hoursPerCredit: 0  ", "0        #", "hours", ""},
		{"no total", "  total: 60\n", "", "credit:", "total", ""},
		{"negative", "total: 60", "total: -60", "-60", "-60", ""},
		{"not a figure", "total: 60", "total: many", "many", "plain figure", ""},
		{"zeros lost", "value: 4.5", "value: 4.50", "4.50", "quotes", ""},
		{"cap of two kinds", "outside: {percent: 50,", "outside: {percent: 50, credits: 3,", "outside", "either", ""},
		{"cap above all", "percent: 50", "percent: 101", "101", "at most 100", ""},
		{"cap rounded up", "{percent: 50,", "{percent: 50, round: up,", "up,", "round", ""},
		{"cap without clause", `percent: 30, clause: "1.3"`, "percent: 30", "rpl", "clause", ""},
		{"age of nothing", "maxAge: {years: 7,", "maxAge: {years: 0,", "maxAge", "age limit", ""},
		{"age that is no figure", "maxAge: {years: 7,", "maxAge: {years: seven,", "seven", "whole number", ""},
		{"age that is cut", "maxAge: {years: 7,", "maxAge: {years: 7.5,", "7.5", "whole number", ""},
		{"age of nothing in a requirement", "maxAge: {years: 5,", "maxAge: {years: 0,", "maxAge: {years: 0", "age limit", "R2"},
		{"requirement's id twice", "id: R2", "id: R1", "R1\n    clause: \"2.4\"", "id of its own", "R1"},
		{"no clause", `    clause: "3.1"` + "\n", "", "id: R3", "clause", "R3"},
		{"no title", "    title: {en: Electives, fr: Options, sw: Masomo ya hiari}\n", "", "id: R3", "title", "R3"},
		{"reserved that is neither", "reserved: true", "reserved: maybe", "maybe", "true or false", "R5"},
		{"a list that is none", "match: {tags: [soil]}", "match: {tags: soil}", "soil}", "list", "R1"},
		{"two forms", "    choose: 2\n    of:", "    credits: 3\n    match: {tags: [a]}\n    choose: 2\n    of:", "id: R2", "exactly one", "R2"},
		{"chooses too many", "choose: 2", "choose: 4", "4\n    of", "between 1 and 3", "R2"},
		{"slot's id twice", "id: C3", "id: C1", "C1\n        title: {en: Crop", "id of its own", "R1"},
		{"slot without title", "        title: {en: Soil, fr: Sol, sw: Udongo}\n", "", "id: C1", "title", "R1"},
		{"slot without credits", "credits: 6\n        match: {tags: [water]}", "match: {tags: [water]}", "id: C2", "credits", "R1"},
		{"match without credits", "    reserved: true", "    match: {tags: [a]}", "match: {tags: [a]}", "match belongs to credits", "R5"},
		{"unknown route", practice, "match: {routes: [transfer, teleport]}", "teleport", "teleport", "R4"},
		{"supervision", practice, "match: {supervision: [perhaps]}", "perhaps", "onsite", "R4"},
		{"levels of nothing", practice, "match: {levels: {}}", "levels: {}}", "min, max", "R4"},
		{"levels upside down", practice, "match: {levels: {min: 5, max: 4}}", "levels: {min", "below", "R4"},
		{"grade on no scale", practice, "match: {minGrade: {scale: letters, grade: A}}", "minGrade", "scale", "R4"},
		{"requirement's grade on no scale", "    reserved: true", "    minGrade: {scale: letters, grade: A}", "minGrade", "scale", "R5"},
		{"level without framework", "  framework: EQF\n  map:", "  map:", "4\n    limits", "framework", "R3"},
		{"awarded never", practice, "match: {awarded: {from: 2024, until: 2023}}", "awarded", "ends before", "R4"},
		{"awarded on no day", practice, "match: {awarded: {from: 2024-13}}", "2024-13", "not a date", "R4"},
		{"awarded without a date", practice, "match: {awarded: {}}", "awarded", "from, until", "R4"},
		{"not nothing", practice, "match: {not: {}}", "not: {}", "left out", "R4"},
		{"not not", practice, "match: {not: {not: {tags: [a]}}}", "not: {tags", "not inside", "R4"},
		{"limit without fields", "{fields: [BUS],", "{fields: [],", "{fields: []", "fields", "R3"},
		{"limits that overlap", `      - {fields: [BUS], credits: 6, clause: "3.2"}`, "      - {fields: [BUS], credits: 6, clause: a}\n      - {fields: [BUS, AGRI], credits: 6, clause: b}", "{fields: [BUS, AGRI]", "two limits", "R3"},
		{"agreement with a slot that is not there", "countsAs: [C1, C2]", "countsAs: [C1, C9]", "C9", "C9", ""},
		{"agreement without effect", "    countsAs: [C1, C2]      # one of them, not both\n    field: AGRI", "    from: 2020-01-01", "id: A-12", "agreement", ""},
		{"agreement that ends before it begins", "    field: AGRI             #", "    from: 2024-01-02\n    until: 2024-01-01\n    field: AGRI #", "id: A-12", "ends before", ""},
		{"exclusive set of one", "agreements:", "exclusive:\n  - {clause: x, achievements: [a]}\nagreements:", "{clause: x", "at least two", ""},
		{"scale of one", "policy:", "grades:\n  - {scale: x, grades: [a]}\npolicy:", "{scale: x", "at least two", ""},
		{"no requirements", "requirements:", "x-requirements:", "x-requirements", "unknown field", ""},
		{"anchor", `edition: "2026"`, `edition: &e "2026"`, "&e", "anchors", ""},
		{"tag", `edition: "2026"`, `edition: !x "2026"`, "!x", "tags", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(example(t), c.from, c.to, 1)
			if text == example(t) {
				t.Fatal("the case changes nothing")
			}
			_, err := programme.Parse([]byte(text))
			found := programme.ProblemsOf(err)
			if found == nil {
				t.Fatalf("no problems: %v", err)
			}
			line, column := place(t, text, c.at)
			for _, p := range found.List {
				if p.Line == line && p.Column == column && strings.Contains(p.Message, c.words) {
					if p.Requirement != c.requirement || (p.Clause == "") != (c.requirement == "") && c.name != "no clause" {
						t.Errorf("in requirement %q, clause %q", p.Requirement, p.Clause)
					}
					return
				}
			}
			t.Errorf("nothing at %d:%d with %q: %v", line, column, c.words, err)
		})
	}
}

// JSON is YAML; the places are those of the JSON.
func TestProblemsInJSON(t *testing.T) {
	text := "{\n  \"id\": \"p\",\n  \"edition\": \"1\", \"institution\": \"nobody\",\n  \"title\": {\"en\": \"P\"}, \"language\": \"en\",\n" +
		"  \"award\": {\"achievement\": \"a\", \"type\": \"Diploma\"}, \"credit\": {\"unit\": \"c\", \"hoursPerCredit\": 10, \"total\": 6},\n" +
		"  \"requirements\": [\n    {\"id\": \"R1\", \"clause\": \"1\", \"title\": {\"en\": \"R\"}, \"all\": [\n      {\"id\": \"S1\", \"title\": {\"en\": \"S\"}, \"credits\": 0, \"match\": {\"tags\": [\"a\"]}}]}]\n}\n"
	_, err := programme.Parse([]byte(text))
	found := programme.ProblemsOf(err)
	if found == nil || len(found.List) != 2 {
		t.Fatalf("%v", err)
	}
	for i, at := range []string{`"nobody"`, `0, "match"`} {
		line, column := place(t, text, at)
		if p := found.List[i]; p.Line != line || p.Column != column {
			t.Errorf("%s is at %d:%d, not %+v", at, line, column, p)
		}
	}
}

// All problems are told at once, in the order of the document, up to a bound.
func TestManyProblems(t *testing.T) {
	text := strings.NewReplacer("edition:", "editon:", "total: 60", "total: 0", "reserved: true", "reserved: maybe", "id: C2", "id: C1").Replace(example(t))
	_, err := programme.Parse([]byte(text))
	if found := programme.ProblemsOf(err); found == nil || len(found.List) != 2 || found.More {
		t.Errorf("what can't be read hides what is wrong in what was read: %v", err)
	}
	text = strings.Replace(text, "reserved: maybe", "reserved: true", 1)
	_, err = programme.Parse([]byte(text))
	found := programme.ProblemsOf(err)
	if found == nil || len(found.List) != 5 { // editon, no edition, total, C1 twice, the agreement's C2
		t.Fatalf("%v", err)
	}
	for i := 1; i < len(found.List); i++ {
		if found.List[i].Line < found.List[i-1].Line {
			t.Errorf("out of order: %v", err)
		}
	}
	var more strings.Builder
	for i := range 30 {
		fmt.Fprintf(&more, "x%d: 1\n", i)
	}
	_, err = programme.Parse([]byte(example(t) + more.String()))
	if found := programme.ProblemsOf(err); found == nil || len(found.List) != 20 || !found.More || !strings.Contains(err.Error(), "and more") {
		t.Errorf("%v", err)
	}
	_, err = programme.Parse(nil)
	if found := programme.ProblemsOf(err); found == nil || found.List[0].Line != 1 || cairn.KindOf(err) != cairn.Invalid {
		t.Errorf("an empty document: %v", err)
	}
}
