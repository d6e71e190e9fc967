package recognise

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/programme"
)

// How long the judgement of a credential is relied on for a standing. A decision
// relies on none: whoever applies has everything verified anew.
const (
	ownAge     = 60 * 24 * time.Hour // of the institution's own, whose withdrawal is seen at once
	ownSpread  = 30                  // days over which those of one day are spread
	otherAge   = 20 * time.Hour      // of those from elsewhere: once a night
	graceAge   = 7 * 24 * time.Hour  // while what it rests on can't be reached (as status.good)
	lossWindow = 90                  // days ahead in which a loss is told
	maxLooks   = 20                  // days in it that are evaluated
	maxCauses  = 20                  // of one change
)

// readerVersion changes with everything that brings a document into the form that rules
// see: what was read by another is read again, though not verified again.
const readerVersion = programme.EngineVersion + "/1"

// unreachable are the findings that say nothing of a credential but that somebody
// could not be asked.
var unreachable = []string{"proof.key-unavailable", "status.unavailable", "issuer.lists-unavailable"}

// look is one run's view of the world: every learner is judged by the same lists,
// editions and day.
type look struct {
	*Service
	inst     cairn.Institution
	now      time.Time
	engine   *verify.Engine
	snapshot *trust.Snapshot
	newest   []*programme.Programme
	since    map[cairn.ProgrammeID]time.Time // when the newest edition was published
	only     cairn.ProgrammeID
	all      bool
	common   string // digest of what is the same for every learner
	mu       sync.Mutex
	basis    map[cairn.DID]string
}

// newLook reads what is the same for every learner.
func (s *Service) newLook(ctx context.Context, inst cairn.InstitutionID, only cairn.ProgrammeID, all bool) (*look, error) {
	l := &look{Service: s, now: s.now(), only: only, all: all, since: map[cairn.ProgrammeID]time.Time{}, basis: map[cairn.DID]string{}}
	var err error
	if l.inst, err = s.Issue.Institution(ctx, inst); err != nil {
		return nil, err
	}
	var editions []Edition
	if err := s.View(ctx, func(tx Tx) (err error) {
		editions, err = tx.Editions(ctx, inst)
		return err
	}); err != nil {
		return nil, err
	}
	common := []string{"cairn/standing/1", programme.EngineVersion, string(l.inst.DID)}
	for _, e := range editions {
		p, err := s.read(ctx, e)
		if err != nil {
			return nil, err
		}
		l.newest, l.since[e.ID] = append(l.newest, p), e.Published
		common = append(common, string(e.ID), e.Digest)
	}
	if only != "" && !slices.ContainsFunc(l.newest, func(p *programme.Programme) bool { return p.ID == only }) {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "programme.not-found", Object: string(only), Message: "there is no such programme"}
	}
	// The lists are checked once for a run and not for each credential.
	c := s.Verify.Config
	if c.Trust != nil {
		if l.snapshot, err = c.Trust(ctx); err != nil {
			return nil, err
		}
		c.Trust = func(context.Context) (*trust.Snapshot, error) { return l.snapshot, nil }
	}
	l.engine = verify.New(c)
	for _, list := range l.snapshot.Lists() {
		common = append(common, "list", list.ID, fmt.Sprint(list.Version, l.current(list)))
	}
	for _, list := range l.snapshot.Broken() {
		common = append(common, "broken", list.ID)
	}
	l.common, err = digestOf(common)
	return l, err
}

func digestOf(v any) (string, error) {
	b, err := json.Marshal(v)
	return jcs.Digest(b), err
}

func (l *look) current(list trust.List) bool {
	return !l.now.Before(list.ValidFrom) && l.now.Before(list.ValidUntil)
}

// standsOn is the digest of what the trust lists say of an issuer: nothing else in
// them can change how its credentials are judged.
func (l *look) standsOn(issuer cairn.DID) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.basis[issuer]; ok {
		return b, nil
	}
	type entry struct {
		List    string
		Current bool
		Entry   *trust.Issuer
	}
	var all []entry
	for _, list := range l.snapshot.Lists() {
		e := entry{List: list.ID, Current: l.current(list)}
		if i := slices.IndexFunc(list.Issuers, func(i trust.Issuer) bool { return i.DID == issuer }); i >= 0 {
			e.Entry = &list.Issuers[i]
		}
		all = append(all, e)
	}
	for _, list := range l.snapshot.Broken() {
		all = append(all, entry{List: list.ID + " (broken)"})
	}
	b, err := digestOf(all)
	if err == nil {
		l.basis[issuer] = b
	}
	return b, err
}

