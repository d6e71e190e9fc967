package hold

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/vc"
)

const phrase = "maji ya chai moto"

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// reader makes repeatable randomness.
func reader(seed uint64) io.Reader {
	var s [32]byte
	s[0], s[1] = byte(seed), byte(seed>>8)
	return rand.NewChaCha8(s)
}

func options(seed uint64) Options {
	return Options{Random: reader(seed), Now: func() time.Time { return now }, WorkFactor: 2}
}

func create(t testing.TB, seed uint64) *Wallet {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "amina.wallet"), phrase, options(seed))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func issuer() *signer { return newSigner(bytes.Repeat([]byte{7}, 32)) }

// badge signs a badge about a learner.
func badge(t testing.TB, n int, subject cairn.DID, validFrom time.Time) []byte {
	t.Helper()
	s := issuer()
	b := openbadges.Badge{
		ID: cairn.CredentialID(fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", n)), Issuer: openbadges.Issuer{DID: s.did, Name: "College"},
		Achievement: cairn.Achievement{ID: cairn.AchievementID(fmt.Sprintf("https://college.example/a/%d", n)), Type: "MicroCredential", Language: "en",
			Name: cairn.Text{"en": fmt.Sprintf("Course %d", n)}, Description: cairn.Text{"en": "d"}, Criteria: cairn.Text{"en": "c"}},
		Subject: openbadges.Subject{DID: subject}, AwardedOn: now.AddDate(0, -1, 0), ValidFrom: validFrom,
	}
	if subject == "" {
		b.Subject.Identities = []openbadges.Identity{{Type: "name", Value: "Amina"}}
	}
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, doc, s)
}

