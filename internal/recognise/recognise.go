// Package recognise turns a learner's stack of credentials into credit towards
// a programme: an application is drafted, submitted, evaluated by the engine,
// decided by a registrar, its credits are reserved, and what it earns is issued
// and delivered.
//
// The process is a stored state machine. Nothing here calls the next step
// itself: Service.Advance reads the stored state, does the one step that is due
// and stores the new state, so a process that was killed at any point goes on
// where it was, and a learner can come back after years. Most callers need
// Service.Draft, Service.Present, Service.Submit, Service.Decide and
// Service.Advance; Replay checks a decision that somebody else made.
//
// The package does not judge credentials (internal/verify does), does not hold
// rules (programme does) and does not sign (internal/issue does).
package recognise

import (
	"time"

	"cairn.example"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

// State is where an application stands.
type State string

// The states of an application, in their order. A refusal goes the same way
// without reserving anything: it is a signed decision too.
const (
	Draft     State = "draft"     // the learner is putting credentials in
	Submitted State = "submitted" // waits for the engine
	Evaluated State = "evaluated" // waits for a registrar
	// Countersigning waits for a second registrar, where the programme asks for one.
	Countersigning State = "countersigning"
	Decided        State = "decided"   // it is decided; credits are not yet reserved
	Reserved       State = "reserved"  // credits are spent on this application, once
	Awarded        State = "awarded"   // decision, transcript and certificate are signed and recorded
	Delivered      State = "delivered" // the learner can fetch them; the end of the way
	Withdrawn      State = "withdrawn" // the learner took it back before a decision
)

// Final reports whether nothing more happens to an application in this state.
func (s State) Final() bool { return s == Delivered || s == Withdrawn }

// Identity says why a credential is taken to be about the learner.
type Identity string

// The ways in which a credential is tied to the learner, strongest first.
const (
	IdentityProven    Identity = "proven"    // the learner's key signed a presentation of it for this application
	IdentityMatched   Identity = "matched"   // its subject is the identifier on record, or its hashed identifier matches
	IdentityConfirmed Identity = "confirmed" // a registrar confirmed it, with a reason
	IdentityOpen      Identity = "open"      // only a name, or nothing, ties it; a person must decide
)

// Outcome is what a registrar decided.
type Outcome string

// The outcomes of a decision.
const (
	// Accept recognises the credit as evaluated. When that completes the
	// programme, the certificate is awarded as well.
	Accept Outcome = "accept"
	// Refuse recognises nothing; the decision says why, and how to appeal.
	Refuse Outcome = "refuse"
	// Return gives the application back to the learner as a draft.
	Return Outcome = "return"
)

// Application is a learner's request that credentials be recognised towards a
// programme of one institution.
type Application struct {
	ID              cairn.ApplicationID
	Key             string // idempotency key of the request that made it
	Institution     cairn.InstitutionID
	Learner         cairn.LearnerID
	Programme       cairn.ProgrammeID
	ProgrammeDigest string // of the edition that applies: the one published when it was drafted
	State           State
	Revision        int // grows by one with every stored change; guards against two writers
	Challenge       string
	Created         time.Time
	Updated         time.Time
	// Submitted is when the learner first handed it in: who is asked for more does
	// not go back to the end of the queue. Zero for a draft, and for applications
	// from before this was recorded.
	Submitted time.Time `json:",omitzero"`
	Items     []Item
	// Attestations are what persons said of requirements that only a person can
	// judge, in the order of the programme.
	Attestations []Attestation `json:",omitempty"`
	// Exceptions are what persons allowed this learner against the rules, in the order
	// in which they did. Granted counts those that there ever were, to name them.
	Exceptions []programme.Exception `json:",omitempty"`
	Granted    int                   `json:",omitempty"`
	Evaluation *Evaluation
	Decision   *Decision
	// Unsigned is the last word against a decision that needed two signatures.
	Unsigned *programme.Signature `json:",omitempty"`
	// Credentials that the decision led to; empty until they are issued.
	DecisionCredential    cairn.CredentialID
	CertificateCredential cairn.CredentialID
	TranscriptCredential  cairn.CredentialID
	Deliveries            []Delivery
	// Continues is the application that this one goes on from. Kept are the days on
	// which what it recognised was recognised, by digest, where its edition stays.
	Continues cairn.ApplicationID          `json:",omitempty"`
	Kept      map[string]cairn.PartialDate `json:",omitempty"`
	// Appeal is set when the application is against an earlier decision.
	Appeal *Appeal `json:",omitempty"`
	// Superseded is the appeal whose decision has taken the place of this one.
	Superseded cairn.ApplicationID `json:",omitempty"`
	// Note is the last word to the learner, such as the reason of a return.
	Note string
}

// Item is one credential in an application.
type Item struct {
	Digest   string // of Document; names the item inside the application
	Document []byte // the signed bytes as they were presented; nil when the application was withdrawn
	Added    time.Time
	Identity Identity
	// IdentityBy and IdentityReason are set when a registrar confirmed it.
	IdentityBy     cairn.StaffID
	IdentityReason string
	Report         *verify.Report // nil until evaluated
}

// Evaluation is what the engine found, with everything it depended on.
type Evaluation struct {
	At time.Time `json:"at"`
	// Applied is the day of the application, to which some rules about age count.
	Applied cairn.PartialDate `json:"applied,omitzero"`
	Held    []programme.Held  `json:"held"`
	Result  programme.Result  `json:"result"`
}

// Attestation is a person's word that a requirement is met.
type Attestation struct {
	Requirement string        `json:"requirement"`
	By          cairn.StaffID `json:"by"`
	Role        string        `json:"role"`
	Reason      string        `json:"reason"`
	At          time.Time     `json:"at"`
}

// attested lists the requirements that persons said are met.
func attested(list []Attestation) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.Requirement)
	}
	return out
}

// Decision is the registrar's word on an evaluation.
type Decision struct {
	Outcome Outcome       `json:"outcome"`
	By      cairn.StaffID `json:"by"`
	Role    string        `json:"role"`
	Reason  string        `json:"reason"`
	At      time.Time     `json:"at"`
	// Second is the signature of another person, where the programme asks for two.
	Second *programme.Signature `json:"second,omitempty"`
}

// Delivery is one document that the application led to.
type Delivery struct {
	Kind       string // decision, certificate, transcript
	Credential cairn.CredentialID
}

// Since is what the queue goes by: when it was first handed in, or made.
func (a Application) Since() time.Time {
	if a.Submitted.IsZero() {
		return a.Created
	}
	return a.Submitted
}

// Filter selects applications for a registrar's queue.
type Filter struct {
	State  State               // empty for all
	Search string              // part of the learner's name, or of an application id
	After  cairn.ApplicationID // the last of the page before; empty for the first page
	Limit  int                 // at most maxPage
}

// Summary is one line of a registrar's queue.
type Summary struct {
	ID          cairn.ApplicationID
	Learner     cairn.LearnerID
	LearnerName string
	Programme   cairn.ProgrammeID
	Title       cairn.Text
	State       State
	Since       time.Time // see Application.Since
	Updated     time.Time
	Items       int
	Waiting     int                 // items whose identity a person must confirm
	Appeal      cairn.ApplicationID // that it is an appeal about; empty for others
	Due         string              // the last day to decide on an appeal; empty when there is none
}
