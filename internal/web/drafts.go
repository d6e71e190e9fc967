package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

type draftPage struct {
	Institution string
	Text        string
	Failure     *Failure
	Problems    []findingLine // why the draft can't be read
}

type findingLine struct {
	Line     int
	Severity string
	Words    string
}

type trialPage struct {
	Institution string
	Path        string
	Programme   string
	Edition     string
	Findings    []findingLine
	Refused     bool // a finding is an error: it can't be published
	Working     bool
	New         bool
	More        string // the number of cases that were tried, when there are more
	Sum         []sumLine
	Cases       int
	Tried       string
	Shown       string // the number of differences that are shown, when there are more
	Lines       []triedLine
	Losing      bool
	Failure     *Failure
}

type sumLine struct{ Word, N string }

type triedLine struct {
	Who, Path, At  string
	Effect, Mark   string
	Before, After  string
	State          string
	Parts          []string
	Credentials    []triedCredential
	Unknown, Fault string
}

type triedCredential struct {
	Sentence string
	Reasons  []reasonView
}

// draftForm asks a registrar for a draft of rules.
func (s *Site) draftForm(v *visit) error { return v.draftPage(http.StatusOK, draftPage{}) }

func (v *visit) draftPage(status int, p draftPage) error {
	inst, err := v.site.Issue.Institution(v.r.Context(), v.account.Institution)
	if err != nil {
		return err
	}
	p.Institution = v.Text(inst.Name)
	return v.render(status, "draft", v.W("draft.title"), p)
}

func findingLines(list []programme.Finding) (out []findingLine, refused bool) {
	for _, f := range list {
		out = append(out, findingLine{f.Line, string(f.Severity), f.Words()})
		refused = refused || f.Severity == programme.LintError
	}
	return out, refused
}

