package web

import (
	"encoding/base64"
	"encoding/json"
	"html/template"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/verify"
)

// verifyPage is the form, or the result. There is a report or a form, and the raw
// document is in neither: templates see only what verify.Report holds.
type verifyPage struct {
	Report  *reportView
	Failure *Failure
	Text    string // what was typed, when it could not be read
}

func (s *Site) verifyForm(v *visit) error {
	v.w.Header().Set("Cache-Control", "private, max-age=60")
	return v.render(http.StatusOK, "verify", v.W("verify.title"), verifyPage{})
}

func (s *Site) verifyPost(v *visit) error {
	data, err := v.given()
	if err == nil {
		var report verify.Report
		if report, err = s.judge(v, data); err == nil {
			view := v.reportView(report)
			return v.render(http.StatusOK, "verify", v.W("verify.result-title"), verifyPage{Report: &view})
		}
	}
	k := cairn.KindOf(err)
	if k != cairn.Invalid && k != cairn.TooLarge && k != cairn.NotFound {
		return err
	}
	f := v.failure(err)
	p := verifyPage{Failure: &f}
	if f.Field = "text"; v.form.file != nil {
		f.Field = "file"
	} else if len(v.form.Get("text")) < maxField {
		p.Text = v.form.Get("text")
	}
	return v.render(f.Status, "verify", v.W("verify.title"), p)
}

var errNothing = &cairn.Error{Kind: cairn.Invalid, Code: "web.nothing-given", Field: "text", Message: "nothing was given to check", Hint: "paste the text, or choose a file"}

// given returns what a form brought: the file, or else the text, freed of its
// wrapping.
func (v *visit) given() ([]byte, error) {
	if len(v.form.file) > 0 {
		return v.unwrap(v.form.file)
	}
	text := v.form.Get("text")
	if text == "" {
		return nil, errNothing
	}
	return v.unwrap([]byte(text))
}

// judge verifies, a few at a time.
func (s *Site) judge(v *visit, data []byte) (verify.Report, error) {
	if err := s.checks.enter(v.r.Context(), v.asks); err != nil {
		return verify.Report{}, err
	}
	defer s.checks.exit(v.asks)
	return s.Verify.Verify(v.r.Context(), data, verify.Options{}), nil
}

// pathReportSchema is where the schema of a report is. Other programs rely on it.
const pathReportSchema = "/schemas/report-v1.json"

// verifyAPI takes a document as the body, or a form with a file, and answers with
// the report.
func (s *Site) verifyAPI(v *visit) error {
	contentType, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil {
		contentType = "application/octet-stream"
	}
	var data []byte
	switch contentType {
	case "multipart/form-data", "application/x-www-form-urlencoded":
		if err := v.readForm(); err != nil {
			return err
		}
		data, err = v.given()
	case "application/json", "application/vc", "application/ld+json", "application/vp", "text/plain",
		"application/vc+jwt", "application/vp+jwt", "application/vc+sd-jwt", "application/vp+sd-jwt", "application/dc+sd-jwt", "application/vc+cose", "application/vp+cose":
		// Documents are taken as they are, so that what is judged is what was sent.
		data, err = readAll(v.r.Body, maxText)
	default:
		if data, err = readAll(v.r.Body, maxFile); err == nil {
			data, err = v.unwrap(data)
		}
	}
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return errNothing
	}
	report, err := s.judge(v, data)
	if err != nil {
		return err
	}
	body, err := json.Marshal(report)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Link", `<`+pathReportSchema+`>; rel="describedby"; type="application/schema+json"`)
	v.w.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusOK, body)
	return nil
}

// findingView is one axis as a visitor reads it.
type findingView struct {
	Axis     string
	Question string
	Outcome  string // yes, no, unknown
	Answer   string
	Sentence string
	AsOf     time.Time
	Source   string
}

// reportView is a report as a visitor reads it. Everything in Shown was signed.
type reportView struct {
	Verdict     string
	Kind        string
	KindName    string
	CheckedAt   time.Time
	Offline     bool
	Findings    []findingView
	Notes       []string
	Shown       *verify.Shown
	Name        string // of the issuer, from a trust list; empty when none knows it
	Facts       []fact
	Claims      []fact // of an SD-JWT VC, under the issuer's own names
	Parts       []partView
	Oldest      time.Time // the oldest list that the answer rests on
	Digest      string
	Data        template.URL // the report as a file
	Main        string       // why: the sentence of the axis that decided
	CompareName string
}

// fact is one line. Ours marks a value that is a sentence of ours; others are
// signed text with a direction of writing of their own.
type fact struct {
	Name, Value string
	Ours        bool
}

type partView struct {
	Title, Verdict, Issuer string
}

// maxInline is how large a report may be to travel inside its page.
const maxInline = 64 << 10

