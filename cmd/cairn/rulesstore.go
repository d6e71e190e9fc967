package main

import (
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

type rulesAddCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	File        string `arg:"" help:"YAML or JSON file."`
	By          string `required:"" help:"Who adds it."`
}

func (f rulesAddCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	if _, err := programme.ParseRules(b); programme.ProblemsOf(err) != nil {
		return rulesCheckCmd{[]string{f.File}}.Run(c)
	}
	return f.with(c, func(a *app.App) error {
		r, err := a.Recognise.AddRules(c.ctx, cairn.InstitutionID(f.Institution), b, cairn.StaffID(f.By))
		if err != nil {
			return err
		}
		next := "it waits for a second person: cairn rules approve"
		if r.Kind == programme.KindAgreement {
			next = "it waits for the signatures of both parties: cairn rules sign, cairn rules countersign"
		}
		_, err = fmt.Fprintf(c.out, "%s %s %s, version %s\n%s\n", r.Digest(), r.Kind, r.ID, r.Version, next)
		return err
	})
}

type rulesApproveCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Digest      string `arg:"" help:"Digest of the document."`
	By          string `required:"" help:"Who approves it; not who added it."`
}

func (f rulesApproveCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		d, err := a.Recognise.ApproveRules(c.ctx, cairn.InstitutionID(f.Institution), f.Digest, cairn.StaffID(f.By))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "the %s %s was added by %s and approved by %s\n", d.Kind, d.ID, d.AddedBy, d.ApprovedBy)
		return err
	})
}

type rulesSignCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution that signs."`
	Digest      string `arg:"" help:"Digest of the agreement."`
	By          string `required:"" help:"Who signs for it."`
}

func (f rulesSignCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		token, err := a.Recognise.SignRules(c.ctx, cairn.InstitutionID(f.Institution), f.Digest, cairn.StaffID(f.By))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.out, token)
		return err
	})
}

type rulesCountersignCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution that keeps the token."`
	Digest      string `arg:"" help:"Digest of the agreement."`
	Token       string `arg:"" help:"File with the token of the other party." type:"path"`
	By          string `required:"" help:"Who brings it."`
}

func (f rulesCountersignCmd) Run(c *console) error {
	token, err := c.read(f.Token)
	if err != nil {
		return err
	}
	return f.of(c, f.Institution, func(a *app.App) error {
		g, err := a.Recognise.CountersignRules(c.ctx, cairn.InstitutionID(f.Institution), f.Digest, string(token), cairn.StaffID(f.By))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "signed by %s\n", g.Party)
		return err
	})
}

type rulesListCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Kind        string `help:"Only this kind." enum:",grade-scale,level-framework,credit-conversion,policy,agreement" default:""`
}

func (f rulesListCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		inst := cairn.InstitutionID(f.Institution)
		all, err := a.Recognise.RuleDocuments(c.ctx, inst)
		if err != nil {
			return err
		}
		w := &writer{w: c.out}
		found := 0
		for _, d := range all {
			if f.Kind != "" && string(d.Kind) != f.Kind {
				continue
			}
			found++
			_, signatures, err := a.Recognise.RuleDocument(c.ctx, inst, d.Digest)
			if err != nil {
				return err
			}
			w.printf("%s %-18s %-28s version %-8s %s\n", d.Digest, d.Kind, d.ID, d.Version, behind(d, signatures))
		}
		if found == 0 {
			w.printf("%s keeps no such rule document yet.\n", f.Institution)
		}
		return w.err
	})
}

// behind says who stands behind a document.
func behind(d recognise.RuleDocument, signatures []recognise.RuleSignature) string {
	var parties []string
	for _, g := range signatures {
		parties = append(parties, string(g.Party))
	}
	switch {
	case d.Kind == programme.KindAgreement && len(parties) == 0:
		return "added by " + string(d.AddedBy) + ", signed by nobody"
	case d.Kind == programme.KindAgreement:
		return "added by " + string(d.AddedBy) + ", signed by " + strings.Join(parties, " and ")
	case d.Approved.IsZero():
		return "added by " + string(d.AddedBy) + ", waits for a second person"
	}
	return "added by " + string(d.AddedBy) + ", approved by " + string(d.ApprovedBy)
}

type rulesShowCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Digest      string `arg:"" help:"Digest of the document."`
}

func (f rulesShowCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		d, _, err := a.Recognise.RuleDocument(c.ctx, cairn.InstitutionID(f.Institution), f.Digest)
		if err != nil {
			return err
		}
		_, err = c.out.Write(d.Document)
		return err
	})
}