// draftTry begins a trial of a draft. It changes nothing but the memory of this server.
func (s *Site) draftTry(v *visit) error {
	// A browser sends lines of a form with CR LF; the digest of an edition is of its bytes.
	document := []byte(strings.ReplaceAll(v.form.Get("text"), "\r\n", "\n"))
	if len(document) > 0 && document[len(document)-1] != '\n' {
		document = append(document, '\n')
	}
	if len(v.form.file) > 0 {
		document = v.form.file
	}
	page := draftPage{Text: string(document)}
	refuse := func(err error) error {
		f := v.failure(err)
		page.Failure = &f
		return v.draftPage(f.Status, page)
	}
	if len(document) == 0 {
		return refuse(errNothing)
	}
	ctx := v.r.Context()
	if err := s.checks.enter(ctx, v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	draft, err := programme.Parse(document)
	if err != nil {
		if found := programme.ProblemsOf(err); found != nil {
			for _, one := range found.List {
				page.Problems = append(page.Problems, findingLine{one.Line, string(programme.LintError), one.Words()})
			}
		}
		if len(document) > maxText {
			page.Text = ""
		}
		return refuse(&cairn.Error{Kind: cairn.Invalid, Code: "draft.unreadable", Field: "text", Message: "the draft can't be read", Err: err})
	}
	inst, err := s.Issue.Institution(ctx, v.account.Institution)
	if err != nil {
		return err
	}
	if draft.Institution != inst.DID {
		return refuse(&cairn.Error{Kind: cairn.Invalid, Code: "programme.institution", Field: "institution", Message: "the programme is of " + string(draft.Institution) + ", and this institution is " + string(inst.DID)})
	}
	findings, err := s.Recognise.Review(ctx, inst.ID, draft)
	if err != nil {
		return err
	}
	t := &trial{id: s.newID(), institution: inst.ID, document: document, draft: draft, findings: findings, began: s.Now()}
	if err := s.begin(ctx, t); err != nil {
		return refuse(err)
	}
	return v.redirect("/registrar/drafts/" + t.id)
}

// draftTrial shows how far a trial is, and then what came out.
func (s *Site) draftTrial(v *visit) error { return v.trialPage(http.StatusOK, nil) }

func (v *visit) trialPage(status int, failure *Failure) error {
	t, err := v.site.trials.find(v.account.Institution, v.r.PathValue("trial"))
	if err != nil {
		return err
	}
	inst, err := v.site.Issue.Institution(v.r.Context(), t.institution)
	if err != nil {
		return err
	}
	state := t.state()
	number := func(n int) string { return v.Figure(cairn.WholeCredits(int64(n))) }
	p := trialPage{Institution: v.Text(inst.Name), Path: "/registrar/drafts/" + t.id, Programme: v.Text(t.draft.Title), Edition: t.draft.Edition, Working: !state.done, New: state.new, Cases: state.sum.Cases,
		Tried: number(state.sum.Cases), Losing: state.sum.Loses > 0, Failure: failure}
	p.Findings, p.Refused = findingLines(t.findings)
	if !state.done {
		v.w.Header().Set("Refresh", "2") // no script, so the page is loaded again
		return v.render(status, "trial", v.W("draft.title"), p)
	}
	if state.fault != nil && failure == nil {
		f := v.failure(state.fault)
		p.Failure = &f
	}
	if state.more {
		p.More = number(state.sum.Cases)
	}
	for _, one := range []struct {
		code string
		n    int
	}{{"same", state.sum.Same}, {"loses", state.sum.Loses}, {"gains", state.sum.Gains}, {"differs", state.sum.Differs}, {"completes", state.sum.Completes}, {"undone", state.sum.Undone}, {"unproven", state.sum.Unproven}, {"untried", state.sum.Untried}} {
		if one.n > 0 || one.code == "same" || one.code == "loses" {
			p.Sum = append(p.Sum, sumLine{v.W("draft.sum." + one.code), number(one.n)})
		}
	}
	if state.sum.Cases-state.sum.Same > len(state.shown) {
		p.Shown = number(len(state.shown))
	}
	for _, one := range state.shown {
		p.Lines = append(p.Lines, v.triedLine(t.draft, one))
	}
	return v.render(status, "trial", v.W("draft.title"), p)
}

func (v *visit) triedLine(draft *programme.Programme, t recognise.Tried) triedLine {
	l := triedLine{Who: t.Name, Fault: t.Fault}
	if day, err := time.Parse(time.DateOnly, t.At); err == nil {
		l.At = v.Date(day)
	}
	if t.Source == recognise.CaseApplication {
		l.Path = "/registrar/applications/" + t.ID
	}
	if t.Fault != "" {
		l.Effect, l.Mark = v.W("draft.sum.untried"), "wait"
		return l
	}
	l.Effect = v.W("draft.sum." + string(t.Effect))
	if t.Effect == programme.Loses {
		l.Mark = "gone"
	}
	d := t.Detail
	l.Before, l.After = v.Figure(d.Before), v.Figure(d.After)
	switch {
	case d.Completed && !d.Completes:
		l.State = v.W("standings.undone")
	case !d.Completed && d.Completes:
		l.State = v.W("standings.became")
	}
	for _, r := range d.Requirements {
		name := r.Requirement
		for _, q := range draft.Requirements {
			if q.ID == r.Requirement {
				name = v.Text(q.Title)
			}
		}
		l.Parts = append(l.Parts, v.W("draft.part", "title", name, "clause", r.Clause, "before", v.partState(r.Before, r.Had, r.Needed), "after", v.partState(r.After, r.Has, r.Needs)))
	}
	for _, k := range d.Credentials {
		title := t.Titles[k.Credential]
		if title == "" {
			title = v.W("credential.untitled")
		}
		one := triedCredential{Sentence: v.W("draft.credential", "title", title, "before", v.Figure(k.Before), "after", v.Figure(k.After))}
		for _, r := range k.New {
			one.Reasons = append(one.Reasons, v.reason(draft, r))
		}
		l.Credentials = append(l.Credentials, one)
	}
	if len(t.Unknown) > 0 {
		l.Unknown = strconv.Itoa(len(t.Unknown))
	}
	return l
}

// partState says one side of a requirement that differs.
func (v *visit) partState(s programme.Status, have, need cairn.Credits) string {
	if s == "" {
		return v.W("draft.not-there")
	}
	return v.W("draft.part-state", "status", v.T("recognise", "requirement."+string(s)), "have", v.Figure(have), "need", v.Figure(need))
}

// draftPublish publishes the draft of a trial that is done. That somebody would lose
// something must have been seen.
func (s *Site) draftPublish(v *visit) error {
	t, err := s.trials.find(v.account.Institution, v.r.PathValue("trial"))
	if err != nil {
		return err
	}
	refuse := func(err error) error {
		f := v.failure(err)
		return v.trialPage(f.Status, &f)
	}
	state := t.state()
	switch {
	case !state.done:
		return refuse(&cairn.Error{Kind: cairn.Conflict, Code: "trial.running", Message: "the draft is still being tried", Hint: "wait until it is done"})
	case state.sum.Loses > 0 && v.form.Get("seen") != "yes":
		return refuse(&cairn.Error{Kind: cairn.Invalid, Code: "trial.not-seen", Field: "seen", Message: "people would lose something by these rules", Hint: "look at the differences and say that you have seen them"})
	}
	p, err := s.Recognise.PublishBy(v.r.Context(), t.institution, t.document, string(v.account.ID))
	if err != nil {
		return refuse(err)
	}
	return v.redirect("/i/" + string(t.institution) + "/programmes/" + string(p.ID) + "?digest=" + p.Digest())
}
