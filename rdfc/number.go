package rdfc

import (
	"math"
	"strconv"
	"strings"
)

// maxNumberText is the longest number that is read: all decimals that a float64
// can hold in full are shorter.
const maxNumberText = 40

// checkNumber refuses numbers whose canonical form would not say the same: the
// canonical double of JSON-LD has 16 digits, so that 0.30000000000000004 would
// be signed as 0.3. It also refuses the very small ones, which the JavaScript
// libraries sign as 0.
func checkNumber(text, path string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > maxNumberText || math.Abs(f) >= 1e21 || f != 0 && math.Abs(f) < 1e-6 {
		return fail("rdfc.number", path, "the number %.40s can't be signed; write it as a text if its kind allows", text)
	}
	written := strconv.FormatFloat(f, 'f', -1, 64)
	if f != math.Trunc(f) {
		written = strconv.FormatFloat(f, 'e', 15, 64)
	}
	if decimal(written) != decimal(text) {
		return fail("rdfc.number", path, "the number %.40s has more digits than a signature can cover", text)
	}
	return nil
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
