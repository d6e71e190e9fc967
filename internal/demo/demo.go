// Package demo plays the whole story on a running system: a ministry, a college,
// a training provider and a university in different countries; a learner whose
// scattered micro-credentials become a diploma and a transcript. Everything goes
// through the same use cases as in real life, and every artefact is written to a
// folder, so that other programs can check it.
//
// Play is the one function that callers need.
package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/app"
	"cairn.example/internal/durable"
	"cairn.example/internal/hold"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

// Passphrase protects the demo wallet. It is no secret: the wallet is an example.
const Passphrase = "stones on a path"

// walletWork keeps the demo quick; a real wallet takes the default.
const walletWork = 12

// Story is what Play leaves behind.
type Story struct {
	Institutions map[cairn.InstitutionID]cairn.DID
	Learner      cairn.LearnerID // at the university
	StackToken   string          // of the learner's own page there
	Application  cairn.ApplicationID
	Waiting      cairn.ApplicationID // waits for a registrar
	Registrar    cairn.StaffID       // signs in with RegistrarPassword
	ClaimCode    string              // not used yet
	Bundle       []byte
	Operator     cairn.DID
	Files        []string
}

// player keeps the thread of the story.
type player struct {
	*app.App
	ctx      context.Context
	out      string
	say      io.Writer
	story    Story
	wallet   *hold.Wallet
	learners map[cairn.InstitutionID]cairn.LearnerID
	issued   map[string]issue.Issued // by slug of the module
	chapter  int
}

// Play tells the story on an empty system and writes its artefacts below out.
func Play(ctx context.Context, a *app.App, out string, narration io.Writer) (Story, error) {
	p := &player{App: a, ctx: ctx, out: out, say: narration, learners: map[cairn.InstitutionID]cairn.LearnerID{}, issued: map[string]issue.Issued{}}
	p.story.Institutions = map[cairn.InstitutionID]cairn.DID{}
	for _, dir := range []string{out, filepath.Join(out, "credentials")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return p.story, err
		}
	}
	for _, step := range []func() error{p.network, p.trust, p.workshop, p.scattered, p.checks, p.first, p.capstone, p.printed, p.offline, p.desk} {
		if err := step(); err != nil {
			return p.story, err
		}
	}
	if p.wallet != nil {
		if err := p.wallet.Close(); err != nil {
			return p.story, err
		}
	}
	return p.story, nil
}

func (p *player) title(text string) {
	p.chapter++
	fmt.Fprintf(p.say, "\n%d. %s\n", p.chapter, text)
}

func (p *player) tell(format string, args ...any) { fmt.Fprintf(p.say, "   "+format+"\n", args...) }

func (p *player) write(name string, data []byte) error {
	if err := durable.Publish(durable.OS{}, filepath.Join(p.out, name), 0o644, data); err != nil {
		return err
	}
	p.story.Files = append(p.story.Files, name)
	return nil
}

func (p *player) network() error {
	p.title("Four institutions, in four countries, on one server")
	for _, i := range institutions() {
		got, err := p.Issue.CreateInstitution(p.ctx, i, p.Host())
		if err != nil {
			return err
		}
		p.story.Institutions[i.ID] = got.DID
		name, _ := i.Name.In(i.Language)
		p.tell("%-32s %s  %s", name, i.Country, short(string(got.DID)))
	}
	for _, m := range modules {
		if err := p.Issue.DefineAchievement(p.ctx, m.achievement(p.Config.BaseURL)); err != nil {
			return err
		}
	}
	p.tell("They define %d achievements, each with its level, credit and way of assessment.", len(modules))
	return nil
}

func short(s string) string {
	if len(s) > 40 {
		return s[:24] + "…" + s[len(s)-8:]
	}
	return s
}

func (p *player) trust() error {
	p.title("The authority publishes who may award what")
	l, signed, err := p.PublishTrustList(p.ctx, ministry, trustList(p.TrustListURL(ministry, "issuers"), p.story.Institutions))
	if err != nil {
		return err
	}
	p.story.Operator = l.Operator
	p.tell("Trust list, version %d, signed: %d issuers, each for its types, levels, fields and dates.", l.Version, len(l.Issuers))
	_, err = p.Issue.Award(p.ctx, issue.AwardRequest{Institution: college, Key: "x", Achievement: p.module("first-aid").id(p.Config.BaseURL), Learner: "nobody", AwardedOn: p.Config.Now()})
	if err == nil {
		return fmt.Errorf("demo: an award to nobody was issued")
	}
	p.tell("Nothing is issued that makes no sense: %v.", err)
	return p.write("trust-list.json", signed)
}

