package programme

import (
	"fmt"
	"slices"
	"strings"

	"cairn.example"
)

// GradeScale is a rule document of kind grade-scale: the grades of a scale, the best
// first, and what grades of other scales are on it.
type GradeScale struct {
	Kind    Kind       `yaml:"kind"`
	ID      string     `yaml:"id"`
	Version string     `yaml:"version"`
	Title   cairn.Text `yaml:"title"`

	Scale    string          `yaml:"scale"`
	Grades   []string        `yaml:"grades"`
	Points   []cairn.Credits `yaml:"points,omitempty"`
	Pass     string          `yaml:"pass,omitempty"`
	Clause   string          `yaml:"clause,omitempty"`
	PassFail *PassFail       `yaml:"passFail,omitempty"`
	Map      []GradeMap      `yaml:"map,omitempty"`
}

func (g *GradeScale) grade() Grade {
	return Grade{Scale: g.Scale, Grades: g.Grades, Points: g.Points, Pass: g.Pass, Clause: g.Clause, PassFail: g.PassFail, Map: g.Map}
}

func (g *GradeScale) check() *checker {
	c := heading(g.Kind, g.ID, g.Version, g.Title)
	if g.Scale == "" || len(g.Grades) < 2 {
		c.bad("grades", "a scale needs a name and at least two grades")
	}
	for i, one := range g.Grades {
		if one == "" || slices.Contains(g.Grades[:min(i, maxGrades)], one) {
			c.bad(fmt.Sprintf("grades[%d]", i), "each grade is there once")
		}
	}
	if len(g.Points) > 0 && len(g.Points) != len(g.Grades) {
		c.bad("points", "there must be as many points as grades, in the same order")
	}
	c.scale("", g.grade())
	return c
}

// LevelFramework is a rule document of kind level-framework: the levels that there
// are, and which levels of other frameworks they are.
type LevelFramework struct {
	Kind    Kind       `yaml:"kind"`
	ID      string     `yaml:"id"`
	Version string     `yaml:"version"`
	Title   cairn.Text `yaml:"title"`

	Framework string          `yaml:"framework"`
	Steps     []cairn.Credits `yaml:"steps"` // half-steps too, the lowest first
	// HigherFillsLower: a higher level stands for a lower one that is asked for.
	HigherFillsLower bool       `yaml:"higherFillsLower"`
	Map              []LevelMap `yaml:"map,omitempty"`
}

func (l *LevelFramework) levels() Levels {
	return Levels{Framework: l.Framework, Map: l.Map, Steps: l.Steps, Exact: !l.HigherFillsLower}
}

func (l *LevelFramework) check() *checker {
	c := heading(l.Kind, l.ID, l.Version, l.Title)
	if l.Framework == "" || len(l.Steps) == 0 {
		c.bad("steps", "a framework needs a name and its levels")
	}
	for i, m := range l.Map {
		if m.Framework == "" || m.Framework == l.Framework || m.Version == "" {
			c.bad(fmt.Sprintf("map[%d]", min(i, maxLevelMap)), "a level of another framework needs the framework and its version")
		}
	}
	c.framework("", l.levels())
	return c
}

// CreditConversion is a rule document of kind credit-conversion: what a credit of a
// unit is in hours, and how what comes out is rounded.
type CreditConversion struct {
	Kind    Kind       `yaml:"kind"`
	ID      string     `yaml:"id"`
	Version string     `yaml:"version"`
	Title   cairn.Text `yaml:"title"`

	Systems []UnitSystem `yaml:"systems"`
	Round   *Rounding    `yaml:"round,omitempty"`
}

func (v *CreditConversion) check() *checker {
	c := heading(v.Kind, v.ID, v.Version, v.Title)
	if len(v.Systems) == 0 {
		c.bad("systems", "at least one unit and its hours are needed")
	}
	c.systems("systems", v.Systems)
	c.rounding("round", v.Round)
	return c
}

