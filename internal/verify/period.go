package verify

import (
	"cairn.example/vc"
)

func (c *check) period(cred vc.Credential, problems []vc.Problem) Finding {
	f := Finding{Axis: AxisPeriod, Outcome: Unknown, Code: "period.unreadable"}
	for _, p := range problems {
		if p.Code == "vc.time" || p.Code == "vc.period" || p.Code == "vc.version-1" {
			return f
		}
	}
	f.Args = map[string]string{}
	if !cred.ValidFrom.IsZero() {
		f.Args["from"] = vc.FormatTime(cred.ValidFrom)
	}
	if !cred.ValidUntil.IsZero() {
		f.Args["until"] = vc.FormatTime(cred.ValidUntil)
	}
	switch {
	case !cred.ValidFrom.IsZero() && c.now.Add(skew).Before(cred.ValidFrom):
		f.Outcome, f.Code = No, "period.not-yet"
	case !cred.ValidUntil.IsZero() && !c.now.Before(cred.ValidUntil): // validUntil itself is outside
		f.Outcome, f.Code = No, "period.ended"
	case cred.ValidUntil.IsZero():
		f.Outcome, f.Code = Yes, "period.open"
	default:
		f.Outcome, f.Code = Yes, "period.current"
	}
	return f
}
