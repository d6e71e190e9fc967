package issue_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/sqlstore"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// office is a service on a real store in a temporary folder.
type office struct {
	*issue.Service
	db  *sqlstore.DB
	now time.Time
	mu  sync.Mutex
}

func (o *office) clock() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now }
func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func open(t testing.TB, dir string, change func(*issue.Config)) *office {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), filepath.Join(dir, "data"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	lock, err := keys.OpenLock(filepath.Join(dir, "unlock.key"), nil)
	if cairn.KindOf(err) == cairn.NotFound {
		lock, err = keys.NewLock(filepath.Join(dir, "unlock.key"), "", 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := &office{db: db, now: start}
	c := issue.Config{
		Tx: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.Tx(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		View: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.View(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		Keys: keys.NewKeyring(lock), Now: o.clock, Rand: rand.Reader, BaseURL: "https://cairn.example",
	}
	if change != nil {
		change(&c)
	}
	o.Service = issue.New(c)
	return o
}

const college = cairn.InstitutionID("college")

func soil() cairn.Achievement {
	return cairn.Achievement{ID: "https://cairn.example/i/college/achievements/soil", Institution: college, Version: "1", Type: "MicroCredential",
		Name: cairn.Text{"en": "Soil and water", "sw": "Udongo na maji"}, Description: cairn.Text{"en": "Keeping soil fertile"}, Criteria: cairn.Text{"en": "A test in the field"},
		Language: "en", Level: &cairn.Level{Framework: "KNQF", Value: cairn.WholeCredits(5)},
		Credit:        &cairn.CreditValue{Amount: cairn.WholeCredits(4), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)},
		WorkloadHours: cairn.WholeCredits(100), AssessmentType: "practical test", Supervision: "onsite", IdentityChecked: true, Participation: "onsite"}
}

func (o *office) open(t testing.TB) cairn.Learner {
	t.Helper()
	if _, err := o.CreateInstitution(t.Context(), cairn.Institution{ID: college, Name: cairn.Text{"en": "Lakeside Technical College"}, Country: "KE", Language: "en"}, ""); err != nil {
		t.Fatal(err)
	}
	if err := o.DefineAchievement(t.Context(), soil()); err != nil {
		t.Fatal(err)
	}
	l, err := o.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: "Amina", Number: "A-17"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func request(l cairn.Learner, key string) issue.AwardRequest {
	return issue.AwardRequest{Institution: college, Key: key, Achievement: soil().ID, Learner: l.ID, AwardedOn: start.AddDate(0, 0, -1), Actor: "test"}
}

// verify checks the proof of a document against the did:key of its issuer.
func verify(t testing.TB, document []byte) map[string]any {
	t.Helper()
	tree, err := strictjson.ParseObject(document, strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(tree)
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := did.SplitKeyID(proofs[0].Method)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := did.ResolveKey(d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := doc.Method(proofs[0].Method, did.AssertionMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := dataintegrity.Verify(tree, proofs[0], m); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestAward(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	got, err := o.Award(t.Context(), request(amina, "2026-1"))
	if err != nil {
		t.Fatal(err)
	}
	facts, err := openbadges.Read(verify(t, got.Document()))
	if err != nil {
		t.Fatal(err)
	}
	if facts.AchievementName != "Soil and water" || facts.Credit.Unit != "ECTS" || facts.Level.Framework != "KNQF" || facts.SubjectID != "" {
		t.Errorf("%+v", facts)
	}
	matches := 0
	for _, id := range facts.Identities {
		if id.Matches("Amina") || id.Matches("A-17") {
			matches++
		}
	}
	if matches != 2 {
		t.Errorf("the learner can't be recognised in %+v", facts.Identities)
	}
	if strings.Contains(string(got.Document()), "A-17") {
		t.Error("the learner's number is in the credential in the clear")
	}

	again, err := o.Award(t.Context(), request(amina, "2026-1"))
	if err != nil || again.ID() != got.ID() || again.Digest() != got.Digest() {
		t.Errorf("the same award gave %s and %s (%v)", got.ID(), again.ID(), err)
	}
	other := request(amina, "2026-1")
	other.Grade = "B"
	if _, err := o.Award(t.Context(), other); cairn.CodeOf(err) != "issue.key-used" {
		t.Errorf("another award under the same key: %v", err)
	}
}

func TestAwardRefuses(t *testing.T) {
	o := open(t, t.TempDir(), func(c *issue.Config) {
		c.Scope = func(_ context.Context, _ cairn.DID, a cairn.Achievement, _ time.Time) error {
			if a.FieldOfStudy == "law" {
				return &cairn.Error{Kind: cairn.Denied, Code: "award.scope", Field: "achievement.fieldOfStudy", Message: "not recognised for law"}
			}
			return nil
		}
	})
	amina := o.open(t)
	plain := soil()
	plain.ID, plain.Credit = "https://cairn.example/i/college/achievements/talk", nil
	law := soil()
	law.ID, law.FieldOfStudy = "https://cairn.example/i/college/achievements/law", "law"
	for _, a := range []cairn.Achievement{plain, law} {
		if err := o.DefineAchievement(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	credits := func(n int64) *cairn.Credits { c := cairn.WholeCredits(n); return &c }
	for _, c := range []struct {
		code, field string
		change      func(*issue.AwardRequest)
	}{
		{"achievement.not-found", "", func(r *issue.AwardRequest) { r.Achievement = "https://x.example" }},
		{"learner.not-found", "", func(r *issue.AwardRequest) { r.Learner = "x" }},
		{"award.date-missing", "awardedOn", func(r *issue.AwardRequest) { r.AwardedOn = time.Time{} }},
		{"award.date-future", "awardedOn", func(r *issue.AwardRequest) { r.AwardedOn = start.AddDate(0, 0, 1) }},
		{"award.date-old", "awardedOn", func(r *issue.AwardRequest) { r.AwardedOn = start.AddDate(-200, 0, 0) }},
		{"award.activity", "activityEnd", func(r *issue.AwardRequest) { r.ActivityStart, r.ActivityEnd = start, start.AddDate(0, -1, 0) }},
		{"award.ended", "validUntil", func(r *issue.AwardRequest) { r.ValidUntil = start }},
		{"award.credits", "credits", func(r *issue.AwardRequest) { r.Credits = credits(0) }},
		{"award.credits-too-many", "credits", func(r *issue.AwardRequest) { r.Credits = credits(5) }},
		{"award.credits-without-unit", "credits", func(r *issue.AwardRequest) { r.Achievement, r.Credits = plain.ID, credits(1) }},
		{"award.scope", "achievement.fieldOfStudy", func(r *issue.AwardRequest) { r.Achievement = law.ID }},
		{"issue.key", "key", func(r *issue.AwardRequest) { r.Key = "" }},
	} {
		r := request(amina, "k")
		c.change(&r)
		_, err := o.Award(t.Context(), r)
		var e *cairn.Error
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.code, err)
		} else if e, _ = err.(*cairn.Error); e != nil && e.Field != c.field {
			t.Errorf("%s: field %q", c.code, e.Field)
		}
	}
	if list, err := o.CredentialsOf(t.Context(), college, amina.ID); err != nil || len(list) != 0 {
		t.Errorf("refused awards left %d credentials (%v)", len(list), err)
	}
}

// TestTodayIsToday: at 22:00 UTC it is tomorrow in Nairobi.
func TestTodayIsToday(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	r := request(o.open(t), "today")
	r.AwardedOn = start.Truncate(24*time.Hour).AddDate(0, 0, 1)
	if _, err := o.Award(t.Context(), r); cairn.CodeOf(err) != "award.date-future" {
		t.Errorf("at %s: %v", o.clock(), err)
	}
	o.later(13 * time.Hour)
	got, err := o.Award(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := openbadges.Read(verify(t, got.Document())); err != nil || f.AwardedOn.String() != "2026-11-02" {
		t.Errorf("%s, %v", f.AwardedOn, err)
	}
}

func TestDefineAchievementRefuses(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	o.open(t)
	changed := soil()
	changed.Name = cairn.Text{"en": "Other"}
	noUnit := soil()
	noUnit.Version, noUnit.Credit = "2", &cairn.CreditValue{Amount: cairn.WholeCredits(4)}
	for name, a := range map[string]cairn.Achievement{"version used": changed, "credit without unit": noUnit} {
		if err := o.DefineAchievement(t.Context(), a); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	if err := o.DefineAchievement(t.Context(), soil()); err != nil {
		t.Errorf("the same definition again: %v", err)
	}
}

// T01: a clock that is behind what was recorded signs nothing; one that a time
// server sets back a little does.
func TestClockBehindSignsNothing(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	back := func(d time.Duration) { o.later(d) }
	refused := func(name string) {
		t.Helper()
		if _, err := o.Award(t.Context(), request(amina, name)); cairn.CodeOf(err) != "issue.clock" || cairn.KindOf(err) != cairn.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	back(-6 * time.Minute)
	refused("before the key was made")
	back(2 * time.Minute)
	if _, err := o.Award(t.Context(), request(amina, "four minutes back")); err != nil {
		t.Fatal(err)
	}
	back(48 * time.Hour)
	got, err := o.Award(t.Context(), request(amina, "later"))
	if err != nil {
		t.Fatal(err)
	}
	back(-47 * time.Hour)
	refused("before the last one")
	if again, err := o.Award(t.Context(), request(amina, "later")); err != nil || again.ID() != got.ID() {
		t.Errorf("what was signed is there: %v", err)
	}
	if err := o.Revoke(t.Context(), college, got.ID(), "registrar", "entered for the wrong person"); err != nil {
		t.Errorf("a withdrawal waits for no clock: %v", err)
	}
	refused("after the withdrawal") // which the wrong clock recorded
	if list, err := o.CredentialsOf(t.Context(), college, amina.ID); err != nil || len(list) != 2 {
		t.Errorf("%d credentials, %v", len(list), err)
	}
}

func TestRevoke(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	got, err := o.Award(t.Context(), request(amina, "1"))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := statuslist.ReadEntry(verify(t, got.Document())["credentialStatus"].(map[string]any))
	if err != nil {
		t.Fatal(err)
	}
	id := entry.List[strings.LastIndex(entry.List, "/")+1:]
	status := func() bool {
		t.Helper()
		b, err := o.StatusList(t.Context(), college, id)
		if err != nil {
			t.Fatal(err)
		}
		list, meta, err := statuslist.ReadCredential(verify(t, b))
		if err != nil || meta.ID != entry.List || meta.Purpose != statuslist.Revocation {
			t.Fatalf("%+v, %v", meta, err)
		}
		if o.clock().After(meta.ValidUntil) || o.clock().Before(meta.ValidFrom) {
			t.Errorf("the list is not valid now: %s to %s", meta.ValidFrom, meta.ValidUntil)
		}
		on, err := list.Get(entry.Index)
		if err != nil {
			t.Fatal(err)
		}
		return on
	}
	if status() {
		t.Error("revoked before it was")
	}
	if err := o.Revoke(t.Context(), college, got.ID(), "", ""); cairn.CodeOf(err) != "revoke.reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := o.Revoke(t.Context(), "other", got.ID(), "x", "y"); cairn.KindOf(err) != cairn.NotFound {
		t.Errorf("B26: another tenant: %v", err)
	}
	if err := o.Revoke(t.Context(), college, got.ID(), "registrar", "entered for the wrong person"); err != nil {
		t.Fatal(err)
	}
	if !status() {
		t.Error("the published list does not say so")
	}
	o.later(20 * time.Hour) // the list is made anew before it ends
	if !status() {
		t.Error("a revocation was undone by re-signing")
	}
	if err := o.Revoke(t.Context(), college, got.ID(), "x", "again"); cairn.CodeOf(err) != "revoke.again" {
		t.Errorf("again: %v", err)
	}
}

func TestClaim(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	got, err := o.Award(t.Context(), request(o.open(t), "1"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Deliver(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	typed := strings.ToLower(strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(d.Code))
	for range 3 {
		if c, err := o.Peek(t.Context(), typed, "me"); err != nil || c.ID() != got.ID() {
			t.Fatalf("%q: %v", typed, err)
		}
	}
	if c, err := o.Claim(t.Context(), d.Code, "me"); err != nil || string(c.Document()) != string(got.Document()) {
		t.Fatalf("%v", err)
	}
	second, err := o.Deliver(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Claim(t.Context(), d.Code, "me"); cairn.CodeOf(err) != "claim.replaced" {
		t.Errorf("an old code: %v", err)
	}
	o.later(91 * 24 * time.Hour)
	if _, err := o.Claim(t.Context(), second.Code, "me"); cairn.CodeOf(err) != "claim.expired" {
		t.Errorf("a late code: %v", err)
	}
	for _, bad := range []string{"", "ABCD", "ABCD-EFGH-JKM!", strings.Repeat("0", 500), "ABCD-EFGH-JKMé"} {
		if _, err := o.Claim(t.Context(), bad, "you"); cairn.CodeOf(err) != "claim.code" {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	for range 20 {
		_, err = o.Claim(t.Context(), "0000-0000-0000", "guesser")
	}
	if cairn.CodeOf(err) != "claim.too-many" {
		t.Errorf("guessing: %v", err)
	}
	if _, err := o.Peek(t.Context(), second.Code, "someone else"); cairn.CodeOf(err) != "claim.expired" {
		t.Errorf("one guesser keeps others out: %v", err)
	}
}

func TestIndexesAreUnique(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	const workers, each = 16, 8
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]string{}
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				got, err := o.Award(t.Context(), request(amina, fmt.Sprintf("%d-%d", w, i)))
				if err != nil {
					t.Error(err)
					return
				}
				tree, err := strictjson.ParseObject(got.Document(), strictjson.Default)
				if err != nil {
					t.Error(err)
					return
				}
				entry, err := statuslist.ReadEntry(tree["credentialStatus"].(map[string]any))
				if err != nil {
					t.Error(err)
					return
				}
				place := fmt.Sprint(entry.List, entry.Index)
				mu.Lock()
				if other, taken := seen[place]; taken {
					t.Errorf("%s and %s have one place", other, got.ID())
				}
				seen[place] = string(got.ID())
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != workers*each {
		t.Errorf("%d places for %d credentials", len(seen), workers*each)
	}
}

// B30: 64 issue at once when a list has room for five more. They get a new list, and
// nobody gets a place of somebody else.
func TestFullListGivesWayToAnother(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, nil)
	amina := o.open(t)
	type place struct {
		list  string
		index int
	}
	entry := func(i issue.Issued) place {
		e, err := statuslist.ReadEntry(verify(t, i.Document())["credentialStatus"].(map[string]any))
		if err != nil {
			t.Error(err)
		}
		return place{e.List, e.Index}
	}
	first, err := o.Award(t.Context(), request(amina, "first"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "data", "cairn.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `UPDATE status_list SET used = ?`, statuslist.MinEntries*4/5-5); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[place]bool{entry(first): true}
	lists := map[string]int{}
	for w := range 64 {
		wg.Go(func() {
			got, err := o.Award(t.Context(), request(amina, fmt.Sprint(w)))
			if err != nil {
				t.Error(err)
				return
			}
			e := entry(got)
			mu.Lock()
			defer mu.Unlock()
			if seen[e] {
				t.Errorf("%+v is given twice", e)
			}
			seen[e] = true
			lists[e.list]++
		})
	}
	wg.Wait()
	if len(lists) != 2 || lists[entry(first).list] != 5 {
		t.Errorf("%v", lists)
	}
}

// T04: an officer can say that something was learned years ago, and not that the
// credential is as old.
func TestNothingIsDatedBack(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	r := request(o.open(t), "1")
	r.AwardedOn = start.AddDate(-3, 0, 0)
	got, err := o.Award(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	tree := verify(t, got.Document())
	now := vc.FormatTime(start)
	if tree["validFrom"] != now || tree["proof"].(map[string]any)["created"] != now {
		t.Errorf("valid from %s, signed at %s", tree["validFrom"], tree["proof"].(map[string]any)["created"])
	}
	if f, err := openbadges.Read(tree); err != nil || f.AwardedOn.String() != "2023-11-01" {
		t.Errorf("awarded on %s, %v", f.AwardedOn, err)
	}
	if !got.At().Equal(start) {
		t.Errorf("recorded at %s", got.At())
	}
}

func TestSameKeyAtOnceIsOneCredential(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	var wg sync.WaitGroup
	ids := make([]cairn.CredentialID, 12)
	for i := range ids {
		wg.Go(func() {
			got, err := o.Award(t.Context(), request(amina, "one"))
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = got.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one award became %s and %s", ids[0], id)
		}
	}
	if list, err := o.CredentialsOf(t.Context(), college, amina.ID); err != nil || len(list) != 1 {
		t.Errorf("%d credentials (%v)", len(list), err)
	}
}
