package verify

import (
	"errors"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/trust"
)

// Outcome answers one question. The zero value counts as unknown.
type Outcome string

// The outcomes.
const (
	Yes     Outcome = "yes"
	No      Outcome = "no"
	Unknown Outcome = "unknown"
)

// Axis is one of the questions that a report answers.
type Axis string

// The axes.
const (
	AxisProof  Axis = "proof"  // did the issuer sign exactly this?
	AxisModel  Axis = "model"  // does it have the form that the standards ask for?
	AxisPeriod Axis = "period" // is it valid at the time of the check?
	AxisStatus Axis = "status" // was it withdrawn?
	AxisHolder Axis = "holder" // was it shown by the person it is about?
	AxisIssuer Axis = "issuer" // is the issuer recognised for this, and by whom?
)

// Axes lists the axes in the order in which people read them.
var Axes = []Axis{AxisProof, AxisModel, AxisPeriod, AxisStatus, AxisHolder, AxisIssuer}

// Verdict sums a report up. Only Decide makes one.
type Verdict string

// The verdicts.
const (
	Valid        Verdict = "valid"
	Invalid      Verdict = "invalid"
	Undetermined Verdict = "undetermined"
)

// ExitCode is the exit code of the command line: 0, 1 and 2.
func (v Verdict) ExitCode() int {
	switch v {
	case Valid:
		return 0
	case Invalid:
		return 1
	}
	return 2
}

// Finding is the answer on one axis, with its reason and age. Code is stable and
// listed in docs/specs/report.md; Args fill the sentence that belongs to it.
type Finding struct {
	Axis    Axis              `json:"axis"`
	Outcome Outcome           `json:"outcome"`
	Code    string            `json:"code"`
	Args    map[string]string `json:"args,omitempty"`
	// AsOf is the date of what the answer rests on, such as a status list; zero
	// when the answer rests on the document alone.
	AsOf   time.Time `json:"asOf,omitzero"`
	Source string    `json:"source,omitempty"`
}

// because returns the arguments that say why: what err says, for log files, and the
// code of what caused it, for programs. more are names and values.
func because(err error, more ...string) map[string]string {
	args := map[string]string{"reason": err.Error()}
	if cause := causeOf(err); cause != "" {
		args["cause"] = cause
	}
	for i := 0; i < len(more); i += 2 {
		args[more[i]] = more[i+1]
	}
	return args
}

// causeOf returns the code of the innermost error that has one: the outer ones say
// where it happened, and this one says what.
func causeOf(err error) (code string) {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*cairn.Error); ok && e.Code != "" {
			code = e.Code
		}
	}
	return code
}

