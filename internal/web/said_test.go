package web_test

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairn.example/internal/i18n"
)

// hearing remembers which sentences for errors the pages of these tests say.
type hearing struct {
	mu        sync.Mutex
	sentences map[string]*regexp.Regexp // that were not heard yet
}

var spokenWords hearing

func (h *hearing) listen() error {
	c, err := i18n.Load()
	if err != nil {
		return err
	}
	h.sentences = map[string]*regexp.Regexp{}
	for _, code := range c.Codes(i18n.Fallback, "errors") {
		words := c.For(i18n.Fallback).T("errors", code, "object", "\x00", "request", "\x00")
		h.sentences[code] = regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(words), "\x00", ".{1,60}"))
	}
	return nil
}

func (h *hearing) hear(body []byte) {
	text := html.UnescapeString(string(body))
	h.mu.Lock()
	defer h.mu.Unlock()
	for code, words := range h.sentences {
		if words.MatchString(text) {
			delete(h.sentences, code)
		}
	}
}

// unreached are codes that no test brings about. Each line says why.
var unreached = map[string]string{
	"store.begin":                "a disk that fails at one moment",
	"store.commit":               "a disk that fails at one moment",
	"store.full":                 "a disk that is full",
	"issue.no-key":               "every institution has a key, and nothing takes the last one away",
	"web.not-a-credential":       "what paper says of files that it does not know comes first",
	"application.challenge-used": "two presentations within the same instant",
	"standing.taken-over":        "a run that slept for longer than its lease",
	"standing.changed":           "two looks at one learner within the same instant",
	"appeal.superseded":          "the page of a decision that another took the place of offers no appeal",
	"appeal.original-gone":       "a decision that is revoked while its appeal is being decided",
	"kind.conflict":              "every conflict that a page can come upon has a sentence",
	"kind.denied":                "every denial that a page can come upon has a sentence",
	"kind.invalid":               "everything that a page refuses has a sentence",
	"kind.too-large":             "every limit of a page has a sentence",
	"kind.unavailable":           "everything that a page waits for has a sentence",
}

// complain names the codes with a sentence that neither a page said nor the test of
// the package that makes the error expects.
func (h *hearing) complain() (wrong []string) {
	tests := map[string]string{}
	for _, pattern := range []string{"../*/*_test.go", "../../*/*_test.go", "../../cmd/cairn/*_test.go", "../../cmd/cairn/testdata/script/*.txtar"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return []string{err.Error()}
		}
		for _, name := range names {
			if base := filepath.Base(name); base == "said_test.go" || base == "errors_test.go" || base == "schema_test.go" {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return []string{err.Error()}
			}
			tests[name] = string(b)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for code := range h.sentences {
		expected := false
		for _, text := range tests {
			expected = expected || strings.Contains(text, `"`+code+`"`)
		}
		if _, known := unreached[code]; !expected && !known {
			wrong = append(wrong, fmt.Sprintf("no page says the sentence for %s, and no test expects the error", code))
		}
	}
	for code := range unreached {
		if h.sentences[code] == nil {
			wrong = append(wrong, fmt.Sprintf("%s is said to be unreached, and a page said its sentence or it has none", code))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestMain(m *testing.M) {
	if err := spokenWords.listen(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if whole := !slices.ContainsFunc([]string{"test.run", "test.skip", "test.fuzz", "test.list"}, func(name string) bool {
		f := flag.Lookup(name)
		return f != nil && f.Value.String() != ""
	}); code == 0 && whole && !testing.Short() {
		for _, wrong := range spokenWords.complain() {
			fmt.Fprintln(os.Stderr, wrong)
			code = 1
		}
	}
	os.Exit(code)
}

func TestHearingComplains(t *testing.T) {
	var h hearing
	if err := h.listen(); err != nil {
		t.Fatal(err)
	}
	h.sentences["web.invented"] = regexp.MustCompile("It is &.")
	const want = "no page says the sentence for web.invented, and no test expects the error"
	if !slices.Contains(h.complain(), want) {
		t.Error("a sentence that nobody says is not missed")
	}
	h.hear([]byte("<p>It is &amp;.</p><p>The disk is full</p>" + "<p>The server has no room left. Nothing was changed. Try again later.</p>"))
	wrong := h.complain()
	if slices.Contains(wrong, want) || !slices.Contains(wrong, "store.full is said to be unreached, and a page said its sentence or it has none") {
		t.Errorf("what was said is not heard: %q", wrong)
	}
}
