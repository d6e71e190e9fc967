package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cairn.example/bake"
	"cairn.example/did"
	"cairn.example/internal/paper"
	"cairn.example/internal/verify"
	"cairn.example/internal/web"
	"cairn.example/jose"
	"cairn.example/pixelpass"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

var reportLink = regexp.MustCompile(`href="data:application/json;base64,([^"]+)"`)

func TestVerifyPage(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	document := string(w.badges[0].Document())
	pdf, err := w.Print(t.Context(), w.badges[0], false, "en")
	must(t, err)
	code, err := w.PaperCode(t.Context(), w.badges[0])
	must(t, err)
	picture, err := paper.QRPNG(code, 6)
	must(t, err)

	baked, err := bake.PNG(picture, []byte(document))
	must(t, err)
	drawing, err := bake.SVG([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>`), []byte(document))
	must(t, err)
	pixels, err := pixelpass.Encode([]byte(document))
	must(t, err)
	otherPicture, err := paper.QRPNG("eyJhbGciOiJub25lIn0.e30.QQ", 6)
	must(t, err)
	both, err := bake.PNG(otherPicture, []byte(document))
	must(t, err)

	b.get("/verify").is(t, "the form", 200, `enctype="multipart/form-data"`, `type="file"`)
	good := []string{`class="box verdict valid"`, "Amina Wanjiru", "Soil water", "Issued by Lakeside College", "Check that this is the same person"}
	b.post("/verify", "text", document).is(t, "pasted text", 200, good...)
	b.upload("/verify", "a.json", []byte(document)).is(t, "a JSON file", 200, good...)
	b.upload("/verify", "a.pdf", pdf).is(t, "a PDF", 200, good...)
	b.upload("/verify", "a.png", picture).is(t, "a picture of the code", 200, good[:4]...)
	b.post("/verify", "text", "\r\n "+code+"\n").is(t, "the text of the code", 200, good[:4]...)

	before := reportsSeen.Load()
	b.upload("/verify", "a.png", baked).is(t, "a baked PNG", 200, good...)
	b.upload("/verify", "a.svg", drawing).is(t, "a baked SVG", 200, good...)
	b.post("/verify", "text", string(drawing)).is(t, "a baked SVG as text", 200, good...)
	b.post("/verify", "text", pixels+"\r\n").is(t, "the text of a PixelPass code", 200, good...)
	b.upload("/verify", "a.svg", bytes.Replace(drawing, []byte("Amina Wanjiru"), []byte("Somebody Else"), 1)).is(t, "a changed SVG", 200, `class="box verdict invalid"`)
	b.upload("/verify", "a.png", bytes.Replace(baked, []byte("Amina Wanjiru"), []byte("Somebody Else"), 1)).is(t, "a changed PNG", 400, "damaged")
	b.upload("/verify", "a.png", both).is(t, "one inside and another on it", 400, "more than one credential")
	b.upload("/verify", "a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org"><o:assertion verify="https://x.example/1"/></svg>`)).is(t, "an old badge", 400, "Open Badges 2")

	changed := b.post("/verify", "text", strings.Replace(document, "Amina Wanjiru", "Somebody Else", 1))
	changed.is(t, "a changed name", 200, `class="box verdict invalid"`)
	if strings.Contains(changed.body, "Somebody Else") {
		t.Error("the page shows what was not signed")
	}
	must(t, w.Issue.Revoke(t.Context(), college, w.badges[0].ID(), "test", "a mistake"))
	b.post("/verify", "text", document).is(t, "a withdrawn one", 200, `class="box verdict invalid"`, "withdrew")

	report := reportLink.FindStringSubmatch(changed.body)
	if report == nil {
		t.Fatal("there is no report to keep")
	}
	if reportsSeen.Load() == before {
		t.Error("nobody held the report against its schema")
	}
	raw, err := base64.StdEncoding.DecodeString(report[1])
	must(t, err)
	var r verify.Report
	must(t, json.Unmarshal(raw, &r))
	if r.Verdict != verify.Invalid || r.Shown != nil {
		t.Errorf("the kept report: %s, shown %v", r.Verdict, r.Shown)
	}
}

