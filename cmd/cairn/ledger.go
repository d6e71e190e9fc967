package main

import (
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/recognise"
)

type recogniseLedgerCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Learner     string `help:"Only of this learner, by the id that learner list shows first."`
	Programme   string `help:"Only what was used for this programme."`
	Search      string `help:"Part of a credential's id, of a learner's name or number, or of a programme's id."`
	After       string `help:"Start after the line with this key; the end of a full page names it."`
	Limit       int    `default:"50" help:"Lines of a page, at most 100."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

func (f recogniseLedgerCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		if f.Limit < 1 || f.Limit > 100 {
			return &cairn.Error{Kind: cairn.Invalid, Code: "cli.limit", Field: "limit", Message: "a page has 1 to 100 lines"}
		}
		list, err := a.Recognise.Ledger(c.ctx, cairn.InstitutionID(f.Institution), recognise.LedgerFilter{Learner: cairn.LearnerID(f.Learner), Programme: cairn.ProgrammeID(f.Programme),
			Search: f.Search, After: f.After, Limit: f.Limit})
		if err != nil {
			return err
		}
		if f.JSON {
			if list == nil {
				list = []recognise.Spending{}
			}
			return c.printJSON(list)
		}
		w := &writer{w: c.out}
		if len(list) == 0 {
			w.printf("Nothing was found that was used for an award.\n")
		}
		for _, s := range list {
			var places []string
			for _, l := range s.Lines {
				place := strings.TrimSuffix(l.Requirement+"/"+l.Slot, "/")
				if l.Shared {
					place += " (shared)"
				}
				places = append(places, place)
			}
			w.printf("%s  %-28s %q, %s %s, for %s edition %s: %s\n", s.At.Format("2006-01-02"), s.LearnerName, s.Title, s.Credits.Decimal(), s.Unit, s.Programme, s.Edition, strings.Join(places, ", "))
			w.printf("            %s by %s\n            application %s, decision %s by %s\n", s.Credential, s.Issuer, s.Application, orDash(string(s.Decision)), s.DecidedBy)
		}
		if len(list) == f.Limit {
			w.printf("The next page, if there is one: --after %s\n", list[len(list)-1].Key)
		}
		return w.err
	})
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (recogniseLedgerCmd) Help() string {
	return `What credit was used for what, the newest first: the credential, how much of it and
where in the programme, the application and the signed decision. The credit of a
credential is used once.

Examples:
  cairn recognise ledger university --data demo-data
  cairn recognise ledger university --search Amina --json --data demo-data`
}
