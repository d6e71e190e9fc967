package dataintegrity_test

import (
	"crypto/rand"
	"testing"

	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jose"
)

// What a selective credential costs, beside the signatures that it must make or
// check (PERFORMANCE, P6): one P-256 signature for each statement and one more.
func BenchmarkSD(b *testing.B) {
	id, key := keyOf(b, p256Secret)
	o := dataintegrity.Options{Purpose: did.AssertionMethod, Created: sdMade}
	always := []string{"/issuer", "/credentialStatus"}
	signed, err := dataintegrity.SignSD(b.Context(), rand.Reader, parse(b, badge), o, always, id, key)
	if err != nil {
		b.Fatal(err)
	}
	proofs, err := dataintegrity.Proofs(signed)
	if err != nil {
		b.Fatal(err)
	}
	m := did.Method{ID: id, Key: key.PublicKey()}
	part, err := dataintegrity.DeriveSD(signed, proofs[0], m, []string{"/credentialSubject/achievement"})
	if err != nil {
		b.Fatal(err)
	}
	shown, err := dataintegrity.Proofs(part)
	if err != nil {
		b.Fatal(err)
	}
	statements := len(components(b, sdValueOf(signed))[3].([]any))
	checked := len(components(b, sdValueOf(part))[2].([]any))
	message := make([]byte, 200)
	signature, err := key.Sign(b.Context(), message)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("sign", func(b *testing.B) {
		doc := parse(b, badge)
		for b.Loop() {
			if _, err := dataintegrity.SignSD(b.Context(), rand.Reader, doc, o, always, id, key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign, signatures alone", func(b *testing.B) {
		for b.Loop() {
			for range statements + 1 {
				if _, err := key.Sign(b.Context(), message); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("derive", func(b *testing.B) {
		for b.Loop() {
			if _, err := dataintegrity.DeriveSD(signed, proofs[0], m, []string{"/credentialSubject/achievement"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("derive, checked before", func(b *testing.B) {
		for b.Loop() {
			if _, err := dataintegrity.DeriveSD(signed, proofs[0], did.Method{}, []string{"/credentialSubject/achievement"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if err := dataintegrity.Verify(part, shown[0], m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify, signatures alone", func(b *testing.B) {
		for b.Loop() {
			for range checked + 1 {
				if err := key.PublicKey().Verify(jose.ES256, message, signature); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// What verification of a usual badge costs in each suite, beside its signature.
func BenchmarkVerify(b *testing.B) {
	for _, c := range published[:4] {
		id, key := keyOf(b, c.secret)
		signed, err := dataintegrity.SignWith(b.Context(), parse(b, badge), dataintegrity.Options{Cryptosuite: c.suite, Purpose: did.AssertionMethod, Created: made}, id, key)
		if err != nil {
			b.Fatal(err)
		}
		proofs, err := dataintegrity.Proofs(signed)
		if err != nil {
			b.Fatal(err)
		}
		m := did.Method{ID: id, Key: key.PublicKey()}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := dataintegrity.Verify(signed, proofs[0], m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
