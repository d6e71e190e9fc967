package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// maxPlan bounds the achievements in the address of one plan.
const maxPlan = 50

type planPage struct {
	Stack     string // address of the learner's page
	Path      string
	Learner   string
	Programme string
	Counted   string
	Total     string
	Unit      string
	Complete  bool
	Waiting   int // credentials of which it is not known whether they count
	Ways      []wayView
	Persons   []personView
	Changes   []changeView
	Doors     []string // agreements that begin or end
	Until     string
	Choices   []choiceView
	Failure   *Failure
	Trial     *trialView
}

type wayView struct {
	Title   string // empty for the whole programme
	Clause  string
	Answer  string
	Proven  bool
	Lacking []string
	Sets    []setView
}

// personView is a part that nothing earned completes: a person must say so.
type personView struct{ Title, Clause, Sentence string }

type setView struct {
	Credits string
	Items   []planItem
	Plan    string // address that shows what this set would bring
}

type planItem struct {
	named
	Where string // which other institution; empty for the learner's own
	Grade string
	Or    []named
}

type changeView struct {
	On     string
	Before string
	After  string
	Proven bool
	Lines  []reasonView
	Parts  []string // parts that are open again
}

type choiceView struct {
	ID      string // as it stands in the address
	Name    string
	Where   string
	Credits string
	Chosen  bool
}

type trialView struct {
	Planned  []string
	Counted  string
	Complete bool
	Parts    []string // that would be done
	Idle     []string // of the plan, what would not count
}

// planPath is the address of a programme's plan.
func (v *visit) planPath(id cairn.ProgrammeID) string {
	return v.stackPath() + "/plan/" + url.PathEscape(string(id))
}

// stackPlan shows what a learner could earn next, what will lapse, and what a plan
// would change. The plan stands in the address and nowhere else.
func (s *Site) stackPlan(v *visit) error {
	l, err := v.learner()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	id := cairn.ProgrammeID(v.r.PathValue("programme"))
	applications, err := s.Recognise.ApplicationsOf(ctx, l.Institution, l.ID)
	if err != nil {
		return err
	}
	if err := s.checks.enter(ctx, v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	e, p, err := s.standing(v, l, applications, id)
	if err != nil {
		return err
	}
	var plan []cairn.AchievementID
	for _, short := range v.r.URL.Query()["plan"] {
		if a := s.planned(short); len(plan) < maxPlan && !slices.Contains(plan, a) {
			plan = append(plan, a)
		}
	}
	status := http.StatusOK
	g, err := s.Recognise.Guide(ctx, l.Institution, p, e.Held, plan)
	var failure *Failure
	if cairn.CodeOf(err) == "plan.no-such-achievement" {
		f := v.failure(err)
		failure, status = &f, f.Status
		g, err = s.Recognise.Guide(ctx, l.Institution, p, e.Held, nil)
	}
	if err != nil {
		return err
	}
	page := planPage{Stack: v.stackPath(), Path: v.planPath(id), Learner: l.FullName, Programme: v.Text(p.Title), Counted: v.Figure(e.Result.Counted), Total: v.Figure(e.Result.Total), Unit: e.Result.Unit,
		Complete: e.Result.Complete, Failure: failure}
	for _, h := range e.Held {
		if h.Blocked == programme.BlockedUndetermined || h.Blocked == programme.BlockedIdentity {
			page.Waiting++
		}
	}
	w := planWords{visit: v, p: p, g: g, held: e.Held, institution: l.Institution, path: page.Path}
	if err := w.names(); err != nil {
		return err
	}
	page.Ways, page.Changes, page.Doors, page.Choices, page.Trial = w.ways(), w.changes(), w.doors(), w.choices(plan), w.trial()
	page.Until = w.day(g.Outlook.Until)
	for i, q := range e.Result.Requirements {
		if r := p.Requirements[i]; q.Status == programme.Waiting && r.AttestedBy != "" {
			page.Persons = append(page.Persons, personView{v.Text(r.Title), r.Clause, v.W("requirement.attested", "who", r.AttestedBy)})
		}
	}
	return v.render(status, "plan", v.W("plan.title", "programme", page.Programme), page)
}

// short writes an achievement of this server as college/first-aid, so that many fit
// into an address; planned reads it.
func (s *Site) short(o recognise.Offer) string {
	if name, ok := strings.CutPrefix(string(o.Achievement), s.BaseURL+"/i/"+string(o.Institution)+"/achievements/"); ok {
		return string(o.Institution) + "/" + name
	}
	return string(o.Achievement)
}

func (s *Site) planned(short string) cairn.AchievementID {
	inst, name, ok := strings.Cut(short, "/")
	if !ok || strings.Contains(short, "://") {
		return cairn.AchievementID(short)
	}
	return cairn.AchievementID(s.BaseURL + "/i/" + inst + "/achievements/" + name)
}

// standing is how far a learner is in a programme: as an application says that was
// evaluated, or else by a simulation.
func (s *Site) standing(v *visit, l issue.LearnerRecord, applications []recognise.Application, id cairn.ProgrammeID) (recognise.Evaluation, *programme.Programme, error) {
	ctx := v.r.Context()
	judged, brought := ofProgramme(applications, id)
	if judged == nil {
		return s.Recognise.Simulate(ctx, l.Institution, l.ID, id, brought...)
	}
	p, _, err := s.Recognise.Programme(ctx, l.Institution, judged.ProgrammeDigest)
	if err != nil {
		return recognise.Evaluation{}, nil, err
	}
	return *judged.Evaluation, p, nil
}

// planWords says a guide in the visitor's language.
type planWords struct {
	*visit
	p            *programme.Programme
	g            recognise.Guide
	held         []programme.Held
	institution  cairn.InstitutionID
	path         string
	institutions map[cairn.InstitutionID]string
}

// names looks up what the other institutions of the catalogue are called.
func (w *planWords) names() error {
	w.institutions = map[cairn.InstitutionID]string{}
	for _, o := range w.g.Catalogue {
		if _, ok := w.institutions[o.Institution]; ok || o.Institution == w.institution {
			continue
		}
		i, err := w.site.Issue.Institution(w.r.Context(), o.Institution)
		if err != nil {
			return err
		}
		w.institutions[o.Institution] = w.Text(i.Name)
	}
	return nil
}

func (w *planWords) day(text string) string {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return ""
	}
	return w.Date(t)
}

