package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/staff"
)

// visit is one request while it is answered. Its exported methods are what
// templates use; the request itself is out of their reach.
type visit struct {
	i18n.Printer
	w       http.ResponseWriter
	r       *http.Request
	site    *Site
	account *staff.Account // of whoever is signed in
	token   string         // of their session
	id      string         // of this request, for the log
	body    *body
	form    form
	asks    string // names who asks, for limits
}

// page is a template with the layout around it.
type page struct{ *template.Template }

func parsePages() map[string]*page {
	layout := template.Must(template.ParseFS(templates, "templates/layout.html", "templates/parts.html"))
	names, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // the files are part of the program
	}
	pages := map[string]*page{}
	for _, n := range names {
		name := strings.TrimSuffix(n.Name(), ".html")
		if name != "layout" && name != "parts" {
			pages[name] = &page{template.Must(template.Must(layout.Clone()).ParseFS(templates, "templates/"+n.Name()))}
		}
	}
	return pages
}

// content is what a template gets: the visit for words and links, and the data of
// its page.
type content struct {
	*visit
	Title string
	D     any
}

// render writes a page. It is made completely before the first byte is sent, so
// that a fault in the middle never leaves half a page with a good status.
func (v *visit) render(status int, name, title string, data any) error {
	var b bytes.Buffer
	if err := v.site.pages[name].ExecuteTemplate(&b, "layout.html", content{v, title, data}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Tag))
	h.Add("Vary", "Accept-Language, Cookie")
	// A page that names who is signed in, or sets a cookie, is of one person: shared
	// caches often don't heed Vary.
	if h.Get("Cache-Control") == "" || v.account != nil || h.Get("Set-Cookie") != "" {
		h.Set("Cache-Control", "no-store")
	}
	v.write(status, b.Bytes())
	return nil
}

// redirect sends the browser to another page of this site after a change, so that
// loading it again repeats nothing.
func (v *visit) redirect(to string) error {
	v.w.Header().Set("Location", to)
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// W returns a sentence of the pages.
func (v *visit) W(code string, args ...any) string { return v.T("web", code, v.Isolate(args...)...) }

// WN returns a sentence of the pages in the plural form for n.
func (v *visit) WN(code string, n int, args ...any) string {
	return v.N("web", code, n, v.Isolate(args...)...)
}

// Verdict names a verdict.
func (v *visit) Verdict(verdict string) string { return v.T("verify", "verdict."+verdict) }

// VerdictText says what a verdict means.
func (v *visit) VerdictText(verdict string) string {
	return v.T("verify", "verdict."+verdict+".text")
}

// Text returns a text in the visitor's language, or the best there is.
func (v *visit) Text(t cairn.Text) string { s, _ := t.In(v.Tag); return s }

// AgeOf says how long ago something was.
func (v *visit) AgeOf(t time.Time) string { return v.Age(t, v.site.Now()) }

// Languages is for the language switch.
func (v *visit) Languages() []i18n.Language { return i18n.Languages() }

// LanguageLink is the present page in another language.
func (v *visit) LanguageLink(l cairn.Lang) string {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if v.r.URL.Path == "/verify" || v.r.URL.Path == "/signin" || v.r.URL.Path == "/claim" {
			return v.r.URL.Path + "?lang=" + string(l)
		}
		return "/?lang=" + string(l)
	}
	q := v.r.URL.Query()
	q.Set("lang", string(l))
	return v.r.URL.EscapedPath() + "?" + q.Encode()
}

// Account is whoever is signed in, or nil.
func (v *visit) Account() *staff.Account { return v.account }

// CSRF is the hidden field of forms of people who are signed in: browsers too old
// to say where a request comes from are protected as well.
func (v *visit) CSRF() string {
	if v.token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("cairn/csrf/1\x00" + v.token))
	return hex.EncodeToString(sum[:16])
}

// StylePath is the address of the style sheet, which changes with its content.
func (v *visit) StylePath() string { return "/style/" + v.site.css.hash + ".css" }

// CanPrint reports whether printed forms can be made.
func (v *visit) CanPrint() bool { return v.site.Print != nil }

// RequestID names this request in the log.
func (v *visit) RequestID() string { return v.id }

// form holds the fields of a posted form and the file that came with it.
type form struct {
	url.Values
	file     []byte // the first of files
	fileName string
	files    []upload
}

// upload is a file of a form.
type upload struct {
	name string
	data []byte
}

// Get returns a field without the blanks around it.
func (f form) Get(name string) string { return strings.TrimSpace(f.Values.Get(name)) }

