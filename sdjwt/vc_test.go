package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
	"cairn.example/sdjwt"
)

func TestVC(t *testing.T) {
	v, err := parse(t, issue(t, person, sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: "key-1"}, Selective: paths})).VC()
	if err != nil {
		t.Fatal(err)
	}
	if v.Type != "https://college.example/types/course" || v.Issuer != "https://college.example" || v.KeyID != "key-1" || v.Expires.Unix() != 1800000000 ||
		!v.HolderKey.Equal(holder.PublicKey()) || v.Claims["name"] != "Amina" {
		t.Errorf("%+v", v)
	}
	for _, c := range []struct{ name, payload, code string }{
		{"good", `{"vct":"urn:x:y","iss":"https://a.example","aka_vcts":["urn:x:z"],"status":{"status_list":{"idx":1,"uri":"https://a.example/1"}}}`, ""},
		{"no type", `{"iss":"https://a.example"}`, "sdjwt.vct"},
		{"type is a word", `{"vct":"Course","iss":"https://a.example"}`, "sdjwt.vct"},
		{"type is a list", `{"vct":["urn:x:y"],"iss":"https://a.example"}`, "jose.claim"},
		{"other types empty", `{"vct":"urn:x:y","iss":"https://a.example","aka_vcts":[]}`, "sdjwt.vct"},
		{"other types repeat", `{"vct":"urn:x:y","iss":"https://a.example","aka_vcts":["urn:x:y"]}`, "sdjwt.vct"},
		{"no issuer", `{"vct":"urn:x:y"}`, "sdjwt.issuer"},
		{"status a text", `{"vct":"urn:x:y","iss":"https://a.example","status":"x"}`, "jose.claim"},
		{"exp a text", `{"vct":"urn:x:y","iss":"https://a.example","exp":"1"}`, "jose.time"},
		{"S30 two keys", `{"vct":"urn:x:y","iss":"https://a.example","cnf":{"jwk":{"kty":"OKP"},"kid":"x"}}`, "sdjwt.holder-key"},
		{"cnf a text", `{"vct":"urn:x:y","iss":"https://a.example","cnf":"x"}`, "sdjwt.holder-key"},
		{"cnf private", `{"vct":"urn:x:y","iss":"https://a.example","cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","d":"AA","x":"AA"}}}`, "jose.private-key"},
		{"cnf by address", `{"vct":"urn:x:y","iss":"https://a.example","cnf":{"jku":"https://a.example"}}`, "sdjwt.holder-key"},
	} {
		if _, err := parse(t, forge(t, c.payload)).VC(); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	// S14: what decides how long and for whom the credential is good is always shown.
	for _, name := range []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", "credentialStatus"} {
		if err := sdjwt.CheckSelective([]sdjwt.Path{{"name"}, {name, "x"}}); cairn.CodeOf(err) != "sdjwt.always-shown" {
			t.Errorf("%s: %v", name, err)
		}
		value := map[string]string{"nbf": "1", "exp": "1", "cnf": `{"kid":"x"}`, "aka_vcts": `["urn:x:z"]`, "status": `{}`}[name]
		if value == "" {
			value = `"urn:x:y"`
		}
		d, h := salted(`["s","` + name + `",` + value + `]`)
		base := map[string]string{"vct": `"vct":"urn:x:y",`, "iss": `"iss":"https://a.example",`}
		delete(base, name)
		if _, err := parse(t, forge(t, `{`+base["vct"]+base["iss"]+`"_sd":["`+h+`"]}`, d)).VC(); cairn.CodeOf(err) != "sdjwt.always-shown" {
			t.Errorf("S14 %s: %v", name, err)
		}
	}
	_, h := salted(`["s","uri","https://a.example"]`)
	for _, payload := range []string{`"status":{"_sd":["` + h + `"]}`, `"credentialStatus":[{"...":"` + h + `"}]`, `"status":{"status_list":{"_sd":["` + h + `"]}}`, `"aka_vcts":["urn:x:z",{"...":"` + h + `"}]`,
		`"cnf":{"jwk":{"kty":"OKP","_sd":["` + h + `"]}}`} {
		if _, err := parse(t, forge(t, `{"vct":"urn:x:y","iss":"https://a.example",`+payload+`}`)).VC(); cairn.CodeOf(err) != "sdjwt.always-shown" {
			t.Errorf("S14 inside: %s: %v", payload, err)
		}
	}
	if err := sdjwt.CheckSelective(paths); err != nil {
		t.Error(err)
	}
	// Another kind of token is none.
	if _, err := parse(t, issue(t, person, sdjwt.Options{Header: jose.Header{Type: "example+sd-jwt"}})).VC(); cairn.CodeOf(err) != "jose.type" {
		t.Errorf("%v", err)
	}
	if _, err := parse(t, issue(t, person, sdjwt.Options{Header: jose.Header{Type: "vc+sd-jwt"}})).VC(); err != nil {
		t.Errorf("the older type: %v", err)
	}
	w3c := issue(t, strings.Replace(person, "{", `{"@context":["https://www.w3.org/ns/credentials/v2"],`, 1), sdjwt.Options{Header: jose.Header{Type: "vc+sd-jwt"}})
	if _, err := parse(t, w3c).VC(); cairn.CodeOf(err) != "jose.type" {
		t.Errorf("a token that is two kinds of credential: %v", err)
	}
}

