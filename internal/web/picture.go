package web

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// Stone is one stone of a cairn: a requirement, and how much of it is there.
type Stone struct{ Part float64 } // 0: missing, 1: satisfied

// Sizes of the picture, in its own units.
const (
	pictureWidth = 200
	maxStones    = 14 // more requirements than this share stones
)

// cairnSVG draws a cairn. What is there lies below what is still missing, as in a
// cairn that is being built; the order is otherwise that of the requirements. label
// says the same in words. prefix keeps names inside the page apart. The picture is
// made of numbers and of escaped text only.
func cairnSVG(stones []Stone, label, prefix string) template.HTML {
	stones = fewer(stones)
	slices.SortStableFunc(stones, func(a, b Stone) int { return cmp.Compare(grown(b.Part), grown(a.Part)) })
	n := len(stones)
	if n == 0 {
		return ""
	}
	height := math.Min(34, 230/float64(n)) // of one stone
	if n < 4 {
		height = 40
	}
	total := height*float64(n)*0.94 + 22
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="cairn" viewBox="0 0 %d %.0f" role="img" aria-label="%s" focusable="false"><title>%s</title>`, pictureWidth, total, html.EscapeString(label), html.EscapeString(label))
	fmt.Fprintf(&b, `<path class="ground" d="M14 %.1fH186"/>`, total-7)
	y := total - 8
	for i, s := range stones {
		width := 148 - 92*float64(i)/math.Max(float64(n-1), 5)
		h := height * (0.92 + 0.16*wobble(i, 1))
		x := pictureWidth/2 + (wobble(i, 2)-0.5)*math.Min(16, width*0.12)
		outline := stonePath(x, y, width, h, i)
		tilt := fmt.Sprintf(`transform="rotate(%.1f %.1f %.1f)"`, (wobble(i, 3)-0.5)*5, x, y-h/2)
		b.WriteString(`<g ` + tilt + `>`)
		switch {
		case s.Part >= 1:
			fmt.Fprintf(&b, `<path class="stone full" d="%s"/>`, outline)
		case s.Part <= 0:
			fmt.Fprintf(&b, `<path class="stone" d="%s"/>`, outline)
		default:
			// Filled from below as far as there is something.
			part := math.Max(0.15, math.Min(0.85, s.Part))
			fmt.Fprintf(&b, `<clipPath id="%s%d"><path d="M0 %.1fH%dV%.1fH0Z"/></clipPath>`, prefix, i, y-h*part, pictureWidth, y+6)
			fmt.Fprintf(&b, `<path class="stone" d="%s"/><path class="stone part" clip-path="url(#%s%d)" d="%s"/>`, outline, prefix, i, outline)
		}
		b.WriteString(`</g>`)
		y -= h * 0.94
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // numbers, our own names, and escaped text
}

// grown tells full, begun and missing stones apart.
func grown(part float64) int {
	switch {
	case part >= 1:
		return 2
	case part > 0:
		return 1
	}
	return 0
}

// fewer puts neighbouring requirements together until the stones fit.
func fewer(stones []Stone) []Stone {
	if len(stones) <= maxStones {
		return slices.Clone(stones)
	}
	out := make([]Stone, maxStones)
	for i := range out {
		from, to := i*len(stones)/maxStones, (i+1)*len(stones)/maxStones
		for _, s := range stones[from:to] {
			out[i].Part += math.Max(0, math.Min(1, s.Part)) / float64(to-from)
		}
		if out[i].Part > 0.999 {
			out[i].Part = 1
		}
	}
	return out
}

// stonePath is the outline of a stone that lies at y and is w wide and h high: a
// rounded shape, flatter below, never twice quite the same.
func stonePath(x, y, w, h float64, i int) string {
	l, r := x-w/2, x+w/2
	top, mid := y-h, y-h*(0.42+0.12*wobble(i, 4))
	lean := (wobble(i, 5) - 0.5) * w * 0.22
	return fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fS%.1f %.1f %.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fS%.1f %.1f %.1f %.1fZ",
		l, mid,
		l, top+h*0.12, x+lean-w*0.30, top, x+lean, top,
		r, top+h*0.10, r, mid,
		r, y-h*0.06, x+w*0.28, y, x, y,
		l, y-h*0.04, l, mid)
}

// wobble is a fixed number between 0 and 1 for each stone and use.
func wobble(i, use int) float64 {
	v := math.Sin(float64(i*37+use*101)) * 43758.5453
	return v - math.Floor(v)
}

// mark is the small cairn beside the name.
func mark() template.HTML {
	return `<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">` + markPaths + `</svg>`
}

const markPaths = `<path d="M3 26c0-3 5-4.6 13-4.6S29 23 29 26s-5 3.6-13 3.6S3 29 3 26Z"/><path d="M7 18.4c0-2.8 4-4.2 9.3-4.200s8.700 1.400 8.700 4.200-4 3-9 3-9-.2-9-3Z"/><path d="M11 10.600c0-2.400 2.600-3.600 5.600-3.600s5 1.200 5 3.600-2 3-5.200 3-5.400-.6-5.400-3Z"/><path d="M13.600 4.400c0-1.400 1.200-2.400 2.800-2.400s2.400 1 2.400 2.200-.8 2-2.500 2-2.700-.4-2.700-1.800Z"/>`

func iconSVG() []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="#5f574d">` + markPaths + `</g></svg>`)
}

// Mark is the small cairn beside the name.
func (v *visit) Mark() template.HTML { return mark() }

// Icon is the sign of an outcome: it has a shape of its own, so that colour is
// never all there is.
func (v *visit) Icon(outcome string) template.HTML {
	switch outcome {
	case "yes", "valid":
		return `<svg class="i yes" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><circle cx="12" cy="12" r="11"/><path d="M6.500 12.500l4 4 7.500-8.500"/></svg>`
	case "no", "invalid":
		return `<svg class="i no" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path class="f" d="M7.500 1h9L23 7.500v9L16.500 23h-9L1 16.500v-9Z"/><path d="M8 8l8 8M16 8l-8 8"/></svg>`
	case "partly":
		return `<svg class="i unknown" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><circle class="o" cx="12" cy="12" r="10"/><path class="f" d="M2 12a10 10 0 0 0 20 0Z"/></svg>`
	case "open":
		return `<svg class="i none" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><circle class="o" cx="12" cy="12" r="10"/></svg>`
	}
	return `<svg class="i unknown" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false"><path class="f" d="M12 1.500L23 12 12 22.500 1 12Z"/><path d="M9.500 9.800a2.500 2.500 0 1 1 3.600 2.300c-.8.400-1.100.9-1.100 1.700M12 16.600v.4"/></svg>`
}
