package verify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
)

// KeyMemory remembers the keys of issuers whose keys stand at an address (did:web,
// https):
// whoever gets the domain later can put other keys there, and nothing in a signature
// of theirs would show it. Keys is nil for an identifier that is not remembered.
//
// The engine remembers only keys of a document with which a signature was verified,
// so nobody fills the memory who has not signed something for it.
type KeyMemory interface {
	Keys(ctx context.Context, d cairn.DID) (map[cairn.KeyID]string, error)
	Remember(ctx context.Context, d cairn.DID, keys map[cairn.KeyID]string, at time.Time) error
}

var errKeysChanged = errors.New("these are not the keys that were there when something of this signer was checked before")

// Prints are the fingerprints of the keys in a document, by their names. Keys
// without a form that we know are left out.
func Prints(doc *did.Document) map[cairn.KeyID]string {
	out := map[cairn.KeyID]string{}
	for _, m := range doc.Methods {
		switch {
		case m.BBS != nil:
			sum := sha256.Sum256(m.BBS.Bytes())
			out[m.ID] = "bbs:" + base64.RawURLEncoding.EncodeToString(sum[:])
		default:
			if k, err := m.JOSE(); err == nil && k != nil {
				out[m.ID] = k.Thumbprint()
			}
		}
	}
	return out
}

// remembered says whether the keys of a signer are those that are remembered. A name
// with another key is a conflict, and so is a document with none of the keys that
// were there: who adds a key, or takes one of several out, keeps one.
func (c *check) remembered(ctx context.Context, d cairn.DID, r did.Resolution) (Outcome, string, error) {
	if c.Memory == nil || did.MethodName(d) != "web" && did.MethodName(d) != "https" || !strings.HasPrefix(r.Source, "https://") {
		return Yes, "", nil
	}
	known, err := c.Memory.Keys(ctx, d)
	if err != nil {
		return Unknown, "proof.key-unavailable", err
	}
	now := Prints(r.Document)
	kept := len(known) == 0
	for id, print := range known {
		if other, there := now[id]; there && other != print {
			return Unknown, "proof.keys-changed", errKeysChanged
		}
		for _, other := range now {
			kept = kept || other == print
		}
	}
	if !kept {
		return Unknown, "proof.keys-changed", errKeysChanged
	}
	c.fresh[d] = now
	return Yes, "", nil
}

// remember keeps the keys of the signers of what was verified, and of what is in it.
func (c *check) remember(ctx context.Context, r *Report) {
	for i := range r.Credentials {
		c.remember(ctx, &r.Credentials[i])
	}
	for _, f := range r.Findings {
		keys, ok := c.fresh[cairn.DID(f.Args["signer"])]
		if f.Axis != AxisProof || f.Code != "proof.good" || !ok || len(keys) == 0 {
			continue
		}
		if err := c.Memory.Remember(ctx, cairn.DID(f.Args["signer"]), keys, c.now); err != nil {
			// What can't be remembered makes nothing less true.
			r.Notes = append(r.Notes, Note{Code: "note.keys-not-remembered", Args: map[string]string{"signer": f.Args["signer"], "reason": err.Error()}})
		}
	}
}
