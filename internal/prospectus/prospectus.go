// Package prospectus puts the rules of a programme into sentences that a learner can
// read: what the award is, what is needed for it, what counts, and up to where. Each
// rule has a sentence of its own, with the clause that it rests on.
//
// Of makes a Prospectus, which pages lay out (internal/web) and Text prints. The
// package judges nobody and knows no learner: what would count for somebody, the
// engine says (programme.Evaluate).
//
// A member of a rule document that no function here puts into words is said all the
// same, by the sentence of its name: a Grade's points by "grade.points" in
// internal/i18n, with the value as {value}. A test names the members that have no
// sentence.
package prospectus

import (
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/programme"
)

// area is where the sentences are.
const area = "programme"

// Prospectus is the rules of one edition in one language.
type Prospectus struct {
	Title       string
	Description string
	Lead        []Line // what the award is and what it takes
	Parts       []Section
	General     []Section // rules that hold for all parts
}

// Section is a part of the programme or a group of general rules.
type Section struct {
	ID     string // unique, for links within a page
	Title  string
	Clause string
	Lines  []Line
}

// Line is one sentence. What is listed or explained below it is in Lines.
type Line struct {
	Text   string
	Clause string
	Href   string // address of what the line is about, when it is an achievement that is described there
	Lines  []Line
}

// Names gives what documents name by addresses the names that people know. Each
// function may be nil, and may return an empty text for what it does not know.
type Names struct {
	Achievement func(cairn.AchievementID) string
	Issuer      func(cairn.DID) string
	// Document gives the address of a rule document that a programme uses.
	Document func(programme.Reference) string
}

// Of puts the rules of a programme into sentences.
func Of(p *programme.Programme, words i18n.Printer, names Names) Prospectus {
	s := &speaker{p: p, Printer: words, names: names, unit: p.Credit.Unit}
	out := Prospectus{Title: s.text(p.Title), Description: s.text(p.Description), Lead: s.award()}
	for i := range p.Requirements {
		r := &p.Requirements[i]
		out.Parts = append(out.Parts, Section{ID: "part-" + r.ID, Title: s.text(r.Title), Clause: r.Clause, Lines: s.requirement(r)})
	}
	for _, g := range []struct {
		id    string
		lines []Line
	}{
		{"choices", s.choices()}, {"policy", s.policy()}, {"agreements", s.agreements()}, {"exclusive", s.exclusive()}, {"levels", s.levels()}, {"grades", s.grades()}, {"more", s.rest(p)}, {"uses", s.uses()},
	} {
		if len(g.lines) > 0 {
			out.General = append(out.General, Section{ID: "rules-" + g.id, Title: s.say("section." + g.id), Lines: g.lines})
		}
	}
	return out
}

// Text lays a prospectus out for a terminal or a file.
func (p Prospectus) Text(words i18n.Printer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Title)
	if p.Description != "" {
		fmt.Fprintf(&b, "%s\n", p.Description)
	}
	clause := func(c string) string {
		if c == "" {
			return ""
		}
		return " [" + words.T(area, "clause", words.Isolate("clause", c)...) + "]"
	}
	var lines func(list []Line, indent string)
	lines = func(list []Line, indent string) {
		for _, l := range list {
			fmt.Fprintf(&b, "%s- %s%s\n", indent, l.Text, clause(l.Clause))
			lines(l.Lines, indent+"  ")
		}
	}
	b.WriteString("\n")
	lines(p.Lead, "")
	for _, list := range [][]Section{p.Parts, p.General} {
		for _, s := range list {
			fmt.Fprintf(&b, "\n%s%s\n", s.Title, clause(s.Clause))
			lines(s.Lines, "")
		}
	}
	return b.String()
}

// speaker makes the sentences of one programme.
type speaker struct {
	i18n.Printer
	p     *programme.Programme
	names Names
	unit  string
}

func (s *speaker) say(code string, args ...any) string {
	return s.T(area, code, s.Isolate(append(args, "unit", s.unit)...)...)
}

func (s *speaker) line(code string, args ...any) Line { return Line{Text: s.say(code, args...)} }

func (s *speaker) count(code string, n int) string { return s.N(area, code, n) }

func (s *speaker) text(t cairn.Text) string { out, _ := t.In(s.Tag, s.p.Language); return out }

// list writes several texts in a row, with "or" or "and" before the last.
func list[T ~string](s *speaker, how string, texts []T) string {
	out := ""
	for i, t := range texts {
		switch {
		case i == 0:
			out = string(t)
		case i == len(texts)-1:
			out = s.T(area, "list."+how, s.Isolate("a", out, "b", string(t))...)
		default:
			out = s.T(area, "list.comma", s.Isolate("a", out, "b", string(t))...)
		}
	}
	return out
}

func (s *speaker) issuer(d cairn.DID) string {
	if s.names.Issuer != nil {
		if name := s.names.Issuer(d); name != "" {
			return name
		}
	}
	return string(d)
}

func (s *speaker) issuers(list []cairn.DID) (out []string) {
	for _, d := range list {
		out = append(out, s.issuer(d))
	}
	return out
}

func (s *speaker) achievement(a cairn.AchievementID) Line {
	l := Line{Text: string(a), Href: web(string(a))}
	if s.names.Achievement != nil {
		if name := s.names.Achievement(a); name != "" {
			l.Text = name
		}
	}
	return l
}

func (s *speaker) achievements(list []cairn.AchievementID) (out []Line) {
	for _, a := range list {
		out = append(out, s.achievement(a))
	}
	return out
}

// web returns an address that a browser may open, or nothing.
func web(address string) string {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return address
	}
	return ""
}
