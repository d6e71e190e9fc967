package i18n

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cairn.example"
	"cairn.example/internal/bounds"
)

func catalogue(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// Every area has the same sentences, with the same placeholders, in every
// language; and each language has the plural forms that it needs.
func TestEveryLanguageIsComplete(t *testing.T) {
	c := catalogue(t)
	if !slices.Contains(c.Areas(), formats) {
		t.Fatalf("areas: %v", c.Areas())
	}
	needed := map[cairn.Lang][]string{"en": {"one", "other"}, "fr": {"one", "many", "other"}, "sw": {"one", "other"},
		"ar": {"zero", "one", "two", "few", "many", "other"}, "hi": {"one", "other"}}
	for _, area := range c.Areas() {
		want := c.Codes(Fallback, area)
		for _, l := range languages {
			got := c.Codes(l.Tag, area)
			for _, code := range want {
				if !slices.Contains(got, code) {
					t.Errorf("%s/%s has no %q", l.Tag, area, code)
				}
			}
			for _, code := range got {
				if !slices.Contains(want, code) {
					t.Errorf("%s/%s has %q, which English has not", l.Tag, area, code)
				}
			}
			for code, sentence := range c.sentences[l.Tag][area] {
				if strings.TrimSpace(sentence) == "" {
					t.Errorf("%s/%s %q is empty", l.Tag, area, code)
				}
				base, plural, isPlural := strings.Cut(code, "#")
				if !isPlural {
					if a, b := names(sentence), names(c.sentences[Fallback][area][code]); !slices.Equal(a, b) {
						t.Errorf("%s/%s %q has the placeholders %v, English %v", l.Tag, area, code, a, b)
					}
					continue
				}
				if !slices.Contains(needed[l.Tag], plural) {
					t.Errorf("%s/%s %q is a plural form that the language has not", l.Tag, area, code)
				}
				for _, form := range needed[l.Tag] {
					if _, ok := c.sentences[l.Tag][area][base+"#"+form]; !ok {
						t.Errorf("%s/%s %q has no form %q", l.Tag, area, base, form)
					}
				}
			}
		}
	}
	for l, areas := range c.sentences {
		for area := range areas {
			if !slices.Contains(c.Areas(), area) {
				t.Errorf("%s has the area %q, which English has not", l, area)
			}
		}
	}
}

func names(s string) []string {
	all := placeholder.FindAllString(s, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

func sample(t *testing.T) *Catalogue {
	t.Helper()
	c, err := load(fstest.MapFS{
		"locales/en/a.json": {Data: []byte(`{"hello":"Hello {name}, {other}!","only":"in English","n#one":"{n} thing","n#other":"{n} things"}`)},
		"locales/ar/a.json": {Data: []byte(`{"hello":"مرحبا {name}","n#two":"شيئان","n#few":"{n} أشياء","n#other":"{n} شيء"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSentences(t *testing.T) {
	c := sample(t)
	for _, v := range []struct{ got, want string }{
		{c.For("en").T("a", "hello", "name", "{other}", "other", 3), "Hello {other}, 3!"}, // a value is not a template
		{c.For("en").T("a", "hello"), "Hello , !"},
		{c.For("ar").T("a", "hello", "name", "x"), "مرحبا x"},
		{c.For("ar").T("a", "only"), "in English"},
		{c.For("ar").T("a", "no.such"), "no.such"},
		{c.For("xx").T("a", "only"), "in English"},
		{c.For("ar-EG").T("a", "hello", "name", "x"), "مرحبا x"},
		{c.For("en").N("a", "n", 1), "1 thing"},
		{c.For("en").N("a", "n", 0), "0 things"},
		{c.For("ar").N("a", "n", 2), "شيئان"},
		{c.For("ar").N("a", "n", 5), "5 أشياء"},
		{c.For("ar").N("a", "n", 11), "11 شيء"}, // "many" is missing here: the other form
		{c.For("sw").N("a", "n", 1), "1 thing"}, // the whole language is missing: English forms
		{c.For("en").N("a", "no.such", 1), "no.such"},
		{c.For("en").Map("a", "hello", map[string]string{"name": "A", "other": "B"}), "Hello A, B!"},
		{fill("an {open brace", nil), "an {open brace"},
	} {
		if v.got != v.want {
			t.Errorf("got %q, want %q", v.got, v.want)
		}
	}
	if c.For("ar").Dir() != "rtl" || c.For("hi").Dir() != "ltr" {
		t.Error("wrong direction of writing")
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, f := range map[string]fstest.MapFS{
		"duplicate code":   {"locales/en/a.json": {Data: []byte(`{"a":"1","a":"2"}`)}},
		"not a sentence":   {"locales/en/a.json": {Data: []byte(`{"a":1}`)}},
		"unknown language": {"locales/tlh/a.json": {Data: []byte(`{}`)}},
	} {
		if _, err := load(f); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, v := range []struct {
		header string
		chosen []string
		want   cairn.Lang
	}{
		{"", nil, "en"},
		{"fr-CI,fr;q=0.9,en;q=0.5", nil, "fr"},
		{"de,sw;q=0.3", nil, "sw"},
		{"de", nil, "en"},
		{"ar-EG", nil, "ar"},
		{"fr", []string{"sw"}, "sw"},
		{"fr", []string{"", "hi"}, "hi"},
		{"fr", []string{"<script>", "xx"}, "fr"},
		{"hi-IN;q=nonsense", nil, "en"},
		{strings.Repeat("fr,", 1000), nil, "en"},
	} {
		if got := Match(v.header, v.chosen...); got != v.want {
			t.Errorf("Match(%.40q, %v) = %s, want %s", v.header, v.chosen, got, v.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fr-CI,fr;q=0.9", "sw")
	f.Add("*", "")
	f.Add(";;;q=,-", "ar-")
	f.Fuzz(bounds.Pair(func(t *testing.T, header, chosen string) {
		l := Match(header, chosen)
		if !slices.ContainsFunc(languages, func(k Language) bool { return k.Tag == l }) {
			t.Fatalf("Match gave %q", l)
		}
	}))
}

func TestDatesAndFigures(t *testing.T) {
	c := catalogue(t)
	p := c.For
	day := time.Date(2026, 5, 1, 23, 30, 0, 0, time.FixedZone("", 3*3600))
	third := cairn.NewCredits(10, 3)
	for _, v := range []struct{ got, want string }{
		{p("en").Date(day), "1 May 2026"},
		{p("fr").Date(day), "1er mai 2026"},
		{p("fr").Date(day.AddDate(0, 0, 1)), "2 mai 2026"},
		{p("ar").Date(day), "1 مايو 2026"},
		{p("en").Date(time.Time{}), ""},
		{p("en").Moment(day), "1 May 2026, 20:30 UTC"},
		{p("sw").Partial(cairn.PartialDate{Year: 1998, Month: 3}), "Machi 1998"},
		{p("en").Partial(cairn.PartialDate{Year: 1998, Estimated: true}), "about 1998"},
		{p("en").Partial(cairn.PartialDate{}), ""},
		{p("en").Figure(third), "3⅓"},
		{p("en").Figure(cairn.NewCredits(1, 3)), "⅓"},
		{p("en").Figure(cairn.NewCredits(15, 7)), "2⅐"},
		{p("en").Figure(cairn.NewCredits(16, 7)), "2\u00a02/7"},
		{p("en").Figure(cairn.NewCredits(7, 2)), "3.5"},
		{p("fr").Figure(cairn.NewCredits(7, 2)), "3,5"},
		{p("fr").Figure(cairn.WholeCredits(48)), "48"},
		{p("en").Figure(cairn.Credits{}), "0"},
		{p("en").Age(day, day.Add(time.Hour)), "today"},
		{p("en").Age(day, day.AddDate(0, 0, 1)), "yesterday"},
		{p("en").Age(day, day.AddDate(0, 0, 12)), "12 days ago"},
		{p("ar").Age(day, day.AddDate(0, 0, 12)), "قبل 12 يومًا"},
		{p("en").Age(time.Time{}, day), ""},
	} {
		if v.got != v.want {
			t.Errorf("got %q, want %q", v.got, v.want)
		}
	}
}
