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
