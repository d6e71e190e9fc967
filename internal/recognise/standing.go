package recognise

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// Standing is how far a learner is in a programme, as it was last worked out without
// anybody asking. It decides nothing: whoever applies is evaluated anew.
type Standing struct {
	Institution cairn.InstitutionID `json:"-"`
	Learner     cairn.LearnerID     `json:"learner"`
	Programme   cairn.ProgrammeID   `json:"programme"`
	Edition     string              `json:"edition"` // digest of the edition that applies
	Engine      string              `json:"engine"`
	Inputs      string              `json:"inputs"` // digest of everything that it depends on but the day
	At          time.Time           `json:"at"`
	// Next is the day on which it must be worked out again though nothing has changed;
	// empty when there is none.
	Next         string        `json:"next,omitempty"`
	Counted      cairn.Credits `json:"counted"`
	Total        cairn.Credits `json:"total"`
	Unit         string        `json:"unit"`
	Complete     bool          `json:"complete"`
	Proven       bool          `json:"proven"`
	Satisfied    int           `json:"satisfied"`
	Requirements int           `json:"requirements"`
	// LosesOn is the first day within lossWindow on which less would count, or the
	// programme would not be complete any more; LosesTo is what would count then.
	LosesOn  string        `json:"losesOn,omitempty"`
	LosesTo  cairn.Credits `json:"losesTo,omitzero"`
	Parts    []Part        `json:"parts"`
	Counts   []Counting    `json:"counts"` // the credentials that count
	Attested []string      `json:"attested,omitempty"`
	// Exceptions are the ids of those that it rests on.
	Exceptions []string `json:"exceptions,omitempty"`
}

// Part is how far one requirement is met.
type Part struct {
	Requirement string           `json:"requirement"`
	Status      programme.Status `json:"status"`
	Have        cairn.Credits    `json:"have"`
}

// Counting is what a credential counts for.
type Counting struct {
	Credential string        `json:"credential"` // digest
	Credits    cairn.Credits `json:"credits"`
}

// Fact is what a credential of a learner says and how it was judged, kept so that it
// need not be verified every night. It is of the institution's own credentials and of
// those that the learner put into an application.
type Fact struct {
	Digest string         `json:"digest"`
	Own    bool           `json:"own,omitempty"`
	Held   programme.Held `json:"held"` // Blocked is what the verification says
	// Identity is set for credentials from applications.
	Identity Identity `json:"identity,omitempty"`
	// Cause is the code of the finding that keeps it from counting.
	Cause   string    `json:"cause,omitempty"`
	Since   time.Time `json:"since"`          // when it was first seen
	Changed time.Time `json:"changed"`        // when it was last judged otherwise than before
	Checked time.Time `json:"checked"`        // when it was last verified
	Again   time.Time `json:"again"`          // when it must be verified again
	Until   time.Time `json:"until,omitzero"` // its own end, when that is to come
	// Reader names the program that brought the document into the form of Held.
	Reader string `json:"reader"`
	// Basis is the digest of what the trust lists said of its issuer.
	Basis string `json:"basis"`
}

// blocked is why the credential can't count; empty when there is no such reason.
func (f Fact) blocked() string {
	if f.Held.Blocked == "" && f.Identity == IdentityOpen {
		return programme.BlockedIdentity
	}
	return f.Held.Blocked
}

// StandingInput is what the standing of one learner depends on, as far as it can be
// read without opening a document.
type StandingInput struct {
	Learner      cairn.LearnerID
	Own          []OwnCredential // not revoked
	Awarded      []cairn.ProgrammeID
	Applications []ApplicationVersion // not withdrawn, the newest first
	Uses         []CreditUse          // of credentials and of learning by this learner
	Watch        Watch
}

// OwnCredential is a credential that the institution itself issued.
type OwnCredential struct {
	ID     cairn.CredentialID
	Digest string
}

// ApplicationVersion is an application without its content.
type ApplicationVersion struct {
	ID        cairn.ApplicationID
	Revision  int
	State     State
	Programme cairn.ProgrammeID
	Digest    string // of the edition
}

// Watch is what was seen of a learner the last time.
type Watch struct {
	Inputs string    // digest of the StandingInput; empty when nothing was seen yet
	At     time.Time // when it was
	Due    time.Time // when to look again though nothing has changed
}

