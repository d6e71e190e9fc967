package paper

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"cairn.example"
)

// Sizes in points.
const (
	mm       = 72 / 25.4
	a4Short  = 210 * mm
	a4Long   = 297 * mm
	tightest = 0.42 * mm // the least side of a QR module that cheap phones can read from a laser print
)

// tooLong is the code of a text that does not fit.
const tooLong = "paper.too-long"

// align says where in a box a line stands: at the start of reading, in the
// middle, or at the end of reading.
type align int

const (
	start align = iota
	centre
	end
)

// sheet is a page with the direction of its language. Boxes are given as if the
// page read from left to right, and are mirrored when it does not.
type sheet struct {
	*page
	err error // the first error; later calls do nothing
}

func (s *sheet) set() *setter { return s.doc.set }

// left mirrors a box of width w at x.
func (s *sheet) left(x, w float64) float64 {
	if s.set().rtl {
		return s.width - x - w
	}
	return x
}

// spec is how a paragraph is set.
type spec struct {
	style   style
	size    float64
	least   float64 // the size may shrink to this, so that the text fits; 0: it may not
	lines   int     // at most so many lines
	leading float64 // of the size; 0 means 1.35
	align   align
	colour  colour
}

// paragraph sets a text in the box at x with width w, the top of its first line
// at y, and returns the y under its last line. A text that does not fit even at
// the least size is an error: nothing is ever cut off a name.
func (s *sheet) paragraph(text string, x, y, w float64, sp spec) float64 {
	lines, size := s.fit(text, w, sp)
	for _, l := range lines {
		y = s.line(l, x, y, w, size, sp)
	}
	return y
}

func leading(sp spec) float64 {
	if sp.leading == 0 {
		return 1.35
	}
	return sp.leading
}

// line draws one shaped line and returns the y under it.
func (s *sheet) line(l line, x, y, w, size float64, sp spec) float64 {
	height := size * leading(sp)
	width := l.width * size / em
	at := s.left(x, w)
	if sp.align == centre {
		at += (w - width) / 2
	} else if (sp.align == end) != s.set().rtl {
		at += w - width
	}
	s.text(l, at, y+height/2+size*0.34, size, sp.colour)
	return y + height
}

// fit returns the lines of a text and the size at which they fit.
func (s *sheet) fit(text string, w float64, sp spec) ([]line, float64) {
	if s.err != nil {
		return nil, sp.size
	}
	least := sp.least
	if least == 0 {
		least = sp.size
	}
	for size := sp.size; ; size = max(least, size*0.94) {
		lines, err := s.set().lines(text, sp.style, size, w)
		if err != nil {
			s.err = err
			return nil, size
		}
		fits := len(lines) <= max(1, sp.lines)
		for _, l := range lines {
			fits = fits && l.width*size/em <= w+0.5
		}
		if fits {
			return lines, size
		}
		if size <= least {
			s.err = &cairn.Error{Kind: cairn.Invalid, Code: tooLong, Object: fmt.Sprintf("%.60q", text),
				Message: "the text is too long for its place on the page", Hint: "shorten it"}
			return nil, size
		}
	}
}

func (s *sheet) hline(x, y, w, thickness float64, c colour) {
	x = s.left(x, w)
	s.rule(x, y, x+w, y, thickness, c)
}

// code draws the QR code with its top corner at x and y.
func (s *sheet) code(text string, x, y, module float64) {
	if s.err != nil {
		return
	}
	rows, err := modules(text)
	if err != nil {
		s.err = err
		return
	}
	s.qr(rows, s.left(x, float64(len(rows)+2*quietZone)*module), y, module)
}

// cairn draws the motif, three stacked stones, standing on y and centred at x.
func (s *sheet) cairn(x, y, height float64, c colour) {
	s.fill(c)
	for _, stone := range []struct{ dx, rise, rx, ry float64 }{
		{0, 0.16, 0.50, 0.16}, {-0.03, 0.49, 0.35, 0.14}, {0.03, 0.775, 0.225, 0.115},
	} {
		s.ellipse(x+stone.dx*height, y-stone.rise*height, stone.rx*height, stone.ry*height, 0.68, "f")
	}
}

