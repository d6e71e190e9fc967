package recognise

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/programme"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// recordFormat names the form of Record; docs/specs/decision.md describes it.
const recordFormat = "cairn-recognition-decision/1"

// Record is the content of a decision credential: everything that the result
// depends on, so that anyone with the programme document and the credentials can
// work the result out again.
type Record struct {
	Format string `json:"format"`
	// Kind is determined, or appealed for a decision on an appeal; absent in records
	// from before there were appeals.
	Kind        string              `json:"kind,omitempty"`
	Application cairn.ApplicationID `json:"application"`
	Institution cairn.DID           `json:"institution"`
	Learner     RecordLearner       `json:"learner"`
	Programme   RecordProgramme     `json:"programme"`
	// Rules are the documents that the edition uses; the digest of the programme fixes
	// them too.
	Rules       []programme.Reference `json:"rules,omitempty"`
	EvaluatedAt string                `json:"evaluatedAt"`
	// AppliedOn is the day of the application; absent in records from before it was kept.
	AppliedOn   cairn.PartialDate  `json:"appliedOn,omitzero"`
	Credentials []RecordCredential `json:"credentials"`
	// Attestations are what persons said of requirements.
	Attestations []Attestation `json:"attestations,omitempty"`
	// Exceptions are what persons allowed this learner against the rules.
	Exceptions []programme.Exception `json:"exceptions,omitempty"`
	Result     programme.Result      `json:"result"`
	Decision   RecordDecision        `json:"decision"`
	Appeal     *RecordAppeal         `json:"appeal,omitempty"`
	// Appealed is what a decision on an appeal was about.
	Appealed *RecordAppealed `json:"appealed,omitempty"`
	// Supersedes is the decision whose place this one takes.
	Supersedes cairn.CredentialID `json:"supersedes,omitempty"`
}

// RecordAppealed is the decision that an appeal was against, so that both results can
// be compared line by line.
type RecordAppealed struct {
	Decision cairn.CredentialID `json:"decision"`
	Effect   string             `json:"effect"` // upheld, accepted or varied
	Reason   string             `json:"reason"` // the learner's words
	Filed    string             `json:"filed"`
	Earlier  RecordDecision     `json:"earlier"`
	Before   programme.Result   `json:"before"`
}

// RecordLearner is whom the decision is about.
type RecordLearner struct {
	Name string    `json:"name"`
	DID  cairn.DID `json:"did,omitempty"`
}

// RecordProgramme is the edition that was applied.
type RecordProgramme struct {
	ID      cairn.ProgrammeID `json:"id"`
	Edition string            `json:"edition"`
	Digest  string            `json:"digest"`
	Title   string            `json:"title"`
}

// RecordCredential is one credential as it was judged.
type RecordCredential struct {
	Held           programme.Held   `json:"held"`
	Verdict        verify.Verdict   `json:"verdict"`
	Findings       []verify.Finding `json:"findings"`
	Identity       Identity         `json:"identity"`
	IdentityBy     cairn.StaffID    `json:"identityBy,omitempty"`
	IdentityReason string           `json:"identityReason,omitempty"`
}

// RecordDecision is the registrar's word.
type RecordDecision struct {
	Outcome Outcome       `json:"outcome"`
	By      cairn.StaffID `json:"by"`
	Role    string        `json:"role"`
	Reason  string        `json:"reason"`
	At      string        `json:"at"`
	// Second is the signature of another person, where the programme asks for two.
	Second *programme.Signature `json:"second,omitempty"`
}

// RecordAppeal is how the decision can be contested.
type RecordAppeal struct {
	Until string `json:"until"`
	To    string `json:"to"`
}

const dayLayout = "2006-01-02"

func recordDecision(d Decision) RecordDecision {
	return RecordDecision{Outcome: d.Outcome, By: d.By, Role: d.Role, Reason: d.Reason, At: vc.FormatTime(d.At), Second: d.Second}
}

