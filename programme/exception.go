package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Limits of exceptions.
const (
	maxExceptions = 100  // for one learner
	maxWords      = 2000 // bytes of a reason, or of work that is named
)

// ExceptionType is a way in which a person departs from the rules for one learner.
type ExceptionType string

// The types of exceptions.
const (
	// Waive lets a requirement, or a slot, count as met. It gives no credit: the total
	// must still be reached, unless WaiveTotal lets some of it off. Where a credential
	// fills the place, nothing is waived.
	Waive ExceptionType = "waive"
	// WaiveTotal lets some credit of the total off.
	WaiveTotal ExceptionType = "waive-total"
	// Substitute lets a credential count in a place that does not ask for it. The
	// other rules hold for it, but for those that the exception names.
	Substitute ExceptionType = "substitute"
	// Supplement is a substitution that holds once some work is done beside it.
	Supplement ExceptionType = "supplement"
	// Exclude keeps a credential from counting anywhere.
	Exclude ExceptionType = "exclude"
)

var exceptionTypes = []ExceptionType{Waive, WaiveTotal, Substitute, Supplement, Exclude}

// overridable are the reasons that a person may set aside for one credential. What
// no person can know better is not among them: credit that it does not carry, or
// that it is not genuine.
var overridable = []string{ReasonTooOld, ReasonDateUncertain, ReasonAwardedUncertain, ReasonAgreementUncertain, ReasonLevelTooLow, ReasonLevelUnknown, ReasonGradeTooLow, ReasonGradeUnknown, ReasonAssessmentUnknown, ReasonSupervisionUnknown}

// Overridable lists the codes of the reasons that a substitution may set aside.
func Overridable() []string { return slices.Clone(overridable) }

// Signature is a person's name under something.
type Signature struct {
	By     cairn.StaffID `json:"by"`
	Role   string        `json:"role"`
	Reason string        `json:"reason"`
	At     time.Time     `json:"at"`
}

// Exception is a person's departure from the rules for one learner. It belongs to
// one edition of a programme.
type Exception struct {
	ID   string        `json:"id"`
	Type ExceptionType `json:"type"`
	// Requirement and Slot are the place; Slot is empty for the whole requirement.
	Requirement string        `json:"requirement,omitempty"`
	Slot        string        `json:"slot,omitempty"`
	Credential  string        `json:"credential,omitempty"` // digest
	Credits     cairn.Credits `json:"credits,omitzero"`     // of the total, for WaiveTotal
	Despite     []string      `json:"despite,omitempty"`    // codes of reasons that are set aside
	Work        string        `json:"work,omitempty"`       // for Supplement
	Signature
	Until  string     `json:"until,omitempty"`  // the last day on which it holds, such as 2027-06-30
	Done   *Signature `json:"done,omitempty"`   // that the work is done
	Second *Signature `json:"second,omitempty"` // of another person, where the programme asks for one
}

// Effects of an exception on a result.
const (
	EffectApplied       = "applied"        // the result rests on it
	EffectIdle          = "not-needed"     // the result would be the same without it
	EffectExpired       = "expired"        // its last day is over
	EffectWaitingSecond = "waiting-second" // a second person must sign
	EffectWaitingWork   = "waiting-work"   // the work is not done yet
)

// ExceptionResult is what became of an exception.
type ExceptionResult struct {
	ID     string        `json:"id"`
	Type   ExceptionType `json:"type"`
	Effect string        `json:"effect"`
}

// Departures is what the programme says of exceptions.
type Departures struct {
	// Reserved lists the types that are allowed in reserved requirements: waive,
	// substitute, supplement.
	Reserved []ExceptionType `yaml:"reserved,omitempty"`
	Clause   string          `yaml:"clause"`
}

// Kinds of acts that can need a second signature, beside the types of exceptions.
const (
	ActAccept = "accept"
	ActRefuse = "refuse"
	// ActBeyondRules is an acceptance that rests on an exception.
	ActBeyondRules = "award-without-rule-match"
)

// SecondSignature names what two persons must sign.
type SecondSignature struct {
	For    []string `yaml:"for"`
	Clause string   `yaml:"clause"`
}

// NeedsSecond says whether an act, or an exception of a type, needs a second
// signature, and by which clause. Where the programme says nothing of second
// signatures, an award that rests on an exception needs one all the same.
func (p *Programme) NeedsSecond(act string) (clause string, yes bool) {
	q := p.Policy.SecondSignature
	if q == nil {
		return "", act == ActBeyondRules
	}
	return q.Clause, slices.Contains(q.For, act)
}

// Met reports whether nothing more is asked of a requirement.
func (s Status) Met() bool { return s == Satisfied || s == Waived }

