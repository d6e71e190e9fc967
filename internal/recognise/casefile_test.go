package recognise

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/programme"
)

const caseRules = `
id: p
edition: "1"
institution: did:example:uni
title: {en: P}
language: en
award: {achievement: "https://x.example/p", type: Certificate}
credit: {unit: c, hoursPerCredit: 10, total: 8}
requirements:
  - {id: A, clause: "1", title: {en: A}, credits: 4, match: {tags: [a]}}
  - {id: B, clause: "2", title: {en: B}, credits: 4, match: {tags: [a, b]}}
`

func caseFile(t testing.TB, cases ...Case) []byte {
	t.Helper()
	var b bytes.Buffer
	write, err := WriteCases(&b, "p", []Edition{{ID: "p", Document: []byte(caseRules)}, {ID: "other", Document: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := write(cases); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func someCase(t testing.TB) (Case, *programme.Programme) {
	t.Helper()
	p, err := programme.Parse([]byte(caseRules))
	if err != nil {
		t.Fatal(err)
	}
	c := Case{ID: "1", Source: CaseApplication, Edition: p.Digest(), At: "2026-11-24"}
	for _, tag := range []string{"a", "b", "a", "c"} {
		c.Held = append(c.Held, programme.Held{Digest: tag + string(rune('0'+len(c.Held))), Title: tag, Route: programme.InResidence, Tags: []string{tag}, AwardedOn: cairn.PartialDate{Year: 2026},
			Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(3), Unit: "c", HoursPerCredit: cairn.WholeCredits(10)}})
	}
	return c, p
}

// In whatever order a case lists what somebody holds, the same comes out.
func TestTryDoesNotGoByOrder(t *testing.T) {
	c, p := someCase(t)
	draft, err := programme.Parse([]byte(strings.Replace(caseRules, "credits: 4, match: {tags: [a]}", "credits: 5, match: {tags: [c]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(Try(p, draft, c))
	if err != nil || !strings.Contains(string(want), `"effect":"`) || strings.Contains(string(want), `"effect":"same"`) {
		t.Fatalf("%s %v", want, err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		turned := c
		turned.Held = slices.Clone(c.Held)
		rng.Shuffle(len(turned.Held), func(i, j int) { turned.Held[i], turned.Held[j] = turned.Held[j], turned.Held[i] })
		if got, _ := json.Marshal(Try(p, draft, turned)); string(got) != string(want) {
			t.Fatalf("another order gives\n%s\nand not\n%s", got, want)
		}
	}
}

func TestReadCasesRefuses(t *testing.T) {
	c, _ := someCase(t)
	good := string(caseFile(t, c))
	head, line, _ := strings.Cut(good, "\n")
	read := func(text string) (n int, err error) {
		err = ReadCases(strings.NewReader(text), "p", func(_ map[string]*programme.Programme, list []Case) error { n += len(list); return nil })
		return n, err
	}
	if n, err := read(good + "\n\n" + line); n != 2 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	for name, bad := range map[string]string{
		"empty":             "",
		"not a file":        "hello\n",
		"another form":      strings.Replace(good, casesFormat, "cairn-programme-cases/2", 1),
		"another programme": strings.Replace(good, `"programme":"p"`, `"programme":"q"`, 1),
		"broken edition":    strings.Replace(good, "requirements:", "requirement:", 1),
		"edition of other":  strings.Replace(good, `id: p\n`, `id: q\n`, 1),
		"unknown edition":   strings.Replace(good, `"edition":"sha256:`, `"edition":"sha256:0`, 1),
		"a case cut off":    good[:len(good)-5],
		"unknown member":    head + "\n" + strings.Replace(line, `{"id"`, `{"extra":1,"id"`, 1),
		"a long line":       head + "\n" + strings.Repeat(" ", maxCaseLine+1),
		"a list":            head + "\n[]\n",
	} {
		if _, err := read(bad); cairn.CodeOf(err) != "cases.file" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadCases(f *testing.F) {
	c, _ := someCase(f)
	f.Add(caseFile(f, c, c))
	f.Add([]byte("{}\n{}"))
	draft, err := programme.Parse([]byte(strings.Replace(caseRules, `edition: "1"`, `edition: "2"`, 1)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return // one case after the other costs what each does
		}
		err := ReadCases(bytes.NewReader(data), "p", func(editions map[string]*programme.Programme, list []Case) error {
			for _, c := range list {
				Try(editions[c.Edition], draft, c)
			}
			return nil
		})
		if err != nil && cairn.CodeOf(err) == "" {
			t.Errorf("an error without a code: %v", err)
		}
	}))
}