// StandingUpdate is what one look at a learner leads to.
type StandingUpdate struct {
	Institution cairn.InstitutionID
	Learner     cairn.LearnerID
	Before      Watch  // as it was read: when it is another one by now, nothing is stored
	After       *Watch // nil when not every programme was looked at
	Facts       []Fact // those that are new or changed
	Gone        []string
	Standings   []Standing // those that were worked out
	Dropped     []cairn.ProgrammeID
	Changes     []StandingChange
	first       int
	evaluated   int
	verified    int
	skipped     bool
}

// StandingChange is what a run found to be different for one learner and programme.
type StandingChange struct {
	Run       string            `json:"run,omitempty"`
	Learner   cairn.LearnerID   `json:"learner"`
	Programme cairn.ProgrammeID `json:"programme"`
	At        time.Time         `json:"at"`
	Effect    programme.Effect  `json:"effect"`
	Before    Stood             `json:"before"`
	After     Stood             `json:"after"`
	Why       []Cause           `json:"why"`
	// Requirements are those of which another part is met.
	Requirements []PartChange `json:"requirements,omitempty"`
}

// Stood is one side of a change.
type Stood struct {
	Edition   string        `json:"edition,omitempty"`
	Counted   cairn.Credits `json:"counted"`
	Satisfied int           `json:"satisfied"`
	Complete  bool          `json:"complete"`
}

// PartChange is a requirement of which another part is met.
type PartChange struct {
	Requirement string           `json:"requirement"`
	Before      programme.Status `json:"before,omitempty"`
	After       programme.Status `json:"after,omitempty"`
	Had         cairn.Credits    `json:"had"`
	Has         cairn.Credits    `json:"has"`
}

// Cause is one reason for a change.
type Cause struct {
	Code       string `json:"code"` // one of the Cause constants
	Credential string `json:"credential,omitempty"`
	Title      string `json:"title,omitempty"` // of the credential
	Clause     string `json:"clause,omitempty"`
	// Requirement is the one that a person confirmed, or no longer confirms.
	Requirement string `json:"requirement,omitempty"`
}

// The reasons for a change. The set is closed; internal/i18n has a word for each in
// every language.
const (
	CauseNew        = "new-credential" // a credential is there that was not
	CauseCleared    = "cleared"        // a credential can count that could not
	CauseRevoked    = "revoked"        // a credential was withdrawn by its issuer
	CauseEnded      = "expired"        // the end of a credential has come
	CauseNotValid   = "not-valid"      // a credential is not valid any more for another reason
	CauseUnchecked  = "not-checked"    // a credential could not be checked
	CauseIdentity   = "identity-open"  // nobody has confirmed whose a credential is
	CauseSpent      = "spent"          // a credential was used for another award
	CauseDuplicate  = "duplicate"      // another credential for the same learning counts
	CauseTaken      = "taken-back"     // the learner took a credential back
	CauseLapse      = "lapse"          // by a rule about age, something is too old now
	CauseEdition    = "edition"        // another edition applies
	CauseEngine     = "engine"         // another version of the engine applies
	CauseAttested   = "attested"       // a person confirmed a requirement
	CauseUnattested = "unattested"     // a person took such a word back
	CauseException  = "exception"      // an exception was made for the learner
	CauseOrdinary   = "no-exception"   // an exception has ended, or was taken back
	CauseInputs     = "rearranged"     // what was there before is counted otherwise
)

// Causes lists every code of a Cause.
func Causes() []string {
	return []string{CauseNew, CauseCleared, CauseRevoked, CauseEnded, CauseNotValid, CauseUnchecked, CauseIdentity, CauseSpent, CauseDuplicate, CauseTaken, CauseLapse,
		CauseEdition, CauseEngine, CauseAttested, CauseUnattested, CauseException, CauseOrdinary, CauseInputs}
}

// RunState is where a run over the learners of an institution stands.
type RunState string

// The states of a run.
const (
	RunOpen      RunState = "running"   // somebody is at it, or was and can go on
	RunDone      RunState = "done"      // every learner was looked at
	RunAbandoned RunState = "abandoned" // another run was begun instead of going on with it
)

