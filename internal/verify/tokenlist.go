package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/statuslist"
	"cairn.example/strictcbor"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
)

// tokenStatus answers what the Token Status List says of a token by an issuer.
// found and err are those of reading the reference; nothing found means that the
// token has a status of a kind that is not known here.
func (c *check) tokenStatus(ctx context.Context, ref tokenstatus.Reference, found bool, err error, issuer string) Finding {
	f := Finding{Axis: AxisStatus, Outcome: Unknown}
	switch {
	case err != nil: // the issuer signed a reference that can't be one
		f.Outcome, f.Code, f.Args = No, "status.entry", because(err)
		return f
	case !found:
		f.Code, f.Args = "status.unknown-type", map[string]string{"reason": "the status is told in another way than by a Token Status List"}
		return f
	}
	return c.unlessBundleEnded(c.tokenBits(ref, c.list(ctx, ref.URI, issuer)))
}

// tokenBits answers what a list says of a token.
func (c *check) tokenBits(ref tokenstatus.Reference, l fetchedList) Finding {
	if l.outcome == Yes && l.tokens == nil {
		l = unusable("status.unreadable", fmt.Errorf("the list is of another form than the reference"))
	}
	f := Finding{Axis: AxisStatus, Outcome: Unknown, AsOf: l.asOf, Source: ref.URI}
	if l.outcome != Yes {
		f.Outcome, f.Code, f.Args = l.outcome, l.code, l.why()
		return f
	}
	status, err := l.tokens.List.Get(ref.Index)
	if err != nil {
		f.Outcome, f.Code, f.Args = No, "status.range", because(err)
		return f
	}
	f.Args = map[string]string{"days": fmt.Sprint(max(0, int(c.now.Sub(l.asOf).Hours()/24)))}
	switch status {
	case tokenstatus.Valid:
		c.byAge(&f, l)
	case tokenstatus.Invalid:
		f.Outcome, f.Code = No, "status.revoked"
	case tokenstatus.Suspended:
		f.Outcome, f.Code = No, "status.suspended"
	default: // for the application of the issuer to say (section 7.1)
		f.Code, f.Args["purpose"] = "status.unknown-purpose", fmt.Sprintf("0x%02X", uint8(status))
	}
	return f
}

// byAge answers with the age of a list that says nothing against a credential.
func (c *check) byAge(f *Finding, l fetchedList) {
	switch age := c.now.Sub(l.asOf); {
	case age > oldDays*24*time.Hour:
		f.Code = "status.too-old"
	case age > freshDays*24*time.Hour || l.stale:
		f.Outcome, f.Code = Yes, "status.good-older"
	default:
		f.Outcome, f.Code = Yes, "status.good"
	}
}

// unlessBundleEnded keeps only a withdrawal for good of what a bundle says that has
// ended: anything else may be otherwise by now.
func (c *check) unlessBundleEnded(f Finding) Finding {
	if c.bundleEnded() && (f.Outcome == Yes || f.Outcome == No && f.Code != "status.revoked") {
		f.Args = map[string]string{"reason": f.Code}
		f.Outcome, f.Code = Unknown, "status.bundle-ended"
	}
	return f
}

// readTokenList checks a Token Status List. One that names no issuer must be signed
// by the issuer of the credential, as one that names another is that other's.
func (c *check) readTokenList(ctx context.Context, t *tokenstatus.Token, url, issuer string, copied time.Time) fetchedList {
	signer := t.Issuer
	if signer == "" {
		signer = issuer
	}
	l := c.signedTokenList(ctx, t, url, signer)
	l.copied, l.ofCredential = copied, t.Issuer == ""
	return l
}

// signedTokenList checks a list with the keys of its signer.
func (c *check) signedTokenList(ctx context.Context, t *tokenstatus.Token, url, signer string) fetchedList {
	key, outcome, code, _ := c.issuerKey(ctx, signer, t.KeyID, t.Chain)
	switch {
	case code == "proof.lookup-limit":
		return unusable("status.lookup-limit", errLookupLimit)
	case outcome != Yes:
		return fetchedList{outcome: Unknown, code: "status.list-not-signed", cause: code, reason: code}
	}
	v, err := t.Verify(key.key)
	switch {
	case err != nil && strings.HasPrefix(cairn.CodeOf(err), "tokenstatus."):
		return unusable("status.unreadable", err)
	case err != nil:
		return fetchedList{outcome: Unknown, code: "status.list-not-signed", cause: tokenCode(err), reason: tokenCode(err)}
	}
	if outcome, code, _ := c.tokenTimes(opened{issued: v.IssuedAt}, key.method); outcome != Yes && code != "proof.from-the-future" {
		return fetchedList{outcome: Unknown, code: "status.list-not-signed", cause: code, reason: code}
	}
	l := fetchedList{issuer: signer, asOf: v.IssuedAt, outcome: Unknown,
		meta: statuslist.Meta{ID: v.URI, Issuer: signer, ValidUntil: v.Expires, TTL: v.TTL}}
	switch soon := c.now.Add(skew); {
	case v.URI != url:
		l.outcome, l.code, l.reason = No, "status.other-address", fmt.Sprintf("the list is of %.100q", v.URI)
	case soon.Before(v.IssuedAt) || soon.Before(v.NotBefore):
		l.code, l.reason = "status.list-not-yet", vc.FormatTime(v.IssuedAt)
	case !v.Expires.IsZero() && !c.now.Before(v.Expires) && !c.Offline:
		l.code, l.reason = "status.list-ended", vc.FormatTime(v.Expires)
	case c.now.Sub(v.IssuedAt) > maxListLife:
		l.code, l.reason = "status.too-old", "the list has no recent date"
	default:
		l.outcome, l.tokens = Yes, v
	}
	return l
}

// readReference reads a status claim in either form.
func readReference(status any) (tokenstatus.Reference, bool, error) {
	if _, ok := status.(strictcbor.Map); ok {
		return tokenstatus.ReadReferenceCBOR(status)
	}
	return tokenstatus.ReadReference(status)
}

// worse joins the answers of two lists: one that says no decides, and one that is
// not known leaves the answer open.
func worse(a, b Finding) Finding {
	switch {
	case a.Outcome == No || b.Outcome != No && a.Outcome != Yes:
		return a
	case b.Outcome != Yes:
		return b
	case b.Code == "status.none-declared":
		return a
	case a.Code == "status.none-declared" || b.AsOf.Before(a.AsOf):
		return b // the oldest of the good answers
	}
	return a
}
