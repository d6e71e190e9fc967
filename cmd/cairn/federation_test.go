package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"cairn.example/federation"
	"cairn.example/jcs"
	"cairn.example/jose"
)

// federated is a site of this machine with a college in the federation of a ministry.
type federated struct {
	server      *httptest.Server
	college     string // address
	signer      jose.Signer
	certificate []byte // of the site, in PEM
	anchors     []byte // the file that relies on the ministry
	others      []byte // one that relies on somebody else in its name
}

func newFederation(now time.Time) (*federated, error) {
	f, pages := &federated{}, map[string]string{}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	f.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/entity-statement+jwt")
		w.Write([]byte(page))
	}))
	f.server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	f.server.StartTLS()
	_, port, _ := strings.Cut(strings.TrimPrefix(f.server.URL, "https://"), ":")
	base := "https://localhost:" + port
	f.college = base + "/college"
	ministry := base + "/ministry"

	keys := map[string]*jose.PrivateKey{}
	sets := map[string]any{}
	for _, kid := range []string{"college", "vc", "ministry", "other"} {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		if keys[kid], err = jose.NewPrivateKey(k, kid); err != nil {
			return nil, err
		}
		sets[kid] = map[string]any{"keys": []any{keys[kid].PublicKey().Tree()}}
	}
	f.signer = keys["vc"]
	for path, s := range map[string]struct {
		iss, sub, by, keys string
		more               map[string]any
	}{
		"/college/.well-known/openid-federation": {f.college, f.college, "college", "college", map[string]any{"authority_hints": []any{ministry},
			"metadata": map[string]any{federation.CredentialIssuer: map[string]any{"jwks": sets["vc"]}}}},
		"/ministry/.well-known/openid-federation": {ministry, ministry, "ministry", "ministry",
			map[string]any{"metadata": map[string]any{"federation_entity": map[string]any{"federation_fetch_endpoint": ministry + "/fetch"}}}},
		"/ministry/fetch": {ministry, f.college, "ministry", "college", nil},
	} {
		claims := map[string]any{"iss": s.iss, "sub": s.sub, "iat": seconds(now.Add(-time.Hour)), "exp": seconds(now.Add(time.Hour)), "jwks": sets[s.keys]}
		for k, v := range s.more {
			claims[k] = v
		}
		payload, err := jcs.Marshal(claims)
		if err != nil {
			return nil, err
		}
		if pages[path], err = jose.Sign(context.Background(), jose.Header{Type: "entity-statement+jwt", KeyID: s.by}, payload, keys[s.by]); err != nil {
			return nil, err
		}
	}
	file := func(set any) ([]byte, error) {
		b, err := jcs.Marshal(map[string]any{"id": ministry, "jwks": set})
		return []byte("[" + string(b) + "]"), err
	}
	if f.anchors, err = file(sets["ministry"]); err == nil {
		f.others, err = file(sets["other"])
	}
	return f, err
}
