// Package hold is a learner's wallet: one encrypted file with the learner's own
// key and the credentials that the learner was given. It belongs to the learner
// and needs no server; whoever has the file and the passphrase has the wallet,
// and nobody else, not even its maker, can open it.
//
// Most callers need Create or Open, then Wallet.Receive, Wallet.List and
// Wallet.Present. The package does not judge credentials (it is given a function
// that does), opens no connection (it is given one that does), and talks to
// nobody on its own.
//
// The file is an age file sealed with the passphrase (scrypt), so that it can be
// opened with other tools in the far future; inside is JSON. Every change is
// written to a second file, synced, and renamed over the first: after a crash at
// any point the wallet is as it was before the change, or as it is after it.
package hold

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cairn.example"
)

// Limits of a wallet.
const (
	maxFile       = 128 << 20 // bytes of the file
	maxEntries    = 5_000     // credentials, not counting replaced ones
	maxDocument   = 16 << 20  // bytes of one credential
	maxHistory    = 100       // replaced versions of one credential
	maxPresented  = 200       // credentials in one presentation
	maxNonce      = 1_024     // bytes of a challenge or a domain
	minPassphrase = 8         // characters
	maxPassphrase = 1_024     // bytes
)

// The work factor is the base-2 logarithm of scrypt's N. 18 takes about a second
// and 256 MB on a small computer, per guess of the passphrase.
const (
	defaultWorkFactor = 18
	maxWorkFactor     = 20 // files that ask for more are refused: they could stop a phone
)

// Options are what a wallet needs from around it.
type Options struct {
	Random     io.Reader   // source of the key and of identifiers
	Now        cairn.Clock // the time at which something is received
	WorkFactor int         // cost of a guess of the passphrase; 0 for the default
	files      files       // the file system; tests replace it
}

func (o Options) complete() Options {
	if o.Random == nil || o.Now == nil {
		panic("hold: Options need Random and Now") // a fault of the caller, not of the data
	}
	if o.WorkFactor == 0 {
		o.WorkFactor = defaultWorkFactor
	}
	if o.files == nil {
		o.files = osFiles{}
	}
	return o
}

// Wallet is an open wallet. It holds the lock of its file until Close. It is
// safe for concurrent use.
type Wallet struct {
	path    string
	options Options
	lock    io.Closer
	signer  *signer

	mu         sync.Mutex
	passphrase string
	state      state
	closed     bool
}

// Create makes a new wallet with a new key. It never overwrites a file.
func Create(path, passphrase string, o Options) (*Wallet, error) {
	o = o.complete()
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(o.Random, seed); err != nil {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.random", Object: path,
			Message: "the source of randomness failed; no wallet was made", Err: err}
	}
	lock, err := o.files.Lock(path)
	if err != nil {
		return nil, err
	}
	if exists, err := o.files.Exists(path); err != nil || exists {
		lock.Close()
		if err == nil {
			err = &cairn.Error{Kind: cairn.Conflict, Code: "wallet.exists", Object: path,
				Message: "there is a file of this name already", Hint: "choose another name, or open that wallet"}
		}
		return nil, err
	}
	w := &Wallet{path: path, options: o, lock: lock, passphrase: passphrase, signer: newSigner(seed)}
	if err := w.save(state{Created: o.Now().UTC(), Seed: seed}); err != nil {
		lock.Close()
		return nil, err
	}
	return w, nil
}

// Open opens a wallet. A wrong passphrase has the code wallet.passphrase and the
// kind Denied; a damaged file has wallet.damaged. The file is not changed.
func Open(path, passphrase string, o Options) (*Wallet, error) {
	o = o.complete()
	exists, err := o.files.Exists(path)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "wallet.not-found", Object: path, Message: "there is no wallet of this name"}
	}
	lock, err := o.files.Lock(path)
	if err != nil {
		return nil, err
	}
	s, err := load(o.files, path, passphrase)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &Wallet{path: path, options: o, lock: lock, passphrase: passphrase, state: s, signer: newSigner(s.Seed)}, nil
}

// Close gives the lock back. The wallet can't be used afterwards.
func (w *Wallet) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.passphrase = ""
	return w.lock.Close()
}

// DID is the learner's own identifier, to give to issuers.
func (w *Wallet) DID() cairn.DID { return w.signer.did }

// Signer signs with the learner's key.
func (w *Wallet) Signer() cairn.Signer { return w.signer }

// Created is when the wallet was made.
func (w *Wallet) Created() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.Created
}

// ChangePassphrase seals the wallet with another passphrase. Copies made before
// keep the old one.
func (w *Wallet) ChangePassphrase(passphrase string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	old := w.passphrase
	w.passphrase = passphrase
	if err := w.save(w.state); err != nil {
		w.passphrase = old
		return err
	}
	return nil
}

