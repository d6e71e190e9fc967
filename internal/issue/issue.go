// Package issue is the way by which anything signed leaves an institution:
// prepare → sign → finalise → deliver.
//
//   - prepare records what will be signed, with its identifier and its place in
//     a status list, in one durable transaction;
//   - sign makes the signature outside any transaction, from the recorded bytes,
//     so it can be repeated and gives the same bytes again;
//   - finalise records the signed bytes in a second durable transaction;
//   - deliver accepts only what finalise returned.
//
// A crash at any point leaves either nothing, or a record of what was about to
// be signed, which Resume completes. Every request has an idempotency key: the
// same request again gives the same credential again.
//
// Service.Award issues a micro-credential, Service.Issue anything else that is
// signed. The package does not judge credentials of others (internal/verify).
package issue

import (
	"context"
	"io"
	"time"

	"cairn.example"
	"cairn.example/internal/keys"
	"cairn.example/statuslist"
)

// Limits of what one caller can ask for.
const (
	maxKey   = 200 // bytes of an idempotency key
	maxTitle = 500 // bytes of a credential's title
	maxName  = 400 // bytes of a person's name
	maxPage  = 200 // rows of one page of a listing
)

// The kinds of document that are issued.
const (
	KindBadge       = "badge"
	KindCertificate = "certificate"
	KindTranscript  = "transcript"
	KindDecision    = "decision"
	KindTrustList   = "trust-list"
	KindTrustBundle = "trust-bundle"
)

// State is where a credential stands on the write path.
type State string

// The states of a credential.
const (
	Prepared State = "prepared" // recorded, not yet signed
	Final    State = "issued"   // signed and recorded
	Void     State = "void"     // given up before it was signed; its index stays used
)

// Record is a credential as it is stored.
type Record struct {
	Institution    cairn.InstitutionID
	ID             cairn.CredentialID
	Key            string
	Fingerprint    string
	Kind           string
	Learner        cairn.LearnerID
	Title          string
	State          State
	List           string // id of the status list; empty without status
	Index          int
	KeyID          cairn.KeyID
	Unsigned       []byte
	UnsignedDigest string
	Created        time.Time
	Signed         []byte
	SignedDigest   string
	Issued         time.Time
	VoidReason     string
	Revoked        time.Time
	RevokedBy      string
	RevokedReason  string
}

// StatusList is a list of status bits as it is stored.
type StatusList struct {
	Institution       cairn.InstitutionID
	ID                string
	Purpose           string
	Secret            []byte
	Used              int
	Closed            bool
	Revision          int
	Published         []byte
	PublishedRevision int
	PublishedAt       time.Time
}

// LearnerRecord is a learner together with what only the store knows.
type LearnerRecord struct {
	cairn.Learner
	Salt      string // for hashed identifiers in credentials
	StackHash string // of the token of the learner's own page; may be empty
	Created   time.Time
}

// ClaimRecord is a claim code as it is stored: only its hash.
type ClaimRecord struct {
	Institution cairn.InstitutionID
	CodeHash    string
	Credential  cairn.CredentialID
	Created     time.Time
	Expires     time.Time
	Replaced    bool
	Claims      int
	LastClaim   time.Time
}

// Event is one line of the record of what happened.
type Event struct {
	Institution cairn.InstitutionID
	At          time.Time
	Kind        string
	Object      string
	Actor       string
	Detail      map[string]string
}

