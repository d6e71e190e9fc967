package cairn_test

import (
	"math/big"
	"math/rand/v2"
	"os"
	"testing"

	"cairn.example"
)

// Amounts of any size are what big.Rat makes of them, and one number has one form.
func TestCreditsAgreeWithRat(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	number := func() int64 {
		switch n := rng.Int64(); rng.IntN(4) {
		case 0:
			return n % 10
		case 1:
			return n % (1 << 33)
		case 2:
			return []int64{0, 1, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<63 - 1}[rng.IntN(6)]
		default:
			return n
		}
	}
	amount := func() (cairn.Credits, *big.Rat) {
		n, d := number(), max(1, number())
		if rng.IntN(2) == 0 {
			n = -n
		}
		return cairn.NewCredits(n, d), big.NewRat(n, d)
	}
	same := func(what string, c cairn.Credits, r *big.Rat) {
		t.Helper()
		if c.String() != r.RatString() || c.Rat().Cmp(r) != 0 || c.Sign() != r.Sign() || c != cairn.CreditsFromRat(r) && r.Num().IsInt64() && r.Denom().IsInt64() {
			t.Fatalf("%s: %s, want %s", what, c, r.RatString())
		}
	}
	n := 20_000
	if os.Getenv("CAIRN_CASES") != "" { // as in CI
		n = 200_000
	}
	for range n {
		c, r := amount()
		d, s := amount()
		same("amount", c, r)
		same("sum", c.Add(d), new(big.Rat).Add(r, s))
		same("difference", c.Sub(d), new(big.Rat).Sub(r, s))
		same("product", c.Mul(d), new(big.Rat).Mul(r, s))
		if s.Sign() != 0 {
			same("quotient", c.Div(d), new(big.Rat).Quo(r, s))
		}
		if c.Cmp(d) != r.Cmp(s) || c.Equal(d) != (r.Cmp(s) == 0) {
			t.Fatalf("%s against %s: %d", c, d, c.Cmp(d))
		}
	}
	if n := cairn.NewCredits(-1<<63, 1); n.String() != "-9223372036854775808" || !n.Sub(n).IsZero() {
		t.Error(n)
	}
}