func TestVerifyPageRefuses(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	for name, v := range map[string]struct {
		got      answer
		status   int
		contains string
	}{
		"nothing":          {b.post("/verify"), 400, "Choose a file or paste a text first."},
		"other text":       {b.post("/verify", "text", "hello"), 400, `role="alert"`},
		"an unknown file":  {b.upload("/verify", "a.exe", []byte("MZ\x90\x00")), 400, `href="#file"`},
		"a PDF without":    {b.upload("/verify", "a.pdf", []byte("%PDF-1.4\n%%EOF")), 400, `role="alert"`},
		"a long text":      {b.post("/verify", "text", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`), 413, "larger than 1 MB"},
		"a large file":     {b.upload("/verify", "a.json", bytes.Repeat([]byte("x"), 10<<20+1)), 413, "larger than 10 MB"},
		"JSON that is not": {b.post("/verify", "text", `{"a":`), 200, "verdict invalid"},
		"a duplicate key":  {b.post("/verify", "text", `{"a":1,"a":2}`), 200, "verdict invalid"},
	} {
		v.got.is(t, name, v.status, v.contains)
	}
	// At the limit it is read.
	b.upload("/verify", "a.json", append([]byte(`{"a":1}`), bytes.Repeat([]byte(" "), 1000)...)).is(t, "a file with blanks", 200)
}

// A server whose store is closed says so to what watches over it, and to people that
// it is not their fault.
func TestClosedStore(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	must(t, w.App.Close())
	b.get("/healthz").is(t, "healthz", 503, "web.store", "The server is not ready. Try again a little later.")
	b.get("/i/college").is(t, "a page", 500, "The fault is on our side. Nothing was lost.")
}

func TestVerifyAPI(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	document := w.badges[0].Document()
	call := func(contentType string, body []byte) answer {
		r := httptest.NewRequest("POST", base+"/api/verify", bytes.NewReader(body))
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		// A page of another site may ask, without anybody's cookies.
		r.Header.Set("Origin", "https://employer.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		return b.send(r)
	}
	for _, contentType := range []string{"application/json", "application/vc", "", "application/octet-stream"} {
		before := reportsSeen.Load()
		a := call(contentType, document)
		var r verify.Report
		if err := json.Unmarshal([]byte(a.body), &r); err != nil || a.StatusCode != 200 || r.Verdict != verify.Valid || r.Shown == nil || r.Shown.Learner != plain.learner {
			t.Errorf("%q: %d %s", contentType, a.StatusCode, a.body)
		}
		if reportsSeen.Load() != before+1 {
			t.Errorf("%q: nobody held the report against its schema", contentType)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Link") != `</schemas/report-v1.json>; rel="describedby"; type="application/schema+json"` {
			t.Errorf("%q: headers %v", contentType, a.Header)
		}
	}
	// A token, and COSE that ends with a line break, arrive as they were sent.
	key, err := jose.GenerateKey(jose.EdDSA, "", rand.Reader)
	must(t, err)
	id, method, err := did.JWKFromKey(key.PublicKey())
	must(t, err)
	credential := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": string(id), "credentialSubject": map[string]any{"id": "did:example:learner"}}
	token, err := vcjwt.Sign(t.Context(), vcjwt.Credential, credential, vcjwt.Options{KeyID: string(method)}, key)
	must(t, err)
	var message []byte
	for n := 0; !bytes.HasSuffix(message, []byte("\n")); n++ {
		credential["name"] = fmt.Sprint(n)
		message, err = vccose.Sign(t.Context(), vccose.Credential, credential, vccose.Options{KeyID: string(method)}, key)
		must(t, err)
	}
	for contentType, data := range map[string][]byte{"application/vc+jwt": []byte(token), "text/plain": []byte(token + "\n"), "application/jwt": []byte(token),
		"application/vc+cose": message, "application/octet-stream": message} {
		call(contentType, data).is(t, contentType, 200, `"verdict":"undetermined"`, `"code":"proof.good"`)
	}
	b.upload("/verify", "a.cose", message).is(t, "a file of COSE", 200, "verdict undetermined")
	b.post("/verify", "text", token).is(t, "a token", 200, "verdict undetermined")

	pdf, err := w.Print(t.Context(), w.badges[0], true, "en")
	must(t, err)
	call("application/pdf", pdf).is(t, "a PDF card", 200, `"verdict":"valid"`)
	b.upload("/api/verify", "a.pdf", pdf).is(t, "a form with a PDF", 200, `"verdict":"valid"`)

	drawing, err := bake.SVG([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>`), []byte(document))
	must(t, err)
	call("image/svg+xml", drawing).is(t, "a baked SVG", 200, `"verdict":"valid"`, `"kind":"badge"`)
	pixels, err := pixelpass.Encode([]byte(document))
	must(t, err)
	call("text/plain", []byte(pixels)).is(t, "the text of a PixelPass code", 200, `"verdict":"valid"`, `"kind":"badge"`)
	code, err := w.PaperCode(t.Context(), w.badges[0])
	must(t, err)
	picture, err := paper.QRPNG(code, 6)
	must(t, err)
	baked, err := bake.PNG(picture, []byte(document))
	must(t, err)
	call("image/png", baked).is(t, "a baked PNG", 200, `"verdict":"valid"`, `"kind":"badge"`)

	problem := func(what string, a answer, status int, code string) {
		t.Helper()
		var p struct {
			Type, Title, Code, Detail, Request string
			Status                             int
		}
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.StatusCode != status || p.Status != status || p.Code != code || p.Title == "" || p.Request == "" || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", what, a.StatusCode, a.Header.Get("Content-Type"), a.body)
		}
	}
	problem("nothing", call("application/json", nil), 400, "web.nothing-given")
	problem("too much", call("application/json", bytes.Repeat([]byte(" "), 1<<20+1)), 413, "web.too-large")
	problem("not a file of ours", call("image/gif", []byte("GIF89a")), 400, "paper.unknown-file")
	problem("a broken form", call("multipart/form-data; boundary=x", []byte("--x\r\nnonsense")), 400, "web.form")
	call("application/json", []byte(`{"a":1,"a":2}`)).is(t, "a duplicate key", 200, `"verdict":"invalid"`, "model.unreadable")

	r := httptest.NewRequest("OPTIONS", base+"/api/verify", nil)
	r.Header.Set("Origin", "https://employer.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	if a := b.send(r); a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Headers") == "" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", a.StatusCode, a.Header)
	}
}

