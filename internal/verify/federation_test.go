package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/federation"
	"cairn.example/internal/fetch"
	"cairn.example/internal/verify"
	"cairn.example/jose"
)

// statement writes what one entity says of another.
func statement(t testing.TB, iss, sub string, by, subject party, more map[string]any) [2]string {
	t.Helper()
	kid := func(p party) *jose.PrivateKey {
		k, err := jose.NewPrivateKey(p.private, string(p.KeyID()))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	claims := map[string]any{"iss": iss, "sub": sub, "iat": json.Number(fmt.Sprint(today.Add(-time.Hour).Unix())), "exp": json.Number(fmt.Sprint(today.Add(time.Hour).Unix())),
		"jwks": map[string]any{"keys": []any{kid(subject).PublicKey().Tree()}}}
	for k, v := range more {
		claims[k] = v
	}
	text, err := jose.Sign(t.Context(), jose.Header{Type: "entity-statement+jwt", KeyID: string(by.KeyID())}, write(t, claims), kid(by))
	if err != nil {
		t.Fatal(err)
	}
	return [2]string{"application/entity-statement+jwt", text}
}

// The keys of an issuer come from a federation, over the network, and nobody is
// asked more often than the caller allows.
func TestFederationKeys(t *testing.T) {
	site := pages{}
	base := "https://" + site.open(t)
	issuer, anchor := base+"/college", base+"/ministry"
	vcKey, err := jose.NewPublicKey(amina.PublicKey(), "vc-1")
	if err != nil {
		t.Fatal(err)
	}
	own := statement(t, issuer, issuer, college, college, map[string]any{"authority_hints": []any{anchor},
		"metadata": map[string]any{federation.CredentialIssuer: map[string]any{"jwks": map[string]any{"keys": []any{vcKey.Tree()}}}}})
	anchors := statement(t, anchor, anchor, ministry, ministry, map[string]any{"metadata": map[string]any{"federation_entity": map[string]any{"federation_fetch_endpoint": anchor + "/fetch"}}})
	about := statement(t, anchor, issuer, ministry, college, nil)
	trusted, err := jose.NewPublicKey(ministry.PublicKey(), string(ministry.KeyID()))
	if err != nil {
		t.Fatal(err)
	}
	f := verify.Federation{Client: fetch.New(fetch.Options{Loopback: true, Now: func() time.Time { return today }}), Anchors: []federation.Anchor{{ID: anchor, Keys: jose.KeySet{trusted}}}}
	limit := errors.New("no more")
	for _, c := range []struct {
		name      string
		about     [2]string
		allowed   int
		anchorsOf verify.Federation
		code      string
		kind      cairn.Kind
	}{
		{"good", about, 3, f, "", ""},
		{"no more than two", about, 2, f, "", cairn.Unavailable},
		{"by another key", statement(t, anchor, issuer, stranger, college, nil), 3, f, "federation.key", cairn.Invalid},
		{"a page", [2]string{"text/html", about[1]}, 3, f, "fetch.failed", cairn.Unavailable},
		{"no anchors", about, 9, verify.Federation{Client: f.Client}, "federation.no-anchor", cairn.Unavailable},
		{"no network", about, 9, verify.Federation{Anchors: f.Anchors}, "fetch.offline", cairn.Unavailable},
	} {
		clear(site)
		site["/college/.well-known/openid-federation"], site["/ministry/.well-known/openid-federation"] = own, anchors
		site["/ministry/fetch"] = c.about
		asked := 0
		keys, r, err := c.anchorsOf.Keys(t.Context(), issuer, today, func(context.Context) error {
			if asked++; asked > c.allowed {
				return limit
			}
			return nil
		})
		if c.kind == "" {
			if err != nil || len(keys) != 1 || !keys[0].Equal(vcKey) || r.Anchor != anchor || !r.Expires.Equal(today.Add(time.Hour)) || asked != 3 {
				t.Errorf("%s: %v, %+v, %v, asked %d times", c.name, keys, r, err, asked)
			}
			continue
		}
		if keys != nil || cairn.KindOf(err) != c.kind || c.code != "" && cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v (%s)", c.name, err, cairn.KindOf(err))
		}
		if c.allowed == 2 && !errors.Is(err, limit) {
			t.Errorf("%s: the reason is lost: %v", c.name, err)
		}
	}
}
