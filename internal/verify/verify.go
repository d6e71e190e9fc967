// Package verify judges credentials: one engine behind the command line, the API
// and the page. It answers six questions (see Axes), each with yes, no or
// unknown, a reason and an age, and sums them up in a verdict that Decide makes
// and nothing else. What could not be checked is unknown, and unknown is never
// valid.
//
// Engine.Verify is what callers need. The engine takes the time, the resolver of
// identifiers, the source of status lists and the trust lists as parameters;
// built from a bundle it has no way to reach a network.
package verify

import (
	"context"
	"crypto/x509"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// Limits and tolerances.
const (
	maxCredentials = 300             // in one presentation or transcript
	maxNesting     = 3               // presentation → transcript → credential
	maxStatus      = 5               // status entries of one credential
	skew           = 5 * time.Minute // between two clocks
	freshDays      = 7               // a status list is up to date (DOMAIN 2.5)
	oldDays        = 60              // beyond this, nobody can say whether it was withdrawn
	maxListLife    = 400 * 24 * time.Hour
)

// StatusSource finds signed status lists. asOf is when the list was known to be
// current. An error of kind Unavailable, like any other, leads to unknown.
type StatusSource interface {
	StatusList(ctx context.Context, url string) (document []byte, asOf time.Time, err error)
}

// Refresher is a StatusSource that keeps copies and can get a newer one:
// RefreshStatusList returns a list that was got after a time.
type Refresher interface {
	RefreshStatusList(ctx context.Context, url string, after time.Time) (document []byte, asOf time.Time, err error)
}

// DocumentSource finds what stands at an https address. An error leads to unknown.
type DocumentSource interface {
	Document(ctx context.Context, url string) (data []byte, asOf time.Time, err error)
}

// Config is what an Engine works with.
type Config struct {
	Resolver did.Resolver
	Status   StatusSource
	// Documents finds keys that stand at an address of their own; without it they are
	// unknown.
	Documents DocumentSource
	// Roots are the authorities whose certificates (x5c) are relied on for who an
	// issuer is. Without them such an issuer is unknown.
	Roots []*x509.Certificate
	// Federation finds the keys of https issuers who are in a federation, for the
	// anchors that are relied on. What an anchor stands for is the key: whether the
	// issuer is recognised is for the trust lists.
	Federation Federation
	// Memory remembers the keys of issuers; nil remembers nothing.
	Memory KeyMemory
	// Trust returns the trust lists to judge issuers by; it may be nil.
	Trust   func(ctx context.Context) (*trust.Snapshot, error)
	Now     cairn.Clock
	Offline bool // said in reports; the sources decide whether it is true
	// Bundle is the bundle that the sources are, if they are one: when it has
	// ended, what rests on it is unknown.
	Bundle *trust.Bundle
}

// Engine verifies. It is safe for concurrent use.
type Engine struct{ Config }

// New returns an Engine.
func New(c Config) *Engine { return &Engine{c} }

// Options say what the caller expects of what is shown.
type Options struct {
	// Challenge and Domain are what a presentation must have signed, and nonce and
	// aud of a proof of possession, which needs both. A presentation without an
	// expected challenge is not accepted as shown by its holder, since it could be a
	// copy.
	Challenge string
	Domain    string
	// At is the time for which to judge; the time now when zero.
	At time.Time
}

// check is one verification: one time, one snapshot of everything asked.
type check struct {
	fresh map[cairn.DID]map[cairn.KeyID]string // keys that were got, to remember when they prove good
	*Engine
	now      time.Time // for which it judges
	latest   time.Time // now or the time of the clock, whichever is later: what is known of keys is known for earlier times too
	options  Options
	snapshot *trust.Snapshot
	trustErr error
	outbound
}

// Verify judges what data holds: a credential, transcript, presentation or another
// signed document, as JSON or in an envelope (a compact token, COSE), or the text
// of a paper code, a PixelPass code or a signed identity. It always returns a report; input that can't be read gives one
// of kind unreadable.
func (e *Engine) Verify(ctx context.Context, data []byte, o Options) Report {
	now := o.At
	if now.IsZero() {
		now = e.Now()
	}
	c := &check{Engine: e, now: now.UTC(), latest: now.UTC(), options: o, outbound: newOutbound()}
	if clock := e.Now(); clock.After(c.latest) {
		c.latest = clock.UTC()
	}
	ctx, cancel := context.WithTimeout(ctx, maxLookupTime)
	defer cancel()
	if e.Trust != nil {
		c.snapshot, c.trustErr = e.Trust(ctx)
	}
	c.fresh = map[cairn.DID]map[cairn.KeyID]string{}
	r := c.read(ctx, data)
	c.remember(ctx, &r)
	for _, l := range c.snapshot.Broken() {
		r.Notes = append(r.Notes, Note{Code: "note.list-unavailable", Args: map[string]string{"list": l.ID, "reason": l.Err.Error()}})
	}
	if c.bundleEnded() {
		r.Notes = append(r.Notes, Note{Code: "note.bundle-ended", Args: map[string]string{"until": vc.FormatTime(c.Bundle.ValidUntil)}})
	}
	return r
}

func (c *check) report(kind string) Report {
	return Report{Version: FormatVersion, Kind: kind, CheckedAt: c.now.Truncate(time.Second), Offline: c.Offline}
}

func (c *check) unreadable(err error) Report {
	r := c.report(KindUnreadable)
	r.Findings = []Finding{{Axis: AxisModel, Outcome: No, Code: "model.unreadable", Args: because(err)}}
	r.settle(policyFor(r.Kind))
	return r
}

// document judges a document, which came out of an envelope when there is a seal.
func (c *check) document(ctx context.Context, tree map[string]any, depth int, s *seal) Report {
	var r Report
	switch {
	case ctx.Err() != nil:
		r = c.report(kindOf(tree))
		r.Findings = []Finding{{Axis: AxisProof, Outcome: Unknown, Code: "proof.not-checked"}}
	case depth >= maxNesting:
		return c.unreadable(&cairn.Error{Kind: cairn.TooLarge, Code: "verify.nesting", Message: "documents are nested too deep"})
	case s == nil && isEnveloped(tree):
		return c.carrier(ctx, tree, depth)
	case kindOf(tree) == KindPresentation:
		r = c.presentation(ctx, tree, depth, s)
	default:
		r = c.credential(ctx, tree, depth, s)
	}
	if b, err := jcs.Marshal(tree); err == nil {
		r.Digest = jcs.Digest(b)
	}
	p := policyFor(r.Kind)
	if s != nil && s.holder != nil {
		p.Required = append(p.Required, AxisHolder)
	}
	r.settle(p)
	return r
}

func hasType(tree map[string]any, want string) bool {
	list, ok := tree["type"].([]any)
	if !ok {
		list = []any{tree["type"]}
	}
	for _, t := range list {
		if t == want {
			return true
		}
	}
	return false
}

func kindOf(tree map[string]any) string {
	for _, k := range []struct{ typ, kind string }{
		{"VerifiablePresentation", KindPresentation},
		{"ClrCredential", KindTranscript}, {"OpenBadgeCredential", KindBadge}, {"AchievementCredential", KindBadge},
		{"RecognitionDecisionCredential", KindDecision}, {"EndorsementCredential", KindEndorsement}, {statuslist.CredentialType, KindStatusList}, {statuslist.LegacyCredentialType, KindStatusList},
		{trust.ListType, KindTrustList}, {trust.BundleType, KindTrustBundle},
	} {
		if hasType(tree, k.typ) {
			return k.kind
		}
	}
	return KindCredential
}
