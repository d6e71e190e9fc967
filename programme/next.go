package programme

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Limits of one search for what comes next. They are counts, so that the same
// question always has the same answer.
const (
	maxOffers         = 400
	defaultEffort     = 60_000
	effortEvaluation  = 10     // of an evaluation, beside the nodes of its search
	maxStates         = 20_000 // sets that are looked at, most of them not evaluated
	maxSets           = 3      // proposals for each requirement, and for the programme
	maxAlternatives   = 10     // for one item of a proposal
	hypotheticalNodes = 2_000  // of the search inside one evaluation
	leastEffort       = 2_000  // of making a suggestion, when the rest is used up
)

// NextOptions of a search for what comes next.
type NextOptions struct {
	// Effort is the budget of the whole, in nodes of the searches inside evaluations;
	// 0 for the default.
	Effort int
	// Exceptions are what persons allowed for the learner.
	Exceptions []Exception
}

// Steps says how what is missing can be earned.
type Steps struct {
	At           string `json:"at"`
	Unit         string `json:"unit"`
	Complete     bool   `json:"complete"`     // nothing is missing
	Requirements []Way  `json:"requirements"` // those that are not satisfied
	Award        *Way   `json:"award,omitempty"`
}

// Answers to whether something can be reached.
const (
	WayFound   = "found"
	WayNone    = "none"    // nothing in the catalogue can do it
	WayUnknown = "unknown" // the search ended before it could tell
)

// Way is how a requirement, or the programme, can be completed: the cheapest sets of
// achievements, the cheapest first.
type Way struct {
	Requirement string `json:"requirement,omitempty"` // empty for the programme
	Clause      string `json:"clause,omitempty"`
	Answer      string `json:"answer"`
	Sets        []Set  `json:"sets"`
	// Proven says that nothing cheaper in the catalogue does it. Without it the first
	// set does it too, but is a suggestion only.
	Proven bool `json:"proven"`
	// Lacking are the places that nothing which is held or in the catalogue can
	// fill: slots, or the requirement itself for a pool of credit.
	Lacking     []string `json:"lacking,omitempty"`
	Evaluations int      `json:"evaluations"`
}

// Set is achievements that together do it.
type Set struct {
	Items    []Item        `json:"items"`
	Credits  cairn.Credits `json:"credits"` // of all items, in the programme's unit
	Counted  cairn.Credits `json:"counted"` // in the programme, once they are earned
	Complete bool          `json:"complete"`
}

// Item is an achievement of a proposal.
type Item struct {
	Offer   string        `json:"offer"` // its Digest in the catalogue
	Credits cairn.Credits `json:"credits"`
	// Or are others of the catalogue that do as well in its place.
	Or []string `json:"or,omitempty"`
	// Grade is the grade that is needed at least; nil when any will do.
	Grade *MinGrade `json:"grade,omitempty"`
}

// PlannedPrefix begins the digest of everything that is not earned. No digest of a
// document does, so that the two can't be taken for each other.
const PlannedPrefix = "planned:"

// PlannedDigest names an achievement that is not earned yet.
func PlannedDigest(issuer cairn.DID, a cairn.AchievementID) string {
	return PlannedPrefix + string(issuer) + " " + string(a)
}

