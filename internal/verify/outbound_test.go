package verify_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
)

// site is an institution with a web site of its own, of which there can be many.
type site struct {
	party
	host string
}

func newSite(n int) site { return site{college, fmt.Sprintf("s%d.example", n)} }

func (s site) Controller() cairn.DID { return cairn.DID("did:web:" + s.host) }
func (s site) KeyID() cairn.KeyID    { return cairn.KeyID(s.Controller() + "#1") }
func (s site) list() string          { return "https://" + s.host + "/list" }

func (s site) badge(t testing.TB, list string) []byte {
	t.Helper()
	doc, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) {
		b.Issuer.DID, b.Status = s.Controller(), &statuslist.Entry{Purpose: statuslist.Revocation, Index: 7, List: list}
	}), dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, s)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, doc)
}

// internet answers for every site, and writes down what it was asked.
type internet struct {
	asked []string
	dead  bool
	delay time.Duration
}

func (n *internet) ask(ctx context.Context, what string) error {
	n.asked = append(n.asked, what)
	if n.delay > 0 {
		select {
		case <-time.After(n.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if n.dead {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.failed", Message: "no answer"}
	}
	return nil
}

func (n *internet) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if did.MethodName(d) != "web" {
		return trust.KeyResolver().Resolve(ctx, d)
	}
	m := did.Method{ID: cairn.KeyID(d + "#1"), Controller: d, PublicKey: college.PublicKey()}
	return did.Resolution{Document: &did.Document{ID: d, Methods: []did.Method{m}, Assertion: []cairn.KeyID{m.ID}}}, n.ask(ctx, string(d))
}

func (n *internet) StatusList(ctx context.Context, url string) ([]byte, time.Time, error) {
	if err := n.ask(ctx, url); err != nil {
		return nil, time.Time{}, err
	}
	s := site{college, url[len("https://") : len(url)-len("/list")]}
	tree, err := statuslist.Credential(statuslist.Meta{ID: url, Issuer: string(s.Controller()), Purpose: statuslist.Revocation, ValidFrom: today.Add(-time.Hour)}, statuslist.New(0))
	if err != nil {
		return nil, time.Time{}, err
	}
	signed, err := dataintegrity.Sign(context.Background(), tree, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, s)
	if err != nil {
		return nil, time.Time{}, err
	}
	b, err := jcs.Marshal(signed)
	return b, today, err
}

// codes returns the codes that the credentials in a report have on one axis.
func codes(r verify.Report, a verify.Axis) []string {
	var out []string
	for _, c := range r.Credentials {
		out = append(out, c.Finding(a).Code)
	}
	return slices.Compact(out)
}

// Whoever shows a document chooses what is asked for it. However much that is, one
// verification asks a bounded number of times, and never twice for the same.
func TestLookupsAreBounded(t *testing.T) {
	several := func(n int, list func(int) string) [][]byte {
		var out [][]byte
		for i := range n {
			out = append(out, newSite(i).badge(t, list(i)))
		}
		return out
	}
	own := func(i int) string { return newSite(i).list() }
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name          string
		ctx           context.Context
		credentials   [][]byte
		dead          bool
		asked         int
		proof, status []string
	}{
		{"one", nil, several(1, own), false, 2, []string{"proof.good"}, []string{"status.good"}},
		{"as many as there may be", nil, several(32, own), false, 64, []string{"proof.good"}, []string{"status.good"}},
		{"one more", nil, several(33, own), false, 64, []string{"proof.good", "proof.lookup-limit"}, []string{"status.good", "status.not-checked"}},
		{"a hundred dead sites", nil, several(100, own), true, 64, []string{"proof.key-unavailable", "proof.lookup-limit"}, []string{"status.not-checked"}},
		{"the same a hundred times", nil, slices.Repeat(several(1, own), 100), false, 2, []string{"proof.good"}, []string{"status.good"}},
		{"one list for all", nil, several(50, func(int) string { return own(0) }), false, 51, []string{"proof.good"}, []string{"status.good", "status.other-issuer"}},
		{"one dead list for all", nil, slices.Repeat(several(1, own), 10), true, 1, []string{"proof.key-unavailable"}, []string{"status.not-checked"}},
		{"lists beyond the limit", nil, several(40, func(i int) string { return fmt.Sprintf("https://l%d.example/list", i) }), false, 64,
			[]string{"proof.good", "proof.lookup-limit"}, nil},
		{"nobody waits for it", stopped, several(3, own), false, 0, []string{"proof.not-checked"}, []string{"status.not-checked"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &internet{dead: c.dead}
			e := newWorld().engine()
			e.Resolver, e.Status = n, n
			ctx := t.Context()
			if c.ctx != nil {
				ctx = c.ctx
			}
			r := e.Verify(ctx, presentation(t, amina, dataintegrity.Options{Challenge: "c-1"}, c.credentials...), verify.Options{Challenge: "c-1"})
			if r.Verdict == verify.Valid {
				t.Error("valid")
			}
			if len(n.asked) != c.asked || len(slices.Compact(slices.Sorted(slices.Values(n.asked)))) != c.asked {
				t.Errorf("asked %d times, want %d, each once: %s", len(n.asked), c.asked, n.asked)
			}
			if c.ctx != nil {
				if r.Kind != verify.KindPresentation || r.Finding(verify.AxisProof).Code != "proof.not-checked" {
					t.Errorf("%+v", r)
				}
				return
			}
			if got := codes(r, verify.AxisProof); !slices.Equal(got, c.proof) {
				t.Errorf("proofs: %s, want %s", got, c.proof)
			}
			if got := codes(r, verify.AxisStatus); c.status != nil && !slices.Equal(got, c.status) {
				t.Errorf("status: %s, want %s", got, c.status)
			}
		})
	}
}

// The keys were found within the limit and the list was not: that is unknown too.
func TestListBeyondTheLimit(t *testing.T) {
	var all [][]byte
	for i := range 65 { // by an issuer who carries the key, so only the lists count
		all = append(all, sign(t, badge(t, func(b *openbadges.Badge) { b.Status.List = newSite(i).list() }), college, dataintegrity.Options{}))
	}
	n := &internet{dead: true}
	e := newWorld().engine()
	e.Resolver, e.Status = n, n
	r := e.Verify(t.Context(), presentation(t, amina, dataintegrity.Options{Challenge: "c-1"}, all...), verify.Options{Challenge: "c-1"})
	want(t, r.Credentials[63], verify.Undetermined, verify.AxisStatus, "status.unavailable")
	want(t, r.Credentials[64], verify.Undetermined, verify.AxisStatus, "status.lookup-limit")
}

// A server that never answers holds a verification up for a minute, not for as
// many times as it is named.
func TestSlowServers(t *testing.T) {
	var all [][]byte
	for i := range 30 {
		all = append(all, newSite(i).badge(t, newSite(i).list()))
	}
	data := presentation(t, amina, dataintegrity.Options{Challenge: "c-1"}, all...)
	synctest.Test(t, func(t *testing.T) {
		n := &internet{delay: 14 * time.Second}
		e := newWorld().engine()
		e.Resolver, e.Status = n, n
		began := time.Now()
		r := e.Verify(t.Context(), data, verify.Options{Challenge: "c-1"})
		if spent := time.Since(began); spent > time.Minute || len(n.asked) > 5 {
			t.Errorf("%s for %d questions", spent, len(n.asked))
		}
		want(t, r, verify.Undetermined, verify.AxisHolder, "holder.signed")
		want(t, r.Credentials[29], verify.Undetermined, verify.AxisProof, "proof.not-checked")
	})
}
