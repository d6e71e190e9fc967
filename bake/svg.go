package bake

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"cairn.example"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	badgeSpace = "https://purl.imsglobal.org/ob/v3p0" // Open Badges 3.0, section 5.3.2.1
	clrSpace   = "https://purl.imsglobal.org/clr/v2p0"
	oldSpace   = "http://openbadges.org" // Open Badges 1 and 2
)

var bom = []byte("\xef\xbb\xbf")

// scanned is what matters of an SVG.
type scanned struct {
	found    []Baked
	version2 bool
	// rootFrom and rootTo are where the start tag of svg stands, its brackets
	// included.
	rootFrom, rootTo int
	declared         string // what the prefix openbadges means at the root; empty when nothing
}

// scan reads the tokens of an SVG. The standard library expands no entities but
// the five of XML and fetches nothing; a document that declares entities is
// refused all the same, since others would see another text in it.
func scan(file []byte) (*scanned, error) {
	if len(file) > MaxSVG {
		return nil, tooLarge("the picture is larger than 2.5 MiB")
	}
	// The decoder hands out a tag when it has read all of its attributes, so they
	// are counted before.
	if bytes.Count(file, []byte("=")) > maxAttributes {
		return nil, tooLarge("the picture has more than %d attributes", maxAttributes)
	}
	d := xml.NewDecoder(bytes.NewReader(file))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		return nil, bad("bake.svg", "the picture is not in UTF-8")
	}
	s := &scanned{}
	depth, tokens, ended := 0, 0, false
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "bake.svg", Message: "the picture is not proper XML", Err: err}
		}
		if tokens++; tokens > maxTokens {
			return nil, tooLarge("the picture has more than %d parts", maxTokens)
		}
		switch token := token.(type) {
		case xml.Directive:
			if err := doctype(token); err != nil {
				return nil, err
			}
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, tooLarge("the picture is nested more than %d deep", maxDepth)
			}
			if depth == 1 {
				if err := s.root(token, ended); err != nil {
					return nil, err
				}
				s.rootFrom, s.rootTo = from, int(d.InputOffset())
				continue
			}
			kind, ok := map[xml.Name]Kind{{Space: badgeSpace, Local: "credential"}: OpenBadge, {Space: clrSpace, Local: "credential"}: CLR}[token.Name]
			old := token.Name == xml.Name{Space: oldSpace, Local: "assertion"}
			if !ok && !old {
				continue
			}
			e, err := readElement(d, token)
			if err != nil {
				return nil, err
			}
			depth-- // readElement has read the end tag
			if old {
				if s.older(e); len(s.found) > 1 {
					return s, nil
				}
				continue
			}
			b, err := e.credential(kind)
			if err != nil {
				return nil, err
			}
			if s.found = append(s.found, b); len(s.found) > 1 {
				return s, nil
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				ended = true
			}
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return nil, bad("bake.svg", "there is text outside of the picture")
			}
		}
	}
	if !ended {
		return nil, bad("bake.svg", "there is no picture in the file")
	}
	return s, nil
}

// doctype lets pass the declaration that drawing programs write, which says
// nothing, and refuses one that declares something.
func doctype(d xml.Directive) error {
	text := string(d)
	if !strings.HasPrefix(text, "DOCTYPE") || strings.ContainsAny(text, "[]<>%&") || strings.Contains(strings.ToUpper(text), "ENTITY") {
		return bad("bake.svg", "the picture declares entities, which are not read")
	}
	return nil
}

func (s *scanned) root(e xml.StartElement, ended bool) error {
	if ended || e.Name != (xml.Name{Space: svgSpace, Local: "svg"}) {
		return bad("bake.svg", "this is not an SVG picture")
	}
	for i, a := range e.Attr {
		if slices.ContainsFunc(e.Attr[:i], func(b xml.Attr) bool { return b.Name == a.Name }) {
			return bad("bake.svg", "an attribute is there twice")
		}
		if a.Name == (xml.Name{Space: "xmlns", Local: "openbadges"}) {
			s.declared = a.Value
		}
	}
	return nil
}

// element is one that carries a credential: a compact JWS in the attribute verify,
// or JSON as its text.
type element struct {
	verify   string
	verified bool // whether the attribute is there
	text     []byte
}