func TestIssuerMetadata(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example":          "https://a.example/.well-known/jwt-vc-issuer",
		"https://a.example/":         "https://a.example/.well-known/jwt-vc-issuer",
		"https://a.example:8443/t/1": "https://a.example:8443/.well-known/jwt-vc-issuer/t/1",
		"https://a.example/t/1/":     "https://a.example/.well-known/jwt-vc-issuer/t/1",
		"http://a.example":           "",
		"https://a.example?x":        "",
		"https://a.example/?":        "",
		"https://a.example#x":        "",
		"https://a.example/#":        "",
		"https://u@a.example":        "",
		"https://a.example/../x":     "",
		"https://a.example/%2e%2e/x": "",
		"https://a.example//x":       "",
		"https:///x":                 "",
		"did:web:a.example":          "",
		"":                           "",
		"https://a.example/a\\b":     "",
	} {
		got, err := sdjwt.IssuerMetadataURL(in)
		if got != want || (want == "") != (cairn.CodeOf(err) == "sdjwt.issuer") {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	jwk := issuer.PublicKey().Tree()
	jwk["kid"] = "k1"
	set := text(t, map[string]any{"keys": []any{jwk}})
	m, err := sdjwt.ParseIssuerMetadata([]byte(`{"issuer":"https://college.example","jwks":`+set+`}`), "https://college.example")
	if err != nil {
		t.Fatal(err)
	}
	token := parse(t, issue(t, person, sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: "k1"}}))
	v, err := token.VC()
	if err != nil {
		t.Fatal(err)
	}
	k, err := v.KeyFromMetadata(m, m.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Verify(k, sdjwt.VCPolicy()); err != nil {
		t.Error(err)
	}
	v.KeyID = "k2"
	if _, err := v.KeyFromMetadata(m, m.Keys); cairn.CodeOf(err) != "jose.no-such-key" {
		t.Errorf("%v", err)
	}
	v.Issuer = "https://other.example"
	if _, err := v.KeyFromMetadata(m, m.Keys); cairn.CodeOf(err) != "sdjwt.issuer" { // J09
		t.Errorf("%v", err)
	}
	for in, code := range map[string]string{
		`{"issuer":"https://other.example","jwks":` + set + `}`:    "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example/","jwks":` + set + `}`: "sdjwt.issuer-metadata",
		`{"jwks":` + set + `}`:                 "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example"}`: "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example","jwks":` + set + `,"jwks_uri":"https://college.example/k"}`: "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example","jwks_uri":"http://college.example/k"}`:                     "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example","jwks":[]}`:                                                 "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example","issuer":"https://college.example","jwks":` + set + `}`:     "sdjwt.issuer-metadata",
		`{"issuer":"https://college.example","jwks_uri":"https://college.example/k"}`:                    "",
	} {
		if _, err := sdjwt.ParseIssuerMetadata([]byte(in), "https://college.example"); cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", in, err, code)
		}
	}
}

