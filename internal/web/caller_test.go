package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
)

func TestCaller(t *testing.T) {
	proxies, err := ParseProxies([]string{"10.0.0.7/32", " 192.0.2.0/24", "2001:db8:1::/48"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from      string
		forwarded []string
		want      string
	}{
		"nobody before us":                {"203.0.113.9:1", nil, "203.0.113.9"},
		"a header of the caller's own":    {"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		"one proxy":                       {"10.0.0.7:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"what the caller wrote before":    {"10.0.0.7:1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"written as a line of its own":    {"10.0.0.7:1", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"the caller says to be our proxy": {"10.0.0.7:1", []string{"192.0.2.4, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                     {"10.0.0.7:1", []string{"198.51.100.1, 203.0.113.9, 192.0.2.4"}, "203.0.113.9"},
		"all are ours":                    {"10.0.0.7:1", []string{"192.0.2.4"}, "192.0.2.4"},
		"a neighbour of our proxy":        {"10.0.0.8:1", []string{"203.0.113.9"}, "10.0.0.8"},
		"nothing written":                 {"10.0.0.7:1", nil, "10.0.0.7"},
		"no address":                      {"10.0.0.7:1", []string{"203.0.113.9, unknown"}, "10.0.0.7"},
		"a port":                          {"10.0.0.7:1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"one household":                   {"10.0.0.7:1", []string{"2001:db8:2:3:4:5:6:7"}, "2001:db8:2:3::"},
		"with brackets and port":          {"10.0.0.7:1", []string{"[2001:db8:2:3:4:5:6:7]:99"}, "2001:db8:2:3::"},
		"a proxy over IPv6":               {"[2001:db8:1::9]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a proxy written as IPv6":         {"[::ffff:10.0.0.7]:1", []string{"203.0.113.9"}, "203.0.113.9"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := callerBehind(proxies)(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	// Without a setting no header counts, and other headers never do.
	r := &http.Request{RemoteAddr: "127.0.0.1:1", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Real-Ip": {"203.0.113.9"}, "Forwarded": {"for=203.0.113.9"}}}
	if got := callerBehind(nil)(r); got != "127.0.0.1" {
		t.Errorf("without a setting: %q", got)
	}
	r = &http.Request{RemoteAddr: "192.0.2.1:1", Header: http.Header{"X-Forwarded-For": {"203.0.113.9" + strings.Repeat(", 192.0.2.1", 5000)}}}
	if got := callerBehind(proxies)(r); got != "192.0.2.1" {
		t.Errorf("more hops than are looked at: %q", got)
	}
}

func TestParseProxies(t *testing.T) {
	for _, s := range []string{"", "10.0.0.7", "10.0.0.7/24", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "10.0.0.0/33", "proxy.example", "fe80::1%eth0/128"} {
		if _, err := ParseProxies([]string{"10.0.0.7/32", s}); cairn.CodeOf(err) != "web.proxies" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// FuzzCaller: whatever a caller writes, an address outside of our proxies never
// speaks for another.
func FuzzCaller(f *testing.F) {
	proxies, err := ParseProxies([]string{"10.0.0.7/32"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("203.0.113.9")
	f.Add("10.0.0.7, [::1]:80, ,")
	f.Fuzz(bounds.Each(func(t *testing.T, forwarded string) {
		for from, want := range map[string]string{"203.0.113.9:1": "203.0.113.9", "10.0.0.7:1": "198.51.100.2"} {
			header := forwarded
			if from == "10.0.0.7:1" {
				header += ",198.51.100.2"
			}
			r := &http.Request{RemoteAddr: from, Header: http.Header{"X-Forwarded-For": {header}}}
			if got := callerBehind(proxies)(r); got != want {
				t.Fatalf("from %s with %q: %q", from, header, got)
			}
		}
	}))
}
