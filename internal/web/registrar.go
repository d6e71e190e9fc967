package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
	"cairn.example/strictjson"
)

// isPresentation reports whether a document says that it is a presentation; the
// use case then judges it as one.
func isPresentation(data []byte) bool {
	tree, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return false
	}
	types, ok := tree["type"].([]any)
	if !ok {
		types = []any{tree["type"]}
	}
	return slices.Contains(types, any("VerifiablePresentation"))
}

// queueStates are the states that a registrar can filter by.
var queueStates = []recognise.State{recognise.Evaluated, recognise.Countersigning, recognise.Submitted, recognise.Decided, recognise.Delivered, recognise.Draft, recognise.Withdrawn}

const maxSearch = 100 // bytes of a search

type queuePage struct {
	Institution string
	State       string
	Search      string
	States      []named
	Lines       []queueLine
	Next        string // address of the next page; empty at the end
	First       string // address of the first page; empty on it
}

type queueLine struct {
	Path, Learner, Programme, State, Word, Since string
	Items, Waiting                               int
	Appeal, Overdue                              bool
	Due                                          string
}

func (s *Site) queue(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.account.Institution)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	f := recognise.Filter{State: recognise.State(q.Get("state")), Search: q.Get("q"), After: cairn.ApplicationID(q.Get("after")), Limit: pageSize + 1}
	if !q.Has("state") {
		f.State = recognise.Evaluated // what waits for a registrar
	}
	if f.State != "" && !slices.Contains(queueStates, f.State) || len(f.Search) > maxSearch || len(f.After) > maxSearch {
		return &cairn.Error{Kind: cairn.Invalid, Code: "web.filter", Message: "there is no such filter"}
	}
	list, err := s.Recognise.Queue(v.r.Context(), inst.ID, f)
	if err != nil {
		return err
	}
	p := queuePage{Institution: v.Text(inst.Name), State: string(f.State), Search: f.Search}
	p.States = append(p.States, named{Name: v.W("queue.all"), Path: ""})
	for _, state := range queueStates {
		p.States = append(p.States, named{Name: v.W("state." + string(state)), Path: string(state)})
	}
	address := func(after cairn.ApplicationID) string {
		to := url.Values{"state": {string(f.State)}}
		if f.Search != "" {
			to.Set("q", f.Search)
		}
		if after != "" {
			to.Set("after", string(after))
		}
		return "/registrar?" + to.Encode()
	}
	if f.After != "" {
		p.First = address("")
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		p.Next = address(list[pageSize-1].ID)
	}
	programmes, err := s.Recognise.Programmes(v.r.Context(), inst.ID)
	if err != nil {
		return err
	}
	titles := map[cairn.ProgrammeID]string{}
	for _, g := range programmes {
		titles[g.ID] = v.Text(g.Title)
	}
	for _, a := range list {
		title := titles[a.Programme]
		if title == "" {
			title = string(a.Programme)
		}
		p.Lines = append(p.Lines, queueLine{Path: "/registrar/applications/" + string(a.ID), Learner: a.LearnerName, Programme: title, State: string(a.State), Word: v.W("state." + string(a.State)), Since: v.Date(a.Since), Items: a.Items, Waiting: a.Waiting, Appeal: a.Appeal != "", Due: v.day(a.Due),
			Overdue: a.Due != "" && v.site.Now().UTC().Format(time.DateOnly) > a.Due})
	}
	return v.render(http.StatusOK, "queue", v.W("queue.title"), p)
}

type applicationPage struct {
	ID          string
	Path        string
	Institution string
	Learner     issue.LearnerRecord
	Birth       string
	Programme   string
	Edition     string
	State       string
	Word        string
	Revision    int
	Steps       []stepView
	Note        string
	Evaluation  *evaluationView
	Items       []credentialView
	Waiting     int
	Attest      []attestView
	CanAttest   bool
	Exceptions  []exceptionView
	Grant       *grantView // nil when nothing can be allowed any more
	Second      *secondView
	Appeal      *appealView // nil for what is no appeal
	Register    *registerView
	Continues   string // address of what this goes on from
	Superseded  string // address of the appeal that took the place of this
	Decision    *decisionView
	CanDecide   bool
	CanAccept   bool
	Documents   []heldView
	Failure     *Failure
	Reason      string // as typed, when the decision was refused
	Outcome     string
}