// BeyondRules reports whether a result counts something that the rules alone don't.
func (r Result) BeyondRules() bool {
	return slices.ContainsFunc(r.Exceptions, func(e ExceptionResult) bool { return e.Effect == EffectApplied && e.Type != Exclude })
}

// Needed is the credit that completes the programme: the total, less what of it was
// let off.
func (r Result) Needed() cairn.Credits { return r.Total.Sub(r.LetOff) }

// CheckException says what is wrong with an exception for this edition.
func (p *Programme) CheckException(e Exception) error {
	bad := func(field, format string, args ...any) error {
		return &cairn.Error{Kind: cairn.Invalid, Code: "programme.exception", Object: e.ID, Field: field, Message: fmt.Sprintf(format, args...)}
	}
	i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return r.ID == e.Requirement })
	var r Requirement
	if i >= 0 {
		r = p.Requirements[i]
	}
	placed, credited := slices.Contains([]ExceptionType{Waive, Substitute, Supplement}, e.Type), slices.Contains([]ExceptionType{Substitute, Supplement, Exclude}, e.Type)
	counts := e.Type == Substitute || e.Type == Supplement
	day, err := cairn.ParsePartialDate(e.Until)
	switch {
	case !identifier.MatchString(e.ID):
		return bad("id", "an exception needs an id")
	case !slices.Contains(exceptionTypes, e.Type):
		return bad("type", "there is no exception %q", e.Type)
	case placed != (e.Requirement != "") || !placed && e.Slot != "":
		return bad("requirement", "it is not clear which place the exception is about")
	case placed && i < 0:
		return bad("requirement", "the programme has no requirement %q", e.Requirement)
	case e.Slot != "" && !slices.ContainsFunc(r.Slots(), func(s Slot) bool { return s.ID == e.Slot }):
		return bad("slot", "requirement %s has no slot %q", r.ID, e.Slot)
	case counts && (r.AttestedBy != "" || e.Slot == "" && r.Credits.IsZero()):
		return bad("slot", "no credential counts in requirement %s as a whole; name one of its slots", r.ID)
	case r.Reserved && (p.Policy.Exceptions == nil || !slices.Contains(p.Policy.Exceptions.Reserved, e.Type)):
		return &cairn.Error{Kind: cairn.Invalid, Code: "programme.exception-reserved", Object: e.ID, Field: "requirement",
			Message: fmt.Sprintf("requirement %s is reserved to the institution, and the programme allows no such exception in it (clause %s)", r.ID, r.Clause)}
	case credited != (e.Credential != ""):
		return bad("credential", "it is not clear which credential the exception is about")
	case (e.Type == WaiveTotal) != (e.Credits.Sign() > 0) || e.Credits.Cmp(p.Credit.Total) >= 0:
		return bad("credits", "only part of the total can be let off, and it must be said how much")
	case (e.Type == Supplement) != (e.Work != "") || len(e.Work) > maxWords:
		return bad("work", "the work that must be done is to be named, in at most %d bytes", maxWords)
	case e.Done != nil && e.Type != Supplement:
		return bad("done", "there is no work that could be done")
	case len(e.Despite) > 0 && !counts:
		return bad("despite", "reasons can be set aside only for a credential that counts in a place")
	case e.Until != "" && (err != nil || len(e.Until) != len(dayLayout) || dayText(day.Earliest()) != e.Until):
		return bad("until", "the last day of an exception is written like 2027-06-30")
	case e.Second != nil && e.Second.By == e.By:
		return &cairn.Error{Kind: cairn.Invalid, Code: "programme.same-person", Object: e.ID, Field: "second", Message: "the second signature must be of another person"}
	}
	for _, code := range e.Despite {
		if !slices.Contains(overridable, code) {
			return bad("despite", "nobody can set %q aside", code)
		}
	}
	for _, s := range []*Signature{&e.Signature, e.Done, e.Second} {
		if s != nil && (s.By == "" || s.Role == "" || s.Reason == "" || len(s.Reason) > maxWords || s.At.IsZero()) {
			return bad("reason", "a name, a role, a day and a reason of 1 to %d bytes are needed", maxWords)
		}
	}
	return nil
}

// with is a programme together with what persons allowed for one learner.
func (p *Programme) with(list []Exception) (*Programme, error) {
	if len(list) == 0 {
		return p, nil
	}
	if len(list) > maxExceptions {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.too-many", Message: fmt.Sprintf("more than %d exceptions", maxExceptions)}
	}
	ids := map[string]bool{}
	for _, e := range list {
		if err := p.CheckException(e); err != nil {
			return nil, err
		}
		if ids[e.ID] {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "programme.exception", Object: e.ID, Field: "id", Message: "two exceptions have the same id"}
		}
		ids[e.ID] = true
	}
	out := *p
	out.exceptions = slices.Clone(list)
	return &out, nil
}

