package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
)

// trustKeysCmd is about the keys of issuers elsewhere that were seen.
type trustKeysCmd struct {
	List   trustKeysListCmd   `cmd:"" help:"List whose keys are remembered, and since when."`
	Forget trustKeysForgetCmd `cmd:"" help:"Forget the keys of an issuer, so that its new ones count."`
}

// knownFlags name the file in which keys are remembered.
type knownFlags struct {
	Data string `help:"Data folder." default:"cairn-data" env:"CAIRN_DATA" type:"path"`
	File string `help:"The file itself, as cairn verify --known-keys has it." type:"path"`
}

func (f knownFlags) open(c *console) (*app.KnownKeys, error) {
	path := f.File
	if path == "" {
		path = filepath.Join(f.Data, app.KnownKeysFile)
	}
	return app.OpenKnownKeys(path, c.now)
}

type trustKeysListCmd struct{ knownFlags }

func (f trustKeysListCmd) Run(c *console) error {
	k, err := f.open(c)
	if err != nil {
		return err
	}
	w := &writer{w: c.out}
	ids, of := k.Issuers()
	if len(ids) == 0 {
		w.printf("No keys are remembered yet. They are when something of an issuer with did:web is verified.\n")
	}
	for _, id := range ids {
		w.printf("%s since %s\n", id, of[id].Since.Format("2006-01-02"))
		for _, method := range sortedKeys(of[id].Keys) {
			w.printf("  %s %s\n", strings.TrimPrefix(string(method), string(id)), of[id].Keys[method])
		}
	}
	return w.err
}

type trustKeysForgetCmd struct {
	knownFlags
	Issuer string `arg:"" help:"Identifier of the issuer."`
	By     string `required:"" help:"Who forgets them."`
	Reason string `required:"" help:"How you know that the new keys are the issuer's."`
}

func (f trustKeysForgetCmd) Run(c *console) error {
	k, err := f.open(c)
	if err != nil {
		return err
	}
	if err := k.Forget(cairn.DID(f.Issuer), f.By, f.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "forgotten: the keys that are at the address of %s now count from its next verification on\n", f.Issuer)
	return err
}

// Help is shown by cairn trust keys list --help.
func (trustKeysListCmd) Help() string {
	return `Example:
  cairn trust keys list --data demo-data`
}

// Help is shown by cairn trust keys forget --help.
func (trustKeysForgetCmd) Help() string {
	return `When the keys at an issuer's address are not those that were there before,
nothing of it is valid until somebody has asked the issuer in another way. The
server must not be running, or be started again.

Example:
  cairn trust keys forget did:web:college.example --by registrar --reason "called the dean" --data demo-data`
}
