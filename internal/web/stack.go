package web

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

// learner finds whose page the secret in the address opens.
func (v *visit) learner() (issue.LearnerRecord, error) {
	l, err := v.site.Issue.LearnerByStack(v.r.Context(), v.r.PathValue("token"))
	if cairn.KindOf(err) == cairn.NotFound {
		return l, &cairn.Error{Kind: cairn.NotFound, Code: "web.no-stack", Message: "there is no such page", Hint: "ask the institution for the address of your page"}
	}
	return l, err
}

// stackPath is the address of the page, below the server's.
func (v *visit) stackPath() string { return "/stack/" + url.PathEscape(v.r.PathValue("token")) }

type heldView struct {
	Title     string
	Kind      string
	KindName  string
	At        string
	Withdrawn string // the date; empty while it is good
	Path      string
}

type stackProgramme struct {
	evaluationView
	ID   cairn.ProgrammeID
	Key  string // makes a second click on "apply" harmless
	Open *applicationLink
	Done string // address of the application that completed the programme
	Plan string // address of what next and what lapses
	// Rules is the address of the rules in words.
	Rules string
}

type applicationLink struct {
	Path      string
	Programme string
	State     string
	Word      string
	Updated   string
	Note      string
}

type stackPage struct {
	Learner      string
	Institution  string
	InstPath     string
	Path         string
	Held         []heldView
	Awarded      []heldView // certificates, transcripts and decisions
	Programmes   []stackProgramme
	Nearest      []nearView // all programmes, when there is more than one
	Applications []applicationLink
}

// nearView is how near the learner is to a full credential.
type nearView struct {
	Title    string
	Plan     string
	Complete bool
	Missing  string
	Unit     string
	Done     int
	All      int
}

func (v *visit) heldView(c issue.Issued, path string) heldView {
	h := heldView{Title: c.Title(), Kind: c.Kind(), KindName: v.W("kind." + c.Kind()), At: v.Date(c.At()), Path: path + "/documents/" + url.PathEscape(string(c.ID()))}
	if !c.Revoked().IsZero() {
		h.Withdrawn = v.Date(c.Revoked())
	}
	return h
}

func (s *Site) stack(v *visit) error {
	l, err := v.learner()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	inst, err := s.Issue.Institution(ctx, l.Institution)
	if err != nil {
		return err
	}
	p := stackPage{Learner: l.FullName, Institution: v.Text(inst.Name), InstPath: "/i/" + string(inst.ID), Path: v.stackPath()}
	own, err := s.Issue.CredentialsOf(ctx, l.Institution, l.ID)
	if err != nil {
		return err
	}
	for _, c := range own {
		switch h := v.heldView(c, p.Path); c.Kind() {
		case issue.KindBadge:
			p.Held = append(p.Held, h)
		default:
			p.Awarded = append(p.Awarded, h)
		}
	}
	// The certificate first, then transcripts, then decisions; the newest of each
	// first.
	rank := map[string]int{issue.KindCertificate: 0, issue.KindTranscript: 1, issue.KindDecision: 2}
	slices.SortStableFunc(p.Awarded, func(a, b heldView) int { return rank[a.Kind] - rank[b.Kind] })
	applications, err := s.Recognise.ApplicationsOf(ctx, l.Institution, l.ID)
	if err != nil {
		return err
	}
	if err := s.stackProgrammes(v, l, applications, &p); err != nil {
		return err
	}
	return v.render(http.StatusOK, "stack", v.W("stack.title"), p)
}

