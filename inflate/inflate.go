// Package inflate unpacks compressed data from outside, within a limit. A few
// bytes can stand for gigabytes of zeros, so nothing from outside is unpacked in
// another way.
package inflate

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"

	"cairn.example"
)

// Zlib unpacks one ZLIB stream (RFC 1950) that must fill data exactly, to at most
// limit bytes. It never holds more than about twice the limit. Codes:
// inflate.damaged, inflate.trailing and inflate.too-large.
func Zlib(data []byte, limit int) ([]byte, error) {
	in := bytes.NewReader(data)
	r, err := zlib.NewReader(in)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "inflate.damaged", Message: "this is not packed with zlib", Err: err}
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(out) > limit {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "inflate.too-large", Message: fmt.Sprintf("it unpacks to more than %d bytes", limit)}
	}
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "inflate.damaged", Message: "the packed data is damaged", Err: err}
	}
	// Reading to the end has also checked the checksum. Bytes behind it are in no
	// digest and no signature, so another reader might see something else there.
	if in.Len() != 0 {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "inflate.trailing", Message: "something follows the packed data"}
	}
	return out, nil
}

// Pack is the reverse, at the highest level. Other programs pack the same bytes in
// other ways, so packed forms are never compared.
func Pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
