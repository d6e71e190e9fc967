package web

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/staff"
)

// policy allows our own style sheet and nothing else to be loaded.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP answers a request.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The mux answers by itself where an address is not written as it should be.
	s.headers(w.Header(), Route{})
	s.mux.ServeHTTP(w, r)
}

// serve makes a handler of a route: the one way to every page.
func (s *Site) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.Now()
		seen := &recorder{ResponseWriter: w}
		v := &visit{w: seen, r: r, site: s, id: s.newID()}
		s.headers(seen.Header(), route)
		v.language()
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("a fault in a page", "request", v.id, "route", route.Method+" "+route.Pattern, "fault", fmt.Sprint(p), "stack", string(debug.Stack()))
				if seen.status == 0 {
					v.fail(&cairn.Error{Kind: cairn.Internal, Code: "web.fault", Message: "a fault in the program"})
				}
			}
			// The address is logged as its pattern: it can hold a secret.
			s.Log.Info("request", "request", v.id, "route", route.Method+" "+route.Pattern, "status", seen.status, "bytes", seen.bytes, "ms", s.Now().Sub(started).Milliseconds())
		}()
		if err := s.answer(v, route); err != nil {
			v.fail(err)
		}
		v.drain()
	})
}

func (s *Site) answer(v *visit, route Route) error {
	v.asks = s.Caller(v.r)
	defer v.watch(bodyLimit(route.Pattern), bodyWindow)()
	if len(v.r.RequestURI) > maxPath {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "web.address-long", Message: "the address is too long"}
	}
	if !s.ownHost(v.r.Host) && route.Pattern != "/healthz" {
		return errHost
	}
	if err := s.crossing.Check(v.r); err != nil {
		return &cairn.Error{Kind: cairn.Denied, Code: "web.cross-origin", Message: "this was sent by another site and was not done", Hint: "open the page here and send it again", Err: err}
	}
	if err := v.identify(); err != nil {
		return err
	}
	if err := v.allowed(route.Who); err != nil {
		return err
	}
	if v.r.Method == http.MethodPost && !strings.HasPrefix(route.Pattern, "/api/") {
		// Everything but a claim by a wallet comes as a form.
		if v.r.ContentLength != 0 || v.r.Header.Get("Content-Type") != "" {
			if err := v.readForm(); err != nil {
				return err
			}
		}
		if v.account != nil && (route.Who == SignedIn || route.Who == Registrar) && v.form.Get("csrf") != v.CSRF() {
			return &cairn.Error{Kind: cairn.Denied, Code: "web.stale-form", Message: "the form is from before you signed in", Hint: "go back, load the page again, and send it again"}
		}
	}
	return route.handle(v)
}

// ownHost refuses requests for other names: somebody's name that points here must
// not show our pages as theirs.
func (s *Site) ownHost(host string) bool { return strings.EqualFold(host, s.host) }

// identify finds out who is signed in.
func (v *visit) identify() error {
	c, err := v.r.Cookie(v.site.sessionCookie())
	if err != nil {
		return nil // no cookie
	}
	a, err := v.site.Staff.Session(v.r.Context(), c.Value)
	if cairn.KindOf(err) == cairn.Denied {
		v.dropSession()
		return nil
	}
	if err != nil {
		return err
	}
	v.account, v.token = &a, c.Value
	return nil
}

// allowed is the one place that decides who may use an address.
func (v *visit) allowed(who Who) error {
	switch {
	case who == Anyone, who == Link:
		return nil
	case v.account == nil:
		return errSignIn
	case who == SignedIn, who == Registrar && v.account.Has(staff.Registrar):
		return nil
	}
	return &cairn.Error{Kind: cairn.Denied, Code: "web.role", Message: "your account is not for this", Hint: "ask an admin of your institution"}
}

