// Package verify judges credentials: one engine behind the command line, the API
// and the page. It answers six questions (see Axes), each with yes, no or
// unknown, a reason and an age, and sums them up in a verdict that Decide makes
// and nothing else. What could not be checked is unknown, and unknown is never
// valid.
//
// Engine.Verify is what callers need. The engine takes the time, the resolver of
// identifiers, the source of status lists and the trust lists as parameters;
// built from a bundle it has no way to reach a network.
package verify

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Limits and tolerances.
const (
	maxCredentials = 300             // in one presentation or transcript
	maxNesting     = 3               // presentation → transcript → credential
	maxStatus      = 5               // status entries of one credential
	skew           = 5 * time.Minute // between two clocks
	freshDays      = 7               // a status list is up to date (DOMAIN 2.5)
	oldDays        = 60              // beyond this, nobody can say whether it was withdrawn
	maxListLife    = 400 * 24 * time.Hour
)

// StatusSource finds signed status lists. asOf is when the list was known to be
// current. An error of kind Unavailable, like any other, leads to unknown.
type StatusSource interface {
	StatusList(ctx context.Context, url string) (document []byte, asOf time.Time, err error)
}

// Config is what an Engine works with.
type Config struct {
	Resolver did.Resolver
	Status   StatusSource
	// Trust returns the trust lists to judge issuers by; it may be nil.
	Trust   func(ctx context.Context) (*trust.Snapshot, error)
	Now     cairn.Clock
	Offline bool // said in reports; the sources decide whether it is true
}

// Engine verifies. It is safe for concurrent use.
type Engine struct{ Config }

// New returns an Engine.
func New(c Config) *Engine { return &Engine{c} }

// Options say what the caller expects of what is shown.
type Options struct {
	// Challenge and Domain are what a presentation must have signed. A
	// presentation without an expected challenge is not accepted as shown by its
	// holder, since it could be a copy.
	Challenge string
	Domain    string
	// At is the time for which to judge; the time now when zero.
	At time.Time
}

// check is one verification: one time, one snapshot of everything asked.
type check struct {
	*Engine
	now      time.Time
	options  Options
	snapshot *trust.Snapshot
	trustErr error
	resolved map[cairn.DID]resolution
	lists    map[string]fetchedList
}

type resolution struct {
	did.Resolution
	err error
}

// Verify judges what data holds: a credential, transcript, presentation or
// another signed document as JSON, or the text of a paper code. It always returns a report; input that can't
// be read gives one of kind unreadable.
func (e *Engine) Verify(ctx context.Context, data []byte, o Options) Report {
	now := o.At
	if now.IsZero() {
		now = e.Now()
	}
	c := &check{Engine: e, now: now.UTC(), options: o, resolved: map[cairn.DID]resolution{}, lists: map[string]fetchedList{}}
	if e.Trust != nil {
		c.snapshot, c.trustErr = e.Trust(ctx)
	}
	if text, ok := paperText(data); ok {
		return c.paper(ctx, text)
	}
	tree, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return c.unreadable(err)
	}
	return c.document(ctx, tree, 0)
}

func (c *check) report(kind string) Report {
	return Report{Kind: kind, CheckedAt: c.now.Truncate(time.Second), Offline: c.Offline}
}

func (c *check) unreadable(err error) Report {
	r := c.report(KindUnreadable)
	r.Findings = []Finding{{Axis: AxisModel, Outcome: No, Code: "model.unreadable", Args: map[string]string{"reason": err.Error()}}}
	r.Verdict = Decide(r, policyFor(r.Kind))
	return r
}

func (c *check) document(ctx context.Context, tree map[string]any, depth int) Report {
	var r Report
	switch {
	case depth >= maxNesting:
		return c.unreadable(&cairn.Error{Kind: cairn.TooLarge, Code: "verify.nesting", Message: "documents are nested too deep"})
	case hasType(tree, "VerifiablePresentation"):
		r = c.presentation(ctx, tree, depth)
	default:
		r = c.credential(ctx, tree, depth)
	}
	if b, err := jcs.Marshal(tree); err == nil {
		r.Digest = jcs.Digest(b)
	}
	r.Verdict = Decide(r, policyFor(r.Kind))
	return r
}

func hasType(tree map[string]any, want string) bool {
	list, ok := tree["type"].([]any)
	if !ok {
		list = []any{tree["type"]}
	}
	for _, t := range list {
		if t == want {
			return true
		}
	}
	return false
}