// stackProgrammes shows how far the learner is in each programme, with what the
// institution issued and with what was brought along in an open draft.
func (s *Site) stackProgrammes(v *visit, l issue.LearnerRecord, applications []recognise.Application, p *stackPage) error {
	ctx := v.r.Context()
	programmes, err := s.Recognise.Programmes(ctx, l.Institution)
	if err != nil {
		return err
	}
	titles := map[cairn.ProgrammeID]string{}
	if err := s.checks.enter(ctx, v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	var near []programme.Near
	for _, g := range programmes {
		titles[g.ID] = v.Text(g.Title)
		key, err := s.key()
		if err != nil {
			return err
		}
		one := stackProgramme{ID: g.ID, Key: key, Plan: v.planPath(g.ID)}
		judged, _ := ofProgramme(applications, g.ID)
		if judged != nil && judged.State.Final() {
			one.Done = v.applicationLink(*judged, titles).Path
		}
		if i := slices.IndexFunc(applications, func(a recognise.Application) bool { return a.Programme == g.ID && !a.State.Final() }); i >= 0 {
			link := v.applicationLink(applications[i], titles)
			one.Open = &link
		}
		e, edition, err := s.standing(v, l, applications, g.ID)
		if err != nil {
			return err
		}
		one.Rules = rulesPath(l.Institution, edition)
		offers, err := v.offered(l.Institution, edition)
		if err != nil {
			return err
		}
		one.evaluationView = v.evaluationView(edition, e, offers, "p"+string(g.ID))
		near = append(near, edition.Nearness(e.Result))
		p.Programmes = append(p.Programmes, one)
	}
	if len(near) > 1 {
		programme.Rank(near)
		for _, n := range near {
			p.Nearest = append(p.Nearest, nearView{Title: titles[n.Programme], Plan: v.planPath(n.Programme), Complete: n.Complete, Missing: v.Figure(n.Missing), Unit: n.Unit, Done: n.Satisfied, All: n.Requirements})
		}
	}
	for _, a := range applications {
		p.Applications = append(p.Applications, v.applicationLink(a, titles))
	}
	return nil
}

// ofProgramme finds the application whose evaluation says how far a learner is: the
// one that completed the programme, or one that a registrar has before them. It
// knows more than a simulation, such as identities that were confirmed. Without
// one, brought are the documents that the learner brought along so far.
func ofProgramme(applications []recognise.Application, id cairn.ProgrammeID) (judged *recognise.Application, brought [][]byte) {
	for i, a := range applications { // the newest first
		if a.Programme != id || a.State == recognise.Withdrawn {
			continue
		}
		for _, item := range a.Items {
			brought = append(brought, item.Document)
		}
		if a.Evaluation == nil {
			continue
		}
		completed := a.State == recognise.Delivered && a.Decision != nil && a.Decision.Outcome == recognise.Accept && a.Evaluation.Result.Complete
		if completed || judged == nil && !a.State.Final() {
			judged = &applications[i]
		}
		if completed {
			break
		}
	}
	return judged, brought
}

func (v *visit) applicationLink(a recognise.Application, titles map[cairn.ProgrammeID]string) applicationLink {
	title := titles[a.Programme]
	if title == "" {
		title = string(a.Programme)
	}
	return applicationLink{Path: v.stackPath() + "/applications/" + string(a.ID), Programme: title, State: string(a.State), Word: v.W("state." + string(a.State)), Updated: v.Date(a.Updated), Note: a.Note}
}

// key makes an idempotency key for a form.
func (s *Site) key() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "web.random", Message: "no randomness could be had", Err: err}
	}
	return hex.EncodeToString(b), nil
}

