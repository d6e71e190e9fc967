package bbs

import (
	"crypto/subtle"
	"encoding/binary"
	"io"

	"cairn.example"
)

// split returns the indexes from 0 to total-1 that are not among disclosed,
// which must be in ascending order.
func split(disclosed []int, total int) ([]int, error) {
	var hidden []int
	next := 0
	for _, i := range disclosed {
		if i < next || i >= total {
			return nil, bad("bbs.indexes", "the indexes of the shown messages must ascend and be below %d", total)
		}
		for ; next < i; next++ {
			hidden = append(hidden, next)
		}
		next = i + 1
	}
	for ; next < total; next++ {
		hidden = append(hidden, next)
	}
	return hidden, nil
}

func pick[T any](from []T, indexes []int) []T {
	out := make([]T, len(indexes))
	for n, i := range indexes {
		out[n] = from[i]
	}
	return out
}

// challenge is ProofChallengeCalculate of the draft; points are Abar, Bbar, D,
// T1 and T2.
func challenge(points [5]*point, domain *scalar, shown []scalar, indexes []int, ph []byte) *scalar {
	input := binary.BigEndian.AppendUint64(nil, uint64(len(indexes)))
	for n, i := range indexes {
		input = binary.BigEndian.AppendUint64(input, uint64(i))
		input = appendScalar(input, &shown[n])
	}
	input = appendPoints(input, points[:]...)
	input = appendScalar(input, domain)
	input = binary.BigEndian.AppendUint64(input, uint64(len(ph)))
	return hashToScalar(append(input, ph...), scalarDST)
}

// ProofGen returns a proof that its maker has a signature of the key over the
// header and the messages, and that shows the messages at the indexes (from 0,
// ascending) only. ph, the presentation header, binds the proof to its purpose,
// such as a verifier's nonce. The signature is checked first.
//
// random must be a source such as crypto/rand.Reader; with a source that repeats
// itself or can be guessed, hidden messages come to light. Codes: those of
// Verify, and bbs.indexes.
func ProofGen(random io.Reader, k *PublicKey, signature, header, ph []byte, messages [][]byte, disclosed []int) ([]byte, error) {
	if err := checkSize(len(messages), messages, header, ph); err != nil {
		return nil, err
	}
	hidden, err := split(disclosed, len(messages))
	if err != nil {
		return nil, err
	}
	a, e, err := readSignature(signature)
	if err != nil {
		return nil, err
	}
	s := newSetting(k, header, len(messages))
	scalars := messageScalars(messages)
	b := s.b(scalars)
	if !fits(k, a, e, b) {
		return nil, bad("bbs.signature", "the signature does not fit the messages")
	}

	blinds, err := randomScalars(random, 5+len(hidden))
	if err != nil {
		return nil, err
	}
	return prove(&s, blinds, a, e, b, ph, scalars, disclosed, hidden), nil
}

// prove is ProofInit, ProofChallengeCalculate and ProofFinalize of the draft. It
// trusts that (a, e) is a signature over b.
func prove(s *setting, blinds []scalar, a *point, e *scalar, b *point, ph []byte, scalars []scalar, disclosed, hidden []int) []byte {
	r1, r2, eBlind, r1Blind, r3Blind, messageBlinds := &blinds[0], &blinds[1], &blinds[2], &blinds[3], &blinds[4], blinds[5:]

	d := times(r2, b)
	both := new(scalar)
	both.Mul(r1, r2)
	aBar := times(both, a)
	bBar := times(r1, d)
	minus := times(e, aBar)
	minus.Neg()
	bBar.Add(bBar, minus)
	t1 := times(eBlind, aBar)
	t1.Add(t1, times(r1Blind, d))
	t2 := sum(constantWindow, pick(s.h, hidden), messageBlinds)
	t2.Add(t2, times(r3Blind, d))
	c := challenge([5]*point{aBar, bBar, d, t1, t2}, s.domain, pick(scalars, disclosed), disclosed, ph)

	r3, response := new(scalar), new(scalar)
	r3.Inv(r2)
	proof := appendPoints(make([]byte, 0, MinProofSize+len(hidden)*scalarSize), aBar, bBar, d)
	response.Mul(e, c)
	response.Add(response, eBlind)
	proof = appendScalar(proof, response)
	response.Mul(r1, c)
	response.Sub(r1Blind, response)
	proof = appendScalar(proof, response)
	response.Mul(r3, c)
	response.Sub(r3Blind, response)
	proof = appendScalar(proof, response)
	for n, i := range hidden {
		response.Mul(&scalars[i], c)
		response.Add(response, &messageBlinds[n])
		proof = appendScalar(proof, response)
	}
	return appendScalar(proof, c)
}

