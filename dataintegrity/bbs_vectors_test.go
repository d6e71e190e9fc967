package dataintegrity

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/circl/expander"

	"cairn.example/bbs"
)

// The keys and results of W3C vc-di-bbs, section "Baseline Enhanced Example". Its
// statements, with m before the mandatory ones, are in testdata; package rdfc
// tests that they are what the document makes.
const (
	windPublicKey     = "a4ef1afa3da575496f122b9b78b8c24761531a8a093206ae7c45b80759c168ba4f7a260f9c3367b6c019b4677841104b10665edbe70ba3ebe7d9cfbffbf71eb016f70abfbb163317f372697dc63efd21fc55764f63926a8f02eaea325a2a888f"
	windPrivateKey    = "66d36e118832af4c5e28b2dfe1b9577857e57b042a33e06bdea37b811ed09ee0"
	windHMACKey       = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	windMethod        = "did:key:zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2yrr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ#zUC7DerdEmfZ8f4pFajXgGwJoMkV1ofMTmEG5UoNvnWiPiLuGKNeqgRpLH2TV4Xe5mJ2cXV76gRN7LFQwapF1VFu6x2yrr5ci1mXqC1WNUrnHnLgvfZfMH7h6xP6qsf9EKRQrPQ"
	windProofHash     = "3a5bbf25d34d90b18c35cd2357be6a6f42301e94fc9e52f77e93b773c5614bdf"
	windMandatoryHash = "555de05f898817e31301bac187d0c3ff2b03e2cbdb4adb4d568c17de961f9a18"
	windHeader        = "113377aa"                                                         // presentation header
	windSeed          = "332e313431353932363533353839373933323338343632363433333833323739" // of the mocked random scalars
	windBase          = "u2V0ChVhQgzH1WtRY_lwyJCCyy4BvmiDqayuKKdUXEAJtcazl2ggAZLSIgY78daQ5UlvQMUUIIqajMtp4GSbhk2C5AWZDESTvzz0GD7x1DGEixxTAf3FYQDpbvyXTTZCxjDXNI1e-am9CMB6U_J5S936Tt3PFYUvfVV3gX4mIF-MTAbrBh9DD_ysD4svbSttNVowX3pYfmhhYYKTvGvo9pXVJbxIrm3i4wkdhUxqKCTIGrnxFuAdZwWi6T3omD5wzZ7bAGbRneEEQSxBmXtvnC6Pr59nPv_v3HrAW9wq_uxYzF_NyaX3GPv0h_FV2T2OSao8C6uoyWiqIj1ggABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v-FZy9pc3N1ZXJ4HS9jcmVkZW50aWFsU3ViamVjdC9zYWlsTnVtYmVyeBovY3JlZGVudGlhbFN1YmplY3Qvc2FpbHMvMXggL2NyZWRlbnRpYWxTdWJqZWN0L2JvYXJkcy8wL3llYXJ4Gi9jcmVkZW50aWFsU3ViamVjdC9zYWlscy8y"
	windDerived       = "u2V0DhVkCEJgxugaFJpT7ROtWzZ9mWBMw2Uk2caOtXtKGEMJVDFv9psrafLrzfprwyHOk7GgTv4V9U5VDvEW6E0n-MjO0RvbEYZDECqhFbZgxLtdTXDAD46d691Ltb37hYt9OOKJorYfMWhD_ONzGYzgQ4IrFqA2s_m597DymX7HauNGw2iK48mBAI4xwC4MQ3pLJwuwRiy3msMzccvvdMynM97xymCnoSS0KeW9uCRMYhPb90N-AKNXvjwXZqpgXhyWYxWQhUm2-XbQFhs0rg6RUZS9xY35XkXq9IvRbtn1I_OvfVGRnGuwuhF-H-HwdDrk02z-54jENSD1nEQtfZBJ4J4iOjNklnqePZoMYTKTnGEW4A9k6NVT0V3cW-Tm9NvJut0B3G9XDUkfvSrwrDnAXIabo7fYqY686Ay34lc3gbQsVyowadQckkRj50Jb8xaP5o57BqHDvYZ76avYf2Tt0uCskMX3vWfmB_I7CtWM9jrhxGxCFUre250hkhQP-zfUqwKduyokwY2EmLMR2e7uE6QTRp1I7wZ1nvFAceJSWFr72VHCwZ_gXWdmin5wndcCIikYXtXAY7OER5izYNltHg_vlO87IRr9yS93cGW_O0FxZw167c1rqmoPw5SM825-7j9LjsAfuf2nK_DfEmT3fx0fXeTtI6kghMVS0WSYMKdpt1B3pU5ozUoVa-jmLK6_UfQfXZaYAAgEEAgMDBwQGBQCOAAECBQYICQoODxAREhOGAwQFCAkKRBEzd6o"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func windLines(t testing.TB) (lines []string, mandatory []int) {
	t.Helper()
	b, err := os.ReadFile("testdata/bbs-2023-windsurf.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n") {
		mark, line, _ := strings.Cut(l, " ")
		lines = append(lines, strings.TrimSuffix(line, "\n")+"\n")
		if mark == "m" {
			mandatory = append(mandatory, i)
		}
	}
	return lines, mandatory
}

func TestPublishedBaseProof(t *testing.T) {
	lines, mandatory := windLines(t)
	shown, rest := split(lines, mandatory)
	if got := hex.EncodeToString(hashLines(shown)); got != windMandatoryHash {
		t.Errorf("mandatory hash %s", got)
	}
	config, err := hashOptions(map[string]any{"@context": "https://www.w3.org/ns/credentials/v2"}, map[string]any{"type": ProofType, "cryptosuite": BBS2023,
		"created": "2023-08-15T23:36:38Z", "verificationMethod": windMethod, "proofPurpose": "assertionMethod"})
	if err != nil || hex.EncodeToString(config) != windProofHash {
		t.Errorf("proof hash %x, %v", config, err)
	}
	k, err := bbs.ParseSecretKey(unhex(t, windPrivateKey))
	if err != nil || !bytes.Equal(k.Public().Bytes(), unhex(t, windPublicKey)) {
		t.Fatalf("key: %v", err)
	}
	header := append(config, hashLines(shown)...)
	signature, err := bbs.Sign(k, header, octets(rest))
	if err != nil {
		t.Fatal(err)
	}
	value := bbsBaseValue{signature: signature, header: header, publicKey: k.Public().Bytes(), hmacKey: unhex(t, windHMACKey),
		mandatory: []string{"/issuer", "/credentialSubject/sailNumber", "/credentialSubject/sails/1", "/credentialSubject/boards/0/year", "/credentialSubject/sails/2"}}
	if got, err := value.write(); err != nil || got != windBase {
		t.Errorf("base proof value: got %s, %v", got, err)
	}
	read, err := parseBBSBase(windBase)
	if err != nil || !bytes.Equal(read.signature, signature) || !bytes.Equal(read.header, header) || !bytes.Equal(read.hmacKey, value.hmacKey) ||
		!bytes.Equal(read.publicKey, value.publicKey) || !slices.Equal(read.mandatory, value.mandatory) {
		t.Errorf("read back: %+v, %v", read, err)
	}
}

func TestPublishedDerivedProof(t *testing.T) {
	lines, mandatory := windLines(t)
	base, err := parseBBSBase(windBase)
	if err != nil {
		t.Fatal(err)
	}
	// What the pointers of the example select (its "derivedGroupIndexes").
	combined := []int{0, 1, 2, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 22, 23, 24, 25, 26, 27}
	selective := []int{0, 1, 6, 7, 8, 9, 10, 16, 17, 18}
	key, err := bbs.ParsePublicKey(base.publicKey)
	if err != nil {
		t.Fatal(err)
	}
	_, rest := split(lines, mandatory)
	shown := positions(selective, without(len(lines), mandatory))
	ph := unhex(t, windHeader)
	// The authors mocked with the bare name of the interface as the tag.
	random := bytes.NewReader(expander.NewExpanderMD(crypto.SHA256, []byte("BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_H2G_HM2S_")).
		Expand(unhex(t, windSeed), uint(48*(5+len(rest)-len(shown)))))
	proof, err := bbs.ProofGen(random, key, base.signature, base.header, ph, octets(rest), shown)
	if err != nil {
		t.Fatal(err)
	}
	value := bbsDerivedValue{proof: proof, labels: map[int]int{0: 2, 1: 4, 2: 3, 3: 7, 4: 6, 5: 0}, mandatory: positions(mandatory, combined), selective: shown, presentationHeader: ph}
	if got, err := value.write(); err != nil || got != windDerived {
		t.Errorf("derived proof value: got %s, %v", got, err)
	}
	read, err := parseBBSDerived(windDerived)
	if err != nil || !bytes.Equal(read.proof, proof) || !maps.Equal(read.labels, value.labels) || !slices.Equal(read.mandatory, value.mandatory) ||
		!slices.Equal(read.selective, value.selective) || !bytes.Equal(read.presentationHeader, ph) {
		t.Errorf("read back: %+v, %v", read, err)
	}
}
