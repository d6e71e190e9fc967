package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"cairn.example"
	"cairn.example/bake"
	"cairn.example/internal/paper"
	"cairn.example/internal/verify"
)

// unwrap opens a file. Pictures and PDF documents cost much memory and time, far
// beyond their size, so only a few are opened at once.
func (v *visit) unwrap(b []byte) ([]byte, error) {
	if !verify.IsEnvelope(b) { // whose last bytes can look like blanks
		b = bytes.TrimSpace(b)
	}
	kind := http.DetectContentType(b)
	if strings.HasPrefix(kind, "image/") || kind == "application/pdf" || bake.Is(b) {
		if err := v.site.opening.enter(v.r.Context(), v.asks); err != nil {
			return nil, err
		}
		defer v.site.opening.exit(v.asks)
	}
	return unwrap(b)
}

// unwrap takes a document out of what carries it: a PDF document, a picture with a
// credential inside or of a QR code, or nothing.
func unwrap(b []byte) ([]byte, error) {
	u, err := paper.Unwrap(b)
	if err == nil {
		return u.Payload, nil
	}
	// A file that we can't open is the sender's matter, whatever the reason.
	var e *cairn.Error
	if errors.As(err, &e) && e.Kind != cairn.Internal && e.Kind != cairn.Unavailable {
		return nil, err
	}
	return nil, &cairn.Error{Kind: cairn.Invalid, Code: "web.not-a-credential", Message: "there is no credential in this", Err: err}
}
