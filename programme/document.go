// Package programme holds the rules of a full credential and applies them: which
// verified achievements count towards which requirement, for how much credit,
// and why, or why not. It is pure: documents and facts go in, a Result comes
// out, and the same input always gives the same bytes.
//
// Parse reads a programme document, Evaluate applies it. Evaluate sees only
// verified facts (Held), never a credential. The allocation it finds is the best
// one by a stated order of objectives, found by exhaustive search with bounds; a
// search that grows too large ends with the best found, says that it is not
// proven, and leaves the matter to a person.
package programme

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"cairn.example"
	"cairn.example/jcs"
)

// Limits of a programme document.
const (
	maxDocument     = 256 << 10 // bytes
	maxRequirements = 100
	maxSlots        = 400 // in all requirements together
	maxSelector     = 600 // entries of one list in a selector
	maxAgreements   = 500
	maxAttester     = 200 // bytes
	maxNumber       = 60  // of credentials in one requirement
)

// Programme is an edition of the rules of a full credential.
type Programme struct {
	ID          cairn.ProgrammeID `yaml:"id"`
	Edition     string            `yaml:"edition"`
	Institution cairn.DID         `yaml:"institution"` // whose own credentials count as in residence
	Title       cairn.Text        `yaml:"title"`
	Description cairn.Text        `yaml:"description,omitempty"`
	Language    cairn.Lang        `yaml:"language"`
	Award       Award             `yaml:"award"`
	Credit      Credit            `yaml:"credit"`
	Levels      Levels            `yaml:"levels,omitempty"`
	Grades      []Grade           `yaml:"grades,omitempty"`
	Policy      Policy            `yaml:"policy,omitempty"`
	Agreements  []Agreement       `yaml:"agreements,omitempty"`
	// Exclusive lists sets of achievements of which only one counts.
	Exclusive    []Exclusive   `yaml:"exclusive,omitempty"`
	Choices      []Choice      `yaml:"choices,omitempty"`
	Requirements []Requirement `yaml:"requirements"`
	// Uses are rule documents of their own that hold for the programme too; see Resolve.
	Uses []Reference `yaml:"uses,omitempty"`

	digest string
	source []byte   // as it was read, for places
	rules  []*Rules // what Uses names, once resolved

	exceptions []Exception   // for one learner; see with
	let        cairn.Credits // of the total, by them; see on
}

// Award is the full credential that completing the programme earns.
type Award struct {
	Achievement cairn.AchievementID `yaml:"achievement"`
	Type        string              `yaml:"type"` // Open Badges achievementType, such as Diploma
	Level       *Level              `yaml:"level,omitempty"`
}

// Level is a level in a framework.
type Level struct {
	Framework string        `yaml:"framework"`
	Value     cairn.Credits `yaml:"value"`
}

// Credit is the unit in which the programme counts.
type Credit struct {
	Unit           string        `yaml:"unit"`
	HoursPerCredit cairn.Credits `yaml:"hoursPerCredit"`
	Total          cairn.Credits `yaml:"total"` // needed for the award
	// Systems say what a credit of a unit is in hours, whatever a credential says.
	Systems []UnitSystem `yaml:"systems,omitempty"`
	Round   *Rounding    `yaml:"round,omitempty"`
}

// Levels names the programme's framework and how levels of others map to it.
type Levels struct {
	Framework string     `yaml:"framework"`
	Map       []LevelMap `yaml:"map,omitempty"`
	// Steps are the levels that there are, the lowest first; any when none is given.
	Steps []cairn.Credits `yaml:"steps,omitempty"`
	// Exact: a level above the one that is asked for does not stand for it.
	Exact bool `yaml:"exact,omitempty"`
}

// LevelMap says that a level elsewhere is a level of the programme's framework.
type LevelMap struct {
	Framework string        `yaml:"framework"`
	Value     cairn.Credits `yaml:"value"`
	Is        cairn.Credits `yaml:"is"`
	// Version is that of the other framework; people read it, credentials don't say it.
	Version string `yaml:"version,omitempty"`
}

// Grade is a scale of grades, the best first.
type Grade struct {
	Scale  string   `yaml:"scale"`
	Grades []string `yaml:"grades"`
	// Points are what the grades are worth in an average, in the order of Grades.
	Points []cairn.Credits `yaml:"points,omitempty"`
	// Pass is the lowest grade of the scale that counts anywhere.
	Pass   string `yaml:"pass,omitempty"`
	Clause string `yaml:"clause,omitempty"` // of the pass mark
	// PassFail are grades that say only that something was passed.
	PassFail *PassFail  `yaml:"passFail,omitempty"`
	Map      []GradeMap `yaml:"map,omitempty"`
}

