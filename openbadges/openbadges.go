// Package openbadges writes and reads Open Badges 3.0 (OpenBadgeCredential) and
// Comprehensive Learner Record 2.0 (ClrCredential) over the nouns of package
// cairn: what a learner earned, and the transcript that shows where it went.
//
// Badge.Document and Transcript.Document build unsigned documents and refuse
// what is nonsense, naming the field; Read and ReadTranscript turn a document
// that was already verified into facts. CheckSchema holds a document against the
// JSON Schema of its kind.
//
// What Open Badges has no place for (the unit of credit and its exact amount,
// level, workload, assessment, quality assurance, further languages) stands in
// one extension object, microcredential, defined by rdfc.CairnContext. A reader
// that does not know it still has a complete, valid badge.
//
// The package neither signs nor verifies, and judges nobody: the issuer's name
// inside a badge is what the issuer calls itself, no more.
package openbadges

import (
	"time"

	"cairn.example"
	"cairn.example/statuslist"
)

// The contexts of what this package writes, in their order, and the identifiers
// of the official schemas (Open Badges 3.0 and CLR 2.0, "Verification").
const (
	ContextOB  = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	ContextCLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

	SchemaOB  = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
	SchemaCLR = "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json"

	schemaType = "1EdTechJsonSchemaValidator2019"
)

// Limits of what is written and read. They leave room for any real badge and
// keep one document well inside strictjson.Default.
const (
	maxText        = 20_000    // bytes of one text
	maxName        = 1_000     // bytes of one name
	maxList        = 200       // entries of one list, such as tags or alignments
	maxLanguages   = 50        // languages of one text
	maxURI         = 2_048     // bytes of one identifier or address
	maxImage       = 128 << 10 // bytes of one picture
	maxPixels      = 4_096     // width and height of one picture
	maxCredentials = 200       // credentials inside one transcript
	maxLines       = 1_000     // recognition lines and associations of one transcript
)

// Issuer is who awards. Name is what the issuer calls itself.
type Issuer struct {
	DID  cairn.DID
	Name string
	URL  string // public page; may be empty
}

// Subject is the learner: a DID, or identities that a reader can compare with
// what it knows, or both. A badge whose subject has no DID is held by whoever
// has it; the identities say whom it is about.
type Subject struct {
	DID        cairn.DID
	Identities []Identity
}

// Evidence points to, or describes, work that supports the award.
type Evidence struct {
	ID          string // absolute address; may be empty
	Name        string
	Description string
	Narrative   string
	Genre       string
}

// Badge is one award, ready to be written as an OpenBadgeCredential. Of AwardedOn
// the calendar day is written, as it is in AwardedOn's own location; the other
// times are written in UTC to the second. ActivityStart, ActivityEnd, ValidFrom
// and ValidUntil may be zero, where ValidFrom then is AwardedOn.
type Badge struct {
	ID            cairn.CredentialID
	Name          string // of the credential; the achievement's name when empty
	Issuer        Issuer
	Creator       *Issuer // who defined the achievement, when that is not the issuer
	Achievement   cairn.Achievement
	Subject       Subject
	AwardedOn     time.Time
	ActivityStart time.Time
	ActivityEnd   time.Time
	ValidFrom     time.Time
	ValidUntil    time.Time
	CreditsEarned cairn.Credits // in the unit of Achievement.Credit; the full credit when zero
	Grade         string
	GradeScale    string // name of the scale that Grade belongs to; may be empty
	Narrative     string
	Evidence      []Evidence
	Status        *statuslist.Entry
}

// The routes by which a credit came into a transcript.
const (
	RouteInResidence = "in-residence" // awarded by the institution that writes the transcript
	RouteTransfer    = "transfer"     // awarded elsewhere and recognised
	RouteRPL         = "rpl"          // recognition of prior learning
)

// TranscriptLine says where the credit of one used credential went.
type TranscriptLine struct {
	CredentialID     cairn.CredentialID
	Title            string // of what was earned
	RequirementID    string
	RequirementTitle string
	Clause           string        // the rule that was applied; may be empty
	Credits          cairn.Credits // counted towards the requirement; zero when it only fulfils it
	SourceDID        cairn.DID
	SourceName       string // of the awarding institution, as the trust list has it
	Route            string // one of the Route constants
}

