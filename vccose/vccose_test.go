package vccose_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/cose"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/strictcbor"
	"cairn.example/strictjson"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// party is somebody with a did:jwk.
type party struct {
	key *jose.PrivateKey
	did cairn.DID
	kid string
	doc *did.Document
}

func newParty(t testing.TB, alg jose.Algorithm) party {
	t.Helper()
	key, err := jose.GenerateKey(alg, "", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d, kid, err := did.JWKFromKey(key.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := did.ResolveJWK(d)
	if err != nil {
		t.Fatal(err)
	}
	return party{key, d, string(kid), doc}
}

func credential(t testing.TB, issuer, subject party) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"id":"urn:uuid:0f4d6c1e-6f0b-4d3c-9d0f-6a3f5c1d2e3f","type":["VerifiableCredential","OpenBadgeCredential"],"name":"कृषि वानिकी",
"issuer":{"id":"`+string(issuer.did)+`","type":["Profile"],"name":"Lakeside College"},"validFrom":"2026-01-01T00:00:00Z",
"credentialSubject":{"id":"`+string(subject.did)+`","type":["AchievementSubject"],"achievement":{"id":"https://college.example/a","type":["Achievement"],
"name":"Agroforestry","description":"d","criteria":{"narrative":"c"}}}}`), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func text(t testing.TB, v any) []byte {
	t.Helper()
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCredential(t *testing.T) {
	for _, alg := range []jose.Algorithm{jose.EdDSA, jose.ES256, jose.ES384, jose.ES512} {
		issuer, learner := newParty(t, alg), newParty(t, jose.EdDSA)
		doc := credential(t, issuer, learner)
		data, err := vccose.Sign(t.Context(), vccose.Credential, doc, vccose.Options{KeyID: issuer.kid, At: now, Expires: now.Add(time.Hour), Holder: learner.key.PublicKey()}, issuer.key)
		if err != nil {
			t.Fatal(err)
		}
		s, err := vccose.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		if s.Form != vccose.Credential || s.Issuer != string(issuer.did) || s.KeyID != issuer.kid || !bytes.Equal(text(t, s.Unverified()), text(t, doc)) {
			t.Errorf("%s: %+v", alg, s)
		}
		k, m, err := s.KeyFromDocument(issuer.doc)
		if err != nil || string(m.ID) != issuer.kid {
			t.Fatal(err)
		}
		v, err := s.Verify(k)
		if err != nil {
			t.Fatal(err)
		}
		if v.Form != vccose.Credential || v.Claims.Issuer != string(issuer.did) || !v.Claims.IssuedAt.Equal(now) || !reflect.DeepEqual(v.Document, doc) {
			t.Errorf("%s: %+v", alg, v)
		}
		if k, _, err := v.Claims.Confirmation(); err != nil || !k.Equal(learner.key.PublicKey()) {
			t.Errorf("%s: bound to %v, %v", alg, k, err)
		}
		for at, code := range map[time.Time]string{now: "", now.Add(time.Hour): "cose.expired"} {
			if err := v.Period(at, 0); cairn.CodeOf(err) != code {
				t.Errorf("%s: %v", at, err)
			}
		}
		if _, err := s.Verify(learner.key.PublicKey()); err == nil {
			t.Errorf("%s: another key was accepted", alg)
		}
		if _, err := s.Verify(nil); cairn.CodeOf(err) != "cose.no-such-key" {
			t.Error(err)
		}
		if _, _, err := s.KeyFromDocument(learner.doc); cairn.CodeOf(err) != "vccose.issuer" {
			t.Errorf("another's document: %v", err)
		}
		data[len(data)-1] ^= 1
		if s, err = vccose.Read(data); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(k); cairn.CodeOf(err) != "cose.signature" {
			t.Errorf("%s: a changed signature: %v", alg, err)
		}
	}
}

func TestPresentation(t *testing.T) {
	issuer, learner := newParty(t, jose.ES256), newParty(t, jose.EdDSA)
	data, err := vccose.Sign(t.Context(), vccose.Credential, credential(t, issuer, learner), vccose.Options{KeyID: issuer.kid}, issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := vccose.WriteEnvelope(data)
	if err != nil {
		t.Fatal(err)
	}
	vp := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(learner.did), "verifiableCredential": []any{envelope}}
	o := vccose.Options{KeyID: learner.kid, Audience: "https://verifier.example", Nonce: "one-question"}
	shown, err := vccose.Sign(t.Context(), vccose.Presentation, vp, o, learner.key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := vccose.Read(shown)
	if err != nil || s.Form != vccose.Presentation || s.Issuer != string(learner.did) {
		t.Fatalf("%+v, %v", s, err)
	}
	k, _, err := s.KeyFromDocument(learner.doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify(k)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ audience, nonce, code string }{
		"the question": {o.Audience, o.Nonce, ""}, "another verifier": {"https://other.example", o.Nonce, "vccose.audience"},
		"another question": {o.Audience, "another-question", "vccose.nonce"}, "no question": {o.Audience, "", "vccose.challenge"}, "nobody": {"", o.Nonce, "vccose.challenge"},
	} {
		if err := v.Answers(c.audience, c.nonce); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	inside, err := vcjwt.Contents(v.Document)
	if err != nil || len(inside) != 1 {
		t.Fatal(err)
	}
	in, err := vccose.FromEnvelope(*inside[0].Envelope)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Verify(issuer.key.PublicKey()); err != nil {
		t.Error(err)
	}
	outer, err := vccose.WriteEnvelope(shown)
	if err != nil || outer["type"] != vcjwt.EnvelopedPresentation {
		t.Errorf("%v, %v", outer["type"], err)
	}

	// An envelope that says it holds something else.
	crossed := maps.Clone(envelope)
	crossed["type"] = vcjwt.EnvelopedPresentation
	crossed["id"] = "data:application/vp+cose;base64," + base64.StdEncoding.EncodeToString(data)
	e, err := vcjwt.ReadEnvelope(crossed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vccose.FromEnvelope(e); cairn.CodeOf(err) != "vccose.form" {
		t.Errorf("a credential as presentation: %v", err)
	}
	if _, err := vccose.FromEnvelope(vcjwt.Envelope{MediaType: "application/vc+jwt", Text: "x"}); cairn.CodeOf(err) != "vccose.form" {
		t.Errorf("a token: %v", err)
	}
	for name, change := range map[string]func(m map[string]any, o *vccose.Options){
		"vcjwt.unsecured": func(m map[string]any, _ *vccose.Options) {
			m["verifiableCredential"] = []any{credential(t, issuer, learner)}
		},
		"cose.form": func(m map[string]any, _ *vccose.Options) {
			broken := maps.Clone(envelope)
			broken["id"] = "data:application/vc+cose;base64,0oQ="
			m["verifiableCredential"] = []any{broken}
		},
		"vc.holder":      func(m map[string]any, _ *vccose.Options) { m["holder"] = "x" },
		"vccose.claim":   func(_ map[string]any, o *vccose.Options) { o.Nonce = "short" },
		"vccose.claim 3": func(_ map[string]any, o *vccose.Options) { o.Holder = learner.key.PublicKey() },
		"vccose.claim 2": func(_ map[string]any, o *vccose.Options) { o.Nonce = strings.Repeat("x", 65) },
	} {
		m, o := maps.Clone(vp), o
		change(m, &o)
		want, _, _ := strings.Cut(name, " ")
		if _, err := vccose.Sign(t.Context(), vccose.Presentation, m, o, learner.key); cairn.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	issuer := newParty(t, jose.EdDSA)
	for name, c := range map[string]struct {
		form   vccose.Form
		change func(map[string]any, *vccose.Options)
		code   string
	}{
		"no such form":      {"vc+jwt", func(map[string]any, *vccose.Options) {}, "vccose.form"},
		"not a credential":  {vccose.Credential, func(m map[string]any, _ *vccose.Options) { delete(m, "credentialSubject") }, "vc.subject"},
		"proof":             {vccose.Credential, func(m map[string]any, _ *vccose.Options) { m["proof"] = map[string]any{} }, "vccose.document"},
		"kid no URL":        {vccose.Credential, func(_ map[string]any, o *vccose.Options) { o.KeyID = "key-1" }, "vccose.kid"},
		"nonce in one":      {vccose.Credential, func(_ map[string]any, o *vccose.Options) { o.Nonce = "12345678" }, "vccose.claim"},
		"not a presentaion": {vccose.Presentation, func(map[string]any, *vccose.Options) {}, "vc.type"},
	} {
		doc, o := credential(t, issuer, issuer), vccose.Options{KeyID: issuer.kid}
		c.change(doc, &o)
		if _, err := vccose.Sign(t.Context(), c.form, doc, o, issuer.key); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// Messages that are signed well and are no credential.
func TestReadRefuses(t *testing.T) {
	issuer := newParty(t, jose.EdDSA)
	good := cose.Header{Type: "application/vc+cose", ContentType: "application/vc", KeyID: []byte(issuer.kid)}
	with := func(change func(*cose.Header)) cose.Header {
		h := good
		change(&h)
		return h
	}
	document := func(change func(map[string]any)) []byte {
		m := credential(t, issuer, issuer)
		change(m)
		return text(t, m)
	}
	same := func(map[string]any) {}
	for name, c := range map[string]struct {
		h       cose.Header
		payload []byte
		code    string
	}{
		"good":                      {good, document(same), ""},
		"typ alone":                 {with(func(h *cose.Header) { h.ContentType = "" }), document(same), ""},
		"content type alone":        {with(func(h *cose.Header) { h.Type = "" }), document(same), ""},
		"special content":           {with(func(h *cose.Header) { h.ContentType = "application/vc+ld+json" }), document(same), ""},
		"kid a name":                {with(func(h *cose.Header) { h.KeyID = []byte("0") }), document(same), ""},
		"nothing says what it is":   {with(func(h *cose.Header) { h.Type, h.ContentType = "", "" }), document(same), "vccose.form"},
		"bad media type":            {with(func(h *cose.Header) { h.Type, h.ContentType = "really/bad", "very/bad" }), document(same), "vccose.form"},
		"typ of a JWT":              {with(func(h *cose.Header) { h.Type = "application/vc+jwt" }), document(same), "vccose.form"},
		"typ of a status list":      {with(func(h *cose.Header) { h.Type = "application/statuslist+cwt" }), document(same), "vccose.form"},
		"content crossed":           {with(func(h *cose.Header) { h.ContentType = "application/vp" }), document(same), "vccose.content-type"},
		"content an envelope":       {with(func(h *cose.Header) { h.ContentType = "application/vc+cose" }), document(same), "vccose.content-type"},
		"a credential as vp":        {with(func(h *cose.Header) { h.Type, h.ContentType = "application/vp+cose", "application/vp" }), document(same), "vccose.document"},
		"kid missing":               {with(func(h *cose.Header) { h.KeyID = nil }), document(same), "vccose.kid"},
		"kid no text":               {with(func(h *cose.Header) { h.KeyID = []byte{0xff} }), document(same), "vccose.kid"},
		"iss of another":            {with(func(h *cose.Header) { h.Claims = &cose.Claims{Issuer: "did:web:other.example"} }), document(same), "vccose.issuer"},
		"no issuer":                 {good, document(func(m map[string]any) { delete(m, "issuer") }), "vccose.issuer"},
		"issuer no URL":             {good, document(func(m map[string]any) { m["issuer"] = "x" }), "vccose.issuer"},
		"two issuers":               {good, document(func(m map[string]any) { m["issuer"] = []any{"did:a:1", "did:a:2"} }), "vccose.issuer"},
		"holder no URL":             {with(func(h *cose.Header) { h.Type, h.ContentType = "application/vp+cose", "application/vp" }), document(func(m map[string]any) { m["holder"] = "x" }), "vccose.issuer"},
		"no type":                   {good, document(func(m map[string]any) { m["type"] = "X" }), "vccose.document"},
		"vc claim":                  {good, document(func(m map[string]any) { m["vc"] = map[string]any{} }), "vccose.claim"},
		"vp claim":                  {good, document(func(m map[string]any) { m["vp"] = map[string]any{} }), "vccose.claim"},
		"no JSON":                   {good, []byte("x"), "vccose.document"},
		"a list":                    {good, []byte("[]"), "vccose.document"},
		"CBOR inside":               {good, []byte{0xa0}, "vccose.document"},
		"member twice":              {good, []byte(`{"type":"VerifiableCredential","type":"VerifiableCredential"}`), "vccose.document"},
		"something behind":          {good, append(document(same), '{'), "vccose.document"},
		"presentation, no document": {with(func(h *cose.Header) { h.Type, h.ContentType = "application/vp+cose", "application/vp" }), []byte("{}"), "vccose.document"},
	} {
		data, err := cose.Sign(t.Context(), c.h, c.payload, issuer.key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s, err := vccose.Read(data)
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
		if c.code == "" && err == nil {
			if _, err := s.Verify(issuer.key.PublicKey()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, _, err := s.KeyFromDocument(issuer.doc); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := vccose.Read(make([]byte, cose.MaxCredential+1)); cairn.CodeOf(err) != "cose.too-large" {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	issuer := newParty(f, jose.EdDSA)
	data, err := vccose.Sign(f.Context(), vccose.Credential, credential(f, issuer, issuer), vccose.Options{KeyID: issuer.kid, At: now}, issuer.key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	b, err := strictcbor.Marshal([]any{[]byte{0xa1, 1, 0x27}, strictcbor.Map{}, []byte("{}"), make([]byte, 64)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append([]byte{0xd2}, b...))
	original, err := cose.Parse(data, cose.MaxCredential)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		s, err := vccose.Read(data)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		v, err := s.Verify(issuer.key.PublicKey())
		if err == nil && !slices.Equal(text(t, v.Document), original.Payload) {
			t.Fatal("a document that was never signed is verified")
		}
	}))
}
