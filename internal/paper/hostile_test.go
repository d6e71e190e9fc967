package paper

import (
	"fmt"
	"image"
	"strings"
	"testing"

	"cairn.example/bake"
	"cairn.example/inflate"
)

// hostile are files that are small and ask for much.
func hostile(t testing.TB) [][]byte {
	t.Helper()
	packed, err := inflate.Pack(make([]byte, 2<<20))
	if err != nil {
		t.Fatal(err)
	}
	stream := fmt.Sprintf("<</Length %d/Filter/FlateDecode/Type/ObjStm/N 0/First 0>>\nstream\n%s\nendstream endobj\n", len(packed), packed)
	var objects, chain, bombs strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&objects, "%d 0 obj<</EF %d 0 R>>endobj\n", i+1, i+2)
	}
	for i := range 5_000 { // tables that point to each other, and back to the first
		fmt.Fprintf(&chain, "xref\n0 1\n0000000000 65535 f\ntrailer\n<</Size 1/Prev %d/XRefStm %d/Root 1 0 R>>\nstartxref\n%d\n", i*7%5000, i, i)
	}
	for i := range 40 {
		fmt.Fprintf(&bombs, "%d 0 obj%s", i+1, stream)
	}
	out := [][]byte{}
	for _, text := range []string{
		objects.String(), chain.String(), bombs.String(),
		"1 0 obj" + strings.Repeat("[", 100_000), "1 0 obj" + strings.Repeat("<</A", 50_000), "1 0 obj(" + strings.Repeat("(", 100_000),
		strings.Repeat("1 0 obj<</A 1", 1<<20), strings.Repeat("1 0 obj[", 1<<20), strings.Repeat("trailer(", 1<<20), "1 0 obj[" + strings.Repeat("1 ", 1<<21),
		strings.Repeat("1 0 obj[", 50_000), strings.Repeat("1 0 obj<", 50_000), strings.Repeat("1 0 obj(", 50_000), strings.Repeat("trailer(", 50_000),
		"1 0 obj 2 0 R endobj 2 0 obj 1 0 R endobj 3 0 obj<</EF 1 0 R>>endobj",
		"1 0 obj<</Length 99999999999999999999/Filter/FlateDecode>>\nstream\nx\nendstream endobj",
		"1 0 obj<</Length 1 0 R>>\nstream\nx\nendstream endobj 2 0 obj<</F(a.json)/EF<</F 1 0 R>>>>endobj",
		strings.Repeat("stream\n", 50_000), strings.Repeat("endobj ", 50_000),
	} {
		out = append(out, []byte("%PDF-1.7\n"+text))
	}
	small := asPNG(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	for _, side := range []int{6324, 40_000, 1<<31 - 1} { // pictures that say that they are huge
		out = append(out, pngHeader(append([]byte{}, small...), side, side, 8, 0, 0), pngHeader(append([]byte{}, small...), side, side, 16, 6, 1))
	}
	out = append(out, asPNG(t, image.NewGray(image.Rect(0, 0, 3000, 3000)))) // 9 megapixels of nothing
	baked, err := bake.PNG(small, []byte(inPicture))
	if err != nil {
		t.Fatal(err)
	}
	return append(out, baked, []byte("<svg"+strings.Repeat("<g>", 50_000)), []byte("NCF"+strings.Repeat("0", 16_000)))
}
