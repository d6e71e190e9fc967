package verify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"maps"
	"math/big"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/vc"
)

// forgery is a document with a proof of eddsa-jcs-2022 that was made by hand: no rule
// of ours hinders it, and the signature fits what is wrong.
type forgery struct {
	doc    map[string]any
	by     cairn.Signer
	proof  func(map[string]any) // changes the options before they are signed
	signed func([]byte) []byte  // changes the canonical form before it is signed
	value  func([]byte) string  // writes the signature; base58btc when nil
}

func (f forgery) options(t testing.TB) map[string]any {
	t.Helper()
	p := map[string]any{"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": vc.FormatTime(today.Add(-time.Hour)),
		"verificationMethod": string(f.by.KeyID()), "proofPurpose": did.AssertionMethod, "@context": f.doc["@context"]}
	if f.proof != nil {
		f.proof(p)
	}
	return p
}

// bytes returns the document with its proof.
func (f forgery) bytes(t testing.TB) []byte {
	t.Helper()
	p, body := f.options(t), write(t, f.doc)
	if f.signed != nil {
		body = f.signed(body)
	}
	options, document := sha256.Sum256(write(t, p)), sha256.Sum256(body)
	signature, err := f.by.Sign(t.Context(), append(options[:], document[:]...))
	if err != nil {
		t.Fatal(err)
	}
	p["proofValue"] = "z" + base58.Encode(signature)
	if f.value != nil {
		p["proofValue"] = f.value(signature)
	}
	doc := maps.Clone(f.doc)
	doc["proof"] = p
	return write(t, doc)
}

// forged forges a document by the college with other options of its proof.
func forged(t testing.TB, doc map[string]any, proof func(map[string]any)) []byte {
	t.Helper()
	return forgery{doc: doc, by: college, proof: proof}.bytes(t)
}

// replaced puts a text for another that must be there.
func replaced(t testing.TB, b []byte, from, to string) []byte {
	t.Helper()
	if !bytes.Contains(b, []byte(from)) {
		t.Fatalf("%q is not there", from)
	}
	return bytes.ReplaceAll(b, []byte(from), []byte(to))
}

// under signs as any identifier.
type under struct {
	party
	id  cairn.DID
	key cairn.KeyID
}

func (u under) Controller() cairn.DID { return u.id }
func (u under) KeyID() cairn.KeyID    { return u.key }

// curved is somebody with a P-256 key, whose signatures are the same each time (RFC
// 6979).
type curved struct{ private *ecdsa.PrivateKey }

func newCurved(t testing.TB, n byte) curved {
	t.Helper()
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return curved{k}
}

func (c curved) keys(t testing.TB) (cairn.DID, cairn.KeyID) {
	t.Helper()
	k, err := jose.NewPublicKey(&c.private.PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	name, err := did.EncodePublic(k)
	if err != nil {
		t.Fatal(err)
	}
	return cairn.DID("did:key:" + name), cairn.KeyID("did:key:" + name + "#" + name)
}

// sign returns r and s of 32 bytes each, and those of the twin: n - s for s, which
// fits as well.
func (c curved) sign(t testing.TB, message []byte) (signature, twin []byte) {
	t.Helper()
	sum := sha256.Sum256(message)
	der, err := c.private.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		t.Fatal(err)
	}
	other := new(big.Int).Sub(elliptic.P256().Params().N, v.S)
	signature = append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...)
	return signature, append(v.R.FillBytes(make([]byte, 32)), other.FillBytes(make([]byte, 32))...)
}

// anyMessage is a signature that fits every message under the key whose point is the
// neutral element: R = S·B, with S = 1 (RFC 8032, section 5.1.7).
func anyMessage() []byte {
	base := bytes.Repeat([]byte{0x66}, ed25519.SignatureSize/2)
	base[0] = 0x58
	return append(base, append([]byte{1}, make([]byte, 31)...)...)
}

// vouched is a badge by the college for which the ministry vouches: two proofs, the
// second over the first.
func vouched(t testing.TB) map[string]any {
	t.Helper()
	o := dataintegrity.Options{ID: "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a00a", Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}
	one, err := dataintegrity.Sign(t.Context(), badge(t, nil), o, college)
	if err != nil {
		t.Fatal(err)
	}
	two, err := dataintegrity.Add(t.Context(), one, dataintegrity.Options{Previous: []string{o.ID}, Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, ministry.KeyID(), tokenSigner(t, ministry))
	if err != nil {
		t.Fatal(err)
	}
	return two
}