func newRecord(a Application, p *programme.Programme, institution cairn.DID, learner RecordLearner) Record {
	title, _ := p.Title.In(p.Language)
	r := Record{Format: recordFormat, Kind: kindDetermined, Application: a.ID, Institution: institution, Learner: learner,
		Programme: RecordProgramme{ID: p.ID, Edition: p.Edition, Digest: p.Digest(), Title: title},
		Rules:     p.Uses, EvaluatedAt: vc.FormatTime(a.Evaluation.At), AppliedOn: a.Evaluation.Applied, Attestations: a.Attestations, Exceptions: a.Exceptions, Result: a.Evaluation.Result,
		Decision: recordDecision(*a.Decision)}
	for _, h := range a.Evaluation.Held {
		i := slices.IndexFunc(a.Items, func(i Item) bool { return i.Digest == h.Digest })
		item := a.Items[i]
		c := RecordCredential{Held: h, Identity: item.Identity, IdentityBy: item.IdentityBy, IdentityReason: item.IdentityReason}
		if item.Report != nil {
			c.Verdict, c.Findings = item.Report.Verdict, item.Report.Findings
		}
		r.Credentials = append(r.Credentials, c)
	}
	if q := a.Appeal; q != nil {
		effect := "upheld"
		if a.Decision.Outcome == Accept {
			r.Supersedes, effect = q.Decision, "accepted"
			if q.Earlier.Outcome == Accept {
				effect = "varied"
			}
		}
		r.Kind, r.Appealed = kindAppealed, &RecordAppealed{Decision: q.Decision, Effect: effect, Reason: q.Reason, Filed: vc.FormatTime(q.Filed), Earlier: recordDecision(q.Earlier), Before: q.Before}
	} else if until := AppealUntil(p, *a.Decision); until != "" {
		r.Appeal = &RecordAppeal{Until: until, To: p.Policy.Appeal.To}
	}
	return r
}

// toTree writes a Go value as the tree that strictjson would read from its JSON.
func toTree(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return strictjson.Parse(b, strictjson.Transcript)
}

// document builds the unsigned decision credential around a record.
func (r Record) document(id cairn.CredentialID, issuer cairn.DID, validFrom time.Time, status *statuslist.Entry) (map[string]any, error) {
	record, err := toTree(r)
	if err != nil {
		return nil, err
	}
	subject := map[string]any{"type": "RecognitionDecision", "record": record}
	if r.Learner.DID != "" {
		subject["id"] = string(r.Learner.DID)
	}
	doc := map[string]any{
		"@context":          []any{vc.ContextV2, rdfc.CairnContext},
		"id":                string(id),
		"type":              []any{"VerifiableCredential", "RecognitionDecisionCredential"},
		"name":              "Decision on recognition: " + r.Programme.Title,
		"issuer":            string(issuer),
		"validFrom":         vc.FormatTime(validFrom),
		"credentialSubject": subject,
	}
	if status != nil {
		doc["credentialStatus"] = status.Tree()
	}
	return doc, nil
}

func (s *Service) issueDecision(ctx context.Context, a Application, p *programme.Programme) (issue.Issued, error) {
	inst, err := s.Issue.Institution(ctx, a.Institution)
	if err != nil {
		return issue.Issued{}, err
	}
	learner, err := s.Issue.Learner(ctx, a.Institution, a.Learner)
	if err != nil {
		return issue.Issued{}, err
	}
	record := newRecord(a, p, inst.DID, RecordLearner{Name: learner.FullName, DID: learner.DID})
	fingerprint, err := json.Marshal(record)
	if err != nil {
		return issue.Issued{}, err
	}
	return s.Issue.Issue(ctx, issue.Request{
		Institution: a.Institution, Key: "recognise/" + string(a.ID) + "/decision", Fingerprint: jcs.Digest(fingerprint), Kind: issue.KindDecision,
		Learner: a.Learner, Title: "Decision: " + record.Programme.Title, Actor: string(a.Decision.By), WithStatus: true,
		Build: func(slot issue.Slot) (map[string]any, error) {
			return record.document(slot.CredentialID, slot.Issuer, slot.Now, slot.Status)
		},
	})
}

func certificateKey(p cairn.ProgrammeID, l cairn.LearnerID) string {
	return "certificate/" + string(p) + "/" + string(l)
}

// CertificateOf reads from the idempotency key of a certificate which programme it is
// of; ok is false for one that was not awarded by an exchange.
func CertificateOf(key string, l cairn.LearnerID) (p cairn.ProgrammeID, ok bool) {
	rest, ok := strings.CutPrefix(key, "certificate/")
	if ok {
		rest, ok = strings.CutSuffix(rest, "/"+string(l))
	}
	return cairn.ProgrammeID(rest), ok
}

// issueCertificate awards the full credential. Its key is of the learner and the
// programme, so that two applications at once can't lead to two certificates.
func (s *Service) issueCertificate(ctx context.Context, a Application, p *programme.Programme) (issue.Issued, error) {
	return s.Issue.Award(ctx, issue.AwardRequest{
		Institution: a.Institution, Key: certificateKey(a.Programme, a.Learner), Kind: issue.KindCertificate, Achievement: p.Award.Achievement,
		Learner: a.Learner, AwardedOn: a.Decision.At.Truncate(24 * time.Hour), Actor: string(a.Decision.By),
	})
}