func (w *planWords) requirement(id string) string {
	for _, r := range w.p.Requirements {
		if r.ID == id {
			return w.Text(r.Title)
		}
		for _, s := range r.Slots() {
			if s.ID == id {
				return w.Text(s.Title)
			}
		}
	}
	return id
}

// offer names an achievement of the catalogue, with its page on this server.
func (w *planWords) offer(digest string) named {
	o, _ := w.g.Offered(digest)
	n := named{Name: w.Text(o.Name)}
	if path, ok := strings.CutPrefix(string(o.Achievement), w.site.BaseURL+"/i/"+string(o.Institution)+"/achievements/"); ok {
		n.Path = "/i/" + string(o.Institution) + "/achievements/" + path
	}
	return n
}

// title names something held or planned.
func (w *planWords) title(digest string) string {
	if n := w.offer(digest).Name; n != "" {
		return n
	}
	for _, h := range w.held {
		if h.Digest == digest && h.Title != "" {
			return h.Title
		}
	}
	return w.W("credential.untitled")
}

func (w *planWords) ways() []wayView {
	var out []wayView
	all := w.g.Next.Requirements
	if w.g.Next.Award != nil {
		all = append(slices.Clone(all), *w.g.Next.Award)
	}
	for _, way := range all {
		view := wayView{Clause: way.Clause, Answer: way.Answer, Proven: way.Proven}
		if way.Requirement != "" {
			view.Title = w.requirement(way.Requirement)
		}
		for _, id := range way.Lacking {
			view.Lacking = append(view.Lacking, w.requirement(id))
		}
		for _, set := range way.Sets {
			one := setView{Credits: w.Figure(set.Credits)}
			q := url.Values{}
			for _, item := range set.Items {
				o, _ := w.g.Offered(item.Offer)
				q.Add("plan", w.site.short(o))
				i := planItem{named: w.offer(item.Offer), Where: w.institutions[o.Institution]}
				if item.Grade != nil {
					i.Grade = item.Grade.Grade
				}
				for _, other := range item.Or {
					i.Or = append(i.Or, w.offer(other))
				}
				one.Items = append(one.Items, i)
			}
			one.Plan = w.path + "?" + q.Encode() + "#what-if"
			view.Sets = append(view.Sets, one)
		}
		out = append(out, view)
	}
	return out
}

func (w *planWords) changes() []changeView {
	var out []changeView
	for _, c := range w.g.Outlook.Changes {
		view := changeView{On: w.day(c.On), Before: w.Figure(c.Before), After: w.Figure(c.After), Proven: c.Proven}
		for _, one := range c.Credentials {
			line := reasonView{Sentence: w.W("plan.counts-less", "name", w.title(one.Credential), "before", w.Figure(one.Before), "after", w.Figure(one.After), "unit", w.p.Credit.Unit)}
			for _, r := range one.Reasons {
				if r.Clause != "" && line.Clause == "" {
					line.Clause = r.Clause
				}
			}
			view.Lines = append(view.Lines, line)
		}
		for _, q := range c.Requirements {
			if q.Before.Met() && !q.After.Met() {
				view.Parts = append(view.Parts, w.requirement(q.Requirement))
			}
		}
		out = append(out, view)
	}
	return out
}

func (w *planWords) doors() []string {
	var out []string
	for _, a := range w.g.Outlook.Agreements {
		name := string(a.Achievement)
		if n := w.offer(programme.PlannedDigest(a.Issuer, a.Achievement)).Name; n != "" {
			name = n
		}
		if a.Begins {
			out = append(out, w.W("plan.agreement-begins", "date", w.day(a.On), "name", name, "agreement", a.Agreement))
		} else {
			out = append(out, w.W("plan.agreement-ends", "date", w.day(a.On), "name", name, "agreement", a.Agreement))
		}
	}
	return out
}

// choices are the catalogue without what is held.
func (w *planWords) choices(plan []cairn.AchievementID) []choiceView {
	var out []choiceView
	for _, o := range w.g.Catalogue {
		chosen := slices.Contains(plan, o.Achievement)
		if !chosen && slices.ContainsFunc(w.held, func(h programme.Held) bool {
			return h.Blocked == "" && h.Issuer == o.Issuer && h.Achievement == o.Achievement
		}) {
			continue
		}
		credits := w.p.Amount(*o.Credit)
		out = append(out, choiceView{ID: w.site.short(o), Name: w.Text(o.Name), Where: w.institutions[o.Institution], Credits: w.Figure(credits), Chosen: chosen})
	}
	return out
}

func (w *planWords) trial() *trialView {
	t := w.g.Trial
	if t == nil {
		return nil
	}
	out := &trialView{Counted: w.Figure(t.Then.Counted), Complete: t.Then.Complete}
	for _, d := range t.Planned {
		out.Planned = append(out.Planned, w.title(d))
	}
	for _, id := range t.Satisfied {
		out.Parts = append(out.Parts, w.requirement(id))
	}
	for _, d := range t.Idle {
		out.Idle = append(out.Idle, w.title(d))
	}
	return out
}
