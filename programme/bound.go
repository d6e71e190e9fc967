package programme

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// maxBounds bounds the caps, and the floors, of a policy.
const maxBounds = 50

// Bound is a cap or a floor on what counts: at most, or at least, so much credit, so
// many credentials, so many different ones, or an average. A floor that is not kept
// leaves the programme incomplete; no cap is ever broken.
type Bound struct {
	ID     string     `yaml:"id"`
	Clause string     `yaml:"clause"`
	Title  cairn.Text `yaml:"title,omitempty"`
	// Match is what it is about; everything that counts when it is not given. Where a
	// fact is not known, a cap holds for the credential and a floor does not count it.
	Match *Selector `yaml:"match,omitempty"`
	// Requirements are those in which it counts; all when none is given.
	Requirements []string `yaml:"requirements,omitempty"`

	// One of Credits, Percent, Number and Average says how much.
	Credits cairn.Credits `yaml:"credits,omitempty"`
	Percent cairn.Credits `yaml:"percent,omitempty"`
	Number  int           `yaml:"number,omitempty"` // of credentials, or of different ones
	Average *Average      `yaml:"average,omitempty"`

	// Of says what a percentage is of: the programme's total, which is the default, or
	// what counts.
	Of string `yaml:"of,omitempty"`
	// By says what a percentage measures: credits, which is the default, or credentials.
	By string `yaml:"by,omitempty"`
	// Distinct says what must differ where a number is asked for; see kinds.
	Distinct string `yaml:"distinct,omitempty"`
	// Per makes a cap hold for each term, year, issuer or field of its own.
	Per string `yaml:"per,omitempty"`
	// Round says how a percentage becomes a whole number: down, up, nearest; exact when
	// it is not given.
	Round string `yaml:"round,omitempty"`
}

// Average is the least average of the grades of what counts, weighted by credit, in
// the points of a scale. What has no grade on the scale is left out.
type Average struct {
	Scale string        `yaml:"scale"`
	Min   cairn.Credits `yaml:"min"`
	// Decimals and Round say how the average is written before it is compared: cut off
	// (down) or rounded (nearest); exact when Round is not given.
	Decimals int    `yaml:"decimals,omitempty"`
	Round    string `yaml:"round,omitempty"`
}

// What a percentage is of, and by.
const (
	ofTotal       = "total"
	ofCounted     = "counted"
	byCredits     = "credits"
	byCredentials = "credentials"
)

// kinds are what credentials can be told apart by.
var kinds = []string{"term", "year", "issuer", "field", "achievement"}

// counts reports whether credentials are counted, and not their credit.
func (b *Bound) counts() bool { return b.By == byCredentials || b.Number > 0 && b.Distinct == "" }

// least is what an average must reach without being rounded.
func (a *Average) least() cairn.Credits {
	if a.Round == "" {
		return a.Min
	}
	step := cairn.CreditsFromRat(new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.Decimals)), nil)))
	least := rounded(a.Min.Mul(step), "up").Div(step) // the first that can be written
	if a.Round == "nearest" {
		least = least.Sub(cairn.WholeCredits(1).Div(cairn.WholeCredits(2).Mul(step)))
	}
	return least
}

// written is an average as it is compared.
func (a *Average) written(exact *big.Rat) cairn.Credits {
	if a.Round == "" {
		return cairn.CreditsFromRat(exact)
	}
	step := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.Decimals)), nil))
	n := new(big.Rat).Mul(exact, step)
	if a.Round == "nearest" {
		n.Add(n, big.NewRat(1, 2))
	}
	whole := new(big.Rat).SetInt(new(big.Int).Div(n.Num(), n.Denom()))
	return cairn.CreditsFromRat(whole.Quo(whole, step))
}

// kind is what a credential is told apart by; empty when it is not known.
func (p *Programme) kind(by string, c *candidate) string {
	switch by {
	case "issuer":
		return string(c.Issuer)
	case "achievement":
		return string(c.Achievement)
	case "field":
		if c.Field == "" && len(c.fields) > 0 && !c.uncertain {
			return c.fields[0] // by an agreement
		}
		return c.Field
	case "year":
		if c.AwardedOn.IsZero() {
			return ""
		}
		return fmt.Sprint(c.AwardedOn.Year)
	}
	first, last := p.term(c.AwardedOn.Earliest()), p.term(c.AwardedOn.Latest())
	if c.AwardedOn.IsZero() || first != last {
		return ""
	}
	return first
}

// term names the term that a day lies in, by the year and the number of the day on
// which it began: 2026/2.
func (p *Programme) term(day time.Time) string {
	year, n := day.Year(), 0
	for i, start := range p.Policy.Terms {
		if day.Format("01-02") >= start {
			n = i + 1
		}
	}
	if n == 0 { // the last term of the year before
		year, n = year-1, len(p.Policy.Terms)
	}
	return fmt.Sprintf("%d/%d", year, n)
}

// places is how many credentials the requirements ask for.
func (p *Programme) places() (n int) {
	for i := range p.Requirements {
		n += p.Requirements[i].want()
	}
	return n
}

// boundLimit is a bound on credit in the programme's unit, where it is of the total.
func (p *Programme) boundLimit(b *Bound) cairn.Credits {
	if b.Percent.IsZero() {
		return b.Credits
	}
	return rounded(p.Credit.Total.Mul(b.Percent).Div(cairn.WholeCredits(100)), b.Round)
}

