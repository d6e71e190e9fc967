package demo_test

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"cairn.example/internal/app"
	"cairn.example/internal/demo"
)

// The whole walk, from an empty folder to the diploma.
func TestPlay(t *testing.T) {
	for _, base := range []string{"http://127.0.0.1:8080", "https://cairn.example"} {
		dir := t.TempDir()
		a, err := app.Open(t.Context(), app.Config{Data: filepath.Join(dir, "data"), BaseURL: base, Loopback: true, Rand: rand.Reader,
			Now: func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }})
		if err != nil {
			t.Fatal(err)
		}
		var say bytes.Buffer
		story, err := demo.Play(t.Context(), a, filepath.Join(dir, "out"), &say)
		t.Log(say.String())
		if err != nil {
			t.Fatal(err)
		}
		if len(story.Files) < 20 {
			t.Errorf("only %d artefacts", len(story.Files))
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
