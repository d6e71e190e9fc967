package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
	"cairn.example/programme"
)

// exceptionView is what a person allowed against the rules, for the learner and the
// registrar alike.
type exceptionView struct {
	ID, Sentence, Effect, Sign string
	Until                      string
	Signed                     []signatureView
	CanSecond, CanConfirm      bool
}

// signatureView is a person's name under something. By is for registrars only.
type signatureView struct{ Word, By, Reason string }

// exceptions says what was allowed in an application. Without an account it is said
// to the learner, who sees roles and no sign-in names.
func (v *visit) exceptions(p *programme.Programme, a recognise.Application) (out []exceptionView) {
	for _, e := range a.Exceptions {
		view := exceptionView{ID: e.ID, Sign: "partly"}
		effect := programme.EffectIdle
		args := []any{"place", v.placeName(p, e.Requirement, e.Slot), "title", v.W("credential.untitled"), "n", v.Figure(e.Credits), "unit", p.Credit.Unit, "work", e.Work}
		if a.Evaluation != nil {
			for _, r := range a.Evaluation.Result.Exceptions {
				if r.ID == e.ID {
					effect = r.Effect
				}
			}
			for _, h := range a.Evaluation.Held {
				if h.Digest == e.Credential && h.Title != "" {
					args[3] = h.Title
				}
			}
			view.Effect = v.W("exception." + effect)
		}
		if effect == programme.EffectApplied {
			view.Sign = "yes"
		}
		view.Sentence = v.W("exception."+string(e.Type), args...)
		if t, err := time.Parse(time.DateOnly, e.Until); err == nil {
			view.Until = v.W("exception.until", "date", v.Date(t))
		}
		for _, s := range []struct {
			word string
			*programme.Signature
		}{{"exception.by", &e.Signature}, {"exception.done", e.Done}, {"exception.second", e.Second}} {
			if s.Signature == nil {
				continue
			}
			who := s.Role
			if v.account != nil {
				who += " (" + string(s.By) + ")"
			}
			view.Signed = append(view.Signed, signatureView{Word: v.W(s.word, "who", who, "date", v.Date(s.At)), Reason: s.Reason})
		}
		view.CanSecond = effect == programme.EffectWaitingSecond && v.account != nil && v.account.ID != e.By
		view.CanConfirm = e.Type == programme.Supplement && e.Done == nil
		out = append(out, view)
	}
	return out
}

// placeName is the title of a requirement, or of a slot in it.
func (v *visit) placeName(p *programme.Programme, requirement, slot string) string {
	for _, r := range p.Requirements {
		if r.ID != requirement {
			continue
		}
		for _, s := range r.Slots() {
			if s.ID == slot {
				return v.Text(r.Title) + " – " + v.Text(s.Title)
			}
		}
		return v.Text(r.Title)
	}
	return requirement
}

// grantView is what a registrar can choose from when they allow something.
type grantView struct {
	Open   string // the type of the form that was refused
	Unit   string
	Parts  []named // of which some can be waived
	Places []named // in which a credential can count
	Items  []named
	Role   string
	Reason string
	Second bool   // an acceptance needs a second signature
	Clause string // of the rule that asks for it; empty when the programme says nothing of it
}

// despite are the rules that a substitution can set aside, as a registrar chooses
// them.
var despite = map[string][]string{
	"age":        {programme.ReasonTooOld, programme.ReasonDateUncertain, programme.ReasonAwardedUncertain, programme.ReasonAgreementUncertain},
	"level":      {programme.ReasonLevelTooLow, programme.ReasonLevelUnknown},
	"grade":      {programme.ReasonGradeTooLow, programme.ReasonGradeUnknown},
	"assessment": {programme.ReasonAssessmentUnknown, programme.ReasonSupervisionUnknown},
}

var despiteNames = []string{"age", "level", "grade", "assessment"}

// Despite lists what a substitution can set aside, for the form.
func (v *visit) Despite() (out []named) {
	for _, name := range despiteNames {
		out = append(out, named{Name: v.W("despite." + name), Path: name})
	}
	return out
}

// SubstituteKinds are the exceptions that let a credential count in a place.
func (v *visit) SubstituteKinds() []string {
	return []string{string(programme.Substitute), string(programme.Supplement)}
}