// Layer is whose policy a document is. The wider layers come first.
type Layer string

// The layers.
const (
	National    Layer = "national"
	Institution Layer = "institution"
	Faculty     Layer = "faculty"
)

var layers = []Layer{National, Institution, Faculty}

// loosenable are the rules of a policy that a narrower layer may be allowed to loosen.
var loosenable = []string{"outside", "rpl", "maxAge", "repeat", "reuse", "caps", "floors", "terms", "routing", "overrides", "surplus", "sharing", "opening", "appeal", "overlap", "exceptions", "secondSignature"}

// PolicyLayer is a rule document of kind policy: rules of a country, an institution
// or a faculty that hold for every programme that uses it. A narrower layer may only
// tighten a rule, unless the wider one says that it may loosen it.
type PolicyLayer struct {
	Kind    Kind       `yaml:"kind"`
	ID      string     `yaml:"id"`
	Version string     `yaml:"version"`
	Title   cairn.Text `yaml:"title"`

	Layer  Layer    `yaml:"layer"`
	Policy Policy   `yaml:"policy"`
	Loosen []string `yaml:"mayLoosen,omitempty"` // rules, by their names in policy
}

func (l *PolicyLayer) check() *checker {
	c := heading(l.Kind, l.ID, l.Version, l.Title)
	// Bounds may speak of grades and levels, which the programme's other documents have.
	c.p.Uses = []Reference{{}}
	if !slices.Contains(layers, l.Layer) {
		c.bad("layer", "a policy is national, institution or faculty, not %q", l.Layer)
	}
	for i, name := range l.Loosen {
		if !slices.Contains(loosenable, name) {
			c.bad(fmt.Sprintf("mayLoosen[%d]", i), "there is no rule %q; the rules are %s", name, strings.Join(loosenable, ", "))
		}
	}
	c.p.Policy = l.Policy
	c.policy()
	c.bounds()
	c.exceptions()
	c.places()
	c.routes()
	return c
}

// AgreementParty is an institution that agrees.
type AgreementParty struct {
	DID  cairn.DID  `yaml:"did"`
	Name cairn.Text `yaml:"name"`
}

// AgreementDocument is a rule document of kind agreement: what achievements of one
// institution count as in programmes of another. It runs from the sending to the
// receiving institution and not back, and it says nothing of what a third one has
// agreed with either. Both sign it; see Statement.
type AgreementDocument struct {
	Kind    Kind       `yaml:"kind"`
	ID      string     `yaml:"id"`
	Version string     `yaml:"version"`
	Title   cairn.Text `yaml:"title"`

	Clause    string         `yaml:"clause"`
	Sending   AgreementParty `yaml:"sending"`
	Receiving AgreementParty `yaml:"receiving"`
	Valid     AgreementDates `yaml:"valid"`
	// Cohort are the days of admission of those whom it is for; everybody without it.
	// A person looks where the day of admission is not known.
	Cohort *Dates        `yaml:"cohort,omitempty"`
	Terms  []AgreementTo `yaml:"terms"`
}

// AgreementDates is when an agreement is in force.
type AgreementDates struct {
	From    cairn.PartialDate `yaml:"from"`
	Until   cairn.PartialDate `yaml:"until,omitempty"`
	Governs string            `yaml:"governs"` // study or application
}

// AgreementTo says what each of some achievements counts as.
type AgreementTo struct {
	Achievements []cairn.AchievementID `yaml:"achievements"`
	Programmes   []cairn.ProgrammeID   `yaml:"programmes,omitempty"` // every one that uses the agreement when none is given
	Slots        []string              `yaml:"slots,omitempty"`      // any one of them
	Field        string                `yaml:"field,omitempty"`
	Credits      cairn.Credits         `yaml:"credits,omitempty"`
	MinGrade     *MinGrade             `yaml:"minGrade,omitempty"`
	Overlap      cairn.Credits         `yaml:"overlap,omitempty"` // percent
}

