package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/sdjwt"
	"cairn.example/statuslist"
	"cairn.example/tokenstatus"
	"cairn.example/vcjwt"
)

// bits are lists of the college by address: entry 7 of each has a value.
type bits map[string]struct {
	purpose string
	size    int
	value   uint
}

func (b bits) StatusList(_ context.Context, url string) ([]byte, time.Time, error) {
	one, ok := b[url]
	if !ok {
		return nil, time.Time{}, context.DeadlineExceeded
	}
	l := statuslist.New(statuslist.MinEntries * max(one.size, 1))
	messages := make([]string, 0, 1<<one.size)
	for i := range 1 << one.size {
		messages = append(messages, fmt.Sprint(i))
	}
	e := statuslist.Entry{Purpose: one.purpose, Index: 7, List: url, Size: one.size}
	if one.size > 1 {
		e.Messages = messages
	}
	if err := l.Put(e, one.value); err != nil {
		return nil, time.Time{}, err
	}
	tree, err := statuslist.Credential(statuslist.Meta{ID: url, Issuer: string(college.Controller()), Purpose: one.purpose, ValidFrom: today.Add(-time.Hour)}, l)
	if err != nil {
		return nil, time.Time{}, err
	}
	signed, err := dataintegrity.Sign(context.Background(), tree, dataintegrity.Options{Purpose: "assertionMethod", Created: today.Add(-time.Hour)}, college)
	if err != nil {
		return nil, time.Time{}, err
	}
	b2, err := json.Marshal(signed)
	return b2, today, err
}

// Only two purposes withdraw. A message and a newer credential are said in notes,
// and what nobody here understands is never taken for nothing.
func TestStatusPurposes(t *testing.T) {
	const main, more = "https://college.example/i/college/status/main", "https://college.example/i/college/status/more"
	pending := []string{"accepted", "pending \u202ereview\n<b>", "late", "gone"}
	for _, c := range []struct {
		name    string
		purpose string
		listed  string // purpose of the list; the same when empty
		value   uint
		more    []string // messages
		at      string
		verdict verify.Verdict
		code    string
		note    string
		message string
	}{
		{name: "message unset", purpose: "message", verdict: verify.Valid, code: "status.good"},
		{name: "message set", purpose: "message", value: 1, verdict: verify.Valid, code: "status.good", note: "note.status-message", message: "set"},
		{name: "message with a text", purpose: "message", value: 1, more: pending, verdict: verify.Valid, code: "status.good", note: "note.status-message", message: "pending review <b>"},
		{name: "message with a text for nothing", purpose: "message", value: 0, more: pending, verdict: verify.Valid, code: "status.good", note: "note.status-message", message: "accepted"},
		{name: "message in a list for another purpose", purpose: "message", listed: "revocation", value: 1, verdict: verify.Undetermined, code: "status.message-unread"},
		{name: "message that nobody can read", purpose: "message", at: "https://college.example/i/college/status/gone", verdict: verify.Undetermined, code: "status.unavailable"},
		{name: "newer one unset", purpose: "refresh", verdict: verify.Valid, code: "status.good"},
		{name: "newer one", purpose: "refresh", value: 1, verdict: verify.Valid, code: "status.good", note: "note.status-refresh"},
		{name: "unknown purpose set", purpose: "recall", value: 1, verdict: verify.Undetermined, code: "status.unknown-purpose"},
		{name: "unknown purpose unset", purpose: "recall", verdict: verify.Undetermined, code: "status.unknown-purpose"},
		{name: "purpose in another spelling", purpose: "Revocation", value: 1, verdict: verify.Undetermined, code: "status.unknown-purpose"},
		{name: "suspension", purpose: "suspension", value: 1, verdict: verify.Invalid, code: "status.suspended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.listed == "" {
				c.listed = c.purpose
			}
			size := 1
			if len(c.more) == 4 {
				size = 2
			}
			lists := bits{main: {purpose: "revocation"}, more: {purpose: c.listed, size: size, value: c.value}}
			if c.at == "" {
				c.at = more
			}
			other := statuslist.Entry{Purpose: c.purpose, Index: 7, List: c.at, Size: size, Messages: c.more}.Tree()
			first := statuslist.Entry{Purpose: statuslist.Revocation, Index: 7, List: main}.Tree()
			for order, entries := range map[string][]any{"after": {first, other}, "before": {other, first}} {
				w := newWorld()
				e := openScope(w).engine()
				e.Status = lists
				// In a credential of the W3C, which is no badge, and in a token.
				doc := map[string]any{"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiableCredential"}, "issuer": string(college.Controller()),
					"validFrom": "2026-05-01T00:00:00Z", "credentialSubject": map[string]any{"id": string(amina.Controller())}, "credentialStatus": entries}
				token := issueVC(t, award(func(m map[string]any) { m["credentialStatus"] = entries }), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college))
				for form, data := range map[string][]byte{"proof": sign(t, doc, college, dataintegrity.Options{}), "vc+jwt": seal(t, "vc+jwt", doc, college, vcjwt.Options{At: today.Add(-time.Hour)}), "dc+sd-jwt": present(t, token)} {
					r := e.Verify(t.Context(), data, verify.Options{})
					want(t, r, c.verdict, verify.AxisStatus, c.code)
					var said []verify.Note
					for _, n := range r.Notes {
						if strings.HasPrefix(n.Code, "note.status-") {
							said = append(said, n)
						}
					}
					if c.note == "" && len(said) != 0 || c.note != "" && (len(said) != 1 || said[0].Code != c.note || said[0].Args["message"] != c.message) {
						t.Errorf("%s, %s: %+v", form, order, said)
					}
				}
			}
		})
	}
	// Nothing but a message: nobody foresaw to withdraw it.
	e := openScope(newWorld()).engine()
	e.Status = bits{more: {purpose: "message", size: 1, value: 1}}
	entry := statuslist.Entry{Purpose: "message", Index: 7, List: more, References: []string{"https://college.example/messages"}}.Tree()
	token := issueVC(t, award(func(m map[string]any) { m["credentialStatus"] = entry }), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college))
	r := e.Verify(t.Context(), present(t, token), verify.Options{})
	want(t, r, verify.Valid, verify.AxisStatus, "status.none-declared")
	if !slices.ContainsFunc(r.Notes, func(n verify.Note) bool { return n.Args["reference"] == "https://college.example/messages" }) {
		t.Errorf("%+v", r.Notes)
	}
}

