package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/verify"
)

var keyField = regexp.MustCompile(`name="key" value="([0-9a-f]{32})"`)

// The whole way of an application through the pages, as a learner and a registrar
// go it.
func TestFromLearnerToCertificate(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	learner, page := w.browser(t), "/stack/"+w.token
	first := learner.get(page)
	first.is(t, "the learner's page", 200, "Amina Wanjiru", "Lakeside College", "4 of 10 credits", "1 of 2 parts is done.", "still open", `class="cairn"`, "A stack of 2 stones; 1 are filled", "Soil water")

	// Applying twice gives one application.
	key := keyField.FindStringSubmatch(first.body)[1]
	a := learner.post(page+"/apply", "programme", "agri", "key", key)
	again := learner.post(page+"/apply", "programme", "agri", "key", key)
	path := a.Header.Get("Location")
	if a.StatusCode != 303 || again.Header.Get("Location") != path || !strings.HasPrefix(path, page+"/applications/") {
		t.Fatalf("applying: %d %s, again %s", a.StatusCode, path, again.Header.Get("Location"))
	}
	id := cairn.ApplicationID(path[strings.LastIndex(path, "/")+1:])
	learner.get(path).is(t, "the draft", 200, "Soil water", "Hand in my application")

	learner.upload(path+"/add", "x.json", []byte("not JSON")).is(t, "adding nonsense", 400, `role="alert"`)
	learner.upload(path+"/add", "x.json", []byte(`{"a":1,"a":2}`)).is(t, "adding broken JSON", 400, `role="alert"`, "This is not a credential that can be read.")
	learner.post(path+"/add").is(t, "adding nothing", 400, `role="alert"`)
	if a := learner.upload(path+"/add", "soil.json", w.foreign.Document()); a.StatusCode != 303 {
		t.Fatalf("adding: %d %s", a.StatusCode, a.body)
	}
	draft, err := w.Recognise.Application(t.Context(), college, id)
	must(t, err)
	learner.get(path).is(t, "the draft with two", 200, "Soil soil", "Nobody has confirmed yet")
	learner.post(path+"/remove", "digest", draft.Items[0].Digest)
	learner.get(page).is(t, "the page with an open draft", 200, "Open my application")
	_, err = w.Recognise.AddOwn(t.Context(), college, id)
	must(t, err)

	if a := learner.post(path + "/submit"); a.StatusCode != 303 {
		t.Fatalf("handing in: %d %s", a.StatusCode, a.body)
	}
	if a := learner.post(path + "/submit"); a.StatusCode != 303 {
		t.Errorf("handing in twice: %d", a.StatusCode)
	}
	learner.get(path).is(t, "after handing in", 200, "Your application is with the registrar", "4 of 10 credits", "not proven whose it is")
	learner.upload(path+"/add", "soil.json", w.foreign.Document()).is(t, "adding after handing in", 409)

	office, desk := w.signedIn(t, college, "registrar"), "/registrar/applications/"+string(id)
	office.get("/registrar").is(t, "the queue", 200, "Amina Wanjiru", desk, "waiting for a decision", "1 identity to confirm", "2 credentials")
	view := office.get(desk)
	view.is(t, "the application", 200, "Amina Wanjiru", "A-17", "Soil soil", "Is it the same person?", "Rule 1.1", "Decide")
	token := csrfField.FindStringSubmatch(view.body)[1]
	revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(view.body)[1]

	var open string
	current, err := w.Recognise.Application(t.Context(), college, id)
	must(t, err)
	for _, i := range current.Items {
		if i.Identity == recognise.IdentityOpen {
			open = i.Digest
		}
	}
	office.post(desk+"/identity", "csrf", token, "digest", open, "reason", "").is(t, "confirming without a reason", 400, `role="alert"`)
	for range 2 { // sent twice is harmless
		if a := office.post(desk+"/identity", "csrf", token, "digest", open, "reason", "I know her and saw the paper"); a.StatusCode != 303 {
			t.Fatalf("confirming: %d %s", a.StatusCode, a.body)
		}
	}
	office.get(desk).is(t, "after confirming", 200, "10 of 10 credits", "award the full certificate", "A registrar confirmed")

	office.post(desk+"/decision", "csrf", token, "revision", revision, "outcome", "accept", "reason", "All there").is(t, "deciding on what has changed", 409, "has changed since")
	revision = regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(office.get(desk).body)[1]
	office.post(desk+"/decision", "csrf", token, "revision", revision, "outcome", "accept", "reason", " ").is(t, "deciding without a reason", 400, `href="#reason"`)
	office.post(desk+"/decision", "csrf", token, "revision", revision, "outcome", "promote", "reason", "x").is(t, "an outcome that is not there", 400, `href="#outcome"`)
	for range 2 {
		if a := office.post(desk+"/decision", "csrf", token, "revision", revision, "outcome", "accept", "reason", "All there"); a.StatusCode != 303 {
			t.Fatalf("deciding: %d %s", a.StatusCode, a.body)
		}
	}
	office.get(desk).is(t, "after the decision", 200, "Accepted", "All there", "Transcript", "/documents/certificate/document.pdf")
	done, err := w.Recognise.Application(t.Context(), college, id)
	must(t, err)
	if done.State != recognise.Delivered || done.Decision.By != "registrar" || len(done.Deliveries) != 3 {
		t.Fatalf("the application is %s by %+v with %d documents", done.State, done.Decision, len(done.Deliveries))
	}
	for _, kind := range []string{issue.KindDecision, issue.KindTranscript, issue.KindCertificate} {
		a := office.get(desk + "/documents/" + kind + "/credential.json")
		r := w.Verify.Verify(t.Context(), []byte(a.body), verify.Options{})
		if a.StatusCode != 200 || r.Verdict != verify.Valid {
			t.Errorf("%s: %d, %s %+v", kind, a.StatusCode, r.Verdict, r.Findings)
		}
		if a := office.get(desk + "/documents/" + kind + "/document.pdf"); a.StatusCode != 200 || !strings.HasPrefix(a.body, "%PDF-") {
			t.Errorf("%s as PDF: %d", kind, a.StatusCode)
		}
	}

	final := learner.get(page)
	final.is(t, "the learner's page at the end", 200, "You have completed this programme.", "Full certificate", "10 of 10 credits")
	certificate := learner.get(page + "/documents/" + url.PathEscape(string(done.CertificateCredential)) + "/document.pdf")
	if certificate.StatusCode != 200 || !strings.HasPrefix(certificate.body, "%PDF-") {
		t.Errorf("the certificate: %d", certificate.StatusCode)
	}
	learner.get(path).is(t, "the application at the end", 200, "Accepted", "All there", "You can appeal until 23 December 2026, to: the registrar.")
	if a := learner.post(path + "/withdraw"); a.StatusCode != 409 {
		t.Errorf("withdrawing after the decision: %d", a.StatusCode)
	}
}

