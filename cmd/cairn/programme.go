package main

import (
	"fmt"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

type programmeCmd struct {
	Check   programmeCheckCmd   `cmd:"" help:"Read a programme document and say what is wrong with it."`
	Publish programmePublishCmd `cmd:"" help:"Publish an edition."`
	List    programmeListCmd    `cmd:"" help:"List the programmes of an institution."`
}

type programmeCheckCmd struct {
	File string `arg:"" help:"YAML file."`
}

func (f programmeCheckCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	p, err := programme.Parse(b)
	if found := programme.ProblemsOf(err); found != nil {
		return c.problems(f.File, found)
	}
	if err != nil {
		return err
	}
	title, _ := p.Title.In(p.Language)
	_, err = fmt.Fprintf(c.out, "%s, edition %s: %d requirements, %s %s\n%s\n", title, p.Edition, len(p.Requirements), p.Credit.Total, p.Credit.Unit, p.Digest())
	return err
}

// problems prints what is wrong with a document as editors and build servers read
// it, and chooses the exit code.
func (c *console) problems(file string, found *programme.Problems) error {
	w := &writer{w: c.err}
	for _, p := range found.List {
		w.printf("%s:%d:%d: %s\n", file, p.Line, p.Column, p.Words())
	}
	if found.More {
		w.printf("%s: and more\n", file)
	}
	return firstError(w.err, exit(verify.Invalid.ExitCode()))
}

type programmePublishCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	File        string `arg:"" help:"YAML file."`
}

func (f programmePublishCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	if _, err := programme.Parse(b); programme.ProblemsOf(err) != nil {
		return c.problems(f.File, programme.ProblemsOf(err))
	}
	return f.with(c, func(a *app.App) error {
		p, err := a.Recognise.Publish(c.ctx, cairn.InstitutionID(f.Institution), b)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "published %s, edition %s, %s\n", p.ID, p.Edition, p.Digest())
		return err
	})
}

type programmeListCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
}

func (f programmeListCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		all, err := a.Recognise.Programmes(c.ctx, cairn.InstitutionID(f.Institution))
		w := &writer{w: c.out}
		if err == nil && len(all) == 0 {
			w.printf("%s has published no programme yet.\n", f.Institution)
		}
		for _, p := range all {
			title, _ := p.Title.In(p.Language)
			w.printf("%-36s edition %-8s %s\n", p.ID, p.Edition, title)
		}
		return firstError(err, w.err)
	})
}