func (a *AgreementDocument) check() *checker {
	c := heading(a.Kind, a.ID, a.Version, a.Title)
	if a.Clause == "" {
		c.bad("clause", "an agreement needs the clause that decisions name")
	}
	for _, side := range []struct {
		at string
		AgreementParty
	}{{"sending", a.Sending}, {"receiving", a.Receiving}} {
		if !strings.HasPrefix(string(side.DID), "did:") || !readable(side.Name) {
			c.bad(side.at, "a party needs a decentralised identifier and a name, without hidden characters")
		}
	}
	if a.Sending.DID == a.Receiving.DID {
		c.bad("receiving.did", "an institution makes no agreement with itself")
	}
	if a.Valid.From.IsZero() {
		c.bad("valid.from", "an agreement begins on a day")
	}
	if !slices.Contains([]string{governsStudy, governsApplication}, a.Valid.Governs) {
		c.bad("valid.governs", "the dates are about study or application, not %q", a.Valid.Governs)
	}
	c.try(Dates{a.Valid.From, a.Valid.Until}.validate("valid"))
	if a.Cohort != nil {
		c.cohort("", a.Cohort)
	}
	if len(a.Terms) == 0 || len(a.Terms) > maxAgreements {
		c.bad("terms", "there must be between 1 and %d terms", maxAgreements)
	}
	for i, t := range a.Terms {
		at := fmt.Sprintf("terms[%d]", i)
		if len(t.Achievements) == 0 || len(t.Slots) == 0 && t.Field == "" {
			c.bad(at, "a term needs achievements, and what they count as")
		}
		for j, id := range t.Achievements {
			if id == "" {
				c.bad(fmt.Sprintf("%s.achievements[%d]", at, j), "an achievement must be named")
			}
		}
		for j, id := range t.Slots {
			if id == "" {
				c.bad(fmt.Sprintf("%s.slots[%d]", at, j), "a slot must be named")
			}
		}
		if len(t.Achievements) > maxAgreements || len(t.Slots) > maxSlots || len(t.Programmes) > maxAgreements {
			c.bad(at, "more than %d achievements, slots or programmes", maxSlots)
		}
		if t.Overlap.Cmp(cairn.WholeCredits(100)) > 0 {
			c.bad(at+".overlap", "a percentage is at most 100")
		}
		if m := t.MinGrade; m != nil && (m.Scale == "" || m.Grade == "" || m.Ungraded != "") {
			c.bad(at+".minGrade", "a lowest grade needs a scale and a grade, and nothing else")
		}
	}
	return c
}

// agreements are what the document says for a programme.
func (a *AgreementDocument) agreements(id cairn.ProgrammeID) (out []Agreement) {
	for _, t := range a.Terms {
		if len(t.Programmes) > 0 && !slices.Contains(t.Programmes, id) {
			continue
		}
		for _, from := range t.Achievements {
			out = append(out, Agreement{ID: a.ID, Issuer: a.Sending.DID, Achievement: from, CountsAs: t.Slots, Field: t.Field, From: a.Valid.From, Until: a.Valid.Until,
				Governs: a.Valid.Governs, Credits: t.Credits, MinGrade: t.MinGrade, Overlap: t.Overlap, Cohort: a.Cohort, Clause: a.Clause, Party: a.Sending.Name})
		}
	}
	return out
}

// heading checks what every rule document begins with.
func heading(kind Kind, id, version string, title cairn.Text) *checker {
	c := &checker{p: &Programme{}}
	if !identifier.MatchString(id) {
		c.bad("id", "the id must be letters, digits, dots and dashes")
	}
	if version == "" || strings.ContainsFunc(version, hidden) {
		c.bad("version", "a version is needed, without hidden characters")
	}
	if !readable(title) {
		c.bad("title", "a title in at least one language is needed, without hidden characters")
	}
	if !slices.Contains(Kinds(), kind) {
		c.bad("kind", "there is no kind %q", kind)
	}
	return c
}
