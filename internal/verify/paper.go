package verify

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/papercode"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// blanks are what scanners, pages and people put around a code.
const blanks = " \t\r\n"

// paperText returns the text of a paper code of any version, without the blanks
// in front of it.
func paperText(data []byte) (string, bool) {
	text := strings.TrimLeft(string(data[:min(len(data), 64)]), blanks)
	if len(text) < len(papercode.Prefix) || !papercode.IsCode(text+" ") || text[3] < '0' || text[3] > '9' {
		return "", false
	}
	return strings.TrimLeft(string(data), blanks), true
}

// readPaper reads a code. A blank at the end can belong to the code, since base45
// has one, or to whatever the code was copied from.
func readPaper(text string) (*papercode.Signed, error) {
	s, err := papercode.Read(text)
	if short := strings.TrimRight(text, blanks); err != nil && short != text {
		s, err = papercode.Read(short)
	}
	return s, err
}

// paper judges the text of a paper code, which says less than the document that
// it stands for, and which anybody can copy.
func (c *check) paper(ctx context.Context, text string) Report {
	r := c.report(KindPaper)
	signed, err := readPaper(text)
	if err != nil {
		f := Finding{Axis: AxisModel, Outcome: No, Code: "model.unreadable", Args: because(err)}
		if cairn.CodeOf(err) == "papercode.version" {
			f.Outcome, f.Code = Unknown, "model.newer-version" // not false: a newer program can read it
		}
		r.Findings = []Finding{f}
		r.settle(policyFor(r.Kind))
		return r
	}
	card := signed.Card()
	cred := vc.Credential{ID: string(card.Credential), Issuer: string(card.Issuer), Name: card.Title, ValidUntil: card.ValidUntil}
	if card.StatusList != "" {
		cred.Status = []map[string]any{statuslist.Entry{Purpose: statuslist.Revocation, Index: card.StatusIndex, List: card.StatusList}.Tree()}
	}
	proof := c.paperProof(ctx, signed)
	model := Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"} // Read accepts nothing else
	status := Finding{Axis: AxisStatus, Outcome: Unknown, Code: "status.not-checked"}
	issuer := Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.not-checked"}
	if proof.Outcome == Yes {
		r.Shown = showCard(card)
		status, _ = c.status(ctx, KindPaper, cred) // a code has no entries but of a withdrawal
		issuer, r.Standing = c.paperIssuer(card, cred, r.Shown)
		r.Notes = []Note{{Code: "note.paper-full", Args: map[string]string{"digest": r.Shown.Digest}}}
	}
	holder := Finding{Axis: AxisHolder, Outcome: Unknown, Code: "holder.paper"}
	r.Findings = []Finding{proof, model, c.period(cred, nil), status, holder, issuer}
	r.settle(policyFor(r.Kind))
	return r
}

// paperProof answers whether the issuer that the code names signed it.
func (c *check) paperProof(ctx context.Context, s *papercode.Signed) Finding {
	card := s.Card()
	f := Finding{Axis: AxisProof, Outcome: No}
	fail := func(outcome Outcome, code string, err error) Finding {
		f.Outcome, f.Code, f.Args = outcome, code, because(err, "signer", string(card.Issuer))
		return f
	}
	resolution, outcome, code, err := c.signer(ctx, card.Issuer)
	f.AsOf, f.Source = resolution.AsOf, resolution.Source
	if outcome != Yes {
		return fail(outcome, code, err)
	}
	m, err := resolution.Document.Method(card.Key, did.AssertionMethod)
	if err != nil {
		return fail(No, "proof.not-the-signers-key", err)
	}
	if err := s.Verify(m.PublicKey); err != nil {
		return fail(No, "proof.signature", err)
	}
	// A paper code does not say when it was signed, so an old key can't be judged.
	if err := m.InLife(time.Time{}, c.latest); cairn.CodeOf(err) == "did.key-ended" {
		return fail(Unknown, "proof.key-retired", err)
	} else if err != nil {
		return fail(Unknown, "proof.key-revoked", err)
	}
	f.Outcome, f.Code, f.Args = Yes, "proof.good", map[string]string{"signer": string(card.Issuer)}
	return f
}

func showCard(c papercode.Card) *Shown {
	s := &Shown{CredentialID: string(c.Credential), Title: clean(c.Title), Learner: clean(c.Learner), Issuer: string(c.Issuer), AchievementType: c.AchievementType,
		Language: string(c.Language), LevelFramework: clean(c.LevelFramework), Level: clean(c.Level), Field: clean(c.Field), AwardedOn: c.AwardedOn.String(),
		ValidUntil: c.ValidUntil, Digest: "sha256:" + hex.EncodeToString(c.Digest[:])}
	if c.Credits.Sign() > 0 {
		s.Credits, s.CreditUnit = c.Credits.String(), clean(c.Unit)
	}
	return s
}

// paperIssuer asks the trust lists as for the document that the code stands for.
func (c *check) paperIssuer(card papercode.Card, cred vc.Credential, shown *Shown) (Finding, *trust.Standing) {
	if card.AwardedOn.IsZero() {
		return Finding{Axis: AxisIssuer, Outcome: Unknown, Code: "issuer.no-date", Args: map[string]string{"issuer": cred.Issuer}}, nil
	}
	kind := KindBadge
	switch card.Kind {
	case papercode.KindTranscript:
		kind = KindTranscript
	case papercode.KindDecision:
		kind = KindDecision
	}
	return c.issuer(kind, cred, shown)
}
