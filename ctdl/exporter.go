package ctdl

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cairn.example"
	"cairn.example/programme"
)

// exporter gathers the nodes of one document.
type exporter struct {
	p     *programme.Programme
	base  string            // address of the pathway, which those of its parts begin with
	slots map[string]string // where slots are; all other names in After are requirements
	seen  map[string]bool
	graph []any
	parts []any // addresses of the components
	left  []string
}

func (e *exporter) award() string { return e.base + "/award" }

// at is the address of a part of the pathway. It follows from ids that an edition
// fixes, so it is the same in every export.
func (e *exporter) at(kind, id string) string { return e.base + "/" + kind + "/" + url.PathEscape(id) }

func (e *exporter) component(m object) {
	e.graph = append(e.graph, m)
	e.parts = append(e.parts, m["@id"])
}

// once reports whether a thing is met for the first time.
func (e *exporter) once(what string) bool {
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	was := e.seen[what]
	e.seen[what] = true
	return !was
}

func (e *exporter) unsaid(place string) { e.left = append(e.left, place) }

// credit gives a node an amount of credit in the programme's unit. The unit is in
// words: CTDL's list of units has none for most systems. An amount that no decimal
// number is, such as a third, is unsaid: half a truth would be read as the whole.
func (e *exporter) credit(m object, property string, c cairn.Credits, place string) {
	if c.IsZero() {
		return
	}
	text := c.Decimal()
	if back, err := cairn.ParseCredits(text); err != nil || !back.Equal(c) {
		e.unsaid(place)
		return
	}
	m[property] = []any{object{
		"@type": "ceterms:ValueProfile", "schema:value": json.Number(text),
		"ceterms:creditUnitTypeDescription": object{string(e.p.Language): e.p.Credit.Unit},
	}}
}

// rest lists the members of v that are given and not among those said. It looks at
// the form itself, so a member that the form gains later is listed until somebody
// writes it.
func (e *exporter) rest(place string, v any, said ...string) {
	r := reflect.Indirect(reflect.ValueOf(v))
	for i := range r.NumField() {
		f := r.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "" || name == "-" || slices.Contains(said, name) || r.Field(i).IsZero() {
			continue
		}
		if place != "" {
			name = place + "." + name
		}
		e.unsaid(name)
	}
}

func condition(n int, operator string, targets []any) object {
	return object{"@type": "ceterms:ComponentCondition", "ceterms:requiredNumber": json.Number(strconv.Itoa(n)),
		"ceterms:logicalOperator": operator, "ceterms:targetComponent": targets}
}

func languageMap(t cairn.Text) object {
	m := object{}
	for lang, text := range t {
		m[string(lang)] = text
	}
	return m
}
