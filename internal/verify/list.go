package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

// fetchedList is a status list of which everything was checked, or why not.
type fetchedList struct {
	issuer string // who signed it; empty when nobody is known to have
	list   *statuslist.List
	tokens *tokenstatus.Verified // of a Token Status List, which has no list then
	// ofCredential is set when the list names no issuer and was checked for the one
	// of the credential.
	ofCredential bool
	legacy       bool // of Status List 2021
	meta         statuslist.Meta
	asOf         time.Time
	copied       time.Time // when the source got it
	stale        bool      // the copy is older than the issuer says that copies may be (ttl)
	outcome      Outcome   // Yes when the list can be used
	code         string
	cause        string // code of the error, if it has one
	reason       string
}

// why returns the arguments of a finding that rests on a list that can't be used.
func (l fetchedList) why() map[string]string {
	args := map[string]string{"reason": l.reason}
	if l.cause != "" {
		args["cause"] = l.cause
	}
	return args
}

// list returns the status list at an address, when it is one of the issuer.
func (c *check) list(ctx context.Context, url, issuer string) fetchedList {
	l := c.fetched(ctx, url, issuer)
	if l.issuer != "" && l.issuer != issuer {
		// Only the list of another issuer who signed it is one; anybody can write a name.
		return fetchedList{outcome: No, code: "status.other-issuer", reason: fmt.Sprintf("the list is from %.100q", l.issuer)}
	}
	return l
}

func unusable(code string, err error) fetchedList {
	return fetchedList{outcome: Unknown, code: code, cause: causeOf(err), reason: err.Error()}
}

// fetchList fetches and checks a status list. Sources keep copies; one that is older
// than its issuer allows, or that has ended since, is fetched again where that can
// be done. A copy that stays too old is judged as an older list, by the same bands.
func (c *check) fetchList(ctx context.Context, url, issuer string) fetchedList {
	l := c.readCopy(ctx, url, issuer, time.Time{})
	after := c.outdated(l)
	if after.IsZero() {
		return l
	}
	if _, ok := c.Status.(Refresher); ok {
		again := c.readCopy(ctx, url, issuer, after)
		if l.outcome != Yes || again.outcome == Yes && !again.asOf.Before(l.asOf) { // B17: never back to an older list
			l = again
		}
	}
	l.stale = l.outcome == Yes && !c.outdated(l).IsZero()
	return l
}

// outdated returns the time after which a newer copy of a list must have been got,
// and zero when the copy will do. Without a network no newer one can be had, and
// the age of the list, which the issuer signed, is what counts (DOMAIN 2.5).
func (c *check) outdated(l fetchedList) time.Time {
	switch {
	case c.Offline:
	case l.code == "status.list-ended" && l.copied.Before(l.meta.ValidUntil):
		return l.meta.ValidUntil
	case l.meta.TTL > 0 && c.now.Sub(l.copied) > l.meta.TTL:
		return c.now.Add(-l.meta.TTL)
	}
	return time.Time{}
}

// readCopy fetches a status list, not from a copy that was got before a time, and
// checks it: signed by the issuer that it names, found under its own address, and
// valid.
func (c *check) readCopy(ctx context.Context, url, issuer string, after time.Time) fetchedList {
	data, asOf, code, err := c.listDocument(ctx, url, after)
	if err != nil {
		return unusable(code, err)
	}
	trimmed := bytes.Trim(data, blanks)
	switch {
	case isToken(trimmed):
		data = trimmed
		if e, ok, err := listToken(string(data)); ok || err != nil {
			return c.readEnveloped(ctx, e, err, url, asOf)
		}
	case isCOSE(data):
		if e, ok, err := listMessage(data); ok || err != nil {
			return c.readEnveloped(ctx, e, err, url, asOf)
		}
	default:
		return c.readPlain(ctx, data, url, asOf)
	}
	t, err := tokenstatus.Parse(data)
	if err != nil {
		return unusable("status.unreadable", err)
	}
	return c.readTokenList(ctx, t, url, issuer, asOf)
}

