package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// party is somebody with a key.
type party struct{ private ed25519.PrivateKey }

func newParty(n byte) party {
	return party{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))}
}
func (p party) PublicKey() ed25519.PublicKey { return p.private.Public().(ed25519.PublicKey) }
func (p party) Controller() cairn.DID        { d, _ := did.KeyFromEd25519(p.PublicKey()); return d }
func (p party) KeyID() cairn.KeyID           { _, k := did.KeyFromEd25519(p.PublicKey()); return k }
func (p party) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(p.private, m), nil
}

var ministry, college, stranger, amina = newParty(1), newParty(2), newParty(3), newParty(4)

const listURL = "https://college.example/i/college/status/1"

func sign(t testing.TB, doc map[string]any, p party, o dataintegrity.Options) []byte {
	t.Helper()
	if o.Purpose == "" {
		o.Purpose = did.AssertionMethod
	}
	if o.Created.IsZero() {
		o.Created = today.Add(-time.Hour)
	}
	signed, err := dataintegrity.Sign(t.Context(), doc, o, p)
	if err != nil {
		t.Fatal(err)
	}
	b, err := jcs.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func badge(t testing.TB, change func(*openbadges.Badge)) map[string]any {
	t.Helper()
	b := openbadges.Badge{ID: "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a001", Issuer: openbadges.Issuer{DID: college.Controller(), Name: "Ministry of Education"},
		Achievement: cairn.Achievement{ID: "https://college.example/soil", Version: "1", Type: "MicroCredential", Name: cairn.Text{"en": "Soil"}, Description: cairn.Text{"en": "d"}, Criteria: cairn.Text{"en": "c"}, Language: "en",
			Level: &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(5)}, Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(4), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)}, FieldOfStudy: "AGRI"},
		Subject:   openbadges.Subject{DID: amina.Controller(), Identities: []openbadges.Identity{{Type: "name", Value: "Amina"}}},
		AwardedOn: today.AddDate(0, -6, 0), ValidFrom: today.AddDate(0, -6, 0),
		Status: &statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: listURL}}
	if change != nil {
		change(&b)
	}
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// world is what an engine can see.
type world struct {
	list    trust.List
	revoked []int
	meta    statuslist.Meta
	signer  party
	broken  func() ([]byte, error) // answers instead of the status list
}

func newWorld() *world {
	return &world{
		list: trust.List{ID: "https://ministry.example/list", Version: 3, Operator: ministry.Controller(), Name: cairn.Text{"en": "National list"},
			ValidFrom: today.AddDate(0, 0, -1), ValidUntil: today.AddDate(0, 1, 0),
			Issuers: []trust.Issuer{{DID: college.Controller(), Name: cairn.Text{"en": "Lakeside College"}, Scopes: []trust.Scope{
				{Types: []string{"MicroCredential"}, Fields: []string{"AGRI"}, Levels: []trust.Range{{Framework: "EQF", Min: cairn.WholeCredits(3), Max: cairn.WholeCredits(6)}}, From: day("2024-01-01"), Authority: "Order 17"}}}}},
		meta:   statuslist.Meta{ID: listURL, Issuer: string(college.Controller()), Purpose: statuslist.Revocation, ValidFrom: today.Add(-time.Hour), ValidUntil: today.Add(23 * time.Hour)},
		signer: college,
	}
}

