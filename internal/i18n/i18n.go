// Package i18n holds the sentences that people read, in five languages, and
// writes dates and figures the way each language does.
//
// Load reads the embedded catalogue; Catalogue.For gives a Printer for one
// language, whose T is what most callers need. A sentence is found by its area
// (a file, such as web or verify) and a stable code, and falls back to English,
// then to the code itself, so that a page is never empty. Match picks a language
// for a visitor.
//
// The package does not escape: what T returns is plain text. It knows nothing of
// templates, PDFs or HTTP beyond the form of Accept-Language.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"cairn.example"
	"cairn.example/strictjson"
)

//go:embed locales/*/*.json
var files embed.FS

// Limits of what a visitor's browser can make us look at.
const (
	maxAcceptLanguage = 500 // bytes; longer headers are ignored
	maxTags           = 20
)

// The languages that Cairn speaks, with their own names.
var languages = []Language{{"en", "English"}, {"fr", "Français"}, {"sw", "Kiswahili"}, {"ar", "العربية"}, {"hi", "हिन्दी"}}

// Fallback is the language of last resort.
const Fallback cairn.Lang = "en"

// Language is a language that Cairn speaks.
type Language struct {
	Tag  cairn.Lang
	Name string // in the language itself
}

// Dir returns "rtl" or "ltr", for the dir attribute of HTML.
func (l Language) Dir() string {
	if l.Tag.RightToLeft() {
		return "rtl"
	}
	return "ltr"
}

// Languages lists the languages, English first.
func Languages() []Language { return slices.Clone(languages) }

// Catalogue holds every sentence. It is not changed after Load and safe for
// concurrent use.
type Catalogue struct {
	sentences map[cairn.Lang]map[string]map[string]string // language → area → code → sentence
}

// Load reads the embedded sentences.
func Load() (*Catalogue, error) { return load(files) }

func load(from fs.FS) (*Catalogue, error) {
	c := &Catalogue{sentences: map[cairn.Lang]map[string]map[string]string{}}
	names, err := fs.Glob(from, "locales/*/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		lang, area := cairn.Lang(path.Base(path.Dir(name))), strings.TrimSuffix(path.Base(name), ".json")
		if !slices.ContainsFunc(languages, func(l Language) bool { return l.Tag == lang }) {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "i18n.language", Object: name, Message: "this is not a language that Cairn speaks"}
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var m map[string]string
		if err := strictjson.Decode(data, strictjson.Default, &m); err != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "i18n.file", Object: name, Message: "the sentences can't be read", Err: err}
		}
		if c.sentences[lang] == nil {
			c.sentences[lang] = map[string]map[string]string{}
		}
		c.sentences[lang][area] = m
	}
	return c, nil
}

// Areas lists the areas that exist in English.
func (c *Catalogue) Areas() []string {
	var out []string
	for a := range c.sentences[Fallback] {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}

// Codes lists the codes of an area in a language, without the endings of plural
// forms.
func (c *Catalogue) Codes(l cairn.Lang, area string) []string {
	var out []string
	for code := range c.sentences[l][area] {
		base, _, _ := strings.Cut(code, "#")
		out = append(out, base)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// For returns a Printer. A language that Cairn doesn't speak gives English.
func (c *Catalogue) For(l cairn.Lang) Printer {
	for _, known := range languages {
		if known.Tag == l || known.Tag == l.Base() {
			return Printer{c, known}
		}
	}
	return Printer{c, languages[0]}
}

// Printer speaks one language.
type Printer struct {
	c *Catalogue
	Language
}

func (p Printer) find(area, code string) (string, bool) {
	if s, ok := p.c.sentences[p.Tag][area][code]; ok {
		return s, true
	}
	s, ok := p.c.sentences[Fallback][area][code]
	return s, ok
}

// Has reports whether there is a sentence for a code, at least in English.
func (p Printer) Has(area, code string) bool {
	_, ok := p.find(area, code)
	return ok
}

// T returns a sentence. args are pairs of a name and a value; {name} in the
// sentence becomes the value, and values are not searched for placeholders again.
// A placeholder without a value disappears.
func (p Printer) T(area, code string, args ...any) string {
	s, ok := p.find(area, code)
	if !ok {
		return code
	}
	return fill(s, args)
}

// Map is T with the arguments as a map, as reports carry them.
func (p Printer) Map(area, code string, args map[string]string) string {
	var list []any
	for k, v := range args {
		list = append(list, k, v)
	}
	return p.T(area, code, list...)
}

// Isolate keeps arguments of one direction of writing together inside a sentence of
// the other (Unicode UAX 9, FSI and PDI). It leaves other languages as they are.
func (p Printer) Isolate(args ...any) []any {
	if p.Dir() != "rtl" {
		return args
	}
	out := slices.Clone(args)
	for i := 1; i < len(out); i += 2 {
		if s, ok := out[i].(string); ok && s != "" {
			out[i] = "\u2068" + s + "\u2069"
		}
	}
	return out
}

// N returns a sentence in the plural form for n, which is also the argument {n}.
// The forms are the codes with #one, #two, #few, #many, #zero and #other.
func (p Printer) N(area, code string, n int, args ...any) string {
	lang := p.Tag
	if _, ok := p.c.sentences[lang][area][code+"#other"]; !ok {
		lang = Fallback
	}
	s, ok := p.c.sentences[lang][area][code+"#"+form(lang, n)]
	if !ok {
		if s, ok = p.c.sentences[lang][area][code+"#other"]; !ok {
			return code
		}
	}
	return fill(s, append(args, "n", strconv.Itoa(n)))
}

// form is the CLDR plural category of a whole number.
func form(l cairn.Lang, n int) string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	return names[plural.Cardinal.MatchPlural(language.Make(string(l)), n, 0, 0, 0, 0)]
}

func fill(s string, args []any) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			return b.String()
		}
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				fmt.Fprint(&b, args[i+1])
				break
			}
		}
		s = after
	}
}

var matcher = language.NewMatcher(func() []language.Tag {
	var tags []language.Tag
	for _, l := range languages {
		tags = append(tags, language.Make(string(l.Tag)))
	}
	return tags
}())

// Match picks a language: the first of chosen (an address parameter, then a
// cookie) that Cairn speaks, then the best of an Accept-Language header, then
// English.
func Match(acceptLanguage string, chosen ...string) cairn.Lang {
	for _, c := range chosen {
		for _, l := range languages {
			if cairn.Lang(c) == l.Tag {
				return l.Tag
			}
		}
	}
	if len(acceptLanguage) > maxAcceptLanguage {
		return Fallback
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 || len(tags) > maxTags {
		return Fallback
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return Fallback
	}
	return languages[i].Tag
}