// StandingRun is one run over the learners of an institution. Its counts and its place
// are stored together with what it found, so one that was killed goes on where it was.
type StandingRun struct {
	Institution cairn.InstitutionID `json:"institution"`
	ID          string              `json:"id"`
	State       RunState            `json:"state"`
	Programme   cairn.ProgrammeID   `json:"programme,omitempty"` // the only one that was looked at
	Learner     cairn.LearnerID     `json:"learner,omitempty"`   // the only one that was looked at
	All         bool                `json:"all,omitempty"`       // also where nothing has changed
	Started     time.Time           `json:"started"`
	Updated     time.Time           `json:"updated"`
	After       cairn.LearnerID     `json:"after,omitempty"` // the last learner who was looked at
	Total       int                 `json:"total"`           // learners when it began
	Tally
	// Owner is who is at it, until Lease: after that another may go on.
	Owner string    `json:"-"`
	Lease time.Time `json:"-"`
}

// Tally counts what a run did.
type Tally struct {
	Learners  int `json:"learners"`  // that were looked at
	Unchanged int `json:"unchanged"` // of them, those whose inputs were the same and for whom nothing was due
	Verified  int `json:"verified"`  // credentials that were verified
	Evaluated int `json:"evaluated"` // results that were worked out, one for each learner and programme
	First     int `json:"first"`     // of them, those that there was none to compare with
	Changed   int `json:"changed"`   // of them, those that are different
	Later     int `json:"later"`     // learners who changed while they were looked at, and are left for the next run
}

// StandingFilter selects standings for a page.
type StandingFilter struct {
	Programme cairn.ProgrammeID // empty for all
	Complete  bool              // only those that are complete
	Losing    string            // only those that lose something up to this day
	Search    string            // part of the learner's name, or of the learner's id
	After     string            // the key of the last line of the page before
	Limit     int               // at most maxPage
}

// ChangeFilter selects changes of a run.
type ChangeFilter struct {
	Programme cairn.ProgrammeID
	Effect    programme.Effect // empty for all
	Completes bool             // only those who were not complete and are now
	Search    string
	After     string
	Limit     int // at most maxChanges
}

// NamedStanding and NamedChange are lines of a page. Key is what After takes.
type (
	NamedStanding struct {
		Standing
		Name string
		Key  string
	}
	NamedChange struct {
		StandingChange
		Name string
		Key  string
	}
)

// StandingTx is what standing evaluations need of a store.
type StandingTx interface {
	// StandingInputs returns the inputs of learners in the order of their ids.
	StandingInputs(ctx context.Context, inst cairn.InstitutionID, after cairn.LearnerID, limit int) ([]StandingInput, error)
	StandingInput(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (StandingInput, error)
	CountLearners(ctx context.Context, inst cairn.InstitutionID) (int, error)
	Facts(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Fact, error)
	StandingsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Standing, error)
	SignedDocument(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) ([]byte, error)
	// EvaluatedApplications returns the applications for a programme that have an
	// evaluation, by their ids, and the names of their learners.
	EvaluatedApplications(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID, after cairn.ApplicationID, limit int) ([]Application, []string, error)
	// SaveStanding stores an update and reports whether it did: not when the learner
	// was looked at by somebody else since the update was begun.
	SaveStanding(ctx context.Context, run string, u StandingUpdate) (bool, error)
	// InsertRun is a Conflict while another run of the institution is open.
	InsertRun(ctx context.Context, r StandingRun) error
	// UpdateRun stores a run; it is a Conflict when its stored owner is not before.
	UpdateRun(ctx context.Context, r StandingRun, before string) error
	OpenRun(ctx context.Context, inst cairn.InstitutionID) (StandingRun, error)
	// FreeRuns takes open runs from their owners.
	FreeRuns(ctx context.Context) error
	// LastRun returns the run over all learners that was begun last.
	LastRun(ctx context.Context, inst cairn.InstitutionID) (StandingRun, error)
	// ForgetRuns removes what all but the newest runs found.
	ForgetRuns(ctx context.Context, inst cairn.InstitutionID, keep int) error
	Standings(ctx context.Context, inst cairn.InstitutionID, f StandingFilter) ([]NamedStanding, error)
	Changes(ctx context.Context, inst cairn.InstitutionID, run string, f ChangeFilter) ([]NamedChange, error)
}