func (v *visit) reportView(r verify.Report) reportView {
	out := reportView{Verdict: string(r.Verdict), Kind: r.Kind, KindName: v.W("kind." + r.Kind), CheckedAt: r.CheckedAt, Offline: r.Offline, Shown: r.Shown, Digest: r.Digest}
	if r.Verdict != verify.Valid && r.Verdict != verify.Invalid {
		out.Verdict = string(verify.Undetermined)
	}
	for _, a := range verify.Axes {
		f := r.Finding(a)
		fv := findingView{Axis: string(a), Question: v.W("axis." + string(a)), Outcome: string(f.Outcome), Sentence: v.sentence("verify", f.Code, f.Args), AsOf: f.AsOf, Source: f.Source}
		if f.Outcome != verify.Yes && f.Outcome != verify.No {
			fv.Outcome = string(verify.Unknown)
		}
		fv.Answer = v.W("outcome." + fv.Outcome)
		out.Findings = append(out.Findings, fv)
		if !f.AsOf.IsZero() && (out.Oldest.IsZero() || f.AsOf.Before(out.Oldest)) {
			out.Oldest = f.AsOf
		}
		decides := r.Verdict == verify.Invalid && f.Outcome == verify.No || out.Verdict == string(verify.Undetermined) && f.Outcome == verify.Unknown && a != verify.AxisHolder
		if decides && out.Main == "" {
			out.Main = fv.Sentence
		}
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, v.sentence("verify", n.Code, n.Args))
	}
	if r.Standing != nil {
		out.Name = v.Text(r.Standing.Name)
	}
	if r.Shown != nil {
		if code := "type." + r.Shown.AchievementType; r.Kind == verify.KindBadge && r.Shown.AchievementType != "MicroCredential" {
			out.KindName = v.W("kind.credential")
			if v.Has("web", code) {
				out.KindName = v.W(code)
			}
		}
		out.Facts, out.Claims, out.CompareName = v.facts(*r.Shown), claims(*r.Shown), r.Shown.Learner
	}
	for _, c := range slices.Concat(r.Credentials, r.Endorsements) {
		p := partView{Title: v.W("kind." + c.Kind), Verdict: string(c.Verdict)}
		if c.Shown != nil && c.Shown.Title != "" {
			p.Title = c.Shown.Title
		}
		if c.Standing != nil {
			p.Issuer = v.Text(c.Standing.Name)
		}
		out.Parts = append(out.Parts, p)
	}
	if b, err := json.Marshal(r); err == nil && len(b) <= maxInline {
		out.Data = template.URL("data:application/json;base64," + base64.StdEncoding.EncodeToString(b)) // base64 of our own making
	}
	return out
}

// sentence says a finding. A code that has no sentence is shown as it is, which
// says more than nothing. Times among the arguments become dates.
func (v *visit) sentence(area, code string, args map[string]string) string {
	var said []any
	for name, value := range args {
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			value = v.Date(t)
		}
		said = append(said, name, value)
	}
	return v.T(area, code, v.Isolate(said...)...)
}

// facts are the lines that a page shows of a document. Everything is signed text.
func (v *visit) facts(s verify.Shown) []fact {
	var out []fact
	add := func(code, value string) {
		if value != "" {
			out = append(out, fact{v.W("fact." + code), value, code == "credit"})
		}
	}
	add("learner", s.Learner)
	add("programme", s.Programme)
	if c, err := cairn.ParseCredits(s.Credits); err == nil && c.Sign() > 0 {
		credit := v.Figure(c) + " " + s.CreditUnit
		if h, err := cairn.ParseCredits(s.HoursPerCredit); err == nil && h.Sign() > 0 {
			credit = v.W("fact.credit-value", "amount", v.Figure(c), "unit", s.CreditUnit, "hours", v.Figure(h))
		}
		add("credit", credit)
	}
	if s.Level != "" {
		add("level", s.LevelFramework+" "+s.Level)
	}
	add("grade", s.Grade)
	add("field", s.Field)
	if d, err := cairn.ParsePartialDate(s.AwardedOn); err == nil {
		add("awarded", v.Partial(d))
	}
	add("until", v.Date(s.ValidUntil))
	add("description", s.Description)
	add("criteria", s.Criteria)
	return out
}

// claims are the lines of what was disclosed, under the issuer's own names. They stand
// apart, since a name could be one of ours.
func claims(s verify.Shown) []fact {
	var out []fact
	for _, name := range slices.Sorted(maps.Keys(s.Claims)) {
		value, isText := s.Claims[name].(string)
		if !isText {
			var b strings.Builder
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false) // the template does that
			if err := e.Encode(s.Claims[name]); err == nil {
				value = strings.TrimSpace(b.String())
			}
		}
		out = append(out, fact{Name: name, Value: value})
	}
	return out
}