func TestKeyFromDocument(t *testing.T) {
	d, id, err := did.JWKFromKey(issuer.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := did.ResolveJWK(d)
	if err != nil {
		t.Fatal(err)
	}
	for kid, code := range map[string]string{string(id): "", "#0": "", string(d) + "#1": "did.no-such-key", "": "did.key-id", "did:example:1#0": "did.document-id"} {
		token := parse(t, issue(t, `{"vct":"urn:x:y","iss":"`+string(d)+`"}`, sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: kid}}))
		v, err := token.VC()
		if err != nil {
			t.Fatal(err)
		}
		k, m, err := v.KeyFromDocument(doc)
		if cairn.CodeOf(err) != code {
			t.Errorf("%q: %v, want %q", kid, err, code)
		}
		if err == nil {
			if _, err := token.Verify(k, sdjwt.VCPolicy()); err != nil || m.ID != id {
				t.Errorf("%v", err)
			}
		}
	}
	v := &sdjwt.VC{Issuer: "did:example:1", KeyID: string(id)}
	if _, _, err := v.KeyFromDocument(doc); cairn.CodeOf(err) != "sdjwt.issuer" {
		t.Errorf("%v", err)
	}
}

func TestKeyFromChain(t *testing.T) {
	make := func(by *x509.Certificate, with *ecdsa.PrivateKey, names ...string) (*x509.Certificate, *ecdsa.PrivateKey) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(now.Unix()), Subject: pkix.Name{CommonName: fmt.Sprint(names)}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
			DNSNames: names, BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature}
		if by == nil {
			by, with, c.KeyUsage = c, k, x509.KeyUsageCertSign
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, &k.PublicKey, with)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return parsed, k
	}
	root, rootKey := make(nil, nil)
	leaf, leafKey := make(root, rootKey, "college.example")
	signer, err := jose.NewPrivateKey(leafKey, "")
	if err != nil {
		t.Fatal(err)
	}
	for iss, code := range map[string]string{`"iss":"https://college.example/x",`: "", "": "", `"iss":"https://other.example",`: "sdjwt.issuer", `"iss":"did:web:college.example",`: "sdjwt.issuer"} {
		compact, err := sdjwt.Issue(t.Context(), tree(t, `{`+iss+`"vct":"urn:x:y"}`), sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, Chain: [][]byte{leaf.Raw}}}, signer)
		if err != nil {
			t.Fatal(err)
		}
		token := parse(t, compact)
		if _, err := token.VC(); err != nil {
			t.Error(err)
		}
		k, cert, err := token.KeyFromChain([]*x509.Certificate{root}, now)
		if cairn.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", iss, err, code)
		}
		if err == nil {
			if _, err := token.Verify(k, sdjwt.VCPolicy()); err != nil || !cert.Equal(leaf) {
				t.Error(err)
			}
		}
		if _, _, err := token.KeyFromChain(nil, now); cairn.CodeOf(err) != "jose.chain-untrusted" { // J07
			t.Errorf("%v", err)
		}
	}
}

func sri(alg string, data string) string {
	switch alg {
	case "sha256":
		h := sha256.Sum256([]byte(data))
		return "sha256-" + base64.StdEncoding.EncodeToString(h[:])
	case "sha384":
		h := sha512.Sum384([]byte(data))
		return "sha384-" + base64.StdEncoding.EncodeToString(h[:])
	}
	h := sha512.Sum512([]byte(data))
	return "sha512-" + base64.StdEncoding.EncodeToString(h[:])
}

