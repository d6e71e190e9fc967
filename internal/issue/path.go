package issue

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/keys"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// The steps of the write path, as Config.Trace is told them.
const (
	stepChecked   = "checked"
	stepPrepared  = "prepared"
	stepSigned    = "signed"
	stepFinalised = "finalised"
	stepDelivered = "delivered"
	stepRevoked   = "revoked"
	stepPublished = "published"
)

// Issue takes a request along the write path. The same request again returns
// what was issued the first time; another request with the same key is a
// Conflict.
func (s *Service) Issue(ctx context.Context, r Request) (Issued, error) {
	if r.Key == "" || len(r.Key) > maxKey {
		return Issued{}, invalid("issue.key", "key", "an idempotency key of 1 to %d bytes is needed", maxKey)
	}
	if r.Title == "" || len(r.Title) > maxTitle {
		return Issued{}, invalid("issue.title", "title", "a title of 1 to %d bytes is needed", maxTitle)
	}
	record, known, err := s.known(ctx, r)
	if err != nil {
		return Issued{}, err
	}
	if !known {
		if err := s.try(ctx, r); err != nil {
			return Issued{}, err
		}
		s.Trace(stepChecked)
		if record, err = s.prepare(ctx, r); err != nil {
			return Issued{}, err
		}
		s.Trace(stepPrepared)
	}
	return s.complete(ctx, record, r.Actor)
}

func invalid(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// known looks for an earlier request with the same key.
func (s *Service) known(ctx context.Context, r Request) (record Record, known bool, err error) {
	err = s.View(ctx, func(tx Tx) error {
		record, known, err = sameRequest(ctx, tx, r)
		return err
	})
	return record, known, err
}

func sameRequest(ctx context.Context, tx Tx, r Request) (Record, bool, error) {
	record, err := tx.CredentialByKey(ctx, r.Institution, r.Key)
	switch {
	case cairn.KindOf(err) == cairn.NotFound:
		return Record{}, false, nil
	case err != nil:
		return Record{}, false, err
	case record.Fingerprint != r.Fingerprint || record.Kind != r.Kind:
		return Record{}, false, &cairn.Error{Kind: cairn.Conflict, Code: "issue.key-used", Field: "key", Object: r.Key,
			Message: "this key was already used for something else", Hint: "use a new key for a new request"}
	case record.State == Void:
		return Record{}, false, &cairn.Error{Kind: cairn.Conflict, Code: "issue.void", Object: r.Key,
			Message: "this request was given up: " + record.VoidReason, Hint: "use a new key"}
	}
	return record, true, nil
}

// try builds the document for a made-up slot and checks that it can be signed,
// so that nothing is recorded that can't.
func (s *Service) try(ctx context.Context, r Request) error {
	var inst cairn.Institution
	err := s.View(ctx, func(tx Tx) (err error) {
		inst, err = tx.Institution(ctx, r.Institution)
		return err
	})
	if err != nil {
		return err
	}
	slot := Slot{CredentialID: "urn:uuid:00000000-0000-4000-8000-000000000000", Institution: inst, Issuer: inst.DID, Now: s.now()}
	if r.WithStatus {
		slot.Status = &statuslist.Entry{Purpose: statuslist.Revocation, List: s.listURL(inst.ID, "0")}
	}
	doc, err := r.Build(slot)
	if err != nil {
		return err
	}
	return signable(doc)
}

// now is the time to the second, as signed documents carry it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

// signable checks a document as a verifier would, before anything is recorded.
func signable(doc map[string]any) error {
	if _, ok := doc["proof"]; ok {
		return invalid("issue.document", "proof", "the document already has a proof")
	}
	b, err := jcs.Marshal(doc)
	if err != nil {
		return err
	}
	tree, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		return err
	}
	c, problems := vc.ReadCredential(tree)
	if len(problems) == 0 && (c.HasType("OpenBadgeCredential") || c.HasType("ClrCredential")) {
		problems = openbadges.CheckSchema(tree)
	}
	if len(problems) > 0 {
		return invalid("issue.document", problems[0].Path, "%s", problems[0].Message)
	}
	_, err = rdfc.Canonical(tree)
	return err
}

