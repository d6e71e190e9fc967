package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"cairn.example"
	"cairn.example/internal/i18n"
)

// chromium starts a browser in which the town's name leads to a server of the
// test, or skips; where nothing may be skipped it fails.
func chromium(t *testing.T, server *httptest.Server) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CAIRN_REQUIRE_ALL") != "" {
			t.Fatal("Chromium is required here: ", err)
		}
		t.Skip("skipped: needs Chromium (", err, ")")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP cairn.example "+strings.TrimPrefix(server.URL, "https://")), chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("blink-settings", "scriptEnabled=false")) // the pages need no script
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(end)
	return ctx
}

// screen is what the browser made of a page.
type screen struct {
	Scroll, Width int64
	Dir           string
	Wide          string // what sticks out
}

// TestFormsInChromium goes through the forms as people do, with scripts switched
// off, in every language, on a small phone and on a desk: nothing is wider than
// the screen, and the browser has nothing to complain of. CAIRN_SCREENSHOTS names
// a folder for pictures.
func TestFormsInChromium(t *testing.T) {
	w := open(t, plain)
	server := httptest.NewTLSServer(w.site)
	t.Cleanup(server.Close)
	ctx := chromium(t, server)
	w.registrar(t)
	waiting := w.waiting(t)
	file := filepath.Join(t.TempDir(), "credential.json")
	must(t, os.WriteFile(file, w.badges[0].Document(), 0o600))
	nonsense := filepath.Join(t.TempDir(), "nonsense.pdf")
	must(t, os.WriteFile(nonsense, []byte("%PDF-1.4 nothing"), 0o600))

	complaints := make(chan string, 1000)
	must(t, chromedp.Listen(ctx, func(e any) {
		if entry, ok := e.(*log.EventEntryAdded); ok && entry.Entry.Level != log.EntryLevelInfo && !strings.Contains(entry.Entry.Text, "status of 4") {
			complaints <- entry.Entry.Text
		}
	}))
	views := 0
	look := func(name, lang string, width int64) {
		t.Helper()
		page, err := chromedp.Run(ctx, chromedp.Evaluate[screen](`(() => { const d = document.documentElement, w = d.clientWidth
			const wide = [...document.querySelectorAll('main *')].filter(e => { const r = e.getBoundingClientRect(); return r.width > 1 && (r.right > w + 1 || r.left < -1) }).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))
			return {Scroll: d.scrollWidth, Width: w, Dir: d.dir, Wide: wide.join('; ')} })()`))
		must(t, err)
		views++
		if page.Scroll > page.Width || page.Wide != "" {
			t.Errorf("%s in %s at %d px: %d px wide: %s", name, lang, width, page.Scroll, page.Wide)
		}
		if want := (i18n.Language{Tag: cairn.Lang(lang)}).Dir(); page.Dir != want {
			t.Errorf("%s in %s: direction %q", name, lang, page.Dir)
		}
		if folder := os.Getenv("CAIRN_SCREENSHOTS"); folder != "" {
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, lang, width)), picture, 0o600))
		}
	}
	set := func(sel, value string) chromedp.Action[chromedp.Void] {
		return chromedp.SetValue(chromedp.CSS(sel), value)
	}
	upload := func(path string) chromedp.Action[chromedp.Void] {
		return chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path})
	}
	desk, page := "/registrar/applications/"+string(waiting.ID), "/stack/"+w.token
	for i, l := range i18n.Languages() {
		lang := string(l.Tag)
		for _, width := range []int64{360, 1280} {
			if width > 360 && lang != "en" && lang != "ar" {
				continue
			}
			at := func(path string) chromedp.Action[chromedp.Void] {
				return chromedp.Navigate(base + path + "?lang=" + lang)
			}
			for _, step := range []struct {
				name  string
				steps []chromedp.Action[chromedp.Void]
				click string // what sends the form, when there is one
			}{
				{"checked", []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(width, 800), at("/verify"), upload(file)}, "main button"},
				{"unreadable", []chromedp.Action[chromedp.Void]{at("/verify"), upload(nonsense)}, "main button"},
				{"many", []chromedp.Action[chromedp.Void]{at("/verify/many"), chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file, nonsense})}, "main button"},
				{"wrong-code", []chromedp.Action[chromedp.Void]{at("/claim"), set("#code", "ABCD-EFGH-JKMN")}, "main button"},
				{"received", []chromedp.Action[chromedp.Void]{at("/claim/" + w.code)}, "main button"},
				{"stack", []chromedp.Action[chromedp.Void]{at(page)}, ""},
				{"plan", []chromedp.Action[chromedp.Void]{at(page + "/plan/agri")}, ""},
				{"what-if", []chromedp.Action[chromedp.Void]{chromedp.Click(chromedp.CSS(`[name="plan"]`))}, `form[method="get"] button`},
				{"handed-in", []chromedp.Action[chromedp.Void]{at(page + "/applications/" + string(waiting.ID))}, ""},
				{"wrong-password", []chromedp.Action[chromedp.Void]{at("/signin"), set("#name", fmt.Sprint("nobody", i, width)), set("#password", "wrong")}, "main button"},
				{"signed-in", []chromedp.Action[chromedp.Void]{at("/signin"), set("#name", "registrar"), set("#password", password)}, "main button"},
				{"desk", []chromedp.Action[chromedp.Void]{at(desk)}, ""},
				{"complaint", []chromedp.Action[chromedp.Void]{chromedp.Click(chromedp.CSS(`[value="refuse"]`)), set("#reason", strings.Repeat("W", 90)), set(`[name="revision"]`, "1")}, `form[action$="/decision"] button`},
				{"account", []chromedp.Action[chromedp.Void]{at("/account")}, ""},
				{"home", nil, `form[action="/signout"] button`},
			} {
				if err := chromedp.Do(ctx, step.steps...); err != nil {
					t.Fatalf("%s in %s: %v", step.name, lang, err)
				}
				if step.click != "" {
					if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(step.click))); err != nil {
						t.Fatalf("%s in %s: %v", step.name, lang, err)
					}
				}
				look(step.name, lang, width)
			}
		}
	}
	close(complaints)
	for c := range complaints {
		t.Errorf("the browser complains: %s", c)
	}
	t.Logf("%d views", views)
}
