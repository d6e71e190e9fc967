package verify_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"cairn.example/base45"
	"cairn.example/claim169"
	"cairn.example/cose"
	"cairn.example/dataintegrity"
	"cairn.example/inflate"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/papercode"
	"cairn.example/pixelpass"
	"cairn.example/strictcbor"
	"cairn.example/tokenstatus"
	"cairn.example/vcjwt"
)

// packedText is a text of a QR code with any bytes in it.
func packedText(t testing.TB, data []byte) string {
	t.Helper()
	packed, err := inflate.Pack(data)
	if err != nil {
		t.Fatal(err)
	}
	return base45.Encode(packed)
}

func pixelPass(t testing.TB, document []byte) string {
	t.Helper()
	text, err := pixelpass.Encode(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A document in a PixelPass code is judged like the document, with the blanks that
// scanners and people put around it.
func TestPixelPass(t *testing.T) {
	document := sign(t, badge(t, nil), college, dataintegrity.Options{})
	plain := newWorld().engine().Verify(t.Context(), document, verify.Options{})
	text := pixelPass(t, document)
	for _, s := range []string{text, text + "\r\n", " \n" + text + " "} {
		r := newWorld().engine().Verify(t.Context(), []byte(s), verify.Options{})
		want(t, r, verify.Valid, verify.AxisProof, "proof.good")
		if r.Kind != verify.KindBadge || r.Digest != plain.Digest || r.Shown == nil || r.Shown.Learner != plain.Shown.Learner {
			t.Errorf("%+v", r)
		}
	}
	changed := pixelPass(t, []byte(strings.Replace(string(document), "Amina", "Animá", 1)))
	want(t, newWorld().engine().Verify(t.Context(), []byte(changed), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")

	w := newWorld()
	w.revoked = []int{94567}
	want(t, w.engine().Verify(t.Context(), []byte(text), verify.Options{}), verify.Invalid, verify.AxisStatus, "status.revoked")

	token := seal(t, "vc+jwt", badge(t, nil), college, vcjwt.Options{At: today.Add(-time.Hour)})
	of, err := pixelpass.EncodeText(string(token))
	if err != nil {
		t.Fatal(err)
	}
	want(t, newWorld().engine().Verify(t.Context(), []byte(of), verify.Options{}), verify.Valid, verify.AxisProof, "proof.good")
}

// What is packed is no second way to write a paper code, nor another packed text,
// and what can't be read says so.
func TestPackedUnreadable(t *testing.T) {
	document := sign(t, badge(t, nil), college, dataintegrity.Options{})
	text := pixelPass(t, document)
	for name, s := range map[string]string{
		"cut off":          text[:len(text)/3*3-3],
		"too long":         text + strings.Repeat("A", pixelpass.MaxText),
		"another letter":   text[:9] + "a" + text[10:],
		"something behind": text + base45.Encode([]byte("x")),
		"a bomb":           packedText(t, make([]byte, pixelpass.MaxUnpacked+1)),
		"a paper code":     packedText(t, []byte(paper(t, card(nil), college))),
		"twice packed":     packedText(t, []byte(text)),
		"a list":           pixelPass(t, []byte("[1,2,3,4]")),
		"nothing":          packedText(t, nil),
		"no identity":      packedText(t, []byte{0xd2, 0x84}),
	} {
		r := newWorld().engine().Verify(t.Context(), []byte(s), verify.Options{})
		want(t, r, verify.Invalid, verify.AxisModel, "model.unreadable")
		if r.Kind != verify.KindUnreadable {
			t.Errorf("%s: %s", name, r.Kind)
		}
	}
	for _, s := range []string{"", "NCF", papercode.Prefix + "AAAA", `{"a":1}`, "eyJ.a.b", "ABCDEF"} {
		if verify.IsPacked([]byte(s)) {
			t.Errorf("%q is taken for packed", s)
		}
	}
}

var aminasIdentity = claim169.Person{ID: "4-11", FullName: "Amina Wanjiru\u202e", DateOfBirth: "20010230", Gender: 2, MaritalStatus: 1, Photo: []byte("a photograph"),
	Biometrics: map[int64][]claim169.Biometric{62: {{Data: []byte("a face"), Format: 0, SubFormat: 1}}}}

func identityCode(t testing.TB, change func(*cose.Claims), p party) string {
	t.Helper()
	c := cose.Claims{Issuer: string(college.Controller()), Subject: "4-11", IssuedAt: today.Add(-time.Hour), Expires: today.AddDate(1, 0, 0)}
	if change != nil {
		change(&c)
	}
	text, err := claim169.Sign(t.Context(), aminasIdentity, c, []byte(p.KeyID()), tokenSigner(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestIdentity(t *testing.T) {
	reference := tokenstatus.Reference{URI: tokenURL, Index: 7}
	for _, c := range []struct {
		name    string
		claims  func(*cose.Claims)
		signer  party
		world   func(*world)
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{name: "good", world: func(w *world) { openScope(w) }, verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
		{name: "by a school that is listed for badges", verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.type-not-listed"},
		{name: "by nobody on a list", claims: func(c *cose.Claims) { c.Issuer = string(stranger.Controller()) }, signer: stranger, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
		{name: "by somebody else", signer: stranger, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
		{name: "of an issuer without a name", claims: func(c *cose.Claims) { c.Issuer = "" }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.signer-kind"},
		{name: "of an issuer who is a word", claims: func(c *cose.Claims) { c.Issuer = "mosip" }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.signer-kind"},
		{name: "of an address that does not answer", claims: func(c *cose.Claims) { c.Issuer = webName }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		{name: "ended", claims: func(c *cose.Claims) { c.Expires = today }, world: func(w *world) { openScope(w) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.ended"},
		{name: "not yet", claims: func(c *cose.Claims) { c.NotBefore = today.Add(time.Hour) }, world: func(w *world) { openScope(w) }, verdict: verify.Invalid, axis: verify.AxisPeriod, code: "period.not-yet"},
		{name: "made later than now", claims: func(c *cose.Claims) { c.IssuedAt = today.Add(time.Hour) }, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.from-the-future"},
		{name: "with a status that can't be asked", claims: func(c *cose.Claims) {
			c.Others = strictcbor.Map{tokenstatus.ClaimStatus: strictcbor.Map{"status_list": strictcbor.Map{"idx": int64(reference.Index), "uri": reference.URI}}}
		}, world: func(w *world) {
			openScope(w)
			w.broken = func() ([]byte, error) { return nil, errors.New("no answer") }
		}, verdict: verify.Undetermined, axis: verify.AxisStatus, code: "status.unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			if c.world != nil {
				c.world(w)
			}
			if c.signer.private == nil {
				c.signer = college
			}
			r := w.engine().Verify(t.Context(), []byte(identityCode(t, c.claims, c.signer)), verify.Options{})
			want(t, r, c.verdict, c.axis, c.code)
			if r.Kind != verify.KindIdentity || r.Finding(verify.AxisHolder).Outcome != verify.Unknown {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Only what was signed is shown, nothing of the body, and not as something learned.
func TestIdentityShown(t *testing.T) {
	r := openScope(newWorld()).engine().Verify(t.Context(), []byte(identityCode(t, nil, college)), verify.Options{})
	if r.Shown == nil || r.Shown.Claims["fullName"] != "Amina Wanjiru" || r.Shown.Claims["gender"] != "female" || r.Shown.SubjectID != "4-11" || r.Shown.Learner != "" || r.Shown.Title != "" {
		t.Errorf("%+v", r.Shown)
	}
	if len(r.Notes) != 1 || r.Notes[0].Code != "note.identity" {
		t.Errorf("%+v", r.Notes)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"photo", "face", "YSBwaG90b2dyYXBo"} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the report has %q: %s", secret, b)
		}
	}

	// A changed code: the same letters but for one bit of the name.
	code, err := base45.Decode(identityCode(t, nil, college))
	if err != nil {
		t.Fatal(err)
	}
	message, err := inflate.Zlib(code, claim169.MaxUnpacked)
	if err != nil {
		t.Fatal(err)
	}
	changed := packedText(t, []byte(strings.Replace(string(message), "Amina", "Amino", 1)))
	want(t, openScope(newWorld()).engine().Verify(t.Context(), []byte(changed), verify.Options{}), verify.Invalid, verify.AxisProof, "proof.signature")

	// The published examples of MOSIP: their issuer is not known here.
	e := newEngine(verify.Config{Resolver: trust.KeyResolver(), Now: func() time.Time { return today }})
	published := "6BFOXN*TS0BI$ZDFRH7LO7J6*93"
	if !verify.IsPacked([]byte(published)) {
		t.Error("a code of MOSIP is not known by its first letters")
	}
	want(t, e.Verify(t.Context(), []byte(identityCode(t, func(c *cose.Claims) { c.Issuer = "https://mosip.example.org" }, college)), verify.Options{}), verify.Undetermined, verify.AxisProof, "proof.key-unavailable")
}
