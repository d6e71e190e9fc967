package rdfc

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn.example/jcs"
)

// bcp47 is the shape of a language tag; RDF drops values with any other.
var bcp47 = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)

// plainTypes are the XML Schema types that JSON has values of its own for.
var plainTypes = []string{"boolean", "integer", "nonNegativeInteger", "float", "double", "decimal"}

// coordinates are numbers in Open Badges, although its context calls them texts.
var coordinates = []string{"latitude", "longitude"}

// scalar writes a text, number or truth value (JSON-LD 1.1 API, section 8.2.2).
// The text "4" and the number 4 of one datatype have one canonical form, and a
// reader who takes them differently could be fooled; so each datatype takes
// either texts or plain values, never both.
func scalar(v any, datatype, path string) (term, error) {
	_, name, _ := strings.Cut(datatype, "#")
	plain := slices.Contains(plainTypes, name) || slices.ContainsFunc(coordinates, func(c string) bool { return strings.HasSuffix(path, "/"+c) })
	if _, isText := v.(string); datatype != "" && isText == plain {
		return term{}, fail("rdfc.number-as-text", path, "a text stands where a number or a truth value belongs, or the other way round")
	}
	orType := func(t string) string {
		if datatype != "" {
			return datatype
		}
		return xsd + t
	}
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return term{}, fail("rdfc.malformed", path, "the text is not valid UTF-8")
		}
		return term{kind: literal, value: v, datatype: plainText(datatype)}, nil
	case bool:
		return term{kind: literal, value: strconv.FormatBool(v), datatype: plainText(orType("boolean"))}, nil
	case json.Number:
		f, err := number(v.String(), path)
		if err != nil {
			return term{}, err
		}
		if f == math.Trunc(f) && datatype != xsd+"double" {
			return term{kind: literal, value: strconv.FormatFloat(f, 'f', 0, 64), datatype: plainText(orType("integer"))}, nil
		}
		return term{kind: literal, value: canonicalDouble(f), datatype: plainText(orType("double"))}, nil
	}
	return term{}, fail("rdfc.malformed", path, "a value of the Go type %T is not JSON", v)
}

// plainText gives xsd:string its short form, so that equal terms are equal.
func plainText(datatype string) string {
	if datatype == xsd+"string" {
		return ""
	}
	return datatype
}

// valueObject reads {"@value": …, "@language": …, "@direction": …}. RDF has no
// direction of text. The standard leaves open what becomes of it; like Digital
// Bazaar's libraries we keep it in the datatype (JSON-LD 1.1, "The i18n
// Namespace"), so that the proof covers it.
func valueObject(m map[string]any, path string) (term, error) {
	for _, k := range sortedKeys(m) {
		if k != "@value" && k != "@language" && k != "@direction" {
			return term{}, fail("rdfc.dropped", below(path, k), "%.40q is not accepted beside @value", k)
		}
	}
	text, ok := m["@value"].(string)
	if !ok {
		return term{}, fail("rdfc.dropped", below(path, "@value"), "only a text can have the form of a value object here")
	}
	language, ok := m["@language"].(string)
	if !ok {
		return term{}, fail("rdfc.dropped", below(path, "@language"), "the language is missing")
	}
	t, err := tagged(text, language, below(path, "@language"))
	if d, ok := m["@direction"]; ok && err == nil {
		if d != "ltr" && d != "rtl" {
			return term{}, fail("rdfc.dropped", below(path, "@direction"), "the direction of a text is ltr or rtl")
		}
		t.datatype, t.language = i18n+t.language+"_"+d.(string), ""
	}
	return t, err
}

// tagged writes a text in a language. Tags do not depend on letter case, and all
// implementations write them small.
func tagged(text, language, path string) (term, error) {
	if !bcp47.MatchString(language) {
		return term{}, fail("rdfc.dropped", path, "%.40q is not a language tag, and the text would be lost", language)
	}
	if !utf8.ValidString(text) {
		return term{}, fail("rdfc.malformed", path, "the text is not valid UTF-8")
	}
	return term{kind: literal, value: text, language: strings.ToLower(language)}, nil
}

// jsonLiteral keeps a value as JSON text (JSON-LD 1.1 API, section 8.2.2, step 9).
func jsonLiteral(v any, path string) (term, error) {
	if err := checkJSON(v, path); err != nil {
		return term{}, err
	}
	b, err := jcs.Marshal(v)
	if err != nil {
		return term{}, fail("rdfc.malformed", path, "the value has no canonical form: %v", err)
	}
	return term{kind: literal, value: string(b), datatype: rdf + "JSON"}, nil
}

// checkJSON refuses numbers that RFC 8785 would write as another number.
func checkJSON(v any, path string) error {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			if err := checkJSON(v[k], below(path, k)); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := checkJSON(e, path+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil || len(v) > maxNumberText || jcs.Decimal(strconv.FormatFloat(f, 'e', -1, 64)) != jcs.Decimal(v.String()) {
			return fail("rdfc.number", path, "the number %.40s has more digits than a signature can cover", v)
		}
	}
	return nil
}

// canonicalDouble writes a number as XML Schema's canonical double: 3.5E0.
func canonicalDouble(f float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	n, err := strconv.Atoi(exponent)
	if err != nil { // FormatFloat always writes one
		panic("rdfc: " + err.Error())
	}
	return mantissa + "E" + strconv.Itoa(n)
}
