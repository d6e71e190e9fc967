package interop_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/pixelpass"
	"cairn.example/strictjson"
	"cairn.example/tokenstatus"
	"cairn.example/vccose"
)

type codeJob struct {
	ID    string `json:"id"`
	Do    string `json:"do"`
	Data  string `json:"data,omitempty"`
	JSON  any    `json:"json,omitempty"`
	Names any    `json:"names,omitempty"`
	Key   any    `json:"key,omitempty"`
}

type codeResult struct {
	ID    string          `json:"id"`
	Data  string          `json:"data"`
	JSON  json.RawMessage `json:"json"`
	Error string          `json:"error"`
}

// codes has the jobs done by codes.mjs.
func codes(t *testing.T, jobs []codeJob) map[string]codeResult {
	t.Helper()
	need(t, "@mosip/pixelpass", "@sd-jwt/jwt-status-list", "@auth0/cose", "jose")
	return ask[codeResult](t, jobs, "codes.mjs")
}

// canonical makes documents comparable.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	tree, err := strictjson.Parse(text, strictjson.Default)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	b, err := jcs.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What we write @mosip/pixelpass reads, and the other way round.
func TestPixelPass(t *testing.T) {
	documents := []string{
		`{"temp":15}`, `{"a":[1,-1,23,24,255,256,65536,4294967296,9007199254740991,-9007199254740991],"f":[0.5,1.1,-4.1,1e-7,123456.789]}`,
		`{"n":null,"t":true,"f":false,"e":{},"l":[],"s":"","u":"कविता ትዕግስት 李 😀","q":"\"\\/\b\n"}`, `["x"]`,
		`{"u":"कविता"}`, // PixelPass can't read its own code of this one: it does not pack
		`{"name":"कविता शर्मा","other":"कविता शर्मा, कविता शर्मा"}`, `{"name":"ትዕግስት"}`, `{"name":"李"}`,
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"did:web:college.example","validFrom":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:key:z6Mk","credits":3.5},"proof":{"type":"DataIntegrityProof","proofValue":"z3FXQ"}}`,
	}
	texts := []string{"hello", "eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.AAAA", "not JSON: कविता"}
	var jobs []codeJob
	for i, d := range documents {
		ours, err := pixelpass.Encode([]byte(d))
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, codeJob{ID: fmt.Sprint("encode", i), Do: "encode", Data: d}, codeJob{ID: fmt.Sprint("decode", i), Do: "decode", Data: ours})
	}
	for i, text := range texts {
		ours, err := pixelpass.EncodeText(text)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, codeJob{ID: fmt.Sprint("encode text", i), Do: "encode", Data: text}, codeJob{ID: fmt.Sprint("decode text", i), Do: "decode", Data: ours})
	}
	names, back := pixelpass.Names{"id": "1", "fullName": "4", "gender": "9"}, map[string]string{"1": "id", "4": "fullName", "9": "gender"}
	person := map[string]any{"id": "3918592438", "fullName": "Peter M Jhon", "gender": json.Number("1"), "other": []any{"x"}}
	mapped, err := pixelpass.EncodeMapped(person, names)
	if err != nil {
		t.Fatal(err)
	}
	jobs = append(jobs, codeJob{ID: "map", Do: "map", JSON: person, Names: names}, codeJob{ID: "unmap", Do: "unmap", Data: hex.EncodeToString(mapped), Names: back})
	results := codes(t, jobs)
	for i, d := range documents {
		r := results[fmt.Sprint("decode", i)]
		if r.Error != "" || canonical(t, []byte(r.Data)) != canonical(t, []byte(d)) {
			t.Errorf("they read our %s as %s %s", d, r.Data, r.Error)
		}
		got, err := pixelpass.Decode(results[fmt.Sprint("encode", i)].Data)
		if err != nil || string(got.JSON) != canonical(t, []byte(d)) {
			t.Errorf("we read their %s as %s, %v", d, got.JSON, err)
		}
	}
	for i, text := range texts {
		if r := results[fmt.Sprint("decode text", i)]; r.Data != text {
			t.Errorf("they read our %s as %s %s", text, r.Data, r.Error)
		}
		if got, err := pixelpass.Decode(results[fmt.Sprint("encode text", i)].Data); err != nil || got.Text != text {
			t.Errorf("we read their %s as %+v, %v", text, got, err)
		}
	}
	theirs, err := hex.DecodeString(results["map"].Data)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := pixelpass.DecodeMapped(theirs, names); err != nil || !reflect.DeepEqual(got, person) {
		t.Errorf("we read their mapped data as %v, %v", got, err)
	}
	wanted, err := json.Marshal(person)
	if err != nil {
		t.Fatal(err)
	}
	if r := results["unmap"]; r.Error != "" || canonical(t, r.JSON) != canonical(t, wanted) {
		t.Errorf("they read our mapped data as %s %s", r.JSON, r.Error)
	}
}

