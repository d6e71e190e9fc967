package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairn.example/internal/i18n"
	"cairn.example/internal/verify"
)

var codeForm = regexp.MustCompile(`^(proof|model|period|status|holder|issuer|note)\.[a-z0-9-]+$`)

// literals returns the codes that stand in the source of a package.
func literals(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "codes.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if s, err := strconv.Unquote(l.Value); err == nil && codeForm.MatchString(s) {
					out = append(out, s)
				}
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("no code found in %s", dir)
	}
	return out
}

// Every code that the source can bring is declared, and every declared code is
// brought by this package or by the one that it is said to come from.
func TestCodesAreDeclared(t *testing.T) {
	here := literals(t, ".")
	lower := map[string][]string{"dataintegrity": literals(t, "../../dataintegrity"), "statuslist": literals(t, "../../statuslist")}
	var names []string
	for _, c := range verify.Codes {
		if slices.Contains(names, c.Name) || c.Doc == "" || !codeForm.MatchString(c.Name) {
			t.Errorf("%s is declared twice, without words or in another form", c.Name)
		}
		names = append(names, c.Name)
		if prefix, _, _ := strings.Cut(c.Name, "."); prefix != string(c.Axis) && !(prefix == "note" && c.Axis == verify.AxisNote) {
			t.Errorf("%s is declared for the axis %q", c.Name, c.Axis)
		}
		from := here
		if c.From != "" {
			from = lower[c.From]
		}
		if !slices.Contains(from, c.Name) && !strings.HasSuffix(c.Name, ".not-checked") {
			t.Errorf("%s is declared, but nothing in %q brings it", c.Name, c.From)
		}
	}
	for _, code := range here {
		// status.address is the code of an error, which a finding carries as its reason.
		if code != "status.address" && !slices.Contains(names, code) {
			t.Errorf("%s is in the source and not declared", code)
		}
	}
}

func TestCodesHaveSentences(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, code := range verify.Codes {
		want = append(want, code.Name)
	}
	for _, a := range verify.Axes {
		want = append(want, "axis."+string(a))
	}
	for _, v := range []verify.Verdict{verify.Valid, verify.Invalid, verify.Undetermined} {
		want = append(want, "verdict."+string(v), "verdict."+string(v)+".text")
	}
	want = append(want, "compare-identity")
	for _, l := range i18n.Languages() {
		have := c.Codes(l.Tag, "verify")
		for _, code := range want {
			if !slices.Contains(have, code) {
				t.Errorf("%s has no sentence for %s", l.Tag, code)
			}
		}
		for _, code := range have {
			if !slices.Contains(want, code) {
				t.Errorf("%s has a sentence for %s, which no report carries", l.Tag, code)
			}
		}
	}
}

func TestCodesAreInTheSpecification(t *testing.T) {
	b, err := os.ReadFile("../../docs/specs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile("(?m)^\\| `([a-z0-9.-]+)` \\|.*\\| (.+) \\|$").FindAllStringSubmatch(string(b), -1)
	when := map[string]string{}
	for _, m := range table {
		if !codeForm.MatchString(m[1]) {
			continue
		}
		if _, twice := when[m[1]]; twice {
			t.Errorf("docs/specs/report.md lists %s twice", m[1])
		}
		when[m[1]] = strings.ReplaceAll(m[2], "`", "")
	}
	for _, c := range verify.Codes {
		if when[c.Name] != c.Doc {
			t.Errorf("docs/specs/report.md says %q of %s, and it is declared as %q", when[c.Name], c.Name, c.Doc)
		}
		delete(when, c.Name)
	}
	for code := range when {
		t.Errorf("docs/specs/report.md lists %s, which is not declared", code)
	}
}
