package issue

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/statuslist"
)

// A status list is filled to fillLimit only, so that the place of a credential
// in it says little about when it was issued.
const (
	listSize  = statuslist.MinEntries
	fillLimit = listSize * 4 / 5
	// A published list is good for a day; verifiers may keep it for a quarter of
	// an hour. It is signed again when half of its day is over.
	listLife    = 24 * time.Hour
	listTTL     = 15 * time.Minute
	listRefresh = listLife / 2
)

func (s *Service) listURL(inst cairn.InstitutionID, id string) string {
	return s.BaseURL + "/i/" + string(inst) + "/status/" + id
}

// takeIndex reserves a place in a status list of the institution. List ids are
// random and never used again, also after a restore.
func (s *Service) takeIndex(ctx context.Context, tx Tx, inst cairn.InstitutionID) (string, int, error) {
	l, err := tx.OpenStatusList(ctx, inst, statuslist.Revocation, fillLimit)
	if cairn.KindOf(err) == cairn.NotFound {
		b := make([]byte, 48)
		if _, err := io.ReadFull(s.Rand, b); err != nil {
			return "", 0, &cairn.Error{Kind: cairn.Internal, Code: "issue.random", Message: "no randomness could be had; nothing was issued", Err: err}
		}
		l = StatusList{Institution: inst, ID: hex.EncodeToString(b[:16]), Purpose: statuslist.Revocation, Secret: b[16:], PublishedRevision: -1}
		err = tx.InsertStatusList(ctx, l)
	}
	if err != nil {
		return "", 0, err
	}
	n, err := tx.TakeIndex(ctx, inst, l.ID)
	if err != nil {
		return "", 0, err
	}
	return l.ID, permute(l.Secret, n), nil
}

// permute maps the n-th credential of a list to its place: a keyed permutation
// of 0 … listSize-1, so that places are unique by construction and their order
// says nothing to who does not know the secret. It is a four-round Feistel
// network over 18 bits, walked until the result is inside the list.
func permute(secret []byte, n int) int {
	const half, mask = 9, 1<<9 - 1
	x := uint32(n)
	for {
		left, right := x>>half, x&mask
		for round := range 4 {
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte{byte(round)})
			mac.Write(binary.BigEndian.AppendUint32(nil, right))
			left, right = right, left^binary.BigEndian.Uint32(mac.Sum(nil))&mask
		}
		x = left<<half | right
		if x < listSize {
			return int(x)
		}
	}
}

// Revoke withdraws a credential for good. by and reason are recorded, not
// published. The published list follows at the next request for it.
func (s *Service) Revoke(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID, by, reason string) error {
	if by == "" || reason == "" {
		return invalid("revoke.reason", "reason", "a revocation needs the name of who does it and a reason")
	}
	err := s.Tx(ctx, func(tx Tx) error {
		r, err := tx.Credential(ctx, inst, id)
		if err != nil {
			return err
		}
		if r.State != Final || r.List == "" {
			return &cairn.Error{Kind: cairn.Conflict, Code: "revoke.no-status", Object: string(id), Message: "this credential has no status that could be changed"}
		}
		r.Revoked, r.RevokedBy, r.RevokedReason = s.now(), by, reason
		if err := tx.RevokeCredential(ctx, r); err != nil {
			return err
		}
		if err := tx.BumpStatusList(ctx, inst, r.List); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: inst, At: r.Revoked, Kind: "credential.revoked", Object: string(id), Actor: by, Detail: map[string]string{"reason": reason}})
	})
	if err == nil {
		s.Trace(stepRevoked)
	}
	return err
}

// StatusList returns the signed list credential, made anew when a status changed
// or half of its life is over.
func (s *Service) StatusList(ctx context.Context, inst cairn.InstitutionID, id string) ([]byte, error) {
	var l StatusList
	var institution cairn.Institution
	var revoked []int
	err := s.View(ctx, func(tx Tx) (err error) {
		if l, err = tx.StatusList(ctx, inst, id); err != nil {
			return err
		}
		if institution, err = tx.Institution(ctx, inst); err != nil {
			return err
		}
		revoked, err = tx.RevokedIndexes(ctx, inst, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := s.now()
	if l.PublishedRevision == l.Revision && now.Sub(l.PublishedAt) < listRefresh && !now.Before(l.PublishedAt) {
		return l.Published, nil
	}
	bits := statuslist.New(listSize)
	for _, i := range revoked {
		if err := bits.Set(i, true); err != nil {
			return nil, err
		}
	}
	doc, err := statuslist.Credential(statuslist.Meta{ID: s.listURL(inst, id), Issuer: string(institution.DID), Purpose: l.Purpose,
		ValidFrom: now, ValidUntil: now.Add(listLife), TTL: listTTL}, bits)
	if err != nil {
		return nil, err
	}
	signer, err := s.Signer(ctx, inst)
	if err != nil {
		return nil, err
	}
	signed, err := dataintegrity.Sign(ctx, doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: now}, signer)
	if err != nil {
		return nil, err
	}
	if l.Published, err = jcs.Marshal(signed); err != nil {
		return nil, err
	}
	l.PublishedRevision, l.PublishedAt = l.Revision, now
	if err := s.Tx(ctx, func(tx Tx) error { return tx.PublishStatusList(ctx, l) }); err != nil {
		return nil, err
	}
	s.Trace(stepPublished)
	return l.Published, nil
}

// StatusLists returns every status list of an institution, signed.
func (s *Service) StatusLists(ctx context.Context, inst cairn.InstitutionID) (map[string][]byte, error) {
	var lists []StatusList
	err := s.View(ctx, func(tx Tx) (err error) {
		lists, err = tx.StatusLists(ctx, inst)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, l := range lists {
		signed, err := s.StatusList(ctx, inst, l.ID)
		if err != nil {
			return nil, err
		}
		out[s.listURL(inst, l.ID)] = signed
	}
	return out, nil
}
