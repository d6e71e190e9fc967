package web_test

import (
	"encoding/json"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cairn.example/internal/i18n"
)

// hostile are texts that try to become something else than text. One corpus for
// every page (SECURITY U06, U10).
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</title></textarea></style><svg/onload=alert(1)>`,
	`{{.}} {{printf "%v" .}} ${7*7} #{7*7}`,
	`javascript:alert(1)//`,
	`<!-- --><![CDATA[ ]]>`,
	`&lt;script&gt;&#60;b&#62;`,
	"<a href=//evil.example>free</a>",
	`=HYPERLINK("http://evil.example")`,
	strings.Repeat("W", 120),
	"ศาสตราจารย์ดร.ประเสริฐศักดิ์",
}

func TestHostileTextIsInert(t *testing.T) {
	for _, s := range hostile {
		w := open(t, words{learner: s, institution: s, achievement: s, description: s, search: s})
		w.registrar(t)
		waiting := w.waiting(t)
		office, learner := w.signedIn(t, college, "registrar"), w.browser(t)
		desk, stack := "/registrar/applications/"+string(waiting.ID), "/stack/"+w.token
		token := office.csrf(desk)
		query := url.QueryEscape(s)
		pages := map[string]answer{
			"home":             learner.get("/?lang=" + query),
			"institution":      learner.get("/i/college"),
			"achievement":      learner.get("/i/college/achievements/soil"),
			"claim":            learner.get("/claim/" + w.code),
			"claimed":          learner.post("/claim/" + w.code),
			"a wrong code":     learner.post("/claim", "code", s),
			"verify":           learner.post("/verify", "text", string(w.badges[0].Document())),
			"verify nonsense":  learner.post("/verify", "text", s),
			"verify hostile":   learner.post("/verify", "text", `{"`+strings.ReplaceAll(s, `"`, `\"`)+`":1}`),
			"a hostile file":   learner.upload("/verify", s, []byte(s)),
			"stack":            learner.get(stack),
			"application":      learner.get(stack + "/applications/" + string(waiting.ID)),
			"plan":             learner.get(stack + "/plan/agri?plan=college%2Fsoil"),
			"hostile plan":     learner.get(stack + "/plan/agri?plan=" + query[:min(len(query), 90)]),
			"no such page":     learner.get("/" + url.PathEscape(s)),
			"sign-in":          learner.get("/signin?next=" + query + "&institution=" + query),
			"sign-in again":    learner.post("/signin", "institution", s, "name", s, "password", s, "next", s),
			"queue":            office.get("/registrar?state=&q=" + query[:min(len(query), 90)]),
			"desk":             office.get(desk),
			"desk complaint":   office.post(desk+"/decision", "csrf", token, "revision", "99", "outcome", s, "reason", s),
			"identity refused": office.post(desk+"/identity", "csrf", token, "digest", s, "reason", s),
			"account":          office.get("/account"),
		}
		for name, a := range pages {
			if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && a.StatusCode != 303 {
				t.Errorf("%s: %d is %s", name, a.StatusCode, a.Header.Get("Content-Type"))
			}
			inert(t, name+" with "+s, a.body)
			if strings.ContainsAny(s, "<\"'") && strings.Contains(a.body, s) {
				t.Errorf("%s shows %s as it is", name, s)
			}
			if strings.Contains(a.body, "ZgotmplZ") {
				t.Errorf("%s: the template had to take something out", name)
			}
		}
		for _, name := range []string{"claimed", "verify", "stack", "plan", "application", "desk"} {
			if !strings.Contains(html.UnescapeString(pages[name].body), s) {
				t.Errorf("%s does not show %q at all", name, s)
			}
		}
		data := learner.get("/i/college/achievements/soil", "Accept", "application/json")
		if !json.Valid([]byte(data.body)) {
			t.Errorf("the definition is no JSON any more: %s", data.body)
		}
	}
}

var (
	usedInTemplates = regexp.MustCompile(`\bWN? "([a-z0-9.-]+)"`)
	usedInCode      = regexp.MustCompile(`\.WN?\("([a-z0-9.-]+)"[,)]`)
	prefixInCode    = regexp.MustCompile(`W\("([a-z0-9.-]+\.)"\s*\+|print "([a-z0-9.-]+[.-])"`)
	code            = regexp.MustCompile(`add\("([a-z]+)",`)
)

// Every sentence that a page asks for exists, and none is kept that no page asks
// for.
func TestSentencesAreThere(t *testing.T) {
	catalogue, err := i18n.Load()
	must(t, err)
	used, prefixes := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("*.go")
	must(t, err)
	more, err := filepath.Glob("templates/*.html")
	must(t, err)
	for _, f := range append(files, more...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		must(t, err)
		for _, re := range []*regexp.Regexp{usedInTemplates, usedInCode} {
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = true
			}
		}
		for _, m := range prefixInCode.FindAllStringSubmatch(string(b), -1) {
			prefixes[m[1]+m[2]] = true
		}
		for _, m := range code.FindAllStringSubmatch(string(b), -1) {
			used["fact."+m[1]] = true
		}
	}
	if len(used) < 150 || len(prefixes) < 10 {
		t.Fatalf("found only %d sentences and %d prefixes: the search is broken", len(used), len(prefixes))
	}
	prefixes["type."] = true
	known := map[string]bool{}
	for _, c := range catalogue.Codes("en", "web") {
		known[c] = true
		ok := used[c]
		for p := range prefixes {
			ok = ok || strings.HasPrefix(c, p)
		}
		if !ok {
			t.Errorf("no page asks for %q", c)
		}
	}
	for c := range used {
		if !known[c] {
			t.Errorf("there is no sentence %q", c)
		}
	}
	// Each member of a set that code builds a name from.
	for prefix, members := range map[string][]string{
		"axis.": {"proof", "model", "period", "status", "holder", "issuer"}, "outcome.": {"yes", "no", "unknown"}, "decision.": {"accept", "refuse", "uphold"},
		"state.": {"draft", "submitted", "evaluated", "decided", "reserved", "awarded", "delivered", "withdrawn", "countersigning"}, "step.": {"draft", "submitted", "evaluated", "decided", "delivered"},
		"step-is.": {"done", "now", "later"}, "identity.": {"proven", "matched", "confirmed", "open"}, "credential.": {"used", "partly-used", "not-used", "undecided"},
		"requirement.": {"satisfied", "partly", "missing", "waiting", "waived"}, "route.": {"in-residence", "transfer", "rpl"}, "cap.": {"outside", "rpl"}, "role.": {"registrar", "officer", "admin"},
		"kind.":      {"unreadable", "credential", "badge", "certificate", "transcript", "presentation", "decision", "status-list", "trust-list", "trust-bundle", "paper", "identity"},
		"exception.": {"waive", "waive-total", "substitute", "supplement", "exclude", "applied", "not-needed", "expired", "waiting-second", "waiting-work"},
		"grant.":     {"substitute", "supplement"}, "despite.": {"age", "level", "grade", "assessment"},
		"error.heading-": {"none", "denied", "changed", "wait", "ours", "wrong"},
	} {
		for _, m := range members {
			if !known[prefix+m] {
				t.Errorf("there is no sentence %q", prefix+m)
			}
		}
	}
	p := catalogue.For("en")
	for _, kind := range []string{"invalid", "not-found", "conflict", "denied", "unavailable", "too-large", "internal"} {
		if !p.Has("errors", "kind."+kind) {
			t.Errorf("there is no sentence for the kind %q", kind)
		}
	}
}
