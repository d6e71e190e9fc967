// Package trust says who may award what: trust lists, kept and signed by an
// operator such as a ministry or a network, with a scope and dates for each
// issuer. What a report says about an issuer's name and standing comes from here
// and never from the credential.
//
// Most callers need Snapshot.Standing. Read checks a signed list, Sign makes
// one, and a Bundle carries lists, identifier documents and status lists in one
// signed file for use without a network. "Not listed" is not "untrustworthy": it
// means that these lists say nothing.
package trust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/rdfc"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Limits of a list.
const (
	maxEntries = 20_000
	maxScopes  = 100 // of one issuer
	maxText    = 500 // bytes of a name
)

// The types of the signed documents.
const (
	ListType   = "TrustListCredential"
	BundleType = "TrustBundleCredential"
)

// List is a trust list.
type List struct {
	ID       string     `json:"id"`      // its URL, where the newest version is published
	Version  int        `json:"version"` // grows with every change, from 1
	Operator cairn.DID  `json:"operator"`
	Name     cairn.Text `json:"name"`
	Issuers  []Issuer   `json:"issuers"`
	// ValidFrom and ValidUntil are those of the signed document.
	ValidFrom  time.Time `json:"-"`
	ValidUntil time.Time `json:"-"`
}

// Issuer is one entry: an institution and what it is recognised for.
type Issuer struct {
	DID     cairn.DID  `json:"did" yaml:"did"`
	Name    cairn.Text `json:"name" yaml:"name"`
	Country string     `json:"country,omitempty" yaml:"country"` // ISO 3166-1 alpha-2
	URL     string     `json:"url,omitempty" yaml:"url"`
	Scopes  []Scope    `json:"scopes" yaml:"scopes"`
}

// Scope is one recognition. An empty list in it means "all". A scope that was
// withdrawn keeps its place with an end date, so that what was awarded before
// stays recognised.
type Scope struct {
	Types     []string          `json:"types,omitempty" yaml:"types"`   // achievement types of Open Badges 3.0
	Levels    []Range           `json:"levels,omitempty" yaml:"levels"` // in any of these
	Fields    []string          `json:"fields,omitempty" yaml:"fields"` // fields of study
	From      cairn.PartialDate `json:"from" yaml:"from"`               // first day
	Until     cairn.PartialDate `json:"until,omitzero" yaml:"until"`    // last day; empty while it goes on
	Authority string            `json:"authority" yaml:"authority"`     // the law, decision or body that it rests on
}

// Range is a range of levels in one framework, both ends included.
type Range struct {
	Framework string        `json:"framework" yaml:"framework"`
	Min       cairn.Credits `json:"min" yaml:"min"`
	Max       cairn.Credits `json:"max" yaml:"max"`
}

func invalid(field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "trust.list", Field: field, Message: fmt.Sprintf(format, args...)}
}