// An SD-JWT VC can have a status of each kind: both are judged, and the worse answer
// counts, whichever it is.
func TestStatusOfBothKinds(t *testing.T) {
	const address = "https://college.example/i/college/status/main"
	entry := statuslist.Entry{Purpose: statuslist.Revocation, Index: 7, List: address}.Tree()
	for _, c := range []struct {
		name    string
		token   tokenstatus.Status
		bit     uint
		entries any
		verdict verify.Verdict
		code    string
	}{
		{"both good", 0, 0, entry, verify.Valid, "status.good"},
		{"withdrawn by the token's", 1, 0, entry, verify.Invalid, "status.revoked"},
		{"withdrawn by the entry's", 0, 1, entry, verify.Invalid, "status.revoked"},
		{"withdrawn by both", 1, 1, entry, verify.Invalid, "status.revoked"},
		{"the token's unknown, withdrawn by the entry's", 3, 1, entry, verify.Invalid, "status.revoked"},
		{"the token's unknown", 3, 0, entry, verify.Undetermined, "status.unknown-purpose"},
		{"withdrawn by the token's, entry unknown", 1, 0, map[string]any{"type": "Oracle"}, verify.Invalid, "status.revoked"},
		{"entry unknown", 0, 0, map[string]any{"type": "Oracle"}, verify.Undetermined, "status.unknown-type"},
		{"entry is a text", 0, 0, "revoked", verify.Invalid, "status.entry"},
		{"no entry in the list", 0, 0, []any{}, verify.Invalid, "status.entry"},
		{"a text in the list", 0, 0, []any{entry, "x"}, verify.Invalid, "status.entry"},
		{"too many", 0, 0, []any{entry, entry, entry, entry, entry, entry}, verify.Undetermined, "status.too-many"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lists := bits{address: {purpose: "revocation", size: 1, value: c.bit}}
			e := openScope(newWorld()).engine()
			e.Status = listsOf(func(url string) ([]byte, error) {
				if url == tokenURL {
					return tokenList(t, tokenstatus.Meta{URI: tokenURL, IssuedAt: today.Add(-time.Hour)}, college, func(l *tokenstatus.List) {
						if err := l.Set(7, c.token); err != nil {
							t.Error(err)
						}
					})()
				}
				b, _, err := lists.StatusList(t.Context(), url)
				return b, err
			})
			token := issueVC(t, award(func(m map[string]any) {
				m["status"], m["credentialStatus"] = tokenstatus.Reference{URI: tokenURL, Index: 7}.Tree(), c.entries
			}), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college))
			r := e.Verify(t.Context(), present(t, token, "course"), verify.Options{})
			want(t, r, c.verdict, verify.AxisStatus, c.code)
			if _, shown := r.Shown.Claims["credentialStatus"]; shown {
				t.Error("the status is shown as a claim")
			}
		})
	}
	// A holder can't keep back what is in it.
	text, err := sdjwt.Issue(t.Context(), award(func(m map[string]any) { m["credentialStatus"] = []any{entry} }), sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: string(college.KeyID())},
		Selective: []sdjwt.Path{{"credentialStatus", 0}}, Rand: strings.NewReader(strings.Repeat("r", 1000))}, tokenSigner(t, college))
	if err != nil {
		t.Fatal(err)
	}
	want(t, newWorld().engine().Verify(t.Context(), []byte(text), verify.Options{}), verify.Invalid, verify.AxisModel, "model.unreadable")
}

