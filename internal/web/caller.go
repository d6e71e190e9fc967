package web

import (
	"net/http"
	"net/netip"
	"strings"

	"cairn.example"
)

// maxHops is how many addresses of X-Forwarded-For are looked at, from the right.
const maxHops = 16

// ParseProxies reads the networks of the proxies before a server, such as
// 10.0.0.7/32. A network is written exactly, and all the world is none: whoever
// may say for whom they ask is not bound by any limit.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(strings.TrimSpace(s))
		if err != nil || p != p.Masked() || p.Bits() == 0 || p.Addr().Is4In6() {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "web.proxies", Object: s, Message: "a trusted proxy is a network with no bits beyond its length, such as 10.0.0.7/32",
				Hint: "name the addresses of your proxies, and no others", Err: err}
		}
		out = append(out, p)
	}
	return out, nil
}

// callerBehind names who asks when some of the addresses are proxies of ours. Each
// proxy puts the address that it was asked from at the right of X-Forwarded-For,
// so the right-most one that is not ours is the caller; what is left of it is
// whatever the caller wrote there. A header from elsewhere is not looked at.
func callerBehind(proxies []netip.Prefix) func(*http.Request) string {
	trusted := func(a netip.Addr) bool {
		for _, p := range proxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		caller, ok := hop(r.RemoteAddr)
		if !ok {
			return r.RemoteAddr
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for n := len(hops) - 1; n >= 0 && len(hops)-n <= maxHops && trusted(caller); n-- {
			next, ok := hop(strings.TrimSpace(hops[n]))
			if !ok {
				break // a proxy that writes no address speaks for itself
			}
			caller = next
		}
		return household(caller)
	}
}

// hop reads an address, with or without a port.
func hop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddrPort(s)
	return a.Addr().Unmap().WithZone(""), err == nil
}

// household is an address as limits know it: of IPv6 the network, since one
// household has 2^64 addresses.
func household(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr().String()
		}
	}
	return a.String()
}
