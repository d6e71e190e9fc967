package programme

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"cairn.example"
)

// Limits of the hypothetical credentials on which a programme is tried. The work is
// counted in credentials, once for each node of a search.
const (
	maxIdeal        = 1500 // in all
	maxIdealOptions = 40   // achievements of one selector that are tried
	maxIdealDays    = 8    // on which a programme is tried
	idealNodes      = 400  // of each search
	maxIdealWork    = 200_000
)

// spot is where a credential may count: a slot, or with slot -1 the pool of a
// requirement.
type spot struct{ requirement, slot int }

// ideals makes the best credentials that anybody could hold by a day: for every
// place of a programme one that fills it, with each choice that a rule beyond the
// place could tell apart (route, limit, member of an exclusive set). Places that
// nothing can fill are missing in the map. ok is false when there would be too many,
// or when a rule is not one that this file knows: then nothing follows.
//
// Everything real is no better than one of these: what the institution itself
// awards is under no cap, and each has exactly what its place asks for. So when these
// don't complete a programme, nothing does.
func (p *Programme) ideals(at time.Time) (held []Held, filled map[spot]bool, ok bool) {
	filled = map[spot]bool{}
	l := &lab{Programme: p, at: at}
	for i := range p.Requirements {
		r := &p.Requirements[i]
		for j := range r.Slots() {
			more := l.slot(r, j)
			filled[spot{i, j}] = len(more) > 0
			held = append(held, more...)
		}
		if r.Credits.Sign() > 0 {
			more := l.pool(r)
			filled[spot{i, -1}] = len(more) > 0
			held = append(held, more...)
		}
		if len(held) > maxIdeal || l.cut {
			return nil, nil, false
		}
	}
	taken := map[string]bool{}
	for i := range held {
		h := &held[i]
		if h.Digest = fmt.Sprintf("ideal-%04d", i); strings.HasPrefix(string(h.Achievement), "urn:ideal:") {
			h.Achievement = cairn.AchievementID("urn:ideal:" + h.Digest)
		}
		// A rule about repeats would take one of them away, and not the one that this
		// file would choose.
		if key := string(h.Issuer) + " " + string(h.Achievement); p.Policy.Repeat != nil && taken[key] {
			return nil, nil, false
		} else {
			taken[key] = true
		}
	}
	return held, filled, true
}

// lab makes hypothetical credentials for one day.
type lab struct {
	*Programme
	at  time.Time
	cut bool // some were left out; nothing follows from what is missing
}

func (l *lab) slot(r *Requirement, slot int) []Held {
	s := r.Slots()[slot]
	only := *r
	only.All, only.Of, only.Choose = []Slot{s}, nil, 0
	if held := l.fill(&only, &s.Match, s.Credits, s.Match.Fields); len(held) > 0 {
		return held
	}
	// No selector picks it; an agreement may count as it.
	var out []Held
	for _, a := range l.Agreements {
		if !slices.Contains(a.CountsAs, s.ID) {
			continue
		}
		free := Selector{Achievements: []cairn.AchievementID{a.Achievement}, Issuers: []cairn.DID{a.Issuer}, Awarded: &Dates{a.From, a.Until}}
		if out = append(out, l.fill(&only, &free, s.Credits, nil)...); len(out) >= maxIdealOptions {
			l.cut = true
			break
		}
	}
	return out
}

