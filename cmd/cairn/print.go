package main

import (
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/durable"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

type printCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Credential  string `arg:"" help:"Id of what was issued (urn:uuid:…), or a file with it."`
	Out         string `required:"" help:"File for the PDF." type:"path"`
	Card        bool   `help:"As a card to cut out; micro-credentials only."`
	Lang        string `help:"Language of the fixed sentences; that of the document when empty."`
}

func (f printCmd) Run(c *console) error {
	lang := cairn.Lang(f.Lang)
	if err := knownLanguage(f.Lang); err != nil {
		return err
	}
	id := cairn.CredentialID(f.Credential)
	if !strings.HasPrefix(f.Credential, "urn:uuid:") {
		b, err := c.read(f.Credential)
		if err != nil {
			return err
		}
		tree, err := strictjson.ParseObject(b, strictjson.Transcript)
		if err != nil {
			return err
		}
		document, problems := vc.ReadCredential(tree)
		if len(problems) > 0 {
			return &cairn.Error{Kind: cairn.Invalid, Code: "cli.credential", Object: f.Credential, Message: "this is not a credential"}
		}
		id = cairn.CredentialID(document.ID)
	}
	return f.with(c, func(a *app.App) error {
		got, err := a.Issue.Credential(c.ctx, cairn.InstitutionID(f.Institution), id)
		if err != nil {
			return err
		}
		b, err := a.Print(c.ctx, got, f.Card, lang)
		if err != nil {
			return err
		}
		if err := durable.Publish(durable.OS{}, f.Out, 0o644, b); err != nil {
			return err
		}
		w := &writer{w: c.out}
		w.printf("%s: %s of %s, %d bytes\n", f.Out, got.Kind(), got.ID(), len(b))
		return w.err
	})
}
