package recognise

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/issue"
	"cairn.example/jose"
	"cairn.example/programme"
)

// RuleDocument is a rule document of an institution, which its programmes may use.
type RuleDocument struct {
	Institution cairn.InstitutionID
	Kind        programme.Kind
	ID          string
	Version     string
	Digest      string
	Document    []byte
	Added       time.Time
	AddedBy     cairn.StaffID
	Approved    time.Time // by a second person; zero for agreements, which two parties sign
	ApprovedBy  cairn.StaffID
}

// RuleSignature is a token by which a party agreed to an agreement.
type RuleSignature struct {
	Institution cairn.InstitutionID
	Digest      string
	Party       cairn.DID
	Token       string
	Added       time.Time
}

// RulesTx is what is needed of a store to put a programme together.
type RulesTx interface {
	RuleDocument(ctx context.Context, inst cairn.InstitutionID, digest string) (RuleDocument, error)
	RuleSignatures(ctx context.Context, inst cairn.InstitutionID, digest string) ([]RuleSignature, error)
}

// Whole reads an edition with the rule documents that it uses.
func Whole(ctx context.Context, tx RulesTx, e Edition) (*programme.Programme, error) {
	p, err := programme.Parse(e.Document)
	if err != nil || p.Resolved() {
		return p, err
	}
	documents, err := usedBy(ctx, tx, e.Institution, p)
	if err != nil {
		return nil, err
	}
	whole, found := p.Resolve(documents)
	return whole, notWhole(p, found)
}

