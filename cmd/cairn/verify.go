package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/docs/specs"
	"cairn.example/internal/app"
	"cairn.example/internal/fetch"
	"cairn.example/internal/paper"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/vc"
)

type verifyCmd struct {
	What      string `arg:"" optional:"" help:"File, - for standard input, or a web address. A folder, a ZIP archive, or a spreadsheet in CSV with a column credential, file or url: many at once."`
	Offline   bool   `help:"Use the bundle and nothing else; no connection is opened."`
	Bundle    string `help:"Trust bundle to use." type:"path"`
	Operator  string `help:"Who is relied on for the bundle or trust list: an identifier, or the file of its document."`
	TrustList string `help:"Signed trust list to judge issuers by." type:"path"`
	Data      string `help:"Judge issuers by the lists that this data folder follows." type:"path"`
	URL       string `help:"Public address of that server." default:"http://127.0.0.1:8080"`
	KnownKeys string `help:"Remember the keys of issuers with did:web in this file, and say when others are at their address. With --data the folder remembers them." type:"path"`
	JSON      bool   `help:"Print the report as JSON."`
	Challenge string `help:"What a presentation must answer."`
	Domain    string `help:"Whom a presentation must be made for."`
	At        string `help:"Judge for another time, such as 2026-03-01T00:00:00Z."`
	Schema    bool   `help:"Print the JSON Schema of the report that --json prints, and check nothing."`
	Sheet     string `help:"Of many: write a spreadsheet with a row and the reasons for each to this file." type:"path"`
	relyFlags
}

// Help is shown by cairn verify --help.
func (verifyCmd) Help() string {
	return `Examples:
  cairn verify diploma.json
  cairn verify certificate.pdf --offline --bundle trust.json --operator ministry.json
  cairn verify award.txt --roots authorities.pem --trust-list list.json --operator did:web:ministry.example
  cairn verify applications/ --sheet answers.csv
  cairn verify applicants.csv --sheet answers.csv --trust-list list.json --operator did:web:ministry.example
  cairn verify award.json --known-keys known-keys.json
  cairn verify --schema

Of many, the exit code is 1 when one is invalid, else 2 when one is undetermined.`
}

// Validate is asked while the command line is read.
func (v verifyCmd) Validate() error {
	if (v.What == "") != v.Schema {
		return errors.New(`expected "<what>", or --schema alone`)
	}
	return nil
}

func (v verifyCmd) Run(c *console) error {
	if v.Schema {
		_, err := c.out.Write(specs.ReportSchema)
		return err
	}
	engine, done, err := v.engine(c)
	if err != nil {
		return err
	}
	defer done()
	o := verify.Options{Challenge: v.Challenge, Domain: v.Domain}
	if v.At != "" {
		if o.At, err = vc.ParseTime(v.At); err != nil {
			return &cairn.Error{Kind: cairn.Invalid, Code: "cli.time", Object: v.At, Message: "this is not a time", Hint: "write 2026-03-01T00:00:00Z", Err: err}
		}
	}
	judge := func(ctx context.Context, data []byte) (verify.Report, error) { return judged(ctx, engine, data, o) }
	if m, err := v.many(c); m != nil || err != nil {
		if err != nil {
			return err
		}
		return m.run(c, judge)
	}
	if v.Sheet != "" {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cli.sheet", Object: v.What, Message: "--sheet is for many credentials, and this is one", Hint: "give a folder, a ZIP archive or a CSV file, or use --json"}
	}
	data, err := v.input(c)
	if err != nil {
		return err
	}
	r, err := judge(c.ctx, data)
	if err != nil {
		return err
	}
	if v.JSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else if err := printReport(c, r, ""); err != nil {
		return err
	}
	if code := r.Verdict.ExitCode(); code != 0 {
		return exit(code)
	}
	return nil
}

// judged opens a PDF or a picture first; what is in it is judged.
func judged(ctx context.Context, engine *verify.Engine, data []byte, o verify.Options) (verify.Report, error) {
	if inside, err := paper.Unwrap(data); err == nil {
		data = inside.Payload
	} else if cairn.KindOf(err) == cairn.TooLarge || strings.HasPrefix(cairn.CodeOf(err), "bake.") || !looksLikeText(data) {
		return verify.Report{}, err
	}
	return engine.Verify(ctx, data, o), nil
}

// looksLikeText tells a document that is not JSON, about which the engine has
// something to say, from a file of another kind.
func looksLikeText(data []byte) bool {
	return !bytes.HasPrefix(data, []byte("%PDF")) && !strings.HasPrefix(http.DetectContentType(data), "image/")
}

// input reads what is to be verified.
func (v verifyCmd) input(c *console) ([]byte, error) {
	if !strings.HasPrefix(v.What, "https://") && !strings.HasPrefix(v.What, "http://") {
		return c.read(v.What)
	}
	if v.Offline {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.offline", Object: v.What, Message: "a web address can't be asked with --offline", Hint: "save the credential to a file first"}
	}
	r, err := fetch.New(fetch.Options{Loopback: loopback(v.What), Now: c.now}).Get(c.ctx, v.What, maxInput)
	return r.Body, err
}

