package conformance_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairn.example/internal/conformance"
	"cairn.example/statuslist"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const base = "https://127.0.0.1:8443"

type object = map[string]any

func start(t *testing.T) (*conformance.Server, map[string]string) {
	t.Helper()
	s, err := conformance.New(base, rand.Reader, func() time.Time { return now }, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.Configuration()
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Implementations []struct {
			Issuers []struct{ ID, Endpoint string }
		}
	}
	text := strings.TrimSuffix(strings.TrimPrefix(string(config), "module.exports = "), ";\n")
	if err := json.Unmarshal([]byte(text), &c); err != nil || len(c.Implementations) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	issuers := map[string]string{}
	for _, i := range c.Implementations[0].Issuers {
		issuers[strings.TrimSuffix(strings.TrimPrefix(i.Endpoint, base+"/vc-api/"), "/credentials/issue")] = i.ID
	}
	return s, issuers
}

func post(t *testing.T, s *conformance.Server, path string, body any) (int, object) {
	t.Helper()
	data, isBytes := body.([]byte)
	if !isBytes {
		var err error
		if data, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", base+path, bytes.NewReader(data)))
	var out object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil && w.Code != 404 {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Code, out
}

func unsigned(issuer string) object {
	return object{"@context": []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"}, "type": []any{"VerifiableCredential", "AlumniCredential"},
		"id": "urn:uuid:0b1f8a52-6f0e-4a3f-9d55-1c2f3a4b5c6d", "issuer": issuer, "validFrom": "2026-01-01T00:00:00Z", "credentialSubject": object{"id": "did:example:amina", "alumniOf": "The School of Examples"}}
}

// Every suite signs what it then finds good, and finds nothing good that was
// changed; the selective ones show a part.
func TestEverySuite(t *testing.T) {
	s, issuers := start(t)
	if len(issuers) != 9 {
		t.Errorf("%d issuers", len(issuers))
	}
	for name, id := range issuers {
		request := object{"credential": unsigned(id), "options": object{"mandatoryPointers": []any{"/issuer"}}}
		code, out := post(t, s, "/vc-api/"+name+"/credentials/issue", request)
		signed, _ := out["verifiableCredential"].(object)
		if code != 201 || signed == nil {
			t.Errorf("%s: issue says %d %v", name, code, out)
			continue
		}
		if name == "ecdsa-sd-2023" || name == "bbs-2023" {
			code, derived := post(t, s, "/vc-api/credentials/derive", object{"verifiableCredential": signed, "options": object{"selectivePointers": []any{"/credentialSubject/id"}}})
			subject, _ := derived["credentialSubject"].(object)
			if code != 201 || subject["id"] != "did:example:amina" || subject["alumniOf"] != nil || derived["issuer"] != id {
				t.Errorf("%s: derive says %d %v", name, code, derived)
				continue
			}
			signed = derived
		}
		if code, out := post(t, s, "/vc-api/credentials/verify", object{"verifiableCredential": signed}); code != 200 {
			t.Errorf("%s: verify says %d %v", name, code, out)
		}
		signed["credentialSubject"].(object)["id"] = "did:example:somebody"
		if code, _ := post(t, s, "/vc-api/credentials/verify", object{"verifiableCredential": signed}); code != 400 {
			t.Errorf("%s: a changed credential gives %d", name, code)
		}
	}
}

func TestPresentation(t *testing.T) {
	s, issuers := start(t)
	_, out := post(t, s, "/vc-api/eddsa-rdfc-2022/credentials/issue", object{"credential": unsigned(issuers["eddsa-rdfc-2022"])})
	good := out["verifiableCredential"].(object)
	bad := unsigned(issuers["eddsa-rdfc-2022"])
	for name, c := range map[string]struct {
		credential any
		want       int
	}{
		"signed credential":   {good, 200},
		"unsigned credential": {bad, 400},
		"envelope":            {object{"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,eyJhbGciOiJFZERTQSJ9.e30.AAAA"}, 200},
		"no envelope":         {object{"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "eyJhbGciOiJFZERTQSJ9.e30.AAAA"}, 400},
	} {
		vp := object{"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{c.credential}}
		if code, out := post(t, s, "/vc-api/presentations/verify", object{"verifiablePresentation": vp, "options": object{"challenge": "x"}}); code != c.want {
			t.Errorf("%s: %d %v", name, code, out)
		}
	}
}

func TestStatusListIsPublished(t *testing.T) {
	s, issuers := start(t)
	_, out := post(t, s, "/vc-api/status/credentials/issue", object{"credential": unsigned(issuers["status"])})
	entry, _ := out["verifiableCredential"].(object)["credentialStatus"].(object)
	if entry["type"] != statuslist.EntryType || entry["statusListCredential"] != base+"/status/1" {
		t.Fatalf("%v", entry)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", base+"/status/1", nil))
	var list object
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
	if _, meta, err := statuslist.ReadCredential(list); err != nil || meta.ID != base+"/status/1" {
		t.Errorf("%+v %v", meta, err)
	}
	if code, out := post(t, s, "/vc-api/credentials/verify", object{"verifiableCredential": list}); code != 200 {
		t.Errorf("the list: %d %v", code, out)
	}
}

// Bad input is 400 with a reason, never 500, and never signed.
func TestRefuses(t *testing.T) {
	s, issuers := start(t)
	id := issuers["eddsa-rdfc-2022"]
	with := func(name string, value any) object {
		c := unsigned(id)
		c[name] = value
		return object{"credential": c}
	}
	for name, c := range map[string]struct {
		path string
		body any
		want int
	}{
		"no JSON":            {"/vc-api/eddsa-rdfc-2022/credentials/issue", []byte("{"), 400},
		"twice a member":     {"/vc-api/eddsa-rdfc-2022/credentials/issue", []byte(`{"credential":{},"credential":{}}`), 400},
		"too large":          {"/vc-api/eddsa-rdfc-2022/credentials/issue", bytes.Repeat([]byte(" "), 2<<20), 400},
		"a list":             {"/vc-api/eddsa-rdfc-2022/credentials/issue", object{"credential": []any{}}, 400},
		"options are a text": {"/vc-api/eddsa-rdfc-2022/credentials/issue", object{"credential": unsigned(id), "options": "x"}, 400},
		"other issuer":       {"/vc-api/eddsa-rdfc-2022/credentials/issue", with("issuer", "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"), 400},
		"undefined member":   {"/vc-api/eddsa-rdfc-2022/credentials/issue", with("@context", []any{"https://www.w3.org/ns/credentials/v2"}), 400},
		"stale digest":       {"/vc-api/eddsa-rdfc-2022/credentials/issue", with("relatedResource", object{"id": "https://www.w3.org/ns/credentials/v2", "digestSRI": "sha256-AAAA"}), 400},
		"bad status entry":   {"/vc-api/eddsa-rdfc-2022/credentials/issue", with("credentialStatus", object{"type": "BitstringStatusListEntry"}), 400},
		"no such pointer":    {"/vc-api/bbs-2023/credentials/issue", object{"credential": unsigned(issuers["bbs-2023"]), "options": object{"mandatoryPointers": []any{"/nothing"}}}, 400},
		"pointers as text":   {"/vc-api/bbs-2023/credentials/issue", object{"credential": unsigned(issuers["bbs-2023"]), "options": object{"mandatoryPointers": "/issuer"}}, 400},
		"unsigned":           {"/vc-api/credentials/verify", object{"verifiableCredential": unsigned(id)}, 400},
		"unsigned to derive": {"/vc-api/credentials/derive", object{"verifiableCredential": unsigned(id)}, 400},
		"no such issuer":     {"/vc-api/rsa/credentials/issue", object{"credential": unsigned(id)}, 404},
	} {
		if code, out := post(t, s, c.path, c.body); code != c.want || out["verifiableCredential"] != nil {
			t.Errorf("%s: %d %v", name, code, out)
		}
	}
}

func TestResolve(t *testing.T) {
	s, issuers := start(t)
	for id, want := range map[string]string{
		issuers["eddsa-rdfc-2022"]: "", issuers["ecdsa-rdfc-2019-p384"]: "", issuers["bbs-2023"]: "",
		"did:example:x": "methodNotSupported", "did:key:zzzz": "invalidDid", "did:key:zTjsVPtY": "invalidPublicKeyLength", // ed01 and three bytes
		"not a did": "invalidDid",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", base+"/1.0/identifiers/x", nil)
		r.URL.Path = "/1.0/identifiers/" + id
		s.ServeHTTP(w, r)
		var out struct {
			DidDocument           object
			DidResolutionMetadata struct{ Error string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || out.DidResolutionMetadata.Error != want || want == "" && out.DidDocument["id"] != id {
			t.Errorf("%s: %d %s %v", id, w.Code, w.Body, err)
		}
	}
}

func TestCertificateIsForThisMachine(t *testing.T) {
	c, err := conformance.Certificate(rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"localhost": true, "127.0.0.1": true, "example.org": false} {
		if err := leaf.VerifyHostname(host); (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
	}
}
