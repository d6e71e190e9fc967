package bake_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/bake"
	"cairn.example/inflate"
	"cairn.example/internal/bounds"
)

const (
	jsonBadge = `{"@context":["https://www.w3.org/ns/credentials/v2"],"name":"ሰርተፍኬት ]]> & <b>","proof":{}}`
	svgImage  = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><circle r="5"/></svg>`
)

// jwsBadge has the form of a token; nobody signed it.
var jwsBadge = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"x"}`)) + ".AAAA"

func pngImage(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part makes a chunk of a PNG.
func part(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// with puts parts before the end of a PNG.
func with(t testing.TB, parts ...[]byte) []byte {
	t.Helper()
	img := pngImage(t)
	end := len(img) - 12
	return append(append(bytes.Clone(img[:end]), bytes.Join(parts, nil)...), img[end:]...)
}

func itxt(keyword, text string) []byte {
	return part("iTXt", []byte(keyword+"\x00\x00\x00\x00\x00"+text))
}

func TestPNG(t *testing.T) {
	for form, badge := range map[bake.Form]string{bake.JSON: jsonBadge, bake.JWS: jwsBadge} {
		baked, err := bake.PNG(pngImage(t), []byte("\n"+badge+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := bake.Read(baked)
		if err != nil || got.Form != form || got.Kind != bake.OpenBadge || string(got.Data) != badge {
			t.Errorf("%s: %+v, %v", form, got, err)
		}
		img, err := png.Decode(bytes.NewReader(baked)) // still the same picture for everybody else
		if err != nil || img.Bounds() != image.Rect(0, 0, 3, 2) {
			t.Errorf("%s: %v", form, err)
		}
		// Open Badges 3.0, 5.3.1.1: the chunk as it is in the specification's example.
		if !bytes.Contains(baked, []byte("iTXtopenbadgecredential\x00\x00\x00\x00\x00"+badge)) {
			t.Errorf("%s: the chunk is another one", form)
		}
		if _, err := bake.PNG(baked, []byte(badge)); cairn.CodeOf(err) != "bake.already" || cairn.KindOf(err) != cairn.Conflict {
			t.Errorf("%s: baked twice: %v", form, err)
		}
	}
}

func TestPNGRead(t *testing.T) {
	packed, err := inflate.Pack([]byte(jsonBadge))
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := inflate.Pack(make([]byte, bake.MaxCredential+1))
	if err != nil {
		t.Fatal(err)
	}
	compressed := func(b []byte) []byte {
		return part("iTXt", append([]byte("openbadgecredential\x00\x01\x00en\x00x\x00"), b...))
	}
	header := func(width, height uint32) []byte {
		data := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
		return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), part("IHDR", append(data, 8, 0, 0, 0, 0)), part("IDAT", nil), part("IEND", nil)}, nil)
	}
	good := with(t, itxt("openbadgecredential", jsonBadge))
	wrongSum := bytes.Clone(good)
	wrongSum[len(wrongSum)-13] ^= 1
	for name, c := range map[string]struct {
		file []byte
		code string
	}{
		"good":                   {good, ""},
		"compressed":             {with(t, compressed(packed)), ""},
		"other texts":            {with(t, itxt("Title", "x"), itxt("openbadgecredential", jsonBadge), part("tEXt", []byte("Author\x00y"))), ""},
		"badge 2 before it":      {with(t, itxt("openbadges", "x"), itxt("openbadgecredential", jsonBadge)), "bake.two-credentials"},
		"badge 2 behind it":      {with(t, itxt("openbadgecredential", jsonBadge), itxt("openbadges", "x")), "bake.two-credentials"},
		"version 3 as badge 2":   {with(t, itxt("openbadges", jsonBadge)), ""},
		"the same in tEXt":       {with(t, part("tEXt", []byte("openbadges\x00"+jsonBadge))), ""},
		"in tEXt and in its own": {with(t, part("tEXt", []byte("openbadges\x00"+jsonBadge)), itxt("openbadgecredential", jsonBadge)), "bake.two-credentials"},
		"twice as badge 2":       {with(t, itxt("openbadges", jsonBadge), itxt("openbadges", jsonBadge)), "bake.two-credentials"},
		"two badges 2":           {with(t, itxt("openbadges", "x"), itxt("openbadges", "y")), "bake.two-credentials"},
		"badge 2 as JSON":        {with(t, itxt("openbadges", `{"@context":"https://w3id.org/openbadges/v2","type":"Assertion"}`)), "bake.version-2"},
		"badge 2 as token":       {with(t, itxt("openbadges", jwsBadge)), "bake.version-2"},
		"badge 2 in zTXt":        {with(t, part("zTXt", []byte("openbadges\x00\x00"+string(packed)))), "bake.version-2"},
		"CLR":                    {with(t, itxt("clrcredential", jsonBadge)), ""},
		"nothing":                {pngImage(t), "bake.no-credential"},
		"U17 two":                {with(t, itxt("openbadgecredential", jsonBadge), itxt("openbadgecredential", jsonBadge)), "bake.two-credentials"},
		"U17 badge and CLR":      {with(t, itxt("openbadgecredential", jsonBadge), itxt("clrcredential", jwsBadge)), "bake.two-credentials"},
		"U17 the second damaged": {with(t, itxt("openbadgecredential", jsonBadge), itxt("openbadgecredential", "x")), "bake.two-credentials"},
		"second in tEXt":         {with(t, itxt("openbadgecredential", jsonBadge), part("tEXt", []byte("openbadgecredential\x00"+jsonBadge))), "bake.png"},
		"in tEXt":                {with(t, part("tEXt", []byte("openbadgecredential\x00"+jsonBadge))), "bake.png"},
		"badge 2":                {with(t, itxt("openbadges", "https://x.example/1")), "bake.version-2"},
		"a link":                 {with(t, itxt("openbadgecredential", "https://x.example/1")), "bake.credential"},
		"empty":                  {with(t, itxt("openbadgecredential", "")), "bake.credential"},
		"not UTF-8":              {with(t, itxt("openbadgecredential", "{\"a\":\"\xff\"}")), "bake.credential"},
		"half a JSON":            {with(t, itxt("openbadgecredential", jsonBadge[:20])), "bake.credential"},
		"no keyword end":         {with(t, part("iTXt", []byte("openbadgecredential"))), "bake.png"},
		"no language end":        {with(t, part("iTXt", []byte("openbadgecredential\x00\x00\x00en"))), "bake.png"},
		"compression 2":          {with(t, part("iTXt", []byte("openbadgecredential\x00\x02\x00\x00\x00{}"))), "bake.png"},
		"method 1":               {with(t, part("iTXt", []byte("openbadgecredential\x00\x01\x01\x00\x00{}"))), "bake.png"},
		"compressed, damaged":    {with(t, compressed(packed[:9])), "bake.png"},
		"compressed bomb":        {with(t, compressed(bomb)), "bake.too-large"},
		"large":                  {with(t, itxt("openbadgecredential", "{"+strings.Repeat(" ", bake.MaxCredential)+"}")), "bake.too-large"},
		"checksum":               {wrongSum, "bake.png"},
		"cut":                    {good[:len(good)-5], "bake.png"},
		"cut at a part":          {good[:len(good)-12], "bake.png"},
		"length 2^32-1":          {append(bytes.Clone(good[:8]), 255, 255, 255, 255, 'I', 'H', 'D', 'R', 0, 0, 0, 0), "bake.png"},
		"only the signature":     {good[:8], "bake.png"},
		"U03 something behind":   {append(bytes.Clone(good), "<script>"...), "bake.png"},
		"no size first":          {append(bytes.Clone(good[:8]), good[8+25:]...), "bake.png"},
		"two sizes":              {append(bytes.Clone(good[:8+25]), good[8:]...), "bake.png"},
		"no picture":             {append(bytes.Clone(good[:8+25]), part("IEND", nil)...), "bake.png"},
		"unknown critical part":  {with(t, part("ABCD", nil)), "bake.png"},
		"name of a part":         {with(t, part("iTX1", nil)), "bake.png"},
		"U02 APNG":               {with(t, part("acTL", make([]byte, 8))), "bake.png"},
		"U02 60000 x 60000":      {header(60000, 60000), "bake.too-large"},
		"U02 1 x 2^31-1":         {header(1, 1<<31-1), "bake.too-large"},
		"2^31 wide":              {header(1<<31, 1), "bake.png"},
		"0 wide":                 {header(0, 1), "bake.png"},
		"U02 10,000 parts":       {with(t, bytes.Repeat(part("tEXt", nil), 10_000)), "bake.too-large"},
		"file too large":         {append(bytes.Clone(good), make([]byte, bake.MaxPNG)...), "bake.too-large"},
		"neither":                {[]byte("GIF89a"), "bake.unknown-file"},
		"an empty file":          {nil, "bake.unknown-file"},
	} {
		got, err := bake.Read(c.file)
		if cairn.CodeOf(err) != c.code || c.code == "" && string(got.Data) != jsonBadge {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.code)
		}
		if name == "CLR" && got.Kind != bake.CLR {
			t.Errorf("a CLR is %q", got.Kind)
		}
	}
}