// readPlain checks a list in JSON, with its proof in it or in an envelope that it
// carries.
func (c *check) readPlain(ctx context.Context, data []byte, url string, asOf time.Time) fetchedList {
	tree, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return unusable("status.unreadable", err)
	}
	if isEnveloped(tree) {
		e, err := carried(tree)
		return c.readEnveloped(ctx, e, err, url, asOf)
	}
	// The issuer may be a text or an object. An answer without one is no status list,
	// such as the page of a server under repair, and says nothing of the credential.
	cred, _ := vc.ReadCredential(tree)
	if cred.Issuer == "" {
		return unusable("status.unreadable", fmt.Errorf("the answer names no issuer"))
	}
	f, how := c.proof(ctx, tree, cairn.DID(cred.Issuer), did.AssertionMethod, "", "")
	if how.part && f.Outcome == Yes {
		f.Outcome, f.Code = No, "proof.part-not-allowed" // a part could leave out the end of the list
	}
	return c.signedList(f, tree, cred, url, asOf)
}

// listToken reads the envelope of a list when a token is one for credentials (typ),
// and reports whether it is.
func listToken(text string) (envelope, bool, error) {
	if sdjwt.Is(text) {
		return envelope{}, true, errors.New("a list can't be shown in part")
	}
	t, err := jose.Parse(text, tokenstatus.MaxToken)
	if err != nil || !t.Is(string(vcjwt.Credential)) {
		return envelope{}, false, err
	}
	s, err := vcjwt.Read(text)
	if err != nil {
		return envelope{}, true, err
	}
	return fromJOSE(s), true, nil
}

// listMessage is listToken for COSE.
func listMessage(data []byte) (envelope, bool, error) {
	m, err := cose.Parse(data, tokenstatus.MaxToken)
	if err != nil || !m.Is(string(vccose.Credential)) {
		return envelope{}, false, err
	}
	s, err := vccose.Read(data)
	if err != nil {
		return envelope{}, true, err
	}
	return fromCOSE(s), true, nil
}

// readEnveloped checks a list in an envelope for credentials, by the same rules as
// one with a proof in it. err is that of reading the envelope.
func (c *check) readEnveloped(ctx context.Context, e envelope, err error, url string, asOf time.Time) fetchedList {
	switch {
	case err != nil:
		return unusable("status.unreadable", err)
	case e.form != string(vcjwt.Credential) && e.form != string(vccose.Credential):
		return unusable("status.unreadable", fmt.Errorf("a list is not in an envelope of %.40q", e.form))
	}
	f, o, _ := c.open(ctx, e)
	if o.status != nil {
		return fetchedList{outcome: Unknown, code: "status.list-with-status", reason: "a status list has a status of its own"}
	}
	cred, _ := vc.ReadCredential(o.document)
	if f.Outcome == Yes && cred.Issuer != e.signer {
		f.Outcome, f.Code = No, "proof.not-the-signers-key"
	}
	return c.signedList(f, o.document, cred, url, asOf)
}

// signedList reads a list with the answer on its proof.
func (c *check) signedList(f Finding, tree map[string]any, cred vc.Credential, url string, asOf time.Time) fetchedList {
	if f.Outcome != Yes {
		if f.Code == "proof.lookup-limit" {
			return unusable("status.lookup-limit", errLookupLimit)
		}
		return fetchedList{outcome: Unknown, code: "status.list-not-signed", cause: f.Code, reason: f.Code}
	}
	l := c.readList(tree, cred, url, asOf)
	l.issuer, l.copied = cred.Issuer, asOf
	return l
}

// readList reads a list whose proof is good.
func (c *check) readList(tree map[string]any, cred vc.Credential, url string, asOf time.Time) fetchedList {
	read, legacy := statuslist.ReadCredential, statuslist.IsLegacyCredential(tree)
	if legacy {
		read = statuslist.ReadLegacyCredential
	}
	list, meta, err := read(tree)
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
		return fetchedList{outcome: Unknown, code: "status.list-ended", reason: vc.FormatTime(meta.ValidUntil), asOf: asOf, meta: meta}
	}
	if asOf.IsZero() || c.now.Sub(asOf) > maxListLife {
		return fetchedList{outcome: Unknown, code: "status.too-old", reason: "the list has no recent date", asOf: asOf}
	}
	return fetchedList{list: list, legacy: legacy, meta: meta, asOf: asOf, outcome: Yes}
}