func (v *visit) grant(p *programme.Programme, items []credentialView) *grantView {
	g := &grantView{Unit: p.Credit.Unit, Role: v.W("role." + string(staff.Registrar))}
	for _, r := range p.Requirements {
		whole := named{Name: v.placeName(p, r.ID, ""), Path: r.ID}
		g.Parts = append(g.Parts, whole)
		if r.Credits.Sign() > 0 {
			g.Places = append(g.Places, whole)
		}
		for _, s := range r.Slots() {
			one := named{Name: v.placeName(p, r.ID, s.ID), Path: r.ID + "/" + s.ID}
			g.Parts, g.Places = append(g.Parts, one), append(g.Places, one)
		}
	}
	for _, i := range items {
		g.Items = append(g.Items, named{Name: i.Title, Path: i.Digest})
	}
	return g
}

// except records an exception.
func (s *Site) except(v *visit) error {
	kind := programme.ExceptionType(v.form.Get("type"))
	e := programme.Exception{Type: kind, Credential: v.form.Get("credential"), Work: v.form.Get("work"), Until: v.form.Get("until")}
	e.Requirement, e.Slot, _ = strings.Cut(v.form.Get("place"), "/")
	for _, name := range despiteNames {
		if v.form.Get("despite-"+name) != "" {
			e.Despite = append(e.Despite, despite[name]...)
		}
	}
	var err error
	if text := v.form.Get("credits"); text != "" {
		if e.Credits, err = cairn.ParseCredits(text); err != nil {
			err = &cairn.Error{Kind: cairn.Invalid, Code: "programme.exception", Field: "credits", Message: "the credits are a number, such as 6 or 7.5"}
		}
	}
	id := cairn.ApplicationID(v.r.PathValue("id"))
	if err == nil {
		_, err = s.Recognise.Except(v.r.Context(), recognise.ExceptRequest{Institution: v.account.Institution, Application: id, Exception: e, By: v.account.ID, Role: v.form.Get("role"), Reason: v.form.Get("reason")})
	}
	if err == nil {
		err = s.advance(v, v.account.Institution, id)
	}
	return v.changed(err, "grant-"+string(kind), applicationPage{Grant: &grantView{Open: string(kind), Reason: v.form.Get("reason")}})
}

// actOnException signs an exception a second time, confirms its work or takes it back.
func (s *Site) actOnException(v *visit) error {
	id, exception := cairn.ApplicationID(v.r.PathValue("id")), v.r.PathValue("exception")
	_, err := s.Recognise.ActOnException(v.r.Context(), recognise.ExceptionActRequest{Institution: v.account.Institution, Application: id, ID: exception, Act: recognise.ExceptionAct(v.form.Get("act")),
		By: v.account.ID, Role: v.form.Get("role"), Reason: v.form.Get("reason")})
	if err == nil {
		err = s.advance(v, v.account.Institution, id)
	}
	return v.changed(err, "exception-"+exception, applicationPage{})
}

// secondView is a decision that waits for a second signature, or was not given one.
type secondView struct {
	Waiting bool
	Own     bool
	Clause  string
	Words   string
	Reason  string
}

func (v *visit) second(p *programme.Programme, a recognise.Application) *secondView {
	if u := a.Unsigned; u != nil && a.State == recognise.Evaluated {
		return &secondView{Words: v.W("second.unsigned", "by", string(u.By), "date", v.Moment(u.At)), Reason: u.Reason}
	}
	d := a.Decision
	if a.State != recognise.Countersigning || d == nil {
		return nil
	}
	clause, _ := a.SecondClause(p, d.Outcome)
	return &secondView{Waiting: true, Own: d.By == v.account.ID, Clause: clause, Reason: d.Reason,
		Words: v.W("second.words", "by", string(d.By), "date", v.Moment(d.At), "outcome", v.W("decision."+string(d.Outcome)))}
}

func (s *Site) countersign(v *visit) error {
	id := cairn.ApplicationID(v.r.PathValue("id"))
	revision, err := strconv.Atoi(v.form.Get("revision"))
	agree := v.form.Get("agree")
	if err != nil || !slices.Contains([]string{"yes", "no"}, agree) {
		return errForm
	}
	a, err := s.Recognise.Countersign(v.r.Context(), recognise.CountersignRequest{Institution: v.account.Institution, Application: id, Revision: revision, Agree: agree == "yes",
		By: v.account.ID, Role: v.form.Get("role"), Reason: v.form.Get("reason")})
	if cairn.CodeOf(err) == "application.state" && a.State == recognise.Evaluated && agree == "no" && a.Unsigned != nil && a.Unsigned.By == v.account.ID {
		err = nil // sent twice
	}
	if err == nil {
		err = s.advance(v, v.account.Institution, id)
	}
	return v.changed(err, "second", applicationPage{})
}