// prepare records, in one transaction, what will be signed.
func (s *Service) prepare(ctx context.Context, r Request) (Record, error) {
	var record Record
	err := s.Tx(ctx, func(tx Tx) error {
		earlier, known, err := sameRequest(ctx, tx, r) // another process may have been quicker
		if err != nil || known {
			record = earlier
			return err
		}
		inst, err := tx.Institution(ctx, r.Institution)
		if err != nil {
			return err
		}
		key, err := activeKey(ctx, tx, r.Institution)
		if err != nil {
			return err
		}
		id, err := s.newUUID()
		if err != nil {
			return err
		}
		now := s.now()
		if err := checkClock(ctx, tx, now, key); err != nil {
			return err
		}
		record = Record{Institution: r.Institution, ID: id, Key: r.Key, Fingerprint: r.Fingerprint, Kind: r.Kind, Learner: r.Learner,
			Title: r.Title, State: Prepared, KeyID: key.ID, Created: now}
		slot := Slot{CredentialID: id, Institution: inst, Issuer: inst.DID, Now: now}
		if r.WithStatus {
			if record.List, record.Index, err = s.takeIndex(ctx, tx, r.Institution); err != nil {
				return err
			}
			slot.Status = &statuslist.Entry{Purpose: statuslist.Revocation, Index: record.Index, List: s.listURL(inst.ID, record.List)}
		}
		doc, err := r.Build(slot)
		if err != nil {
			return err
		}
		if record.Unsigned, err = jcs.Marshal(doc); err != nil {
			return err
		}
		record.UnsignedDigest = jcs.Digest(record.Unsigned)
		if err := tx.InsertCredential(ctx, record); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: r.Institution, At: now, Kind: "credential.prepared", Object: string(id), Actor: r.Actor,
			Detail: map[string]string{"digest": record.UnsignedDigest, "kind": r.Kind, "keyId": string(key.ID)}})
	})
	return record, err
}

// clockBack is how far the clock may go back between two credentials, such as when
// it is set by a time server.
const clockBack = 5 * time.Minute

// checkClock refuses to sign when the clock is behind what was recorded already
// (SECURITY, T01): a machine without a battery for its clock starts in 1970, and what
// it signed would be from before its key, or from before what was withdrawn.
func checkClock(ctx context.Context, tx Tx, now time.Time, key keys.Record) error {
	last, err := tx.LastPrepared(ctx)
	if err != nil {
		return err
	}
	if key.Created.After(last) {
		last = key.Created
	}
	if now.Add(clockBack).Before(last) {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "issue.clock", Object: now.Format(time.RFC3339),
			Message: "the clock of this machine is behind: something was recorded at " + last.Format(time.RFC3339) + "; nothing was signed", Hint: "set the clock and try again"}
	}
	return nil
}

// activeKey returns the key that an institution signs with now.
func activeKey(ctx context.Context, tx Tx, inst cairn.InstitutionID) (keys.Record, error) {
	all, err := tx.Keys(ctx, inst)
	if err != nil {
		return keys.Record{}, err
	}
	for _, k := range all {
		if k.Retired.IsZero() {
			return k, nil
		}
	}
	return keys.Record{}, &cairn.Error{Kind: cairn.NotFound, Code: "issue.no-key", Object: string(inst), Message: "the institution has no signing key in use"}
}

func (s *Service) newUUID() (cairn.CredentialID, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "issue.random", Message: "no randomness could be had; nothing was issued", Err: err}
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
	h := hex.EncodeToString(b)
	return cairn.CredentialID(fmt.Sprintf("urn:uuid:%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])), nil
}

// complete signs a prepared credential and records the signature. It may run
// more than once for one credential, also at the same time: the signature over
// the recorded bytes is always the same.
func (s *Service) complete(ctx context.Context, r Record, actor string) (Issued, error) {
	if r.State == Final {
		return Issued{r}, nil
	}
	signed, err := s.sign(ctx, r)
	if err != nil {
		return Issued{}, err
	}
	s.Trace(stepSigned)
	r.Signed, r.SignedDigest, r.State, r.Issued = signed, jcs.Digest(signed), Final, s.now()
	err = s.Tx(ctx, func(tx Tx) error {
		current, err := tx.Credential(ctx, r.Institution, r.ID)
		if err != nil {
			return err
		}
		if current.State == Final {
			if current.SignedDigest != r.SignedDigest {
				return &cairn.Error{Kind: cairn.Internal, Code: "issue.two-signatures", Object: string(r.ID), Message: "two different signatures were made for one record"}
			}
			r = current
			return nil
		}
		if err := tx.FinaliseCredential(ctx, r); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: r.Institution, At: r.Issued, Kind: "credential.issued", Object: string(r.ID), Actor: actor,
			Detail: map[string]string{"digest": r.SignedDigest}})
	})
	if err != nil {
		return Issued{}, err
	}
	s.Trace(stepFinalised)
	return Issued{r}, nil
}