// Validate finds what would make a list ambiguous or meaningless.
func (l List) Validate() error {
	if !vc.IsURL(l.ID) {
		return invalid("id", "a list needs a URL of its own")
	}
	if l.Version < 1 {
		return invalid("version", "versions start with 1")
	}
	if _, err := did.Parse(string(l.Operator)); err != nil {
		return invalid("operator", "the operator must be a decentralised identifier")
	}
	if err := checkText("name", l.Name); err != nil {
		return err
	}
	if len(l.Issuers) > maxEntries {
		return invalid("issuers", "more than %d issuers", maxEntries)
	}
	seen := map[cairn.DID]int{}
	for i, e := range l.Issuers {
		at := fmt.Sprintf("issuers/%d", i)
		if _, err := did.ParseIdentifier(string(e.DID)); err != nil {
			return invalid(at+"/did", "an issuer must be a decentralised identifier or an https address")
		}
		if other, ok := seen[e.DID]; ok {
			return invalid(at+"/did", "this issuer is also entry %d; give it one entry with several scopes", other)
		}
		seen[e.DID] = i
		if err := checkText(at+"/name", e.Name); err != nil {
			return err
		}
		if e.Country != "" && !country.MatchString(e.Country) {
			return invalid(at+"/country", "a country has two letters, such as KE")
		}
		if e.URL != "" && (!vc.IsURL(e.URL) || !strings.HasPrefix(e.URL, "https://") && !strings.HasPrefix(e.URL, "http://")) {
			return invalid(at+"/url", "the address of an issuer begins with https://")
		}
		if len(e.Scopes) == 0 || len(e.Scopes) > maxScopes {
			return invalid(at+"/scopes", "an issuer needs between 1 and %d scopes", maxScopes)
		}
		for j, s := range e.Scopes {
			if err := s.validate(fmt.Sprintf("%s/scopes/%d", at, j)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkText(field string, t cairn.Text) error {
	if len(t) == 0 {
		return invalid(field, "a name in at least one language is needed")
	}
	for l, s := range t {
		if s == "" || len(s) > maxText {
			return invalid(field+"/"+string(l), "a name must have 1 to %d bytes", maxText)
		}
		if strings.ContainsFunc(s, hidden) {
			return invalid(field+"/"+string(l), "a name must not have hidden characters")
		}
	}
	return nil
}

// hidden reports whether a character is invisible or turns the direction of
// writing, so that one name could look like another. Two joiners are part of how
// several languages are written.
func hidden(r rune) bool {
	return r != '\u200c' && r != '\u200d' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

func (s Scope) validate(at string) error {
	if s.From.Day == 0 {
		return invalid(at+"/from", "the first day of the recognition is needed, such as 2024-01-01")
	}
	if !s.Until.IsZero() && (s.Until.Day == 0 || s.Until.Latest().Before(s.From.Earliest())) {
		return invalid(at+"/until", "the last day must be a day that is not before the first")
	}
	if s.Authority == "" || len(s.Authority) > maxText || strings.ContainsFunc(s.Authority, hidden) {
		return invalid(at+"/authority", "whose decision the recognition rests on is needed")
	}
	for i, r := range s.Levels {
		if r.Framework == "" || r.Max.Cmp(r.Min) < 0 {
			return invalid(fmt.Sprintf("%s/levels/%d", at, i), "a range of levels needs a framework and a maximum that is not below the minimum")
		}
	}
	return nil
}

// Document returns the unsigned credential that carries the list.
func (l List) Document(now, until time.Time) (map[string]any, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	record, err := tree(l)
	if err != nil {
		return nil, err
	}
	return document(ListType, "TrustList", l.ID, l.Operator, now, until, record), nil
}

func document(documentType, subjectType, id string, operator cairn.DID, now, until time.Time, record any) map[string]any {
	return map[string]any{
		"@context":   []any{vc.ContextV2, rdfc.CairnContext},
		"id":         id,
		"type":       []any{"VerifiableCredential", documentType},
		"issuer":     string(operator),
		"validFrom":  vc.FormatTime(now),
		"validUntil": vc.FormatTime(until),
		"credentialSubject": map[string]any{
			"id":     id + "#record",
			"type":   subjectType,
			"record": record,
		},
	}
}

// ReadList reads the list out of a document whose proof was checked. The issuer
// of the document must be the operator that the list names.
func ReadList(doc map[string]any) (List, error) {
	var l List
	c, err := readDocument(doc, ListType, &l)
	if err != nil {
		return List{}, err
	}
	if string(l.Operator) != c.Issuer || l.ID != c.ID {
		return List{}, invalid("operator", "the list names another operator or address than the document that carries it")
	}
	l.ValidFrom, l.ValidUntil = c.ValidFrom, c.ValidUntil
	return l, l.Validate()
}

func readDocument(doc map[string]any, documentType string, into any) (vc.Credential, error) {
	c, problems := vc.ReadCredential(doc)
	if len(problems) > 0 {
		return c, invalid(problems[0].Path, "%s", problems[0].Message)
	}
	if !c.HasType(documentType) || len(c.Subjects) != 1 || c.ValidFrom.IsZero() || c.ValidUntil.IsZero() {
		return c, invalid("type", "this is not a %s with its dates", documentType)
	}
	return c, strictjson.DecodeTree(c.Subjects[0]["record"], into)
}

// State is the answer about an issuer.
type State string

// The answers. They are ordered: when several lists know an issuer, the first
// state of this order that any of them gives is the answer.
const (
	Recognised    State = "recognised"
	NotAtThatTime State = "not-at-that-time" // recognised for this, but not on that day
	OutsideScope  State = "outside-scope"    // recognised, but not for this
	Unknown       State = "unknown"          // the list that would know has ended, or there is no list
	NotListed     State = "not-listed"       // no list says anything
)

var order = []State{Recognised, NotAtThatTime, OutsideScope, Unknown, NotListed}

// Query asks whether an issuer is recognised for something.
type Query struct {
	Issuer          cairn.DID
	AchievementType string
	Level           *cairn.Level // nil when not stated
	Field           string       // empty when not stated
	At              time.Time    // the day of the award
	Now             time.Time
}

// Standing is what the lists say, and on whose word.
type Standing struct {
	State     State             `json:"state"`
	Name      cairn.Text        `json:"name,omitempty"` // of the issuer
	Country   string            `json:"country,omitempty"`
	URL       string            `json:"url,omitempty"`
	Authority string            `json:"authority,omitempty"`
	From      cairn.PartialDate `json:"from,omitzero"`
	Until     cairn.PartialDate `json:"until,omitzero"`
	List      string            `json:"list,omitempty"`
	ListName  cairn.Text        `json:"listName,omitempty"`
	Operator  cairn.DID         `json:"operator,omitempty"`
	Version   int               `json:"version,omitempty"`
	AsOf      time.Time         `json:"asOf,omitzero"` // when the list was signed
}

// Snapshot is a set of checked lists in the order in which they are asked. It is
// not changed after it was made and safe for concurrent use.
type Snapshot struct {
	lists  []List
	broken []Broken
}

// Broken is a list that is followed and could not be checked now, for example
// because nobody could say which keys its operator has.
type Broken struct {
	ID       string
	Operator cairn.DID
	Err      error
}

// NewSnapshot returns a snapshot of lists that Read accepted, and of those that
// are followed too and that it did not accept now.
func NewSnapshot(lists []List, broken ...Broken) *Snapshot {
	return &Snapshot{lists: slices.Clone(lists), broken: slices.Clone(broken)}
}

// Broken returns the lists of a snapshot that could not be checked.
func (s *Snapshot) Broken() []Broken {
	if s == nil {
		return nil
	}
	return slices.Clone(s.broken)
}

// Lists returns the lists of a snapshot.
func (s *Snapshot) Lists() []List {
	if s == nil {
		return nil
	}
	return slices.Clone(s.lists)
}

// Standing answers a query. Without any list the answer is Unknown. A list that
// could not be checked might recognise the issuer, so beside one only Recognised
// is an answer.
func (s *Snapshot) Standing(q Query) Standing {
	if s == nil || len(s.lists)+len(s.broken) == 0 {
		return Standing{State: Unknown}
	}
	best := Standing{State: NotListed}
	for _, l := range s.lists {
		if a := l.standing(q); slices.Index(order, a.State) < slices.Index(order, best.State) {
			best = a
		}
	}
	if best.State != Recognised && len(s.broken) > 0 {
		return Standing{State: Unknown, List: s.broken[0].ID, Operator: s.broken[0].Operator}
	}
	return best
}

func (l List) standing(q Query) Standing {
	a := Standing{State: NotListed, List: l.ID, ListName: l.Name, Operator: l.Operator, Version: l.Version, AsOf: l.ValidFrom}
	if q.Now.Before(l.ValidFrom) || !q.Now.Before(l.ValidUntil) {
		a.State = Unknown
		return a
	}
	i := slices.IndexFunc(l.Issuers, func(e Issuer) bool { return e.DID == q.Issuer })
	if i < 0 {
		return a
	}
	e := l.Issuers[i]
	a.State, a.Name, a.Country, a.URL = OutsideScope, e.Name, e.Country, e.URL
	for _, scope := range e.Scopes {
		if !scope.covers(q) {
			continue
		}
		at := scope.contains(q.At)
		if at || a.State != Recognised {
			a.Authority, a.From, a.Until = scope.Authority, scope.From, scope.Until
			a.State = NotAtThatTime
		}
		if at {
			a.State = Recognised
			return a
		}
	}
	return a
}

func (s Scope) covers(q Query) bool {
	if len(s.Types) > 0 && !slices.Contains(s.Types, q.AchievementType) {
		return false
	}
	if len(s.Fields) > 0 && !slices.Contains(s.Fields, q.Field) {
		return false
	}
	return len(s.Levels) == 0 || q.Level != nil && slices.ContainsFunc(s.Levels, func(r Range) bool {
		return r.Framework == q.Level.Framework && q.Level.Value.Cmp(r.Min) >= 0 && q.Level.Value.Cmp(r.Max) <= 0
	})
}

// contains reports whether the day of t, in UTC, is inside the dates.
func (s Scope) contains(t time.Time) bool {
	day := t.UTC().Truncate(24 * time.Hour)
	return !day.Before(s.From.Earliest()) && (s.Until.IsZero() || !day.After(s.Until.Latest()))
}
