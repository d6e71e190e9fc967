package paper

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"image"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/bake"
	"cairn.example/papercode"
	"cairn.example/pixelpass"
)

const inPicture = `{"@context":["https://www.w3.org/ns/credentials/v2"],"name":"Soil","proof":{}}`

// codeOf is the paper code of a document.
func codeOf(t testing.TB, document string) string {
	t.Helper()
	seed := sha256.Sum256([]byte("paper test"))
	s := signer{ed25519.NewKeyFromSeed(seed[:])}
	text, err := papercode.Sign(t.Context(), papercode.Card{Issuer: s.Controller(), Credential: credentialID, Digest: sha256.Sum256([]byte(document)), Kind: papercode.KindBadge,
		Learner: "Amina", Title: "Soil", AwardedOn: cairn.PartialDate{Year: 2026}, AchievementType: "MicroCredential", Language: "en", StatusIndex: -1}, s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func pixelPassOf(t testing.TB, document string) string {
	t.Helper()
	text, err := pixelpass.Encode([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// pictureWith is a PNG with QR codes beside each other and a credential inside; empty
// when none.
func pictureWith(t testing.TB, document string, codes ...string) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 600*max(1, len(codes)), 600))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for i, text := range codes {
		data, err := QRPNG(text, 4)
		if err != nil {
			t.Fatal(err)
		}
		one, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(img, one.Bounds().Add(image.Pt(600*i+20, 20)), one, image.Point{}, draw.Src)
	}
	out := asPNG(t, img)
	if document == "" {
		return out
	}
	out, err := bake.PNG(out, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnwrapBaked(t *testing.T) {
	svg, err := bake.SVG([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>`), []byte(inPicture))
	if err != nil {
		t.Fatal(err)
	}
	alone := pictureWith(t, inPicture)
	damaged := bytes.Replace(alone, []byte(`"Soil"`), []byte(`"Silk"`), 1)
	old := strings.Replace(string(svg), "https://purl.imsglobal.org/ob/v3p0", "http://openbadges.org", 1)
	for name, c := range map[string]struct {
		picture []byte
		want    string // the document or text, or the code of the error
		kind    string // empty for an error
	}{
		"PNG":                                {alone, inPicture, KindDocument},
		"SVG":                                {svg, inPicture, KindDocument},
		"SVG behind blanks":                  {append([]byte("\xef\xbb\xbf \n"), svg...), inPicture, KindDocument},
		"with a link":                        {pictureWith(t, inPicture, "https://college.example/verify"), inPicture, KindDocument},
		"with its paper code":                {pictureWith(t, inPicture, codeOf(t, inPicture)), inPicture, KindDocument},
		"with itself in PixelPass":           {pictureWith(t, inPicture, pixelPassOf(t, inPicture)), inPicture, KindDocument},
		"with itself":                        {pictureWith(t, inPicture, inPicture), inPicture, KindDocument},
		"with another paper code":            {pictureWith(t, inPicture, codeOf(t, "{}")), "paper.two-credentials", ""},
		"with another in PixelPass":          {pictureWith(t, inPicture, pixelPassOf(t, `{"name":"Silk"}`)), "paper.two-credentials", ""},
		"with another token":                 {pictureWith(t, inPicture, "eyJ.e30.QQ"), "paper.two-credentials", ""},
		"with its code and another":          {pictureWith(t, inPicture, codeOf(t, inPicture), codeOf(t, "{}")), "paper.two-credentials", ""},
		"PixelPass alone":                    {pictureWith(t, "", pixelPassOf(t, inPicture)), pixelPassOf(t, inPicture), KindCode},
		"two codes":                          {pictureWith(t, "", codeOf(t, inPicture), codeOf(t, "{}")), "paper.two-codes", ""},
		"PixelPass as text":                  {[]byte(" " + pixelPassOf(t, inPicture) + "\n"), pixelPassOf(t, inPicture), KindCode},
		"nothing":                            {pictureWith(t, ""), "paper.no-code", ""},
		"damaged":                            {damaged, "bake.png", ""},
		"damaged, with a code":               {bytes.Replace(pictureWith(t, inPicture, codeOf(t, "{}")), []byte(`"Soil"`), []byte(`"Silk"`), 1), "bake.png", ""},
		"a second one behind the end":        {append(bytes.Clone(alone), alone...), "bake.png", ""},
		"something else behind the end":      {append(pictureWith(t, "", codeOf(t, inPicture)), "x"...), codeOf(t, inPicture), KindCode},
		"a page":                             {[]byte("<!DOCTYPE html><html><body>x</body></html>"), "paper.unknown-file", ""},
		"a drawing":                          {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "bake.no-credential", ""},
		"a drawing with a name for its tags": {[]byte(`<s:svg xmlns:s="http://www.w3.org/2000/svg"/>`), "bake.no-credential", ""},
		"a hosted badge of Open Badges 2":    {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org"><o:assertion verify="https://x.example/1"/></svg>`), "bake.version-2", ""},
		"under the key of Open Badges 2":     {[]byte(strings.NewReplacer(":credential", ":assertion").Replace(old)), inPicture, KindDocument},
	} {
		got, err := Unwrap(c.picture)
		if c.kind == "" {
			if cairn.CodeOf(err) != c.want {
				t.Errorf("%s: %+v, %v, want %s", name, got, err, c.want)
			}
		} else if err != nil || string(got.Payload) != c.want || got.Kind != c.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
