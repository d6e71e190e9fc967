package ctdl

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn.example/programme"
)

func examples(t *testing.T) map[string]*programme.Programme {
	t.Helper()
	files, err := filepath.Glob("../examples/programmes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	out := map[string]*programme.Programme{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if out[filepath.Base(f)], err = programme.Parse(b); err != nil {
			t.Fatal(f, err)
		}
	}
	return out
}

// TestExport holds what every document must be: the same bytes each time, one node
// for each address, and no reference into the pathway that leads nowhere.
func TestExport(t *testing.T) {
	for name, p := range examples(t) {
		d, err := Export(p)
		if err != nil {
			t.Fatal(name, err)
		}
		if again, err := Export(p); err != nil || !bytes.Equal(d.JSON, again.JSON) || !slices.Equal(d.Unsaid, again.Unsaid) {
			t.Errorf("%s: another export differs", name)
		}
		var doc struct {
			Graph []map[string]any `json:"@graph"`
		}
		if err := json.Unmarshal(d.JSON, &doc); err != nil {
			t.Fatal(name, err)
		}
		base := doc.Graph[0]["@id"].(string)
		known := map[string]bool{}
		for _, n := range doc.Graph {
			id := n["@id"].(string)
			if known[id] {
				t.Errorf("%s: %s is there twice", name, id)
			}
			known[id] = true
		}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case string:
				if strings.HasPrefix(v, base) && !known[v] {
					t.Errorf("%s: %s leads nowhere", name, v)
				}
			case []any:
				for _, one := range v {
					walk(one)
				}
			case map[string]any:
				for _, one := range v {
					walk(one)
				}
			}
		}
		for _, n := range doc.Graph {
			walk(n)
		}
	}
}

func TestWhatIsSaid(t *testing.T) {
	p, err := programme.Parse([]byte(`
id: small
edition: "2026/1"
institution: did:web:university.example
title: {en: Small, fr: Petit}
language: en
award: {achievement: https://university.example/a/small, type: Certificate}
credit: {unit: ECTS, hoursPerCredit: 25, total: 10}
policy: {outside: {percent: 50, clause: "9"}}
agreements:
  - {id: A1, issuer: did:web:college.example, achievement: https://college.example/a/x, countsAs: [s1], from: 2024, until: 2025-06, credits: 2.5, route: transfer}
requirements:
  - id: R1
    clause: "1"
    title: {en: One of two}
    choose: 1
    of:
      - {id: s1, title: {en: First}, credits: 5, match: {achievements: ["https://university.example/a/1"]}}
      - {id: s2, title: {en: Second}, credits: 5, match: {tags: [second]}}
  - {id: R2, clause: "2", title: {en: Rest}, credits: 5, match: {fields: [SCI]}, after: [R1], reserved: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Export(p)
	if err != nil {
		t.Fatal(err)
	}
	const base = `https://university.example/a/small#programme/small/2026%2F1`
	for _, want := range []string{
		`"ceterms:name":{"en":"Small","fr":"Petit"}`,
		`"ceterms:hasDestinationComponent":["` + base + `/award"]`,
		`"ceterms:credentialType":"ceterms:Certificate"`,
		`{"@type":"ceterms:ComponentCondition","ceterms:logicalOperator":"logic:And","ceterms:requiredNumber":2,"ceterms:targetComponent":["` + base + `/requirement/R1","` + base + `/requirement/R2"]}`,
		`{"@type":"ceterms:ComponentCondition","ceterms:logicalOperator":"logic:Or","ceterms:requiredNumber":1,"ceterms:targetComponent":["` + base + `/slot/s1","` + base + `/slot/s2"]}`,
		`"ceterms:proxyFor":["https://university.example/a/1"]`,
		`"ceterms:prerequisite":["` + base + `/requirement/R1"]`,
		`"@type":"ceterms:TransferValueProfile","ceterms:endDate":"2025-06-30","ceterms:name":{"en":"A1"},"ceterms:ownedBy":["did:web:university.example"],"ceterms:startDate":"2024-01-01"`,
		`"ceterms:transferValue":[{"@type":"ceterms:ValueProfile","ceterms:creditUnitTypeDescription":{"en":"ECTS"},"schema:value":2.5}]`,
		`"ceterms:transferValueFor":["` + base + `/slot/s1"],"ceterms:transferValueFrom":["https://college.example/a/x"]`,
	} {
		if !strings.Contains(string(d.JSON), want) {
			t.Errorf("the document has no %s\n%s", want, d.JSON)
		}
	}
	want := []string{"credit.hoursPerCredit", "policy.outside", "requirements[0].of[1].match.tags", "requirements[1].match", "requirements[1].reserved", "agreements[0].route"}
	if !slices.Equal(d.Unsaid, want) {
		t.Errorf("unsaid %q, want %q", d.Unsaid, want)
	}
}
