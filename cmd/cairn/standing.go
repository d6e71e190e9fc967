package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// shownChanges bounds the changes that are printed; a report has all of them.
const shownChanges = 40

// Names of --fail-on.
const (
	failNever = "never"
	failAny   = "any"
	failLose  = "lose"
)

type recogniseRunCmd struct {
	dataFlags
	Institution string `help:"Only the learners of this institution."`
	Programme   string `help:"Only this programme of the institution."`
	All         bool   `help:"Work everything out anew, also where nothing has changed."`
	Resume      bool   `help:"Go on with a run that was killed or stopped, where it was."`
	DryRun      bool   `help:"Say what would be different, and store nothing."`
	Report      string `help:"Write every change to this file: .csv or .json." type:"path"`
	JSON        bool   `name:"json" help:"Print the runs and every change as JSON."`
	FailOn      string `help:"Exit code 1 when somebody loses something, or at any change: lose, any or never." enum:"lose,any,never" default:"never"`
	Quiet       bool   `help:"Do not tell the progress."`
}

func (recogniseRunCmd) Help() string {
	return `Applications whose next step needs no person go on first. Then it is worked out how
far each learner is in each programme, for those whose credentials, applications or
rules have changed and for whom a day has come on which something lapses. What is
different is told with its reasons: learners by their id, never by name. A run that
was killed loses at most the page that it was at: --resume goes on there. To let a
server do this every night: cairn serve --nightly 02:00.

Exit codes: 0 done, 1 done and --fail-on applies, 3 not done.

Examples:
  cairn recognise run --data demo-data
  cairn recognise run --institution university --all --dry-run --json --data demo-data
  cairn recognise run --resume --report changes.csv --fail-on lose --data demo-data`
}

func (f recogniseRunCmd) Run(c *console) error {
	if f.Programme != "" && f.Institution == "" {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cli.institution", Field: "institution", Message: "a programme is of an institution", Hint: "name it with --institution"}
	}
	return f.with(c, func(a *app.App) error {
		institutions := []cairn.InstitutionID{cairn.InstitutionID(f.Institution)}
		if f.Institution == "" {
			all, err := a.Issue.Institutions(c.ctx)
			if err != nil {
				return err
			}
			institutions = nil
			for _, i := range all {
				institutions = append(institutions, i.ID)
			}
		}
		w := &writer{w: c.out}
		if !f.DryRun && f.Programme == "" {
			n, err := a.Recognise.Run(c.ctx)
			if err != nil {
				return err
			}
			if !f.JSON {
				w.printf("%d applications were taken on\n", n)
			}
		}
		report, err := f.report(c, w)
		if err != nil {
			return err
		}
		for _, inst := range institutions {
			if err := f.institution(c, a, inst, report); err != nil {
				return firstError(report.close(), err) // what was found until then is written
			}
		}
		if err := firstError(report.close(), w.err); err != nil {
			return err
		}
		if f.FailOn == failAny && report.changed > 0 || f.FailOn == failLose && report.lost > 0 {
			return exit(1)
		}
		return nil
	})
}

func (f recogniseRunCmd) institution(c *console, a *app.App, inst cairn.InstitutionID, report *changeReport) error {
	p := &progress{c: c, quiet: f.Quiet, inst: inst}
	o := recognise.RunOptions{Programme: cairn.ProgrammeID(f.Programme), All: f.All, Resume: f.Resume, DryRun: f.DryRun, Progress: p.told}
	report.institution = inst
	if f.DryRun {
		o.Found = report.change
	}
	r, err := a.Recognise.RunStandings(c.ctx, inst, o)
	p.end()
	if err != nil {
		if r.Learners > 0 && !f.DryRun {
			return fmt.Errorf("%w; %d of %d learners of %s are done: go on with --resume", err, r.Learners, r.Total, inst)
		}
		return err
	}
	if !f.DryRun { // a run that was resumed has found things before this program began
		for after := ""; ; {
			list, err := a.Recognise.Changes(c.ctx, inst, r.ID, recognise.ChangeFilter{After: after, Limit: 1000})
			if err != nil {
				return err
			}
			for _, one := range list {
				after = one.Key
				if err := report.change(one.StandingChange); err != nil {
					return err
				}
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	return report.run(r)
}

// progress tells how far a run is on the error output, every two seconds.
type progress struct {
	c       *console
	quiet   bool
	inst    cairn.InstitutionID
	began   time.Time
	last    time.Time
	first   int // learners that were done when it began
	written bool
}

const progressEvery = 2 * time.Second

func (p *progress) told(r recognise.StandingRun) {
	now := p.c.now()
	if p.began.IsZero() {
		p.began, p.last, p.first = now, now, r.Learners
		return
	}
	if p.quiet || now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	p.written = true
	rate := float64(r.Learners-p.first) / now.Sub(p.began).Seconds()
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(max(0, r.Total-r.Learners)) / rate * float64(time.Second)).Round(time.Second).String()
	}
	fmt.Fprintf(p.c.err, "%s: %d of %d learners, %.0f a second, %s left; %d changes\n", p.inst, r.Learners, r.Total, rate, left, r.Changed)
}

func (p *progress) end() {
	if p.written {
		fmt.Fprintf(p.c.err, "%s: done\n", p.inst)
	}
}

// changeReport writes changes as they come, so that a million of them need no memory.
type changeReport struct {
	institution   cairn.InstitutionID
	table         *writer // nil when JSON is printed
	shown         int     // of the institution that it is at
	changed, lost int
	each          []func(recognise.StandingChange) error
	runs          []func(recognise.StandingRun) error
	ends          []func() error
}

func (f recogniseRunCmd) report(c *console, w *writer) (*changeReport, error) {
	r := &changeReport{table: w}
	if f.JSON {
		r.table = nil
		r.json(c.out)
	}
	if f.Report == "" {
		return r, nil
	}
	extension := strings.ToLower(filepath.Ext(f.Report))
	if extension != ".csv" && extension != ".json" {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.report", Object: f.Report, Message: "a report is a .csv or a .json file"}
	}
	file, err := os.OpenFile(f.Report, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "cli.report", Object: f.Report, Message: "the report can't be written", Err: err}
	}
	if extension == ".csv" {
		r.csv(file)
	} else {
		r.json(file)
	}
	r.ends = append(r.ends, file.Close)
	return r, nil
}

