package cairn

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Credits is an exact, non-negative-by-parsing rational number: an amount of
// credit, of hours or of a level. It is never a float, because rounding decides
// whether a learner passes a threshold (DOMAIN 1.1, credit units). The zero
// value is 0. A Credits is immutable and safe to copy.
//
// Nearly all amounts are small, so they are kept as two whole numbers in lowest
// terms, and as a big.Rat only when that does not hold them: one number has one form.
type Credits struct {
	n, d int64    // n/d; d is 0 for whole numbers
	r    *big.Rat // when n and d can't hold it; never changed after creation
}

// Limits of what ParseCredits accepts: enough for any real credit or hour
// figure, small enough that sums stay small.
const (
	maxCreditsText        = 24
	maxCreditsDenominator = 1000
	maxCreditsValue       = 1_000_000
)

// NewCredits returns num/den. It panics when den is not positive; use
// ParseCredits for figures that come from outside.
func NewCredits(num, den int64) Credits {
	if den <= 0 {
		panic(fmt.Sprintf("cairn: NewCredits(%d, %d): the denominator must be positive", num, den))
	}
	return reduced(num, den)
}

// Parts returns the numerator and the denominator in lowest terms, and whether both
// fit into 64 bits.
func (c Credits) Parts() (num, den int64, ok bool) { return c.n, max(c.d, 1), c.r == nil }

// fast bounds numbers of which two products and their sum fit into 64 bits.
const fast = 1 << 31

// small returns c as n/d when both are fast.
func (c Credits) small() (n, d int64, ok bool) {
	d = max(c.d, 1)
	return c.n, d, c.r == nil && -fast < c.n && c.n < fast && d < fast
}

// reduced returns n/d.
func reduced(n, d int64) Credits {
	a, b := n, d
	for b != 0 {
		a, b = b, a%b
	}
	a = max(a, -a)
	if n, d = n/a, d/a; d == 1 {
		d = 0
	}
	return Credits{n: n, d: d}
}

// credits takes r over.
func credits(r *big.Rat) Credits {
	switch {
	case !r.Num().IsInt64() || !r.Denom().IsInt64():
		return Credits{r: r}
	case r.IsInt():
		return Credits{n: r.Num().Int64()}
	}
	return Credits{n: r.Num().Int64(), d: r.Denom().Int64()}
}

// WholeCredits returns n as Credits.
func WholeCredits(n int64) Credits { return Credits{n: n} }

// ParseCredits reads "10", "3.5" or "10/3". It refuses signs, exponents,
// denominators over 1,000 and values over 1,000,000.
func ParseCredits(s string) (Credits, error) {
	bad := func(why string) (Credits, error) {
		return Credits{}, &Error{Kind: Invalid, Code: "credits.malformed", Object: quoteShort(s),
			Message: why, Hint: "write a figure such as 10, 3.5 or 10/3"}
	}
	if s == "" {
		return bad("the amount is empty")
	}
	if len(s) > maxCreditsText {
		return bad("the amount is too long")
	}
	points, slashes := 0, 0
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && i > 0 && i < len(s)-1:
			points++
		case c == '/' && i > 0 && i < len(s)-1:
			slashes++
		default:
			return bad("the amount is not a plain figure")
		}
	}
	if points+slashes > 1 {
		return bad("the amount is not a plain figure")
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok { // only a zero denominator is left
		return bad("the amount divides by zero")
	}
	if r.Denom().Cmp(big.NewInt(maxCreditsDenominator)) > 0 {
		return bad("the amount has too fine a fraction")
	}
	if r.Cmp(big.NewRat(maxCreditsValue, 1)) > 0 {
		return bad("the amount is too large")
	}
	return credits(r), nil
}

// Rat returns a copy as a big.Rat.
func (c Credits) Rat() *big.Rat {
	if c.r == nil {
		return big.NewRat(c.n, max(c.d, 1))
	}
	return new(big.Rat).Set(c.r)
}

// CreditsFromRat returns a copy of r.
func CreditsFromRat(r *big.Rat) Credits { return credits(new(big.Rat).Set(r)) }

// Add returns c + d.
func (c Credits) Add(d Credits) Credits {
	n, m, ok := c.small()
	if k, l, also := d.small(); ok && also {
		return reduced(n*l+k*m, m*l)
	}
	return credits(new(big.Rat).Add(c.Rat(), d.Rat()))
}

// Sub returns c - d, which may be negative.
func (c Credits) Sub(d Credits) Credits {
	n, m, ok := c.small()
	if k, l, also := d.small(); ok && also {
		return reduced(n*l-k*m, m*l)
	}
	return credits(new(big.Rat).Sub(c.Rat(), d.Rat()))
}

// Mul returns c × d.
func (c Credits) Mul(d Credits) Credits {
	n, m, ok := c.small()
	if k, l, also := d.small(); ok && also {
		return reduced(n*k, m*l)
	}
	return credits(new(big.Rat).Mul(c.Rat(), d.Rat()))
}

// Div returns c ÷ d; it panics when d is zero.
func (c Credits) Div(d Credits) Credits {
	n, m, ok := c.small()
	if k, l, also := d.small(); ok && also && k > 0 {
		return reduced(n*l, m*k)
	}
	return credits(new(big.Rat).Quo(c.Rat(), d.Rat()))
}

// Cmp returns -1, 0 or +1 as c is less than, equal to or greater than d.
func (c Credits) Cmp(d Credits) int {
	n, m, ok := c.small()
	if k, l, also := d.small(); ok && also {
		return cmp.Compare(n*l, k*m)
	}
	return c.Rat().Cmp(d.Rat())
}

// Sign returns -1, 0 or +1.
func (c Credits) Sign() int {
	if c.r == nil {
		return cmp.Compare(c.n, 0)
	}
	return c.r.Sign()
}

// IsZero reports whether c is 0.
func (c Credits) IsZero() bool { return c.Sign() == 0 }

// Equal reports whether c and d are the same number.
func (c Credits) Equal(d Credits) bool { return c.Cmp(d) == 0 }

// String returns the shortest exact form: "10", or "10/3".
func (c Credits) String() string {
	switch {
	case c.r != nil:
		return c.r.RatString()
	case c.d == 0:
		return strconv.FormatInt(c.n, 10)
	}
	return strconv.FormatInt(c.n, 10) + "/" + strconv.FormatInt(c.d, 10)
}

// Decimal returns a decimal form for people, exact when it ends within three
// places and rounded to two places with a leading "≈" when it does not.
func (c Credits) Decimal() string {
	r := c.Rat()
	if r.IsInt() {
		return r.RatString()
	}
	s := r.FloatString(3)
	if back, ok := new(big.Rat).SetString(s); ok && back.Cmp(r) == 0 {
		return strings.TrimRight(s, "0")
	}
	return "≈" + r.FloatString(2)
}

// MarshalText writes the form of String.
func (c Credits) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCredits reads.
func (c *Credits) UnmarshalText(b []byte) error {
	v, err := ParseCredits(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}

func quoteShort(s string) string {
	const limit = 60
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