func TestReturnAndRefuse(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	a := w.waiting(t)
	office, desk := w.signedIn(t, college, "registrar"), "/registrar/applications/"+string(a.ID)
	token := office.csrf(desk)
	for range 2 {
		if got := office.post(desk+"/decision", "csrf", token, "revision", fmt.Sprint(a.Revision), "outcome", "return", "reason", "Please add the card"); got.StatusCode != 303 {
			t.Fatalf("returning: %d %s", got.StatusCode, got.body)
		}
	}
	learner, path := w.browser(t), "/stack/"+w.token+"/applications/"+string(a.ID)
	learner.get(path).is(t, "the returned draft", 200, "The registrar asks you for something", "Please add the card", "Hand in my application")
	learner.post(path + "/submit")
	again, err := w.Recognise.Application(t.Context(), college, a.ID)
	must(t, err)
	if got := office.post(desk+"/decision", "csrf", token, "revision", fmt.Sprint(again.Revision), "outcome", "refuse", "reason", "Not this time"); got.StatusCode != 303 {
		t.Fatalf("refusing: %d %s", got.StatusCode, got.body)
	}
	learner.get(path).is(t, "the refused application", 200, "Refused", "Not this time", "Decision on recognition")
	learner.get("/stack/"+w.token).is(t, "the page after a refusal", 200, "Ask for recognition")
}