// inputs is the digest of everything that is read without opening a document.
func (l *look) inputs(in StandingInput) (string, error) {
	return digestOf([]any{l.common, in.Own, in.Awarded, in.Applications, in.Uses})
}

// learner works out the standings of one learner. It stores nothing.
func (l *look) learner(ctx context.Context, in StandingInput) (StandingUpdate, error) {
	u := StandingUpdate{Institution: l.inst.ID, Learner: in.Learner, Before: in.Watch}
	inputs, err := l.inputs(in)
	if err != nil {
		return u, err
	}
	if !l.all && inputs == in.Watch.Inputs && l.now.Before(in.Watch.Due) {
		u.skipped = true
		return u, nil
	}
	k, err := l.known(ctx, in)
	if err != nil {
		return u, err
	}
	if err := l.facts(ctx, in, k, &u); err != nil {
		return u, err
	}
	if err := l.foreign(ctx, k); err != nil {
		return u, err
	}
	due := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range k.facts {
		if f.Again.Before(due) {
			due = f.Again
		}
	}
	for _, p := range l.newest {
		before := k.standing(p.ID)
		if slices.Contains(in.Awarded, p.ID) { // nothing is left to work out
			if before != nil {
				u.Dropped = append(u.Dropped, p.ID)
			}
			continue
		}
		if l.only != "" && p.ID != l.only {
			continue
		}
		next, err := l.programme(ctx, in, k, p, before, &u)
		if err != nil {
			return u, err
		}
		if day, err := time.Parse(dayLayout, next); err == nil && day.Before(due) {
			due = day
		}
	}
	for _, before := range k.standings {
		if !slices.ContainsFunc(l.newest, func(p *programme.Programme) bool { return p.ID == before.Programme }) {
			u.Dropped = append(u.Dropped, before.Programme)
		}
	}
	if l.only == "" {
		u.After = &Watch{Inputs: inputs, At: l.now, Due: due}
	}
	return u, nil
}

// knowledge is what is known of one learner while their standings are worked out.
type knowledge struct {
	facts        []Fact // in the order of their digests
	before       []Fact
	standings    []Standing
	applications []Application
	items        map[string]Item      // of applications, by digest
	foreign      map[string]CreditUse // uses of credentials from elsewhere, by whomever
}

func (k *knowledge) standing(id cairn.ProgrammeID) *Standing {
	for i := range k.standings {
		if k.standings[i].Programme == id {
			return &k.standings[i]
		}
	}
	return nil
}

// known reads what is stored of a learner.
func (l *look) known(ctx context.Context, in StandingInput) (*knowledge, error) {
	k := &knowledge{items: map[string]Item{}, foreign: map[string]CreditUse{}}
	err := l.View(ctx, func(tx Tx) (err error) {
		if k.before, err = tx.Facts(ctx, l.inst.ID, in.Learner); err != nil {
			return err
		}
		if k.standings, err = tx.StandingsOf(ctx, l.inst.ID, in.Learner); err != nil {
			return err
		}
		for _, v := range in.Applications {
			a, err := tx.Application(ctx, l.inst.ID, v.ID)
			if err != nil {
				return err
			}
			if a.State == Withdrawn {
				continue // since the inputs were read
			}
			k.applications = append(k.applications, a)
			for _, item := range a.Items {
				if known, ok := k.items[item.Digest]; item.Document != nil && (!ok || stronger(item.Identity, known.Identity)) {
					k.items[item.Digest] = item
				}
			}
		}
		return nil
	})
	return k, err
}

