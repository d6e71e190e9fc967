package hold

import (
	"context"
	"crypto/ed25519"
	"log/slog"

	"cairn.example"
	"cairn.example/did"
)

// signer is the learner's key. It never shows itself in a log or a message.
type signer struct {
	private ed25519.PrivateKey
	did     cairn.DID
	keyID   cairn.KeyID
}

func newSigner(seed []byte) *signer {
	private := ed25519.NewKeyFromSeed(seed)
	d, id := did.KeyFromEd25519(private.Public().(ed25519.PublicKey))
	return &signer{private: private, did: d, keyID: id}
}

func (s *signer) KeyID() cairn.KeyID    { return s.keyID }
func (s *signer) Controller() cairn.DID { return s.did }

func (s *signer) PublicKey() ed25519.PublicKey {
	return s.private.Public().(ed25519.PublicKey)
}

func (s *signer) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return ed25519.Sign(s.private, message), nil
}

func (s *signer) String() string       { return "key of " + string(s.did) }
func (s *signer) GoString() string     { return s.String() }
func (s *signer) LogValue() slog.Value { return slog.StringValue(s.String()) }
