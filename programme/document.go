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
	"regexp"
	"slices"
	"strings"
	"unicode"

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
	Requirements []Requirement `yaml:"requirements"`

	digest string
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
}

// Levels names the programme's framework and how levels of others map to it.
type Levels struct {
	Framework string     `yaml:"framework"`
	Map       []LevelMap `yaml:"map,omitempty"`
}

// LevelMap says that a level elsewhere is a level of the programme's framework.
type LevelMap struct {
	Framework string        `yaml:"framework"`
	Value     cairn.Credits `yaml:"value"`
	Is        cairn.Credits `yaml:"is"`
}

// Grade is a scale of grades, the best first.
type Grade struct {
	Scale  string   `yaml:"scale"`
	Grades []string `yaml:"grades"`
}

// Policy holds the rules for everything that is recognised.
type Policy struct {
	Outside *Cap      `yaml:"outside,omitempty"` // credit by transfer
	RPL     *Cap      `yaml:"rpl,omitempty"`     // credit by recognition of prior learning
	MaxAge  *Currency `yaml:"maxAge,omitempty"`  // of any learning
	Appeal  *Appeal   `yaml:"appeal,omitempty"`
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

// Currency is how old learning may be, counted from the day of the award to the
// day of the evaluation.
type Currency struct {
	Years  int    `yaml:"years,omitempty"`
	Months int    `yaml:"months,omitempty"`
	Clause string `yaml:"clause"`
}

// Appeal is how a decision can be contested.
type Appeal struct {
	Days int    `yaml:"days"`
	To   string `yaml:"to"`
}

// Requirement is one part of the programme. Exactly one of All, Of and Credits
// says what it asks for.
type Requirement struct {
	ID     string     `yaml:"id"`
	Clause string     `yaml:"clause"`
	Title  cairn.Text `yaml:"title"`
	// All: every slot must be filled.
	All []Slot `yaml:"all,omitempty"`
	// Choose and Of: that many of the slots must be filled.
	Choose int    `yaml:"choose,omitempty"`
	Of     []Slot `yaml:"of,omitempty"`
	// Credits and Match: at least this credit from what the selector picks.
	Credits cairn.Credits `yaml:"credits,omitempty"`
	Match   Selector      `yaml:"match,omitempty"`
	Limits  []Limit       `yaml:"limits,omitempty"`

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
}

// Exclusive is a set of achievements of which only one counts.
type Exclusive struct {
	Clause       string                `yaml:"clause"`
	Achievements []cairn.AchievementID `yaml:"achievements"`
}

func invalid(field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "programme.document", Field: field, Message: fmt.Sprintf(format, args...)}
}

// Parse reads a programme document in YAML (or JSON, which is YAML). Errors name
// the line, or the clause, that is wrong.
func Parse(data []byte) (*Programme, error) {
	if len(data) > maxDocument {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.document", Message: fmt.Sprintf("the document is larger than %d bytes", maxDocument)}
	}
	if err := checkForm(data); err != nil {
		return nil, err
	}
	var p Programme
	if err := yaml.UnmarshalWithOptions(data, &p, yaml.Strict()); err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "programme.document", Message: "the programme document can't be read", Err: err}
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	p.digest = jcs.Digest(data)
	return &p, nil
}

// Digest names the edition: the digest of the document's bytes.
func (p *Programme) Digest() string { return p.digest }

