package fetch

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cairn.example"
)

func client(o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	return New(o)
}

func TestGet(t *testing.T) {
	asked := 0
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprint(w, `{}`)
	})
	mux.HandleFunc("/html", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>")
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("x", 2000)) })
	mux.HandleFunc("/gone", http.NotFound)
	mux.HandleFunc("/packed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		fmt.Fprint(w, "x")
	})
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://localhost:1/", http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	server := httptest.NewServer(mux)
	defer server.Close()

	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := client(Options{Loopback: true, Fresh: time.Minute, Now: func() time.Time { return now }})
	for range 2 {
		r, err := c.Get(t.Context(), server.URL+"/ok#fragment", 1000, "application/json")
		if err != nil || string(r.Body) != "{}" || r.MediaType != "application/json" || !r.FetchedAt.Equal(now) {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for one fresh answer", asked)
	}
	for i, after := range []time.Time{now, now.Add(time.Nanosecond), now.Add(time.Second)} { // the clock stands still: the second and third ask
		if _, err := c.GetAfter(t.Context(), server.URL+"/ok", after, 1000); err != nil || asked != 1+i {
			t.Errorf("fetched after %s: asked %d times, %v", after, asked, err)
		}
	}
	now = now.Add(time.Hour)
	if r, err := c.Get(t.Context(), server.URL+"/here", 1000); err != nil || string(r.Body) != "{}" {
		t.Errorf("a redirect on the same server: %v", err)
	}
	for _, path := range []string{"/html", "/large", "/gone", "/packed", "/away", "/loop", "/none"} {
		if _, err := c.Get(t.Context(), server.URL+path, 1000, "application/json", "text/plain"); cairn.KindOf(err) != cairn.Unavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := client(Options{}).Get(t.Context(), server.URL+"/ok", 1000); cairn.KindOf(err) != cairn.Invalid {
		t.Errorf("plain http to this machine: %v", err)
	}
	server.Close()
	if _, err := client(Options{Loopback: true}).Get(t.Context(), server.URL+"/ok", 1000); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("a dead server: %v", err)
	}
}

// K02: an address that leads to another server, which answers well, leads nowhere:
// who may speak for a name would be decided by whoever can redirect it.
func TestRedirectToAnotherServer(t *testing.T) {
	asked := 0
	document := func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "{}")
	}
	other := httptest.NewServer(http.HandlerFunc(document))
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/document", document)
	for _, status := range []int{301, 302, 303, 307, 308} {
		mux.HandleFunc(fmt.Sprintf("/away/%d", status), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/document", status)
		})
		mux.HandleFunc(fmt.Sprintf("/here/%d", status), func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/document", status) })
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := client(Options{Loopback: true})
		asked = 0
		if r, err := c.Get(t.Context(), fmt.Sprintf("%s/away/%d", server.URL, status), 100, "application/json"); cairn.KindOf(err) != cairn.Unavailable || r.Body != nil || asked != 0 {
			t.Errorf("%d to another server: asked %d times, %q, %v", status, asked, r.Body, err)
		}
		if r, err := c.Get(t.Context(), fmt.Sprintf("%s/here/%d", server.URL, status), 100, "application/json"); err != nil || string(r.Body) != "{}" || asked != 1 {
			t.Errorf("%d on the same server: asked %d times, %q, %v", status, asked, r.Body, err)
		}
	}
}

// The name may look harmless and lead to this machine: the connected address decides.
func TestConnectedAddressIsChecked(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	if _, err := client(Options{}).Get(t.Context(), "https://localhost"+port, 1000); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("%v", err)
	}
}

