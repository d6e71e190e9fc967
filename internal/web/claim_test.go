package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestClaim(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	page := "/claim/" + w.code
	shown := w.code[:4] + "-" + strings.ToLower(w.code[4:8]) + " " + w.code[8:]

	if a := b.post("/claim", "code", shown); a.StatusCode != 303 || a.Header.Get("Location") != page {
		t.Fatalf("typing the code: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	// Previews of the link use nothing up: the code is good for twenty downloads,
	// and stays so after many looks.
	for range 60 {
		b.get(page).is(t, "the page of the code", 200, "Soil water", "Lakeside College", "Receive it")
	}
	if strings.Contains(b.get(page).body, "Amina") {
		t.Error("a preview of the link shows the learner's name")
	}
	b.post(page).is(t, "receiving", 200, "Here is your credential", "Amina Wanjiru", page+"/card.pdf", "cairn wallet receive "+base+page)

	wallet := func(method, path string) answer {
		r := httptest.NewRequest(method, base+path, nil)
		r.Header.Set("Accept", "application/vc, application/vc+ld+json, application/ld+json, application/json")
		return b.send(r)
	}
	for _, v := range [][2]string{{"POST", page}, {"GET", page + "/credential"}} {
		a := wallet(v[0], v[1])
		if a.StatusCode != 200 || a.body != string(w.badges[0].Document()) || a.Header.Get("Content-Type") != "application/vc" {
			t.Errorf("%s %s: %d %s", v[0], v[1], a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
	if a := b.get(page + "/card.pdf"); a.StatusCode != 200 || !strings.HasPrefix(a.body, "%PDF-") || a.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the card: %d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	for range 16 {
		b.post(page)
	}
	b.post(page).is(t, "the 21st download", 403, "used too often")
	if a := wallet("POST", page); a.StatusCode != 403 || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.body, `"claim.used-up"`) {
		t.Errorf("a wallet: %d %s", a.StatusCode, a.body)
	}
}

func TestClaimRefuses(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	b.post("/claim", "code", "ABCD").is(t, "a short code", 400, `href="#code"`, `value="ABCD"`)
	b.post("/claim", "code", strings.Repeat("x", 5000)).is(t, "a long code", 400, `role="alert"`)
	b.post("/claim").is(t, "no code", 400)
	b.get("/claim/"+strings.Repeat("A", 12)).is(t, "a wrong letter", 400)
	unknown := "0000-0000-0000" // its check letter is right
	b.get("/claim/"+unknown).is(t, "an unknown code", 404, "do not know this code")

	w.later(91 * 24 * time.Hour)
	b.get("/claim/"+w.code).is(t, "an old code", 403, "has ended")
}

func TestGuessingCodesIsBounded(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	var last answer
	for range 15 {
		last = b.get("/claim/0000-0000-0000")
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("after 15 guesses: %d", last.StatusCode)
	}
	// The network address counts, not what a header says about it.
	r := httptest.NewRequest("GET", base+"/claim/0000-0000-0000", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	if a := b.send(r); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a forwarded address was believed: %d", a.StatusCode)
	}
	neighbour := w.browser(t)
	neighbour.from = "198.51.100.7:4000"
	neighbour.get("/claim/"+w.code).is(t, "somebody else", 200)
}