// json writes {"changes": [...], "runs": [...]}.
func (r *changeReport) json(out io.Writer) {
	w := &writer{w: out}
	var runs []recognise.StandingRun
	n := 0
	w.printf(`{"changes": [`)
	r.each = append(r.each, func(c recognise.StandingChange) error {
		b, err := json.Marshal(struct {
			Institution cairn.InstitutionID `json:"institution"`
			recognise.StandingChange
		}{r.institution, c})
		if err != nil {
			return err
		}
		comma := ","
		if n == 0 {
			comma = ""
		}
		n++
		w.printf("%s\n  %s", comma, b)
		return w.err
	})
	r.runs = append(r.runs, func(one recognise.StandingRun) error { runs = append(runs, one); return nil })
	r.ends = append(r.ends, func() error {
		b, err := json.Marshal(runs)
		if runs == nil {
			b = []byte("[]")
		}
		w.printf("\n], \"runs\": %s}\n", b)
		return firstError(err, w.err)
	})
}

func (r *changeReport) csv(out io.Writer) {
	w := csv.NewWriter(out)
	err := w.Write([]string{"institution", "learner", "programme", "effect", "counted_before", "counted_after", "complete_before", "complete_after", "edition_before", "edition_after", "why"})
	r.each = append(r.each, func(c recognise.StandingChange) error {
		if err != nil {
			return err
		}
		return w.Write([]string{string(r.institution), string(c.Learner), string(c.Programme), string(c.Effect), c.Before.Counted.Decimal(), c.After.Counted.Decimal(),
			fmt.Sprint(c.Before.Complete), fmt.Sprint(c.After.Complete), c.Before.Edition, c.After.Edition, whyText(c.Why)})
	})
	r.ends = append(r.ends, func() error { w.Flush(); return firstError(err, w.Error()) })
}

func (r *changeReport) change(c recognise.StandingChange) error {
	r.changed++
	if c.Effect == programme.Loses {
		r.lost++
	}
	for _, f := range r.each {
		if err := f(c); err != nil {
			return err
		}
	}
	if r.table == nil {
		return nil
	}
	if r.shown++; r.shown > shownChanges {
		return nil
	}
	w := r.table
	state := ""
	switch {
	case c.After.Complete && !c.Before.Complete:
		state = ", now complete"
	case c.Before.Complete && !c.After.Complete:
		state = ", no longer complete"
	}
	w.printf("  %s  %-30s %s → %s%s (%s)\n", c.Learner, c.Programme, c.Before.Counted.Decimal(), c.After.Counted.Decimal(), state, whyText(c.Why))
	return w.err
}

func (r *changeReport) run(one recognise.StandingRun) error {
	for _, f := range r.runs {
		if err := f(one); err != nil {
			return err
		}
	}
	if w := r.table; w != nil {
		if r.shown > shownChanges {
			w.printf("  … and %d more; --report FILE.csv has all\n", r.shown-shownChanges)
		}
		w.printf("%s: %d learners, %d of them unchanged; %d results worked out, %d for the first time, %d different; %d credentials verified\n",
			r.institution, one.Learners, one.Unchanged, one.Evaluated, one.First, one.Changed, one.Verified)
		if one.Later > 0 {
			w.printf("%s: %d learners changed while they were looked at; the next run takes them\n", r.institution, one.Later)
		}
		r.shown = 0
		return w.err
	}
	return nil
}

func (r *changeReport) close() error {
	var first error
	for _, f := range r.ends {
		first = firstError(first, f())
	}
	return first
}

// whyText says causes in one line. Titles are what issuers wrote: they stand in quotes,
// so that none begins a cell of a spreadsheet.
func whyText(list []recognise.Cause) string {
	var out []string
	for _, w := range list {
		text := w.Code
		if w.Requirement != "" {
			text += " " + w.Requirement
		}
		if w.Title != "" {
			text += fmt.Sprintf(" %q", w.Title)
		}
		if w.Clause != "" {
			text += " (rule " + w.Clause + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}