var errForm = &cairn.Error{Kind: cairn.Invalid, Code: "web.form", Message: "the form can't be read", Hint: "go back and send it again"}

// readForm reads a posted form of either kind with limits for every part of it.
func (v *visit) readForm() error {
	v.form.Values = url.Values{}
	contentType, params, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return errForm
	case contentType == "application/x-www-form-urlencoded":
		return v.readURLEncoded()
	case contentType != "multipart/form-data" || params["boundary"] == "":
		return errForm
	}
	return v.readMultipart(multipart.NewReader(v.r.Body, params["boundary"]))
}

func tooLarge(limit int) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "web.too-large", Object: strconv.Itoa(limit >> 20),
		Message: fmt.Sprintf("this is larger than %d MiB", limit>>20), Hint: "send the credential itself, not a scan of high resolution"}
}

func (v *visit) readURLEncoded() error {
	// Percent signs can treble a text.
	b, err := readAll(v.r.Body, 3*maxText+maxField)
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(string(b))
	if err != nil || len(values) > maxFields {
		return errForm
	}
	for name, all := range values {
		if err := v.addField(name, all[0]); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) addField(name, value string) error {
	limit := maxField
	if name == "text" {
		limit = maxText
	}
	if len(value) > limit {
		return tooLarge(maxText)
	}
	if len(v.form.Values) >= maxFields {
		return errForm
	}
	if !v.form.Has(name) { // the first counts
		v.form.Set(name, value)
	}
	return nil
}

func (v *visit) readMultipart(m *multipart.Reader) error {
	fields := 0
	for n := 0; ; n++ {
		part, err := m.NextPart()
		if err == io.EOF {
			_, err := readAll(v.r.Body, maxField) // what may follow the last part
			return err
		}
		if tooBig(err) {
			return tooLarge(maxFile)
		}
		if e := ours(err); e != nil {
			return e
		}
		if err != nil || n >= maxFields+maxMany {
			return errForm
		}
		if part.FileName() != "" || part.FormName() == "file" {
			b, err := readAll(part, maxFile)
			if err != nil {
				return err
			}
			if v.form.file == nil && len(b) > 0 {
				v.form.file, v.form.fileName = b, part.FileName()
			}
			if len(b) > 0 {
				v.form.files = append(v.form.files, upload{part.FileName(), b})
			}
			continue
		}
		if fields++; fields > maxFields {
			return errForm
		}
		b, err := readAll(part, maxText)
		if err != nil {
			return err
		}
		if err := v.addField(part.FormName(), string(b)); err != nil {
			return err
		}
	}
}

func tooBig(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

// readAll reads to the end, and refuses more than limit bytes.
func readAll(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case tooBig(err) || len(b) > limit:
		return nil, tooLarge(limit)
	case ours(err) != nil:
		return nil, ours(err)
	case err != nil:
		return nil, errForm
	}
	return b, nil
}

// part is what a partial template gets: the words, and one thing to show.
type part struct {
	V *visit
	R *reportView
	E any
	C any
	L any
	F *Failure
}

// With makes the data of a partial template. name says which of its fields is set.
func (v *visit) With(name string, value any) part {
	p := part{V: v}
	switch name {
	case "R":
		p.R, _ = value.(*reportView)
	case "E":
		p.E = value
	case "C":
		p.C = value
	case "L":
		p.L = value
	}
	return p
}

// Fail makes the data of the error summary, or nil when there is no failure.
func (v *visit) Fail(f *Failure) *part {
	if f == nil {
		return nil
	}
	return &part{V: v, F: f}
}

// Err marks a field that is wrong.
func (v *visit) Err(f *Failure, field string) template.HTMLAttr {
	if f != nil && f.Field == field {
		return ` class="err"`
	}
	return ""
}

// Msg says what is wrong with a field, next to it.
func (v *visit) Msg(f *Failure, field string) string {
	if f != nil && f.Field == field {
		return f.Message
	}
	return ""
}

// IsRegistrar reports whether the person who is signed in decides on applications.
func (v *visit) IsRegistrar() bool { return v.account != nil && v.account.Has(staff.Registrar) }

// Amount writes an exact amount that a report carries as text.
func (v *visit) Amount(s string) string {
	c, err := cairn.ParseCredits(s)
	if err != nil {
		return s
	}
	return v.Figure(c)
}

// ErrorClass chooses the heading of an error page.
func (v *visit) ErrorClass(status int) string {
	switch status {
	case 404:
		return "none"
	case 401, 403, 421:
		return "denied"
	case 409:
		return "changed"
	case 429, 503:
		return "wait"
	case 500:
		return "ours"
	}
	return "wrong"
}
