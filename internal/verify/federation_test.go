package verify_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/federation"
	"cairn.example/internal/fetch"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/openbadges"
	"cairn.example/tokenstatus"
	"cairn.example/vc"
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
		keys, r, err := c.anchorsOf.Keys(t.Context(), issuer, today, func(ctx context.Context, address string) (string, error) {
			if asked++; asked > c.allowed {
				return "", limit
			}
			return c.anchorsOf.Statement(ctx, address)
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

// federated is a site with a college that is in the federation of a ministry, and
// what changes there.
type federated struct {
	pages
	college, ministry string // addresses
	trusted           federation.Anchor
	key               party // what the college signs credentials with
}

func newFederated(t testing.TB) *federated {
	t.Helper()
	f := &federated{pages: pages{}, key: amina}
	base := "https://" + f.open(t)
	f.college, f.ministry = base+"/college", base+"/ministry"
	trusted, err := jose.NewPublicKey(ministry.PublicKey(), string(ministry.KeyID()))
	if err != nil {
		t.Fatal(err)
	}
	f.trusted = federation.Anchor{ID: f.ministry, Keys: jose.KeySet{trusted}}
	f.pages["/college/.well-known/openid-federation"] = statement(t, f.college, f.college, college, college, f.own(t))
	f.pages["/ministry/.well-known/openid-federation"] = statement(t, f.ministry, f.ministry, ministry, ministry,
		map[string]any{"metadata": map[string]any{"federation_entity": map[string]any{"federation_fetch_endpoint": f.ministry + "/fetch"}}})
	f.about(t, ministry, nil)
	return f
}

// own is what the college says of itself beside the usual claims.
func (f *federated) own(t testing.TB) map[string]any {
	t.Helper()
	k, err := jose.NewPublicKey(f.key.PublicKey(), "vc-1")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"authority_hints": []any{f.ministry},
		"metadata": map[string]any{federation.CredentialIssuer: map[string]any{"jwks": map[string]any{"keys": []any{k.Tree()}}}}}
}

// about is what the ministry says of the college.
func (f *federated) about(t testing.TB, by party, more map[string]any) {
	f.pages["/ministry/fetch"] = statement(t, f.ministry, f.college, by, college, more)
}

// published is what the college publishes of itself without a federation.
func (f *federated) published(t testing.TB) {
	t.Helper()
	k, err := jose.NewPublicKey(f.key.PublicKey(), "vc-1")
	if err != nil {
		t.Fatal(err)
	}
	f.pages["/.well-known/jwt-vc-issuer/college"] = [2]string{"application/json",
		string(write(t, map[string]any{"issuer": f.college, "jwks": map[string]any{"keys": []any{k.Tree()}}}))}
}

func (f *federated) award(t testing.TB, kid string, by party) []byte {
	t.Helper()
	return present(t, issueVC(t, award(func(m map[string]any) { m["iss"] = f.college }), jose.Header{KeyID: kid}, tokenSigner(t, by)), "course")
}

// engine relies on the ministry, and has a list that names the college.
func (f *federated) engine() engine {
	w := openScope(newWorld())
	w.list.Issuers[0].DID = cairn.DID(f.college)
	now := func() time.Time { return today }
	client := fetch.New(fetch.Options{Loopback: true, Now: now})
	e := w.engine()
	e.Documents = verify.Online{Client: client, Now: now}
	e.Federation = verify.Federation{Client: client, Anchors: []federation.Anchor{f.trusted}}
	return e
}

// The key of an https issuer comes from its federation where it is in one, and from
// nowhere else. Whether the issuer is recognised does not come from there.
func TestIssuerInAFederation(t *testing.T) {
	const own, theirs, about = "/college/.well-known/openid-federation", "/ministry/.well-known/openid-federation", "/ministry/fetch"
	exp := func(d time.Duration) map[string]any {
		return map[string]any{"exp": json.Number(fmt.Sprint(today.Add(d).Unix()))}
	}
	for _, c := range []struct {
		name    string
		change  func(*federated)
		engine  func(*engine)
		kid     string
		signer  party
		verdict verify.Verdict
		axis    verify.Axis
		code    string
	}{
		{name: "good", verdict: verify.Valid, axis: verify.AxisProof, code: "proof.good"},
		{name: "signed by another", signer: stranger, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.signature"},
		{name: "signed with the key for statements", signer: college, verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.signature"},
		{name: "with a key that it does not have", kid: "vc-2", verdict: verify.Invalid, axis: verify.AxisProof, code: "proof.not-the-signers-key"},
		{name: "ended", change: func(f *federated) { f.about(t, ministry, exp(0)) }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "by another key than the anchor's", change: func(f *federated) { f.about(t, stranger, nil) }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "not allowed to issue credentials", change: func(f *federated) {
			f.about(t, ministry, map[string]any{"constraints": map[string]any{"allowed_entity_types": []any{"openid_relying_party"}}})
		}, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "of a name that is excluded", change: func(f *federated) {
			f.about(t, ministry, map[string]any{"constraints": map[string]any{"naming_constraints": map[string]any{"excluded": []any{"localhost"}}}})
		}, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "of another federation", engine: func(e *engine) { e.Federation.Anchors[0].ID = "https://other.example" }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "with the name of the anchor and another key", engine: func(e *engine) {
			k, err := jose.NewPublicKey(stranger.PublicKey(), string(ministry.KeyID()))
			if err != nil {
				t.Fatal(err)
			}
			e.Federation.Anchors[0].Keys = jose.KeySet{k}
		}, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "the anchor knows nothing of it", change: func(f *federated) { delete(f.pages, about) }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		{name: "the anchor does not answer", change: func(f *federated) { delete(f.pages, theirs) }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		{name: "a page instead of a statement", change: func(f *federated) { f.pages[own] = [2]string{"text/html", "<p>"} }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		{name: "a statement that is none", change: func(f *federated) { f.pages[own] = [2]string{"application/entity-statement+jwt", "ey"} }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.federation"},
		{name: "without a network", engine: func(e *engine) { e.Federation.Client, e.Documents, e.Offline = nil, nil, true }, verdict: verify.Undetermined, axis: verify.AxisProof, code: "proof.key-unavailable"},
		{name: "recognised by nobody", engine: func(e *engine) {
			e.Trust = newWorld().engine().Trust
		}, verdict: verify.Undetermined, axis: verify.AxisIssuer, code: "issuer.not-listed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFederated(t)
			// Somebody else's word for the key stands in for nothing: it is there in every case.
			if f.published(t); c.change != nil {
				c.change(f)
			}
			e := f.engine()
			if c.engine != nil {
				c.engine(&e)
			}
			if c.kid == "" {
				c.kid = "vc-1"
			}
			if c.signer.private == nil {
				c.signer = f.key
			}
			r := e.Verify(t.Context(), f.award(t, c.kid, c.signer), verify.Options{})
			want(t, r, c.verdict, c.axis, c.code)
			proof := r.Finding(verify.AxisProof)
			if named := slices.ContainsFunc(r.Notes, func(n verify.Note) bool {
				return n.Code == "note.federated" && n.Args["anchor"] == f.ministry && n.Args["until"] == vc.FormatTime(today.Add(time.Hour))
			}); named != (proof.Outcome == verify.Yes) || named && proof.Source != f.ministry {
				t.Errorf("the anchor is named: %v; %+v, %+v", named, r.Notes, proof)
			}
		})
	}
}

// An issuer that is in no federation is known by what it publishes, also where
// anchors are relied on; without anchors nobody is asked about federations.
func TestIssuerInNoFederation(t *testing.T) {
	f := newFederated(t)
	f.published(t)
	delete(f.pages, "/college/.well-known/openid-federation")
	r := f.engine().Verify(t.Context(), f.award(t, "vc-1", f.key), verify.Options{})
	want(t, r, verify.Valid, verify.AxisProof, "proof.good")
	if slices.Contains(notes(r), "note.federated") {
		t.Error("a federation is named")
	}
	f = newFederated(t)
	f.published(t)
	f.about(t, stranger, nil)
	e := f.engine()
	e.Federation.Anchors = nil
	want(t, e.Verify(t.Context(), f.award(t, "vc-1", f.key), verify.Options{}), verify.Valid, verify.AxisProof, "proof.good")
}

// What is fetched of federations counts with everything else that a verification
// looks up, and each statement is fetched once.
func TestFederationLookupLimit(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	site := newFederated(t)
	counting := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.String()]++
		page, ok := site.pages["/"+strings.TrimLeft(r.URL.Path, "/")]
		if sub := r.URL.Query().Get("sub"); sub != "" {
			page, ok = statement(t, site.ministry, sub, ministry, college, nil), true
		} else if name, found := strings.CutSuffix(r.URL.Path, "/.well-known/openid-federation"); found && strings.HasPrefix(name, "/list") {
			id := "https://" + r.Host + name
			page, ok = statement(t, id, id, college, college, site.own(t)), true
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", page[0])
		fmt.Fprint(w, page[1])
	}))
	counting.TLS = &tls.Config{Certificates: []tls.Certificate{localhost}}
	counting.StartTLS()
	t.Cleanup(counting.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(counting.URL, "https://"), ":")
	base := "https://localhost:" + port
	site.ministry = base + "/ministry"
	site.trusted.ID = site.ministry
	site.pages["/ministry/.well-known/openid-federation"] = statement(t, site.ministry, site.ministry, ministry, ministry,
		map[string]any{"metadata": map[string]any{"federation_entity": map[string]any{"federation_fetch_endpoint": site.ministry + "/fetch"}}})

	// Credentials whose lists are all by another issuer, each in the federation.
	e := site.engine()
	lists := 0
	signer, err := jose.NewPrivateKey(amina.private, "vc-1")
	if err != nil {
		t.Fatal(err)
	}
	e.Status = listsOf(func(url string) ([]byte, error) {
		lists++
		l, err := tokenstatus.New(1000, 1)
		if err != nil {
			return nil, err
		}
		text, err := tokenstatus.SignJWT(t.Context(), tokenstatus.Meta{URI: url, Issuer: base + strings.TrimPrefix(url, "https://lists.example"), IssuedAt: today.Add(-time.Hour)}, l, nil, signer)
		return []byte(text), err
	})
	var parts []any
	for i := range 40 {
		doc := badge(t, func(b *openbadges.Badge) { b.Status = nil })
		doc["status"] = tokenstatus.Reference{URI: fmt.Sprintf("https://lists.example/list%d", i), Index: 1}.Tree()
		doc["iss"] = string(college.Controller())
		parts = append(parts, map[string]any{"@context": vc.ContextV2, "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + string(byHand(t, "vc+jwt", doc, college))})
	}
	p := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": string(amina.Controller()), "verifiableCredential": parts}
	r := e.Verify(t.Context(), sign(t, p, amina, dataintegrity.Options{Purpose: did.Authentication}), verify.Options{})
	total, limited, others := lists, 0, 0
	for address, n := range asked {
		if total += n; n != 1 {
			t.Errorf("%s was asked for %d times", address, n)
		}
	}
	for _, part := range r.Credentials {
		switch part.Finding(verify.AxisStatus).Code {
		case "status.lookup-limit":
			limited++
		case "status.other-issuer":
			others++
		default:
			t.Errorf("%+v", part.Finding(verify.AxisStatus))
		}
	}
	// The anchor's own statement, and three lookups for each list.
	if total != 64 || others != 21 || limited != 19 {
		t.Errorf("%d lookups, %d lists were read and %d not", total, others, limited)
	}
}

// listsOf answers for status lists.
type listsOf func(url string) ([]byte, error)

func (l listsOf) StatusList(_ context.Context, url string) ([]byte, time.Time, error) {
	b, err := l(url)
	return b, today, err
}
