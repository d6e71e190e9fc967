package jcs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"cairn.example"
)

// maxNumberText is the longest number that Exact takes: all decimals that a
// float64 can hold in full are shorter.
const maxNumberText = 40

// Exact refuses a tree with a number that Marshal writes as another number. Two
// documents that differ only there have one canonical form, so a signature over it
// does not say which of them was signed; a reader who keeps all digits would see
// what nobody signed. It has the code jcs.number.
func Exact(v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if err := Exact(e); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range v {
			if err := Exact(e); err != nil {
				return err
			}
		}
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil || len(v) > maxNumberText || Decimal(strconv.FormatFloat(f, 'e', -1, 64)) != Decimal(v.String()) {
			return &cairn.Error{Kind: cairn.Invalid, Code: "jcs.number", Message: fmt.Sprintf("the number %.40s has more digits than a signature can cover", v)}
		}
	}
	return nil
}

// Decimal brings the text of a number into one form: sign, digits without zeros
// around them, and the power of ten.
func Decimal(text string) string {
	sign, text := "", strings.ToLower(text)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "-", rest
	}
	mantissa, exponent, _ := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	power := -len(fraction)
	if exponent != "" {
		n, err := strconv.Atoi(exponent)
		if err != nil {
			return "unreadable " + text
		}
		power += n
	}
	trimmed := strings.TrimRight(digits, "0")
	return sign + trimmed + "e" + strconv.Itoa(power+len(digits)-len(trimmed))
}