// on is a programme as it is on a day, with what persons let off of its total.
func (p *Programme) on(at time.Time) *Programme {
	if len(p.exceptions) == 0 {
		return p
	}
	out := *p
	out.let = p.letOff(at)
	return &out
}

// holds reports whether an exception is in force on a day; otherwise effect says why
// not.
func (p *Programme) holds(e *Exception, at time.Time) (effect string, yes bool) {
	if e.Until != "" && dayText(at) > e.Until {
		return EffectExpired, false
	}
	act := e.Type
	if act == WaiveTotal {
		act = Waive
	}
	if _, need := p.NeedsSecond(string(act)); need && e.Second == nil {
		return EffectWaitingSecond, false
	}
	return EffectIdle, true
}

// args are what the sentence about an exception speaks of.
func (e *Exception) args() map[string]string {
	return map[string]string{"exception": e.ID, "role": e.Role, "by": string(e.By), "date": dayText(e.At), "why": e.Reason, "work": e.Work}
}

// except applies what persons allowed to a candidate.
func (p *Programme) except(c *candidate, on days) {
	for i := range p.exceptions {
		e := &p.exceptions[i]
		if _, yes := p.holds(e, on.at); !yes || e.Credential != c.Digest {
			continue
		}
		switch e.Type {
		case Exclude:
			c.settled(Reason{Code: ReasonExcluded, Args: e.args()})
			return
		case Substitute, Supplement:
			p.substitute(c, e, on)
		}
	}
}

// substitute opens a place for a candidate, as far as the rules that are not set
// aside allow it.
func (p *Programme) substitute(c *candidate, x *Exception, on days) {
	i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return r.ID == x.Requirement })
	if i < 0 {
		return // of a part of the programme that is left out here
	}
	r := &p.Requirements[i]
	slot := slices.IndexFunc(r.Slots(), func(s Slot) bool { return s.ID == x.Slot })
	at2 := slices.IndexFunc(c.edges, func(e edge) bool { return e.requirement == i && e.slot == slot })
	if at2 >= 0 && c.edges[at2].open() {
		return // the rules let it count there
	}
	e := p.edge(c, r, on)
	e.requirement, e.slot, e.exception = i, slot, x.ID
	allowed := func(q Reason) bool { return slices.Contains(x.Despite, q.Code) || q.Code == ReasonReserved }
	e.reasons = slices.DeleteFunc(e.reasons, allowed)
	e.undecided = slices.ContainsFunc(e.reasons, func(q Reason) bool {
		return strings.HasSuffix(q.Code, "-uncertain") || strings.HasSuffix(q.Code, "-unknown")
	})
	if slices.ContainsFunc(x.Despite, func(code string) bool { return code == ReasonTooOld || code == ReasonDateUncertain }) {
		e.lapses = time.Time{}
	}
	if slot >= 0 && c.amount.Cmp(r.Slots()[slot].Credits) < 0 {
		e.reasons = append(e.reasons, Reason{Code: ReasonTooFewCredits, Clause: r.Clause, Requirement: r.ID,
			Args: map[string]string{"have": c.amount.String(), "need": r.Slots()[slot].Credits.String(), "slot": x.Slot}})
	}
	if x.Type == Supplement && x.Done == nil {
		args := x.args()
		args["slot"] = x.Slot
		e.reasons, e.undecided = append(e.reasons, Reason{Code: ReasonWork, Clause: r.Clause, Requirement: r.ID, Args: args}), true
	}
	c.reasons = slices.DeleteFunc(c.reasons, func(q Reason) bool { return q.Code == ReasonNoMatch })
	if at2 >= 0 {
		c.edges[at2] = e
		return
	}
	c.edges = append(c.edges, e)
	slices.SortStableFunc(c.edges, func(a, b edge) int {
		if a.requirement != b.requirement {
			return a.requirement - b.requirement
		}
		return a.slot - b.slot
	})
}

// waivers are the waived places as candidates that count without credit: the search
// then takes a credential for such a place wherever one brings more.
func (p *Programme) waivers(first int, at time.Time) (out []*candidate) {
	add := func(id string, amount cairn.Credits, edges ...edge) {
		c := &candidate{index: first + len(out), waiver: id, amount: amount, edges: edges}
		c.Digest, c.Route = "waiver:"+id, InResidence
		out = append(out, c)
	}
	for k := range p.exceptions {
		x := &p.exceptions[k]
		i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return r.ID == x.Requirement })
		if _, yes := p.holds(x, at); !yes || x.Type != Waive || i < 0 {
			continue
		}
		r := &p.Requirements[i]
		if r.Credits.Sign() > 0 {
			add(x.ID, r.Credits, edge{requirement: i, slot: -1})
		}
		left := r.want()
		for j, s := range r.Slots() {
			if x.Slot == s.ID || x.Slot == "" && left > 0 {
				left--
				var edges []edge
				most := s.Credits
				for n, o := range r.Slots() { // of a choice, any slots may be the waived ones
					if n == j || x.Slot == "" && r.want() < len(r.Slots()) {
						edges = append(edges, edge{requirement: i, slot: n})
						if o.Credits.Cmp(most) > 0 {
							most = o.Credits
						}
					}
				}
				add(x.ID, most, edges...)
			}
		}
	}
	return out
}

