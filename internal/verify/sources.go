package verify

import (
	"context"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/fetch"
	"cairn.example/internal/trust"
	"cairn.example/tokenstatus"
	"cairn.example/webvh"
)

// Limits of what is fetched.
const (
	maxDocument = 256 << 10
	maxList     = 8 << 20
)

var (
	documentTypes = []string{"application/did+json", "application/did+ld+json", "application/did", "application/json", "application/ld+json", "application/cid", "application/octet-stream", "text/plain"}
	keyTypes      = []string{"application/json", "application/jwk+json", "application/jwk-set+json", "application/octet-stream", "text/plain"}
	logTypes      = []string{"text/jsonl", "application/jsonl", "application/x-ndjson", "application/json", "application/octet-stream", "text/plain"}
	listTypes     = []string{"application/vc", "application/vc+ld+json", "application/ld+json", "application/json", "application/octet-stream",
		"application/vc+jwt", "application/vc+cose", tokenstatus.MediaTypeJWT, tokenstatus.MediaTypeCWT}
)

// Online asks the network for what is not known here. Own answers for the
// identifiers and lists of this server itself, which is not asked over the
// network; each of its functions may be nil, and returns false for what is not
// its own.
type Online struct {
	Client  *fetch.Client
	OwnDID  func(ctx context.Context, d cairn.DID) (*did.Document, bool, error)
	OwnList func(ctx context.Context, url string) ([]byte, bool, error)
	Now     cairn.Clock
}

// Resolve implements did.Resolver.
func (o Online) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if o.OwnDID != nil {
		if doc, own, err := o.OwnDID(ctx, d); own || err != nil {
			return did.Resolution{Document: doc, AsOf: o.Now().UTC(), Source: "this server"}, err
		}
	}
	switch did.MethodName(d) {
	case "web":
		u, err := did.WebURL(d)
		if err != nil {
			return did.Resolution{}, err
		}
		return o.document(ctx, d, u)
	case "webvh":
		return o.history(ctx, d)
	case "https":
		if _, err := did.ParseIdentifier(string(d)); err != nil {
			return did.Resolution{}, err
		}
		return o.document(ctx, d, string(d))
	}
	return trust.KeyResolver().Resolve(ctx, d)
}

// document resolves an identifier whose document is at an address.
func (o Online) document(ctx context.Context, d cairn.DID, u string) (did.Resolution, error) {
	r, err := o.Client.Get(ctx, u, maxDocument, documentTypes...)
	if err != nil {
		return did.Resolution{}, err
	}
	doc, err := did.ParseDocument(r.Body, d)
	return did.Resolution{Document: doc, AsOf: r.FetchedAt, Source: u}, err
}

// history resolves a did:webvh identifier: its log, and the file of its witnesses
// when it has some.
func (o Online) history(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	address, witnesses, err := webvh.URLs(d)
	if err != nil {
		return did.Resolution{}, err
	}
	r, err := o.Client.Get(ctx, address, webvh.MaxLog, logTypes...)
	if err != nil {
		return did.Resolution{}, err
	}
	log, err := webvh.Parse(d, r.Body, o.Now())
	if err != nil {
		return did.Resolution{}, err
	}
	if log.Witnessed() {
		w, err := o.Client.Get(ctx, witnesses, webvh.MaxWitnesses, documentTypes...)
		if err != nil {
			return did.Resolution{}, err
		}
		if err := log.VerifyWitnesses(w.Body); err != nil {
			return did.Resolution{}, err
		}
	}
	doc, err := log.WithPast()
	return did.Resolution{Document: doc, AsOf: r.FetchedAt, Source: address}, err
}

// Document implements DocumentSource.
func (o Online) Document(ctx context.Context, url string) ([]byte, time.Time, error) {
	r, err := o.Client.Get(ctx, url, maxDocument, keyTypes...)
	return r.Body, r.FetchedAt, err
}

// StatusList implements StatusSource.
func (o Online) StatusList(ctx context.Context, url string) ([]byte, time.Time, error) {
	return o.RefreshStatusList(ctx, url, time.Time{})
}

// RefreshStatusList implements Refresher.
func (o Online) RefreshStatusList(ctx context.Context, url string, after time.Time) ([]byte, time.Time, error) {
	if o.OwnList != nil {
		if b, own, err := o.OwnList(ctx, url); own || err != nil {
			return b, o.Now().UTC(), err
		}
	}
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return nil, time.Time{}, &cairn.Error{Kind: cairn.Unavailable, Code: "status.address", Object: url, Message: "this address can't be fetched"}
	}
	r, err := o.Client.GetAfter(ctx, url, after, maxList, listTypes...)
	return r.Body, r.FetchedAt, err
}

// FromBundle returns an engine that uses a bundle and nothing else: it holds no
// client, so there is no way from it to a network.
func FromBundle(b trust.Bundle, s *trust.Snapshot, now cairn.Clock) *Engine {
	return New(Config{
		Resolver: b.Resolver(),
		Status:   bundleStatus{b},
		Trust:    func(context.Context) (*trust.Snapshot, error) { return s, nil },
		Now:      now,
		Offline:  true,
		Bundle:   &b,
	})
}

// bundleEnded reports whether the bundle that everything comes from has ended: its
// operator does not answer for what is in it any more.
func (c *check) bundleEnded() bool {
	return c.Bundle != nil && !c.now.Before(c.Bundle.ValidUntil)
}

type bundleStatus struct{ b trust.Bundle }

// StatusList implements StatusSource.
func (s bundleStatus) StatusList(_ context.Context, url string) ([]byte, time.Time, error) {
	return s.b.StatusList(url)
}