// Token status lists in both directions, with every width.
func TestTokenStatusLists(t *testing.T) {
	var jobs []codeJob
	key, _, _ := tokenKey(t, jose.ES256)
	public, private := key.PublicKey().Tree(), secret(t, key)
	public["alg"], private["alg"] = "ES256", "ES256"
	meta := tokenstatus.Meta{URI: "https://status.example/1", IssuedAt: time.Unix(1767225600, 0).UTC(), Expires: time.Unix(1893456000, 0).UTC(), TTL: time.Hour}
	statuses := map[int][]int{}
	for _, bits := range []int{1, 2, 4, 8} {
		l, err := tokenstatus.New(1000, bits)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			s := i * 7 % (1 << bits)
			statuses[bits] = append(statuses[bits], s)
			if err := l.Set(i, tokenstatus.Status(s)); err != nil {
				t.Fatal(err)
			}
		}
		text, err := tokenstatus.SignJWT(t.Context(), meta, l, nil, key)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, codeJob{ID: fmt.Sprint("read", bits), Do: "read-list", Data: text, Key: public},
			codeJob{ID: fmt.Sprint("tampered", bits), Do: "read-list", Data: text[:len(text)-8] + "AAAAAAAA", Key: public},
			codeJob{ID: fmt.Sprint("make", bits), Do: "make-list", JSON: statuses[bits], Names: map[string]int{"bits": bits}, Key: private})
	}
	results := codes(t, jobs)
	for bits, want := range statuses {
		var got []int
		r := results[fmt.Sprint("read", bits)]
		if err := json.Unmarshal(r.JSON, &got); err != nil || r.Data != fmt.Sprint(bits) || !reflect.DeepEqual(got, want) {
			t.Errorf("%d bits: they read %s of ours: %v %s", bits, r.Data, err, r.Error)
		}
		if r := results[fmt.Sprint("tampered", bits)]; r.Error == "" {
			t.Errorf("%d bits: they accept anything", bits)
		}
		token, err := tokenstatus.Parse([]byte(results[fmt.Sprint("make", bits)].Data))
		if err != nil {
			t.Errorf("%d bits: %v %s", bits, err, results[fmt.Sprint("make", bits)].Error)
			continue
		}
		v, err := token.Verify(key.PublicKey())
		if err != nil || v.Meta != meta {
			t.Errorf("%d bits: %+v, %v", bits, v, err)
			continue
		}
		for i, s := range want {
			got, err := v.Lookup(tokenstatus.Reference{URI: meta.URI, Index: i}, meta.IssuedAt, 0)
			if err != nil || int(got) != s {
				t.Fatalf("%d bits: status %d of theirs is %d, %v, want %d", bits, i, got, err, s)
			}
		}
	}
}

// Credentials in COSE envelopes: @auth0/cose accepts ours, and we its.
func TestCOSEEnvelopes(t *testing.T) {
	type party struct {
		key      *jose.PrivateKey
		kid      string
		document *did.Document
		tree     map[string]any
	}
	parties := map[string]party{}
	var jobs []codeJob
	for _, alg := range tokenAlgorithms {
		key, issuer, kid := tokenKey(t, alg)
		doc, err := did.ResolveJWK(issuer)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := strictjson.ParseObject([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"],"issuer":"`+string(issuer)+`",
			"name":"कृषि वानिकी","validFrom":"2026-01-01T00:00:00Z","credentialSubject":{"id":"did:example:1"}}`), strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		parties[string(alg)] = party{key, string(kid), doc, tree}
		data, err := vccose.Sign(t.Context(), vccose.Credential, tree, vccose.Options{KeyID: string(kid), At: time.Unix(1767225600, 0)}, key)
		if err != nil {
			t.Fatal(err)
		}
		public, private := key.PublicKey().Tree(), secret(t, key)
		public["alg"], private["alg"] = string(alg), string(alg)
		tampered := bytes.Replace(data, []byte("did:example:1"), []byte("did:example:2"), 1)
		content, err := jcs.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, codeJob{ID: "verify " + string(alg), Do: "verify-cose", Data: hex.EncodeToString(data), Key: public},
			codeJob{ID: "tampered " + string(alg), Do: "verify-cose", Data: hex.EncodeToString(tampered), Key: public},
			codeJob{ID: "sign " + string(alg), Do: "sign-cose", Data: string(content), Key: private, Names: map[string]string{"kid": string(kid), "typ": "application/vc+cose", "cty": "application/vc"}})
	}
	results := codes(t, jobs)
	for alg, p := range parties {
		if r := results["verify "+alg]; r.Error != "" || canonical(t, []byte(r.Data)) != canonical(t, mustMarshal(t, p.tree)) {
			t.Errorf("%s: they read ours as %s %s", alg, r.Data, r.Error)
		}
		if r := results["tampered "+alg]; r.Error == "" {
			t.Errorf("%s: they accept anything", alg)
		}
		data, err := hex.DecodeString(results["sign "+alg].Data)
		if err != nil || len(data) == 0 {
			t.Errorf("%s: %v %s", alg, err, results["sign "+alg].Error)
			continue
		}
		s, err := vccose.Read(data)
		if err != nil {
			t.Errorf("%s: we can't read theirs: %v", alg, err)
			continue
		}
		k, _, err := s.KeyFromDocument(p.document)
		if err != nil || s.KeyID != p.kid {
			t.Fatal(err)
		}
		if v, err := s.Verify(k); err != nil || canonical(t, mustMarshal(t, v.Document)) != canonical(t, mustMarshal(t, p.tree)) {
			t.Errorf("%s: we refuse theirs: %v", alg, err)
		}
		if s, err = vccose.Read(bytes.Replace(data, []byte("did:example:1"), []byte("did:example:2"), 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(k); cairn.CodeOf(err) != "cose.signature" {
			t.Errorf("%s: theirs, changed: %v", alg, err)
		}
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
