package jose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/jose"
)

var certTime = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func certify(t *testing.T, by *authority, ca bool, change func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "c"}, NotBefore: certTime.AddDate(-1, 0, 0),
		NotAfter: certTime.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: ca}
	if ca {
		template.KeyUsage, template.Subject.CommonName = x509.KeyUsageCertSign, "authority "+template.SerialNumber.String()
	}
	if change != nil {
		change(template)
	}
	signer, parent := key, template
	if by != nil {
		signer, parent = by.key, by.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key, cert}
}

func TestVerifyChain(t *testing.T) {
	root := certify(t, nil, true, nil)
	between := certify(t, root, true, nil)
	leaf := certify(t, between, false, func(c *x509.Certificate) {
		c.DNSNames = []string{"college.example"}
		c.URIs = []*url.URL{{Scheme: "https", Host: "college.example", Path: "/issuer"}}
	})
	stranger := certify(t, nil, true, nil)
	authorityLeaf := certify(t, root, true, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature })
	noSigning := certify(t, root, false, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement })
	selfSigned := certify(t, nil, false, nil)

	chain := [][]byte{leaf.cert.Raw, between.cert.Raw}
	cert, key, found, err := jose.VerifyChain(chain, []*x509.Certificate{stranger.cert, root.cert}, certTime)
	if err != nil || !key.Crypto().(*ecdsa.PublicKey).Equal(&leaf.key.PublicKey) || !found.Equal(root.cert) {
		t.Fatalf("%v", err)
	}
	for issuer, want := range map[string]bool{"https://college.example/issuer": true, "https://college.example": true, "https://college.example/other": true,
		"http://college.example": false, "https://college.example.evil": false, "college.example": false, "https://x@college.example": false, "": false} {
		if jose.Names(cert, issuer) != want {
			t.Errorf("the certificate names %q: %v", issuer, !want)
		}
	}
	// The chain travels through a token.
	k, err := jose.NewPrivateKey(leaf.key, "")
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jose.Sign(t.Context(), jose.Header{Type: "dc+sd-jwt", Chain: chain}, []byte("{}"), k)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Parse(compact, jose.MaxToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, key, _, err = jose.VerifyChain(token.Header.Chain, []*x509.Certificate{root.cert}, certTime); err != nil || token.Verify(key, jose.Policy{Types: []string{"dc+sd-jwt"}}) != nil {
		t.Errorf("%v", err)
	}

	many := make([][]byte, 7)
	for i := range many {
		many[i] = leaf.cert.Raw
	}
	for _, c := range []struct {
		name  string
		chain [][]byte
		roots []*x509.Certificate
		at    time.Time
		code  string
	}{
		{"J07 another root", chain, []*x509.Certificate{stranger.cert}, certTime, "jose.chain-untrusted"},
		{"no roots", chain, nil, certTime, "jose.chain-untrusted"},
		{"ended", chain, []*x509.Certificate{root.cert}, certTime.AddDate(2, 0, 0), "jose.chain-untrusted"},
		{"not yet", chain, []*x509.Certificate{root.cert}, certTime.AddDate(-2, 0, 0), "jose.chain-untrusted"},
		{"a link is missing", chain[:1], []*x509.Certificate{root.cert}, certTime, "jose.chain-untrusted"},
		{"wrong order", [][]byte{between.cert.Raw, leaf.cert.Raw}, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"another's link", [][]byte{leaf.cert.Raw, stranger.cert.Raw}, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"an authority signs", [][]byte{authorityLeaf.cert.Raw}, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"not for signing", [][]byte{noSigning.cert.Raw}, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"certified by itself", [][]byte{selfSigned.cert.Raw}, []*x509.Certificate{root.cert}, certTime, "jose.chain-untrusted"},
		{"empty", nil, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"too many", many, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"not a certificate", [][]byte{{1, 2, 3}}, []*x509.Certificate{root.cert}, certTime, "jose.chain"},
		{"too large", [][]byte{make([]byte, 9000)}, []*x509.Certificate{root.cert}, certTime, "jose.too-large"},
	} {
		if _, _, _, err := jose.VerifyChain(c.chain, c.roots, c.at); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}