func kindOf(tree map[string]any) string {
	for _, k := range []struct{ typ, kind string }{
		{"ClrCredential", KindTranscript}, {"OpenBadgeCredential", KindBadge}, {"AchievementCredential", KindBadge},
		{"RecognitionDecisionCredential", KindDecision}, {statuslist.CredentialType, KindStatusList},
		{trust.ListType, KindTrustList}, {trust.BundleType, KindTrustBundle},
	} {
		if hasType(tree, k.typ) {
			return k.kind
		}
	}
	return KindCredential
}

func (c *check) credential(ctx context.Context, tree map[string]any, depth int) Report {
	kind := kindOf(tree)
	r := c.report(kind)
	cred, problems := vc.ReadCredential(tree)
	if len(problems) == 0 && (kind == KindBadge || kind == KindTranscript) {
		problems = openbadges.CheckSchema(tree)
	}
	model := modelFinding(problems)
	proof := c.proof(ctx, tree, cairn.DID(cred.Issuer), did.AssertionMethod, "", "")
	if proof.Outcome == Yes && model.Outcome == Yes {
		shown, err := show(kind, tree, cred)
		if err != nil {
			model = Finding{Axis: AxisModel, Outcome: No, Code: "model.content", Args: map[string]string{"reason": err.Error()}}
		}
		r.Shown = shown
	}
	period := c.period(cred, problems)
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	if proof.Outcome == Yes {
		// What an unsigned document says of its status or issuer is worth nothing.
		status = c.status(ctx, kind, cred)
		var standing *trust.Standing
		issuer, standing = c.issuer(kind, cred, r.Shown)
		r.Standing = standing
	}
	holder := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-shown"}
	r.Findings = []Finding{proof, model, period, status, holder, issuer}
	if kind == KindTranscript && proof.Outcome == Yes && model.Outcome == Yes {
		c.contained(ctx, &r, tree, depth)
	}
	return r
}

func modelFinding(problems []vc.Problem) Finding {
	if len(problems) == 0 {
		return Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"}
	}
	p := problems[0]
	code := "model.bad"
	if p.Code == "vc.version-1" {
		return Finding{Axis: AxisModel, Outcome: Unknown, Code: "model.version-1"}
	}
	return Finding{Axis: AxisModel, Outcome: No, Code: code, Args: map[string]string{"place": p.Path, "reason": p.Message, "problems": fmt.Sprint(len(problems))}}
}

// contained verifies each credential of a transcript. A part that is not genuine
// makes the transcript itself wrong; a part that was withdrawn or has ended since
// is marked, because the transcript stays a true record of what was decided.
func (c *check) contained(ctx context.Context, r *Report, tree map[string]any, depth int) {
	facts, err := openbadges.ReadTranscript(tree)
	if err != nil || len(facts.Credentials) > maxCredentials {
		r.Findings[1] = Finding{Axis: AxisModel, Outcome: No, Code: "model.too-many", Args: map[string]string{"limit": fmt.Sprint(maxCredentials)}}
		return
	}
	marked := 0
	for _, inner := range facts.Credentials {
		report := c.document(ctx, inner, depth+1)
		r.Credentials = append(r.Credentials, report)
		if report.Verdict != Valid {
			marked++
		}
		for _, a := range []Axis{AxisProof, AxisModel} {
			if report.Finding(a).Outcome == No {
				r.Findings[1] = Finding{Axis: AxisModel, Outcome: No, Code: "model.part-not-genuine", Args: map[string]string{"part": fmt.Sprint(len(r.Credentials))}}
			}
		}
	}
	if n := len(facts.Strangers()); n > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.other-person", Args: map[string]string{"count": fmt.Sprint(n)}})
	}
	if marked > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.parts-marked", Args: map[string]string{"count": fmt.Sprint(marked), "of": fmt.Sprint(len(r.Credentials))}})
	}
}

func (c *check) presentation(ctx context.Context, tree map[string]any, depth int) Report {
	r := c.report(KindPresentation)
	p, problems := vc.ReadPresentation(tree)
	model := modelFinding(problems)
	if len(p.Credentials) > maxCredentials {
		model = Finding{Axis: AxisModel, Outcome: No, Code: "model.too-many", Args: map[string]string{"limit": fmt.Sprint(maxCredentials)}}
		p.Credentials = nil
	}
	holder := cairn.DID(p.Holder)
	proof := Finding{Axis: AxisProof, Outcome: No, Code: "proof.no-holder"}
	if p.Holder != "" {
		proof = c.proof(ctx, tree, holder, did.Authentication, c.options.Challenge, c.options.Domain)
	}
	shown := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.not-proven"}
	switch {
	case proof.Outcome != Yes:
	case c.options.Challenge == "":
		shown.Code = "holder.no-challenge"
	default:
		shown = Finding{Axis: AxisHolder, Outcome: Yes, Code: "holder.signed", Args: map[string]string{"holder": p.Holder}}
	}
	for _, inner := range p.Credentials {
		report := c.document(ctx, inner, depth+1)
		if shown.Outcome == Yes {
			bind(&report, p.Holder)
		}
		r.Credentials = append(r.Credentials, report)
	}
	r.Findings = []Finding{proof, model, shown}
	return r
}

