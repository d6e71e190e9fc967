package papercode

// alphabet is that of RFC 9285, section 4, which is also the alphabet of the
// alphanumeric mode of QR codes: 11 bits for two characters, no byte lost.
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

// encodeBase45 writes bytes in Base45 (RFC 9285, section 4).
func encodeBase45(data []byte) string {
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

// decodeBase45 reads what encodeBase45 writes and nothing else: a lower-case
// letter, a group over 65535 and a lonely last character are errors.
func decodeBase45(text string) ([]byte, error) {
	if len(text)%3 == 1 {
		return nil, invalid("papercode.base45", "", "the code is cut off")
	}
	out := make([]byte, 0, len(text)/3*2+1)
	for i := 0; i < len(text); i += 3 {
		group := text[i:min(i+3, len(text))]
		n, weight := 0, 1
		for j := range len(group) {
			d := digitOf[group[j]]
			if d < 0 {
				return nil, invalid("papercode.base45", "", "the code contains a character that cannot be in it")
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
			return nil, invalid("papercode.base45", "", "a group of characters in the code stands for no bytes")
		}
	}
	return out, nil
}