func TestSVG(t *testing.T) {
	for name, img := range map[string]string{
		"plain":       svgImage,
		"declaration": `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + svgImage,
		"drawing program": `<?xml version="1.0" encoding="utf-8"?><!-- Generator: X --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">` +
			strings.Replace(svgImage, "<svg ", "<svg\n  version='1.1' ", 1),
		"mark":            "\ufeff" + svgImage,
		"prefix declared": strings.Replace(svgImage, "<svg ", `<svg xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" `, 1),
		"other prefix":    `<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:g/></s:svg >`,
		"space in a tag":  strings.Replace(svgImage, `512">`, "512\" \n>", 1),
	} {
		for form, badge := range map[bake.Form]string{bake.JSON: jsonBadge, bake.JWS: jwsBadge} {
			baked, err := bake.SVG([]byte(img), []byte(badge))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, err := bake.Read(baked)
			if err != nil || got.Form != form || got.Kind != bake.OpenBadge || string(got.Data) != badge {
				t.Errorf("%s, %s: %+v, %v\n%s", name, form, got, err, baked)
			}
			var tree struct {
				XMLName    xml.Name
				Credential struct {
					Verify string `xml:"verify,attr"`
					Text   string `xml:",chardata"`
				} `xml:"https://purl.imsglobal.org/ob/v3p0 credential"`
			}
			if err := xml.Unmarshal(baked, &tree); err != nil || tree.Credential.Verify+tree.Credential.Text != badge {
				t.Errorf("%s, %s: another reader sees %+v, %v", name, form, tree, err)
			}
			if strings.Count(string(baked), "xmlns:openbadges") != 1 {
				t.Errorf("%s: the prefix is declared twice or never\n%s", name, baked)
			}
			if _, err := bake.SVG(baked, []byte(badge)); cairn.CodeOf(err) != "bake.already" {
				t.Errorf("%s: baked twice: %v", name, err)
			}
		}
	}
}

