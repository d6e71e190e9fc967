package sdjwt_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"cairn.example/jose"
	"cairn.example/sdjwt"
)

// The yardstick: one bare signature check, and one bare signature.
func BenchmarkRaw(b *testing.B) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 2000)
	signature := ed25519.Sign(private, message)
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if !ed25519.Verify(public, message, signature) {
				b.Fatal()
			}
		}
	})
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			ed25519.Sign(private, message)
		}
	})
}

const achievement = `{"vct":"https://college.example/types/course","iss":"https://college.example","iat":1772366000,"exp":1800000000,
"name":"Agroforestry","description":"How trees and crops help each other on a small farm, from choosing species to keeping records of the yield.",
"given":"Amina","family":"Otieno","birthdate":"1999-04-12","number":"KE-2026-00417","level":{"framework":"EQF","value":"4"},
"credit":{"amount":"4","unit":"ECTS","hours":"25"},"outcomes":["chooses species","plans a plot","keeps records"],"result":{"grade":"A","points":87},
"status":{"status_list":{"idx":412,"uri":"https://college.example/status/1"}}}`

var achievementPaths = []sdjwt.Path{{"given"}, {"family"}, {"birthdate"}, {"number"}, {"level"}, {"credit"}, {"outcomes"}, {"result"}}

func BenchmarkToken(b *testing.B) {
	k := key(jose.EdDSA)
	claims, err := jose.ParsePublicKey([]byte(text(b, k.PublicKey().Tree())))
	if err != nil {
		b.Fatal(err)
	}
	o := sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType}, Selective: achievementPaths, Rand: rand.Reader}
	c := tree(b, achievement)
	compact, err := sdjwt.Issue(b.Context(), c, o, k)
	if err != nil {
		b.Fatal(err)
	}
	held, err := sdjwt.Parse(compact)
	if err != nil {
		b.Fatal(err)
	}
	shown, err := held.Present([]sdjwt.Path{{"given"}, {"family"}, {"result"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("issue", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sdjwt.Issue(b.Context(), c, o, k); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			t, err := sdjwt.Parse(shown)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := t.VC(); err != nil {
				b.Fatal(err)
			}
			if _, err := t.Verify(claims, sdjwt.VCPolicy()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