// Next proposes what to earn: for each requirement that is not satisfied, so that it
// can be satisfied together with all that are, and for the whole programme. Cheapest is the least credit,
// then the fewest items, then a fixed order. Offers are the catalogue as it would be
// held, by PlannedDigest; the route says who would award it. Every proposal was
// evaluated by the rules themselves as of a day, so that none breaks a cap, an
// exclusion or a rule about level or age. An offer without a grade is taken to be
// passed with the best grade that the rules ask for, and the proposal says so.
func Next(p *Programme, held, offers []Held, at time.Time, o NextOptions) (Steps, error) {
	if o.Effort <= 0 {
		o.Effort = defaultEffort
	}
	at = at.UTC().Truncate(24 * time.Hour)
	p, err := p.with(o.Exceptions)
	if err != nil {
		return Steps{}, err
	}
	p = p.on(at)
	before, err := Evaluate(p, held, at, Options{})
	if err != nil {
		return Steps{}, err
	}
	out := Steps{At: before.At, Unit: before.Unit, Complete: before.Complete}
	if before.Complete {
		return out, nil
	}
	c, err := p.newChoice(held, offers, at)
	if err != nil {
		return Steps{}, err
	}
	var met []string
	for _, q := range before.Requirements {
		if q.Status.Met() {
			met = append(met, q.Requirement)
		}
	}
	share := o.Effort / (len(before.Requirements) - len(met) + 1)
	for i, q := range before.Requirements {
		if q.Status.Met() || q.Status == Waiting || q.Status == NotNeeded {
			continue // nothing that is earned changes what a person says
		}
		way, err := c.way(goal{requirements: []int{i}, rules: p.only(append(slices.Clone(met), q.Requirement))}, share)
		if err != nil {
			return Steps{}, err
		}
		way.Requirement, way.Clause = q.Requirement, q.Clause
		out.Requirements = append(out.Requirements, way)
	}
	all := goal{rules: p, whole: true}
	for i := range p.Requirements {
		all.requirements = append(all.requirements, i)
	}
	way, err := c.way(all, share)
	if err != nil {
		return Steps{}, err
	}
	out.Award = &way
	return out, nil
}

// goal is what a set must reach.
type goal struct {
	requirements []int // whose gaps must be filled
	// rules are all of the programme; or, for one requirement, only that one and those
	// that are satisfied already, which must all be satisfied then. With the others
	// beside it the best allocation may fill one of those in its stead.
	rules *Programme
	whole bool // the programme must be complete
}

func (g goal) reached(r Result) bool {
	if g.whole {
		return r.Complete
	}
	return !slices.ContainsFunc(r.Requirements, func(q RequirementResult) bool { return !q.Status.Met() })
}

// only is a programme with some of its requirements, for what was settled by all of
// them.
func (p *Programme) only(ids []string) *Programme {
	out := *p
	out.Policy.Repeat, out.Policy.Floors, out.Choices = nil, nil, nil
	out.Requirements = slices.DeleteFunc(slices.Clone(p.Requirements), func(r Requirement) bool { return !slices.Contains(ids, r.ID) })
	for i := range out.Requirements {
		r := &out.Requirements[i]
		r.Track = ""
		r.After = slices.DeleteFunc(slices.Clone(r.After), func(id string) bool { return !out.has(id) })
	}
	return &out
}

// has reports whether there is a requirement or a slot with an id.
func (p *Programme) has(id string) bool {
	for i := range p.Requirements {
		r := &p.Requirements[i]
		if r.ID == id || slices.ContainsFunc(r.Slots(), func(s Slot) bool { return s.ID == id }) {
			return true
		}
	}
	return false
}

// choice is a catalogue, next to what is held, as the rules see it.
type choice struct {
	p        *Programme
	at       time.Time
	held     []Held
	assumed  *MinGrade // grade of offers that have none
	offers   []*candidate
	ungraded map[string]bool // offers to which the grade was added
	like     []string        // of each offer: equal for those that the rules treat alike
	mine     []*candidate    // what is held
}

