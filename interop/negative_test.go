package interop_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jose"
)

const negativeFolder = "../testdata/negative"

// negativeCase is a case as the index of the corpus has it.
type negativeCase struct {
	ID, Name, File, MediaType, Verdict string
	Challenge, Domain                  string
	Lists, Documents                   map[string]string
}

type negativeJob struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Data      []byte            `json:"data"`
	Now       int64             `json:"now"`
	Key       map[string]any    `json:"key,omitempty"`
	Holder    map[string]any    `json:"holder,omitempty"`
	Typ       string            `json:"typ,omitempty"`
	Challenge string            `json:"challenge,omitempty"`
	Domain    string            `json:"domain,omitempty"`
	Lists     map[string][]byte `json:"lists"`
	Documents map[string][]byte `json:"documents"`
}

// seeded is a key of the corpus.
func seeded(t *testing.T, n byte) map[string]any {
	t.Helper()
	k, err := jose.NewPublicKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)).Public(), "")
	if err != nil {
		t.Fatal(err)
	}
	return k.Tree()
}

// keyOfToken is the key that a verifier would have found for the issuer: the one in
// its did:key, or that of the college.
func keyOfToken(t *testing.T, data []byte) (key map[string]any, typ string) {
	t.Helper()
	key, typ = seeded(t, 2), "vc+jwt"
	parts := strings.Split(string(data), ".")
	var header struct{ Typ string }
	if b, err := jose.DecodeBase64(parts[0]); err == nil && json.Unmarshal(b, &header) == nil && (header.Typ == "JWT" || header.Typ == "vp+jwt") {
		typ = header.Typ
	}
	if len(parts) < 2 {
		return key, typ
	}
	var claims struct{ Iss string }
	if b, err := jose.DecodeBase64(parts[1]); err == nil && json.Unmarshal(b, &claims) == nil && strings.HasPrefix(claims.Iss, "did:key:") {
		d, err := did.ResolveKey(cairn.DID(claims.Iss))
		if err != nil {
			return key, typ
		}
		k, err := d.Methods[0].JOSE()
		if err != nil {
			t.Fatal(err)
		}
		key = k.Tree()
	}
	return key, typ
}

var peerRow = regexp.MustCompile(`(?m)^\| ([JSPLDBKT]) \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \|$`)

// Other people's libraries over the corpus: how many of the cases that must not be
// called valid they refuse, and how many of the good ones they accept, by group. The
// numbers are in the README of the corpus; CAIRN_UPDATE=1 writes them again. What a
// library leaves to its caller by design (whom to trust, which issuer, most times)
// it accepts.
func TestPeersOnTheCorpus(t *testing.T) {
	need(t, "@digitalbazaar/vc", "@digitalbazaar/eddsa-jcs-2022-cryptosuite", "@digitalbazaar/vc-bitstring-status-list", "jose", "@sd-jwt/sd-jwt-vc")
	b, err := os.ReadFile(filepath.Join(negativeFolder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		At    time.Time
		Cases []negativeCase
	}
	if err := json.Unmarshal(b, &index); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(negativeFolder, "files", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	kinds := map[string]string{"application/json": "document", "application/jwt": "token", "application/dc+sd-jwt": "sd-jwt"}
	var jobs []negativeJob
	cases := map[string]negativeCase{}
	for _, c := range index.Cases {
		kind := kinds[c.MediaType]
		if kind == "" || c.ID[:1] == "Q" {
			continue // paper and COSE: no library of these reads them
		}
		j := negativeJob{ID: c.ID + " " + c.Name, Kind: kind, Data: read(c.File), Now: index.At.Unix(), Challenge: c.Challenge, Domain: c.Domain, Lists: map[string][]byte{}, Documents: map[string][]byte{}}
		for url, name := range c.Lists {
			j.Lists[url] = read(name)
		}
		for d, name := range c.Documents {
			j.Documents[d] = read(name)
		}
		switch kind {
		case "token":
			j.Key, j.Typ = keyOfToken(t, j.Data)
		case "sd-jwt":
			j.Key, j.Holder, j.Typ = seeded(t, 2), seeded(t, 4), "dc+sd-jwt"
		}
		jobs, cases[j.ID] = append(jobs, j), c
	}
	answers := ask[answer](t, jobs, "negative.mjs", world(t, map[string]any{}))
	got := map[string]*[4]int{} // bad, refused, good, accepted
	var accepted, refused []string
	for _, j := range jobs {
		c, a := cases[j.ID], answers[j.ID]
		if got[c.ID[:1]] == nil {
			got[c.ID[:1]] = &[4]int{}
		}
		n := got[c.ID[:1]]
		if c.Verdict == "valid" {
			if n[2]++; a.Verified {
				n[3]++
			} else {
				refused = append(refused, j.ID+": "+a.Error)
			}
		} else {
			if n[0]++; !a.Verified {
				n[1]++
			} else {
				accepted = append(accepted, j.ID)
			}
		}
	}
	rows := map[string]string{}
	for group, n := range got {
		rows[group] = fmt.Sprintf("| %s | %d | %d | %d | %d |", group, n[0], n[1], n[2], n[3])
	}
	t.Logf("accepted although they must not be, by a verifier that asks nothing more:\n%s", strings.Join(accepted, "\n"))
	t.Logf("refused although they are good:\n%s", strings.Join(refused, "\n"))
	const file = negativeFolder + "/README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("CAIRN_UPDATE") != "" {
		text = peerRow.ReplaceAllFunc(text, func(row []byte) []byte { return []byte(rows[string(peerRow.FindSubmatch(row)[1])]) })
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var there []string
	for _, m := range peerRow.FindAllStringSubmatch(string(text), -1) {
		if there = append(there, m[1]); m[0] != rows[m[1]] {
			t.Errorf("the README has %s, and it is %s", m[0], rows[m[1]])
		}
	}
	for group := range rows {
		if !slices.Contains(there, group) {
			t.Errorf("the README has no row for %s", group)
		}
	}
}