// foreign finds the uses of credentials from elsewhere: two people may have shown the
// same one.
func (l *look) foreign(ctx context.Context, k *knowledge) error {
	if !slices.ContainsFunc(k.facts, func(f Fact) bool { return !f.Own }) {
		return nil
	}
	return l.View(ctx, func(tx Tx) error {
		for _, f := range k.facts {
			if f.Own {
				continue
			}
			use, err := tx.CreditUse(ctx, l.inst.ID, f.Held.Issuer, f.Held.Credential)
			if err == nil {
				k.foreign[f.Digest] = use
			} else if cairn.KindOf(err) != cairn.NotFound {
				return err
			}
		}
		return nil
	})
}

// facts brings what is known of the learner's credentials up to date: it verifies what
// is new, what has come to its age, and what the trust lists speak of otherwise.
func (l *look) facts(ctx context.Context, in StandingInput, k *knowledge, u *StandingUpdate) error {
	before := map[string]Fact{}
	for _, f := range k.before {
		before[f.Digest] = f
	}
	seenNow := map[string]bool{}
	add := func(digest string, own bool, identity Identity, document func() ([]byte, error)) error {
		if seenNow[digest] {
			return nil
		}
		seenNow[digest] = true
		f, ok := before[digest]
		basis, err := l.standsOn(f.Held.Issuer)
		if err != nil {
			return err
		}
		if !ok || f.Own != own || f.Basis != basis || !l.now.Before(f.Again) {
			d, err := document()
			if err != nil {
				return err
			}
			if f, err = l.judgeFact(ctx, digest, own, d, before); err != nil {
				return err
			}
			u.verified++
		} else if f.Reader != readerVersion {
			d, err := document()
			if err != nil {
				return err
			}
			f.reread(d, l.inst.DID)
		} else if f.Identity == identity {
			k.facts = append(k.facts, f)
			return nil
		}
		if f.Identity != identity && ok {
			f.Changed = l.now
		}
		f.Identity = identity
		k.facts, u.Facts = append(k.facts, f), append(u.Facts, f)
		return nil
	}
	for _, c := range in.Own {
		if err := add(c.Digest, true, "", func() (d []byte, err error) {
			err = l.View(ctx, func(tx Tx) error {
				d, err = tx.SignedDocument(ctx, l.inst.ID, c.ID)
				return err
			})
			return d, err
		}); err != nil {
			return err
		}
	}
	for digest, item := range k.items {
		if err := add(digest, false, item.Identity, func() ([]byte, error) { return item.Document, nil }); err != nil {
			return err
		}
	}
	slices.SortFunc(k.facts, func(a, b Fact) int { return strings.Compare(a.Digest, b.Digest) })
	slices.SortFunc(u.Facts, func(a, b Fact) int { return strings.Compare(a.Digest, b.Digest) })
	for _, f := range k.before {
		if !seenNow[f.Digest] {
			u.Gone = append(u.Gone, f.Digest)
		}
	}
	return nil
}

// judgeFact verifies one credential. While what it rests on can't be reached, the last
// answer stands for graceAge: a network that is down for a night takes nobody's credit.
func (l *look) judgeFact(ctx context.Context, digest string, own bool, document []byte, before map[string]Fact) (Fact, error) {
	report := l.engine.Verify(ctx, document, verify.Options{})
	if err := ctx.Err(); err != nil {
		return Fact{}, err
	}
	f := Fact{Digest: digest, Own: own, Held: seen(Item{Digest: digest, Document: document, Report: &report}, l.inst.DID), Since: l.now, Changed: l.now, Checked: l.now, Again: l.now.Add(otherAge), Reader: readerVersion}
	if f.Held.Blocked != "" {
		f.Cause = report.Reason().Code
	}
	last, ok := before[digest]
	if ok {
		f.Since = last.Since
		if last.Held.Blocked == f.Held.Blocked {
			f.Changed = last.Changed
		}
	}
	if ok && last.Held.Blocked == "" && slices.Contains(unreachable, f.Cause) && l.now.Sub(last.Checked) < graceAge {
		again := f.Again
		f = last
		f.Again = again
	}
	if own && f.Held.Blocked == "" {
		f.Again = l.now.Add(ownAge).AddDate(0, 0, spread(digest, ownSpread))
	}
	if report.Shown != nil {
		for _, at := range []time.Time{report.Shown.ValidFrom, report.Shown.ValidUntil} {
			if at.After(l.now) && at.Before(f.Again) {
				f.Again = at
			}
		}
		f.Until = time.Time{}
		if report.Shown.ValidUntil.After(l.now) {
			f.Until = report.Shown.ValidUntil
		}
	}
	var err error
	f.Basis, err = l.standsOn(f.Held.Issuer)
	return f, err
}

