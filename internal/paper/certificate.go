package paper

import "cairn.example"

// CertificatePDF returns a certificate on one A4 page in landscape.
func CertificatePDF(c Certificate, t Translate) ([]byte, error) {
	if err := checkTexts(map[string]string{"institution": c.Institution, "place": c.Place, "learner": c.Learner, "title": c.Title,
		"description": c.Description, "level": c.LevelFramework + c.Level, "unit": c.Unit, "grade": c.Grade,
		"signatory": c.SignatoryName + c.SignatoryRole, "credential": string(c.Credential), "checkAt": c.CheckAt}); err != nil {
		return nil, err
	}
	if clean(c.Title) == "" {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.field", Field: "title", Message: "the title is missing"}
	}
	// Long names and titles together get smaller, all in proportion.
	var out []byte
	var err error
	for _, scale := range []float64{1, 0.86, 0.74, 0.64, 0.55} {
		if out, err = certificate(c, words{string(c.Lang), t}, scale); cairn.CodeOf(err) != tooLong {
			break
		}
	}
	return out, err
}

func certificate(c Certificate, w words, scale float64) ([]byte, error) {
	d, err := open(c.Sheet, w.say("paper.certificate.document", "title", c.Title, "learner", c.Learner))
	if err != nil {
		return nil, err
	}
	s := d.sheet(a4Long, a4Short)
	s.frame(9*mm, 9*mm, s.width-18*mm, s.height-18*mm, 0.8, stone)
	s.frame(10.4*mm, 10.4*mm, s.width-20.8*mm, s.height-20.8*mm, 0.3, stone)

	const x = 32 * mm
	width := s.width - 2*x
	s.cairn(s.width/2, 27*mm, 11*mm, stone)
	y := s.paragraph(c.Institution, x, 29.5*mm, width, spec{style: serifBold, size: 18, least: 11, lines: 2, align: centre, colour: slate})
	y = s.paragraph(c.Place, x, y, width, spec{style: sans, size: 9.5, lines: 1, least: 7, align: centre, colour: muted})

	y = max(y+3*mm*scale, 51*mm*scale)
	y = s.paragraph(w.say("paper.certificate.certifies"), x, y, width, spec{style: sans, size: 11, lines: 2, align: centre, colour: muted})
	y = s.paragraph(c.Learner, x, y+1.5*mm, width, spec{style: serif, size: 33 * scale, least: 17 * scale, lines: 2, leading: 1.42, align: centre, colour: ink})
	s.hline(s.width/2-24*mm, y+1.2*mm, 48*mm, 0.6, stone)
	y = s.paragraph(w.say("paper.certificate.awarded"), x, y+3.4*mm, width, spec{style: sans, size: 11, lines: 2, align: centre, colour: muted})
	y = s.paragraph(c.Title, x, y+1.2*mm, width, spec{style: serifBold, size: 20 * scale, least: 12 * scale, lines: 2, align: centre, colour: slate})
	y = s.paragraph(c.Description, x+20*mm, y+0.8*mm, width-40*mm, spec{style: sans, size: 10 * scale, least: 7.5 * scale, lines: 3, align: centre, colour: ink})

	facts := [][2]string{
		{w.say("paper.label.credits"), w.credits(c.Credits, c.Unit)},
		{w.say("paper.label.level"), w.level(c.LevelFramework, c.Level)},
		{w.say("paper.label.grade"), c.Grade},
		{w.say("paper.label.awarded"), w.date(c.AwardedOn)},
	}
	if !c.ValidUntil.IsZero() {
		facts = append(facts, [2]string{w.say("paper.label.until"), w.day(c.ValidUntil)})
	}
	const bottom = 140 * mm // where the lower part begins
	const lowest = 124 * mm // where the facts can begin
	if y > lowest-2*mm {
		s.crowded()
	}
	s.facts(facts, x, y+(lowest-y)*0.62, width)
	s.certificateFoot(c, w, bottom)
	return d.finish(s)
}

