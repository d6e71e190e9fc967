package papercode

import "strings"

// Most scripts of the world have their letters side by side in Unicode, where
// UTF-8 spends three bytes on each. The packed form spends one: its first byte w
// names the window of 128 characters from w×128, and after it
//
//	0x20–0x7e          is that ASCII character
//	0x80–0xff          is the character at that place of the window
//	0x00–0x0f, 0x80–0xff  is the character at that place of the window w-8 … w+7
//
// so Devanagari and Tamil need one byte for a letter, and Ethiopic, which has
// three windows, between one and two. A text is packed exactly when that is
// shorter than UTF-8, with the window that makes it shortest (the lowest of
// several), so that one text has one form.

const reach = 8 // windows below w that two bytes can name

// packText returns the packed form, or nil when UTF-8 is not longer.
func packText(s string) []byte {
	var best []byte
	seen := map[rune]bool{}
	for _, r := range s {
		w := r / 128
		if w == 0 || w > 255 || seen[w] {
			continue
		}
		seen[w] = true
		p, ok := packIn(s, w)
		if ok && len(p) < len(s) && (best == nil || len(p) < len(best) || len(p) == len(best) && p[0] < best[0]) {
			best = p
		}
	}
	return best
}

func packIn(s string, w rune) ([]byte, bool) {
	out := []byte{byte(w)}
	for _, r := range s {
		switch d := r/128 - w; {
		case r >= 0x20 && r < 0x7f:
			out = append(out, byte(r))
		case d == 0:
			out = append(out, 0x80|byte(r%128))
		case r > 0x7f && d >= -reach && d < reach:
			out = append(out, byte(d+reach), 0x80|byte(r%128))
		default:
			return nil, false
		}
	}
	return out, true
}

// unpackText returns "" for what is not a packed text; a text that is packed in
// another way than packText does is found by packing it again.
func unpackText(p []byte) string {
	if len(p) < 2 || p[0] == 0 {
		return ""
	}
	var b strings.Builder
	w := rune(p[0])
	for i := 1; i < len(p); i++ {
		switch c := p[i]; {
		case c >= 0x80:
			b.WriteRune(w*128 + rune(c&0x7f))
		case c >= 0x20 && c < 0x7f:
			b.WriteByte(c)
		case c < 2*reach && i+1 < len(p) && p[i+1] >= 0x80 && w+rune(c)-reach > 0:
			i++
			b.WriteRune((w+rune(c)-reach)*128 + rune(p[i]&0x7f))
		default:
			return ""
		}
	}
	return b.String()
}