func sign(t testing.TB, doc map[string]any, s *signer) []byte {
	t.Helper()
	signed, err := dataintegrity.Sign(context.Background(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: now}, s)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jcs.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// proofs checks the proof of a document by a did:key, as a wallet without a
// connection can.
func proofs(_ context.Context, document []byte) (Check, error) {
	c := Check{Verdict: "undetermined", Findings: []Finding{{Axis: "issuer", Outcome: "unknown", Code: "issuer.not-listed"}}}
	d, err := vc.Parse(document)
	if err != nil {
		return Check{}, err
	}
	outcome := "no"
	if list, err := dataintegrity.Proofs(d.Tree()); err == nil {
		for _, p := range list {
			controller, _, err := did.SplitKeyID(p.Method)
			if err != nil {
				continue
			}
			doc, err := did.ResolveKey(controller)
			if err != nil {
				continue
			}
			m, err := doc.Method(p.Method, p.Purpose)
			if err == nil && dataintegrity.Verify(d.Tree(), p, m) == nil {
				outcome = "yes"
			}
		}
	}
	c.Findings = append(c.Findings, Finding{Axis: "proof", Outcome: outcome, Code: "proof.checked"})
	return c, nil
}

func receive(t testing.TB, w *Wallet, document []byte) Received {
	t.Helper()
	r, err := w.Receive(context.Background(), document, proofs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantCode(t testing.TB, err error, kind cairn.Kind, code string) {
	t.Helper()
	if cairn.KindOf(err) != kind || cairn.CodeOf(err) != code {
		t.Errorf("got %q %q (%v), want %q %q", cairn.KindOf(err), cairn.CodeOf(err), err, kind, code)
	}
}

func TestWalletKeepsWhatItReceived(t *testing.T) {
	w := create(t, 1)
	mine := badge(t, 1, w.DID(), now)
	r := receive(t, w, mine)
	if r.Replaced != nil || r.Entry.Title != "Course 1" || r.Entry.Subject != string(w.DID()) || r.Entry.Check.Verdict != "undetermined" {
		t.Errorf("received %+v", r.Entry)
	}
	bearer := badge(t, 2, "", now)
	receive(t, w, bearer)
	path, d := w.path, w.DID()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Receive(context.Background(), badge(t, 3, d, now), proofs); cairn.CodeOf(err) != "wallet.closed" {
		t.Errorf("a closed wallet took a credential: %v", err)
	}

	w, err := Open(path, phrase, options(2))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.DID() != d || !w.Created().Equal(now) {
		t.Errorf("the wallet is now %s of %s", w.DID(), w.Created())
	}
	list := w.List()
	if len(list) != 2 || !bytes.Equal(list[0].Document, bearer) || !bytes.Equal(list[1].Document, mine) {
		t.Fatalf("%d credentials, or not the same bytes", len(list))
	}
	if list[1].Check.outcome("issuer") != "unknown" || !list[1].Check.At.Equal(now) || list[1].Check.Age(now.Add(time.Hour)) != time.Hour {
		t.Errorf("check %+v", list[1].Check)
	}
	for _, ref := range []string{list[1].ID, list[1].Digest, list[1].Digest[7:15]} {
		if e, err := w.Show(ref); err != nil || e.Digest != list[1].Digest {
			t.Errorf("%s: %v", ref, err)
		}
	}
	_, err = w.Show("sha256:00000000")
	wantCode(t, err, cairn.NotFound, "wallet.no-credential")
	if _, err := w.Show(list[1].Digest[7:10]); cairn.KindOf(err) != cairn.NotFound {
		t.Errorf("three digits name a credential: %v", err)
	}
	if _, err := w.Remove(list[1].ID); err != nil {
		t.Fatal(err)
	}
	if left := w.List(); len(left) != 1 || left[0].Digest != list[0].Digest {
		t.Errorf("%d credentials left", len(left))
	}
}

func TestWhatListReturnsIsACopy(t *testing.T) {
	w := create(t, 1)
	receive(t, w, badge(t, 1, w.DID(), now))
	e := w.List()[0]
	e.Document[0], e.Types[0], e.Check.Findings[0].Outcome = 'x', "x", "x"
	again := w.List()[0]
	if again.Document[0] != '{' || again.Types[0] == "x" || again.Check.Findings[0].Outcome == "x" {
		t.Error("changing a listed entry changed the wallet")
	}
}

func TestReceiveRefuses(t *testing.T) {
	w := create(t, 1)
	mine := badge(t, 1, w.DID(), now)
	receive(t, w, mine)
	ctx := context.Background()

	_, err := w.Receive(ctx, mine, proofs)
	wantCode(t, err, cairn.Conflict, "wallet.duplicate")

	forged := bytes.Replace(badge(t, 2, w.DID(), now), []byte("Course 2"), []byte("Course 9"), 1)
	_, err = w.Receive(ctx, forged, proofs)
	wantCode(t, err, cairn.Invalid, "wallet.not-genuine")

	_, err = w.Receive(ctx, []byte(`{"a":1}`), proofs)
	wantCode(t, err, cairn.Invalid, "wallet.not-a-credential")
	for _, bad := range []string{"", "{", "CRN1:ABC", "\xff", `{"a":1,"a":2}`, "[]"} {
		if _, err := w.Receive(ctx, []byte(bad), proofs); cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, err = w.Receive(ctx, make([]byte, maxDocument+1), proofs)
	wantCode(t, err, cairn.TooLarge, "wallet.document-large")

	// What bends the standard is the learner's all the same.
	bent := func(context.Context, []byte) (Check, error) {
		return Check{Verdict: "invalid", Findings: []Finding{{"proof", "yes", ""}, {"model", "no", "model.bad"}}}, nil
	}
	r, err := w.Receive(ctx, badge(t, 4, w.DID(), now), bent)
	if err != nil || r.Entry.Check.Verdict != "invalid" {
		t.Errorf("%+v, %v", r.Entry.Check, err)
	}
	_, err = w.Receive(ctx, badge(t, 1, w.DID(), now.Add(time.Hour)), bent)
	wantCode(t, err, cairn.Unavailable, "wallet.not-proven") // but it replaces nothing

	down := errors.New("no connection")
	_, err = w.Receive(ctx, badge(t, 3, w.DID(), now), func(context.Context, []byte) (Check, error) { return Check{}, down })
	if !errors.Is(err, down) {
		t.Errorf("a check that failed gave %v", err)
	}
	if n := len(w.List()); n != 2 {
		t.Errorf("%d credentials were kept", n)
	}
}

func TestNewerVersionReplaces(t *testing.T) {
	w := create(t, 1)
	ctx := context.Background()
	first := badge(t, 1, w.DID(), now)
	receive(t, w, first)
	second := badge(t, 1, w.DID(), now.Add(time.Hour))

	// A version whose proof could not be checked must not push out a good one.
	_, err := w.Receive(ctx, second, func(context.Context, []byte) (Check, error) { return Check{Verdict: "undetermined"}, nil })
	wantCode(t, err, cairn.Unavailable, "wallet.not-proven")

	r := receive(t, w, second)
	if r.Replaced == nil || !bytes.Equal(r.Replaced.Document, first) {
		t.Fatal("nothing was replaced")
	}
	list := w.List()
	if len(list) != 1 || !bytes.Equal(list[0].Document, second) || len(list[0].History) != 1 || !bytes.Equal(list[0].History[0].Document, first) {
		t.Fatal("the history is not kept")
	}
	_, err = w.Receive(ctx, first, proofs)
	wantCode(t, err, cairn.Conflict, "wallet.duplicate") // it is in the history
	_, err = w.Receive(ctx, badge(t, 1, w.DID(), now.Add(time.Minute)), proofs)
	wantCode(t, err, cairn.Conflict, "wallet.not-newer")

	// The same id from another issuer is another credential.
	other := newSigner(bytes.Repeat([]byte{9}, 32))
	d, err := vc.Parse(second)
	if err != nil {
		t.Fatal(err)
	}
	tree := d.Tree()
	delete(tree, "proof")
	tree["issuer"] = map[string]any{"id": string(other.did), "type": []any{"Profile"}, "name": "Another"}
	tree["validFrom"] = vc.FormatTime(now.Add(48 * time.Hour))
	if r := receive(t, w, sign(t, tree, other)); r.Replaced != nil || len(w.List()) != 2 {
		t.Error("a credential of another issuer replaced one")
	}
	path := w.path
	w.Close()
	w, err = Open(path, phrase, options(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if e, err := w.Show(jcs.Digest(second)); err != nil || len(e.History) != 1 || !e.History[0].Replaced.Equal(now) {
		t.Errorf("after opening: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	w := create(t, 1)
	receive(t, w, badge(t, 1, w.DID(), now))
	path := w.path
	w.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(name string, content []byte, pass string) error {
		t.Helper()
		p := filepath.Join(t.TempDir(), "w")
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Open(p, pass, options(1))
		if err == nil {
			got.Close()
			t.Errorf("%s: it opened", name)
		}
		if after, readErr := os.ReadFile(p); readErr != nil || !bytes.Equal(after, content) {
			t.Errorf("%s: the file was changed (%v)", name, readErr)
		}
		return err
	}
	wantCode(t, try("wrong passphrase", good, "not the passphrase"), cairn.Denied, "wallet.passphrase")
	wantCode(t, try("no passphrase", good, ""), cairn.Denied, "wallet.passphrase")
	wantCode(t, try("other file", []byte("hello"), phrase), cairn.Invalid, "wallet.format")
	wantCode(t, try("empty", nil, phrase), cairn.Invalid, "wallet.format")
	for n := len(good) - 1; n > 22; n -= 97 {
		if err := try(fmt.Sprint("cut to ", n), good[:n], phrase); cairn.KindOf(err) != cairn.Invalid && cairn.KindOf(err) != cairn.Denied {
			t.Errorf("cut to %d: %v", n, err)
		}
	}
	for i := 0; i < len(good); i += 53 {
		changed := bytes.Clone(good)
		changed[i] ^= 1
		if err := try(fmt.Sprint("bit at ", i), changed, phrase); cairn.KindOf(err) != cairn.Invalid && cairn.KindOf(err) != cairn.Denied {
			t.Errorf("changed at %d: %v", i, err)
		}
	}
	if err := try("longer", append(bytes.Clone(good), 'x'), phrase); cairn.CodeOf(err) != "wallet.damaged" {
		t.Errorf("longer: %v", err)
	}
	_, err = Open(filepath.Join(t.TempDir(), "none"), phrase, options(1))
	wantCode(t, err, cairn.NotFound, "wallet.not-found")

	// A file that asks for hours of work is refused at once.
	slow := bytes.Replace(good, []byte(" 2\n"), []byte(" 30\n"), 1)
	if bytes.Equal(slow, good) {
		t.Fatal("the work factor was not found in the header")
	}
	if err := try("slow", slow, phrase); err == nil {
		t.Error("a work factor of 30 was accepted")
	}
}

func TestCreateRefuses(t *testing.T) {
	w := create(t, 1)
	_, err := Create(w.path, phrase, options(1))
	wantCode(t, err, cairn.Conflict, "wallet.in-use")
	w.Close()
	_, err = Create(w.path, phrase, options(1))
	wantCode(t, err, cairn.Conflict, "wallet.exists")
	dir := t.TempDir()
	for pass, code := range map[string]string{"": "wallet.passphrase-short", "short": "wallet.passphrase-short",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff": "wallet.passphrase-text", strings.Repeat("a", 2000): "wallet.passphrase-long"} {
		if _, err := Create(filepath.Join(dir, "w"), pass, options(1)); cairn.CodeOf(err) != code {
			t.Errorf("%.10q: %v", pass, err)
		}
	}
	o := options(1)
	o.Random = strings.NewReader("short")
	_, err = Create(filepath.Join(dir, "w"), phrase, o)
	wantCode(t, err, cairn.Unavailable, "wallet.random")
	if _, err := Create(filepath.Join(dir, "no", "such", "folder", "w"), phrase, options(1)); cairn.KindOf(err) != cairn.Unavailable {
		t.Errorf("no folder: %v", err)
	}
}

func TestOneWriterAtATime(t *testing.T) {
	w := create(t, 1)
	_, err := Open(w.path, phrase, options(1))
	wantCode(t, err, cairn.Conflict, "wallet.in-use")
	w.Close()
	w2, err := Open(w.path, phrase, options(1))
	if err != nil {
		t.Fatal(err)
	}
	w2.Close()
	if info, err := os.Stat(w.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSameRandomnessSameKey(t *testing.T) {
	a, b, c := create(t, 1), create(t, 1), create(t, 2)
	if a.DID() != b.DID() || a.DID() == c.DID() {
		t.Errorf("%s %s %s", a.DID(), b.DID(), c.DID())
	}
	s := a.Signer()
	message := []byte("message")
	sig, err := s.Sign(context.Background(), message)
	if err != nil || !ed25519.Verify(s.PublicKey(), message, sig) {
		t.Errorf("the key does not sign: %v", err)
	}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "private") || len(text) > 400 {
		t.Errorf("the key shows itself: %s", text)
	}
}

func TestChangePassphrase(t *testing.T) {
	w := create(t, 1)
	receive(t, w, badge(t, 1, w.DID(), now))
	if err := w.ChangePassphrase("short"); cairn.CodeOf(err) != "wallet.passphrase-short" {
		t.Error(err)
	}
	if err := w.ChangePassphrase("another passphrase"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	_, err := Open(w.path, phrase, options(1))
	wantCode(t, err, cairn.Denied, "wallet.passphrase")
	w2, err := Open(w.path, "another passphrase", options(1))
	if err != nil || len(w2.List()) != 1 {
		t.Fatal(err)
	}
	w2.Close()
}

func TestReceiveLink(t *testing.T) {
	w := create(t, 1)
	ctx := context.Background()
	doc := badge(t, 1, w.DID(), now)
	var asked string
	fetch := func(_ context.Context, url string) ([]byte, error) { asked = url; return doc, nil }
	const link = "https://college.example/claim/ABCD"
	if _, err := w.ReceiveLink(ctx, link, fetch, proofs); err != nil || asked != link {
		t.Fatalf("asked %q: %v", asked, err)
	}
	for _, bad := range []string{"", "college.example/claim", "http://college.example/claim", "file:///etc/passwd", "https://user:pw@college.example/", "ftp://x/"} {
		asked = ""
		if _, err := w.ReceiveLink(ctx, bad, fetch, proofs); cairn.CodeOf(err) != "wallet.link" || asked != "" {
			t.Errorf("%q: %v, asked %q", bad, err, asked)
		}
	}
	gone := &cairn.Error{Kind: cairn.NotFound, Code: "claim.used", Message: "the link was used already"}
	_, err := w.ReceiveLink(ctx, "http://127.0.0.1:8080/claim/SECRET", func(context.Context, string) ([]byte, error) { return nil, gone }, proofs)
	wantCode(t, err, cairn.NotFound, "claim.used")
	if strings.Contains(err.Error(), "SECRET") {
		t.Errorf("the link is in the error: %v", err)
	}
}

func TestRecheck(t *testing.T) {
	w := create(t, 1)
	e := receive(t, w, badge(t, 1, w.DID(), now)).Entry
	revoked := func(context.Context, []byte) (Check, error) {
		return Check{Verdict: "invalid", Findings: []Finding{{Axis: "status", Outcome: "no", Code: "status.revoked"}}}, nil
	}
	if _, err := w.Recheck(context.Background(), e.ID, revoked); err != nil {
		t.Fatal(err)
	}
	if got := w.List()[0].Check; got.Verdict != "invalid" || got.outcome("status") != "no" || got.outcome("proof") != "unknown" {
		t.Errorf("%+v", got)
	}
}

func TestTitlesAreSafeToPrint(t *testing.T) {
	for in, want := range map[string]string{"Course": "Course", "a\x1b[2Jb": "a [2Jb", "a\u202eb": "a b", "a\r\nb": "a  b", "": "",
		strings.Repeat("é", 300): strings.Repeat("é", 200) + "…", "كتابة العربية": "كتابة العربية"} {
		if got := shown(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	w := create(t, 1)
	d, err := vc.Parse(badge(t, 1, w.DID(), now))
	if err != nil {
		t.Fatal(err)
	}
	tree := d.Tree()
	tree["issuer"] = map[string]any{"id": "did:web:a\x1b[2J", "type": []any{"Profile"}}
	b, err := jcs.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Receive(context.Background(), b, proofs)
	wantCode(t, err, cairn.Invalid, "wallet.not-a-credential")
}

func TestManyAtOnce(t *testing.T) {
	w := create(t, 1)
	var group sync.WaitGroup
	for i := range 8 {
		document := badge(t, i, w.DID(), now)
		group.Go(func() {
			if _, err := w.Receive(context.Background(), document, proofs); err != nil {
				t.Error(err)
			}
			w.List()
			w.Created()
			if _, err := w.Receive(context.Background(), document, proofs); cairn.CodeOf(err) != "wallet.duplicate" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	path := w.path
	w.Close()
	w, err := Open(path, phrase, options(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if n := len(w.List()); n != 8 {
		t.Errorf("%d credentials", n)
	}
}
