package vcjwt_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
	"cairn.example/vc"
	"cairn.example/vcjwt"
)

var (
	now          = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	issuer       = key(jose.ES256)
	holder       = key(jose.EdDSA)
	issuerDID, _ = identify(issuer)
	holderDID, _ = identify(holder)
)

func key(alg jose.Algorithm) *jose.PrivateKey {
	k, err := jose.GenerateKey(alg, "k", rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

func identify(k *jose.PrivateKey) (cairn.DID, cairn.KeyID) {
	d, id, err := did.JWKFromKey(k.PublicKey())
	if err != nil {
		panic(err)
	}
	return d, id
}

func document(t testing.TB, d cairn.DID) *did.Document {
	t.Helper()
	doc, err := did.ResolveJWK(d)
	if err != nil {
		t.Fatal(err)
	}
	return doc
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

func badge() string {
	return `{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","type":["VerifiableCredential","OpenBadgeCredential"],"name":"Agroforestry",
"issuer":{"id":"` + string(issuerDID) + `","type":["Profile"],"name":"Lakeside College"},"validFrom":"2026-01-01T00:00:00Z","validUntil":"2030-01-01T00:00:00Z",
"credentialSubject":{"id":"` + string(holderDID) + `","type":["AchievementSubject"],"achievement":{"id":"https://college.example/a","type":["Achievement"],
"achievementType":"MicroCredential","name":"Agroforestry","description":"d","criteria":{"narrative":"c"}},"result":[{"value":"A"},{"value":"B"}]}}`
}

func sign(t testing.TB, form vcjwt.Form, doc map[string]any, o vcjwt.Options, k *jose.PrivateKey) string {
	t.Helper()
	if o.KeyID == "" && !o.IncludeKey {
		_, id := identify(k)
		o.KeyID = string(id)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	token, err := vcjwt.Sign(t.Context(), form, doc, o, k)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func read(t testing.TB, token string) *vcjwt.Secured {
	t.Helper()
	s, err := vcjwt.Read(token)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCredentials(t *testing.T) {
	doc := tree(t, badge())
	for _, form := range []vcjwt.Form{vcjwt.Credential, vcjwt.SelectiveCredential, vcjwt.OpenBadge} {
		o := vcjwt.Options{At: now, Expires: now.Add(time.Hour)}
		if form.Selective() {
			o.Selective = []sdjwt.Path{{"name"}, {"credentialSubject", "result", nil}}
			o.Holder = holder.PublicKey()
		}
		s := read(t, sign(t, form, doc, o, issuer))
		if s.Form != form || s.Issuer != string(issuerDID) {
			t.Errorf("%+v", s)
		}
		k, _, err := s.KeyFromDocument(document(t, issuerDID))
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Verify(k)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if text(t, v.Document) != text(t, doc) || v.Claims["iss"] != string(issuerDID) || v.Bound {
			t.Errorf("%s: %s\n%+v", form, text(t, v.Document), v.Claims)
		}
		if _, problems := vc.ReadCredential(v.Document); len(problems) > 0 {
			t.Errorf("%s: %v", form, problems)
		}
		if err := v.Period(now, 0); err != nil && form != vcjwt.OpenBadge {
			t.Errorf("%s: %v", form, err)
		}
		if err := v.Period(now.AddDate(5, 0, 0), 0); cairn.CodeOf(err) != "jose.expired" {
			t.Errorf("%s: %v", form, err)
		}
		for name, wrong := range map[string]*jose.PublicKey{"jose.signature": key(jose.ES256).PublicKey(), "jose.key-algorithm": holder.PublicKey(), "jose.no-such-key": nil} {
			if v, err := s.Verify(wrong); cairn.CodeOf(err) != name || v != nil {
				t.Errorf("%s: %v %v, want %s", form, v, err, name)
			}
		}
		if _, _, err := s.KeyFromDocument(document(t, holderDID)); cairn.CodeOf(err) != "vcjwt.issuer" {
			t.Errorf("%s: somebody else's document: %v", form, err)
		}
	}
	if text(t, doc) != text(t, tree(t, badge())) {
		t.Error("the caller's document was changed")
	}
}

func TestSelective(t *testing.T) {
	o := vcjwt.Options{Selective: []sdjwt.Path{{"name"}, {"credentialSubject", "result", nil}}, Holder: holder.PublicKey()}
	compact := sign(t, vcjwt.SelectiveCredential, tree(t, badge()), o, issuer)
	held, err := sdjwt.Parse(compact)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := held.Present([]sdjwt.Path{{"credentialSubject", "result", 1}})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := sdjwt.Bind(t.Context(), shown, "https://v.example", "n", now, holder)
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, bound)
	v, err := s.VerifyBound(issuer.PublicKey(), sdjwt.Challenge{Audience: "https://v.example", Nonce: "n", At: now, MaxAge: time.Minute})
	if err != nil || !v.Bound || v.Withheld != 2 || v.Document["name"] != nil || text(t, v.Document["credentialSubject"].(map[string]any)["result"]) != `[{"value":"B"}]` {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := s.VerifyBound(issuer.PublicKey(), sdjwt.Challenge{Audience: "https://v.example", Nonce: "m", At: now, MaxAge: time.Minute}); cairn.CodeOf(err) != "sdjwt.binding-nonce" {
		t.Errorf("%v", err)
	}
	if k, _, err := s.Confirmation(); err != nil || !k.Equal(holder.PublicKey()) {
		t.Errorf("%v", err)
	}
	plain := read(t, sign(t, vcjwt.Credential, tree(t, badge()), vcjwt.Options{}, issuer))
	if _, err := plain.VerifyBound(issuer.PublicKey(), sdjwt.Challenge{Audience: "a", Nonce: "n", At: now, MaxAge: 1}); cairn.CodeOf(err) != "sdjwt.not-bound" {
		t.Errorf("%v", err)
	}
	// A claim that decides what is checked can't be kept back, by us or by others.
	doc := tree(t, badge())
	doc["credentialStatus"] = map[string]any{"type": "X"}
	for _, p := range []sdjwt.Path{{"issuer"}, {"issuer", "id"}, {"credentialStatus"}, {"credentialStatus", "type"}, {"@context"}, {"type", 0}, {"validUntil"}} {
		o.Selective, o.Rand, o.KeyID = []sdjwt.Path{p}, rand.Reader, "https://college.example/k"
		if _, err := vcjwt.Sign(t.Context(), vcjwt.SelectiveCredential, doc, o, issuer); cairn.CodeOf(err) != "sdjwt.always-shown" {
			t.Errorf("%v: %v", p, err)
		}
		foreign, err := sdjwt.Issue(t.Context(), doc, sdjwt.Options{Header: jose.Header{Type: "vc+sd-jwt", KeyID: "https://college.example/k"}, Selective: []sdjwt.Path{p}, Rand: rand.Reader}, issuer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vcjwt.Read(foreign); cairn.CodeOf(err) != "sdjwt.always-shown" {
			t.Errorf("foreign %v: %v", p, err)
		}
	}
}

// forge signs any header and payload.
func forge(t testing.TB, h jose.Header, payload map[string]any, k *jose.PrivateKey) string {
	t.Helper()
	token, err := jose.Sign(t.Context(), h, []byte(text(t, payload)), k)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func with(m map[string]any, changes map[string]any) map[string]any {
	out := maps.Clone(m)
	for k, v := range changes {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

func TestReadRefuses(t *testing.T) {
	doc := tree(t, badge())
	_, id := identify(issuer)
	for _, c := range []struct {
		name   string
		header jose.Header
		change map[string]any
		code   string
	}{
		{"good", jose.Header{Type: "vc+jwt", KeyID: string(id)}, nil, ""},
		{"good with iss", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"iss": string(issuerDID)}, ""},
		{"good with iss in the header", jose.Header{Type: "vc+jwt", KeyID: string(id), Members: map[string]any{"iss": string(issuerDID)}}, nil, ""},
		{"iat as a date", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"iat": "2010-01-01T19:23:24Z"}, ""},
		{"type of another token", jose.Header{Type: "at+jwt", KeyID: string(id)}, nil, "vcjwt.form"},
		{"type of a selective one", jose.Header{Type: "vc+sd-jwt", KeyID: string(id)}, nil, "vcjwt.form"},
		{"a credential as a presentation", jose.Header{Type: "vp+jwt", KeyID: string(id)}, nil, "vcjwt.document"},
		{"cty crossed", jose.Header{Type: "vc+jwt", KeyID: string(id), ContentType: "vp"}, nil, "vcjwt.content-type"},
		{"cty nested", jose.Header{Type: "vc+jwt", KeyID: string(id), ContentType: "JWT"}, nil, "vcjwt.content-type"},
		{"vc", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"vc": "oops"}, "vcjwt.claim"},
		{"vp", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"vp": map[string]any{}}, "vcjwt.claim"},
		{"other iss", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"iss": "did:example:1"}, "vcjwt.issuer"},
		{"iss a number", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"iss": true}, "jose.claim"},
		{"other iss in the header", jose.Header{Type: "vc+jwt", KeyID: string(id), Members: map[string]any{"iss": "did:example:1"}}, nil, "vcjwt.issuer"},
		{"no kid", jose.Header{Type: "vc+jwt"}, nil, "vcjwt.kid"},
		{"no kid with iss", jose.Header{Type: "vc+jwt"}, map[string]any{"iss": string(issuerDID)}, "vcjwt.kid"},
		{"relative kid without iss", jose.Header{Type: "vc+jwt", KeyID: "#0"}, nil, "vcjwt.kid"},
		{"relative kid with iss", jose.Header{Type: "vc+jwt", KeyID: "#0"}, map[string]any{"iss": string(issuerDID)}, ""},
		{"no issuer", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"issuer": nil}, "vcjwt.issuer"},
		{"issuer without id", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"issuer": map[string]any{"name": "x"}}, "vcjwt.issuer"},
		{"not a credential", jose.Header{Type: "vc+jwt", KeyID: string(id)}, map[string]any{"type": "OpenBadgeCredential"}, "vcjwt.document"},
	} {
		s, err := vcjwt.Read(forge(t, c.header, with(doc, c.change), issuer))
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
		if err == nil {
			k, _, err := s.KeyFromDocument(document(t, issuerDID))
			if err == nil {
				_, err = s.Verify(k)
			}
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	for _, in := range []string{"", "x", "a.b.c", text(t, doc), "e30.e30.", "~", strings.Repeat("a", 3<<20)} {
		if _, err := vcjwt.Read(in); cairn.CodeOf(err) == "" {
			t.Errorf("%.20q: %v", in, err)
		}
	}
	// A kid of somebody else's document is no key of the issuer.
	_, other := identify(holder)
	s := read(t, forge(t, jose.Header{Type: "vc+jwt", KeyID: string(other)}, doc, holder))
	if _, _, err := s.KeyFromDocument(document(t, issuerDID)); cairn.CodeOf(err) != "did.document-id" {
		t.Errorf("%v", err)
	}
}

func TestOpenBadges(t *testing.T) {
	doc := tree(t, badge())
	_, id := identify(issuer)
	claims := map[string]any{"iss": string(issuerDID), "jti": doc["id"], "sub": string(holderDID), "nbf": 1767225600, "exp": 1893456000}
	base := with(doc, claims)
	h := jose.Header{Type: "JWT", KeyID: string(id)}
	old := tree(t, `{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential","OpenBadgeCredential"],"issuer":"`+string(issuerDID)+`","issuanceDate":"2026-01-01T00:00:00Z","credentialSubject":{"achievement":{}}}`)
	for _, c := range []struct {
		name    string
		header  jose.Header
		payload map[string]any
		code    string
	}{
		{"good", h, base, ""},
		{"key inside", jose.Header{Type: "JWT", Key: issuer.PublicKey()}, base, ""},
		{"more claims", h, with(base, map[string]any{"iat": 1, "aud": "x"}), ""},
		{"no exp", h, with(base, map[string]any{"exp": nil}), ""},
		{"other iss", h, with(base, map[string]any{"iss": "did:example:1"}), "vcjwt.mismatch"},
		{"no iss", h, with(base, map[string]any{"iss": nil}), "vcjwt.mismatch"},
		{"other sub", h, with(base, map[string]any{"sub": "did:example:1"}), "vcjwt.mismatch"},
		{"no sub", h, with(base, map[string]any{"sub": nil}), "vcjwt.mismatch"},
		{"other jti", h, with(base, map[string]any{"jti": "urn:x:y"}), "vcjwt.mismatch"},
		{"no jti", h, with(base, map[string]any{"jti": nil}), "vcjwt.mismatch"},
		{"other nbf", h, with(base, map[string]any{"nbf": 1767225601}), "vcjwt.mismatch"},
		{"nbf a text", h, with(base, map[string]any{"nbf": "1767225600"}), "jose.time"},
		{"no nbf", h, with(base, map[string]any{"nbf": nil}), "vcjwt.mismatch"},
		{"other exp", h, with(base, map[string]any{"exp": 1893456001}), "vcjwt.mismatch"},
		{"no validFrom", h, with(base, map[string]any{"validFrom": nil}), "vcjwt.mismatch"},
		{"no key", jose.Header{Type: "JWT"}, base, "vcjwt.kid"},
		{"more in the header", jose.Header{Type: "JWT", KeyID: string(id), ContentType: "vc"}, base, "vcjwt.header"},
		{"x5c in the header", jose.Header{Type: "JWT", KeyID: string(id), Chain: [][]byte{{1}}}, base, "vcjwt.header"},
		{"vp", h, with(base, map[string]any{"vp": 1}), "vcjwt.claim"},
		{"vc beside a credential", h, with(base, map[string]any{"vc": old}), "vcjwt.claim"},
		{"vc of version 2", h, with(claims, map[string]any{"vc": doc}), "vcjwt.claim"},
		{"vc of version 1", h, with(claims, map[string]any{"vc": old}), ""},
		{"vc of version 1 with another issuer", h, with(claims, map[string]any{"vc": with(old, map[string]any{"issuer": "did:example:1"})}), "vcjwt.mismatch"},
		{"vc of version 1 with another time", h, with(claims, map[string]any{"vc": with(old, map[string]any{"issuanceDate": "2026-01-01T00:00:01Z"})}), "vcjwt.mismatch"},
	} {
		s, err := vcjwt.Read(forge(t, c.header, c.payload, issuer))
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
		if err != nil {
			continue
		}
		k, _, err := s.KeyFromDocument(document(t, issuerDID))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		v, err := s.Verify(k)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.name == "vc of version 1" {
			want := `{"@context":["https://www.w3.org/2018/credentials/v1"],"credentialSubject":{"achievement":{},"id":"` + string(holderDID) + `"},"expirationDate":"2030-01-01T00:00:00Z","id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","issuanceDate":"2026-01-01T00:00:00Z","issuer":"` + string(issuerDID) + `","type":["VerifiableCredential","OpenBadgeCredential"]}`
			if got := text(t, v.Document); got != want {
				t.Errorf("got %s", got)
			}
		} else if text(t, v.Document) != text(t, doc) {
			t.Errorf("%s: %s", c.name, text(t, v.Document))
		}
	}
	// exp sets the end where the credential has none.
	s := read(t, forge(t, h, with(base, map[string]any{"validUntil": nil}), issuer))
	if s.Unverified()["validUntil"] != "2030-01-01T00:00:00Z" {
		t.Errorf("%v", s.Unverified()["validUntil"])
	}
	// J05: a key that the sender put in is nobody's.
	s = read(t, forge(t, jose.Header{Type: "JWT", Key: holder.PublicKey()}, base, holder))
	if _, _, err := s.KeyFromDocument(document(t, issuerDID)); cairn.CodeOf(err) != "did.no-such-key" {
		t.Errorf("%v", err)
	}
	// The key may travel in the token.
	if s := read(t, sign(t, vcjwt.OpenBadge, doc, vcjwt.Options{IncludeKey: true}, issuer)); s.Form != vcjwt.OpenBadge || !s.HeaderKey.Equal(issuer.PublicKey()) {
		t.Errorf("%+v", s)
	}
}

// A badge signed with RS256, whose key is at an address of the issuer.
func TestOpenBadgeWithRSA(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jose.NewPublicKey(&k.PublicKey, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	doc := tree(t, badge())
	doc["issuer"] = "https://college.example/issuer"
	payload := with(doc, map[string]any{"iss": "https://college.example/issuer", "jti": doc["id"], "sub": string(holderDID), "nbf": 1767225600})
	compact := func(header string) string {
		signed := jose.EncodeBase64([]byte(header)) + "." + jose.EncodeBase64([]byte(text(t, payload)))
		h := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, h[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + jose.EncodeBase64(signature)
	}
	for kid, code := range map[string]string{"https://college.example/keys#key-1": "", "https://other.example/keys#key-1": "vcjwt.issuer", "http://college.example/keys": "vcjwt.kid",
		"https://college.example:444/keys": "vcjwt.issuer", "https://x@college.example/keys": "vcjwt.kid", "key-1": "vcjwt.kid"} {
		s := read(t, compact(`{"alg":"RS256","kid":"`+kid+`"}`))
		address, err := s.KeyURL()
		if cairn.CodeOf(err) != code || err == nil && address != "https://college.example/keys" {
			t.Errorf("%s: %s %v, want %q", kid, address, err, code)
		}
		for _, found := range []string{text(t, public.Tree()), text(t, map[string]any{"keys": []any{public.Tree(), issuer.PublicKey().Tree()}})} {
			got, err := s.KeyFromURL([]byte(found))
			if cairn.CodeOf(err) != code {
				t.Errorf("%s: %v, want %q", kid, err, code)
			}
			if err == nil {
				if _, err := s.Verify(got); err != nil {
					t.Errorf("%s: %v", kid, err)
				}
			}
		}
	}
	// In every other form RS256 is refused.
	s := read(t, compact(`{"alg":"RS256","typ":"vc+jwt","kid":"https://college.example/keys#key-1"}`))
	if _, err := s.Verify(public); cairn.CodeOf(err) != "jose.algorithm" {
		t.Errorf("J04: %v", err)
	}
	m, err := sdjwt.ParseIssuerMetadata([]byte(`{"issuer":"https://college.example/issuer","jwks":{"keys":[`+text(t, public.Tree())+`]}}`), "https://college.example/issuer")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeyFromMetadata(m, m.Keys); cairn.CodeOf(err) != "jose.no-such-key" {
		t.Errorf("%v", err)
	}
	m.Issuer = "https://other.example"
	if _, err := s.KeyFromMetadata(m, m.Keys); cairn.CodeOf(err) != "vcjwt.issuer" {
		t.Errorf("%v", err)
	}
}

func TestPresentations(t *testing.T) {
	credential := sign(t, vcjwt.Credential, tree(t, badge()), vcjwt.Options{}, issuer)
	selective := sign(t, vcjwt.SelectiveCredential, tree(t, badge()), vcjwt.Options{Selective: []sdjwt.Path{{"name"}}}, issuer)
	var inside []any
	for _, c := range []string{credential, selective} {
		e, err := vcjwt.WriteEnvelope(c)
		if err != nil {
			t.Fatal(err)
		}
		inside = append(inside, e)
	}
	p := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(holderDID), "verifiableCredential": inside}
	for _, form := range []vcjwt.Form{vcjwt.Presentation, vcjwt.SelectivePresentation} {
		s := read(t, sign(t, form, p, vcjwt.Options{Audience: "https://v.example", Nonce: "n-1", At: now}, holder))
		k, _, err := s.KeyFromDocument(document(t, holderDID))
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Verify(k)
		if err != nil || text(t, v.Document) != text(t, p) {
			t.Fatalf("%s: %+v %v", form, v, err)
		}
		contents, err := vcjwt.Contents(v.Document)
		if err != nil || len(contents) != 2 {
			t.Fatalf("%v %v", contents, err)
		}
		for i, want := range []vcjwt.Form{vcjwt.Credential, vcjwt.SelectiveCredential} {
			c, err := contents[i].Envelope.Read()
			if err != nil || c.Form != want {
				t.Fatalf("%v", err)
			}
			if _, err := c.Verify(issuer.PublicKey()); err != nil {
				t.Error(err)
			}
		}
		for _, c := range []struct{ aud, nonce, code string }{{"https://v.example", "n-1", ""}, {"https://v.example", "n-2", "vcjwt.nonce"}, {"https://w.example", "n-1", "vcjwt.audience"},
			{"", "n-1", "vcjwt.challenge"}, {"https://v.example", "", "vcjwt.challenge"}} {
			if err := v.Answers(c.aud, c.nonce); cairn.CodeOf(err) != c.code {
				t.Errorf("%v: %v", c, err)
			}
		}
		v.Claims["aud"] = []any{"https://v.example", "https://w.example"} // J29
		if err := v.Answers("https://v.example", "n-1"); cairn.CodeOf(err) != "vcjwt.audience" {
			t.Errorf("%v", err)
		}
	}
	good := inside[0].(map[string]any)
	for _, c := range []struct {
		name   string
		change map[string]any
		code   string
	}{
		{"good", nil, ""},
		{"list of contexts", map[string]any{"@context": []any{vc.ContextV2}, "type": []any{vcjwt.EnvelopedCredential}}, ""},
		{"another member", map[string]any{"name": "Doctor"}, "vcjwt.envelope"},
		{"other type", map[string]any{"type": "VerifiableCredential"}, "vcjwt.unsecured"},
		{"both types", map[string]any{"type": []any{vcjwt.EnvelopedCredential, vcjwt.EnvelopedPresentation}}, "vcjwt.envelope"},
		{"no context", map[string]any{"@context": nil}, "vcjwt.envelope"},
		{"context of version 1", map[string]any{"@context": vc.ContextV1}, "vcjwt.envelope"},
		{"no data", map[string]any{"id": "bad-credential"}, "vcjwt.envelope"},
		{"empty", map[string]any{"id": "data:application/vc+jwt,"}, "vcjwt.envelope"},
		{"not a token", map[string]any{"id": "data:application/vc+jwt,x"}, "jose.token"},
		{"no comma", map[string]any{"id": "data:application/vc+jwt"}, "vcjwt.envelope"},
		{"other media type", map[string]any{"id": "data:text/plain," + credential}, "vcjwt.envelope"},
		{"media type of a presentation", map[string]any{"id": "data:application/vp+jwt," + credential}, "vcjwt.envelope"},
		{"media type of another credential", map[string]any{"id": "data:application/vc+sd-jwt," + credential}, "vcjwt.envelope"},
		{"selective as plain", map[string]any{"id": "data:application/vc+jwt," + selective}, "vcjwt.envelope"},
		{"base64", map[string]any{"id": "data:application/vc+jwt;base64," + credential}, "vcjwt.envelope"},
		{"escapes", map[string]any{"id": "data:application/vc+jwt,%65" + credential[1:]}, "vcjwt.envelope"},
		{"COSE", map[string]any{"id": "data:application/vc+cose;base64,0oRA"}, ""},
		{"COSE with padding", map[string]any{"id": "data:application/vc+cose;base64,0oRAAA=="}, ""},
		{"COSE without padding", map[string]any{"id": "data:application/vc+cose;base64,0oRAAA"}, ""},
		{"COSE with a line break", map[string]any{"id": "data:application/vc+cose;base64,0oRAAA\n"}, ""},
		{"COSE with bits left", map[string]any{"id": "data:application/vc+cose;base64,0oRAAB"}, "vcjwt.envelope"},
		{"COSE as text", map[string]any{"id": "data:application/vc+cose,0oRA"}, "vcjwt.envelope"},
		{"COSE broken", map[string]any{"id": "data:application/vc+cose;base64,0o*A"}, "vcjwt.envelope"},
	} {
		doc := with(p, map[string]any{"verifiableCredential": with(good, c.change)})
		contents, err := vcjwt.Contents(doc)
		if err == nil && contents[0].Envelope.Text != "" {
			_, err = contents[0].Envelope.Read()
		}
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
	for name, c := range map[string]any{"bare": tree(t, badge()), "text": credential, "proof without type": map[string]any{"proof": 1}} {
		if _, err := vcjwt.Contents(with(p, map[string]any{"verifiableCredential": []any{c}})); cairn.CodeOf(err) != "vcjwt.unsecured" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := vcjwt.Sign(t.Context(), vcjwt.Presentation, with(p, map[string]any{"verifiableCredential": []any{c}}), vcjwt.Options{KeyID: "did:example:1#k"}, holder); err == nil {
			t.Errorf("%s: was signed", name)
		}
	}
	if c, err := vcjwt.Contents(with(p, map[string]any{"verifiableCredential": with(tree(t, badge()), map[string]any{"proof": map[string]any{}})})); err != nil || c[0].Proved == nil {
		t.Errorf("%v", err)
	}
	if c, err := vcjwt.Contents(with(p, map[string]any{"verifiableCredential": nil})); err != nil || len(c) != 0 {
		t.Errorf("%v", err)
	}
	if _, err := vcjwt.Contents(with(p, map[string]any{"verifiableCredential": slices.Repeat([]any{any(good)}, 1001)})); cairn.CodeOf(err) != "vcjwt.too-many" {
		t.Errorf("%v", err)
	}
	cose, err := vcjwt.ReadEnvelope(with(good, map[string]any{"id": "data:application/vc+cose;base64,0oRA"}))
	if err != nil || len(cose.Bytes) != 3 || cose.MediaType != vcjwt.MediaCOSE {
		t.Errorf("%+v %v", cose, err)
	}
	if _, err := cose.Read(); cairn.CodeOf(err) != "vcjwt.envelope" {
		t.Errorf("%v", err)
	}
	if _, err := vcjwt.WriteEnvelope(sign(t, vcjwt.OpenBadge, tree(t, badge()), vcjwt.Options{}, issuer)); cairn.CodeOf(err) != "vcjwt.envelope" {
		t.Errorf("%v", err)
	}
	if e, err := vcjwt.WriteEnvelope(sign(t, vcjwt.Presentation, p, vcjwt.Options{}, holder)); err != nil || e["type"] != vcjwt.EnvelopedPresentation {
		t.Errorf("%v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	doc := tree(t, badge())
	for _, c := range []struct {
		name string
		form vcjwt.Form
		doc  map[string]any
		o    vcjwt.Options
		code string
	}{
		{"proof", vcjwt.Credential, with(doc, map[string]any{"proof": map[string]any{}}), vcjwt.Options{KeyID: "urn:x:y"}, "vcjwt.document"},
		{"claim", vcjwt.Credential, with(doc, map[string]any{"iss": "x"}), vcjwt.Options{KeyID: "urn:x:y"}, "vcjwt.claim"},
		{"vc", vcjwt.Credential, with(doc, map[string]any{"vc": "x"}), vcjwt.Options{KeyID: "urn:x:y"}, "vcjwt.claim"},
		{"no issuer", vcjwt.Credential, with(doc, map[string]any{"issuer": nil}), vcjwt.Options{KeyID: "urn:x:y"}, "vc.issuer"},
		{"no kid", vcjwt.Credential, doc, vcjwt.Options{}, "vcjwt.kid"},
		{"short kid", vcjwt.Credential, doc, vcjwt.Options{KeyID: "key-1"}, "vcjwt.kid"},
		{"key inside", vcjwt.Credential, doc, vcjwt.Options{IncludeKey: true}, "vcjwt.header"},
		{"selective", vcjwt.Credential, doc, vcjwt.Options{KeyID: "urn:x:y", Selective: []sdjwt.Path{{"name"}}}, "vcjwt.form"},
		{"unknown form", "at+jwt", doc, vcjwt.Options{KeyID: "urn:x:y"}, "vcjwt.form"},
		{"badge without id", vcjwt.OpenBadge, with(doc, map[string]any{"id": nil}), vcjwt.Options{KeyID: "urn:x:y"}, "vcjwt.document"},
		{"a credential as a presentation", vcjwt.Presentation, doc, vcjwt.Options{KeyID: "urn:x:y"}, "vc.type"},
	} {
		if _, err := vcjwt.Sign(t.Context(), c.form, c.doc, c.o, issuer); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sign(f, vcjwt.Credential, tree(f, badge()), vcjwt.Options{}, issuer))
	f.Add(sign(f, vcjwt.OpenBadge, tree(f, badge()), vcjwt.Options{}, issuer))
	f.Add(sign(f, vcjwt.SelectiveCredential, tree(f, badge()), vcjwt.Options{Selective: []sdjwt.Path{{"name"}}}, issuer))
	f.Fuzz(bounds.Each(func(t *testing.T, in string) {
		s, err := vcjwt.Read(in)
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		if err == nil {
			if _, err := vcjwt.Contents(s.Unverified()); err != nil && cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
		}
	}))
}