// The relations between achievements that a transcript states (CLR 2.0,
// AssociationType). IsPartOf reads "source is part of target".
const (
	IsPartOf     = "isPartOf"
	IsParentOf   = "isParentOf"
	IsChildOf    = "isChildOf"
	ExactMatchOf = "exactMatchOf"
	IsPeerOf     = "isPeerOf"
	IsRelatedTo  = "isRelatedTo"
	Precedes     = "precedes"
	ReplacedBy   = "replacedBy"
)

// Association relates two achievements by their ids.
type Association struct {
	Type   string
	Source cairn.AchievementID
	Target cairn.AchievementID
}

// ProgrammeRef names the edition of the programme that a transcript is about.
type ProgrammeRef struct {
	ID      cairn.ProgrammeID
	Edition string
	Digest  string // "sha256:…" of the programme document
	Title   string
	// The unit of all credits in the lines, and what the programme asks for and
	// what was counted, in that unit. All may be empty.
	CreditUnit      string
	CreditsRequired cairn.Credits
	CreditsCounted  cairn.Credits
}

// Transcript is a learner's record, ready to be written as a ClrCredential.
type Transcript struct {
	ID           cairn.CredentialID
	Issuer       Issuer
	Subject      Subject
	Name         string
	Description  string
	Language     cairn.Lang
	ValidFrom    time.Time // AwardedOn when zero
	ValidUntil   time.Time // may be zero
	AwardedOn    time.Time
	Partial      bool             // not everything that the institution knows of the learner
	Credentials  []map[string]any // complete signed credentials; they are written unchanged
	Achievements []cairn.Achievement
	Associations []Association
	Lines        []TranscriptLine
	Programme    ProgrammeRef
	Decision     cairn.CredentialID // the decision that the transcript rests on; may be empty
	Status       *statuslist.Entry
}

// Facts is what a verified OpenBadgeCredential says. Everything in it is the
// issuer's word.
type Facts struct {
	CredentialID   string
	CredentialName string
	Issuer         string // identifier
	IssuerName     string // what the issuer calls itself; a trust list knows better
	IssuerURL      string
	Creator        string // who defined the achievement; empty when not stated
	CreatorName    string

	AchievementID      string
	AchievementVersion string
	AchievementType    string
	AchievementName    string
	Description        string
	Criteria           string // narrative, or the address of the criteria
	Language           cairn.Lang
	// NameIn, DescriptionIn and CriteriaIn hold the further languages.
	NameIn        cairn.Text
	DescriptionIn cairn.Text
	CriteriaIn    cairn.Text
	Outcomes      []cairn.Text
	Image         *cairn.Image
	Field         string
	Tags          []string
	Alignments    []cairn.Alignment

	// Credit is what the achievement is worth; nil when no unit is stated.
	Credit *cairn.CreditValue
	// CreditsEarned is what this learner earned of it. Its unit is that of
	// Credit; when Credit is nil, the unit is unknown.
	CreditsEarned    cairn.Credits
	Level            *cairn.Level
	WorkloadHours    cairn.Credits
	AssessmentType   string
	Supervision      string
	IdentityChecked  bool
	Participation    string
	QualityAssurance *cairn.QualityAssurance

	SubjectID  string
	Identities []Identity
	// AwardedOn is awardedDate, or the day of ValidFrom when that is missing.
	AwardedOn     cairn.PartialDate
	ValidFrom     time.Time
	ValidUntil    time.Time
	ActivityStart time.Time
	ActivityEnd   time.Time
	Grade         string
	GradeScale    string
	Narrative     string
	Evidence      []Evidence
}

// TranscriptFacts is what a verified ClrCredential says. The credentials inside
// are signed by others and have to be verified on their own.
type TranscriptFacts struct {
	CredentialID string
	Name         string
	Description  string
	Issuer       string
	IssuerName   string
	Language     cairn.Lang
	SubjectID    string
	Identities   []Identity
	AwardedOn    cairn.PartialDate
	ValidFrom    time.Time
	ValidUntil   time.Time
	Partial      bool
	Credentials  []map[string]any
	Achievements []Facts // achievement members only
	Associations []Association
	Lines        []TranscriptLine
	Programme    ProgrammeRef
	Decision     cairn.CredentialID
}
