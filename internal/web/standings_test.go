package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
)

// night works out the standings of the college's learners.
func (w *town) night(t testing.TB) recognise.StandingRun {
	t.Helper()
	w.later(24 * time.Hour)
	r, err := w.Recognise.RunStandings(t.Context(), college, recognise.RunOptions{})
	must(t, err)
	return r
}

func TestStandingsPage(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	office := w.signedIn(t, college, "registrar")
	office.get("/registrar").is(t, "the queue", 200, `href="/registrar/standings"`, `href="/registrar/drafts"`)
	office.get("/registrar/standings").is(t, "before the first night", 200, "Nobody has looked at the learners yet", "--nightly")
	w.night(t)
	office = w.signedIn(t, college, "registrar")
	for view, empty := range map[string]string{"": "Nothing has changed for anybody.", "became": "Nobody became complete.", "losing": "Nobody will lose credit within 90 days."} {
		office.get("/registrar/standings?view="+view).is(t, view, 200, empty, "Learners: ", "Different results: 0.")
	}
	standing, err := w.Recognise.Standings(t.Context(), college, recognise.StandingFilter{Limit: 10})
	must(t, err)
	if len(standing) == 0 || standing[0].Counted.Sign() <= 0 {
		t.Fatalf("%+v", standing)
	}
	learner := standing[0].Learner
	must(t, w.Issue.Revoke(t.Context(), college, w.badges[0].ID(), "registrar", "a mistake"))
	r := w.night(t)
	if r.Changed == 0 {
		t.Fatalf("%+v", r)
	}
	office = w.signedIn(t, college, "registrar")
	page := office.get("/registrar/standings")
	page.is(t, "after a night", 200, standing[0].Name, string(learner), "A credential was withdrawn by its issuer", "Soil", "Different results: ")
	office.get("/registrar/standings?q=nobody").is(t, "a search for nobody", 200, "Nobody was found.")
	office.get("/registrar/standings?programme=none").is(t, "another programme", 200, "Nobody was found.")
	office.get("/registrar/standings?view=complete&q="+string(learner)[:8]).is(t, "who is complete", 200)
	for _, bad := range []string{"view=all", "q=" + strings.Repeat("x", 101), "after=x", "programme=" + strings.Repeat("x", 101)} {
		office.get("/registrar/standings?"+bad).is(t, bad, 400)
	}
	office.get("/registrar/standings?after=zzz/x").is(t, "beyond the last", 200, "Nothing has changed for anybody.", "/registrar/standings?view=changes")
	if page := w.signedIn(t, other, "registrar").get("/registrar/standings"); page.StatusCode != 200 || strings.Contains(page.body, standing[0].Name) {
		t.Errorf("a registrar elsewhere: %d %s", page.StatusCode, page.body)
	}
	w.signedIn(t, college, "officer").get("/registrar/standings").is(t, "an officer", 403)
}

// One page has 25 lines, and the next one begins where it ends.
func TestStandingsPaging(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	for range 30 {
		l, err := w.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: "Wafula"})
		must(t, err)
		w.give(t, "soil", l.ID)
	}
	w.night(t)
	for _, l := range mustLearners(t, w, "Wafula") {
		w.give(t, "water", l)
	}
	w.night(t)
	office := w.signedIn(t, college, "registrar")
	first := office.get("/registrar/standings?q=Wafula")
	if n := strings.Count(first.body, "<tr><th scope=\"row\">"); n != 25 || !strings.Contains(first.body, "Next") {
		t.Fatalf("%d lines on the first page", n)
	}
	at := strings.Index(first.body, "after=")
	rest := first.body[at:]
	path := "/registrar/standings?q=Wafula&view=changes&" + strings.ReplaceAll(rest[:strings.IndexAny(rest, `&"`)], "&amp;", "&")
	second := office.get(path)
	if n := strings.Count(second.body, "<tr><th scope=\"row\">"); n == 0 || n > 25 || second.StatusCode != 200 {
		t.Errorf("%d lines on the second page of %s: %d", n, path, second.StatusCode)
	}
}

// give awards something of the college to one of many.
func (w *town) give(t testing.TB, slug string, l cairn.LearnerID) {
	t.Helper()
	_, err := w.Issue.Award(t.Context(), issue.AwardRequest{Institution: college, Key: slug + "/" + string(l), Achievement: w.achievement(college, slug, "", 0, plain).ID, Learner: l, AwardedOn: w.clock().AddDate(0, 0, -1)})
	must(t, err)
}

func mustLearners(t testing.TB, w *town, search string) (out []cairn.LearnerID) {
	t.Helper()
	list, err := w.Issue.Learners(t.Context(), college, search, "", 100)
	must(t, err)
	for _, l := range list {
		out = append(out, l.ID)
	}
	return out
}

func TestRecogniseAPI(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	w.night(t)
	standing, err := w.Recognise.Standings(t.Context(), college, recognise.StandingFilter{Limit: 10})
	must(t, err)
	learner := string(standing[0].Learner)
	must(t, w.Issue.Revoke(t.Context(), college, w.badges[0].ID(), "registrar", "a mistake"))
	ask := func(b *browser, id, contentType string, header ...string) answer {
		q := httptest.NewRequest("POST", base+"/api/learners/"+id+"/recognise", nil)
		if contentType != "" {
			q.Header.Set("Content-Type", contentType)
		}
		for i := 0; i < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		return b.send(q)
	}
	office := w.signedIn(t, college, "registrar")
	got := ask(office, learner, "application/json")
	got.is(t, "one learner", 200, `"code":"revoked"`, `"effect":"loses"`)
	var answered recognise.LearnerStandings
	if err := json.Unmarshal([]byte(got.body), &answered); err != nil || string(answered.Learner) != learner || len(answered.Standings) == 0 || len(answered.Changes) == 0 {
		t.Errorf("%+v %v", answered, err)
	}
	ask(office, learner, "application/json").is(t, "once more", 200, `"changes":[]`)
	ask(office, "nobody", "application/json").is(t, "nobody", 404, "learner.not-found")
	for what, contentType := range map[string]string{"a form": "application/x-www-form-urlencoded", "nothing": "", "text": "text/plain"} {
		ask(office, learner, contentType).is(t, what, 400, `"web.content-type"`, "application/json")
	}
	ask(office, learner, "application/json", "Sec-Fetch-Site", "cross-site").is(t, "another site", 403, "web.cross-origin")
	ask(w.browser(t), learner, "application/json").is(t, "a stranger", 401, "web.sign-in")
	ask(w.signedIn(t, college, "officer"), learner, "application/json").is(t, "an officer", 403, "web.role")
	ask(w.signedIn(t, other, "registrar"), learner, "application/json").is(t, "a registrar elsewhere", 404, "learner.not-found")
	if got.Header.Get("Content-Type") != "application/json" || got.StatusCode != http.StatusOK {
		t.Errorf("%v", got.Header)
	}
}
