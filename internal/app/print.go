package app

import (
	"context"
	"crypto/sha256"
	"strings"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/issue"
	"cairn.example/internal/paper"
	"cairn.example/internal/recognise"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/papercode"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

// printed is an issued document with what its paper forms need.
type printed struct {
	issued issue.Issued
	tree   map[string]any
	shown  *verify.Shown
	inst   cairn.Institution
	code   string
	sheet  paper.Sheet
	record *recognise.Record // of a decision; nil otherwise
}

// PaperCode signs the compact form of an issued document, for one QR code. The
// same document gives the same code.
func (a *App) PaperCode(ctx context.Context, i issue.Issued) (string, error) {
	p, err := a.prepare(ctx, i)
	return p.code, err
}

// Print makes the PDF of an issued document: a certificate, transcript or
// decision as pages, a micro-credential as a page or as a card to cut out. The signed document
// is attached to it, and a QR code carries its compact form.
func (a *App) Print(ctx context.Context, i issue.Issued, card bool, lang cairn.Lang) ([]byte, error) {
	p, err := a.prepare(ctx, i)
	if err != nil {
		return nil, err
	}
	catalogue, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	translate := func(lang, key string, args map[string]string) string {
		return catalogue.For(cairn.Lang(lang)).Map("paper", key, args)
	}
	p.sheet.Lang = lang
	if p.sheet.Lang == "" {
		p.sheet.Lang = cairn.Lang(p.shown.Language)
	}
	p.sheet.Institution, _ = p.inst.Name.In(p.sheet.Lang, p.inst.Language)
	credits, level := p.figures()
	awarded, err := cairn.ParsePartialDate(p.shown.AwardedOn)
	if err != nil {
		return nil, err
	}
	switch {
	case p.record != nil:
		return a.printDecision(ctx, p, catalogue.For(p.sheet.Lang), translate)
	case i.Kind() == issue.KindTranscript:
		t, err := a.transcript(ctx, p, awarded)
		if err != nil {
			return nil, err
		}
		t.SignatoryRole = translate(string(p.sheet.Lang), "paper.role.registrar", nil)
		for i := range t.Lines {
			t.Lines[i].Route = translate(string(p.sheet.Lang), "paper.route."+t.Lines[i].Route, nil)
		}
		return paper.TranscriptPDF(t, translate)
	case card:
		return paper.CardPDF(paper.Card{Sheet: p.sheet, Title: p.shown.Title, LevelFramework: p.shown.LevelFramework, Level: level, Credits: credits, Unit: p.shown.CreditUnit, AwardedOn: awarded}, translate)
	}
	return paper.CertificatePDF(paper.Certificate{Sheet: p.sheet, Title: p.shown.Title, Description: p.shown.Description, LevelFramework: p.shown.LevelFramework, Level: level,
		Credits: credits, Unit: p.shown.CreditUnit, Grade: p.shown.Grade, AwardedOn: awarded, ValidUntil: p.shown.ValidUntil,
		SignatoryRole: translate(string(p.sheet.Lang), "paper.role.registrar", nil)}, translate)
}

func (p printed) figures() (credits cairn.Credits, level string) {
	if c, err := cairn.ParseCredits(p.shown.Credits); err == nil {
		credits = c
	}
	if l, err := cairn.ParseCredits(p.shown.Level); err == nil {
		level = l.Decimal()
	}
	return credits, level
}

// prepare reads the issued document as a verifier would, so that paper shows only
// what was signed, and signs the compact form.
func (a *App) prepare(ctx context.Context, i issue.Issued) (printed, error) {
	p := printed{issued: i}
	report := a.Verify.Verify(ctx, i.Document(), verify.Options{})
	if report.Shown == nil {
		return p, &cairn.Error{Kind: cairn.Internal, Code: "print.not-genuine", Object: string(i.ID()), Message: "the recorded document does not verify; it is not printed", Hint: "run cairn check"}
	}
	p.shown = report.Shown
	var err error
	if i.Kind() == issue.KindDecision {
		if p.record, err = a.aboutDecision(ctx, i, p.shown); err != nil {
			return p, err
		}
	}
	if p.tree, err = strictjson.ParseObject(i.Document(), strictjson.Transcript); err != nil {
		return p, err
	}
	if p.inst, err = a.Issue.Institution(ctx, i.Institution()); err != nil {
		return p, err
	}
	if p.code, err = a.code(ctx, p); err != nil {
		return p, err
	}
	p.sheet = paper.Sheet{Learner: p.shown.Learner, Credential: i.ID(), QR: p.code, CheckAt: strings.TrimPrefix(a.Config.BaseURL, "https://") + "/verify", Created: i.At(),
		Attachments: []paper.Attachment{{Name: i.Kind() + ".json", MediaType: "application/vc", Description: p.shown.Title, Data: i.Document()}}}
	return p, nil
}

func (a *App) code(ctx context.Context, p printed) (string, error) {
	signer, err := a.Issue.Signer(ctx, p.issued.Institution())
	if err != nil {
		return "", err
	}
	awarded, err := cairn.ParsePartialDate(p.shown.AwardedOn)
	if err != nil {
		return "", err
	}
	credits, _ := p.figures()
	card := papercode.Card{Issuer: cairn.DID(p.shown.Issuer), Key: signer.KeyID(), Credential: p.issued.ID(), Digest: sha256.Sum256(p.issued.Document()), Kind: p.issued.Kind(),
		Learner: p.shown.Learner, Title: p.shown.Title, Credits: credits, Unit: p.shown.CreditUnit, LevelFramework: p.shown.LevelFramework, Level: p.shown.Level,
		AwardedOn: awarded, ValidUntil: p.shown.ValidUntil, StatusIndex: -1, AchievementType: p.shown.AchievementType, Field: p.shown.Field, Language: cairn.Lang(p.shown.Language)}
	if status, ok := p.tree["credentialStatus"].(map[string]any); ok {
		e, err := statuslist.ReadEntry(status)
		if err != nil {
			return "", err
		}
		if e.Size > 1 {
			return "", &cairn.Error{Kind: cairn.Invalid, Code: "app.status-size", Message: "a paper code can only tell a status of one bit"}
		}
		card.StatusList, card.StatusIndex = e.List, e.Index
	}
	return papercode.Sign(ctx, card, signer)
}

// transcript fills in the lines, with the date, level, grade and credit of each
// credential inside.
func (a *App) transcript(ctx context.Context, p printed, awarded cairn.PartialDate) (paper.Transcript, error) {
	f, err := openbadges.ReadTranscript(p.tree)
	if err != nil {
		return paper.Transcript{}, err
	}
	inner := map[string]openbadges.Facts{}
	t := paper.Transcript{Sheet: p.sheet, Programme: f.Programme.Title, AwardedOn: awarded, Unit: f.Programme.CreditUnit, Counted: f.Programme.CreditsCounted, Required: f.Programme.CreditsRequired}
	for _, c := range f.Credentials {
		facts, err := openbadges.Read(c)
		if err != nil {
			return t, err
		}
		inner[facts.CredentialID] = facts
	}
	earned := map[cairn.CredentialID]bool{}
	rules, _, err := a.Recognise.Programme(ctx, p.issued.Institution(), f.Programme.Digest)
	if err != nil {
		return t, err
	}
	for _, l := range f.Lines {
		facts := inner[string(l.CredentialID)]
		line := paper.Line{Title: l.Title, Source: l.SourceName, Route: l.Route, Date: facts.AwardedOn, Grade: facts.Grade, Counted: l.Credits, Requirement: l.RequirementTitle}
		if facts.Level != nil {
			line.Level = facts.Level.Framework + " " + facts.Level.Value.Decimal()
		}
		if facts.Credit != nil && !earned[l.CredentialID] { // a credential on two lines was earned once
			earned[l.CredentialID] = true
			line.Earned = rules.Amount(cairn.CreditValue{Amount: facts.CreditsEarned, Unit: facts.Credit.Unit, HoursPerCredit: facts.Credit.HoursPerCredit})
			t.Earned = t.Earned.Add(line.Earned)
		}
		t.Lines = append(t.Lines, line)
	}
	return t, nil
}
