package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// againstPast stands for the past cases of the data folder.
const againstPast = "past"

type programmeTestCmd struct {
	dataFlags
	File        string   `arg:"" help:"The draft, as YAML or JSON."`
	Institution string   `help:"Short name of the institution whose past cases are meant."`
	Against     []string `help:"past, for the cases in the data folder, or files that programme cases wrote; may be repeated." default:"past"`
	With        []string `help:"Rule documents that the draft uses and that are not kept yet: files, or folders of YAML files." type:"path" placeholder:"PATH"`
	Anonymous   bool     `help:"Number the cases, and name nobody."`
	All         bool     `help:"Print the cases that stay the same too."`
	JSON        bool     `name:"json" help:"Print JSON."`
	FailOn      string   `help:"Exit code 1 when somebody would lose something, at any difference, or never: lose, any or never." enum:"lose,any,never" default:"lose"`
}

func (programmeTestCmd) Help() string {
	return `Works out every past case of the programme under the edition that applied to it and
under the draft, as of the day of the case, with what persons had confirmed, and says
whose result would differ and why. Past cases are the applications that were
evaluated, and the standings of learners who have none (recognise run makes them).
Nothing is stored or published.

Exit codes: 0 nobody would lose anything (see --fail-on), 1 somebody would, or the draft
can't be accepted, 3 not done.

Examples:
  cairn programme test demo-artefacts/programme.yaml --institution university --data demo-data
  cairn programme test demo-artefacts/programme.yaml --institution university --anonymous --json --data demo-data`
}

func (f programmeTestCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	draft, err := programme.Parse(b)
	if err != nil {
		if programme.ProblemsOf(err) != nil {
			return programmeCheckCmd{File: f.File}.Run(c)
		}
		return err
	}
	whole, found, err := c.whole(draft, f.With)
	if err != nil {
		return err
	}
	if whole == nil {
		return firstError(c.findings(f.File, found), judgement(found))
	}
	draft = whole
	w := &trialWriter{writer: &writer{w: c.out}, draft: draft, all: f.All, json: f.JSON}
	var sum recognise.TrialSum
	took := func(list []recognise.Tried) error {
		for _, t := range list {
			sum.Add(t)
			if f.Anonymous {
				t.Name = ""
			}
			w.tried(t)
		}
		return w.err
	}
	w.begin()
	if slices.Contains(f.Against, againstPast) {
		if f.Institution == "" {
			return &cairn.Error{Kind: cairn.Invalid, Code: "cli.institution", Field: "institution", Message: "past cases are of an institution", Hint: "name it with --institution, or a file of cases with --against"}
		}
		if err := f.of(c, f.Institution, func(a *app.App) error {
			_, _, err := a.Recognise.TryPast(c.ctx, cairn.InstitutionID(f.Institution), draft, recognise.PastOptions{Anonymous: f.Anonymous}, took)
			return err
		}); err != nil {
			return err
		}
	}
	for _, name := range f.Against {
		if name == againstPast {
			continue
		}
		if err := f.file(c, draft, name, took); err != nil {
			return err
		}
	}
	w.end(sum)
	if w.err != nil {
		return w.err
	}
	if f.FailOn == failLose && sum.Loses+sum.Untried > 0 || f.FailOn == failAny && sum.Same < sum.Cases {
		return exit(1)
	}
	return nil
}

func (f programmeTestCmd) file(c *console, draft *programme.Programme, name string, took func([]recognise.Tried) error) error {
	file, err := os.Open(name)
	if err != nil {
		return &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: name, Message: "the file can't be read", Err: err}
	}
	defer file.Close()
	return recognise.ReadCases(file, draft.ID, func(editions map[string]*programme.Programme, list []recognise.Case) error {
		tried, err := recognise.TryAll(c.ctx, draft, list, func(digest string) (*programme.Programme, error) { return editions[digest], nil })
		if err != nil {
			return err
		}
		return took(tried)
	})
}

// trialWriter prints what became of cases, as words or as JSON.
type trialWriter struct {
	*writer
	draft     *programme.Programme
	all, json bool
	printed   int
}

func (w *trialWriter) begin() {
	if w.json {
		w.printf(`{"programme": %q, "edition": %q, "digest": %q, "cases": [`, w.draft.ID, w.draft.Edition, w.draft.Digest())
	}
}