func TestRefusedAddresses(t *testing.T) {
	for _, u := range []string{"", "x", "ftp://x.example", "http://x.example", "https://", "https://user:pw@x.example", "file:///etc/passwd", "https:x.example",
		"https://127.0.0.1", "https://[::1]/", "https://10.1.2.3", "https://169.254.169.254/latest", "https://[::ffff:127.0.0.1]", "https://[fd00::1]", "https://100.64.0.1",
		"https://[::1%25lo]/", "https://[fe80::1%25eth0]/", "https://[fd00::1%25eth0]/", "https://[::127.0.0.1]/", "https://[::ffff:127.0.0.1%25lo]/",
		"https://x.example/" + strings.Repeat("a", 3000)} {
		if _, err := client(Options{}).Get(t.Context(), u, 10); cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%.60s: %v", u, err)
		}
	}
	for _, a := range []string{"8.8.8.8", "2606:4700::1111"} {
		if err := allowed(netip.MustParseAddr(a), false); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// N06: only the ports of web servers, at public addresses, are connected to.
func TestPorts(t *testing.T) {
	for address, reach := range map[string][2]bool{ // whether it may be reached: in public, and in development
		"8.8.8.8:443": {true, true}, "8.8.8.8:8443": {true, true}, "[2606:4700::1111]:443": {true, true},
		"8.8.8.8:22": {false, true}, "8.8.8.8:25": {false, true}, "8.8.8.8:80": {false, true}, "8.8.8.8:6379": {false, true}, "8.8.8.8:0": {false, true},
		"127.0.0.1:443": {false, true}, "127.0.0.1:8080": {false, true}, "10.0.0.1:443": {false, false},
	} {
		for i, want := range reach {
			if err := reachable(netip.MustParseAddrPort(address), i == 1); (err == nil) != want {
				t.Errorf("%s, loopback %v: %v", address, i == 1, err)
			}
		}
	}
}

// K03: whoever can't prove who they are is nobody, and what they send is unknown.
func TestTLS(t *testing.T) {
	now := time.Now()
	root, rootKey := certificate(t, nil, nil, now.Add(-time.Hour), now.Add(time.Hour), "root")
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for name, c := range map[string]struct {
		from, until time.Time
		host        string
		version     uint16
		self        bool
		code        string
	}{
		"good":          {now.Add(-time.Hour), now.Add(time.Hour), "localhost", tls.VersionTLS13, false, ""},
		"ended":         {now.Add(-time.Hour), now.Add(-time.Minute), "localhost", tls.VersionTLS13, false, "expired"},
		"to come":       {now.Add(time.Minute), now.Add(time.Hour), "localhost", tls.VersionTLS13, false, "not yet valid"},
		"another name":  {now.Add(-time.Hour), now.Add(time.Hour), "other.example", tls.VersionTLS13, false, "localhost"},
		"its own word":  {now.Add(-time.Hour), now.Add(time.Hour), "localhost", tls.VersionTLS13, true, "unknown authority"},
		"TLS 1.0":       {now.Add(-time.Hour), now.Add(time.Hour), "localhost", tls.VersionTLS10, false, "protocol version"},
		"TLS 1.1":       {now.Add(-time.Hour), now.Add(time.Hour), "localhost", tls.VersionTLS11, false, "protocol version"},
		"TLS 1.2, good": {now.Add(-time.Hour), now.Add(time.Hour), "localhost", tls.VersionTLS12, false, ""},
	} {
		parent, parentKey := root, rootKey
		if c.self {
			parent, parentKey = nil, nil
		}
		leaf, key := certificate(t, parent, parentKey, c.from, c.until, c.host)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "{}")
		}))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS10, MaxVersion: c.version}
		server.StartTLS()
		client := client(Options{Loopback: true})
		// The machine's own authorities are not those of this test; nothing else is changed.
		transport := client.http.Transport.(*http.Transport)
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{}
		}
		transport.TLSClientConfig.RootCAs = roots
		r, err := client.Get(t.Context(), "https://localhost"+server.URL[strings.LastIndex(server.URL, ":"):], 100, "application/json")
		if c.code == "" && (err != nil || string(r.Body) != "{}") || c.code != "" && (cairn.KindOf(err) != cairn.Unavailable || !strings.Contains(err.Error(), c.code) || r.Body != nil) {
			t.Errorf("%s: %q, %v", name, r.Body, err)
		}
		server.Close()
	}
}

// certificate makes one, signed by a parent or by itself.
func certificate(t *testing.T, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, from, until time.Time, host string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, NotBefore: from, NotAfter: until, DNSNames: []string{host}}
	if parent == nil {
		parent, parentKey = template, key
		template.IsCA, template.BasicConstraintsValid = true, true
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func TestNoClientIsOffline(t *testing.T) {
	var none *Client
	if _, err := none.Get(context.Background(), "https://x.example", 10); cairn.CodeOf(err) != "fetch.offline" {
		t.Errorf("%v", err)
	}
}

// What is kept is bounded in bytes, is not kept when nobody would use it, and is
// no way around the limits of a later caller.
func TestCacheIsBounded(t *testing.T) {
	const size = 4 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if _, err := w.Write(make([]byte, size)); err != nil {
			t.Log(err)
		}
	}))
	defer server.Close()
	c := client(Options{Loopback: true, Fresh: time.Hour})
	for i := range 40 {
		if _, err := c.Get(t.Context(), fmt.Sprintf("%s/%d", server.URL, i%30), size); err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, r := range c.cache {
			kept += len(r.Body)
		}
		if kept == 0 || kept > maxCached || kept != c.bytes {
			t.Fatalf("%d bytes kept, counted as %d", kept, c.bytes)
		}
	}
	if _, err := c.Get(t.Context(), server.URL+"/9", size-1); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("larger than the limit, from the cache: %v", err)
	}
	if _, err := c.Get(t.Context(), server.URL+"/9", size, "application/json"); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("another kind than asked for, from the cache: %v", err)
	}
	never := client(Options{Loopback: true})
	if _, err := never.Get(t.Context(), server.URL+"/x", size); err != nil || len(never.cache) != 0 {
		t.Errorf("%d kept that nobody would use, %v", len(never.cache), err)
	}
}