func (s *Site) stackDocument(v *visit) error {
	l, err := v.learner()
	if err != nil {
		return err
	}
	c, err := s.issuedTo(v.r.Context(), l.Institution, l.ID, cairn.CredentialID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.send(v, c, v.r.PathValue("form"))
}

// stackApply begins an application with everything that the institution issued.
// One that is open for the same programme is used instead.
func (s *Site) stackApply(v *visit) error {
	l, err := v.learner()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	id := cairn.ProgrammeID(v.form.Get("programme"))
	if open, err := s.openApplication(ctx, l, id); err != nil || open != "" {
		if err != nil {
			return err
		}
		return v.redirect(v.stackPath() + "/applications/" + string(open))
	}
	key := v.form.Get("key")
	if len(key) != 32 {
		return errForm
	}
	a, err := s.Recognise.Draft(ctx, l.Institution, l.ID, id, "page/"+key)
	if cairn.CodeOf(err) == "application.open" { // from another page, at the same moment
		open, again := s.openApplication(ctx, l, id)
		if again == nil && open != "" {
			return v.redirect(v.stackPath() + "/applications/" + string(open))
		}
	}
	if err != nil {
		return err
	}
	if a.State == recognise.Draft {
		if _, err := s.Recognise.AddOwn(ctx, l.Institution, a.ID); err != nil {
			return err
		}
	}
	return v.redirect(v.stackPath() + "/applications/" + string(a.ID))
}

// openApplication returns the learner's open application for a programme, or "".
func (s *Site) openApplication(ctx context.Context, l issue.LearnerRecord, id cairn.ProgrammeID) (cairn.ApplicationID, error) {
	all, err := s.Recognise.ApplicationsOf(ctx, l.Institution, l.ID)
	for _, a := range all {
		if a.Programme == id && !a.State.Final() {
			return a.ID, nil
		}
	}
	return "", err
}

// ownApplication finds an application of the learner whose page it is.
func (v *visit) ownApplication() (issue.LearnerRecord, recognise.Application, error) {
	l, err := v.learner()
	if err != nil {
		return l, recognise.Application{}, err
	}
	a, err := v.site.Recognise.Application(v.r.Context(), l.Institution, cairn.ApplicationID(v.r.PathValue("id")))
	if err == nil && a.Learner != l.ID {
		err = &cairn.Error{Kind: cairn.NotFound, Code: "application.not-found", Object: v.r.PathValue("id"), Message: "there is no such application"}
	}
	return l, a, err
}

type itemView struct {
	Digest   string
	Title    string
	Issuer   string
	Verdict  string
	Answer   string
	Identity string
}

type stackApplicationPage struct {
	Learner      string
	Institution  string
	Stack        string // address of the learner's page
	Path         string
	Programme    string
	State        string
	Steps        []stepView
	Note         string
	Items        []itemView
	Exceptions   []exceptionView
	Appeal       *appealView // nil for what is no appeal
	Clock        *clockView
	GoOn         *goOnView // nil when there is nothing to go on from
	Continues    string    // address of what this goes on from
	AppealReason string    // as typed
	Superseded   string    // address of the appeal that took the place of this
	Evaluation   *evaluationView
	Decision     *decisionView
	Documents    []heldView
	Challenge    string
	Domain       string
	Failure      *Failure
	Submitted    bool
}

type stepView struct{ Word, State string } // State: done, now, later

type decisionView struct {
	Outcome string
	Word    string
	By      string
	At      string
	Reason  string
}

// steps are the stations of an application, for people: fewer than the machine's.
func (v *visit) steps(state recognise.State) []stepView {
	order := []recognise.State{recognise.Draft, recognise.Submitted, recognise.Evaluated, recognise.Decided, recognise.Delivered}
	at := 0
	switch state {
	case recognise.Submitted:
		at = 1
	case recognise.Evaluated, recognise.Countersigning:
		at = 2
	case recognise.Decided, recognise.Reserved, recognise.Awarded:
		at = 3
	case recognise.Delivered:
		at = len(order)
	case recognise.Withdrawn:
		return nil
	}
	var out []stepView
	for i, o := range order {
		step := stepView{Word: v.W("step." + string(o)), State: "later"}
		if i < at {
			step.State = "done"
		} else if i == at {
			step.State = "now"
		}
		out = append(out, step)
	}
	return out
}

func (s *Site) stackApplication(v *visit) error { return v.stackApplicationPage(http.StatusOK, nil) }

func (v *visit) stackApplicationPage(status int, failure *Failure) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	ctx, s := v.r.Context(), v.site
	inst, err := s.Issue.Institution(ctx, l.Institution)
	if err != nil {
		return err
	}
	g, _, err := s.Recognise.Programme(ctx, l.Institution, a.ProgrammeDigest)
	if err != nil {
		return err
	}
	p := stackApplicationPage{Learner: l.FullName, Institution: v.Text(inst.Name), Stack: v.stackPath(), Path: v.stackPath() + "/applications/" + string(a.ID), Programme: v.Text(g.Title), State: string(a.State),
		Steps: v.steps(a.State), Note: a.Note, Challenge: a.Challenge, Domain: s.Recognise.Domain, Failure: failure}
	if err := s.checks.enter(ctx, v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	if a.State == recognise.Draft { // later it is the evaluation that shows them
		for _, item := range a.Items {
			p.Items = append(p.Items, v.itemView(item))
		}
	}
	if a.Evaluation != nil {
		offers, err := v.offered(l.Institution, g)
		if err != nil {
			return err
		}
		view := v.evaluationView(g, *a.Evaluation, offers, "a")
		p.Evaluation = &view
	}
	p.Exceptions, p.Appeal = v.exceptions(g, a), v.appeal(g, a, v.stackPath()+"/applications/")
	if a.Superseded != "" {
		p.Superseded = v.stackPath() + "/applications/" + url.PathEscape(string(a.Superseded))
	}
	all, err := s.Recognise.ApplicationsOf(ctx, l.Institution, l.ID)
	if err != nil {
		return err
	}
	if p.GoOn, err = v.goOn(g, a); err != nil {
		return err
	}
	if a.Continues != "" {
		p.Continues = v.stackPath() + "/applications/" + url.PathEscape(string(a.Continues))
	}
	if p.Clock, p.AppealReason = v.clock(g, a, all), v.form.Get("reason"); p.Clock != nil && p.Evaluation != nil {
		p.Evaluation.AppealDays = 0 // the clock says it exactly
	}
	if d := a.Decision; d != nil && a.State.Final() {
		p.Decision = &decisionView{Outcome: string(d.Outcome), Word: v.W("decision." + string(d.Outcome)), By: string(d.By), At: v.Date(d.At), Reason: d.Reason}
	}
	for _, d := range a.Deliveries {
		c, err := s.issuedTo(ctx, l.Institution, l.ID, d.Credential)
		if err != nil {
			return err
		}
		p.Documents = append(p.Documents, v.heldView(c, v.stackPath()))
	}
	return v.render(status, "stackapplication", p.Programme, p)
}

// itemView shows a credential of an application. One that was not verified yet is
// verified now: nothing of a document is shown before.
func (v *visit) itemView(item recognise.Item) itemView {
	report := item.Report
	if report == nil {
		r := v.site.Verify.Verify(v.r.Context(), item.Document, verify.Options{})
		report = &r
	}
	view := v.reportView(*report)
	out := itemView{Digest: item.Digest, Title: v.W("credential.untitled"), Issuer: view.Name, Verdict: view.Verdict, Answer: v.Verdict(view.Verdict), Identity: string(item.Identity)}
	if view.Shown != nil && view.Shown.Title != "" {
		out.Title = view.Shown.Title
	}
	if out.Issuer == "" && view.Shown != nil {
		out.Issuer = view.Shown.IssuerSays
	}
	return out
}

// stackAdd puts a credential from elsewhere into a draft: a document, or a
// presentation that the learner's wallet made for it.
func (s *Site) stackAdd(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	data, err := v.given()
	if err == nil {
		if isPresentation(data) {
			_, err = s.Recognise.Present(v.r.Context(), l.Institution, a.ID, data)
		} else {
			_, err = s.Recognise.Add(v.r.Context(), l.Institution, a.ID, data)
		}
	}
	if k := cairn.KindOf(err); k == cairn.Invalid || k == cairn.TooLarge || k == cairn.NotFound {
		f := v.failure(err)
		f.Field = "file"
		return v.stackApplicationPage(f.Status, &f)
	}
	if err != nil {
		return err
	}
	return v.redirect(v.stackPath() + "/applications/" + string(a.ID))
}

func (s *Site) stackRemove(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	if _, err := s.Recognise.Remove(v.r.Context(), l.Institution, a.ID, v.form.Get("digest")); err != nil {
		return err
	}
	return v.redirect(v.stackPath() + "/applications/" + string(a.ID))
}

// stackSubmit hands the application in and has it evaluated at once.
func (s *Site) stackSubmit(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	if a.State == recognise.Draft {
		if _, err := s.Recognise.Submit(v.r.Context(), l.Institution, a.ID); err != nil {
			if cairn.CodeOf(err) == "application.empty" {
				f := v.failure(err)
				f.Field = "file"
				return v.stackApplicationPage(f.Status, &f)
			}
			return err
		}
		if err := s.advance(v, l.Institution, a.ID); err != nil {
			return err
		}
	}
	return v.redirect(v.stackPath() + "/applications/" + string(a.ID))
}

// advance goes on with an application as far as it goes without a person. What
// fails here is tried again by the server later; the change before it stands.
func (s *Site) advance(v *visit, inst cairn.InstitutionID, id cairn.ApplicationID) error {
	if err := s.checks.enter(v.r.Context(), v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	_, err := s.Recognise.Advance(v.r.Context(), inst, id)
	return err
}

func (s *Site) stackWithdraw(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	if a.State != recognise.Withdrawn {
		if _, err := s.Recognise.Withdraw(v.r.Context(), l.Institution, a.ID); err != nil {
			return err
		}
	}
	return v.redirect(v.stackPath())
}
