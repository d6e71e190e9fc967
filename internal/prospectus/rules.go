package prospectus

import (
	"cmp"
	"fmt"
	"slices"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/programme"
)

// said are the members that the functions of this file put into words, by the type
// that they are of. The others are said by the sentence of their name; see rest.
var said = map[string][]string{
	"Programme":   {"id", "edition", "institution", "title", "description", "language", "award", "credit", "levels", "grades", "policy", "agreements", "exclusive", "choices", "requirements", "uses"},
	"Award":       {"achievement", "type", "level"},
	"Level":       {"framework", "value"},
	"Credit":      {"unit", "hoursPerCredit", "total", "systems", "round"},
	"UnitSystem":  {"unit", "hoursPerCredit"},
	"Rounding":    {"direction", "step", "when", "clause"},
	"Levels":      {"framework", "map", "steps", "exact"},
	"LevelMap":    {"framework", "value", "is"},
	"Grade":       {"scale", "grades", "pass", "clause", "passFail", "map"},
	"PassFail":    {"grades", "as", "clause"},
	"GradeMap":    {"scale", "grade", "is"},
	"Policy":      {"outside", "rpl", "maxAge", "repeat", "reuse", "caps", "floors", "appeal", "overlap"},
	"Overlap":     {"percent", "clause"},
	"Reference":   {"kind", "id", "digest"},
	"Bound":       {"id", "clause", "title", "match", "requirements", "credits", "percent", "number", "average", "of", "by", "distinct", "per", "round"},
	"Average":     {"scale", "min", "decimals", "round"},
	"Cap":         {"percent", "credits", "round", "clause"},
	"Currency":    {"years", "months", "clause"},
	"Appeal":      {"days", "to"},
	"Repeat":      {"keep", "clause"},
	"Reuse":       {"allow", "percent", "clause"},
	"Requirement": {"id", "clause", "title", "all", "choose", "of", "credits", "match", "limits", "number", "each", "attestedBy", "minLevel", "minGrade", "maxAge", "reserved"},
	"Slot":        {"id", "title", "credits", "match"},
	"Limit":       {"fields", "credits", "clause"},
	"MinGrade":    {"scale", "grade"},
	"Agreement":   {"id", "issuer", "achievement", "countsAs", "field", "from", "until", "governs", "credits", "minGrade", "overlap", "cohort", "clause", "party"},
	"Exclusive":   {"clause", "achievements"},
	"Choice":      {"id", "clause", "title", "choose", "tracks", "track"},
	"Track":       {"id", "title"},
	"Routing":     {"clause"}, "Override": {"clause"}, "Surplus": {"clause"}, "Sharing": {"clause"}, "Opening": {"clause"}, "Departures": {"clause"}, "SecondSignature": {"clause"},
	"Selector":   {"achievements", "alignments", "fields", "tags", "types", "issuers", "routes", "assessments", "supervision", "levels", "minGrade", "awarded", "not"},
	"LevelRange": {"min", "max"},
	"Dates":      {"from", "until"},
}

func (s *speaker) award() []Line {
	p := s.p
	get := s.line("award.get", "type", p.Award.Type, "title", s.text(p.Title))
	get.Href = web(string(p.Award.Achievement))
	out := []Line{get}
	if get.Href == "" {
		out = append(out, s.line("award.achievement", "achievement", string(p.Award.Achievement)))
	}
	if l := p.Award.Level; l != nil {
		out = append(out, s.line("award.level", "level", s.Figure(l.Value), "framework", l.Framework))
	}
	out = append(out, s.line("credit.total", "total", s.Figure(p.Credit.Total)), s.line("credit.hours", "hours", s.Figure(p.Credit.HoursPerCredit)),
		s.line("award.institution", "institution", s.issuer(p.Institution)))
	language := string(p.Language)
	for _, l := range i18n.Languages() {
		if l.Tag == p.Language {
			language = l.Name
		}
	}
	out = append(out, s.line("award.language", "language", language), s.line("award.edition", "edition", p.Edition, "id", string(p.ID)))
	for _, u := range p.Credit.Systems {
		if u.Unit == p.Credit.Unit && u.HoursPerCredit.Equal(p.Credit.HoursPerCredit) {
			continue // said above
		}
		l := s.line("credit.system", "other", u.Unit, "hours", s.Figure(u.HoursPerCredit))
		l.Lines = s.rest(u)
		out = append(out, l)
	}
	if r := p.Credit.Round; r != nil {
		l := s.line("credit.round."+cmp.Or(r.When, "before")+"."+r.Direction, "step", s.Figure(r.Step))
		l.Clause, l.Lines = r.Clause, s.rest(*r)
		out = append(out, l)
	}
	return append(append(append(out, s.rest(p.Award)...), s.restOf(p.Award.Level)...), s.rest(p.Credit)...)
}

