package hold

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"filippo.io/age"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// The format of the JSON inside the file. A reader accepts its own version and
// older ones; a newer one is refused, never guessed at.
const (
	formatName    = "cairn-wallet"
	formatVersion = 1
)

var stateLimits = strictjson.Limits{Bytes: maxFile, Depth: 16, Values: 2_000_000}

// state is what a wallet holds. It is replaced whole, never changed in place.
type state struct {
	Created time.Time
	Seed    []byte
	Entries []Entry
}

// The stored forms. Documents are kept as the exact bytes that were received,
// which are JSON and hence text.
type (
	fileForm struct {
		Format      string      `json:"format"`
		Version     int         `json:"version"`
		Created     string      `json:"created"`
		DID         string      `json:"did"`
		Key         string      `json:"key"` // Ed25519 seed, base64url
		Credentials []entryForm `json:"credentials"`
	}
	entryForm struct {
		Digest   string        `json:"digest"`
		Received string        `json:"received"`
		Check    checkForm     `json:"check"`
		Document string        `json:"document"`
		History  []versionForm `json:"history"`
	}
	versionForm struct {
		Digest   string `json:"digest"`
		Received string `json:"received"`
		Replaced string `json:"replaced"`
		Document string `json:"document"`
	}
	checkForm struct {
		Verdict  string        `json:"verdict"`
		At       string        `json:"at"`
		Findings []findingForm `json:"findings"`
	}
	findingForm struct {
		Axis    string `json:"axis"`
		Outcome string `json:"outcome"`
		Code    string `json:"code"`
	}
)

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func readStamp(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, damaged(field, "the time can't be read", err)
	}
	return t.UTC(), nil
}

func damaged(field, message string, err error) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "wallet.damaged", Field: field, Message: "the wallet is damaged: " + message,
		Hint: "use a backup copy; this file was not changed", Err: err}
}

// encode writes the JSON of a state.
func encode(s state) ([]byte, error) {
	key := newSigner(s.Seed)
	f := fileForm{Format: formatName, Version: formatVersion, Created: stamp(s.Created), DID: string(key.did),
		Key: base64.RawURLEncoding.EncodeToString(s.Seed), Credentials: []entryForm{}}
	for _, e := range s.Entries {
		form := entryForm{Digest: e.Digest, Received: stamp(e.Received), Document: string(e.Document), History: []versionForm{},
			Check: checkForm{Verdict: e.Check.Verdict, At: stamp(e.Check.At), Findings: []findingForm{}}}
		for _, n := range e.Check.Findings {
			form.Check.Findings = append(form.Check.Findings, findingForm(n))
		}
		for _, v := range e.History {
			form.History = append(form.History, versionForm{Digest: v.Digest, Received: stamp(v.Received), Replaced: stamp(v.Replaced), Document: string(v.Document)})
		}
		f.Credentials = append(f.Credentials, form)
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("writing the wallet: %w", err)
	}
	if len(b) > maxFile/2 {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.full", Message: "the wallet is full", Hint: "export and remove what you no longer need"}
	}
	return b, nil
}