// The page of somebody in a hurry on a slow network.
func TestFirstViewIsSmall(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	home := b.get("/", "Accept-Encoding", "identity")
	style := regexp.MustCompile(`/style/[^"]+`).FindString(home.body)
	css := b.get(style, "Accept-Encoding", "identity")
	css.is(t, "the style sheet", 200)
	if css.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Error("the style sheet is fetched again each time")
	}
	if n := len(home.body) + len(css.body); n > 20<<10 {
		t.Errorf("the first view has %d bytes before compression", n)
	}
	b.get("/style/old.css").is(t, "an old style sheet", 404)

	pressed := b.post("/verify", "text", string(w.badges[0].Document()))
	plainSize := len(pressed.body)
	r := httptest.NewRequest("GET", base+"/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	a := b.send(r)
	if a.Header.Get("Content-Encoding") != "gzip" || len(a.body)*2 > len(home.body) {
		t.Errorf("compressed: %d of %d bytes", len(a.body), len(home.body))
	}
	if plainSize > 20<<10 {
		t.Errorf("a result has %d bytes before compression", plainSize)
	}
	t.Logf("home %d, style %d, home compressed %d, result %d bytes", len(home.body), len(css.body), len(a.body), plainSize)
}

func TestMachineEndpoints(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	lists, err := w.Issue.StatusLists(t.Context(), college)
	must(t, err)
	var status string
	for address := range lists {
		status = strings.TrimPrefix(address, base)
	}
	for path, v := range map[string]struct{ mediaType, contains string }{
		"/i/college/did.json":          {"application/did+json", `"did:web:cairn.example:i:college"`},
		status:                         {"application/vc", `BitstringStatusListCredential`},
		"/i/college/trust/list":        {"application/vc", `TrustListCredential`},
		"/i/college/trust-bundle":      {"application/vc", `TrustBundleCredential`},
		"/ns/v1":                       {"application/ld+json", `@context`},
		"/schemas/programme-v1.json":   {"application/schema+json", `json-schema.org`},
		"/schemas/report-v1.json":      {"application/schema+json", `"$id": "https://cairn.example/schemas/report-v1.json"`},
		"/schemas/agreement-v1.json":   {"application/schema+json", `"$id": "https://cairn.example/schemas/agreement-v1.json"`},
		"/i/college/programmes/agri":   {"application/yaml; charset=utf-8", `Certificate in farming`},
		"/healthz":                     {"text/plain; charset=utf-8", "ok"},
		"/i/college":                   {"text/html; charset=utf-8", "Certificate in farming"},
		"/i/college/achievements/soil": {"text/html; charset=utf-8", "Keeping soil fertile"},
	} {
		a := b.get(path)
		a.is(t, path, 200, v.contains)
		if a.Header.Get("Content-Type") != v.mediaType {
			t.Errorf("%s: %s", path, a.Header.Get("Content-Type"))
		}
		if tag := a.Header.Get("ETag"); tag != "" {
			if again := b.get(path, "If-None-Match", tag); again.StatusCode != 304 || again.body != "" {
				t.Errorf("%s: known already, and sent again: %d", path, again.StatusCode)
			}
		} else if strings.Contains(v.mediaType, "json") || strings.Contains(v.mediaType, "vc") {
			t.Errorf("%s has no tag", path)
		}
		r := httptest.NewRequest("HEAD", base+path, nil)
		if head := b.send(r); head.StatusCode != 200 || head.body != "" {
			t.Errorf("HEAD %s: %d with %d bytes", path, head.StatusCode, len(head.body))
		}
	}
	// The definition is the one inside the credentials.
	a := b.get("/i/college/achievements/water", "Accept", "application/ld+json")
	var definition, credential map[string]any
	must(t, json.Unmarshal([]byte(a.body), &definition))
	must(t, json.Unmarshal(w.badges[0].Document(), &credential))
	delete(definition, "@context")
	want, err := json.Marshal(credential["credentialSubject"].(map[string]any)["achievement"])
	must(t, err)
	got, err := json.Marshal(definition)
	must(t, err)
	if string(got) != string(want) {
		t.Errorf("the definition\n%s\nis not the one in the credential\n%s", got, want)
	}
	b.get("/i/college/status/0000").is(t, "no such list", 404)
	b.get("/i/nowhere/did.json").is(t, "no such institution", 404)
	b.get("/i/other/trust-bundle").is(t, "a bundle of who keeps no list", 404)
	b.get("/.well-known/did.json").is(t, "a document of the host", 404)
}

