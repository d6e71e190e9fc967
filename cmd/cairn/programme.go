package main

import (
	"encoding/json"
	"fmt"
	"io"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/prospectus"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

type programmeCmd struct {
	Check   programmeCheckCmd   `cmd:"" help:"Read a programme document and say what is wrong with it: exit code 0 nothing, 1 errors, 2 warnings."`
	Format  programmeFormatCmd  `cmd:"" help:"Lay a programme document out in the usual way; comments stay."`
	Show    programmeShowCmd    `cmd:"" help:"Say the rules in sentences, as learners read them."`
	Export  programmeExportCmd  `cmd:"" help:"Write a programme in a format of others (CTDL); says what the format has no words for."`
	Schema  programmeSchemaCmd  `cmd:"" help:"Print the JSON Schema of programme documents."`
	Publish programmePublishCmd `cmd:"" help:"Publish an edition."`
	List    programmeListCmd    `cmd:"" help:"List the programmes of an institution."`
	Test    programmeTestCmd    `cmd:"" help:"Try a draft on past cases: whose result would differ, and why."`
	Cases   programmeCasesCmd   `cmd:"" help:"Write the past cases of a programme to a file, to try drafts on."`
}

type programmeCheckCmd struct {
	File string   `arg:"" help:"YAML or JSON file."`
	With []string `help:"Rule documents that it uses: files, or folders of YAML files." type:"path" placeholder:"PATH"`
	JSON bool     `help:"As JSON."`
}

// checked is what check found; the JSON form of it.
type checked struct {
	File     string              `json:"file"`
	Digest   string              `json:"digest,omitempty"` // absent when the document can't be accepted
	Findings []programme.Finding `json:"findings"`
	More     bool                `json:"more,omitempty"` // there are more problems than these
}

func (f programmeCheckCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	out := checked{File: f.File, Findings: []programme.Finding{}}
	p, err := programme.Parse(b)
	found := programme.ProblemsOf(err)
	switch {
	case found != nil:
		for _, one := range found.List {
			out.Findings = append(out.Findings, programme.Finding{Severity: programme.LintError, Code: cairn.CodeOf(err), Problem: one})
		}
		out.More = found.More
	case err != nil:
		return err
	default:
		out.Digest = p.Digest()
		whole, findings, err := c.whole(p, f.With)
		if err != nil {
			return err
		}
		out.Findings = append(out.Findings, findings...)
		if whole != nil {
			out.Findings = append(out.Findings, programme.Lint(whole, nil)...)
		}
	}
	if f.JSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return firstError(e.Encode(out), judgement(out.Findings))
	}
	if err := c.findings(f.File, out.Findings); err != nil {
		return err
	}
	w := &writer{w: c.out}
	if out.More {
		w.printf("%s: and more\n", f.File)
	}
	if p != nil {
		title, _ := p.Title.In(p.Language)
		w.printf("%s, edition %s: %d requirements, %s %s\n%s\n", title, p.Edition, len(p.Requirements), p.Credit.Total, p.Credit.Unit, p.Digest())
	}
	return firstError(w.err, judgement(out.Findings))
}

// findings prints what is wrong with a document as editors and build servers read
// it.
func (c *console) findings(file string, list []programme.Finding) error {
	w := &writer{w: c.err}
	for _, one := range list {
		w.printf("%s:%d:%d: %s: %s (%s)\n", file, one.Line, one.Column, one.Severity, one.Words(), one.Code)
	}
	return w.err
}

// judgement is the exit code of findings, as that of verify: what is surely wrong,
// and what a person should look at. Notes ask for nothing.
func judgement(list []programme.Finding) error {
	var code verify.Verdict = verify.Valid
	for _, one := range list {
		switch {
		case one.Severity == programme.LintError:
			return exit(verify.Invalid.ExitCode())
		case one.Severity == programme.LintWarning:
			code = verify.Undetermined
		}
	}
	if code == verify.Valid {
		return nil
	}
	return exit(code.ExitCode())
}

type programmeShowCmd struct {
	File string   `arg:"" help:"YAML or JSON file."`
	Lang string   `help:"Language of the sentences; that of the terminal when empty."`
	With []string `help:"Rule documents that it uses: files, or folders of YAML files." type:"path" placeholder:"PATH"`
}

func (f programmeShowCmd) Run(c *console) error {
	words, err := c.wordsIn(f.Lang)
	if err != nil {
		return err
	}
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
	p = whole
	_, err = io.WriteString(c.out, prospectus.Of(p, words, prospectus.Names{}).Text(words))
	return err
}

type programmeSchemaCmd struct{}

func (programmeSchemaCmd) Run(c *console) error {
	_, err := c.out.Write(programme.Schema)
	return err
}

type programmePublishCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	File        string `arg:"" help:"YAML or JSON file."`
}

func (f programmePublishCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	p, err := programme.Parse(b)
	if err != nil {
		if found := programme.ProblemsOf(err); found != nil {
			return programmeCheckCmd{File: f.File}.Run(c)
		}
		return err
	}
	inst := cairn.InstitutionID(f.Institution)
	return f.with(c, func(a *app.App) error {
		found, err := a.Recognise.Review(c.ctx, inst, p)
		if err != nil {
			return err
		}
		if err := c.findings(f.File, found); err != nil {
			return err
		}
		if _, err := a.Recognise.Publish(c.ctx, inst, b); err != nil {
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
