package verify_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

func parse(t testing.TB, b []byte) map[string]any {
	t.Helper()
	m, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t testing.TB, m any) []byte {
	t.Helper()
	b, err := jcs.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyOf returns a copy of a tree that shares nothing with it.
func copyOf(t testing.TB, m map[string]any) map[string]any { return parse(t, write(t, m)) }

// leaf is one place of a document: a member of an object or an element of a list.
type leaf struct {
	path string
	set  func(any)
	get  any
	drop func()
}

func leaves(path string, v any, out *[]leaf) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			at := path + "/" + k
			*out = append(*out, leaf{at, func(x any) { v[k] = x }, v[k], func() { delete(v, k) }})
			leaves(at, v[k], out)
		}
	case []any:
		for i := range v {
			at := fmt.Sprintf("%s/%d", path, i)
			*out = append(*out, leaf{at, func(x any) { v[i] = x }, v[i], nil})
			leaves(at, v[i], out)
		}
	}
}

// L20, D13: whatever one place of a signed badge is changed to, removed from it or
// put into it, the badge is not valid. The proof is a part of the document.
func TestMutationSweep(t *testing.T) {
	signed := sign(t, badge(t, nil), college, dataintegrity.Options{})
	e, original := newWorld().engine(), parse(t, signed)
	var places []leaf
	leaves("", original, &places)
	tried := 0
	try := func(what string, i int, change func(leaf)) {
		m := copyOf(t, original)
		var own []leaf
		leaves("", m, &own)
		change(own[i])
		b := write(t, m)
		if bytes.Equal(b, signed) {
			return
		}
		tried++
		if r := e.Verify(t.Context(), b, verify.Options{}); r.Verdict == verify.Valid {
			t.Errorf("%s at %s is valid", what, own[i].path)
		}
	}
	for i, p := range places {
		try("null", i, func(l leaf) { l.set(nil) })
		try("number", i, func(l leaf) { l.set(json.Number("7")) })
		try("empty object", i, func(l leaf) { l.set(map[string]any{}) })
		try("empty list", i, func(l leaf) { l.set([]any{}) })
		if p.drop != nil {
			try("nothing", i, func(l leaf) { l.drop() })
		}
		switch v := p.get.(type) {
		case string:
			try("another case", i, func(l leaf) { l.set(strings.ToUpper(v)) })
			try("a blank more", i, func(l leaf) { l.set(v + " ") })
			try("a letter less", i, func(l leaf) { l.set(v[:len(v)-1]) })
			try("a hidden mark", i, func(l leaf) { l.set(v + "\u200b") })
		case map[string]any:
			for _, name := range []string{"id", "name", "type", "x", "@context", "@id", "@type", "@graph", "@reverse", "@included", "proof", "__proto__"} {
				if _, has := v[name]; !has {
					try("member "+name, i, func(l leaf) { l.get.(map[string]any)[name] = "https://x.example/" })
				}
			}
		case []any:
			try("one more", i, func(l leaf) { l.set(append(slices.Clone(v), "x")) })
			try("the first twice", i, func(l leaf) { l.set(append(slices.Clone(v), v[0])) })
		case bool:
			try("the opposite", i, func(l leaf) { l.set(!v) })
		}
	}
	if tried < 500 {
		t.Fatalf("only %d changes were tried", tried)
	}
	t.Logf("%d changes at %d places", tried, len(places))
}

// faulty fails one call, by number, in one of several ways.
type faulty struct {
	resolver did.Resolver
	status   verify.StatusSource
	calls    int
	fail     int
	err      error
}

func (f *faulty) broken() bool { f.calls++; return f.calls == f.fail }

func (f *faulty) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if f.broken() {
		return did.Resolution{}, f.err
	}
	return f.resolver.Resolve(ctx, d)
}

func (f *faulty) StatusList(ctx context.Context, url string) ([]byte, time.Time, error) {
	if f.broken() {
		return nil, time.Time{}, f.err
	}
	return f.status.StatusList(ctx, url)
}

