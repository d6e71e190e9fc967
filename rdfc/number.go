package rdfc

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// maxNumberText is the longest number that is read: all decimals that a float64
// can hold in full are shorter.
const maxNumberText = 40

// maxDigits is how many significant digits a fraction may have. The canonical
// double of JSON-LD has 16, which can't tell 64.6 from 64.59999999999999, nor 0.3
// from 0.30000000000000004. Up to 15, different numbers have different forms.
const maxDigits = 15

// number reads a number. It refuses those that share their canonical form with
// another, and the very small ones, which the JavaScript libraries sign as 0.
// Minus zero is zero, as in RFC 8785 and in JavaScript.
func number(text, path string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > maxNumberText || !json.Valid([]byte(text)) || math.Abs(f) >= 1e21 || f != 0 && math.Abs(f) < 1e-6 {
		return 0, fail("rdfc.number", path, "the number %.40s can't be signed", text)
	}
	exact := decimal(text)
	digits, _, _ := strings.Cut(strings.TrimPrefix(exact, "-"), "e")
	whole := f == math.Trunc(f)
	if whole && exact != decimal(strconv.FormatFloat(f, 'f', -1, 64)) || !whole && len(digits) > maxDigits {
		return 0, fail("rdfc.number", path, "the number %.40s has more digits than a signature can cover", text)
	}
	if f == 0 {
		return 0, nil
	}
	return f, nil
}

// decimal brings the text of a number into one form: sign, digits without zeros
// around them, and the power of ten.
func decimal(text string) string {
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
