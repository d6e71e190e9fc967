// Package conformance serves the W3C VC-API to public test suites, and to nobody
// else. It signs whatever well-formed credential it is given, with keys that it
// made when it started and forgets when it stops, and its verifier answers a
// narrower question than the product's: is the proof good for the key that the
// proof itself names? The suites need that, since their documents are by issuers
// who do not control the keys. Who wants to know whether a credential is valid
// asks internal/verify, which this package does not touch.
//
// New makes a Server, which is an http.Handler; Certificate makes the certificate
// that the suites ask for. Nothing is stored and nothing is fetched.
package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jose"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

// maxBody bounds a request; the largest of the suites are some 20 KiB.
const maxBody = 1 << 20

// Server answers the suites. It is safe for concurrent use.
type Server struct {
	base    string
	random  io.Reader
	log     *slog.Logger
	now     cairn.Clock
	issuers []issuer
	mux     *http.ServeMux

	mu   sync.Mutex // guards list
	list *statuslist.List
}

// issuer is one way to sign, with a key of its own.
type issuer struct {
	name  string // in the address
	suite string
	curve string // for the configuration of the suites; empty for Ed25519 and BBS
	did   cairn.DID
	key   cairn.KeyID
	sign  jose.Signer
	bbs   *bbs.SecretKey
}

// New makes keys and returns a server that will be reached at base, such as
// https://127.0.0.1:8443. The log says why something was refused, which the suites
// do not print.
func New(base string, random io.Reader, now cairn.Clock, log *slog.Logger) (*Server, error) {
	s := &Server{base: base, random: random, log: log, now: now, mux: http.NewServeMux(), list: statuslist.New(statuslist.MinEntries)}
	for _, i := range []struct {
		name, suite, curve string
		alg                jose.Algorithm
	}{
		{"eddsa-rdfc-2022", dataintegrity.EdDSARDFC2022, "", jose.EdDSA},
		{"eddsa-jcs-2022", dataintegrity.EdDSAJCS2022, "", jose.EdDSA},
		{"ecdsa-rdfc-2019-p256", dataintegrity.ECDSARDFC2019, "P-256", jose.ES256},
		{"ecdsa-rdfc-2019-p384", dataintegrity.ECDSARDFC2019, "P-384", jose.ES384},
		{"ecdsa-sd-2023", dataintegrity.ECDSASD2023, "P-256", jose.ES256},
		{"ecdsa-jcs-2019-p256", dataintegrity.ECDSAJCS2019, "P-256", jose.ES256},
		{"ecdsa-jcs-2019-p384", dataintegrity.ECDSAJCS2019, "P-384", jose.ES384},
		{"status", dataintegrity.EdDSARDFC2022, "", jose.EdDSA},
	} {
		k, err := jose.GenerateKey(i.alg, "", random)
		if err != nil {
			return nil, err
		}
		d, id, err := did.KeyFromPublic(k.PublicKey())
		if err != nil {
			return nil, err
		}
		s.issuers = append(s.issuers, issuer{name: i.name, suite: i.suite, curve: i.curve, did: d, key: id, sign: k})
	}
	material := make([]byte, 32)
	if _, err := io.ReadFull(random, material); err != nil {
		return nil, err
	}
	secret, err := bbs.KeyGen(material, nil, "")
	if err != nil {
		return nil, err
	}
	d, id := did.KeyFromBBS(secret.Public())
	s.issuers = append(s.issuers, issuer{name: "bbs-2023", suite: dataintegrity.BBS2023, did: d, key: id, bbs: secret})
	s.mux.HandleFunc("POST /vc-api/{issuer}/credentials/issue", s.answer(s.issue))
	s.mux.HandleFunc("POST /vc-api/credentials/verify", s.answer(s.verifyCredential))
	s.mux.HandleFunc("POST /vc-api/presentations/verify", s.answer(s.verifyPresentation))
	s.mux.HandleFunc("POST /vc-api/credentials/derive", s.answer(s.derive))
	s.mux.HandleFunc("GET /status/1", s.answer(s.statusList))
	s.mux.HandleFunc("GET /1.0/identifiers/{did}", s.resolve)
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// reply is what a handler answers with when nothing is wrong.
type reply struct {
	status int
	body   any
}

// answer turns a handler into one of net/http: errors become problem details
// (RFC 9457). Whatever is wrong with what was sent is 400, as the suites ask.
func (s *Server) answer(handle func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		out, err := handle(r)
		if err != nil {
			status := http.StatusBadRequest
			switch cairn.KindOf(err) {
			case cairn.NotFound:
				status = http.StatusNotFound
			case cairn.Internal:
				status = http.StatusInternalServerError
			}
			s.log.Info("refused", "path", r.URL.Path, "code", cairn.CodeOf(err), "reason", err.Error())
			write(w, status, "application/problem+json", map[string]any{"type": "about:blank", "title": "not done", "status": status, "detail": err.Error(), "code": cairn.CodeOf(err)})
			return
		}
		write(w, out.status, "application/json", out.body)
	}
}

