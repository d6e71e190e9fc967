// Package base45 writes and reads Base45 (RFC 9285), the text form of bytes in QR
// codes. Its letters are those of the alphanumeric mode of QR codes, which holds
// two of them in 11 bits, so hardly anything is lost.
//
// Decode reads what Encode writes and nothing else, so one text stands for one
// run of bytes and back.
package base45

import "cairn.example"

// MaxText is the longest text that Decode reads, in characters: more than any QR
// code holds (4,296), since some formats also travel in files and messages.
const MaxText = 1 << 20

// alphabet is that of RFC 9285, section 4.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

var digitOf = func() (table [256]int8) {
	for i := range table {
		table[i] = -1
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = int8(i)
	}
	return table
}()

// Encode writes bytes in Base45 (RFC 9285, section 4).
func Encode(data []byte) string {
	out := make([]byte, 0, (len(data)+1)/2*3)
	for ; len(data) >= 2; data = data[2:] {
		n := int(data[0])<<8 | int(data[1])
		out = append(out, alphabet[n%45], alphabet[n/45%45], alphabet[n/45/45])
	}
	if len(data) == 1 {
		n := int(data[0])
		out = append(out, alphabet[n%45], alphabet[n/45])
	}
	return string(out)
}

// Decode reads Base45. A lower-case letter, a group that stands for more than two
// bytes hold and a lonely last character are errors, with the code base45.form; a
// text longer than MaxText is base45.too-large.
func Decode(text string) ([]byte, error) {
	if len(text) > MaxText {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "base45.too-large", Message: "the text is longer than a million characters"}
	}
	if len(text)%3 == 1 {
		return nil, bad("the text is cut off")
	}
	out := make([]byte, 0, len(text)/3*2+1)
	for i := 0; i < len(text); i += 3 {
		group := text[i:min(i+3, len(text))]
		n, weight := 0, 1
		for j := range len(group) {
			d := digitOf[group[j]]
			if d < 0 {
				return nil, bad("the text contains a character that cannot be in it")
			}
			n += int(d) * weight
			weight *= 45
		}
		switch {
		case len(group) == 3 && n <= 0xffff:
			out = append(out, byte(n>>8), byte(n))
		case len(group) == 2 && n <= 0xff:
			out = append(out, byte(n))
		default:
			return nil, bad("a group of characters in the text stands for no bytes")
		}
	}
	return out, nil
}

func bad(message string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "base45.form", Message: message}
}
