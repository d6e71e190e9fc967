package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
)

// FuzzForm reads forms as they come from outside, of both kinds.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte("text=%7B%7D&file=x&text=second"))
	f.Add("application/x-www-form-urlencoded", []byte("%zz&;&&=&=a"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{}\r\n--x--\r\n"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data\r\n\r\n--x\r\n\r\n"))
	f.Add("multipart/form-data; boundary=", []byte("--"))
	f.Add("text/plain", []byte("text={}"))
	f.Fuzz(bounds.Pair(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest("POST", "/verify", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v := &visit{w: w, r: r}
		if err := v.readForm(); err != nil {
			if k := cairn.KindOf(err); k != cairn.Invalid && k != cairn.TooLarge {
				t.Fatalf("kind %q: %v", k, err)
			}
			return
		}
		if len(v.form.Values) > maxFields || len(v.form.file) > maxFile {
			t.Fatal("a form is over its limits")
		}
		for name, all := range v.form.Values {
			if len(all) != 1 || name != "text" && len(all[0]) > maxField || len(all[0]) > maxText {
				t.Fatalf("the field %q is over its limit", name)
			}
		}
	}))
}

// FuzzLocalPath: nobody is sent to another site after signing in.
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/registrar", "/registrar?state=draft", "//evil.example/registrar", `/\evil`, "https://evil.example/registrar", "/account#x", "/registrar/../..//evil", "\t//evil", "/registrar\r\n"} {
		f.Add(s)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		got := localPath(s)
		if got == "" {
			return
		}
		if !strings.HasPrefix(got, "/registrar") && !strings.HasPrefix(got, "/account") || strings.ContainsAny(got, "\r\n\t\\ ") {
			t.Fatalf("localPath(%q) = %q", s, got)
		}
	}))
}

func TestFormLimits(t *testing.T) {
	read := func(contentType, body string) error {
		r := httptest.NewRequest("POST", "/verify", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return (&visit{w: httptest.NewRecorder(), r: r}).readForm()
	}
	many := func(n int) string {
		var fields []string
		for i := range n {
			fields = append(fields, fmt.Sprintf("f%d=x", i))
		}
		return strings.Join(fields, "&")
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for name, v := range map[string]struct {
		err  error
		code string
	}{
		"30 fields":      {read(urlencoded, many(maxFields)), ""},
		"31 fields":      {read(urlencoded, many(maxFields+1)), "web.form"},
		"a field":        {read(urlencoded, "a="+strings.Repeat("x", maxField)), ""},
		"a longer field": {read(urlencoded, "a="+strings.Repeat("x", maxField+1)), "web.too-large"},
		"a text":         {read(urlencoded, "text="+strings.Repeat("x", maxText)), ""},
		"a longer text":  {read(urlencoded, "text="+strings.Repeat("x", maxText+1)), "web.too-large"},
		"an escaped one": {read(urlencoded, "text="+strings.Repeat("%20", maxText)), ""},
		"no kind":        {read("", "a=b"), "web.form"},
		"31 parts":       {read("multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n", maxFields+1)+"--x--\r\n"), "web.form"},
	} {
		if cairn.CodeOf(v.err) != v.code {
			t.Errorf("%s: %v, want %q", name, v.err, v.code)
		}
	}
}

func TestGate(t *testing.T) {
	g := newGate(2, 3, 5)
	for range 2 {
		if err := g.enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	results := make(chan error, 10)
	for range 10 {
		wg.Add(1)
		go func() { defer wg.Done(); results <- g.enter(ctx, "a") }()
	}
	for range 7 { // three wait, the others are told to come again
		if err := <-results; cairn.KindOf(err) != cairn.Unavailable {
			t.Errorf("a full gate: %v", err)
		}
	}
	cancel()
	wg.Wait()
	for range 3 {
		if err := <-results; cairn.KindOf(err) != cairn.Unavailable {
			t.Errorf("given up while waiting: %v", err)
		}
	}
	g.exit("a")
	if err := g.enter(t.Context(), "a"); err != nil {
		t.Errorf("after one left: %v", err)
	}
}

func TestPicture(t *testing.T) {
	var many []Stone
	for i := range 100 {
		many = append(many, Stone{Part: float64(i%3) / 2})
		s := string(cairnSVG(many, `"><script>`, "x"))
		if n := strings.Count(s, "<g "); n != min(i+1, maxStones) {
			t.Fatalf("%d requirements give %d stones", i+1, n)
		}
		if strings.Contains(s, "<script") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Fatal(s)
		}
	}
	s := string(cairnSVG([]Stone{{Part: 1}, {Part: 0.5}, {}}, "x", "x"))
	if strings.Count(s, "stone full") != 1 || strings.Count(s, "stone part") != 1 || strings.Count(s, `class="stone"`) != 2 {
		t.Errorf("one full, one half and one open stone: %s", s)
	}
	if cairnSVG(nil, "x", "x") != "" {
		t.Error("a picture of nothing")
	}
}