// sign makes the signature over the recorded bytes and checks it with the key
// that verifiers will use.
func (s *Service) sign(ctx context.Context, r Record) ([]byte, error) {
	if jcs.Digest(r.Unsigned) != r.UnsignedDigest {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "issue.record-changed", Object: string(r.ID),
			Message: "the recorded document is not the one that was prepared; it is not signed", Hint: "run cairn check"}
	}
	signer, err := s.signer(ctx, r.Institution, r.KeyID)
	if err != nil {
		return nil, err
	}
	doc, err := strictjson.ParseObject(r.Unsigned, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	signed, err := dataintegrity.Sign(ctx, doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: r.Created}, signer)
	if err != nil {
		return nil, err
	}
	return jcs.Marshal(signed)
}

func (s *Service) signer(ctx context.Context, inst cairn.InstitutionID, id cairn.KeyID) (cairn.Signer, error) {
	var signer cairn.Signer
	err := s.View(ctx, func(tx Tx) error {
		all, err := tx.Keys(ctx, inst)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(k keys.Record) bool { return k.ID == id })
		if i < 0 {
			return &cairn.Error{Kind: cairn.NotFound, Code: "issue.no-key", Object: string(id), Message: "the institution has no such key"}
		}
		signer, err = s.Keys.Signer(all[i])
		return err
	})
	return signer, err
}

// Signer returns the signer of the key that an institution uses now, for forms
// of a credential that travel beside the signed document, such as paper codes.
func (s *Service) Signer(ctx context.Context, inst cairn.InstitutionID) (cairn.Signer, error) {
	var id cairn.KeyID
	err := s.View(ctx, func(tx Tx) error {
		k, err := activeKey(ctx, tx, inst)
		id = k.ID
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.signer(ctx, inst, id)
}

// resumeBatch is how many prepared credentials Resume takes at once.
const resumeBatch = 500

// Resume completes every credential that was prepared and not signed, and
// returns how many. What can't be signed any more is recorded as void with its
// reason; its status index is never given again.
func (s *Service) Resume(ctx context.Context) (completed int, err error) {
	for {
		var batch []Record
		err := s.View(ctx, func(tx Tx) (err error) {
			batch, err = tx.PreparedCredentials(ctx, resumeBatch)
			return err
		})
		if err != nil || len(batch) == 0 {
			return completed, err
		}
		for _, r := range batch {
			_, err := s.complete(ctx, r, "resume")
			if err == nil {
				completed++
				continue
			}
			var e *cairn.Error
			if !errors.As(err, &e) || e.Kind != cairn.Invalid {
				return completed, err // not the credential's fault: leave it for the next time
			}
			err = s.Tx(ctx, func(tx Tx) error {
				if err := tx.VoidCredential(ctx, r.Institution, r.ID, e.Error()); err != nil {
					return err
				}
				return tx.AppendEvent(ctx, Event{Institution: r.Institution, At: s.now(), Kind: "credential.void", Object: string(r.ID), Actor: "resume",
					Detail: map[string]string{"reason": e.Code}})
			})
			if err != nil {
				return completed, err
			}
		}
	}
}

// Credential returns an issued credential.
func (s *Service) Credential(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) (Issued, error) {
	var out Issued
	err := s.View(ctx, func(tx Tx) error {
		r, err := tx.Credential(ctx, inst, id)
		if err == nil && r.State != Final {
			err = &cairn.Error{Kind: cairn.NotFound, Code: "issue.not-issued", Object: string(id), Message: "this credential was not issued"}
		}
		out = Issued{r}
		return err
	})
	return out, err
}

// CredentialsOf returns what was issued to a learner, the newest first.
func (s *Service) CredentialsOf(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID) ([]Issued, error) {
	var out []Issued
	err := s.View(ctx, func(tx Tx) error {
		all, err := tx.CredentialsOf(ctx, inst, learner)
		for _, r := range all {
			if r.State == Final {
				out = append(out, Issued{r})
			}
		}
		return err
	})
	return out, err
}