func day(s string) cairn.PartialDate {
	d, err := cairn.ParsePartialDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (w *world) StatusList(_ context.Context, url string) ([]byte, time.Time, error) {
	if w.broken != nil {
		b, err := w.broken()
		return b, today, err
	}
	l := statuslist.New(0)
	for _, i := range w.revoked {
		if err := l.Set(i, true); err != nil {
			return nil, time.Time{}, err
		}
	}
	tree, err := statuslist.Credential(w.meta, l)
	if err != nil {
		return nil, time.Time{}, err
	}
	signed, err := dataintegrity.Sign(context.Background(), tree, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, w.signer)
	if err != nil {
		return nil, time.Time{}, err
	}
	b, err := jcs.Marshal(signed)
	return b, today, err
}

func (w *world) engine() engine {
	return newEngine(verify.Config{Resolver: trust.KeyResolver(), Status: w, Now: func() time.Time { return today },
		Trust: func(context.Context) (*trust.Snapshot, error) { return trust.NewSnapshot([]trust.List{w.list}), nil }})
}

func want(t *testing.T, r verify.Report, v verify.Verdict, axis verify.Axis, code string) {
	t.Helper()
	if r.Verdict != v || axis != "" && r.Finding(axis).Code != code {
		b, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("want %s and %s; got %s", v, code, b)
	}
	if r.Finding(verify.AxisProof).Outcome != verify.Yes && r.Shown != nil {
		t.Error("something is shown that nobody signed")
	}
}

func TestValid(t *testing.T) {
	r := newWorld().engine().Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{})
	want(t, r, verify.Valid, verify.AxisStatus, "status.good")
	s := r.Shown
	if s == nil || s.Learner != "Amina" || s.Title != "Soil" || s.Credits != "4" || s.CreditUnit != "ECTS" || s.Level != "5" {
		t.Errorf("%+v", s)
	}
	// K10: the name comes from the list; what the issuer calls itself is kept apart.
	if name, _ := r.Standing.Name.In("en"); name != "Lakeside College" || s.IssuerSays != "Ministry of Education" {
		t.Errorf("listed %q, says %q", name, s.IssuerSays)
	}
	if r.Finding(verify.AxisHolder).Outcome != verify.Unknown {
		t.Error("a credential alone says nothing about who shows it")
	}
}

