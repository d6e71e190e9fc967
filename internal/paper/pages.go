package paper

import "fmt"

// The frame of a document of several A4 pages.
const (
	margin     = 18 * mm
	tableWidth = 210*mm - 2*margin
	pageEnd    = 297*mm - 22*mm // the foot begins here
)

// pages lays a document out on as many A4 pages as it needs. The embedded sheet
// is the page in hand, y where the next line goes.
type pages struct {
	of     Sheet
	w      words
	d      *document
	sheets []*sheet
	*sheet
	y     float64
	again func() // what stands at the top of every page but the first; may be nil
}

func newPages(of Sheet, w words, d *document) *pages { return &pages{of: of, w: w, d: d} }

func (p *pages) newPage() {
	var err error
	if p.sheet != nil {
		err = p.err
	}
	p.sheet = p.d.sheet(a4Short, a4Long)
	p.err = err
	p.sheets = append(p.sheets, p.sheet)
	p.y = 18 * mm
}

// room begins a new page when less than height is left, and says so.
func (p *pages) room(height float64) bool {
	if p.y+height <= pageEnd {
		return false
	}
	p.newPage()
	if p.again != nil {
		p.again()
	}
	return true
}

// masthead begins the first page: who says what of whom, and the code.
func (p *pages) masthead(heading, title string, under ...string) {
	p.newPage()
	module, side := p.moduleFor(p.of.QR, 42*mm, 0.46*mm)
	p.code(p.of.QR, p.width-margin-side+4*module, p.y-4*module, module)
	p.paragraph(p.w.say("paper.scan"), p.width-margin-side+4*module, p.y+side-7*module, side, spec{style: sans, size: 7, least: 5.5, lines: 2, align: centre, colour: muted})

	text := tableWidth - side - 4*mm
	p.cairn(p.left(margin, 12*mm)+6*mm, p.y+11*mm, 11*mm, stone)
	y := p.paragraph(p.of.Institution, margin+15*mm, p.y, text-15*mm, spec{style: serifBold, size: 14, least: 9, lines: 2, colour: slate})
	p.paragraph(p.of.Place, margin+15*mm, y, text-15*mm, spec{style: sans, size: 8.5, least: 6, lines: 1, colour: muted})
	y = p.paragraph(heading, margin, p.y+17*mm, text, spec{style: sans, size: 10, lines: 1, least: 8, colour: muted})
	y = p.paragraph(p.of.Learner, margin, y, text, spec{style: serif, size: 21, least: 11, lines: 2, colour: ink})
	y = p.paragraph(title, margin, y+0.5*mm, text, spec{style: sansBold, size: 11, least: 7.5, lines: 2, colour: ink})
	for _, line := range under {
		y = p.paragraph(line, margin, y, text, spec{style: sans, size: 9, least: 7, lines: 1, colour: muted})
	}
	p.y = max(p.y+side, y+3*mm) + 1*mm
}

// dated is a label with its value; nothing without one.
func dated(label, value string) string {
	if value == "" {
		return ""
	}
	return label + ": " + value
}

// flow sets a text of any length, over the ends of pages.
func (p *pages) flow(text string, x, w float64, sp spec) {
	sp.lines, sp.least = maxFlow, sp.size
	lines, size := p.fit(text, w, sp)
	for _, l := range lines {
		p.room(size * leading(sp))
		p.y = p.line(l, x, p.y, w, size, sp)
	}
}

// cell sets one cell of a row and returns the y under it.
func (p *pages) cell(text string, x, y, w float64, sp spec) float64 {
	return p.paragraph(text, x+0.8*mm, y, w-1.6*mm, sp)
}

// sign leaves a place for a signature.
func (p *pages) sign(name, role string) {
	p.room(38 * mm)
	const width = 74 * mm
	line := p.y + 22*mm
	p.hline(margin, line, width, 0.7, ink)
	y := p.paragraph(name, margin, line+1*mm, width, spec{style: sansBold, size: 10, least: 7, lines: 1, colour: ink})
	p.paragraph(role, margin, y, width, spec{style: sans, size: 8.5, least: 6, lines: 2, colour: muted})
	p.y = line + 14*mm
}

// finish sets the foot of every page and writes the document.
func (p *pages) finish() ([]byte, error) {
	for i, s := range p.sheets {
		p.foot(s, i+1)
	}
	return p.d.finish(p.sheets...)
}

func (p *pages) foot(s *sheet, number int) {
	y := pageEnd + 4*mm
	s.hline(margin, y, tableWidth, 0.4, stone)
	s.paragraph(p.w.say("paper.page", "page", fmt.Sprint(number), "pages", fmt.Sprint(len(p.sheets))), margin+tableWidth-40*mm, y+1*mm, 40*mm,
		spec{style: sans, size: 8, lines: 1, least: 6, align: end, colour: muted})
	y = s.paragraph(p.w.check(p.of.CheckAt), margin, y+1*mm, tableWidth-42*mm, spec{style: sans, size: 7.5, least: 6, lines: 2, colour: ink})
	s.paragraph(clean(p.of.Learner)+" · "+p.w.say("paper.id", "id", string(p.of.Credential)), margin, y, tableWidth-42*mm, spec{style: sans, size: 6.5, least: 4.5, lines: 2, colour: muted})
}
