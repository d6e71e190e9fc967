package recognise

import (
	"context"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
)

// Edition is a published programme document.
type Edition struct {
	Institution cairn.InstitutionID
	ID          cairn.ProgrammeID
	Edition     string
	Digest      string
	Document    []byte
	Published   time.Time
}

// CreditUse says that a credential's credit was spent, and with it the learning that
// it is about: the same achievement of the same issuer, issued again to the same
// learner under another identifier, is spent as well.
type CreditUse struct {
	Institution cairn.InstitutionID
	Issuer      cairn.DID
	Credential  cairn.CredentialID
	Achievement cairn.AchievementID
	Learner     cairn.LearnerID
	Programme   cairn.ProgrammeID
	Application cairn.ApplicationID
	At          time.Time
}

// Tx is what this package needs of a store.
type Tx interface {
	PrecedentTx
	InsertEdition(ctx context.Context, e Edition) error
	// Edition returns the document with a digest.
	Edition(ctx context.Context, inst cairn.InstitutionID, digest string) (Edition, error)
	// Editions returns the newest edition of each programme.
	Editions(ctx context.Context, inst cairn.InstitutionID) ([]Edition, error)
	// EditionsOf returns every edition of a programme, the newest first.
	EditionsOf(ctx context.Context, inst cairn.InstitutionID, id cairn.ProgrammeID) ([]Edition, error)

	RulesTx
	// InsertRules is a Conflict when there is that version of the document.
	InsertRules(ctx context.Context, r RuleDocument) error
	RuleDocuments(ctx context.Context, inst cairn.InstitutionID) ([]RuleDocument, error)
	// ApproveRules is NotFound when it was approved already, or was added by the same.
	ApproveRules(ctx context.Context, inst cairn.InstitutionID, digest string, by cairn.StaffID, at time.Time) error
	// InsertRuleSignature is a Conflict when the party has signed.
	InsertRuleSignature(ctx context.Context, g RuleSignature) error

	// InsertApplication is a Conflict when the learner has an open application, one
	// that is not Final, for the programme.
	InsertApplication(ctx context.Context, a Application, learnerName string) error
	Application(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID) (Application, error)
	ApplicationByKey(ctx context.Context, inst cairn.InstitutionID, key string) (Application, error)
	ApplicationsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Application, error)
	// CountApplications returns how many of a learner's applications are open, that
	// is not Final, and how many there are.
	CountApplications(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) (open, all int, err error)
	Applications(ctx context.Context, inst cairn.InstitutionID, f Filter) ([]Summary, error)
	// DueApplications returns applications whose next step needs no person: first
	// those that were never tried, then those whose last try is the longest ago.
	DueApplications(ctx context.Context, limit int) ([]Application, error)
	// TriedApplication records when it was tried to go on with an application.
	TriedApplication(ctx context.Context, inst cairn.InstitutionID, id cairn.ApplicationID, at time.Time) error
	// UpdateApplication stores a with its revision raised by one; it is a Conflict
	// when the stored revision is not a.Revision any more.
	UpdateApplication(ctx context.Context, a Application) error

	// ReserveCredit spends a credential, and its learning, for a learner and a
	// programme. It is a Conflict when one of them is spent on anything else.
	ReserveCredit(ctx context.Context, u CreditUse) error
	// ReleaseCredit frees a credential, and its learning, that u.Application had spent.
	ReleaseCredit(ctx context.Context, u CreditUse) error
	CreditUse(ctx context.Context, inst cairn.InstitutionID, issuer cairn.DID, id cairn.CredentialID) (CreditUse, error)
	LearningUse(ctx context.Context, inst cairn.InstitutionID, issuer cairn.DID, a cairn.AchievementID, l cairn.LearnerID) (CreditUse, error)

	StandingTx
	LedgerTx

	AppendEvent(ctx context.Context, e issue.Event) error
}
