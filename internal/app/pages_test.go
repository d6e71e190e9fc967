package app_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/demo"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/staff"
	"cairn.example/internal/web"
)

// site is a running server with the demo network on it.
type site struct {
	*app.App
	story demo.Story
	base  string
	out   string
	pages *web.Site
}

func openSite(t testing.TB) *site {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{base: "http://" + listener.Addr().String(), out: filepath.Join(dir, "out")}
	if s.App, err = app.Open(t.Context(), app.Config{Data: filepath.Join(dir, "data"), BaseURL: s.base, Loopback: true, Rand: rand.Reader, Now: time.Now,
		PasswordCost: staff.Cost{Memory: 64, Passes: 1}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.App.Close() })
	if s.story, err = demo.Play(t.Context(), s.App, s.out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if s.pages, err = s.Site(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	server := web.Server(s.pages)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return s
}

// visitor is a browser without script.
func visitor(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func do(t testing.TB, c *http.Client, r *http.Request) (int, http.Header, string) {
	t.Helper()
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(b)
}

func get(t testing.TB, c *http.Client, address string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(t, c, r)
}

func post(t testing.TB, c *http.Client, address string, form url.Values, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return do(t, c, r)
}

func (s *site) signIn(t testing.TB, c *http.Client, name cairn.StaffID, password string) int {
	t.Helper()
	code, _, _ := post(t, c, s.base+"/signin", url.Values{"institution": {"university"}, "name": {string(name)}, "password": {password}})
	return code
}

var csrf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// who is the table of all addresses and of who may use them. A new address needs
// a line here.
var who = map[string]web.Who{
	"GET /{$}": web.Anyone, "GET /style/{name}": web.Anyone, "GET /favicon.ico": web.Anyone, "GET /robots.txt": web.Anyone, "GET /healthz": web.Anyone,
	"GET /verify": web.Anyone, "POST /verify": web.Anyone, "GET /verify/many": web.Anyone, "POST /verify/many": web.Anyone, "POST /api/verify": web.Anyone,
	"GET /claim": web.Anyone, "POST /claim": web.Anyone, "GET /claim/{secret}": web.Link, "POST /claim/{secret}": web.Link,
	"GET /claim/{secret}/credential": web.Link, "GET /claim/{secret}/card.pdf": web.Link,
	"GET /stack/{token}": web.Link, "GET /stack/{token}/plan/{programme}": web.Link, "GET /stack/{token}/documents/{id}/{form}": web.Link, "POST /stack/{token}/apply": web.Link,
	"GET /stack/{token}/applications/{id}": web.Link, "POST /stack/{token}/applications/{id}/add": web.Link, "POST /stack/{token}/applications/{id}/remove": web.Link,
	"POST /stack/{token}/applications/{id}/appeal": web.Link, "POST /stack/{token}/applications/{id}/continue": web.Link,
	"POST /stack/{token}/applications/{id}/submit": web.Link, "POST /stack/{token}/applications/{id}/withdraw": web.Link,
	"GET /signin": web.Anyone, "POST /signin": web.Anyone, "POST /signout": web.Anyone,
	"GET /account": web.SignedIn, "POST /account/password": web.SignedIn, "POST /account/signout-everywhere": web.SignedIn,
	"GET /registrar/standings": web.Registrar, "POST /api/learners/{id}/recognise": web.Registrar,
	"GET /registrar/drafts": web.Registrar, "POST /registrar/drafts": web.Registrar, "GET /registrar/drafts/{trial}": web.Registrar, "POST /registrar/drafts/{trial}/publish": web.Registrar,
	"GET /registrar/ledger": web.Registrar, "GET /stack/{token}/ledger": web.Link,
	"GET /registrar": web.Registrar, "GET /registrar/applications/{id}": web.Registrar, "POST /registrar/applications/{id}/identity": web.Registrar, "POST /registrar/applications/{id}/attest": web.Registrar,
	"POST /registrar/applications/{id}/exceptions": web.Registrar, "POST /registrar/applications/{id}/exceptions/{exception}": web.Registrar, "POST /registrar/applications/{id}/countersign": web.Registrar,
	"POST /registrar/applications/{id}/precedents": web.Registrar, "GET /i/{inst}/precedents": web.Anyone, "GET /i/{inst}/precedents.json": web.Anyone,
	"POST /registrar/applications/{id}/decision": web.Registrar, "GET /registrar/applications/{id}/documents/{kind}/{form}": web.Registrar,
	"GET /.well-known/did.json": web.Anyone, "GET /i/{inst}": web.Anyone, "GET /i/{inst}/did.json": web.Anyone, "GET /i/{inst}/status/{list}": web.Anyone,
	"GET /i/{inst}/trust/{list}": web.Anyone, "GET /i/{inst}/trust-bundle": web.Anyone, "GET /i/{inst}/achievements/{name...}": web.Anyone,
	"GET /i/{inst}/programmes": web.Anyone, "GET /i/{inst}/programmes/{name}": web.Anyone, "GET /i/{inst}/rules/{digest}": web.Anyone, "GET /i/{inst}/rules/{digest}/signatures": web.Anyone, "GET /ns/v1": web.Anyone, "GET /schemas/programme-v1.json": web.Anyone, "GET /schemas/report-v1.json": web.Anyone, "GET /schemas/{name}": web.Anyone,
}

func TestEveryAddressSaysWhoMayUseIt(t *testing.T) {
	s := openSite(t)
	stranger, officer := visitor(t), visitor(t)
	if err := s.Staff.Create(t.Context(), staff.Account{Institution: "university", ID: "officer", Name: "Officer", Roles: []staff.Role{staff.Officer}}, "another long password", "test"); err != nil {
		t.Fatal(err)
	}
	if code := s.signIn(t, officer, "officer", "another long password"); code != http.StatusSeeOther {
		t.Fatalf("sign-in answers %d", code)
	}
	wild := regexp.MustCompile(`\{[a-z$.]+\}`)
	for _, r := range s.pages.Routes() {
		name := r.Method + " " + r.Pattern
		if want, ok := who[name]; !ok || want != r.Who {
			t.Errorf("%s is for %s; the table says %q", name, r.Who, want)
		}
		address := s.base + wild.ReplaceAllString(strings.TrimSuffix(r.Pattern, "{$}"), "0123456789abcdef0123456789abcdef")
		for visitorName, c := range map[string]*http.Client{"stranger": stranger, "officer": officer} {
			var code int
			var header http.Header
			var body string
			if r.Method == "GET" {
				code, header, body = get(t, c, address)
			} else {
				if strings.HasPrefix(r.Pattern, "/signout") {
					continue
				}
				code, header, body = post(t, c, address, url.Values{})
			}
			refused := code == http.StatusForbidden || code == http.StatusUnauthorized || code == http.StatusSeeOther && strings.HasPrefix(header.Get("Location"), "/signin") || code == http.StatusNotFound
			if r.Who == web.Registrar && !refused || r.Who == web.SignedIn && visitorName == "stranger" && !refused || r.Who == web.Link && code < 400 && code != http.StatusSeeOther {
				t.Errorf("%s as %s answers %d", name, visitorName, code)
			}
			if code >= 500 {
				t.Errorf("%s as %s answers %d: %.200s", name, visitorName, code, body)
			}
			if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: policy %q", name, policy)
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: headers %v", name, header)
			}
		}
	}
	if len(who) != len(s.pages.Routes()) {
		t.Errorf("%d addresses, %d lines in the table", len(s.pages.Routes()), len(who))
	}
}

func (s *site) artefact(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.out, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func upload(t testing.TB, address, name string, data []byte) (int, http.Header, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", address, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return do(t, visitor(t), r)
}

func TestVerifyPage(t *testing.T) {
	s := openSite(t)
	for name, want := range map[string]string{"certificate.json": "Valid", "certificate.pdf": "Valid", "transcript-qr.png": "Valid", "transcript.json": "Valid", "revoked.json": "Not valid"} {
		code, _, body := upload(t, s.base+"/verify?lang=en", name, s.artefact(t, name))
		if code != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, "Amina Wanjiru") {
			t.Errorf("%s answers %d without %q", name, code, want)
		}
		if len(body) > 60<<10 {
			t.Errorf("%s: the page has %d bytes", name, len(body))
		}
	}
	changed := bytes.Replace(s.artefact(t, "certificate.json"), []byte("Amina"), []byte("<script>alert(1)</script>"), 1)
	if _, _, body := upload(t, s.base+"/verify?lang=en", "x.json", changed); strings.Contains(body, "<script") || strings.Contains(body, "alert(1)") {
		t.Error("something that nobody signed is shown")
	}
	for name, data := range map[string][]byte{"empty": {}, "text": []byte("hello"), "broken": []byte("{"), "binary": bytes.Repeat([]byte{0xff}, 1000), "pdf": []byte("%PDF-1.7 nonsense"), "png": append([]byte("\x89PNG\r\n\x1a\n"), 0, 0)} {
		if code, _, body := upload(t, s.base+"/verify", name, data); code >= 500 || strings.Contains(body, ">Valid<") {
			t.Errorf("%s answers %d", name, code)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/verify", bytes.NewReader(s.artefact(t, "decision.json")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if code, header, body := do(t, visitor(t), r); code != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "application/json") || !strings.Contains(body, `"verdict":"valid"`) || reportcheck.Report([]byte(body)) != nil {
		t.Errorf("the API answers %d: %.200s", code, body)
	}
	large, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/verify", bytes.NewReader(bytes.Repeat([]byte(" "), 40<<20)))
	if err != nil {
		t.Fatal(err)
	}
	large.Header.Set("Content-Type", "application/json")
	if code, _, _ := do(t, visitor(t), large); code != http.StatusRequestEntityTooLarge {
		t.Errorf("more than 1 MiB of JSON answers %d", code)
	}
}

// A look at a claim link uses nothing up; taking it gives the signed bytes.
func TestClaimPage(t *testing.T) {
	s := openSite(t)
	c := visitor(t)
	address := s.base + "/claim/" + s.story.ClaimCode
	for range 30 { // more looks than downloads are allowed
		if code, _, _ := get(t, c, address); code != http.StatusOK {
			t.Fatalf("a look answers %d", code)
		}
	}
	code, _, body := get(t, c, address+"/credential", "Accept", "application/vc")
	if code != http.StatusOK || !strings.Contains(body, `"proof"`) {
		t.Fatalf("%d %.100s", code, body)
	}
	if code, _, _ := get(t, c, s.base+"/claim/0000-0000-0000"); code < 400 {
		t.Errorf("a made-up code answers %d", code)
	}
}

// A registrar's whole way: sign in, confirm an identity, decide, fetch the decision.
func TestRegistrarDecides(t *testing.T) {
	s := openSite(t)
	c := visitor(t)
	if code := s.signIn(t, c, s.story.Registrar, "wrong password here"); code == http.StatusSeeOther {
		t.Fatal("a wrong password signs in")
	}
	if code := s.signIn(t, c, s.story.Registrar, demo.RegistrarPassword); code != http.StatusSeeOther {
		t.Fatalf("sign-in answers %d", code)
	}
	code, _, queue := get(t, c, s.base+"/registrar")
	if code != http.StatusOK || !strings.Contains(queue, "Otieno") {
		t.Fatalf("the queue answers %d", code)
	}
	address := s.base + "/registrar/applications/" + string(s.story.Waiting)
	_, _, page := get(t, c, address)
	token := csrf.FindStringSubmatch(page)
	if token == nil {
		t.Fatal("the page has no form")
	}
	form := url.Values{"csrf": {token[1]}, "outcome": {"accept"}, "reason": {"As the rules say."}}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if form.Get(hidden[1]) == "" {
			form.Set(hidden[1], hidden[2])
		}
	}
	without := url.Values{"outcome": {"accept"}, "reason": {"x"}}
	if code, _, _ := post(t, c, address+"/decision", without); code < 400 {
		t.Errorf("a form without its token answers %d", code)
	}
	if code, _, _ := post(t, c, address+"/decision", form, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); code != http.StatusForbidden {
		t.Errorf("a form of another site answers %d", code)
	}
	for range 2 { // sent twice by an impatient finger
		if code, header, body := post(t, c, address+"/decision", form); code != http.StatusSeeOther {
			t.Fatalf("the decision answers %d %v %.300s", code, header.Get("Location"), body)
		}
	}
	a, err := s.Recognise.Application(t.Context(), "university", s.story.Waiting)
	if err != nil || a.State != "delivered" || a.Decision.By != s.story.Registrar {
		t.Errorf("%s %+v %v", a.State, a.Decision, err)
	}
	if _, _, body := get(t, c, s.base+"/i/university"); body == "" {
		t.Error("the institution's page is empty")
	}
	if code, _, _ := get(t, visitor(t), address); code < 300 {
		t.Errorf("a stranger sees the application: %d", code)
	}
}

// Names are shown as names, whatever is in them.
func TestHostileNames(t *testing.T) {
	s := openSite(t)
	for _, name := range []string{`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `{{.}}`, `' onmouseover='alert(1)`, `&lt;b&gt;`} {
		l, err := s.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: "university", FullName: name})
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Issue.NewStackToken(t.Context(), "university", l.ID)
		if err != nil {
			t.Fatal(err)
		}
		code, header, body := get(t, visitor(t), s.base+"/stack/"+token)
		if code != http.StatusOK || strings.Contains(body, "<img src=x") || strings.Contains(body, "<script") || strings.Contains(body, "' onmouseover='") {
			t.Errorf("%s: %d", name, code)
		}
		if !strings.Contains(header.Get("Cache-Control"), "no-store") {
			t.Errorf("a private page may be kept: %q", header.Get("Cache-Control"))
		}
	}
}
