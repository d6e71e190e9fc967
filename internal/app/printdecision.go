package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/issue"
	"cairn.example/internal/paper"
	"cairn.example/internal/recognise"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/programme"
	"cairn.example/vc"
)

// decided is a decision being put into words. Everything but the titles of the
// programme, which its digest vouches for, is from the signed record.
type decided struct {
	recognise.Record
	programme *programme.Programme
	lang      cairn.Lang
	i18n.Printer
	at time.Time
}

func (a *App) decided(ctx context.Context, i issue.Issued, r recognise.Record, lang cairn.Lang, say i18n.Printer) (decided, error) {
	p, _, err := a.Recognise.Programme(ctx, i.Institution(), r.Programme.Digest)
	if err != nil {
		return decided{}, err
	}
	at, err := vc.ParseTime(r.Decision.At)
	return decided{r, p, lang, say, at}, err
}

// Text is the one text of several languages that the reader gets.
func (d decided) Text(t cairn.Text) string { s, _ := t.In(d.lang, d.programme.Language); return s }

// of is an amount out of another.
func (d decided) of(n, all cairn.Credits) string {
	return d.T("paper", "paper.decision.of", "n", d.Figure(n), "all", d.Figure(all))
}

func (d decided) paper(sheet paper.Sheet, digest string) (paper.Decision, error) {
	say := d.Printer
	out := paper.Decision{Sheet: sheet, Programme: d.Text(d.programme.Title), Edition: d.Programme.Edition, Outcome: say.T("web", "decision."+string(d.Decision.Outcome)),
		Summary:   say.T("paper", "paper.decision.summary", "n", say.Figure(d.Result.Counted), "all", say.Figure(d.Result.Total), "unit", d.Result.Unit),
		DecidedOn: cairn.PartialDate{Year: d.at.Year(), Month: d.at.Month(), Day: d.at.Day()}, DecidedBy: string(d.Decision.By), Reason: d.Decision.Reason}
	if d.Decision.Role != "" && d.Decision.Role != string(d.Decision.By) {
		out.DecidedBy += " (" + d.Decision.Role + ")"
	}
	if s := d.Decision.Second; s != nil {
		out.DecidedBy += "; " + say.T("paper", "paper.decision.second", "who", string(s.By)+" ("+s.Role+")")
	}
	if d.Decision.Outcome == recognise.Accept && d.Result.Complete {
		out.Summary += ". " + say.T("paper", "paper.decision.complete")
	}
	if d.Appeal != nil {
		until, err := cairn.ParsePartialDate(d.Appeal.Until)
		if err != nil {
			return out, err
		}
		out.AppealUntil, out.AppealTo = until, d.Appeal.To
	}
	if q := d.Appealed; q != nil {
		earlier, err := vc.ParseTime(q.Earlier.At)
		if err != nil {
			return out, err
		}
		day := d.Partial(cairn.PartialDate{Year: earlier.Year(), Month: earlier.Month(), Day: earlier.Day()})
		out.Summary += ". " + say.T("paper", "paper.decision.before", "n", say.Figure(q.Before.Counted), "all", say.Figure(q.Before.Total), "unit", q.Before.Unit)
		out.Limits = append(out.Limits, say.T("paper", "paper.decision.appealed", "outcome", say.T("web", "decision."+string(q.Earlier.Outcome)), "date", day, "digest", string(q.Decision)),
			say.T("paper", "paper.decision.appeal-reason")+" "+q.Reason)
	}
	for _, e := range d.Exceptions {
		if line := d.exception(e); line != "" {
			out.Limits = append(out.Limits, line)
		}
	}
	for _, q := range d.Result.Requirements {
		out.Requirements = append(out.Requirements, d.requirement(q))
	}
	for _, c := range d.Result.Credentials {
		out.Credentials = append(out.Credentials, d.credential(c))
	}
	for _, c := range d.Result.Caps {
		used := say.T("web", "stack.cap-used", "used", say.Figure(c.Used), "limit", say.Figure(c.Limit), "unit", d.Result.Unit)
		if c.Number {
			used = say.T("web", "stack.cap-number", "used", say.Figure(c.Used), "limit", say.Figure(c.Limit))
		}
		line := d.cap(c.Name) + ": " + used
		if c.Clause != "" {
			line += " (" + say.T("paper", "paper.decision.clause", "clause", c.Clause) + ")"
		}
		out.Limits = append(out.Limits, line)
	}
	out.Limits = append(out.Limits, d.choicesAndFloors()...)
	certain := say.T("web", "stack.not-proven")
	if d.Result.Optimality.Proven {
		certain = say.T("paper", "paper.decision.proven")
	}
	out.Facts = []string{certain,
		say.T("paper", "paper.decision.engine", "engine", d.Result.Engine, "date", d.EvaluatedAt, "programme", string(d.Programme.ID), "edition", d.Programme.Edition, "digest", d.Programme.Digest),
		say.T("paper", "paper.decision.signed", "digest", digest)}
	return out, nil
}

