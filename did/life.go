package did

import (
	"time"

	"cairn.example"
	"cairn.example/vc"
)

// InLife returns nil when a signature counts, as far as the life of its key goes
// (CID 1.0, section 2.2, expires and revoked). made is when the signer says it was
// made; where nothing says it, made is zero and the signature counts as made now.
//
// A key with an end can sign until then, and what it signed before stays good: the
// error is Invalid, with the code did.key-ended. A revoked key is another matter,
// since whoever stole it can write any time into a signature: from the time of the
// revocation on nobody can tell, whatever made says. That error is Unavailable,
// with the code did.key-revoked. A revocation to come changes nothing yet.
func (m Method) InLife(made, now time.Time) error {
	if made.IsZero() {
		made = now
	}
	if !m.Revoked.IsZero() && (!now.Before(m.Revoked) || !made.Before(m.Revoked)) {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "did.key-revoked", Object: string(m.ID), Message: "the key was revoked at " + vc.FormatTime(m.Revoked)}
	}
	if !m.Expires.IsZero() && !made.Before(m.Expires) {
		return bad("did.key-ended", string(m.ID), "the key ended at %s", vc.FormatTime(m.Expires))
	}
	return nil
}