func TestWithdraw(t *testing.T) {
	w := open(t, plain)
	a := w.waiting(t)
	learner, path := w.browser(t), "/stack/"+w.token+"/applications/"+string(a.ID)
	for range 2 {
		if got := learner.post(path + "/withdraw"); got.StatusCode != 303 {
			t.Fatalf("withdrawing: %d %s", got.StatusCode, got.body)
		}
	}
	learner.get(path).is(t, "a withdrawn application", 200, "taken back")
}

// Two learners of one institution: neither sees anything of the other's.
func TestOtherLearner(t *testing.T) {
	w := open(t, plain)
	a := w.waiting(t)
	l, err := w.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: "Otieno"})
	must(t, err)
	token, err := w.Issue.NewStackToken(t.Context(), college, l.ID)
	must(t, err)
	b, page := w.browser(t), "/stack/"+token
	b.get(page).is(t, "an empty page", 200, "Otieno", "No stone yet", "0 of 10 credits")
	for _, path := range []string{"/applications/" + string(a.ID), "/documents/" + url.PathEscape(string(w.badges[0].ID())) + "/credential.json"} {
		b.get(page+path).is(t, path, 404)
	}
	for _, path := range []string{"/add", "/remove", "/submit", "/withdraw"} {
		b.post(page+"/applications/"+string(a.ID)+path, "text", "{}", "digest", a.Items[0].Digest).is(t, path, 404)
	}
	b.get("/stack/"+strings.Repeat("0", 32)).is(t, "a made-up page", 404, "There is no such page")
	if b.get("/stack/"+token+"/applications/"+string(a.ID)).StatusCode != 404 {
		t.Error("somebody else's application is shown")
	}
}

