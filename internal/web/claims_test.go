package web_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"

	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/sdjwt"
)

// typedCredential makes an SD-JWT VC of an issuer that nobody lists, of which the
// holder keeps the claim secret back.
func typedCredential(t testing.TB, w *town, claims map[string]any) string {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	id, kid := did.KeyFromEd25519(private.Public().(ed25519.PublicKey))
	signer, err := jose.NewPrivateKey(private, string(kid))
	must(t, err)
	all := map[string]any{"vct": "https://types.example/course/1", "iss": string(id), "iat": json.Number(fmt.Sprint(w.clock().Unix() - 60)), "secret": "kept back"}
	for k, v := range claims {
		all[k] = v
	}
	text, err := sdjwt.Issue(context.Background(), all, sdjwt.Options{Header: jose.Header{Type: sdjwt.VCType, KeyID: string(kid)}, Selective: []sdjwt.Path{{"secret"}, {"course"}}, Rand: rand.Reader}, signer)
	must(t, err)
	token, err := sdjwt.Parse(text)
	must(t, err)
	shown, err := token.Present([]sdjwt.Path{{"course"}})
	must(t, err)
	return shown
}

// The page shows the claims that were signed and disclosed, apart from its own words
// and with a direction of their own.
func TestClaimsOnThePage(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	token := typedCredential(t, w, map[string]any{"course": "Soil", "given_name": "Amina", "الاسم": "أمينة", "Credit": "4711 credits", "amount": json.Number("7")})
	apart := "Shown by the learner, under the issuer’s own names"
	a := b.post("/verify", "text", token)
	a.is(t, "an SD-JWT VC", 200, `class="box verdict undetermined"`, apart, "<dt><bdi>course</bdi></dt><dd><bdi>Soil</bdi></dd>", "<dt><bdi>الاسم</bdi></dt><dd><bdi>أمينة</bdi></dd>",
		"<dt><bdi>amount</bdi></dt><dd><bdi>7</bdi></dd>")
	if strings.Contains(a.body, "secret") || strings.Contains(a.body, "kept back") || strings.Contains(a.body, "<bdi>vct</bdi>") {
		t.Error("the page shows what the holder keeps back, or what is about the token")
	}
	// A claim with a name of ours stands below the words that say whose names these are.
	if before, _, found := strings.Cut(a.body, apart); !found || strings.Contains(before, "4711") {
		t.Error("a claim of the issuer stands among the lines of the page")
	}
	right := b.get("/verify?lang=ar")
	right.is(t, "in Arabic", 200, `dir="rtl"`)
	b.post("/verify?lang=ar", "text", token).is(t, "in Arabic", 200, `dir="rtl"`, "<dt><bdi>course</bdi></dt><dd><bdi>Soil</bdi></dd>", "<dt><bdi>الاسم</bdi></dt><dd><bdi>أمينة</bdi></dd>")

	// Changed, or with a disclosure of somebody else's, nothing of it is shown.
	forged := token + jose.EncodeBase64([]byte(`["c2FsdHNhbHQ","grade","A"]`)) + "~"
	parts := strings.SplitN(token, ".", 3)
	payload, err := jose.DecodeBase64(parts[1])
	must(t, err)
	changed := parts[0] + "." + jose.EncodeBase64(bytes.Replace(payload, []byte("Amina"), []byte("Anima"), 1)) + "." + parts[2]
	for name, text := range map[string]string{"another disclosure": forged, "another name": changed} {
		got := b.post("/verify", "text", text)
		got.is(t, name, 200, `class="box verdict invalid"`)
		for _, s := range []string{"<bdi>course", "Soil", "Amina", "Anima", "grade"} {
			if strings.Contains(got.body, s) {
				t.Errorf("%s: the page shows %s", name, s)
			}
		}
	}
}

// Names and values of claims are text, whatever they look like.
func TestHostileClaims(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	for _, s := range hostile {
		a := b.post("/verify", "text", typedCredential(t, w, map[string]any{s: s, "course": s, "given_name": s, "list": []any{s, map[string]any{s: s}}}))
		a.is(t, s, 200, `class="box verdict undetermined"`)
		inert(t, "claims with "+s, a.body)
		if strings.ContainsAny(s, "<\"'") && strings.Contains(a.body, s) {
			t.Errorf("the page shows %s as it is", s)
		}
		if !strings.Contains(html.UnescapeString(a.body), "<bdi>"+s+"</bdi>") {
			t.Errorf("the page does not show %q", s)
		}
	}
	// What can't be seen is spelled out in a name, and left out of a value.
	a := b.post("/verify", "text", typedCredential(t, w, map[string]any{"course": "Soil", "cou\u202erse": "Wa\u202eter", "cou\u200drse": "Air"}))
	a.is(t, "hidden characters", 200, "<bdi>course</bdi></dt><dd><bdi>Soil</bdi>", "<bdi>&#34;cou\\u202erse&#34;</bdi></dt><dd><bdi>Water</bdi>", "<bdi>&#34;cou\\u200drse&#34;</bdi></dt><dd><bdi>Air</bdi>")
	if strings.ContainsAny(a.body, "\u202e\u200d") {
		t.Error("a character that can't be seen is on the page")
	}
}
