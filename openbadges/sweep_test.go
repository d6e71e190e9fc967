package openbadges_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/openbadges"
)

// place is one value in a document that can be replaced.
type place struct {
	path string
	get  func() any
	set  func(any)
}

func places(v any, path string) []place {
	var out []place
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			out = append(out, place{path + "/" + k, func() any { return v[k] }, func(x any) { v[k] = x }})
			out = append(out, places(e, path+"/"+k)...)
		}
	case []any:
		for i, e := range v {
			at := fmt.Sprintf("%s/%d", path, i)
			out = append(out, place{at, func() any { return v[i] }, func(x any) { v[i] = x }})
			out = append(out, places(e, at)...)
		}
	}
	return out
}

// Every value of a badge and of a transcript is replaced by a value of every
// other type. Reading must not panic, must not accept a wrong type where it
// takes a fact from, and must name the place.
func TestSweepOfTypes(t *testing.T) {
	badge, err := award(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	record, err := transcript(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	read := func(tree map[string]any) error { _, err := openbadges.Read(tree); return err }
	readTranscript := func(tree map[string]any) error { _, err := openbadges.ReadTranscript(tree); return err }
	for _, c := range []struct {
		name string
		doc  map[string]any
		read func(map[string]any) error
		// unread lists the parts that no fact is taken from.
		unread []string
	}{
		{"badge", badge, read, []string{"/@context", "/type", "/credentialSchema", "/credentialStatus", "/image",
			"/resultType", "/microcredential/id", "/creditEarned/id"}},
		{"transcript", record, readTranscript, []string{"/@context", "/type", "/credentialSchema", "/credentialStatus", "/verifiableCredential/"}},
	} {
		tree := reread(t, c.doc)
		changes, refused := 0, 0
		for _, p := range places(tree, "") {
			ignored := slices.ContainsFunc(c.unread, func(part string) bool { return strings.Contains(p.path, part) })
			if ignored && strings.Count(p.path, "/") > 5 {
				continue // deep inside what is not read
			}
			original := p.get()
			for _, wrong := range []any{"", "x", json.Number("7"), json.Number("1e400"), true, map[string]any{}, map[string]any{"x": json.Number("1")},
				[]any{}, []any{nil}, []any{[]any{}}, nil} {
				p.set(wrong)
				err := c.read(tree)
				openbadges.CheckSchema(tree)
				changes++
				if err != nil {
					refused++
					var e *cairn.Error
					if !errors.As(err, &e) || e.Kind != cairn.Invalid || !strings.HasPrefix(e.Code, "openbadges.") || e.Field == "" {
						t.Fatalf("%s: %s = %v: %v", c.name, p.path, wrong, err)
					}
					continue
				}
				if _, number := wrong.(json.Number); !number {
					continue
				}
				if _, text := original.(string); !text {
					continue
				}
				if !ignored {
					t.Errorf("%s: %s was read as a text and is a number now: accepted", c.name, p.path)
				}
			}
			p.set(original)
		}
		if err := c.read(tree); err != nil {
			t.Fatalf("%s: the sweep did not put it back: %v", c.name, err)
		}
		t.Logf("%s: %d changes, %d refused", c.name, changes, refused)
		if refused < changes/4 {
			t.Errorf("%s: only %d of %d changes were refused", c.name, refused, changes)
		}
	}
}
