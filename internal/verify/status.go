package verify

import (
	"context"
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// status answers whether a credential was withdrawn, with notes on what else its
// issuer says of it in status lists. Every entry is looked at: one that says so
// decides, and one that can't be read leaves the answer open.
func (c *check) status(ctx context.Context, kind string, cred vc.Credential) (Finding, []Note) {
	// Where the issuer foresaw no way to withdraw it, there is nothing to ask.
	f := Finding{Axis: AxisStatus, Outcome: Yes, Code: "status.none-declared", Args: map[string]string{}}
	if len(cred.Status) == 0 {
		return f, nil
	}
	if kind == KindStatusList {
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.of-a-list"}, nil
	}
	if len(cred.Status) > maxStatus {
		return Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.too-many", Args: map[string]string{"limit": fmt.Sprint(maxStatus)}}, nil
	}
	var notes []Note
	for _, s := range cred.Status {
		one, note := c.entry(ctx, s, cred)
		if note != nil {
			notes = append(notes, *note)
		}
		f = worse(f, one)
	}
	return f, notes
}

// entry answers what one entry says. The note is nil unless the entry says something
// that withdraws nothing.
func (c *check) entry(ctx context.Context, tree map[string]any, cred vc.Credential) (Finding, *Note) {
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
		return f, nil
	}
	l := c.list(ctx, e.List, cred.Issuer)
	if l.legacy && !legacy || l.tokens != nil {
		l = unusable("status.unreadable", fmt.Errorf("the list is of another form than the entry"))
	}
	f, value := c.bit(e, l)
	if e.Purpose != statuslist.Message && e.Purpose != statuslist.Refresh {
		return c.unlessBundleEnded(f), nil
	}
	if f.Outcome == No {
		// A list that can't be the one for it withdraws nothing; what it would say is unknown.
		args := map[string]string{"cause": f.Code, "reason": "the list says nothing of this entry: " + f.Code}
		return Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.message-unread", AsOf: f.AsOf, Source: f.Source, Args: args}, nil
	}
	if f = c.unlessBundleEnded(f); f.Outcome != Yes {
		return f, nil
	}
	return Finding{Axis: AxisStatus, Outcome: Yes, Code: "status.none-declared"}, said(e, value)
}

// said is the note on what the value of an entry says that withdraws nothing; nil
// when it says nothing.
func said(e statuslist.Entry, value uint) *Note {
	if e.Purpose == statuslist.Refresh {
		if value == 0 {
			return nil
		}
		return &Note{Code: "note.status-refresh"}
	}
	if value == 0 && len(e.Messages) == 0 {
		return nil
	}
	args := map[string]string{"message": strings.Join(strings.Fields(clean(e.Message(value))), " ")}
	if len(e.References) > 0 {
		args["reference"] = brief(e.References[0])
	}
	return &Note{Code: "note.status-message", Args: args}
}

// bit answers what a list says of an entry, with the value that stands there.
func (c *check) bit(e statuslist.Entry, l fetchedList) (Finding, uint) {
	f := Finding{Axis: AxisStatus, Outcome: Unknown, AsOf: l.asOf, Source: e.List}
	if l.outcome != Yes {
		f.Outcome, f.Code, f.Args = l.outcome, l.code, l.why()
		return f, 0
	}
	if !l.meta.HasPurpose(e.Purpose) {
		return Finding{Axis: AxisStatus, Outcome: No, Code: "status.purpose", AsOf: l.asOf, Source: e.List, Args: map[string]string{"purpose": e.Purpose, "list": l.meta.Purpose}}, 0
	}
	value, err := l.list.Lookup(e)
	if err != nil && l.list.Len()/max(e.Size, 1) < statuslist.MinEntries { // long enough for one bit each, and not for these
		f.Code, f.Args = "status.unreadable", because(err)
		return f, 0
	}
	set := value != 0 // section 3.2, step 14: whatever the value
	if err != nil {
		f.Outcome, f.Code, f.Args = No, "status.range", because(err)
		return f, 0
	}
	f.Args = map[string]string{"days": fmt.Sprint(max(0, int(c.now.Sub(l.asOf).Hours()/24)))}
	switch {
	case set && e.Purpose == statuslist.Revocation:
		f.Outcome, f.Code = No, "status.revoked"
	case set && e.Purpose == statuslist.Suspension:
		f.Outcome, f.Code = No, "status.suspended"
	case e.Purpose == statuslist.Revocation || e.Purpose == statuslist.Suspension || e.Purpose == statuslist.Message || e.Purpose == statuslist.Refresh:
		c.byAge(&f, l)
	default: // whatever the value: what the issuer means by it is not known here
		f.Code, f.Args["purpose"] = "status.unknown-purpose", e.Purpose
	}
	return f, value
}
