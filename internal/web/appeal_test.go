package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
	"cairn.example/internal/verify"
)

// A learner appeals a refusal on their page; the registrar who refused is kept from
// it, and a colleague sees both results beside each other and decides.
func TestAppealOnThePage(t *testing.T) {
	w := open(t, plain)
	inst, err := w.Issue.Institution(t.Context(), college)
	must(t, err)
	document := strings.NewReplacer("edition: \"1\"", "edition: \"2\"", "days: 30,", "days: 30, decideWithin: 10,").Replace(fmt.Sprintf(rules, inst.DID))
	_, err = w.Recognise.Publish(t.Context(), college, []byte(document))
	must(t, err)
	w.registrar(t)
	w.account(t, college, "dean", staff.Registrar)
	a := w.waiting(t)
	office := w.signedIn(t, college, "registrar")
	desk := "/registrar/applications/" + string(a.ID)
	token := office.csrf(desk)
	learner, path := w.browser(t), "/stack/"+w.token+"/applications/"+string(a.ID)
	learner.post(path+"/appeal", "reason", "now").is(t, "an appeal before the decision", 409)
	if got := office.post(desk+"/decision", "csrf", token, "revision", fmt.Sprint(a.Revision), "outcome", "refuse", "reason", "Not hers"); got.StatusCode != 303 {
		t.Fatalf("refusing: %d %s", got.StatusCode, got.body)
	}
	learner.get(path).is(t, "the clock", 200, "If you do not agree", "You can appeal until 23 December 2026, to: the registrar.", "What should be looked at again, and why?")
	learner.post(path+"/appeal", "reason", " ").is(t, "an appeal without a reason", 400, `href="#appeal"`, "Say in a few sentences why")
	first := w.now
	w.now = first.AddDate(0, 0, 31)
	learner.get(path).is(t, "the clock that has run out", 200, "The last day to appeal was 23 December 2026.")
	learner.post(path+"/appeal", "reason", "too late").is(t, "an appeal that is late", 409, "The last day to appeal is over.")
	w.now = first.Add(time.Hour)
	if got := w.browser(t).post("/stack/0123456789abcdef0123456789abcdef/applications/"+string(a.ID)+"/appeal", "reason", "x"); got.StatusCode != 404 {
		t.Errorf("an appeal by a stranger: %d", got.StatusCode)
	}
	begun := learner.post(path+"/appeal", "reason", "It is mine: here is my card")
	again := learner.post(path+"/appeal", "reason", "It is mine: here is my card")
	to := begun.Header.Get("Location")
	if begun.StatusCode != 303 || again.Header.Get("Location") != to || to == path {
		t.Fatalf("appealing: %d %s, again %s", begun.StatusCode, to, again.Header.Get("Location"))
	}
	learner.get(path).is(t, "the earlier application", 200, "You began an appeal on 23 November 2026.", to)
	learner.get(to).is(t, "the appeal", 200, "This is an appeal", "It is mine: here is my card", "Against the decision of 23 November 2026: Refused.", "Hand in my application", "Soil water")
	if got := learner.post(to + "/submit"); got.StatusCode != 303 {
		t.Fatalf("handing in: %d %s", got.StatusCode, got.body)
	}
	learner.get(to).is(t, "the appeal, handed in", 200, "The institution decides by 3 December 2026.", "Before and now, line by line", "Nothing differs.")
	id := cairn.ApplicationID(to[strings.LastIndex(to, "/")+1:])
	desk = "/registrar/applications/" + string(id)
	office = w.signedIn(t, college, "registrar")
	office.get("/registrar").is(t, "the queue", 200, desk, "appeal", "decide by 3 December 2026")
	w.now = first.AddDate(0, 0, 12) // sessions are over by then
	dean := w.signedIn(t, college, "dean")
	office = w.signedIn(t, college, "registrar")
	dean.get("/registrar").is(t, "the queue, late", 200, "overdue since 3 December 2026")
	other := dean.csrf(desk)
	token = office.csrf(desk)
	learner.get(to).is(t, "the appeal, late", 200, "The institution should have decided by 3 December 2026.")

	view := office.get(desk)
	view.is(t, "the desk of whoever refused", 200, "You signed the decision that this appeal is against, so somebody else must decide on it.")
	if strings.Contains(view.body, `name="outcome"`) {
		t.Error("whoever refused is offered to decide")
	}
	revision := func() string {
		current, err := w.Recognise.Application(t.Context(), college, id)
		must(t, err)
		return fmt.Sprint(current.Revision)
	}
	current, err := w.Recognise.Application(t.Context(), college, id)
	must(t, err)
	original := string(current.Appeal.Decision)
	office.post(desk+"/decision", "csrf", token, "revision", revision(), "outcome", "uphold", "original", original, "reason", "no").is(t, "deciding on one's own decision", 409, "Leave it to a colleague.")
	var open string
	for _, i := range current.Items {
		if i.Identity == recognise.IdentityOpen {
			open = i.Digest
		}
	}
	if got := dean.post(desk+"/identity", "csrf", other, "digest", open, "reason", "Card seen"); got.StatusCode != 303 {
		t.Fatalf("confirming: %d %s", got.StatusCode, got.body)
	}
	view = dean.get(desk)
	view.is(t, "the comparison", 200, "Before: 4 of 10 credits. Now: 10 of 10 credits.", "differs", "Uphold the earlier decision", "Accept the appeal", `name="original" value="`+original+`"`)
	if regexp.MustCompile(`value="refuse"`).MatchString(view.body) {
		t.Error("an appeal can be refused")
	}
	dean.post(desk+"/decision", "csrf", other, "revision", revision(), "outcome", "accept", "reason", "no").is(t, "deciding without the original", 400, "must name the decision that it is against")
	at := revision()
	for range 2 {
		if got := dean.post(desk+"/decision", "csrf", other, "revision", at, "outcome", "accept", "original", original, "reason", "It is hers"); got.StatusCode != 303 {
			t.Fatalf("accepting: %d %s", got.StatusCode, got.body)
		}
	}
	learner.get(to).is(t, "the accepted appeal", 200, "Accepted", "It is hers", "Before: 4 of 10 credits. Now: 10 of 10 credits.")
	learner.get(path).is(t, "the earlier application", 200, "Its decision has taken the place of this one.", to)
	dean.get("/registrar/applications/"+string(a.ID)).is(t, "the earlier desk", 200, "Its decision has taken the place of this one.", desk)
	learner.post(to+"/appeal", "reason", "more").is(t, "an appeal of an appeal", 409, "The institution does not look at it a third time.")
	done, err := w.Recognise.Application(t.Context(), college, id)
	must(t, err)
	if done.State != recognise.Delivered || done.CertificateCredential == "" {
		t.Fatalf("%s", done.State)
	}
	r := w.Verify.Verify(t.Context(), []byte(dean.get(desk+"/documents/decision/credential.json").body), verify.Options{})
	if r.Verdict != verify.Valid {
		t.Errorf("%s %+v", r.Verdict, r.Findings)
	}
	for _, lang := range []string{"en", "fr", "ar", "hi", "sw"} {
		if got := dean.get(desk+"/documents/decision/document.pdf", "Accept-Language", lang); got.StatusCode != 200 || !strings.HasPrefix(got.body, "%PDF-") {
			t.Errorf("the decision on paper in %s: %d", lang, got.StatusCode)
		}
	}
}
