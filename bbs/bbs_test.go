package bbs

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cloudflare/circl/ecc/bls12381"

	"cairn.example"
	"cairn.example/internal/bounds"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// messages returns the first n messages of the draft.
func messages(t testing.TB, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = unhex(t, messageVectors[i])
	}
	return out
}

// mocked is the randomness that gives the draft's mocked random scalars
// (section "Mocked Random Scalars"): its bytes, before they are reduced.
func mocked(t testing.TB, count int) io.Reader {
	return bytes.NewReader(expand(unhex(t, mockSeed), string(unhex(t, mockDST)), uint(count*expandSize)))
}

func signerKey(t testing.TB) *SecretKey {
	return must(ParseSecretKey(unhex(t, secretKey)))(t)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if cairn.CodeOf(err) != code {
		t.Errorf("got %v, want the code %s", err, code)
	}
}

func TestDraftConstants(t *testing.T) {
	list := messageGenerators.first(len(messageGeneratorVectors) + 1)
	got := []string{hex.EncodeToString(list[0].octets[:])}
	for _, g := range list[1:] {
		got = append(got, hex.EncodeToString(g.octets[:]))
	}
	if want := append([]string{pointQ1}, messageGeneratorVectors...); !slices.Equal(got, want) {
		t.Errorf("generators: got %v, want %v", got, want)
	}
	if got := hex.EncodeToString(basePoint.first(1)[0].octets[:]); got != pointP1 {
		t.Errorf("P1: got %s, want %s", got, pointP1)
	}
	if got := hex.EncodeToString(appendScalar(nil, hashToScalar(unhex(t, hashMessage), string(unhex(t, hashDST))))); got != hashScalar {
		t.Errorf("hash_to_scalar: got %s, want %s", got, hashScalar)
	}
	scalars := messageScalars(messages(t, len(messageVectors)))
	for i := range scalars {
		if got := hex.EncodeToString(appendScalar(nil, &scalars[i])); got != messageScalarVectors[i] {
			t.Errorf("message %d: got %s, want %s", i+1, got, messageScalarVectors[i])
		}
	}
	random := must(randomScalars(mocked(t, 10), 10))(t)
	for i := range random {
		if got := hex.EncodeToString(appendScalar(nil, &random[i])); got != mockScalarVectors[i] {
			t.Errorf("mocked scalar %d: got %s, want %s", i+1, got, mockScalarVectors[i])
		}
	}
}

func TestDraftKeyPair(t *testing.T) {
	k := must(KeyGen(unhex(t, keyMaterial), unhex(t, keyInfo), string(unhex(t, keyTag))))(t)
	if got := hex.EncodeToString(k.Bytes()); got != secretKey {
		t.Errorf("secret key: got %s, want %s", got, secretKey)
	}
	if got := hex.EncodeToString(k.Public().Bytes()); got != publicKey {
		t.Errorf("public key: got %s, want %s", got, publicKey)
	}
	if !signerKey(t).Public().Equal(k.Public()) {
		t.Error("the key that was read back differs")
	}
	other := must(KeyGen(unhex(t, keyMaterial), unhex(t, keyInfo), ""))(t)
	if other.Public().Equal(k.Public()) {
		t.Error("another domain separation gives the same key")
	}
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %x", k, k, k, k)} {
		if strings.Contains(s, secretKey[:8]) || !strings.Contains(s, "bbs.SecretKey") {
			t.Errorf("a key prints itself: %s", s)
		}
	}
}

func TestDraftSignatures(t *testing.T) {
	k := signerKey(t)
	for _, v := range signatureVectors {
		t.Run(v.name, func(t *testing.T) {
			header, list := unhex(t, v.header), messages(t, v.messages)
			got := must(Sign(k, header, list))(t)
			if hex.EncodeToString(got) != v.signature {
				t.Errorf("got %x, want %s", got, v.signature)
			}
			if err := Verify(k.Public(), got, header, list); err != nil {
				t.Error(err)
			}
		})
	}
}