// Policy holds the rules for everything that is recognised.
type Policy struct {
	Outside   *Cap       `yaml:"outside,omitempty"` // credit by transfer
	RPL       *Cap       `yaml:"rpl,omitempty"`     // credit by recognition of prior learning
	MaxAge    *Currency  `yaml:"maxAge,omitempty"`  // of any learning
	Repeat    *Repeat    `yaml:"repeat,omitempty"`  // of what was taken more than once
	Reuse     *Reuse     `yaml:"reuse,omitempty"`   // of what was used for another award
	Caps      []Bound    `yaml:"caps,omitempty"`
	Floors    []Bound    `yaml:"floors,omitempty"`
	Terms     []string   `yaml:"terms,omitempty"` // days on which terms begin, as MM-DD, in their order
	Routing   []Routing  `yaml:"routing,omitempty"`
	Overrides []Override `yaml:"overrides,omitempty"`
	Surplus   *Surplus   `yaml:"surplus,omitempty"`
	Sharing   []Sharing  `yaml:"sharing,omitempty"`
	Opening   *Opening   `yaml:"opening,omitempty"`
	Appeal    *Appeal    `yaml:"appeal,omitempty"`
	// Overlap is how much of the contents must be the same for an agreement to apply.
	Overlap *Overlap `yaml:"overlap,omitempty"`

	Exceptions      *Departures      `yaml:"exceptions,omitempty"`
	SecondSignature *SecondSignature `yaml:"secondSignature,omitempty"`
}

// Cap is an upper bound on credit by one route. Percent is of the programme's
// total. With Round "down" the bound is rounded down to whole credits; it is
// exact otherwise.
type Cap struct {
	Percent cairn.Credits `yaml:"percent,omitempty"`
	Credits cairn.Credits `yaml:"credits,omitempty"`
	Round   string        `yaml:"round,omitempty"`
	Clause  string        `yaml:"clause"`
}

// Currency is how old learning may be.
type Currency struct {
	Years  int `yaml:"years,omitempty"`
	Months int `yaml:"months,omitempty"`
	// From is what it counts from: award, which is the default, learning (its end) or
	// issue (the signature). To is what it counts to: evaluation, which is the default,
	// application or admission.
	From string `yaml:"from,omitempty"`
	To   string `yaml:"to,omitempty"`
	// Except are requirements in which older learning counts, in the policy only.
	Except []string `yaml:"except,omitempty"`
	// RenewedBy are achievements, such as a short test, from whose award the age of
	// older learning counts again.
	RenewedBy []cairn.AchievementID `yaml:"renewedBy,omitempty"`
	Clause    string                `yaml:"clause"`
}

// Appeal is how a decision can be contested.
type Appeal struct {
	Days int    `yaml:"days"` // that the learner has
	To   string `yaml:"to"`
	// DecideWithin is how many days the institution has, from the day on which the
	// appeal is handed in; 0 when the programme does not say.
	DecideWithin int `yaml:"decideWithin,omitempty"`
}

// Requirement is one part of the programme. Exactly one of All, Of, Credits, Number
// and AttestedBy says what it asks for.
type Requirement struct {
	ID     string     `yaml:"id"`
	Clause string     `yaml:"clause"`
	Title  cairn.Text `yaml:"title"`
	Track  string     `yaml:"track,omitempty"` // of a choice, that it is part of
	// All: every slot must be filled.
	All []Slot `yaml:"all,omitempty"`
	// Choose and Of: that many of the slots must be filled.
	Choose int    `yaml:"choose,omitempty"`
	Of     []Slot `yaml:"of,omitempty"`
	// Credits and Match: at least this credit from what the selector picks.
	Credits cairn.Credits `yaml:"credits,omitempty"`
	Match   Selector      `yaml:"match,omitempty"`
	Limits  []Limit       `yaml:"limits,omitempty"`
	// Number and Each: that many credentials that the selector picks, each counted for
	// Each.
	Number int           `yaml:"number,omitempty"`
	Each   cairn.Credits `yaml:"each,omitempty"`
	// AttestedBy: only a person can say that it is met; this says who, such as "head
	// of department". No credential counts in it.
	AttestedBy string `yaml:"attestedBy,omitempty"`

	// After are requirements and slots without which nothing counts here; with InOrder
	// they must have been awarded no later.
	After   []string `yaml:"after,omitempty"`
	InOrder bool     `yaml:"inOrder,omitempty"`

	MinLevel *cairn.Credits `yaml:"minLevel,omitempty"` // in the programme's framework
	MinGrade *MinGrade      `yaml:"minGrade,omitempty"`
	MaxAge   *Currency      `yaml:"maxAge,omitempty"`
	Reserved bool           `yaml:"reserved,omitempty"` // only what the institution itself awarded counts
}

