package sdjwt_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/internal/corpus"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
)

var (
	now    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	issuer = fixed(`{"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8","d":"Ur2bNKuBPOrAaxsRnbSH6hIhmNTxSGXshDSUD1a1y7g"}`) // RFC 9901, appendix A.5
	holder = fixed(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`)                                                // RFC 8037, appendix A
	other  = fixed(`{"kty":"OKP","crv":"Ed25519","x":"NvUhsjZe7Mdv8Esoc60o3ma1U5j2tFUTDsOQd39xMnI","d":"cbxP1TvbhLteRSspEvwxEuFKRDHWpGmPla8ePI0cmv8"}`)                                                // W3C suite for VC-JOSE-COSE, vm-ed25519
	anyTyp = jose.Policy{Types: []string{"", "example+sd-jwt", "dc+sd-jwt", "vc+sd-jwt"}}
)

func key(alg jose.Algorithm) *jose.PrivateKey {
	k, err := jose.GenerateKey(alg, "k", rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

func fixed(jwk string) *jose.PrivateKey {
	k, err := jose.ParsePrivateKey([]byte(jwk))
	if err != nil {
		panic(err)
	}
	return k
}

// counter gives bytes that differ and are always the same, so that the corpus is.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	c.n++
	h := sha256.Sum256([]byte{c.n})
	return copy(p, h[:]), nil
}

func tree(t testing.TB, text string) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPublishedTokens(t *testing.T) {
	b, err := os.ReadFile("testdata/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Issuer json.RawMessage
		Tokens []struct {
			Source, Typ, Audience, Nonce, Token string
			Iat                                 int64
			Withheld                            int
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	k, err := jose.ParsePublicKey(file.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Tokens {
		token, err := sdjwt.Parse(c.Token)
		if err != nil {
			t.Errorf("%s: %v", c.Source, err)
			continue
		}
		policy := jose.Policy{Types: []string{c.Typ}}
		claims, err := token.Verify(k, policy)
		if err != nil || claims.Withheld != c.Withheld || claims.Bound {
			t.Errorf("%s: %+v, %v", c.Source, claims, err)
			continue
		}
		if c.Nonce != "" {
			challenge := sdjwt.Challenge{Audience: c.Audience, Nonce: c.Nonce, At: time.Unix(c.Iat+60, 0), MaxAge: 5 * time.Minute}
			if claims, err = token.VerifyBound(k, policy, challenge); err != nil || !claims.Bound {
				t.Errorf("%s: %v", c.Source, err)
			}
		}
	}
	// What the verifier sees of the first one (RFC 9901, section 5.2).
	token, err := sdjwt.Parse(file.Tokens[0].Token)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"address":{"country":"US","locality":"Anytown","region":"Anystate","street_address":"123 Main St"},"cnf":{"jwk":{"crv":"P-256","kty":"EC","x":"TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc","y":"ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ"}},"exp":1883000000,"family_name":"Doe","given_name":"John","iat":1683000000,"iss":"https://issuer.example.com","nationalities":["US"],"sub":"user_42"}`
	if got := text(t, token.Unverified()); got != want {
		t.Errorf("got %s", got)
	}
}

const person = `{"vct":"https://college.example/types/course","iss":"https://college.example","iat":1772366000,"exp":1800000000,
"name":"Amina","address":{"city":"Kisumu","street":"1 Lake Road"},"marks":[{"unit":"a","mark":1},{"unit":"b","mark":2},{"unit":"c","mark":3}],"null":null}`

var paths = []sdjwt.Path{{"name"}, {"address"}, {"address", "street"}, {"marks", nil}, {"marks", 1, "mark"}, {"null"}}

func issue(t testing.TB, claims string, o sdjwt.Options) string {
	t.Helper()
	c := tree(t, claims)
	cnf, err := sdjwt.Confirm(holder.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	c["cnf"] = cnf
	if o.Header.Type == "" {
		o.Header.Type = sdjwt.VCType
	}
	if o.Rand == nil {
		o.Rand = &counter{}
	}
	token, err := sdjwt.Issue(t.Context(), c, o, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func parse(t testing.TB, compact string) *sdjwt.Token {
	t.Helper()
	token, err := sdjwt.Parse(compact)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestIssuePresentVerify(t *testing.T) {
	compact := issue(t, person, sdjwt.Options{Selective: paths, Decoys: 3})
	token := parse(t, compact)
	claims, err := token.VerifyIssued(issuer.PublicKey(), sdjwt.VCPolicy())
	if err != nil {
		t.Fatal(err)
	}
	want := tree(t, person)
	want["cnf"] = claims.Tree["cnf"]
	if text(t, claims.Tree) != text(t, want) {
		t.Errorf("got %s", text(t, claims.Tree))
	}
	payload, err := token.JWT.Claims()
	if err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, d := range payload["_sd"].([]any) {
		digests = append(digests, d.(string))
	}
	if len(digests) != 6 || !slices.IsSorted(digests) {
		t.Errorf("the order of the digests may tell the order of the claims: %v", digests)
	}
	if claims.Withheld != 9 { // three decoys in each of: the top, the address, a mark
		t.Errorf("%d withheld", claims.Withheld)
	}
	var listed []string
	for _, d := range token.Disclosures() {
		listed = append(listed, d.Path.String())
	}
	if got := fmt.Sprint(listed); got != "[/address /address/street /marks/0 /marks/1 /marks/1/mark /marks/2 /name /null]" {
		t.Errorf("%s", got)
	}
	for _, c := range []struct {
		show []sdjwt.Path
		want string
	}{
		{nil, `{"marks":[]}`},
		{[]sdjwt.Path{{"name"}}, `{"marks":[],"name":"Amina"}`},
		{[]sdjwt.Path{{"address"}}, `{"address":{"city":"Kisumu"},"marks":[]}`},
		{[]sdjwt.Path{{"address", "street"}}, `{"address":{"city":"Kisumu","street":"1 Lake Road"},"marks":[]}`},
		{[]sdjwt.Path{{"marks", 1, "mark"}, {"null"}}, `{"marks":[{"mark":2,"unit":"b"}],"null":null}`},
		{[]sdjwt.Path{{"marks", 2}, {"marks", 1}}, `{"marks":[{"unit":"b"},{"mark":3,"unit":"c"}]}`},
		{[]sdjwt.Path{{"marks", nil, "unit"}}, `{"marks":[{"mark":1,"unit":"a"},{"unit":"b"},{"mark":3,"unit":"c"}]}`},
	} {
		shown, err := token.Present(c.show)
		if err != nil {
			t.Fatal(err)
		}
		claims, err := parse(t, shown).Verify(issuer.PublicKey(), sdjwt.VCPolicy())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"vct", "iss", "iat", "exp", "cnf"} {
			delete(claims.Tree, name)
		}
		if got := text(t, claims.Tree); got != c.want {
			t.Errorf("%v: got %s, want %s", c.show, got, c.want)
		}
	}
	for _, p := range []sdjwt.Path{{"nothing"}, {"marks", 3}, {"name", "x"}, {"marks", -1}} {
		if _, err := token.Present([]sdjwt.Path{p}); cairn.CodeOf(err) != "sdjwt.path" {
			t.Errorf("%v: %v", p, err)
		}
	}
	// Withheld claims are nowhere in what is sent.
	shown, err := token.Present([]sdjwt.Path{{"address"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.FieldsFunc(shown, func(r rune) bool { return r == '~' || r == '.' }) {
		b, err := jose.DecodeBase64(part)
		if err == nil && (strings.Contains(string(b), "Lake") || strings.Contains(string(b), "Amina")) {
			t.Errorf("a withheld claim is sent: %s", b)
		}
	}
}

// S31: a dot in the name of a claim is a letter of it, and no way into another.
func TestDotInANameIsNoPath(t *testing.T) {
	compact := issue(t, `{"vct":"https://types.example/1","iss":"https://issuer.example","address.city":"Kisumu","address":{"city":"Nairobi"}}`,
		sdjwt.Options{Selective: []sdjwt.Path{{"address.city"}, {"address", "city"}}})
	for _, c := range []struct {
		path     sdjwt.Path
		dot, sub any
	}{{sdjwt.Path{"address.city"}, "Kisumu", nil}, {sdjwt.Path{"address", "city"}, nil, "Nairobi"}} {
		shown, err := parse(t, compact).Present([]sdjwt.Path{c.path})
		if err != nil {
			t.Fatal(err)
		}
		claims, err := parse(t, shown).Verify(issuer.PublicKey(), sdjwt.VCPolicy())
		if err != nil {
			t.Fatal(err)
		}
		if dot, sub := claims.Tree["address.city"], claims.Tree["address"].(map[string]any)["city"]; dot != c.dot || sub != c.sub {
			t.Errorf("%s shows %v and %v", c.path, dot, sub)
		}
	}
	if _, err := parse(t, compact).Present([]sdjwt.Path{{"address.town"}}); cairn.CodeOf(err) != "sdjwt.path" {
		t.Errorf("a name that is not there: %v", err)
	}
}

func TestKeyBinding(t *testing.T) {
	compact := issue(t, person, sdjwt.Options{Selective: paths})
	shown, err := parse(t, compact).Present([]sdjwt.Path{{"name"}})
	if err != nil {
		t.Fatal(err)
	}
	challenge := sdjwt.Challenge{Audience: "https://verifier.example", Nonce: "n-1", At: now, MaxAge: 5 * time.Minute, Leeway: time.Minute}
	bind := func(at time.Time) string {
		bound, err := sdjwt.Bind(t.Context(), shown, challenge.Audience, challenge.Nonce, at, holder)
		if err != nil {
			t.Fatal(err)
		}
		return bound
	}
	good := bind(now)
	claims, err := parse(t, good).VerifyBound(issuer.PublicKey(), sdjwt.VCPolicy(), challenge)
	if err != nil || !claims.Bound || claims.Tree["name"] != "Amina" {
		t.Fatalf("%+v %v", claims, err)
	}
	kb := func(payload string, typ string, k *jose.PrivateKey) string {
		token, err := jose.Sign(t.Context(), jose.Header{Type: typ}, []byte(payload), k)
		if err != nil {
			t.Fatal(err)
		}
		return shown + token
	}
	hash := sha256.Sum256([]byte(shown))
	payload := func(change map[string]string) string {
		m := map[string]string{"aud": `"https://verifier.example"`, "nonce": `"n-1"`, "iat": fmt.Sprint(now.Unix()), "sd_hash": `"` + jose.EncodeBase64(hash[:]) + `"`}
		maps.Copy(m, change)
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if m[name] != "" {
				parts = append(parts, `"`+name+`":`+m[name])
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	with := func(name, value string) string { return kb(payload(map[string]string{name: value}), "kb+jwt", holder) }
	if _, err := parse(t, with("x", "1")).VerifyBound(issuer.PublicKey(), sdjwt.VCPolicy(), challenge); err != nil {
		t.Fatalf("the pattern of the refused ones is refused: %v", err)
	}
	more, err := parse(t, compact).Present([]sdjwt.Path{{"name"}, {"null"}})
	if err != nil {
		t.Fatal(err)
	}
	var made []any
	for _, c := range []struct{ name, token, code string }{
		{"S17 none", shown, "sdjwt.not-bound"},
		{"S19 issuer's key", kb(payload(nil), "kb+jwt", issuer), "sdjwt.binding"},
		{"S19 other key", kb(payload(nil), "kb+jwt", other), "sdjwt.binding"},
		{"S20 type", kb(payload(nil), "JWT", holder), "sdjwt.binding"},
		{"S21 nonce", with("nonce", `"n-2"`), "sdjwt.binding-nonce"},
		{"S21 prefix", with("nonce", `"n-"`), "sdjwt.binding-nonce"},
		{"S21 case", with("nonce", `"N-1"`), "sdjwt.binding-nonce"},
		{"S21 absent", with("nonce", ""), "sdjwt.binding-nonce"},
		{"S21 number", with("nonce", "1"), "sdjwt.binding-nonce"},
		{"S22 other audience", with("aud", `"https://other.example"`), "sdjwt.binding-aud"},
		{"S22 prefix", with("aud", `"verifier.example"`), "sdjwt.binding-aud"},
		{"S22 list", with("aud", `["https://verifier.example"]`), "sdjwt.binding-aud"},
		{"S22 absent", with("aud", ""), "sdjwt.binding-aud"},
		{"S23 hash absent", with("sd_hash", ""), "sdjwt.binding-sd_hash"},
		{"S23 other disclosures", more + good[strings.LastIndexByte(good, '~')+1:], "sdjwt.binding-sd_hash"},
		{"S24 old", bind(now.Add(-7 * time.Minute)), "sdjwt.binding-iat"},
		{"S24 future", bind(now.Add(2 * time.Minute)), "sdjwt.binding-iat"},
		{"S24 absent", with("iat", ""), "sdjwt.binding-iat"},
		{"S24 text", with("iat", `"1772366400"`), "jose.time"},
		{"ended", with("exp", "1"), "jose.expired"},
	} {
		token, err := sdjwt.Parse(c.token)
		if err == nil {
			_, err = token.VerifyBound(issuer.PublicKey(), sdjwt.VCPolicy(), challenge)
		}
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		made = append(made, map[string]any{"name": c.name, "token": c.token, "code": c.code})
	}
	corpus.Same(t, "testdata/refused-bindings.json", map[string]any{
		"about": "SD-JWT VC presentations that must not verify where key binding is required with this audience and nonce, at this time, 300 seconds old at most, 60 seconds of leeway. Codes are Cairn's. The issuer's key is that of RFC 9901, appendix A.5.",
		"key":   issuer.PublicKey().Tree(), "audience": challenge.Audience, "nonce": challenge.Nonce, "at": now.Unix(), "valid": good, "refused": made})
	// S25: what was forgotten is an error and skips nothing.
	for _, c := range []sdjwt.Challenge{{Nonce: "n-1", At: now, MaxAge: time.Minute}, {Audience: "a", At: now, MaxAge: time.Minute},
		{Audience: "a", Nonce: "n-1", MaxAge: time.Minute}, {Audience: "a", Nonce: "n-1", At: now}} {
		if _, err := parse(t, good).VerifyBound(issuer.PublicKey(), sdjwt.VCPolicy(), c); cairn.CodeOf(err) != "sdjwt.challenge" {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// S26: a holder takes no presentation for an issued credential.
	if _, err := parse(t, good).VerifyIssued(issuer.PublicKey(), sdjwt.VCPolicy()); cairn.CodeOf(err) != "sdjwt.presented" {
		t.Errorf("%v", err)
	}
	// S18
	for name, bad := range map[string]string{"no ~ at the end": strings.TrimSuffix(shown, "~"), "two": shown + "~", "two before the token": shown + "~" + good[strings.LastIndexByte(good, '~')+1:],
		"none at all": strings.TrimRight(strings.Split(shown, "~")[0], "~")} {
		if _, err := sdjwt.Parse(bad); err == nil {
			t.Errorf("S18 %s: was read", name)
		}
	}
	for code, k := range map[string]*jose.PrivateKey{"sdjwt.holder-key": other} {
		if _, err := sdjwt.Bind(t.Context(), shown, "a", "n", now, k); cairn.CodeOf(err) != code {
			t.Errorf("%v", err)
		}
	}
	if _, err := sdjwt.Bind(t.Context(), good, "a", "n", now, holder); cairn.CodeOf(err) != "sdjwt.presented" {
		t.Errorf("%v", err)
	}
	// A key that is only named is for the caller to find.
	named := forge(t, `{"vct":"urn:x:y","iss":"https://a.example","cnf":{"kid":"did:example:1#k"}}`)
	bound, err := sdjwt.Bind(t.Context(), named, "a", "n", now, holder)
	if err != nil {
		t.Fatal(err)
	}
	c := sdjwt.Challenge{Audience: "a", Nonce: "n", At: now, MaxAge: time.Minute}
	if _, err := parse(t, bound).VerifyBound(issuer.PublicKey(), anyTyp, c); cairn.CodeOf(err) != "sdjwt.holder-key" {
		t.Errorf("%v", err)
	}
	c.Holder = holder.PublicKey()
	if _, err := parse(t, bound).VerifyBound(issuer.PublicKey(), anyTyp, c); err != nil {
		t.Errorf("%v", err)
	}
	c = challenge
	c.Holder = other.PublicKey()
	if _, err := parse(t, kb(payload(nil), "kb+jwt", other)).VerifyBound(issuer.PublicKey(), anyTyp, c); cairn.CodeOf(err) != "sdjwt.binding" {
		t.Errorf("the key that the caller gave replaces the one in cnf: %v", err)
	}
}

// forge signs any payload, with any disclosures.
func forge(t testing.TB, payload string, disclosures ...string) string {
	t.Helper()
	token, err := jose.Sign(t.Context(), jose.Header{Type: sdjwt.VCType}, []byte(payload), issuer)
	if err != nil {
		t.Fatal(err)
	}
	token += "~"
	for _, d := range disclosures {
		token += d + "~"
	}
	return token
}

// salted makes a disclosure and its digest from JSON text.
func salted(json string) (disclosure, digest string) {
	d := jose.EncodeBase64([]byte(json))
	h := sha256.Sum256([]byte(d))
	return d, jose.EncodeBase64(h[:])
}

// The cases of SECURITY 6, group S, and the rules of RFC 9901, section 7.1.
func TestRefusedTokens(t *testing.T) {
	d1, h1 := salted(`["salt-1","a",1]`)
	d2, h2 := salted(`["salt-2","a",2]`)
	e1, g1 := salted(`["salt-3",1]`)
	four, hFour := salted(`["salt","a",1,2]`)
	one, hOne := salted(`["salt"]`)
	noSalt, hNoSalt := salted(`[1,"a",1]`)
	noName, hNoName := salted(`["s",1,1]`)
	object, hObject := salted(`{"a":1}`)
	sd, hSD := salted(`["s","_sd",[]]`)
	dots, hDots := salted(`["s","...","x"]`)
	alg, hAlg := salted(`["s","_sd_alg","sha-256"]`)
	twice, hTwice := salted(`["s","a",{"b":1,"b":2}]`)
	nestedAlg, hNestedAlg := salted(`["s","a",{"_sd_alg":"sha-256"}]`)
	inner, hInner := salted(`["s","b",1]`)
	outer, hOuter := salted(`["s","a",{"_sd":["` + hInner + `"]}]`)
	repeats, hRepeats := salted(`["s","z",{"_sd":["` + h1 + `"]}]`)
	deep, hDeep := salted(`["s","a",` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `]`)
	decoded := sha256.Sum256([]byte(`["salt-1","a",1]`))
	md5 := `{"_sd_alg":"md5","_sd":["` + h1 + `"]}`
	respelled, _ := salted(`["salt-1", "a", 1]`)
	var made []any
	for _, c := range []struct{ name, token, code string }{
		{"S01 not referenced", forge(t, `{"_sd":[]}`, d1), "sdjwt.unreferenced"},
		{"S01 no digests", forge(t, `{}`, d1), "sdjwt.unreferenced"},
		{"S02 twice", forge(t, `{"_sd":["`+h1+`"]}`, d1, d1), "sdjwt.disclosed-twice"},
		{"S03 digest twice", forge(t, `{"_sd":["`+h1+`","`+h1+`"]}`, d1), "sdjwt.digest-twice"},
		{"S03 at two depths", forge(t, `{"_sd":["`+h1+`"],"x":{"_sd":["`+h1+`"]}}`, d1), "sdjwt.digest-twice"},
		{"S03 decoy twice", forge(t, `{"_sd":["`+h1+`"],"x":[{"...":"`+h1+`"}]}`), "sdjwt.digest-twice"},
		{"S03 through a disclosure", forge(t, `{"_sd":["`+h1+`","`+hRepeats+`"]}`, d1, repeats), "sdjwt.digest-twice"},
		{"S04 two elements", forge(t, `{"_sd":["`+g1+`"]}`, e1), "sdjwt.disclosure"},
		{"S04 four elements", forge(t, `{"_sd":["`+hFour+`"]}`, four), "sdjwt.disclosure"},
		{"S04 one element", forge(t, `{"_sd":["`+hOne+`"]}`, one), "sdjwt.disclosure"},
		{"S04 an object", forge(t, `{"_sd":["`+hObject+`"]}`, object), "sdjwt.disclosure"},
		{"S04 salt is a number", forge(t, `{"_sd":["`+hNoSalt+`"]}`, noSalt), "sdjwt.disclosure"},
		{"S04 name is a number", forge(t, `{"_sd":["`+hNoName+`"]}`, noName), "sdjwt.disclosure"},
		{"S05 three in a list", forge(t, `{"l":[{"...":"`+h1+`"}]}`, d1), "sdjwt.disclosure"},
		{"S06 _sd", forge(t, `{"_sd":["`+hSD+`"]}`, sd), "sdjwt.reserved-name"},
		{"S06 ...", forge(t, `{"_sd":["`+hDots+`"]}`, dots), "sdjwt.reserved-name"},
		{"S06 _sd_alg", forge(t, `{"_sd":["`+hAlg+`"]}`, alg), "sdjwt.reserved-name"},
		{"S06 _sd_alg inside", forge(t, `{"_sd":["`+hNestedAlg+`"]}`, nestedAlg), "sdjwt.reserved-name"},
		{"S07 name is there", forge(t, `{"a":0,"_sd":["`+h1+`"]}`, d1), "sdjwt.claim-twice"},
		{"S07 name disclosed twice", forge(t, `{"_sd":["`+h1+`","`+h2+`"]}`, d1, d2), "sdjwt.claim-twice"},
		{"S08 second member", forge(t, `{"l":[{"...":"`+g1+`","x":1}]}`, e1), "sdjwt.digests"},
		{"S08 outside a list", forge(t, `{"l":{"...":"`+g1+`"}}`, e1), "sdjwt.reserved-name"},
		{"S09 not a list", forge(t, `{"_sd":"`+h1+`"}`, d1), "sdjwt.digests"},
		{"S09 not texts", forge(t, `{"_sd":[1]}`), "sdjwt.digests"},
		{"S09 not a text in a list", forge(t, `{"l":[{"...":1}]}`), "sdjwt.digests"},
		{"S10 md5", forge(t, md5, d1), "sdjwt.hash"},
		{"S10 short", forge(t, `{"_sd_alg":"sha-256-32"}`), "sdjwt.hash"},
		{"S10 case", forge(t, `{"_sd_alg":"SHA-256"}`), "sdjwt.hash"},
		{"S10 number", forge(t, `{"_sd_alg":1}`), "sdjwt.hash"},
		{"S10 nested", forge(t, `{"x":{"_sd_alg":"sha-256"}}`), "sdjwt.reserved-name"},
		{"S10 other hash", forge(t, `{"_sd_alg":"sha-512","_sd":["`+h1+`"]}`, d1), "sdjwt.unreferenced"},
		{"S11 digest of the decoded", forge(t, `{"_sd":["`+jose.EncodeBase64(decoded[:])+`"]}`, d1), "sdjwt.unreferenced"},
		{"S12 written anew", forge(t, `{"_sd":["`+h1+`"]}`, respelled), "sdjwt.unreferenced"},
		{"S15 parent withheld", forge(t, `{"_sd":["`+hOuter+`"]}`, inner), "sdjwt.unreferenced"},
		{"S16 deep", forge(t, `{"x":`+strings.Repeat(`{"x":`, 10)+`{"_sd":["`+hDeep+`"]}`+strings.Repeat("}", 10)+`}`, deep), "sdjwt.too-large"},
		{"S16 many", forge(t, `{}`, slices.Repeat([]string{d1}, 1001)...), "sdjwt.too-large"},
		{"S16 large", strings.Repeat("~", sdjwt.MaxBytes+1), "sdjwt.too-large"},
		{"duplicate member", forge(t, `{"_sd":["`+hTwice+`"]}`, twice), "sdjwt.disclosure"},
		{"padding", forge(t, `{"_sd":["`+h1+`"]}`, d1+"="), "sdjwt.disclosure"},
		{"line break", forge(t, `{"_sd":["`+h1+`"]}`, d1[:4]+"\n"+d1[4:]), "sdjwt.disclosure"},
		{"payload is a list", forge(t, `[]`), "jose.payload"},
		{"no ~", strings.TrimSuffix(forge(t, `{}`), "~"), "sdjwt.form"},
		{"text after the last ~", forge(t, `{}`) + "x", "sdjwt.form"},
	} {
		token, err := sdjwt.Parse(c.token)
		if err == nil {
			_, err = token.Verify(issuer.PublicKey(), anyTyp)
		}
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
		if len(c.token) < 10_000 {
			made = append(made, map[string]any{"name": c.name, "token": c.token, "code": c.code})
		}
	}
	corpus.Same(t, "testdata/refused.json", map[string]any{
		"about": "SD-JWTs that must be refused (RFC 9901, section 7.1), whatever typ is expected. The signatures are good. Codes are Cairn's. The issuer's key is that of RFC 9901, appendix A.5.",
		"key":   issuer.PublicKey().Tree(), "refused": made})
	// The patterns of the refused ones are good.
	for _, c := range []struct{ token, want string }{
		{forge(t, `{"_sd":["`+h1+`"]}`, d1), `{"a":1}`},
		{forge(t, `{"_sd":["`+h1+`"]}`), `{}`},
		{forge(t, `{"_sd":[]}`), `{}`},
		{forge(t, `{"l":[{"...":"`+g1+`"},2]}`, e1), `{"l":[1,2]}`},
		{forge(t, `{"l":[{"...":"`+g1+`"},2]}`), `{"l":[2]}`},
		{forge(t, `{"_sd":["`+hOuter+`"]}`, inner, outer), `{"a":{"b":1}}`},
		{forge(t, `{"_sd":["`+hOuter+`"]}`, outer), `{"a":{}}`},
	} {
		claims, err := parse(t, c.token).Verify(issuer.PublicKey(), anyTyp)
		if err != nil || text(t, claims.Tree) != c.want {
			t.Errorf("%+v, %v, want %s", claims, err, c.want)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	compact := issue(t, person, sdjwt.Options{Selective: paths})
	if _, err := parse(t, compact).Verify(other.PublicKey(), sdjwt.VCPolicy()); cairn.CodeOf(err) != "jose.key-algorithm" {
		t.Errorf("%v", err)
	}
	if _, err := parse(t, compact).Verify(key(jose.ES256).PublicKey(), sdjwt.VCPolicy()); cairn.CodeOf(err) != "jose.signature" {
		t.Errorf("%v", err)
	}
	if _, err := parse(t, compact).Verify(issuer.PublicKey(), jose.Policy{Types: []string{"vc+jwt", "kb+jwt", "vc+sd-jwt", ""}}); cairn.CodeOf(err) != "jose.type" {
		t.Errorf("%v", err)
	}
	// Every changed letter is refused.
	for i := range compact {
		for _, c := range []byte("A_~.=") {
			if compact[i] == c {
				continue
			}
			token, err := sdjwt.Parse(compact[:i] + string(c) + compact[i+1:])
			if err != nil {
				continue
			}
			if _, err := token.VerifyIssued(issuer.PublicKey(), sdjwt.VCPolicy()); err == nil {
				t.Fatalf("accepted with %q at %d", c, i)
			}
		}
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestIssueRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		claims string
		o      sdjwt.Options
		code   string
	}{
		"S13 salts repeat":   {`{"a":1,"b":2}`, sdjwt.Options{Selective: []sdjwt.Path{{"a"}, {"b"}}, Rand: zero{}}, "sdjwt.random"},
		"no randomness":      {`{"a":1}`, sdjwt.Options{Selective: []sdjwt.Path{{"a"}}, Rand: strings.NewReader("short")}, "sdjwt.random"},
		"no source":          {`{"a":1}`, sdjwt.Options{Selective: []sdjwt.Path{{"a"}}}, "sdjwt.random"},
		"no such claim":      {`{"a":1}`, sdjwt.Options{Selective: []sdjwt.Path{{"b"}}, Rand: rand.Reader}, "sdjwt.path"},
		"twice":              {`{"a":[1]}`, sdjwt.Options{Selective: []sdjwt.Path{{"a", 0}, {"a", nil}}, Rand: rand.Reader}, "sdjwt.path"},
		"the whole":          {`{"a":1}`, sdjwt.Options{Selective: []sdjwt.Path{{}}, Rand: rand.Reader}, "sdjwt.path"},
		"reserved":           {`{"a":{"_sd":[]}}`, sdjwt.Options{Rand: rand.Reader}, "sdjwt.reserved-name"},
		"reserved in a list": {`{"a":[{"...":"x"}]}`, sdjwt.Options{Rand: rand.Reader}, "sdjwt.reserved-name"},
		"too many decoys":    {`{"a":1}`, sdjwt.Options{Decoys: 101, Rand: rand.Reader}, "sdjwt.options"},
		"no type":            {`{"a":1}`, sdjwt.Options{Rand: rand.Reader}, "jose.type"},
	} {
		if name != "no type" {
			c.o.Header.Type = "x"
		}
		if _, err := sdjwt.Issue(t.Context(), tree(t, c.claims), c.o, issuer); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	claims := tree(t, person)
	before := text(t, claims)
	if _, err := sdjwt.Issue(t.Context(), claims, sdjwt.Options{Header: jose.Header{Type: "x"}, Selective: paths, Rand: rand.Reader}, issuer); err != nil || text(t, claims) != before {
		t.Errorf("the caller's claims were changed: %v", err)
	}
}

// FuzzParse checks that no bytes lead to a claim that is in no signed digest.
func FuzzParse(f *testing.F) {
	good := issue(f, person, sdjwt.Options{Selective: paths, Decoys: 1})
	f.Add(good)
	d, h := salted(`["s","a",[1,{"b":2}]]`)
	f.Add(forge(f, `{"_sd":["`+h+`"]}`, d))
	f.Add("e30.e30.~~")
	signed, _, _ := strings.Cut(good, "~")
	var known []string
	known = append(known, strings.Split(strings.TrimSuffix(good, "~"), "~")[1:]...)
	f.Fuzz(bounds.Each(func(t *testing.T, compact string) {
		token, err := sdjwt.Parse(compact)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if _, err := token.VC(); err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		if first, rest, _ := strings.Cut(compact, "~"); first == signed {
			for _, part := range strings.Split(rest[:strings.LastIndexByte("~"+rest, '~')], "~") {
				if part != "" && !slices.Contains(known, part) {
					t.Fatalf("a disclosure that the issuer did not make was taken: %q", part)
				}
			}
		}
	}))
}
