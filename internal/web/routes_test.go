package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cairn.example/internal/web"
)

// access is the table of who may use each address, kept apart from the code on
// purpose: a route that is not in it fails the test, and so does a route that
// says something else.
var access = map[string]web.Who{
	"GET /{$}":          web.Anyone,
	"GET /style/{name}": web.Anyone,
	"GET /favicon.ico":  web.Anyone,
	"GET /robots.txt":   web.Anyone,
	"GET /healthz":      web.Anyone,
	"GET /verify":       web.Anyone,
	"POST /verify":      web.Anyone,
	"GET /verify/many":  web.Anyone,
	"POST /verify/many": web.Anyone,
	"POST /api/verify":  web.Anyone,

	"GET /claim":                     web.Anyone,
	"POST /claim":                    web.Anyone,
	"GET /claim/{secret}":            web.Link,
	"POST /claim/{secret}":           web.Link,
	"GET /claim/{secret}/credential": web.Link,
	"GET /claim/{secret}/card.pdf":   web.Link,

	"GET /stack/{token}":                             web.Link,
	"GET /stack/{token}/documents/{id}/{form}":       web.Link,
	"GET /stack/{token}/plan/{programme}":            web.Link,
	"GET /stack/{token}/ledger":                      web.Link,
	"POST /stack/{token}/apply":                      web.Link,
	"GET /stack/{token}/applications/{id}":           web.Link,
	"POST /stack/{token}/applications/{id}/add":      web.Link,
	"POST /stack/{token}/applications/{id}/remove":   web.Link,
	"POST /stack/{token}/applications/{id}/submit":   web.Link,
	"POST /stack/{token}/applications/{id}/withdraw": web.Link,
	"POST /stack/{token}/applications/{id}/appeal":   web.Link,
	"POST /stack/{token}/applications/{id}/continue": web.Link,

	"GET /signin":                      web.Anyone,
	"POST /signin":                     web.Anyone,
	"POST /signout":                    web.Anyone,
	"GET /account":                     web.SignedIn,
	"POST /account/password":           web.SignedIn,
	"POST /account/signout-everywhere": web.SignedIn,

	"GET /registrar":                                           web.Registrar,
	"GET /registrar/standings":                                 web.Registrar,
	"POST /api/learners/{id}/recognise":                        web.Registrar,
	"GET /registrar/drafts":                                    web.Registrar,
	"POST /registrar/drafts":                                   web.Registrar,
	"GET /registrar/drafts/{trial}":                            web.Registrar,
	"POST /registrar/drafts/{trial}/publish":                   web.Registrar,
	"GET /registrar/ledger":                                    web.Registrar,
	"GET /registrar/applications/{id}":                         web.Registrar,
	"POST /registrar/applications/{id}/identity":               web.Registrar,
	"POST /registrar/applications/{id}/attest":                 web.Registrar,
	"POST /registrar/applications/{id}/exceptions":             web.Registrar,
	"POST /registrar/applications/{id}/exceptions/{exception}": web.Registrar,
	"POST /registrar/applications/{id}/decision":               web.Registrar,
	"POST /registrar/applications/{id}/countersign":            web.Registrar,
	"POST /registrar/applications/{id}/precedents":             web.Registrar,
	"GET /i/{inst}/precedents":                                 web.Anyone,
	"GET /i/{inst}/precedents.json":                            web.Anyone,
	"GET /registrar/applications/{id}/documents/{kind}/{form}": web.Registrar,

	"GET /.well-known/did.json":               web.Anyone,
	"GET /i/{inst}":                           web.Anyone,
	"GET /i/{inst}/did.json":                  web.Anyone,
	"GET /i/{inst}/status/{list}":             web.Anyone,
	"GET /i/{inst}/trust/{list}":              web.Anyone,
	"GET /i/{inst}/trust-bundle":              web.Anyone,
	"GET /i/{inst}/achievements/{name...}":    web.Anyone,
	"GET /i/{inst}/programmes":                web.Anyone,
	"GET /i/{inst}/programmes/{name}":         web.Anyone,
	"GET /i/{inst}/rules/{digest}":            web.Anyone,
	"GET /i/{inst}/rules/{digest}/signatures": web.Anyone,
	"GET /ns/v1":                              web.Anyone,
	"GET /schemas/programme-v1.json":          web.Anyone,
	"GET /schemas/report-v1.json":             web.Anyone,
	"GET /schemas/{name}":                     web.Anyone,
}

// address fills the placeholders of a pattern in.
func address(pattern, application, token, code string) string {
	return strings.NewReplacer("{$}", "", "{name}", "x", "{name...}", "soil", "{secret}", code, "{token}", token, "{id}", application,
		"{form}", "credential.json", "{kind}", "decision", "{inst}", "college", "{list}", "list").Replace(pattern)
}