// Tx is what this package needs of a store. Methods that look for one thing
// return an error of kind NotFound when it is not there.
type Tx interface {
	keys.Tx
	ImportTx

	InsertInstitution(ctx context.Context, i cairn.Institution) error
	Institution(ctx context.Context, id cairn.InstitutionID) (cairn.Institution, error)
	Institutions(ctx context.Context) ([]cairn.Institution, error)

	InsertAchievement(ctx context.Context, a cairn.Achievement, now time.Time) error
	// Achievement returns the given version, or the newest when version is "".
	Achievement(ctx context.Context, inst cairn.InstitutionID, id cairn.AchievementID, version string) (cairn.Achievement, error)
	Achievements(ctx context.Context, inst cairn.InstitutionID) ([]cairn.Achievement, error)

	InsertLearner(ctx context.Context, l LearnerRecord) error
	UpdateLearner(ctx context.Context, l LearnerRecord) error
	Learner(ctx context.Context, inst cairn.InstitutionID, id cairn.LearnerID) (LearnerRecord, error)
	LearnerByNumber(ctx context.Context, inst cairn.InstitutionID, number string) (LearnerRecord, error)
	LearnerByStack(ctx context.Context, hash string) (LearnerRecord, error)
	Learners(ctx context.Context, inst cairn.InstitutionID, search string, after cairn.LearnerID, limit int) ([]LearnerRecord, error)

	InsertCredential(ctx context.Context, r Record) error
	Credential(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) (Record, error)
	CredentialByKey(ctx context.Context, inst cairn.InstitutionID, key string) (Record, error)
	CredentialsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Record, error)
	Credentials(ctx context.Context, inst cairn.InstitutionID, search string, after cairn.CredentialID, limit int) ([]Record, error)
	PreparedCredentials(ctx context.Context, limit int) ([]Record, error)
	// FinaliseCredential stores the signature; it changes nothing and returns a
	// Conflict when the credential is not in the state Prepared any more.
	FinaliseCredential(ctx context.Context, r Record) error
	VoidCredential(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID, reason string) error
	// RevokeCredential marks a credential once; a second time is a Conflict.
	RevokeCredential(ctx context.Context, r Record) error

	InsertStatusList(ctx context.Context, l StatusList) error
	// OpenStatusList returns a list with fewer than limit used entries.
	OpenStatusList(ctx context.Context, inst cairn.InstitutionID, purpose string, limit int) (StatusList, error)
	StatusList(ctx context.Context, inst cairn.InstitutionID, id string) (StatusList, error)
	StatusLists(ctx context.Context, inst cairn.InstitutionID) ([]StatusList, error)
	// TakeIndex adds one to the used entries and returns their number before.
	TakeIndex(ctx context.Context, inst cairn.InstitutionID, id string) (int, error)
	BumpStatusList(ctx context.Context, inst cairn.InstitutionID, id string) error
	PublishStatusList(ctx context.Context, l StatusList) error
	RevokedIndexes(ctx context.Context, inst cairn.InstitutionID, list string) ([]int, error)

	InsertClaim(ctx context.Context, c ClaimRecord) error
	ReplaceClaims(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) error
	Claim(ctx context.Context, codeHash string) (ClaimRecord, error)
	CountClaim(ctx context.Context, c ClaimRecord) error

	AppendEvent(ctx context.Context, e Event) error
	// LastPrepared returns when a credential was prepared last, by any institution
	// of this store; zero when none was.
	LastPrepared(ctx context.Context) (time.Time, error)
}

// Config is what a Service works with.
type Config struct {
	// Tx runs a function in a durable write transaction, View on a snapshot.
	Tx   func(ctx context.Context, f func(Tx) error) error
	View func(ctx context.Context, f func(Tx) error) error
	Keys *keys.Keyring
	Now  cairn.Clock
	Rand io.Reader
	// BaseURL is the public address of the server, without a slash at its end,
	// such as https://cairn.example. Status lists and claim pages are below it.
	BaseURL string
	// Scope refuses achievements that the issuer is not recognised for. It may be
	// nil for a server that follows no trust list.
	Scope func(ctx context.Context, issuer cairn.DID, a cairn.Achievement, at time.Time) error
	// Trace is told each step of the write path when it is done; it may be nil.
	Trace func(step string)
}

// Service issues. It is safe for concurrent use.
type Service struct {
	Config
	attempts *limiter
}

// New returns a Service.
func New(c Config) *Service {
	if c.Trace == nil {
		c.Trace = func(string) {}
	}
	return &Service{Config: c, attempts: &limiter{}}
}

// Issued is a credential that was finalised: signed, checked and recorded. Only
// this package can make one, so nothing else can be delivered.
type Issued struct{ record Record }

// ID returns the credential's identifier.
func (i Issued) ID() cairn.CredentialID { return i.record.ID }

// Institution returns the tenant that issued it.
func (i Issued) Institution() cairn.InstitutionID { return i.record.Institution }

// Kind returns one of the Kind constants.
func (i Issued) Kind() string { return i.record.Kind }

// Title returns the title for lists and pages.
func (i Issued) Title() string { return i.record.Title }

// Learner returns whom it is about; empty for trust lists.
func (i Issued) Learner() cairn.LearnerID { return i.record.Learner }

// At returns when it was recorded as signed.
func (i Issued) At() time.Time { return i.record.Issued }

// Revoked returns when it was revoked; zero when it is not.
func (i Issued) Revoked() time.Time { return i.record.Revoked }

// Document returns the signed document in canonical form (RFC 8785).
func (i Issued) Document() []byte { return append([]byte(nil), i.record.Signed...) }

// Digest returns the digest of Document, as jcs.Digest writes it.
func (i Issued) Digest() string { return i.record.SignedDigest }

// Slot is what prepare reserves for a credential, and what its document must
// carry.
type Slot struct {
	CredentialID cairn.CredentialID
	Institution  cairn.Institution
	Issuer       cairn.DID
	Status       *statuslist.Entry // nil when the request wants none
	Now          time.Time
}

// Request asks for one signed document.
type Request struct {
	Institution cairn.InstitutionID
	// Key makes the request idempotent inside the institution.
	Key string
	// Fingerprint tells requests with one key apart: the digest of what is asked.
	Fingerprint string
	Kind        string
	Learner     cairn.LearnerID
	Title       string
	Actor       string // who asked, for the record of events
	WithStatus  bool
	// Build returns the unsigned document for a slot. It must be pure: it is
	// called once to try the document out, and once for the record.
	Build func(Slot) (map[string]any, error)
}
