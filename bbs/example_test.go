package bbs_test

import (
	"crypto/rand"
	"fmt"
	"log"

	"cairn.example/bbs"
)

// An issuer signs three messages, the holder shows one of them, a verifier checks.
func Example() {
	// The issuer.
	material := make([]byte, 32)
	if _, err := rand.Read(material); err != nil {
		log.Fatal(err)
	}
	key, err := bbs.KeyGen(material, nil, "")
	if err != nil {
		log.Fatal(err)
	}
	header := []byte("always shown")
	messages := [][]byte{[]byte("name: Amina"), []byte("course: Weaving"), []byte("points: 71")}
	signature, err := bbs.Sign(key, header, messages)
	if err != nil {
		log.Fatal(err)
	}

	// The holder, to a verifier who asked for "nonce-1".
	proof, err := bbs.ProofGen(rand.Reader, key.Public(), signature, header, []byte("nonce-1"), messages, []int{1})
	if err != nil {
		log.Fatal(err)
	}

	// The verifier, who has the issuer's key, the header, and one message.
	shown := [][]byte{[]byte("course: Weaving")}
	fmt.Println(bbs.ProofVerify(key.Public(), proof, header, []byte("nonce-1"), shown, []int{1}))
	fmt.Println(bbs.ProofVerify(key.Public(), proof, header, []byte("nonce-2"), shown, []int{1}))
	fmt.Println(bbs.Hidden(len(proof)), "messages are hidden")
	// Output:
	// <nil>
	// the proof does not fit the shown messages
	// 2 messages are hidden
}
