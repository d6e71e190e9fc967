package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const cookie = "__Host-cairn"

func TestSessions(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	b := w.browser(t)
	if a := b.get("/registrar?state=draft"); a.StatusCode != 303 || a.Header.Get("Location") != "/signin?next=%2Fregistrar%3Fstate%3Ddraft" {
		t.Errorf("before signing in: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	b.get("/signin?next=%2Fregistrar%3Fstate%3Ddraft").is(t, "the form", 200, `name="next" value="/registrar?state=draft"`, "Lakeside College")
	b.post("/signin", "institution", "college", "name", "registrar", "password", "wrong words here").is(t, "a wrong password", 403, "is wrong", `href="#password"`)
	unknown := b.post("/signin", "institution", "college", "name", "nobody", "password", "wrong words here")
	unknown.is(t, "an unknown name", 403, "is wrong")
	if len(b.cookies) != 0 {
		t.Error("a failed sign-in sets a cookie")
	}

	// Fixation: a token that somebody planted is not the one after the sign-in.
	b.cookies[cookie] = &http.Cookie{Name: cookie, Value: strings.Repeat("A", 43)}
	a := b.post("/signin", "institution", "college", "name", " Registrar ", "password", password, "next", "/registrar?state=draft")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/registrar?state=draft" {
		t.Fatalf("signing in: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	c := b.cookies[cookie]
	if c == nil || c.Value == strings.Repeat("A", 43) || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Fatalf("the cookie: %+v", c)
	}
	b.get("/registrar").is(t, "signed in", 200, "Wanjiru", "Sign out")
	before := c.Value
	b.post("/signin", "institution", "college", "name", "registrar", "password", password)
	if b.cookies[cookie].Value == before {
		t.Error("the token is the same after a second sign-in")
	}
	thief := w.browser(t)
	thief.cookies[cookie] = &http.Cookie{Name: cookie, Value: before}
	if a := thief.get("/registrar"); a.StatusCode != 303 {
		t.Errorf("the token from before: %d", a.StatusCode)
	}

	// Signing out ends it on the server, not only in this browser.
	token := b.cookies[cookie].Value
	b.post("/signout")
	if b.cookies[cookie] != nil {
		t.Error("the cookie is still there")
	}
	thief.cookies[cookie] = &http.Cookie{Name: cookie, Value: token}
	if a := thief.get("/registrar"); a.StatusCode != 303 {
		t.Errorf("a token that was signed out: %d", a.StatusCode)
	}

	// Idle and absolute ends.
	b = w.signedIn(t, college, "registrar")
	w.later(44 * time.Minute)
	b.get("/registrar").is(t, "used in time", 200)
	w.later(46 * time.Minute)
	if a := b.get("/registrar"); a.StatusCode != 303 {
		t.Errorf("unused for too long: %d", a.StatusCode)
	}

	// A new password ends every session but this one.
	b, elsewhere := w.signedIn(t, college, "registrar"), w.signedIn(t, college, "registrar")
	csrf := b.csrf("/account")
	b.post("/account/password", "csrf", csrf, "before", "wrong words here", "after", "another path of stones", "again", "another path of stones").is(t, "a wrong present password", 400, `href="#before"`)
	b.post("/account/password", "csrf", csrf, "before", password, "after", "another path of stones", "again", "other").is(t, "two different ones", 400, `href="#again"`)
	b.post("/account/password", "csrf", csrf, "before", password, "after", "short", "again", "short").is(t, "a short one", 400, `href="#after"`, "at least 12")
	if a := b.post("/account/password", "csrf", csrf, "before", password, "after", "another path of stones", "again", "another path of stones"); a.StatusCode != 303 {
		t.Fatalf("changing: %d %s", a.StatusCode, a.body)
	}
	b.get("/account?done").is(t, "after changing", 200, "Your password is changed")
	if a := elsewhere.get("/account"); a.StatusCode != 303 {
		t.Errorf("a session from before the change: %d", a.StatusCode)
	}
	if a := b.post("/account/signout-everywhere", "csrf", b.csrf("/account")); a.StatusCode != 303 || b.cookies[cookie] != nil {
		t.Errorf("signing out everywhere: %d", a.StatusCode)
	}

	// An account that was disabled is out at once.
	officer := w.signedIn(t, other, "registrar")
	must(t, w.App.Staff.Disable(t.Context(), other, "registrar", "test"))
	if a := officer.get("/account"); a.StatusCode != 303 {
		t.Errorf("a disabled account: %d", a.StatusCode)
	}
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	for i, next := range []string{"//evil.example", "https://evil.example/registrar", `/\evil.example`, `\evil.example`, "https:evil.example", "/registrar/../../evil", "javascript:alert(1)", "/registrar\r\nX: y", "/verify", "/registrarx", "//registrar/", "/registrar@evil.example"} {
		b := w.browser(t)
		b.from = fmt.Sprintf("192.0.2.%d:1", i) // guessing is bounded for each
		a := b.post("/signin", "institution", "college", "name", "registrar", "password", password, "next", next)
		if to := a.Header.Get("Location"); a.StatusCode != 303 || to != "/registrar" && !strings.HasPrefix(to, "/registrar/") || strings.Contains(to, "evil") && !strings.HasPrefix(to, "/registrar/") {
			t.Errorf("next=%q leads to %q", next, to)
		}
	}
}

func TestForgedRequests(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	waiting := w.waiting(t)
	b := w.signedIn(t, college, "registrar")
	desk := "/registrar/applications/" + string(waiting.ID)
	token := b.csrf(desk)
	form := func(csrf string) string {
		return fmt.Sprintf("csrf=%s&revision=%d&outcome=refuse&reason=x", csrf, waiting.Revision)
	}
	send := func(csrf string, header ...string) answer {
		r := httptest.NewRequest("POST", base+desk+"/decision", strings.NewReader(form(csrf)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return b.send(r)
	}
	send(token, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").is(t, "from another site", 403, "another site")
	send(token, "Origin", "https://evil.example").is(t, "from another site, older browser", 403)
	send(token, "Origin", "null").is(t, "from a null origin", 403)
	send(token, "Sec-Fetch-Site", "same-site").is(t, "from a neighbour", 403)
	send("").is(t, "no token, browser without headers", 403, "from before you signed in")
	send(strings.Repeat("0", 32)).is(t, "a wrong token", 403)
	colleague := w.signedIn(t, college, "officer")
	send(colleague.csrf("/account")).is(t, "a colleague's token", 403)
	for _, path := range []string{"/signin", "/claim", "/verify", "/stack/" + w.token + "/apply"} {
		r := httptest.NewRequest("POST", base+path, strings.NewReader("x=y"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w.browser(t).send(r).is(t, path+" from another site", 403)
	}
	r := httptest.NewRequest("POST", base+desk+"/decision", strings.NewReader(form(token)))
	r.Header.Set("Content-Type", "text/plain")
	b.send(r).is(t, "a form as plain text", 400)
	r = httptest.NewRequest("GET", base+desk+"/decision?"+form(token), nil)
	b.send(r).is(t, "a decision by GET", 405)
	r = httptest.NewRequest("GET", base+"/verify", nil)
	r.Header.Set("X-HTTP-Method-Override", "POST")
	b.send(r).is(t, "another method in a header", 200, `type="file"`)
	after, err := w.Recognise.Application(t.Context(), college, waiting.ID)
	must(t, err)
	if after.Revision != waiting.Revision {
		t.Error("a forged request changed the application")
	}
}

func TestLogHasNoSecrets(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	b := w.signedIn(t, college, "registrar")
	b.get("/registrar?q=Amina")
	b.get("/claim/" + w.code)
	b.post("/claim/" + w.code)
	b.post("/claim", "code", w.code)
	b.get("/stack/" + w.token)
	b.get("/stack/" + w.token + "x")
	b.get("/claim/" + w.code + "x")
	b.post("/verify", "text", string(w.badges[0].Document()))
	b.get("/nothing%0aINFO%20forged=yes")
	log := w.logged()
	if !strings.Contains(log, `route="GET /stack/{token}"`) {
		t.Errorf("requests are not logged:\n%s", log)
	}
	for _, secret := range []string{w.token, w.code, b.cookies[cookie].Value, password, plain.learner, "Amina", "192.0.2.1", string(w.badges[0].ID()), "forged"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// J25, J26: nobody is signed in by a token in a header: not by a presentation, not
// by what another server says of somebody, and not by a session of this one.
func TestBearerTokensSayNothing(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	b := w.signedIn(t, college, "registrar")
	vp := "eyJhbGciOiJFZERTQSIsInR5cCI6InZwK2p3dCJ9.eyJ0eXBlIjpbIlZlcmlmaWFibGVQcmVzZW50YXRpb24iXX0.AAAA"
	for name, token := range map[string]string{"presentation": vp, "ID token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZWdpc3RyYXIifQ.", "session": b.cookies[cookie].Value, "key page": w.token} {
		thief := w.browser(t)
		for _, path := range []string{"/registrar", "/account"} {
			for _, scheme := range []string{"Bearer ", "DPoP ", ""} {
				if a := thief.get(path, "Authorization", scheme+token); a.StatusCode != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
					t.Errorf("%s of a %s with %q: %d", path, name, scheme, a.StatusCode)
				}
			}
		}
		if len(thief.cookies) != 0 {
			t.Errorf("a %s gives a cookie", name)
		}
	}
	if a := b.get("/registrar"); a.StatusCode != 200 {
		t.Errorf("the cookie itself: %d", a.StatusCode)
	}
}

// A page that names who is signed in, or that sets a cookie, is never kept by a
// cache that others use.
func TestPagesOfOnePersonAreNotShared(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	b := w.signedIn(t, college, "registrar")
	for _, path := range []string{"/i/college", "/i/college/achievements/soil", "/verify", "/claim"} {
		if a := b.get(path); a.Header.Get("Cache-Control") != "no-store" || !strings.Contains(a.body, "Wanjiru") {
			t.Errorf("%s signed in: %q", path, a.Header.Get("Cache-Control"))
		}
		if a := w.browser(t).get(path + "?lang=sw"); a.Header.Get("Set-Cookie") == "" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s with a cookie: %q", path, a.Header.Get("Cache-Control"))
		}
		if a := w.browser(t).get(path); a.Header.Get("Cache-Control") == "no-store" {
			t.Errorf("%s for anybody is not kept", path)
		}
	}
}
