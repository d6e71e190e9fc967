package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/fetch"
	"cairn.example/internal/trust"
	"cairn.example/jcs"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Lives of what an operator publishes.
const (
	trustListLife = 180 * 24 * time.Hour
	bundleLife    = 180 * 24 * time.Hour
)

// TrustListURL is where the list of an operator on this server is published.
func (a *App) TrustListURL(operator cairn.InstitutionID, name string) string {
	return a.Config.BaseURL + "/i/" + string(operator) + "/trust/" + name
}

// PublishTrustList signs a list as an institution of this server, which becomes
// its operator, and follows it. The version is the one after the stored one.
func (a *App) PublishTrustList(ctx context.Context, operator cairn.InstitutionID, l trust.List) (trust.List, []byte, error) {
	inst, err := a.Issue.Institution(ctx, operator)
	if err != nil {
		return l, nil, err
	}
	l.Operator, l.Version = inst.DID, 1
	if known, err := a.Trust.List(ctx, l.ID); err == nil {
		l.Version = known.Version + 1
	} else if cairn.KindOf(err) != cairn.NotFound {
		return l, nil, err
	}
	now := a.Config.Now().UTC().Truncate(time.Second)
	doc, err := l.Document(now, now.Add(trustListLife))
	if err != nil {
		return l, nil, err
	}
	signed, err := a.sign(ctx, operator, doc, now)
	if err != nil {
		return l, nil, err
	}
	l, err = a.Trust.Follow(ctx, signed, inst.DID)
	return l, signed, err
}

func (a *App) sign(ctx context.Context, inst cairn.InstitutionID, doc map[string]any, now time.Time) ([]byte, error) {
	signer, err := a.Issue.Signer(ctx, inst)
	if err != nil {
		return nil, err
	}
	signed, err := dataintegrity.Sign(ctx, doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: now}, signer)
	if err != nil {
		return nil, err
	}
	return jcs.Marshal(signed)
}

// Bundle signs, as an institution of this server, one file with everything that
// an offline verifier needs: the lists that are followed, and the identifier
// documents and status lists of the issuers on them.
func (a *App) Bundle(ctx context.Context, operator cairn.InstitutionID) ([]byte, error) {
	inst, err := a.Issue.Institution(ctx, operator)
	if err != nil {
		return nil, err
	}
	now := a.Config.Now().UTC().Truncate(time.Second)
	b := trust.Bundle{ID: a.Config.BaseURL + "/i/" + string(operator) + "/trust-bundle", Operator: inst.DID, Lists: []any{}, Keys: []trust.BundleKeys{}, Status: []trust.BundleStatus{}}
	stored, err := a.Trust.Lists(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range stored {
		tree, err := strictjson.ParseObject(l.Document, strictjson.Transcript)
		if err != nil {
			return nil, err
		}
		b.Lists = append(b.Lists, tree)
	}
	snapshot, err := a.Trust.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range snapshot.Broken() { // no reader of the bundle could check it either
		return nil, l.Err
	}
	if err := a.bundleIssuers(ctx, &b, snapshot, now); err != nil {
		return nil, err
	}
	doc, err := b.Document(now, now.Add(bundleLife))
	if err != nil {
		return nil, err
	}
	return a.sign(ctx, operator, doc, now)
}

func (a *App) bundleIssuers(ctx context.Context, b *trust.Bundle, s *trust.Snapshot, now time.Time) error {
	own, err := a.Issue.Institutions(ctx)
	if err != nil {
		return err
	}
	here := map[cairn.DID]cairn.InstitutionID{}
	for _, i := range own {
		here[i.DID] = i.ID
	}
	seen := map[cairn.DID]bool{}
	for _, l := range s.Lists() {
		for _, e := range append([]trust.Issuer{{DID: l.Operator}}, l.Issuers...) {
			if seen[e.DID] {
				continue
			}
			seen[e.DID] = true
			if did.MethodName(e.DID) != "key" {
				found, err := a.Verify.Resolver.Resolve(ctx, e.DID)
				if did.MethodName(e.DID) == "https" && errors.Is(err, fetch.ErrNothingThere) {
					continue // known by certificates or a federation: it has no document, and no status lists here
				}
				if err != nil {
					return err
				}
				text, err := did.MarshalDocument(found.Document)
				if err != nil {
					return err
				}
				tree, err := strictjson.ParseObject(text, strictjson.Default)
				if err != nil {
					return err
				}
				b.Keys = append(b.Keys, trust.BundleKeys{DID: e.DID, AsOf: vc.FormatTime(found.AsOf), Document: tree})
			}
			inst, ok := here[e.DID]
			if !ok {
				continue // the status lists of others are known only once a credential names them
			}
			lists, err := a.Issue.StatusLists(ctx, inst)
			if err != nil {
				return err
			}
			for _, address := range slices.Sorted(maps.Keys(lists)) {
				tree, err := strictjson.ParseObject(lists[address], strictjson.Transcript)
				if err != nil {
					return err
				}
				b.Status = append(b.Status, trust.BundleStatus{URL: address, AsOf: vc.FormatTime(now), Document: tree})
			}
		}
	}
	return nil
}
