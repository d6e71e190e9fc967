package verify_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example/internal/reportcheck"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
)

// engine is a verify.Engine whose reports are looked at by TestMain: it says which
// codes and arguments no verification brings, and which the specification lacks.
// Every engine of these tests is one (TestEveryEngineIsObserved).
type engine struct{ *verify.Engine }

func newEngine(c verify.Config) engine { return engine{verify.New(c)} }

func fromBundle(b trust.Bundle, s *trust.Snapshot, now func() time.Time) engine {
	return engine{verify.FromBundle(b, s, now)}
}

func (e engine) Verify(ctx context.Context, data []byte, o verify.Options) verify.Report {
	r := e.Engine.Verify(ctx, data, o)
	observed.add(r)
	observed.hold(r)
	return r
}

// observation is what the reports of a run of tests have in common.
type observation struct {
	mu    sync.Mutex
	said  map[said]bool
	wrong []string // reports that do not fit the schema, from the first few
}

// said is how a report says a code.
type said struct {
	code, outcome, args string // args in the form of the specification
}

var observed = observation{said: map[said]bool{}}

func (o *observation) add(r verify.Report) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.walk(r)
}

// hold holds a report against the schema.
func (o *observation) hold(r verify.Report) {
	b, err := json.Marshal(r)
	if err == nil {
		err = reportcheck.Report(b)
	}
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.wrong) < 20 {
		o.wrong = append(o.wrong, fmt.Sprintf("%v\nin %.2000s", err, b))
	}
}

func (o *observation) walk(r verify.Report) {
	for _, f := range r.Findings {
		o.said[said{f.Code, string(f.Outcome), names(f.Args)}] = true
	}
	for _, n := range r.Notes {
		o.said[said{n.Code, "–", names(n.Args)}] = true
	}
	for _, inner := range slices.Concat(r.Credentials, r.Endorsements) {
		o.walk(inner)
	}
}

// names lists the arguments that say something.
func names(args map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != "" {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

func listed(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

var placeholder = regexp.MustCompile(`\{([a-zA-Z]+)\}`)

// places returns what the sentence of each code needs.
func places() (map[string][]string, error) {
	b, err := os.ReadFile("../i18n/locales/en/verify.json") // a test there has the other languages
	if err != nil {
		return nil, err
	}
	var sentences map[string]string
	if err := json.Unmarshal(b, &sentences); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for code, sentence := range sentences {
		for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
			out[code] = append(out[code], m[1])
		}
	}
	return out, nil
}

// row is what the specification says of a code.
type row struct {
	outcome string
	args    []string
}

var codeRow = regexp.MustCompile("(?m)^\\| `([a-z.-]+)` \\| ([a-z–]+) \\| ([a-zA-Z, ]*) \\| .+ \\|$")

func specified() (map[string]row, error) {
	b, err := os.ReadFile("../../docs/specs/report.md")
	if err != nil {
		return nil, err
	}
	out := map[string]row{}
	for _, m := range codeRow.FindAllStringSubmatch(string(b), -1) {
		out[m[1]] = row{m[2], listed(m[3])}
	}
	return out, nil
}

// complain writes what is wrong with the codes that were said, and reports whether
// anything is.
func (o *observation) complain(w io.Writer) bool {
	spec, err := specified()
	if err != nil {
		fmt.Fprintln(w, err)
		return true
	}
	needs, err := places()
	if err != nil {
		fmt.Fprintln(w, err)
		return true
	}
	wrong := slices.Clone(o.wrong)
	seen := map[string]map[string]bool{}
	for s := range o.said {
		r, ok := spec[s.code]
		if !ok || r.outcome != s.outcome {
			wrong = append(wrong, fmt.Sprintf("a report says %s with the outcome %s; docs/specs/report.md has %q", s.code, s.outcome, r.outcome))
		}
		if seen[s.code] == nil {
			seen[s.code] = map[string]bool{}
		}
		for _, place := range needs[s.code] {
			if !slices.Contains(listed(s.args), place) {
				wrong = append(wrong, fmt.Sprintf("a report says %s without %s, so that its sentence has a hole", s.code, place))
			}
		}
		for _, arg := range listed(s.args) {
			if seen[s.code][arg] = true; !slices.Contains(r.args, arg) {
				wrong = append(wrong, fmt.Sprintf("a report says %s with the argument %s, which docs/specs/report.md does not name", s.code, arg))
			}
		}
	}
	for _, c := range verify.Codes {
		if seen[c.Name] == nil {
			wrong = append(wrong, fmt.Sprintf("no verification in these tests says %s: write the one that does, or delete the code, its sentences and its line in docs/specs/report.md", c.Name))
			continue
		}
		for _, arg := range spec[c.Name].args {
			if !seen[c.Name][arg] {
				wrong = append(wrong, fmt.Sprintf("docs/specs/report.md gives %s the argument %s, which no verification in these tests brings", c.Name, arg))
			}
		}
	}
	slices.Sort(wrong)
	for _, s := range slices.Compact(wrong) {
		fmt.Fprintln(w, s)
	}
	return len(wrong) > 0
}

// wholeRun reports whether every test was asked for, so that what is missing is
// missing.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

func TestEveryEngineIsObserved(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	direct := regexp.MustCompile(`verify\.(New|FromBundle)\(`)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "observed_test.go" && direct.Match(b) {
			t.Errorf("%s makes an engine whose reports nobody looks at: use newEngine or fromBundle", name)
		}
	}
}

func TestObservationComplains(t *testing.T) {
	o := observation{said: map[said]bool{}}
	o.add(verify.Report{Findings: []verify.Finding{{Axis: verify.AxisProof, Outcome: verify.No, Code: "proof.good"}, {Axis: verify.AxisModel, Outcome: verify.No, Code: "model.invented"},
		{Axis: verify.AxisPeriod, Outcome: verify.Yes, Code: "period.current", Args: map[string]string{"from": "x", "size": "x"}}}})
	var b strings.Builder
	if !o.complain(&b) {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{`proof.good with the outcome no; docs/specs/report.md has "yes"`, "model.invented with", "period.current with the argument size", "period.current the argument until", "period.current without until", "says proof.missing:"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not among the complaints", want)
		}
	}
}
