package bbs

import (
	"crypto"
	"encoding/binary"
	"sync"

	"github.com/cloudflare/circl/ecc/bls12381"
	"github.com/cloudflare/circl/expander"
)

type (
	scalar = bls12381.Scalar
	point  = bls12381.G1
)

// expand is expand_message_xmd with SHA-256 (RFC 9380, section 5.3.1).
func expand(message []byte, dst string, size uint) []byte {
	return expander.NewExpanderMD(crypto.SHA256, []byte(dst)).Expand(message, size)
}

// reduce reads 48 bytes as a number modulo the group order. It works in pieces
// of 16 bytes, which need no division, since the number may be secret.
func reduce(b []byte) *scalar {
	var piece [scalarSize]byte
	out, shift, next := new(scalar), new(scalar), new(scalar)
	piece[scalarSize-17] = 1
	mustScalar(shift, piece[:]) // 2^128
	piece[scalarSize-17] = 0
	for ; len(b) > 0; b = b[16:] {
		copy(piece[16:], b[:16])
		mustScalar(next, piece[:])
		out.Mul(out, shift)
		out.Add(out, next)
	}
	return out
}

// mustScalar reads a number that is below the order for a reason that the caller knows.
func mustScalar(s *scalar, b []byte) {
	if err := s.UnmarshalBinary(b); err != nil {
		panic("bbs: a number over the order of the group: " + err.Error())
	}
}

// hashToScalar is hash_to_scalar of the draft.
func hashToScalar(message []byte, dst string) *scalar {
	return reduce(expand(message, dst, expandSize))
}

// messageScalars is messages_to_scalars of the draft.
func messageScalars(messages [][]byte) []scalar {
	out := make([]scalar, len(messages))
	for i, m := range messages {
		out[i] = *hashToScalar(m, messageDST)
	}
	return out
}

// appendScalar writes s in 32 bytes.
func appendScalar(b []byte, s *scalar) []byte {
	octets, err := s.MarshalBinary()
	if err != nil {
		panic("bbs: " + err.Error()) // MarshalBinary of a scalar has no error to return
	}
	return append(b, octets...)
}

func appendPoints(b []byte, points ...*point) []byte {
	for _, p := range points {
		b = append(b, p.BytesCompressed()...)
	}
	return b
}

// readScalar reads a number from 1 to the order less one, and nothing else.
func readScalar(b []byte) (*scalar, bool) {
	s := new(scalar)
	if len(b) != scalarSize || s.UnmarshalBinary(b) != nil || s.IsZero() == 1 {
		return nil, false
	}
	return s, true
}

// readPoint reads a compressed point of the prime order subgroup other than the
// identity, from 48 bytes. SetBytes refuses coordinates over the field's prime, points off the
// curve and points outside of the subgroup.
func readPoint(b []byte) (*point, bool) {
	p := new(point)
	if p.SetBytes(b) != nil || p.IsIdentity() {
		return nil, false
	}
	return p, true
}

// How many bits one look-up covers. The constants are multiplied for as long as
// the process lives, so large tables pay: 36 KiB a generator, 15 MiB for all.
const (
	constantWindow = 8
	onceWindow     = 4
)

// table holds the multiples of a point from 0 to 2^window - 1.
type table []point

func newTable(p *point, window int) table {
	t := make(table, 1<<window)
	t[0].SetIdentity()
	for i := 1; i < len(t); i++ {
		t[i].Add(&t[i-1], p)
	}
	return t
}

// sum returns the sum of the points times their scalars; all tables have the same
// window, 4 or 8. The addition formulas are complete, so zero digits are added like
// others and the sequence of operations depends on the number of points alone.
func sum(window int, tables []table, scalars []scalar) *point {
	octets := make([][]byte, len(scalars))
	for i := range scalars {
		octets[i] = appendScalar(nil, &scalars[i])
	}
	out := new(point)
	out.SetIdentity()
	for at := range scalarSize {
		for shift := 8 - window; shift >= 0; shift -= window {
			if at > 0 || shift < 8-window {
				for range window {
					out.Double()
				}
			}
			for i, t := range tables {
				out.Add(out, &t[int(octets[i][at])>>shift&(len(t)-1)])
			}
		}
	}
	return out
}

// times returns s·p in constant time, for secret s.
func times(s *scalar, p *point) *point {
	out := new(point)
	out.ScalarMult(s, p)
	return out
}

// pairingsCancel tells whether h(a, w) · h(b, -BP2) is one.
func pairingsCancel(a *point, w *bls12381.G2, b *point) bool {
	return bls12381.ProdPairFrac([]*point{a, b}, []*bls12381.G2{w, bls12381.G2Generator()}, []int{1, -1}).IsIdentity()
}

// A generator is one of the constant points that messages are multiplied with.
type generator struct {
	octets [pointSize]byte
	table  table
}

// generators computes the constants of the draft (create_generators) when they
// are first needed, and keeps them: they are the same for everybody, for ever.
type generators struct {
	seed string
	mu   sync.Mutex
	v    []byte
	list []generator // only ever appended to, so that callers can read what they got
}

func (g *generators) first(n int) []generator {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.v == nil {
		g.v = expand([]byte(g.seed), seedDST, expandSize)
	}
	for len(g.list) < n {
		g.v = expand(binary.BigEndian.AppendUint64(g.v, uint64(len(g.list)+1)), seedDST, expandSize)
		p := new(point)
		p.Hash(g.v, []byte(generatorDST))
		g.list = append(g.list, generator{octets: [pointSize]byte(p.BytesCompressed()), table: newTable(p, constantWindow)})
	}
	return g.list[:n:n]
}

var (
	messageGenerators = &generators{seed: seed}
	basePoint         = &generators{seed: seedP1} // P1 is the first and only one
)

// setting is what signer, holder and verifier compute alike.
type setting struct {
	p1     table
	q1     table
	h      []table // of the messages
	domain *scalar
}

// newSetting is create_generators and calculate_domain of the draft.
func newSetting(key *PublicKey, header []byte, messages int) setting {
	list := messageGenerators.first(messages + 1)
	input := make([]byte, 0, PublicKeySize+8+len(list)*pointSize+len(apiID)+8+len(header))
	input = append(input, key.octets[:]...)
	input = binary.BigEndian.AppendUint64(input, uint64(messages))
	s := setting{p1: basePoint.first(1)[0].table, q1: list[0].table, h: make([]table, messages)}
	for i := range list {
		input = append(input, list[i].octets[:]...)
		if i > 0 {
			s.h[i-1] = list[i].table
		}
	}
	input = append(input, apiID...)
	input = binary.BigEndian.AppendUint64(input, uint64(len(header)))
	input = append(input, header...)
	s.domain = hashToScalar(input, scalarDST)
	return s
}

// b is P1 + Q_1·domain + H_1·msg_1 + … of the draft.
func (s *setting) b(messages []scalar) *point {
	tables := append([]table{s.q1}, s.h...)
	out := sum(constantWindow, tables, append([]scalar{*s.domain}, messages...))
	out.Add(out, &s.p1[1])
	return out
}