func (p *Programme) newChoice(held, offers []Held, at time.Time) (*choice, error) {
	if err := checkPlanned(offers); err != nil {
		return nil, err
	}
	c := &choice{p: p, at: at, held: held, assumed: p.bestGradeAsked(), ungraded: map[string]bool{}, mine: p.prepare(held, Options{}.days(at))}
	c.mine = append(c.mine, p.waivers(len(c.mine), at)...)
	var graded []Held
	for _, h := range offers {
		if h.Grade == "" && c.assumed != nil {
			h.GradeScale, h.Grade = c.assumed.Scale, c.assumed.Grade
			c.ungraded[h.Digest] = true
		}
		graded = append(graded, h)
	}
	for _, one := range p.prepare(graded, Options{}.days(at)) {
		if len(one.open()) > 0 && !c.pointless(one) {
			c.offers = append(c.offers, one)
		}
	}
	slices.SortStableFunc(c.offers, func(a, b *candidate) int {
		if d := a.amount.Cmp(b.amount); d != 0 {
			return d
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	for _, one := range c.offers {
		c.like = append(c.like, c.likeness(one))
	}
	return c, nil
}

// open lists the places where a candidate may count.
func (c *candidate) open() (out []edge) {
	for _, e := range c.edges {
		if e.open() {
			out = append(out, e)
		}
	}
	return out
}

func (c *candidate) opens(requirement, slot int) bool {
	return slices.ContainsFunc(c.edges, func(e edge) bool { return e.open() && e.requirement == requirement && e.slot == slot })
}

// pointless reports whether earning an achievement again would bring nothing: what
// is held counts wherever it would, was used for another award, or waits for a
// person.
func (c *choice) pointless(offer *candidate) bool {
	return slices.ContainsFunc(c.mine, func(h *candidate) bool {
		if h.Issuer != offer.Issuer || h.Achievement != offer.Achievement {
			return false
		}
		switch h.Blocked {
		case BlockedSpent, BlockedIdentity, BlockedUndetermined:
			return true
		case "":
		default:
			return false
		}
		return h.amount.Cmp(offer.amount) >= 0 && !slices.ContainsFunc(offer.open(), func(e edge) bool { return !h.opens(e.requirement, e.slot) })
	})
}

// likeness is equal for offers that the rules can't tell apart.
func (c *choice) likeness(o *candidate) string {
	s := fmt.Sprint(o.Route, o.amount, o.fields)
	for _, e := range o.open() {
		s += fmt.Sprint(";", e.requirement, ",", e.slot, ",", e.agreement, ",", e.lapses.Unix())
	}
	special := slices.ContainsFunc(c.p.Exclusive, func(e Exclusive) bool { return slices.Contains(e.Achievements, o.Achievement) }) ||
		slices.ContainsFunc(c.held, func(h Held) bool { return h.Achievement == o.Achievement })
	if special {
		s += ";" + o.Digest
	}
	return s
}

// bestGradeAsked is the highest grade that any rule asks for, on the first scale of
// which one asks; nil when none does.
func (p *Programme) bestGradeAsked() *MinGrade {
	for _, scale := range p.Grades {
		best := -1
		ask := func(g *MinGrade) {
			if g == nil || g.Scale != scale.Scale {
				return
			}
			if rank := slices.Index(scale.Grades, g.Grade); rank >= 0 && (best < 0 || rank < best) {
				best = rank
			}
		}
		look := func(s Selector) {
			ask(s.MinGrade)
			if s.Not != nil {
				ask(s.Not.MinGrade)
			}
		}
		for _, r := range p.Requirements {
			ask(r.MinGrade)
			look(r.Match)
			for _, s := range r.Slots() {
				look(s.Match)
			}
		}
		if best >= 0 {
			return &MinGrade{Scale: scale.Scale, Grade: scale.Grades[best]}
		}
	}
	return nil
}

// together is what would be held with a set of offers. For those that are passed, no
// grade is taken for granted.
func (c *choice) together(set []int, passed map[int]bool) []Held {
	out := slices.Clone(c.held)
	for _, i := range set {
		h := c.offers[i].Held
		if passed[i] {
			h.GradeScale, h.Grade = "", ""
		}
		out = c.p.joined(out, h)
	}
	return out
}

// settled takes out what the whole programme does not let stand beside another taking
// of the same; some of its requirements alone may see that differently.
func (c *choice) settled(held []Held) []Held {
	if c.p.Policy.Repeat == nil {
		return held
	}
	out := slices.Clone(held)
	for _, k := range c.p.prepare(held, Options{}.days(c.at)) {
		if !slices.ContainsFunc(k.reasons, func(r Reason) bool { return r.Code == ReasonRepeated || r.Code == ReasonRepeatUncertain }) {
			continue
		}
		for i := range out {
			if out[i].Digest == k.Digest && out[i].Blocked == "" {
				out[i].Blocked = BlockedDuplicate
			}
		}
	}
	return out
}
