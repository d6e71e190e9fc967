package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/durable"
	"cairn.example/internal/recognise"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/strictjson"
)

type trustCmd struct {
	Publish trustPublishCmd `cmd:"" help:"Sign a trust list as an institution of this server; examples/trust-list.yaml has one."`
	Follow  trustFollowCmd  `cmd:"" help:"Follow the signed trust list of an operator."`
	Show    trustShowCmd    `cmd:"" help:"Show the lists that are followed."`
	Keys    trustKeysCmd    `cmd:"" help:"The keys of issuers elsewhere that were seen before."`
	Bundle  trustBundleCmd  `cmd:"" help:"Write one signed file for verification without a network."`
}

type trustPublishCmd struct {
	dataFlags
	Operator string `arg:"" help:"Short name of the institution that keeps the list."`
	Name     string `arg:"" help:"Name of the list in its address."`
	File     string `arg:"" help:"YAML file with name and issuers."`
}

func (p trustPublishCmd) Run(c *console) error {
	var f struct {
		Name    cairn.Text     `yaml:"name"`
		Issuers []trust.Issuer `yaml:"issuers"`
	}
	if err := c.readYAML(p.File, &f); err != nil {
		return err
	}
	return p.with(c, func(a *app.App) error {
		op := cairn.InstitutionID(p.Operator)
		l, _, err := a.PublishTrustList(c.ctx, op, trust.List{ID: a.TrustListURL(op, p.Name), Name: f.Name, Issuers: f.Issuers})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "published %s, version %d, %d issuers\n", l.ID, l.Version, len(l.Issuers))
		return err
	})
}

type trustFollowCmd struct {
	dataFlags
	File     string `arg:"" help:"Signed trust list."`
	Operator string `required:"" help:"Identifier of the operator whom you rely on."`
}

func (f trustFollowCmd) Run(c *console) error {
	data, err := c.read(f.File)
	if err != nil {
		return err
	}
	return f.with(c, func(a *app.App) error {
		l, err := a.Trust.Follow(c.ctx, data, cairn.DID(f.Operator))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "following %s, version %d\n", l.ID, l.Version)
		return err
	})
}

type trustShowCmd struct{ dataFlags }

func (f trustShowCmd) Run(c *console) error {
	return f.with(c, func(a *app.App) error {
		s, err := a.Trust.Snapshot(c.ctx)
		if err != nil {
			return err
		}
		w := &writer{w: c.out}
		if len(s.Lists())+len(s.Broken()) == 0 {
			w.printf("No trust list is followed, so no issuer is recognised.\n")
		}
		for _, l := range s.Broken() {
			w.printf("%s, by %s: could not be checked now, so it recognises nobody (%v)\n", l.ID, l.Operator, l.Err)
		}
		for _, l := range s.Lists() {
			name, _ := l.Name.In("en")
			w.printf("%s, version %d, by %s, until %s\n", name, l.Version, l.Operator, l.ValidUntil.Format("2006-01-02"))
			for _, e := range l.Issuers {
				name, _ := e.Name.In("en")
				w.printf("  %-40s %s %s\n", name, e.Country, e.DID)
				for _, s := range e.Scopes {
					w.printf("    from %s until %-10s %s; fields %s; %s\n", s.From, s.Until, strings.Join(s.Types, ", "), strings.Join(s.Fields, ", "), s.Authority)
				}
			}
		}
		return w.err
	})
}

type trustBundleCmd struct {
	dataFlags
	Operator string `arg:"" help:"Short name of the institution that signs the bundle."`
	Out      string `arg:"" help:"File to write."`
}

func (f trustBundleCmd) Run(c *console) error {
	return f.with(c, func(a *app.App) error {
		b, err := a.Bundle(c.ctx, cairn.InstitutionID(f.Operator))
		if err != nil {
			return err
		}
		if err := durable.Publish(durable.OS{}, f.Out, 0o644, b); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "%s: %d bytes\n", f.Out, len(b))
		return err
	})
}