func (s *Site) headers(h http.Header, route Route) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that don't know frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if route.OtherOrigins {
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	h.Set("X-Robots-Tag", "noindex")
	if route.Pattern == "/{$}" || route.Pattern == "/verify" || route.Pattern == "/claim" {
		h.Del("X-Robots-Tag")
	}
}

func preflight(v *visit) error {
	h := v.w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Accept")
	h.Set("Access-Control-Max-Age", "86400")
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

const languageCookie = "lang"

// language picks the visitor's language; one that was chosen is remembered.
func (v *visit) language() {
	var remembered string
	if c, err := v.r.Cookie(languageCookie); err == nil {
		remembered = c.Value
	}
	chosen := v.r.URL.Query().Get("lang")
	l := i18n.Match(v.r.Header.Get("Accept-Language"), chosen, remembered)
	v.Printer = v.site.Catalogue.For(l)
	if chosen == string(l) && chosen != remembered {
		http.SetCookie(v.w, &http.Cookie{Name: languageCookie, Value: chosen, Path: "/", MaxAge: 400 * 24 * 3600, Secure: v.site.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}

func (s *Site) newID() string {
	b := make([]byte, 8)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "unnamed" // only the log misses it
	}
	return hex.EncodeToString(b)
}

// recorder remembers what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}

// Unwrap lets http.MaxBytesReader find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// write sends an answer, compressed where the other side can read that. Pages of
// staff are not: they hold a secret next to text that others can choose.
func (v *visit) write(status int, body []byte) {
	h := v.w.Header()
	if len(body) > 1000 && v.account == nil && acceptsGzip(v.r) {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		v.w.WriteHeader(status)
		z := gzip.NewWriter(v.w)
		_, err := z.Write(body)
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			v.site.Log.Debug("the other side went away", "request", v.id)
		}
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		if _, err := v.w.Write(body); err != nil {
			v.site.Log.Debug("the other side went away", "request", v.id)
		}
	}
}

func acceptsGzip(r *http.Request) bool {
	if r.Method == http.MethodHead {
		return false
	}
	for _, e := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(e), ";")
		if name == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// asset is a file that never changes under its name.
type asset struct {
	body []byte
	hash string
}

func newAsset(b []byte) asset {
	sum := sha256.Sum256(b)
	return asset{b, base64.RawURLEncoding.EncodeToString(sum[:9])}
}

func (s *Site) style(v *visit) error {
	if v.r.PathValue("name") != s.css.hash+".css" {
		return errNoPage
	}
	return v.file(s.css.body, "text/css; charset=utf-8", "public, max-age=31536000, immutable")
}

func (s *Site) favicon(v *visit) error {
	return v.file(s.icon.body, "image/svg+xml", "public, max-age=86400")
}

func robots(v *visit) error {
	return v.file([]byte("User-agent: *\nAllow: /$\nAllow: /verify$\nDisallow: /\n"), "text/plain; charset=utf-8", "public, max-age=86400")
}

// file sends bytes with a tag of their content, so that what a browser has
// already is not sent again.
func (v *visit) file(body []byte, mediaType, caching string) error {
	h := v.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", caching)
	tag := `W/"` + newAsset(body).hash + `"` // weak: it may be compressed
	h.Set("ETag", tag)
	for _, known := range strings.Split(v.r.Header.Get("If-None-Match"), ",") {
		if strings.TrimSpace(known) == tag || strings.TrimSpace(known) == strings.TrimPrefix(tag, "W/") {
			v.w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	v.write(http.StatusOK, body)
	return nil
}

// download sends a file that the visitor keeps. Its name is ours, so it needs no
// quoting.
func (v *visit) download(body []byte, mediaType, name string) error {
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return v.file(body, mediaType, "private, no-store")
}

// healthz answers when the store does.
func (s *Site) healthz(v *visit) error {
	if _, err := s.Issue.Institutions(v.r.Context()); err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "web.store", Message: "the store does not answer", Err: err}
	}
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	v.write(http.StatusOK, []byte("ok\n"))
	return nil
}