// choicesAndFloors says how far the choices are met and the floors kept.
func (d decided) choicesAndFloors() (out []string) {
	clause := func(line, c string) string {
		if c == "" {
			return line
		}
		return line + " (" + d.T("paper", "paper.decision.clause", "clause", c) + ")"
	}
	for i, c := range d.Result.Choices {
		doc := d.programme.Choices[i]
		line := d.T("web", "choice.title", "title", d.Text(doc.Title), "n", fmt.Sprint(c.Choose))
		for j, t := range c.Tracks {
			line += " " + d.T("web", "choice.track", "title", d.Text(doc.Tracks[j].Title), "word", d.T("recognise", "requirement."+string(t.Status))) + ";"
		}
		out = append(out, clause(strings.TrimSuffix(line, ";"), c.Clause))
	}
	for _, f := range d.Result.Floors {
		amount := func(c cairn.Credits) string {
			if f.Number {
				return d.Figure(c)
			}
			return d.Figure(c) + " " + d.Result.Unit
		}
		code := "stack.floor"
		if f.Kept {
			code = "stack.floor-kept"
		}
		out = append(out, clause(recognise.BoundName(d.programme, f.Name, d)+": "+d.T("web", code, "have", amount(f.Have), "need", amount(f.Need)), f.Clause))
	}
	return out
}

// cap names a cap of the programme, or the limit for some fields in a requirement.
func (d decided) cap(name string) string {
	if name == "outside" || name == "rpl" {
		return d.T("web", "cap."+name)
	}
	if title := recognise.BoundName(d.programme, name, d); title != name {
		return title
	}
	if id, fields, ok := strings.Cut(name, ":"); ok {
		name = d.place(id) + " – " + fields
	}
	return d.T("web", "cap.other", "name", name)
}

// place is the title of a requirement.
func (d decided) place(id string) string {
	i := slices.IndexFunc(d.programme.Requirements, func(r programme.Requirement) bool { return r.ID == id })
	if i < 0 {
		return id
	}
	return d.Text(d.programme.Requirements[i].Title)
}

// requirement says how far a requirement is met, and by what.
func (d decided) requirement(q programme.RequirementResult) paper.DecidedRequirement {
	out := paper.DecidedRequirement{Title: d.place(q.Requirement), Clause: q.Clause, Have: d.of(q.Have, q.Need), Status: d.T("recognise", "requirement."+string(q.Status))}
	for _, l := range d.Result.Lines {
		if l.Requirement == q.Requirement {
			out.By = append(out.By, d.T("paper", "paper.decision.part", "title", d.title(l.Credential), "credits", d.Figure(l.Credits)+" "+d.Result.Unit))
		}
	}
	return out
}

// exception says what a person allowed that the result rests on.
func (d decided) exception(e programme.Exception) string {
	i := slices.IndexFunc(d.Result.Exceptions, func(r programme.ExceptionResult) bool { return r.ID == e.ID })
	if i < 0 || d.Result.Exceptions[i].Effect != programme.EffectApplied {
		return ""
	}
	place := d.place(e.Requirement)
	for _, r := range d.programme.Requirements {
		for _, s := range r.Slots() {
			if r.ID == e.Requirement && s.ID == e.Slot {
				place += " – " + d.Text(s.Title)
			}
		}
	}
	what := d.T("web", "exception."+string(e.Type), "place", place, "title", d.title(e.Credential), "n", d.Figure(e.Credits), "unit", d.Result.Unit, "work", e.Work)
	said := func(word string, s *programme.Signature) {
		day := cairn.PartialDate{Year: s.At.Year(), Month: s.At.Month(), Day: s.At.Day()}
		what += " " + d.T("web", word, "who", s.Role+" ("+string(s.By)+")", "date", d.Partial(day)) + " " + s.Reason
	}
	said("exception.by", &e.Signature)
	if e.Done != nil {
		said("exception.done", e.Done)
	}
	if e.Second != nil {
		said("exception.second", e.Second)
	}
	return what
}

