package verify_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairn.example/dataintegrity"
	"cairn.example/docs/specs"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
)

// schema is a JSON Schema, as much of it as these tests look at.
type schema struct {
	Const       any
	Enum        []string
	Required    []string
	Properties  map[string]schema
	PrefixItems []struct {
		Ref string `json:"$ref"`
	}
	OneOf []schema
	Defs  map[string]schema `json:"$defs"`
}

func reportSchema(t *testing.T) schema {
	t.Helper()
	var s schema
	if err := json.Unmarshal(specs.ReportSchema, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("docs/specs/report-v1.schema.json: %s lacks %q", what, s)
		}
	}
	for i, s := range got {
		if !slices.Contains(want, s) || slices.Contains(got[:i], s) {
			t.Errorf("docs/specs/report-v1.schema.json: %s has %q, which is not one, or has it twice", what, s)
		}
	}
}

// constants returns the values of the text constants in a file whose names begin
// with a word or whose type is that word.
func constants(t *testing.T, file, word string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			return true
		}
		for _, s := range d.Specs {
			v := s.(*ast.ValueSpec)
			typ, _ := v.Type.(*ast.Ident)
			if !strings.HasPrefix(v.Names[0].Name, word) && (typ == nil || typ.Name != word) {
				continue
			}
			if s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value); err == nil {
				out = append(out, s)
			}
		}
		return false
	})
	if len(out) < 3 {
		t.Fatalf("%s in %s: %q", word, file, out)
	}
	return out
}

// The schema has what the program can say, no more and no less.
func TestSchemaSaysWhatTheProgramSays(t *testing.T) {
	s := reportSchema(t)
	spec, err := specified()
	if err != nil {
		t.Fatal(err)
	}
	report := s.Defs["report"]
	if report.Properties["version"].Const != float64(verify.FormatVersion) {
		t.Errorf("the schema is of version %v", report.Properties["version"].Const)
	}
	same(t, "verdict", report.Properties["verdict"].Enum, constants(t, "report.go", "Verdict"))
	same(t, "kind", report.Properties["kind"].Enum, constants(t, "report.go", "Kind"))
	same(t, "outcome", s.Defs["finding"].Properties["outcome"].Enum, constants(t, "report.go", "Outcome"))
	same(t, "axis", s.Defs["finding"].Properties["axis"].Enum, constants(t, "report.go", "Axis"))
	same(t, "state", s.Defs["standing"].Properties["state"].Enum, constants(t, "../trust/trust.go", "State"))
	var order, args, noted []string
	for _, item := range report.Properties["findings"].PrefixItems {
		order = append(order, strings.TrimPrefix(item.Ref, "#/$defs/"))
	}
	for i, a := range verify.Axes {
		if i >= len(order) || order[i] != string(a) {
			t.Fatalf("findings: %v, want %v", order, verify.Axes)
		}
		if c := s.Defs[order[i]].Properties["axis"].Const; c != string(a) {
			t.Errorf("the definition of %s is of the axis %v", a, c)
		}
		coded := map[string][]string{}
		for _, c := range verify.Codes {
			if c.Axis == a {
				coded[spec[c.Name].outcome] = append(coded[spec[c.Name].outcome], c.Name)
			}
		}
		for _, group := range s.Defs[order[i]].OneOf {
			outcome := group.Properties["outcome"].Const.(string)
			same(t, "the codes of "+order[i]+" with the outcome "+outcome, group.Properties["code"].Enum, coded[outcome])
			delete(coded, outcome)
		}
		for outcome, codes := range coded {
			t.Errorf("docs/specs/report-v1.schema.json: %s lacks the outcome %s with %q", a, outcome, codes)
		}
	}
	for _, c := range verify.Codes {
		if c.Axis == verify.AxisNote {
			noted = append(noted, c.Name)
		}
		for _, arg := range spec[c.Name].args {
			if !slices.Contains(args, arg) {
				args = append(args, arg)
			}
		}
	}
	same(t, "the codes of notes", s.Defs["note"].Properties["code"].Enum, noted)
	same(t, "args", slices.Collect(maps.Keys(s.Defs["args"].Properties)), args)
}