// Each call that leaves the engine fails in turn, in several ways: the verdict is
// never valid, and is undetermined where the reason is that nobody answered.
func TestFaultMatrix(t *testing.T) {
	text := []byte(paper(t, card(nil), college))
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	shown := presentation(t, amina, dataintegrity.Options{Challenge: "c-1", Domain: "u.example"}, cred)
	ask := verify.Options{Challenge: "c-1", Domain: "u.example"}
	unavailable := &cairn.Error{Kind: cairn.Unavailable, Code: "fetch.unreachable", Message: "no answer"}
	for _, c := range []struct {
		name  string
		data  []byte
		calls int
	}{{"badge", cred, 2}, {"paper", text, 2}, {"presentation", shown, 3}} {
		for n := range c.calls + 1 {
			for _, err := range []error{unavailable, context.DeadlineExceeded, &cairn.Error{Kind: cairn.Invalid, Code: "did.document", Message: "x"}, errors.New("something else")} {
				w := newWorld()
				e := w.engine()
				f := &faulty{resolver: e.Resolver, status: w, fail: n, err: err}
				e.Resolver, e.Status = f, f
				r := e.Verify(t.Context(), c.data, ask)
				switch {
				case n == 0:
					if r.Verdict != verify.Valid || f.calls != c.calls {
						t.Errorf("%s without a fault: %s after %d calls", c.name, r.Verdict, f.calls)
					}
				case r.Verdict == verify.Valid:
					t.Errorf("%s: call %d failed with %v and the verdict is valid", c.name, n, err)
				case cairn.KindOf(err) != cairn.Invalid && r.Verdict != verify.Undetermined:
					t.Errorf("%s: call %d had no answer and the verdict is %s", c.name, n, r.Verdict)
				}
			}
		}
	}
	e := newWorld().engine()
	e.Trust = func(context.Context) (*trust.Snapshot, error) { return nil, unavailable }
	want(t, e.Verify(t.Context(), cred, verify.Options{}), verify.Undetermined, verify.AxisIssuer, "issuer.lists-unavailable")
	want(t, e.Verify(t.Context(), text, verify.Options{}), verify.Undetermined, verify.AxisIssuer, "issuer.lists-unavailable")
}

