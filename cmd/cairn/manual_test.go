package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"cairn.example"
	examplesFiles "cairn.example/examples"
	"cairn.example/internal/app"
	"cairn.example/internal/demo"
	"cairn.example/programme"
)

// example is one line of a command's --help.
type example struct {
	command string // such as learner add
	line    string
	args    []string
}

// examples returns the examples of every command, in the order of the help, and
// fails for a command without one.
func examples(t *testing.T) []example {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("cairn"))
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`"[^"]*"|\S+`)
	var all []example
	for _, leaf := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(leaf.FullPath(), "cairn ")
		n := len(all)
		for line := range strings.Lines(leaf.Detail) {
			line = strings.TrimSpace(line)
			rest, ok := strings.CutPrefix(line, "cairn ")
			if !ok {
				continue
			}
			e := example{command: name, line: line}
			for _, w := range words.FindAllString(rest, -1) {
				e.args = append(e.args, strings.Trim(w, `"`))
			}
			all = append(all, e)
		}
		if len(all) == n {
			t.Errorf("cairn %s --help has no example", name)
		}
	}
	return all
}

// What --help says can be typed. The commands are run in one folder, as somebody
// would who goes through them; those that would wait, reach other machines or
// need what is not there are only read.
func TestHelpExamples(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(filepath.Join(here, "..", "..", "examples"), "examples"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("secret.txt", []byte(demo.Passphrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	capitals := map[string]string{}
	first := func(args ...string) string {
		var out, fault bytes.Buffer
		if code := run(args, nil, &out, &fault, cheap); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, fault.String())
		}
		word, _, _ := strings.Cut(strings.TrimSpace(out.String()), " ")
		return word
	}
	before := map[string]func(){
		"learner link": func() { capitals["LEARNER"] = first("learner", "list", "college", "Amina") },
		"wallet show":  func() { capitals["DIGEST"] = first("wallet", "list", "--passphrase", "secret.txt") },
		"recognise decide": func() {
			capitals["APPLICATION"] = first("recognise", "queue", "university", "--state", "evaluated", "--data", "demo-data")
		},
		"recognise next": func() {
			capitals["LEARNER"] = first("learner", "list", "university", "Otieno", "--data", "demo-data")
		},
		"recognise compare": func() {
			capitals["LEARNER"] = first("learner", "list", "university", "Otieno", "--data", "demo-data")
		},
		"rules add": func() { agreementFor(t) },
		"rules approve": func() {
			capitals["SCALE"] = first("rules", "list", "university", "--kind", "grade-scale", "--data", "demo-data")
		},
		"rules sign": func() {
			capitals["AGREEMENT"] = first("rules", "list", "university", "--kind", "agreement", "--data", "demo-data")
		},
		"rules countersign": func() {
			first("rules", "add", "college", "agreement.yaml", "--by", "zuri", "--data", "demo-data")
			token := first("rules", "sign", "college", capitals["AGREEMENT"], "--by", "zuri", "--data", "demo-data")
			if err := os.WriteFile("token.txt", []byte(token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"trust keys forget": func() {
			known, err := app.OpenKnownKeys(filepath.Join("demo-data", app.KnownKeysFile), time.Now)
			if err == nil {
				err = known.Remember(t.Context(), "did:web:college.example", map[cairn.KeyID]string{"did:web:college.example#1": "x"}, time.Now())
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"print":        func() { capitals["CREDENTIAL"] = idOf(t, "badge.json") },
		"trust follow": func() { capitals["OPERATOR"] = idOf(t, "demo-artefacts/operator.json") },
	}
	onlyRead := map[string]bool{"recognise countersign": true, "serve": true, "verify": true, "bake": true, "conformance": true, "claim": true}
	ran, own, all := 0, map[string]bool{}, examples(t)
	for _, e := range all {
		var c cli
		parser, err := kong.New(&c, kong.Name("cairn"))
		if err != nil {
			t.Fatal(err)
		}
		if f := before[e.command]; f != nil {
			f()
		}
		for i, a := range e.args {
			if v, ok := capitals[a]; ok {
				e.args[i] = v
			}
		}
		got, err := parser.Parse(e.args)
		if err != nil {
			t.Errorf("%s: %v", e.line, err)
			continue
		}
		if strings.HasPrefix(got.Selected().FullPath(), "cairn "+e.command) {
			own[e.command] = true
		}
		if onlyRead[e.command] || e.line == "cairn demo" {
			continue
		}
		var fault bytes.Buffer
		if code := run(e.args, strings.NewReader(""), io.Discard, &fault, cheap); code != 0 {
			t.Errorf("%s: exit code %d\n%s", e.line, code, fault.String())
		}
		ran++
	}
	for _, e := range all {
		if !own[e.command] {
			t.Errorf("cairn %s --help has examples of other commands only", e.command)
		}
	}
	if ran < 40 {
		t.Errorf("only %d examples were run", ran)
	}
	t.Logf("%d examples were run", ran)
}

// agreementFor writes the example agreement for the two institutions of the demo.
func agreementFor(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("demo-artefacts/programme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := programme.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	a, err := examplesFiles.Rules.ReadFile("rules/agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("did:web:university.example:i:university", string(p.Institution), "did:web:college.example:i:college", string(p.Agreements[0].Issuer)).Replace(string(a))
	if err := os.WriteFile("agreement.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func idOf(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ ID string }
	if err := json.Unmarshal(b, &m); err != nil || m.ID == "" {
		t.Fatalf("%s has no id: %v", file, err)
	}
	return m.ID
}
