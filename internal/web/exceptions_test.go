package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
)

// A registrar allows things against the rules on the page, another signs, and the
// learner reads what was allowed.
func TestExceptionsOnThePage(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	w.account(t, college, "dean", staff.Registrar)
	a := w.waiting(t)
	office, second, desk := w.signedIn(t, college, "registrar"), w.signedIn(t, college, "dean"), "/registrar/applications/"+string(a.ID)
	view := office.get(desk)
	view.is(t, "the desk", 200, "Exceptions for this learner", "None. The rules are applied as they are written.", "Let a part of the programme off", `value="R1/S"`)
	token, other := csrfField.FindStringSubmatch(view.body)[1], second.csrf(desk)

	except := func(fields ...string) answer {
		return office.post(desk+"/exceptions", append([]string{"csrf", token, "role", "head of department", "reason", "minutes of 3 May"}, fields...)...)
	}
	for fields, field := range map[string]string{"type=waive&place=R9": "grant-waive", "type=waive-total&credits=many": "grant-waive-total", "type=waive&place=R1&until=soon": "grant-waive", "type=insert": "grant-insert"} {
		var list []string
		for _, one := range strings.Split(fields, "&") {
			name, value, _ := strings.Cut(one, "=")
			list = append(list, name, value)
		}
		except(list...).is(t, fields, 400, `href="#`+field+`"`, "This exception is not complete, or does not fit the programme.")
	}
	office.post(desk+"/exceptions", "csrf", token, "type", "waive", "place", "R1/S", "reason", "x").is(t, "without a role", 400, "Say in which role you sign")
	office.post(desk+"/exceptions", "csrf", "0", "type", "waive", "place", "R1/S", "reason", "x", "role", "dean").is(t, "without the hidden field", 403)
	for range 2 { // sent twice is harmless
		if got := except("type", "waive", "place", "R1/S"); got.StatusCode != 303 {
			t.Fatalf("waiving: %d %s", got.StatusCode, got.body)
		}
	}
	if got := except("type", "waive-total", "credits", "6", "until", "2027-06-30"); got.StatusCode != 303 {
		t.Fatalf("letting credit off: %d %s", got.StatusCode, got.body)
	}
	office.get(desk).is(t, "with exceptions", 200, "Soil – Soil is waived.", "The result rests on it.", "head of department (registrar)", "Let off of the total: 6 credits.", "until 30 June 2027", "another registrar must sign as well")
	current, err := w.Recognise.Application(t.Context(), college, a.ID)
	must(t, err)
	if len(current.Exceptions) != 2 || !current.Evaluation.Result.Complete {
		t.Fatalf("%+v, complete %v", current.Exceptions, current.Evaluation.Result.Complete)
	}
	for _, act := range []string{"done", "insert"} {
		office.post(desk+"/exceptions/x1", "csrf", token, "act", act, "role", "dean", "reason", "x").is(t, act, 400, "This can’t be done about this exception.")
	}
	if got := office.post(desk+"/exceptions/x9", "csrf", token, "act", "withdraw", "role", "dean", "reason", "x"); got.StatusCode != 404 {
		t.Errorf("an exception that is not there: %d", got.StatusCode)
	}
	learner, path := w.browser(t), "/stack/"+w.token+"/applications/"+string(a.ID)
	for _, got := range []answer{learner.get(path), learner.get(path, "Accept-Language", "ar")} {
		if got.StatusCode != 200 || !strings.Contains(got.body, "minutes of 3 May") || strings.Contains(got.body, "(registrar)") {
			t.Errorf("the learner reads %d %s", got.StatusCode, got.body)
		}
	}
	learner.get(path).is(t, "the learner's view", 200, "Exceptions for you", "Soil – Soil is waived.", "head of department")

	// The decision rests on them, so two sign it.
	revision := func() string {
		current, err := w.Recognise.Application(t.Context(), college, a.ID)
		must(t, err)
		return fmt.Sprint(current.Revision)
	}
	if got := office.post(desk+"/decision", "csrf", token, "revision", revision(), "outcome", "accept", "reason", "All there"); got.StatusCode != 303 {
		t.Fatalf("deciding: %d %s", got.StatusCode, got.body)
	}
	office.get(desk).is(t, "after deciding", 200, "A second signature is needed", "You made this decision, so somebody else must sign it.")
	if body := office.get(desk).body; regexp.MustCompile(`name="agree" value="yes"`).MatchString(body) {
		t.Error("whoever decided is offered to sign")
	}
	office.get("/registrar?state=countersigning").is(t, "the queue", 200, desk, "waiting for a second signature")
	learner.get(path).is(t, "the learner's view", 200, "Your application is with the registrar")
	office.post(desk+"/countersign", "csrf", token, "revision", revision(), "agree", "yes", "role", "dean", "reason", "x").is(t, "signing twice", 409, "The second signature must be of another person.")
	office.post(desk+"/countersign", "csrf", token, "revision", revision(), "agree", "perhaps", "role", "dean", "reason", "x").is(t, "neither yes nor no", 400)
	at := revision()
	for range 2 {
		if got := second.post(desk+"/countersign", "csrf", other, "revision", at, "agree", "no", "role", "dean", "reason", "not yet"); got.StatusCode != 303 {
			t.Fatalf("undoing: %d %s", got.StatusCode, got.body)
		}
	}
	office.get(desk).is(t, "undone", 200, "The last decision was undone", "not yet")
	if got := office.post(desk+"/decision", "csrf", token, "revision", revision(), "outcome", "accept", "reason", "All there now"); got.StatusCode != 303 {
		t.Fatalf("deciding: %d %s", got.StatusCode, got.body)
	}
	at = revision()
	for range 2 {
		if got := second.post(desk+"/countersign", "csrf", other, "revision", at, "agree", "yes", "role", "dean", "reason", "seen"); got.StatusCode != 303 {
			t.Fatalf("signing: %d %s", got.StatusCode, got.body)
		}
	}
	done, err := w.Recognise.Application(t.Context(), college, a.ID)
	must(t, err)
	if done.State != recognise.Delivered || done.CertificateCredential == "" || done.Decision.Second.By != "dean" {
		t.Errorf("%s %+v", done.State, done.Decision)
	}
	for _, lang := range []cairn.Lang{"en", "ar", "hi"} {
		if got := office.get(desk+"/documents/decision/document.pdf", "Accept-Language", string(lang)); got.StatusCode != 200 || !strings.HasPrefix(got.body, "%PDF-") {
			t.Errorf("the decision on paper in %s: %d", lang, got.StatusCode)
		}
	}
	learner.get(path).is(t, "the learner's view at the end", 200, "Accepted", "All there now", "Exceptions for you")
}
