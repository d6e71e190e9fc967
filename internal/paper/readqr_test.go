package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common/reedsolomon"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"cairn.example"
	"cairn.example/internal/bounds"
)

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// finders is a picture that is full of the squares in the corners of QR codes.
func finders(rows, columns, module int) *image.Gray {
	step := 9 * module
	img := image.NewGray(image.Rect(0, 0, columns*step, rows*step))
	for i := range img.Pix {
		x, y := i%img.Stride%step/module, i/img.Stride%step/module
		ring := max(abs(x-4), abs(y-4)) // 3 and less is the pattern, 2 its white ring
		if ring > 3 || ring == 2 {
			img.Pix[i] = 0xff
		}
	}
	return img
}

func abs(n int) int { return max(n, -n) }

// The library alone would look at each three of the squares: with 10,000 of them
// that is 166 billion, from a picture of a few kilobytes.
func TestPicturesFullOfFinders(t *testing.T) {
	for _, c := range []struct{ rows, columns, module int }{{4, 5, 8}, {5, 6, 20}, {14, 14, 8}, {20, 20, 5}, {100, 100, 3}, {200, 150, 1}} {
		data := asPNG(t, finders(c.rows, c.columns, c.module))
		start := time.Now()
		_, err := ReadQR(data)
		took := time.Since(start)
		if cairn.CodeOf(err) != "paper.no-code" {
			t.Errorf("%d by %d: %v", c.rows, c.columns, err)
		}
		if took > 5*time.Second {
			t.Errorf("%d by %d took %v", c.rows, c.columns, took)
		}
		t.Logf("%d squares of %d pixels, %d bytes: %v", c.rows*c.columns, 9*c.module, len(data), took.Round(time.Millisecond))
	}
}

// A code among things that look like parts of one is still found.
func TestCodeAmongFinders(t *testing.T) {
	text := code(t, "Amina Wanjiru Otieno", "Data Literacy")
	data, err := QRPNG(text, 4)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	canvas := image.NewGray(image.Rect(0, 0, 1200, 1000))
	draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(canvas, finders(2, 6, 5).Rect.Add(image.Pt(100, 20)), finders(2, 6, 5), image.Point{}, draw.Src)
	draw.Draw(canvas, img.Bounds().Add(image.Pt(300, 300)), img, image.Point{}, draw.Src)
	if got, err := ReadQR(asPNG(t, canvas)); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
}

// Every kind of picture that the decoders make is read the same.
func TestKindsOfPictures(t *testing.T) {
	text := code(t, "Amina Wanjiru Otieno", "Data Literacy")
	data, err := QRPNG(text, 5)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	clear := image.NewNRGBA(b) // black on nothing
	for y := range b.Dy() {
		for x := range b.Dx() {
			if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
				clear.Set(x, y, color.Black)
			}
		}
	}
	coloured := image.NewNRGBA(b) // dark blue on a pale yellow that shines through
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.NRGBA{255, 250, 200, 128}
			if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
				c = color.NRGBA{20, 30, 110, 255}
			}
			coloured.SetNRGBA(x, y, c)
		}
	}
	kinds := map[string]image.Image{"paletted": img, "on nothing": clear, "coloured": coloured}
	for name, to := range map[string]draw.Image{"grey": image.NewGray(b), "grey 16": image.NewGray16(b), "RGBA": image.NewRGBA(b), "RGBA 64": image.NewRGBA64(b), "NRGBA 64": image.NewNRGBA64(b)} {
		draw.Draw(to, b, img, b.Min, draw.Src)
		kinds[name] = to
	}
	for name, img := range kinds {
		if got, err := ReadQR(asPNG(t, img)); err != nil || got != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		var photo bytes.Buffer
		if name == "on nothing" { // JPEG has no transparency
			continue
		}
		if err := jpeg.Encode(&photo, img, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadQR(photo.Bytes()); err != nil || got != text {
			t.Errorf("%s as a photograph: %q, %v", name, got, err)
		}
	}
}