func (s *Service) issueTranscript(ctx context.Context, a Application, p *programme.Programme, decision issue.Issued, certificate *issue.Issued) (issue.Issued, error) {
	inst, err := s.Issue.Institution(ctx, a.Institution)
	if err != nil {
		return issue.Issued{}, err
	}
	learner, err := s.Issue.Learner(ctx, a.Institution, a.Learner)
	if err != nil {
		return issue.Issued{}, err
	}
	instName, _ := inst.Name.In(p.Language, inst.Language)
	title, _ := p.Title.In(p.Language)
	result := a.Evaluation.Result
	t := openbadges.Transcript{
		Issuer:  openbadges.Issuer{DID: inst.DID, Name: instName, URL: inst.URL},
		Subject: openbadges.Subject{DID: learner.DID, Identities: []openbadges.Identity{{Type: "name", Value: learner.FullName}}},
		Name:    "Transcript: " + title, Language: p.Language, AwardedOn: a.Decision.At, Partial: !result.Complete,
		Programme: openbadges.ProgrammeRef{ID: p.ID, Edition: p.Edition, Digest: p.Digest(), Title: title, CreditUnit: p.Credit.Unit, CreditsRequired: p.Credit.Total, CreditsCounted: result.Counted},
		Decision:  decision.ID(), Description: beyondRules(a, p),
	}
	included := map[string]bool{}
	for _, l := range result.Lines {
		i := slices.IndexFunc(a.Evaluation.Held, func(h programme.Held) bool { return h.Digest == l.Credential })
		h := a.Evaluation.Held[i]
		j := slices.IndexFunc(a.Items, func(i Item) bool { return i.Digest == l.Credential })
		if !included[h.Digest] {
			included[h.Digest] = true
			tree, err := strictjson.ParseObject(a.Items[j].Document, strictjson.Default)
			if err != nil {
				return issue.Issued{}, err
			}
			t.Credentials = append(t.Credentials, tree)
			t.Associations = append(t.Associations, openbadges.Association{Type: openbadges.IsPartOf, Source: h.Achievement, Target: p.Award.Achievement})
		}
		route := h.Route
		if i := slices.IndexFunc(result.Credentials, func(c programme.CredentialResult) bool { return c.Credential == h.Digest }); result.Credentials[i].Route != "" {
			route = result.Credentials[i].Route
		}
		requirement, place := requirementTitle(p, l)
		source := h.IssuerName
		if h.Issuer == inst.DID {
			source = instName
		}
		if source == "" {
			source = string(h.Issuer)
		}
		t.Lines = append(t.Lines, openbadges.TranscriptLine{CredentialID: h.Credential, Title: h.Title, RequirementID: strings.TrimSuffix(l.Requirement+"/"+l.Slot, "/"),
			RequirementTitle: strings.TrimSuffix(requirement+" – "+place, " – "), Clause: l.Clause, Credits: l.Credits, SourceDID: h.Issuer, SourceName: source, Route: string(route)})
	}
	award, err := s.Issue.Achievement(ctx, a.Institution, p.Award.Achievement, "")
	if err != nil {
		return issue.Issued{}, err
	}
	if certificate != nil {
		tree, err := strictjson.ParseObject(certificate.Document(), strictjson.Default)
		if err != nil {
			return issue.Issued{}, err
		}
		t.Credentials = append(t.Credentials, tree)
	} else {
		t.Achievements = append(t.Achievements, award) // so that the associations lead somewhere
	}
	t.Associations = slices.Compact(t.Associations)
	return s.Issue.Issue(ctx, issue.Request{
		Institution: a.Institution, Key: "recognise/" + string(a.ID) + "/transcript", Fingerprint: string(decision.ID()), Kind: issue.KindTranscript,
		Learner: a.Learner, Title: t.Name, Actor: string(a.Decision.By), WithStatus: true,
		Build: func(slot issue.Slot) (map[string]any, error) {
			t := t
			t.ID, t.ValidFrom, t.Status = slot.CredentialID, slot.Now, slot.Status
			return t.Document()
		},
	})
}