// letOff is the credit of the total that persons let off.
func (p *Programme) letOff(at time.Time) (sum cairn.Credits) {
	for i := range p.exceptions {
		if _, yes := p.holds(&p.exceptions[i], at); yes && p.exceptions[i].Type == WaiveTotal {
			sum = sum.Add(p.exceptions[i].Credits)
		}
	}
	if sum.Cmp(p.Credit.Total) > 0 {
		return p.Credit.Total
	}
	return sum
}

// waived reports whether a requirement that a person attests is waived.
func (p *Programme) waived(requirement string, at time.Time) bool {
	return slices.ContainsFunc(p.exceptions, func(x Exception) bool {
		_, yes := p.holds(&x, at)
		return yes && x.Type == Waive && x.Requirement == requirement
	})
}

// waiting reports whether work is to be done before something counts in a
// requirement, or a second person must sign that it is waived.
func (p *Programme) waiting(requirement string, at time.Time) bool {
	return slices.ContainsFunc(p.exceptions, func(x Exception) bool {
		effect, yes := p.holds(&x, at)
		return x.Requirement == requirement && (yes && x.Type == Supplement && x.Done == nil || effect == EffectWaitingSecond)
	})
}

// exceptionResults says what became of each exception, and moves the day of the
// next change to where one that is applied ends.
func (s *problem) exceptionResults(r *Result, a allocation, at time.Time) {
	used := map[string]bool{}
	for _, f := range a.fill {
		if f >= 0 && s.candidates[f].waiver != "" {
			used[s.candidates[f].waiver] = true
		}
	}
	for _, l := range a.pools {
		used[s.candidates[l.candidate].waiver] = true
	}
	for _, l := range r.Lines {
		used[l.Exception] = true
	}
	for i := range s.p.exceptions {
		x := &s.p.exceptions[i]
		effect, yes := s.p.holds(x, at)
		applied := used[x.ID]
		switch {
		case !yes:
		case x.Type == Supplement && x.Done == nil:
			effect = EffectWaitingWork
		case x.Type == WaiveTotal:
			applied = r.Counted.Cmp(r.Total) < 0
		case x.Type == Exclude:
			applied = slices.ContainsFunc(s.candidates, func(c *candidate) bool {
				return c.Digest == x.Credential && slices.ContainsFunc(c.reasons, func(q Reason) bool { return q.Code == ReasonExcluded })
			})
		case x.Type == Waive:
			i := slices.IndexFunc(s.p.Requirements, func(q Requirement) bool { return q.ID == x.Requirement })
			applied = applied || r.Requirements[i].Status == Waived && s.p.Requirements[i].AttestedBy != ""
		}
		if yes && applied && effect == EffectIdle {
			effect = EffectApplied
			if end, err := time.Parse(dayLayout, x.Until); err == nil {
				if next := dayText(end.AddDate(0, 0, 1)); r.NextChange == "" || next < r.NextChange {
					r.NextChange = next
				}
			}
		}
		r.Exceptions = append(r.Exceptions, ExceptionResult{ID: x.ID, Type: x.Type, Effect: effect})
	}
}

func (c *checker) exceptions() {
	if q := c.p.Policy.Exceptions; q != nil {
		if q.Clause == "" || strings.ContainsFunc(q.Clause, hidden) {
			c.bad("policy.exceptions.clause", "what is said of exceptions needs its clause, without hidden characters")
		}
		for i, t := range q.Reserved {
			if !slices.Contains([]ExceptionType{Waive, Substitute, Supplement}, t) {
				c.bad(fmt.Sprintf("policy.exceptions.reserved[%d]", i), "what may be allowed in reserved requirements is: waive, substitute, supplement")
			}
		}
	}
	if q := c.p.Policy.SecondSignature; q != nil {
		if q.Clause == "" || strings.ContainsFunc(q.Clause, hidden) {
			c.bad("policy.secondSignature.clause", "second signatures need the clause that asks for them, without hidden characters")
		}
		for i, act := range q.For {
			if !slices.Contains(secondFor, act) {
				c.bad(fmt.Sprintf("policy.secondSignature.for[%d]", i), "a second signature is for: %s", strings.Join(secondFor, ", "))
			}
		}
	}
}

// secondFor is what a programme can ask two signatures for.
var secondFor = []string{ActAccept, ActRefuse, ActBeyondRules, string(Waive), string(Substitute), string(Supplement), string(Exclude)}
