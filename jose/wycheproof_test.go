package jose_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/big"
	"slices"
	"testing"

	"github.com/c2sp/wycheproof"

	"cairn.example"
	"cairn.example/jose"
)

type vectorFile struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		Type         string          `json:"type"`
		Comment      string          `json:"comment"`
		Public       json.RawMessage `json:"public"`
		Private      json.RawMessage `json:"private"`
		PublicKey    json.RawMessage `json:"publicKey"`
		PublicKeyDer string          `json:"publicKeyDer"`
		Tests        []struct {
			ID      int             `json:"tcId"`
			Comment string          `json:"comment"`
			JWS     json.RawMessage `json:"jws"`
			JWE     json.RawMessage `json:"jwe"`
			Msg     string          `json:"msg"`
			Sig     string          `json:"sig"`
			Result  string          `json:"result"`
			Flags   []string        `json:"flags"`
		} `json:"tests"`
	} `json:"testGroups"`
}

func vectors(t *testing.T, name string) vectorFile {
	t.Helper()
	b, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, g := range f.TestGroups {
		n += len(g.Tests)
	}
	if n == 0 || n != f.NumberOfTests {
		t.Fatalf("%s: %d tests read, %d announced", name, n, f.NumberOfTests)
	}
	return f
}

// anyType is the policy for vectors, which are tokens of no kind.
var anyType = jose.Policy{Types: []string{"", "JWT", "JOSE", "JOSE+JSON"}, RSA: true}

// verifyAny verifies a token with a key, or with the set that it names a key of.
func verifyAny(key json.RawMessage, token string) error {
	t, err := jose.Parse(token, jose.MaxCredential)
	if err != nil {
		return err
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(key, &set); err == nil && set.Keys != nil {
		keys, err := jose.ParseKeySet(key)
		if err != nil {
			return err
		}
		k, err := keys.Find(t.Header.KeyID)
		if err != nil {
			return err
		}
		return t.Verify(k, anyType)
	}
	k, err := jose.ParsePublicKey(key)
	if err != nil {
		return err
	}
	return t.Verify(k, anyType)
}

// refusedOnPurpose are the valid vectors that we do not accept, each with the
// code that it is refused with.
var refusedOnPurpose = map[string][]refusal{
	"json_web_signature_test.json": {
		{"jose.private-key", "HMAC: who can check can forge", []int{1, 348, 352, 357, 358, 359, 376, 377}},
		{"jose.algorithm", "RS384, RS512, PS*: no format that we read asks for them", []int{264, 265, 266, 267, 268, 269, 270, 271,
			272, 273, 274, 275, 287, 288, 320, 321, 322, 323, 325, 326, 327, 328, 346, 350}},
		{"jose.key-algorithm", "the key names ES521, which is no algorithm, and the token ES512", []int{347, 351}},
		{"jose.base64", "characters outside the alphabet: RFC 7515 knows one form", []int{372, 373}},
	},
	"json_web_key_test.json":    {{"jose.private-key", "HMAC", []int{2, 13, 14, 15}}},
	"json_web_crypto_test.json": {{"jose.private-key", "HMAC", []int{1, 48}}, {"jose.token", "JWE", []int{50, 67}}},
}

type refusal struct {
	code, why string
	ids       []int
}

func purpose(file string, id int) (string, bool) {
	for _, r := range refusedOnPurpose[file] {
		if slices.Contains(r.ids, id) {
			return r.code, true
		}
	}
	return "", false
}

func TestWycheproofTokens(t *testing.T) {
	for _, name := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		t.Run(name, func(t *testing.T) {
			accepted, refused, onPurpose, invalid := 0, 0, 0, 0
			for _, g := range vectors(t, name).TestGroups {
				for _, c := range g.Tests {
					key := g.Public
					if key == nil {
						key = g.Private // symmetric keys have no other place
					}
					var token string
					raw := c.JWS
					if raw == nil {
						raw = c.JWE
					}
					if json.Unmarshal(raw, &token) != nil {
						token = string(raw) // a JSON serialisation, which is not read
					}
					err := verifyAny(key, token)
					want, listed := purpose(name, c.ID)
					switch {
					case c.Result != "valid" && err == nil:
						t.Errorf("%d (%s: %s): accepted", c.ID, g.Comment, c.Comment)
					case c.Result != "valid":
						invalid++
						refused++
					case listed && cairn.CodeOf(err) != want:
						t.Errorf("%d (%s: %s): %v, want %s", c.ID, g.Comment, c.Comment, err, want)
					case listed:
						onPurpose++
					case err != nil:
						t.Errorf("%d: %q, // %s: %s: %v", c.ID, cairn.CodeOf(err), g.Comment, c.Comment, err)
					default:
						accepted++
					}
				}
			}
			t.Logf("%d accepted, %d of %d invalid refused, %d valid refused on purpose", accepted, refused, invalid, onPurpose)
		})
	}
}