type recogniseCmd struct {
	Replay      recogniseReplayCmd      `cmd:"" default:"withargs" help:"Work a decision out again, byte for byte: cairn recognise --replay DECISION."`
	Queue       recogniseQueueCmd       `cmd:"" help:"List applications."`
	Run         recogniseRunCmd         `cmd:"" help:"What needs no person: applications go on, and every learner's standing is worked out anew where something has changed. For every night."`
	Decide      recogniseDecideCmd      `cmd:"" help:"Decide an application."`
	Countersign recogniseCountersignCmd `cmd:"" help:"Sign a decision as the second person, or undo it."`
	Next        recogniseNextCmd        `cmd:"" help:"What a learner could earn next for a programme, what will lapse, and what if."`
	Compare     recogniseCompareCmd     `cmd:"" help:"Which programme a learner is nearest to."`
	Ledger      recogniseLedgerCmd      `cmd:"" help:"What credit was used for what."`
}

type recogniseReplayCmd struct {
	Replay      string   `required:"" help:"Signed decision." placeholder:"DECISION" type:"path"`
	Programme   string   `required:"" help:"Programme document that was applied." type:"path"`
	Credentials []string `required:"" help:"Folders or files with the credentials; a presentation or transcript counts as what it contains." type:"path"`
	Rules       []string `help:"Rule documents that the programme uses: files, or folders of YAML files." type:"path" placeholder:"PATH"`
}

func (f recogniseReplayCmd) Run(c *console) error {
	decision, err := c.read(f.Replay)
	if err != nil {
		return err
	}
	document, err := c.read(f.Programme)
	if err != nil {
		return err
	}
	var credentials [][]byte
	for _, path := range f.Credentials {
		more, err := c.readAll(path)
		if err != nil {
			return err
		}
		credentials = append(credentials, more...)
	}
	documents, err := c.ruleDocuments(f.Rules)
	if err != nil {
		return err
	}
	var rules [][]byte
	for _, d := range documents {
		rules = append(rules, d.Source())
	}
	r, err := recognise.Replay(decision, document, credentials, rules...)
	if err != nil {
		return err
	}
	w := &writer{w: c.out}
	switch {
	case len(r.Missing) > 0:
		w.printf("%d credentials are missing; nothing was compared:\n", len(r.Missing))
		for _, m := range r.Missing {
			w.printf("  %s\n", m)
		}
		return firstError(w.err, exit(verify.Undetermined.ExitCode()))
	case !r.Same:
		w.printf("NOT the same: %s\n", r.Difference)
		return firstError(w.err, exit(verify.Invalid.ExitCode()))
	}
	w.printf("the same, byte for byte: %s of %s %s, decided by %s on %s\n", r.Record.Result.Counted, r.Record.Result.Total, r.Record.Result.Unit, r.Record.Decision.By, r.Record.Decision.At)
	w.printf("(whether the signature is good is a question for: cairn verify)\n")
	return w.err
}

// readAll reads the credentials in a file, or in the .json files of a folder.
func (c *console) readAll(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: path, Message: "there is no such file or folder", Err: err}
	}
	if !info.IsDir() {
		b, err := c.read(path)
		if err != nil {
			return nil, err
		}
		return contained(b)
	}
	names, err := filepath.Glob(filepath.Join(path, "*.json"))
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, n := range names {
		b, err := c.read(n)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// contained returns a document, or the documents inside a presentation or
// transcript.
func contained(b []byte) ([][]byte, error) {
	tree, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	return recognise.Contained(tree)
}

type recogniseQueueCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	State       string `help:"Only in this state: draft, submitted, evaluated, countersigning, decided, reserved, awarded, delivered or withdrawn." enum:",draft,submitted,evaluated,countersigning,decided,reserved,awarded,delivered,withdrawn" default:""`
	Search      string `help:"Part of a learner's name."`
	After       string `help:"Start after this application."`
	Limit       int    `default:"50" help:"Lines of a page."`
}