// reread brings a document that was verified before into the form that rules see now.
func (f *Fact) reread(document []byte, own cairn.DID) {
	f.Reader = readerVersion
	if f.Held.Blocked == programme.BlockedNotValid {
		return // nothing of it reaches the rules
	}
	h, err := heldFrom(document, f.Digest, own)
	if err != nil {
		h = programme.Held{Digest: f.Digest, Blocked: programme.BlockedNotValid, Route: programme.Transfer}
	}
	h.Blocked, h.IssuerName = cmp.Or(h.Blocked, f.Held.Blocked), f.Held.IssuerName
	f.Held = h
}

// edition is the edition that applies to a learner: that of an open application, or
// else the newest.
func (l *look) edition(ctx context.Context, k *knowledge, p *programme.Programme) (*programme.Programme, *Application, error) {
	for i, a := range k.applications {
		if a.Programme != p.ID {
			continue
		}
		if !a.State.Final() && a.ProgrammeDigest != p.Digest() {
			older, _, err := l.Programme(ctx, l.inst.ID, a.ProgrammeDigest)
			return older, &k.applications[i], err
		}
		return p, &k.applications[i], nil
	}
	return p, nil, nil
}

// held is what rules see of a learner's credentials on a day, for one programme.
func (l *look) held(in StandingInput, k *knowledge, p *programme.Programme, at time.Time) []programme.Held {
	out := make([]programme.Held, 0, len(k.facts))
	for _, f := range k.facts {
		h := f.Held
		h.Blocked = f.blocked()
		if h.Blocked == "" && !f.Until.IsZero() && !at.Before(f.Until) {
			h.Blocked = programme.BlockedNotValid
		}
		out = append(out, h)
	}
	if p.Policy.Repeat == nil {
		markDuplicates(out)
	}
	for i, h := range out {
		if h.Blocked != "" {
			continue
		}
		if use, ok := k.foreign[h.Digest]; ok && (use.Learner != in.Learner || use.Programme != p.ID) {
			out[i].Blocked = programme.BlockedSpent
		}
		for _, use := range in.Uses {
			if use.Issuer == h.Issuer && use.Programme != p.ID && (use.Credential == h.Credential && use.Credential != "" || use.Achievement == h.Achievement && use.Achievement != "") {
				out[i].Blocked = programme.BlockedSpent
			}
		}
	}
	return out
}

// programme works out one standing, unless nothing that it depends on has changed, and
// returns the day on which it must be worked out again.
func (l *look) programme(ctx context.Context, in StandingInput, k *knowledge, newest *programme.Programme, before *Standing, u *StandingUpdate) (next string, err error) {
	p, application, err := l.edition(ctx, k, newest)
	if err != nil {
		return "", err
	}
	options := optionsFor(p, application)
	held := l.held(in, k, p, l.now)
	inputs, err := digestOf([]any{programme.EngineVersion, p.Digest(), options, brief(held, k.facts)})
	if err != nil {
		return "", err
	}
	today := l.now.Format(dayLayout)
	if !l.all && before != nil && before.Inputs == inputs && (before.Next == "" || today < before.Next) {
		return before.Next, nil
	}
	result, err := programme.Evaluate(p, held, l.now, options)
	if err != nil {
		return "", err
	}
	u.evaluated++
	s := newStanding(l.inst.ID, in.Learner, result, options.Attested)
	s.Inputs, s.At = inputs, l.now
	if err := l.ahead(in, k, p, result, options, &s); err != nil {
		return "", err
	}
	switch {
	case before != nil:
		if c, ok := l.compare(*before, s, result, k); ok {
			u.Changes = append(u.Changes, c)
		}
	case in.Watch.Inputs == "" || l.since[p.ID].After(in.Watch.At):
		u.first++
	case s.Counted.Sign() > 0 || s.Complete: // until now nothing counted, so nothing was kept
		if c, ok := l.compare(Standing{Programme: p.ID, Edition: s.Edition, Engine: s.Engine, At: in.Watch.At}, s, result, k); ok {
			u.Changes = append(u.Changes, c)
		}
	}
	if before != nil || application != nil || s.Counted.Sign() > 0 || s.Satisfied > 0 {
		u.Standings = append(u.Standings, s)
	}
	return s.Next, nil
}

