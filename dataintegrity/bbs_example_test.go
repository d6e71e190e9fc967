package dataintegrity_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"

	"cairn.example/bbs"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/strictjson"
)

// A college signs a record so that its holder can show one course without the
// other, and without the birthday.
func ExampleDeriveBBS() {
	ctx := context.Background()
	material := make([]byte, 32)
	if _, err := rand.Read(material); err != nil {
		log.Fatal(err)
	}
	secret, err := bbs.KeyGen(material, nil, "")
	if err != nil {
		log.Fatal(err)
	}
	college := bbsSigner{key: secret} // a signer of one's own: KeyID, PublicKey, SignBBS
	issuer, _ := did.KeyFromBBS(secret.Public())
	record, err := strictjson.ParseObject([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
		"type":["VerifiableCredential"],"issuer":"`+string(issuer)+`","validFrom":"2026-01-01T00:00:00Z",
		"credentialSubject":{"birthday":"2001-02-03","courses":[{"course":"Weaving","points":71},{"course":"Dyeing","points":55}]}}`), strictjson.Default)
	if err != nil {
		log.Fatal(err)
	}
	base, err := dataintegrity.SignBBS(ctx, rand.Reader, record, dataintegrity.Options{Purpose: did.AssertionMethod}, []string{"/issuer", "/validFrom"}, college)
	if err != nil {
		log.Fatal(err)
	}

	// The holder, to a verifier who asked for "nonce-1".
	proofs, err := dataintegrity.Proofs(base)
	if err != nil {
		log.Fatal(err)
	}
	document, err := did.ResolveKey(issuer)
	if err != nil {
		log.Fatal(err)
	}
	method, err := document.Method(proofs[0].Method, did.AssertionMethod)
	if err != nil {
		log.Fatal(err)
	}
	shown, err := dataintegrity.DeriveBBS(base, proofs[0], method, dataintegrity.Disclosure{
		Pointers: []string{"/credentialSubject/courses/0"}, PresentationHeader: []byte("nonce-1"), Random: rand.Reader})
	if err != nil {
		log.Fatal(err)
	}

	// The verifier.
	if proofs, err = dataintegrity.Proofs(shown); err != nil {
		log.Fatal(err)
	}
	header, err := dataintegrity.PresentationHeader(proofs[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dataintegrity.Verify(shown, proofs[0], method), string(header))
	fmt.Println(shown["credentialSubject"])
	// Output:
	// <nil> nonce-1
	// map[courses:[map[course:Weaving points:71]]]
}
