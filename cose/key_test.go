package cose_test

import (
	"maps"
	"reflect"
	"testing"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
	"cairn.example/strictcbor"
)

// The first public key of RFC 9052, appendix C.7.1, "meriadoc.brandybuck".
const (
	keyC71X = "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
	keyC71Y = "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
)

func TestKeys(t *testing.T) {
	published := dict{int64(1): int64(2), int64(2): []byte("meriadoc.brandybuck@buckland.example"), int64(-1): int64(1), int64(-2): unhex(t, keyC71X), int64(-3): unhex(t, keyC71Y)}
	k, err := cose.KeyFromMap(published)
	if err != nil || k.KeyID() != "meriadoc.brandybuck@buckland.example" || k.Algorithm() != jose.ES256 {
		t.Fatalf("%+v, %v", k, err)
	}
	delete(published, int64(2)) // what we write has no name
	if m, err := cose.KeyToMap(k); err != nil || !reflect.DeepEqual(m, published) {
		t.Errorf("%v, %v", m, err)
	}
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		k := generate(t, alg).PublicKey()
		cnf, err := cose.Confirm(k)
		if err != nil {
			t.Fatal(err)
		}
		b, err := cose.Claims{Others: cnf}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		c, err := cose.ReadClaims(b)
		if err != nil {
			t.Fatal(err)
		}
		if got, kid, err := c.Confirmation(); err != nil || kid != nil || !got.Equal(k) {
			t.Errorf("%s: %v, %v", alg, got, err)
		}
	}
	for name, c := range map[string]struct {
		change dict
		code   string
	}{
		"an algorithm that fits": {dict{int64(3): int64(-7), int64(4): []any{int64(2)}}, ""},
		"private":                {dict{int64(-4): []byte{1}}, "cose.private-key"},
		"another kind":           {dict{int64(1): int64(3)}, "cose.key"},
		"symmetric":              {dict{int64(1): int64(4), int64(-1): []byte{1}}, "cose.key"},
		"another curve":          {dict{int64(-1): int64(8)}, "cose.key"},
		"X25519":                 {dict{int64(1): int64(1), int64(-1): int64(4)}, "cose.key"},
		"compressed":             {dict{int64(-3): true}, "cose.key"},
		"no x":                   {dict{int64(-2): nil}, "cose.key"},
		"not on the curve":       {dict{int64(-2): unhex(t, keyC71Y)}, "jose.key"},
		"short":                  {dict{int64(-2): []byte{1}}, "jose.key"},
		"kid a text":             {dict{int64(2): "x"}, "cose.key"},
		"alg HMAC":               {dict{int64(3): int64(5)}, "cose.algorithm"},
		"for signing only":       {dict{int64(4): []any{int64(1)}}, "cose.key"},
	} {
		m := maps.Clone(published)
		maps.Copy(m, c.change)
		if got, err := cose.KeyFromMap(m); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.code)
		}
	}
}

func TestConfirmation(t *testing.T) {
	if k, kid, err := (cose.Claims{}).Confirmation(); k != nil || kid != nil || err != nil {
		t.Errorf("nothing: %v, %v, %v", k, kid, err)
	}
	if _, kid, err := (cose.Claims{Others: dict{int64(8): dict{int64(3): []byte("k")}}}).Confirmation(); string(kid) != "k" || err != nil {
		t.Errorf("a name: %q, %v", kid, err)
	}
	for name, cnf := range map[string]any{"a text": "x", "empty": dict{}, "encrypted": dict{int64(2): []any{}}, "empty name": dict{int64(3): []byte{}}, "a key that is none": dict{int64(1): "x"},
		"two ways": dict{int64(1): dict{}, int64(3): []byte("k")}} {
		if k, kid, err := (cose.Claims{Others: strictcbor.Map{int64(8): cnf}}).Confirmation(); cairn.CodeOf(err) != "cose.confirmation" {
			t.Errorf("%s: %v, %q, %v", name, k, kid, err)
		}
	}
}

func FuzzKeyFromMap(f *testing.F) {
	b, err := strictcbor.Marshal(dict{int64(1): int64(2), int64(-1): int64(1), int64(-2): unhex(f, keyC71X), int64(-3): unhex(f, keyC71Y), int64(3): int64(-7), int64(4): []any{int64(2)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(unhex(f, "a3010120062158"+"20"+keyC71X))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		m, err := strictcbor.ParseMap(data, strictcbor.Default)
		if err != nil {
			return
		}
		k, err := cose.KeyFromMap(m)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		again, err := cose.KeyToMap(k)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := cose.KeyFromMap(again); err != nil || !back.Equal(k) {
			t.Fatalf("%v became %v, %v", k, back, err)
		}
	}))
}
