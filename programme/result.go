package programme

import (
	"time"

	"cairn.example"
)

// EngineVersion changes with everything that can change a Result.
const EngineVersion = "6"

// Route is how credit comes in.
type Route string

// The routes.
const (
	InResidence   Route = "in-residence"   // awarded by the institution of the programme
	Transfer      Route = "transfer"       // awarded by another institution
	RPL           Route = "rpl"            // recognition of prior learning
	Articulation  Route = "articulation"   // awarded by another institution, under an agreement that says so
	Exam          Route = "exam"           // credit for an examination alone
	Exemption     Route = "exemption"      // fills a place and brings no credit, which must come from elsewhere
	AdvancedEntry Route = "advanced-entry" // admission to a later stage, on what was done elsewhere
)

var routes = []Route{InResidence, Transfer, RPL, Articulation, Exam, Exemption, AdvancedEntry}

// Held is what the engine sees of a credential: verified facts.
type Held struct {
	Digest      string              `json:"digest"` // of the signed document; names it
	Credential  cairn.CredentialID  `json:"credential"`
	Issuer      cairn.DID           `json:"issuer"`
	IssuerName  string              `json:"issuerName,omitempty"` // as a trust list has it
	Achievement cairn.AchievementID `json:"achievement"`
	Type        string              `json:"type"`
	Title       string              `json:"title"`
	Route       Route               `json:"route"`
	Credit      *cairn.CreditValue  `json:"credit,omitempty"` // earned; nil when it carries none, or none that can be read
	Level       *cairn.Level        `json:"level,omitempty"`
	Field       string              `json:"field,omitempty"`
	Tags        []string            `json:"tags,omitempty"`
	Alignments  []string            `json:"alignments,omitempty"` // target addresses
	GradeScale  string              `json:"gradeScale,omitempty"`
	Grade       string              `json:"grade,omitempty"`
	Assessment  string              `json:"assessment,omitempty"`  // how it was assessed, as the issuer writes it
	Supervision string              `json:"supervision,omitempty"` // of the assessment: onsite, online, none; empty when not stated
	AwardedOn   cairn.PartialDate   `json:"awardedOn"`
	LearnedOn   cairn.PartialDate   `json:"learnedOn,omitzero"` // the end of the learning; zero when not stated
	IssuedOn    cairn.PartialDate   `json:"issuedOn,omitzero"`  // the day of the signature; zero when not stated
	// RecognisedOn is the day on which a decision under this edition recognised it; its
	// age counts to that day. Zero for what was not.
	RecognisedOn cairn.PartialDate `json:"recognisedOn,omitzero"`
	// UsedElsewhere is how much of the credit was used for other awards, in the unit of
	// Credit; nil when nothing was, as far as is known.
	UsedElsewhere *cairn.Credits `json:"usedElsewhere,omitempty"`
	// Blocked is a reason why it can't count whatever the rules say; empty when
	// there is none. See the constants Blocked….
	Blocked string `json:"blocked,omitempty"`
}

// Reasons why a credential can't count whatever the rules say.
const (
	BlockedNotValid     = "not-valid"     // the verification said no
	BlockedUndetermined = "undetermined"  // the verification could not be completed
	BlockedIdentity     = "identity-open" // a person must confirm whose it is
	BlockedSpent        = "spent"         // used for another award already
	BlockedDuplicate    = "duplicate"     // presented twice, or the same learning twice
)

// Status of a credential or a requirement in a Result.
type Status string

// Status values of a credential.
const (
	Used       Status = "used"
	PartlyUsed Status = "partly-used"
	NotUsed    Status = "not-used"
	Undecided  Status = "undecided" // a person must look
)

// Status values of a requirement.
const (
	Satisfied Status = "satisfied"
	Partly    Status = "partly"
	Missing   Status = "missing"
	Waiting   Status = "waiting" // for a person: to attest it, to see work done, or to sign a second time
	Waived    Status = "waived"  // a person let it off, in whole or in part
	// NotNeeded is a requirement in a track that was not chosen, and whose choice is met.
	NotNeeded Status = "not-needed"
)

