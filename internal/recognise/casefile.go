package recognise

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"cairn.example"
	"cairn.example/programme"
	"cairn.example/strictjson"
)

// Limits of a file of cases.
const (
	maxCaseLine     = 4 << 20 // bytes of one line
	maxCases        = 1_000_000
	maxCaseEditions = 50
	maxCaseRules    = 1000
	casesFormat     = "cairn-programme-cases/1"
)

// caseLimits are those of the JSON of one line.
var caseLimits = strictjson.Limits{Bytes: maxCaseLine, Depth: 64, Values: 200_000}

// CaseFile is the first line of a file of cases: the editions that applied to them. Each
// line after it is a Case. docs/specs/programme-cases.md describes it.
type CaseFile struct {
	Format    string            `json:"format"`
	Programme cairn.ProgrammeID `json:"programme"`
	Editions  []string          `json:"editions"`        // documents
	Rules     []string          `json:"rules,omitempty"` // documents that the editions use
}

// WriteCases returns a function that writes cases to w, after a first line with the
// editions that can have applied to them, the newest first, and the rule documents that
// these use.
func WriteCases(w io.Writer, id cairn.ProgrammeID, editions []Edition, rules ...RuleDocument) (func([]Case) error, error) {
	head := CaseFile{Format: casesFormat, Programme: id, Editions: []string{}}
	for _, e := range editions {
		if e.ID == id && len(head.Editions) < maxCaseEditions {
			head.Editions = append(head.Editions, string(e.Document))
		}
	}
	for _, r := range rules {
		head.Rules = append(head.Rules, string(r.Document))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(head); err != nil {
		return nil, err
	}
	return func(list []Case) error {
		for _, c := range list {
			if err := e.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// ReadCases reads a file of cases and gives them to f, some at a time, with the editions
// that applied to them by their digests.
func ReadCases(r io.Reader, id cairn.ProgrammeID, f func(editions map[string]*programme.Programme, list []Case) error) error {
	bad := func(line int, err error, format string, args ...any) error {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cases.file", Field: fmt.Sprintf("line %d", line), Message: fmt.Sprintf(format, args...), Err: err}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxCaseLine)
	if !lines.Scan() {
		return bad(1, lines.Err(), "this is not a file of cases: it has no first line, or one that is too long")
	}
	var head CaseFile
	if err := strictjson.Decode(lines.Bytes(), caseLimits, &head); err != nil {
		return bad(1, err, "this is not the first line of a file of cases")
	}
	switch {
	case head.Format != casesFormat:
		return bad(1, nil, "the file is of the form %q, and not %q", head.Format, casesFormat)
	case head.Programme != id:
		return bad(1, nil, "the cases are of the programme %s, and not of %s", head.Programme, id)
	case len(head.Editions) > maxCaseEditions:
		return bad(1, nil, "there are more than %d editions", maxCaseEditions)
	case len(head.Rules) > maxCaseRules:
		return bad(1, nil, "there are more than %d rule documents", maxCaseRules)
	}
	var rules []*programme.Rules
	for _, document := range head.Rules {
		r, err := programme.ParseRules([]byte(document))
		if err != nil {
			return bad(1, err, "a rule document can't be read")
		}
		rules = append(rules, r)
	}
	editions := map[string]*programme.Programme{}
	for _, document := range head.Editions {
		p, err := programme.Parse([]byte(document))
		if err != nil {
			return bad(1, err, "an edition can't be read")
		}
		if p.ID != id {
			return bad(1, nil, "an edition is of the programme %s, and not of %s", p.ID, id)
		}
		if !p.Resolved() {
			whole, found := p.Resolve(rules)
			if err := notWhole(p, found); err != nil {
				return bad(1, err, "an edition can't be put together with its rule documents")
			}
			p = whole
		}
		editions[p.Digest()] = p
	}
	var list []Case
	for n := 2; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if n > maxCases+1 {
			return &cairn.Error{Kind: cairn.TooLarge, Code: "cases.file", Message: fmt.Sprintf("there are more than %d cases", maxCases)}
		}
		var c Case
		if err := strictjson.Decode(line, caseLimits, &c); err != nil {
			return bad(n, err, "this is not a case")
		}
		if editions[c.Edition] == nil {
			return bad(n, nil, "the edition %s of the case is not in the first line", c.Edition)
		}
		if list = append(list, c); len(list) == trialPage {
			if err := f(editions, list); err != nil {
				return err
			}
			list = nil
		}
	}
	if err := lines.Err(); err != nil {
		return bad(0, err, "the file can't be read to its end, or has a line of more than %d bytes", maxCaseLine)
	}
	if len(list) > 0 {
		return f(editions, list)
	}
	return nil
}
