package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/fetch"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/openbadges"
	"cairn.example/strictjson"
	"cairn.example/vcjwt"
)

// localhost is the certificate of the sites in these tests. The engine fetches from
// them as from any other, over TLS.
var localhost tls.Certificate

// TestMain makes the certificate one that this process relies on.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cairn-verify")
	if err != nil {
		log.Fatal(err)
	}
	if localhost, err = relyOn(dir); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	if code == 0 && wholeRun() && observed.complain(os.Stderr) {
		code = 1
	}
	if err := os.RemoveAll(dir); err != nil {
		log.Print(err)
	}
	os.Exit(code)
}

func relyOn(dir string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	file := filepath.Join(dir, "localhost.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, os.Setenv("SSL_CERT_FILE", file)
}

// pages is a site: what is at each path, as a type and a text.
type pages map[string][2]string

// open starts the site and returns its host with the port.
func (p pages) open(t testing.TB) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := p[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", page[0])
		fmt.Fprint(w, page[1])
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{localhost}}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	return "localhost:" + port
}

// online is an engine that asks the network, and has the status list of the college.
func online() engine {
	now := func() time.Time { return today }
	e := newWorld().engine()
	e.Resolver = verify.Online{Client: fetch.New(fetch.Options{Loopback: true, Now: now}), Now: now}
	return e
}

// issued is a credential by an identifier, signed by a key of it.
func issued(t testing.TB, by cairn.DID, key string, p party) []byte {
	t.Helper()
	doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
	doc["issuer"].(map[string]any)["id"] = string(by)
	signed, err := dataintegrity.Sign(t.Context(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, named{p, by, cairn.KeyID(key)})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, signed)
}

// named is a party under another name.
type named struct {
	party
	id  cairn.DID
	key cairn.KeyID
}

func (n named) Controller() cairn.DID { return n.id }
func (n named) KeyID() cairn.KeyID    { return n.key }

// keysOf writes the document of an identifier with one key.
func keysOf(id cairn.DID, p party) map[string]any {
	return map[string]any{"@context": "https://www.w3.org/ns/cid/v1", "id": string(id), "assertionMethod": []any{string(id) + "#1"},
		"verificationMethod": []any{map[string]any{"id": string(id) + "#1", "type": "Multikey", "controller": string(id), "publicKeyMultibase": did.EncodeMultikey(p.PublicKey())}}}
}

