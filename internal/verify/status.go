package verify

import (
	"context"
	"fmt"

	"cairn.example"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

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
	read, legacy := statuslist.ReadEntry, statuslist.IsLegacyEntry(tree)
	if legacy {
		read = statuslist.ReadLegacyEntry
	}
	e, err := read(tree)
	if err != nil {
		f.Code, f.Args = declared(cairn.CodeOf(err), "status.unknown-type"), because(err)
		if f.Code == "status.entry" {
			f.Outcome = No // the issuer signed an entry that can't be one
		}
		return f
	}
	l := c.list(ctx, e.List, cred.Issuer)
	if l.legacy && !legacy || l.tokens != nil {
		l = unusable("status.unreadable", fmt.Errorf("the list is of another form than the entry"))
	}
	return c.unlessBundleEnded(c.bit(e, l))
}

// bit answers what a list says of an entry.
func (c *check) bit(e statuslist.Entry, l fetchedList) Finding {
	f := Finding{Axis: AxisStatus, Outcome: Unknown, AsOf: l.asOf, Source: e.List}
	if l.outcome != Yes {
		f.Outcome, f.Code, f.Args = l.outcome, l.code, l.why()
		return f
	}
	if !l.meta.HasPurpose(e.Purpose) {
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.purpose", AsOf: l.asOf, Source: e.List, Args: map[string]string{"purpose": e.Purpose, "list": l.meta.Purpose}}
	}
	value, err := l.list.Lookup(e)
	if err != nil && l.list.Len()/max(e.Size, 1) < statuslist.MinEntries { // long enough for one bit each, and not for these
		f.Code, f.Args = "status.unreadable", because(err)
		return f
	}
	set := value != 0 // section 3.2, step 14: whatever the value, it is not valid
	if err != nil {
		f.Outcome, f.Code, f.Args = No, "status.range", because(err)
		return f
	}
	f.Args = map[string]string{"days": fmt.Sprint(max(0, int(c.now.Sub(l.asOf).Hours()/24)))}
	switch {
	case set && e.Purpose == statuslist.Revocation:
		f.Outcome, f.Code = No, "status.revoked"
	case set && e.Purpose == statuslist.Suspension:
		f.Outcome, f.Code = No, "status.suspended"
	case e.Purpose != statuslist.Revocation && e.Purpose != statuslist.Suspension:
		f.Code, f.Args["purpose"] = "status.unknown-purpose", e.Purpose
	default:
		c.byAge(&f, l)
	}
	return f
}
