// Package fetch is the only way out: every request that Cairn makes to another
// server goes through Client.Get. Nothing that a credential names is trusted to
// be a harmless address, so the address that is really connected to is checked,
// and size, time and redirects are bounded.
//
// Code that must not reach the network is given no Client at all; a nil *Client
// answers every request with an error of kind Unavailable.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"cairn.example"
)

// Limits of one request.
const (
	maxURL       = 2048
	maxRedirects = 3
	dialTimeout  = 5 * time.Second
	totalTimeout = 15 * time.Second
	maxCache     = 1000     // responses kept
	maxCached    = 64 << 20 // bytes of them together
)

// Options for a Client.
type Options struct {
	// Loopback allows plain http and addresses of this machine, for development
	// and tests. It must never be set on a public server.
	Loopback bool
	Now      cairn.Clock
	// Fresh is how long a response is used again without asking; 0 never.
	Fresh time.Duration
}

// Client fetches. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
	mu      sync.Mutex
	cache   map[string]Response
	bytes   int                // in the cache
	flights map[string]*flight // requests under way
}

// ErrNothingThere is in the chain of an error when the server itself says that there
// is nothing at an address (404 or 410). It is still of kind Unavailable.
var ErrNothingThere = errors.New("the server has nothing at this address")

// Response is what a server answered.
type Response struct {
	Body      []byte
	MediaType string    // without parameters, in lower case
	FetchedAt time.Time // when it was really fetched, also when it comes from the cache
}

// New returns a Client.
func New(o Options) *Client {
	c := &Client{options: o, cache: map[string]Response{}, flights: map[string]*flight{}}
	dialer := &net.Dialer{Timeout: dialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		host, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return reachable(host, o.Loopback)
	}}
	c.http = &http.Client{
		Timeout: totalTimeout,
		Transport: &http.Transport{
			Proxy:                  nil, // never from the environment
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  totalTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           16,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // so that the size limit is about what arrives
		},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			first := before[0].URL
			if len(before) > maxRedirects {
				return errors.New("too many redirects")
			}
			if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
				return fmt.Errorf("redirected to another server (%s)", next.URL.Host)
			}
			return nil
		},
	}
	return c
}

// forbidden are address ranges where no public server is (RFC 6890 and others).
var forbidden = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// ports are those at which public web servers are. Behind others there are mail
// servers, databases and what else should not hear from us because a credential
// says so (SECURITY, N06).
var ports = []uint16{443, 8443}

// reachable says whether a connection may be made, just before it is.
func reachable(a netip.AddrPort, loopback bool) error {
	if err := allowed(a.Addr(), loopback); err != nil {
		return err
	}
	if !loopback && !slices.Contains(ports, a.Port()) {
		return fmt.Errorf("port %d is not one of public web servers", a.Port())
	}
	return nil
}

func allowed(a netip.Addr, loopback bool) error {
	a = a.Unmap()
	if loopback && a.IsLoopback() {
		return nil
	}
	// An address with a zone is one of this machine's own links, and no prefix
	// contains it: netip compares addresses without zones only.
	if a.Zone() != "" {
		return fmt.Errorf("%s is not a public address", a)
	}
	for _, p := range forbidden {
		if p.Contains(a) {
			return fmt.Errorf("%s is not a public address", a)
		}
	}
	return nil
}

func refused(u string, format string, args ...any) error {
	if len(u) > 120 {
		u = u[:120] + "…"
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "fetch.refused", Object: u, Message: fmt.Sprintf(format, args...)}
}

// Get fetches a URL. Its errors are Invalid for an address that is never asked,
// and Unavailable when no usable answer came: not an answer of the right kind, not
// within the limits, or none at all. accept lists acceptable media types; empty
// accepts any.
func (c *Client) Get(ctx context.Context, rawURL string, maxBytes int64, accept ...string) (Response, error) {
	return c.GetAfter(ctx, rawURL, time.Time{}, maxBytes, accept...)
}

// GetAfter is Get for a caller to whom a response from the cache will not do when
// it was fetched before a time.
func (c *Client) GetAfter(ctx context.Context, rawURL string, after time.Time, maxBytes int64, accept ...string) (Response, error) {
	if c == nil {
		return Response{}, &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.offline", Object: rawURL, Message: "the network is not used here"}
	}
	if len(rawURL) > maxURL {
		return Response{}, refused(rawURL, "the address is too long")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return Response{}, refused(rawURL, "this is not a web address that can be asked")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.options.Loopback) {
		return Response{}, refused(rawURL, "only https addresses are asked")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := allowed(ip, c.options.Loopback); err != nil {
			return Response{}, refused(rawURL, "%v", err)
		}
	}
	u.Fragment = ""
	r, err := c.shared(ctx, u.String(), after, maxBytes, accept)
	if err != nil {
		var e *cairn.Error
		if errors.As(err, &e) {
			return Response{}, err
		}
		return Response{}, &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.failed", Object: u.Host, Message: "no usable answer came", Hint: "try again later", Err: err}
	}
	return r, nil
}

// cached returns a response that will do for a caller. The lock is held.
func (c *Client) cached(u string, after time.Time, maxBytes int64, accept []string) (Response, bool) {
	r, ok := c.cache[u]
	return r, ok && c.options.Now().Sub(r.FetchedAt) < c.options.Fresh && !r.FetchedAt.Before(after) &&
		int64(len(r.Body)) <= maxBytes && (len(accept) == 0 || slices.Contains(accept, r.MediaType))
}

// keep remembers a response. Whoever shows a credential chooses the addresses, so
// the bytes are bounded and not only the number. The lock is held.
func (c *Client) keep(u string, r Response) {
	if c.options.Fresh <= 0 || len(r.Body) > maxCached {
		return
	}
	c.bytes -= len(c.cache[u].Body)
	if len(c.cache) >= maxCache || c.bytes+len(r.Body) > maxCached {
		clear(c.cache)
		c.bytes = 0
	}
	c.cache[u] = r
	c.bytes += len(r.Body)
}

func (c *Client) get(ctx context.Context, u string, maxBytes int64, accept []string) (Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return Response{}, err
	}
	request.Header.Set("User-Agent", "cairn")
	if len(accept) > 0 {
		request.Header.Set("Accept", strings.Join(accept, ", "))
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return Response{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		if answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone {
			return Response{}, fmt.Errorf("%w (%s)", ErrNothingThere, answer.Status)
		}
		return Response{}, fmt.Errorf("the server answered %s", answer.Status)
	}
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return Response{}, fmt.Errorf("the server packed its answer (%.20s) without being asked to", encoding)
	}
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	if len(accept) > 0 && !slices.Contains(accept, media) {
		return Response{}, fmt.Errorf("the server sent %.60q", media)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	if err != nil {
		return Response{}, err
	}
	if int64(len(body)) > maxBytes {
		return Response{}, fmt.Errorf("the answer is larger than %d bytes", maxBytes)
	}
	return Response{Body: body, MediaType: media, FetchedAt: c.options.Now().UTC()}, nil
}
