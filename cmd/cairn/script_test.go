package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cairn.example/internal/reportcheck"
	"cairn.example/internal/staff"
	"cairn.example/pixelpass"
)

// cheap makes guesses cheap: the scripts are not about them.
var cheap = effort{wallet: 10, password: staff.Cost{Memory: 64, Passes: 1}}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cairn": func() {
		var out bytes.Buffer
		code := run(os.Args[1:], os.Stdin, io.MultiWriter(os.Stdout, &out), os.Stderr, cheap)
		if err := reports(os.Args[1:], out.Bytes()); err != nil {
			fmt.Fprintln(os.Stderr, "what cairn verify --json prints is not what its schema says:", err)
			code = exitFault
		}
		os.Exit(code)
	}})
}

// exitFault is the exit code of a script whose output a test refuses. No script
// expects it.
const exitFault = 70

// reports holds what cairn verify --json printed against the schema: one report, or
// an answer on each line.
func reports(args []string, out []byte) error {
	if len(args) == 0 || args[0] != "verify" || !slices.Contains(args, "--json") || len(out) == 0 {
		return nil
	}
	if bytes.HasPrefix(out, []byte("{\n")) {
		return reportcheck.Report(out)
	}
	for line := range bytes.Lines(out) {
		if err := reportcheck.Answer(line); err != nil {
			return err
		}
	}
	return nil
}

func TestReportsAreHeldAgainstTheSchema(t *testing.T) {
	for _, out := range []string{"{\n \"verdict\": \"valid\"}", `{"verdict":"valid"}`, `{"item":"x","report":{"verdict":"valid"}}`, "VALID"} {
		if reports([]string{"verify", "x", "--json"}, []byte(out)) == nil {
			t.Errorf("%s: accepted", out)
		}
	}
}

// writePixelPass writes a document as the text of a PixelPass code.
func writePixelPass(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pixelpass document text")
	}
	text, err := pixelpass.Encode([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text+"\n"), 0o600))
}

// The scripts are the manual of the command line: one file for each behaviour.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"tokens": writeTokens, "pixelpass": writePixelPass},
		Setup: func(e *testscript.Env) error {
			examples, err := os.Getwd()
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", examples+"/../../examples")
			e.Setenv("LANG", "en")
			return nil
		},
	})
}