func (l *lab) pool(r *Requirement) []Held {
	limited := map[string]bool{}
	var groups [][]string // fields that no limit tells apart
	for _, l := range r.Limits {
		var group []string
		for _, f := range l.Fields {
			limited[f] = true
			if len(r.Match.Fields) == 0 || slices.Contains(r.Match.Fields, f) {
				group = append(group, f)
			}
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	var rest []string
	for _, f := range r.Match.Fields {
		if !limited[f] {
			rest = append(rest, f)
		}
	}
	if len(rest) > 0 || len(r.Match.Fields) == 0 {
		groups = append(groups, rest)
	}
	var out []Held
	for _, fields := range groups {
		out = append(out, l.fill(r, &r.Match, r.Credits, fields)...)
	}
	return out
}

// fill makes credentials that a selector picks and that count in a requirement,
// which is the only one looked at: one that is awarded in residence when there is
// any, and otherwise one of each route.
func (l *lab) fill(r *Requirement, s *Selector, credits cairn.Credits, fields []string) []Held {
	not := s.Not
	if not == nil {
		not = &Selector{}
	}
	h := Held{Type: pick(s.Types, not.Types, "Badge", "Certificate", "Degree"), Title: "ideal", Credit: &cairn.CreditValue{Amount: credits, HoursPerCredit: l.Credit.HoursPerCredit},
		Field: pick(fields, not.Fields, ""), Assessment: pick(s.Assessments, not.Assessments, freshFor(not.Assessments)),
		Supervision: pick(s.Supervision, not.Supervision, supervisions...)}
	if len(s.Tags) > 0 {
		h.Tags = []string{pick(s.Tags, not.Tags)}
	}
	if len(s.Alignments) > 0 {
		h.Alignments = []string{pick(s.Alignments, not.Alignments)}
	}
	h.Level = l.idealLevel(r, s, not)
	h.GradeScale, h.Grade = l.idealGrade(r, s, not)
	h.AwardedOn = idealDay(s, not, l.at)

	achievements := l.idealAchievements(s, not)
	if cut := len(achievements); cut < len(s.Achievements) && l.exclusive(achievements[cut-1]) {
		l.cut = true
	}
	alone := *l.Programme
	alone.Requirements = []Requirement{*r}
	var outside []Held
	for _, way := range []struct {
		issuer cairn.DID
		route  Route
	}{{l.Institution, InResidence}, {l.Institution, RPL}, {"", Transfer}} {
		if h.Issuer, h.Route = way.issuer, way.route; h.Issuer == "" {
			h.Issuer = pick(s.Issuers, append([]cairn.DID{l.Institution}, not.Issuers...), "did:web:ideal.invalid")
		}
		var found []Held
		for _, a := range achievements {
			if h.Achievement = a; alone.counts(h, l.at) {
				found = append(found, h)
				if !l.exclusive(a) {
					found = found[len(found)-1:] // nothing is better than this
					break
				}
			}
		}
		if way.route == InResidence && len(found) > 0 {
			return found
		}
		outside = append(outside, found...)
	}
	return outside
}

// counts reports whether a credential may count somewhere without a person.
func (p *Programme) counts(h Held, at time.Time) bool {
	for _, c := range p.prepare([]Held{h}, Options{}.days(at)) {
		if slices.ContainsFunc(c.edges, edge.open) {
			return true
		}
	}
	return false
}

// pick returns the first of a list, or of what stands for any value when the list is
// empty, that is not left out; when all are left out, the first.
func pick[T ~string](list, not []T, anything ...T) T {
	if len(list) == 0 {
		list = anything
	}
	for _, v := range list {
		if !slices.Contains(not, v) {
			return v
		}
	}
	return list[0]
}

// freshFor is a value that is not in a list.
func freshFor(list []string) string {
	return "any" + strings.Repeat("x", len(slices.MaxFunc(append(list, ""), func(a, b string) int { return len(a) - len(b) })))
}

// idealAchievements are those that a selector allows, with the ones first that are
// neither left out nor in an exclusive set.
func (p *Programme) idealAchievements(s, not *Selector) []cairn.AchievementID {
	if len(s.Achievements) == 0 {
		return []cairn.AchievementID{"urn:ideal:" + cairn.AchievementID(freshFor(nil))}
	}
	list := slices.Clone(s.Achievements)
	slices.SortStableFunc(list, func(a, b cairn.AchievementID) int {
		worth := func(x cairn.AchievementID) (n int) {
			if slices.Contains(not.Achievements, x) {
				n += 2
			}
			if p.exclusive(x) {
				n++
			}
			return n
		}
		return worth(a) - worth(b)
	})
	return list[:min(len(list), maxIdealOptions)]
}

func (p *Programme) exclusive(a cairn.AchievementID) bool {
	return slices.ContainsFunc(p.Exclusive, func(e Exclusive) bool { return slices.Contains(e.Achievements, a) })
}

// idealLevel is a level that is high enough and, where that is possible, not left
// out.
func (p *Programme) idealLevel(r *Requirement, s, not *Selector) *cairn.Level {
	if p.Levels.Framework == "" {
		return nil
	}
	var low cairn.Credits
	var high *cairn.Credits
	if r.MinLevel != nil {
		low = *r.MinLevel
	}
	if s.Levels != nil {
		if high = s.Levels.Max; s.Levels.Min != nil && s.Levels.Min.Cmp(low) > 0 {
			low = *s.Levels.Min
		}
	}
	options := []cairn.Credits{low}
	if not.Levels != nil {
		little := cairn.NewCredits(1, 1000)
		if high != nil {
			options = append(options, *high)
		}
		if not.Levels.Max != nil {
			options = append(options, not.Levels.Max.Add(little))
		}
		if not.Levels.Min != nil && not.Levels.Min.Cmp(little) > 0 {
			options = append(options, not.Levels.Min.Sub(little))
		}
	}
	best := low
	for _, v := range options {
		if v.Cmp(low) < 0 || high != nil && v.Cmp(*high) > 0 {
			continue
		}
		if n := not.Levels; n == nil || n.Min != nil && v.Cmp(*n.Min) < 0 || n.Max != nil && v.Cmp(*n.Max) > 0 {
			best = v
			break
		}
	}
	return &cairn.Level{Framework: p.Levels.Framework, Value: best}
}

// idealGrade is a grade that is good enough and, where that is possible, not left
// out.
func (p *Programme) idealGrade(r *Requirement, s, not *Selector) (scale, grade string) {
	enough := func(m *MinGrade, g Grade, rank int) bool {
		return m == nil || g.Scale == m.Scale && rank <= p.gradeRank(m.Scale, m.Grade)
	}
	for _, g := range p.Grades {
		for rank, name := range g.Grades {
			if !enough(r.MinGrade, g, rank) || !enough(s.MinGrade, g, rank) || p.gradeRank(g.Scale, name) != rank {
				continue
			}
			if scale == "" {
				scale, grade = g.Scale, name
			}
			if not.MinGrade != nil && g.Scale == not.MinGrade.Scale && !enough(not.MinGrade, g, rank) {
				return g.Scale, name
			}
		}
	}
	return scale, grade
}

// idealDay is the last day up to at that the dates allow and, where that is
// possible, don't leave out; unknown when there is none.
func idealDay(s, not *Selector, at time.Time) cairn.PartialDate {
	within, without := Dates{}, Dates{}
	if s.Awarded != nil {
		within = *s.Awarded
	}
	options := []time.Time{at}
	if !within.Until.IsZero() {
		options = append(options, within.Until.Latest())
	}
	if not.Awarded != nil {
		without = *not.Awarded
		if !without.From.IsZero() {
			options = append(options, without.From.Earliest().AddDate(0, 0, -1))
		}
		if !without.Until.IsZero() {
			options = append(options, without.Until.Latest().AddDate(0, 0, 1))
		}
	}
	slices.SortFunc(options, func(a, b time.Time) int { return b.Compare(a) })
	var best time.Time
	for _, d := range options {
		if d.After(at) || !within.spans(d) {
			continue
		}
		if best.IsZero() {
			best = d
		}
		if not.Awarded == nil || !without.spans(d) {
			best = d
			break
		}
	}
	if best.IsZero() {
		return cairn.PartialDate{}
	}
	return cairn.PartialDate{Year: best.Year(), Month: best.Month(), Day: best.Day()}
}

// idealDays are the days on which a programme is tried. Everything is youngest on
// the first day on which it is there, so only days on which something can begin to
// be held matter.
func (p *Programme) idealDays() (days []time.Time, ok bool) {
	days = []time.Time{time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC)}
	add := func(d Dates, left bool) {
		if left && !d.Until.IsZero() {
			days = append(days, d.Until.Latest().AddDate(0, 0, 1))
		}
		if !left && !d.From.IsZero() {
			days = append(days, d.From.Earliest())
		}
	}
	each := func(s *Selector) {
		if s.Awarded != nil {
			add(*s.Awarded, false)
		}
		if s.Not != nil && s.Not.Awarded != nil {
			add(*s.Not.Awarded, true)
		}
	}
	for i := range p.Requirements {
		each(&p.Requirements[i].Match)
		for _, s := range p.Requirements[i].Slots() {
			each(&s.Match)
		}
	}
	for _, a := range p.Agreements {
		add(Dates{a.From, a.Until}, false)
	}
	slices.SortFunc(days, time.Time.Compare)
	days = slices.CompactFunc(days, time.Time.Equal)
	return days, len(days) <= maxIdealDays
}

// known are the rules that the ideal credentials take into account, by type. With
// any other rule nothing is concluded, so that a new rule is never called
// impossible because nobody thought of it here.
var known = map[reflect.Type][]string{
	reflect.TypeFor[Selector]():    {"Achievements", "Alignments", "Fields", "Tags", "Types", "Issuers", "Routes", "Assessments", "Supervision", "Levels", "MinGrade", "Awarded", "Not"},
	reflect.TypeFor[Requirement](): {"ID", "Clause", "Title", "All", "Choose", "Of", "Credits", "Match", "Limits", "AttestedBy", "MinLevel", "MinGrade", "MaxAge", "Reserved"},
	reflect.TypeFor[Slot]():        {"ID", "Title", "Credits", "Match"},
	reflect.TypeFor[Limit]():       {"Fields", "Credits", "Clause"},
	reflect.TypeFor[Policy]():      {"Outside", "RPL", "MaxAge", "Repeat", "Reuse", "Terms", "Appeal", "Exceptions", "SecondSignature"},
	reflect.TypeFor[Cap]():         {"Percent", "Credits", "Round", "Clause"},
	reflect.TypeFor[Currency]():    {"Years", "Months", "Clause"},
	reflect.TypeFor[Repeat]():      {"Keep", "Clause"},
	reflect.TypeFor[Reuse]():       {"Allow", "Percent", "Clause"}, // only ever less, of what was used before
	reflect.TypeFor[Agreement]():   {"ID", "Issuer", "Achievement", "CountsAs", "Field", "From", "Until", "Clause", "Party"},
	reflect.TypeFor[Credit]():      {"Unit", "HoursPerCredit", "Total", "Systems"},
	reflect.TypeFor[Levels]():      {"Framework", "Map", "Steps"},
	reflect.TypeFor[Exclusive]():   {"Clause", "Achievements"},
	reflect.TypeFor[Programme]():   {"ID", "Edition", "Institution", "Title", "Description", "Language", "Award", "Credit", "Levels", "Grades", "Policy", "Agreements", "Exclusive", "Requirements", "Uses", "digest", "source", "rules", "exceptions", "let"},
}

// unknownRule returns the name of a rule of a document that the ideal credentials
// don't take into account, or "".
func unknownRule(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return unknownRule(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if name := unknownRule(v.Index(i)); name != "" {
				return name
			}
		}
	case reflect.Struct:
		names, ok := known[v.Type()]
		if !ok {
			return ""
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !slices.Contains(names, f.Name) && !v.Field(i).IsZero() {
				return f.Name
			}
			if name := unknownRule(v.Field(i)); name != "" {
				return name
			}
		}
	}
	return ""
}