// rounded makes an amount whole: down, up, nearest (half goes up), or not at all.
func rounded(c cairn.Credits, how string) cairn.Credits {
	r := c.Rat()
	switch how {
	case "":
		return c
	case "up":
		r = new(big.Rat).Add(r, new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).SetFrac(big.NewInt(1), r.Denom())))
	case "nearest":
		r = new(big.Rat).Add(r, big.NewRat(1, 2))
	}
	return cairn.CreditsFromRat(new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom())))
}

var termStart = regexp.MustCompile(`^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

func (c *checker) bounds() {
	terms := c.p.Policy.Terms
	for i, start := range terms {
		if !termStart.MatchString(start) || i > 0 && terms[i-1] >= start {
			c.bad(fmt.Sprintf("policy.terms[%d]", i), "terms are the days on which they begin, such as 01-15, in their order")
		}
	}
	ids := map[string]bool{}
	for _, list := range []struct {
		at     string
		bounds []Bound
		floor  bool
	}{{"policy.caps", c.p.Policy.Caps, false}, {"policy.floors", c.p.Policy.Floors, true}} {
		if len(list.bounds) > maxBounds {
			c.bad(list.at, "more than %d", maxBounds)
		}
		for i := range list.bounds {
			c.bound(fmt.Sprintf("%s[%d]", list.at, i), &list.bounds[i], list.floor, ids)
		}
	}
}

func (c *checker) bound(at string, b *Bound, floor bool, ids map[string]bool) {
	if !identifier.MatchString(b.ID) || ids[b.ID] {
		c.bad(at+".id", "a cap or floor needs an id of its own")
	}
	ids[b.ID] = true
	if b.Clause == "" || strings.ContainsFunc(b.Clause, hidden) {
		c.bad(at+".clause", "%s needs the clause that it rests on, without hidden characters", b.ID)
	}
	if len(b.Title) > 0 && !readable(b.Title) {
		c.bad(at+".title", "a title must not be empty or have hidden characters")
	}
	if b.Match != nil {
		if b.Match.empty() {
			c.bad(at+".match", "an empty match picks nothing; leave it out to mean everything")
		}
		c.selector(at+".match", *b.Match)
	}
	for i, id := range b.Requirements {
		if !slices.ContainsFunc(c.p.Requirements, func(r Requirement) bool { return r.ID == id && r.AttestedBy == "" }) {
			c.bad(fmt.Sprintf("%s.requirements[%d]", at, i), "there is no requirement %q in which credentials count", id)
		}
	}
	forms := 0
	for _, given := range []bool{b.Credits.Sign() > 0, b.Percent.Sign() > 0, b.Number > 0, b.Average != nil} {
		if given {
			forms++
		}
	}
	hundred := cairn.WholeCredits(100)
	for _, wrong := range []struct {
		is    bool
		field string
		say   string
	}{
		{forms != 1, "", "must say exactly one of: credits, percent, number, average"},
		{b.Number < 0, ".number", "a number is at least 1"},
		{b.Percent.Cmp(hundred) > 0, ".percent", "a percentage is at most 100"},
		{b.Of != "" && b.Of != ofTotal && b.Of != ofCounted, ".of", "a percentage is of: total, counted"},
		{b.By != "" && b.By != byCredits && b.By != byCredentials, ".by", "a percentage is by: credits, credentials"},
		{(b.Of != "" || b.By != "" || b.Round != "") && b.Percent.IsZero(), "", "of, by and round belong to percent"},
		{b.Round != "" && !slices.Contains([]string{"down", "up", "nearest"}, b.Round), ".round", "round is down, up or nearest"},
		{b.Distinct != "" && (b.Number == 0 || !floor), ".distinct", "distinct belongs to the number of a floor"},
		{b.Distinct != "" && !slices.Contains(kinds, b.Distinct), ".distinct", "distinct is one of: " + strings.Join(kinds, ", ")},
		{b.Per != "" && (floor || !slices.Contains(kinds, b.Per)), ".per", "per belongs to a cap, and is one of: " + strings.Join(kinds, ", ")},
		{(b.Per == "term" || b.Distinct == "term") && len(c.p.Policy.Terms) == 0 && !c.open(), "", "terms need policy.terms, the days on which they begin"},
		{b.Average != nil && !floor, ".average", "an average belongs to a floor"},
	} {
		if wrong.is {
			c.bad(at+wrong.field, "%s: %s", b.ID, wrong.say)
		}
	}
	if a := b.Average; a != nil {
		i := slices.IndexFunc(c.p.Grades, func(g Grade) bool { return g.Scale == a.Scale })
		if (i < 0 || len(c.p.Grades[i].Points) == 0) && !c.open() {
			c.bad(at+".average.scale", "an average needs a scale with points, and %q has none", a.Scale)
		}
		if a.Round != "" && a.Round != "down" && a.Round != "nearest" || a.Decimals < 0 || a.Decimals > 4 || a.Decimals > 0 && a.Round == "" {
			c.bad(at+".average", "an average is exact, or rounded down or to the nearest with 0 to 4 decimals")
		}
	}
}
