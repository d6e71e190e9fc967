package web_test

import (
	"net/url"
	"strings"
	"testing"

	"cairn.example/internal/recognise"
)

// accepted takes Amina's application to its end: both of her credentials count.
func (w *town) accepted(t testing.TB) recognise.Application {
	t.Helper()
	a := w.waiting(t)
	for _, i := range a.Items {
		if i.Identity == recognise.IdentityOpen {
			_, err := w.Recognise.ConfirmIdentity(t.Context(), college, a.ID, i.Digest, "registrar", "I know her")
			must(t, err)
		}
	}
	a, err := w.Recognise.Advance(t.Context(), college, a.ID)
	must(t, err)
	_, err = w.Recognise.Decide(t.Context(), recognise.DecideRequest{Institution: college, Application: a.ID, Revision: a.Revision, Outcome: recognise.Accept, By: "registrar", Role: "registrar", Reason: "All there"})
	must(t, err)
	a, err = w.Recognise.Advance(t.Context(), college, a.ID)
	must(t, err)
	if a.State != recognise.Delivered {
		t.Fatalf("the application is %s", a.State)
	}
	return a
}

func TestLedgerPages(t *testing.T) {
	w := open(t, plain)
	w.staff(t)
	office, learner := w.signedIn(t, college, "registrar"), w.browser(t)
	own := "/stack/" + w.token + "/ledger"
	office.get("/registrar").is(t, "the queue", 200, `href="/registrar/ledger"`)
	office.get("/registrar/ledger").is(t, "an empty ledger", 200, "Nothing was used yet.")
	learner.get(own).is(t, "an empty ledger of one's own", 200, "None of your credentials was used yet.")
	a := w.accepted(t)

	desk := "/registrar/applications/" + string(a.ID)
	office.get("/registrar/ledger").is(t, "the ledger", 200, "Amina Wanjiru", "Soil soil", "Soil water", "rule", desk, desk+"/documents/decision/document.pdf", "by", "registrar", string(w.badges[0].ID()))
	office.get("/registrar/ledger?q="+url.QueryEscape(string(w.badges[0].ID()))).is(t, "one credential", 200, "Soil water")
	if page := office.get("/registrar/ledger?q=" + url.QueryEscape(string(w.badges[0].ID()))); strings.Contains(page.body, "Soil soil") {
		t.Error("a search for one credential shows another")
	}
	office.get("/registrar/ledger?q=nobody").is(t, "a search for nobody", 200, "Nothing was found.")
	office.get("/registrar/ledger?programme=agri&q=wanj").is(t, "a learner in a programme", 200, "Amina Wanjiru")
	office.get("/registrar/ledger?after=x").is(t, "a page that is not there", 400, "There is no such page of the list.")
	office.get("/registrar/ledger?q="+strings.Repeat("x", 201)).is(t, "too long a search", 400, "The search is too long.")
	if page := w.signedIn(t, other, "registrar").get("/registrar/ledger?q=Amina"); page.StatusCode != 200 || strings.Contains(page.body, "Soil") {
		t.Errorf("a registrar elsewhere: %d %s", page.StatusCode, page.body)
	}

	page := learner.get(own)
	page.is(t, "the learner's ledger", 200, "Soil soil", "Soil water", "/stack/"+w.token+"/applications/"+string(a.ID), url.PathEscape(string(a.DecisionCredential))+"/document.pdf")
	if strings.Contains(page.body, "by registrar") || strings.Contains(page.body, `name="q"`) {
		t.Error("the learner's page shows what is for colleagues")
	}
	learner.get("/stack/"+w.token).is(t, "the learner's page", 200, own)
	if pdf := learner.get("/stack/" + w.token + "/documents/" + url.PathEscape(string(a.DecisionCredential)) + "/document.pdf"); pdf.StatusCode != 200 {
		t.Errorf("the decision: %d", pdf.StatusCode)
	}
}
