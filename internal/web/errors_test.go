package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/i18n"
)

var errorCode = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$`)

// source reads the code of a package, to find the errors that it can make.
type source struct {
	files  []*ast.File
	consts map[string]string
	// makers are functions that make an error with a code that they are given: the
	// place of the code among what they are given, and the kind.
	makers map[string]maker
}

type maker struct {
	place    int
	suffix   string
	internal bool
}

func readSource(t *testing.T, dir string) *source {
	t.Helper()
	s := &source{consts: map[string]string{}, makers: map[string]maker{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
	}
	if len(s.files) == 0 {
		t.Fatalf("no source in %s", dir)
	}
	s.each(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, v := range n.Values {
				if text, ok := literal(v); ok {
					s.consts[n.Names[i].Name] = text
				}
			}
		case *ast.FuncDecl:
			s.findMaker(n)
		}
	})
	return s
}

func (s *source) each(f func(ast.Node)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool { f(n); return true })
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// text returns the value of a literal or constant.
func (s *source) text(e ast.Expr) string {
	if v, ok := literal(e); ok {
		return v
	}
	if id, ok := e.(*ast.Ident); ok {
		return s.consts[id.Name]
	}
	return ""
}

// made returns the code of a cairn.Error that an expression makes.
func made(n ast.Node) (code ast.Expr, internal, ok bool) {
	c, isLit := n.(*ast.CompositeLit)
	if !isLit {
		return nil, false, false
	}
	if sel, isSel := c.Type.(*ast.SelectorExpr); !isSel || sel.Sel.Name != "Error" {
		return nil, false, false
	}
	for _, e := range c.Elts {
		kv, isKV := e.(*ast.KeyValueExpr)
		if !isKV {
			continue
		}
		switch kv.Key.(*ast.Ident).Name {
		case "Code":
			code, ok = kv.Value, true
		case "Kind":
			sel, isSel := kv.Value.(*ast.SelectorExpr)
			internal = isSel && sel.Sel.Name == "Internal"
		}
	}
	return code, internal, ok
}

func (s *source) findMaker(f *ast.FuncDecl) {
	places := map[string]int{}
	n := 0
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			places[name.Name] = n
			n++
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		code, internal, ok := made(n)
		if !ok {
			return true
		}
		suffix := ""
		if sum, isSum := code.(*ast.BinaryExpr); isSum {
			code, suffix = sum.X, s.text(sum.Y)
		}
		if id, isName := code.(*ast.Ident); isName {
			if place, isParam := places[id.Name]; isParam {
				s.makers[f.Name.Name] = maker{place, suffix, internal}
			}
		}
		return true
	})
}

// codes returns the codes of the errors that the package can make, and whether they
// are faults of ours, which are said in one sentence.
func (s *source) codes() map[string]bool {
	out := map[string]bool{}
	add := func(code string, internal bool) {
		if errorCode.MatchString(code) {
			was, known := out[code]
			out[code] = internal && (was || !known)
		}
	}
	s.each(func(n ast.Node) {
		if code, internal, ok := made(n); ok {
			add(s.text(code), internal)
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if m, ok := s.makers[name]; ok && m.place < len(call.Args) {
			add(s.text(call.Args[m.place])+m.suffix, m.internal)
		}
	})
	return out
}

// spoken are the packages whose errors a page can say.
var spoken = []string{"web", "staff", "recognise", "issue", "batch", "paper", "sqlstore", "trust", "app", "keys", "fetch", "../bake"}

// unspoken are codes that have no sentence: pages say that of their kind, with the
// English words below it. Each line says why that is enough. A code or a whole group
// ("import.").
var unspoken = map[string][]string{
	"only commands do this, and they speak English": {"import.", "institution.country", "institution.exists", "institution.id", "institution.name", "institution.url", "achievement.version", "achievement.version-used", "award.activity", "award.credits",
		"award.credits-too-many", "award.credits-without-unit", "award.date-future", "award.date-missing", "award.date-old", "award.ended", "language.tag",
		"learner.other-name", "name.", "rules.", "cases.", "revoke.", "check.", "trust.", "replay.", "keys.", "app.url", "web.proxies", "store.in-use", "store.restored", "staff.exists", "staff.id",
		"staff.last-admin", "staff.name", "staff.role", "paper.qr-scale", "bake.already"},
	"of what the program writes itself, never of what a visitor sent": {"issue.document", "issue.key", "issue.key-used", "issue.void", "issue.not-issued", "issue.title", "paper.qr",
		"app.status-size"},
	"rows that no page names": {"claim.not-found", "credit-use.not-found", "learner.not-found", "session.not-found", "staff.not-found", "status-list.not-found",
		"trust-list.not-found"},
	"ends in a report, which has sentences of its own": {"fetch.offline", "fetch.refused", "did.method"},
}

func isUnspoken(code string, used map[string]bool) bool {
	for _, list := range unspoken {
		for _, u := range list {
			if code == u || strings.HasSuffix(u, ".") && strings.HasPrefix(code, u) {
				used[u] = true
				return true
			}
		}
	}
	return false
}

// Every error that a page can say has a sentence, and every sentence has an error
// that the source makes. TestEveryLanguageIsComplete has the other languages.
func TestErrorsHaveSentences(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	sentences := c.Codes(i18n.Fallback, "errors")
	canBe, used := map[string]bool{}, map[string]bool{}
	for _, dir := range spoken {
		codes := readSource(t, "../"+dir).codes()
		if len(codes) == 0 {
			t.Errorf("no error found in %s: is this test blind?", dir)
		}
		for code, internal := range codes {
			canBe[code] = true
			has := slices.Contains(sentences, code)
			switch quiet := internal || isUnspoken(code, used); {
			case !has && !quiet:
				t.Errorf("internal/%s makes %s, which has no sentence in internal/i18n/locales/*/errors.json", dir, code)
			case has && quiet:
				t.Errorf("%s has a sentence, and is said to need none", code)
			}
		}
	}
	for code := range readSource(t, "../../strictjson").codes() { // what a page is given to read: one sentence for all
		canBe["json.malformed"] = canBe["json.malformed"] || strings.HasPrefix(code, "json.")
	}
	for code := range readSource(t, "../../programme").codes() { // what a registrar is told of an exception
		canBe[code] = canBe[code] || strings.HasPrefix(code, "programme.exception")
	}
	for _, k := range []cairn.Kind{cairn.Invalid, cairn.NotFound, cairn.Conflict, cairn.Denied, cairn.Unavailable, cairn.TooLarge, cairn.Internal} {
		canBe["kind."+string(k)] = true
		if !slices.Contains(sentences, "kind."+string(k)) {
			t.Errorf("the kind %s has no sentence", k)
		}
	}
	for _, code := range sentences {
		if !canBe[code] {
			t.Errorf("errors.json has a sentence for %s, which nothing makes", code)
		}
	}
	for why, list := range unspoken {
		for _, u := range list {
			if !used[u] {
				t.Errorf("%s (%s) is no code of an error any more", u, why)
			}
		}
	}
}
