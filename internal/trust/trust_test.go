package trust_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/rdfc"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

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

var ministry, college, stranger = newParty(1), newParty(2), newParty(3)

const listID = "https://ministry.example/list"

func day(t testing.TB, s string) cairn.PartialDate {
	t.Helper()
	d, err := cairn.ParsePartialDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func list(t testing.TB) trust.List {
	return trust.List{ID: listID, Version: 1, Operator: ministry.Controller(), Name: cairn.Text{"en": "National list"}, ValidFrom: now.AddDate(0, 0, -1), ValidUntil: now.AddDate(0, 3, 0),
		Issuers: []trust.Issuer{{DID: college.Controller(), Name: cairn.Text{"en": "Lakeside College"}, Country: "KE", URL: "https://college.example", Scopes: []trust.Scope{
			{Types: []string{"MicroCredential"}, Fields: []string{"AGRI"}, Levels: []trust.Range{{Framework: "EQF", Min: cairn.WholeCredits(3), Max: cairn.WholeCredits(6)}}, From: day(t, "2024-01-01"), Until: day(t, "2026-06-30"), Authority: "Order 17"}}}}}
}

func parse(t testing.TB, b []byte) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sign(t testing.TB, doc map[string]any, p cairn.Signer, purpose string) []byte {
	t.Helper()
	signed, err := dataintegrity.Sign(t.Context(), doc, dataintegrity.Options{Purpose: purpose, Created: now.Add(-time.Hour)}, p)
	if err != nil {
		t.Fatal(err)
	}
	b, err := jcs.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func signList(t testing.TB, l trust.List, p cairn.Signer) []byte {
	t.Helper()
	doc, err := l.Document(l.ValidFrom, l.ValidUntil)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, doc, p, did.AssertionMethod)
}

func TestListSurvivesItsDocument(t *testing.T) {
	l := list(t)
	got, err := trust.Read(t.Context(), signList(t, l, ministry), ministry.Controller(), trust.KeyResolver(), now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := got.Document(now, now)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Document(now, now)
	if err != nil {
		t.Fatal(err)
	}
	x, err := jcs.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := jcs.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) || !got.ValidFrom.Equal(l.ValidFrom) || !got.ValidUntil.Equal(l.ValidUntil) {
		t.Errorf("got %s\nwant %s", x, y)
	}
}

func TestBadLists(t *testing.T) {
	scope := func(l *trust.List) *trust.Scope { return &l.Issuers[0].Scopes[0] }
	for _, c := range []struct {
		name, field string
		change      func(*trust.List)
	}{
		{"no address", "id", func(l *trust.List) { l.ID = "list" }},
		{"version 0", "version", func(l *trust.List) { l.Version = 0 }},
		{"operator", "operator", func(l *trust.List) { l.Operator = "ministry" }},
		{"no name", "name", func(l *trust.List) { l.Name = nil }},
		{"empty name", "name/en", func(l *trust.List) { l.Name = cairn.Text{"en": ""} }},
		{"long name", "name/en", func(l *trust.List) { l.Name = cairn.Text{"en": strings.Repeat("x", 501)} }},
		{"turned name", "issuers/0/name/en", func(l *trust.List) { l.Issuers[0].Name = cairn.Text{"en": "Egelloc \u202eedisekal"} }},
		{"hidden in a name", "issuers/0/name/en", func(l *trust.List) { l.Issuers[0].Name = cairn.Text{"en": "Lake\u200bside"} }},
		{"issuer", "issuers/0/did", func(l *trust.List) { l.Issuers[0].DID = "http://college.example" }},
		{"issuer with two spellings", "issuers/0/did", func(l *trust.List) { l.Issuers[0].DID = "https://college.example/?a" }},
		{"same issuer twice", "issuers/1/did", func(l *trust.List) { l.Issuers = append(l.Issuers, l.Issuers[0]) }},
		{"country", "issuers/0/country", func(l *trust.List) { l.Issuers[0].Country = "Kenya" }},
		{"script as address", "issuers/0/url", func(l *trust.List) { l.Issuers[0].URL = "javascript:alert(1)" }},
		{"no scope", "issuers/0/scopes", func(l *trust.List) { l.Issuers[0].Scopes = nil }},
		{"too many scopes", "issuers/0/scopes", func(l *trust.List) { l.Issuers[0].Scopes = slices.Repeat(l.Issuers[0].Scopes, 101) }},
		{"no first day", "issuers/0/scopes/0/from", func(l *trust.List) { scope(l).From = cairn.PartialDate{} }},
		{"first day is a month", "issuers/0/scopes/0/from", func(l *trust.List) { scope(l).From = day(t, "2024-01") }},
		{"ends before it begins", "issuers/0/scopes/0/until", func(l *trust.List) { scope(l).Until = day(t, "2023-12-31") }},
		{"last day is a year", "issuers/0/scopes/0/until", func(l *trust.List) { scope(l).Until = day(t, "2026") }},
		{"nobody's word", "issuers/0/scopes/0/authority", func(l *trust.List) { scope(l).Authority = "" }},
		{"level without framework", "issuers/0/scopes/0/levels/0", func(l *trust.List) { scope(l).Levels[0].Framework = "" }},
		{"levels upside down", "issuers/0/scopes/0/levels/0", func(l *trust.List) { scope(l).Levels[0].Max = cairn.WholeCredits(2) }},
	} {
		l := list(t)
		c.change(&l)
		_, err := l.Document(now, now)
		var e *cairn.Error
		if !errors.As(err, &e) || e.Code != "trust.list" || e.Field != c.field {
			t.Errorf("%s: got %v, want one about %s", c.name, err, c.field)
		}
	}
}

// What somebody else signed, or signed for something else, is not the operator's.
func TestReadRefuses(t *testing.T) {
	l := list(t)
	good := signList(t, l, ministry)
	unsigned, err := l.Document(now, now.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(m map[string]any)) []byte {
		m := maps.Clone(unsigned)
		f(m)
		return sign(t, m, ministry, did.AssertionMethod)
	}
	plain, err := jcs.Marshal(unsigned)
	if err != nil {
		t.Fatal(err)
	}
	mine := l
	mine.Operator = stranger.Controller()
	for name, c := range map[string]struct {
		data     []byte
		operator cairn.DID
	}{
		"other operator":       {good, stranger.Controller()},
		"unsigned":             {plain, ministry.Controller()},
		"signed by another":    {signList(t, l, stranger), ministry.Controller()},
		"another's own list":   {signList(t, mine, stranger), ministry.Controller()},
		"signed as a person":   {sign(t, unsigned, ministry, did.Authentication), ministry.Controller()},
		"changed":              {bytes.Replace(good, []byte("Order 17"), []byte("Order 18"), 1), ministry.Controller()},
		"not JSON":             {[]byte("x"), ministry.Controller()},
		"unknown method":       {good, "did:example:ministry"},
		"another address":      {change(func(m map[string]any) { m["id"] = "https://ministry.example/other" }), ministry.Controller()},
		"no end":               {change(func(m map[string]any) { delete(m, "validUntil") }), ministry.Controller()},
		"other type":           {change(func(m map[string]any) { m["type"] = []any{"VerifiableCredential", trust.BundleType} }), ministry.Controller()},
		"operator is not whom": {change(func(m map[string]any) { record(m)["operator"] = string(stranger.Controller()) }), ministry.Controller()},
		"unknown member":       {change(func(m map[string]any) { record(m)["also"] = "x" }), ministry.Controller()},
		"version as text":      {change(func(m map[string]any) { record(m)["version"] = "1" }), ministry.Controller()},
		"nobody's word":        {change(func(m map[string]any) { delete(firstScope(m), "authority") }), ministry.Controller()},
	} {
		if got, err := trust.Read(t.Context(), c.data, c.operator, trust.KeyResolver(), now); err == nil {
			t.Errorf("%s: accepted %+v", name, got)
		}
	}
}

// record returns the content of a document, after making it the caller's own.
func record(m map[string]any) map[string]any {
	subject := maps.Clone(m["credentialSubject"].(map[string]any))
	r := maps.Clone(subject["record"].(map[string]any))
	subject["record"], m["credentialSubject"] = r, subject
	return r
}

func firstScope(m map[string]any) map[string]any {
	r := record(m)
	issuer := maps.Clone(r["issuers"].([]any)[0].(map[string]any))
	scope := maps.Clone(issuer["scopes"].([]any)[0].(map[string]any))
	issuer["scopes"], r["issuers"] = []any{scope}, []any{issuer}
	return scope
}

func TestStanding(t *testing.T) {
	level := func(n int64) *cairn.Level { return &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(n)} }
	ask := func(change func(*trust.Query)) trust.Query {
		q := trust.Query{Issuer: college.Controller(), AchievementType: "MicroCredential", Field: "AGRI", Level: level(4), At: day(t, "2025-05-01").Earliest(), Now: now}
		if change != nil {
			change(&q)
		}
		return q
	}
	at := func(s string) trust.Query {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return ask(func(q *trust.Query) { q.At = when })
	}
	for _, c := range []struct {
		name string
		q    trust.Query
		want trust.State
	}{
		{"inside", ask(nil), trust.Recognised},
		{"first moment", at("2024-01-01T00:00:00Z"), trust.Recognised},
		{"a second before", at("2023-12-31T23:59:59Z"), trust.NotAtThatTime},
		{"already the day in UTC", at("2023-12-31T23:59:59-02:00"), trust.Recognised},
		{"not yet the day in UTC", at("2024-01-01T01:00:00+03:00"), trust.NotAtThatTime},
		{"last moment", at("2026-06-30T23:59:59Z"), trust.Recognised},
		{"the day after", at("2026-07-01T00:00:00Z"), trust.NotAtThatTime},
		{"other type", ask(func(q *trust.Query) { q.AchievementType = "Diploma" }), trust.OutsideScope},
		{"no type", ask(func(q *trust.Query) { q.AchievementType = "" }), trust.OutsideScope},
		{"no field", ask(func(q *trust.Query) { q.Field = "" }), trust.OutsideScope},
		{"no level", ask(func(q *trust.Query) { q.Level = nil }), trust.OutsideScope},
		{"lowest level", ask(func(q *trust.Query) { q.Level = level(3) }), trust.Recognised},
		{"highest level", ask(func(q *trust.Query) { q.Level = level(6) }), trust.Recognised},
		{"below", ask(func(q *trust.Query) { q.Level = level(2) }), trust.OutsideScope},
		{"a little above", ask(func(q *trust.Query) { q.Level.Value = cairn.NewCredits(61, 10) }), trust.OutsideScope},
		{"other framework", ask(func(q *trust.Query) { q.Level.Framework = "KNQF" }), trust.OutsideScope},
		{"not listed", ask(func(q *trust.Query) { q.Issuer = stranger.Controller() }), trust.NotListed},
		{"list not yet valid", ask(func(q *trust.Query) { q.Now = now.AddDate(0, 0, -1).Add(-time.Second) }), trust.Unknown},
		{"list just valid", ask(func(q *trust.Query) { q.Now = now.AddDate(0, 0, -1) }), trust.Recognised},
		{"list ends now", ask(func(q *trust.Query) { q.Now = now.AddDate(0, 3, 0) }), trust.Unknown},
		{"no time", ask(func(q *trust.Query) { q.Now = time.Time{} }), trust.Unknown},
	} {
		if got := trust.NewSnapshot([]trust.List{list(t)}).Standing(c.q); got.State != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.State, c.want)
		}
	}
	if got := trust.NewSnapshot(nil).Standing(ask(nil)); got.State != trust.Unknown {
		t.Errorf("no list: %s", got.State)
	}
	var none *trust.Snapshot
	if got := none.Standing(ask(nil)); got.State != trust.Unknown || none.Lists() != nil {
		t.Errorf("no snapshot: %s", got.State)
	}
}