// Codes of reasons. The set is closed; internal/i18n has a sentence for each in
// every language.
const (
	ReasonUsed               = "used"                // counts as …
	ReasonShared             = "shared"              // counts here too, beside where its credit counts
	ReasonPrerequisite       = "prerequisite"        // something else must be satisfied first
	ReasonSurplus            = "surplus"             // what is left of it counts nowhere else
	ReasonExempted           = "exempted"            // fills the place, and brings no credit
	ReasonBarred             = "barred"              // a rule bars such credit
	ReasonEvidenceOnly       = "evidence-only"       // a rule bars such credit; it may be evidence of prior learning
	ReasonNoMatch            = "no-match"            // nothing in the programme asks for this
	ReasonTooOld             = "too-old"             // learned too long ago
	ReasonDateUncertain      = "date-uncertain"      // the date is not exact enough for the age rule
	ReasonAwardedUncertain   = "awarded-uncertain"   // the date is not exact enough for the dates of award that are asked for
	ReasonAgreementUncertain = "agreement-uncertain" // the date is not exact enough for the dates of an agreement
	ReasonLevelTooLow        = "level-too-low"       // below the level that is asked for
	ReasonLevelUnknown       = "level-unknown"       // no level, or of a framework without a mapping
	ReasonGradeTooLow        = "grade-too-low"       // below the grade that is asked for
	ReasonGradeUnknown       = "grade-unknown"       // no grade, or on an unknown scale
	ReasonAssessmentUnknown  = "assessment-unknown"  // how it was assessed is not stated
	ReasonSupervisionUnknown = "supervision-unknown" // whether the assessment was supervised is not stated
	ReasonReserved           = "reserved"            // must be done with the institution
	ReasonTooFewCredits      = "too-few-credits"     // smaller than what is asked for
	ReasonNoCredit           = "no-credit"           // carries no credit that can be counted
	ReasonFull               = "requirement-full"    // other credentials fill the requirement already
	ReasonOutsideCap         = "outside-cap"         // the cap on outside credit is reached
	ReasonRPLCap             = "rpl-cap"             // the cap on recognised prior learning is reached
	ReasonCap                = "cap"                 // a general cap is reached
	ReasonLimit              = "limit"               // the limit for its field in the requirement is reached
	ReasonLevelTooHigh       = "level-too-high"      // and the framework takes no higher level for a lower one
	ReasonNotPassed          = "not-passed"          // the grade is below the pass mark of its scale
	ReasonRepeated           = "repeated"            // taken more than once, and another one counts
	ReasonRepeatUncertain    = "repeat-uncertain"    // taken more than once, and the facts do not say which counts
	ReasonReused             = "reused"              // used for another award, and only a share counts again
	ReasonExclusive          = "exclusive"           // another one of an exclusive set counts
	ReasonException          = "exception"           // counts there because a person allowed it
	ReasonExcluded           = "excluded"            // a person said that it must not count
	ReasonWork               = "work-to-do"          // counts there once some work is done
	ReasonNotProven          = "search-limit"        // the search ended before everything was tried
)

// Reasons lists every code that a Result can carry.
func Reasons() []string {
	return []string{ReasonUsed, ReasonShared, ReasonPrerequisite, ReasonSurplus, ReasonExempted, ReasonBarred, ReasonEvidenceOnly, ReasonNoMatch, ReasonTooOld, ReasonDateUncertain, ReasonAwardedUncertain, ReasonAgreementUncertain, ReasonLevelTooLow, ReasonLevelTooHigh, ReasonNotPassed, ReasonLevelUnknown, ReasonGradeTooLow, ReasonGradeUnknown, ReasonAssessmentUnknown, ReasonSupervisionUnknown,
		ReasonReserved, ReasonTooFewCredits, ReasonNoCredit, ReasonFull, ReasonOutsideCap, ReasonRPLCap, ReasonCap, ReasonLimit, ReasonRepeated, ReasonRepeatUncertain, ReasonReused, ReasonExclusive, ReasonException, ReasonExcluded, ReasonWork, ReasonNotProven,
		BlockedNotValid, BlockedUndetermined, BlockedIdentity, BlockedSpent, BlockedDuplicate}
}

// Reason says why, with the clause that it rests on.
type Reason struct {
	Code        string            `json:"code"`
	Clause      string            `json:"clause,omitempty"`
	Requirement string            `json:"requirement,omitempty"`
	Args        map[string]string `json:"args,omitempty"`
}

// Line is one part of the allocation: credit of a credential in a requirement.
type Line struct {
	Credential  string        `json:"credential"` // digest
	Requirement string        `json:"requirement"`
	Slot        string        `json:"slot,omitempty"`
	Credits     cairn.Credits `json:"credits"`
	Clause      string        `json:"clause"`
	Agreement   string        `json:"agreement,omitempty"`
	Exception   string        `json:"exception,omitempty"` // that lets it count there
	// Shared is credit that counts in another requirement, and here satisfies only.
	Shared bool `json:"shared,omitempty"`
}

