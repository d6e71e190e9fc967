package paper

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"

	"cairn.example"
)

// maxDecoded bounds the memory that decoding a picture takes, in bytes. A
// photograph of 30 megapixels fits.
const maxDecoded = 48 << 20

// decodePicture decodes a picture that is within the limits. The result is of one
// of the kinds that rowsOf knows.
func decodePicture(picture []byte) (image.Image, error) {
	if len(picture) > maxPicture {
		return nil, pictureTooLarge("the picture is larger than 10 MiB")
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.picture", Message: "the picture cannot be read", Hint: "use a PNG or JPEG picture", Err: err}
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxPixels/cfg.Height {
		return nil, pictureTooLarge("the picture has more than 40 million pixels")
	}
	half := halfBytes(picture, format) // half a byte is the least of a pixel's parts
	if int64(cfg.Width)*int64(cfg.Height)*int64(half)/2 > maxDecoded {
		return nil, pictureTooLarge("the picture needs too much memory")
	}
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "paper.picture", Message: "the picture cannot be read", Err: err}
	}
	switch img.(type) {
	case *image.Gray, *image.YCbCr, *image.RGBA, *image.NRGBA, *image.Paletted:
		return img, nil
	}
	// The rare kinds are slow to ask, so they are asked once.
	b := img.Bounds()
	plain := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			plain.Pix[y*plain.Stride+x] = onWhite(img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return plain, nil
}

func pictureTooLarge(message string) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "paper.picture-too-large", Message: message, Hint: "take a smaller picture, or cut out the code"}
}

// halfBytes returns how many half bytes of memory the decoders of the standard
// library take for one pixel, at most.
func halfBytes(picture []byte, format string) int {
	if format == "png" {
		return pngHalfBytes(picture)
	}
	return jpegHalfBytes(picture)
}

// pngHalfBytes reads the header, which DecodeConfig has found good (PNG,
// section 11.2.1).
func pngHalfBytes(picture []byte) int {
	if len(picture) < 29 {
		return 32
	}
	depth, kind, interlaced := picture[24], picture[25], picture[28] != 0
	n := 4 // colours, each with an alpha channel
	if kind == 3 || kind == 0 && !bytes.Contains(picture, []byte("tRNS")) {
		n = 1
	}
	if depth == 16 {
		n *= 2
		n++ // the copy in grey
	}
	if interlaced {
		n *= 2 // the passes are pictures of their own
	}
	return 2 * n
}

// jpegHalfBytes looks at the frame header (ITU T.81, B.2.2): each component has a
// byte for each of its samples, and those of a progressive picture four more.
func jpegHalfBytes(picture []byte) int {
	const most = 2 * 4 * (1 + 4 + 1)
	for at := 2; at+4 <= len(picture) && picture[at] == 0xff; {
		marker := picture[at+1]
		if marker == 0xff { // padding
			at++
			continue
		}
		if marker >= 0xd0 && marker <= 0xd7 || marker == 0x01 { // these stand alone
			at += 2
			continue
		}
		length := int(binary.BigEndian.Uint16(picture[at+2:]))
		segment := picture[at+4 : min(len(picture), at+2+max(length, 2))]
		if marker >= 0xc0 && marker <= 0xc2 {
			return frameHalfBytes(segment, marker == 0xc2)
		}
		at += 2 + length
	}
	return most
}

func frameHalfBytes(frame []byte, progressive bool) int {
	const most = 2 * 4 * (1 + 4 + 1)
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) || frame[5] == 0 {
		return most
	}
	samples, largest := 0, 1
	for i := range int(frame[5]) {
		h, v := int(frame[7+3*i]>>4), int(frame[7+3*i]&15)
		samples += h * v
		largest = max(largest, h*v)
	}
	if progressive {
		samples *= 1 + 4
	}
	if frame[5] == 4 {
		samples += 4 * largest // the copy with the fourth colour
	}
	return (2*samples + largest - 1) / largest
}

// rowsOf returns a function that writes a row of the picture in grey, on white.
func rowsOf(img image.Image) func(y int, row []uint8) {
	b := img.Bounds()
	switch img := img.(type) {
	case *image.Gray:
		return func(y int, row []uint8) { copy(row, img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]) }
	case *image.YCbCr: // Y is what the eye sees as brightness
		return func(y int, row []uint8) { copy(row, img.Y[img.YOffset(b.Min.X, b.Min.Y+y):]) }
	case *image.RGBA: // multiplied by alpha already
		return func(y int, row []uint8) {
			pix := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range row {
				row[x] = grey(pix[4*x], pix[4*x+1], pix[4*x+2]) + 255 - pix[4*x+3]
			}
		}
	case *image.NRGBA:
		return func(y int, row []uint8) {
			pix := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range row {
				alpha := int(pix[4*x+3])
				row[x] = uint8((int(grey(pix[4*x], pix[4*x+1], pix[4*x+2]))*alpha + 255*(255-alpha)) / 255)
			}
		}
	case *image.Paletted:
		var table [256]uint8
		for i, c := range img.Palette {
			table[i] = onWhite(c)
		}
		return func(y int, row []uint8) {
			for x, i := range img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:len(row)] {
				row[x] = table[i]
			}
		}
	}
	return func(int, []uint8) { panic("paper: decodePicture returns no other kind") }
}

func grey(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

func onWhite(c color.Color) uint8 {
	r, g, b, a := c.RGBA()
	return grey(uint8(r>>8), uint8(g>>8), uint8(b>>8)) + 255 - uint8(a>>8)
}

// scaled returns the picture in grey, on white, with its longer side at most so
// long; each pixel is the mean of those that it stands for, which also removes
// noise. A very small picture is enlarged, so that a module is not one pixel.
func scaled(img image.Image, side int) *image.Gray {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > side {
		w, h = max(1, w*side/longer), max(1, h*side/longer)
	} else if longer < 250 {
		w, h = 3*w, 3*h
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	rows := rowsOf(img)
	row, sums := make([]uint8, b.Dx()), make([]int, w)
	last := -1
	for y := range h {
		top := y * b.Dy() / h
		bottom := max(top+1, (y+1)*b.Dy()/h)
		clear(sums)
		for sy := top; sy < bottom; sy++ {
			if sy != last {
				rows(sy, row)
				last = sy
			}
			for x := range w {
				left := x * b.Dx() / w
				for _, v := range row[left:max(left+1, (x+1)*b.Dx()/w)] {
					sums[x] += int(v)
				}
			}
		}
		for x := range w {
			left := x * b.Dx() / w
			out.Pix[y*out.Stride+x] = uint8(sums[x] / ((bottom - top) * (max(left+1, (x+1)*b.Dx()/w) - left)))
		}
	}
	return out
}