// Group D: proofs.
func TestProofAttacks(t *testing.T) {
	cred := parse(t, sign(t, badge(t, nil), college, dataintegrity.Options{}))
	neighbour := parse(t, sign(t, badge(t, func(b *openbadges.Badge) { b.ID = "urn:uuid:7cbeb4e4-5a38-4a1b-9c52-d1b1b6f1a009" }), college, dataintegrity.Options{}))
	other := parse(t, sign(t, badge(t, nil), stranger, dataintegrity.Options{}))
	proof := func(m map[string]any) map[string]any { return m["proof"].(map[string]any) }
	for _, c := range []struct {
		name    string
		change  func(m map[string]any)
		verdict verify.Verdict
		code    string
	}{
		{"D01 empty list", func(m map[string]any) { m["proof"] = []any{} }, verify.Invalid, "proof.missing"},
		{"D01 null", func(m map[string]any) { m["proof"] = nil }, verify.Invalid, "proof.missing"},
		{"D01 text", func(m map[string]any) { m["proof"] = "signed" }, verify.Invalid, "proof.malformed"},
		{"D02 one of two is bad", func(m map[string]any) { m["proof"] = []any{m["proof"], proof(neighbour)} }, verify.Invalid, "proof.signature"},
		{"D02 one of two is of another", func(m map[string]any) { m["proof"] = []any{m["proof"], proof(other)} }, verify.Invalid, "proof.not-the-signers-key"},
		{"too many", func(m map[string]any) { m["proof"] = slices.Repeat([]any{m["proof"]}, 50) }, verify.Invalid, "proof.too-many"},
		{"D04 chain", func(m map[string]any) { proof(m)["previousProof"] = "urn:uuid:1" }, verify.Invalid, "proof.chain"},
		{"D11 comma in the time", func(m map[string]any) { proof(m)["created"] = "2026-11-20T11:00:00,5Z" }, verify.Invalid, "proof.malformed"},
		{"D14 older type", func(m map[string]any) { proof(m)["type"] = "Ed25519Signature2020" }, verify.Undetermined, "proof.unsupported"},
		{"D14 other suite", func(m map[string]any) { proof(m)["cryptosuite"] = "eddsa-rdfc-2032" }, verify.Undetermined, "proof.unsupported"},
		{"D14 another known suite", func(m map[string]any) { proof(m)["cryptosuite"] = "eddsa-jcs-2022" }, verify.Invalid, "proof.signature"},
		{"D15 suite of other keys", func(m map[string]any) { proof(m)["cryptosuite"] = "ecdsa-rdfc-2019" }, verify.Invalid, "proof.method"},
		{"D16 other base", func(m map[string]any) { proof(m)["proofValue"] = "u" + proof(m)["proofValue"].(string)[1:] }, verify.Invalid, "proof.value"},
		{"D16 more bytes", func(m map[string]any) { proof(m)["proofValue"] = proof(m)["proofValue"].(string) + "1" }, verify.Invalid, "proof.value"},
		{"D19 proof of a neighbour", func(m map[string]any) { m["proof"] = proof(neighbour) }, verify.Invalid, "proof.signature"},
		{"D10 key of another", func(m map[string]any) { proof(m)["verificationMethod"] = string(stranger.KeyID()) }, verify.Invalid, "proof.not-the-signers-key"},
		{"J34 private key in a proof", func(m map[string]any) { proof(m)["privateKeyMultibase"] = "z1" }, verify.Invalid, "proof.unknown-member"},
		{"K09 unknown method of the issuer", func(m map[string]any) { m["issuer"].(map[string]any)["id"] = "did:example:college" }, verify.Undetermined, "proof.key-unavailable"},
		{"issuer is a page", func(m map[string]any) { m["issuer"].(map[string]any)["id"] = "https://college.example" }, verify.Undetermined, "proof.key-unavailable"},
		{"issuer is a page that anybody can change", func(m map[string]any) { m["issuer"].(map[string]any)["id"] = "http://college.example" }, verify.Undetermined, "proof.signer-kind"},
		{"issuer is an address with a query", func(m map[string]any) { m["issuer"].(map[string]any)["id"] = "https://college.example/?of=14" }, verify.Undetermined, "proof.signer-kind"},
		{"K07 damaged key", func(m map[string]any) {
			m["issuer"].(map[string]any)["id"] = string(college.Controller())[:len(college.Controller())-2]
		}, verify.Invalid, "proof.key-unusable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := copyOf(t, cred)
			c.change(m)
			want(t, newWorld().engine().Verify(t.Context(), write(t, m), verify.Options{}), c.verdict, verify.AxisProof, c.code)
		})
	}
}

// switching gives another key each time it is asked.
type switching struct{ asked int }

func (s *switching) Resolve(context.Context, cairn.DID) (did.Resolution, error) {
	s.asked++
	return did.Resolution{Document: document([]party{college, stranger}[(s.asked-1)%2], nil)}, nil
}