func write(w http.ResponseWriter, status int, mediaType string, body any) {
	b, err := json.Marshal(body)
	if err != nil { // trees of our own making
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b) // a suite that has gone away is nothing to tell anybody
}

func invalid(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// request reads a body, which must be a JSON object, and a member of it that must
// be one.
func request(r *http.Request, name string) (document, options map[string]any, err error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, &cairn.Error{Kind: cairn.TooLarge, Code: "conformance.body", Message: "the body can't be read", Err: err}
	}
	body, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return nil, nil, err
	}
	document, ok := body[name].(map[string]any)
	if !ok {
		return nil, nil, invalid("conformance.body", name, "%s must be an object", name)
	}
	if v, given := body["options"]; given {
		if options, ok = v.(map[string]any); !ok {
			return nil, nil, invalid("conformance.body", "options", "options must be an object")
		}
	}
	return document, options, nil
}

func (s *Server) issuer(name string) (issuer, error) {
	for _, i := range s.issuers {
		if i.name == name {
			return i, nil
		}
	}
	return issuer{}, &cairn.Error{Kind: cairn.NotFound, Code: "conformance.issuer", Object: name, Message: "there is no such issuer"}
}

// bbsSigner signs with a BBS key.
type bbsSigner struct{ issuer }

func (b bbsSigner) KeyID() cairn.KeyID        { return b.key }
func (b bbsSigner) PublicKey() *bbs.PublicKey { return b.bbs.Public() }
func (b bbsSigner) SignBBS(_ context.Context, header []byte, messages [][]byte) ([]byte, error) {
	return bbs.Sign(b.bbs, header, messages)
}

// statusList publishes the list that the issuer "status" writes into.
func (s *Server) statusList(r *http.Request) (reply, error) {
	i, err := s.issuer("status")
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	doc, err := statuslist.Credential(statuslist.Meta{ID: s.base + "/status/1", Issuer: string(i.did), Purpose: statuslist.Revocation, ValidFrom: s.now()}, s.list)
	if err != nil {
		return reply{}, err
	}
	signed, err := dataintegrity.SignWith(r.Context(), doc, dataintegrity.Options{Cryptosuite: i.suite, Purpose: did.AssertionMethod, Created: s.now()}, i.key, i.sign)
	return reply{http.StatusOK, signed}, err
}

// entry is a place in the list.
func (s *Server) entry() (map[string]any, error) {
	n, err := randomInt(s.random, statuslist.MinEntries)
	if err != nil {
		return nil, err
	}
	return statuslist.Entry{Purpose: statuslist.Revocation, Index: n, List: s.base + "/status/1"}.Tree(), nil
}

func randomInt(random io.Reader, below int64) (int, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return 0, err
	}
	return int(new(big.Int).Mod(new(big.Int).SetBytes(b), big.NewInt(below)).Int64()), nil
}

// resolve answers as the DID resolution suites ask: also an error has a document
// of the resolution.
func (s *Server) resolve(w http.ResponseWriter, r *http.Request) {
	const mediaType = `application/ld+json;profile="https://w3id.org/did-resolution"`
	doc, code := resolveKey(r.PathValue("did"))
	metadata := map[string]any{"contentType": "application/did+ld+json"}
	status := http.StatusOK
	if code != "" {
		metadata, status = map[string]any{"error": code}, http.StatusBadRequest
	}
	write(w, status, mediaType, map[string]any{"@context": "https://w3id.org/did-resolution/v1", "didDocument": doc, "didDocumentMetadata": map[string]any{}, "didResolutionMetadata": metadata})
}