// usedBy reads the documents that a programme uses, as far as they are there.
func usedBy(ctx context.Context, tx RulesTx, inst cairn.InstitutionID, p *programme.Programme) ([]*programme.Rules, error) {
	var out []*programme.Rules
	for _, u := range p.Uses {
		d, err := tx.RuleDocument(ctx, inst, u.Digest)
		if cairn.KindOf(err) == cairn.NotFound {
			continue // Resolve names it
		}
		if err != nil {
			return nil, err
		}
		r, err := programme.ParseRules(d.Document)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// notWhole is the error of a programme that does not fit its documents, or nil.
func notWhole(p *programme.Programme, found []programme.Finding) error {
	var why []string
	for _, f := range found {
		if f.Severity == programme.LintError {
			why = append(why, fmt.Sprintf("%s (%s)", f.String(), f.Code))
		}
	}
	if len(why) == 0 {
		return nil
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "rules.unresolved", Object: string(p.ID), Message: "the programme and the documents that it uses don't fit: " + strings.Join(why, "; "), Hint: "add the documents with cairn rules add, or change what is named"}
}

// Backed refuses a programme that uses a document which nobody stands behind: one
// that no second person approved, or an agreement that a party has not signed. One
// forged table of grades would make marks out of nothing.
func Backed(ctx context.Context, tx RulesTx, inst cairn.InstitutionID, p *programme.Programme) error {
	for _, u := range p.Uses {
		d, err := tx.RuleDocument(ctx, inst, u.Digest)
		if err != nil {
			return err
		}
		if d.Kind != programme.KindAgreement {
			if d.Approved.IsZero() {
				return &cairn.Error{Kind: cairn.Denied, Code: "rules.not-approved", Object: d.ID, Message: fmt.Sprintf("the %s %s waits for a second person", d.Kind, d.ID), Hint: "somebody else than " + string(d.AddedBy) + " looks at it and runs cairn rules approve"}
			}
			continue
		}
		r, err := programme.ParseRules(d.Document)
		if err != nil {
			return err
		}
		signatures, err := tx.RuleSignatures(ctx, inst, u.Digest)
		if err != nil {
			return err
		}
		signed := map[cairn.DID]bool{}
		for _, g := range signatures {
			signed[g.Party] = true
		}
		for _, party := range []cairn.DID{r.Agreement.Sending.DID, r.Agreement.Receiving.DID} {
			if !signed[party] {
				return &cairn.Error{Kind: cairn.Denied, Code: "rules.not-signed", Object: d.ID, Message: fmt.Sprintf("%s has not signed the agreement %s", party, d.ID), Hint: "sign it with cairn rules sign, and add the other party's token with cairn rules countersign"}
			}
		}
	}
	return nil
}

// AddRules keeps a rule document of an institution. The same document again changes
// nothing; another one of the same version is a conflict.
func (s *Service) AddRules(ctx context.Context, inst cairn.InstitutionID, document []byte, by cairn.StaffID) (*programme.Rules, error) {
	r, err := programme.ParseRules(document)
	if err != nil {
		return nil, err
	}
	if by == "" {
		return nil, invalid("rules.by", "by", "who adds a document must be said")
	}
	institution, err := s.Issue.Institution(ctx, inst)
	if err != nil {
		return nil, err
	}
	if a := r.Agreement; a != nil && a.Sending.DID != institution.DID && a.Receiving.DID != institution.DID {
		return nil, invalid("rules.party", "", "the agreement is between %s and %s, and this institution is %s", a.Sending.DID, a.Receiving.DID, institution.DID)
	}
	d := RuleDocument{Institution: inst, Kind: r.Kind, ID: r.ID, Version: r.Version, Digest: r.Digest(), Document: document, Added: s.now(), AddedBy: by}
	err = s.Tx(ctx, func(tx Tx) error {
		if _, err := tx.RuleDocument(ctx, inst, d.Digest); err == nil || cairn.KindOf(err) != cairn.NotFound {
			return err
		}
		if err := tx.InsertRules(ctx, d); err != nil {
			if cairn.KindOf(err) == cairn.Conflict {
				return &cairn.Error{Kind: cairn.Conflict, Code: "rules.version-used", Field: "version", Object: r.ID, Message: fmt.Sprintf("version %s of the %s %s is there with other rules", r.Version, r.Kind, r.ID), Hint: "give the new rules a new version", Err: err}
			}
			return err
		}
		return s.ruleEvent(ctx, tx, d, "rules.added", string(by), nil)
	})
	return r, err
}

func (s *Service) ruleEvent(ctx context.Context, tx Tx, d RuleDocument, kind, actor string, more map[string]string) error {
	detail := map[string]string{"digest": d.Digest, "kind": string(d.Kind), "version": d.Version}
	for k, v := range more {
		detail[k] = v
	}
	return tx.AppendEvent(ctx, issue.Event{Institution: d.Institution, At: s.now(), Kind: kind, Object: d.ID, Actor: actor, Detail: detail})
}

// ApproveRules records that a second person looked at a document. A second approval
// changes nothing.
func (s *Service) ApproveRules(ctx context.Context, inst cairn.InstitutionID, digest string, by cairn.StaffID) (RuleDocument, error) {
	var d RuleDocument
	err := s.Tx(ctx, func(tx Tx) (err error) {
		if d, err = tx.RuleDocument(ctx, inst, digest); err != nil {
			return err
		}
		switch {
		case d.Kind == programme.KindAgreement:
			return invalid("rules.agreement", "", "an agreement is not approved but signed, by both of its parties")
		case by == "":
			return invalid("rules.by", "by", "who approves a document must be said")
		case by == d.AddedBy:
			return &cairn.Error{Kind: cairn.Denied, Code: "rules.same-person", Object: d.ID, Message: string(by) + " added the document and can't approve it too", Hint: "ask somebody else to look at it"}
		case !d.Approved.IsZero():
			return nil
		}
		d.Approved, d.ApprovedBy = s.now(), by
		if err := tx.ApproveRules(ctx, inst, digest, by, d.Approved); err != nil {
			return err
		}
		return s.ruleEvent(ctx, tx, d, "rules.approved", string(by), nil)
	})
	return d, err
}

// SignRules agrees to an agreement in the name of an institution of this server, and
// returns the token for the other party. Signed again, the token is the same.
func (s *Service) SignRules(ctx context.Context, inst cairn.InstitutionID, digest string, by cairn.StaffID) (string, error) {
	if by == "" {
		return "", invalid("rules.by", "by", "who signs must be said")
	}
	d, r, signatures, err := s.agreement(ctx, inst, digest)
	if err != nil {
		return "", err
	}
	institution, err := s.Issue.Institution(ctx, inst)
	if err != nil {
		return "", err
	}
	for _, g := range signatures {
		if g.Party == institution.DID {
			return g.Token, nil
		}
	}
	statement, err := r.Statement(institution.DID)
	if err != nil {
		return "", err
	}
	key, err := s.Issue.Signer(ctx, inst)
	if err != nil {
		return "", err
	}
	signer, err := jose.FromSigner(key)
	if err != nil {
		return "", err
	}
	token, err := jose.Sign(ctx, jose.Header{Type: programme.StatementType, KeyID: string(key.KeyID())}, statement, signer)
	if err != nil {
		return "", err
	}
	return token, s.keepSignature(ctx, d, RuleSignature{Institution: inst, Digest: digest, Party: institution.DID, Token: token, Added: s.now()}, string(by))
}

// agreement reads a document that parties sign.
func (s *Service) agreement(ctx context.Context, inst cairn.InstitutionID, digest string) (d RuleDocument, r *programme.Rules, signatures []RuleSignature, err error) {
	err = s.View(ctx, func(tx Tx) (err error) {
		if d, err = tx.RuleDocument(ctx, inst, digest); err != nil {
			return err
		}
		signatures, err = tx.RuleSignatures(ctx, inst, digest)
		return err
	})
	if err != nil {
		return d, nil, nil, err
	}
	if r, err = programme.ParseRules(d.Document); err == nil && r.Agreement == nil {
		err = invalid("rules.no-agreement", "", "a %s is approved by a second person; only agreements are signed", r.Kind)
	}
	return d, r, signatures, err
}

// CountersignRules keeps the token of a party. Its key must be one that the party's
// identifier gives for assertions, and what it signed must be this document.
func (s *Service) CountersignRules(ctx context.Context, inst cairn.InstitutionID, digest, token string, by cairn.StaffID) (RuleSignature, error) {
	g := RuleSignature{Institution: inst, Digest: digest, Token: strings.TrimSpace(token), Added: s.now()}
	if by == "" {
		return g, invalid("rules.by", "by", "who brings the signature must be said")
	}
	d, r, signatures, err := s.agreement(ctx, inst, digest)
	if err != nil {
		return g, err
	}
	parsed, err := jose.Parse(g.Token, jose.MaxToken)
	if err != nil {
		return g, err
	}
	if g.Party, _, err = did.SplitKeyID(cairn.KeyID(parsed.Header.KeyID)); err != nil {
		return g, err
	}
	if g.Party != r.Agreement.Sending.DID && g.Party != r.Agreement.Receiving.DID {
		return g, &cairn.Error{Kind: cairn.Denied, Code: "rules.party", Object: string(g.Party), Message: "it is signed by somebody who is no party of the agreement"}
	}
	want, err := r.Statement(g.Party)
	if err != nil {
		return g, err
	}
	if !bytes.Equal(parsed.Payload, want) {
		return g, &cairn.Error{Kind: cairn.Denied, Code: "rules.other-document", Object: r.ID, Message: "what was signed is another document, or another version of it", Hint: "both parties sign the same bytes: compare the digests"}
	}
	found, err := s.Verify.Resolver.Resolve(ctx, g.Party)
	if err != nil {
		return g, err
	}
	method, err := found.Document.Method(cairn.KeyID(parsed.Header.KeyID), did.AssertionMethod)
	if err != nil {
		return g, err
	}
	now := s.now()
	if !method.Revoked.IsZero() && !now.Before(method.Revoked) || !method.Expires.IsZero() && !now.Before(method.Expires) {
		return g, &cairn.Error{Kind: cairn.Denied, Code: "rules.key", Object: parsed.Header.KeyID, Message: "the key was taken back or has ended", Hint: "ask the party to sign with the key that it uses now"}
	}
	key, err := method.JOSE()
	if err != nil {
		return g, err
	}
	if err := parsed.Verify(key, jose.Policy{Types: []string{programme.StatementType}}); err != nil {
		return g, err
	}
	for _, known := range signatures {
		if known.Party == g.Party {
			return known, nil
		}
	}
	return g, s.keepSignature(ctx, d, g, string(by))
}

func (s *Service) keepSignature(ctx context.Context, d RuleDocument, g RuleSignature, by string) error {
	return s.Tx(ctx, func(tx Tx) error {
		err := tx.InsertRuleSignature(ctx, g)
		if cairn.KindOf(err) == cairn.Conflict {
			return nil // signed meanwhile
		}
		if err != nil {
			return err
		}
		return s.ruleEvent(ctx, tx, d, "rules.signed", by, map[string]string{"party": string(g.Party)})
	})
}

// RuleDocuments lists the rule documents of an institution.
func (s *Service) RuleDocuments(ctx context.Context, inst cairn.InstitutionID) (list []RuleDocument, err error) {
	err = s.View(ctx, func(tx Tx) (err error) {
		list, err = tx.RuleDocuments(ctx, inst)
		return err
	})
	return list, err
}

// RuleDocument returns a rule document and the signatures that there are.
func (s *Service) RuleDocument(ctx context.Context, inst cairn.InstitutionID, digest string) (d RuleDocument, signatures []RuleSignature, err error) {
	err = s.View(ctx, func(tx Tx) (err error) {
		if d, err = tx.RuleDocument(ctx, inst, digest); err != nil {
			return err
		}
		signatures, err = tx.RuleSignatures(ctx, inst, digest)
		return err
	})
	return d, signatures, err
}

// resolved puts a programme together with the stored documents, and says all that
// does not fit.
func (s *Service) resolved(ctx context.Context, inst cairn.InstitutionID, p *programme.Programme) (whole *programme.Programme, found []programme.Finding, err error) {
	if p.Resolved() {
		return p, nil, nil
	}
	var documents []*programme.Rules
	if err = s.View(ctx, func(tx Tx) (err error) {
		documents, err = usedBy(ctx, tx, inst, p)
		return err
	}); err != nil {
		return nil, nil, err
	}
	if whole, found = p.Resolve(documents); whole != nil {
		found = append(found, whole.CheckDates(s.now())...)
	}
	return whole, found, nil
}

// RulesOf returns the rule documents that some editions use, each once.
func (s *Service) RulesOf(ctx context.Context, editions []Edition) ([]RuleDocument, error) {
	var out []RuleDocument
	err := s.View(ctx, func(tx Tx) error {
		for _, e := range editions {
			p, err := programme.Parse(e.Document)
			if err != nil {
				return err
			}
			for _, u := range p.Uses {
				if slices.ContainsFunc(out, func(d RuleDocument) bool { return d.Digest == u.Digest }) {
					continue
				}
				d, err := tx.RuleDocument(ctx, e.Institution, u.Digest)
				if err != nil {
					return err
				}
				out = append(out, d)
			}
		}
		return nil
	})
	return out, err
}
