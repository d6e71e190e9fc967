package paper

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-text/typesetting/font"

	"cairn.example"
)

// document writes PDF 1.7 (ISO 32000-1): pages with vector drawing and shaped
// text, embedded subsets of TrueType fonts, and attached files. It holds nothing
// that was not given to it: no clock, no host, no user.
type document struct {
	set     *setter
	title   string
	lang    cairn.Lang
	created time.Time
	pages   []*page
	fonts   map[*font.Font]*usedFont
	order   []*usedFont
	files   []Attachment

	objects []string // bodies; object n is objects[n-1]
}

// usedFont numbers the (glyph, text) pairs of one font in the order of their
// first use. Two texts with the same glyph get two numbers, so that every number
// has one meaning when text is copied out of the document.
type usedFont struct {
	source *loaded
	name   string // in the page's resources
	number map[glyphText]int
	glyphs []uint16
	texts  []string
}

type glyphText struct {
	glyph uint16
	text  string
}

func newDocument(lang cairn.Lang, title string, created time.Time) (*document, error) {
	set, err := newSetter(lang)
	if err != nil {
		return nil, err
	}
	return &document{set: set, title: clean(title), lang: lang, created: created, fonts: map[*font.Font]*usedFont{}}, nil
}

func (d *document) use(f *font.Font) *usedFont {
	u := d.fonts[f]
	if u == nil {
		u = &usedFont{source: d.set.faces.source[f], name: fmt.Sprintf("F%d", len(d.order)+1), number: map[glyphText]int{{}: 0},
			glyphs: []uint16{0}, texts: []string{""}}
		d.fonts[f], d.order = u, append(d.order, u)
	}
	return u
}

// advance returns the width of a glyph in thousandths of the font size.
func (d *document) advance(u *usedFont, glyph uint16) float64 {
	return float64(font.NewFace(u.source.font).HorizontalAdvance(font.GID(glyph))) * em / float64(u.source.font.Upem())
}

func (u *usedFont) cid(glyph uint16, text string) int {
	key := glyphText{glyph, text}
	n, ok := u.number[key]
	if !ok {
		n = len(u.glyphs)
		u.number[key], u.glyphs, u.texts = n, append(u.glyphs, glyph), append(u.texts, text)
	}
	return n
}

// page collects drawing operators. Its coordinates are points from the top left
// corner, y downwards, and are turned when they are written.
type page struct {
	doc           *document
	width, height float64
	ops           bytes.Buffer
}

func (d *document) page(width, height float64) *page {
	p := &page{doc: d, width: width, height: height}
	d.pages = append(d.pages, p)
	return p
}

// num writes a number with at most three decimals.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

func (p *page) op(operator string, args ...float64) {
	for _, a := range args {
		p.ops.WriteString(num(a) + " ")
	}
	p.ops.WriteString(operator + "\n")
}

// colour is red, green and blue from 0 to 1.
type colour [3]float64

func (p *page) fill(c colour)   { p.op("rg", c[0], c[1], c[2]) }
func (p *page) stroke(c colour) { p.op("RG", c[0], c[1], c[2]) }

func (p *page) rect(x, y, w, h float64, c colour) {
	p.fill(c)
	p.op("re", x, p.height-y-h, w, h)
	p.op("f")
}

func (p *page) rule(x1, y1, x2, y2, thickness float64, c colour) {
	p.stroke(c)
	p.op("w", thickness)
	p.op("m", x1, p.height-y1)
	p.op("l", x2, p.height-y2)
	p.op("S")
}

func (p *page) frame(x, y, w, h, thickness float64, c colour) {
	p.stroke(c)
	p.op("w", thickness)
	p.op("re", x, p.height-y-h, w, h)
	p.op("S")
}

// ellipse draws a closed curve around a point, a little squarer than an ellipse
// when k is above 0.5523. fill or stroke follows with the operator.
func (p *page) ellipse(cx, cy, rx, ry, k float64, operator string) {
	y := p.height - cy
	p.op("m", cx+rx, y)
	p.op("c", cx+rx, y+k*ry, cx+k*rx, y+ry, cx, y+ry)
	p.op("c", cx-k*rx, y+ry, cx-rx, y+k*ry, cx-rx, y)
	p.op("c", cx-rx, y-k*ry, cx-k*rx, y-ry, cx, y-ry)
	p.op("c", cx+k*rx, y-ry, cx+rx, y-k*ry, cx+rx, y)
	p.op(operator)
}