// The draft's invalid signatures, by their reason.
func TestDraftInvalidSignatures(t *testing.T) {
	single, multi := unhex(t, signatureVectors[0].signature), unhex(t, signatureVectors[1].signature)
	list := messages(t, 10)
	reordered := slices.Clone(list)
	slices.Reverse(reordered)
	k := signerKey(t).Public()
	other := must(ParsePublicKey(unhex(t, otherPublicKey)))(t)
	for _, c := range []struct {
		name      string
		key       *PublicKey
		signature []byte
		header    string
		messages  [][]byte
	}{
		{"modified message", k, single, header, [][]byte{unhex(t, messageVectors[1])}},
		{"extra unsigned message", k, single, header, list[:2]},
		{"missing messages", k, multi, header, list[:2]},
		{"re-ordered messages", k, multi, header, reordered},
		{"wrong public key", other, multi, header, list},
		{"different header", k, multi, otherHeader, list},
		{"no header", k, multi, "", list},
		{"no messages", k, multi, header, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantCode(t, Verify(c.key, c.signature, unhex(t, c.header), c.messages), "bbs.signature")
		})
	}
}

func TestDraftProofs(t *testing.T) {
	k := signerKey(t).Public()
	for _, v := range proofVectors {
		t.Run(v.name, func(t *testing.T) {
			list := messages(t, v.messages)
			hidden := v.messages - len(v.disclosed)
			got := must(ProofGen(mocked(t, 5+hidden), k, unhex(t, v.signature), unhex(t, v.header), unhex(t, v.ph), list, v.disclosed))(t)
			if hex.EncodeToString(got) != v.proof {
				t.Errorf("got %x, want %s", got, v.proof)
			}
			if Hidden(len(got)) != hidden {
				t.Errorf("Hidden: got %d, want %d", Hidden(len(got)), hidden)
			}
			if err := ProofVerify(k, unhex(t, v.proof), unhex(t, v.header), unhex(t, v.ph), pick(list, v.disclosed), v.disclosed); err != nil {
				t.Error(err)
			}
		})
	}
}

// The kinds of invalid proof that the draft's authors list with their vectors,
// all on the proof that shows messages 0, 2, 4 and 6 of ten.
func TestInvalidProofs(t *testing.T) {
	v := proofVectors[2]
	k := signerKey(t).Public()
	other := must(ParsePublicKey(unhex(t, otherPublicKey)))(t)
	m := messages(t, 10)
	proof := unhex(t, v.proof)
	shorter := slices.Concat(proof[:len(proof)-2*scalarSize], proof[len(proof)-scalarSize:])
	for _, c := range []struct {
		name       string
		key        *PublicKey
		proof      []byte
		header, ph string
		shown      [][]byte
		indexes    []int
		code       string
	}{
		{"different presentation header", k, proof, header, otherPresentationHeader, pick(m, v.disclosed), v.disclosed, "bbs.proof"},
		{"no presentation header", k, proof, header, "", pick(m, v.disclosed), v.disclosed, "bbs.proof"},
		{"wrong public key", other, proof, header, v.ph, pick(m, v.disclosed), v.disclosed, "bbs.proof"},
		{"modified messages", k, proof, header, v.ph, pick(m, []int{1, 3, 5, 7}), v.disclosed, "bbs.proof"},
		{"extra message", k, proof, header, v.ph, pick(m, []int{0, 2, 4, 6, 9}), []int{0, 2, 4, 6, 9}, "bbs.proof"},
		{"missing message", k, proof, header, v.ph, pick(m, []int{0, 2, 6}), []int{0, 2, 6}, "bbs.proof"},
		{"re-ordered messages", k, proof, header, v.ph, pick(m, []int{4, 2, 0, 6}), v.disclosed, "bbs.proof"},
		{"shifted indexes", k, proof, header, v.ph, pick(m, v.disclosed), []int{1, 3, 5, 7}, "bbs.proof"},
		{"truncated proof", k, shorter, header, v.ph, pick(m, v.disclosed), v.disclosed, "bbs.proof"},
		{"different header", k, proof, otherHeader, v.ph, pick(m, v.disclosed), v.disclosed, "bbs.proof"},
		{"index twice", k, proof, header, v.ph, pick(m, []int{0, 2, 2, 6}), []int{0, 2, 2, 6}, "bbs.indexes"},
		{"descending", k, proof, header, v.ph, pick(m, []int{2, 0, 4, 6}), []int{2, 0, 4, 6}, "bbs.indexes"},
		{"index out of range", k, proof, header, v.ph, pick(m, v.disclosed), []int{0, 2, 4, 10}, "bbs.indexes"},
		{"negative index", k, proof, header, v.ph, pick(m, v.disclosed), []int{-1, 2, 4, 6}, "bbs.indexes"},
		{"fewer messages than indexes", k, proof, header, v.ph, pick(m, []int{0, 2, 4}), v.disclosed, "bbs.indexes"},
		{"more messages than indexes", k, proof, header, v.ph, pick(m, v.disclosed), []int{0, 2, 4}, "bbs.indexes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantCode(t, ProofVerify(c.key, c.proof, unhex(t, c.header), unhex(t, c.ph), c.shown, c.indexes), c.code)
		})
	}
}