func TestNoSuchPage(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	b.get("/nothing", "Accept-Language", "fr").is(t, "a wrong address", 404, `<html lang="fr"`, "Il n’y a rien ici")
	b.get("/verify/../../etc/passwd").is(t, "a climbing address", 307)
	for _, method := range []string{"DELETE", "PUT", "PATCH", "TRACE"} {
		a := b.send(httptest.NewRequest(method, base+"/verify", nil))
		if a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d, allowed %q", method, a.StatusCode, a.Header.Get("Allow"))
		}
	}
	b.get("/registrar/applications/x/decision").is(t, "GET of what is only sent", 405)
	b.get("/verify?"+strings.Repeat("a", 3000)).is(t, "a long address", 414)
	r := httptest.NewRequest("GET", "https://evil.example/verify", nil)
	if a := b.send(r); a.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d", a.StatusCode)
	}
	r = httptest.NewRequest("GET", base+"/", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if a := b.send(r); a.StatusCode != 200 || strings.Contains(a.body, "evil.example") {
		t.Errorf("a forwarded name was believed: %d", a.StatusCode)
	}
}

func TestServerHasLimits(t *testing.T) {
	s := web.Server(http.NotFoundHandler())
	if s.ReadHeaderTimeout <= 0 || s.ReadHeaderTimeout.Seconds() > 5 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("limits: %+v", s)
	}
}
