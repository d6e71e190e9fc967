package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/staff"
	"cairn.example/internal/trust"
	"cairn.example/internal/web"
)

const (
	base     = "https://cairn.example"
	college  = cairn.InstitutionID("college")
	other    = cairn.InstitutionID("other")
	password = "seven grey stones on a path"
)

// town is a whole system behind its pages: a college with a programme and a
// learner, and another institution with staff of its own.
type town struct {
	*app.App
	site    *web.Site
	log     bytes.Buffer
	mu      sync.Mutex
	now     time.Time
	learner cairn.LearnerID
	token   string // of the learner's page
	code    string // a claim code for the first badge
	badges  []issue.Issued
	foreign issue.Issued // awarded by the other institution to somebody with the same name
}

func (w *town) clock() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }

func (w *town) later(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.now = w.now.Add(d) }

func (w *town) Write(b []byte) (int, error) { w.mu.Lock(); defer w.mu.Unlock(); return w.log.Write(b) }

func (w *town) logged() string { w.mu.Lock(); defer w.mu.Unlock(); return w.log.String() }

// words are the texts of a town, so that a test can put hostile ones in.
type words struct{ learner, institution, achievement, description, search string }

var plain = words{learner: "Amina Wanjiru", institution: "Lakeside College", achievement: "Soil", description: "Keeping soil fertile"}

const rules = `
id: agri
edition: "1"
institution: %s
title: {en: Certificate in farming, sw: Cheti cha kilimo}
language: en
award: {achievement: https://cairn.example/i/college/achievements/cert, type: Certificate}
credit: {unit: credits, hoursPerCredit: 10, total: 10}
policy: {appeal: {days: 30, to: the registrar}}
requirements:
  - {id: R1, clause: "1.1", title: {en: Soil}, all: [{id: S, title: {en: Soil}, credits: 6, match: {tags: [soil]}}]}
  - {id: R2, clause: "1.2", title: {en: Anything}, credits: 4, match: {fields: [AGRI]}}
`

func (w *town) achievement(inst cairn.InstitutionID, slug, kind string, credits int64, x words) cairn.Achievement {
	return cairn.Achievement{ID: cairn.AchievementID(base + "/i/" + string(inst) + "/achievements/" + slug), Institution: inst, Version: "1", Type: kind,
		Name: cairn.Text{"en": x.achievement + " " + slug}, Description: cairn.Text{"en": x.description}, Criteria: cairn.Text{"en": "A test"}, Language: "en", Tags: []string{slug}, FieldOfStudy: "AGRI",
		Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(credits), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}}
}