// attestView is a requirement that only a person can say is met.
type attestView struct {
	ID, Title, Clause, Who string
	By, At, Reason         string // empty while nobody has said so
}

// officeApplication finds an application of the institution of whoever is signed
// in: one of another institution is not found.
func (v *visit) officeApplication() (recognise.Application, error) {
	return v.site.Recognise.Application(v.r.Context(), v.account.Institution, cairn.ApplicationID(v.r.PathValue("id")))
}

func (s *Site) application(v *visit) error {
	return v.applicationPage(http.StatusOK, applicationPage{})
}

func (v *visit) applicationPage(status int, p applicationPage) error {
	a, err := v.officeApplication()
	if err != nil {
		return err
	}
	ctx, s := v.r.Context(), v.site
	inst, err := s.Issue.Institution(ctx, a.Institution)
	if err != nil {
		return err
	}
	if p.Learner, err = s.Issue.Learner(ctx, a.Institution, a.Learner); err != nil {
		return err
	}
	g, _, err := s.Recognise.Programme(ctx, a.Institution, a.ProgrammeDigest)
	if err != nil {
		return err
	}
	p.ID, p.Path, p.Institution = string(a.ID), "/registrar/applications/"+string(a.ID), v.Text(inst.Name)
	p.Birth, p.Programme, p.Edition = v.Partial(p.Learner.Birth), v.Text(g.Title), g.Edition
	p.State, p.Word, p.Revision, p.Steps, p.Note = string(a.State), v.W("state."+string(a.State)), a.Revision, v.steps(a.State), a.Note
	p.CanDecide = a.State == recognise.Evaluated
	p.CanAttest = p.CanDecide || a.State == recognise.Submitted
	for _, req := range g.Requirements {
		if req.AttestedBy == "" {
			continue
		}
		view := attestView{ID: req.ID, Title: v.Text(req.Title), Clause: req.Clause, Who: req.AttestedBy}
		for _, said := range a.Attestations {
			if said.Requirement == req.ID {
				view.By, view.At, view.Reason = string(said.By), v.Moment(said.At), said.Reason
			}
		}
		p.Attest = append(p.Attest, view)
	}
	results := map[string]credentialView{}
	if a.Evaluation != nil {
		offers, err := v.offered(a.Institution, g)
		if err != nil {
			return err
		}
		view := v.evaluationView(g, *a.Evaluation, offers, "a")
		p.Evaluation, p.CanAccept = &view, a.Evaluation.Result.Counted.Sign() > 0
		for _, c := range view.Credentials {
			results[c.Digest] = c
		}
	}
	for _, item := range a.Items {
		c, ok := results[item.Digest]
		if !ok {
			c = credentialView{Digest: item.Digest, Title: v.W("credential.untitled")}
		}
		c.Identity = string(item.Identity)
		if item.Report != nil {
			view := v.reportView(*item.Report)
			c.Report, c.Verdict = &view, view.Verdict
			if view.Shown != nil && view.Shown.Title != "" {
				c.Title = view.Shown.Title
			}
			if c.Issuer == "" {
				c.Issuer = view.Name
			}
		}
		if item.Identity == recognise.IdentityOpen {
			p.Waiting++
		}
		p.Items = append(p.Items, c)
	}
	p.Exceptions, p.Second = v.exceptions(g, a), v.second(g, a)
	if p.Appeal = v.appeal(g, a, "/registrar/applications/"); p.Appeal != nil && p.Appeal.Own {
		p.CanDecide, p.CanAttest = false, false
	}
	if p.Register, err = v.register(a); err != nil {
		return err
	}
	if a.Continues != "" {
		p.Continues = "/registrar/applications/" + string(a.Continues)
	}
	if a.Superseded != "" {
		p.Superseded = "/registrar/applications/" + string(a.Superseded)
	}
	if given := p.Grant; p.CanAttest {
		p.Grant = v.grant(g, p.Items)
		if given != nil {
			p.Grant.Open, p.Grant.Reason = given.Open, given.Reason
		}
		p.Grant.Clause, p.Grant.Second = a.SecondClause(g, recognise.Accept)
	} else {
		p.Grant = nil
	}
	if d := a.Decision; d != nil && a.State != recognise.Countersigning {
		p.Decision = &decisionView{Outcome: string(d.Outcome), Word: v.W("decision." + string(d.Outcome)), By: string(d.By), At: v.Moment(d.At), Reason: d.Reason}
	}
	for _, d := range a.Deliveries {
		c, err := s.issuedTo(ctx, a.Institution, a.Learner, d.Credential)
		if err != nil {
			return err
		}
		h := v.heldView(c, "")
		h.Path = p.Path + "/documents/" + d.Kind
		p.Documents = append(p.Documents, h)
	}
	return v.render(status, "application", v.W("app.title"), p)
}