// Note is something that a reader should know and that decides nothing.
type Note struct {
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

// FormatVersion is the version of the report as JSON. docs/specs/report.md says what
// may be added without a new one.
const FormatVersion = 1

// Report is the result of a verification. Unknown is never yes, and there is no
// Boolean in it: a caller has to look at the verdict and can look at the reasons.
// Its JSON Schema is docs/specs/report-v1.schema.json.
type Report struct {
	Version   int       `json:"version"` // FormatVersion
	Verdict   Verdict   `json:"verdict"`
	Kind      string    `json:"kind"`             // one of the Kind constants
	Digest    string    `json:"digest,omitempty"` // of the document in canonical form
	CheckedAt time.Time `json:"checkedAt"`
	Offline   bool      `json:"offline"`
	// Securing says how the document was signed: one for each proof in it, or for the
	// envelope around it. It is what the document says of itself, and no answer.
	Securing []Securing `json:"securing,omitempty"`
	Findings []Finding  `json:"findings"` // one for each axis, in the order of Axes
	Notes    []Note     `json:"notes,omitempty"`
	// Shown is what may be shown: it was signed, and the signature is good. It is
	// nil otherwise.
	Shown *Shown `json:"shown,omitempty"`
	// Standing is what the trust lists say of the issuer.
	Standing *trust.Standing `json:"standing,omitempty"`
	// Credentials are the reports of what a presentation or transcript contains.
	Credentials []Report `json:"credentials,omitempty"`
	// Endorsements are the reports of what others say of it. They decide nothing.
	Endorsements []Report `json:"endorsements,omitempty"`
}

// The kinds of thing that a report is about.
const (
	KindUnreadable   = "unreadable"
	KindCredential   = "credential"
	KindBadge        = "badge"
	KindTranscript   = "transcript"
	KindPresentation = "presentation"
	KindDecision     = "decision"
	KindEndorsement  = "endorsement"
	KindStatusList   = "status-list"
	KindTrustList    = "trust-list"
	KindTrustBundle  = "trust-bundle"
	KindPaper        = "paper"
	KindIdentity     = "identity" // who somebody is, signed; no credential of learning
)

// Finding returns the answer on an axis; its outcome is Unknown when the report
// has none.
func (r Report) Finding(a Axis) Finding {
	for _, f := range r.Findings {
		if f.Axis == a {
			return f
		}
	}
	return Finding{Axis: a, Outcome: Unknown, Code: string(a) + ".not-checked"}
}

// settle gives every axis a finding and makes the verdict.
func (r *Report) settle(p Policy) {
	all := make([]Finding, len(Axes))
	for i, a := range Axes {
		all[i] = r.Finding(a)
	}
	r.Findings = all
	r.Verdict = Decide(*r, p)
}

// Reason is the finding that made the verdict: the first axis that says no, or
// else the first that is needed and not answered, or that of a part. The reason
// for valid is that the proof is good.
func (r Report) Reason() Finding {
	if r.Verdict == Valid {
		return r.Finding(AxisProof)
	}
	for _, a := range Axes {
		if f := r.Finding(a); f.Outcome == No {
			return f
		}
	}
	if r.Verdict == Undetermined {
		var first *Finding
		for _, a := range policyFor(r.Kind).Required {
			f := r.Finding(a)
			if f.Outcome == Yes {
				continue
			}
			// What was not reached was not reached because of something else.
			if !strings.HasSuffix(f.Code, ".not-checked") {
				return f
			}
			if first == nil {
				first = &f
			}
		}
		if first != nil {
			return *first
		}
	}
	for _, part := range r.Credentials {
		if part.Verdict == r.Verdict {
			return part.Reason()
		}
	}
	if f := r.Finding(AxisHolder); f.Outcome != Yes {
		return f // required where it was asked for
	}
	return Finding{Axis: AxisModel, Outcome: Unknown, Code: "model.not-checked"}
}

// Policy names the axes that must be answered with yes for the verdict Valid.
type Policy struct{ Required []Axis }

// policyFor is what each kind of document needs. The holder is required only
// where somebody asked to be shown a presentation, and then of everything in it
// (see bind): a credential alone is shown by whoever has it, and the report says so.
func policyFor(kind string) Policy {
	switch kind {
	case KindPresentation:
		return Policy{[]Axis{AxisProof, AxisModel, AxisHolder}}
	case KindStatusList, KindTrustList, KindTrustBundle:
		return Policy{[]Axis{AxisProof, AxisModel, AxisPeriod, AxisIssuer}}
	}
	return Policy{[]Axis{AxisProof, AxisModel, AxisPeriod, AxisStatus, AxisIssuer}}
}

// Decide is the only place where a verdict is made. Invalid: some axis says no.
// Valid: every required axis says yes, and everything contained is valid.
// Undetermined: anything else.
func Decide(r Report, p Policy) Verdict {
	verdict := Valid
	for _, a := range Axes {
		switch f := r.Finding(a); {
		case f.Outcome == No:
			return Invalid
		case f.Outcome != Yes:
			for _, required := range p.Required {
				if a == required {
					verdict = Undetermined
				}
			}
		}
	}
	if len(p.Required) == 0 {
		verdict = Undetermined
	}
	if r.Kind != KindPresentation {
		return verdict // what the parts of a transcript mean for it is in its model axis
	}
	if len(r.Credentials) == 0 {
		return Undetermined // a presentation of nothing shows nothing
	}
	for _, c := range r.Credentials {
		if c.Verdict == Invalid {
			return Invalid
		}
		if c.Verdict != Valid {
			verdict = Undetermined
		}
	}
	return verdict
}

// Shown is what a page, a printout or a program may show of a document. It is
// built from signed bytes only.
type Shown struct {
	CredentialID    string    `json:"credentialId,omitempty"`
	Title           string    `json:"title,omitempty"`
	Learner         string    `json:"learner,omitempty"` // the name as it was signed
	SubjectID       string    `json:"subjectId,omitempty"`
	Issuer          string    `json:"issuer"`
	IssuerSays      string    `json:"issuerSays,omitempty"` // what the issuer calls itself: not checked by anybody
	AchievementID   string    `json:"achievementId,omitempty"`
	AchievementType string    `json:"achievementType,omitempty"`
	Description     string    `json:"description,omitempty"`
	Criteria        string    `json:"criteria,omitempty"`
	Language        string    `json:"language,omitempty"`
	Credits         string    `json:"credits,omitempty"` // exact, such as 10/3
	CreditUnit      string    `json:"creditUnit,omitempty"`
	HoursPerCredit  string    `json:"hoursPerCredit,omitempty"`
	LevelFramework  string    `json:"levelFramework,omitempty"`
	Level           string    `json:"level,omitempty"`
	Grade           string    `json:"grade,omitempty"`
	Field           string    `json:"field,omitempty"`
	AwardedOn       string    `json:"awardedOn,omitempty"`
	ValidFrom       time.Time `json:"validFrom,omitzero"`
	ValidUntil      time.Time `json:"validUntil,omitzero"`
	Programme       string    `json:"programme,omitempty"`
	Lines           []Line    `json:"lines,omitempty"`
	Record          any       `json:"record,omitempty"` // the content of a decision
	// Claims are those of an SD-JWT VC that were disclosed, or of an identity.
	Claims map[string]any `json:"claims,omitempty"`
	Digest string         `json:"digest,omitempty"` // on paper: of the whole document
}

// Line is one line of a transcript.
type Line struct {
	CredentialID string `json:"credentialId"`
	Title        string `json:"title"`
	Requirement  string `json:"requirement"`
	Credits      string `json:"credits"`
	Source       string `json:"source"`
	Route        string `json:"route"`
}
