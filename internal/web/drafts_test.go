package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// draft is the college's programme with a change.
func (w *town) draft(t testing.TB, replace ...string) string {
	t.Helper()
	inst, err := w.Issue.Institution(t.Context(), college)
	must(t, err)
	return strings.NewReplacer(append([]string{`edition: "1"`, `edition: "2"`}, replace...)...).Replace(fmt.Sprintf(rules, inst.DID))
}

// settled waits for a trial to be done.
func settled(t testing.TB, b *browser, path string) answer {
	t.Helper()
	for range 200 {
		page := b.get(path)
		if page.StatusCode != 200 || page.Header.Get("Refresh") == "" {
			return page
		}
		page.is(t, "a trial that is at work", 200, "Cases tried so far")
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the trial does not end")
	return answer{}
}

func TestDrafts(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	w.accepted(t)
	w.night(t)
	office := w.signedIn(t, college, "registrar")
	office.get("/registrar/drafts").is(t, "the form", 200, "Try a change of rules", `name="text"`, `type="file"`)
	csrf := office.csrf("/registrar/drafts")
	try := func(text string) answer {
		return office.post("/registrar/drafts", "csrf", csrf, "text", strings.ReplaceAll(text, "\n", "\r\n"))
	}
	begin := func(text string) string {
		t.Helper()
		got := try(text)
		path := got.Header.Get("Location")
		if got.StatusCode != 303 || !strings.HasPrefix(path, "/registrar/drafts/") {
			t.Fatalf("%d %s %.500s", got.StatusCode, path, got.body)
		}
		return path
	}

	// What can't be read is told line by line, and what was typed is kept.
	broken := w.draft(t, "credits: 4, match", "credits: four, match", "language: en", "language: en\nextra: 1")
	try(broken).is(t, "a broken draft", 400, "The draft cannot be read", "Line 6:", "Line 12:", "credits: four", "Each line that is wrong is named below.")
	try("").is(t, "nothing", 400)
	try(w.draft(t, "id: agri", "id: agri\nid: agri")).is(t, "a member twice", 400)
	try(strings.Replace(w.draft(t), ":college", ":elsewhere", 1)).is(t, "of another institution", 400, "The programme is of another institution than yours.")

	// Stricter rules: Amina's certificate would not be complete.
	stricter := w.draft(t, "fields: [AGRI]", "fields: [ART]")
	path := begin(stricter)
	page := settled(t, office, path)
	page.is(t, "what would differ", 200, "Amina Wanjiru", "23 November 2026", "Would lose", "No longer complete", "Anything (rule 1.2)", "Done, 4 of 4", "Missing, 0 of 4", "Past cases tried: 1.", "I have seen that people would lose something", "draft 2")
	if editions, err := w.Recognise.Editions(t.Context(), college, "agri"); err != nil || len(editions) != 1 {
		t.Fatalf("a trial has published something: %d %v", len(editions), err)
	}
	other1 := w.signedIn(t, other, "registrar")
	other1.get(path).is(t, "a registrar elsewhere", 404, "This trial is not known any more")
	w.browser(t).get(path).is(t, "a stranger", 303)
	w.signedIn(t, college, "officer").get(path).is(t, "an officer", 403)
	office.post(path+"/publish", "csrf", "wrong", "seen", "yes").is(t, "a stale form", 403)
	office.post(path+"/publish", "csrf", csrf).is(t, "without having looked", 400, "People would lose something by these rules")
	done := office.post(path+"/publish", "csrf", csrf, "seen", "yes")
	if at, err := url.Parse(done.Header.Get("Location")); done.StatusCode != 303 || err != nil || at.Path != "/i/college/programmes/agri" {
		t.Errorf("%d %s", done.StatusCode, done.Header.Get("Location"))
	}
	office.get(done.Header.Get("Location")).is(t, "the edition", 200)
	editions, err := w.Recognise.Editions(t.Context(), college, "agri")
	if err != nil || len(editions) != 2 || editions[0].Edition != "2" || string(editions[0].Document) != strings.TrimSpace(stricter)+"\n" {
		t.Errorf("%s %v", editions[0].Document, err)
	}
	if again := office.post(path+"/publish", "csrf", csrf, "seen", "yes"); again.StatusCode != 303 {
		t.Errorf("the same again: %d", again.StatusCode)
	}
	// The same edition with other rules is refused, in words.
	lower := begin(w.draft(t, "en: Anything", "en: Whatever"))
	settled(t, office, lower).is(t, "other rules", 200)
	office.post(lower+"/publish", "csrf", csrf, "seen", "yes").is(t, "an edition twice", 409, "This edition is already published with other rules.")

	// Rules that change nothing, as a file.
	got := office.upload("/registrar/drafts", "draft.yaml", []byte(w.draft(t, `edition: "2"`, `edition: "3"`, `edition: "1"`, `edition: "3"`)), "csrf", csrf)
	if got.StatusCode != 303 {
		t.Fatalf("%d %.300s", got.StatusCode, got.body)
	}
	settled(t, office, got.Header.Get("Location")).is(t, "rules that change nothing", 200, "The same: <b>1</b>", "Would lose: <b>0</b>")
	// A programme that is new has no past.
	fresh := begin(w.draft(t, "id: agri", "id: fresh"))
	settled(t, office, fresh).is(t, "a new programme", 200, "was never published")
	// Rules that nobody can follow.
	impossible := begin(w.draft(t, "total: 10}", "total: 100}"))
	page = settled(t, office, impossible)
	page.is(t, "impossible rules", 200, "cannot be published")
	office.post(impossible+"/publish", "csrf", csrf, "seen", "yes").is(t, "impossible rules", 400, "Nobody can complete this programme by these rules.")
	wrong := begin(w.draft(t, `edition: "2"`, `edition: "4"`, `edition: "1"`, `edition: "4"`, "type: Certificate", "type: Diploma"))
	settled(t, office, wrong)
	office.post(wrong+"/publish", "csrf", csrf, "seen", "yes").is(t, "another award", 400, "What the programme awards is defined in another way.")
	office.get("/registrar/drafts/unknown").is(t, "no such trial", 404, "Try the draft again")
}