func (p *player) module(slug string) module {
	for _, m := range modules {
		if m.slug == slug {
			return m
		}
	}
	panic("demo: there is no module " + slug)
}

// workshop is a two-day course: thirty people, one list.
func (p *player) workshop() error {
	p.title("A two-day workshop: thirty people on one list")
	id := p.module("first-aid").id(p.Config.BaseURL)
	names := []string{"Amina Wanjiru", "Otieno", "ثريا حسن", "कमला देवी", "Achieng Grace", "ሰላም ተስፋዬ", "கண்ணன்"}
	row := func(n int, day string) string {
		return fmt.Sprintf("W-%03d,L-%03d,%s %d,%s,%s\n", n, n, names[n%len(names)], n, id, day)
	}
	head := "award_key,learner_number,full_name,achievement,awarded_on\n"
	var file, wrong bytes.Buffer
	file.WriteString(head)
	wrong.WriteString(head)
	for n := 1; n <= 30; n++ {
		day := "2026-03-14"
		file.WriteString(row(n, day))
		if n == 17 {
			day = "14/03/2026"
		}
		wrong.WriteString(row(n, day))
	}
	report, err := p.Issue.Import(p.ctx, wrong.Bytes(), issue.ImportOptions{Institution: college, Actor: "trainer", DryRun: true})
	if err != nil {
		return err
	}
	for _, problem := range report.Problems {
		p.tell("Dry run: %v", problem)
	}
	if report, err = p.Issue.Import(p.ctx, file.Bytes(), issue.ImportOptions{Institution: college, Actor: "trainer"}); err != nil {
		return err
	}
	p.tell("Corrected, and imported: %d of %d signed.", report.Done, report.Total)
	if report, err = p.Issue.Import(p.ctx, file.Bytes(), issue.ImportOptions{Institution: college, Actor: "trainer"}); err != nil {
		return err
	}
	p.tell("The same file again, by mistake: still %d credentials, none twice.", report.Total)
	return p.write("workshop.csv", file.Bytes())
}

// scattered gives Amina nine records from three institutions over seven years.
func (p *player) scattered() error {
	p.title("Amina's scattered records, 2019 to 2026")
	for _, inst := range []cairn.InstitutionID{college, ngo, university} {
		l, err := p.Issue.RegisterLearner(p.ctx, cairn.Learner{Institution: inst, FullName: "Amina Wanjiru", OtherNames: []string{"أمينة وانجيرو"}, Number: strings.ToUpper(string(inst)) + "-1"})
		if err != nil {
			return err
		}
		p.learners[inst] = l.ID
	}
	p.story.Learner = p.learners[university]
	if err := p.award("digital-literacy"); err != nil {
		return err
	}
	p.tell("2019: she has no phone. Her first record names her by a salted hash of her number, on a printed card.")

	path := filepath.Join(p.out, "amina.wallet")
	wallet, err := hold.Create(path, Passphrase, hold.Options{Random: p.Config.Rand, Now: p.Config.Now, WorkFactor: walletWork})
	if err != nil {
		return err
	}
	p.wallet = wallet
	p.story.Files = append(p.story.Files, "amina.wallet")
	p.tell("2021: a wallet of her own, on her sister's phone: %s", short(string(wallet.DID())))
	for inst, l := range p.learners {
		if err := p.Issue.SetLearnerDID(p.ctx, inst, l, wallet.DID()); err != nil {
			return err
		}
	}
	for _, m := range modules {
		if m.day == "" || m.slug == "digital-literacy" {
			continue
		}
		if err := p.award(m.slug); err != nil {
			return err
		}
	}
	for _, m := range modules {
		if m.day == "" {
			continue
		}
		if err := p.receive(m.slug); err != nil {
			return err
		}
	}
	p.tell("Her wallet now holds %d credentials of three issuers.", len(wallet.List()))
	return nil
}

func (p *player) award(slug string) error {
	m := p.module(slug)
	day := p.Config.Now()
	if m.day != "" {
		day = must(cairn.ParsePartialDate(m.day)).Earliest()
	}
	got, err := p.Issue.Award(p.ctx, issue.AwardRequest{Institution: m.institution, Key: "amina/" + slug, Achievement: m.id(p.Config.BaseURL),
		Learner: p.learners[m.institution], AwardedOn: day, Actor: "registrar"})
	if err != nil {
		return err
	}
	p.issued[slug] = got
	return p.write("credentials/"+slug+".json", got.Document())
}