func TestRoutesAndRoles(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	waiting := w.waiting(t)
	seen := map[string]bool{}
	people := []struct {
		name string
		*browser
		may map[web.Who]bool
	}{
		{"anonymous", w.browser(t), map[web.Who]bool{web.Anyone: true, web.Link: true}},
		{"officer", w.signedIn(t, college, "officer"), map[web.Who]bool{web.Anyone: true, web.Link: true, web.SignedIn: true}},
		{"registrar", w.signedIn(t, college, "registrar"), map[web.Who]bool{web.Anyone: true, web.Link: true, web.SignedIn: true, web.Registrar: true}},
		{"registrar elsewhere", w.signedIn(t, other, "registrar"), map[web.Who]bool{web.Anyone: true, web.Link: true, web.SignedIn: true, web.Registrar: true}},
	}
	for _, r := range w.site.Routes() {
		key := r.Method + " " + r.Pattern
		seen[key] = true
		who, ok := access[key]
		if !ok {
			t.Errorf("%s is not in the table: say who may use it", key)
			continue
		}
		if who != r.Who {
			t.Errorf("%s is for %s, the table says %s", key, r.Who, who)
		}
		if r.OtherOrigins && (r.Who != web.Anyone || r.Method == "POST" && r.Pattern != "/api/verify") {
			t.Errorf("%s must not be open to other origins", key)
		}
		if r.Method == "POST" && (r.Pattern == "/signout" || r.Pattern == "/account/signout-everywhere") {
			continue // it would end the sessions of this test; tested in TestSessions
		}
		path := address(r.Pattern, string(waiting.ID), w.token, w.code)
		for _, p := range people {
			// Nothing is sent along, so a change that is allowed ends in a complaint
			// about the form and changes nothing.
			q := httptest.NewRequest(r.Method, base+path, nil)
			q.Header.Set("Accept", "application/json")
			q.Header.Set("Sec-Fetch-Site", "same-origin")
			got := p.send(q)
			refused := got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden && strings.Contains(got.body, `"web.role"`)
			if refused == p.may[who] {
				t.Errorf("%s by %s: status %d", key, p.name, got.StatusCode)
			}
			if got.StatusCode >= 500 {
				t.Errorf("%s by %s: status %d: %s", key, p.name, got.StatusCode, got.body)
			}
			// These name no application: TestLedgerPages, TestStandingsPage and TestDrafts show
			// that they are one's own.
			own := []string{"/registrar/ledger", "/registrar/standings", "/registrar/drafts"}
			if p.name == "registrar elsewhere" && strings.HasPrefix(r.Pattern, "/registrar/") && !slices.Contains(own, r.Pattern) && r.Method == "GET" && got.StatusCode != http.StatusNotFound {
				t.Errorf("%s shows the application of another institution: %d", key, got.StatusCode)
			}
		}
	}
	for key := range access {
		if !seen[key] {
			t.Errorf("%s is in the table and not on the site", key)
		}
	}
}

// A change by another institution's registrar is refused as if there were nothing.
func TestOtherInstitution(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	waiting := w.waiting(t)
	stranger := w.signedIn(t, other, "registrar")
	token := stranger.csrf("/account")
	for _, path := range []string{"/registrar/applications/" + string(waiting.ID), "/registrar/applications/" + string(waiting.ID) + "/documents/decision/credential.json"} {
		here, nowhere := stranger.get(path), stranger.get(strings.Replace(path, string(waiting.ID), strings.Repeat("0", 32), 1))
		if here.StatusCode != 404 || unnumbered(here.body) != unnumbered(strings.ReplaceAll(nowhere.body, strings.Repeat("0", 32), string(waiting.ID))) {
			t.Errorf("%s: %d, and not the same answer as for an application that doesn't exist", path, here.StatusCode)
		}
	}
	stranger.post("/registrar/applications/"+string(waiting.ID)+"/decision", "csrf", token, "revision", "3", "outcome", "refuse", "reason", "no").is(t, "a decision", 404)
	stranger.post("/registrar/applications/"+string(waiting.ID)+"/identity", "csrf", token, "digest", waiting.Items[0].Digest, "reason", "no").is(t, "a confirmation", 404)
	if a := stranger.get("/registrar?state=&q=Amina"); strings.Contains(a.body, "Amina Wanjiru") {
		t.Error("the queue shows applications of another institution")
	}
	after, err := w.Recognise.Application(t.Context(), college, waiting.ID)
	must(t, err)
	if after.Revision != waiting.Revision {
		t.Error("a stranger changed the application")
	}
}

var requestNumber = regexp.MustCompile(`[0-9a-f]{16}`)

func unnumbered(s string) string { return requestNumber.ReplaceAllString(s, "#") }