// text draws a shaped line with its left end at x and its baseline at y. Glyphs
// stand where the shaper put them; a cluster whose glyphs are not its characters
// one by one carries them as ActualText, so that copying gives what was written.
func (p *page) text(l line, x, y, size float64, c colour) {
	if len(l.pieces) == 0 {
		return
	}
	p.fill(c)
	p.ops.WriteString("BT\n")
	w := &textWriter{page: p, size: size}
	at := 0.0
	for _, piece := range l.pieces {
		w.piece(piece, x, p.height-y, at)
		for _, g := range piece.glyphs {
			at += g.advance
		}
	}
	w.end()
	p.ops.WriteString("ET\n")
}

// piece draws one cluster whose pen starts at thousandths of the size from x.
func (w *textWriter) piece(c piece, x, y, at float64) {
	u := w.page.doc.use(c.face)
	begin := at
	put := func(g glyph, text string) {
		w.glyph(u, u.cid(g.id, text), x+(at+g.dx)*w.size/em, y+g.dy*w.size/em, g.penAdvance*w.size/em)
		at += g.advance
	}
	runes := []rune(c.text)
	if len(c.glyphs) == 1 {
		put(c.glyphs[0], c.text)
		return
	}
	if c.rtl && len(runes) == len(c.glyphs) {
		// A letter and its marks, in the order in which they are seen: from the left.
		for i, g := range c.glyphs {
			put(g, string(runes[len(runes)-1-i]))
		}
		return
	}
	w.end()
	w.page.ops.WriteString("/Span <</ActualText " + textString(c.text) + ">> BDC\n")
	// Readers take the place of the whole from its first and last glyph. Where these
	// are marks in the middle, a space without ink stands at the edge.
	edge := func(from float64) {
		if c.space != 0 {
			w.glyph(u, u.cid(c.space, ""), x+from*w.size/em, y, 0)
			w.end()
		}
	}
	if first := c.glyphs[0]; first.dx > 1 || first.dx < -1 {
		edge(begin)
	}
	last := 0.0
	for i, g := range c.glyphs {
		last = at + g.dx + g.penAdvance
		text := ""
		if i == 0 {
			text = c.text
		}
		put(g, text)
	}
	if space := w.page.doc.advance(u, c.space); at-last > 1 || last-at > 1 {
		edge(at - space)
	}
	w.end()
	w.page.ops.WriteString("EMC\n")
}

// textWriter turns positions into TJ arrays: as long as font and height stay,
// a glyph costs its number and, where it is not where the reader expects it, a
// shift.
type textWriter struct {
	page *page
	size float64
	font *usedFont
	open bool
	x, y float64 // where the reader's pen is
}

func (w *textWriter) glyph(u *usedFont, cid int, x, y, advance float64) {
	out := &w.page.ops
	if w.font != u {
		w.end()
		w.font = u
		fmt.Fprintf(out, "/%s %s Tf\n", u.name, num(w.size))
	}
	if w.open && (y-w.y > 0.0005 || w.y-y > 0.0005) {
		w.end()
	}
	if !w.open {
		fmt.Fprintf(out, "1 0 0 1 %s %s Tm [<", num(x), num(y))
		w.open, w.x, w.y = true, x, y
	}
	if shift := (w.x - x) / w.size * em; shift > 0.5 || shift < -0.5 {
		fmt.Fprintf(out, "> %s <", num(shift))
		w.x = x
	}
	fmt.Fprintf(out, "%04x", cid)
	w.x += advance
}

func (w *textWriter) end() {
	if w.open {
		w.page.ops.WriteString(">] TJ\n")
		w.open = false
	}
}

// add appends an object and returns its number.
func (d *document) add(body string) int {
	d.objects = append(d.objects, body)
	return len(d.objects)
}

func ref(n int) string { return strconv.Itoa(n) + " 0 R" }

func (d *document) stream(dict string, data []byte) (int, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(data); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return d.add(fmt.Sprintf("<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", dict, b.Len(), b.String())), nil
}

// textString writes a text string (ISO 32000-1, 7.9.2.2) in UTF-16 and hex, in
// which no character can end the string.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