// requirementTitle names the place of a line in the programme's language.
func requirementTitle(p *programme.Programme, l programme.Line) (requirement, slot string) {
	for _, r := range p.Requirements {
		if r.ID != l.Requirement {
			continue
		}
		requirement, _ = r.Title.In(p.Language)
		for _, s := range r.Slots() {
			if s.ID == l.Slot {
				slot, _ = s.Title.In(p.Language)
			}
		}
	}
	return requirement, slot
}

// ReadDecision returns what a decision says. Whether its signature is good is for
// internal/verify to say.
func ReadDecision(decision []byte) (Record, error) {
	tree, err := strictjson.ParseObject(decision, strictjson.Transcript)
	if err != nil {
		return Record{}, err
	}
	_, r, err := readRecord(tree)
	return r, err
}

func readRecord(tree map[string]any) (cred vc.Credential, r Record, err error) {
	cred, problems := vc.ReadCredential(tree)
	if len(problems) > 0 || !cred.HasType("RecognitionDecisionCredential") || len(cred.Subjects) != 1 {
		return cred, r, invalid("replay.decision", "", "this is not a decision on recognition")
	}
	return cred, r, strictjson.DecodeTree(cred.Subjects[0]["record"], &r)
}

// Words writes the parts of a sentence in one language.
type Words interface {
	Text(cairn.Text) string
	Figure(cairn.Credits) string
	Partial(cairn.PartialDate) string
}

// ReasonArgs returns what the sentence of a reason speaks of, for people: the
// identifiers among its arguments become titles, amounts figures, and days words.
func ReasonArgs(p *programme.Programme, r programme.Reason, w Words) map[string]string {
	args := map[string]string{"clause": r.Clause, "requirement": r.Requirement, "unit": p.Credit.Unit}
	for name, value := range r.Args {
		if d, err := cairn.ParsePartialDate(value); (name == "awarded" || name == "date") && err == nil && !d.IsZero() {
			value = w.Partial(d)
		} else if c, err := cairn.ParseCredits(value); err == nil && value != "" {
			value = w.Figure(c)
		}
		args[name] = value
	}
	if name, ok := args["cap"]; ok {
		args["cap"] = BoundName(p, name, w)
	}
	for _, req := range p.Requirements {
		if req.ID != r.Requirement {
			continue
		}
		args["requirement"] = w.Text(req.Title)
		for _, slot := range req.Slots() {
			if slot.ID == r.Args["slot"] {
				args["slot"] = w.Text(slot.Title)
				args["requirement"] += " – " + w.Text(slot.Title)
			}
		}
	}
	return args
}

// BoundName is the title of a general cap or floor, by its name in a result: its id,
// with the group when it holds for each. What has no title keeps its name.
func BoundName(p *programme.Programme, name string, w Words) string {
	id, group, of := strings.Cut(name, ":")
	for _, list := range [][]programme.Bound{p.Policy.Caps, p.Policy.Floors} {
		for _, b := range list {
			if b.ID == id && len(b.Title) > 0 {
				if name = w.Text(b.Title); of && group != "" {
					name += " (" + group + ")"
				}
				return name
			}
		}
	}
	return name
}

// Replayed is the outcome of Replay.
type Replayed struct {
	Record     Record
	Same       bool     // the result worked out again is the signed one, to the byte
	Difference string   // the first difference, when there is one
	Missing    []string // digests of credentials that were not given; then nothing is compared
}

