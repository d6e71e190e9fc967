package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // photographs
	"image/png"
	"maps"
	"slices"

	"github.com/makiuchi-d/gozxing"
	multi "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"cairn.example"
)

const (
	quietZone  = 4  // modules around a code (ISO/IEC 18004, 6.3.8)
	maxScale   = 40 // pixels per module of QRPNG
	maxVersion = 20 // the hard limit for paper (DOMAIN 2.2)
)

// modules returns the QR code of a text at level Q: rows of dark modules,
// without the quiet zone. Text from the Base45 alphabet uses the alphanumeric
// mode. The code papercode.too-large stands for a text that would need a code
// too fine for worn paper.
func modules(text string) ([][]bool, error) {
	if text == "" {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.qr", Message: "there is no text for the QR code"}
	}
	code, err := encoder.Encoder_encodeWithoutHint(text, decoder.ErrorCorrectionLevel_Q)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "paper.qr-too-large", Message: "the text does not fit into a QR code", Err: err}
	}
	if v := code.GetVersion().GetVersionNumber(); v > maxVersion {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "paper.qr-too-large",
			Message: "the QR code would be too fine to be read from worn paper", Hint: "shorten the title or the name"}
	}
	m := code.GetMatrix()
	rows := make([][]bool, m.GetHeight())
	for y := range rows {
		rows[y] = make([]bool, m.GetWidth())
		for x := range rows[y] {
			rows[y][x] = m.Get(x, y) == 1
		}
	}
	return rows, nil
}

// QRPNG returns a PNG picture of the QR code of a text, at error correction
// level Q, with scale pixels per module (1 to 40) and the quiet zone around it.
func QRPNG(text string, scale int) ([]byte, error) {
	if scale < 1 || scale > maxScale {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.qr-scale", Message: "the scale is from 1 to 40 pixels"}
	}
	rows, err := modules(text)
	if err != nil {
		return nil, err
	}
	side := (len(rows) + 2*quietZone) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if r, c := y/scale-quietZone, x/scale-quietZone; r >= 0 && c >= 0 && r < len(rows) && c < len(rows) && rows[r][c] {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "paper.png", Message: "the picture could not be written", Err: err}
	}
	return b.Bytes(), nil
}

// qr draws the code with its quiet zone; module is the side of a module in
// points. It returns the side of the whole. Neighbouring modules of a row are one
// rectangle, so that no hairline shows between them.
func (p *page) qr(rows [][]bool, x, y, module float64) float64 {
	side := float64(len(rows)+2*quietZone) * module
	p.rect(x, y, side, side, white)
	p.fill(black)
	for r, row := range rows {
		for c := 0; c < len(row); c++ {
			if !row[c] {
				continue
			}
			from := c
			for c+1 < len(row) && row[c+1] {
				c++
			}
			p.op("re", x+float64(from+quietZone)*module, p.height-y-float64(r+quietZone+1)*module, float64(c-from+1)*module, module)
		}
	}
	p.op("f")
	return side
}

// ReadQR returns the text of the QR code on a PNG or JPEG picture. A picture
// over 10 MiB or 40 megapixels is refused before it is decoded; no code gives
// paper.no-code, two different ones paper.two-codes.
func ReadQR(picture []byte) (text string, err error) {
	if len(picture) > maxPicture {
		return "", &cairn.Error{Kind: cairn.TooLarge, Code: "paper.picture-too-large", Message: "the picture is larger than 10 MiB"}
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.picture", Message: "the picture cannot be read", Hint: "use a PNG or JPEG picture", Err: err}
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxPixels/cfg.Height {
		return "", &cairn.Error{Kind: cairn.TooLarge, Code: "paper.picture-too-large", Message: "the picture has more than 40 million pixels"}
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.picture", Message: "the picture cannot be read", Err: err}
	}
	defer func() { // the decoder works on whatever a camera saw
		if recover() != nil {
			text, err = "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-code", Message: "no QR code was found on the picture"}
		}
	}()
	for _, side := range []int{1200, 2000, 700} {
		found := codesIn(scaled(img, side))
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.two-codes", Message: "there are several different QR codes on the picture",
				Hint: "take a picture of one of them"}
		}
	}
	return "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-code", Message: "no QR code was found on the picture",
		Hint: "hold the paper flat, in good light, so that the code fills the picture"}
}

// scaled returns the picture in grey, on white, with its longer side at most so
// long; each pixel is the mean of those that it stands for, which also removes
// noise. A very small picture is enlarged, so that a module is not one pixel.
func scaled(img image.Image, side int) *image.Gray {
	b := img.Bounds()
	full := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for i := range full.Pix {
		full.Pix[i] = 0xff
	}
	draw.Draw(full, full.Bounds(), img, b.Min, draw.Over)
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	} else if longer < 250 {
		w, h = 3*w, 3*h
	} else {
		return full
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		top := y * b.Dy() / h
		bottom := max(top+1, (y+1)*b.Dy()/h)
		for x := range w {
			left := x * b.Dx() / w
			right := max(left+1, (x+1)*b.Dx()/w)
			sum := 0
			for sy := top; sy < bottom; sy++ {
				for _, v := range full.Pix[sy*full.Stride+left : sy*full.Stride+right] {
					sum += int(v)
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / ((bottom - top) * (right - left)))
		}
	}
	return out
}

// codesIn returns the different texts found by any of the methods.
func codesIn(img *image.Gray) []string {
	source := gozxing.NewLuminanceSourceFromImage(img)
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found := map[string]bool{}
	for _, binarize := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
		bitmap, err := gozxing.NewBinaryBitmap(binarize(source))
		if err != nil {
			continue
		}
		if results, err := multi.NewQRCodeMultiReader().DecodeMultiple(bitmap, hints); err == nil {
			for _, r := range results {
				found[r.GetText()] = true
			}
		}
		if len(found) > 0 {
			break
		}
		if r, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
			found[r.GetText()] = true
			break
		}
	}
	return slices.Sorted(maps.Keys(found))
}
