package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"cairn.example"
	"cairn.example/internal/i18n"
)

// words returns the sentences in the language of the terminal.
func (c *console) words() i18n.Printer {
	if c.catalogue == nil {
		var err error
		if c.catalogue, err = i18n.Load(); err != nil {
			panic(fmt.Sprintf("cairn: the embedded sentences are broken: %v", err)) // a build fault
		}
	}
	lang, _, _ := strings.Cut(os.Getenv("LANG"), ".")
	return c.catalogue.For(cairn.Lang(strings.ReplaceAll(lang, "_", "-")))
}

// knownLanguage refuses a language that there are no sentences in; none at all is
// accepted.
func knownLanguage(lang string) error {
	if lang == "" || i18n.Match("", lang) == cairn.Lang(lang) {
		return nil
	}
	var known []string
	for _, l := range i18n.Languages() {
		known = append(known, string(l.Tag))
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "cli.lang", Field: "lang", Object: lang, Message: "this language is not there", Hint: "choose one of " + strings.Join(known, ", ")}
}

// wordsIn returns the sentences in a language, or in that of the terminal.
func (c *console) wordsIn(lang string) (i18n.Printer, error) {
	words := c.words()
	if lang == "" {
		return words, nil
	}
	return c.catalogue.For(cairn.Lang(lang)), knownLanguage(lang)
}

// writer writes lines and keeps the first error.
type writer struct {
	w   io.Writer
	err error
}

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}
