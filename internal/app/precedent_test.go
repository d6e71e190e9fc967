package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// The register tells cases of final decisions, and nothing of whose they are.
func TestPrecedents(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "told", ", secondSignature: {for: [], clause: \"9\"}")
	a := c.apply(t, "told", "1")
	a, err := c.allow(a, "grace", programme.Exception{Type: programme.Waive, Requirement: "R3"})
	if err != nil {
		t.Fatal(err)
	}
	publish := func(a recognise.Application, item, category, wording string, withdraw bool) error {
		return c.Recognise.PublishPrecedent(t.Context(), recognise.PublishPrecedentRequest{Institution: uni, Application: a.ID, Item: item, Category: category, Wording: wording, Withdraw: withdraw, By: "grace"})
	}
	code(t, publish(a, "exception x1", "individual", "", false), "precedent.not-final")
	a = c.decided(t, a, recognise.Accept)
	code(t, publish(a, "exception x1", "individual", "", false), "precedent.not-final") // it can still be appealed
	at(t, now.AddDate(0, 0, 31))
	for _, bad := range [][3]string{{"exception x1", "other", "precedent.category"}, {"exception x9", "individual", "precedent.no-such-case"}} {
		code(t, publish(a, bad[0], bad[1], "", false), bad[2])
	}
	code(t, publish(a, "exception x1", "individual", strings.Repeat("x", 501), false), "precedent.wording")
	code(t, publish(a, "exception x1", "individual", "as amina did it before", false), "precedent.personal")
	found, err := c.Recognise.Candidates(t.Context(), uni, a.ID)
	if err != nil || len(found) != 1 || found[0].Kind != "waive" || found[0].Published || found[0].When != "2026" {
		t.Fatalf("%+v %v", found, err)
	}
	for range 2 {
		if err := publish(a, "exception x1", "individual", "the same field work was seen", false); err != nil {
			t.Fatal(err)
		}
	}
	list, err := c.Recognise.Precedents(t.Context(), uni, recognise.PrecedentFilter{Limit: 10})
	if err != nil || len(list) != 1 || list[0].Clause != "3" || list[0].Wording == "" || list[0].Edition != "1" {
		t.Fatalf("%+v %v", list, err)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Amina", string(a.ID), string(a.Learner), "minutes of 3 May", "grace", "2026-11"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the register says %q: %s", secret, text)
		}
	}
	for search, n := range map[string]int{"field work": 1, "PESTS": 1, "nobody": 0, "%": 0} {
		got, err := c.Recognise.Precedents(t.Context(), uni, recognise.PrecedentFilter{Search: search, Limit: 10})
		if err != nil || len(got) != n {
			t.Errorf("%q finds %d, %v", search, len(got), err)
		}
	}
	if got, err := c.Recognise.Precedents(t.Context(), "other", recognise.PrecedentFilter{Limit: 10}); err != nil || len(got) != 0 {
		t.Errorf("another institution tells %v %v", got, err)
	}
	for range 2 {
		if err := publish(a, "exception x1", "", "", true); err != nil {
			t.Fatal(err)
		}
	}
	code(t, publish(a, "exception x9", "", "", true), "precedent.no-such-case")
	if list, err = c.Recognise.Precedents(t.Context(), uni, recognise.PrecedentFilter{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if err := publish(a, "exception x1", "content", "", false); err != nil {
		t.Fatal(err)
	}
	c.clean(t)
}

// Where enough learners were decided on in a month, the month is told. Learning from
// elsewhere is named, prior learning is not, and the pages of the register are whole.
func TestPrecedentsOfMany(t *testing.T) {
	c := openCampus(t)
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	document := fmt.Sprintf(rules, "crowded", inst.DID, "cert")
	document = strings.Replace(document, "policy: {appeal: {days: 30, to: the registrar}}\n", "", 1)
	if _, err := c.Recognise.Publish(t.Context(), uni, []byte(document)); err != nil {
		t.Fatal(err)
	}
	var last recognise.Application
	for i := range 5 {
		l, err := c.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: uni, FullName: fmt.Sprint("Learner ", i), Number: fmt.Sprint("N", i)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Issue.Award(t.Context(), issue.AwardRequest{Institution: uni, Key: fmt.Sprint("w", i), Achievement: achievement("water", "", 0).ID, Learner: l.ID, AwardedOn: now.AddDate(0, -1, 0)}); err != nil {
			t.Fatal(err)
		}
		own := c.learner
		c.learner = l.ID
		a := c.apply(t, "crowded", fmt.Sprint("k", i))
		c.learner = own
		if a, err = c.allow(a, "grace", programme.Exception{Type: programme.Waive, Requirement: "R1"}); err != nil {
			t.Fatal(err)
		}
		if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
			t.Fatal(err)
		}
		if a, err = c.countersign(a, "henry", true); err != nil {
			t.Fatal(err)
		}
		if last, err = c.Recognise.Advance(t.Context(), uni, a.ID); err != nil || last.State != recognise.Delivered {
			t.Fatal(last.State, err)
		}
		if i == 0 {
			if found, err := c.Recognise.Candidates(t.Context(), uni, last.ID); err != nil || found[0].When != "2026" {
				t.Errorf("one case tells the month: %+v %v", found, err)
			}
		}
		if err := c.Recognise.PublishPrecedent(t.Context(), recognise.PublishPrecedentRequest{Institution: uni, Application: last.ID, Item: "exception x1", Category: "individual", By: "grace"}); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := c.Recognise.Candidates(t.Context(), uni, last.ID); err != nil || found[0].When != "2026-11" {
		t.Errorf("%+v %v", found, err)
	}
	seen, after := map[string]bool{}, ""
	for range 3 {
		page, err := c.Recognise.Precedents(t.Context(), uni, recognise.PrecedentFilter{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			seen[p.ID], after = true, p.ID
		}
	}
	if len(seen) != 5 {
		t.Errorf("three pages of two tell %d of five", len(seen))
	}
	_, err = c.Recognise.Precedents(t.Context(), uni, recognise.PrecedentFilter{After: "nobody", Limit: 2})
	code(t, err, "precedent.not-found")
	c.clean(t)
}