func (s *speaker) requirement(r *programme.Requirement) []Line {
	var out []Line
	if len(r.All) > 0 {
		out = append(out, Line{Text: s.say("requirement.all", "n", fmt.Sprint(len(r.All))), Lines: s.slots(r.All)})
	}
	if len(r.Of) > 0 {
		out = append(out, Line{Text: s.say("requirement.choose", "choose", fmt.Sprint(r.Choose), "n", fmt.Sprint(len(r.Of))), Lines: s.slots(r.Of)})
	}
	if r.Credits.Sign() > 0 {
		out = append(out, Line{Text: s.say("requirement.credits", "credits", s.Figure(r.Credits)), Lines: s.selector(&r.Match)})
	}
	if r.Number > 0 {
		out = append(out, Line{Text: s.say("requirement.number", "n", fmt.Sprint(r.Number), "credits", s.Figure(r.Each)), Lines: s.selector(&r.Match)})
	}
	if r.AttestedBy != "" {
		out = append(out, s.line("requirement.attested-by", "who", r.AttestedBy))
	}
	if r.MinLevel != nil {
		out = append(out, s.line("requirement.min-level", "level", s.Figure(*r.MinLevel), "framework", s.p.Levels.Framework))
	}
	if r.MinGrade != nil {
		l := s.line("requirement.min-grade", "grade", s.grade(r.MinGrade))
		l.Lines = s.rest(*r.MinGrade)
		out = append(out, l)
	}
	if r.MaxAge != nil {
		l := s.line("requirement.max-age", "time", s.age(r.MaxAge))
		l.Clause, l.Lines = r.MaxAge.Clause, s.rest(*r.MaxAge)
		out = append(out, l)
	}
	if r.Reserved {
		out = append(out, s.line("requirement.reserved", "institution", s.issuer(s.p.Institution)))
	}
	for _, l := range r.Limits {
		one := s.line("requirement.limit", "credits", s.Figure(l.Credits), "fields", list(s, "and", l.Fields))
		one.Clause, one.Lines = l.Clause, s.rest(l)
		out = append(out, one)
	}
	return append(out, s.rest(*r)...)
}

func (s *speaker) slots(slots []programme.Slot) (out []Line) {
	for i := range slots {
		slot := &slots[i]
		l := s.line("slot", "title", s.text(slot.Title), "credits", s.Figure(slot.Credits))
		l.Lines = s.selector(&slot.Match)
		for _, a := range s.p.Agreements {
			if slices.Contains(a.CountsAs, slot.ID) {
				l.Lines = append(l.Lines, s.line("slot.agreement", "achievement", s.achievement(a.Achievement).Text, "issuer", s.party(&a), "agreement", a.ID))
			}
		}
		l.Lines = append(l.Lines, s.rest(*slot)...)
		out = append(out, l)
	}
	return out
}