// With several lists the best answer counts, and among equal ones the first list.
func TestSeveralLists(t *testing.T) {
	q := trust.Query{Issuer: college.Controller(), AchievementType: "MicroCredential", Field: "AGRI", Level: &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(4)}, At: day(t, "2025-05-01").Earliest(), Now: now}
	named := func(id string, change func(*trust.List)) trust.List {
		l := list(t)
		l.ID = id
		change(&l)
		return l
	}
	same := named("https://a.example", func(*trust.List) {})
	second := named("https://b.example", func(l *trust.List) { l.Issuers[0].Scopes[0].Authority = "Order 99" })
	silent := named("https://c.example", func(l *trust.List) { l.Issuers = nil })
	other := named("https://d.example", func(l *trust.List) { l.Issuers[0].Scopes[0].Types = []string{"Diploma"} })
	late := named("https://e.example", func(l *trust.List) { l.Issuers[0].Scopes[0].From = day(t, "2026-01-01") })
	ended := named("https://f.example", func(l *trust.List) { l.ValidUntil = now })
	for _, c := range []struct {
		name  string
		lists []trust.List
		state trust.State
		list  string
	}{
		{"first of two", []trust.List{same, second}, trust.Recognised, same.ID},
		{"the other order", []trust.List{second, same}, trust.Recognised, second.ID},
		{"only the last knows", []trust.List{silent, other, late, ended, same}, trust.Recognised, same.ID},
		{"not then goes before not for this", []trust.List{other, late}, trust.NotAtThatTime, late.ID},
		{"not for this goes before unknown", []trust.List{ended, other}, trust.OutsideScope, other.ID},
		{"an ended list is not a no", []trust.List{silent, ended}, trust.Unknown, ended.ID},
		{"nobody says anything", []trust.List{silent}, trust.NotListed, ""},
	} {
		if got := trust.NewSnapshot(c.lists).Standing(q); got.State != c.state || got.List != c.list {
			t.Errorf("%s: %s of %q, want %s of %q", c.name, got.State, got.List, c.state, c.list)
		}
	}
}

