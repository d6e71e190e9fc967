package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cairn.example/internal/staff"
)

// cheap makes guesses cheap: the scripts are not about them.
var cheap = effort{wallet: 10, password: staff.Cost{Memory: 64, Passes: 1}}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cairn": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cheap)) }})
}

// The scripts are the manual of the command line: one file for each behaviour.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
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