// K06: one verification asks once, so a document can't be switched in between.
func TestOneSnapshot(t *testing.T) {
	entry := &statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: listURL}
	doc, err := dataintegrity.Sign(t.Context(), badge(t, func(b *openbadges.Badge) { b.Issuer.DID, b.Status = webDID, entry }), dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	w.list.Issuers[0].DID, w.meta.Issuer = webDID, string(webDID)
	tree, err := statuslist.Credential(w.meta, statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	list, err := dataintegrity.Sign(t.Context(), tree, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, webParty{college})
	if err != nil {
		t.Fatal(err)
	}
	w.broken = func() ([]byte, error) { return jcs.Marshal(list) }
	e, s := w.engine(), &switching{}
	e.Resolver = s
	want(t, e.Verify(t.Context(), write(t, doc), verify.Options{}), verify.Valid, verify.AxisStatus, "status.good")
	if s.asked != 1 {
		t.Errorf("the keys were asked for %d times", s.asked)
	}
}

// Group B: status entries and lists that an issuer signed as they are.
func TestStatusAttacks(t *testing.T) {
	entry := func(change func(map[string]any)) map[string]any {
		m := statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: listURL}.Tree()
		if change != nil {
			change(m)
		}
		return m
	}
	index := func(s any) any { return entry(func(m map[string]any) { m["statusListIndex"] = s }) }
	revoked := func(w *world) { w.revoked = []int{94567} }
	for _, c := range []struct {
		name   string
		status any
		world  func(*world)
		not    bool // must be invalid; otherwise not valid is enough
	}{
		{"B08 other type", entry(func(m map[string]any) { m["type"] = "StatusList2021Entry" }), nil, false},
		{"B09 abc", index("abc"), nil, true},
		{"B09 exponent", index("1e3"), nil, true},
		{"B09 negative", index("-1"), nil, true},
		{"B09 leading zero", index("01"), nil, true},
		{"B09 plus", index("+1"), nil, true},
		{"B09 blank", index(" 1"), nil, true},
		{"B09 huge", index("9223372036854775808"), nil, true},
		{"B09 fraction", index("1.5"), nil, true},
		{"B09 other digits", index("١"), nil, true},
		{"B09 number", index(json.Number("94567")), nil, true},
		{"B14 size 0", entry(func(m map[string]any) { m["statusSize"] = json.Number("0") }), nil, false},
		{"B14 size 3", entry(func(m map[string]any) { m["statusSize"] = json.Number("3") }), nil, false},
		{"B18 the second of two says no", []any{entry(func(m map[string]any) { m["statusListIndex"] = "5" }), entry(nil)}, revoked, true},
		{"B18 the first of two says no", []any{entry(nil), entry(func(m map[string]any) { m["statusListIndex"] = "5" })}, revoked, true},
		{"B18 an unknown one before", []any{entry(func(m map[string]any) { m["statusPurpose"] = "refresh" }), entry(nil)}, revoked, true},
		{"B22 six", slices.Repeat([]any{entry(nil)}, 6), nil, false},
		{"not a URL", entry(func(m map[string]any) { m["statusListCredential"] = "list" }), nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := badge(t, nil)
			doc["credentialStatus"] = c.status
			signed, err := dataintegrity.Sign(t.Context(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, college)
			if err != nil {
				return // what can't even be signed can't be shown either
			}
			w := newWorld()
			if c.world != nil {
				c.world(w)
			}
			r := w.engine().Verify(t.Context(), write(t, signed), verify.Options{})
			if r.Verdict == verify.Valid || c.not && r.Verdict != verify.Invalid {
				t.Errorf("%s: %+v", r.Verdict, r.Findings)
			}
		})
	}
}