func (f recogniseQueueCmd) Run(c *console) error {
	return f.of(c, f.Institution, func(a *app.App) error {
		list, err := a.Recognise.Queue(c.ctx, cairn.InstitutionID(f.Institution), recognise.Filter{State: recognise.State(f.State), Search: f.Search, After: cairn.ApplicationID(f.After), Limit: f.Limit})
		w := &writer{w: c.out}
		if err == nil && len(list) == 0 {
			w.printf("No application was found.\n")
		}
		for _, s := range list {
			note := ""
			if s.Appeal != "" {
				note = "  appeal against " + string(s.Appeal)
			}
			if s.Due != "" {
				note += ", to be decided by " + s.Due
			}
			w.printf("%s  %s  %-10s %-30s %2d credentials, %d wait for a person  %s%s\n", s.ID, s.Since.Format("2006-01-02"), s.State, s.LearnerName, s.Items, s.Waiting, s.Programme, note)
		}
		return firstError(err, w.err)
	})
}

// advanced goes on with an application and says how far it came.
func advanced(c *console, a *app.App, inst cairn.InstitutionID, id cairn.ApplicationID) error {
	done, err := a.Recognise.Advance(c.ctx, inst, id)
	if err != nil {
		return err
	}
	w := &writer{w: c.out}
	w.printf("%s is %s\n", id, done.State)
	if done.State == recognise.Countersigning {
		w.printf("  another registrar must sign: cairn recognise countersign\n")
	}
	for _, d := range done.Deliveries {
		w.printf("  %-12s %s\n", d.Kind, d.Credential)
	}
	return w.err
}

type recogniseCountersignCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Application string `arg:"" help:"Application."`
	By          string `required:"" help:"Who signs: another person than the one who decided."`
	Role        string `default:"registrar" help:"In which role."`
	Reason      string `required:"" help:"Why; it stands in the decision."`
	Undo        bool   `help:"Undo the decision, so that it is decided anew."`
}

func (f recogniseCountersignCmd) Run(c *console) error {
	return f.with(c, func(a *app.App) error {
		inst, id := cairn.InstitutionID(f.Institution), cairn.ApplicationID(f.Application)
		now, err := a.Recognise.Application(c.ctx, inst, id)
		if err != nil {
			return err
		}
		if _, err := a.Recognise.Countersign(c.ctx, recognise.CountersignRequest{Institution: inst, Application: id, Revision: now.Revision, Agree: !f.Undo, By: cairn.StaffID(f.By), Role: f.Role, Reason: f.Reason}); err != nil {
			return err
		}
		return advanced(c, a, inst, id)
	})
}

type recogniseDecideCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Application string `arg:"" help:"Application."`
	Outcome     string `arg:"" enum:"accept,refuse,return,uphold" help:"accept, refuse, return, or uphold on an appeal."`
	Original    string `help:"The decision that an appeal is against, by its id."`
	By          string `required:"" help:"Who decides."`
	Reason      string `required:"" help:"Why; the learner reads it."`
}

func (f recogniseDecideCmd) Run(c *console) error {
	return f.with(c, func(a *app.App) error {
		inst, id := cairn.InstitutionID(f.Institution), cairn.ApplicationID(f.Application)
		now, err := a.Recognise.Application(c.ctx, inst, id)
		if err != nil {
			return err
		}
		if _, err := a.Recognise.Decide(c.ctx, recognise.DecideRequest{Institution: inst, Application: id, Revision: now.Revision,
			Outcome: recognise.Outcome(f.Outcome), Original: cairn.CredentialID(f.Original), By: cairn.StaffID(f.By), Role: "registrar", Reason: f.Reason}); err != nil {
			return err
		}
		return advanced(c, a, inst, id)
	})
}
