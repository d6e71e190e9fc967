// Package web is what people and programs see of a server: pages made on the
// server, which need no script, and the public documents that verifiers fetch.
//
// New makes the handler from the use cases in Deps, and Server wraps it with the
// time limits that a server on the open network needs. Every address is in the
// table of Routes together with who may use it, and that is checked in one place
// before a handler runs.
//
// The package decides nothing about credentials: what a page says of one comes
// from a verify.Report, and only what was signed is shown. It sends mail to
// nobody, sets one cookie for staff and one for the language, and keeps no copy
// of what visitors have checked.
package web

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/staff"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
)

// Limits of what is accepted.
const (
	maxText    = 1 << 20  // bytes of a pasted or posted JSON document
	maxFile    = 10 << 20 // bytes of an uploaded file
	maxField   = 8 << 10  // bytes of any other field of a form
	maxFields  = 30       // fields of a form
	maxBody    = maxFile + maxText + 64<<10
	maxHeader  = 16 << 10 // bytes of all headers of a request
	maxPath    = 2 << 10  // bytes of an address with its query
	maxChecks  = 8        // verifications at once
	maxWaiting = 64       // verifications waiting for their turn
	maxShare   = 24       // of both by one caller
	maxOpening = 1        // pictures and PDF documents that are opened at once: each may take 150 MiB and some seconds
	waitOpen   = 24       // of them waiting for their turn
	openShare  = 6        // of both by one caller
	pageSize   = 25       // lines of a listing
)

// Time limits of a connection. Slow networks are the normal case (DOMAIN 2.1):
// 10 MiB at 300 kbit/s take five minutes.
const (
	headerTimeout = 3 * time.Second
	readTimeout   = 6 * time.Minute
	writeTimeout  = 7 * time.Minute
	idleTimeout   = 60 * time.Second
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static/cairn.css
var stylesheet []byte

// Form is how an issued document is printed.
type Form string

// The forms.
const (
	FormPage Form = "page" // A4: a certificate, a transcript or a decision
	FormCard Form = "card" // to be cut out and carried
)

// Deps is what the pages work with.
type Deps struct {
	BaseURL   string // public address, without a slash at its end
	Issue     *issue.Service
	Verify    *verify.Engine
	Recognise *recognise.Service
	Trust     *trust.Service
	Staff     *staff.Service
	Catalogue *i18n.Catalogue
	// Print makes a PDF of an issued document, with the signed data in it. Links to
	// printed forms are left out when it is nil.
	Print func(ctx context.Context, i issue.Issued, f Form, l cairn.Lang) ([]byte, error)
	// Bundle makes an operator's signed trust bundle. There is no such address when
	// it is nil.
	Bundle func(ctx context.Context, operator cairn.InstitutionID) ([]byte, error)
	Now    cairn.Clock
	Rand   io.Reader
	Log    *slog.Logger
	// Caller names who asks, to bound guessing. When nil it is the network address
	// of the other side or, when that is one of Proxies, what X-Forwarded-For says.
	Caller func(*http.Request) string
	// Proxies are the networks of the proxies before this server; see ParseProxies.
	Proxies []netip.Prefix
}

// Site is the handler of all pages. It is safe for concurrent use.
type Site struct {
	Deps
	host     string // of BaseURL; other names are refused
	secure   bool   // BaseURL is https
	pages    map[string]*page
	css      asset
	icon     asset
	mux      *http.ServeMux
	crossing *http.CrossOriginProtection
	checks   *gate // verifications, and other work of some cost
	opening  *gate // pictures and PDF documents
	bodies   *gate // large bodies; only taken from
	drains   *gate // what is left of refused ones; only taken from
	bundles  bundles
	trials   trials
}

// New returns the handler of all pages.
func New(d Deps) *Site {
	if d.Caller == nil {
		d.Caller = callerBehind(d.Proxies)
	}
	s := &Site{Deps: d, mux: http.NewServeMux(), crossing: http.NewCrossOriginProtection(), checks: newGate(maxChecks, maxWaiting, maxShare),
		opening: newGate(maxOpening, waitOpen, openShare), bodies: newGate(0, bodyPlaces, bodyShare), drains: newGate(0, drainPlaces, drainShare)}
	if u, err := url.Parse(d.BaseURL); err == nil {
		s.host, s.secure = u.Host, u.Scheme == "https"
	}
	s.css, s.icon = newAsset(stylesheet), newAsset(iconSVG())
	s.pages = parsePages()
	for _, r := range s.Routes() {
		s.mux.Handle(r.Method+" "+r.Pattern, s.serve(r))
		if r.OtherOrigins {
			s.crossing.AddInsecureBypassPattern(r.Method + " " + r.Pattern)
			s.mux.Handle("OPTIONS "+r.Pattern, s.serve(Route{Method: "OPTIONS", Pattern: r.Pattern, Who: Anyone, OtherOrigins: true, handle: preflight}))
		}
	}
	s.mux.Handle("/", s.serve(Route{Pattern: "/", Who: Anyone, handle: s.nothing}))
	return s
}

// Server returns a server with time limits and a limit of headers; its address
// and its listener are the caller's business.
func Server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader}
}