// B10, B11, B12, B13, B19: what the bits of a list are packed in, and mean.
func TestListEncodings(t *testing.T) {
	pack := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	text := func(b []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(b) }
	bits := make([]byte, statuslist.MinEntries/8)
	good := pack(bits)
	wrongSum := slices.Clone(good)
	wrongSum[len(wrongSum)-5] ^= 1
	first := slices.Clone(bits)
	first[94567/8] = 1 << (7 - 94567%8) // B13: index 0 is the left-most bit
	last := slices.Clone(bits)
	last[94567/8] = 1 << (94567 % 8)
	for _, c := range []struct {
		name, list string
		verdict    verify.Verdict
		code       string
	}{
		{"good", text(good), verify.Valid, "status.good"},
		{"left-most first", text(pack(first)), verify.Invalid, "status.revoked"},
		{"right-most first", text(pack(last)), verify.Valid, "status.good"},
		{"bomb", text(pack(make([]byte, 64<<20))), verify.Undetermined, "status.unreadable"},
		{"gzip of gzip", text(pack(good)), verify.Undetermined, "status.unreadable"},
		{"something behind", text(append(slices.Clone(good), 0)), verify.Undetermined, "status.unreadable"},
		{"two members", text(append(slices.Clone(good), good...)), verify.Undetermined, "status.unreadable"},
		{"cut", text(good[:len(good)-1]), verify.Undetermined, "status.unreadable"},
		{"wrong sum", text(wrongSum), verify.Undetermined, "status.unreadable"},
		{"not packed", text(bits), verify.Undetermined, "status.unreadable"},
		{"no base", base64.RawURLEncoding.EncodeToString(good), verify.Undetermined, "status.unreadable"},
		{"other base", "m" + base64.RawStdEncoding.EncodeToString(good), verify.Undetermined, "status.unreadable"},
		{"padded", "u" + base64.URLEncoding.EncodeToString(append([]byte{}, good...)) + "=", verify.Undetermined, "status.unreadable"},
		{"too short", text(pack(bits[1:])), verify.Undetermined, "status.unreadable"},
		{"empty", "", verify.Undetermined, "status.unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			tree, err := statuslist.Credential(w.meta, statuslist.New(0))
			if err != nil {
				t.Fatal(err)
			}
			tree["credentialSubject"].(map[string]any)["encodedList"] = c.list
			list := sign(t, tree, college, dataintegrity.Options{})
			w.broken = func() ([]byte, error) { return list, nil }
			began := time.Now()
			want(t, w.engine().Verify(t.Context(), sign(t, badge(t, nil), college, dataintegrity.Options{}), verify.Options{}), c.verdict, verify.AxisStatus, c.code)
			if spent := time.Since(began); spent > 5*time.Second {
				t.Errorf("it took %s", spent)
			}
		})
	}
	w := newWorld() // B19
	w.meta.Purpose, w.revoked = statuslist.Suspension, []int{94567}
	cred := sign(t, badge(t, func(b *openbadges.Badge) { b.Status.Purpose = statuslist.Suspension }), college, dataintegrity.Options{})
	want(t, w.engine().Verify(t.Context(), cred, verify.Options{}), verify.Invalid, verify.AxisStatus, "status.suspended")
}

// A status of two bits stands elsewhere in the list than one of one bit.
func TestStatusOfSeveralBits(t *testing.T) {
	entry := statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: listURL, Size: 2, Messages: []string{"good", "annulled", "superseded", "undefined"}}
	cred := sign(t, badge(t, func(b *openbadges.Badge) { b.Status = &entry }), college, dataintegrity.Options{})
	for _, c := range []struct {
		name    string
		entries int
		value   uint
		also    []int // bits that are set besides
		verdict verify.Verdict
		code    string
	}{
		{"good, though the bit at its index is set", 2 * statuslist.MinEntries, 0, []int{94567}, verify.Valid, "status.good"},
		{"annulled", 2 * statuslist.MinEntries, 1, nil, verify.Invalid, "status.revoked"},
		{"superseded", 2 * statuslist.MinEntries, 2, nil, verify.Invalid, "status.revoked"},
		{"B12 long enough for one bit only", statuslist.MinEntries, 0, nil, verify.Undetermined, "status.unreadable"},
	} {
		w := newWorld()
		l := statuslist.New(c.entries)
		if c.value != 0 {
			if err := l.Put(entry, c.value); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range c.also {
			if err := l.Set(i, true); err != nil {
				t.Fatal(err)
			}
		}
		w.meta.Purpose, w.meta.More = statuslist.Suspension, []string{statuslist.Revocation}
		tree, err := statuslist.Credential(w.meta, l)
		if err != nil {
			t.Fatal(err)
		}
		list := sign(t, tree, college, dataintegrity.Options{})
		w.broken = func() ([]byte, error) { return list, nil }
		t.Run(c.name, func(t *testing.T) {
			want(t, w.engine().Verify(t.Context(), cred, verify.Options{}), c.verdict, verify.AxisStatus, c.code)
		})
	}
}

