package programme_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/programme"
)

func example(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../examples/programmes/sustainable-agriculture.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// schemaAccepts asks an independent JSON Schema validator.
func schemaAccepts(t testing.TB, text string) bool {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(programme.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("programme", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("programme")
	if err != nil {
		t.Fatal(err)
	}
	j, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return false
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		return false
	}
	return compiled.Validate(v) == nil
}

func TestExampleFitsTheSchema(t *testing.T) {
	if !schemaAccepts(t, example(t)) {
		t.Error("the published schema refuses the example")
	}
	if !json.Valid(programme.Schema) {
		t.Error("the schema is not JSON")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           string // part of the error
		schema         bool   // the schema can see it too
	}{
		{"unknown member", "edition:", "editon:", "editon", true},
		{"twice", "language: en", "language: en\nlanguage: fr", "already defined", true},
		{"no id", "id: diploma-sustainable-agriculture\n", "", "id", true},
		{"bad id", "id: diploma-sustainable-agriculture", "id: a diploma", "id", true},
		{"institution not an identifier", "institution: did:web:university.example:i:university", "institution: University", "institution", true},
		{"no total", "  total: 60\n", "", "credit", true},
		{"negative", "total: 60", "total: -60", "-60", true},
		{"not a figure", "total: 60", "total: many", "many", true},
		{"too fine", "total: 60", "total: 60.0001", "fine", false},
		{"cap without clause", `clause: "1.2"}   #`, `}   #`, "clause", true},
		{"cap twice", "{percent: 50,", "{percent: 50, credits: 30,", "cap", true},
		{"cap over 100", "{percent: 50,", "{percent: 150,", "100", false},
		{"requirement twice", "- id: R2", "- id: R1", "id of its own", false},
		{"slot twice", "- id: D2", "- id: D1", "id of its own", false},
		{"slot named like a requirement", "- id: D2", "- id: \"R 2\"", "id of its own", true},
		{"two forms", "    choose: 2\n", "    choose: 2\n    credits: 4\n    match: {tags: [x]}\n", "exactly one", true},
		{"choose too many", "choose: 2", "choose: 4", "choose", false},
		{"choose nothing", "choose: 2", "choose: 0", "choose", true},
		{"empty selector", "match: {tags: [community-practice]}", "match: {}", "match", true},
		{"unknown route", "match: {tags: [community-practice]}", "match: {routes: [teleport]}", "route", true},
		{"levels of nothing", "match: {tags: [community-practice]}", "match: {levels: {}}", "min, max", true},
		{"levels upside down", "match: {tags: [community-practice]}", "match: {levels: {min: 5, max: 4}}", "below", false},
		{"grade on no scale", "match: {tags: [community-practice]}", "match: {minGrade: {scale: letters, grade: A}}", "scale", false},
		{"awarded never", "match: {tags: [community-practice]}", "match: {awarded: {from: 2024, until: 2023}}", "before", false},
		{"awarded without a date", "match: {tags: [community-practice]}", "match: {awarded: {}}", "from, until", true},
		{"agreement that ends before it begins", "    field: AGRI             #", "    from: 2024-01-02\n    until: 2024-01-01\n    field: AGRI #", "before", false},
		{"supervised by nobody knows whom", "match: {tags: [community-practice]}", "match: {supervision: [perhaps]}", "onsite", true},
		{"not nothing", "match: {tags: [community-practice]}", "match: {not: {}}", "left out", true},
		{"not not", "match: {tags: [community-practice]}", "match: {not: {not: {tags: [a]}}}", "not inside", false},
		{"unknown route left out", "match: {tags: [community-practice]}", "match: {not: {routes: [teleport]}}", "route", true},
		{"attested and of credits", "    credits: 6\n    match: {tags: [community-practice]}", "    credits: 6\n    match: {tags: [community-practice]}\n    attestedBy: the dean", "exactly one", true},
		{"attested, and reserved", "    credits: 6\n    match: {tags: [community-practice]}", "    attestedBy: the dean\n    reserved: true", "no credential", true},
		{"attested by hidden characters", "    credits: 6\n    match: {tags: [community-practice]}", "    attestedBy: \"the\\u202edean\"", "hidden", false},
		{"level without framework", "  framework: EQF\n  map:", "  map:", "framework", false},
		{"limit without fields", "{fields: [BUS],", "{fields: [],", "fields", true},
		{"limits that overlap", `      - {fields: [BUS], credits: 6, clause: "3.2"}`, "      - {fields: [BUS], credits: 6, clause: a}\n      - {fields: [BUS, AGRI], credits: 6, clause: b}", "two limits", false},
		{"agreement with a slot that is not there", "countsAs: [C1, C2]", "countsAs: [C1, C9]", "C9", false},
		{"agreement without effect", "    countsAs: [C1, C2]      # one of them, not both\n    field: AGRI", "    from: 2020-01-01", "agreement", true},
		{"age of nothing", "{years: 7,", "{years: 0,", "age limit", false},
		{"anchor", "edition: \"2026\"", "edition: &e \"2026\"", "anchors", false},
		{"not a map", "id: diploma", "- id: diploma", "", true},
		{"broken YAML", "award:", "award: [", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(example(t), c.from, c.to, 1)
			if text == example(t) {
				t.Fatal("the case changes nothing")
			}
			_, err := programme.Parse([]byte(text))
			if err == nil {
				t.Fatal("was accepted")
			}
			if cairn.KindOf(err) != cairn.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if accepted := schemaAccepts(t, text); accepted == c.schema {
				t.Errorf("the schema accepts it: %v, expected %v", accepted, !c.schema)
			}
		})
	}
	if _, err := programme.Parse(bytes.Repeat([]byte("#"), 300<<10)); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("a large document: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example(f)))
	f.Add([]byte("id: x\nrequirements:\n  - {id: R, credits: 10/3, match: {tags: [a]}}"))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		p, err := programme.Parse(data)
		if err != nil {
			if found := programme.ProblemsOf(err); found != nil && (len(found.List) == 0 || found.List[0].Line < 1 || found.List[0].Column < 1) {
				t.Fatalf("a problem without a place: %+v", found)
			}
			return
		}
		for _, one := range programme.Lint(p, nil) {
			if one.Code == "" || one.Line < 0 {
				t.Fatalf("%+v", one)
			}
		}
		if _, err := programme.Evaluate(p, amina(), day, programme.Options{Nodes: 50}); err != nil && cairn.KindOf(err) != cairn.Invalid {
			t.Fatal(err)
		}
	}))
}