// An issuer with an ended scope and one that goes on is recognised by the latter.
func TestScopesAfterEachOther(t *testing.T) {
	l := list(t)
	renewed := l.Issuers[0].Scopes[0]
	renewed.From, renewed.Until, renewed.Authority = day(t, "2026-09-01"), cairn.PartialDate{}, "Order 31"
	l.Issuers[0].Scopes = append(l.Issuers[0].Scopes, renewed)
	for at, want := range map[string]string{"2026-06-30": "recognised Order 17", "2026-07-15": "not-at-that-time Order 31", "2026-09-01": "recognised Order 31", "2040-01-01": "recognised Order 31"} {
		q := trust.Query{Issuer: college.Controller(), AchievementType: "MicroCredential", Field: "AGRI", Level: &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(4)}, At: day(t, at).Earliest(), Now: now}
		s := trust.NewSnapshot([]trust.List{l}).Standing(q)
		if got := string(s.State) + " " + s.Authority; got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

func bundle(t testing.TB, change func(*trust.Bundle)) trust.Bundle {
	b := trust.Bundle{ID: "https://ministry.example/bundle", Operator: ministry.Controller(), Lists: []any{parse(t, signList(t, list(t), ministry))},
		Keys: []trust.BundleKeys{}, Status: []trust.BundleStatus{}}
	if change != nil {
		change(&b)
	}
	return b
}

func signBundle(t testing.TB, b trust.Bundle, p cairn.Signer) []byte {
	t.Helper()
	doc, err := b.Document(now, now.AddDate(0, 3, 0))
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, doc, p, did.AssertionMethod)
}