func TestVerdicts(t *testing.T) {
	future := func(b *openbadges.Badge) { b.ValidFrom = today.AddDate(0, 1, 0) }
	for _, c := range []struct {
		name    string
		badge   func(*openbadges.Badge)
		signer  party
		o       dataintegrity.Options
		world   func(*world)
		tree    func(map[string]any)
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{name: "D10 another signer", signer: stranger, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
		{name: "D05 purpose", o: dataintegrity.Options{Purpose: did.Authentication}, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.purpose"},
		{name: "D11 from the future", o: dataintegrity.Options{Created: today.Add(6 * time.Minute)}, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.from-the-future"},
		{name: "T02 small skew", o: dataintegrity.Options{Created: today.Add(4 * time.Minute)}, verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
		{name: "D13 changed", tree: func(m map[string]any) { m["name"] = "Gold" }, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.signature"},
		{name: "L01 unmapped member", tree: func(m map[string]any) { m["hack"] = "x" }, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.does-not-cover"},
		{name: "D01 unsigned", tree: func(m map[string]any) { delete(m, "proof") }, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.missing"},
		{name: "T05 not yet", badge: future, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.not-yet"},
		{name: "ended", badge: func(b *openbadges.Badge) { b.ValidUntil = today.Add(-time.Hour) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
		{name: "T12 ends now", badge: func(b *openbadges.Badge) { b.ValidUntil = today }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
		{name: "T12 ends in a second", badge: func(b *openbadges.Badge) { b.ValidUntil = today.Add(time.Second) }, verdict: verify.Valid, axis: verify.AxisPeriod, code: "period.current"},
		{name: "revoked", world: func(w *world) { w.revoked = []int{94567} }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.revoked"},
		{name: "neighbour revoked", world: func(w *world) { w.revoked = []int{94566, 94568} }, verdict: verify.Valid, axis: verify.AxisStatus, code: "status.good"},
		{name: "B01 unreachable", world: func(w *world) {
			w.broken = func() ([]byte, error) { return nil, &cairn.Error{Kind: cairn.Unavailable, Message: "no answer"} }
		}, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unavailable"},
		{name: "B02 something else", world: func(w *world) { w.broken = func() ([]byte, error) { return []byte("<html>"), nil } }, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unreadable"},
		{name: "B04 list of another issuer", world: func(w *world) { w.meta.Issuer, w.signer = string(stranger.Controller()), stranger }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.other-issuer"},
		{name: "B04 list signed by another", world: func(w *world) { w.signer = stranger }, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.list-not-signed"},
		{name: "B06 another address", world: func(w *world) { w.meta.ID = "https://college.example/other" }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.other-address"},
		{name: "B07 purpose", world: func(w *world) { w.meta.Purpose = statuslist.Suspension }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.purpose"},
		{name: "B09 past the end", badge: func(b *openbadges.Badge) { b.Status.Index = statuslist.MinEntries }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.range"},
		{name: "B15 list ended", world: func(w *world) { w.meta.ValidUntil = today.Add(-time.Second) }, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.list-ended"},
		{name: "B16 old list", world: func(w *world) {
			w.meta.ValidFrom, w.meta.ValidUntil = today.AddDate(0, 0, -61), time.Time{}
		}, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.too-old"},
		{name: "older list", world: func(w *world) { w.meta.ValidFrom, w.meta.ValidUntil = today.AddDate(0, 0, -30), time.Time{} }, verdict: verify.Valid, axis: verify.AxisStatus, code: "status.good-older"},
		{name: "no status", badge: func(b *openbadges.Badge) { b.Status = nil }, verdict: verify.Valid, axis: verify.AxisStatus, code: "status.none-declared"},
		{name: "issuer not listed", world: func(w *world) { w.list.Issuers = nil }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
		{name: "K13 list ended", world: func(w *world) { w.list.ValidUntil = today }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.list-ended"},
		{name: "K14 other field", badge: func(b *openbadges.Badge) { b.Achievement.FieldOfStudy = "LAW" }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "K14 higher level", badge: func(b *openbadges.Badge) {
			b.Achievement.Level = &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(7)}
		}, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "K14 other type", badge: func(b *openbadges.Badge) { b.Achievement.Type = "Diploma" }, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.outside-scope"},
		{name: "K15 recognised later", badge: func(b *openbadges.Badge) {
			b.AwardedOn, b.ValidFrom = day("2023-12-31").Earliest(), day("2023-12-31").Earliest()
		}, verdict: verify.Invalid, axis: verify.AxisIssuer, code: "issuer.not-at-that-time"},
		{name: "recognised on the first day", badge: func(b *openbadges.Badge) {
			b.AwardedOn, b.ValidFrom = day("2024-01-01").Earliest(), day("2024-01-01").Earliest()
		}, verdict: verify.Valid, axis: verify.AxisIssuer, code: "issuer.recognised"},
		{name: "awarded before it was withdrawn", world: func(w *world) { w.list.Issuers[0].Scopes[0].Until = day("2026-10-01") }, verdict: verify.Valid, axis: verify.AxisIssuer, code: "issuer.recognised"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			if c.world != nil {
				c.world(w)
			}
			signer := c.signer
			if signer.private == nil {
				signer = college
			}
			b := sign(t, badge(t, c.badge), signer, c.o)
			if c.tree != nil {
				m, err := strictjson.ParseObject(b, strictjson.Default)
				if err != nil {
					t.Fatal(err)
				}
				c.tree(m)
				if b, err = jcs.Marshal(m); err != nil {
					t.Fatal(err)
				}
			}
			want(t, w.engine().Verify(t.Context(), b, verify.Options{}), c.verdict, c.axis, c.code)
		})
	}
}

func TestUnreadable(t *testing.T) {
	for _, s := range []string{"", "x", "[]", "{}", `{"a":1,"a":2}`, "\xef\xbb\xbf{}", `{"type":"VerifiablePresentation"}`, strings.Repeat("[", 1000), "\xff"} {
		if r := newWorld().engine().Verify(t.Context(), []byte(s), verify.Options{}); r.Verdict != verify.Invalid || r.Shown != nil {
			t.Errorf("%.20q: %+v", s, r)
		}
	}
}

// No list, and no way to ask, is not a reason to call something valid.
func TestNothingConfigured(t *testing.T) {
	e := newEngine(verify.Config{Resolver: trust.KeyResolver(), Now: func() time.Time { return today }})
	r := e.Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{})
	want(t, r, verify.Undetermined, verify.AxisIssuer, "issuer.no-list")
	want(t, r, verify.Undetermined, verify.AxisStatus, "status.unavailable")
}

func presentation(t testing.TB, holder party, o dataintegrity.Options, credentials ...[]byte) []byte {
	t.Helper()
	list := []any{}
	for _, c := range credentials {
		m, err := strictjson.ParseObject(c, strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	doc := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(holder.Controller())}
	if len(list) > 0 {
		doc["verifiableCredential"] = list
	}
	o.Purpose = did.Authentication
	return sign(t, doc, holder, o)
}

func TestPresentation(t *testing.T) {
	e := newWorld().engine()
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	good := dataintegrity.Options{Challenge: "c-1", Domain: "university.example"}
	ask := verify.Options{Challenge: "c-1", Domain: "university.example"}

	r := e.Verify(t.Context(), presentation(t, amina, good, cred), ask)
	want(t, r, verify.Valid, verify.AxisHolder, "holder.signed")
	if f := r.Credentials[0].Finding(verify.AxisHolder); f.Code != "holder.subject" {
		t.Errorf("%+v", f)
	}
	want(t, e.Verify(t.Context(), presentation(t, amina, good, cred), verify.Options{}), verify.Undetermined, verify.AxisHolder, "holder.no-challenge")
	want(t, e.Verify(t.Context(), presentation(t, amina, good, cred), verify.Options{Challenge: "c-2"}), verify.Invalid, verify.AxisProof, "proof.challenge")
	want(t, e.Verify(t.Context(), presentation(t, amina, good, cred), verify.Options{Challenge: "c-1", Domain: "x"}), verify.Invalid, verify.AxisProof, "proof.domain")
	want(t, e.Verify(t.Context(), presentation(t, amina, good), ask), verify.Undetermined, "", "")
	r = e.Verify(t.Context(), presentation(t, stranger, good, cred), ask) // D21
	want(t, r, verify.Invalid, verify.AxisHolder, "holder.signed")
	if f := r.Credentials[0].Finding(verify.AxisHolder); f.Code != "holder.other" {
		t.Errorf("%+v", f)
	}
	// V22: anybody can present what names nobody. Alone, it is judged as what it is.
	bearer := sign(t, badge(t, func(b *openbadges.Badge) { b.Subject.DID = "" }), college, dataintegrity.Options{})
	want(t, e.Verify(t.Context(), bearer, ask), verify.Valid, verify.AxisHolder, "holder.not-shown")
	for _, all := range [][][]byte{{bearer}, {cred, bearer}} {
		r = e.Verify(t.Context(), presentation(t, amina, good, all...), ask)
		want(t, r, verify.Undetermined, verify.AxisHolder, "holder.signed")
		last := r.Credentials[len(all)-1]
		want(t, last, verify.Undetermined, verify.AxisHolder, "holder.bearer")
		if f := last.Finding(verify.AxisHolder); f.Outcome != verify.Unknown {
			t.Errorf("%+v", f)
		}
	}
	unsigned := badge(t, nil) // D20
	b, err := jcs.Marshal(unsigned)
	if err != nil {
		t.Fatal(err)
	}
	want(t, e.Verify(t.Context(), presentation(t, amina, good, b), ask), verify.Invalid, "", "")
	m, err := strictjson.ParseObject(presentation(t, amina, good, cred), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	m = maps.Clone(m)
	m["holder"] = string(stranger.Controller())
	if b, err = jcs.Marshal(m); err != nil {
		t.Fatal(err)
	}
	want(t, e.Verify(t.Context(), b, ask), verify.Invalid, verify.AxisProof, "proof.not-the-signers-key")
}

func TestBundle(t *testing.T) {
	w := newWorld()
	list, err := w.list.Document(today.Add(-time.Hour), today.AddDate(0, 3, 0))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(b []byte) map[string]any {
		m, err := strictjson.ParseObject(b, strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	status, _, err := w.StatusList(t.Context(), listURL)
	if err != nil {
		t.Fatal(err)
	}
	bundle := trust.Bundle{ID: "https://ministry.example/bundle", Operator: ministry.Controller(), Lists: []any{parse(sign(t, list, ministry, dataintegrity.Options{}))},
		Keys: []trust.BundleKeys{}, Status: []trust.BundleStatus{{URL: listURL, AsOf: vc.FormatTime(today), Document: parse(status)}}}
	doc, err := bundle.Document(today.Add(-time.Hour), today.AddDate(0, 3, 0))
	if err != nil {
		t.Fatal(err)
	}
	file := sign(t, doc, ministry, dataintegrity.Options{})
	got, snapshot, err := trust.ReadBundle(t.Context(), file, ministry.Controller(), trust.KeyResolver(), today)
	if err != nil {
		t.Fatal(err)
	}
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	for _, c := range []struct {
		days    int
		verdict verify.Verdict
		code    string
	}{{0, verify.Valid, "status.good"}, {6, verify.Valid, "status.good"}, {8, verify.Valid, "status.good-older"}, {59, verify.Valid, "status.good-older"}, {61, verify.Undetermined, "status.too-old"}} {
		e := fromBundle(got, snapshot, func() time.Time { return today.AddDate(0, 0, c.days) })
		r := e.Verify(t.Context(), cred, verify.Options{})
		want(t, r, c.verdict, verify.AxisStatus, c.code)
		if !r.Offline || r.Finding(verify.AxisStatus).AsOf.IsZero() || r.Finding(verify.AxisIssuer).AsOf.IsZero() {
			t.Errorf("the report does not say how old its sources are: %+v", r.Findings)
		}
	}
	for _, c := range []struct {
		name    string
		days    int
		revoked bool
		at      time.Time
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{"the last day", 29, false, time.Time{}, verify.Valid, verify.AxisStatus, "status.good-older"},
		{"ended: the list", 30, false, time.Time{}, verify.Undetermined, verify.AxisStatus, "status.bundle-ended"},
		{"ended: the issuer", 30, false, time.Time{}, verify.Undetermined, verify.AxisIssuer, "issuer.bundle-ended"},
		{"ended: the key, which comes with the identifier", 30, false, time.Time{}, verify.Undetermined, verify.AxisProof, "proof.good"},
		{"ended, asked for a day before", 30, false, today.AddDate(0, 0, 3), verify.Valid, verify.AxisStatus, "status.good"},
		{"withdrawn stays withdrawn", 30, true, time.Time{}, verify.Invalid, verify.AxisStatus, "status.revoked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := got // which ends before the lists in it
			b.ValidUntil = today.AddDate(0, 0, 30)
			if c.revoked {
				w.revoked = []int{94567}
				status, _, err := w.StatusList(t.Context(), listURL)
				if err != nil {
					t.Fatal(err)
				}
				b.Status = []trust.BundleStatus{{URL: listURL, AsOf: vc.FormatTime(today), Document: parse(status)}}
			}
			r := fromBundle(b, snapshot, func() time.Time { return today.AddDate(0, 0, c.days) }).Verify(t.Context(), cred, verify.Options{At: c.at})
			want(t, r, c.verdict, c.axis, c.code)
			ended := len(r.Notes) == 1 && r.Notes[0].Code == "note.bundle-ended" && r.Notes[0].Args["until"] == "2026-12-20T12:00:00Z"
			if over := c.days >= 30 && c.at.IsZero(); ended != over || over && (r.Standing.State != trust.Unknown || r.Finding(verify.AxisStatus).AsOf.IsZero() || r.Finding(verify.AxisIssuer).AsOf.IsZero()) {
				t.Errorf("notes %+v, standing %+v, findings %+v", r.Notes, r.Standing, r.Findings)
			}
		})
	}
	late := fromBundle(got, snapshot, func() time.Time { return today.AddDate(0, 4, 0) })
	want(t, late.Verify(t.Context(), cred, verify.Options{}), verify.Undetermined, verify.AxisIssuer, "issuer.list-ended")
	if _, _, err := trust.ReadBundle(t.Context(), file, stranger.Controller(), trust.KeyResolver(), today); err == nil {
		t.Error("a bundle of somebody else was accepted")
	}
	if _, _, err := trust.ReadBundle(t.Context(), bytes.Replace(file, []byte("Order 17"), []byte("Order 18"), 1), ministry.Controller(), trust.KeyResolver(), today); err == nil {
		t.Error("a changed bundle was accepted")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"type":["VerifiablePresentation"],"verifiableCredential":[{"type":"ClrCredential"}]}`))
	f.Add([]byte("CRN1:"))
	f.Add([]byte("CRN2:ABC"))
	f.Add([]byte(paper(f, card(nil), college)[:200]))
	e := newWorld().engine()
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		r := e.Verify(t.Context(), data, verify.Options{})
		if r.Verdict == verify.Valid {
			t.Fatalf("valid: %s", data)
		}
		b, err := json.Marshal(r)
		if err == nil {
			err = reportcheck.Report(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}))
}