// selector says what counts, one line for each thing that must hold.
func (s *speaker) selector(c *programme.Selector) (out []Line) {
	say := func(code string, given bool, args ...any) {
		if given {
			out = append(out, s.line("selector."+code, args...))
		}
	}
	if len(c.Achievements) > 0 {
		out = append(out, Line{Text: s.say("selector.achievements"), Lines: s.achievements(c.Achievements)})
	}
	if len(c.Alignments) > 0 {
		var goals []Line
		for _, a := range c.Alignments {
			goals = append(goals, Line{Text: a, Href: web(a)})
		}
		out = append(out, Line{Text: s.say("selector.alignments"), Lines: goals})
	}
	say("fields", len(c.Fields) > 0, "list", list(s, "or", c.Fields))
	say("tags", len(c.Tags) > 0, "list", list(s, "or", c.Tags))
	say("types", len(c.Types) > 0, "list", list(s, "or", c.Types))
	say("issuers", len(c.Issuers) > 0, "list", list(s, "or", s.issuers(c.Issuers)))
	var ways []string
	for _, r := range c.Routes {
		ways = append(ways, s.T(area, "route."+string(r)))
	}
	say("routes", len(c.Routes) > 0, "list", list(s, "or", ways))
	say("assessments", len(c.Assessments) > 0, "list", list(s, "or", c.Assessments))
	var watched []string
	for _, how := range c.Supervision {
		watched = append(watched, s.T(area, "supervision."+how))
	}
	say("supervision", len(c.Supervision) > 0, "list", list(s, "or", watched))
	if l := c.Levels; l != nil {
		say("level-min", l.Min != nil, "level", s.maybe(l.Min), "framework", s.p.Levels.Framework)
		say("level-max", l.Max != nil, "level", s.maybe(l.Max), "framework", s.p.Levels.Framework)
		out = append(out, s.rest(*l)...)
	}
	if c.MinGrade != nil {
		say("min-grade", true, "grade", s.grade(c.MinGrade))
	}
	if d := c.Awarded; d != nil {
		say("awarded-from", !d.From.IsZero(), "date", s.Partial(d.From))
		say("awarded-until", !d.Until.IsZero(), "date", s.Partial(d.Until))
		out = append(out, s.rest(*d)...)
	}
	if c.Not != nil {
		out = append(out, Line{Text: s.say("selector.not"), Lines: s.selector(c.Not)})
	}
	return append(out, s.rest(*c)...)
}

func (s *speaker) maybe(c *cairn.Credits) string {
	if c == nil {
		return ""
	}
	return s.Figure(*c)
}

func (s *speaker) grade(g *programme.MinGrade) string {
	return s.say("grade", "grade", g.Grade, "scale", g.Scale)
}

// age writes a length of time.
func (s *speaker) age(c *programme.Currency) string {
	var parts []string
	if c.Years > 0 {
		parts = append(parts, s.count("years", c.Years))
	}
	if c.Months > 0 {
		parts = append(parts, s.count("months", c.Months))
	}
	return list(s, "and", parts)
}

func (s *speaker) policy() (out []Line) {
	pol := &s.p.Policy
	for _, c := range []struct {
		code string
		cap  *programme.Cap
	}{{"policy.outside", pol.Outside}, {"policy.rpl", pol.RPL}} {
		if c.cap == nil {
			continue
		}
		limit := s.say("amount", "credits", s.Figure(s.p.CapLimit(c.cap)))
		if !c.cap.Percent.IsZero() {
			limit = s.say("amount.percent", "percent", s.Figure(c.cap.Percent), "credits", s.Figure(s.p.CapLimit(c.cap)))
		}
		l := s.line(c.code, "limit", limit)
		l.Clause = c.cap.Clause
		if c.cap.Round != "" {
			l.Lines = append(l.Lines, s.line("round."+c.cap.Round))
		}
		l.Lines = append(l.Lines, s.rest(*c.cap)...)
		out = append(out, l)
	}
	if pol.MaxAge != nil {
		l := s.line("policy.max-age", "time", s.age(pol.MaxAge))
		l.Clause, l.Lines = pol.MaxAge.Clause, s.rest(*pol.MaxAge)
		out = append(out, l)
	}
	if pol.Repeat != nil {
		l := s.line("policy.repeat." + pol.Repeat.Keep)
		l.Clause, l.Lines = pol.Repeat.Clause, s.rest(*pol.Repeat)
		out = append(out, l)
	}
	if pol.Reuse != nil {
		l := s.line("policy.reuse."+pol.Reuse.Allow, "percent", s.Figure(pol.Reuse.Percent))
		l.Clause, l.Lines = pol.Reuse.Clause, s.rest(*pol.Reuse)
		out = append(out, l)
	}
	for i := range pol.Caps {
		out = append(out, s.bound("bound.most", &pol.Caps[i])...)
	}
	for i := range pol.Floors {
		out = append(out, s.bound("bound.least", &pol.Floors[i])...)
	}
	if o := pol.Overlap; o != nil {
		l := s.line("policy.overlap", "percent", s.Figure(o.Percent))
		l.Clause, l.Lines = o.Clause, s.rest(*o)
		out = append(out, l)
	}
	out = append(out, s.rest(*pol)...)
	if a := pol.Appeal; a != nil {
		l := s.line("policy.appeal", "days", s.count("days", a.Days), "to", a.To)
		l.Lines = s.rest(*a)
		out = append(out, l)
	}
	return out
}

