package main

import (
	"encoding/json"
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// learnerFlags name a learner and what the learner would bring along.
type learnerFlags struct {
	dataFlags
	Institution string   `arg:"" help:"Short name of the institution."`
	Learner     string   `arg:"" help:"Learner."`
	Credentials []string `help:"Folders or files with credentials from elsewhere." type:"path"`
	JSON        bool     `name:"json" help:"Print JSON."`
}

func (f learnerFlags) documents(c *console) ([][]byte, error) {
	var out [][]byte
	for _, path := range f.Credentials {
		more, err := c.readAll(path)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (c *console) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

type recogniseNextCmd struct {
	learnerFlags
	Programme string   `arg:"" help:"Programme."`
	Plan      []string `help:"Achievement that the learner plans to earn; may be repeated." placeholder:"ACHIEVEMENT"`
}

func (f recogniseNextCmd) Run(c *console) error {
	documents, err := f.documents(c)
	if err != nil {
		return err
	}
	return f.of(c, f.Institution, func(a *app.App) error {
		inst := cairn.InstitutionID(f.Institution)
		e, p, err := a.Recognise.Simulate(c.ctx, inst, cairn.LearnerID(f.Learner), cairn.ProgrammeID(f.Programme), documents...)
		if err != nil {
			return err
		}
		var plan []cairn.AchievementID
		for _, id := range f.Plan {
			plan = append(plan, cairn.AchievementID(id))
		}
		g, err := a.Recognise.Guide(c.ctx, inst, p, e.Held, plan)
		if err != nil {
			return err
		}
		if f.JSON {
			return c.printJSON(g)
		}
		w := &guideWriter{writer: &writer{w: c.out}, p: p, g: g, held: e.Held}
		w.print(e.Result)
		return w.err
	})
}

// guideWriter prints what a learner could do next.
type guideWriter struct {
	*writer
	p    *programme.Programme
	g    recognise.Guide
	held []programme.Held
}

// name is the title of an offer or of something held, by its digest.
func (w guideWriter) name(digest string) string {
	if o, ok := w.g.Offered(digest); ok {
		if o.Route == programme.Transfer {
			return o.Title + " (" + string(o.Institution) + ")"
		}
		return o.Title
	}
	for _, h := range w.held {
		if h.Digest == digest {
			return h.Title
		}
	}
	return digest
}

func (w guideWriter) print(r programme.Result) {
	unit := r.Unit
	w.printf("%s of %s %s are counted now.\n", r.Counted.Decimal(), r.Total.Decimal(), unit)
	open := 0
	for _, h := range w.held {
		if h.Blocked == programme.BlockedUndetermined || h.Blocked == programme.BlockedIdentity {
			open++
		}
	}
	if open > 0 {
		w.printf("%d credentials could not be checked, or nobody has confirmed yet whose they are; they count for nothing here.\n", open)
	}
	w.printf("\nWhat next\n")
	if w.g.Next.Complete {
		w.printf("  Nothing is missing: the programme is complete.\n")
	}
	for _, way := range w.g.Next.Requirements {
		w.printf("  %s, %s (rule %s)\n", way.Requirement, w.title(way.Requirement), way.Clause)
		w.way(way, unit)
	}
	for _, q := range r.Requirements {
		if q.Status == programme.Waiting {
			w.printf("  %s, %s (rule %s): a person must confirm it\n", q.Requirement, w.title(q.Requirement), q.Clause)
		}
	}
	if w.g.Next.Award != nil {
		w.printf("  The whole programme\n")
		w.way(*w.g.Next.Award, unit)
	}
	w.printf("\nWhat will lapse\n")
	if len(w.g.Outlook.Changes)+len(w.g.Outlook.Agreements) == 0 {
		w.printf("  Nothing that counts now has an end.\n")
	}
	for _, c := range w.g.Outlook.Changes {
		w.printf("  %s  %s %s, then %s\n", c.On, c.Before.Decimal(), unit, c.After.Decimal())
		for _, one := range c.Credentials {
			clause := ""
			for _, q := range one.Reasons {
				if q.Clause != "" {
					clause = " (rule " + q.Clause + ")"
					break
				}
			}
			w.printf("              %s: %s, then %s%s\n", w.name(one.Credential), one.Before.Decimal(), one.After.Decimal(), clause)
		}
		for _, q := range c.Requirements {
			if q.Before.Met() && !q.After.Met() {
				w.printf("              %s, %s, is open again (rule %s)\n", q.Requirement, w.title(q.Requirement), q.Clause)
			}
		}
		if !c.Proven {
			w.printf("              not proven: there were too many ways to count\n")
		}
	}
	for _, a := range w.g.Outlook.Agreements {
		verb := "ends"
		if a.Begins {
			verb = "begins"
		}
		w.printf("  %s  agreement %s %s, for what is awarded from then on\n", a.On, a.Agreement, verb)
	}
	if w.g.Outlook.Until != "" {
		w.printf("  Looked at up to %s.\n", w.g.Outlook.Until)
	}
	if t := w.g.Trial; t != nil {
		w.printf("\nWhat if (planned, not earned; nothing is decided by it)\n")
		for _, digest := range t.Planned {
			w.printf("  planned: %s\n", w.name(digest))
		}
		w.printf("  %s of %s %s would be counted.\n", t.Then.Counted.Decimal(), t.Then.Total.Decimal(), unit)
		for _, id := range t.Satisfied {
			w.printf("  %s, %s, would be complete.\n", id, w.title(id))
		}
		for _, digest := range t.Idle {
			w.printf("  %s would not count.\n", w.name(digest))
		}
		if t.Then.Complete {
			w.printf("  The programme would be complete.\n")
		}
	}
}

func (w guideWriter) title(requirement string) string {
	for _, r := range w.p.Requirements {
		if r.ID == requirement {
			title, _ := r.Title.In(w.p.Language)
			return title
		}
	}
	return requirement
}

func (w guideWriter) way(way programme.Way, unit string) {
	switch way.Answer {
	case programme.WayNone:
		w.printf("    nothing in the catalogue can complete it")
		if len(way.Lacking) > 0 {
			w.printf("; there is nothing for %s", strings.Join(way.Lacking, ", "))
		}
		w.printf("\n")
	case programme.WayUnknown:
		w.printf("    no way was found in the time of a search; ask the institution\n")
	}
	for i, set := range way.Sets {
		lead := "cheapest"
		switch {
		case i > 0:
			lead = "or"
		case !way.Proven:
			lead = "a suggestion only"
		}
		var items []string
		for _, item := range set.Items {
			text := w.name(item.Offer)
			for _, other := range item.Or {
				text += " or " + w.name(other)
			}
			if item.Grade != nil {
				text += " with " + item.Grade.Grade + " at least"
			}
			items = append(items, text)
		}
		w.printf("    %s: %s; %s %s\n", lead, strings.Join(items, " + "), set.Credits.Decimal(), unit)
	}
}

type recogniseCompareCmd struct{ learnerFlags }

func (f recogniseCompareCmd) Run(c *console) error {
	documents, err := f.documents(c)
	if err != nil {
		return err
	}
	return f.of(c, f.Institution, func(a *app.App) error {
		list, err := a.Recognise.Compare(c.ctx, cairn.InstitutionID(f.Institution), cairn.LearnerID(f.Learner), documents...)
		if err != nil {
			return err
		}
		if f.JSON {
			if list == nil {
				list = []programme.Near{}
			}
			return c.printJSON(list)
		}
		w := &writer{w: c.out}
		if len(list) == 0 {
			w.printf("%s has published no programme yet.\n", f.Institution)
		}
		for _, n := range list {
			state := n.Missing.Decimal() + " " + n.Unit + " missing (" + n.Hours.Decimal() + " hours)"
			if n.Complete {
				state = "complete"
			}
			w.printf("%-36s edition %-8s %d of %d parts, %s of %s %s; %s\n", n.Programme, n.Edition, n.Satisfied, n.Requirements, n.Counted.Decimal(), n.Total.Decimal(), n.Unit, state)
		}
		return w.err
	})
}

func (recogniseNextCmd) Help() string {
	return `LEARNER is the id that learner list shows first. What next is the cheapest way
from the catalogue of the institution, and of those of this server that the
programme names; each proposal was tried against the rules. With --plan it says
what would be, were something earned. Nothing is stored or decided.

Examples:
  cairn recognise next university LEARNER diploma-sustainable-agriculture --data demo-data
  cairn recognise next university LEARNER diploma-sustainable-agriculture --json --data demo-data`
}

func (recogniseCompareCmd) Help() string {
	return `All programmes of the institution, the one that the learner is nearest to first:
by the hours of learning that are missing, then by the parts that are.

Examples:
  cairn recognise compare university LEARNER --data demo-data
  cairn recognise compare university LEARNER --json --data demo-data`
}