func resolveKey(id string) (document any, code string) {
	id, fragment, dereference := strings.Cut(id, "#")
	if _, err := did.Parse(id); err != nil {
		if scheme, rest, _ := strings.Cut(id, ":"); scheme == "did" && !strings.HasPrefix(rest, "key:") && strings.Contains(rest, ":") {
			return nil, "methodNotSupported"
		}
		return nil, "invalidDid"
	}
	if did.MethodName(cairn.DID(id)) != "key" {
		return nil, "methodNotSupported"
	}
	doc, err := did.ResolveKey(cairn.DID(id))
	if err != nil {
		if cairn.CodeOf(err) == "did.key-length" {
			return nil, "invalidPublicKeyLength"
		}
		return nil, "invalidDid"
	}
	b, err := did.MarshalDocument(doc)
	if err != nil {
		return nil, "internalError"
	}
	if dereference {
		for _, m := range doc.Methods {
			if string(m.ID) == id+"#"+fragment {
				return json.RawMessage(b), ""
			}
		}
		return nil, "notFound"
	}
	return json.RawMessage(b), ""
}

// Configuration is the localConfig of the suites: a module for Node that names
// this server as the only implementation.
func (s *Server) Configuration() ([]byte, error) {
	supports := map[string]any{"vc": []string{"1.1", "2.0"}}
	endpoint := func(id cairn.DID, path, curve string, tags ...string) map[string]any {
		out := map[string]any{"id": string(id), "endpoint": s.base + path, "supports": supports, "tags": tags}
		if curve != "" {
			out["supportedEcdsaKeyTypes"] = []string{curve}
		}
		return out
	}
	var issuers []any
	for _, i := range s.issuers {
		tags := []string{i.suite}
		switch {
		case i.name == "status":
			tags = []string{"BitstringStatusList"}
		case i.suite == dataintegrity.EdDSARDFC2022:
			tags = append(tags, "vc2.0", "vc-api")
		}
		issuers = append(issuers, endpoint(i.did, "/vc-api/"+i.name+"/credentials/issue", i.curve, tags...))
	}
	ecdsa := endpoint("did:key:verifier", "/vc-api/credentials/verify", "", dataintegrity.ECDSARDFC2019, dataintegrity.ECDSAJCS2019, dataintegrity.ECDSASD2023)
	ecdsa["supportedEcdsaKeyTypes"] = []string{"P-256", "P-384"}
	b, err := json.MarshalIndent(map[string]any{
		"settings": map[string]any{"enableInteropTests": false, "testAllImplementations": false},
		"implementations": []any{map[string]any{
			"name": "Cairn", "implementation": "Cairn", "issuers": issuers,
			"verifiers":   []any{endpoint("did:key:verifier", "/vc-api/credentials/verify", "", "vc2.0", "vc-api", dataintegrity.EdDSARDFC2022, dataintegrity.EdDSAJCS2022, "BitstringStatusList", dataintegrity.BBS2023), ecdsa},
			"vpVerifiers": []any{endpoint("did:key:verifier", "/vc-api/presentations/verify", "", "vc2.0", "vc-api")},
			"vcHolders":   []any{endpoint("did:key:holder", "/vc-api/credentials/derive", "", "vcHolder", dataintegrity.BBS2023, dataintegrity.ECDSASD2023)},
			"didResolvers": []any{map[string]any{"id": "did:key:resolver", "endpoint": s.base + "/1.0/identifiers", "tags": []string{"did-key", "did-resolution"},
				"supportedDids": map[string]any{"valid": []any{map[string]any{"did": string(s.issuers[0].did), "resolutionOptions": map[string]any{}}}, "notFound": []any{}, "deactivated": []any{}}}},
		}},
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(append([]byte("module.exports = "), b...), ";\n"...), nil
}

// Certificate makes a certificate for this machine alone, which lives as long as
// the program.
func Certificate(random io.Reader, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := randomInt(random, 1<<62)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(serial)), Subject: pkix.Name{CommonName: "cairn conformance, for tests only"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(random, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, errors.Join(errors.New("the certificate can't be made"), err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