func TestSVGRead(t *testing.T) {
	const space = `xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"`
	const start = `<svg xmlns="http://www.w3.org/2000/svg" ` + space + `>`
	simple := `{"a":"b"}`
	element := func(inside string) string { return "<openbadges:credential>" + inside + "</openbadges:credential>" }
	whole := func(inside string) string { return start + inside + "</svg>" }
	for name, c := range map[string]struct{ file, code string }{
		"CDATA":               {whole(element("<![CDATA[\n  " + simple + "\n]]>")), ""},
		"text":                {whole(element(`{&quot;a&quot;:"b"}`)), ""},
		"in two sections":     {whole(element(`<![CDATA[{"a":]]><![CDATA["b"}]]>`)), ""},
		"another prefix":      {`<svg xmlns="http://www.w3.org/2000/svg"><q:credential xmlns:q="https://purl.imsglobal.org/ob/v3p0">` + simple + `</q:credential></svg>`, ""},
		"CLR":                 {`<svg xmlns="http://www.w3.org/2000/svg"><q:credential xmlns:q="https://purl.imsglobal.org/clr/v2p0">` + simple + `</q:credential></svg>`, ""},
		"deeper, and later":   {whole(`<g><path d="M 1"/>` + element(simple) + `</g>`), ""},
		"nothing":             {svgImage, "bake.no-credential"},
		"prefix not declared": {`<svg xmlns="http://www.w3.org/2000/svg">` + element(simple) + `</svg>`, "bake.no-credential"},
		"U17 two":             {whole(element(simple) + element(simple)), "bake.two-credentials"},
		"U17 the second late": {whole(element(simple) + "<g/>" + element(simple)), "bake.two-credentials"},
		"U17 both ways":       {whole(`<openbadges:credential verify="` + jwsBadge + `">` + simple + `</openbadges:credential>`), "bake.two-credentials"},
		"U17 inside":          {whole(element(simple + element(simple))), "bake.svg"},
		"verify twice":        {whole(`<openbadges:credential verify="` + jwsBadge + `" verify="` + jwsBadge + `"/>`), "bake.svg"},
		"JSON in verify":      {whole(`<openbadges:credential verify='` + simple + `'/>`), "bake.credential"},
		"verify elsewhere":    {whole(`<openbadges:credential openbadges:verify="` + jwsBadge + `"/>`), "bake.credential"},
		"comment inside":      {whole(element("<!-- x -->" + simple)), "bake.svg"},
		"a link":              {whole(element("https://x.example/1")), "bake.credential"},
		"badge 2":             {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org"><o:assertion verify="x"/></svg>`, "bake.version-2"},
		"hosted badge 2":      {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org"><o:assertion verify="https://x.example/1"><![CDATA[{"@context":["https://www.w3.org/ns/credentials/v2"]}]]></o:assertion></svg>`, "bake.version-2"},
		"badge 2 beside it":   {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org" xmlns:b="https://purl.imsglobal.org/ob/v3p0"><b:credential>{}</b:credential><o:assertion verify="x"/></svg>`, "bake.two-credentials"},
		"U01 entity bomb":     {`<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + whole(element("&b;")), "bake.svg"},
		"U01 outside entity":  {`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + whole(element("&x;")), "bake.svg"},
		"entity undeclared":   {whole(element("&x;")), "bake.svg"},
		"subset":              {`<!DOCTYPE svg []>` + whole(element(simple)), "bake.svg"},
		"element declaration": {`<!ELEMENT svg ANY>` + whole(element(simple)), "bake.svg"},
		"declaration inside":  {whole(`<!ENTITY x "y">` + element(simple)), "bake.svg"},
		"UTF-16":              {`<?xml version="1.0" encoding="UTF-16"?>` + whole(element(simple)), "bake.svg"},
		"Latin 1":             {`<?xml version="1.0" encoding="ISO-8859-1"?>` + whole(element(simple)), "bake.svg"},
		"not UTF-8":           {whole(element("{\"a\":\"\xff\"}")), "bake.svg"},
		"HTML":                {`<!DOCTYPE html><html><body>` + whole(element(simple)) + `</body></html>`, "bake.svg"},
		"no namespace":        {`<svg ` + space + `>` + element(simple) + `</svg>`, "bake.svg"},
		"two pictures":        {svgImage + whole(element(simple)), "bake.svg"},
		"text behind":         {whole(element(simple)) + "x", "bake.svg"},
		"not closed":          {start + element(simple), "bake.svg"},
		"cut inside":          {start + "<openbadges:credential>" + simple, "bake.svg"},
		"crossed":             {whole(`<g><openbadges:credential>` + simple + `</g></openbadges:credential>`), "bake.svg"},
		"attribute twice":     {`<svg xmlns="http://www.w3.org/2000/svg" id="a" id="b">` + element(simple) + `</svg>`, "bake.svg"},
		"only a declaration":  {`<?xml version="1.0"?>`, "bake.svg"},
		"1,000 deep":          {whole(strings.Repeat("<g>", 1000) + element(simple) + strings.Repeat("</g>", 1000)), "bake.too-large"},
		"too many parts":      {whole(element(simple) + strings.Repeat("<g/>", 100_000)), "bake.too-large"},
		"too many attributes": {whole(element(simple) + `<g ` + attributes(60_001) + `/>`), "bake.too-large"},
		"too large":           {whole(element(simple)) + strings.Repeat(" ", bake.MaxSVG), "bake.too-large"},
		"large credential":    {whole(element("{" + strings.Repeat(" ", bake.MaxCredential) + "}")), "bake.too-large"},
	} {
		got, err := bake.Read([]byte(c.file))
		if cairn.CodeOf(err) != c.code || c.code == "" && string(got.Data) != simple {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.code)
		}
	}
	for name, c := range map[string]struct{ picture, badge, code string }{
		"no badge":           {svgImage, "", "bake.credential"},
		"empty picture":      {`<svg xmlns="http://www.w3.org/2000/svg"/>`, simple, "bake.svg"},
		"prefix taken":       {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="x"><g/></svg>`, simple, "bake.svg"},
		"carriage return":    {svgImage, "{\r\n}", "bake.credential"},
		"no XML character":   {svgImage, "{\"a\":\"\ufffe\"}", "bake.credential"},
		"badge 2 in it":      {`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org"><o:assertion verify="x"/></svg>`, simple, "bake.already"},
		"a PNG is no SVG":    {string(pngImage(t)), simple, "bake.svg"},
		"the picture broken": {svgImage[:30], simple, "bake.svg"},
	} {
		if _, err := bake.SVG([]byte(c.picture), []byte(c.badge)); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if _, err := bake.PNG([]byte(svgImage), []byte(simple)); cairn.CodeOf(err) != "bake.png" {
		t.Errorf("an SVG is no PNG: %v", err)
	}
	if _, err := bake.PNG(pngImage(t), []byte("x")); cairn.CodeOf(err) != "bake.credential" {
		t.Errorf("no badge: %v", err)
	}
	for text, want := range map[string]bool{svgImage: true, "\ufeff <!-- x -->": true, "{}": false, "": false, "<html>": true, string(pngImage(t)): true} {
		if bake.Is([]byte(text)) != want {
			t.Errorf("Is(%.20q)", text)
		}
	}
}

// The worst that the limits allow stays within the time of one input.
func TestLargest(t *testing.T) {
	worst := map[string][]byte{
		"attributes": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><g ` + attributes(50_000) + `/></svg>`),
		"tags":       []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("<g/>", 49_000) + `</svg>`),
		"entities":   []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("&#65;", (bake.MaxSVG-100)/5) + `</svg>`),
		"chunks":     with(t, bytes.Repeat(part("tEXt", nil), 4_900)),
		"data":       with(t, part("IDAT", make([]byte, bake.MaxPNG-1000))),
	}
	for name, file := range worst {
		start := time.Now()
		if _, err := bake.Read(file); cairn.CodeOf(err) != "bake.no-credential" {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %d bytes in %v", name, len(file), time.Since(start))
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

// Some programs put a credential of Open Badges 3.0 where version 2 has its badge.
func TestSVGVersion3AsVersion2(t *testing.T) {
	const badge = `{"@context":["https://www.w3.org/ns/credentials/v2"]}`
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"vc":`+badge+`}`)) + ".AAAA"
	for element, want := range map[string]string{
		`<o:assertion><![CDATA[` + badge + `]]></o:assertion>`: badge,
		`<o:assertion verify="` + token + `"/>`:                token,
	} {
		got, err := bake.Read([]byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org">` + element + `</svg>`))
		if err != nil || string(got.Data) != want || got.Kind != bake.OpenBadge {
			t.Errorf("%s: %+v, %v", element, got, err)
		}
	}
}

func FuzzPNG(f *testing.F) {
	baked, err := bake.PNG(pngImage(f), []byte(jsonBadge))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(baked)
	f.Add(with(f, itxt("openbadgecredential", jwsBadge)))
	f.Add(pngImage(f))
	bomb, err := inflate.Pack(make([]byte, 16<<20))
	if err != nil {
		f.Fatal(err)
	}
	for _, keyword := range []string{"openbadgecredential", "openbadges"} {
		packed := part("iTXt", append([]byte(keyword+"\x00\x01\x00\x00\x00"), bomb...))
		f.Add(with(f, packed))
		f.Add(with(f, packed, packed, packed))
		f.Add(with(f, part("zTXt", append([]byte(keyword+"\x00\x00"), bomb...))))
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		fuzzRead(t, data)
		out, err := bake.PNG(data, []byte(jsonBadge))
		if err == nil && !bytes.Contains(out, []byte(jsonBadge)) {
			t.Fatal("baked, and not in it")
		}
	}))
}

func FuzzSVG(f *testing.F) {
	for _, badge := range []string{jsonBadge, jwsBadge} {
		baked, err := bake.SVG([]byte(svgImage), []byte(badge))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(baked), badge)
		f.Add(svgImage, badge)
	}
	f.Add(`<!DOCTYPE svg [<!ENTITY a "b">]>`+svgImage, "{}")
	const start = `<svg xmlns="http://www.w3.org/2000/svg">`
	f.Add(start+strings.Repeat("<g>", 50_000), "{}")
	f.Add(start+strings.Repeat("<g/>", 200_000), "{}")
	f.Add(start+"<g "+strings.Repeat(`a="" `, 59_000)+"/></svg>", "{}")
	f.Add(start+strings.Repeat("&amp;", 200_000)+"</svg>", "{}")
	f.Fuzz(bounds.Pair(func(t *testing.T, picture, badge string) {
		fuzzRead(t, []byte(picture))
		// What can be baked comes out again; SVG checks it and says bake.fault.
		if _, err := bake.SVG([]byte(picture), []byte(badge)); cairn.KindOf(err) == cairn.Internal {
			t.Fatal(err)
		}
	}))
}

func fuzzRead(t *testing.T, data []byte) {
	t.Helper()
	got, err := bake.Read(data)
	if err != nil && cairn.CodeOf(err) == "" {
		t.Fatalf("an error without a code: %v", err)
	}
	if err == nil && (len(got.Data) == 0 || len(got.Data) > bake.MaxCredential) {
		t.Fatalf("a credential of %d bytes", len(got.Data))
	}
}
