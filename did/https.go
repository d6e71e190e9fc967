package did

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cairn.example"
)

// httpsSegment is a part of the path of an https identifier: plain characters, so
// that two spellings of one address are never two identifiers.
var httpsSegment = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// ParseIdentifier is Parse for everything that a controlled identifier document can
// be of (CID 1.0, section 2.1): a decentralised identifier, or an https URL. A URL
// has a host in lower case, a port only when it is not 443, a path of plain
// segments, and no query, fragment or user name. The document is at the URL.
func ParseIdentifier(s string) (cairn.DID, error) {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		return Parse(s)
	}
	authority, path, hasPath := strings.Cut(rest, "/")
	host, port, hasPort := strings.Cut(authority, ":")
	if len(s) > maxDID || len(host) > 253 || !hostName.MatchString(host) || hasPort && (!webPort.MatchString(port) || port == "443") {
		return "", bad("did.syntax", s, "the host of this address can't be used as an identifier")
	}
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if path == "" {
		segments = nil
	}
	plain := func(s string) bool { return httpsSegment.MatchString(s) && s != "." && s != ".." }
	if hasPath && slices.ContainsFunc(segments, func(s string) bool { return !plain(s) }) {
		return "", bad("did.syntax", s, "the path of this address can't be used as an identifier")
	}
	if u, err := url.Parse(s); err != nil || u.String() != s { // what is fetched is what was checked
		return "", bad("did.syntax", s, "this address can't be used as an identifier")
	}
	return cairn.DID(s), nil
}