// B03, B15, B28: lists that can't speak for the issuer now.
func TestListsThatCannotSpeak(t *testing.T) {
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	for _, c := range []struct {
		name string
		o    dataintegrity.Options
		tree func(map[string]any)
		raw  bool
		code string
	}{
		{name: "B03 unsigned", raw: true, code: "status.list-not-signed"},
		{name: "B04 names another issuer, unsigned", raw: true, tree: func(m map[string]any) { m["issuer"] = string(stranger.Controller()) }, code: "status.list-not-signed"},
		{name: "B04 names another issuer, signed by ours", tree: func(m map[string]any) { m["issuer"] = string(stranger.Controller()) }, code: "status.list-not-signed"},
		{name: "B04 names another issuer, whom nobody finds", raw: true, tree: func(m map[string]any) { m["issuer"] = "did:web:nobody.example" }, code: "status.list-not-signed"},
		{name: "signed as a person", o: dataintegrity.Options{Purpose: did.Authentication}, code: "status.list-not-signed"},
		{name: "signed tomorrow", o: dataintegrity.Options{Created: today.AddDate(0, 0, 1)}, code: "status.list-not-signed"},
		{name: "B28 has a status itself", tree: func(m map[string]any) {
			m["credentialStatus"] = statuslist.Entry{Purpose: statuslist.Revocation, Index: 1, List: listURL}.Tree()
		}, code: "status.list-with-status"},
		{name: "not yet", tree: func(m map[string]any) { m["validFrom"] = vc.FormatTime(today.Add(time.Hour)) }, code: "status.list-not-yet"},
		{name: "no date", tree: func(m map[string]any) { delete(m, "validFrom"); delete(m, "validUntil") }, code: "status.good"},
		{name: "issuer as an object", tree: func(m map[string]any) { m["issuer"] = map[string]any{"id": string(college.Controller())} }, code: "status.good"},
		{name: "page of a server under repair", raw: true, tree: func(m map[string]any) { clear(m); m["error"] = "maintenance" }, code: "status.unreadable"},
		{name: "empty object", raw: true, tree: func(m map[string]any) { clear(m) }, code: "status.unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			tree, err := statuslist.Credential(w.meta, statuslist.New(0))
			if err != nil {
				t.Fatal(err)
			}
			if c.tree != nil {
				c.tree(tree)
			}
			list := write(t, tree)
			if !c.raw {
				list = sign(t, tree, college, c.o)
			}
			w.broken = func() ([]byte, error) { return list, nil }
			verdict := verify.Undetermined
			if c.code == "status.good" {
				verdict = verify.Valid // without dates: dated by when it was fetched
			}
			want(t, w.engine().Verify(t.Context(), cred, verify.Options{}), verdict, verify.AxisStatus, c.code)
		})
	}
	// A status list that is shown itself, and would be withdrawn by itself.
	w := newWorld()
	tree, err := statuslist.Credential(w.meta, statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	tree["credentialStatus"] = statuslist.Entry{Purpose: statuslist.Revocation, Index: 1, List: listURL}.Tree()
	want(t, w.engine().Verify(t.Context(), sign(t, tree, college, dataintegrity.Options{}), verify.Options{}), verify.Invalid, verify.AxisStatus, "status.of-a-list")
}