// A Bitstring Status List in an envelope is read by the same rules as one with a
// proof in it.
func TestStatusListsInEnvelopes(t *testing.T) {
	own := string(college.Controller())
	meta := func(change func(*statuslist.Meta)) statuslist.Meta {
		m := newWorld().meta
		if change != nil {
			change(&m)
		}
		return m
	}
	for _, c := range []struct {
		name    string
		meta    statuslist.Meta
		signer  party
		options vcjwt.Options
		tree    func(map[string]any)
		revoked bool
		asOf    time.Time // when the copy was got
		outcome verify.Outcome
		code    string
	}{
		{name: "good", outcome: verify.Yes, code: "status.good"},
		{name: "withdrawn", revoked: true, outcome: verify.No, code: "status.revoked"},
		{name: "signed by another in the name of the issuer", signer: stranger, options: vcjwt.Options{KeyID: string(college.KeyID())}, outcome: verify.Unknown, code: "status.list-not-signed"},
		{name: "signed by another", signer: stranger, outcome: verify.Unknown, code: "status.list-not-signed"},
		{name: "of another", meta: meta(func(m *statuslist.Meta) { m.Issuer = string(stranger.Controller()) }), signer: stranger, outcome: verify.No, code: "status.other-issuer"},
		{name: "of another address", meta: meta(func(m *statuslist.Meta) { m.ID += "0" }), outcome: verify.No, code: "status.other-address"},
		{name: "for another purpose", meta: meta(func(m *statuslist.Meta) { m.Purpose = "suspension" }), outcome: verify.No, code: "status.purpose"},
		{name: "ended", meta: meta(func(m *statuslist.Meta) { m.ValidUntil = today }), outcome: verify.Unknown, code: "status.list-ended"},
		{name: "not yet", meta: meta(func(m *statuslist.Meta) { m.ValidFrom = today.Add(time.Hour) }), outcome: verify.Unknown, code: "status.list-not-yet"},
		{name: "too old", meta: meta(func(m *statuslist.Meta) { m.ValidFrom, m.ValidUntil = today.AddDate(0, 0, -61), time.Time{} }), outcome: verify.Unknown, code: "status.too-old"},
		{name: "a copy older than its ttl", meta: meta(func(m *statuslist.Meta) { m.TTL = time.Minute }), asOf: today.Add(-time.Hour), outcome: verify.Yes, code: "status.good-older"},
		{name: "the envelope has ended", options: vcjwt.Options{Expires: today.Add(-time.Minute)}, outcome: verify.Unknown, code: "status.list-not-signed"},
		{name: "with a status", tree: func(m map[string]any) {
			m["credentialStatus"] = statuslist.Entry{Purpose: statuslist.Revocation, Index: 7, List: listURL}.Tree()
		}, outcome: verify.Unknown, code: "status.list-with-status"},
		{name: "something else", tree: func(m map[string]any) { m["type"] = []any{"VerifiableCredential"} }, outcome: verify.Unknown, code: "status.unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.meta.ID == "" {
				c.meta = meta(nil)
			}
			if c.signer.private == nil {
				c.signer = college
			}
			if c.options.At.IsZero() {
				c.options.At = today.Add(-time.Hour)
			}
			l := statuslist.New(0)
			if err := l.Set(94567, c.revoked); err != nil {
				t.Fatal(err)
			}
			tree, err := statuslist.Credential(c.meta, l)
			if err != nil {
				t.Fatal(err)
			}
			if c.tree != nil {
				c.tree(tree)
			}
			jwt, cose := seal(t, "vc+jwt", tree, c.signer, c.options), seal(t, "vc+cose", tree, c.signer, c.options)
			for form, data := range map[string][]byte{"vc+jwt": append(jwt, '\n'), "vc+cose": cose,
				"carried": write(t, map[string]any{"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + string(jwt)})} {
				w := newWorld()
				e := w.engine()
				got := today
				if !c.asOf.IsZero() {
					got = c.asOf
				}
				e.Status = &copies{old: &copied{data, got}}
				r := e.Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{})
				if f := r.Finding(verify.AxisStatus); f.Outcome != c.outcome || f.Code != c.code {
					t.Errorf("%s: %+v", form, f)
				}
			}
		})
	}
	// What is in another envelope, or can be shown in part, is no list.
	tree, err := statuslist.Credential(meta(nil), statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	cred := sign(t, badge(t, func(b *openbadges.Badge) {}), college, dataintegrity.Options{})
	for form, data := range map[string][]byte{
		"vc+sd-jwt":       seal(t, "vc+sd-jwt", tree, college, vcjwt.Options{At: today.Add(-time.Hour)}),
		"no envelope":     byHand(t, "example+jwt", tree, college),
		"of a vp":         byHand(t, "vp+jwt", map[string]any{"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiablePresentation"}, "holder": own}, college),
		"damaged":         []byte("eyJ0eXAiOiJ2Yytqd3QifQ.e30.e30"),
		"damaged message": {0xd2, 0x84, 0x40},
	} {
		e := newWorld().engine()
		e.Status = listsOf(func(string) ([]byte, error) { return data, nil })
		if f := e.Verify(t.Context(), cred, verify.Options{}).Finding(verify.AxisStatus); f.Outcome != verify.Unknown || f.Code != "status.unreadable" {
			t.Errorf("%s: %+v", form, f)
		}
	}
}