// receive claims a credential with its code and keeps it in the wallet.
func (p *player) receive(slug string) error {
	d, err := p.Issue.Deliver(p.ctx, p.issued[slug])
	if err != nil {
		return err
	}
	claimed, err := p.Issue.Claim(p.ctx, d.Code, "demo")
	if err != nil {
		return err
	}
	got, err := p.wallet.Receive(p.ctx, claimed.Document(), hold.CheckWith(p.Verify))
	if err != nil {
		return err
	}
	p.tell("code %s → %s", d.Code, got.Entry.Title)
	return nil
}

// checks shows what a verifier says of good, changed and withdrawn credentials.
func (p *player) checks() error {
	p.title("Anyone can check, and sees why")
	good := p.issued["crop-health"].Document()
	if err := p.expect("as issued", good, verify.Valid); err != nil {
		return err
	}
	if err := p.expect("one letter changed", bytes.Replace(good, []byte("Crop health"), []byte("Crop wealth"), 1), verify.Invalid); err != nil {
		return err
	}
	mistake, err := p.Issue.Award(p.ctx, issue.AwardRequest{Institution: college, Key: "mistake", Achievement: p.module("first-aid").id(p.Config.BaseURL),
		Learner: p.learners[college], AwardedOn: p.Config.Now(), Actor: "trainer"})
	if err != nil {
		return err
	}
	if err := p.expect("entered by mistake", mistake.Document(), verify.Valid); err != nil {
		return err
	}
	if err := p.Issue.Revoke(p.ctx, college, mistake.ID(), "registrar", "entered for the wrong person"); err != nil {
		return err
	}
	if err := p.expect("the same, revoked", mistake.Document(), verify.Invalid); err != nil {
		return err
	}
	return p.write("revoked.json", mistake.Document())
}

func (p *player) expect(what string, document []byte, want verify.Verdict) error {
	r := p.Verify.Verify(p.ctx, document, verify.Options{})
	var reasons []string
	for _, f := range r.Findings {
		if f.Axis != verify.AxisHolder {
			reasons = append(reasons, f.Code)
		}
	}
	p.tell("%-22s %-12s %s", what, r.Verdict, strings.Join(reasons, ", "))
	if r.Verdict != want {
		return fmt.Errorf("demo: %s is %s and should be %s", what, r.Verdict, want)
	}
	return nil
}

// apply drafts an application, presents the wallet and submits.
func (p *player) apply(key string) (recognise.Application, error) {
	a, err := p.Recognise.Draft(p.ctx, university, p.learners[university], "diploma-sustainable-agriculture", key)
	if err != nil {
		return a, err
	}
	presentation, err := p.wallet.Present(p.ctx, hold.PresentRequest{Credentials: p.refs(), Challenge: a.Challenge, Domain: p.Config.BaseURL, Now: p.Config.Now()})
	if err != nil {
		return a, err
	}
	if err := p.write(key+"-presentation.json", presentation); err != nil {
		return a, err
	}
	if a, err = p.Recognise.Present(p.ctx, university, a.ID, presentation); err != nil {
		return a, err
	}
	if a, err = p.Recognise.Submit(p.ctx, university, a.ID); err != nil {
		return a, err
	}
	return p.Recognise.Advance(p.ctx, university, a.ID)
}

func (p *player) refs() []string {
	var out []string
	for _, e := range p.wallet.List() {
		out = append(out, e.Digest)
	}
	return out
}

// decide confirms open identities and accepts.
func (p *player) decide(a recognise.Application, reason string) (recognise.Application, error) {
	var err error
	for _, h := range a.Evaluation.Held {
		if h.Blocked != programme.BlockedIdentity {
			continue
		}
		p.tell("The registrar compares the printed card of %q with her papers, and confirms that it is hers.", h.Title)
		if a, err = p.Recognise.ConfirmIdentity(p.ctx, university, a.ID, h.Digest, "registrar", "identity card and printed card compared at the desk"); err != nil {
			return a, err
		}
	}
	if a, err = p.Recognise.Advance(p.ctx, university, a.ID); err != nil {
		return a, err
	}
	if a, err = p.Recognise.Decide(p.ctx, recognise.DecideRequest{Institution: university, Application: a.ID, Revision: a.Revision,
		Outcome: recognise.Accept, By: "registrar", Role: "registrar", Reason: reason}); err != nil {
		return a, err
	}
	return p.Recognise.Advance(p.ctx, university, a.ID)
}

func (p *player) first() error {
	p.title("Six years later: everything is presented to a university")
	document := programmeDocument(p.Config.BaseURL, p.story.Institutions[university], p.story.Institutions[college])
	if _, err := p.Recognise.Publish(p.ctx, university, document); err != nil {
		return err
	}
	if err := p.write("programme.yaml", document); err != nil {
		return err
	}
	a, err := p.apply("first-application")
	if err != nil {
		return err
	}
	if a, err = p.decide(a, "As the programme's rules say; reasons are with each record."); err != nil {
		return err
	}
	r := a.Evaluation.Result
	p.tell("%s of %s credits are recognised. (Filling places in the order of presentation would have found 42.)", r.Counted, r.Total)
	if r.Counted.String() != "48" {
		return fmt.Errorf("demo: %s credits were recognised and should be 48", r.Counted)
	}
	p.reasons(a)
	return p.documents(a, "first-")
}

