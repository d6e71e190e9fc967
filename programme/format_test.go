package programme_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"cairn.example"
	"cairn.example/programme"
)

func formatted(t testing.TB, text string) string {
	t.Helper()
	b, err := programme.Format([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := programme.Format(b)
	if err != nil || !bytes.Equal(again, b) {
		t.Fatalf("once more is not the same: %v\n%s\n--\n%s", err, b, again)
	}
	return string(b)
}

// alike compares what two documents say, by their YAML.
func alike(t testing.TB, a, b string) bool {
	t.Helper()
	var out [2][]byte
	for i, text := range []string{a, b} {
		p, err := programme.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if out[i], err = yaml.Marshal(p); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.Equal(out[0], out[1])
}

// The example loses nothing but the spaces before its comments.
func TestFormatOfTheExample(t *testing.T) {
	got := formatted(t, example(t))
	a, b := strings.Fields(got), strings.Fields(example(t))
	slices.Sort(a)
	slices.Sort(b)
	if !alike(t, got, example(t)) || !slices.Equal(a, b) {
		t.Errorf("%s", got)
	}
}

func TestFormat(t *testing.T) {
	rough := `# The rules.

# Two comments.
requirements:    # all of them
    # about R1
    - title: {en: 'It''s soil',
        sw: "Udongo"}   # in two languages
      clause: "1"
      # about its id
      id: R1
      all:
      - {match: {tags: [soil]}, credits: 3, id: S1, title: {en: Soil}}
      -   credits: 3
          id: S2
          match:
             tags:
                - a   # tagged
                - b
          title: {en: "A title that is so long that, with everything else in these brackets, no line of a hundred and twenty characters holds it"}


edition: '2026'
id: p
description:
  en: |
    First line.

    Third line: # no comment
institution: did:web:university.example
title: {en: P}
language: en
credit: {total: 6,
  # ten hours
  hoursPerCredit: 10, unit: c}
award: {type: Diploma, achievement: x}
# the end
`
	want := `id: p

edition: '2026'
institution: did:web:university.example
title: {en: P}
description:
  en: |
    First line.

    Third line: # no comment
language: en
award: {achievement: x, type: Diploma}
credit:
  unit: c
  # ten hours
  hoursPerCredit: 10
  total: 6
# The rules.

# Two comments.
requirements: # all of them
  # about R1
  # about its id
  - id: R1
    clause: "1"
    title:
      en: 'It''s soil'
      sw: "Udongo" # in two languages
    all:
      - {id: S1, title: {en: Soil}, credits: 3, match: {tags: [soil]}}
      - id: S2
        title:
          en: "A title that is so long that, with everything else in these brackets, no line of a hundred and twenty characters holds it"
        credits: 3
        match:
          tags:
            - a # tagged
            - b
# the end
`
	got := formatted(t, rough)
	if got != want {
		t.Errorf("%s", got)
	}
	if !alike(t, rough, got) {
		t.Error("it says something else")
	}
}

// Whatever the order and the form of a document, it says the same when it is laid
// out, and nothing of it is lost, comments included.
func TestFormatKeepsEverything(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var tree any
	if err := yaml.Unmarshal([]byte(example(t)), &tree); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.MarshalIndent(tree, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if !alike(t, formatted(t, string(asJSON)), example(t)) {
		t.Error("from JSON it says something else")
	}
	for range cases(t, 4, 40) {
		text := shuffled(rng, tree, 0)
		lines := strings.Split(text, "\n")
		notes := 0
		for range 6 {
			if i := rng.IntN(len(lines)); strings.HasSuffix(lines[i], ":") && !strings.Contains(lines[i], "#") {
				lines[i] += " # note"
				notes++
			}
		}
		text = strings.Join(lines, "\n")
		got := formatted(t, text)
		if !alike(t, text, got) || !alike(t, got, example(t)) {
			t.Fatalf("it says something else:\n%s\n--\n%s", text, got)
		}
		if n := strings.Count(got, "# note"); n != notes {
			t.Fatalf("%d of %d comments are left:\n%s\n--\n%s", n, notes, text, got)
		}
	}
	if _, err := programme.Format([]byte("id: x")); programme.ProblemsOf(err) == nil {
		t.Errorf("what can't be read is laid out: %v", err)
	}
}

// shuffled writes a document with its members in any order.
func shuffled(rng *rand.Rand, v any, indent int) string {
	pad := strings.Repeat(" ", indent)
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		var b strings.Builder
		for _, k := range keys {
			switch v[k].(type) {
			case map[string]any, []any:
				if rng.IntN(3) == 0 {
					j, _ := json.Marshal(v[k])
					b.WriteString(pad + k + ": " + string(j) + "\n")
				} else {
					b.WriteString(pad + k + ":\n" + shuffled(rng, v[k], indent+1+rng.IntN(3)))
				}
			default:
				j, _ := json.Marshal(v[k])
				b.WriteString(pad + k + ": " + string(j) + "\n")
			}
		}
		return b.String()
	case []any:
		var b strings.Builder
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				b.WriteString(pad + "- " + strings.TrimLeft(shuffled(rng, m, indent+2), " "))
				continue
			}
			j, _ := json.Marshal(e)
			b.WriteString(pad + "- " + string(j) + "\n")
		}
		return b.String()
	}
	return ""
}

// The order of Format is that of the schema.
func TestOrderIsThatOfTheSchema(t *testing.T) {
	names := func(t reflect.Type) (out []string) {
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" {
				out = append(out, name)
			}
		}
		return out
	}
	properties := func(path ...string) (out []string) {
		d := json.NewDecoder(bytes.NewReader(programme.Schema))
		return members(t, d, path)
	}
	for _, c := range []struct {
		of   reflect.Type
		path []string
	}{
		{reflect.TypeFor[programme.Programme](), []string{"properties"}},
		{reflect.TypeFor[programme.Policy](), []string{"properties", "policy", "properties"}},
		{reflect.TypeFor[programme.Award](), []string{"properties", "award", "properties"}},
		{reflect.TypeFor[programme.Credit](), []string{"properties", "credit", "properties"}},
		{reflect.TypeFor[programme.Requirement](), []string{"$defs", "requirement", "properties"}},
		{reflect.TypeFor[programme.Slot](), []string{"$defs", "slot", "properties"}},
		{reflect.TypeFor[programme.Selector](), []string{"$defs", "selector", "properties"}},
		{reflect.TypeFor[programme.Agreement](), []string{"$defs", "agreement", "properties"}},
		{reflect.TypeFor[programme.Limit](), []string{"$defs", "limit", "properties"}},
		{reflect.TypeFor[programme.Cap](), []string{"$defs", "cap", "properties"}},
	} {
		if got, want := names(c.of), properties(c.path...); !slices.Equal(got, want) {
			t.Errorf("%v has %v, and the schema %v", c.of, got, want)
		}
	}
}

// members lists the members of an object inside a JSON document, in its order.
func members(t *testing.T, d *json.Decoder, path []string) (out []string) {
	t.Helper()
	next := func() json.Token {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	next() // {
	for d.More() {
		name := next().(string)
		switch {
		case len(path) > 0 && name == path[0]:
			return members(t, d, path[1:])
		case len(path) == 0:
			out = append(out, name)
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func FuzzFormat(f *testing.F) {
	f.Add([]byte(example(f)))
	f.Add([]byte("# a\nid: p # b\nedition: |\n  1\ninstitution: did:x:y\ntitle: {en: \"\\u00e9\"}\nlanguage: en\naward: {achievement: a, type: b}\ncredit: {unit: c, hoursPerCredit: 1, total: 1}\nrequirements:\n- id: R\n  clause: '1'\n  title: {en: r}\n  credits: 1\n  match: {tags: [a]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := programme.Format(data)
		if err != nil {
			if cairn.KindOf(err) == cairn.Internal {
				t.Skip("said, and not done")
			}
			return
		}
		if again, err := programme.Format(out); err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%v\n%q\n%q", err, out, again)
		}
	})
}
