package web

import (
	"bytes"
	"errors"

	"cairn.example"
	"cairn.example/internal/paper"
)

// unwrap takes a document out of what carries it: a PDF document, a picture of a
// QR code, or nothing.
func unwrap(b []byte) ([]byte, error) {
	u, err := paper.Unwrap(bytes.TrimSpace(b))
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
