package main

import (
	"cairn.example/ctdl"
	"cairn.example/programme"
)

type programmeExportCmd struct {
	File   string   `arg:"" help:"YAML or JSON file."`
	Format string   `enum:"ctdl" default:"ctdl" help:"What to write: ctdl, the pathway and its transfer values for Credential Engine."`
	With   []string `help:"Rule documents that it uses: files, or folders of YAML files." type:"path" placeholder:"PATH"`
}

// Run writes the document to the output, and what it can't say to the errors: nobody
// should take it for the whole of the rules.
func (f programmeExportCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	p, err := programme.Parse(b)
	if err != nil {
		if programme.ProblemsOf(err) != nil {
			return programmeCheckCmd{File: f.File}.Run(c)
		}
		return err
	}
	whole, found, err := c.whole(p, f.With)
	if err != nil {
		return err
	}
	if whole == nil {
		return firstError(c.findings(f.File, found), judgement(found))
	}
	d, err := ctdl.Export(whole)
	if err != nil {
		return err
	}
	out, notes := &writer{w: c.out}, &writer{w: c.err}
	out.printf("%s\n", d.JSON)
	for _, place := range d.Unsaid {
		notes.printf("%s: not in the export: %s\n", f.File, place)
	}
	return firstError(out.err, notes.err)
}