// Replay works a decision out again from the programme document and the
// credentials, and compares the credential that results with the signed one, byte
// for byte without its proof. What no document can show is taken from the record:
// the verdicts of that day, the registrar's confirmation of identities, and the
// decision itself. Whether the decision's own signature is good is for
// internal/verify to say.
//
// Of a programme that uses rule documents these are needed too: with one missing the
// error names it.
func Replay(decision, document []byte, credentials [][]byte, rules ...[]byte) (Replayed, error) {
	tree, err := strictjson.ParseObject(decision, strictjson.Transcript)
	if err != nil {
		return Replayed{}, err
	}
	cred, r, err := readRecord(tree)
	if err != nil {
		return Replayed{}, err
	}
	out := Replayed{Record: r}
	if r.Format != recordFormat || r.Result.Engine != programme.EngineVersion {
		return out, &cairn.Error{Kind: cairn.Invalid, Code: "replay.version", Message: fmt.Sprintf("the decision was made by engine %q in form %q", r.Result.Engine, r.Format), Hint: "use the version of cairn that has that engine"}
	}
	p, err := programme.Parse(document)
	if err != nil {
		return out, err
	}
	if p.Digest() != r.Programme.Digest {
		return out, invalid("replay.programme", "programme", "this is not the edition that was applied: its digest is %s, not %s", p.Digest(), r.Programme.Digest)
	}
	if p, err = withRules(p, r.Rules, rules); err != nil {
		return out, err
	}
	byDigest := map[string][]byte{}
	for _, c := range credentials {
		t, err := strictjson.ParseObject(c, strictjson.Default)
		if err != nil {
			return out, err
		}
		canonical, err := jcs.Marshal(t)
		if err != nil {
			return out, err
		}
		byDigest[jcs.Digest(canonical)] = canonical
	}
	var held []programme.Held
	for i, c := range r.Credentials {
		h := c.Held
		if h.Blocked != programme.BlockedNotValid { // what was not genuine never reached the rules
			doc, ok := byDigest[h.Digest]
			if !ok {
				out.Missing = append(out.Missing, h.Digest)
				continue
			}
			if h, err = heldFrom(doc, h.Digest, p.Institution); err != nil {
				return out, err
			}
			h.Blocked, h.IssuerName, h.RecognisedOn = c.Held.Blocked, c.Held.IssuerName, c.Held.RecognisedOn
		}
		held = append(held, h)
		r.Credentials[i].Held = h
	}
	if len(out.Missing) > 0 {
		return out, nil
	}
	at, err := vc.ParseTime(r.EvaluatedAt)
	if err != nil {
		return out, err
	}
	if r.Result, err = programme.Evaluate(p, held, at, programme.Options{Attested: attested(r.Attestations), Exceptions: r.Exceptions, Application: r.AppliedOn.Earliest()}); err != nil {
		return out, err
	}
	var status *statuslist.Entry
	if len(cred.Status) == 1 {
		e, err := statuslist.ReadEntry(cred.Status[0])
		if err != nil {
			return out, err
		}
		status = &e
	}
	again, err := r.document(cairn.CredentialID(cred.ID), cairn.DID(cred.Issuer), cred.ValidFrom, status)
	if err != nil {
		return out, err
	}
	got, err := jcs.Marshal(again)
	if err != nil {
		return out, err
	}
	delete(tree, "proof")
	want, err := jcs.Marshal(tree)
	if err != nil {
		return out, err
	}
	out.Same = string(got) == string(want)
	if !out.Same {
		out.Difference = difference(want, got)
	}
	return out, nil
}

// withRules puts the programme of a decision together with the rule documents that
// were applied.
func withRules(p *programme.Programme, applied []programme.Reference, rules [][]byte) (*programme.Programme, error) {
	if !slices.Equal(p.Uses, applied) {
		return nil, invalid("replay.rules", "rules", "the decision lists other rule documents than the programme uses")
	}
	var documents []*programme.Rules
	for _, b := range rules {
		d, err := programme.ParseRules(b)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	var missing []string
	for _, u := range applied {
		if !slices.ContainsFunc(documents, func(d *programme.Rules) bool { return d.Reference() == u }) {
			missing = append(missing, fmt.Sprintf("the %s %s (%s)", u.Kind, u.ID, u.Digest))
		}
	}
	if len(missing) > 0 {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "replay.rules", Field: "rules", Message: "rule documents that were applied are missing: " + strings.Join(missing, "; "), Hint: "fetch them from the institution, at the address of its programmes with /rules/ and the digest"}
	}
	if p.Resolved() {
		return p, nil
	}
	whole, found := p.Resolve(documents)
	return whole, notWhole(p, found)
}

// difference shows where two texts part.
func difference(signed, again []byte) string {
	n := 0
	for n < len(signed) && n < len(again) && signed[n] == again[n] {
		n++
	}
	around := func(b []byte) string { return string(b[max(0, n-60):min(len(b), n+60)]) }
	return fmt.Sprintf("at byte %d: signed …%s…, worked out …%s…", n, around(signed), around(again))
}

// Contained returns the credentials inside a presentation or transcript, or the
// document itself when it is neither.
func Contained(tree map[string]any) ([][]byte, error) {
	from := tree
	if subject, ok := tree["credentialSubject"].(map[string]any); ok && subject["verifiableCredential"] != nil {
		from = subject
	}
	inner, ok := from["verifiableCredential"]
	if !ok {
		b, err := jcs.Marshal(tree)
		return [][]byte{b}, err
	}
	list, ok := inner.([]any)
	if !ok {
		list = []any{inner}
	}
	var out [][]byte
	for _, e := range list {
		b, err := jcs.Marshal(e)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
