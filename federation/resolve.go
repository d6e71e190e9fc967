package federation

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
)

// Limits of a search. Whoever is asked chooses what is asked next.
const (
	maxFetches = 20
	maxDepth   = maxChain - 1 // superiors one above the other
)

// A Fetch gets the text of a statement from an https address.
type Fetch func(ctx context.Context, address string) (string, error)

// ConfigurationURL returns where the statement of an entity about itself is
// (section 9).
func ConfigurationURL(entity string) string {
	return strings.TrimSuffix(entity, "/") + "/.well-known/openid-federation"
}

// Resolve finds a chain from an entity to one of the anchors and returns what it
// says (section 10.1). The first that holds counts; superiors that are anchors are
// tried first. Each address is asked once, and no more than 20 of them.
//
// When there is none the error is that of the last attempt: Invalid for a chain that
// does not hold, Unavailable where somebody did not answer or nothing led to an
// anchor (federation.no-anchor), which says nothing of the entity. Without anchors
// nobody is asked.
func Resolve(ctx context.Context, entity string, anchors []Anchor, at time.Time, fetch Fetch) (*Resolved, error) {
	none := &cairn.Error{Kind: cairn.Unavailable, Code: "federation.no-anchor", Object: entity, Message: "no superior of it is a trust anchor that is relied on here"}
	if len(anchors) == 0 {
		return nil, none
	}
	if id, err := did.ParseIdentifier(entity); err != nil || did.MethodName(id) != "https" {
		return nil, bad("federation.entity", entity, "this is not an https address that names an entity")
	}
	s := &search{entity: entity, anchors: anchors, at: at, fetch: fetch, asked: map[string]answer{}}
	own, err := s.configuration(ctx, entity)
	if err != nil {
		return nil, err
	}
	r, err := s.upwards(ctx, []*Statement{own}, own)
	if r == nil && err == nil {
		return nil, none
	}
	return r, err
}

type search struct {
	entity  string
	anchors []Anchor
	at      time.Time
	fetch   Fetch
	asked   map[string]answer
}

type answer struct {
	statement *Statement
	err       error
}

// statement gets and reads what is at an address, once.
func (s *search) statement(ctx context.Context, address string) (*Statement, error) {
	if a, ok := s.asked[address]; ok {
		return a.statement, a.err
	}
	if len(s.asked) >= maxFetches {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "federation.too-many", Object: s.entity, Message: "more statements would have to be fetched than one search may"}
	}
	var a answer
	compact, err := s.fetch(ctx, address)
	if a.err = err; err == nil {
		a.statement, a.err = Parse(strings.TrimSpace(compact))
	}
	s.asked[address] = a
	return a.statement, a.err
}

// configuration gets what an entity says of itself. It is signed with a key in it,
// which proves nothing yet.
func (s *search) configuration(ctx context.Context, entity string) (*Statement, error) {
	own, err := s.statement(ctx, ConfigurationURL(entity))
	if err != nil {
		return nil, err
	}
	if own.Issuer != entity || own.Subject != entity {
		return nil, bad("federation.chain", entity, "what is at its address is a statement by %s about %s", own.Issuer, own.Subject)
	}
	return own, own.signedBy(own.Keys)
}

// upwards extends a chain by the superiors of its last entity, of which own is what
// it says of itself. It returns nil and no error where nothing leads to an anchor.
func (s *search) upwards(ctx context.Context, chain []*Statement, own *Statement) (*Resolved, error) {
	if len(chain) > maxDepth {
		return nil, nil
	}
	superiors := slices.Clone(own.Superiors)
	slices.SortStableFunc(superiors, func(a, b string) int { return s.rank(a) - s.rank(b) })
	var failed []error
	for _, superior := range superiors {
		if superior == own.Subject || slices.ContainsFunc(chain, func(st *Statement) bool { return st.Subject == superior }) {
			continue // a loop
		}
		r, err := s.through(ctx, chain, own.Subject, superior)
		if r != nil {
			return r, nil
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 {
		return nil, nil
	}
	return nil, summary(s.entity, failed)
}

// through tries one superior.
func (s *search) through(ctx context.Context, chain []*Statement, subject, superior string) (*Resolved, error) {
	above, err := s.configuration(ctx, superior)
	if err != nil {
		return nil, err
	}
	address, err := fetchURL(above.FetchEndpoint, subject)
	if err != nil {
		return nil, err
	}
	about, err := s.statement(ctx, address)
	if err != nil {
		return nil, err
	}
	if about.Issuer != superior || about.Subject != subject {
		return nil, bad("federation.chain", subject, "%s answers with a statement by %s about %s", superior, about.Issuer, about.Subject)
	}
	longer := append(slices.Clone(chain), about)
	if s.rank(superior) == 0 {
		return Verify(longer, s.entity, s.anchors, s.at)
	}
	return s.upwards(ctx, longer, above)
}

// rank is 0 for an anchor, and 1 for others.
func (s *search) rank(entity string) int {
	if _, err := find(entity, s.anchors); err != nil {
		return 1
	}
	return 0
}

// summary is what several attempts that failed amount to: as long as one of them
// could still work, nothing is decided.
func summary(entity string, failed []error) error {
	e := &cairn.Error{Kind: cairn.Invalid, Code: "federation.no-chain", Object: entity, Message: "no chain to a trust anchor holds", Err: errors.Join(failed...)}
	for _, err := range failed {
		if kind := cairn.KindOf(err); kind != cairn.Invalid && kind != cairn.TooLarge {
			e.Kind = cairn.Unavailable
		}
	}
	if len(failed) == 1 {
		e.Code = cairn.CodeOf(failed[0])
	}
	return e
}

// fetchURL is the address at which a superior answers what it says of a subject
// (section 8.1.1).
func fetchURL(endpoint, subject string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || len(endpoint) > 2000 {
		return "", bad("federation.endpoint", subject, "the superior says nowhere where to ask about it")
	}
	q := u.Query()
	q.Set("sub", subject)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
