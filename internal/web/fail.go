package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"cairn.example"
)

// Errors that belong to the web itself.
var (
	errNoPage = &cairn.Error{Kind: cairn.NotFound, Code: "web.no-page", Message: "there is no such page"}
	errMethod = &cairn.Error{Kind: cairn.Invalid, Code: "web.method", Message: "this address does not do that"}
	errHost   = &cairn.Error{Kind: cairn.Invalid, Code: "web.host", Message: "this server does not answer for that name"}
	errSignIn = &cairn.Error{Kind: cairn.Denied, Code: "web.sign-in", Message: "sign in first"}
)

// notJSON names the sentence for everything that package strictjson refuses.
const notJSON = "json.malformed"

// statusOf is the one place that turns a kind of error into a status of HTTP.
func statusOf(err error) int {
	switch cairn.CodeOf(err) {
	case "web.method":
		return http.StatusMethodNotAllowed
	case "web.host":
		return http.StatusMisdirectedRequest
	case "web.sign-in":
		return http.StatusUnauthorized
	case "web.address-long":
		return http.StatusRequestURITooLong
	case "claim.too-many", "staff.too-many":
		return http.StatusTooManyRequests
	}
	switch cairn.KindOf(err) {
	case cairn.Invalid:
		return http.StatusBadRequest
	case cairn.NotFound:
		return http.StatusNotFound
	case cairn.Conflict:
		return http.StatusConflict
	case cairn.Denied:
		return http.StatusForbidden
	case cairn.Unavailable:
		return http.StatusServiceUnavailable
	case cairn.TooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// Failure is an error as a visitor reads it.
type Failure struct {
	Status  int
	Code    string
	Field   string
	Message string // in the visitor's language
	Detail  string // in English, from the error itself; empty when Message says it
}

// failure says an error in the visitor's language: the sentence for its code, or
// that for its kind with the English message below it. A fault of ours says
// nothing about its inside.
func (v *visit) failure(err error) Failure {
	var e *cairn.Error
	f := Failure{Status: statusOf(err)}
	if !errors.As(err, &e) || e.Kind == cairn.Internal {
		f.Code, f.Message = "internal", v.T("errors", "kind.internal", "request", v.id)
		return f
	}
	f.Code, f.Field = e.Code, e.Field
	sentence := e.Code
	if strings.HasPrefix(e.Code, "json.") {
		sentence = notJSON // which of the rules of JSON was broken helps nobody who chose the wrong file
	}
	if v.Has("errors", sentence) {
		f.Message = v.T("errors", sentence, "field", e.Field, "object", e.Object)
		return f
	}
	f.Message, f.Detail = v.T("errors", "kind."+string(e.Kind)), e.Message
	if e.Hint != "" {
		f.Detail += " (" + e.Hint + ")"
	}
	if e.Field != "" {
		f.Detail = e.Field + ": " + f.Detail
	}
	return f
}

// fail answers with an error: a page for people, RFC 9457 for programs.
func (v *visit) fail(err error) {
	f := v.failure(err)
	if f.Status >= 500 {
		v.site.Log.Error("failed", "request", v.id, "code", cairn.CodeOf(err), "error", err.Error())
	}
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "30")
	}
	if f.Code == "web.sign-in" && v.wantsPage() && v.r.Method == http.MethodGet {
		to := "/signin"
		if next := localPath(v.r.URL.RequestURI()); next != "" {
			to += "?next=" + url.QueryEscape(next)
		}
		if v.redirect(to) == nil {
			return
		}
	}
	v.w.Header().Del("Content-Disposition")
	v.w.Header().Set("Cache-Control", "no-store")
	if !v.wantsPage() {
		v.problem(f)
		return
	}
	if err := v.render(f.Status, "error", v.W("error.title"), f); err != nil {
		v.site.Log.Error("the error page failed", "request", v.id, "error", err.Error())
		http.Error(v.w, http.StatusText(f.Status), f.Status)
	}
}

// wantsPage reports whether a person asks. Programs ask for JSON, or use an
// address that is for programs.
func (v *visit) wantsPage() bool {
	p := v.r.URL.Path
	if strings.HasPrefix(p, "/api/") || p == "/healthz" || strings.HasSuffix(p, ".json") || strings.HasSuffix(p, "/credential") || p == "/ns/v1" {
		return false
	}
	accept := v.r.Header.Get("Accept")
	return !strings.Contains(accept, "json") && !strings.Contains(accept, "application/vc") || strings.Contains(accept, "text/html")
}

// problem writes RFC 9457 problem details.
func (v *visit) problem(f Failure) {
	detail := f.Detail
	if detail == "" {
		detail = f.Message
	}
	body, err := json.Marshal(struct {
		Type    string `json:"type"`
		Title   string `json:"title"`
		Status  int    `json:"status"`
		Code    string `json:"code"`
		Detail  string `json:"detail"`
		Field   string `json:"field,omitempty"`
		Request string `json:"request"`
	}{"about:blank", f.Message, f.Status, f.Code, detail, f.Field, v.id})
	if err != nil {
		http.Error(v.w, http.StatusText(f.Status), f.Status)
		return
	}
	v.w.Header().Set("Content-Type", "application/problem+json")
	v.write(f.Status, body)
}

// localPath returns a path of the staff pages, or "": nobody is sent to another
// site after signing in.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.ContainsAny(p, "\\\r\n\t ") || strings.HasPrefix(p, "//") {
		return ""
	}
	if u.Path == "/registrar" || strings.HasPrefix(u.Path, "/registrar/") || u.Path == "/account" {
		return u.RequestURI()
	}
	return ""
}