// bound says a general cap or floor. Its id is for decisions and not said.
func (s *speaker) bound(code string, b *programme.Bound) (out []Line) {
	var below []Line
	if b.Match != nil {
		below = append(below, Line{Text: s.say("bound.match"), Lines: s.selector(b.Match)})
	}
	if len(b.Requirements) > 0 {
		var parts []string
		for _, id := range b.Requirements {
			parts = append(parts, s.place(id))
		}
		below = append(below, s.line("bound.requirements", "list", list(s, "and", parts)))
	}
	if b.Per != "" {
		below = append(below, s.line("bound.each."+b.Per))
	}
	if b.Round != "" {
		below = append(below, s.line("round."+b.Round))
	}
	below = append(below, s.rest(*b)...)
	add := func(text string, more ...Line) {
		if len(b.Title) > 0 {
			text = s.say("bound.titled", "title", s.text(b.Title), "rule", text)
		}
		out = append(out, Line{Text: text, Clause: b.Clause, Lines: append(more, below...)})
	}
	if b.Credits.Sign() > 0 {
		add(s.say(code, "amount", s.say("amount", "credits", s.Figure(b.Credits))))
	}
	if b.Percent.Sign() > 0 {
		of := cmp.Or(b.Of, "total")
		if b.By == "credentials" {
			of = map[string]string{"total": "places", "counted": "certificates"}[of]
		}
		limit := s.Figure(s.p.BoundLimit(b))
		add(s.say(code, "amount", s.say("bound.percent."+of, "percent", s.Figure(b.Percent), "credits", limit)))
	}
	if b.Number > 0 {
		amount := s.count("certificates", b.Number)
		if b.Distinct != "" {
			amount = s.say("bound.different."+b.Distinct, "n", fmt.Sprint(b.Number))
		}
		add(s.say(code, "amount", amount))
	}
	if a := b.Average; a != nil {
		var how []Line
		if a.Round != "" {
			how = append(how, s.line("average.round."+a.Round, "n", fmt.Sprint(a.Decimals)))
		}
		add(s.say("bound.average", "min", s.Figure(a.Min), "scale", a.Scale), append(how, s.rest(*a)...)...)
	}
	return out
}

func (s *speaker) agreements() (out []Line) {
	titles := map[string]string{}
	for _, r := range s.p.Requirements {
		for _, slot := range r.Slots() {
			titles[slot.ID] = s.text(slot.Title)
		}
	}
	for _, a := range s.p.Agreements {
		from := s.achievement(a.Achievement)
		l := s.line("agreement", "agreement", a.ID, "achievement", from.Text, "issuer", s.party(&a))
		l.Href, l.Clause = from.Href, a.Clause
		var places []string
		for _, id := range a.CountsAs {
			places = append(places, titles[id])
		}
		if len(places) > 0 {
			l.Lines = append(l.Lines, s.line("agreement.counts-as", "list", list(s, "or", places)))
		}
		switch {
		case a.Field == "":
		case len(places) > 0:
			l.Lines = append(l.Lines, s.line("agreement.rest", "field", a.Field))
		default:
			l.Lines = append(l.Lines, s.line("agreement.field", "field", a.Field))
		}
		if !a.From.IsZero() {
			l.Lines = append(l.Lines, s.line("agreement.from", "date", s.Partial(a.From)))
		}
		if !a.Until.IsZero() {
			l.Lines = append(l.Lines, s.line("agreement.until", "date", s.Partial(a.Until)))
		}
		if a.Governs != "" {
			l.Lines = append(l.Lines, s.line("agreement.governs."+a.Governs))
		}
		if a.Credits.Sign() > 0 {
			l.Lines = append(l.Lines, s.line("agreement.credits", "credits", s.Figure(a.Credits)))
		}
		if a.MinGrade != nil {
			l.Lines = append(l.Lines, s.line("agreement.min-grade", "grade", s.grade(a.MinGrade)))
		}
		if a.Overlap.Sign() > 0 {
			l.Lines = append(l.Lines, s.line("agreement.overlap", "percent", s.Figure(a.Overlap)))
		}
		if a.Cohort != nil {
			l.Lines = append(l.Lines, s.line("agreement.cohort", "dates", a.Cohort.String()))
		}
		l.Lines = append(l.Lines, s.rest(a)...)
		out = append(out, l)
	}
	return out
}

