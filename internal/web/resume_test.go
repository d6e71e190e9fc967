package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// A learner who was recognised in part goes on from there, in the way they choose.
func TestGoOnOnThePage(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	a := w.waiting(t)
	office, desk := w.signedIn(t, college, "registrar"), "/registrar/applications/"+string(a.ID)
	if got := office.post(desk+"/decision", "csrf", office.csrf(desk), "revision", fmt.Sprint(a.Revision), "outcome", "accept", "reason", "Water counts"); got.StatusCode != 303 {
		t.Fatalf("accepting: %d %s", got.StatusCode, got.body)
	}
	learner, page := w.browser(t), "/stack/"+w.token
	path := page + "/applications/" + string(a.ID)
	view := learner.get(path)
	view.is(t, "the application", 200, "Go on with this programme", "Go on under edition 1")
	if strings.Contains(view.body, "There are newer rules.") {
		t.Error("newer rules are offered where there are none")
	}
	inst, err := w.Issue.Institution(t.Context(), college)
	must(t, err)
	_, err = w.Recognise.Publish(t.Context(), college, []byte(strings.Replace(fmt.Sprintf(rules, inst.DID), `edition: "1"`, `edition: "2"`, 1)))
	must(t, err)
	view = learner.get(path)
	view.is(t, "the application, with newer rules", 200, "There are newer rules.", "Be judged by edition 2 instead")
	key := keyField.FindStringSubmatch(view.body)[1]
	learner.post(path+"/continue", "key", "short", "edition", "kept").is(t, "a broken form", 400)
	var to string
	for range 2 {
		got := learner.post(path+"/continue", "key", key, "edition", "kept")
		if to = got.Header.Get("Location"); got.StatusCode != 303 || to == path {
			t.Fatalf("going on: %d %s", got.StatusCode, got.body)
		}
	}
	learner.get(to).is(t, "the new draft", 200, "This goes on from an earlier application.", path, "Soil water", "Soil soil", "Hand in my application")
	if got := learner.post(to + "/submit"); got.StatusCode != 303 {
		t.Fatalf("handing in: %d", got.StatusCode)
	}
	office.get("/registrar/applications/"+to[strings.LastIndex(to, "/")+1:]).is(t, "the desk", 200, "This goes on from an earlier application.", desk, "recognised since 23 November 2026", "edition 1")
	learner.post(to + "/withdraw")
	got := learner.post(path+"/continue", "key", strings.Repeat("0", 32), "edition", "newest")
	to = got.Header.Get("Location")
	learner.get(to).is(t, "under the newest edition", 200, "This goes on from an earlier application.")
	learner.post(to + "/submit")
	office.get("/registrar/applications/"+to[strings.LastIndex(to, "/")+1:]).is(t, "the desk", 200, "edition 2")
}
