package verify_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const tableFile = "../../docs/NEGATIVE-TESTS.md"

// planned is how many cases each group of the security plan has (SECURITY, section
// 6). The plan is not part of this repository.
var planned = map[string]int{"J": 36, "S": 32, "P": 18, "L": 22, "D": 26, "B": 30, "K": 24, "Q": 18, "T": 12}

var (
	tableRow  = regexp.MustCompile(`(?m)^\| ([A-Z][0-9]{2}) \| (.+) \| (.*) \| (.*) \| (.*) \|$`)
	namedTest = regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9_]+)`")
	// reason is what the last column must have where there is no case and no test, or
	// where something is missing.
	reason = regexp.MustCompile(`\*\*(departure|not done|does not apply):\*\* .{20}`)
)

// Every number of the plan has a row, every case of the corpus is in the row of its
// number, every test that is named exists, and a row without either gives a reason.
func TestTableOfNegativeTests(t *testing.T) {
	b, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := os.ReadFile(filepath.Join(corpusFolder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var corpus index
	if err := json.Unmarshal(ix, &corpus); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]string{}
	for _, c := range corpus.Cases {
		cases[c.ID] = append(cases[c.ID], c.Name)
	}
	if os.Getenv("CAIRN_UPDATE") != "" {
		b = tableRow.ReplaceAllFunc(b, func(row []byte) []byte {
			m := tableRow.FindStringSubmatch(string(row))
			return fmt.Appendf(nil, "| %s | %s | %s | %s | %s |", m[1], m[2], strings.Join(cases[m[1]], "; "), m[4], m[5])
		})
		if err := os.WriteFile(tableFile, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, problem := range tableProblems(t, string(b), cases) {
		t.Error(problem)
	}
}

// tableProblems returns what is wrong with the table.
func tableProblems(t *testing.T, table string, cases map[string][]string) []string {
	t.Helper()
	var out []string
	problem := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	have := map[string]bool{}
	for _, m := range tableRow.FindAllStringSubmatch(table, -1) {
		id, listed, tests, words := m[1], m[3], m[4], m[5]
		if have[id] {
			problem("%s has two rows", id)
		}
		have[id] = true
		if want := strings.Join(cases[id], "; "); listed != want {
			problem("%s: the row has the cases %q, and the corpus %q", id, listed, want)
		}
		named := namedTest.FindAllStringSubmatch(tests, -1)
		if len(named) != strings.Count(tests, "`")/2 {
			problem("%s: %q has something that is no test", id, tests)
		}
		for _, n := range named {
			if !slices.Contains(testsIn(t, n[1]), n[2]) {
				problem("%s: there is no test %s in %s", id, n[2], n[1])
			}
		}
		if listed == "" && len(named) == 0 && !reason.MatchString(words) {
			problem("%s has no case, no test and no reason", id)
		}
		if strings.Contains(words, "**") && !reason.MatchString(words) {
			problem("%s: %q is no reason", id, words)
		}
	}
	for group, n := range planned {
		for i := 1; i <= n; i++ {
			if id := fmt.Sprintf("%s%02d", group, i); !have[id] {
				problem("%s has no row", id)
			}
		}
	}
	for id := range cases {
		if !have[id] {
			problem("%s has cases and no row", id)
		}
	}
	for id := range have {
		var n int
		if _, err := fmt.Sscanf(id[1:], "%d", &n); err != nil || n > planned[id[:1]] {
			problem("%s is not in the plan", id)
		}
	}
	return out
}

// testsIn returns the names of the tests in a folder of the repository.
func testsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				out = append(out, fn.Name.Name)
			}
		}
	}
	return out
}

func TestTableProblems(t *testing.T) {
	table := "| J01 | x | alg none |  |  |\n| J01 | x | alg none |  |  |\n| J02 | x |  | `jose.TestNothing` |  |\n| J03 | x |  |  |  |\n| J04 | x |  |  | **not done:** yes |\n" +
		"| J99 | x |  | `jose.TestWycheproofTokens` |  |\n| J05 | x | y |  |  |\n| J06 | x |  | `x` |  |\n"
	got := strings.Join(tableProblems(t, table, map[string][]string{"J01": {"alg none"}, "T06": {"year 1969"}}), "\n")
	for _, want := range []string{"J01 has two rows", "J02: there is no test TestNothing in jose", "J03 has no case, no test and no reason", "J04 has no case", `"**not done:** yes" is no reason`,
		"J99 is not in the plan", `J05: the row has the cases "y", and the corpus ""`, `J06: "` + "`x`" + `" has something that is no test`, "T06 has cases and no row", "B30 has no row"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not among\n%s", want, got)
		}
	}
}
