package recognise

import (
	"hash/fnv"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/programme"
)

// compare says what is different in a later standing and why; ok is false when nothing
// is that anybody would notice.
func (l *look) compare(before, after Standing, result programme.Result, k *knowledge) (StandingChange, bool) {
	c := StandingChange{Learner: after.Learner, Programme: after.Programme, At: l.now,
		Before: Stood{before.Edition, before.Counted, before.Satisfied, before.Complete}, After: Stood{after.Edition, after.Counted, after.Satisfied, after.Complete}}
	was := map[string]Part{}
	for _, p := range before.Parts {
		was[p.Requirement] = p
	}
	d := programme.Difference{Before: before.Counted, After: after.Counted, Completed: before.Complete, Completes: after.Complete}
	for _, p := range after.Parts {
		old, ok := was[p.Requirement]
		delete(was, p.Requirement)
		if ok && old.Status == p.Status && old.Have.Equal(p.Have) || !ok && len(before.Parts) == 0 && !p.Status.Met() && p.Have.IsZero() {
			continue
		}
		c.Requirements = append(c.Requirements, PartChange{p.Requirement, old.Status, p.Status, old.Have, p.Have})
		d.Requirements = append(d.Requirements, programme.RequirementDifference{Requirement: p.Requirement, Before: old.Status, After: p.Status})
	}
	for _, p := range before.Parts {
		if _, gone := was[p.Requirement]; gone {
			c.Requirements = append(c.Requirements, PartChange{p.Requirement, p.Status, "", p.Have, cairn.Credits{}})
			d.Requirements = append(d.Requirements, programme.RequirementDifference{Requirement: p.Requirement, Before: p.Status})
		}
	}
	if c.Effect = d.Effect(); c.Effect == programme.Same {
		return c, false
	}
	c.Why = l.why(before, after, result, k)
	return c, true
}

// why finds what led from one standing to the next. It says nothing of what changed
// beside it and had no part in it, as far as that can be told.
func (l *look) why(before, after Standing, result programme.Result, k *knowledge) []Cause {
	var out []Cause
	add := func(c Cause) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if before.Edition != after.Edition {
		add(Cause{Code: CauseEdition})
	} else if before.Engine != after.Engine {
		add(Cause{Code: CauseEngine})
	}
	for _, id := range after.Attested {
		if !slices.Contains(before.Attested, id) {
			add(Cause{Code: CauseAttested, Requirement: id})
		}
	}
	for _, id := range before.Attested {
		if !slices.Contains(after.Attested, id) {
			add(Cause{Code: CauseUnattested, Requirement: id})
		}
	}
	for _, id := range after.Exceptions {
		if !slices.Contains(before.Exceptions, id) {
			add(Cause{Code: CauseException})
		}
	}
	for _, id := range before.Exceptions {
		if !slices.Contains(after.Exceptions, id) {
			add(Cause{Code: CauseOrdinary})
		}
	}
	facts, gone, known := map[string]Fact{}, map[string]Fact{}, map[string]Fact{}
	for _, f := range k.before {
		gone[f.Digest], known[f.Digest] = f, f
	}
	for _, f := range k.facts {
		facts[f.Digest] = f
		delete(gone, f.Digest)
	}
	had, has := map[string]cairn.Credits{}, map[string]cairn.Credits{}
	for _, c := range before.Counts {
		had[c.Credential] = c.Credits
	}
	for _, c := range after.Counts {
		has[c.Credential] = c.Credits
	}
	for _, c := range before.Counts {
		if has[c.Credential].Cmp(c.Credits) < 0 {
			if one, ok := l.lost(c.Credential, facts, gone, result); ok {
				add(one)
			}
		}
	}
	// A fact may also be new because a run of another programme has seen it first.
	arrived := func(f Fact) {
		last, old := known[f.Digest]
		switch {
		case !old || f.Since.After(before.At):
			add(Cause{Code: CauseNew, Credential: f.Digest, Title: f.Held.Title})
		case f.blocked() == "" && (last.blocked() != "" || f.Changed.After(before.At)):
			add(Cause{Code: CauseCleared, Credential: f.Digest, Title: f.Held.Title})
		}
	}
	for _, c := range after.Counts {
		if had[c.Credential].Cmp(c.Credits) < 0 {
			arrived(facts[c.Credential])
		}
	}
	if len(out) == 0 { // it may have changed the place of others without a place of its own
		for _, f := range k.facts {
			arrived(f)
		}
	}
	if len(out) == 0 {
		add(Cause{Code: CauseInputs})
	}
	return out[:min(len(out), maxCauses)]
}

// lost says why a credential counts for less; ok is false when it makes way for another.
func (l *look) lost(digest string, facts, gone map[string]Fact, result programme.Result) (Cause, bool) {
	f, there := facts[digest]
	if !there {
		f = gone[digest]
		c := Cause{Code: CauseTaken, Credential: digest, Title: f.Held.Title}
		if f.Own { // the institution's own leave no other way
			c.Code = CauseRevoked
		}
		return c, true
	}
	c := Cause{Credential: digest, Title: f.Held.Title}
	i := slices.IndexFunc(result.Credentials, func(r programme.CredentialResult) bool { return r.Credential == digest })
	if i < 0 {
		return c, false
	}
	for _, r := range result.Credentials[i].Reasons {
		switch r.Code {
		case programme.BlockedNotValid:
			c.Code = CauseNotValid
			switch {
			case strings.HasPrefix(f.Cause, "status."):
				c.Code = CauseRevoked
			case f.Cause == "period.ended", f.Cause == "":
				c.Code = CauseEnded
			}
		case programme.BlockedUndetermined:
			c.Code = CauseUnchecked
		case programme.BlockedIdentity:
			c.Code = CauseIdentity
		case programme.BlockedSpent:
			c.Code = CauseSpent
		case programme.BlockedDuplicate, programme.ReasonRepeated:
			c.Code, c.Clause = CauseDuplicate, r.Clause
		case programme.ReasonTooOld, programme.ReasonDateUncertain:
			c.Code, c.Clause = CauseLapse, r.Clause
		default:
			continue
		}
		return c, true
	}
	return c, false
}

// spread is a number below n that is always the same for a text.
func spread(text string, n uint32) int {
	h := fnv.New32a()
	h.Write([]byte(text))
	return int(h.Sum32() % n)
}

// stronger reports whether an identity says more than another.
func stronger(a, b Identity) bool {
	order := []Identity{IdentityProven, IdentityMatched, IdentityConfirmed, IdentityOpen}
	return slices.Index(order, a) < slices.Index(order, b)
}
