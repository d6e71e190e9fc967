// Package cairn holds the nouns of the system: what can be earned, who earned
// it, how much credit it carries, and how errors are told. It imports nothing
// of ours and does no I/O; read it first.
//
// The words are those of the field (VISION, "The words used everywhere"):
// an achievement can be earned, an award says that a learner earned it, and a
// credential is the award's signed form.
package cairn

import (
	"context"
	"crypto/ed25519"
	"time"
)

// Identifiers. Each kind has its own type so that the compiler keeps them apart.
type (
	// DID is a decentralised identifier without path, query or fragment.
	DID string
	// KeyID is the DID URL of a verification method, for example
	// did:web:college.example#key-1.
	KeyID string
	// InstitutionID is the tenant: a short lower-case slug that is part of the
	// key of every stored row and of every public URL of the institution.
	InstitutionID string
	// AchievementID is the absolute URI under which an achievement is known.
	AchievementID string
	// AwardID identifies one award inside its institution.
	AwardID string
	// CredentialID is the id member of a credential, usually urn:uuid:….
	CredentialID string
	// LearnerID identifies a learner inside one institution; it means nothing
	// elsewhere.
	LearnerID string
	// ProgrammeID names a programme; an edition of it is named by its digest.
	ProgrammeID string
	// ApplicationID identifies a learner's application for recognition.
	ApplicationID string
	// StaffID is the sign-in name of a member of staff inside an institution.
	StaffID string
)

// Clock tells the time. Rules that depend on time take it as a parameter, so
// that tests are exact and a decision can be replayed.
type Clock func() time.Time

// Signer signs with one private key that it never shows. It is safe for
// concurrent use.
type Signer interface {
	// KeyID is the verification method that others check the signature with.
	KeyID() KeyID
	// Controller is the DID whose document lists the verification method.
	Controller() DID
	// PublicKey is the Ed25519 public key of the verification method.
	PublicKey() ed25519.PublicKey
	// Sign returns the 64-byte Ed25519 signature (RFC 8032, pure) of message.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Institution is a tenant: an organisation that issues, decides or keeps a
// trust list. Its name here is what it calls itself; how it stands with others
// comes from a trust list and from nowhere else.
type Institution struct {
	ID       InstitutionID
	Name     Text
	Country  string // ISO 3166-1 alpha-2
	Language Lang   // the language it works in
	DID      DID
	URL      string // its public page; may be empty
}

// Learner is a person in the records of one institution. Names are written as
// the person writes them; nothing asks for two parts, and no contact is needed.
type Learner struct {
	ID          LearnerID
	Institution InstitutionID
	FullName    string      // as the person writes it; required
	OtherNames  []string    // other scripts, spellings, earlier names
	Birth       PartialDate // may be empty
	DID         DID         // the learner's own identifier; empty without a wallet
	Number      string      // the institution's own number for the person; may be empty
}

// Achievement is what can be earned: the definition that an award points to.
// It can express the mandatory elements of a micro-credential of the EU Council
// Recommendation 2022/C 243/02 and of UNESCO's 2022 definition.
type Achievement struct {
	ID               AchievementID
	Institution      InstitutionID
	Version          string
	Type             string // Open Badges 3.0 achievementType, such as MicroCredential
	Name             Text
	Description      Text
	Criteria         Text
	Outcomes         []Text
	Language         Lang // the language of the signed texts and of instruction
	Level            *Level
	Credit           *CreditValue
	WorkloadHours    Credits // notional hours; zero when not stated
	AssessmentType   string
	Supervision      string // "onsite", "online", "none"; empty when not stated
	IdentityChecked  bool   // the learner's identity was checked at the assessment
	Participation    string // "onsite", "online", "blended"; empty when not stated
	QualityAssurance *QualityAssurance
	FieldOfStudy     string
	Tags             []string
	Alignments       []Alignment
	Image            *Image
}

// Level is a position in a named qualifications framework, such as EQF 5 or
// NSQF 4.5.
type Level struct {
	Framework string  `json:"framework"`
	Value     Credits `json:"value"`
}

// CreditValue is an amount of credit together with what one credit means,
// since a 100-hour module is 10, 4 or 3⅓ credits depending on the system.
type CreditValue struct {
	Amount         Credits `json:"amount"`
	Unit           string  `json:"unit"`           // for example ECTS, KCATS
	HoursPerCredit Credits `json:"hoursPerCredit"` // notional hours
}

// QualityAssurance names who assures the quality of an achievement and where
// that can be read.
type QualityAssurance struct {
	Body string
	URL  string
}

// Alignment points from an achievement to a competency or credential described
// elsewhere (Open Badges 3.0, Alignment).
type Alignment struct {
	TargetName      string
	TargetURL       string
	TargetFramework string
	TargetCode      string
	TargetType      string
}

// Image is a picture small enough to travel inside a credential.
type Image struct {
	MediaType string // image/png or image/jpeg
	Data      []byte
	Caption   string
}
