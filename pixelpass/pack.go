package pixelpass

import (
	"encoding/binary"
	"hash/adler32"

	"cairn.example/inflate"
)

// pack packs with zlib, as inflate.Pack does, but for what does not get shorter by
// it. Packers store that as it is, and PixelPass 0.6 in JavaScript can't read a
// stored block, its own included; so each byte is written with the fixed code of
// DEFLATE then (RFC 1951, section 3.2.6), which costs a few bytes more.
func pack(content []byte) ([]byte, error) {
	packed, err := inflate.Pack(content)
	if err != nil || len(packed) < 3 || packed[2]>>1&3 != 0 {
		return packed, err
	}
	var bits bitWriter
	bits.low(0b1, 1) // the last block
	bits.low(0b01, 2)
	for _, b := range content {
		if b < 144 {
			bits.high(0x30+uint(b), 8)
		} else {
			bits.high(0x190+uint(b)-144, 9)
		}
	}
	bits.high(0, 7) // the end of the block
	out := append([]byte{packed[0], packed[1]}, bits.bytes()...)
	return binary.BigEndian.AppendUint32(out, adler32.Checksum(content)), nil
}

// bitWriter fills bytes from their least significant bit on (RFC 1951, section
// 3.1.1).
type bitWriter struct {
	out  []byte
	bits uint
	n    int
}

// low writes a number, its least significant bit first.
func (w *bitWriter) low(v uint, n int) {
	w.bits |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// high writes a code, its most significant bit first.
func (w *bitWriter) high(v uint, n int) {
	for i := n - 1; i >= 0; i-- {
		w.low(v>>i&1, 1)
	}
}

func (w *bitWriter) bytes() []byte {
	if w.n > 0 {
		return append(w.out, byte(w.bits))
	}
	return w.out
}