// readElement reads an element up to its end tag.
func readElement(d *xml.Decoder, start xml.StartElement) (element, error) {
	var e element
	for _, a := range start.Attr {
		if a.Name != (xml.Name{Local: "verify"}) {
			continue
		}
		if e.verified {
			return e, bad("bake.svg", "an attribute is there twice")
		}
		e.verify, e.verified = a.Value, true
	}
	for {
		t, err := d.Token()
		if err != nil {
			return e, &cairn.Error{Kind: cairn.Invalid, Code: "bake.svg", Message: "the picture is not proper XML", Err: err}
		}
		switch t := t.(type) {
		case xml.CharData:
			e.text = append(e.text, t...)
		case xml.EndElement:
			return e, nil
		default:
			return e, bad("bake.svg", "there is something else inside of the credential")
		}
	}
}

// credential reads one of the two places, and refuses both together.
func (e element) credential(kind Kind) (Baked, error) {
	if !e.verified {
		return credential(e.text, kind)
	}
	if len(bytes.TrimSpace(e.text)) > 0 {
		return Baked{}, bad("bake.two-credentials", "there is more than one credential in the picture")
	}
	b, err := credential([]byte(e.verify), kind)
	if err == nil && b.Form != JWS {
		return Baked{}, bad("bake.credential", "JSON stands where a signed token belongs")
	}
	return b, err
}

// older takes in an element of Open Badges 2. A hosted badge has its address in
// verify and may have its text, too (Open Badges baking specification, section 1.2.1).
func (s *scanned) older(e element) {
	var b Baked
	var ok bool
	switch {
	case !e.verified:
		b, ok = ofVersion3(e.text)
	case len(bytes.TrimSpace(e.text)) == 0:
		b, ok = ofVersion3([]byte(e.verify))
	}
	if ok {
		s.found = append(s.found, b)
	} else {
		s.version2 = true
	}
}

func readSVG(file []byte) (Baked, error) {
	s, err := scan(bytes.TrimPrefix(file, bom))
	if err != nil {
		return Baked{}, err
	}
	return one(s.found, s.version2)
}

// SVG bakes a credential of Open Badges 3.0 into an SVG, as PNG does into a PNG.
// JSON with a carriage return, or a character that XML has not, is refused
// (bake.credential): it would come out as something else.
func SVG(picture, badge []byte) ([]byte, error) {
	b, err := credential(badge, OpenBadge)
	if err != nil {
		return nil, err
	}
	picture = bytes.TrimPrefix(picture, bom)
	s, err := scan(picture)
	if err != nil {
		return nil, err
	}
	if len(s.found) > 0 || s.version2 {
		return nil, errAlready()
	}
	tag := picture[s.rootFrom:s.rootTo]
	if !bytes.HasPrefix(tag, []byte("<")) || !bytes.HasSuffix(tag, []byte(">")) || bytes.HasSuffix(tag, []byte("/>")) {
		return nil, bad("bake.svg", "the picture is empty")
	}
	var out bytes.Buffer
	out.Write(picture[:s.rootTo-1])
	switch s.declared {
	case "":
		out.WriteString(` xmlns:openbadges="` + badgeSpace + `"`)
	case badgeSpace:
	default:
		return nil, bad("bake.svg", "the picture uses the prefix openbadges for something else")
	}
	if b.Form == JWS {
		out.WriteString(`><openbadges:credential verify="` + string(b.Data) + `"></openbadges:credential>`)
	} else {
		if bytes.ContainsFunc(b.Data, notXML) {
			return nil, bad("bake.credential", "the credential has a character that can't stand in an SVG picture")
		}
		// The end of a CDATA section can't stand inside of one, so it is cut in two.
		text := strings.ReplaceAll(string(b.Data), "]]>", "]]]]><![CDATA[>")
		out.WriteString(`><openbadges:credential><![CDATA[` + text + `]]></openbadges:credential>`)
	}
	out.Write(picture[s.rootTo:])
	return out.Bytes(), readBack(out.Bytes(), b)
}

// notXML tells characters that XML 1.0, section 2.2, has not, and the one that its
// readers turn into another (section 2.11).
func notXML(r rune) bool {
	return r == '\r' || r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff
}
