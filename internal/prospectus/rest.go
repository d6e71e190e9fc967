package prospectus

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/programme"
)

// rest says the members of a rule that no function puts into words: each by the
// sentence of its name, with its value, and with what is inside it below.
func (s *speaker) rest(rule any) (out []Line) {
	v := reflect.Indirect(reflect.ValueOf(rule))
	for name, f := range members(v.Type()) {
		value := v.FieldByIndex(f)
		if slices.Contains(said[v.Type().Name()], name) || value.IsZero() {
			continue
		}
		l := Line{}
		var text string
		text, l.Lines = s.value(value)
		code := Code(v.Type(), name)
		if value.Kind() == reflect.String && s.Has(area, code+"."+text) {
			code += "." + text // a word of the document that has a sentence of its own
		}
		l.Text = s.say(code, "value", text)
		if c := reflect.Indirect(value); c.Kind() == reflect.Struct && c.FieldByName("Clause").IsValid() {
			l.Clause = c.FieldByName("Clause").String()
		}
		out = append(out, l)
	}
	return out
}

// restOf is rest for a rule that may not be there.
func (s *speaker) restOf(l *programme.Level) []Line {
	if l == nil {
		return nil
	}
	return s.rest(*l)
}

// Code is the code of the sentence for a member of a rule.
func Code(t reflect.Type, member string) string {
	return strings.ToLower(t.Name()[:1]) + t.Name()[1:] + "." + member
}

// members gives the members of a type by their names in documents, in their order.
func members(t reflect.Type) func(func(string, []int) bool) {
	return func(yield func(string, []int) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if f.IsExported() && name != "" && name != "-" && !yield(name, f.Index) {
				return
			}
		}
	}
}

// value writes a value in words, or, where it has parts, lines about them.
func (s *speaker) value(v reflect.Value) (string, []Line) {
	v = reflect.Indirect(v)
	switch x := v.Interface().(type) {
	case cairn.Credits:
		return s.Figure(x), nil
	case cairn.Text:
		return s.text(x), nil
	case cairn.PartialDate:
		return s.Partial(x), nil
	case cairn.DID:
		return s.issuer(x), nil
	case cairn.AchievementID:
		return s.achievement(x).Text, nil
	case programme.Selector:
		return "", s.selector(&x)
	case programme.MinGrade:
		return s.grade(&x), s.rest(x)
	case programme.Currency:
		return s.age(&x), nil
	case programme.Surplus:
		if len(x.To) == 0 {
			return "", []Line{s.line("surplus.none")}
		}
	case programme.Route:
		return s.T(area, "route."+string(x)), nil
	case programme.Dates:
		return "", s.selector(&programme.Selector{Awarded: &x})
	case bool:
		return "", nil
	}
	switch v.Kind() {
	case reflect.Slice:
		var texts []string
		var lines []Line
		for i := range v.Len() {
			text, below := s.value(v.Index(i))
			if texts = append(texts, text); below != nil {
				lines = append(lines, Line{Text: s.headline(v.Index(i)), Clause: clauseOf(v.Index(i)), Lines: below})
			}
		}
		if lines != nil {
			return "", lines
		}
		return list(s, "and", texts), nil
	case reflect.Struct:
		return "", s.rest(v.Interface())
	}
	if v.Kind() == reflect.String {
		return s.place(v.String()), nil
	}
	return fmt.Sprint(v.Interface()), nil
}

// headline names one of several rules: by its title or else its id.
func (s *speaker) headline(v reflect.Value) string {
	v = reflect.Indirect(v)
	if f := v.FieldByName("Title"); f.IsValid() {
		if t, ok := f.Interface().(cairn.Text); ok && len(t) > 0 {
			return s.text(t)
		}
	}
	if f := v.FieldByName("ID"); f.IsValid() {
		return f.String()
	}
	return s.say("clause", "clause", clauseOf(v))
}

func clauseOf(v reflect.Value) string {
	if f := reflect.Indirect(v).FieldByName("Clause"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}