// changed answers a change of an application: back to its page when it was done,
// and the page with the reason when it could not be.
func (v *visit) changed(err error, field string, p applicationPage) error {
	switch cairn.KindOf(err) {
	case "":
		return v.redirect("/registrar/applications/" + url.PathEscape(v.r.PathValue("id")))
	case cairn.Invalid, cairn.Conflict:
		f := v.failure(err)
		f.Field = field
		p.Failure = &f
		return v.applicationPage(f.Status, p)
	}
	return err
}

func (s *Site) confirmIdentity(v *visit) error {
	a, err := v.officeApplication()
	if err != nil {
		return err
	}
	digest, reason := v.form.Get("digest"), v.form.Get("reason")
	if slices.ContainsFunc(a.Items, func(i recognise.Item) bool {
		return i.Digest == digest && i.Identity == recognise.IdentityConfirmed && i.IdentityBy == v.account.ID
	}) {
		return v.changed(nil, "", applicationPage{}) // sent twice
	}
	if _, err = s.Recognise.ConfirmIdentity(v.r.Context(), a.Institution, a.ID, digest, v.account.ID, reason); err == nil {
		err = s.advance(v, a.Institution, a.ID)
	}
	return v.changed(err, "identity-"+digest, applicationPage{})
}

func (s *Site) attest(v *visit) error {
	requirement := v.form.Get("requirement")
	a, err := s.Recognise.Attest(v.r.Context(), recognise.AttestRequest{Institution: v.account.Institution, Application: cairn.ApplicationID(v.r.PathValue("id")), Requirement: requirement,
		By: v.account.ID, Role: string(staff.Registrar), Reason: v.form.Get("reason"), Withdraw: v.form.Get("withdraw") != ""})
	if err == nil {
		err = s.advance(v, a.Institution, a.ID)
	}
	return v.changed(err, "attest-"+requirement, applicationPage{})
}

func (s *Site) decide(v *visit) error {
	a, err := v.officeApplication()
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(v.form.Get("revision"))
	if err != nil {
		return errForm
	}
	p := applicationPage{Reason: v.form.Get("reason"), Outcome: v.form.Get("outcome")}
	if a.State == recognise.Draft && p.Outcome == string(recognise.Return) && a.Note == p.Reason {
		return v.changed(nil, "", p) // sent twice
	}
	_, err = s.Recognise.Decide(v.r.Context(), recognise.DecideRequest{Institution: a.Institution, Application: a.ID, Revision: revision, Outcome: recognise.Outcome(p.Outcome), Original: cairn.CredentialID(v.form.Get("original")),
		By: v.account.ID, Role: string(staff.Registrar), Reason: p.Reason})
	if err == nil {
		err = s.advance(v, a.Institution, a.ID)
	}
	field := "reason"
	if c := cairn.CodeOf(err); c == "application.outcome" || c == "application.nothing-to-accept" || strings.HasPrefix(c, "appeal.") {
		field = "outcome"
	}
	return v.changed(err, field, p)
}

// applicationDocument sends what the application led to.
func (s *Site) applicationDocument(v *visit) error {
	a, err := v.officeApplication()
	if err != nil {
		return err
	}
	for _, d := range a.Deliveries {
		if d.Kind == v.r.PathValue("kind") {
			c, err := s.issuedTo(v.r.Context(), a.Institution, a.Learner, d.Credential)
			if err != nil {
				return err
			}
			return s.send(v, c, v.r.PathValue("form"))
		}
	}
	return errNoPage
}
