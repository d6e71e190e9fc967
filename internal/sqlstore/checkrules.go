package sqlstore

import (
	"bytes"
	"context"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/jose"
	"cairn.example/programme"
)

// rules checks C17: rule documents are what their digests say, a second person or both
// parties stand behind those that a programme uses, and none of these is missing.
func (c *checker) rules(ctx context.Context) error {
	documents, err := list(ctx, c.tx, scanRules, ruleColumns)
	if err != nil {
		return err
	}
	for _, d := range documents {
		c.report.Counts["rule documents"]++
		r, err := programme.ParseRules(d.Document)
		switch {
		case err != nil:
			c.wrong("C17", d.Digest, "the rule document can't be read: %v", err)
			continue
		case r.Digest() != d.Digest || r.Kind != d.Kind || r.ID != d.ID || r.Version != d.Version:
			c.wrong("C17", d.Digest, "the rule document is another one than its row says")
		case d.AddedBy == "" || d.Approved.IsZero() != (d.ApprovedBy == "") || d.ApprovedBy == d.AddedBy:
			c.wrong("C17", d.Digest, "it was not approved by a second person")
		}
		signatures, err := c.tx.RuleSignatures(ctx, d.Institution, d.Digest)
		if err != nil {
			return err
		}
		for _, g := range signatures {
			if !agrees(r, g) {
				c.wrong("C17", d.Digest, "what %s signed is not this agreement", g.Party)
			}
		}
	}
	editions, err := list(ctx, c.tx, scanEdition, editionColumns)
	if err != nil {
		return err
	}
	for _, e := range editions {
		p, err := programme.Parse(e.Document)
		if err != nil || p.Resolved() {
			continue // of one that can't be read its applications tell
		}
		if _, err := recognise.Whole(ctx, c.tx, e); err != nil {
			c.wrong("C17", e.Digest, "the programme %s can't be put together: %v", e.ID, err)
			continue
		}
		if err := recognise.Backed(ctx, c.tx, e.Institution, p); cairn.CodeOf(err) != "" {
			c.wrong("C17", e.Digest, "the programme %s uses a document that nobody stands behind: %v", e.ID, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// agrees reports whether a token is one by which a party of an agreement agrees to it.
// Whether its key is the party's was looked at when it came.
func agrees(r *programme.Rules, g recognise.RuleSignature) bool {
	token, err := jose.Parse(g.Token, jose.MaxToken)
	if err != nil || r.Agreement == nil || g.Party != r.Agreement.Sending.DID && g.Party != r.Agreement.Receiving.DID {
		return false
	}
	want, err := r.Statement(g.Party)
	return err == nil && token.Is(programme.StatementType) && bytes.Equal(token.Payload, want)
}
