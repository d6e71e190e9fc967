package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/tokenstatus"
	"cairn.example/vcjwt"
)

// corpusFolder holds the negative tests as files, for every verifier and not only
// this one; its README says how to read them.
const corpusFolder = "../../testdata/negative"

// negative is one case: what a verifier is given, and what it must answer.
type negative struct {
	id, name string
	data     []byte
	verdict  verify.Verdict
	code     string // of the report's reason
	cause    string // of that reason; empty when the code says all
	// The rest is what the verifier can see, where it differs from the usual.
	list   []byte            // stands at listURL; empty and not nil: nobody answers
	tokens []byte            // stands at tokenURL
	lists  map[string][]byte // stand at other addresses
	keys   []byte            // the document of did
	did    cairn.DID         // webDID when empty
	trust  []byte            // the trust list
	ask    verify.Options
}

// indexed is a case as the index writes it.
type indexed struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	File      string            `json:"file"`
	MediaType string            `json:"mediaType"`
	Verdict   string            `json:"verdict"`
	Code      string            `json:"code"`
	Cause     string            `json:"cause,omitempty"`
	Challenge string            `json:"challenge,omitempty"`
	Domain    string            `json:"domain,omitempty"`
	Lists     map[string]string `json:"lists,omitempty"`
	Documents map[string]string `json:"documents,omitempty"`
	TrustList string            `json:"trustList"`
}

type index struct {
	About    string    `json:"about"`
	At       string    `json:"at"`
	Operator string    `json:"operator"`
	Cases    []indexed `json:"cases"`
}

// chance is the same each time, so that the files are, too.
func chance() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{7}) }

func mediaType(data []byte) string {
	switch b := bytes.TrimSpace(data); {
	case bytes.HasPrefix(b, []byte("CRN")):
		return "text/plain"
	case bytes.HasPrefix(b, []byte("ey")) && bytes.Contains(b, []byte("~")):
		return "application/dc+sd-jwt"
	case bytes.HasPrefix(b, []byte("ey")):
		return "application/jwt"
	case len(b) > 0 && (b[0] == 0xd2 || b[0] == 0xd8 || b[0] == 0x84):
		return "application/cose"
	}
	return "application/json"
}

// store gathers files by their content.
type store map[string][]byte

func (s store) add(name string, data []byte) string {
	s[name] = data
	return name
}

// shared names a file by what is in it, since several cases use it.
func (s store) shared(prefix string, data []byte) string {
	sum := sha256.Sum256(data)
	return s.add(fmt.Sprintf("%s-%x", prefix, sum[:4]), data)
}

func slug(id, name string) string {
	keep := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}
	return id + "-" + strings.Trim(strings.Map(keep, name), "-")
}

func trustList(t testing.TB, change func(*trust.List)) []byte {
	t.Helper()
	w := openScope(newWorld())
	if change != nil {
		change(&w.list)
	}
	doc, err := w.list.Document(w.list.ValidFrom, w.list.ValidUntil)
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, doc, ministry, dataintegrity.Options{Created: w.list.ValidFrom})
}

func statusList(t testing.TB, change func(*world)) []byte {
	t.Helper()
	w := newWorld()
	if change != nil {
		change(w)
	}
	b, _, err := w.StatusList(t.Context(), listURL)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// corpus makes every file: keys, times and salts are fixed, and Ed25519 needs no
// chance, so the bytes are the same each time.
func corpus(t *testing.T) (index, store) {
	t.Helper()
	var cases []negative
	for _, group := range []func(testing.TB) []negative{tokenCases, disclosureCases, jsonCases, contextCases, proofCases, statusCases, keyCases, paperCases, timeCases} {
		cases = append(cases, group(t)...)
	}
	slices.SortStableFunc(cases, func(a, b negative) int { return strings.Compare(slug(a.id, a.name), slug(b.id, b.name)) })
	files := store{}
	ix := index{About: "What a verifier must not call valid, and beside it what it must (verdict valid), so that refusing everything does not pass. See README.md.",
		At: today.Format(time.RFC3339), Operator: string(ministry.Controller())}
	list := statusList(t, nil)
	tokens, err := tokenList(t, tokenstatus.Meta{URI: tokenURL, IssuedAt: today.Add(-time.Hour)}, college, nil)()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		in := indexed{ID: c.id, Name: c.name, MediaType: mediaType(c.data), Verdict: string(c.verdict), Code: c.code, Cause: c.cause,
			Challenge: c.ask.Challenge, Domain: c.ask.Domain, Lists: map[string]string{}}
		in.File = slug(c.id, c.name)
		if _, taken := files[in.File]; taken {
			t.Fatalf("two cases are called %s", in.File)
		}
		files.add(in.File, c.data)
		if c.list == nil {
			c.list = list
		}
		if len(c.list) > 0 {
			in.Lists[listURL] = files.shared("list", c.list)
		}
		if c.tokens == nil {
			c.tokens = tokens
		}
		in.Lists[tokenURL] = files.shared("list", c.tokens)
		for url, l := range c.lists {
			in.Lists[url] = files.shared("list", l)
		}
		if c.keys != nil {
			if c.did == "" {
				c.did = webDID
			}
			in.Documents = map[string]string{string(c.did): files.shared("did", c.keys)}
		}
		if c.trust == nil {
			c.trust = trustList(t, nil)
		}
		in.TrustList = files.shared("trust", c.trust)
		ix.Cases = append(ix.Cases, in)
	}
	return ix, files
}

