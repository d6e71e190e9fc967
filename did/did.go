// Package did reads decentralised identifiers and the documents they stand for:
// did:key and did:jwk (the identifier is the key), did:web (the document is on a
// web site), and https addresses as identifiers (CID 1.0). It knows Ed25519, P-256 and P-384 keys in the forms Multikey and
// JsonWebKey, BBS keys as Multikey, and the other keys of package jose as JsonWebKey.
//
// Most callers need a Resolver, Document.Method to find the key that a proof
// names, and KeyFromEd25519 or KeyFromPublic. The package does no I/O: fetching a
// document is the caller's affair, with WebURL or ParseIdentifier, and ParseDocument.
package did

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/bbs"
	"cairn.example/jose"
)

// maxDID bounds the length of an identifier.
const maxDID = 1000

// The relationships that a key can have to its controller (CID 1.0, section 2.3).
const (
	AssertionMethod = "assertionMethod"
	Authentication  = "authentication"
)

// Method is one verification method: a public key and what is said of it.
type Method struct {
	ID         cairn.KeyID
	Controller cairn.DID
	PublicKey  ed25519.PublicKey // nil for a key of another kind
	Key        *jose.PublicKey   // the key whatever its kind; nil when only PublicKey was given (see JOSE), and for BBS
	BBS        *bbs.PublicKey    // for a BBS key, which has no other form
	Expires    time.Time         // zero when it does not; proofs made at or after it do not count
	Revoked    time.Time         // zero when it is not
}

// Document is a controlled identifier document (CID 1.0) or DID document.
type Document struct {
	ID             cairn.DID
	Methods        []Method
	Assertion      []cairn.KeyID
	Authentication []cairn.KeyID
}

// Resolution is a document together with where and when it was obtained.
type Resolution struct {
	Document *Document
	AsOf     time.Time
	Source   string // "identifier" for did:key and did:jwk, else where the document came from
}

// Resolver finds the document of an identifier. An error of kind Unavailable
// means "could not be found out now"; any other error means that there is no
// usable document.
type Resolver interface {
	Resolve(ctx context.Context, d cairn.DID) (Resolution, error)
}

func bad(code, object, format string, args ...any) error {
	if len(object) > 120 {
		object = object[:120] + "…"
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Object: fmt.Sprintf("%q", object), Message: fmt.Sprintf(format, args...)}
}

// The syntax of DID Core 1.0, section 3.1.
var didSyntax = regexp.MustCompile(`^did:[a-z0-9]+:([A-Za-z0-9._-]|%[0-9A-Fa-f]{2}|:)*([A-Za-z0-9._-]|%[0-9A-Fa-f]{2})$`)

// Parse checks the syntax of an identifier without path, query or fragment.
func Parse(s string) (cairn.DID, error) {
	if len(s) > maxDID || !didSyntax.MatchString(s) {
		return "", bad("did.syntax", s, "this is not a decentralised identifier")
	}
	return cairn.DID(s), nil
}

// SplitKeyID splits the URL of a verification method: an identifier of any kind
// that ParseIdentifier takes, and a fragment.
func SplitKeyID(k cairn.KeyID) (cairn.DID, string, error) {
	base, fragment, ok := strings.Cut(string(k), "#")
	if !ok || fragment == "" || len(fragment) > maxDID || strings.ContainsAny(fragment, "#/?\\ <>\"\n\r\t") {
		return "", "", bad("did.key-id", string(k), "a verification method is an identifier, # and a name")
	}
	d, err := ParseIdentifier(base)
	return d, fragment, err
}

// MethodName returns "key" for did:key:… , and "https" for an address.
func MethodName(d cairn.DID) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(string(d), "did:"), ":")
	return name
}

// Method finds the key that a proof names, in the order of CID 1.0, section 3.3:
// the method exists in this document, its controller is this document, and it is
// listed for the purpose.
func (d *Document) Method(id cairn.KeyID, purpose string) (Method, error) {
	base, _, err := SplitKeyID(id)
	if err != nil {
		return Method{}, err
	}
	if base != d.ID {
		return Method{}, bad("did.document-id", string(id), "the key is not in the document of %s", d.ID)
	}
	for _, m := range d.Methods {
		if m.ID != id {
			continue
		}
		if m.Controller != d.ID {
			return Method{}, bad("did.controller", string(id), "the key is controlled by %s", m.Controller)
		}
		listed := d.Assertion
		if purpose == Authentication {
			listed = d.Authentication
		} else if purpose != AssertionMethod {
			return Method{}, bad("did.purpose", string(id), "the purpose %q is not supported", purpose)
		}
		for _, l := range listed {
			if l == id {
				return m, nil
			}
		}
		return Method{}, bad("did.purpose", string(id), "the key is not meant for %s", purpose)
	}
	return Method{}, bad("did.no-such-key", string(id), "the document has no such key")
}

// hostName is a registered DNS name in lower case, without a trailing dot. A
// last label of digits only would be read as an IP address by some resolvers.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

var (
	webPort    = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)
	webSegment = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// WebURL returns the https URL of the document of a did:web identifier. It
// refuses IP addresses, upper case, user names, encoded slashes and dots, and
// whatever else could send a verifier somewhere else than it reads.
func WebURL(d cairn.DID) (string, error) {
	rest, ok := strings.CutPrefix(string(d), "did:web:")
	if !ok {
		return "", bad("did.method", string(d), "this is not a did:web identifier")
	}
	if _, err := Parse(string(d)); err != nil {
		return "", err
	}
	parts := strings.Split(rest, ":")
	host, port, hasPort := strings.Cut(parts[0], "%3A")
	if len(host) > 253 || !hostName.MatchString(host) || hasPort && !webPort.MatchString(port) {
		return "", bad("did.web-host", string(d), "the host of this identifier can't be used")
	}
	u := url.URL{Scheme: "https", Host: host, Path: "/.well-known/did.json"}
	if hasPort {
		u.Host += ":" + port
	}
	if len(parts) > 1 {
		for _, s := range parts[1:] {
			if !webSegment.MatchString(s) {
				return "", bad("did.web-path", string(d), "the path of this identifier can't be used")
			}
		}
		u.Path = "/" + strings.Join(parts[1:], "/") + "/did.json"
	}
	return u.String(), nil
}

// WebDID returns the did:web identifier for a host (with a port after a colon,
// if any) and path segments.
func WebDID(host string, path ...string) (cairn.DID, error) {
	d := cairn.DID("did:web:" + strings.Join(append([]string{strings.Replace(host, ":", "%3A", 1)}, path...), ":"))
	if _, err := WebURL(d); err != nil {
		return "", err
	}
	return d, nil
}
