package web

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// recogniseAPI works out anew how far one learner of the institution of whoever is signed
// in is. A form of another site can't send its type of content.
func (s *Site) recogniseAPI(v *visit) error {
	if t, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return &cairn.Error{Kind: cairn.Invalid, Code: "web.content-type", Message: "send application/json; the body may be empty"}
	}
	ctx := v.r.Context()
	if err := s.checks.enter(ctx, v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	got, err := s.Recognise.Reevaluate(ctx, v.account.Institution, cairn.LearnerID(v.r.PathValue("id")), string(v.account.ID))
	if err != nil {
		return err
	}
	body, err := json.Marshal(got)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusOK, body)
	return nil
}

// The views of the page of standings.
const (
	viewChanges  = "changes"  // what the last run found to be different
	viewBecame   = "became"   // of it, who became complete
	viewLosing   = "losing"   // who will lose something within the next months
	viewComplete = "complete" // who is complete and has no certificate
)

var standingViews = []string{viewChanges, viewBecame, viewLosing, viewComplete}

type standingsPage struct {
	Institution string
	View        string
	Views       []named
	Programme   string
	Programmes  []named
	Search      string
	Run         *runView // nil when there was none yet
	Lines       []standingLine
	Next        string
	First       string
	Empty       string // what is said when there are no lines
}

type runView struct {
	At, Learners, Changed string
	Open                  bool // not at its end
}

type standingLine struct {
	Learner, ID, Programme string
	Effect                 string // of a change
	Before, After          string
	Unit                   string
	State                  string // what is to be noticed, in words
	Mark                   string // class of it
	Why                    []string
	On                     string // day of a loss
}

// standings shows a registrar what the last run found, and whom it concerns soon.
func (s *Site) standings(v *visit) error {
	ctx := v.r.Context()
	inst, err := s.Issue.Institution(ctx, v.account.Institution)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	p := standingsPage{Institution: v.Text(inst.Name), View: q.Get("view"), Programme: q.Get("programme"), Search: q.Get("q")}
	after := q.Get("after")
	if p.View == "" {
		p.View = viewChanges
	}
	if !slices.Contains(standingViews, p.View) || len(p.Search) > maxSearch || len(after) > 3*maxSearch || len(p.Programme) > maxSearch || after != "" && !strings.Contains(after, "/") {
		return &cairn.Error{Kind: cairn.Invalid, Code: "web.filter", Message: "there is no such filter"}
	}
	p.Empty = v.W("standings.empty." + p.View)
	for _, one := range standingViews {
		p.Views = append(p.Views, named{Name: v.W("standings.view." + one), Path: one})
	}
	titles := map[cairn.ProgrammeID]*programme.Programme{}
	programmes, err := s.Recognise.Programmes(ctx, inst.ID)
	if err != nil {
		return err
	}
	p.Programmes = []named{{Name: v.W("standings.all")}}
	for _, g := range programmes {
		titles[g.ID] = g
		p.Programmes = append(p.Programmes, named{Name: v.Text(g.Title), Path: string(g.ID)})
	}
	run, err := s.Recognise.LastRun(ctx, inst.ID)
	if err != nil && cairn.KindOf(err) != cairn.NotFound {
		return err
	}
	if err == nil {
		p.Run = &runView{At: v.Date(run.Started), Learners: v.Figure(cairn.WholeCredits(int64(run.Learners))), Changed: v.Figure(cairn.WholeCredits(int64(run.Changed))), Open: run.State == recognise.RunOpen}
		if p.Lines, after, err = v.standingLines(inst.ID, run.ID, p, after, titles); err != nil {
			return err
		}
	}
	address := func(after string) string {
		to := url.Values{"view": {p.View}}
		for name, value := range map[string]string{"programme": p.Programme, "q": p.Search, "after": after} {
			if value != "" {
				to.Set(name, value)
			}
		}
		return "/registrar/standings?" + to.Encode()
	}
	if q.Get("after") != "" {
		p.First = address("")
	}
	if after != "" {
		p.Next = address(after)
	}
	return v.render(http.StatusOK, "standings", v.W("standings.title"), p)
}

// standingLines returns one page of lines, and the key of its last when there are more.
func (v *visit) standingLines(inst cairn.InstitutionID, run string, p standingsPage, after string, titles map[cairn.ProgrammeID]*programme.Programme) (lines []standingLine, next string, err error) {
	ctx := v.r.Context()
	line := func(name string, learner cairn.LearnerID, id cairn.ProgrammeID) standingLine {
		l := standingLine{Learner: name, ID: string(learner), Programme: string(id)}
		if g := titles[id]; g != nil {
			l.Programme, l.Unit = v.Text(g.Title), g.Credit.Unit
		}
		return l
	}
	if p.View == viewChanges || p.View == viewBecame {
		list, err := v.site.Recognise.Changes(ctx, inst, run, recognise.ChangeFilter{Programme: cairn.ProgrammeID(p.Programme), Completes: p.View == viewBecame, Search: p.Search, After: after, Limit: pageSize + 1})
		if err != nil {
			return nil, "", err
		}
		if len(list) > pageSize {
			list = list[:pageSize]
			next = list[pageSize-1].Key
		}
		for _, c := range list {
			l := line(c.Name, c.Learner, c.Programme)
			l.Effect, l.Before, l.After = string(c.Effect), v.Figure(c.Before.Counted), v.Figure(c.After.Counted)
			switch {
			case c.After.Complete && !c.Before.Complete:
				l.State = v.W("standings.became")
			case c.Before.Complete && !c.After.Complete:
				l.State, l.Mark = v.W("standings.undone"), "gone"
			case c.Effect == programme.Loses:
				l.State, l.Mark = v.W("standings.less"), "wait"
			}
			for _, w := range c.Why {
				l.Why = append(l.Why, v.cause(w))
			}
			lines = append(lines, l)
		}
		return lines, next, nil
	}
	f := recognise.StandingFilter{Programme: cairn.ProgrammeID(p.Programme), Complete: p.View == viewComplete, Search: p.Search, After: after, Limit: pageSize + 1}
	if p.View == viewLosing {
		f.Losing = v.site.Recognise.LosingUntil()
	}
	list, err := v.site.Recognise.Standings(ctx, inst, f)
	if err != nil {
		return nil, "", err
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		next = list[pageSize-1].Key
	}
	for _, one := range list {
		l := line(one.Name, one.Learner, one.Programme)
		l.Before, l.After, l.Unit = v.Figure(one.Counted), v.Figure(one.Total), one.Unit
		if day, err := time.Parse(time.DateOnly, one.LosesOn); err == nil {
			l.On, l.After = v.Date(day), v.Figure(one.LosesTo)
		}
		lines = append(lines, l)
	}
	return lines, next, nil
}

// cause says one reason for a change.
func (v *visit) cause(c recognise.Cause) string {
	text := v.T("recognise", "cause."+c.Code)
	if c.Title != "" {
		text = v.W("standings.cause-of", "cause", text, "title", c.Title)
	}
	if c.Clause != "" {
		text = v.W("standings.cause-rule", "cause", text, "clause", c.Clause)
	}
	return text
}