// Slots returns all slots of a requirement.
func (r Requirement) Slots() []Slot {
	if len(r.All) > 0 {
		return r.All
	}
	return r.Of
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$`)

func (p *Programme) validate() error {
	switch {
	case !identifier.MatchString(string(p.ID)):
		return invalid("id", "the id must be letters, digits, dots and dashes")
	case p.Edition == "":
		return invalid("edition", "the edition is missing")
	case strings.ContainsFunc(p.Edition, hidden):
		return invalid("edition", "the edition must not have hidden characters")
	case !strings.HasPrefix(string(p.Institution), "did:"):
		return invalid("institution", "the institution must be a decentralised identifier")
	case !readable(p.Title):
		return invalid("title", "a title in at least one language is needed, without hidden characters")
	case len(p.Description) > 0 && !readable(p.Description):
		return invalid("description", "the description must not be empty or have hidden characters")
	case p.Language == "":
		return invalid("language", "the language of the award is missing")
	case p.Award.Achievement == "" || p.Award.Type == "":
		return invalid("award", "the award needs an achievement and a type")
	case p.Credit.Unit == "" || p.Credit.HoursPerCredit.Sign() <= 0 || p.Credit.Total.Sign() <= 0:
		return invalid("credit", "the credit needs a unit, its hours, and the total")
	case len(p.Requirements) == 0 || len(p.Requirements) > maxRequirements:
		return invalid("requirements", "there must be between 1 and %d requirements", maxRequirements)
	case len(p.Agreements) > maxAgreements:
		return invalid("agreements", "more than %d agreements", maxAgreements)
	}
	for name, c := range map[string]*Cap{"policy.outside": p.Policy.Outside, "policy.rpl": p.Policy.RPL} {
		if c == nil {
			continue
		}
		if c.Percent.IsZero() == c.Credits.IsZero() {
			return invalid(name, "a cap is either a percentage or an amount of credits")
		}
		if c.Percent.Cmp(cairn.WholeCredits(100)) > 0 || c.Round != "" && c.Round != "down" {
			return invalid(name, "a percentage is at most 100, and round is \"down\" or absent")
		}
		if c.Clause == "" {
			return invalid(name+".clause", "a cap needs the clause that it rests on")
		}
	}
	if err := p.Policy.MaxAge.validate("policy.maxAge"); err != nil {
		return err
	}
	slots := map[string]bool{}
	ids := map[string]bool{}
	for i, r := range p.Requirements {
		at := fmt.Sprintf("requirements[%d]", i)
		if !identifier.MatchString(r.ID) || ids[r.ID] || slots[r.ID] {
			return invalid(at+".id", "a requirement needs an id of its own")
		}
		ids[r.ID] = true
		if r.Clause == "" || strings.ContainsFunc(r.Clause, hidden) || !readable(r.Title) {
			return invalid(at, "requirement %s needs a clause and a title, without hidden characters", r.ID)
		}
		if err := p.validateRequirement(at, r, slots); err != nil {
			return err
		}
	}
	if len(slots) > maxSlots {
		return invalid("requirements", "more than %d slots", maxSlots)
	}
	for i, a := range p.Agreements {
		at := fmt.Sprintf("agreements[%d]", i)
		if a.ID == "" || a.Issuer == "" || a.Achievement == "" || len(a.CountsAs) == 0 && a.Field == "" {
			return invalid(at, "an agreement needs an id, an issuer, an achievement, and what it counts as")
		}
		if err := (Dates{a.From, a.Until}).validate(at); err != nil {
			return err
		}
		for _, s := range a.CountsAs {
			if !slots[s] {
				return invalid(at+".countsAs", "there is no slot %q", s)
			}
		}
	}
	for i, e := range p.Exclusive {
		if e.Clause == "" || len(e.Achievements) < 2 {
			return invalid(fmt.Sprintf("exclusive[%d]", i), "an exclusive set needs a clause and at least two achievements")
		}
	}
	for i, g := range p.Grades {
		if g.Scale == "" || len(g.Grades) < 2 {
			return invalid(fmt.Sprintf("grades[%d]", i), "a scale needs a name and at least two grades")
		}
	}
	return nil
}

// readable reports whether there is a text, and every one of them can be seen.
func readable(t cairn.Text) bool {
	for _, s := range t {
		if s == "" || strings.ContainsFunc(s, hidden) {
			return false
		}
	}
	return len(t) > 0
}

// hidden reports whether a character is invisible or turns the direction of
// writing, so that one rule could look like another. Two joiners are part of how
// several languages are written; lines may end in a description.
func hidden(r rune) bool {
	return r != '\u200c' && r != '\u200d' && r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

func (c *Currency) validate(at string) error {
	if c != nil && (c.Years < 0 || c.Months < 0 || c.Years+c.Months == 0 || c.Years > 100 || c.Months > 1200) {
		return invalid(at, "an age limit needs years or months")
	}
	return nil
}

func (p *Programme) validateRequirement(at string, r Requirement, slots map[string]bool) error {
	forms := 0
	for _, given := range []bool{len(r.All) > 0, len(r.Of) > 0, r.Credits.Sign() > 0} {
		if given {
			forms++
		}
	}
	if forms != 1 {
		return invalid(at, "requirement %s must say exactly one of: all, choose … of, credits", r.ID)
	}
	if len(r.Of) > 0 && (r.Choose < 1 || r.Choose > len(r.Of)) || len(r.Of) == 0 && r.Choose != 0 {
		return invalid(at+".choose", "requirement %s must choose between 1 and %d", r.ID, len(r.Of))
	}
	if r.Credits.Sign() > 0 && r.Match.empty() || r.Credits.IsZero() && (!r.Match.empty() || len(r.Limits) > 0) {
		return invalid(at+".match", "requirement %s: match and limits belong to credits", r.ID)
	}
	if err := p.validateSelector(at+".match", r.Match); err != nil {
		return err
	}
	if err := r.MaxAge.validate(at + ".maxAge"); err != nil {
		return err
	}
	if r.MinLevel != nil && p.Levels.Framework == "" {
		return invalid(at+".minLevel", "a minimum level needs levels.framework")
	}
	if r.MinGrade != nil && p.gradeRank(r.MinGrade.Scale, r.MinGrade.Grade) < 0 {
		return invalid(at+".minGrade", "the grade %q is not on the scale %q", r.MinGrade.Grade, r.MinGrade.Scale)
	}
	limited := map[string]bool{}
	for j, l := range r.Limits {
		if len(l.Fields) == 0 || l.Clause == "" {
			return invalid(fmt.Sprintf("%s.limits[%d]", at, j), "a limit needs fields and a clause")
		}
		for _, f := range l.Fields {
			if limited[f] {
				return invalid(fmt.Sprintf("%s.limits[%d]", at, j), "the field %q is in two limits; then it is not clear which one holds", f)
			}
			limited[f] = true
		}
	}
	for j, s := range r.Slots() {
		where := fmt.Sprintf("%s.slots[%d]", at, j)
		if !identifier.MatchString(s.ID) || slots[s.ID] {
			return invalid(where+".id", "a slot needs an id of its own")
		}
		slots[s.ID] = true
		if !readable(s.Title) || s.Credits.Sign() <= 0 {
			return invalid(where, "slot %s needs a title, without hidden characters, and credits", s.ID)
		}
		if err := p.validateSelector(where+".match", s.Match); err != nil {
			return err
		}
	}
	return nil
}

func (p *Programme) gradeRank(scale, grade string) int {
	for _, g := range p.Grades {
		if g.Scale == scale {
			return slices.Index(g.Grades, grade)
		}
	}
	return -1
}