func TestBundleRefuses(t *testing.T) {
	good := signBundle(t, bundle(t, nil), ministry)
	if _, s, err := trust.ReadBundle(t.Context(), good, ministry.Controller(), trust.KeyResolver(), now); err != nil || len(s.Lists()) != 1 {
		t.Fatal(err)
	}
	unsigned, err := list(t).Document(now, now.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	forged := parse(t, signList(t, list(t), ministry))
	record(forged)["version"] = "2"
	for name, data := range map[string][]byte{
		"list unsigned":       signBundle(t, bundle(t, func(b *trust.Bundle) { b.Lists = []any{unsigned} }), ministry),
		"list changed":        signBundle(t, bundle(t, func(b *trust.Bundle) { b.Lists = []any{forged} }), ministry),
		"list by another":     signBundle(t, bundle(t, func(b *trust.Bundle) { b.Lists = []any{parse(t, signList(t, list(t), stranger))} }), ministry),
		"list is a text":      signBundle(t, bundle(t, func(b *trust.Bundle) { b.Lists = []any{"x"} }), ministry),
		"bundle by another":   signBundle(t, bundle(t, nil), stranger),
		"a list as a bundle":  signList(t, list(t), ministry),
		"one letter changed":  bytes.Replace(good, []byte("Lakeside"), []byte("Seaside!"), 1),
		"end moved":           bytes.Replace(good, []byte(`"validUntil":"2027-02-20T12:00:00Z"}`), []byte(`"validUntil":"2037-02-20T12:00:00Z"}`), 1),
		"cut":                 good[:len(good)-1],
		"something after it":  append(slices.Clone(good), '{'),
		"one more member":     append(append([]byte(`{"x":"y",`), good[1:]...), '\n'),
		"proof of a neighbor": withProof(t, good, signBundle(t, bundle(t, func(b *trust.Bundle) { b.ID += "2" }), ministry)),
	} {
		if bytes.Equal(data, good) {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, _, err := trust.ReadBundle(t.Context(), data, ministry.Controller(), trust.KeyResolver(), now); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func withProof(t testing.TB, document, from []byte) []byte {
	t.Helper()
	m := parse(t, document)
	m["proof"] = parse(t, from)["proof"]
	b, err := jcs.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// webParty signs as an identifier that does not carry its key.
type webParty struct{ party }

const webDID cairn.DID = "did:web:ministry.example"

func (webParty) Controller() cairn.DID { return webDID }
func (webParty) KeyID() cairn.KeyID    { return cairn.KeyID(webDID) + "#1" }

func document(p party) *did.Document {
	m := did.Method{ID: cairn.KeyID(webDID) + "#1", Controller: webDID, PublicKey: p.PublicKey()}
	return &did.Document{ID: webDID, Methods: []did.Method{m}, Assertion: []cairn.KeyID{m.ID}}
}

// A pinned document is used for its own identifier and for no other.
func TestPinned(t *testing.T) {
	l := list(t)
	l.Operator = webDID
	data := signList(t, l, webParty{ministry})
	if _, err := trust.Read(t.Context(), data, webDID, trust.Pinned(document(ministry)), now); err != nil {
		t.Error(err)
	}
	if _, err := trust.Read(t.Context(), data, webDID, trust.Pinned(document(stranger)), now); cairn.CodeOf(err) != "proof.signature" {
		t.Errorf("pinned to another key: %v", err)
	}
	if _, err := trust.Read(t.Context(), data, webDID, trust.Pinned(nil), now); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("nothing pinned: %v", err)
	}
	r := trust.Pinned(document(ministry))
	if _, err := r.Resolve(t.Context(), "did:web:other.example"); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("another identifier: %v", err)
	}
	if res, err := r.Resolve(t.Context(), college.Controller()); err != nil || res.Document.ID != college.Controller() {
		t.Errorf("did:key beside it: %v", err)
	}
	ended := document(ministry)
	ended.Methods[0].Revoked = now.AddDate(0, 0, -1)
	if _, err := trust.Read(t.Context(), data, webDID, trust.Pinned(ended), now); err == nil {
		t.Error("a list signed by a revoked key was accepted")
	}
}

// resign makes the proof of a document again with other members, as somebody who
// has the key could.
func resign(t testing.TB, document []byte, p party, change func(proof map[string]any)) []byte {
	t.Helper()
	m := parse(t, document)
	proof := m["proof"].(map[string]any)
	delete(m, "proof")
	delete(proof, "proofValue")
	change(proof)
	options := maps.Clone(proof)
	options["@context"] = m["@context"]
	var message []byte
	for _, tree := range []map[string]any{options, m} {
		b, err := rdfc.Canonical(tree)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.Sum256(b)
		message = append(message, h[:]...)
	}
	signature, err := p.Sign(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	proof["proofValue"] = "z" + base58.Encode(signature)
	m["proof"] = proof
	b, err := jcs.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A list counts when its proof and its key were in life, for the time for which
// it is asked.
func TestLifeOfProofAndKey(t *testing.T) {
	l := list(t)
	l.Operator = webDID
	data := signList(t, l, webParty{ministry})
	made := now.Add(-time.Hour)
	member := func(name string, at time.Time) func(map[string]any) {
		return func(proof map[string]any) { proof[name] = vc.FormatTime(at) }
	}
	for _, c := range []struct {
		name  string
		key   func(*did.Method)
		proof func(map[string]any)
		code  string
	}{
		{"as it is", nil, nil, ""},
		{"signed again", nil, func(map[string]any) {}, ""},
		{"key revoked", func(m *did.Method) { m.Revoked = now }, nil, "did.key-revoked"},
		{"key revoked before it was made", func(m *did.Method) { m.Revoked = made.Add(-time.Hour) }, nil, "did.key-revoked"},
		{"key to be revoked", func(m *did.Method) { m.Revoked = now.Add(time.Hour) }, nil, ""},
		{"key ended before it was made", func(m *did.Method) { m.Expires = made }, nil, "did.key-ended"},
		{"key ended since", func(m *did.Method) { m.Expires = made.Add(time.Second) }, nil, ""},
		{"key ends later", func(m *did.Method) { m.Expires = now.Add(time.Hour) }, nil, ""},
		{"proof from the future", nil, member("created", now.Add(6*time.Minute)), "trust.list"},
		{"proof by a clock that is a little ahead", nil, member("created", now.Add(4*time.Minute)), ""},
		{"proof ended", nil, member("expires", now), "trust.list"},
		{"proof ends later", nil, member("expires", now.Add(time.Second)), ""},
		{"key ended, proof without a time", func(m *did.Method) { m.Expires = now }, func(proof map[string]any) { delete(proof, "created") }, "did.key-ended"},
		{"key ends later, proof without a time", func(m *did.Method) { m.Expires = now.Add(time.Hour) }, func(proof map[string]any) { delete(proof, "created") }, ""},
	} {
		doc, signed := document(ministry), data
		if c.key != nil {
			c.key(&doc.Methods[0])
		}
		if c.proof != nil {
			signed = resign(t, data, ministry, c.proof)
		}
		if _, err := trust.Read(t.Context(), signed, webDID, trust.Pinned(doc), now); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

// What is in a bundle is found with its date, and nothing else is.
func TestBundleContents(t *testing.T) {
	raw, err := did.MarshalDocument(document(ministry))
	if err != nil {
		t.Fatal(err)
	}
	b := bundle(t, func(b *trust.Bundle) {
		b.Keys = []trust.BundleKeys{{DID: webDID, AsOf: vc.FormatTime(now), Document: parse(t, raw)}, {DID: "did:web:other.example", AsOf: vc.FormatTime(now), Document: parse(t, raw)}}
		b.Status = []trust.BundleStatus{{URL: "https://s.example/1", AsOf: vc.FormatTime(now), Document: map[string]any{"a": "b"}}}
	})
	got, _, err := trust.ReadBundle(t.Context(), signBundle(t, b, ministry), ministry.Controller(), trust.KeyResolver(), now)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := got.Resolver().Resolve(t.Context(), webDID); err != nil || !r.AsOf.Equal(now) || !r.Document.Methods[0].PublicKey.Equal(ministry.PublicKey()) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := got.Resolver().Resolve(t.Context(), "did:web:other.example"); err == nil || cairn.KindOf(err) == cairn.Unavailable {
		t.Errorf("a document of another identifier: %v", err) // K04
	}
	if _, err := got.Resolver().Resolve(t.Context(), "did:web:third.example"); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("what is not in it: %v", err)
	}
	if data, asOf, err := got.StatusList("https://s.example/1"); err != nil || string(data) != `{"a":"b"}` || !asOf.Equal(now) {
		t.Errorf("%s, %v, %v", data, asOf, err)
	}
	if _, _, err := got.StatusList("https://s.example/2"); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("what is not in it: %v", err)
	}
}

// The example can be published as it is.
func TestExample(t *testing.T) {
	b, err := os.ReadFile("../../examples/trust-list.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Name    cairn.Text     `yaml:"name"`
		Issuers []trust.Issuer `yaml:"issuers"`
	}
	if err := yaml.UnmarshalWithOptions(b, &f, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	l := trust.List{ID: listID, Version: 1, Operator: ministry.Controller(), Name: f.Name, Issuers: f.Issuers, ValidFrom: now.AddDate(0, 0, -1), ValidUntil: now.AddDate(1, 0, 0)}
	got, err := trust.Read(t.Context(), signList(t, l, ministry), ministry.Controller(), trust.KeyResolver(), now)
	if err != nil {
		t.Fatal(err)
	}
	q := trust.Query{Issuer: "did:web:college.example:i:college", AchievementType: "MicroCredential", Field: "ICT", Level: &cairn.Level{Framework: "KNQF", Value: cairn.WholeCredits(6)}, At: now, Now: now}
	if s := trust.NewSnapshot([]trust.List{got}).Standing(q); s.State != trust.Recognised || s.Country != "KE" {
		t.Errorf("%+v", s)
	}
	q.Issuer, q.At = "did:web:oldschool.example", day(t, "2022-09-01").Earliest()
	if s := trust.NewSnapshot([]trust.List{got}).Standing(q); s.State != trust.NotAtThatTime {
		t.Errorf("%+v", s)
	}
}

func FuzzReadList(f *testing.F) {
	l := list(f)
	doc, err := l.Document(now, now.AddDate(0, 1, 0))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := jcs.Marshal(doc)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(bytes.Replace(seed, []byte(`"version":1`), []byte(`"version":1e3`), 1))
	f.Add([]byte(`{"type":["VerifiableCredential","TrustListCredential"]}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		m, err := strictjson.ParseObject(data, strictjson.Default)
		if err != nil {
			return
		}
		l, err := trust.ReadList(m)
		if err != nil {
			return
		}
		if err := l.Validate(); err != nil {
			t.Fatalf("accepted and not valid: %v", err)
		}
		if _, err := l.Document(l.ValidFrom, l.ValidUntil); err != nil {
			t.Fatalf("read and can't be written: %v", err)
		}
	}))
}