func TestIntegrity(t *testing.T) {
	for in, code := range map[string]string{
		sri("sha256", "x"): "",
		sri("sha384", "x"): "",
		sri("sha512", "x"): "",
		sri("sha256", "y"): "sdjwt.integrity",
		sri("sha256", "x") + " " + sri("sha512", "y"): "sdjwt.integrity", // the strongest counts
		sri("sha512", "y") + " " + sri("sha256", "x"): "sdjwt.integrity",
		sri("sha256", "y") + " " + sri("sha512", "x"): "",
		sri("sha256", "y") + " " + sri("sha256", "x"): "",
		"md5-abc=": "sdjwt.integrity",
		"":         "sdjwt.integrity",
		"sha256-":  "sdjwt.integrity",
		"sha256":   "sdjwt.integrity",
		strings.TrimSuffix(sri("sha256", "x"), "="): "sdjwt.integrity",
		strings.Repeat(sri("sha256", "x")+" ", 11):  "sdjwt.integrity",
	} {
		if err := sdjwt.CheckIntegrity([]byte("x"), in); cairn.CodeOf(err) != code {
			t.Errorf("%q: %v, want %q", in, err, code)
		}
	}
}

const courseType = "https://college.example/types/course"

func TestTypes(t *testing.T) {
	base := `{"vct":"urn:base","display":[{"locale":"en","name":"Base"}],"claims":[{"path":["name"],"mandatory":true,"sd":"always"},{"path":["marks",null,"mark"],"display":[{"locale":"en","label":"Mark"}]}]}`
	course := `{"vct":"` + courseType + `","extends":"urn:base","extends#integrity":"` + sri("sha256", base) + `","claims":[{"path":["marks",null,"mark"],"sd":"never","svg_id":"mark"},{"path":["address"],"mandatory":true}]}`
	documents := map[string]string{courseType: course, "urn:base": base}
	get := func(vct string) ([]byte, error) {
		if d, ok := documents[vct]; ok {
			return []byte(d), nil
		}
		return nil, errors.New("not found")
	}
	typ, err := sdjwt.LoadType(courseType, sri("sha384", course), get)
	if err != nil {
		t.Fatal(err)
	}
	if len(typ.Claims) != 3 || fmt.Sprint(typ.Extends) != "[urn:base]" || len(typ.Display) != 1 || typ.Claims[1].Selective != "never" || typ.Claims[1].ID != "mark" || len(typ.Claims[1].Display) != 1 {
		t.Errorf("%+v", typ)
	}
	for _, c := range []struct {
		name     string
		claims   string
		paths    []sdjwt.Path
		show     []sdjwt.Path
		complete bool
		code     string
	}{
		{"good", person, []sdjwt.Path{{"name"}, {"address"}}, []sdjwt.Path{{"name"}, {"address"}}, true, ""},
		{"kept back", person, []sdjwt.Path{{"name"}, {"address"}}, nil, false, ""},
		{"name always shown", person, []sdjwt.Path{{"address"}}, []sdjwt.Path{{"address"}}, true, "sdjwt.type-claims"},
		{"mark selective", person, []sdjwt.Path{{"name"}, {"marks", 0, "mark"}}, []sdjwt.Path{{"name"}, {"marks", 0, "mark"}}, true, "sdjwt.type-claims"},
		{"mark selective and kept back", person, []sdjwt.Path{{"name"}, {"marks", 0, "mark"}}, []sdjwt.Path{{"name"}}, false, ""},
		{"no address", `{"vct":"` + courseType + `","iss":"https://college.example","name":"A"}`, []sdjwt.Path{{"name"}}, []sdjwt.Path{{"name"}}, true, "sdjwt.type-claims"},
		{"address not among what is kept back, as far as can be seen", `{"vct":"` + courseType + `","iss":"https://college.example","name":"A"}`, []sdjwt.Path{{"name"}}, nil, false, ""},
		{"no address and nothing kept back", `{"vct":"` + courseType + `","iss":"https://college.example","name":"A"}`, []sdjwt.Path{{"name"}}, []sdjwt.Path{{"name"}}, false, "sdjwt.type-claims"},
		{"marks no list", `{"vct":"` + courseType + `","iss":"https://college.example","name":"A","address":1,"marks":{}}`, []sdjwt.Path{{"name"}}, []sdjwt.Path{{"name"}}, true, "sdjwt.type-claims"},
		{"mark in no object", `{"vct":"` + courseType + `","iss":"https://college.example","name":"A","address":1,"marks":[1]}`, []sdjwt.Path{{"name"}}, []sdjwt.Path{{"name"}}, true, "sdjwt.type-claims"},
		{"marks hidden", person, []sdjwt.Path{{"name"}, {"marks", nil}}, []sdjwt.Path{{"name"}}, false, ""},
		{"other type", `{"vct":"urn:other","iss":"https://college.example"}`, nil, nil, false, "sdjwt.type"},
	} {
		shown, err := parse(t, issue(t, c.claims, sdjwt.Options{Selective: c.paths})).Present(c.show)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := parse(t, shown).CheckType(typ, c.complete); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	for _, c := range []struct{ name, course, code string }{
		{"S28 integrity", course + " ", "sdjwt.integrity"},
		{"S29 circle", `{"vct":"` + courseType + `","extends":"` + courseType + `"}`, "sdjwt.type-circle"},
		{"of another type", `{"vct":"urn:x:y"}`, "sdjwt.type"},
		{"not JSON", `x`, "sdjwt.type"},
		{"extends a number", `{"vct":"` + courseType + `","extends":1}`, "sdjwt.type"},
		{"base changed", strings.Replace(course, sri("sha256", base), sri("sha256", "x"), 1), "sdjwt.integrity"},
		{"less mandatory", `{"vct":"` + courseType + `","extends":"urn:base","claims":[{"path":["name"],"mandatory":false}]}`, "sdjwt.type-extends"},
		{"other sd", `{"vct":"` + courseType + `","extends":"urn:base","claims":[{"path":["name"],"sd":"never"}]}`, "sdjwt.type-extends"},
		{"path empty", `{"vct":"` + courseType + `","claims":[{"path":[]}]}`, "sdjwt.path"},
		{"path negative", `{"vct":"` + courseType + `","claims":[{"path":[-1]}]}`, "sdjwt.path"},
		{"path twice", `{"vct":"` + courseType + `","claims":[{"path":["a"]},{"path":["a"]}]}`, "sdjwt.type"},
		{"sd unknown", `{"vct":"` + courseType + `","claims":[{"path":["a"],"sd":"often"}]}`, "sdjwt.type"},
		{"mandatory a text", `{"vct":"` + courseType + `","claims":[{"path":["a"],"mandatory":"yes"}]}`, "sdjwt.type"},
		{"svg_id with a space", `{"vct":"` + courseType + `","claims":[{"path":["a"],"svg_id":"a b"}]}`, "sdjwt.type"},
		{"display without locale", `{"vct":"` + courseType + `","display":[{"name":"x"}]}`, "sdjwt.type"},
		{"claims an object", `{"vct":"` + courseType + `","claims":{}}`, "sdjwt.type"},
	} {
		documents[courseType] = c.course
		integrity := ""
		if c.name == "S28 integrity" {
			integrity = sri("sha256", course)
		}
		if _, err := sdjwt.LoadType(courseType, integrity, get); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	if _, err := sdjwt.LoadType("urn:none", "", get); err == nil { // S27
		t.Error("a type that is not found was loaded")
	}
	for i := range 7 {
		documents[fmt.Sprint("urn:n:", i)] = fmt.Sprintf(`{"vct":"urn:n:%d","extends":"urn:n:%d"}`, i, i+1)
	}
	if _, err := sdjwt.LoadType("urn:n:0", "", get); cairn.CodeOf(err) != "sdjwt.type-depth" {
		t.Errorf("%v", err)
	}
}

func FuzzLoadType(f *testing.F) {
	f.Add([]byte(`{"vct":"urn:x:y","display":[{"locale":"en","name":"n"}],"claims":[{"path":["a",null,0],"sd":"never","mandatory":true,"display":[{"locale":"en","label":"l"}]}]}`))
	token := parse(f, issue(f, strings.Replace(person, courseType, "urn:x:y", 1), sdjwt.Options{Selective: paths}))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		typ, err := sdjwt.LoadType("urn:x:y", "", func(string) ([]byte, error) { return data, nil })
		if err == nil {
			err = token.CheckType(typ, true)
		}
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	}))
}