func (w *trialWriter) tried(t recognise.Tried) {
	if t.Effect == programme.Same && !w.all {
		return
	}
	w.printed++
	if w.json {
		b, err := json.Marshal(t)
		w.err = firstError(w.err, err)
		if w.printed > 1 {
			w.printf(",")
		}
		w.printf("\n  %s", b)
		return
	}
	who := t.Source + " " + t.ID
	if t.Name != "" {
		who = t.Name + ", " + who
	}
	if t.Outcome != "" {
		who += " (" + string(t.Outcome) + ")"
	}
	if t.Fault != "" {
		w.printf("%s of %s could not be tried: %s\n", who, t.At, t.Fault)
		return
	}
	d := t.Detail
	state := ""
	switch {
	case d.Completed && !d.Completes:
		state = ", no longer complete"
	case !d.Completed && d.Completes:
		state = ", complete"
	case d.Completes:
		state = ", complete as before"
	}
	w.printf("%s: %s of %s: %s → %s%s\n", t.Effect, who, t.At, d.Before.Decimal(), d.After.Decimal(), state)
	for _, r := range d.Requirements {
		w.printf("    %s, %s (rule %s): %s\n", r.Requirement, w.title(r.Requirement), r.Clause, requirementChange(r))
	}
	for _, k := range d.Credentials {
		title := t.Titles[k.Credential]
		if title == "" {
			title = k.Credential
		}
		w.printf("    %q: %s → %s%s\n", title, k.Before.Decimal(), k.After.Decimal(), reasonsText(k))
	}
	for _, id := range t.Unknown {
		w.printf("    what a person said of %s has no place in the draft\n", id)
	}
	if !d.Proven {
		w.printf("    not proven: there were too many ways to count\n")
	}
}

func requirementChange(r programme.RequirementDifference) string {
	side := func(s programme.Status, have, need cairn.Credits) string {
		if s == "" {
			return "not there"
		}
		return fmt.Sprintf("%s, %s of %s", s, have.Decimal(), need.Decimal())
	}
	return side(r.Before, r.Had, r.Needed) + " → " + side(r.After, r.Has, r.Needs)
}

func reasonsText(k programme.CredentialDifference) string {
	list := func(word string, all []programme.Reason) string {
		var out []string
		for _, r := range all {
			text := r.Code
			if r.Requirement != "" {
				text += " " + r.Requirement
			}
			if r.Clause != "" {
				text += " (rule " + r.Clause + ")"
			}
			out = append(out, text)
		}
		if len(out) == 0 {
			return ""
		}
		return "; " + word + ": " + strings.Join(out, ", ")
	}
	return list("now", k.New) + list("no longer", k.Gone)
}

func (w *trialWriter) title(requirement string) string {
	for _, r := range w.draft.Requirements {
		if r.ID == requirement {
			title, _ := r.Title.In(w.draft.Language)
			return title
		}
	}
	return "not in the draft"
}

func (w *trialWriter) end(sum recognise.TrialSum) {
	if w.json {
		b, err := json.Marshal(sum)
		w.err = firstError(w.err, err)
		w.printf("\n], \"summary\": %s}\n", b)
		return
	}
	if sum.Cases == 0 {
		w.printf("There is no past case of %s yet: nobody has applied for it, and no run has looked at its learners (recognise run).\n", w.draft.ID)
		return
	}
	w.printf("%d cases of %s under the draft %s: %d the same, %d lose, %d gain, %d differ otherwise; %d would become complete, %d would no longer be\n",
		sum.Cases, w.draft.ID, w.draft.Edition, sum.Same, sum.Loses, sum.Gains, sum.Differs, sum.Completes, sum.Undone)
	if sum.Unproven > 0 {
		w.printf("%d of them are not proven to be the best way to count\n", sum.Unproven)
	}
	if sum.Untried > 0 {
		w.printf("%d could not be tried\n", sum.Untried)
	}
}

type programmeCasesCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Programme   string `arg:"" help:"Programme."`
	Out         string `arg:"" help:"File to write." type:"path"`
	Names       bool   `help:"Leave in who the cases are about."`
}

func (programmeCasesCmd) Help() string {
	return `Writes the past cases of a programme, with the editions that applied to them, for
programme test --against FILE on a machine without the data folder. Who they are about
is left out unless --names is given; what was learned stays, so the file is still of
persons and not for everybody.

Examples:
  cairn programme cases university diploma-sustainable-agriculture cases.jsonl --data demo-data
  cairn programme test demo-artefacts/programme.yaml --against cases.jsonl`
}

func (f programmeCasesCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		inst, id := cairn.InstitutionID(f.Institution), cairn.ProgrammeID(f.Programme)
		editions, err := a.Recognise.Editions(c.ctx, inst, id)
		if err != nil {
			return err
		}
		if len(editions) == 0 {
			return &cairn.Error{Kind: cairn.NotFound, Code: "programme.not-found", Object: string(id), Message: "there is no such programme"}
		}
		rules, err := a.Recognise.RulesOf(c.ctx, editions)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(f.Out, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return &cairn.Error{Kind: cairn.Unavailable, Code: "cli.file", Object: f.Out, Message: "the file can't be written", Err: err}
		}
		write, err := recognise.WriteCases(file, id, editions, rules...)
		n := 0
		if err == nil {
			n, _, err = a.Recognise.Past(c.ctx, inst, id, recognise.PastOptions{Anonymous: !f.Names}, write)
		}
		if err := firstError(err, file.Close()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "%s: %d cases\n", f.Out, n)
		return err
	})
}
