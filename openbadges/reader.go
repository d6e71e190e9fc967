package openbadges

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/vc"
)

// reader takes typed values out of a tree and keeps the first error. Members
// that are missing read as zero values; need says which must be there.
type reader struct{ err error }

func (r *reader) fail(code, path, format string, args ...any) {
	if r.err == nil {
		r.err = refuse(code, path, format, args...)
	}
}

func (r *reader) need(m map[string]any, path string, names ...string) {
	for _, name := range names {
		if m[name] == nil {
			r.fail(codeMissing, path+"/"+name, "%s is missing", name)
		}
	}
}

func (r *reader) str(m map[string]any, path, name string) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.fail(codeType, path+"/"+name, "%s must be a text", name)
	}
	return s
}

func (r *reader) boolean(m map[string]any, path, name string) bool {
	v, ok := m[name]
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		r.fail(codeType, path+"/"+name, "%s must be true or false", name)
	}
	return b
}

// object reads a member that is one object; a list of one counts as one.
func (r *reader) object(m map[string]any, path, name string) map[string]any {
	v, ok := m[name]
	if !ok {
		return nil
	}
	if l, ok := v.([]any); ok && len(l) == 1 {
		v = l[0]
	}
	o, ok := v.(map[string]any)
	if !ok {
		r.fail(codeType, path+"/"+name, "%s must be one object", name)
	}
	return o
}

func (r *reader) objects(m map[string]any, path, name string) []map[string]any {
	list := many(m[name])
	out := make([]map[string]any, 0, len(list))
	for i, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			r.fail(codeType, fmt.Sprintf("%s/%s/%d", path, name, i), "%s must hold objects", name)
			return nil
		}
		out = append(out, o)
	}
	return out
}

func (r *reader) strs(m map[string]any, path, name string) []string {
	var out []string
	for i, v := range many(m[name]) {
		s, ok := v.(string)
		if !ok {
			r.fail(codeType, fmt.Sprintf("%s/%s/%d", path, name, i), "%s must hold texts", name)
			return nil
		}
		out = append(out, s)
	}
	return out
}

// types reads a type or a list of types.
func (r *reader) types(m map[string]any, path string) []string { return r.strs(m, path, "type") }

// text reads a text in the forms that are in use: plain; a language map, which
// the official schema allows; and language value objects, which the data model
// allows. It returns the text in the wanted language, or the best other one.
func (r *reader) text(m map[string]any, path, name string, wanted cairn.Lang) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	texts := cairn.Text{}
	for _, e := range many(v) {
		o, ok := e.(map[string]any)
		if !ok {
			r.fail(codeType, path+"/"+name, "%s must be a text", name)
			return ""
		}
		if value, ok := o["@value"]; ok {
			s, ok := value.(string)
			lang, ok2 := o["@language"].(string)
			if !ok || !ok2 && o["@language"] != nil {
				r.fail(codeType, path+"/"+name, "%s must be a text", name)
				return ""
			}
			texts[cairn.Lang(lang)] = s
			continue
		}
		for lang, value := range o {
			s, ok := value.(string)
			if !ok {
				r.fail(codeType, path+"/"+name+"/"+lang, "%s must be a text", name)
				return ""
			}
			texts[cairn.Lang(lang)] = s
		}
	}
	s, _ := texts.In(wanted)
	return s
}

// texts reads a language map of our extension.
func (r *reader) texts(m map[string]any, path, name string) cairn.Text {
	o := r.object(m, path, name)
	if len(o) == 0 {
		return nil
	}
	t := cairn.Text{}
	for lang, v := range o {
		s, ok := v.(string)
		if !ok || checkLang("", cairn.Lang(lang)) != nil {
			r.fail(codeType, path+"/"+name+"/"+lang, "%s must hold one text for each language", name)
			return nil
		}
		t[cairn.Lang(lang)] = s
	}
	return t
}

func (r *reader) time(m map[string]any, path, name string) time.Time {
	s := r.str(m, path, name)
	if s == "" {
		return time.Time{}
	}
	t, err := vc.ParseTime(s)
	if err != nil {
		r.fail(codeMalformed, path+"/"+name, "%.60q is not a date and time", s)
		return time.Time{}
	}
	return t
}

// day reads the calendar day of a date and time as the issuer wrote it: an
// award of the first of May stays one of the first of May in every time zone.
func (r *reader) day(m map[string]any, path, name string) cairn.PartialDate {
	s := r.str(m, path, name)
	if s == "" || r.time(m, path, name).IsZero() {
		return cairn.PartialDate{}
	}
	date, _, _ := strings.Cut(s, "T")
	d, err := cairn.ParsePartialDate(date)
	if err != nil {
		r.fail(codeMalformed, path+"/"+name, "%.60q is not a date that is in use", s)
	}
	return d
}

// amount reads an exact figure of our extension, which is a text.
func (r *reader) amount(m map[string]any, path, name string) cairn.Credits {
	s := r.str(m, path, name)
	if s == "" {
		return cairn.Credits{}
	}
	c, err := cairn.ParseCredits(s)
	if err != nil {
		r.fail(codeMalformed, path+"/"+name, "%.40q is not a figure", s)
	}
	return c
}

// number reads a JSON number as an exact figure. What is finer than thousandths
// was rounded by its writer; the rest is cut off, never rounded up.
func (r *reader) number(m map[string]any, path, name string) (cairn.Credits, bool) {
	v, ok := m[name]
	if !ok {
		return cairn.Credits{}, false
	}
	n, ok := v.(json.Number)
	if !ok {
		r.fail(codeType, path+"/"+name, "%s must be a number", name)
		return cairn.Credits{}, false
	}
	c, err := parseNumber(string(n))
	if err != nil {
		r.fail(codeMalformed, path+"/"+name, "%.40q is not an amount of credit", string(n))
		return cairn.Credits{}, false
	}
	return c, true
}

func parseNumber(s string) (cairn.Credits, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return cairn.Credits{}, err
	}
	plain := strconv.FormatFloat(f, 'f', -1, 64) // without an exponent; at most about 330 bytes
	whole, decimals, _ := strings.Cut(plain, ".")
	if len(decimals) > 3 {
		decimals = decimals[:3]
	}
	if plain = whole; decimals != "" {
		plain += "." + decimals
	}
	return cairn.ParseCredits(plain)
}

// sameFigure reports whether the plain number that a reader of Open Badges sees
// is the exact figure that ours sees.
func sameFigure(exact, plain cairn.Credits) bool {
	return new(big.Rat).Sub(exact.Rat(), plain.Rat()).Sign() == 0
}

func (r *reader) identities(m map[string]any, path, name string) []Identity {
	var out []Identity
	for i, o := range r.objects(m, path, name) {
		at := fmt.Sprintf("%s/%s/%d", path, name, i)
		r.need(o, at, "identityHash", "identityType", "hashed")
		out = append(out, Identity{Type: r.str(o, at, "identityType"), Value: r.str(o, at, "identityHash"),
			Salt: r.str(o, at, "salt"), Hashed: r.boolean(o, at, "hashed")})
	}
	return out
}

// profile reads an issuer or creator, which is an object or an identifier.
func (r *reader) profile(m map[string]any, path, name string) (id, title, address string) {
	if s, ok := m[name].(string); ok {
		return s, "", ""
	}
	o := r.object(m, path, name)
	if o == nil {
		return "", "", ""
	}
	at := path + "/" + name
	r.need(o, at, "id")
	return r.str(o, at, "id"), r.text(o, at, "name", ""), r.str(o, at, "url")
}
