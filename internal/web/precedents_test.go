package web_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
)

// A registrar publishes what a final decision says of learning from elsewhere; the
// public reads it, as a page and as data, and nothing of whose it is.
func TestRegisterOfPrecedents(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	w.account(t, other, "registrar", staff.Registrar)
	stranger, public := w.browser(t), "/i/college/precedents"
	stranger.get(public).is(t, "the empty register", 200, "Register of precedents", "Nothing is in the register")
	stranger.get("/i/college").is(t, "the institution", 200, public)
	stranger.get("/i/nobody/precedents").is(t, "nobody's register", 404)
	a := w.waiting(t)
	office, desk := w.signedIn(t, college, "registrar"), "/registrar/applications/"+string(a.ID)
	token := office.csrf(desk)
	for _, i := range a.Items {
		if i.Identity == recognise.IdentityOpen {
			office.post(desk+"/identity", "csrf", token, "digest", i.Digest, "reason", "card seen")
		}
	}
	current, err := w.Recognise.Application(t.Context(), college, a.ID)
	must(t, err)
	if got := office.post(desk+"/decision", "csrf", token, "revision", fmt.Sprint(current.Revision), "outcome", "accept", "reason", "Amina studied hard"); got.StatusCode != 303 {
		t.Fatalf("deciding: %d %s", got.StatusCode, got.body)
	}
	office.get(desk).is(t, "before it is final", 200, "For the register of precedents", "Nothing of this decision can be published while it can be appealed")
	w.now = w.now.AddDate(0, 0, 31)
	office = w.signedIn(t, college, "registrar")
	view := office.get(desk)
	view.is(t, "once it is final", 200, "Soil soil (Lakeside College) was counted as: Soil – S.", "Publish")
	token = csrfField.FindStringSubmatch(view.body)[1]
	item := regexp.MustCompile(`name="item" value="(line R1[^"]+)"`).FindStringSubmatch(view.body)[1]
	office.post(desk+"/precedents", "csrf", token, "item", item, "category", "content", "wording", "Amina knows soil").is(t, "naming her", 400, "The public words name the learner.")
	for range 2 {
		if got := office.post(desk+"/precedents", "csrf", token, "item", item, "category", "content", "wording", "six weeks of field work"); got.StatusCode != 303 {
			t.Fatalf("publishing: %d %s", got.StatusCode, got.body)
		}
	}
	if got := w.signedIn(t, other, "registrar").post(desk+"/precedents", "csrf", token, "item", item, "category", "content"); got.StatusCode == 303 {
		t.Error("another institution publishes it")
	}
	page := stranger.get(public + "?q=field")
	page.is(t, "the register", 200, "Soil soil (Lakeside College) was counted as: Soil – S.", "six weeks of field work", "Reason: its content.", "2026")
	data := stranger.get(public + ".json")
	var read struct {
		Precedents []recognise.Precedent `json:"precedents"`
	}
	if err := json.Unmarshal([]byte(data.body), &read); err != nil || data.StatusCode != 200 || len(read.Precedents) != 1 || read.Precedents[0].Kind != "equivalence" {
		t.Errorf("%d %s %v", data.StatusCode, data.body, err)
	}
	for _, secret := range []string{"Amina", string(a.ID), string(a.Learner), "studied hard", "A-17", "2026-11", "2026-12"} {
		if strings.Contains(page.body, secret) || strings.Contains(data.body, secret) {
			t.Errorf("the register says %q", secret)
		}
	}
	for _, lang := range []string{"fr", "ar", "hi", "sw"} {
		stranger.get(public, "Accept-Language", lang).is(t, "the register in "+lang, 200, "six weeks of field work")
	}
	stranger.get(public+"?q=tractor").is(t, "a search for nothing", 200, "nothing fits the search")
	stranger.get(public+"?after=x").is(t, "a page that is not there", 404)
	stranger.get(public+"?q="+strings.Repeat("x", 101)).is(t, "a long search", 400)
	office.get(desk).is(t, "published", 200, "Take it out of the register")
	if got := office.post(desk+"/precedents", "csrf", token, "item", item, "withdraw", "yes"); got.StatusCode != 303 {
		t.Fatalf("withdrawing: %d", got.StatusCode)
	}
	stranger.get(public).is(t, "after it was taken out", 200, "Nothing is in the register")
}