// choices says of each choice what its tracks are made of.
func (s *speaker) choices() (out []Line) {
	for _, c := range s.p.Choices {
		l := Line{Text: s.say("choice", "title", s.text(c.Title), "choose", fmt.Sprint(c.Choose), "n", fmt.Sprint(len(c.Tracks))), Clause: c.Clause}
		for _, t := range c.Tracks {
			var parts []string
			for i := range s.p.Requirements {
				if s.p.Requirements[i].Track == t.ID {
					parts = append(parts, s.text(s.p.Requirements[i].Title))
				}
			}
			for i := range s.p.Choices {
				if s.p.Choices[i].Track == t.ID {
					parts = append(parts, s.text(s.p.Choices[i].Title))
				}
			}
			one := s.line("choice.track-is", "title", s.text(t.Title), "parts", list(s, "and", parts))
			one.Lines = s.rest(t)
			l.Lines = append(l.Lines, one)
		}
		if c.Track != "" {
			l.Lines = append(l.Lines, s.line("choice.inside", "value", s.place(c.Track)))
		}
		l.Lines = append(l.Lines, s.rest(c)...)
		out = append(out, l)
	}
	return out
}

// place names a requirement, a slot or a track by its title; what is none, by itself.
func (s *speaker) place(id string) string {
	for i := range s.p.Requirements {
		r := &s.p.Requirements[i]
		if r.ID == id {
			return s.text(r.Title)
		}
		for _, slot := range r.Slots() {
			if slot.ID == id {
				return s.text(slot.Title)
			}
		}
	}
	for _, c := range s.p.Choices {
		for _, t := range c.Tracks {
			if t.ID == id {
				return s.text(t.Title)
			}
		}
	}
	return id
}

// party is the name of whoever awards what an agreement is about.
func (s *speaker) party(a *programme.Agreement) string {
	name := s.issuer(a.Issuer)
	if name == string(a.Issuer) && len(a.Party) > 0 {
		return s.text(a.Party)
	}
	return name
}

func (s *speaker) exclusive() (out []Line) {
	for _, e := range s.p.Exclusive {
		out = append(out, Line{Text: s.say("exclusive"), Clause: e.Clause, Lines: append(s.achievements(e.Achievements), s.rest(e)...)})
	}
	return out
}

func (s *speaker) levels() (out []Line) {
	l := s.p.Levels
	if l.Framework != "" {
		out = append(out, s.line("levels.framework", "framework", l.Framework))
	}
	if len(l.Steps) > 0 {
		var steps []string
		for _, v := range l.Steps {
			steps = append(steps, s.Figure(v))
		}
		out = append(out, s.line("levels.steps", "list", list(s, "and", steps)))
	}
	if l.Exact {
		out = append(out, s.line("levels.exact"))
	}
	for _, m := range l.Map {
		one := s.line("levels.map", "framework", m.Framework, "value", s.Figure(m.Value), "is", s.Figure(m.Is))
		one.Lines = s.rest(m)
		out = append(out, one)
	}
	return append(out, s.rest(l)...)
}

func (s *speaker) grades() (out []Line) {
	for _, g := range s.p.Grades {
		l := s.line("grades", "scale", g.Scale, "list", list(s, "comma", g.Grades))
		if g.Pass != "" {
			l.Lines = append(l.Lines, Line{Text: s.say("grade.pass", "grade", g.Pass), Clause: g.Clause})
		}
		if f := g.PassFail; f != nil {
			code := "grade.pass-person"
			if f.As != "" {
				code = "grade.pass-as"
			}
			l.Lines = append(l.Lines, Line{Text: s.say(code, "list", list(s, "and", f.Grades), "grade", f.As), Clause: f.Clause, Lines: s.rest(*f)})
		}
		for _, m := range g.Map {
			l.Lines = append(l.Lines, Line{Text: s.say("grade.map", "grade", m.Grade, "scale", m.Scale, "is", m.Is), Lines: s.rest(m)})
		}
		l.Lines = append(l.Lines, s.rest(g)...)
		out = append(out, l)
	}
	return out
}

// uses lists the rule documents that the rules come from.
func (s *speaker) uses() (out []Line) {
	for _, u := range s.p.Uses {
		l := s.line("uses.unknown", "id", u.ID, "digest", u.Digest)
		for _, d := range s.p.Rules() {
			if d.Digest() == u.Digest {
				l = s.line("uses."+string(d.Kind), "title", s.text(d.Title), "version", d.Version)
			}
		}
		if s.names.Document != nil {
			l.Href = s.names.Document(u)
		}
		l.Lines = s.rest(u)
		out = append(out, l)
	}
	return out
}
