package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const page = "text/html,application/xhtml+xml"

// The rules of a programme are a page for people and a document for programs, and
// older editions stay readable for those whom they apply to.
func TestProgrammePage(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	a := b.get("/i/college/programmes/agri", "Accept", page)
	a.is(t, "page", 200, "You need 10 credits in all.", `href="#part-R1"`, `id="part-R1"`, "You need all of these (1):", "It has this keyword: soil.", "Rule 1.1", `id="rules-policy"`,
		"you have 30 days to say so", "Edition 1", "For applications begun on", `href="https://cairn.example/i/college/achievements/cert"`, "Ask the institution for the address")
	if strings.Contains(a.body, "This is an older edition") || a.Header.Get("Vary") == "" {
		t.Error("the newest edition is said to be an older one, or the answer does not say that it varies")
	}
	b.get("/i/college/programmes/agri?lang=sw", "Accept", page).is(t, "Swahili", 200, "Cheti cha kilimo", "Ina neno hili kuu: soil.", `lang="sw"`)
	b.get("/i/college/programmes/agri?lang=ar", "Accept", page).is(t, "Arabic", 200, `dir="rtl"`, "تحتاج")
	b.get("/i/college/programmes/agri?lang=en", "Accept", page).is(t, "English", 200)
	document := fmt.Sprintf(rules, "did:web:cairn.example:i:college")
	for name, got := range map[string]answer{
		"no page asked for": b.get("/i/college/programmes/agri"), "format": b.get("/i/college/programmes/agri?format=yaml", "Accept", page),
		"accept": b.get("/i/college/programmes/agri", "Accept", "application/yaml"),
	} {
		if got.body != document || got.Header.Get("Content-Type") != "application/yaml; charset=utf-8" {
			t.Errorf("%s: %s\n%s", name, got.Header.Get("Content-Type"), got.body)
		}
	}
	first := between(t, a.body, "?digest=", "&")
	w.later(24 * time.Hour)
	second := strings.Replace(strings.Replace(document, `edition: "1"`, `edition: "2"`, 1), "total: 10", "total: 9", 1)
	_, err := w.Recognise.Publish(t.Context(), college, []byte(second))
	must(t, err)
	b.get("/i/college/programmes/agri", "Accept", page).is(t, "newest", 200, "You need 9 credits in all.", "Edition 1", "For applications begun between 23 November 2026 and 24 November 2026")
	b.get("/i/college/programmes/agri?digest="+first, "Accept", page).is(t, "older", 200, "You need 10 credits in all.", "This is an older edition", "See the newest edition")
	if got := b.get("/i/college/programmes/agri?digest=" + first); got.body != document {
		t.Errorf("the older document: %s", got.body)
	}
	b.get("/i/college/programmes/agri?digest=nothing", "Accept", page).is(t, "no such edition", 404)
	b.get("/i/college/programmes/nothing", "Accept", page).is(t, "no such programme", 404)
	b.get("/i/other/programmes/agri", "Accept", page).is(t, "of another institution", 404)
	b.get("/stack/"+w.token).is(t, "the learner's page", 200, "/i/college/programmes/agri?digest=", "The rules in words")
}

func TestProgrammeList(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	b.get("/i/other/programmes").is(t, "none", 200, "has published no programme yet")
	b.get("/i/nobody/programmes").is(t, "no institution", 404)
	b.get("/i/college").is(t, "institution", 200, `href="/i/college/programmes"`)
	document := fmt.Sprintf(rules, "did:web:cairn.example:i:college")
	for i := range 30 {
		_, err := w.Recognise.Publish(t.Context(), college, []byte(strings.NewReplacer("id: agri", fmt.Sprintf("id: p%02d", i), "Certificate in farming", fmt.Sprintf("Number %02d", i)).Replace(document)))
		must(t, err)
	}
	a := b.get("/i/college/programmes")
	a.is(t, "all", 200, "Certificate in farming", "Number 23", `href="/i/college/programmes?from=25"`)
	if strings.Contains(a.body, "Number 24") {
		t.Error("the first page has more than 25 lines")
	}
	b.get("/i/college/programmes?from=25").is(t, "the rest", 200, "Number 24", "Number 29", `href="/i/college/programmes?"`)
	found := b.get("/i/college/programmes?q=FARMING")
	found.is(t, "search", 200, "Certificate in farming", `value="FARMING"`)
	if strings.Contains(found.body, "Number") {
		t.Error("what was not searched for is found")
	}
	b.get("/i/college/programmes?q=cheti").is(t, "search in another language", 200, "Certificate in farming")
	b.get("/i/college/programmes?q=nothing+of+the+kind").is(t, "nothing found", 200, "No programme has these words", `href="/i/college/programmes"`)
	for _, bad := range []string{"from=-1", "from=x", "q=" + strings.Repeat("x", 101)} {
		b.get("/i/college/programmes?"+bad).is(t, bad, 400)
	}
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	if !ok {
		_, rest, ok = strings.Cut(text, strings.ReplaceAll(before, "&", "&amp;"))
	}
	found, _, end := strings.Cut(rest, after)
	if !ok || !end {
		t.Fatalf("no %q … %q in\n%s", before, after, text)
	}
	return found
}

// A rule document that a programme uses has an address of its own, and the page of the
// programme leads there.
func TestRuleDocumentPage(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	text := "kind: policy\nid: national\nversion: \"1\"\ntitle: {en: National rules}\nlayer: national\npolicy: {outside: {percent: 40, clause: \"N 5\"}}\n"
	r, err := w.Recognise.AddRules(t.Context(), college, []byte(text), "amina")
	must(t, err)
	_, err = w.Recognise.ApproveRules(t.Context(), college, r.Digest(), "juma")
	must(t, err)
	a := b.get("/i/college/rules/" + r.Digest())
	if a.is(t, "document", 200); a.body != text || a.Header.Get("Content-Type") != "application/yaml; charset=utf-8" || a.Header.Get("ETag") == "" {
		t.Errorf("%v\n%s", a.Header, a.body)
	}
	b.get("/i/college/rules/"+r.Digest()+"/signatures").is(t, "signatures", 200, `{"digest":"`+r.Digest()+`","signatures":[]}`)
	b.get("/i/other/rules/"+r.Digest()).is(t, "of another institution", 404)
	b.get("/i/college/rules/sha256:0").is(t, "no such document", 404)
	b.get("/i/college/rules/sha256:0/signatures").is(t, "no such document", 404)
	document := strings.Replace(fmt.Sprintf(rules, "did:web:cairn.example:i:college"), "id: agri", "id: shared", 1) + "uses:\n  - {kind: policy, id: national, digest: \"" + r.Digest() + "\"}\n"
	_, err = w.Recognise.Publish(t.Context(), college, []byte(document))
	must(t, err)
	b.get("/i/college/programmes/shared", "Accept", page).is(t, "page", 200, "Rules above this programme: National rules, version 1", `href="https://cairn.example/i/college/rules/`+r.Digest()+`"`, "40 percent, that is 4 credits", "Rule N 5")
	b.get("/i/college/programmes/shared?format=yaml").is(t, "the document", 200, "uses:")
}