// engine builds the engine that the flags ask for.
func (v verifyCmd) engine(c *console) (*verify.Engine, func(), error) {
	nothing := func() {}
	roots, err := v.roots(c)
	if err != nil {
		return nil, nothing, err
	}
	anchors, err := v.anchors(c)
	if err != nil {
		return nil, nothing, err
	}
	if v.Bundle != "" || v.Offline {
		if v.Bundle == "" || v.Operator == "" {
			return nil, nothing, &cairn.Error{Kind: cairn.Invalid, Code: "cli.bundle", Message: "--bundle and --operator go together, and --offline needs both",
				Hint: "name the bundle and the operator whom you rely on"}
		}
		operator, doc, err := c.operator(v.Operator)
		if err != nil {
			return nil, nothing, err
		}
		data, err := c.read(v.Bundle)
		if err != nil {
			return nil, nothing, err
		}
		b, snapshot, err := trust.ReadBundle(c.ctx, data, operator, trust.Pinned(doc), c.now())
		if err != nil {
			return nil, nothing, err
		}
		e := verify.FromBundle(b, snapshot, c.now)
		e.Roots, e.Federation.Anchors = roots, anchors // without a client, so that nobody is asked
		return e, nothing, nil
	}
	if v.Data != "" {
		a, err := dataFlags{Data: v.Data, URL: v.URL, relyFlags: v.relyFlags}.open(c)
		if err != nil {
			return nil, nothing, err
		}
		return a.Verify, func() { a.Close() }, nil
	}
	online := verify.Online{Client: fetch.New(fetch.Options{Now: c.now, Loopback: loopback(v.URL)}), Now: c.now}
	config := verify.Config{Resolver: online, Status: online, Documents: online, Roots: roots, Federation: verify.Federation{Client: online.Client, Anchors: anchors}, Now: c.now}
	if v.KnownKeys != "" {
		known, err := app.OpenKnownKeys(v.KnownKeys, c.now)
		if err != nil {
			return nil, nothing, err
		}
		config.Memory = known
	}
	if v.TrustList != "" {
		snapshot, err := v.list(c, online)
		if err != nil {
			return nil, nothing, err
		}
		config.Trust = func(context.Context) (*trust.Snapshot, error) { return snapshot, nil }
	}
	return verify.New(config), nothing, nil
}

func (v verifyCmd) list(c *console, online verify.Online) (*trust.Snapshot, error) {
	if v.Operator == "" {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.trust-list", Message: "--trust-list needs --operator", Hint: "name the operator whom you rely on"}
	}
	operator, _, err := c.operator(v.Operator)
	if err != nil {
		return nil, err
	}
	data, err := c.read(v.TrustList)
	if err != nil {
		return nil, err
	}
	l, err := trust.Read(c.ctx, data, operator, online, c.now())
	return trust.NewSnapshot([]trust.List{l}), err
}

// oneLine keeps a text on its line, so that no text of others can look like a line
// of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// quoted writes a value as JSON.
func quoted(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "?" // nothing that came from JSON
	}
	return strings.TrimSpace(b.String())
}

// printReport writes a report in plain words.
func printReport(c *console, r verify.Report, indent string) error {
	w := &writer{w: c.out}
	w.printf("%s%s\n", indent, strings.ToUpper(string(r.Verdict)))
	if s := r.Shown; s != nil {
		for _, l := range []struct{ label, value string }{
			{"What", s.Title}, {"Learner", s.Learner}, {"Credit", strings.TrimSpace(s.Credits + " " + s.CreditUnit)}, {"Level", strings.TrimSpace(s.LevelFramework + " " + s.Level)},
			{"Awarded on", s.AwardedOn}, {"Grade", s.Grade}, {"Programme", s.Programme}} {
			if l.value != "" {
				w.printf("%s  %-12s %s\n", indent, l.label+":", oneLine(l.value))
			}
		}
		if len(s.Claims) > 0 {
			w.printf("%s  Disclosed, by the issuer's own names:\n", indent)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Claims)) { // quoted, so that none is taken for a line of ours
			w.printf("%s    %s: %s\n", indent, quoted(name), quoted(s.Claims[name]))
		}
		if r.Standing != nil && len(r.Standing.Name) > 0 {
			name, _ := r.Standing.Name.In("en")
			list, _ := r.Standing.ListName.In("en")
			w.printf("%s  %-12s %s (as listed by %s)\n", indent, "Issuer:", oneLine(name), oneLine(list))
		} else {
			w.printf("%s  %-12s %s, which calls itself %q\n", indent, "Issuer:", oneLine(s.Issuer), s.IssuerSays)
		}
	}
	for _, f := range r.Findings {
		age := ""
		if !f.AsOf.IsZero() {
			age = fmt.Sprintf(" (as of %s, %d days old)", f.AsOf.Format("2006-01-02"), max(0, int(r.CheckedAt.Sub(f.AsOf).Hours()/24)))
		}
		w.printf("%s  %-8s %-8s %s%s\n", indent, f.Axis, f.Outcome, oneLine(c.words().Map("verify", f.Code, f.Args)), age)
	}
	for _, n := range r.Notes {
		w.printf("%s  note:    %s\n", indent, oneLine(c.words().Map("verify", n.Code, n.Args)))
	}
	if w.err != nil {
		return w.err
	}
	for _, e := range r.Endorsements {
		if _, err := fmt.Fprintf(c.out, "%s  endorsement:\n", indent); err != nil {
			return err
		}
		if err := printReport(c, e, indent+"    "); err != nil {
			return err
		}
	}
	for _, inner := range r.Credentials {
		if err := printReport(c, inner, indent+"    "); err != nil {
			return err
		}
	}
	return nil
}
