package dataintegrity_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"cairn.example/bbs"
	"cairn.example/dataintegrity"
	"cairn.example/did"
)

// bbsLarge is a credential with ninety statements, six of them shown always.
func bbsLarge(b *testing.B) map[string]any {
	doc := parse(b, bbsCredential)
	marks := []any{}
	for i := range 16 {
		marks = append(marks, map[string]any{"course": fmt.Sprint("Course ", i), "points": fmt.Sprint(i), "of": map[string]any{"grade": "A"}})
	}
	doc["credentialSubject"].(map[string]any)["marks"] = marks
	return doc
}

// besides runs f and the BBS operation inside it in turns, so that a busy machine
// slows both, and reports f's time over that of the operation.
func besides(b *testing.B, operation, f func() error) {
	b.Helper()
	var whole, inside time.Duration
	for b.Loop() {
		start := time.Now()
		err := f()
		middle := time.Now()
		if err == nil {
			err = operation()
		}
		if err != nil {
			b.Fatal(err)
		}
		whole, inside = whole+middle.Sub(start), inside+time.Since(middle)
	}
	b.ReportMetric(float64(whole)/float64(b.N)/1e6, "own-ms/op")
	b.ReportMetric(float64(whole)/float64(inside), "x-primitive")
}

func BenchmarkBBS(b *testing.B) {
	s := newBBSSigner(b, "issuer")
	doc := bbsLarge(b)
	signed := signBBS(b, s, doc, bbsMandatory)
	pointers := []string{"/name", "/credentialSubject/marks/3", "/credentialSubject/marks/5", "/credentialSubject/alumniOf"}
	shown := derive(b, s, signed, pointers...)
	base, derived := onlyProof(b, signed), onlyProof(b, shown)

	// The same operations on as many messages.
	const statements, revealed = 84, 13
	messages := make([][]byte, statements)
	indexes := make([]int, revealed)
	for i := range messages {
		messages[i] = fmt.Appendf(nil, "_:b%d <https://www.w3.org/ns/credentials/examples#course> \"Course %d\" .\n", i, i)
	}
	for i := range indexes {
		indexes[i] = i * 5
	}
	signature, err := bbs.Sign(s.key, nil, messages)
	if err != nil {
		b.Fatal(err)
	}
	var bareShown [][]byte
	for _, i := range indexes {
		bareShown = append(bareShown, messages[i])
	}
	proof, err := bbs.ProofGen(rand.Reader, s.PublicKey(), signature, nil, nil, messages, indexes)
	if err != nil {
		b.Fatal(err)
	}
	sign := func() error { _, err := bbs.Sign(s.key, nil, messages); return err }
	check := func() error { return bbs.Verify(s.PublicKey(), signature, nil, messages) }
	prove := func() error {
		_, err := bbs.ProofGen(rand.Reader, s.PublicKey(), signature, nil, nil, messages, indexes)
		return err
	}
	verify := func() error { return bbs.ProofVerify(s.PublicKey(), proof, nil, nil, bareShown, indexes) }

	b.Run("issue", func(b *testing.B) {
		besides(b, func() error {
			if err := sign(); err != nil {
				return err
			}
			return check()
		}, func() error {
			_, err := dataintegrity.SignBBS(b.Context(), rand.Reader, doc, dataintegrity.Options{Purpose: did.AssertionMethod}, bbsMandatory, s)
			return err
		})
	})
	b.Run("derive", func(b *testing.B) {
		besides(b, func() error {
			if err := prove(); err != nil {
				return err
			}
			return verify()
		}, func() error {
			_, err := dataintegrity.DeriveBBS(signed, base, s.method(), dataintegrity.Disclosure{Pointers: pointers, Random: rand.Reader})
			return err
		})
	})
	b.Run("verify", func(b *testing.B) {
		besides(b, verify, func() error { return dataintegrity.Verify(shown, derived, s.method()) })
	})
}