// bytes writes the document. It can be called once.
func (d *document) bytes() ([]byte, error) {
	catalog, tree := d.add(""), d.add("")
	resources := d.add("")
	var kids []string
	for _, p := range d.pages {
		content, err := d.stream("", p.ops.Bytes())
		if err != nil {
			return nil, err
		}
		kids = append(kids, ref(d.add(fmt.Sprintf("<</Type /Page /Parent %s /MediaBox [0 0 %s %s] /Resources %s /Contents %s>>",
			ref(tree), num(p.width), num(p.height), ref(resources), ref(content)))))
	}
	d.objects[tree-1] = fmt.Sprintf("<</Type /Pages /Count %d /Kids [%s]>>", len(kids), strings.Join(kids, " "))
	fonts := ""
	for i, u := range d.order {
		n, err := d.font(u, i)
		if err != nil {
			return nil, err
		}
		fonts += fmt.Sprintf("/%s %s ", u.name, ref(n))
	}
	d.objects[resources-1] = "<</Font <<" + fonts + ">>>>"

	extra := ""
	if len(d.files) > 0 {
		var specs, names []string
		files := append([]Attachment(nil), d.files...)
		sort.SliceStable(files, func(i, j int) bool { return files[i].Name < files[j].Name }) // a name tree is sorted
		for _, f := range files {
			n, err := d.attach(f)
			if err != nil {
				return nil, err
			}
			specs, names = append(specs, ref(n)), append(names, "("+f.Name+") "+ref(n))
		}
		extra = fmt.Sprintf(" /AF [%s] /Names <</EmbeddedFiles <</Names [%s]>>>> /PageMode /UseAttachments", strings.Join(specs, " "), strings.Join(names, " "))
	}
	direction := "L2R"
	if d.lang.RightToLeft() {
		direction = "R2L"
	}
	d.objects[catalog-1] = fmt.Sprintf("<</Type /Catalog /Pages %s /Lang %s /ViewerPreferences <</DisplayDocTitle true /Direction /%s>>%s>>",
		ref(tree), textString(string(d.lang)), direction, extra)
	info := "<</Title " + textString(d.title) + " /Producer (Cairn)"
	if !d.created.IsZero() {
		info += " /CreationDate (D:" + d.created.UTC().Format("20060102150405") + "Z)"
	}
	infoRef := d.add(info + ">>")
	return d.assemble(catalog, infoRef), nil
}

func (d *document) assemble(catalog, info int) []byte {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(d.objects))
	for i, body := range d.objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	id := sha256.Sum256(out.Bytes()) // the same content has the same identifier
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d /Root %s /Info %s /ID [<%x> <%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(offsets)+1, ref(catalog), ref(info), id[:16], id[:16], start)
	return out.Bytes()
}

func (d *document) attach(f Attachment) (int, error) {
	subtype := strings.NewReplacer("/", "#2F", "+", "#2B").Replace(f.MediaType)
	n, err := d.stream(fmt.Sprintf("/Type /EmbeddedFile /Subtype /%s /Params <</Size %d>>", subtype, len(f.Data)), f.Data)
	if err != nil {
		return 0, err
	}
	return d.add(fmt.Sprintf("<</Type /Filespec /F (%s) /UF (%s) /Desc %s /AFRelationship /Data /EF <</F %s /UF %s>>>>",
		f.Name, f.Name, textString(clean(f.Description)), ref(n), ref(n))), nil
}

// font writes a composite font (ISO 32000-1, 9.7) whose character codes are the
// glyph numbers of the subset.
func (d *document) font(u *usedFont, index int) (int, error) {
	data, err := subset(u.source.data, u.glyphs)
	if err != nil {
		return 0, err
	}
	file, err := d.stream(fmt.Sprintf("/Length1 %d", len(data)), data)
	if err != nil {
		return 0, err
	}
	f, err := openTrueType(u.source.data)
	if err != nil {
		return 0, err
	}
	unit := em / float64(u.source.font.Upem())
	widths := make([]string, len(u.glyphs))
	for i, g := range u.glyphs {
		widths[i] = num(float64(f.advance(g)) * unit)
	}
	name := fmt.Sprintf("CAIRN%c+%s", 'A'+index, u.source.name)
	hhea, head := f.tables["hhea"], f.tables["head"]
	signed := func(b []byte, at int) string { return num(float64(int16(uint16(b[at])<<8|uint16(b[at+1]))) * unit) }
	descriptor := d.add(fmt.Sprintf("<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%s %s %s %s] /ItalicAngle 0 /Ascent %s /Descent %s /CapHeight 714 /StemV 80 /FontFile2 %s>>",
		name, signed(head, 36), signed(head, 38), signed(head, 40), signed(head, 42), signed(hhea, 4), signed(hhea, 6), ref(file)))
	cid := d.add(fmt.Sprintf("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %s /DW 0 /W [0 [%s]] /CIDToGIDMap /Identity>>",
		name, ref(descriptor), strings.Join(widths, " ")))
	unicode, err := d.stream("", toUnicode(u.texts))
	if err != nil {
		return 0, err
	}
	return d.add(fmt.Sprintf("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%s] /ToUnicode %s>>", name, ref(cid), ref(unicode))), nil
}

func toUnicode(texts []string) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	var entries []string
	for i, text := range texts {
		if text != "" {
			entries = append(entries, fmt.Sprintf("<%04X> <%s\n", i, strings.TrimPrefix(textString(text), "<FEFF")))
		}
	}
	for len(entries) > 0 {
		n := min(len(entries), 100) // the limit of one block (ISO 32000-1, 9.10.3)
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", n, strings.Join(entries[:n], ""))
		entries = entries[n:]
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
