package sdjwt_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"time"

	"cairn.example/jose"
	"cairn.example/sdjwt"
)

// A college issues a record, a learner shows one claim of it, an employer checks.
func Example() {
	ctx := context.Background()
	college, err := jose.GenerateKey(jose.ES256, "key-1", rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	learner, err := jose.GenerateKey(jose.EdDSA, "", rand.Reader)
	if err != nil {
		log.Fatal(err)
	}

	// The college.
	cnf, err := sdjwt.Confirm(learner.PublicKey())
	if err != nil {
		log.Fatal(err)
	}
	claims := map[string]any{"vct": "https://college.example/types/course", "iss": "https://college.example", "cnf": cnf,
		"course": "Agroforestry", "name": "Amina Otieno", "birthdate": "1999-04-12"}
	issued, err := sdjwt.Issue(ctx, claims, sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: "key-1"},
		Selective: []sdjwt.Path{{"name"}, {"birthdate"}}, Rand: rand.Reader}, college)
	if err != nil {
		log.Fatal(err)
	}

	// The learner.
	held, err := sdjwt.Parse(issued)
	if err != nil {
		log.Fatal(err)
	}
	shown, err := held.Present([]sdjwt.Path{{"name"}})
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	shown, err = sdjwt.Bind(ctx, shown, "https://employer.example", "a fresh nonce", now, learner)
	if err != nil {
		log.Fatal(err)
	}

	// The employer: who says so, that issuer's key, then the proof.
	token, err := sdjwt.Parse(shown)
	if err != nil {
		log.Fatal(err)
	}
	vc, err := token.VC()
	if err != nil {
		log.Fatal(err)
	}
	key, err := vc.KeyFromMetadata(&sdjwt.IssuerMetadata{Issuer: "https://college.example"}, jose.KeySet{college.PublicKey()})
	if err != nil {
		log.Fatal(err)
	}
	verified, err := token.VerifyBound(key, sdjwt.VCPolicy(), sdjwt.Challenge{Audience: "https://employer.example", Nonce: "a fresh nonce", At: now, MaxAge: 5 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	_, hasBirthdate := verified.Tree["birthdate"]
	fmt.Println(verified.Tree["name"], verified.Tree["course"], hasBirthdate, verified.Bound)
	// Output: Amina Otieno Agroforestry false true
}