// Group T and D25, D26: dates and versions that an issuer signed.
func TestSignedNonsense(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"D26 ends before it begins": func(m map[string]any) { m["validUntil"] = "2020-01-01T00:00:00Z" },
		"no zone":                   func(m map[string]any) { m["validUntil"] = "2030-01-01T00:00:00" },
		"a day only":                func(m map[string]any) { m["validUntil"] = "2030-01-01" },
		"no such day":               func(m map[string]any) { m["validUntil"] = "2030-02-30T00:00:00Z" },
		"D25 both versions": func(m map[string]any) {
			m["@context"] = append([]any{"https://www.w3.org/2018/credentials/v1"}, m["@context"].([]any)...)
		},
		"L12 second proof name": func(m map[string]any) { m["sec:proof"] = "x" },
		"L06 unknown context": func(m map[string]any) {
			m["@context"] = append(slices.Clone(m["@context"].([]any)), "https://evil.example/v1")
		},
		"L11 context inside": func(m map[string]any) {
			m["credentialSubject"].(map[string]any)["@context"] = "https://www.w3.org/ns/credentials/v2"
		},
		"L02 relative id": func(m map[string]any) { m["credentialSubject"].(map[string]any)["id"] = "amina" },
		"D22 two persons": func(m map[string]any) {
			second := copyOf(t, m["credentialSubject"].(map[string]any))
			second["id"] = string(stranger.Controller())
			m["credentialSubject"] = []any{m["credentialSubject"], second}
		},
	} {
		doc := badge(t, nil)
		change(doc)
		signed, err := dataintegrity.Sign(t.Context(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: today.Add(-time.Hour)}, college)
		if err != nil { // our signer refuses it; somebody else's may not
			signed = copyOf(t, doc)
			signed["proof"] = parse(t, sign(t, badge(t, nil), college, dataintegrity.Options{}))["proof"]
		}
		if r := newWorld().engine().Verify(t.Context(), write(t, signed), verify.Options{}); r.Verdict == verify.Valid {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}

// D17, D18, D20: presentations.
func TestPresentationAttacks(t *testing.T) {
	cred := sign(t, badge(t, nil), college, dataintegrity.Options{})
	ask := verify.Options{Challenge: "c-1", Domain: "u.example"}
	e := newWorld().engine()
	good := parse(t, presentation(t, amina, dataintegrity.Options{Challenge: "c-1", Domain: "u.example"}, cred))
	if r := e.Verify(t.Context(), write(t, good), ask); r.Verdict != verify.Valid {
		t.Fatalf("%+v", r)
	}
	for name, change := range map[string]func(map[string]any){
		"D17 several domains": func(m map[string]any) { m["proof"].(map[string]any)["domain"] = []any{"u.example", "evil.example"} },
		"D17 no domain":       func(m map[string]any) { delete(m["proof"].(map[string]any), "domain") },
		"no challenge":        func(m map[string]any) { delete(m["proof"].(map[string]any), "challenge") },
		"no holder":           func(m map[string]any) { delete(m, "holder") },
		"one more credential": func(m map[string]any) {
			list := m["verifiableCredential"].([]any)
			m["verifiableCredential"] = append(slices.Clone(list), list[0])
		},
		"credential taken out":  func(m map[string]any) { delete(m, "verifiableCredential") },
		"credential is a text":  func(m map[string]any) { m["verifiableCredential"] = []any{"x"} },
		"presentation inside":   func(m map[string]any) { m["verifiableCredential"] = []any{copyOf(t, m)} },
		"inner claim changed":   func(m map[string]any) { m["verifiableCredential"].([]any)[0].(map[string]any)["name"] = "Gold" },
		"signed as a statement": func(m map[string]any) { m["proof"].(map[string]any)["proofPurpose"] = did.AssertionMethod },
	} {
		m := copyOf(t, good)
		change(m)
		if r := e.Verify(t.Context(), write(t, m), ask); r.Verdict == verify.Valid {
			t.Errorf("%s is valid: %+v", name, r.Findings)
		}
	}
}
