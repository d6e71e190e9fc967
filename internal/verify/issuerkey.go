package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/sdjwt"
)

// foundKey is a key that was found to be an issuer's.
type foundKey struct {
	key    *jose.PublicKey
	method did.Method // zero where nothing is said of the life of the key
	issuer string
	asOf   time.Time
	source string
	note   *Note // says by whom the issuer stands for it, when that is somebody else
}

// issuerKey finds the key of the issuer of an SD-JWT VC or a status list, in one of
// the ways of draft-ietf-oauth-sd-jwt-vc, section 2.5: by the document of a DID, by
// the certificates that the token brings, by the federation that an https issuer is
// in, where anchors are relied on, or else by what it publishes. Which one, the
// issuer and the token say; none stands in for another.
func (c *check) issuerKey(ctx context.Context, issuer, kid string, chain [][]byte) (k foundKey, outcome Outcome, code string, err error) {
	k.issuer = issuer
	switch {
	case strings.HasPrefix(issuer, "did:"):
		var r did.Resolution
		r, outcome, code, err = c.signer(ctx, cairn.DID(issuer))
		k.asOf, k.source = r.AsOf, r.Source
		if outcome != Yes {
			return k, outcome, code, err
		}
		if strings.HasPrefix(kid, "#") { // relative to the issuer
			kid = issuer + kid
		}
		if k.method, err = r.Document.Method(cairn.KeyID(kid), did.AssertionMethod); err == nil {
			k.key, err = k.method.JOSE()
		}
		if err != nil {
			return k, No, "proof.not-the-signers-key", err
		}
		return k, Yes, "", nil
	case len(chain) > 0:
		return c.certified(k, chain)
	case strings.HasPrefix(issuer, "https://"):
		if len(c.Federation.Anchors) > 0 {
			if found, outcome, code, err := c.inFederation(ctx, k, kid); !errors.Is(err, ErrNoMember) {
				return found, outcome, code, err
			}
		}
		return c.published(ctx, k, kid)
	}
	return k, Unknown, "proof.signer-kind", fmt.Errorf("%.100q is neither a decentralised identifier nor an https address", issuer)
}

// certified finds the key in certificates. They must lead to an authority that the
// operator relies on, and be the issuer's: its name or address is in the first.
func (c *check) certified(k foundKey, chain [][]byte) (foundKey, Outcome, string, error) {
	if len(c.Roots) == 0 {
		return k, Unknown, "proof.no-roots", errors.New("no authority for certificates is relied on here")
	}
	leaf, key, root, err := jose.VerifyChain(chain, c.Roots, c.now)
	if err != nil {
		return k, No, "proof.certificate", err
	}
	if k.issuer == "" {
		k.issuer = subject(leaf)
	}
	if !jose.Names(leaf, k.issuer) && subject(leaf) != k.issuer {
		return k, No, "proof.not-the-signers-key", errors.New("the certificate is not for the issuer that is named")
	}
	sum := sha256.Sum256(root.Raw)
	k.key, k.source = key, "certificate"
	k.note = &Note{Code: "note.certified", Args: map[string]string{"root": clean(root.Subject.String()), "fingerprint": hex.EncodeToString(sum[:])}}
	return k, Yes, "", nil
}

// subject is the name of an issuer that has no other: never one that could be taken
// for an address.
func subject(c *x509.Certificate) string { return "X.509 " + c.Subject.String() }

// published finds the key in what an https issuer publishes of itself (draft
// section 4).
func (c *check) published(ctx context.Context, k foundKey, kid string) (foundKey, Outcome, string, error) {
	at, err := sdjwt.IssuerMetadataURL(k.issuer)
	if err != nil {
		return k, Unknown, "proof.signer-kind", err
	}
	data, asOf, outcome, code, err := c.address(ctx, at)
	k.asOf, k.source = asOf, at
	if outcome != Yes {
		return k, outcome, code, err
	}
	m, err := sdjwt.ParseIssuerMetadata(data, k.issuer)
	if err != nil {
		// Whether it is a wrong answer or no answer, it says nothing of the signature.
		return k, Unknown, "proof.key-unavailable", err
	}
	keys := m.Keys
	if m.KeysURL != "" {
		if data, k.asOf, outcome, code, err = c.address(ctx, m.KeysURL); outcome != Yes {
			return k, outcome, code, err
		}
		if keys, err = jose.ParseKeySet(data); err != nil {
			return k, Unknown, "proof.key-unavailable", err
		}
	}
	if k.key, err = keys.Find(kid); err != nil {
		return k, No, "proof.not-the-signers-key", err
	}
	return k, Yes, "", nil
}