func (p *player) reasons(a recognise.Application) {
	titles := map[string]string{}
	for _, h := range a.Evaluation.Held {
		titles[h.Digest] = h.Title
	}
	for _, c := range a.Evaluation.Result.Credentials {
		var why []string
		for _, q := range c.Reasons {
			why = append(why, strings.TrimSpace(q.Code+" "+q.Clause))
		}
		p.tell("%-22s %4s of %-4s %-12s %s", titles[c.Credential], c.Counted, c.Carries, c.Status, strings.Join(why, "; "))
	}
	for _, q := range a.Evaluation.Result.Requirements {
		if !q.Status.Met() {
			p.tell("Still missing: %s (%s credits, clause %s)", q.Requirement, q.Need.Sub(q.Have), q.Clause)
		}
	}
}

// documents writes what an application led to, and replays its decision.
func (p *player) documents(a recognise.Application, prefix string) error {
	var decision []byte
	for _, d := range a.Deliveries {
		got, err := p.Issue.Credential(p.ctx, university, d.Credential)
		if err != nil {
			return err
		}
		if err := p.expect(d.Kind, got.Document(), verify.Valid); err != nil {
			return err
		}
		if err := p.write(prefix+d.Kind+".json", got.Document()); err != nil {
			return err
		}
		if d.Kind == issue.KindDecision {
			decision = got.Document()
		}
	}
	_, document, err := p.Recognise.Programme(p.ctx, university, a.ProgrammeDigest)
	if err != nil {
		return err
	}
	var credentials [][]byte
	for _, i := range a.Items {
		credentials = append(credentials, i.Document)
	}
	replayed, err := recognise.Replay(decision, document, credentials)
	if err != nil {
		return err
	}
	if !replayed.Same {
		return fmt.Errorf("demo: the decision can't be worked out again: %s %v", replayed.Difference, replayed.Missing)
	}
	p.tell("The decision, worked out again from the rules and the credentials, is the same to the byte.")
	return nil
}

func (p *player) capstone() error {
	p.title("The capstone, and the diploma")
	if err := p.award("capstone"); err != nil {
		return err
	}
	if err := p.receive("capstone"); err != nil {
		return err
	}
	a, err := p.apply("second-application")
	if err != nil {
		return err
	}
	if a, err = p.decide(a, "All requirements are met."); err != nil {
		return err
	}
	p.story.Application = a.ID
	p.tell("%s of %s credits: the programme is complete.", a.Evaluation.Result.Counted, a.Evaluation.Result.Total)
	if !a.Evaluation.Result.Complete || a.CertificateCredential == "" {
		return fmt.Errorf("demo: the programme is not complete: %+v", a.Evaluation.Result.Requirements)
	}
	if p.story.StackToken, err = p.Issue.NewStackToken(p.ctx, university, p.learners[university]); err != nil {
		return err
	}
	return p.documents(a, "")
}

// offline checks the diploma with one file and no network.
func (p *player) offline() error {
	p.title("An employer without a network")
	bundle, err := p.Bundle(p.ctx, ministry)
	if err != nil {
		return err
	}
	p.story.Bundle = bundle
	if err := p.write("trust-bundle.json", bundle); err != nil {
		return err
	}
	operator, err := p.Issue.Document(p.ctx, ministry)
	if err != nil {
		return err
	}
	pin, err := did.MarshalDocument(operator)
	if err != nil {
		return err
	}
	if err := p.write("operator.json", pin); err != nil {
		return err
	}
	b, snapshot, err := trust.ReadBundle(p.ctx, bundle, p.story.Operator, trust.Pinned(operator), p.Config.Now())
	if err != nil {
		return err
	}
	certificate, err := os.ReadFile(filepath.Join(p.out, "certificate.json"))
	if err != nil {
		return err
	}
	for _, days := range []int{0, 30, 90} {
		now := p.Config.Now().AddDate(0, 0, days)
		r := verify.FromBundle(b, snapshot, func() time.Time { return now }).Verify(p.ctx, certificate, verify.Options{})
		p.tell("with a bundle that is %2d days old: %-12s %s, as of %s", days, r.Verdict, r.Finding(verify.AxisStatus).Code, r.Finding(verify.AxisStatus).AsOf.Format("2006-01-02"))
	}
	return nil
}
