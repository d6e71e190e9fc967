package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"crypto/rand"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/durable"
	"cairn.example/internal/issue"
	"cairn.example/internal/sqlstore"
)

type institutionCmd struct {
	Add  institutionAddCmd  `cmd:"" help:"Add an institution and make its signing key."`
	List institutionListCmd `cmd:"" help:"List the institutions."`
}

// warnComposed tells which texts are composed in another form than is usual.
func (c *console) warnComposed(texts ...string) {
	for _, t := range issue.Composed(texts...) {
		fmt.Fprintln(c.err, "warning: "+issue.ComposedWarning(t))
	}
}

// inOrder lists the texts of all languages, in the order of their tags.
func inOrder(t cairn.Text) (out []string) {
	for _, l := range sortedKeys(t) {
		out = append(out, t[l])
	}
	return out
}

type institutionAddCmd struct {
	dataFlags
	ID       string   `arg:"" help:"Short name: a-z, 0-9 and -."`
	Name     []string `required:"" help:"Name in a language, such as en=Lakeside College. Repeat for more languages." sep:"none"`
	Country  string   `required:"" help:"Two letters, such as KE."`
	Language string   `default:"en" help:"Language it works in."`
	Home     string   `help:"Its public page."`
}

func (i institutionAddCmd) Run(c *console) error {
	name, err := texts(i.Name)
	if err != nil {
		return err
	}
	return i.with(c, func(a *app.App) error {
		got, err := a.Issue.CreateInstitution(c.ctx, cairn.Institution{ID: cairn.InstitutionID(i.ID), Name: name, Country: i.Country, Language: cairn.Lang(i.Language), URL: i.Home}, a.Host())
		if err != nil {
			return err
		}
		c.warnComposed(inOrder(name)...)
		_, err = fmt.Fprintln(c.out, got.DID)
		return err
	})
}

// texts reads en=… fr=… .
func texts(list []string) (cairn.Text, error) {
	out := cairn.Text{}
	for _, s := range list {
		l, text, ok := strings.Cut(s, "=")
		if !ok {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.text", Object: s, Message: "a text needs its language", Hint: "write en=Lakeside College"}
		}
		out[cairn.Lang(l)] = text
	}
	return out, nil
}

type institutionListCmd struct{ dataFlags }

func (i institutionListCmd) Run(c *console) error {
	return i.with(c, func(a *app.App) error {
		all, err := a.Issue.Institutions(c.ctx)
		if err != nil {
			return err
		}
		w := &writer{w: c.out}
		if len(all) == 0 {
			w.printf("There is no institution yet. Add one with: cairn institution add\n")
		}
		for _, i := range all {
			name, _ := i.Name.In(i.Language)
			w.printf("%-20s %s  %-40s %s\n", i.ID, i.Country, name, i.DID)
		}
		return w.err
	})
}

type achievementCmd struct {
	Add  achievementAddCmd  `cmd:"" help:"Define an achievement from a YAML file; examples/achievements has one."`
	List achievementListCmd `cmd:"" help:"List the achievements of an institution."`
}

type achievementAddCmd struct {
	dataFlags
	File string `arg:"" help:"YAML file."`
}

// achievementFile is the form of a YAML file that defines an achievement.
type achievementFile struct {
	ID          string            `yaml:"id"`
	Institution string            `yaml:"institution"`
	Version     string            `yaml:"version"`
	Type        string            `yaml:"type"`
	Name        cairn.Text        `yaml:"name"`
	Description cairn.Text        `yaml:"description"`
	Criteria    cairn.Text        `yaml:"criteria"`
	Outcomes    []cairn.Text      `yaml:"outcomes"`
	Language    string            `yaml:"language"`
	Level       *levelFile        `yaml:"level"`
	Credit      *creditFile       `yaml:"credit"`
	Workload    cairn.Credits     `yaml:"workloadHours"`
	Assessment  string            `yaml:"assessment"`
	Supervision string            `yaml:"supervision"`
	Identity    bool              `yaml:"identityChecked"`
	Takes       string            `yaml:"participation"`
	Quality     *qualityFile      `yaml:"qualityAssurance"`
	Field       string            `yaml:"field"`
	Tags        []string          `yaml:"tags"`
	Alignments  []cairn.Alignment `yaml:"alignments"`
	Image       string            `yaml:"image"` // a PNG or JPEG file beside this one
}