// Without a signature one can still make a proof of which all but the pairing
// is right: the pairing is what ties it to the signer's key.
func TestForgery(t *testing.T) {
	k := signerKey(t)
	s := newSetting(k.Public(), nil, 4)
	scalars := messageScalars(messages(t, 4))
	b := s.b(scalars)
	disclosed := []int{0, 1}
	attempt := func(a *point, e *scalar) error {
		proof := prove(&s, must(randomScalars(rand.Reader, 7))(t), a, e, b, nil, scalars, disclosed, []int{2, 3})
		return ProofVerify(k.Public(), proof, nil, nil, messages(t, 2), disclosed)
	}
	e := hashToScalar([]byte("any"), scalarDST)
	wantCode(t, attempt(times(e, b), e), "bbs.proof")
	wantCode(t, attempt(bls12381.G1Generator(), e), "bbs.proof")

	a, e, err := readSignature(must(Sign(k, nil, messages(t, 4)))(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := attempt(a, e); err != nil {
		t.Errorf("with a signature: %v", err)
	}
}

// Every byte of a proof and of a signature counts.
func TestEveryByteCounts(t *testing.T) {
	k := signerKey(t).Public()
	v := proofVectors[2]
	shown := pick(messages(t, v.messages), v.disclosed)
	proof, h, ph := unhex(t, v.proof), unhex(t, v.header), unhex(t, v.ph)
	for i := range proof {
		changed := slices.Clone(proof)
		changed[i] ^= 1 << (i % 8)
		if err := ProofVerify(k, changed, h, ph, shown, v.disclosed); err == nil {
			t.Errorf("byte %d of the proof can be changed", i)
		}
	}
	sv := signatureVectors[1]
	signature := unhex(t, sv.signature)
	for i := range signature {
		changed := slices.Clone(signature)
		changed[i] ^= 1 << (i % 8)
		if err := Verify(k, changed, h, messages(t, sv.messages)); err == nil {
			t.Errorf("byte %d of the signature can be changed", i)
		}
	}
}

// smallX returns a compressed point with a small x. About half of all x are on
// the curve, and nearly none of these in the subgroup, since the cofactors are
// large: every one must be refused.
func smallX(size int, x byte) []byte {
	b := make([]byte, size)
	b[0], b[size-1] = 0x80, x
	return b
}

func TestDecodingIsStrict(t *testing.T) {
	order := bls12381.Order()
	over := slices.Clone(order)
	over[len(over)-1]++
	identity1, identity2 := make([]byte, pointSize), make([]byte, PublicKeySize)
	identity1[0], identity2[0] = 0xc0, 0xc0
	prime := unhex(t, "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab")
	prime[0] |= 0x80
	good := unhex(t, signatureVectors[0].signature)
	k := signerKey(t)
	list, h := messages(t, 1), unhex(t, header)

	signature := func(a, e []byte) []byte { return slices.Concat(a, e) }
	uncompressed := k.Public().w.Bytes()
	a := must(func() (*point, error) { p := new(point); return p, p.SetBytes(good[:pointSize]) }())(t)
	cases := map[string][]byte{
		"empty": nil, "short": good[:len(good)-1], "long": append(slices.Clone(good), 0),
		"identity":            signature(identity1, good[pointSize:]),
		"zero e":              signature(good[:pointSize], make([]byte, scalarSize)),
		"e is the order":      signature(good[:pointSize], order),
		"e over the order":    signature(good[:pointSize], over),
		"all ones":            bytes.Repeat([]byte{0xff}, SignatureSize),
		"x is the prime":      signature(prime, good[pointSize:]),
		"uncompressed":        signature(a.Bytes(), good[pointSize:]),
		"not marked":          signature(append([]byte{good[0] &^ 0x80}, good[1:pointSize]...), good[pointSize:]),
		"marked infinite":     signature(append([]byte{good[0] | 0x40}, good[1:pointSize]...), good[pointSize:]),
		"identity with signs": signature(append([]byte{0xe0}, identity1[1:]...), good[pointSize:]),
	}
	for x := range byte(16) { // some of these are on the curve, none in the subgroup
		cases[fmt.Sprintf("x is %d", x)] = signature(smallX(pointSize, x), good[pointSize:])
	}
	for name, s := range cases {
		t.Run("signature/"+name, func(t *testing.T) {
			wantCode(t, Verify(k.Public(), s, h, list), "bbs.malformed")
			_, err := ProofGen(rand.Reader, k.Public(), s, h, nil, list, nil)
			wantCode(t, err, "bbs.malformed")
		})
	}

	keys := map[string][]byte{"empty": nil, "identity": identity2, "uncompressed": uncompressed, "a point of G1": good[:pointSize],
		"short": k.Public().Bytes()[:95], "long": append(k.Public().Bytes(), 0)}
	for x := range byte(16) {
		keys[fmt.Sprintf("x is %d", x)] = smallX(PublicKeySize, x)
	}
	for name, b := range keys {
		t.Run("key/"+name, func(t *testing.T) {
			_, err := ParsePublicKey(b)
			wantCode(t, err, "bbs.key")
		})
	}
	for name, b := range map[string][]byte{"empty": nil, "zero": make([]byte, 32), "order": order, "over": over, "short": k.Bytes()[1:], "long": append(k.Bytes(), 0)} {
		t.Run("secret key/"+name, func(t *testing.T) {
			_, err := ParseSecretKey(b)
			wantCode(t, err, "bbs.key")
		})
	}

	v := proofVectors[2]
	proof := unhex(t, v.proof)
	shown := pick(messages(t, v.messages), v.disclosed)
	refuse := func(name string, b []byte) {
		t.Run("proof/"+name, func(t *testing.T) {
			wantCode(t, ProofVerify(k.Public(), b, unhex(t, v.header), unhex(t, v.ph), shown, v.disclosed), "bbs.malformed")
		})
	}
	with := func(at int, part []byte) []byte {
		b := slices.Clone(proof)
		copy(b[at:], part)
		return b
	}
	refuse("empty", nil)
	refuse("below the floor", proof[:MinProofSize-1])
	refuse("one byte more", append(slices.Clone(proof), 0))
	refuse("half a scalar", proof[:len(proof)-scalarSize/2])
	for i := range 3 {
		refuse(fmt.Sprintf("identity as point %d", i), with(i*pointSize, identity1))
		refuse(fmt.Sprintf("prime as point %d", i), with(i*pointSize, prime))
		for x := range byte(8) {
			refuse(fmt.Sprintf("x is %d in point %d", x, i), with(i*pointSize, smallX(pointSize, x)))
		}
	}
	for at := 3 * pointSize; at < len(proof); at += scalarSize {
		refuse(fmt.Sprintf("zero at %d", at), with(at, make([]byte, scalarSize)))
		refuse(fmt.Sprintf("order at %d", at), with(at, order))
	}
}

// The point with x = 0 and y = 2 is on the curve (y² = x³ + 4) and has order 3.
func TestSmallSubgroupIsRefused(t *testing.T) {
	uncompressed := make([]byte, 2*pointSize)
	uncompressed[2*pointSize-1] = 2
	var p point
	if p.SetBytes(uncompressed) == nil {
		t.Error("a point of order 3 is accepted")
	}
	if _, ok := readPoint(smallX(pointSize, 0)); ok {
		t.Error("a point of order 3 is accepted in compressed form")
	}
}

func TestLimits(t *testing.T) {
	k := signerKey(t)
	many := make([][]byte, MaxMessages+1)
	_, err := Sign(k, nil, many)
	wantCode(t, err, "bbs.too-many-messages")
	if cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("kind %s", cairn.KindOf(err))
	}
	wantCode(t, Verify(k.Public(), make([]byte, SignatureSize), nil, many), "bbs.too-many-messages")
	wantCode(t, ProofVerify(k.Public(), make([]byte, MinProofSize+(MaxMessages+1)*scalarSize), nil, nil, nil, nil), "bbs.too-many-messages")
	wantCode(t, ProofVerify(k.Public(), make([]byte, MinProofSize+MaxMessages*scalarSize), nil, nil, many[:1], []int{0}), "bbs.too-many-messages")
	_, err = Sign(k, make([]byte, MaxOctets), [][]byte{{1}})
	wantCode(t, err, "bbs.too-large")
	_, err = KeyGen(make([]byte, 31), nil, "")
	wantCode(t, err, "bbs.key-material")
	_, err = KeyGen(make([]byte, 32), make([]byte, maxKeyInfo+1), "")
	wantCode(t, err, "bbs.key-info")

	list := many[:MaxMessages]
	signature := must(Sign(k, nil, list))(t)
	proof := must(ProofGen(rand.Reader, k.Public(), signature, nil, nil, list, []int{0, MaxMessages - 1}))(t)
	if err := ProofVerify(k.Public(), proof, nil, nil, [][]byte{nil, nil}, []int{0, MaxMessages - 1}); err != nil {
		t.Error(err)
	}
}

type broken struct{ zeros bool }

func (b broken) Read(p []byte) (int, error) {
	if b.zeros {
		clear(p)
		return len(p), nil
	}
	return 0, errors.New("no entropy")
}

func TestProofGenRefuses(t *testing.T) {
	k := signerKey(t).Public()
	list := messages(t, 10)
	signature, h := unhex(t, signatureVectors[1].signature), unhex(t, header)
	_, err := ProofGen(rand.Reader, k, signature, h, nil, list[:9], nil)
	wantCode(t, err, "bbs.signature")
	_, err = ProofGen(rand.Reader, k, signature, h, nil, list, []int{10})
	wantCode(t, err, "bbs.indexes")
	for _, zeros := range []bool{false, true} {
		_, err = ProofGen(broken{zeros}, k, signature, h, nil, list, nil)
		wantCode(t, err, "bbs.random")
	}
}

// Proofs of one signature have nothing in common, and each subset verifies.
func TestEverySubset(t *testing.T) {
	k := signerKey(t)
	list := messages(t, 4)
	signature := must(Sign(k, nil, list))(t)
	seen := map[string]bool{}
	for set := range 1 << len(list) {
		var indexes []int
		for i := range list {
			if set>>i&1 == 1 {
				indexes = append(indexes, i)
			}
		}
		proof := must(ProofGen(rand.Reader, k.Public(), signature, nil, []byte("for you"), list, indexes))(t)
		if err := ProofVerify(k.Public(), proof, nil, []byte("for you"), pick(list, indexes), indexes); err != nil {
			t.Errorf("subset %v: %v", indexes, err)
		}
		for at := 0; at < 3*pointSize; at += pointSize {
			if p := string(proof[at : at+pointSize]); seen[p] {
				t.Error("two proofs share a point")
			} else {
				seen[p] = true
			}
		}
	}
}

func FuzzProofVerify(f *testing.F) {
	for _, v := range proofVectors {
		f.Add(unhex(f, v.proof), unhex(f, v.header), unhex(f, v.ph), uint16(0b1010101))
	}
	k := signerKey(f).Public()
	m := messages(f, 10)
	f.Fuzz(func(t *testing.T, proof, header, ph []byte, set uint16) {
		bounds.Check(t, func() {
			var indexes []int
			for i := range m {
				if set>>i&1 == 1 {
					indexes = append(indexes, i)
				}
			}
			if err := ProofVerify(k, proof, header, ph, pick(m, indexes), indexes); err == nil && !slices.ContainsFunc(proofVectors, func(v struct {
				name, signature, header, ph string
				messages                    int
				disclosed                   []int
				proof                       string
			}) bool {
				return v.proof == hex.EncodeToString(proof)
			}) {
				t.Errorf("a proof that nobody made: %x", proof)
			}
		})
	})
}

func FuzzKeys(f *testing.F) {
	f.Add(unhex(f, publicKey))
	f.Add(unhex(f, secretKey))
	f.Fuzz(bounds.Each(func(t *testing.T, b []byte) {
		if k, err := ParsePublicKey(b); err == nil && !bytes.Equal(k.w.BytesCompressed(), b) {
			t.Error("a key with two spellings")
		}
		if k, err := ParseSecretKey(b); err == nil && !bytes.Equal(k.Bytes(), b) {
			t.Error("a secret key with two spellings")
		}
	}))
}

// Many may ask for the constants at once, while the list still grows.
func TestConstantsForMany(t *testing.T) {
	g := &generators{seed: seed}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			list := g.first(n + 3)
			for i, want := range append([]string{pointQ1}, messageGeneratorVectors...)[:n+3] {
				if got := hex.EncodeToString(list[i].octets[:]); got != want {
					t.Errorf("constant %d: got %s, want %s", i, got, want)
				}
			}
		})
	}
	wait.Wait()
}