// open checks what every document has and starts the document.
func open(s Sheet, title string) (*document, error) {
	if err := checkSheet(s); err != nil {
		return nil, err
	}
	d, err := newDocument(s.Lang, title, s.Created)
	if err != nil {
		return nil, err
	}
	d.files = s.Attachments
	return d, nil
}

func (d *document) sheet(width, height float64) *sheet {
	return &sheet{page: d.page(width, height)}
}

// finish writes the document unless a page has an error.
func (d *document) finish(sheets ...*sheet) ([]byte, error) {
	for _, s := range sheets {
		if s.err != nil {
			return nil, s.err
		}
	}
	out, err := d.bytes()
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "paper.pdf", Message: "the PDF document could not be written", Err: err}
	}
	return out, nil
}

var (
	fileName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)
	mediaType = regexp.MustCompile(`^[a-z0-9]+/[a-z0-9.+-]{1,60}$`)
)

func checkSheet(s Sheet) error {
	field := func(name, message string) error {
		return &cairn.Error{Kind: cairn.Invalid, Code: "paper.field", Field: name, Message: message}
	}
	switch {
	case clean(s.Learner) == "":
		return field("learner", "the learner's name is missing")
	case clean(s.Institution) == "":
		return field("institution", "the institution's name is missing")
	case s.Credential == "":
		return field("credential", "the credential's identifier is missing")
	case s.QR == "":
		return field("qr", "the text of the QR code is missing")
	}
	if len(s.Attachments) > maxAttachments {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.attachment", Field: "attachments", Message: "there are too many attachments"}
	}
	names := map[string]bool{}
	for _, a := range s.Attachments {
		if !fileName.MatchString(a.Name) || !mediaType.MatchString(a.MediaType) || names[a.Name] {
			return field("attachments", "an attachment needs a plain name of its own and a media type")
		}
		names[a.Name] = true
		if len(a.Data) > maxAttachment {
			return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.attachment", Field: "attachments", Object: a.Name, Message: "the attachment is larger than 16 MiB"}
		}
	}
	return nil
}

// checkTexts bounds the texts of a page; shaping costs time for each character.
func checkTexts(texts map[string]string) error {
	for name, text := range texts {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxField {
			return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.field", Field: name, Message: fmt.Sprintf("the text has more than %d characters or is malformed", maxField)}
		}
	}
	return nil
}

// words binds a Translate to a language.
type words struct {
	lang string
	t    Translate
}

func (w words) say(key string, args ...string) string {
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return w.t(w.lang, key, m)
}

// date writes a date in the order of the language, with the month as a word.
func (w words) date(d cairn.PartialDate) string {
	if d.IsZero() {
		return ""
	}
	year := fmt.Sprintf("%04d", d.Year)
	text := year
	if d.Month != 0 {
		month := w.say(fmt.Sprintf("paper.month.%d", int(d.Month)))
		if d.Day == 0 {
			text = w.say("paper.date.month", "month", month, "year", year)
		} else {
			text = w.say("paper.date.day", "day", fmt.Sprint(d.Day), "month", month, "year", year)
		}
	}
	if d.Estimated {
		text = w.say("paper.date.about", "date", text)
	}
	return text
}

func (w words) day(t time.Time) string {
	t = t.UTC()
	return w.date(cairn.PartialDate{Year: t.Year(), Month: t.Month(), Day: t.Day()})
}

func (w words) credits(c cairn.Credits, unit string) string {
	if c.IsZero() {
		return ""
	}
	figure := c.Decimal()
	if strings.HasPrefix(figure, "≈") { // paper has exact figures: 3⅓, not about 3.33
		figure = mixed(c)
	}
	return strings.TrimSpace(figure + " " + unit)
}

// mixed writes 10/3 as 3⅓ and 22/7 as 3 1/7.
func mixed(c cairn.Credits) string {
	r := c.Rat()
	whole := cairn.WholeCredits(new(big.Int).Quo(r.Num(), r.Denom()).Int64())
	if whole.IsZero() {
		return c.String()
	}
	rest := c.Sub(whole).String()
	if sign, ok := map[string]string{"1/3": "⅓", "2/3": "⅔", "1/6": "⅙", "5/6": "⅚"}[rest]; ok {
		return whole.String() + sign
	}
	return whole.String() + " " + rest
}

func (w words) level(framework, level string) string {
	return strings.TrimSpace(framework + " " + level)
}