// Who says who may use an address.
type Who string

// Who may use an address.
const (
	Anyone    Who = "anyone"
	Link      Who = "link"      // whoever has the secret in the address
	SignedIn  Who = "signed-in" // any member of staff
	Registrar Who = "registrar"
)

// Route is one address.
type Route struct {
	Method  string
	Pattern string
	Who     Who
	// OtherOrigins lets pages of other sites use the address with a script. It is
	// only for what is public and changes nothing.
	OtherOrigins bool
	handle       func(*visit) error
}

// Routes is the table of all addresses. A test holds it against its own table, so
// that none is added without saying who may use it.
func (s *Site) Routes() []Route {
	return []Route{
		{"GET", "/{$}", Anyone, false, s.home},
		{"GET", "/style/{name}", Anyone, false, s.style},
		{"GET", "/favicon.ico", Anyone, false, s.favicon},
		{"GET", "/robots.txt", Anyone, false, robots},
		{"GET", "/healthz", Anyone, false, s.healthz},

		{"GET", "/verify", Anyone, false, s.verifyForm},
		{"POST", "/verify", Anyone, false, s.verifyPost},
		{"GET", "/verify/many", Anyone, false, s.manyForm},
		{"POST", "/verify/many", Anyone, false, s.manyPost},
		{"POST", "/api/verify", Anyone, true, s.verifyAPI},

		{"GET", "/claim", Anyone, false, s.claimForm},
		{"POST", "/claim", Anyone, false, s.claimCode},
		{"GET", "/claim/{secret}", Link, false, s.claimShow},
		{"POST", "/claim/{secret}", Link, false, s.claimPost},
		{"GET", "/claim/{secret}/credential", Link, false, s.claimCredential},
		{"GET", "/claim/{secret}/card.pdf", Link, false, s.claimCard},

		{"GET", "/stack/{token}", Link, false, s.stack},
		{"GET", "/stack/{token}/documents/{id}/{form}", Link, false, s.stackDocument},
		{"GET", "/stack/{token}/plan/{programme}", Link, false, s.stackPlan},
		{"GET", "/stack/{token}/ledger", Link, false, s.stackLedger},
		{"POST", "/stack/{token}/apply", Link, false, s.stackApply},
		{"GET", "/stack/{token}/applications/{id}", Link, false, s.stackApplication},
		{"POST", "/stack/{token}/applications/{id}/add", Link, false, s.stackAdd},
		{"POST", "/stack/{token}/applications/{id}/remove", Link, false, s.stackRemove},
		{"POST", "/stack/{token}/applications/{id}/submit", Link, false, s.stackSubmit},
		{"POST", "/stack/{token}/applications/{id}/withdraw", Link, false, s.stackWithdraw},
		{"POST", "/stack/{token}/applications/{id}/appeal", Link, false, s.stackAppeal},
		{"POST", "/stack/{token}/applications/{id}/continue", Link, false, s.stackContinue},

		{"GET", "/signin", Anyone, false, s.signInForm},
		{"POST", "/signin", Anyone, false, s.signIn},
		{"POST", "/signout", Anyone, false, s.signOut},
		{"GET", "/account", SignedIn, false, s.accountForm},
		{"POST", "/account/password", SignedIn, false, s.changePassword},
		{"POST", "/account/signout-everywhere", SignedIn, false, s.signOutEverywhere},

		{"GET", "/registrar", Registrar, false, s.queue},
		{"GET", "/registrar/ledger", Registrar, false, s.ledger},
		{"GET", "/registrar/standings", Registrar, false, s.standings},
		{"POST", "/api/learners/{id}/recognise", Registrar, false, s.recogniseAPI},
		{"GET", "/registrar/drafts", Registrar, false, s.draftForm},
		{"POST", "/registrar/drafts", Registrar, false, s.draftTry},
		{"GET", "/registrar/drafts/{trial}", Registrar, false, s.draftTrial},
		{"POST", "/registrar/drafts/{trial}/publish", Registrar, false, s.draftPublish},
		{"GET", "/registrar/applications/{id}", Registrar, false, s.application},
		{"POST", "/registrar/applications/{id}/identity", Registrar, false, s.confirmIdentity},
		{"POST", "/registrar/applications/{id}/attest", Registrar, false, s.attest},
		{"POST", "/registrar/applications/{id}/exceptions", Registrar, false, s.except},
		{"POST", "/registrar/applications/{id}/exceptions/{exception}", Registrar, false, s.actOnException},
		{"POST", "/registrar/applications/{id}/decision", Registrar, false, s.decide},
		{"POST", "/registrar/applications/{id}/countersign", Registrar, false, s.countersign},
		{"POST", "/registrar/applications/{id}/precedents", Registrar, false, s.publishPrecedent},
		{"GET", "/registrar/applications/{id}/documents/{kind}/{form}", Registrar, false, s.applicationDocument},

		{"GET", "/.well-known/did.json", Anyone, true, s.hostDocument},
		{"GET", "/i/{inst}", Anyone, false, s.institution},
		{"GET", "/i/{inst}/did.json", Anyone, true, s.didDocument},
		{"GET", "/i/{inst}/status/{list}", Anyone, true, s.statusList},
		{"GET", "/i/{inst}/trust/{list}", Anyone, true, s.trustList},
		{"GET", "/i/{inst}/trust-bundle", Anyone, true, s.trustBundle},
		{"GET", "/i/{inst}/achievements/{name...}", Anyone, true, s.achievement},
		{"GET", "/i/{inst}/programmes", Anyone, false, s.programmes},
		{"GET", "/i/{inst}/precedents", Anyone, false, s.precedents},
		{"GET", "/i/{inst}/precedents.json", Anyone, true, s.precedentsData},
		{"GET", "/i/{inst}/programmes/{name}", Anyone, true, s.programme},
		{"GET", "/i/{inst}/rules/{digest}", Anyone, true, s.ruleDocument},
		{"GET", "/i/{inst}/rules/{digest}/signatures", Anyone, true, s.ruleSignatures},
		{"GET", "/ns/v1", Anyone, true, s.namespace},
		{"GET", "/schemas/programme-v1.json", Anyone, true, s.programmeSchema},
		{"GET", "/schemas/{name}", Anyone, true, s.ruleSchema},
		{"GET", pathReportSchema, Anyone, true, s.reportSchema},
	}
}

// nothing answers for every address that is not in the table.
func (s *Site) nothing(v *visit) error {
	var allowed []string
	for _, method := range []string{"GET", "POST"} {
		other := v.r.Clone(v.r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "" && pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		v.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return errMethod
	}
	return errNoPage
}