// randomScalars is calculate_random_scalars of the draft.
func randomScalars(random io.Reader, count int) ([]scalar, error) {
	out := make([]scalar, count)
	var octets [expandSize]byte
	for i := range out {
		if _, err := io.ReadFull(random, octets[:]); err != nil {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "bbs.random", Message: "there is no randomness", Err: err}
		}
		out[i] = *reduce(octets[:])
		if out[i].IsZero() == 1 {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "bbs.random", Message: "the source of randomness is broken"}
		}
	}
	return out, nil
}

// Hidden returns how many messages a proof of this many bytes hides, or -1 when
// no proof has this size.
func Hidden(size int) int {
	if size < MinProofSize || (size-MinProofSize)%scalarSize != 0 {
		return -1
	}
	return (size - MinProofSize) / scalarSize
}

// ProofVerify returns nil when the proof shows that the key signed the header
// and, at these indexes (from 0, ascending) of a list with as many messages as
// are shown and hidden, these messages; and when it was made for ph. Codes:
// bbs.malformed (not a proof), bbs.proof (a wrong one), bbs.indexes,
// bbs.too-many-messages, bbs.too-large.
func ProofVerify(k *PublicKey, proof, header, ph []byte, shown [][]byte, indexes []int) error {
	malformed := bad("bbs.malformed", "this is not a BBS proof")
	count := Hidden(len(proof))
	if count < 0 {
		return malformed
	}
	if err := checkSize(count+max(len(shown), len(indexes)), shown, header, ph); err != nil {
		return err
	}
	if len(shown) != len(indexes) {
		return bad("bbs.indexes", "%d messages with %d indexes", len(shown), len(indexes))
	}
	hidden, err := split(indexes, count+len(indexes))
	if err != nil {
		return err
	}

	// octets_to_proof.
	var points [3]*point
	for i := range points {
		var ok bool
		if points[i], ok = readPoint(proof[:pointSize]); !ok {
			return malformed
		}
		proof = proof[pointSize:]
	}
	claimed := proof[len(proof)-scalarSize:]
	responses := make([]scalar, 0, count+4)
	for ; len(proof) > 0; proof = proof[scalarSize:] {
		s, ok := readScalar(proof[:scalarSize])
		if !ok {
			return malformed
		}
		responses = append(responses, *s)
	}
	aBar, bBar, d := points[0], points[1], points[2]
	eHat, r1Hat, r3Hat, messageHats, c := responses[0], responses[1], responses[2], responses[3:3+count], responses[3+count]

	// ProofVerifyInit. T2 is one sum: the challenge is multiplied into the
	// scalars of the shown messages instead of into the sum of their points.
	s := newSetting(k, header, count+len(indexes))
	scalars := messageScalars(shown)
	ofD := newTable(d, onceWindow)
	t1 := sum(onceWindow, []table{newTable(bBar, onceWindow), newTable(aBar, onceWindow), ofD}, []scalar{c, eHat, r1Hat})
	tables := append([]table{s.p1, s.q1}, pick(s.h, hidden)...)
	factors := append([]scalar{c, *s.domain}, messageHats...)
	factors[1].Mul(&factors[1], &c)
	for n, i := range indexes {
		var f scalar
		f.Mul(&scalars[n], &c)
		tables, factors = append(tables, s.h[i]), append(factors, f)
	}
	t2 := sum(constantWindow, tables, factors)
	t2.Add(t2, sum(onceWindow, []table{ofD}, []scalar{r3Hat}))

	again := challenge([5]*point{aBar, bBar, d, t1, t2}, s.domain, scalars, indexes, ph)
	if subtle.ConstantTimeCompare(appendScalar(nil, again), claimed) != 1 || !pairingsCancel(aBar, k.w, bBar) {
		return bad("bbs.proof", "the proof does not fit the shown messages")
	}
	return nil
}
