package paper

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"

	"cairn.example"
)

// em is the size at which text is shaped; positions are scaled afterwards, so
// that a text has the same line breaks and glyphs at every size.
const em = 1000

// piece is a cluster: glyphs that stand for some characters together. All
// lengths are in thousandths of the font size.
type piece struct {
	face   *font.Font
	text   string
	glyphs []glyph
	rtl    bool
	space  uint16 // the font's space glyph, 0 when it has none
}

type glyph struct {
	id         uint16
	dx, dy     float64 // from the pen position
	advance    float64
	penAdvance float64 // of the font itself, which a PDF reader adds on its own
}

// line is one shaped line; pieces are in the order in which they are seen, from
// left to right.
type line struct {
	pieces []piece
	width  float64
}

// clean makes a text fit to be set on one line: characters that change the
// direction or hide others are dropped, white space becomes one space, and at
// most three marks may pile up on a letter.
func clean(s string) string {
	var b strings.Builder
	marks, space := 0, true
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space, marks = true, 0
			continue
		case unicode.IsControl(r), r == unicode.ReplacementChar, r == 0xfeff, r == 0x200b, r == 0x200e, r == 0x200f, r == 0x061c,
			r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r >= 0xfff0 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
			continue
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > 3 {
				continue
			}
		default:
			marks = 0
		}
		space = false
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// setter shapes the texts of one document.
type setter struct {
	faces  *typeface
	shaper shaping.HarfbuzzShaper
	lang   cairn.Lang
	rtl    bool
}

func newSetter(lang cairn.Lang) (*setter, error) {
	t, err := newTypeface()
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "paper.font", Message: "the fonts could not be loaded", Err: err}
	}
	return &setter{faces: t, lang: lang, rtl: lang.RightToLeft()}, nil
}

// lines shapes a text and breaks it into lines of at most width points. A text
// for which there is no glyph is an error that names the character.
func (s *setter) lines(text string, st style, size, width float64) ([]line, error) {
	text = clean(text)
	if text == "" {
		return nil, nil
	}
	runes := []rune(text)
	c := s.faces.choosers[st]
	for _, r := range runes {
		if !c.covers(r) && r != 0x200c && r != 0x200d {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-glyph", Object: fmt.Sprintf("%q", text),
				Message: fmt.Sprintf("there is no font for the character %q (U+%04X)", r, r), Hint: "write the name in another script, or print without this text"}
		}
	}
	// A figure, a grade or a Latin name on a page that reads from the right is
	// still read from the left: "B+" and not "+B".
	dir := di.DirectionLTR
	if s.rtl && slices.ContainsFunc(runes, rightToLeft) {
		dir = di.DirectionRTL
	}
	input := shaping.Input{Text: runes, RunStart: 0, RunEnd: len(runes), Direction: dir, Size: em * 64, Language: language.NewLanguage(string(s.lang))}
	var seg shaping.Segmenter
	var outs []shaping.Output
	for _, in := range seg.Split(input, c) {
		outs = append(outs, s.shaper.Shape(in))
	}
	var wrapper shaping.LineWrapper
	wrapped, _ := wrapper.WrapParagraph(shaping.WrapConfig{Direction: dir}, int(min(width/size*em, 1<<24)), runes, shaping.NewSliceIterator(outs))
	var result []line
	for _, w := range wrapped {
		l, err := s.line(w, runes)
		if err != nil {
			return nil, err
		}
		result = append(result, l)
	}
	return result, nil
}

// rightToLeft reports whether r is a letter of a script that is written from
// right to left.
func rightToLeft(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

func (s *setter) line(runs shaping.Line, runes []rune) (line, error) {
	var l line
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b shaping.Output) int { return int(a.VisualIndex - b.VisualIndex) })
	for _, run := range runs {
		scale := em / float64(run.Face.Upem())
		for i := 0; i < len(run.Glyphs); {
			first := run.Glyphs[i]
			from := first.TextIndex()
			p := piece{face: run.Face.Font, text: string(runes[from : from+first.RunesCount()]), rtl: run.Direction == di.DirectionRTL}
			if space, ok := run.Face.NominalGlyph(' '); ok {
				p.space = uint16(space)
			}
			for ; i < len(run.Glyphs) && run.Glyphs[i].TextIndex() == from; i++ {
				g := run.Glyphs[i]
				if g.GlyphID == 0 {
					return l, &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-glyph", Object: fmt.Sprintf("%q", string(runes)),
						Message: fmt.Sprintf("the font cannot show %q", p.text)}
				}
				if g.GlyphID > 0xffff {
					return l, &cairn.Error{Kind: cairn.Internal, Code: "paper.font", Message: "a glyph number is out of range"}
				}
				p.glyphs = append(p.glyphs, glyph{id: uint16(g.GlyphID), dx: points(g.XOffset), dy: points(g.YOffset),
					advance: points(g.Advance), penAdvance: float64(run.Face.HorizontalAdvance(g.GlyphID)) * scale})
				l.width += points(g.Advance)
			}
			l.pieces = append(l.pieces, p)
		}
	}
	return l, nil
}

// points turns the shaper's 26.6 fixed-point numbers into floats.
func points[T ~int32](v T) float64 { return float64(v) / 64 }