func checkPassphrase(p string) error {
	switch {
	case !utf8.ValidString(p):
		return &cairn.Error{Kind: cairn.Invalid, Code: "wallet.passphrase-text", Message: "the passphrase is not valid text"}
	case utf8.RuneCountInString(p) < minPassphrase:
		return &cairn.Error{Kind: cairn.Invalid, Code: "wallet.passphrase-short",
			Message: fmt.Sprintf("the passphrase has fewer than %d characters", minPassphrase), Hint: "a few words that only you put together are best"}
	case len(p) > maxPassphrase:
		return &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.passphrase-long", Message: fmt.Sprintf("the passphrase has more than %d bytes", maxPassphrase)}
	}
	return nil
}

func (w *Wallet) usable() error {
	if w.closed {
		return &cairn.Error{Kind: cairn.Invalid, Code: "wallet.closed", Object: w.path, Message: "the wallet is closed"}
	}
	return nil
}

// Entry is one credential in the wallet.
type Entry struct {
	Digest     string // of Document; names the entry
	ID         string // of the credential; may be empty
	Issuer     string // identifier of the issuer
	Types      []string
	Title      string // what the credential calls itself; may be empty
	Subject    string // the DID it is about; empty for a bearer credential
	ValidFrom  time.Time
	ValidUntil time.Time // zero when it has no end
	Received   time.Time
	Check      Check // what was found when it was received; it may be out of date
	Document   []byte
	History    []Version // replaced versions, oldest first
}

// Version is an earlier form of a credential that its issuer replaced.
type Version struct {
	Digest   string
	Received time.Time
	Replaced time.Time
	Document []byte
}

// List returns all entries, the latest received first.
func (w *Wallet) List() []Entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Entry, len(w.state.Entries))
	for i, e := range w.state.Entries {
		list[len(list)-1-i] = e.copy()
	}
	return list
}

// minReference is the shortest part of a digest that names an entry.
const minReference = 6

// Show returns the entry that ref names: its credential id, its digest, or the
// first digits of its digest.
func (w *Wallet) Show(ref string) (Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i, err := w.find(ref)
	if err != nil {
		return Entry{}, err
	}
	return w.state.Entries[i].copy(), nil
}

func (w *Wallet) find(ref string) (int, error) {
	found := -1
	digits := strings.TrimPrefix(ref, "sha256:")
	for i, e := range w.state.Entries {
		if e.ID == ref && ref != "" || len(digits) >= minReference && strings.HasPrefix(e.Digest, "sha256:"+digits) {
			if found >= 0 {
				return 0, &cairn.Error{Kind: cairn.Conflict, Code: "wallet.ambiguous", Object: ref,
					Message: "more than one credential answers to this", Hint: "give more digits of its number"}
			}
			found = i
		}
	}
	if found < 0 {
		return 0, &cairn.Error{Kind: cairn.NotFound, Code: "wallet.no-credential", Object: ref, Message: "there is no such credential in the wallet",
			Hint: "list the wallet to see what is in it"}
	}
	return found, nil
}

// Remove takes an entry and its history out of the wallet.
func (w *Wallet) Remove(ref string) (Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return Entry{}, err
	}
	i, err := w.find(ref)
	if err != nil {
		return Entry{}, err
	}
	removed := w.state.Entries[i]
	next := w.state
	next.Entries = slices.Delete(slices.Clone(w.state.Entries), i, i+1)
	if err := w.save(next); err != nil {
		return Entry{}, err
	}
	return removed.copy(), nil
}

// copy returns an entry that the caller may change.
func (e Entry) copy() Entry {
	e.Types = slices.Clone(e.Types)
	e.Document = slices.Clone(e.Document)
	e.Check.Findings = slices.Clone(e.Check.Findings)
	e.History = slices.Clone(e.History)
	for i := range e.History {
		e.History[i].Document = slices.Clone(e.History[i].Document)
	}
	return e
}

// Fetch gets what is at an address. The caller's client decides which addresses
// it reaches.
type Fetch func(ctx context.Context, url string) ([]byte, error)

// Check is a short form of a verification report.
type Check struct {
	Verdict  string // valid, invalid, undetermined
	At       time.Time
	Findings []Finding
}

// Finding is the answer on one axis, such as proof, model, period, status,
// holder or issuer.
type Finding struct {
	Axis    string
	Outcome string // yes, no, unknown
	Code    string
}

// outcome returns the answer on an axis; no answer is unknown.
func (c Check) outcome(axis string) string {
	worst := ""
	for _, f := range c.Findings {
		if f.Axis != axis {
			continue
		}
		switch {
		case f.Outcome == "no":
			return "no"
		case f.Outcome != "yes":
			worst = "unknown"
		case worst == "":
			worst = "yes"
		}
	}
	if worst == "" {
		return "unknown"
	}
	return worst
}

// Checker verifies a document and tells what it found. An error means that the
// check itself could not be made.
type Checker func(ctx context.Context, document []byte) (Check, error)

// errNoIdentity tells a wrong passphrase from a damaged file.
var errNoIdentity = errors.New("wrong passphrase")
