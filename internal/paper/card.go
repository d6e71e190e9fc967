package paper

import "cairn.example"

// The size of a bank card (ISO/IEC 7810, ID-1).
const (
	cardWidth  = 85.6 * mm
	cardHeight = 53.98 * mm
)

// CardPDF returns an A4 page with two copies of a card of the size of a bank
// card, one to carry and one to keep, each to be cut out and folded once.
func CardPDF(c Card, t Translate) ([]byte, error) {
	if err := checkTexts(map[string]string{"institution": c.Institution, "place": c.Place, "learner": c.Learner, "title": c.Title,
		"level": c.LevelFramework + c.Level, "unit": c.Unit, "credential": string(c.Credential), "checkAt": c.CheckAt}); err != nil {
		return nil, err
	}
	if clean(c.Title) == "" {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.field", Field: "title", Message: "the title is missing"}
	}
	w := words{string(c.Lang), t}
	d, err := open(c.Sheet, w.say("paper.certificate.document", "title", c.Title, "learner", c.Learner))
	if err != nil {
		return nil, err
	}
	s := d.sheet(a4Short, a4Long)
	const x = (210*mm - 2*cardWidth) / 2
	y := s.paragraph(w.say("paper.card.heading"), x, 20*mm, 2*cardWidth, spec{style: serifBold, size: 17, least: 11, lines: 2, colour: slate})
	y += 2 * mm
	for _, step := range []string{"paper.card.step1", "paper.card.step2", "paper.card.step3"} {
		y = s.paragraph(w.say(step), x, y, 2*cardWidth, spec{style: sans, size: 11, least: 8, lines: 3, colour: ink}) + 1*mm
	}
	y += 8 * mm
	for range 2 {
		s.card(c, w, x, y)
		y += cardHeight + 14*mm
	}
	s.paragraph(w.say("paper.card.copies"), x, y-4*mm, 2*cardWidth, spec{style: sans, size: 9.5, least: 7, lines: 3, colour: muted})
	return d.finish(s)
}

// card draws the two halves side by side: the front at the start of reading.
func (s *sheet) card(c Card, w words, x, y float64) {
	s.ops.WriteString("[4 3] 0 d\n")
	s.frame(x, y, 2*cardWidth, cardHeight, 0.5, muted)
	s.ops.WriteString("[1 2] 0 d\n")
	s.rule(s.width/2, y, s.width/2, y+cardHeight, 0.5, muted)
	s.ops.WriteString("[] 0 d\n")

	const pad = 5 * mm
	inner := cardWidth - 2*pad
	s.cairn(s.left(x+pad, 8*mm)+4*mm, y+12*mm, 7.5*mm, stone)
	s.paragraph(c.Institution, x+pad+11*mm, y+4.6*mm, inner-11*mm, spec{style: sansBold, size: 8.5, least: 5.5, lines: 2, leading: 1.25, colour: slate})
	at := s.paragraph(c.Learner, x+pad, y+16*mm, inner, spec{style: serif, size: 15, least: 6, lines: 2, leading: 1.3, colour: ink})
	s.paragraph(c.Title, x+pad, at+0.6*mm, inner, spec{style: sansBold, size: 9.5, least: 6, lines: 3, leading: 1.3, colour: ink})
	s.hline(x+pad, y+cardHeight-10.5*mm, inner, 0.4, stone)
	for _, f := range []struct {
		text        string
		from, share float64
		align       align
	}{{w.credits(c.Credits, c.Unit), 0, 0.34, start}, {w.level(c.LevelFramework, c.Level), 0.34, 0.24, start}, {w.date(c.AwardedOn), 0.58, 0.42, end}} {
		s.paragraph(f.text, x+pad+f.from*inner, y+cardHeight-9.8*mm, f.share*inner, spec{style: sans, size: 8.5, least: 5.5, lines: 1, align: f.align, colour: ink})
	}

	module, side := s.moduleFor(c.QR, cardHeight-5*mm, 0.46*mm)
	back := x + cardWidth
	s.code(c.QR, back+1.5*mm, y+(cardHeight-side)/2, module)
	text := cardWidth - side - 6*mm
	tx := back + side + 2.5*mm
	at = s.paragraph(w.say("paper.scan"), tx, y+6*mm, text, spec{style: sansBold, size: 9, least: 5.5, lines: 4, leading: 1.25, colour: ink})
	s.paragraph(w.check(c.CheckAt), tx, at+1*mm, text, spec{style: sans, size: 7.5, least: 4.6, lines: 9, leading: 1.25, colour: ink})
	s.paragraph(string(c.Credential), tx, y+cardHeight-10*mm, text, spec{style: sans, size: 5, least: 4, lines: 3, leading: 1.2, colour: muted})
}
