package sqlstore

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/issue"
	"cairn.example/jcs"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

func number(what string, n int64) string { return fmt.Sprintf("%s %d", what, n) }

// credentials checks every credential's record against the events and against
// its own bytes (C1, C3, C4), and verifies the signature of every issued one.
func (c *checker) credentials(ctx context.Context) error {
	issuers, err := list(ctx, c.tx, scanInstitution, institutionColumns)
	if err != nil {
		return err
	}
	dids := map[cairn.InstitutionID]cairn.DID{}
	for _, i := range issuers {
		dids[i.ID] = i.DID
	}
	rows, err := c.tx.tx.QueryContext(ctx, credentialColumns)
	if err != nil {
		return err
	}
	defer rows.Close()
	work := make(chan issue.Record)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for r := range work {
				problems := c.record(r, dids[r.Institution])
				mu.Lock()
				for _, p := range problems {
					c.wrong(p.Invariant, p.Object, "%s", p.Message)
				}
				mu.Unlock()
			}
		})
	}
	seen := map[string]bool{}
	for rows.Next() {
		r, err := scanCredential(rows)
		if err != nil {
			close(work)
			wg.Wait()
			return err
		}
		seen[string(r.Institution)+"\x00"+string(r.ID)] = true
		c.report.Counts[string(r.State)]++
		work <- r
	}
	close(work)
	wg.Wait()
	for id, h := range c.history {
		if !seen[id] {
			_, object, _ := strings.Cut(id, "\x00")
			c.wrong("C1", object, "it was recorded as prepared, issued=%t, and is not stored", h.issued)
		}
	}
	return rows.Err()
}

// record checks one credential. It only reads what the checker has collected.
func (c *checker) record(r issue.Record, issuer cairn.DID) []Violation {
	var out []Violation
	wrong := func(invariant, format string, args ...any) {
		out = append(out, Violation{invariant, string(r.ID), fmt.Sprintf(format, args...)})
	}
	h := c.history[string(r.Institution)+"\x00"+string(r.ID)]
	if h == nil {
		wrong("C3", "nothing says that it was prepared")
		return out
	}
	if jcs.Digest(r.Unsigned) != r.UnsignedDigest || h.unsigned != r.UnsignedDigest {
		wrong("C4", "what was prepared was changed")
	}
	if h.keyID != string(r.KeyID) {
		wrong("C3", "it was prepared for another key")
	}
	if k, ok := c.public[string(r.KeyID)]; !ok || k.institution != string(r.Institution) {
		wrong("C12", "its key is not of its institution")
	}
	unsigned, err := strictjson.ParseObject(r.Unsigned, strictjson.Transcript)
	if err != nil {
		wrong("C4", "what was prepared can't be read: %v", err)
		return out
	}
	out = append(out, slotOf(r, issuer, unsigned)...)
	if h.issued != (r.State == issue.Final) || h.void != (r.State == issue.Void) || h.revoked != !r.Revoked.IsZero() {
		wrong("C3", "it is stored as %s, revoked=%t, and recorded as issued=%t, given up=%t, revoked=%t", r.State, !r.Revoked.IsZero(), h.issued, h.void, h.revoked)
	}
	if r.State != issue.Final {
		return out
	}
	if jcs.Digest(r.Signed) != r.SignedDigest || h.signed != r.SignedDigest {
		wrong("C1", "what was issued was changed")
	}
	signed, err := strictjson.ParseObject(r.Signed, strictjson.Transcript)
	if err != nil {
		wrong("C1", "what was issued can't be read: %v", err)
		return out
	}
	if err := c.proof(signed, r.Institution, r.KeyID); err != nil {
		wrong("C1", "its signature does not verify: %v", err)
	}
	if again, err := jcs.Marshal(signed); err != nil || !bytes.Equal(again, r.Signed) {
		wrong("C1", "what was issued is not in canonical form")
	}
	rest := maps.Clone(signed)
	delete(rest, "proof")
	if content, err := jcs.Marshal(rest); err != nil || !bytes.Equal(content, r.Unsigned) {
		wrong("C3", "what was issued is not what was prepared")
	}
	return out
}

// slotOf checks that a document carries what was reserved for it.
func slotOf(r issue.Record, issuer cairn.DID, doc map[string]any) []Violation {
	var out []Violation
	wrong := func(invariant, format string, args ...any) {
		out = append(out, Violation{invariant, string(r.ID), fmt.Sprintf(format, args...)})
	}
	credential, _ := vc.ReadCredential(doc)
	if credential.ID != string(r.ID) {
		wrong("C3", "the document is of %q", credential.ID)
	}
	if credential.Issuer != string(issuer) {
		wrong("C12", "the document is of the issuer %q", credential.Issuer)
	}
	if r.List == "" {
		if len(credential.Status) > 0 {
			wrong("C5", "the document has a status that nothing was reserved for")
		}
		return out
	}
	if len(credential.Status) != 1 {
		wrong("C5", "the document has %d status entries", len(credential.Status))
		return out
	}
	entry, err := statuslist.ReadEntry(credential.Status[0])
	if err != nil || entry.Index != r.Index || !endsWith(entry.List, r.Institution, r.List) {
		wrong("C5", "the document has place %d of %s, and place %d of %s was reserved", entry.Index, entry.List, r.Index, r.List)
	}
	return out
}

