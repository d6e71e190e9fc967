package app_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"cairn.example/internal/demo"
)

// browser starts a real Chromium, or skips; where nothing may be skipped it fails.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CAIRN_REQUIRE_ALL") != "" {
			t.Fatal("Chromium is required here: ", err)
		}
		t.Skip("skipped: needs Chromium (", err, ")")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	ctx, end := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(end)
	return ctx
}

// TestPagesInChromium opens the pages as people do, on a small phone and on a desk,
// from left to right and from right to left. CAIRN_SCREENSHOTS names a folder for
// pictures of them.
func TestPagesInChromium(t *testing.T) {
	ctx := browser(t)
	s := openSite(t)
	var complaints []string
	var mu sync.Mutex
	if err := chromedp.Listen(ctx, func(e any) {
		if entry, ok := e.(*log.EventEntryAdded); ok && strings.Contains(entry.Entry.Text, "Content Security Policy") {
			mu.Lock()
			defer mu.Unlock()
			complaints = append(complaints, entry.Entry.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx,
		chromedp.Navigate(s.base+"/signin?lang=en"),
		chromedp.SendKeys(`#name`, string(s.story.Registrar)),
		chromedp.SendKeys(`#password`, demo.RegistrarPassword),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { const i = document.querySelector('[name=institution]'); if (i) { i.value = 'university' } return !!i })()`)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Click(`form[action="/signin"] button`), chromedp.WaitVisible(`main`)); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{
		"home": "/", "verify": "/verify", "claim": "/claim", "waiting": "/claim/" + s.story.ClaimCode, "stack": "/stack/" + s.story.StackToken,
		"queue": "/registrar", "application": "/registrar/applications/" + string(s.story.Waiting), "institution": "/i/university", "missing": "/nothing/here",
	}
	shots := os.Getenv("CAIRN_SCREENSHOTS")
	n := 0
	for name, path := range pages {
		for _, lang := range []string{"en", "ar", "hi"} {
			for _, width := range []int64{360, 1280} {
				if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(s.base+path+"?lang="+lang), chromedp.WaitReady(`body`)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				page, err := chromedp.Run(ctx, chromedp.Evaluate[view](`({scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth,
					dir: document.documentElement.dir, text: document.body.innerText, sheets: document.styleSheets.length})`))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				n++
				if page.Scroll > page.Width {
					t.Errorf("%s in %s at %d px: the page is %d px wide", name, lang, width, page.Scroll)
				}
				if want := map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]; page.Dir != want || page.Sheets != 1 {
					t.Errorf("%s in %s: direction %q, %d style sheets", name, lang, page.Dir, page.Sheets)
				}
				for _, word := range strings.Fields(page.Text) {
					if strings.Count(word, ".") == 1 && !strings.ContainsAny(word, "0123456789/@,:()") && strings.ToLower(word) == word && !strings.HasSuffix(word, ".") && strings.IndexByte(word, '.') > 2 && isASCII(word) {
						t.Errorf("%s in %s: %q looks like a sentence that is missing", name, lang, word)
					}
				}
				if shots != "" {
					picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(shots, fmt.Sprintf("%s-%s-%d.png", name, lang, width)), picture, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	for _, c := range complaints {
		t.Errorf("the browser complains: %s", c)
	}
	t.Logf("%d views", n)
}

// view is what a page looks like to the browser.
type view struct {
	Scroll int64  `json:"scroll"`
	Width  int64  `json:"width"`
	Dir    string `json:"dir"`
	Text   string `json:"text"`
	Sheets int    `json:"sheets"`
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}