// CredentialResult is what became of one credential.
type CredentialResult struct {
	Credential string        `json:"credential"` // digest
	Status     Status        `json:"status"`
	Carries    cairn.Credits `json:"carries"` // in the programme's unit
	Counted    cairn.Credits `json:"counted"`
	Route      Route         `json:"route,omitempty"` // where the rules lead it by another than it came with
	Reasons    []Reason      `json:"reasons"`
}

// RequirementResult is how far one requirement is met.
type RequirementResult struct {
	Requirement string        `json:"requirement"`
	Clause      string        `json:"clause"`
	Status      Status        `json:"status"`
	Have        cairn.Credits `json:"have"`
	Need        cairn.Credits `json:"need"`
	Slots       []SlotResult  `json:"slots,omitempty"`
}

// SlotResult is whether a slot is filled, and by what.
type SlotResult struct {
	Slot       string        `json:"slot"`
	Credits    cairn.Credits `json:"credits"`
	Credential string        `json:"credential,omitempty"`
	Waived     string        `json:"waived,omitempty"` // exception that lets it off
}

// ChoiceResult is how far a choice is met.
type ChoiceResult struct {
	Choice string        `json:"choice"`
	Clause string        `json:"clause"`
	Status Status        `json:"status"`
	Choose int           `json:"choose"` // so many tracks
	Tracks []TrackResult `json:"tracks"`
}

// TrackResult is how far a track of a choice is met.
type TrackResult struct {
	Track  string `json:"track"`
	Status Status `json:"status"`
}

// CapResult is how far a cap or limit is used.
type CapResult struct {
	Name   string        `json:"name"` // outside, rpl, or the requirement and fields of a limit
	Clause string        `json:"clause"`
	Used   cairn.Credits `json:"used"`
	Limit  cairn.Credits `json:"limit"`
	Number bool          `json:"number,omitempty"` // credentials are counted, and not their credit
}

// FloorResult is how far a floor of the policy is kept.
type FloorResult struct {
	Name   string        `json:"name"`
	Clause string        `json:"clause"`
	Kept   bool          `json:"kept"`
	Have   cairn.Credits `json:"have"` // credit, a number, or an average
	Need   cairn.Credits `json:"need"`
	Number bool          `json:"number,omitempty"` // a number is asked for, and not credit
	// Doubtful are the credentials (digests) that count and of which it is not known
	// whether they count for the floor: a person may know.
	Doubtful []string `json:"doubtful,omitempty"`
}

// Optimality says how good the allocation is known to be.
type Optimality struct {
	Proven bool `json:"proven"`
	Nodes  int  `json:"nodes"` // of the search
	// Bound is what no allocation can exceed.
	BoundSatisfied int           `json:"boundSatisfied"`
	BoundCredits   cairn.Credits `json:"boundCredits"`
	Objective      string        `json:"objective"`
}

// Objective states the order in which allocations are compared.
const Objective = "1 the programme complete, where it can be; 2 most requirements satisfied; 3 most credit counted; 4 most floors kept; 5 least credit from outside and prior learning; 6 of credentials that the rules treat alike, and in pools of credit, what lapses sooner, unless a general rule stands against it; 7 the first in a fixed order of search, whatever the order of presentation"

// Result is an evaluation.
type Result struct {
	Engine       string              `json:"engine"`
	Programme    cairn.ProgrammeID   `json:"programme"`
	Edition      string              `json:"edition"`
	Digest       string              `json:"digest"` // of the programme document
	At           string              `json:"at"`     // day of the evaluation
	Unit         string              `json:"unit"`
	Total        cairn.Credits       `json:"total"`           // of the programme
	LetOff       cairn.Credits       `json:"letOff,omitzero"` // of it, by persons
	Counted      cairn.Credits       `json:"counted"`         // in all requirements
	Complete     bool                `json:"complete"`
	Lines        []Line              `json:"lines"`
	Requirements []RequirementResult `json:"requirements"`
	Choices      []ChoiceResult      `json:"choices,omitempty"`
	Credentials  []CredentialResult  `json:"credentials"`
	Caps         []CapResult         `json:"caps"`
	Floors       []FloorResult       `json:"floors,omitempty"`
	Optimality   Optimality          `json:"optimality"`
	// NextChange is the first day on which something that counts now is too old;
	// empty when there is none.
	NextChange string `json:"nextChange,omitempty"`
	// Exceptions are those that were given, in their order.
	Exceptions []ExceptionResult `json:"exceptions,omitempty"`
}

const dayLayout = "2006-01-02"

func dayText(t time.Time) string { return t.UTC().Format(dayLayout) }
