package rdfc

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"cairn.example/jcs"
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
	exact := jcs.Decimal(text)
	digits, _, _ := strings.Cut(strings.TrimPrefix(exact, "-"), "e")
	whole := f == math.Trunc(f)
	if whole && exact != jcs.Decimal(strconv.FormatFloat(f, 'f', -1, 64)) || !whole && len(digits) > maxDigits {
		return 0, fail("rdfc.number", path, "the number %.40s has more digits than a signature can cover", text)
	}
	if f == 0 {
		return 0, nil
	}
	return f, nil
}