type levelFile struct {
	Framework string        `yaml:"framework"`
	Value     cairn.Credits `yaml:"value"`
}

type creditFile struct {
	Amount         cairn.Credits `yaml:"amount"`
	Unit           string        `yaml:"unit"`
	HoursPerCredit cairn.Credits `yaml:"hoursPerCredit"`
}

type qualityFile struct {
	Body string `yaml:"body"`
	URL  string `yaml:"url"`
}

func (f achievementFile) achievement(c *console, dir string) (cairn.Achievement, error) {
	a := cairn.Achievement{ID: cairn.AchievementID(f.ID), Institution: cairn.InstitutionID(f.Institution), Version: f.Version, Type: f.Type, Name: f.Name,
		Description: f.Description, Criteria: f.Criteria, Outcomes: f.Outcomes, Language: cairn.Lang(f.Language), WorkloadHours: f.Workload, AssessmentType: f.Assessment,
		Supervision: f.Supervision, IdentityChecked: f.Identity, Participation: f.Takes, FieldOfStudy: f.Field, Tags: f.Tags, Alignments: f.Alignments}
	if f.Level != nil {
		a.Level = &cairn.Level{Framework: f.Level.Framework, Value: f.Level.Value}
	}
	if f.Credit != nil {
		a.Credit = &cairn.CreditValue{Amount: f.Credit.Amount, Unit: f.Credit.Unit, HoursPerCredit: f.Credit.HoursPerCredit}
	}
	if f.Quality != nil {
		a.QualityAssurance = &cairn.QualityAssurance{Body: f.Quality.Body, URL: f.Quality.URL}
	}
	if f.Image == "" {
		return a, nil
	}
	media := map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}[strings.ToLower(filepath.Ext(f.Image))]
	data, err := c.read(filepath.Join(dir, f.Image))
	a.Image = &cairn.Image{MediaType: media, Data: data}
	return a, err
}

func (d achievementAddCmd) Run(c *console) error {
	var f achievementFile
	if err := c.readYAML(d.File, &f); err != nil {
		return err
	}
	achievement, err := f.achievement(c, filepath.Dir(d.File))
	if err != nil {
		return err
	}
	return d.with(c, func(a *app.App) error {
		if err := a.Issue.DefineAchievement(c.ctx, achievement); err != nil {
			return err
		}
		c.warnComposed(append(inOrder(achievement.Name), inOrder(achievement.Description)...)...)
		_, err := fmt.Fprintf(c.out, "defined %s, version %s\n", achievement.ID, achievement.Version)
		return err
	})
}

type achievementListCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
}

