package web

import (
	"net/url"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// clockView is how long a decision can be appealed, and the appeal that there is.
type clockView struct {
	Words string
	Open  bool   // it can be appealed now
	Path  string // of the appeal; empty when there is none
}

// clock says to the learner until when they can appeal what an application led to,
// or why they no longer can.
func (v *visit) clock(p *programme.Programme, a recognise.Application, all []recognise.Application) *clockView {
	if a.State != recognise.Delivered || a.Decision == nil || a.Appeal != nil {
		return nil
	}
	for _, o := range all {
		if o.Appeal != nil && o.Appeal.Of == a.ID && o.State != recognise.Withdrawn {
			return &clockView{Words: v.W("appeal.there-is", "date", v.Date(o.Appeal.Filed)), Path: v.stackPath() + "/applications/" + url.PathEscape(string(o.ID))}
		}
	}
	switch err := a.CanAppeal(p, v.site.Now()); cairn.CodeOf(err) {
	case "":
		return &clockView{Words: v.W("appeal.until", "date", v.day(recognise.AppealUntil(p, *a.Decision)), "to", p.Policy.Appeal.To), Open: true}
	case "appeal.late":
		return &clockView{Words: v.W("appeal.over", "date", v.day(recognise.AppealUntil(p, *a.Decision)))}
	}
	return nil
}

// day writes a day that is kept as text.
func (v *visit) day(text string) string {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return v.Date(t)
}

// appealView is an appeal, with what it is against.
type appealView struct {
	Path     string // of the earlier application
	Original string // the decision that it is against
	Reason   string
	Filed    string
	Earlier  decisionView
	Second   string // who signed the earlier decision too
	Due      string
	Overdue  bool
	Own      bool // whoever looks signed the earlier decision
	Counted  string
	Rows     []comparedView
	Same     bool // nothing differs
}

// comparedView is a requirement or a credential before and now.
type comparedView struct {
	Title, Before, Now string
	Changed            bool
	Reasons            []reasonView // what is said of it now and was not before
}

func (v *visit) appeal(p *programme.Programme, a recognise.Application, path string) *appealView {
	q := a.Appeal
	if q == nil {
		return nil
	}
	d := q.Earlier
	out := &appealView{Path: path + url.PathEscape(string(q.Of)), Original: string(q.Decision), Reason: q.Reason, Filed: v.Date(q.Filed), Overdue: a.Decision == nil && q.Overdue(v.site.Now()),
		Earlier: decisionView{Outcome: string(d.Outcome), Word: v.W("decision." + string(d.Outcome)), By: string(d.By), At: v.Date(d.At), Reason: d.Reason}}
	if q.Due != "" {
		out.Due = v.day(q.Due)
	}
	if d.Second != nil {
		out.Second = string(d.Second.By)
	}
	out.Own = v.account != nil && slices.Contains(q.Deciders(), v.account.ID)
	if a.Evaluation == nil {
		return out
	}
	titles := map[string]string{}
	for _, h := range a.Evaluation.Held {
		titles[h.Digest] = h.Title
	}
	now := a.Evaluation.Result
	out.Counted, out.Same = v.W("appeal.counted", "before", v.Figure(q.Before.Counted), "now", v.Figure(now.Counted), "total", v.Figure(now.Total), "unit", now.Unit), true
	for _, line := range recognise.Compare(q.Before, now) {
		row := comparedView{Changed: line.Changed, Before: v.W("appeal.not-there"), Now: v.W("appeal.not-there")}
		out.Same = out.Same && !line.Changed
		if line.Requirement != "" {
			row.Title = v.placeName(p, line.Requirement, "")
			say := func(r *programme.RequirementResult) string {
				return v.W("requirement."+string(r.Status)) + " · " + v.W("requirement.have", "have", v.Figure(r.Have), "need", v.Figure(r.Need), "unit", now.Unit)
			}
			if row.Now = say(line.After); line.Before != nil {
				row.Before = say(line.Before)
			}
			out.Rows = append(out.Rows, row)
			continue
		}
		if row.Title = titles[line.Credential]; row.Title == "" {
			row.Title = v.W("credential.untitled")
		}
		say := func(c *programme.CredentialResult) string {
			return v.W("credential."+string(c.Status)) + " · " + v.W("app.counted", "counted", v.Figure(c.Counted), "carries", v.Figure(c.Carries))
		}
		if line.Was != nil {
			row.Before = say(line.Was)
		}
		if line.Is != nil {
			row.Now = say(line.Is)
			for _, r := range line.Is.Reasons {
				if line.Was == nil || !slices.ContainsFunc(line.Was.Reasons, func(o programme.Reason) bool {
					return o.Code == r.Code && o.Clause == r.Clause && o.Requirement == r.Requirement
				}) {
					row.Reasons = append(row.Reasons, v.reason(p, r))
				}
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// stackAppeal begins an appeal and leads to it.
func (s *Site) stackAppeal(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	appeal, err := s.Recognise.Appeal(v.r.Context(), l.Institution, a.ID, v.form.Get("reason"))
	if k := cairn.KindOf(err); err != nil && (k == cairn.Invalid || k == cairn.Conflict) {
		f := v.failure(err)
		f.Field = "appeal"
		return v.stackApplicationPage(f.Status, &f)
	}
	if err != nil {
		return err
	}
	return v.redirect(v.stackPath() + "/applications/" + url.PathEscape(string(appeal.ID)))
}