// endsWith reports whether a list's address is that of a list of the institution.
func endsWith(address string, inst cairn.InstitutionID, list string) bool {
	return strings.HasSuffix(address, "/i/"+string(inst)+"/status/"+list)
}

// proof verifies the one proof of a document with a recorded key of inst. With
// a key id it must be that key.
func (c *checker) proof(doc map[string]any, inst cairn.InstitutionID, want cairn.KeyID) error {
	proofs, err := dataintegrity.Proofs(doc)
	if err != nil {
		return err
	}
	if len(proofs) != 1 {
		return fmt.Errorf("there are %d proofs", len(proofs))
	}
	p := proofs[0]
	k, ok := c.public[string(p.Method)]
	if !ok || k.institution != string(inst) || want != "" && p.Method != want || p.Purpose != did.AssertionMethod {
		return fmt.Errorf("the key %s is not the one that was to sign", p.Method)
	}
	controller, _, err := did.SplitKeyID(p.Method)
	if err != nil {
		return err
	}
	return dataintegrity.Verify(doc, p, did.Method{ID: p.Method, Controller: controller, PublicKey: k.key})
}

// lists checks C5 and C6.
func (c *checker) lists(ctx context.Context) error {
	for _, q := range []struct{ invariant, message, query string }{
		{"C5", "this place of a status list was given twice", `SELECT list || ' ' || list_index FROM credential NOT INDEXED WHERE list IS NOT NULL GROUP BY list, list_index HAVING count(*) > 1`},
		{"C5", "this place is not in the list", `SELECT id FROM credential WHERE list IS NOT NULL AND (list_index IS NULL OR list_index < 0 OR list_index >= 131072)`},
		{"C5", "this list is there twice", `SELECT id FROM status_list NOT INDEXED GROUP BY id HAVING count(*) > 1`},
	} {
		if err := c.find(ctx, q.invariant, q.message, q.query); err != nil {
			return err
		}
	}
	all, err := list(ctx, c.tx, scanStatusList, statusListColumns)
	if err != nil {
		return err
	}
	for _, l := range all {
		c.report.Counts["statusLists"]++
		taken, err := c.number(ctx, `SELECT count(*) FROM credential NOT INDEXED WHERE institution = ? AND list = ?`, l.Institution, l.ID)
		if err != nil {
			return err
		}
		if taken != l.Used {
			c.wrong("C5", l.ID, "%d places were given and %d credentials have one", l.Used, taken)
		}
		revoked, err := c.tx.RevokedIndexes(ctx, l.Institution, l.ID)
		if err != nil {
			return err
		}
		if len(revoked) != l.Revision {
			c.wrong("C6", l.ID, "it changed %d times and %d credentials are revoked", l.Revision, len(revoked))
		}
		if err := c.published(l, revoked); err != nil {
			c.wrong("C6", l.ID, "%v", err)
		}
	}
	return nil
}

// published compares the signed list with what is recorded. A list that is older
// than the last change may lack bits and never has one too many.
func (c *checker) published(l issue.StatusList, revoked []int) error {
	if l.Published == nil {
		if l.PublishedRevision >= 0 {
			return fmt.Errorf("the published list is lost")
		}
		return nil
	}
	doc, err := strictjson.ParseObject(l.Published, strictjson.Default)
	if err != nil {
		return fmt.Errorf("the published list can't be read: %w", err)
	}
	if err := c.proof(doc, l.Institution, ""); err != nil {
		return fmt.Errorf("the signature of the published list does not verify: %w", err)
	}
	bits, meta, err := statuslist.ReadCredential(doc)
	if err != nil {
		return fmt.Errorf("the published list can't be read: %w", err)
	}
	if !endsWith(meta.ID, l.Institution, l.ID) || meta.Purpose != l.Purpose {
		return fmt.Errorf("the published list is %s for %s", meta.ID, meta.Purpose)
	}
	want := make([]bool, bits.Len())
	for _, i := range revoked {
		if i >= 0 && i < len(want) {
			want[i] = true
		}
	}
	published := 0
	for i := range want {
		on, err := bits.Get(i)
		if err != nil {
			return err
		}
		if on {
			published++
		}
		if on && !want[i] {
			return fmt.Errorf("place %d is published as revoked and is not recorded so", i)
		}
		if !on && want[i] && l.PublishedRevision == l.Revision {
			return fmt.Errorf("place %d is revoked and not published so", i)
		}
	}
	if published != l.PublishedRevision {
		return fmt.Errorf("%d places are published as revoked, %d should be", published, l.PublishedRevision)
	}
	return nil
}
