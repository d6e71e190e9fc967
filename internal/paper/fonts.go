package paper

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// style is a choice of typeface; scripts that have only one family use it for
// both.
type style int

const (
	sans style = iota
	sansBold
	serif
	serifBold
)

// family is one typeface in two weights. A style looks for a character in the
// families of its list, from the first to the last.
type family struct{ regular, bold string }

var families = map[style][]family{
	sans:  {{"NotoSans-Regular", "NotoSans-Bold"}, arabic, devanagari, ethiopic, tamil, {"NotoSerif-Regular", "NotoSerif-Bold"}},
	serif: {{"NotoSerif-Regular", "NotoSerif-Bold"}, arabic, devanagari, ethiopic, tamil, {"NotoSans-Regular", "NotoSans-Bold"}},
}

var (
	arabic     = family{"NotoNaskhArabic-Regular", "NotoNaskhArabic-Bold"}
	devanagari = family{"NotoSansDevanagari-Regular", "NotoSansDevanagari-Bold"}
	ethiopic   = family{"NotoSansEthiopic-Regular", "NotoSansEthiopic-Bold"}
	tamil      = family{"NotoSansTamil-Regular", "NotoSansTamil-Bold"}
)

// homes says which family a script prefers, so that the digits and dots of a
// Hindi sentence come from the Hindi font.
var homes = map[language.Script]family{
	language.Arabic: arabic, language.Devanagari: devanagari, language.Ethiopic: ethiopic, language.Tamil: tamil,
}

// loaded is a parsed font; it is never changed.
type loaded struct {
	name string
	data []byte
	font *font.Font
}

// loadFonts parses each embedded font once in the life of the program.
var loadFonts = sync.OnceValues(func() (map[string]*loaded, error) {
	entries, err := fontFiles.ReadDir("fonts")
	if err != nil {
		return nil, err
	}
	out := map[string]*loaded{}
	for _, e := range entries {
		data, err := fontFiles.ReadFile("fonts/" + e.Name())
		if err != nil {
			return nil, err
		}
		face, err := font.ParseTTF(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", e.Name(), err)
		}
		name := e.Name()[:len(e.Name())-len(".ttf")]
		out[name] = &loaded{name: name, data: data, font: face.Font}
	}
	return out, nil
})

// chooser picks the face of a character for one style; it implements
// shaping.FontmapScript. It belongs to one document.
type chooser struct {
	faces []*font.Face // in the order of the style's families
	home  map[language.Script]*font.Face
	now   language.Script
}

func (c *chooser) SetScript(s language.Script) { c.now = s }

func (c *chooser) ResolveFace(r rune) *font.Face {
	if f := c.home[c.now]; f != nil {
		if _, ok := f.NominalGlyph(r); ok {
			return f
		}
	}
	for _, f := range c.faces {
		if _, ok := f.NominalGlyph(r); ok {
			return f
		}
	}
	return c.faces[0]
}

// covers reports whether some font has a glyph for r.
func (c *chooser) covers(r rune) bool {
	return slices.ContainsFunc(c.faces, func(f *font.Face) bool { _, ok := f.NominalGlyph(r); return ok })
}

// typeface holds the faces of one document; faces have caches, so documents do
// not share them.
type typeface struct {
	choosers map[style]*chooser
	source   map[*font.Font]*loaded
}

func newTypeface() (*typeface, error) {
	fonts, err := loadFonts()
	if err != nil {
		return nil, err
	}
	t := &typeface{choosers: map[style]*chooser{}, source: map[*font.Font]*loaded{}}
	faces := map[string]*font.Face{}
	face := func(name string) *font.Face {
		l := fonts[name]
		if l == nil {
			err = fmt.Errorf("paper: the font %s is missing", name)
			return nil
		}
		if faces[name] == nil {
			faces[name] = font.NewFace(l.font)
			t.source[l.font] = l
		}
		return faces[name]
	}
	for _, st := range []style{sans, sansBold, serif, serifBold} {
		c := &chooser{home: map[language.Script]*font.Face{}}
		bold := st == sansBold || st == serifBold
		pick := func(f family) *font.Face {
			if bold {
				return face(f.bold)
			}
			return face(f.regular)
		}
		for _, f := range families[st&^1] {
			c.faces = append(c.faces, pick(f))
		}
		for script, f := range homes {
			c.home[script] = pick(f)
		}
		t.choosers[st] = c
	}
	return t, err
}
