package hold

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/vc"
)

// PresentRequest says what to show, and to whom.
type PresentRequest struct {
	// Credentials name the entries to show, as Show takes them: only these, and
	// at least one.
	Credentials []string
	// Challenge is what the verifier asked to have signed. It makes the
	// presentation good for one use.
	Challenge string
	// Domain names the verifier. It makes the presentation useless to others.
	Domain string
	// Now is the time of the signature; the wallet's clock when zero.
	Now time.Time
	// AllowOthers also shows credentials about somebody else, such as a child's,
	// or one that names an earlier key of the learner. A verifier will not take
	// them as the holder's own.
	AllowOthers bool
}

// Present returns a VerifiablePresentation of the named credentials, signed with
// the learner's key for this challenge and this domain only, in canonical JSON.
// Credentials that name nobody are shown as they are: they belong to whoever
// has them.
func (w *Wallet) Present(ctx context.Context, r PresentRequest) ([]byte, error) {
	entries, err := w.chosen(r)
	if err != nil {
		return nil, err
	}
	if r.Now.IsZero() {
		r.Now = w.options.Now()
	}
	id, err := newURN(w.options.Random)
	if err != nil {
		return nil, err
	}
	credentials := make([]any, len(entries))
	for i, e := range entries {
		d, err := vc.Parse(e.Document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name(e), err)
		}
		credentials[i] = d.Tree()
	}
	signed, err := dataintegrity.Sign(ctx, map[string]any{
		"@context":             []any{vc.ContextV2},
		"id":                   id,
		"type":                 []any{"VerifiablePresentation"},
		"holder":               string(w.signer.did),
		"verifiableCredential": credentials,
	}, dataintegrity.Options{Purpose: did.Authentication, Created: r.Now, Challenge: r.Challenge, Domain: r.Domain}, w.signer)
	if err != nil {
		return nil, fmt.Errorf("signing the presentation: %w", err)
	}
	return jcs.Marshal(signed)
}

func (w *Wallet) chosen(r PresentRequest) ([]Entry, error) {
	for _, f := range []struct{ field, value string }{{"challenge", r.Challenge}, {"domain", r.Domain}} {
		switch {
		case strings.TrimSpace(f.value) == "":
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.present-" + f.field, Field: f.field, Message: "the " + f.field + " is missing",
				Hint: "the one who asks for the credentials gives it; without it a presentation could be used again by others"}
		case len(f.value) > maxNonce:
			return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.present-" + f.field, Field: f.field,
				Message: fmt.Sprintf("the %s has more than %d bytes", f.field, maxNonce)}
		}
	}
	if len(r.Credentials) == 0 {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.present-nothing", Field: "credentials", Message: "no credential was chosen"}
	}
	if len(r.Credentials) > maxPresented {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.present-many", Field: "credentials",
			Message: fmt.Sprintf("at most %d credentials fit in one presentation", maxPresented)}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return nil, err
	}
	var entries []Entry
	seen := map[int]bool{}
	for _, ref := range r.Credentials {
		i, err := w.find(ref)
		if err != nil {
			return nil, err
		}
		if seen[i] {
			continue
		}
		seen[i] = true
		e := w.state.Entries[i]
		if e.Subject != "" && e.Subject != string(w.signer.did) && !r.AllowOthers {
			return nil, &cairn.Error{Kind: cairn.Denied, Code: "wallet.not-yours", Object: name(e),
				Message: "this credential is about " + e.Subject + ", which is not the key of this wallet",
				Hint:    "leave it out, or say that it may be shown although it is not about you"}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// newURN returns a random urn:uuid (RFC 9562, version 4).
func newURN(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.random", Message: "the source of randomness failed", Err: err}
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
