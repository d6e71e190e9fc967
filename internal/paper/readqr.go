package paper

import (
	"cmp"
	"image"
	_ "image/jpeg" // photographs
	"maps"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"

	"cairn.example"
)

// Limits of looking for codes on a picture. A code has three finder patterns, the
// squares in its corners. The library looks at every three of them that it finds,
// so a picture of 4 KB that is full of them would keep it busy for an hour: we
// count them first, and choose the threes ourselves.
const (
	maxFinders  = 200 // on one picture, before the best are chosen; a page of text looks like a few
	bestFinders = 30  // those that are looked at further
	maxTries    = 12  // threes that are read as a code
)

// ReadQR returns the text of the QR code on a PNG or JPEG picture. A picture over
// 10 MiB, over 40 megapixels or that needs more than 48 MiB of memory is refused
// before it is decoded; no code gives paper.no-code, two different ones
// paper.two-codes. A part of a text that is spread over several codes is no code.
func ReadQR(picture []byte) (string, error) {
	texts, err := codesOn(picture)
	if err != nil {
		return "", err
	}
	return single(texts)
}

func single(texts []string) (string, error) {
	switch len(texts) {
	case 0:
		return "", errNoCode("hold the paper flat, in good light, so that the code fills the picture")
	case 1:
		return texts[0], nil
	}
	return "", &cairn.Error{Kind: cairn.Invalid, Code: "paper.two-codes", Message: "there are several different QR codes on the picture",
		Hint: "take a picture of one of them"}
}

// codesOn returns the different texts of the QR codes that are seen on a picture.
func codesOn(picture []byte) (texts []string, err error) {
	img, err := decodePicture(picture)
	if err != nil {
		return nil, err
	}
	defer func() { // the decoder works on whatever a camera saw
		if recover() != nil {
			texts, err = nil, errNoCode("")
		}
	}()
	var tried []image.Point
	for _, side := range []int{1200, 2000, 700} {
		small := scaled(img, side)
		if slices.Contains(tried, small.Rect.Max) {
			continue // a small picture is the same at each size
		}
		tried = append(tried, small.Rect.Max)
		if found := codesIn(small); len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

func errNoCode(hint string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-code", Message: "no QR code was found on the picture", Hint: hint}
}

// codesIn returns the different texts found by one of the methods.
func codesIn(img *image.Gray) []string {
	source := gozxing.NewLuminanceSourceFromImage(img)
	for _, binarize := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
		bitmap, err := gozxing.NewBinaryBitmap(binarize(source))
		if err != nil {
			continue
		}
		matrix, err := bitmap.GetBlackMatrix()
		if err != nil {
			continue
		}
		finders, ok := findersIn(matrix)
		if !ok {
			continue
		}
		found := map[string]bool{}
		for _, three := range threes(finders) {
			if text, ok := readThree(matrix, three); ok {
				found[text] = true
			}
		}
		if len(found) == 0 { // it also reads a code that fills the picture, without looking for corners
			hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
			if r, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil && !partial(r) {
				found[r.GetText()] = true
			}
		}
		if len(found) > 0 {
			return slices.Sorted(maps.Keys(found))
		}
	}
	return nil
}

// partial reports whether a code is one of several that hold a text together.
func partial(r *gozxing.Result) bool {
	_, ok := r.GetResultMetadata()[gozxing.ResultMetadataType_STRUCTURED_APPEND_SEQUENCE]
	return ok
}

// findersIn returns what looks like finder patterns, the surest first. It is false
// when there are too many, so that the picture is no photograph of a code.
func findersIn(m *gozxing.BitMatrix) ([]*detector.FinderPattern, bool) {
	finder := detector.NewFinderPatternFinder(m, nil)
	width := m.GetWidth()
	var runs []int // lengths of white, dark, white, … in a row
	for y := 2; y < m.GetHeight(); y += 3 {
		runs = append(runs[:0], 0)
		dark := false
		for x := range width + 1 {
			if x < width && m.Get(x, y) == dark {
				runs[len(runs)-1]++
				continue
			}
			// A run has ended; five of them, dark at both ends, can be a pattern.
			if n := len(runs); dark && n >= 6 && detector.FinderPatternFinder_foundPatternCross(runs[n-5:]) {
				finder.HandlePossibleCenter(slices.Clone(runs[n-5:]), y, x)
				if len(finder.GetPossibleCenters()) > maxFinders {
					return nil, false
				}
			}
			runs, dark = append(runs, 1), !dark
		}
	}
	found := slices.Clone(finder.GetPossibleCenters())
	slices.SortStableFunc(found, func(a, b *detector.FinderPattern) int { return b.GetCount() - a.GetCount() })
	return found[:min(len(found), bestFinders)], true
}

// three are the finder patterns of what may be a code.
type three struct {
	info *detector.FinderPatternInfo
	off  float64 // how far they are from two equal sides and a right angle
}

// threes returns the sets of three patterns that can be the corners of a code, the
// likeliest first.
func threes(finders []*detector.FinderPattern) []three {
	var out []three
	for i, a := range finders {
		for j, b := range finders[:i] {
			for _, c := range finders[:j] {
				if t, ok := corners(a, b, c); ok {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b three) int { return cmp.Compare(a.off, b.off) })
	return out[:min(len(out), maxTries)]
}

func corners(a, b, c *detector.FinderPattern) (three, bool) {
	sizes := []float64{a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize()}
	if slices.Max(sizes) > 1.5*slices.Min(sizes) {
		return three{}, false
	}
	p, q, r := gozxing.ResultPoint_OrderBestPatterns(a, b, c)
	bl, ok1 := p.(*detector.FinderPattern)
	tl, ok2 := q.(*detector.FinderPattern)
	tr, ok3 := r.(*detector.FinderPattern)
	if !ok1 || !ok2 || !ok3 {
		return three{}, false
	}
	left, top, across := gozxing.ResultPoint_Distance(tl, bl), gozxing.ResultPoint_Distance(tl, tr), gozxing.ResultPoint_Distance(bl, tr)
	// The centres of the patterns of a code are 14 (version 1) to 170 modules apart.
	modules := (left + top) / 2 / ((sizes[0] + sizes[1] + sizes[2]) / 3)
	if modules < 10 || modules > 200 || min(left, top) <= 0 {
		return three{}, false
	}
	off := math.Abs(left-top)/min(left, top) + math.Abs(across-math.Hypot(left, top))/across
	return three{detector.NewFinderPatternInfo(bl, tl, tr), off}, off < 0.6
}

func readThree(m *gozxing.BitMatrix, t three) (string, bool) {
	found, err := detector.NewDetector(m).ProcessFinderPatternInfo(t.info)
	if err != nil {
		return "", false
	}
	r, err := decoder.NewDecoder().DecodeWithoutHint(found.GetBits())
	if err != nil || r.HasStructuredAppend() {
		return "", false
	}
	return r.GetText(), true
}
