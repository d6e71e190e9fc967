package jose_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/jose"
)

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestParseRoots(t *testing.T) {
	a, b := certify(t, nil, true, nil), certify(t, nil, true, func(c *x509.Certificate) { c.KeyUsage = 0 })
	one, two := pemOf("CERTIFICATE", a.cert.Raw), pemOf("CERTIFICATE", b.cert.Raw)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, data := range map[string][]byte{
		"two":                 join(one, two),
		"with words":          join([]byte("# Root of the ministry\n\n"), one, []byte("\n# and another\n"), two, []byte("the end\n")),
		"with ends of MS-DOS": bytes.ReplaceAll(join(one, two), []byte("\n"), []byte("\r\n")),
	} {
		roots, err := jose.ParseRoots(data)
		if err != nil || len(roots) != 2 || !roots[0].Equal(a.cert) || !roots[1].Equal(b.cert) {
			t.Errorf("%s: %d, %v", name, len(roots), err)
		}
	}
	leaf := certify(t, a, false, nil)
	noCertifying := certify(t, nil, true, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature })
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, code, field string
		data              []byte
	}{
		{"nothing", "jose.roots", "", nil},
		{"DER", "jose.roots", "", a.cert.Raw},
		{"no authority", "jose.roots", "certificate 2", join(one, pemOf("CERTIFICATE", leaf.cert.Raw))},
		{"an authority that may not certify", "jose.roots", "certificate 1", join(pemOf("CERTIFICATE", noCertifying.cert.Raw), one)},
		{"a secret key", "jose.roots", "certificate 2", join(one, pemOf("PRIVATE KEY", key))},
		{"no certificate inside", "jose.roots", "certificate 2", join(one, pemOf("CERTIFICATE", []byte{1, 2, 3}))},
		{"cut off", "jose.roots", "", join(one, two[:len(two)-30])},
		{"damaged in the middle", "jose.roots", "", join(one, bytes.Replace(two, []byte("\nMII"), []byte("\n!II"), 1), one)},
		{"too many", "jose.roots", "certificate 501", bytes.Repeat(one, 501)},
		{"too large", "jose.too-large", "roots", bytes.Repeat([]byte("x"), 2<<20+1)},
	} {
		roots, err := jose.ParseRoots(c.data)
		var e *cairn.Error
		if cairn.CodeOf(err) != c.code || roots != nil {
			t.Errorf("%s: %d certificates, %v", c.name, len(roots), err)
		} else if e, _ = err.(*cairn.Error); e.Field != c.field {
			t.Errorf("%s: the error is about %q, not %q", c.name, e.Field, c.field)
		}
	}
	if _, err := jose.ParseRoots(join(one, pemOf("PRIVATE KEY", key))); err == nil || strings.Contains(err.Error(), string(pemOf("PRIVATE KEY", key)[30:60])) {
		t.Errorf("a secret is in the error: %v", err)
	}
}

func FuzzParseRoots(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----BEGIN "))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		roots, err := jose.ParseRoots(data)
		if (err == nil) != (len(roots) > 0) {
			t.Errorf("%d authorities, %v", len(roots), err)
		}
		for _, r := range roots {
			if !r.IsCA {
				t.Errorf("%s is no authority", r.Subject)
			}
		}
	}))
}
