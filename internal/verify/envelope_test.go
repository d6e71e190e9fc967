package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/sdjwt"
	"cairn.example/vc"
	"cairn.example/vccose"
	"cairn.example/vcjwt"
)

// tokenSigner signs tokens with the key of a party.
func tokenSigner(t testing.TB, p cairn.Signer) jose.Signer {
	t.Helper()
	s, err := jose.FromSigner(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forms are the envelopes of a credential.
var forms = []string{"vc+jwt", "vc+sd-jwt", "JWT", "vc+cose"}

// seal puts a document into an envelope, signed by a party.
func seal(t testing.TB, form string, doc map[string]any, p cairn.Signer, o vcjwt.Options) []byte {
	t.Helper()
	if o.KeyID == "" {
		o.KeyID = string(p.KeyID())
	}
	if strings.HasSuffix(form, "+cose") {
		b, err := vccose.Sign(t.Context(), vccose.Form(form), doc, vccose.Options{KeyID: o.KeyID, At: o.At, Expires: o.Expires, Audience: o.Audience, Nonce: o.Nonce}, tokenSigner(t, p))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	o.Rand = rand.Reader
	token, err := vcjwt.Sign(t.Context(), vcjwt.Form(form), doc, o, tokenSigner(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(token)
}

// carried puts an envelope into the object that carries it.
func carried(t testing.TB, form string, envelope []byte) map[string]any {
	t.Helper()
	var m map[string]any
	var err error
	if strings.HasSuffix(form, "+cose") {
		m, err = vccose.WriteEnvelope(envelope)
	} else {
		m, err = vcjwt.WriteEnvelope(string(envelope))
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// changed changes one byte of the signature.
func changed(envelope []byte) []byte {
	b := bytes.Clone(envelope)
	at := len(b) - 20
	if i := bytes.IndexByte(b, '~'); i > 0 {
		at = i - 20
	}
	if b[at]++; bytes.ContainsAny(b[at:at+1], "[{:.@`~") {
		b[at] = 'Q'
	}
	return b
}

// A badge in each envelope is judged like one with a proof.
func TestEnvelopes(t *testing.T) {
	for _, form := range forms {
		for _, c := range []struct {
			name    string
			world   func(*world)
			badge   func(*openbadges.Badge)
			signer  party
			options vcjwt.Options
			verdict verify.Verdict
			axis    verify.Axis
			code    string
		}{
			{name: "good", verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
			{name: "revoked", world: func(w *world) { w.revoked = []int{94567} }, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.revoked"},
			{name: "ended", badge: func(b *openbadges.Badge) { b.ValidUntil = today }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
			{name: "not yet", badge: func(b *openbadges.Badge) { b.ValidFrom = today.Add(time.Hour) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.not-yet"},
			{name: "not listed", world: func(w *world) { w.list.Issuers[0].DID = stranger.Controller() }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
			{name: "signed by somebody else in the issuer's name", signer: stranger, options: vcjwt.Options{KeyID: string(college.KeyID())}, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.signature"},
			{name: "signed with a key of somebody else", signer: stranger, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
			{name: "K09 unknown kind of issuer", badge: func(b *openbadges.Badge) { b.Issuer.DID = "did:example:college" }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		} {
			t.Run(form+"/"+c.name, func(t *testing.T) {
				w := newWorld()
				if c.world != nil {
					c.world(w)
				}
				signer := c.signer
				if signer.private == nil {
					signer = college
				}
				envelope := seal(t, form, badge(t, c.badge), signer, c.options)
				r := w.engine().Verify(t.Context(), envelope, verify.Options{})
				want(t, r, c.verdict, c.axis, c.code)
				if r.Kind != verify.KindBadge || len(r.Securing) != 1 || r.Securing[0].Form != form || r.Securing[0].Algorithm != "EdDSA" || r.Securing[0].Legacy {
					t.Errorf("%s: %+v", r.Kind, r.Securing)
				}
				if form == "JWT" {
					return // there is no object for it
				}
				inside := w.engine().Verify(t.Context(), write(t, carried(t, form, envelope)), verify.Options{})
				want(t, inside, c.verdict, c.axis, c.code)
			})
		}
		t.Run(form+"/changed", func(t *testing.T) {
			r := newWorld().engine().Verify(t.Context(), changed(seal(t, form, badge(t, nil), college, vcjwt.Options{})), verify.Options{})
			want(t, r, verify.Invalid, verify.AxisProof, "proof.signature")
		})
	}
}

// exp, iat and nbf of an envelope are about its signature.
func TestTimesOfEnvelopes(t *testing.T) {
	for _, form := range []string{"vc+jwt", "vc+sd-jwt", "vc+cose"} {
		for _, c := range []struct {
			name    string
			options vcjwt.Options
			verdict verify.Verdict
			code    string
		}{
			{"in time", vcjwt.Options{At: today.Add(-time.Hour), Expires: today.Add(time.Second)}, verify.Valid, "proof.good"},
			{"ends now", vcjwt.Options{At: today.Add(-time.Hour), Expires: today}, verify.Invalid, "proof.ended"},
			{"by a clock that is early", vcjwt.Options{At: today.Add(4 * time.Minute)}, verify.Valid, "proof.good"},
			{"from the future", vcjwt.Options{At: today.Add(6 * time.Minute)}, verify.Invalid, "proof.from-the-future"},
		} {
			r := newWorld().engine().Verify(t.Context(), seal(t, form, badge(t, nil), college, c.options), verify.Options{})
			t.Run(form+"/"+c.name, func(t *testing.T) { want(t, r, c.verdict, verify.AxisProof, c.code) })
		}
	}
	// Made by hand, since our own Sign writes no nbf.
	for nbf, code := range map[time.Duration]string{4 * time.Minute: "proof.good", 6 * time.Minute: "proof.not-yet"} {
		doc := badge(t, nil)
		doc["nbf"], doc["iss"] = json.Number(fmt.Sprint(today.Add(nbf).Unix())), string(college.Controller())
		r := newWorld().engine().Verify(t.Context(), byHand(t, "vc+jwt", doc, college), verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Code != code {
			t.Errorf("nbf in %v: %+v", nbf, f)
		}
	}
	doc := badge(t, nil)
	doc["exp"], doc["iss"] = "tomorrow", string(college.Controller())
	want(t, newWorld().engine().Verify(t.Context(), byHand(t, "vc+jwt", doc, college), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.malformed") // J27
}

// byHand signs claims as they are.
func byHand(t testing.TB, typ string, claims map[string]any, p party) []byte {
	t.Helper()
	token, err := jose.Sign(t.Context(), jose.Header{Type: typ, KeyID: string(p.KeyID())}, write(t, claims), tokenSigner(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(token)
}

// The life of the key counts for envelopes as it does for proofs.
func TestKeysOfEnvelopes(t *testing.T) {
	made := today.Add(-time.Hour)
	for _, c := range []struct {
		name    string
		at      time.Time
		change  func(*did.Method, *did.Document)
		verdict verify.Verdict
		code    string
	}{
		{"good", made, nil, verify.Valid, "proof.good"},
		{"D07 not for statements", made, func(m *did.Method, d *did.Document) { d.Assertion, d.Authentication = nil, d.Assertion }, verify.Invalid, "proof.not-the-signers-key"},
		{"D08 controlled by another", made, func(m *did.Method, _ *did.Document) { m.Controller = stranger.Controller() }, verify.Invalid, "proof.not-the-signers-key"},
		{"revoked", made, func(m *did.Method, _ *did.Document) { m.Revoked = today }, verify.Undetermined, "proof.key-revoked"},
		{"ended after it was made", made, func(m *did.Method, _ *did.Document) { m.Expires = made.Add(time.Second) }, verify.Valid, "proof.good"},
		{"ended when it was made", made, func(m *did.Method, _ *did.Document) { m.Expires = made }, verify.Invalid, "proof.key-ended"},
		{"ended, and made at a time that nobody says", time.Time{}, func(m *did.Method, _ *did.Document) { m.Expires = made }, verify.Invalid, "proof.key-ended"},
	} {
		for _, form := range []string{"vc+jwt", "vc+cose"} {
			t.Run(form+"/"+c.name, func(t *testing.T) {
				w := newWorld()
				w.list.Issuers[0].DID = webDID
				e := w.engine()
				e.Resolver = trust.Pinned(document(college, c.change))
				doc := badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, nil })
				r := e.Verify(t.Context(), seal(t, form, doc, webParty{college}, vcjwt.Options{At: c.at}), verify.Options{})
				want(t, r, c.verdict, verify.AxisProof, c.code)
			})
		}
	}
}

// addresses answers for what stands at them.
type addresses map[string]string

func (s addresses) Document(_ context.Context, url string) ([]byte, time.Time, error) {
	if b, ok := s[url]; ok {
		return []byte(b), today, nil
	}
	return nil, time.Time{}, &cairn.Error{Kind: cairn.Unavailable, Code: "test.nothing", Object: url, Message: "nothing is there"}
}

// An Open Badge may name its key by an address on the issuer's own host, and
// nowhere else.
func TestKeyAtAnAddress(t *testing.T) {
	keyTree := tokenSigner(t, college).PublicKey().Tree()
	jwk := string(write(t, keyTree))
	keyTree["kid"] = "a"
	set := string(write(t, map[string]any{"keys": []any{keyTree}}))
	other := string(write(t, tokenSigner(t, stranger).PublicKey().Tree()))
	const issuer, key = "https://college.example/issuers/1", "https://college.example/keys/1"
	for _, c := range []struct {
		name string
		site verify.DocumentSource
		kid  string
		want verify.Outcome
		code string
	}{
		{"good", addresses{key: jwk}, key, verify.Yes, "proof.good"},
		{"in a set", addresses{key: set}, key + "#a", verify.Yes, "proof.good"},
		{"another key", addresses{key: other}, key, verify.No, "proof.signature"},
		{"nothing there", addresses{}, key, verify.Unknown, "proof.key-unavailable"},
		{"a page", addresses{key: "<p>"}, key, verify.Unknown, "proof.key-unavailable"},
		{"nobody to ask", nil, key, verify.Unknown, "proof.key-unavailable"},
		{"J09 on another host", addresses{"https://stranger.example/keys/1": jwk}, "https://stranger.example/keys/1", verify.Unknown, "proof.key-unavailable"},
	} {
		doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
		doc["issuer"].(map[string]any)["id"] = issuer
		e := newWorld().engine()
		e.Documents = c.site
		f := e.Verify(t.Context(), seal(t, "JWT", doc, college, vcjwt.Options{KeyID: c.kid}), verify.Options{}).Finding(verify.AxisProof)
		if f.Outcome != c.want || f.Code != c.code {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// A key inside an Open Badge counts only when it is one of the issuer's (J05).
func TestKeyInABadge(t *testing.T) {
	for signer, code := range map[*party]string{&college: "proof.good", &stranger: "proof.not-the-signers-key"} {
		token, err := vcjwt.Sign(t.Context(), vcjwt.OpenBadge, badge(t, nil), vcjwt.Options{IncludeKey: true}, tokenSigner(t, *signer))
		if err != nil {
			t.Fatal(err)
		}
		if f := newWorld().engine().Verify(t.Context(), []byte(token), verify.Options{}).Finding(verify.AxisProof); f.Code != code {
			t.Errorf("%+v, want %s", f, code)
		}
	}
}

// What is in no form that we know, or in two, is not read as something else.
func TestNoGuessing(t *testing.T) {
	credential, unsigned := badge(t, nil), map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential", "VerifiablePresentation"},
		"issuer": string(college.Controller()), "credentialSubject": map[string]any{"id": "did:example:a"}}
	token := string(seal(t, "vc+jwt", credential, college, vcjwt.Options{}))
	envelope := carried(t, "vc+jwt", []byte(token))
	with := func(change func(map[string]any)) []byte {
		m := map[string]any{}
		for k, v := range envelope {
			m[k] = v
		}
		change(m)
		return write(t, m)
	}
	part := strings.Split(token, ".")
	for name, data := range map[string][]byte{
		"J24 another kind of token":             byHand(t, "kb+jwt", credential, college),
		"J24 a presentation's token":            byHand(t, "vp+jwt", credential, college),
		"J24 no badge in it":                    byHand(t, "JWT", map[string]any{"iss": "a"}, college),
		"J01 no signature":                      []byte(jose.EncodeBase64([]byte(`{"alg":"none","typ":"vc+jwt"}`)) + "." + part[1] + "."),
		"J02 a shared secret":                   []byte(jose.EncodeBase64([]byte(`{"alg":"HS256","typ":"vc+jwt","kid":"`+string(college.KeyID())+`"}`)) + "." + part[1] + "." + part[2]),
		"J16 two parts":                         []byte(part[0] + "." + part[1]),
		"J16 four parts":                        []byte(token + "." + part[1]),
		"J17 padding":                           []byte(token + "="),
		"J17 a line break":                      []byte(part[0] + ".\n" + part[1] + "." + part[2]),
		"a credential that is a presentation":   byHand(t, "vc+jwt", unsigned, college),
		"D23 a member beside the envelope":      with(func(m map[string]any) { m["name"] = "Degree" }),
		"D23 a subject beside the envelope":     with(func(m map[string]any) { m["credentialSubject"] = map[string]any{"id": "did:example:a"} }),
		"an envelope of another media type":     with(func(m map[string]any) { m["id"] = strings.Replace(m["id"].(string), "vc+jwt", "vc+sd-jwt", 1) }),
		"an envelope for presentations":         with(func(m map[string]any) { m["type"] = vcjwt.EnvelopedPresentation }),
		"an envelope of both kinds":             with(func(m map[string]any) { m["type"] = []any{vcjwt.EnvelopedPresentation, vcjwt.EnvelopedCredential} }),
		"an envelope with a link":               with(func(m map[string]any) { m["id"] = "https://college.example/badge" }),
		"an envelope in an envelope":            byHand(t, "vc+jwt", envelope, college),
		"CBOR of another kind":                  {0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40},
		"CBOR that is cut":                      seal(t, "vc+cose", credential, college, vcjwt.Options{})[:100],
		"a byte order mark in front of a token": append([]byte("\xef\xbb\xbf"), token...),
	} {
		r := newWorld().engine().Verify(t.Context(), data, verify.Options{})
		if r.Verdict != verify.Invalid || r.Shown != nil || r.Kind != verify.KindUnreadable && r.Finding(verify.AxisProof).Outcome != verify.No {
			t.Errorf("%s: %s %s %+v", name, r.Verdict, r.Kind, r.Findings)
		}
	}
	// White space around a token is what people copy with it.
	want(t, newWorld().engine().Verify(t.Context(), []byte(" "+token+"\r\n"), verify.Options{}), verify.Valid, verify.AxisProof, "proof.good")
}

// An envelope with a document that has proofs of its own: each must hold.
func TestEnvelopeAroundProof(t *testing.T) {
	for _, c := range []struct {
		inner   party
		verdict verify.Verdict
		code    string
	}{{college, verify.Valid, "proof.good"}, {stranger, verify.Invalid, "proof.not-the-signers-key"}} {
		doc := parse(t, sign(t, badge(t, nil), c.inner, dataintegrity.Options{}))
		doc["iss"] = string(college.Controller())
		r := newWorld().engine().Verify(t.Context(), byHand(t, "vc+jwt", doc, college), verify.Options{})
		want(t, r, c.verdict, verify.AxisProof, c.code)
		if len(r.Securing) != 2 || r.Securing[1].Algorithm != "eddsa-rdfc-2022" {
			t.Errorf("%+v", r.Securing)
		}
	}
}

// Presentations in envelopes, with credentials in envelopes and without.
func TestEnvelopedPresentation(t *testing.T) {
	e := newWorld().engine()
	ask := verify.Options{Challenge: "c-1 long enough", Domain: "university.example"}
	good := vcjwt.Options{Nonce: ask.Challenge, Audience: ask.Domain}
	var inside []any
	for _, form := range []string{"vc+jwt", "vc+sd-jwt", "vc+cose"} {
		inside = append(inside, carried(t, form, seal(t, form, badge(t, func(b *openbadges.Badge) {
			b.ID = cairn.CredentialID("urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a0" + fmt.Sprint(10+len(inside)))
		}), college, vcjwt.Options{})))
	}
	inside = append(inside, parse(t, sign(t, badge(t, nil), college, dataintegrity.Options{})))
	vp := func(holder party, credentials ...any) map[string]any {
		return map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(holder.Controller()), "verifiableCredential": credentials}
	}
	for _, form := range []string{"vp+jwt", "vp+sd-jwt", "vp+cose"} {
		t.Run(form, func(t *testing.T) {
			shown := seal(t, form, vp(amina, inside...), amina, good)
			r := e.Verify(t.Context(), shown, ask)
			want(t, r, verify.Valid, verify.AxisHolder, "holder.signed")
			for i, part := range r.Credentials {
				want(t, part, verify.Valid, verify.AxisHolder, "holder.subject")
				if i < 3 && part.Securing[0].Form != forms[[]int{0, 1, 3}[i]] {
					t.Errorf("%+v", part.Securing)
				}
			}
			want(t, e.Verify(t.Context(), write(t, carried(t, form, shown)), ask), verify.Valid, verify.AxisHolder, "holder.signed")
			want(t, e.Verify(t.Context(), shown, verify.Options{}), verify.Undetermined, verify.AxisHolder, "holder.no-challenge")
			want(t, e.Verify(t.Context(), shown, verify.Options{Challenge: "c-2 long enough"}), verify.Invalid, verify.AxisProof, "proof.challenge")
			want(t, e.Verify(t.Context(), shown, verify.Options{Challenge: ask.Challenge, Domain: "college.example"}), verify.Invalid, verify.AxisProof, "proof.domain")
			want(t, e.Verify(t.Context(), seal(t, form, vp(amina, inside...), amina, vcjwt.Options{}), ask), verify.Invalid, verify.AxisProof, "proof.challenge")
			want(t, e.Verify(t.Context(), changed(shown), ask), verify.Invalid, verify.AxisProof, "proof.signature")
			want(t, e.Verify(t.Context(), seal(t, form, vp(amina, inside...), stranger, vcjwt.Options{KeyID: string(amina.KeyID()), Nonce: ask.Challenge, Audience: ask.Domain}), ask), verify.Invalid, verify.AxisProof, "proof.signature")
			// V22: somebody else shows them.
			r = e.Verify(t.Context(), seal(t, form, vp(stranger, inside...), stranger, good), ask)
			want(t, r, verify.Invalid, verify.AxisHolder, "holder.signed")
			for _, part := range r.Credentials {
				want(t, part, verify.Invalid, verify.AxisHolder, "holder.other")
			}
		})
	}
	// Envelopes in a presentation that has a proof.
	r := e.Verify(t.Context(), sign(t, vp(amina, inside...), amina, dataintegrity.Options{Purpose: did.Authentication, Challenge: ask.Challenge, Domain: ask.Domain}), ask)
	want(t, r, verify.Valid, verify.AxisHolder, "holder.signed")
	if len(r.Credentials) != 4 {
		t.Error(len(r.Credentials))
	}
	// A presentation without holder, and one whose parts are not signed.
	none := vp(amina, inside...)
	delete(none, "holder")
	none["iss"], none["nonce"], none["aud"] = nil, ask.Challenge, ask.Domain
	delete(none, "iss")
	want(t, e.Verify(t.Context(), byHand(t, "vp+jwt", none, amina), ask), verify.Invalid, verify.AxisProof, "proof.no-holder")
	bare := vp(amina, badge(t, nil))
	bare["iss"], bare["nonce"], bare["aud"] = string(amina.Controller()), ask.Challenge, ask.Domain
	r = e.Verify(t.Context(), byHand(t, "vp+jwt", bare, amina), ask)
	want(t, r, verify.Invalid, verify.AxisHolder, "holder.signed")
	want(t, r.Credentials[0], verify.Invalid, verify.AxisProof, "proof.missing")
	// J29: for two verifiers.
	two := vp(amina, inside...)
	two["iss"], two["nonce"], two["aud"] = string(amina.Controller()), ask.Challenge, []any{ask.Domain, "stranger.example"}
	want(t, e.Verify(t.Context(), byHand(t, "vp+jwt", two, amina), ask), verify.Invalid, verify.AxisProof, "proof.domain")
}

// binding is what a proof of possession is made for.
type binding struct {
	audience, nonce string
	at              time.Time
}

// A selective credential: what is kept back is not shown, and the holder proves to
// hold the key that it is bound to.
func TestSelectiveEnvelope(t *testing.T) {
	w := newWorld()
	e := w.engine()
	ask := verify.Options{Challenge: "n-1", Domain: "https://university.example"}
	holder := tokenSigner(t, amina)
	issuedAs := func(o vcjwt.Options) *sdjwt.Token {
		o.At = today.Add(-time.Hour)
		parsed, err := sdjwt.Parse(string(seal(t, "vc+sd-jwt", badge(t, nil), college, o)))
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	bind := func(token string, p party, o binding) []byte {
		t.Helper()
		sum := sha256.Sum256([]byte(token)) // by hand, since Bind refuses another key
		return append([]byte(token), byHand(t, "kb+jwt", map[string]any{"aud": o.audience, "nonce": o.nonce, "iat": json.Number(fmt.Sprint(o.at.Unix())), "sd_hash": jose.EncodeBase64(sum[:])}, p)...)
	}
	path := sdjwt.Path{"credentialSubject", "identifier"}
	token := issuedAs(vcjwt.Options{Holder: holder.PublicKey(), Selective: []sdjwt.Path{path}})
	all, err := token.Present([]sdjwt.Path{path})
	if err != nil {
		t.Fatal(err)
	}
	less, err := token.Present(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := binding{ask.Domain, ask.Challenge, today}
	change := func(f func(*binding)) binding { o := good; f(&o); return o }
	for _, c := range []struct {
		name    string
		data    []byte
		options verify.Options
		verdict verify.Verdict
		code    string
	}{
		{"alone", []byte(all), verify.Options{}, verify.Valid, "holder.not-shown"},
		{"bound, and nobody asked", bind(all, amina, good), verify.Options{}, verify.Valid, "holder.not-shown"},
		{"bound", bind(all, amina, good), ask, verify.Valid, "holder.bound"},
		{"S17 not bound", []byte(all), ask, verify.Invalid, "holder.not-bound"},
		{"S19 by another key", bind(all, stranger, good), ask, verify.Invalid, "holder.not-bound"},
		{"S21 for another question", bind(all, amina, change(func(o *binding) { o.nonce = "n-2" })), ask, verify.Invalid, "holder.not-bound"},
		{"S22 for another verifier", bind(all, amina, change(func(o *binding) { o.audience = "https://college.example" })), ask, verify.Invalid, "holder.not-bound"},
		{"S24 old", bind(all, amina, change(func(o *binding) { o.at = today.Add(-time.Hour) })), ask, verify.Invalid, "holder.not-bound"},
		{"S24 from the future", bind(all, amina, change(func(o *binding) { o.at = today.Add(time.Hour) })), ask, verify.Invalid, "holder.not-bound"},
		{"no verifier named", bind(all, amina, good), verify.Options{Challenge: ask.Challenge}, verify.Undetermined, "holder.no-challenge"},
		{"bound to nobody", seal(t, "vc+sd-jwt", badge(t, nil), college, vcjwt.Options{}), ask, verify.Undetermined, "holder.bearer"},
		{"changed", changed(bind(all, amina, good)), ask, verify.Invalid, "holder.not-checked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := e.Verify(t.Context(), c.data, c.options)
			want(t, r, c.verdict, verify.AxisHolder, c.code)
			if c.name == "no verifier named" && r.Reason().Code != c.code {
				t.Errorf("the reason is %s", r.Reason().Code)
			}
		})
	}
	r := e.Verify(t.Context(), []byte(less), verify.Options{})
	want(t, r, verify.Valid, verify.AxisProof, "proof.good")
	if r.Shown.Learner != "" || !slices.Contains(notes(r), "note.part-shown") {
		t.Errorf("%+v", r)
	}
	if r = e.Verify(t.Context(), []byte(all), verify.Options{}); r.Shown.Learner != "Amina" {
		t.Errorf("%+v", r.Shown)
	}
	// A part that lacks what a schema demands is not wrong, since the whole may have it.
	path = sdjwt.Path{"credentialSubject", "achievement"}
	token = issuedAs(vcjwt.Options{Selective: []sdjwt.Path{path}})
	if less, err = token.Present(nil); err != nil {
		t.Fatal(err)
	}
	want(t, e.Verify(t.Context(), []byte(less), verify.Options{}), verify.Undetermined, verify.AxisModel, "model.part")
	// The status is among what may not be kept back, so its absence says something.
	doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
	parsed, err := sdjwt.Parse(string(seal(t, "vc+sd-jwt", doc, college, vcjwt.Options{Selective: []sdjwt.Path{{"credentialSubject", "identifier"}}})))
	if err != nil {
		t.Fatal(err)
	}
	if less, err = parsed.Present(nil); err != nil {
		t.Fatal(err)
	}
	want(t, e.Verify(t.Context(), []byte(less), verify.Options{}), verify.Valid, verify.AxisStatus, "status.none-declared")
}