// bind answers the holder axis of a credential in a presentation that its holder
// signed.
func bind(r *Report, holder string) {
	f := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.bearer"}
	switch {
	case r.Shown == nil || r.Shown.SubjectID == "":
	case r.Shown.SubjectID == holder:
		f = Finding{Axis: AxisHolder, Outcome: Yes, Code: "holder.subject", Args: map[string]string{"holder": holder}}
	default:
		f = Finding{Axis: AxisHolder, Outcome: No, Code: "holder.other", Args: map[string]string{"holder": holder, "subject": r.Shown.SubjectID}}
	}
	for i := range r.Findings {
		if r.Findings[i].Axis == AxisHolder {
			r.Findings[i] = f
		}
	}
	r.Verdict = Decide(*r, policyFor(r.Kind))
}

func (c *check) resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if r, ok := c.resolved[d]; ok {
		return r.Resolution, r.err
	}
	r, err := c.Resolver.Resolve(ctx, d)
	c.resolved[d] = resolution{r, err}
	return r, err
}

// proof answers whether signer signed the document. Every proof must hold.
func (c *check) proof(ctx context.Context, tree map[string]any, signer cairn.DID, purpose, challenge, domain string) Finding {
	f := Finding{Axis: AxisProof, Outcome: No}
	fail := func(outcome Outcome, code string, err error) Finding {
		f.Outcome, f.Code, f.Args = outcome, code, map[string]string{"reason": err.Error(), "signer": string(signer)}
		return f
	}
	proofs, err := dataintegrity.Proofs(tree)
	if err != nil {
		return fail(No, proofCode(err), err)
	}
	resolution, outcome, code, err := c.signer(ctx, signer)
	if outcome != Yes {
		return fail(outcome, code, err)
	}
	f.AsOf, f.Source = resolution.AsOf, resolution.Source
	for _, p := range proofs {
		if p.Type != dataintegrity.ProofType || p.Cryptosuite != dataintegrity.EdDSARDFC2022 {
			return fail(Unknown, "proof.unsupported", fmt.Errorf("%.60q with %.60q", p.Type, p.Cryptosuite))
		}
		if p.Purpose != purpose {
			return fail(No, "proof.purpose", fmt.Errorf("it was signed for %.60q", p.Purpose))
		}
		m, err := resolution.Document.Method(p.Method, purpose)
		if err != nil {
			return fail(No, "proof.not-the-signers-key", err)
		}
		if err := dataintegrity.Verify(tree, p, m); err != nil {
			return fail(No, proofCode(err), err)
		}
		if outcome, code := c.proofTimes(p, m); outcome != Yes {
			return fail(outcome, code, fmt.Errorf("created %s", vc.FormatTime(p.Created)))
		}
		if purpose == did.Authentication {
			if challenge != "" && p.Challenge != challenge {
				return fail(No, "proof.challenge", fmt.Errorf("it answers %.80q", p.Challenge))
			}
			if domain != "" && (len(p.Domains) != 1 || p.Domains[0] != domain) {
				return fail(No, "proof.domain", fmt.Errorf("it is meant for %.80q", p.Domains))
			}
		}
	}
	f.Outcome, f.Code, f.Args = Yes, "proof.good", map[string]string{"signer": string(signer)}
	return f
}

// signer finds the document of a signer. Outcome and code say why not.
func (c *check) signer(ctx context.Context, d cairn.DID) (did.Resolution, Outcome, string, error) {
	if _, err := did.Parse(string(d)); err != nil {
		return did.Resolution{}, Unknown, "proof.signer-kind", err
	}
	r, err := c.resolve(ctx, d)
	switch k := cairn.KindOf(err); {
	case err == nil:
		return r, Yes, "", nil
	case k == cairn.Invalid || k == cairn.TooLarge:
		return r, No, "proof.key-unusable", err
	}
	// Nobody answered, or something here failed: that says nothing of the signer.
	return r, Unknown, "proof.key-unavailable", err
}

// proofCode passes the codes of the proof itself on, and sums up those of the
// canonical form, all of which mean that part of the document is not covered.
func proofCode(err error) string {
	code := cairn.CodeOf(err)
	if strings.HasPrefix(code, "rdfc.") {
		return "proof.does-not-cover"
	}
	return declared(code, "proof.malformed")
}