func open(t testing.TB, x words) *town {
	t.Helper()
	w := &town{now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	ctx := t.Context()
	a, err := app.Open(ctx, app.Config{Data: filepath.Join(t.TempDir(), "data"), BaseURL: base, Rand: rand.Reader, Now: w.clock,
		PasswordCost: staff.Cost{Memory: 64, Passes: 1}})
	must(t, err)
	t.Cleanup(func() { a.Close() })
	w.App = a
	w.site, err = a.Site(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	dids := map[cairn.InstitutionID]cairn.DID{}
	for _, id := range []cairn.InstitutionID{college, other} {
		inst, err := a.Issue.CreateInstitution(ctx, cairn.Institution{ID: id, Name: cairn.Text{"en": x.institution}, Country: "KE", Language: "en"}, a.Host())
		must(t, err)
		dids[id] = inst.DID
		must(t, a.Issue.DefineAchievement(ctx, w.achievement(id, "soil", "MicroCredential", 6, x)))
	}
	must(t, a.Issue.DefineAchievement(ctx, w.achievement(college, "water", "MicroCredential", 4, x)))
	must(t, a.Issue.DefineAchievement(ctx, w.achievement(college, "cert", "Certificate", 10, x)))
	from, err := cairn.ParsePartialDate("2020-01-01")
	must(t, err)
	list := trust.List{ID: a.TrustListURL(college, "list"), Name: cairn.Text{"en": x.institution}}
	for _, id := range []cairn.InstitutionID{college, other} {
		list.Issuers = append(list.Issuers, trust.Issuer{DID: dids[id], Name: cairn.Text{"en": x.institution}, Scopes: []trust.Scope{{From: from, Authority: "Charter " + x.institution}}})
	}
	_, _, err = a.PublishTrustList(ctx, college, list)
	must(t, err)
	_, err = a.Recognise.Publish(ctx, college, fmt.Appendf(nil, rules, dids[college]))
	must(t, err)
	l, err := a.Issue.RegisterLearner(ctx, cairn.Learner{Institution: college, FullName: x.learner, Number: "A-17"})
	must(t, err)
	w.learner = l.ID
	w.badges = append(w.badges, w.award(t, college, "water", l.ID))
	elsewhere, err := a.Issue.RegisterLearner(ctx, cairn.Learner{Institution: other, FullName: x.learner})
	must(t, err)
	w.foreign = w.award(t, other, "soil", elsewhere.ID)
	w.token, err = a.Issue.NewStackToken(ctx, college, l.ID)
	must(t, err)
	d, err := a.Issue.Deliver(ctx, w.badges[0])
	must(t, err)
	w.code = strings.ReplaceAll(d.Code, "-", "")
	return w
}

func (w *town) award(t testing.TB, inst cairn.InstitutionID, slug string, l cairn.LearnerID) issue.Issued {
	t.Helper()
	got, err := w.Issue.Award(t.Context(), issue.AwardRequest{Institution: inst, Key: slug, Achievement: cairn.AchievementID(base + "/i/" + string(inst) + "/achievements/" + slug), Learner: l, AwardedOn: w.now.AddDate(0, -1, 0)})
	must(t, err)
	return got
}

// registrar adds the college's registrar.
func (w *town) registrar(t testing.TB) { w.account(t, college, "registrar", staff.Registrar) }

func (w *town) account(t testing.TB, inst cairn.InstitutionID, id cairn.StaffID, roles ...staff.Role) {
	t.Helper()
	must(t, w.App.Staff.Create(t.Context(), staff.Account{Institution: inst, ID: id, Name: "Wanjiru", Roles: roles}, password, "test"))
}

// staff adds accounts: each role at the college, and a registrar at the other
// institution. It takes a while, since each password is hashed.
func (w *town) staff(t testing.TB) {
	t.Helper()
	w.registrar(t)
	w.account(t, college, "officer", staff.Officer, staff.Admin)
	w.account(t, other, "registrar", staff.Registrar)
}

// waiting brings an application of the learner to the registrar's desk: one
// credential of the college and one of the other institution, whose identity is
// open.
func (w *town) waiting(t testing.TB) recognise.Application {
	t.Helper()
	ctx := t.Context()
	a, err := w.Recognise.Draft(ctx, college, w.learner, "agri", "k")
	must(t, err)
	_, err = w.Recognise.AddOwn(ctx, college, a.ID)
	must(t, err)
	_, err = w.Recognise.Add(ctx, college, a.ID, w.foreign.Document())
	must(t, err)
	_, err = w.Recognise.Submit(ctx, college, a.ID)
	must(t, err)
	a, err = w.Recognise.Advance(ctx, college, a.ID)
	must(t, err)
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	t       testing.TB
	town    *town
	cookies map[string]*http.Cookie
	from    string // network address
}

func (w *town) browser(t testing.TB) *browser {
	return &browser{t: t, town: w, cookies: map[string]*http.Cookie{}, from: "192.0.2.1:5000"}
}

type answer struct {
	*http.Response
	body string
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	r.RemoteAddr = b.from
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	w := httptest.NewRecorder()
	b.town.site.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	body, err := io.ReadAll(w.Result().Body)
	must(b.t, err)
	checkReports(b.t, r.URL.Path, w.Code, body)
	spokenWords.hear(body)
	if w.Header().Get("Content-Type") == "application/problem+json" {
		if err := reportcheck.Problem(body); err != nil {
			b.t.Errorf("%s: a problem that its schema refuses: %v\n%s", r.URL.Path, err, body)
		}
	}
	return answer{w.Result(), string(body)}
}

var reportInPage = regexp.MustCompile(`data:application/json;base64,([A-Za-z0-9+/=]+)`)

// checkReports holds every report that an answer carries against its schema: that of
// the API, and the one that a page offers as a file.
func checkReports(t testing.TB, path string, code int, body []byte) {
	t.Helper()
	var found [][]byte
	if path == "/api/verify" && code == http.StatusOK {
		found = append(found, body)
	}
	for _, m := range reportInPage.FindAllSubmatch([]byte(html.UnescapeString(string(body))), -1) {
		report, err := base64.StdEncoding.DecodeString(string(m[1]))
		must(t, err)
		found = append(found, report)
	}
	for _, report := range found {
		reportsSeen.Add(1)
		if err := reportcheck.Report(report); err != nil {
			t.Errorf("%s: a report that its schema refuses: %v\n%.2000s", path, err, report)
		}
	}
}

var reportsSeen atomic.Int64

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	r := httptest.NewRequest("GET", base+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.send(r)
}

// post sends a form as a page of the site does.
func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest("POST", base+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", base)
	return b.send(r)
}

func (b *browser) upload(path, name string, file []byte, fields ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		must(b.t, m.WriteField(fields[i], fields[i+1]))
	}
	b.attach(m, name, file)
	return b.postMultipart(path, m, &body)
}

func (b *browser) attach(m *multipart.Writer, name string, file []byte) {
	b.t.Helper()
	f, err := m.CreateFormFile("file", name)
	must(b.t, err)
	_, err = f.Write(file)
	must(b.t, err)
}

func (b *browser) postMultipart(path string, m *multipart.Writer, body io.Reader) answer {
	b.t.Helper()
	must(b.t, m.Close())
	r := httptest.NewRequest("POST", base+path, body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

func (w *town) signedIn(t testing.TB, inst cairn.InstitutionID, name string) *browser {
	t.Helper()
	b := w.browser(t)
	a := b.post("/signin", "institution", string(inst), "name", name, "password", password)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in of %s: %d %s", name, a.StatusCode, a.body)
	}
	return b
}

var csrfField = regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`)

// csrf reads the hidden field of a page.
func (b *browser) csrf(path string) string {
	b.t.Helper()
	m := csrfField.FindStringSubmatch(b.get(path).body)
	if m == nil {
		b.t.Fatalf("%s has no hidden field", path)
	}
	return m[1]
}

func (a answer) is(t testing.TB, what string, status int, contains ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s: status %d, want %d\n%.600s", what, a.StatusCode, status, a.body)
	}
	for _, s := range contains {
		if !strings.Contains(a.body, s) {
			t.Errorf("%s: the answer does not say %q\n%.3000s", what, s, a.body)
		}
	}
}
