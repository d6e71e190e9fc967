package vcjwt_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"

	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

// An envelope is read, the key of its issuer is found, and the document comes out.
func Example() {
	ctx := context.Background()
	key, err := jose.GenerateKey(jose.EdDSA, "", rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	issuer, keyID, err := did.JWKFromKey(key.PublicKey())
	if err != nil {
		log.Fatal(err)
	}
	token, err := vcjwt.Sign(ctx, vcjwt.Credential, map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": string(issuer), "name": "Agroforestry",
		"credentialSubject": map[string]any{"id": "did:example:learner"}}, vcjwt.Options{KeyID: string(keyID)}, key)
	if err != nil {
		log.Fatal(err)
	}

	secured, err := vcjwt.Read(token)
	if err != nil {
		log.Fatal(err)
	}
	document, err := did.ResolveJWK(issuer) // whatever resolves secured.Issuer
	if err != nil {
		log.Fatal(err)
	}
	public, _, err := secured.KeyFromDocument(document)
	if err != nil {
		log.Fatal(err)
	}
	verified, err := secured.Verify(public)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Form, verified.Document["name"])
	// Output: vc+jwt Agroforestry
}
