package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/jose"
	"cairn.example/sdjwt"
	"cairn.example/strictjson"
)

// writeTokens is the command "tokens" of the scripts. It writes SD-JWT VCs of today
// of an issuer that is known by a certificate, and of one in a federation, which it
// serves; the authority, the anchor, a trust list and a bundle; and sets OPERATOR to
// whom these are by.
func writeTokens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: tokens")
	}
	now := time.Now().UTC().Truncate(time.Second)
	site, err := newFederation(now)
	ts.Check(err)
	ts.Defer(site.server.Close)
	files, operator, err := tokens(now, site)
	ts.Check(err)
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("localhost.pem"))
	for name, data := range files {
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o600))
	}
	ts.Setenv("OPERATOR", operator)
}

func seconds(at time.Time) json.Number { return json.Number(fmt.Sprint(at.Unix())) }

// byKey signs as a did:key identifier.
type byKey struct{ key ed25519.PrivateKey }

func (b byKey) names() (cairn.DID, cairn.KeyID) {
	return did.KeyFromEd25519(b.key.Public().(ed25519.PublicKey))
}
func (b byKey) Controller() cairn.DID        { d, _ := b.names(); return d }
func (b byKey) KeyID() cairn.KeyID           { _, k := b.names(); return k }
func (b byKey) PublicKey() ed25519.PublicKey { return b.key.Public().(ed25519.PublicKey) }
func (b byKey) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(b.key, m), nil
}

const tokenIssuer = "https://college.example/issuers/7"

func tokens(now time.Time, site *federated) (map[string][]byte, string, error) {
	out := map[string][]byte{}
	out["localhost.pem"], out["anchors.json"], out["others.json"] = site.certificate, site.anchors, site.others
	root, rootKey, err := certified(now, "National Root", nil, nil)
	if err != nil {
		return nil, "", err
	}
	other, _, err := certified(now, "Somebody", nil, nil)
	if err != nil {
		return nil, "", err
	}
	leaf, leafKey, err := certified(now, "College", root, rootKey)
	if err != nil {
		return nil, "", err
	}
	text := func(certificates ...*x509.Certificate) []byte {
		var b bytes.Buffer
		for _, c := range certificates {
			fmt.Fprintf(&b, "# %s\n", c.Subject)
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		}
		return b.Bytes()
	}
	out["roots.pem"], out["others.pem"], out["leaf.pem"] = text(other, root), text(other), text(root, leaf)
	out["damaged.pem"] = bytes.Replace(text(other, root), []byte("# CN=National Root\n-----BEGIN CERTIFICATE-----\nM"), []byte("-----BEGIN CERTIFICATE-----\n!"), 1)

	signer, err := jose.NewPrivateKey(leafKey, "")
	if err != nil {
		return nil, "", err
	}
	certifiedIssuer := jose.Header{Type: sdjwt.VCType, Chain: [][]byte{leaf.Raw}}
	for name, c := range map[string]struct {
		claims map[string]any
		issuer string
		header jose.Header
		signer jose.Signer
	}{
		"award.txt": {map[string]any{"given_name": "Amina"}, tokenIssuer, certifiedIssuer, signer},
		"hostile.txt": {map[string]any{
			"given_name": "Amina", "Issuer": "Ministry of Education", "x\nVALID\n  issuer   yes     ": "forged", "cou\u202erse": "turned", "cou\u200drse": "joined",
			"colour": "\x1b[31mred\x1b[0m\nVALID", "name_ar": "\u202eأمينة\u2066", "<script>alert(1)</script>": "<b>", "": "nameless",
			"nested": map[string]any{"a\u202eb": []any{"c\u2066d", json.Number("1")}, "_": "x"},
		}, tokenIssuer, certifiedIssuer, signer},
		"federated.txt": {map[string]any{"given_name": "Amina"}, site.college, jose.Header{Type: sdjwt.VCType, KeyID: "vc"}, site.signer},
	} {
		maps.Copy(c.claims, map[string]any{"vct": "https://types.example/course/1", "iss": c.issuer, "iat": seconds(now.Add(-time.Hour)), "course": "Soil", "grade": "B"})
		whole, err := sdjwt.Issue(context.Background(), c.claims, sdjwt.Options{Header: c.header, Selective: []sdjwt.Path{{"course"}, {"grade"}}, Rand: rand.Reader}, c.signer)
		if err != nil {
			return nil, "", err
		}
		token, err := sdjwt.Parse(whole)
		if err != nil {
			return nil, "", err
		}
		part, err := token.Present([]sdjwt.Path{{"course"}})
		if err != nil {
			return nil, "", err
		}
		out[name] = []byte(part + "\n")
	}

	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	operator := byKey{key}
	from, err := cairn.ParsePartialDate("2024-01-01")
	if err != nil {
		return nil, "", err
	}
	list := trust.List{ID: "https://ministry.example/list", Version: 1, Operator: operator.Controller(), Name: cairn.Text{"en": "National list"},
		Issuers: []trust.Issuer{{DID: tokenIssuer, Name: cairn.Text{"en": "Lakeside College"}, Scopes: []trust.Scope{{From: from, Authority: "Order 17"}}},
			{DID: cairn.DID(site.college), Name: cairn.Text{"en": "Hill College"}, Scopes: []trust.Scope{{From: from, Authority: "Order 18"}}}}}
	publish := func(doc map[string]any, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		signed, err := dataintegrity.Sign(context.Background(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: now.Add(-time.Hour)}, operator)
		if err != nil {
			return nil, err
		}
		return jcs.Marshal(signed)
	}
	if out["list.json"], err = publish(list.Document(now.Add(-time.Hour), now.Add(time.Hour))); err != nil {
		return nil, "", err
	}
	tree, err := strictjson.ParseObject(out["list.json"], strictjson.Transcript)
	if err != nil {
		return nil, "", err
	}
	b := trust.Bundle{ID: "https://ministry.example/bundle", Operator: operator.Controller(), Lists: []any{tree}, Keys: []trust.BundleKeys{}, Status: []trust.BundleStatus{}}
	out["bundle.json"], err = publish(b.Document(now.Add(-time.Hour), now.Add(time.Hour)))
	return out, string(operator.Controller()), err
}

// certified makes a certificate: of an authority, or by one, of the issuer.
func certified(now time.Time, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(24 * time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	if by == nil {
		by, byKey = template, key
	} else {
		address, err := url.Parse(tokenIssuer)
		if err != nil {
			return nil, nil, err
		}
		template.IsCA, template.KeyUsage, template.URIs = false, x509.KeyUsageDigitalSignature, []*url.URL{address}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, byKey)
	if err != nil {
		return nil, nil, err
	}
	c, err := x509.ParseCertificate(der)
	return c, key, err
}
