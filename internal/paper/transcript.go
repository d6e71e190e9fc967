package paper

import (
	"fmt"

	"cairn.example"
)

// The columns of a transcript, as shares of the width.
const (
	columnTitle  = 0.44 * tableWidth
	columnDate   = 0.17 * tableWidth
	columnLevel  = 0.12 * tableWidth
	columnGrade  = 0.09 * tableWidth
	columnFigure = 0.09 * tableWidth
)

// transcriptPages lays a transcript out on as many pages as it needs.
type transcriptPages struct {
	t Transcript
	*pages
	under string // the requirement of the last line
}

// TranscriptPDF returns a transcript of records on A4 pages: the lines under the
// requirements that they meet, in the order given, and the totals.
func TranscriptPDF(t Transcript, tr Translate) ([]byte, error) {
	if len(t.Lines) > maxLines {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "paper.field", Field: "lines", Message: fmt.Sprintf("there are more than %d lines", maxLines)}
	}
	if err := checkTexts(map[string]string{"institution": t.Institution, "place": t.Place, "learner": t.Learner, "programme": t.Programme, "unit": t.Unit,
		"signatory": t.SignatoryName + t.SignatoryRole, "credential": string(t.Credential), "checkAt": t.CheckAt}); err != nil {
		return nil, err
	}
	for i, l := range t.Lines {
		if err := checkTexts(map[string]string{fmt.Sprintf("lines[%d]", i): l.Title + l.Source + l.Route + l.Level + l.Grade, fmt.Sprintf("lines[%d].requirement", i): l.Requirement}); err != nil {
			return nil, err
		}
	}
	w := words{string(t.Lang), tr}
	d, err := open(t.Sheet, w.say("paper.transcript.document", "learner", t.Learner))
	if err != nil {
		return nil, err
	}
	p := &transcriptPages{t: t, pages: newPages(t.Sheet, w, d)}
	p.masthead(w.say("paper.transcript.heading"), t.Programme, dated(w.say("paper.label.awarded"), w.date(t.AwardedOn)))
	p.header()
	p.again = p.header
	for _, l := range t.Lines {
		p.group(l.Requirement)
		p.row(l)
		if p.err != nil {
			return nil, p.err
		}
	}
	p.totals()
	p.sign(t.SignatoryName, t.SignatoryRole)
	return p.finish()
}

func (p *transcriptPages) header() {
	label := spec{style: sans, size: 7.5, least: 5, lines: 2, leading: 1.2, colour: muted}
	right := label
	right.align = end
	x := margin
	p.hline(margin, p.y, tableWidth, 0.8, slate)
	for _, c := range []struct {
		key   string
		width float64
		spec  spec
	}{{"paper.column.title", columnTitle, label}, {"paper.column.date", columnDate, label}, {"paper.column.level", columnLevel, label},
		{"paper.column.grade", columnGrade, label}, {"paper.column.earned", columnFigure, right}, {"paper.column.counted", columnFigure, right}} {
		p.cell(p.w.say(c.key), x, p.y+1*mm, c.width, c.spec)
		x += c.width
	}
	p.y += 8 * mm
	p.hline(margin, p.y, tableWidth, 0.4, stone)
}

// group begins the lines of a requirement, unless they have begun.
func (p *transcriptPages) group(requirement string) {
	if clean(requirement) == clean(p.under) {
		return
	}
	p.room(22 * mm)
	p.under = requirement
	p.groupHeading()
}

func (p *transcriptPages) groupHeading() {
	if clean(p.under) != "" {
		p.y = p.paragraph(p.under, margin+0.8*mm, p.y+2*mm, tableWidth, spec{style: sansBold, size: 9.5, least: 7, lines: 2, colour: slate}) + 0.6*mm
	}
}

func (p *transcriptPages) row(l Line) {
	if p.room(16 * mm) {
		p.groupHeading() // repeated, so that each page can be read alone
	}
	value := spec{style: sans, size: 9, least: 6, lines: 2, leading: 1.25, colour: ink}
	figure := value
	figure.align, figure.style = end, sansBold
	top := p.y + 1*mm
	bottom := p.cell(l.Title, margin, top, columnTitle, spec{style: sans, size: 9.5, least: 7, lines: 3, leading: 1.25, colour: ink})
	source := clean(l.Source)
	if route := clean(l.Route); route != "" {
		source += " · " + route
	}
	bottom = p.cell(source, margin, bottom, columnTitle, spec{style: sans, size: 7.5, least: 6, lines: 2, leading: 1.25, colour: muted})
	x := margin + columnTitle
	for _, c := range []struct {
		text  string
		width float64
		spec  spec
	}{{p.w.date(l.Date), columnDate, value}, {l.Level, columnLevel, value}, {l.Grade, columnGrade, value},
		{p.w.credits(l.Earned, ""), columnFigure, figure}, {p.w.credits(l.Counted, ""), columnFigure, figure}} {
		bottom = max(bottom, p.cell(c.text, x, top, c.width, c.spec))
		x += c.width
	}
	p.y = bottom + 1*mm
	p.hline(margin, p.y, tableWidth, 0.3, faint)
}

func (p *transcriptPages) totals() {
	p.room(24 * mm)
	p.y += 2 * mm
	p.hline(margin, p.y, tableWidth, 0.8, slate)
	label := spec{style: sans, size: 9.5, least: 7, lines: 1, align: end, colour: ink}
	bold := label
	bold.style = sansBold
	p.y += 1 * mm
	for _, f := range [][2]string{
		{p.w.say("paper.total.earned"), p.w.credits(p.t.Earned, p.t.Unit)},
		{p.w.say("paper.total.counted"), p.w.credits(p.t.Counted, p.t.Unit)},
		{p.w.say("paper.total.required"), p.w.credits(p.t.Required, p.t.Unit)},
	} {
		if f[1] == "" {
			continue
		}
		const figures = 0.30 * tableWidth
		p.cell(f[0], margin, p.y, tableWidth-figures, label)
		p.y = p.cell(f[1], margin+tableWidth-figures, p.y, figures, bold)
	}
}
