package verify

import (
	"context"
	"fmt"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// fetchedList is a status list of which everything was checked, or why not.
type fetchedList struct {
	issuer  string // who signed it; empty when nobody is known to have
	list    *statuslist.List
	meta    statuslist.Meta
	asOf    time.Time
	outcome Outcome // Yes when the list can be used
	code    string
	reason  string
}

// status answers whether a credential was withdrawn. Every entry is looked at:
// one that says so decides, and one that can't be read leaves the answer open.
func (c *check) status(ctx context.Context, kind string, cred vc.Credential) Finding {
	f := Finding{Axis: AxisStatus, Outcome: Yes, Code: "status.good", Args: map[string]string{}}
	if len(cred.Status) == 0 {
		// The issuer foresaw no way to withdraw it, so there is nothing to ask.
		f.Code = "status.none-declared"
		return f
	}
	if kind == KindStatusList {
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.of-a-list"}
	}
	if len(cred.Status) > maxStatus {
		return Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.too-many", Args: map[string]string{"limit": fmt.Sprint(maxStatus)}}
	}
	for _, s := range cred.Status {
		one := c.entry(ctx, s, cred)
		switch {
		case one.Outcome == No:
			return one
		case one.Outcome != Yes:
			f = one
		case f.Outcome == Yes && (f.AsOf.IsZero() || one.AsOf.Before(f.AsOf)):
			f = one // the oldest of the good answers
		}
	}
	return f
}

func (c *check) entry(ctx context.Context, tree map[string]any, cred vc.Credential) Finding {
	f := Finding{Axis: AxisStatus, Outcome: Unknown}
	e, err := statuslist.ReadEntry(tree)
	if err != nil {
		f.Code, f.Args = declared(cairn.CodeOf(err), "status.unknown-type"), map[string]string{"reason": err.Error()}
		if f.Code == "status.entry" {
			f.Outcome = No // the issuer signed an entry that can't be one
		}
		return f
	}
	l := c.list(ctx, e.List, cred.Issuer)
	f = c.bit(e, l)
	if c.bundleEnded() && (f.Outcome == Yes || f.Outcome == No && f.Code != "status.revoked") {
		// Withdrawn for good stays withdrawn; anything else may be otherwise by now.
		f.Outcome, f.Code = Unknown, "status.bundle-ended"
	}
	return f
}

// bit answers what a list says of an entry.
func (c *check) bit(e statuslist.Entry, l fetchedList) Finding {
	f := Finding{Axis: AxisStatus, Outcome: Unknown, AsOf: l.asOf, Source: e.List}
	if l.outcome != Yes {
		f.Outcome, f.Code, f.Args = l.outcome, l.code, map[string]string{"reason": l.reason}
		return f
	}
	if !l.meta.HasPurpose(e.Purpose) {
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.purpose", AsOf: l.asOf, Source: e.List, Args: map[string]string{"purpose": e.Purpose, "list": l.meta.Purpose}}
	}
	value, err := l.list.Lookup(e)
	if err != nil && l.list.Len()/max(e.Size, 1) < statuslist.MinEntries { // long enough for one bit each, and not for these
		f.Code, f.Args = "status.unreadable", map[string]string{"reason": err.Error()}
		return f
	}
	set := value != 0 // section 3.2, step 14: whatever the value, it is not valid
	if err != nil {
		f.Outcome, f.Code, f.Args = No, "status.range", map[string]string{"reason": err.Error()}
		return f
	}
	age := c.now.Sub(l.asOf)
	f.Args = map[string]string{"days": fmt.Sprint(max(0, int(age.Hours()/24)))}
	switch {
	case set && e.Purpose == statuslist.Revocation:
		f.Outcome, f.Code = No, "status.revoked"
	case set && e.Purpose == statuslist.Suspension:
		f.Outcome, f.Code = No, "status.suspended"
	case e.Purpose != statuslist.Revocation && e.Purpose != statuslist.Suspension:
		f.Code, f.Args["purpose"] = "status.unknown-purpose", e.Purpose
	case age > oldDays*24*time.Hour:
		f.Code = "status.too-old"
	case age > freshDays*24*time.Hour:
		f.Outcome, f.Code = Yes, "status.good-older"
	default:
		f.Outcome, f.Code = Yes, "status.good"
	}
	return f
}

// list returns the status list at an address, when it is one of the issuer.
func (c *check) list(ctx context.Context, url, issuer string) fetchedList {
	l := c.fetched(ctx, url)
	if l.issuer != "" && l.issuer != issuer {
		// Only the list of another issuer who signed it is one; anybody can write a name.
		return fetchedList{outcome: No, code: "status.other-issuer", reason: fmt.Sprintf("the list is from %.100q", l.issuer)}
	}
	return l
}

func unusable(code string, err error) fetchedList {
	return fetchedList{outcome: Unknown, code: code, reason: err.Error()}
}

// fetchList fetches and checks a status list: signed by the issuer that it names,
// found under its own address, and valid.
func (c *check) fetchList(ctx context.Context, url string) fetchedList {
	tree, asOf, code, err := c.listDocument(ctx, url)
	if err != nil {
		return unusable(code, err)
	}
	// The issuer may be a text or an object. An answer without one is no status list,
	// such as the page of a server under repair, and says nothing of the credential.
	cred, _ := vc.ReadCredential(tree)
	if cred.Issuer == "" {
		return unusable("status.unreadable", fmt.Errorf("the answer names no issuer"))
	}
	if f := c.proof(ctx, tree, cairn.DID(cred.Issuer), did.AssertionMethod, "", ""); f.Outcome != Yes {
		if f.Code == "proof.lookup-limit" {
			return unusable("status.lookup-limit", errLookupLimit)
		}
		return fetchedList{outcome: Unknown, code: "status.list-not-signed", reason: f.Code}
	}
	l := c.readList(tree, cred, url, asOf)
	l.issuer = cred.Issuer
	return l
}

// readList reads a list whose proof is good.
func (c *check) readList(tree map[string]any, cred vc.Credential, url string, asOf time.Time) fetchedList {
	list, meta, err := statuslist.ReadCredential(tree)
	if err != nil {
		return unusable("status.unreadable", err)
	}
	switch {
	case meta.ID != url:
		return fetchedList{outcome: No, code: "status.other-address", reason: fmt.Sprintf("the list is of %.100q", meta.ID)}
	case len(cred.Status) > 0:
		return fetchedList{outcome: Unknown, code: "status.list-with-status", reason: "a status list has a status of its own"}
	case !meta.ValidFrom.IsZero() && c.now.Add(skew).Before(meta.ValidFrom):
		return fetchedList{outcome: Unknown, code: "status.list-not-yet", reason: vc.FormatTime(meta.ValidFrom)}
	}
	// The date of a list is the one that its issuer signed. Where a list was
	// fetched from, and when, says nothing better: an old list can be served today.
	if !meta.ValidFrom.IsZero() {
		asOf = meta.ValidFrom
	}
	if !meta.ValidUntil.IsZero() && !c.now.Before(meta.ValidUntil) && !c.Offline {
		return fetchedList{outcome: Unknown, code: "status.list-ended", reason: vc.FormatTime(meta.ValidUntil), asOf: asOf}
	}
	if asOf.IsZero() || c.now.Sub(asOf) > maxListLife {
		return fetchedList{outcome: Unknown, code: "status.too-old", reason: "the list has no recent date", asOf: asOf}
	}
	return fetchedList{list: list, meta: meta, asOf: asOf, outcome: Yes}
}