// The memory that a picture will take is known from its header.
func TestPictureMemory(t *testing.T) {
	photo := func(w, h uint16, progressive bool) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		frame := bytes.Index(data, []byte{0xff, 0xc0})
		if progressive {
			data[frame+1] = 0xc2
		}
		data[frame+5], data[frame+6], data[frame+7], data[frame+8] = byte(h>>8), byte(h), byte(w>>8), byte(w)
		return data
	}
	header := func(w, h int, depth, kind, interlaced byte) []byte {
		data := asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1)))
		return pngHeader(data, w, h, depth, kind, interlaced)
	}
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"30 megapixels":              {photo(6000, 5000, false), "paper.picture"}, // cut off, as the file has 64 pixels
		"36 megapixels":              {photo(6000, 6000, false), "paper.picture-too-large"},
		"progressive, 6 megapixels":  {photo(3000, 2000, true), "paper.picture"},
		"progressive, 9 megapixels":  {photo(3000, 3000, true), "paper.picture-too-large"},
		"PNG, grey, 36 megapixels":   {header(6000, 6000, 8, 0, 0), "paper.picture"},
		"PNG, colour, 12 megapixels": {header(4000, 3000, 8, 2, 0), "paper.picture"},
		"PNG, colour, 16 megapixels": {header(4000, 4000, 8, 2, 0), "paper.picture-too-large"},
		"PNG, interlaced, 9":         {header(3000, 3000, 8, 6, 1), "paper.picture-too-large"},
		"PNG, 16 bits, 6":            {header(3000, 2000, 16, 6, 0), "paper.picture-too-large"},
		"PNG, 16 bits, 4":            {header(2000, 2000, 16, 6, 0), "paper.picture"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadQR(c.data)
		runtime.ReadMemStats(&after)
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		limit := uint64(64 << 20)
		if c.code == "paper.picture-too-large" {
			limit = 1 << 20
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > limit {
			t.Errorf("%s took %d bytes", name, used)
		}
	}
}

func FuzzReadQR(f *testing.F) {
	data, err := QRPNG(code(f, "Amina", "Data"), 2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		f.Fatal(err)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, img, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(photo.Bytes())
	f.Add(asPNG(f, finders(3, 3, 3)))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		text, err := ReadQR(data)
		if (err == nil) != (text != "") || err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("%q, %v", text, err)
		}
	}))
}

// FuzzFinders gives the reader pictures and not files, which a fuzzer hardly makes.
func FuzzFinders(f *testing.F) {
	f.Add([]byte{1, 0, 1, 1, 1, 0, 1}, uint8(40))
	f.Add(finders(3, 3, 2).Pix, uint8(54))
	f.Fuzz(bounds.Pair(func(t *testing.T, pix []byte, width uint8) {
		w := max(int(width), 1)
		h := len(pix) / w
		if h == 0 || h > 300 {
			return
		}
		img := &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
		for _, text := range codesIn(scaled(img, 700)) {
			if text == "" {
				t.Fatal("an empty text was found")
			}
		}
	}))
}

// partOf draws a code of version 1 that says it is the first of two which hold a
// text together (structured append, ISO/IEC 18004, section 8), or, without the
// mark, the same text alone.
func partOf(t *testing.T, marked bool) []byte {
	t.Helper()
	bits := gozxing.NewEmptyBitArray()
	add := func(v, n int) {
		t.Helper()
		if err := bits.AppendBits(v, n); err != nil {
			t.Fatal(err)
		}
	}
	if marked {
		add(0b0011, 4) // structured append
		add(0, 4)      // the first
		add(1, 4)      // of two
		add(0x5a, 8)   // parity of the whole text
	}
	const text = "CRN1:PART"
	add(0b0100, 4) // bytes
	add(len(text), 8)
	for _, b := range []byte(text) {
		add(int(b), 8)
	}
	add(0, 4)
	for bits.GetSize()%8 != 0 {
		add(0, 1)
	}
	const data, correction = 19, 7 // codewords of version 1 at level L
	for pad := 0xec; bits.GetSize() < 8*data; pad ^= 0xec ^ 0x11 {
		add(pad, 8)
	}
	words := make([]byte, data)
	bits.ToBytes(0, words, 0, data)
	all := make([]int, data+correction)
	for i, b := range words {
		all[i] = int(b)
	}
	if err := reedsolomon.NewReedSolomonEncoder(reedsolomon.GenericGF_QR_CODE_FIELD_256).Encode(all, correction); err != nil {
		t.Fatal(err)
	}
	for _, w := range all[data:] {
		add(w, 8)
	}
	version, err := decoder.Version_GetVersionForNumber(1)
	if err != nil {
		t.Fatal(err)
	}
	m := encoder.NewByteMatrix(21, 21)
	if err := encoder.MatrixUtil_buildMatrix(bits, decoder.ErrorCorrectionLevel_L, version, 0, m); err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 29*10, 29*10))
	for i := range img.Pix {
		x, y := i%img.Stride/10-4, i/img.Stride/10-4
		if x < 0 || y < 0 || x > 20 || y > 20 || m.Get(x, y) != 1 {
			img.Pix[i] = 0xff
		}
	}
	return asPNG(t, img)
}

// Q12: one part of a text is not the text.
func TestPartOfAText(t *testing.T) {
	if got, err := ReadQR(partOf(t, false)); err != nil || got != "CRN1:PART" {
		t.Fatalf("the code itself: %q, %v", got, err)
	}
	if got, err := ReadQR(partOf(t, true)); cairn.CodeOf(err) != "paper.no-code" {
		t.Errorf("%q, %v", got, err)
	}
}