// The schema has the members that the program writes, and demands those that it
// always writes.
func TestSchemaHasTheMembers(t *testing.T) {
	s := reportSchema(t)
	for name, v := range map[string]any{"report": verify.Report{}, "finding": verify.Finding{}, "note": verify.Note{}, "securing": verify.Securing{}, "shown": verify.Shown{}, "line": verify.Line{}, "standing": trust.Standing{}} {
		var members, always []string
		for i := range reflect.TypeOf(v).NumField() {
			member, options, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ",")
			if members = append(members, member); options == "" {
				always = append(always, member)
			}
		}
		same(t, "the members of "+name, slices.Collect(maps.Keys(s.Defs[name].Properties)), members)
		same(t, "what is required of "+name, s.Defs[name].Required, always)
	}
}

// What is no report, or one that says two things, is refused.
func TestSchemaRefuses(t *testing.T) {
	made, err := json.Marshal(newWorld().engine().Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := reportcheck.Report(made); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	finding := func(r object, i int) object { return r["findings"].([]any)[i].(object) }
	for name, change := range map[string]func(object){
		"no version":                  func(r object) { delete(r, "version") },
		"another version":             func(r object) { r["version"] = 2 },
		"version as a text":           func(r object) { r["version"] = "1" },
		"no verdict":                  func(r object) { delete(r, "verdict") },
		"verdict of no kind":          func(r object) { r["verdict"] = "ok" },
		"verdict null":                func(r object) { r["verdict"] = nil },
		"no kind":                     func(r object) { delete(r, "kind") },
		"another kind":                func(r object) { r["kind"] = "diploma" },
		"no findings":                 func(r object) { delete(r, "findings") },
		"an axis is missing":          func(r object) { r["findings"] = r["findings"].([]any)[:5] },
		"the first axis is missing":   func(r object) { r["findings"] = r["findings"].([]any)[1:] },
		"an axis twice":               func(r object) { r["findings"] = append(r["findings"].([]any), finding(r, 5)) },
		"axes in another order":       func(r object) { f := r["findings"].([]any); f[2], f[3] = f[3], f[2] },
		"a finding without axis":      func(r object) { delete(finding(r, 0), "axis") },
		"a finding without outcome":   func(r object) { delete(finding(r, 0), "outcome") },
		"a finding without code":      func(r object) { delete(finding(r, 0), "code") },
		"outcome of no kind":          func(r object) { finding(r, 4)["outcome"] = "maybe" },
		"an unknown code":             func(r object) { finding(r, 3)["code"] = "status.fine" },
		"a code of another axis":      func(r object) { finding(r, 3)["code"] = "period.open" },
		"a code with another outcome": func(r object) { finding(r, 4)["code"] = "holder.other" },
		"a no that is called unknown": func(r object) { finding(r, 3)["outcome"], finding(r, 3)["code"] = "unknown", "status.revoked" },
		"valid, and withdrawn":        func(r object) { finding(r, 3)["outcome"], finding(r, 3)["code"] = "no", "status.revoked" },
		"undetermined, and withdrawn": func(r object) {
			finding(r, 3)["outcome"], finding(r, 3)["code"], r["verdict"] = "no", "status.revoked", "undetermined"
		},
		"valid, and the proof not checked": func(r object) {
			finding(r, 0)["outcome"], finding(r, 0)["code"] = "unknown", "proof.not-checked"
			delete(r, "shown")
			delete(r, "standing")
		},
		"shown, and the proof not checked": func(r object) {
			finding(r, 0)["outcome"], finding(r, 0)["code"], r["verdict"] = "unknown", "proof.not-checked", "undetermined"
			delete(r, "standing")
		},
		"standing, and the proof not good": func(r object) {
			finding(r, 0)["outcome"], finding(r, 0)["code"], r["verdict"] = "no", "proof.signature", "invalid"
			delete(r, "shown")
		},
		"an unknown argument":                func(r object) { finding(r, 0)["args"].(object)["colour"] = "red" },
		"an argument that is no text":        func(r object) { finding(r, 0)["args"].(object)["signer"] = 1 },
		"no arguments, but their object":     func(r object) { finding(r, 0)["args"] = object{} },
		"a time in another zone":             func(r object) { r["checkedAt"] = "2026-11-20T12:00:00+03:00" },
		"a day for a time":                   func(r object) { r["checkedAt"] = "2026-11-20" },
		"a thirteenth month":                 func(r object) { r["checkedAt"] = "2026-13-20T12:00:00Z" },
		"a digest of another kind":           func(r object) { r["digest"] = "md5:00" },
		"an unknown note":                    func(r object) { r["notes"] = []any{object{"code": "note.weather"}} },
		"an empty list of notes":             func(r object) { r["notes"] = []any{} },
		"an unknown member":                  func(r object) { r["score"] = 5 },
		"an unknown member of a finding":     func(r object) { finding(r, 1)["weight"] = 1 },
		"an unknown member of what is shown": func(r object) { r["shown"].(object)["photo"] = "x" },
		"shown without issuer":               func(r object) { delete(r["shown"].(object), "issuer") },
		"credits as a decimal":               func(r object) { r["shown"].(object)["credits"] = "3.5" },
		"a part that is no report":           func(r object) { r["credentials"] = []any{object{"verdict": "valid"}} },
		"an endorsement with a bad code":     func(r object) { b := object{}; maps.Copy(b, r); b["kind"] = "x"; r["endorsements"] = []any{b} },
		"an unknown standing":                func(r object) { r["standing"].(object)["state"] = "excellent" },
		"a name in no language":              func(r object) { r["standing"].(object)["name"] = object{"the English one": "x"} },
	} {
		var r object
		if err := json.Unmarshal(made, &r); err != nil {
			t.Fatal(err)
		}
		change(r)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if reportcheck.Report(b) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, s := range []string{``, `null`, `[]`, `{}`, `"valid"`} {
		if reportcheck.Report([]byte(s)) == nil {
			t.Errorf("%q: accepted", s)
		}
	}
	for problem, good := range map[string]bool{
		`{"type":"about:blank","title":"Choose a file.","status":400,"code":"web.nothing-given","detail":"Choose a file.","request":"r1"}`:            true,
		`{"type":"about:blank","title":"Choose a file.","status":200,"code":"web.nothing-given","detail":"Choose a file.","request":"r1"}`:            false,
		`{"type":"about:blank","title":"Choose a file.","status":400,"detail":"Choose a file.","request":"r1"}`:                                       false,
		`{"type":"about:blank","title":"Choose a file.","status":400,"code":"web.nothing-given","detail":"Choose a file.","request":"r1","stack":""}`: false,
	} {
		if err := reportcheck.Problem([]byte(problem)); (err == nil) != good {
			t.Errorf("%s: %v", problem, err)
		}
	}
	for line, good := range map[string]bool{
		`{"item":"a","report":` + string(made) + `}`:                            true,
		`{"item":"a","code":"batch.item","error":"x"}`:                          true,
		`{"item":"a","error":"x"}`:                                              true,
		`{"item":"a"}`:                                                          false,
		`{"report":` + string(made) + `}`:                                       false,
		`{"item":"a","report":` + string(made) + `,"code":"x","error":"x"}`:     false,
		`{"item":"a","report":{"verdict":"valid"}}`:                             false,
		`{"item":"a","code":"batch.item","error":"x","verdict":"undetermined"}`: false,
	} {
		if err := reportcheck.Answer([]byte(line)); (err == nil) != good {
			t.Errorf("%.80s: %v", line, err)
		}
	}
}