func TestHeaders(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	waiting := w.waiting(t)
	b := w.signedIn(t, college, "registrar")
	for _, r := range w.site.Routes() {
		if r.Method != "GET" {
			continue
		}
		for _, lang := range []string{"en", "ar"} {
			a := b.get(address(r.Pattern, string(waiting.ID), w.token, w.code) + "?lang=" + lang)
			h := a.Header
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'") {
				t.Errorf("%s: policy %q", r.Pattern, h.Get("Content-Security-Policy"))
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=31536000"} {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q", r.Pattern, name, h.Get(name))
				}
			}
			if cors := h.Get("Access-Control-Allow-Origin"); (cors == "*") != r.OtherOrigins || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: other origins %q", r.Pattern, cors)
			}
			if (r.Who == web.Link || r.Who == web.SignedIn || r.Who == web.Registrar) && !strings.Contains(h.Get("Cache-Control"), "no-store") {
				t.Errorf("%s: a private page may be kept: %q", r.Pattern, h.Get("Cache-Control"))
			}
			if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
				inert(t, r.Pattern, a.body)
				if dir := map[string]string{"en": "ltr", "ar": "rtl"}[lang]; !strings.Contains(a.body, `<html lang="`+lang+`" dir="`+dir+`">`) {
					t.Errorf("%s in %s: wrong language or direction", r.Pattern, lang)
				}
			}
		}
	}
}

var (
	tag       = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)
	attribute = regexp.MustCompile(`\s([a-zA-Z:-]+)\s*=\s*("[^"]*"|[^\s">]+)`)
	names     = regexp.MustCompile(`^</?([a-zA-Z0-9]+)`)
)

// inert fails for anything that the policy would block or that could run: the only
// elements and attributes are those of our own templates.
func inert(t testing.TB, page, body string) {
	t.Helper()
	elements := " a b bdi body br button circle clippath code dd details div dl dt fieldset footer form g h1 h2 h3 head header html input label legend li link main meta nav ol option p path pre select span summary svg table tbody td textarea th thead title tr ul "
	attributes := " accept action aria-current aria-describedby aria-hidden aria-label autocapitalize autocomplete charset checked class clip-path content d dir download enctype focusable for height href hreflang id lang maxlength method name r readonly rel required role rows scope selected spellcheck tabindex transform type value viewbox width cx cy "
	for _, m := range tag.FindAllString(body, -1) {
		if strings.HasPrefix(m, "<!") {
			if m != "<!DOCTYPE html>" {
				t.Errorf("%s: %s", page, m)
			}
			continue
		}
		if n := names.FindStringSubmatch(m); n == nil || !strings.Contains(elements, " "+strings.ToLower(n[1])+" ") {
			t.Errorf("%s: the element %s", page, m)
		}
		for _, a := range attribute.FindAllStringSubmatch(m, -1) {
			if !strings.Contains(attributes, " "+strings.ToLower(a[1])+" ") {
				t.Errorf("%s: the attribute %s", page, a[0])
			}
			if value := strings.Trim(a[2], `"`); a[1] == "href" || a[1] == "action" {
				u, err := url.Parse(value)
				if err != nil || u.Scheme != "" && !strings.HasPrefix(value, "data:application/json;base64,") || strings.HasPrefix(value, "//") {
					t.Errorf("%s: the address %s", page, value)
				}
			}
		}
	}
}

// Addresses that are not written as they should be, and methods that no page has, are
// answered with the headers of every other page, and lead nowhere else.
func TestOddAddresses(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	for _, c := range []struct {
		method, target string
		status         int
		location       string
	}{
		{"GET", "//verify", 307, "/verify"},
		{"GET", "/./verify", 307, "/verify"},
		{"GET", "/a/../verify", 307, "/verify"},
		{"GET", "/a/../../verify?x=1", 307, "/verify?x=1"},
		{"GET", "//evil.example/verify", 307, "/evil.example/verify"},
		{"GET", "/%2fevil.example", 404, ""},
		{"GET", "/%5cevil.example", 404, ""},
		{"POST", "//verify", 307, "/verify"},
		{"GET", "/verify/", 404, ""},
		{"GET", "/VERIFY", 404, ""},
		{"GET", "/verify%00", 404, ""},
		{"GET", "/i/college/", 404, ""},
		{"DELETE", "/verify", 405, ""},
		{"PUT", "/api/verify", 405, ""},
		{"TRACE", "/", 405, ""},
		{"OPTIONS", "/verify", 405, ""},
		{"PROPFIND", "/nothing", 404, ""},
	} {
		a := b.send(httptest.NewRequest(c.method, "https://cairn.example"+c.target, nil))
		if a.StatusCode != c.status || a.Header.Get("Location") != c.location {
			t.Errorf("%s %s: %d %q", c.method, c.target, a.StatusCode, a.Header.Get("Location"))
		}
		h := a.Header
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("X-Frame-Options") != "DENY" || h.Get("Strict-Transport-Security") == "" || h.Get("X-Robots-Tag") != "noindex" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: %v", c.method, c.target, h)
		}
		if (c.status == 405) != (h.Get("Allow") != "") {
			t.Errorf("%s %s: allows %q", c.method, c.target, h.Get("Allow"))
		}
	}
}