// crowded is called when the middle of a page ran into what is below.
func (s *sheet) crowded() {
	if s.err == nil {
		s.err = &cairn.Error{Kind: cairn.Invalid, Code: tooLong, Message: "the texts together are too long for one page", Hint: "shorten the description or the title"}
	}
}

// facts sets labelled values side by side; empty ones are left out.
func (s *sheet) facts(all [][2]string, x, y, w float64) {
	var facts [][2]string
	for _, f := range all {
		if clean(f[1]) != "" {
			facts = append(facts, f)
		}
	}
	column := min(w/float64(max(1, len(facts))), 52*mm)
	x += (w - column*float64(len(facts))) / 2
	for i, f := range facts {
		at := x + float64(i)*column
		under := s.paragraph(f[0], at, y, column, spec{style: sans, size: 8, least: 6, lines: 1, align: centre, colour: muted})
		s.paragraph(f[1], at+1*mm, under, column-2*mm, spec{style: sansBold, size: 12, least: 7, lines: 1, align: centre, colour: ink})
		if i > 0 {
			s.rule(s.left(at, 0), y+0.5*mm, s.left(at, 0), y+9*mm, 0.5, stone)
		}
	}
}

// certificateFoot sets the signature, the place of the seal, the code and how to check.
func (s *sheet) certificateFoot(c Certificate, w words, y float64) {
	const margin = 22 * mm
	// The code stands at the end of reading, in a square of at most 46.5 mm.
	const square = 46.5 * mm
	module, side := s.moduleFor(c.QR, square, 0.5*mm)
	at := s.width - margin - 4*mm - side + quietZone*module
	s.code(c.QR, at, y-3*mm, module)
	s.paragraph(w.say("paper.scan"), at, y-3*mm+side-1*mm, side, spec{style: sans, size: 7.5, least: 6, lines: 2, align: centre, colour: muted})

	line := y + 26*mm
	const signature = 74 * mm
	s.hline(margin+4*mm, line, signature, 0.7, ink)
	under := s.paragraph(c.SignatoryName, margin+4*mm, line+1.2*mm, signature, spec{style: sansBold, size: 10.5, least: 7, lines: 1, colour: ink})
	s.paragraph(c.SignatoryRole, margin+4*mm, under, signature, spec{style: sans, size: 9, least: 6.5, lines: 2, colour: muted})

	sealX := s.left(margin+110*mm, 34*mm) + 17*mm
	s.stroke(stone)
	s.ops.WriteString("[2 2.4] 0 d\n")
	s.op("w", 0.6)
	s.ellipse(sealX, line-6*mm, 17*mm, 17*mm, 0.5523, "S")
	s.ops.WriteString("[] 0 d\n")
	s.paragraph(w.say("paper.seal"), margin+110*mm, line-8*mm, 34*mm, spec{style: sans, size: 8, lines: 1, least: 6, align: centre, colour: muted})

	text := s.width - 2*margin - square - 8*mm
	foot := s.height - 24.5*mm
	foot = s.paragraph(w.check(c.CheckAt), margin+4*mm, foot, text, spec{style: sans, size: 8.5, least: 6.5, lines: 2, colour: ink})
	s.paragraph(w.say("paper.id", "id", string(c.Credential)), margin+4*mm, foot+0.6*mm, text, spec{style: sans, size: 7, least: 5, lines: 1, colour: muted})
}

// check is the one sentence that says how to check the document.
func (w words) check(address string) string {
	if address == "" {
		return w.say("paper.check.app")
	}
	return w.say("paper.check.web", "address", address)
}

// moduleFor returns the side of a module with which the code fills a square, at
// most wanted and never less than cheap phones can read, and the side of the code.
func (s *sheet) moduleFor(text string, square, wanted float64) (module, side float64) {
	if s.err != nil {
		return tightest, 0
	}
	rows, err := modules(text)
	if err != nil {
		s.err = err
		return tightest, 0
	}
	n := float64(len(rows) + 2*quietZone)
	module = max(tightest, min(wanted, square/n))
	return module, module * n
}
