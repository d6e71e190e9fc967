package verify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example/cose"
	"cairn.example/dataintegrity"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/sdjwt"
	"cairn.example/strictcbor"
	"cairn.example/tokenstatus"
	"cairn.example/vcjwt"
)

const (
	vct      = "https://types.example/course/1"
	tokenURL = "https://college.example/i/college/statuslists/1"
	webName  = "https://college.example/issuers/7"
)

func seconds(at time.Time) json.Number { return json.Number(fmt.Sprint(at.Unix())) }

// award are the claims of an SD-JWT VC.
func award(change func(map[string]any)) map[string]any {
	claims := map[string]any{"vct": vct, "iss": string(college.Controller()), "sub": string(amina.Controller()), "iat": seconds(today.Add(-time.Hour)),
		"given_name": "Amina", "family_name": "Wanjiru\u202e", "course": "Soil", "grade": "B"}
	if change != nil {
		change(claims)
	}
	return claims
}

// issueVC makes an SD-JWT VC of which course and grade may be kept back.
func issueVC(t testing.TB, claims map[string]any, header jose.Header, s jose.Signer) *sdjwt.Token {
	t.Helper()
	if header.Type == "" {
		header.Type = sdjwt.VCType
	}
	var selective []sdjwt.Path
	for _, name := range []string{"course", "grade"} {
		if _, ok := claims[name]; ok {
			selective = append(selective, sdjwt.Path{name})
		}
	}
	text, err := sdjwt.Issue(t.Context(), claims, sdjwt.Options{Header: header, Selective: selective, Rand: rand.Reader}, s)
	if err != nil {
		t.Fatal(err)
	}
	token, err := sdjwt.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func present(t testing.TB, token *sdjwt.Token, names ...string) []byte {
	t.Helper()
	var paths []sdjwt.Path
	for _, n := range names {
		paths = append(paths, sdjwt.Path{n})
	}
	text, err := token.Present(paths)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// openScope recognises the college for everything.
func openScope(w *world) *world {
	w.list.Issuers[0].Scopes = []trust.Scope{{From: day("2024-01-01"), Authority: "Order 17"}}
	return w
}

func TestSDJWTVC(t *testing.T) {
	signer, other := tokenSigner(t, college), tokenSigner(t, stranger)
	kid := string(college.KeyID())
	status := tokenstatus.Reference{URI: tokenURL, Index: 7}.Tree()
	for _, c := range []struct {
		name    string
		claims  func(map[string]any)
		header  jose.Header
		signer  jose.Signer
		world   func(*world)
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{name: "good", verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
		{name: "with the older typ", header: jose.Header{Type: "vc+sd-jwt"}, verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
		{name: "of a type that the list does not name", world: func(w *world) { w.list.Issuers[0].Scopes[0].Types = []string{"MicroCredential"} }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.type-not-listed"},
		{name: "of a type that the list names", world: func(w *world) { w.list.Issuers[0].Scopes[0].Types = []string{vct} }, verdict: verify.Valid, axis: verify.AxisIssuer, code: "issuer.recognised"},
		{name: "not listed", world: func(w *world) { w.list.Issuers[0].DID = stranger.Controller() }, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
		{name: "ended", claims: func(m map[string]any) { m["exp"] = seconds(today) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
		{name: "J28 not yet", claims: func(m map[string]any) { m["nbf"] = seconds(today.Add(time.Hour)) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.not-yet"},
		{name: "from the future", claims: func(m map[string]any) { m["iat"] = seconds(today.Add(time.Hour)) }, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.from-the-future"},
		{name: "signed by another", signer: other, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.signature"},
		{name: "with a key of another", signer: other, header: jose.Header{KeyID: string(stranger.KeyID())}, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
		{name: "J10 with no name of a key", header: jose.Header{KeyID: "-"}, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
		{name: "by nobody that can be found", claims: func(m map[string]any) { m["iss"] = "urn:college" }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.signer-kind"},
		{name: "status", claims: func(m map[string]any) { m["status"] = status }, verdict: verify.Valid, axis: verify.AxisStatus, code: "status.good"},
		{name: "status in another way", claims: func(m map[string]any) { m["status"] = map[string]any{"oracle": "x"} }, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unknown-type"},
		{name: "status in two ways", claims: func(m map[string]any) {
			m["status"] = maps.Clone(status)
			m["status"].(map[string]any)["oracle"] = "x"
		}, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unknown-type"},
		{name: "status that can't be", claims: func(m map[string]any) {
			m["status"] = map[string]any{"status_list": map[string]any{"idx": json.Number("-1"), "uri": tokenURL}}
		}, verdict: verify.Invalid, axis: verify.AxisStatus, code: "status.entry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := openScope(newWorld())
			w.broken = tokenList(t, tokenstatus.Meta{URI: tokenURL, IssuedAt: today.Add(-time.Hour)}, college, nil)
			if c.world != nil {
				c.world(w)
			}
			if c.signer == nil {
				c.signer = signer
			}
			if c.header.KeyID == "" {
				c.header.KeyID = kid
			}
			r := w.engine().Verify(t.Context(), present(t, issueVC(t, award(c.claims), c.header, c.signer), "course"), verify.Options{})
			want(t, r, c.verdict, c.axis, c.code)
			if s := r.Securing[0]; s.Form != "dc+sd-jwt" || s.Algorithm != "EdDSA" || s.Legacy != (c.header.Type != "") {
				t.Errorf("%+v", s)
			}
			if r.Shown == nil {
				return
			}
			// Only what was disclosed is shown, and nothing that turns the direction of writing.
			if s := r.Shown; s.Title != vct || s.Learner != "Amina Wanjiru" || s.SubjectID != string(amina.Controller()) || s.Claims["course"] != "Soil" || s.Claims["family_name"] != "Wanjiru" || len(s.Claims) != 3 {
				t.Errorf("%+v", s)
			}
			if n := notes(r); !slices.Contains(n, "note.part-shown") || !slices.Contains(n, "note.type-not-checked") {
				t.Error(n)
			}
		})
	}
}

// What the issuer may not hide, and what is of two kinds, is not read at all.
func TestSDJWTVCRefused(t *testing.T) {
	signer := tokenSigner(t, college)
	good := string(present(t, issueVC(t, award(nil), jose.Header{KeyID: string(college.KeyID())}, signer), "course"))
	hidden := func(name string) []byte {
		text, err := sdjwt.Issue(t.Context(), award(func(m map[string]any) { m["exp"] = seconds(today.Add(time.Hour)) }),
			sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: string(college.KeyID())}, Selective: []sdjwt.Path{{name}}, Rand: rand.Reader}, signer)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	disclosure := strings.Split(good, "~")[1]
	for name, data := range map[string][]byte{
		"S01 a disclosure that belongs to nothing": []byte(good + jose.EncodeBase64([]byte(`["c2FsdHNhbHQ","grade","A"]`)) + "~"),
		"S02 a disclosure twice":                   []byte(good + disclosure + "~"),
		"S14 exp in a disclosure":                  hidden("exp"),
		"S14 vct in a disclosure":                  hidden("vct"),
		"S18 without the last ~":                   []byte(strings.TrimSuffix(good, "~")),
		"S18 with another ~":                       []byte(good + "~"),
		"no type":                                  present(t, issueVC(t, award(func(m map[string]any) { delete(m, "vct") }), jose.Header{KeyID: "a"}, signer)),
		"of the W3C, too": present(t, issueVC(t, award(func(m map[string]any) { m["@context"] = []any{"https://www.w3.org/ns/credentials/v2"} }),
			jose.Header{Type: "vc+sd-jwt", KeyID: string(college.KeyID())}, signer)),
	} {
		if r := newWorld().engine().Verify(t.Context(), data, verify.Options{}); r.Verdict != verify.Invalid || r.Kind != verify.KindUnreadable || r.Shown != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// Whoever shows an SD-JWT VC proves to hold the key that it is bound to.
func TestSDJWTVCBinding(t *testing.T) {
	ask := verify.Options{Challenge: "n-1", Domain: "https://university.example"}
	holder := tokenSigner(t, amina)
	jwk, err := sdjwt.Confirm(holder.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	header := jose.Header{KeyID: string(college.KeyID())}
	e := openScope(newWorld()).engine()
	for _, c := range []struct {
		name    string
		cnf     any
		holder  party
		nonce   string
		verdict verify.Verdict
		code    string
		ago     time.Duration
	}{
		{"bound", jwk, amina, ask.Challenge, verify.Valid, "holder.bound", 0},
		{"bound some minutes ago", jwk, amina, ask.Challenge, verify.Valid, "holder.bound", 8 * time.Minute},
		{"S24 bound ten minutes ago", jwk, amina, ask.Challenge, verify.Invalid, "holder.not-bound", 10 * time.Minute},
		{"by another", jwk, stranger, ask.Challenge, verify.Invalid, "holder.not-bound", 0},
		{"another question", jwk, amina, "n-2", verify.Invalid, "holder.not-bound", 0},
		{"a key by its name", map[string]any{"kid": string(amina.KeyID())}, amina, ask.Challenge, verify.Valid, "holder.bound", 0},
		{"another key by its name", map[string]any{"kid": string(stranger.KeyID())}, amina, ask.Challenge, verify.Invalid, "holder.not-bound", 0},
		{"a name that says nothing", map[string]any{"kid": "urn:1"}, amina, ask.Challenge, verify.Undetermined, "holder.key-unknown", 0},
		{"nobody", nil, amina, ask.Challenge, verify.Undetermined, "holder.bearer", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			shown := present(t, issueVC(t, award(func(m map[string]any) {
				if c.cnf != nil {
					m["cnf"] = c.cnf
				}
			}), header, tokenSigner(t, college)), "course")
			sum := sha256.Sum256(shown)
			bound := append(slices.Clone(shown), byHand(t, "kb+jwt", map[string]any{"aud": ask.Domain, "nonce": c.nonce, "iat": seconds(today.Add(-c.ago)), "sd_hash": jose.EncodeBase64(sum[:])}, c.holder)...)
			want(t, e.Verify(t.Context(), bound, ask), c.verdict, verify.AxisHolder, c.code)
			want(t, e.Verify(t.Context(), bound, verify.Options{}), verify.Valid, verify.AxisHolder, "holder.not-shown")
			if c.cnf != nil {
				alone := e.Verify(t.Context(), shown, ask) // S17
				if alone.Verdict == verify.Valid || c.code != "holder.key-unknown" && alone.Finding(verify.AxisHolder).Code != "holder.not-bound" {
					t.Errorf("%+v", alone)
				}
			}
		})
	}
}

// tokenList answers with a signed Token Status List, as JWT or CWT.
func tokenList(t testing.TB, m tokenstatus.Meta, p party, change func(*tokenstatus.List)) func() ([]byte, error) {
	t.Helper()
	return func() ([]byte, error) {
		l, err := tokenstatus.New(1000, 2)
		if err != nil {
			return nil, err
		}
		if change != nil {
			change(l)
		}
		text, err := tokenstatus.SignJWT(context.Background(), m, l, nil, tokenSigner(t, p))
		return []byte(text), err
	}
}

func TestTokenStatusLists(t *testing.T) {
	set := func(s tokenstatus.Status) func(*tokenstatus.List) {
		return func(l *tokenstatus.List) {
			if err := l.Set(7, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	meta := tokenstatus.Meta{URI: tokenURL, IssuedAt: today.Add(-time.Hour)}
	with := func(change func(*tokenstatus.Meta)) tokenstatus.Meta { m := meta; change(&m); return m }
	own := string(college.Controller())
	for _, c := range []struct {
		name    string
		meta    tokenstatus.Meta
		signer  party
		change  func(*tokenstatus.List)
		index   int
		outcome verify.Outcome
		code    string
	}{
		{"good", meta, college, nil, 7, verify.Yes, "status.good"},
		{"good, and names its issuer", with(func(m *tokenstatus.Meta) { m.Issuer = own }), college, nil, 7, verify.Yes, "status.good"},
		{"withdrawn", meta, college, set(tokenstatus.Invalid), 7, verify.No, "status.revoked"},
		{"another is withdrawn", meta, college, set(tokenstatus.Invalid), 8, verify.Yes, "status.good"},
		{"stopped", meta, college, set(tokenstatus.Suspended), 7, verify.No, "status.suspended"},
		{"of the issuer's own meaning", meta, college, set(3), 7, verify.Unknown, "status.unknown-purpose"},
		{"outside of the list", meta, college, nil, 100_000, verify.No, "status.range"},
		{"signed by another", meta, stranger, nil, 7, verify.Unknown, "status.list-not-signed"},
		{"by another who says so", with(func(m *tokenstatus.Meta) { m.Issuer = string(stranger.Controller()) }), stranger, nil, 7, verify.No, "status.other-issuer"},
		{"in the name of another", with(func(m *tokenstatus.Meta) { m.Issuer = string(stranger.Controller()) }), college, nil, 7, verify.Unknown, "status.list-not-signed"},
		{"of another address", with(func(m *tokenstatus.Meta) { m.URI += "0" }), college, nil, 7, verify.No, "status.other-address"},
		{"ended", with(func(m *tokenstatus.Meta) { m.Expires = today }), college, nil, 7, verify.Unknown, "status.list-ended"},
		{"not yet", with(func(m *tokenstatus.Meta) { m.IssuedAt = today.Add(time.Hour) }), college, nil, 7, verify.Unknown, "status.list-not-yet"},
		{"some days old", with(func(m *tokenstatus.Meta) { m.IssuedAt = today.AddDate(0, 0, -8) }), college, nil, 7, verify.Yes, "status.good-older"},
		{"too old", with(func(m *tokenstatus.Meta) { m.IssuedAt = today.AddDate(0, 0, -61) }), college, nil, 7, verify.Unknown, "status.too-old"},
		{"two years old", with(func(m *tokenstatus.Meta) { m.IssuedAt = today.AddDate(-2, 0, 0) }), college, set(tokenstatus.Invalid), 7, verify.Unknown, "status.too-old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := tokenstatus.New(1000, 2)
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(l)
			}
			jwt, err := tokenstatus.SignJWT(t.Context(), c.meta, l, nil, tokenSigner(t, c.signer))
			if err != nil {
				t.Fatal(err)
			}
			cwt, err := tokenstatus.SignCWT(t.Context(), c.meta, l, nil, tokenSigner(t, c.signer))
			if err != nil {
				t.Fatal(err)
			}
			ref := tokenstatus.Reference{URI: tokenURL, Index: c.index}
			vc := present(t, issueVC(t, award(func(m map[string]any) { m["status"] = ref.Tree() }), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college)))
			// The same reference from a credential of the W3C, in both envelopes.
			doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
			doc["status"], doc["iss"] = ref.Tree(), own
			envelope := byHand(t, "vc+jwt", doc, college)
			delete(doc, "status")
			delete(doc, "iss")
			message, err := cose.Sign(t.Context(), cose.Header{Type: "application/vc+cose", ContentType: "application/vc", KeyID: []byte(college.KeyID()),
				Claims: &cose.Claims{Issuer: own, Others: strictcbor.Map{tokenstatus.ClaimStatus: ref.CBOR()}}}, write(t, doc), tokenSigner(t, college))
			if err != nil {
				t.Fatal(err)
			}
			for form, list := range map[string][]byte{"JWT": []byte(jwt), "CWT": cwt} {
				for kind, data := range map[string][]byte{"SD-JWT VC": vc, "vc+jwt": envelope, "vc+cose": message} {
					w := openScope(newWorld())
					w.broken = func() ([]byte, error) { return list, nil }
					if f := w.engine().Verify(t.Context(), data, verify.Options{}).Finding(verify.AxisStatus); f.Outcome != c.outcome || f.Code != c.code {
						t.Errorf("%s, list as %s: %+v", kind, form, f)
					}
				}
			}
		})
	}
}

// What is at the address of a list is not always one.
func TestNoTokenStatusList(t *testing.T) {
	vc := present(t, issueVC(t, award(func(m map[string]any) { m["status"] = tokenstatus.Reference{URI: tokenURL, Index: 7}.Tree() }), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college)))
	for _, c := range map[string]struct {
		answer []byte
		err    error
		code   string
	}{
		"nobody answers":          {nil, context.DeadlineExceeded, "status.unavailable"},
		"a page":                  {[]byte("<p>"), nil, "status.unreadable"},
		"a token of another kind": {byHand(t, "JWT", map[string]any{"sub": tokenURL}, college), nil, "status.unreadable"},
		"CBOR of another kind":    {[]byte{0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40}, nil, "status.unreadable"},
	} {
		w := openScope(newWorld())
		w.broken = func() ([]byte, error) { return c.answer, c.err }
		want(t, w.engine().Verify(t.Context(), vc, verify.Options{}), verify.Undetermined, verify.AxisStatus, c.code)
	}
	// A list of the W3C at the address does not say anything of a token.
	w := openScope(newWorld())
	w.meta.ID = tokenURL
	want(t, w.engine().Verify(t.Context(), vc, verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.unreadable")
	// Nor does a Token Status List of a credential with a Bitstring entry.
	w = newWorld()
	w.broken = tokenList(t, tokenstatus.Meta{URI: listURL, IssuedAt: today.Add(-time.Hour)}, college, nil)
	want(t, w.engine().Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.unreadable")
	// And in an envelope with both, the worse of two answers counts.
	doc := badge(t, nil)
	doc["status"], doc["iss"] = tokenstatus.Reference{URI: listURL, Index: 7}.Tree(), string(college.Controller())
	w = newWorld()
	want(t, w.engine().Verify(t.Context(), byHand(t, "vc+jwt", doc, college), verify.Options{}), verify.Undetermined, verify.AxisStatus, "status.unreadable")
	w.revoked = []int{94567}
	want(t, w.engine().Verify(t.Context(), byHand(t, "vc+jwt", doc, college), verify.Options{}), verify.Invalid, verify.AxisStatus, "status.revoked")
	// It may not be kept back either.
	delete(doc, "iss")
	if _, err := vcjwt.Sign(t.Context(), vcjwt.SelectiveCredential, doc, vcjwt.Options{KeyID: string(college.KeyID()), Selective: []sdjwt.Path{{"status"}}, Rand: rand.Reader}, tokenSigner(t, college)); err == nil {
		t.Error("a status was made selective")
	}
}

// The keys of an https issuer are where it publishes them.
func TestIssuerMetadata(t *testing.T) {
	const where = "https://college.example/.well-known/jwt-vc-issuer/issuers/7"
	key := tokenSigner(t, college).PublicKey().Tree()
	key["kid"] = "k1"
	set := map[string]any{"keys": []any{key}}
	metadata := func(issuer, name string, v any) string {
		return string(write(t, map[string]any{"issuer": issuer, name: v}))
	}
	vc := func(kid string, p party) []byte {
		return present(t, issueVC(t, award(func(m map[string]any) { m["iss"] = webName }), jose.Header{KeyID: kid}, tokenSigner(t, p)))
	}
	for _, c := range []struct {
		name    string
		site    addresses
		kid     string
		signer  party
		outcome verify.Outcome
		code    string
	}{
		{"good", addresses{where: metadata(webName, "jwks", set)}, "k1", college, verify.Yes, "proof.good"},
		{"keys at another address", addresses{where: metadata(webName, "jwks_uri", "https://college.example/keys"), "https://college.example/keys": string(write(t, set))}, "k1", college, verify.Yes, "proof.good"},
		{"keys nowhere", addresses{where: metadata(webName, "jwks_uri", "https://college.example/keys")}, "k1", college, verify.Unknown, "proof.key-unavailable"},
		{"keys that are none", addresses{where: metadata(webName, "jwks_uri", "https://college.example/keys"), "https://college.example/keys": "<p>"}, "k1", college, verify.Unknown, "proof.key-unavailable"},
		{"signed by another", addresses{where: metadata(webName, "jwks", set)}, "k1", stranger, verify.No, "proof.signature"},
		{"with a key that is not there", addresses{where: metadata(webName, "jwks", set)}, "k2", college, verify.No, "proof.not-the-signers-key"},
		{"metadata of another", addresses{where: metadata("https://other.example", "jwks", set)}, "k1", college, verify.Unknown, "proof.key-unavailable"},
		{"a page", addresses{where: "<p>"}, "k1", college, verify.Unknown, "proof.key-unavailable"},
		{"nothing", addresses{}, "k1", college, verify.Unknown, "proof.key-unavailable"},
	} {
		e := newWorld().engine()
		e.Documents = c.site
		if f := e.Verify(t.Context(), vc(c.kid, c.signer), verify.Options{}).Finding(verify.AxisProof); f.Outcome != c.outcome || f.Code != c.code {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	// Without a way to ask, nobody is asked.
	want(t, newWorld().engine().Verify(t.Context(), vc("k1", college), verify.Options{}), verify.Undetermined, verify.AxisProof, "proof.key-unavailable")
}

// authority makes a certificate of its own.
func authority(t testing.TB) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: today.AddDate(-1, 0, 0), NotAfter: today.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	return certificate(t, &template, &template, key, key), key
}

func certificate(t testing.TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Certificates count when the operator relies on their authority, and for whom they
// name.
func TestCertificates(t *testing.T) {
	root, rootKey := authority(t)
	other, _ := authority(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(webName)
	if err != nil {
		t.Fatal(err)
	}
	leaf := func(change func(*x509.Certificate)) *x509.Certificate {
		c := x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "College"}, NotBefore: today.AddDate(0, -1, 0), NotAfter: today.AddDate(0, 1, 0), URIs: []*url.URL{address}, KeyUsage: x509.KeyUsageDigitalSignature}
		if change != nil {
			change(&c)
		}
		return certificate(t, &c, root, key, rootKey)
	}
	for _, c := range []struct {
		name    string
		leaf    *x509.Certificate
		iss     string
		roots   []*x509.Certificate
		outcome verify.Outcome
		code    string
	}{
		{"good", leaf(nil), webName, []*x509.Certificate{root}, verify.Yes, "proof.good"},
		{"no issuer but the certificate", leaf(nil), "", []*x509.Certificate{root}, verify.Yes, "proof.good"},
		{"J07 of an authority that is not relied on", leaf(nil), webName, []*x509.Certificate{other}, verify.No, "proof.certificate"},
		{"no authority is relied on", leaf(nil), webName, nil, verify.Unknown, "proof.no-roots"},
		{"for another", leaf(nil), "https://stranger.example", []*x509.Certificate{root}, verify.No, "proof.not-the-signers-key"},
		{"for the name that it has", leaf(nil), "X.509 CN=College", []*x509.Certificate{root}, verify.Yes, "proof.good"},
		{"for another name", leaf(nil), "X.509 CN=University", []*x509.Certificate{root}, verify.No, "proof.not-the-signers-key"},
		{"ended", leaf(func(c *x509.Certificate) { c.NotAfter = today.Add(-time.Hour) }), webName, []*x509.Certificate{root}, verify.No, "proof.certificate"},
		{"J05 for a DID, which has a document", leaf(nil), string(stranger.Controller()), []*x509.Certificate{root}, verify.No, "proof.not-the-signers-key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := award(func(m map[string]any) {
				if m["iss"] = c.iss; c.iss == "" {
					delete(m, "iss")
				}
			})
			e := newWorld().engine()
			e.Roots = c.roots
			r := e.Verify(t.Context(), present(t, issueVC(t, claims, jose.Header{Chain: [][]byte{c.leaf.Raw}}, signer)), verify.Options{})
			f := r.Finding(verify.AxisProof)
			if f.Outcome != c.outcome || f.Code != c.code {
				t.Errorf("%+v", f)
			}
			if named := slices.ContainsFunc(r.Notes, func(n verify.Note) bool {
				return n.Code == "note.certified" && n.Args["root"] == "CN=Root" && n.Args["fingerprint"] == fmt.Sprintf("%x", sha256.Sum256(root.Raw))
			}); named != (c.outcome == verify.Yes) {
				t.Errorf("the authority is named: %v; %+v", named, r.Notes)
			}
			if c.iss == "" && (r.Shown.Issuer != "X.509 CN=College" || r.Verdict != verify.Undetermined) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The description of a type counts when the issuer fixed it.
func TestTypeOfSDJWTVC(t *testing.T) {
	good := `{"vct":"` + vct + `","claims":[{"path":["course"],"sd":"always"}]}`
	integrity := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	strict := `{"vct":"` + vct + `","claims":[{"path":["course"],"sd":"never"}]}`
	circle := `{"vct":"` + vct + `","extends":"` + vct + `"}`
	for _, c := range []struct {
		name, integrity string
		site            verify.DocumentSource
		outcome         verify.Outcome
		code            string
		note            bool
	}{
		{"good", integrity(good), addresses{vct: good}, verify.Yes, "model.good", false},
		{"S28 another description", integrity(strict), addresses{vct: good}, verify.No, "model.type", false},
		{"claims against it", integrity(strict), addresses{vct: strict}, verify.No, "model.type", false},
		{"S29 a circle", integrity(circle), addresses{vct: circle}, verify.No, "model.type", false},
		{"nobody answers", integrity(good), addresses{}, verify.Yes, "model.good", true},
		{"nobody to ask", integrity(good), nil, verify.Yes, "model.good", true},
		{"not fixed, so not asked for", "", addresses{vct: strict}, verify.Yes, "model.good", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := openScope(newWorld()).engine()
			e.Documents = c.site
			token := issueVC(t, award(func(m map[string]any) {
				if c.integrity != "" {
					m["vct#integrity"] = c.integrity
				}
			}), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college))
			r := e.Verify(t.Context(), present(t, token, "course", "grade"), verify.Options{})
			if f := r.Finding(verify.AxisModel); f.Outcome != c.outcome || f.Code != c.code || slices.Contains(notes(r), "note.type-not-checked") != c.note {
				t.Errorf("%+v, notes %v", f, notes(r))
			}
		})
	}
}