func (l achievementListCmd) Run(c *console) error {
	return l.of(c, l.Institution, func(a *app.App) error {
		all, err := a.Issue.Achievements(c.ctx, cairn.InstitutionID(l.Institution))
		w := &writer{w: c.out}
		if err == nil && len(all) == 0 {
			w.printf("%s has defined no achievement yet.\n", l.Institution)
		}
		for _, d := range all {
			name, _ := d.Name.In(d.Language)
			w.printf("%-16s %-40s version %s\n    %s\n", d.Type, name, d.Version, d.ID)
		}
		return firstError(err, w.err)
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type learnerCmd struct {
	Add  learnerAddCmd  `cmd:"" help:"Register a learner; only the name is needed."`
	List learnerListCmd `cmd:"" help:"Find learners by a part of a name or number."`
	Link learnerLinkCmd `cmd:"" help:"Make the private link of a learner's own page; an earlier one stops working."`
}

type learnerAddCmd struct {
	dataFlags
	Institution string   `arg:"" help:"Short name of the institution."`
	Name        string   `arg:"" help:"Full name, as the person writes it."`
	Other       []string `help:"Another spelling, script or earlier name." sep:"none"`
	Number      string   `help:"The institution's own number for the person."`
	Birth       string   `help:"Date of birth as far as it is known: 1998, 1998-05, ~1998."`
	DID         string   `help:"Identifier of the learner's wallet." name:"did"`
}

func (l learnerAddCmd) Run(c *console) error {
	birth, err := cairn.ParsePartialDate(l.Birth)
	if err != nil {
		return err
	}
	return l.with(c, func(a *app.App) error {
		got, err := a.Issue.RegisterLearner(c.ctx, cairn.Learner{Institution: cairn.InstitutionID(l.Institution), FullName: l.Name, OtherNames: l.Other, Number: l.Number, Birth: birth, DID: cairn.DID(l.DID)})
		if err != nil {
			return err
		}
		c.warnComposed(append([]string{l.Name, l.Number}, l.Other...)...)
		_, err = fmt.Fprintln(c.out, got.ID)
		return err
	})
}

type learnerListCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Search      string `arg:"" optional:"" help:"Part of a name or number."`
	After       string `help:"Start after this learner, for the next page."`
	Limit       int    `default:"50" help:"Lines of a page."`
}

func (l learnerListCmd) Run(c *console) error {
	return l.of(c, l.Institution, func(a *app.App) error {
		all, err := a.Issue.Learners(c.ctx, cairn.InstitutionID(l.Institution), l.Search, cairn.LearnerID(l.After), l.Limit)
		w := &writer{w: c.out}
		if err == nil && len(all) == 0 {
			w.printf("No learner was found.\n")
		}
		for _, p := range all {
			w.printf("%s  %-12s %s\n", p.ID, p.Number, p.FullName)
		}
		if len(all) == l.Limit {
			w.printf("There may be more: --after %s\n", all[len(all)-1].ID)
		}
		return firstError(err, w.err)
	})
}

type learnerLinkCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Learner     string `arg:"" help:"Learner."`
}

func (l learnerLinkCmd) Run(c *console) error {
	return l.with(c, func(a *app.App) error {
		token, err := a.Issue.NewStackToken(c.ctx, cairn.InstitutionID(l.Institution), cairn.LearnerID(l.Learner))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.out, l.URL+"/stack/"+token)
		return err
	})
}

type awardCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Learner     string `arg:"" help:"Learner."`
	Achievement string `arg:"" help:"Address of the achievement."`
	Key         string `required:"" help:"Your own number for this award; the same number again is the same award."`
	On          string `required:"" help:"Day of the award, such as 2026-03-31."`
	Credits     string `help:"Credit earned, when it is less than the whole."`
	Grade       string `help:"Grade."`
	By          string `default:"command line" help:"Who awards, for the record."`
	Out         string `help:"File for the credential; standard output when empty." type:"path"`
}

func (w awardCmd) Run(c *console) error {
	day, err := time.Parse("2006-01-02", w.On)
	if err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: "award.date", Field: "on", Object: w.On, Message: "this is not a day", Hint: "write 2026-03-31"}
	}
	r := issue.AwardRequest{Institution: cairn.InstitutionID(w.Institution), Learner: cairn.LearnerID(w.Learner), Achievement: cairn.AchievementID(w.Achievement),
		Key: w.Key, AwardedOn: day, Grade: w.Grade, Actor: w.By}
	if w.Credits != "" {
		credits, err := cairn.ParseCredits(w.Credits)
		if err != nil {
			return err
		}
		r.Credits = &credits
	}
	return w.with(c, func(a *app.App) error {
		got, err := a.Issue.Award(c.ctx, r)
		if err != nil {
			return err
		}
		d, err := a.Issue.Deliver(c.ctx, got)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.err, "issued %s\nclaim at %s%s until %s\n", got.ID(), w.URL, d.Path, d.Expires.Format("2006-01-02"))
		if w.Out != "" {
			return durable.Publish(durable.OS{}, w.Out, 0o644, got.Document())
		}
		_, err = c.out.Write(append(got.Document(), '\n'))
		return err
	})
}

type importCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	File        string `arg:"" help:"CSV file."`
	DryRun      bool   `help:"Check every row and change nothing."`
	SkipBad     bool   `help:"Award the good rows of a file that also has bad ones."`
	By          string `default:"command line" help:"Who awards, for the record."`
}

func (i importCmd) Run(c *console) error {
	data, err := c.read(i.File)
	if err != nil {
		return err
	}
	return i.with(c, func(a *app.App) error {
		report, err := a.Issue.Import(c.ctx, data, issue.ImportOptions{Institution: cairn.InstitutionID(i.Institution), Actor: i.By, DryRun: i.DryRun, SkipBad: i.SkipBad,
			Progress: func(r issue.ImportReport) { fmt.Fprintf(c.err, "%d of %d\n", r.Done, r.Total) }})
		w := &writer{w: c.out}
		for _, p := range report.Problems {
			w.printf("%s: %v\n", i.File, p)
		}
		for _, p := range report.Warnings {
			fmt.Fprintf(c.err, "warning: %s: %v\n", i.File, p)
		}
		if i.DryRun {
			w.printf("%d rows, %d with problems; nothing was issued (dry run)\n", report.Total, report.Failed)
		} else {
			w.printf("%d rows, %d issued, %d with problems\n", report.Total, report.Done, report.Failed)
		}
		if err == nil && report.Failed > 0 {
			err = exit(1)
		}
		return firstError(w.err, err)
	})
}

type revokeCmd struct {
	dataFlags
	Institution string `arg:"" help:"Short name of the institution."`
	Credential  string `arg:"" help:"Id of the credential (urn:uuid:…)."`
	Reason      string `required:"" help:"Why; it is recorded, not published."`
	By          string `required:"" help:"Who revokes."`
}

func (r revokeCmd) Run(c *console) error {
	return r.with(c, func(a *app.App) error {
		if err := a.Issue.Revoke(c.ctx, cairn.InstitutionID(r.Institution), cairn.CredentialID(r.Credential), r.By, r.Reason); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.out, "revoked", r.Credential)
		return err
	})
}

type checkCmd struct {
	Data string `help:"Data folder, or a copy of one." default:"cairn-data" env:"CAIRN_DATA" type:"path"`
	JSON bool   `help:"Print as JSON."`
}

func (k checkCmd) Run(c *console) error {
	if _, err := os.Stat(k.Data); err != nil {
		return &cairn.Error{Kind: cairn.NotFound, Code: "check.folder", Object: k.Data, Message: "there is no such data folder", Err: err}
	}
	report, err := sqlstore.Check(c.ctx, k.Data)
	if err != nil {
		return err
	}
	if k.JSON {
		e := json.NewEncoder(c.out)
		e.SetIndent("", "  ")
		if err := e.Encode(report); err != nil {
			return err
		}
	} else {
		w := &writer{w: c.out}
		for _, v := range report.Violations {
			w.printf("%v\n", v)
		}
		for _, n := range report.Notes {
			w.printf("note: %s\n", n)
		}
		if len(report.Violations) == 0 {
			w.printf("whole: every invariant holds (%s)\n", counts(report.Counts))
		}
		if w.err != nil {
			return w.err
		}
	}
	if len(report.Violations) > 0 {
		return exit(1)
	}
	return nil
}

func counts(m map[string]int) string {
	var out []string
	for _, k := range sortedKeys(m) {
		out = append(out, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(out, ", ")
}

type adoptCmd struct {
	Data string `help:"Data folder." default:"cairn-data" env:"CAIRN_DATA" type:"path"`
}

func (k adoptCmd) Run(c *console) error {
	db, err := sqlstore.Open(c.ctx, k.Data, rand.Reader)
	if err != nil {
		return err
	}
	defer db.Close()
	if !db.Restored {
		_, err := fmt.Fprintln(c.out, "This data folder was not restored from a copy; there is nothing to do.")
		return err
	}
	if err := db.Adopt(c.ctx, rand.Reader, c.now()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, "A new epoch has begun. New credentials get places in new status lists.")
	return err
}