// decode reads the JSON of a state and checks that it is whole: the key is that
// of the identifier, and every document is the one that its digest names.
func decode(plain []byte) (state, error) {
	tree, err := strictjson.ParseObject(plain, stateLimits)
	if err != nil {
		return state{}, damaged("", "its content can't be read", err)
	}
	// The version comes first: a newer format may have members that we don't know.
	if tree["format"] != formatName {
		return state{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.format", Message: "this file is not a Cairn wallet"}
	}
	if v, ok := tree["version"].(json.Number); ok && v != "1" {
		return state{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.version", Message: fmt.Sprintf("the wallet has the format version %.20s; this program knows version %d", string(v), formatVersion),
			Hint: "use a newer version of the program"}
	}
	var f fileForm
	if err := strictjson.DecodeTree(tree, &f); err != nil {
		return state{}, damaged("", "its content can't be read", err)
	}
	if f.Version != formatVersion {
		return state{}, damaged("/version", "the version is missing", nil)
	}
	s := state{Entries: make([]Entry, 0, len(f.Credentials))}
	if s.Created, err = readStamp("/created", f.Created); err != nil {
		return state{}, err
	}
	s.Seed, err = base64.RawURLEncoding.Strict().DecodeString(f.Key)
	if err != nil || len(s.Seed) != ed25519.SeedSize {
		return state{}, damaged("/key", "the key can't be read", nil)
	}
	if d, _ := did.KeyFromEd25519(ed25519.NewKeyFromSeed(s.Seed).Public().(ed25519.PublicKey)); string(d) != f.DID {
		return state{}, damaged("/did", "the key is not that of the identifier", nil)
	}
	if len(f.Credentials) > maxEntries {
		return state{}, damaged("/credentials", "there are too many credentials", nil)
	}
	seen := map[string]bool{}
	for i, form := range f.Credentials {
		e, err := form.entry(fmt.Sprintf("/credentials/%d", i))
		if err != nil {
			return state{}, err
		}
		if seen[e.Digest] {
			return state{}, damaged(fmt.Sprintf("/credentials/%d/digest", i), "a credential is there twice", nil)
		}
		seen[e.Digest] = true
		s.Entries = append(s.Entries, e)
	}
	return s, nil
}

func (f entryForm) entry(at string) (Entry, error) {
	e, err := describe([]byte(f.Document))
	if err != nil {
		return Entry{}, damaged(at+"/document", "a credential can't be read", err)
	}
	if e.Digest != f.Digest {
		return Entry{}, damaged(at+"/digest", "a credential is not the one that was kept", nil)
	}
	if e.Received, err = readStamp(at+"/received", f.Received); err != nil {
		return Entry{}, err
	}
	e.Check = Check{Verdict: f.Check.Verdict}
	if e.Check.At, err = readStamp(at+"/check/at", f.Check.At); err != nil {
		return Entry{}, err
	}
	for _, n := range f.Check.Findings {
		e.Check.Findings = append(e.Check.Findings, Finding(n))
	}
	for j, v := range f.History {
		p := fmt.Sprintf("%s/history/%d", at, j)
		version := Version{Digest: v.Digest, Document: []byte(v.Document)}
		if jcs.Digest(version.Document) != v.Digest {
			return Entry{}, damaged(p+"/digest", "an earlier version is not the one that was kept", nil)
		}
		if version.Received, err = readStamp(p+"/received", v.Received); err != nil {
			return Entry{}, err
		}
		if version.Replaced, err = readStamp(p+"/replaced", v.Replaced); err != nil {
			return Entry{}, err
		}
		e.History = append(e.History, version)
	}
	return e, nil
}

// describe reads a credential far enough to list it.
func describe(document []byte) (Entry, error) {
	if len(document) > maxDocument {
		return Entry{}, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.document-large",
			Message: fmt.Sprintf("the credential has %d bytes; at most %d are kept", len(document), maxDocument)}
	}
	d, err := vc.Parse(document)
	if err != nil {
		return Entry{}, err
	}
	c, problems := vc.ReadCredential(d.Tree())
	if len(problems) > 0 {
		return Entry{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.not-a-credential", Field: problems[0].Path,
			Message: "this is not a credential: " + problems[0].Message}
	}
	for _, s := range append([]string{c.ID, c.Issuer, c.SubjectID}, c.Types...) {
		if strings.ContainsFunc(s, hidden) {
			return Entry{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.not-a-credential", Message: "this is not a credential: an identifier in it holds invisible characters"}
		}
	}
	return Entry{Digest: jcs.Digest(document), ID: c.ID, Issuer: c.Issuer, Types: c.Types, Title: shown(c.Name), Subject: c.SubjectID,
		ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil, Document: document}, nil
}

// hidden finds characters that steer a terminal or turn text around.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff || r == 0x2028 || r == 0x2029
}

// shown makes a title safe to print: a title is whatever somebody signed.
func shown(title string) string {
	const limit = 200
	var b strings.Builder
	n := 0
	for _, r := range title {
		if n++; n > limit {
			return b.String() + "…"
		}
		if hidden(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// seal encrypts the JSON of a state with the passphrase.
func seal(plain []byte, passphrase string, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("sealing the wallet: %w", err)
	}
	recipient.SetWorkFactor(workFactor)
	var b bytes.Buffer
	w, err := age.Encrypt(&b, recipient)
	if err != nil {
		return nil, fmt.Errorf("sealing the wallet: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("sealing the wallet: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing the wallet: %w", err)
	}
	return b.Bytes(), nil
}

// unseal decrypts a file. Age authenticates the whole of it: a changed, cut or
// lengthened file is an error.
func unseal(sealed []byte, passphrase string) ([]byte, error) {
	if !bytes.HasPrefix(sealed, []byte("age-encryption.org/")) {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.format", Message: "this file is not a Cairn wallet"}
	}
	wrong := &cairn.Error{Kind: cairn.Denied, Code: "wallet.passphrase", Message: "the passphrase is wrong, or the file was changed",
		Hint: "try again; the file was not changed by this attempt", Err: errNoIdentity}
	if passphrase == "" {
		return nil, wrong
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, wrong
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return nil, wrong
	}
	if err != nil {
		return nil, damaged("", "it can't be decrypted", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, damaged("", "it is cut off or was changed", err)
	}
	if len(plain) > maxFile {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.too-large", Message: fmt.Sprintf("the wallet is larger than %d bytes", maxFile)}
	}
	return plain, nil
}