func TestQueue(t *testing.T) {
	w := open(t, plain)
	w.registrar(t)
	office := w.signedIn(t, college, "registrar")
	office.get("/registrar").is(t, "an empty queue", 200, "Nothing here.")
	var drafts []cairn.ApplicationID
	for i := range 30 {
		w.now = w.now.Add(time.Minute)
		l, err := w.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: college, FullName: fmt.Sprintf("Learner %02d", i)})
		must(t, err)
		a, err := w.Recognise.Draft(t.Context(), college, l.ID, "agri", fmt.Sprint("k", i))
		must(t, err)
		drafts = append(drafts, a.ID)
	}
	next := regexp.MustCompile(`class="b b2" href="(/registrar\?[^"]*after=[^"]*)"`)
	seen := map[string]int{}
	var order []string
	path := "/registrar?state=draft"
	for pages := 0; path != ""; pages++ {
		if pages > 3 {
			t.Fatal("the queue has no end")
		}
		a := office.get(path)
		a.is(t, path, 200)
		for _, name := range regexp.MustCompile(`Learner \d\d`).FindAllString(a.body, -1) {
			seen[name]++
			order = append(order, name)
		}
		path = ""
		if m := next.FindStringSubmatch(a.body); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if len(seen) != 30 {
		t.Errorf("%d of 30 applications are on the pages", len(seen))
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if !slices.IsSorted(order) {
		t.Errorf("the drafts are not by age: %v", order)
	}
	office.get("/registrar?state=draft&after=nothing").is(t, "the page after one that is not there", 404)

	// Whoever handed in first comes first, however late the other draft was made.
	for _, i := range []int{9, 3, 7, 1} {
		w.now = w.now.Add(time.Minute)
		_, err := w.Recognise.Add(t.Context(), college, drafts[i], w.badges[0].Document())
		must(t, err)
		_, err = w.Recognise.Submit(t.Context(), college, drafts[i])
		must(t, err)
	}
	inOrder := func(state string, want ...string) {
		t.Helper()
		got := regexp.MustCompile(`Learner \d\d`).FindAllString(office.get("/registrar?state="+state).body, -1)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
	inOrder("submitted", "Learner 09", "Learner 03", "Learner 07", "Learner 01")
	a, err := w.Recognise.Advance(t.Context(), college, drafts[3])
	must(t, err)
	w.now = w.now.Add(time.Minute)
	_, err = w.Recognise.Decide(t.Context(), recognise.DecideRequest{Institution: college, Application: a.ID, Outcome: recognise.Return, By: "registrar", Role: "registrar", Reason: "One is missing", Revision: a.Revision})
	must(t, err)
	_, err = w.Recognise.Submit(t.Context(), college, a.ID)
	must(t, err)
	inOrder("submitted", "Learner 09", "Learner 03", "Learner 07", "Learner 01") // who is asked for more keeps the place

	found := office.get("/registrar?state=&q=learner+07")
	found.is(t, "a search", 200, "Learner 07")
	if strings.Contains(found.body, "Learner 08") {
		t.Error("the search finds what it should not")
	}
	office.get("/registrar?state=&q=%25").is(t, "a search for a sign", 200, "Nothing here.")
	office.get("/registrar?state=bogus").is(t, "a state that is not there", 400)
	office.get("/registrar?state=&q="+strings.Repeat("a", 200)).is(t, "a long search", 400)
}

// A requirement that only a person can judge: the learner sees who must, the
// registrar says so with a reason, and takes it back.
func TestAttestPage(t *testing.T) {
	w := open(t, plain)
	inst, err := w.Issue.Institution(t.Context(), college)
	must(t, err)
	_, err = w.Recognise.Publish(t.Context(), college, fmt.Appendf(nil, strings.Replace(rules, `edition: "1"`, `edition: "2"`, 1)+`  - {id: R3, clause: "1.3", title: {en: Good standing}, attestedBy: "the dean <b>"}`+"\n", inst.DID))
	must(t, err)
	a := w.waiting(t)
	w.registrar(t)
	office, desk := w.signedIn(t, college, "registrar"), "/registrar/applications/"+string(a.ID)
	token := office.csrf(desk)
	if strings.Contains(office.get(desk).body, "0 of 0") {
		t.Error("it counts credits where there are none to count")
	}
	office.get(desk).is(t, "the application", 200, "What a person must confirm", "Good standing", "To be confirmed by: the dean &lt;b&gt;", "waits for a person")
	w.browser(t).get("/stack/"+w.token+"/applications/"+string(a.ID)).is(t, "the learner's page", 200, "Good standing", "A person must confirm this: the dean &lt;b&gt;.")
	w.browser(t).get("/stack/"+w.token+"/plan/agri").is(t, "what next", 200, "Good standing", "A person must confirm this: the dean &lt;b&gt;.")
	office.post(desk+"/attest", "csrf", token, "requirement", "R3", "reason", "").is(t, "without a reason", 400, `href="#attest-R3"`)
	office.post(desk+"/attest", "csrf", token, "requirement", "R1", "reason", "x").is(t, "what credentials decide", 404)
	for range 2 {
		if a := office.post(desk+"/attest", "csrf", token, "requirement", "R3", "reason", "Letter <i>of</i> the dean"); a.StatusCode != 303 {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	office.get(desk).is(t, "when it is confirmed", 200, "registrar confirmed this on", "Letter &lt;i&gt;of&lt;/i&gt; the dean", "Take the confirmation back")
	for range 2 {
		if a := office.post(desk+"/attest", "csrf", token, "requirement", "R3", "withdraw", "yes", "reason", "Another person"); a.StatusCode != 303 {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
	}
	office.get(desk).is(t, "when it is taken back", 200, "Confirm that this is met", "waits for a person")
}