// Slot is a place that one credential fills.
type Slot struct {
	ID      string        `yaml:"id"`
	Title   cairn.Text    `yaml:"title"`
	Credits cairn.Credits `yaml:"credits"`
	Match   Selector      `yaml:"match"`
}

// Limit bounds how much of a requirement may come from some fields.
type Limit struct {
	Fields  []string      `yaml:"fields"`
	Credits cairn.Credits `yaml:"credits"`
	Clause  string        `yaml:"clause"`
}

// MinGrade is the lowest grade that counts, on a scale of the programme.
type MinGrade struct {
	Scale string `yaml:"scale"`
	Grade string `yaml:"grade"`
	// Ungraded is what becomes of a credential without any grade: it counts, or is
	// refused. When nothing is said, a person looks.
	Ungraded string `yaml:"ungraded,omitempty" json:",omitempty"`
}

// Agreement says that an achievement of another institution counts as something
// of the programme. It runs in this direction only.
type Agreement struct {
	ID          string              `yaml:"id"`
	Issuer      cairn.DID           `yaml:"issuer"`
	Achievement cairn.AchievementID `yaml:"achievement"`
	CountsAs    []string            `yaml:"countsAs,omitempty"` // slots, any one of them
	Field       string              `yaml:"field,omitempty"`    // the field of study that it, or what is left of it, counts in
	From        cairn.PartialDate   `yaml:"from,omitempty"`
	Until       cairn.PartialDate   `yaml:"until,omitempty"`
	Route       Route               `yaml:"route,omitempty"` // by which it comes in; as it would without the agreement when not given
	// Governs says which day From and Until are about: that of the learning (study,
	// which is the default) or that of the application.
	Governs string `yaml:"governs,omitempty"`
	// Credits is what it counts as, whatever the credential carries.
	Credits  cairn.Credits `yaml:"credits,omitempty"`
	MinGrade *MinGrade     `yaml:"minGrade,omitempty"`
	Overlap  cairn.Credits `yaml:"overlap,omitempty"` // percent of the contents that are the same
	// Cohort are the days of admission of those whom it is for; everybody without it.
	Cohort *Dates     `yaml:"cohort,omitempty"`
	Clause string     `yaml:"clause,omitempty"`
	Party  cairn.Text `yaml:"party,omitempty"` // the issuer's name, for people
}

// Exclusive is a set of achievements of which only one counts.
type Exclusive struct {
	Clause       string                `yaml:"clause"`
	Achievements []cairn.AchievementID `yaml:"achievements"`
}

// Parse reads a programme document in YAML (or JSON, which is YAML). Its error names
// the line, the column and the requirement of everything that is wrong, not only of
// the first thing; ProblemsOf has them one by one.
func Parse(data []byte) (*Programme, error) {
	if len(data) > maxDocument {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.document", Message: fmt.Sprintf("the document is larger than %d bytes", maxDocument)}
	}
	p, err := readForm(data, (*Programme).check)
	if err != nil {
		return nil, err
	}
	p.source, p.digest = slices.Clone(data), jcs.Digest(data)
	return p, nil
}

// readForm reads a document in YAML into a form, whose rules check knows.
func readForm[T any](data []byte, check func(*T) *checker) (*T, error) {
	problems, fractions := checkForm(data)
	if len(problems.List) > 0 {
		return nil, problems.err()
	}
	p := new(T)
	err := yaml.UnmarshalWithOptions(data, p, yaml.Strict())
	if err == nil && fractions {
		if err = wholeNumbers[T](data); err != nil {
			return nil, err
		}
	}
	if err == nil && len(check(p).list) == 0 {
		return p, nil
	}
	return nil, diagnose(data, p, err, check)
}

// Digest names the edition: the digest of the document's bytes.
func (p *Programme) Digest() string { return p.digest }

// Attestable lists the requirements that only a person can say are met.
func (p *Programme) Attestable() []string {
	var out []string
	for _, r := range p.Requirements {
		if r.AttestedBy != "" {
			out = append(out, r.ID)
		}
	}
	return out
}

// want is how many slots satisfy a requirement.
func (r *Requirement) want() int { return max(len(r.All), r.Choose, r.Number) }

// Slots returns all slots of a requirement: for a number of credentials, one for each.
func (r *Requirement) Slots() []Slot {
	switch {
	case len(r.All) > 0:
		return r.All
	case r.Number > 0:
		out := make([]Slot, r.Number)
		for i := range out {
			out[i] = Slot{ID: fmt.Sprintf("%s.%d", r.ID, i+1), Title: r.Title, Credits: r.Each, Match: r.Match}
		}
		return out
	}
	return r.Of
}

func (p *Programme) gradeRank(scale, grade string) int {
	for _, g := range p.Grades {
		if g.Scale == scale {
			return slices.Index(g.Grades, grade)
		}
	}
	return -1
}
