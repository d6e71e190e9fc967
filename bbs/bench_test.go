package bbs

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/cloudflare/circl/ecc/bls12381"
)

// benchMessages is about what a micro-credential has.
const benchMessages = 80

func benchSetting(b *testing.B) (*SecretKey, [][]byte, []byte, []int) {
	b.Helper()
	k := signerKey(b)
	list := make([][]byte, benchMessages)
	var shown []int
	for i := range list {
		list[i] = fmt.Appendf(nil, "_:b%d <https://example.org/#statement> \"number %d of a credential\" .\n", i, i)
		if i%2 == 0 {
			shown = append(shown, i)
		}
	}
	return k, list, must(Sign(k, nil, list))(b), shown
}

// floor is the time of group operations that an operation can't do without, so
// that a benchmark says how far from it the whole is, on whatever machine.
func floor(decoded, multiplied, added, pairings int) func() {
	one := bls12381.G1Generator()
	octets := one.BytesCompressed()
	two := bls12381.G2Generator()
	s := hashToScalar(nil, scalarDST)
	return func() {
		var p point
		for range decoded {
			if p.SetBytes(octets) != nil {
				panic("a generator that is no point")
			}
		}
		for range multiplied {
			p.ScalarMult(s, one)
		}
		for range added {
			p.Add(&p, one)
		}
		if pairings > 0 {
			bls12381.ProdPairFrac([]*point{one, one}[:pairings], []*bls12381.G2{two, two}[:pairings], []int{1, -1}[:pairings])
		}
	}
}

// ratio runs f and its floor in turns, so that a busy machine slows both, and
// reports f's time over the floor's.
func ratio(b *testing.B, bottom, f func()) {
	var own, least time.Duration
	for b.Loop() {
		start := time.Now()
		f()
		middle := time.Now()
		bottom()
		own, least = own+middle.Sub(start), least+time.Since(middle)
	}
	b.ReportMetric(float64(own)/float64(b.N), "own-ns/op")
	b.ReportMetric(float64(own)/float64(least), "x-floor")
}

func BenchmarkSign(b *testing.B) {
	k, list, _, _ := benchSetting(b)
	ratio(b, floor(0, 1, benchMessages*32, 0), func() {
		if _, err := Sign(k, nil, list); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkProofGen(b *testing.B) {
	k, list, signature, shown := benchSetting(b)
	ratio(b, floor(1, 8, benchMessages*32*3/2, 2), func() {
		if _, err := ProofGen(rand.Reader, k.Public(), signature, nil, nil, list, shown); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkProofVerify(b *testing.B) {
	k, list, signature, shown := benchSetting(b)
	proof := must(ProofGen(rand.Reader, k.Public(), signature, nil, nil, list, shown))(b)
	ratio(b, floor(3, 0, benchMessages*32, 2), func() {
		if err := ProofVerify(k.Public(), proof, nil, nil, pick(list, shown), shown); err != nil {
			b.Fatal(err)
		}
	})
}