// The issuer is an address, whose document has the keys (CID 1.0).
func TestIssuerIsAnAddress(t *testing.T) {
	site := pages{}
	host := site.open(t)
	id := cairn.DID("https://" + host + "/issuers/14")
	other := cairn.DID("https://" + host + "/issuers/15")
	page := func(id cairn.DID) [2]string {
		return [2]string{"application/cid", string(write(t, keysOf(id, college)))}
	}
	for _, c := range []struct {
		name    string
		page    [2]string
		key     string
		signer  party
		outcome verify.Outcome
		code    string
	}{
		{"good", page(id), string(id) + "#1", college, verify.Yes, "proof.good"},
		{"signed by somebody else", page(id), string(id) + "#1", stranger, verify.No, "proof.signature"},
		{"with a key that is not there", page(id), string(id) + "#2", college, verify.No, "proof.not-the-signers-key"},
		{"with the key of another address", page(id), string(other) + "#1", college, verify.No, "proof.not-the-signers-key"},
		{"with a key of its own", page(id), string(stranger.KeyID()), stranger, verify.No, "proof.not-the-signers-key"},
		{"document of another", page(other), string(id) + "#1", college, verify.No, "proof.key-unusable"},
		{"a page", [2]string{"text/html", "<p>"}, string(id) + "#1", college, verify.Unknown, "proof.key-unavailable"},
		{"something else", [2]string{"application/json", "{}"}, string(id) + "#1", college, verify.Unknown, "proof.key-unavailable"},
	} {
		site["/issuers/14"], site["/issuers/15"] = c.page, page(other)
		r := online().Verify(t.Context(), issued(t, id, c.key, c.signer), verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Outcome != c.outcome || f.Code != c.code {
			t.Errorf("%s: %+v, want %s", c.name, f, c.code)
		}
		if f := r.Finding(verify.AxisProof); c.outcome == verify.Yes && f.Source != string(id) {
			t.Errorf("the source is %s", f.Source)
		}
	}
	delete(site, "/issuers/14")
	if f := online().Verify(t.Context(), issued(t, id, string(id)+"#1", college), verify.Options{}).Finding(verify.AxisProof); f.Code != "proof.key-unavailable" {
		t.Errorf("nothing there: %+v", f)
	}
}

// Envelopes by an issuer that is an address, or has a history, are judged like
// documents with proofs.
func TestEnvelopesByTheseIssuers(t *testing.T) {
	site := pages{}
	host := site.open(t)
	address := cairn.DID("https://" + host + "/issuers/14")
	past, log, _ := history(t, host, college, nil)
	site["/issuers/14"] = [2]string{"application/cid", string(write(t, keysOf(address, college)))}
	site["/.well-known/did.jsonl"] = [2]string{"text/jsonl", log}
	for _, id := range []cairn.DID{address, past} {
		doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
		doc["issuer"].(map[string]any)["id"] = string(id)
		for _, form := range forms {
			for _, c := range []struct {
				signer  party
				key     string
				outcome verify.Outcome
				code    string
			}{
				{college, string(id) + "#1", verify.Yes, "proof.good"},
				{stranger, string(id) + "#1", verify.No, "proof.signature"},
				{college, string(id) + "#2", verify.No, "proof.not-the-signers-key"},
				{stranger, string(stranger.KeyID()), verify.No, "proof.not-the-signers-key"},
			} {
				r := online().Verify(t.Context(), seal(t, form, doc, named{c.signer, id, cairn.KeyID(c.key)}, vcjwt.Options{}), verify.Options{})
				if f := r.Finding(verify.AxisProof); f.Outcome != c.outcome || f.Code != c.code {
					t.Errorf("%s by %s with %s: %+v, want %s", form, id, c.key, f, c.code)
				}
			}
		}
	}
}

// A list of recognised issuers can name an address.
func TestAddressInList(t *testing.T) {
	site := pages{}
	id := cairn.DID("https://" + site.open(t) + "/issuers/14")
	site["/issuers/14"] = [2]string{"application/json", string(write(t, keysOf(id, college)))}
	w := newWorld()
	w.list.Issuers[0].DID = id
	e := w.engine()
	e.Resolver = online().Resolver
	want(t, e.Verify(t.Context(), issued(t, id, string(id)+"#1", college), verify.Options{}), verify.Valid, verify.AxisIssuer, "issuer.recognised")
}

func entryHash(t testing.TB, v any) string {
	t.Helper()
	sum := sha256.Sum256(write(t, v.(map[string]any)))
	return base58.Encode(append([]byte{0x12, 0x20}, sum[:]...))
}

// A credential that was signed with a key which its issuer has exchanged since is
// not as if somebody else had signed it (K17).
func TestExchangedKey(t *testing.T) {
	site := pages{}
	id, log, _ := history(t, site.open(t), college, nil)
	old := issued(t, id, string(id)+"#1", college)
	first, err := strictjson.ParseObject([]byte(log), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	state, err := strictjson.ParseObject([]byte(strings.ReplaceAll(string(write(t, keysOf(id, stranger))), "#1", "#2")), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	entry := map[string]any{"versionId": first["versionId"], "versionTime": "2026-02-01T00:00:00Z", "parameters": map[string]any{}, "state": state}
	entry["versionId"] = "2-" + entryHash(t, entry)
	log += string(sign(t, entry, college, dataintegrity.Options{Cryptosuite: dataintegrity.EdDSAJCS2022})) + "\n"
	site["/.well-known/did.jsonl"] = [2]string{"text/jsonl", log}
	for _, c := range []struct {
		name    string
		data    []byte
		outcome verify.Outcome
		code    string
	}{
		{"with the key of before", old, verify.Unknown, "proof.key-revoked"},
		{"with the new key", issued(t, id, string(id)+"#2", stranger), verify.Yes, "proof.good"},
		{"with neither", issued(t, id, string(id)+"#1", amina), verify.No, "proof.signature"},
		{"with the old key under the new name", issued(t, id, string(id)+"#2", college), verify.No, "proof.signature"},
	} {
		if f := online().Verify(t.Context(), c.data, verify.Options{}).Finding(verify.AxisProof); f.Outcome != c.outcome || f.Code != c.code {
			t.Errorf("%s: %+v, want %s", c.name, f, c.code)
		}
	}
}

// history writes the log of a did:webvh of one entry, with the approvals of a
// witness when there is one.
func history(t testing.TB, host string, p party, witness *party) (id cairn.DID, log, approvals string) {
	t.Helper()
	hash := func(v any) string { return entryHash(t, v) }
	id = cairn.DID("did:webvh:{SCID}:" + strings.Replace(host, ":", "%3A", 1))
	params := map[string]any{"method": "did:webvh:1.0", "scid": "{SCID}", "updateKeys": []any{did.EncodeMultikey(p.PublicKey())}}
	if witness != nil {
		params["witness"] = map[string]any{"threshold": json.Number("1"), "witnesses": []any{map[string]any{"id": string(witness.Controller())}}}
	}
	entry := map[string]any{"versionId": "{SCID}", "versionTime": "2026-01-01T00:00:00Z", "parameters": params, "state": keysOf(id, p)}
	scid := hash(entry)
	id = cairn.DID(strings.Replace(string(id), "{SCID}", scid, 1))
	entry, err := strictjson.ParseObject(bytes.ReplaceAll(write(t, entry), []byte("{SCID}"), []byte(scid)), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	version := "1-" + hash(entry)
	entry["versionId"] = version
	o := dataintegrity.Options{Cryptosuite: dataintegrity.EdDSAJCS2022}
	if witness != nil {
		approvals = "[" + strings.Replace(string(sign(t, map[string]any{"versionId": version}, *witness, o)), `"proof":{`, `"proof":[{`, 1)
		approvals = strings.Replace(approvals, `},"versionId"`, `}],"versionId"`, 1) + "]"
	}
	return id, string(sign(t, entry, p, o)) + "\n", approvals
}

func TestIssuerWithHistory(t *testing.T) {
	site := pages{}
	host := site.open(t)
	plain, log, _ := history(t, host, college, nil)
	seen, witnessed, approvals := history(t, host, college, &amina)
	for _, c := range []struct {
		name                string
		id                  cairn.DID
		log, kind, approval string
		signer              party
		outcome             verify.Outcome
		code                string
	}{
		{"good", plain, log, "text/jsonl", "", college, verify.Yes, "proof.good"},
		{"signed by somebody else", plain, log, "application/octet-stream", "", stranger, verify.No, "proof.signature"},
		{"keys that were exchanged", plain, strings.ReplaceAll(log, did.EncodeMultikey(college.PublicKey()), did.EncodeMultikey(stranger.PublicKey())), "text/jsonl", "", stranger, verify.No, "proof.key-unusable"},
		{"log of another", plain, witnessed, "text/jsonl", approvals, college, verify.No, "proof.key-unusable"},
		{"a page", plain, "<p>", "text/html", "", college, verify.Unknown, "proof.key-unavailable"},
		{"another page", plain, "We will be back soon", "text/plain", "", college, verify.Unknown, "proof.key-unavailable"},
		{"witnessed", seen, witnessed, "text/jsonl", approvals, college, verify.Yes, "proof.good"},
		{"not witnessed", seen, witnessed, "text/jsonl", "[]", college, verify.No, "proof.key-unusable"},
		{"without the file of the witnesses", seen, witnessed, "text/jsonl", "", college, verify.Unknown, "proof.key-unavailable"},
	} {
		clear(site)
		site["/.well-known/did.jsonl"] = [2]string{c.kind, c.log}
		if c.approval != "" {
			site["/.well-known/did-witness.json"] = [2]string{"application/json", c.approval}
		}
		r := online().Verify(t.Context(), issued(t, c.id, string(c.id)+"#1", c.signer), verify.Options{})
		if f := r.Finding(verify.AxisProof); f.Outcome != c.outcome || f.Code != c.code {
			t.Errorf("%s: %+v, want %s", c.name, f, c.code)
		}
	}
}

// A history may take two questions, and counts as two whether it does or not.
func TestHistoriesAreBounded(t *testing.T) {
	var all [][]byte
	for i := range 33 {
		id := cairn.DID(fmt.Sprintf("did:webvh:QmRn7ioLQJnBx5BYXRtB7xVFEUtHj2BD2PkFi8CBZUPnQw:s%d.example", i))
		all = append(all, issued(t, id, string(id)+"#1", college))
	}
	e := newWorld().engine()
	e.Resolver = trust.KeyResolver()
	r := e.Verify(t.Context(), presentation(t, amina, dataintegrity.Options{Challenge: "c-1"}, all...), verify.Options{Challenge: "c-1"})
	want(t, r.Credentials[31], verify.Undetermined, verify.AxisProof, "proof.key-unavailable")
	want(t, r.Credentials[32], verify.Undetermined, verify.AxisProof, "proof.lookup-limit")
}
