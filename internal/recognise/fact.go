package recognise

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// factForm begins the stored form of a fact. A night reads forty million of them, and
// reading them as JSON would be half of its work.
const factForm = "1"

// Text writes a fact as it is stored: a form number and then each value with its length
// before it, as in 5:hello, in the order of fields. It is read by ParseFact only.
//
// What Held has beside the values that are written so stands at the end, as JSON: slower,
// and never forgotten.
func (f Fact) Text() (string, error) {
	var w factWriter
	h := f.Held
	w.text(factForm, f.Digest, string(f.Identity), f.Cause, f.Basis, f.Reader)
	w.flag(f.Own)
	w.time(f.Since, f.Changed, f.Checked, f.Again, f.Until)
	w.text(string(h.Credential), string(h.Issuer), h.IssuerName, string(h.Achievement), h.Type, h.Title, string(h.Route), h.Field, h.GradeScale, h.Grade, h.Assessment, h.Supervision, h.AwardedOn.String(), h.LearnedOn.String(), h.IssuedOn.String(), h.Blocked)
	w.list(h.Tags)
	w.list(h.Alignments)
	w.flag(h.Credit != nil)
	if c := h.Credit; c != nil {
		w.text(c.Amount.String(), c.Unit, c.HoursPerCredit.String())
	}
	w.flag(h.Level != nil)
	if l := h.Level; l != nil {
		w.text(l.Framework, l.Value.String())
	}
	h.Digest, h.Credential, h.Issuer, h.IssuerName, h.Achievement, h.Type, h.Title, h.Route, h.Field = "", "", "", "", "", "", "", "", ""
	h.GradeScale, h.Grade, h.Assessment, h.Supervision, h.Blocked = "", "", "", "", ""
	h.AwardedOn, h.LearnedOn, h.IssuedOn, h.Tags, h.Alignments, h.Credit, h.Level = cairn.PartialDate{}, cairn.PartialDate{}, cairn.PartialDate{}, nil, nil, nil, nil
	if reflect.DeepEqual(h, programme.Held{}) {
		w.text("")
		return w.String(), nil
	}
	rest, err := json.Marshal(h)
	w.text(string(rest))
	return w.String(), err
}

// ParseFact reads what Text wrote.
func ParseFact(text string) (Fact, error) {
	r := factReader{rest: text}
	var f Fact
	h := &f.Held
	if r.text() != factForm {
		r.bad = true
	}
	f.Digest, f.Identity, f.Cause, f.Basis, f.Reader, f.Own = r.text(), Identity(r.text()), r.text(), r.text(), r.text(), r.flag()
	f.Since, f.Changed, f.Checked, f.Again, f.Until = r.time(), r.time(), r.time(), r.time(), r.time()
	h.Digest = f.Digest
	h.Credential, h.Issuer, h.IssuerName, h.Achievement = cairn.CredentialID(r.text()), cairn.DID(r.text()), r.text(), cairn.AchievementID(r.text())
	h.Type, h.Title, h.Route, h.Field, h.GradeScale, h.Grade, h.Assessment, h.Supervision = r.text(), r.text(), programme.Route(r.text()), r.text(), r.text(), r.text(), r.text(), r.text()
	h.AwardedOn, h.LearnedOn, h.IssuedOn, h.Blocked = r.date(), r.date(), r.date(), r.text()
	h.Tags, h.Alignments = r.list(), r.list()
	if r.flag() {
		h.Credit = &cairn.CreditValue{Amount: r.credits(), Unit: r.text(), HoursPerCredit: r.credits()}
	}
	if r.flag() {
		h.Level = &cairn.Level{Framework: r.text(), Value: r.credits()}
	}
	if rest := r.text(); rest != "" {
		more := programme.Held{}
		r.bad = r.bad || json.Unmarshal([]byte(rest), &more) != nil
		mergeHeld(h, more)
	}
	if r.bad || r.rest != "" {
		return Fact{}, &cairn.Error{Kind: cairn.Internal, Code: "standing.fact", Object: f.Digest, Message: "the facts of a credential are not stored as this program stores them",
			Hint: "if they were written by a newer cairn, use that one"}
	}
	return f, nil
}

// mergeHeld sets the fields of h that more has.
func mergeHeld(h *programme.Held, more programme.Held) {
	to, from := reflect.ValueOf(h).Elem(), reflect.ValueOf(more)
	for i := range to.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
}

type factWriter struct{ strings.Builder }

func (w *factWriter) text(list ...string) {
	for _, s := range list {
		w.WriteString(strconv.Itoa(len(s)))
		w.WriteByte(':')
		w.WriteString(s)
	}
}

func (w *factWriter) flag(b bool) {
	if b {
		w.text("1")
	} else {
		w.text("")
	}
}

// time writes seconds, and nothing for the zero time. A credential may end in the
// middle of a second: what is left of it is cut off, so it ends earlier and not later.
func (w *factWriter) time(list ...time.Time) {
	for _, t := range list {
		if t.IsZero() {
			w.text("")
		} else {
			w.text(strconv.FormatInt(t.Unix(), 10))
		}
	}
}

func (w *factWriter) list(list []string) {
	w.text(strconv.Itoa(len(list)))
	w.text(list...)
}

type factReader struct {
	rest string
	bad  bool
}

func (r *factReader) text() string {
	length, rest, ok := strings.Cut(r.rest, ":")
	n, err := strconv.Atoi(length)
	if !ok || err != nil || n < 0 || n > len(rest) {
		r.bad, r.rest = true, ""
		return ""
	}
	r.rest = rest[n:]
	return rest[:n]
}

func (r *factReader) flag() bool { return r.text() != "" }

func (r *factReader) number() int64 {
	n, err := strconv.ParseInt(r.text(), 10, 64)
	r.bad = r.bad || err != nil
	return n
}

func (r *factReader) time() time.Time {
	if strings.HasPrefix(r.rest, "0:") {
		r.text()
		return time.Time{}
	}
	return time.Unix(r.number(), 0).UTC()
}

func (r *factReader) list() []string {
	n := r.number()
	if n > int64(len(r.rest)) {
		r.bad = true
	}
	var out []string
	for range n {
		if r.bad {
			return nil
		}
		out = append(out, r.text())
	}
	return out
}

func (r *factReader) date() cairn.PartialDate {
	text := r.text()
	if text == "" {
		return cairn.PartialDate{}
	}
	d, err := cairn.ParsePartialDate(text)
	r.bad = r.bad || err != nil
	return d
}

func (r *factReader) credits() cairn.Credits {
	text := r.text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil { // nearly always
		return cairn.WholeCredits(n)
	}
	c, err := cairn.ParseCredits(text)
	r.bad = r.bad || err != nil
	return c
}