func (c *check) proofTimes(p dataintegrity.Proof, m did.Method) (Outcome, string) {
	switch {
	case !p.Created.IsZero() && p.Created.After(c.now.Add(skew)):
		return No, "proof.from-the-future"
	case !p.Expires.IsZero() && !c.now.Before(p.Expires):
		return No, "proof.ended"
	case !m.Revoked.IsZero():
		// Only the signer says when it signed; a stolen key can say anything.
		return Unknown, "proof.key-revoked"
	case !m.Expires.IsZero() && (p.Created.IsZero() || !p.Created.Before(m.Expires)):
		return No, "proof.key-ended"
	}
	return Yes, ""
}

func (c *check) period(cred vc.Credential, problems []vc.Problem) Finding {
	f := Finding{Axis: AxisPeriod, Outcome: Unknown, Code: "period.unreadable"}
	for _, p := range problems {
		if p.Code == "vc.time" || p.Code == "vc.period" || p.Code == "vc.version-1" {
			return f
		}
	}
	f.Args = map[string]string{}
	if !cred.ValidFrom.IsZero() {
		f.Args["from"] = vc.FormatTime(cred.ValidFrom)
	}
	if !cred.ValidUntil.IsZero() {
		f.Args["until"] = vc.FormatTime(cred.ValidUntil)
	}
	switch {
	case !cred.ValidFrom.IsZero() && c.now.Add(skew).Before(cred.ValidFrom):
		f.Outcome, f.Code = No, "period.not-yet"
	case !cred.ValidUntil.IsZero() && !c.now.Before(cred.ValidUntil): // validUntil itself is outside
		f.Outcome, f.Code = No, "period.ended"
	case cred.ValidUntil.IsZero():
		f.Outcome, f.Code = Yes, "period.open"
	default:
		f.Outcome, f.Code = Yes, "period.current"
	}
	return f
}

// issuer answers whether the trust lists recognise the issuer for this.
func (c *check) issuer(kind string, cred vc.Credential, shown *Shown) (Finding, *trust.Standing) {
	f := Finding{Axis: AxisIssuer, Outcome: Unknown, Args: map[string]string{"issuer": cred.Issuer}}
	if c.trustErr != nil {
		f.Code = "issuer.lists-unavailable"
		return f, nil
	}
	if len(c.snapshot.Lists()) == 0 {
		f.Code = "issuer.no-list"
		return f, nil
	}
	for _, l := range c.snapshot.Lists() {
		if string(l.Operator) == cred.Issuer && (kind == KindTrustList || kind == KindTrustBundle) {
			f.Outcome, f.Code, f.AsOf, f.Source = Yes, "issuer.operator", l.ValidFrom, l.ID
			return f, nil
		}
	}
	q := trust.Query{Issuer: cairn.DID(cred.Issuer), At: cred.ValidFrom, Now: c.now}
	if shown != nil {
		q.AchievementType, q.Field = shown.AchievementType, shown.Field
		if level, err := cairn.ParseCredits(shown.Level); err == nil && shown.LevelFramework != "" {
			q.Level = &cairn.Level{Framework: shown.LevelFramework, Value: level}
		}
		if day, err := cairn.ParsePartialDate(shown.AwardedOn); err == nil && !day.IsZero() {
			q.At = day.Latest()
		}
	}
	switch kind { // these are said as an institution, not as a kind of achievement
	case KindTranscript:
		q.AchievementType = "Transcript"
	case KindDecision:
		q.AchievementType = "RecognitionDecision"
	case KindStatusList:
		q.AchievementType = "StatusList"
	}
	s := c.snapshot.Standing(q)
	f.AsOf, f.Source = s.AsOf, s.List
	if name, _ := s.Name.In(); name != "" {
		f.Args["name"] = name
	}
	if s.Authority != "" {
		f.Args["authority"] = s.Authority
	}
	switch s.State {
	case trust.Recognised:
		f.Outcome, f.Code = Yes, "issuer.recognised"
	case trust.OutsideScope:
		f.Outcome, f.Code = No, "issuer.outside-scope"
	case trust.NotAtThatTime:
		f.Outcome, f.Code = No, "issuer.not-at-that-time"
	case trust.NotListed:
		f.Code = "issuer.not-listed"
	default:
		f.Code = "issuer.list-ended"
	}
	return f, &s
}

// clean makes a signed text safe to show: characters that turn the direction of
// writing or are invisible are taken out, since they can make one text look like
// another.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\u200c' || r == '\u200d' {
			return r
		}
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