// before says what a credential counted before an appeal, where that differs.
func (d decided) before(c programme.CredentialResult) string {
	for _, was := range d.Appealed.Before.Credentials {
		if was.Credential != c.Credential {
			continue
		}
		if was.Counted.Equal(c.Counted) {
			return ""
		}
		return d.T("paper", "paper.decision.counted-before", "n", d.Figure(was.Counted), "all", d.Figure(was.Carries))
	}
	return d.T("paper", "paper.decision.new-evidence")
}

// judged finds the credential of a digest in the record.
func (d decided) judged(digest string) recognise.RecordCredential {
	i := slices.IndexFunc(d.Credentials, func(c recognise.RecordCredential) bool { return c.Held.Digest == digest })
	if i < 0 {
		return recognise.RecordCredential{}
	}
	return d.Credentials[i]
}

func (d decided) title(digest string) string {
	if t := d.judged(digest).Held.Title; t != "" {
		return t
	}
	return d.T("web", "credential.untitled")
}

func (d decided) credential(c programme.CredentialResult) paper.DecidedCredential {
	judged, say := d.judged(c.Credential), d.Printer
	h := judged.Held
	source := h.IssuerName
	if source == "" {
		source = string(h.Issuer)
	}
	out := paper.DecidedCredential{Title: d.title(c.Credential), Source: source + " · " + say.T("paper", "paper.route."+string(h.Route)), Date: h.AwardedOn,
		Have: d.of(c.Counted, c.Carries), Status: say.T("recognise", "credential."+string(c.Status))}
	if d.Appealed != nil {
		if line := d.before(c); line != "" {
			out.Notes = append(out.Notes, line)
		}
	}
	for _, r := range c.Reasons {
		out.Reasons = append(out.Reasons, paper.DecidedReason{Sentence: say.Map("recognise", "reason."+r.Code, recognise.ReasonArgs(d.programme, r, d)), Clause: r.Clause})
	}
	switch judged.Identity {
	case "":
	case recognise.IdentityConfirmed:
		out.Notes = append(out.Notes, say.T("paper", "paper.decision.confirmed", "by", string(judged.IdentityBy), "reason", judged.IdentityReason))
	default:
		out.Notes = append(out.Notes, say.T("recognise", "identity."+string(judged.Identity)))
	}
	return out
}

// aboutDecision reads the record of a decision, and adds to what is shown of the
// document whom and what day it is about, which a decision says in its record.
func (a *App) aboutDecision(ctx context.Context, i issue.Issued, shown *verify.Shown) (*recognise.Record, error) {
	r, err := recognise.ReadDecision(i.Document())
	if err != nil {
		return nil, err
	}
	p, _, err := a.Recognise.Programme(ctx, i.Institution(), r.Programme.Digest)
	if err != nil {
		return nil, err
	}
	at, err := vc.ParseTime(r.Decision.At)
	if err != nil {
		return nil, err
	}
	shown.Learner, shown.AwardedOn, shown.Language = r.Learner.Name, at.Format(time.DateOnly), string(p.Language)
	return &r, nil
}

// printDecision makes the PDF of a decision.
func (a *App) printDecision(ctx context.Context, p printed, say i18n.Printer, translate paper.Translate) ([]byte, error) {
	d, err := a.decided(ctx, p.issued, *p.record, p.sheet.Lang, say)
	if err != nil {
		return nil, err
	}
	out, err := d.paper(p.sheet, jcs.Digest(p.issued.Document()))
	if err != nil {
		return nil, err
	}
	out.SignatoryRole = translate(string(p.sheet.Lang), "paper.role.registrar", nil)
	return paper.DecisionPDF(out, translate)
}