// The files of the corpus are those that its cases make, and no others.
func TestCorpusIsWhatItsCasesMake(t *testing.T) {
	ix, files := corpus(t)
	b, err := json.MarshalIndent(ix, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	files.add("index.json", append(b, '\n'))
	entries, err := os.ReadDir(filepath.Join(corpusFolder, "files"))
	if err != nil && os.Getenv("CAIRN_UPDATE") == "" {
		t.Fatal(err)
	}
	path := func(name string) string {
		if name == "index.json" {
			return filepath.Join(corpusFolder, name)
		}
		return filepath.Join(corpusFolder, "files", name)
	}
	if os.Getenv("CAIRN_UPDATE") != "" {
		for _, e := range entries {
			if err := os.Remove(path(e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(filepath.Join(corpusFolder, "files"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range files {
			if err := os.WriteFile(path(name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		entries = nil
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			t.Errorf("no case makes %s", e.Name())
		}
	}
	for name, data := range files {
		if old, err := os.ReadFile(path(name)); err != nil || !bytes.Equal(old, data) {
			t.Errorf("%s is not what the cases make (%v); run with CAIRN_UPDATE=1 and look at the difference", name, err)
		}
	}
}

// stands answers with the files that a case names, and with nothing else.
type stands struct {
	item indexed
	read func(string) []byte
}

func (s stands) StatusList(_ context.Context, url string) ([]byte, time.Time, error) {
	file, ok := s.item.Lists[url]
	if !ok {
		return nil, time.Time{}, errors.New("nobody answers")
	}
	return s.read(file), today, nil
}

func (s stands) Resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if did.MethodName(d) == "web" {
		if _, err := did.WebURL(d); err != nil {
			return did.Resolution{}, err
		}
	}
	if file, ok := s.item.Documents[string(d)]; ok {
		doc, err := did.ParseDocument(s.read(file), d)
		return did.Resolution{Document: doc, Source: "the corpus"}, err
	}
	return trust.KeyResolver().Resolve(ctx, d)
}

// Every case, from its bytes, gets the answer that the index has for it. The engine
// sees nothing but the files.
func TestNegativeCorpus(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(corpusFolder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var ix index
	if err := strictjson.Decode(b, strictjson.Default, &ix); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, ix.At)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(corpusFolder, "files", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	groups, good := map[string]int{}, 0
	for _, c := range ix.Cases {
		t.Run(c.ID+" "+c.Name, func(t *testing.T) {
			s := stands{c, read}
			followed := func(ctx context.Context) (*trust.Snapshot, error) {
				l, err := trust.Read(ctx, read(c.TrustList), cairn.DID(ix.Operator), trust.KeyResolver(), at)
				if err != nil {
					return nil, err
				}
				return trust.NewSnapshot([]trust.List{l}), nil
			}
			e := newEngine(verify.Config{Resolver: s, Status: s, Trust: followed, Now: func() time.Time { return at }})
			r := e.Verify(t.Context(), read(c.File), verify.Options{Challenge: c.Challenge, Domain: c.Domain})
			f := r.Reason()
			cause := f.Args["cause"]
			if cause == f.Code {
				cause = ""
			}
			if string(r.Verdict) != c.Verdict || f.Code != c.Code || cause != c.Cause {
				t.Errorf("%s because of %s, %s (%s); must be %s because of %s, %s", r.Verdict, f.Code, cause, f.Args["reason"], c.Verdict, c.Code, c.Cause)
			}
			if r.Finding(verify.AxisProof).Outcome != verify.Yes && r.Shown != nil {
				t.Error("something is shown that nobody signed")
			}
			if r.Verdict == verify.Valid {
				good++
			} else {
				groups[c.ID[:1]]++
			}
		})
	}
	if len(groups) != len("JSPLDBKQT") {
		t.Errorf("not every group has cases: %v", groups)
	}
	t.Logf("%d cases, %d of them good; refused by group: %v", len(ix.Cases), good, groups)
}

// A document of the corpus with the key of the college, for an issuer whose
// identifier does not carry it.
func keyDocument(t testing.TB, change func(*did.Method, *did.Document)) []byte {
	t.Helper()
	b, err := did.MarshalDocument(document(college, change))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sealed is seal with fixed salts.
func sealed(t testing.TB, form vcjwt.Form, doc map[string]any, o vcjwt.Options) []byte {
	t.Helper()
	o.Rand = chance()
	if o.KeyID == "" {
		o.KeyID = string(college.KeyID())
	}
	token, err := vcjwt.Sign(t.Context(), form, doc, o, tokenSigner(t, college))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(token)
}

// edited is a signed document with something changed afterwards.
func edited(t testing.TB, signed []byte, change func(map[string]any)) []byte {
	t.Helper()
	m := parse(t, signed)
	change(m)
	return write(t, m)
}

// signedTree signs a list or a document after a change, with the suite that
// takes every JSON document, so that the signature is not what is wrong with it.
func signedTree(t testing.TB, doc map[string]any, change func(map[string]any)) []byte {
	t.Helper()
	if change != nil {
		change(doc)
	}
	return sign(t, doc, college, dataintegrity.Options{Cryptosuite: "eddsa-jcs-2022"})
}

func listTree(t testing.TB) map[string]any {
	t.Helper()
	tree, err := statuslist.Credential(newWorld().meta, statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