// brief is what the inputs digest says of credentials: what a document says can't
// change, only how it is judged, and the name that a list gives its issuer.
func brief(held []programme.Held, facts []Fact) [][4]string {
	out := make([][4]string, len(held))
	for i, h := range held {
		out[i] = [4]string{h.Digest, h.Blocked, h.IssuerName, facts[i].Until.Format(dayLayout)}
	}
	return out
}

func newStanding(inst cairn.InstitutionID, learner cairn.LearnerID, r programme.Result, words []string) Standing {
	s := Standing{Institution: inst, Learner: learner, Programme: r.Programme, Edition: r.Digest, Engine: r.Engine, Counted: r.Counted, Total: r.Total, Unit: r.Unit, Complete: r.Complete,
		Proven: r.Optimality.Proven, Requirements: len(r.Requirements), Attested: words}
	for _, q := range r.Requirements {
		s.Parts = append(s.Parts, Part{q.Requirement, q.Status, q.Have})
		if q.Status.Met() {
			s.Satisfied++
		}
	}
	for _, c := range r.Credentials {
		if c.Counted.Sign() > 0 {
			s.Counts = append(s.Counts, Counting{c.Credential, c.Counted})
		}
	}
	for _, e := range r.Exceptions {
		if e.Effect == programme.EffectApplied {
			s.Exceptions = append(s.Exceptions, e.ID)
		}
	}
	slices.SortFunc(s.Counts, func(a, b Counting) int { return cmp.Compare(a.Credential, b.Credential) })
	return s
}

// ahead finds the first loss within lossWindow, and the day on which the standing must
// be worked out again: the first day on which a rule about age or the end of a
// credential answers differently, or on which the first day not looked at comes into
// the window.
func (l *look) ahead(in StandingInput, k *knowledge, p *programme.Programme, now programme.Result, options programme.Options, s *Standing) error {
	horizon := l.now.AddDate(0, 0, lossWindow).Format(dayLayout)
	turn := func(r programme.Result, at time.Time) string {
		next := r.NextChange
		if p.Policy.Repeat != nil { // what another stands in for may come back when that lapses
			if t := p.Turns(l.held(in, k, p, at), at); t != "" && (next == "" || t < next) {
				next = t
			}
		}
		for _, e := range options.Exceptions {
			if last, err := time.Parse(dayLayout, e.Until); err == nil && !last.Before(at.Truncate(24*time.Hour)) {
				if on := last.AddDate(0, 0, 1).Format(dayLayout); next == "" || on < next {
					next = on
				}
			}
		}
		for _, f := range k.facts {
			if f.Until.After(at) {
				// The end may be in the middle of a day: the day after is the first whole one.
				on := f.Until.Add(24*time.Hour - 1).UTC().Truncate(24 * time.Hour).Format(dayLayout)
				if next == "" || on < next {
					next = on
				}
			}
		}
		return next
	}
	next := turn(now, l.now)
	s.Next = next
	for range maxLooks {
		if next == "" || next > horizon {
			break
		}
		on, err := time.Parse(dayLayout, next)
		if err != nil {
			return err
		}
		later, err := programme.Evaluate(p, l.held(in, k, p, on), on, options)
		if err != nil {
			return err
		}
		if programme.Differ(now, later).Effect() == programme.Loses {
			s.LosesOn, s.LosesTo = next, later.Counted
			return nil
		}
		next = turn(later, on)
	}
	if next != "" {
		on, err := time.Parse(dayLayout, next)
		if err != nil {
			return err
		}
		on = on.AddDate(0, 0, -lossWindow)
		if tomorrow := l.now.AddDate(0, 0, 1); on.Before(tomorrow) {
			on = tomorrow
		}
		if t := on.Format(dayLayout); t < s.Next {
			s.Next = t
		}
	}
	return nil
}