// The bare signatures of the ECDSA vectors, in the form of JWS and, turned into
// it, those in DER.
func TestWycheproofECDSA(t *testing.T) {
	for _, f := range []struct {
		name  string
		alg   jose.Algorithm
		curve elliptic.Curve
		der   bool
	}{
		{"ecdsa_secp256r1_sha256_p1363_test.json", jose.ES256, elliptic.P256(), false},
		{"ecdsa_secp384r1_sha384_p1363_test.json", jose.ES384, elliptic.P384(), false},
		{"ecdsa_secp521r1_sha512_p1363_test.json", jose.ES512, elliptic.P521(), false},
		{"ecdsa_secp256r1_sha256_test.json", jose.ES256, elliptic.P256(), true},
		{"ecdsa_secp384r1_sha384_test.json", jose.ES384, elliptic.P384(), true},
		{"ecdsa_secp521r1_sha512_test.json", jose.ES512, elliptic.P521(), true},
	} {
		t.Run(f.name, func(t *testing.T) {
			accepted, refused, noForm := 0, 0, 0
			for _, g := range vectors(t, f.name).TestGroups {
				var pub struct{ Uncompressed string }
				if err := json.Unmarshal(g.PublicKey, &pub); err != nil {
					t.Fatal(err)
				}
				key, err := ecdsa.ParseUncompressedPublicKey(f.curve, unhex(t, pub.Uncompressed))
				if err != nil {
					t.Fatal(err)
				}
				k, err := jose.NewPublicKey(key, "")
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range g.Tests {
					sig := unhex(t, c.Sig)
					if f.der {
						// The same numbers, side by side. What is wrong as DER only, or has
						// numbers that don't fit, has no form in JWS at all.
						var ok bool
						if sig, ok = sideBySide(sig, (f.curve.Params().BitSize+7)/8); !ok {
							if c.Result == "valid" {
								t.Errorf("%d: the test can't read a valid signature", c.ID)
							}
							noForm++
							continue
						}
					}
					err := k.Verify(f.alg, unhex(t, c.Msg), sig)
					if (err == nil) != (c.Result == "valid") {
						t.Errorf("%d (%s, %v) is %s: %v", c.ID, c.Comment, c.Flags, c.Result, err)
					}
					if err == nil {
						accepted++
					} else {
						refused++
					}
				}
			}
			t.Logf("%d accepted, %d refused, %d wrong as DER only", accepted, refused, noForm)
		})
	}
}

func sideBySide(der []byte, size int) ([]byte, bool) {
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil || v.R.Sign() < 0 || v.S.Sign() < 0 || len(v.R.Bytes()) > size || len(v.S.Bytes()) > size {
		return nil, false
	}
	if again, err := asn1.Marshal(v); err != nil || !bytes.Equal(again, der) {
		return nil, false
	}
	out := make([]byte, 2*size)
	v.R.FillBytes(out[:size])
	v.S.FillBytes(out[size:])
	return out, true
}

func TestWycheproofEd25519(t *testing.T) {
	accepted, refused := 0, 0
	for _, g := range vectors(t, "ed25519_test.json").TestGroups {
		var pub struct{ PK string }
		if err := json.Unmarshal(g.PublicKey, &pub); err != nil {
			t.Fatal(err)
		}
		k, keyErr := jose.NewPublicKey(ed25519.PublicKey(unhex(t, pub.PK)), "")
		for _, c := range g.Tests {
			err := keyErr
			if err == nil {
				err = k.Verify(jose.EdDSA, unhex(t, c.Msg), unhex(t, c.Sig))
			}
			if (err == nil) != (c.Result == "valid") {
				t.Errorf("%d (%s) is %s: %v", c.ID, c.Comment, c.Result, err)
			}
			if err == nil {
				accepted++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}

func TestWycheproofRSA(t *testing.T) {
	for _, name := range []string{"rsa_signature_2048_sha256_test.json", "rsa_signature_3072_sha256_test.json", "rsa_signature_4096_sha256_test.json"} {
		t.Run(name, func(t *testing.T) {
			accepted, refused, weak := 0, 0, 0
			for _, g := range vectors(t, name).TestGroups {
				parsed, err := x509.ParsePKIXPublicKey(unhex(t, g.PublicKeyDer))
				if err != nil {
					t.Fatal(err)
				}
				k, keyErr := jose.NewPublicKey(parsed, "")
				for _, c := range g.Tests {
					err := keyErr
					if err == nil {
						err = k.Verify(jose.RS256, unhex(t, c.Msg), unhex(t, c.Sig))
					}
					switch {
					case c.Result == "valid" && parsed.(*rsa.PublicKey).E < 65537:
						if err == nil {
							t.Errorf("%d: a small exponent is accepted", c.ID)
						}
						weak++
					case c.Result == "acceptable": // a missing NULL: legacy encoders only
						if err == nil {
							t.Errorf("%d (%s) is accepted", c.ID, c.Comment)
						}
						refused++
					case (err == nil) != (c.Result == "valid"):
						t.Errorf("%d (%s) is %s: %v", c.ID, c.Comment, c.Result, err)
					case err == nil:
						accepted++
					default:
						refused++
					}
				}
			}
			t.Logf("%d accepted, %d refused, %d valid with a small exponent refused on purpose", accepted, refused, weak)
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
