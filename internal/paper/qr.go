package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

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
