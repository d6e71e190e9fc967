package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairn.example"
)

// agreed has a rule about age, an agreement that ends, and a place for which nothing
// is taught.
const agreed = `
id: short
edition: "1"
institution: %s
title: {en: Short certificate}
language: en
award: {achievement: https://cairn.example/i/college/achievements/cert, type: Certificate}
credit: {unit: credits, hoursPerCredit: 10, total: 12}
policy: {maxAge: {years: 2, clause: "1.6"}}
agreements:
  - {id: A-1, issuer: "%s", achievement: "https://cairn.example/i/other/achievements/soil", countsAs: [S], until: "2027-06"}
requirements:
  - {id: R1, clause: "1.1", title: {en: Ground}, all: [{id: S, title: {en: Soil}, credits: 6, match: {issuers: ["%[2]s"], tags: [none]}}]}
  - {id: R2, clause: "1.2", title: {en: Anything}, credits: 4, match: {fields: [AGRI]}}
  - {id: R3, clause: "1.3", title: {en: Bees}, all: [{id: B, title: {en: Beekeeping}, credits: 2, match: {tags: [bees]}}]}
`

// What next, what will lapse and what if, as a learner reads them.
func TestPlanPage(t *testing.T) {
	w := open(t, plain)
	b, page := w.browser(t), "/stack/"+w.token
	b.get(page).is(t, "the learner's page", 200, `href="`+page+`/plan/agri"`)
	first := b.get(page + "/plan/agri")
	first.is(t, "the plan", 200, "Amina Wanjiru", "4 of 10 credits", "The cheapest way: 6 credits", `href="/i/college/achievements/soil"`, "Nothing that counts now has an end.", "What do you want to try?", "The whole programme")
	if strings.Contains(first.body, "This is only a plan") || strings.Contains(first.body, "achievements/water") || strings.Contains(first.body, "achievements/cert\"") {
		t.Error("there is a plan without one, or what is held, or the award itself, is proposed")
	}

	// The link of a proposal, and the form, ask the same.
	link := regexp.MustCompile(`href="([^"#]*plan=college%2Fsoil)#what-if"`).FindStringSubmatch(first.body)
	if link == nil {
		t.Fatal("no proposal can be tried")
	}
	tried := b.get(strings.ReplaceAll(link[1], "&amp;", "&"))
	tried.is(t, "a proposal", 200, "This is only a plan", "10 of 10 credits", "The programme would be complete.", "Soil would be done.", "planned", " checked>")
	if !strings.Contains(tried.body, "4 of 10 credits") {
		t.Error("what is does not stand beside what would be")
	}
	b.get(page).is(t, "the page after a plan", 200, "4 of 10 credits")

	gone := b.get(page + "/plan/agri?plan=" + url.QueryEscape("https://elsewhere.example/x"))
	gone.is(t, "a plan with what is not taught", 404, `role="alert"`, "not in the catalogue any more", "The cheapest way")
	b.get(page+"/plan/nothing").is(t, "no such programme", 404)
	b.get("/stack/"+strings.Repeat("0", 32)+"/plan/agri").is(t, "a made-up page", 404)

	college, err := w.Issue.Institution(t.Context(), college)
	must(t, err)
	partner, err := w.Issue.Institution(t.Context(), other)
	must(t, err)
	_, err = w.Recognise.Publish(t.Context(), college.ID, fmt.Appendf(nil, agreed, college.DID, partner.DID))
	must(t, err)
	b.get(page).is(t, "two programmes", 200, "Which full credential am I nearest to?", "6 credits are missing.", "8 credits are missing.")
	short := b.get(page + "/plan/short")
	// The credit was earned a month before; it is too old two years later.
	short.is(t, "the other plan", 200, "Nothing that is taught can complete this.", "There is nothing yet for:", "Beekeeping", "at Lakeside College", "24 October 2028", "4 credits until then, 0 credits from that day on.", "Rule 1.6", "Anything is open again.", "From 1 July 2027 on", "A-1")

	list, err := w.Recognise.Compare(t.Context(), college.ID, w.learner)
	must(t, err)
	if len(list) != 2 || list[0].Programme != "agri" || list[0].Missing.String() != "6" || list[1].Missing.String() != "8" {
		t.Errorf("%+v", list)
	}
}

// A plan never gets into an application or a decision.
func TestAPlanIsNotHeld(t *testing.T) {
	w := open(t, plain)
	b, page := w.browser(t), "/stack/"+w.token
	const soil = "college/soil"
	b.get(page+"/plan/agri?plan="+url.QueryEscape(soil)).is(t, "the plan", 200, "10 of 10 credits")
	a := w.waiting(t)
	for _, h := range a.Evaluation.Held {
		if strings.HasPrefix(h.Digest, "planned:") {
			t.Errorf("%s is in an application", h.Digest)
		}
	}
	if a.Evaluation.Result.Counted.String() != "4" {
		t.Errorf("%s are counted", a.Evaluation.Result.Counted)
	}
	// One identity is open: the page says that something waits.
	b.get(page+"/plan/agri").is(t, "the plan beside an application", 200, "1 credential does not count here")
	many := url.Values{}
	for i := range 60 {
		many.Add("plan", fmt.Sprint(soil, i))
	}
	b.get(page+"/plan/agri?"+many.Encode()).is(t, "a very long plan", 404)
	p, _, err := w.Recognise.Programme(t.Context(), college, a.ProgrammeDigest)
	must(t, err)
	if _, err := w.Recognise.Guide(t.Context(), college, p, nil, make([]cairn.AchievementID, 51)); cairn.CodeOf(err) != "plan.too-many" {
		t.Errorf("%v", err)
	}
}
