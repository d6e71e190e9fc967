// Package keys holds the signing keys of the institutions: Ed25519, made from
// given randomness, sealed with age before they touch the disk, and used only
// through the cairn.Signer that Keyring.Signer returns.
//
// One lock seals all keys of a server. It is an age identity in a key file,
// which may itself be protected by a passphrase.
package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/durable"
)

// maxKeyFile bounds what is read as a key file.
const maxKeyFile = 64 << 10

// Lock seals and opens signing keys. It is safe for concurrent use.
type Lock struct{ identity *age.X25519Identity }

// NewLock makes a lock and writes it to a new key file with mode 0600. With a
// passphrase the file is encrypted, and useless to whoever only has the file.
// workFactor is the base-2 logarithm of scrypt's cost; 0 takes age's default,
// about a second on a usual machine.
func NewLock(path, passphrase string, workFactor int) (*Lock, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	text := []byte("# The key that unseals the signing keys of this cairn server. Keep it secret, and off the backup medium.\n" + identity.String() + "\n")
	if passphrase != "" {
		if text, err = encrypt(text, passphrase, workFactor); err != nil {
			return nil, err
		}
	}
	// Half a key file would look like a lost key.
	if err := durable.Create(durable.OS{}, path, 0o600, text); err != nil {
		return nil, &cairn.Error{Kind: cairn.Conflict, Code: "keys.file", Object: path, Message: "the key file can't be made", Hint: "an existing key file is never overwritten", Err: err}
	}
	return &Lock{identity}, nil
}

func encrypt(text []byte, passphrase string, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	if workFactor > 0 {
		recipient.SetWorkFactor(workFactor)
	}
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// OpenLock reads a key file. It refuses a file that others on the machine could
// read. passphrase is asked for only when the file is protected by one.
func OpenLock(path string, passphrase func() (string, error)) (*Lock, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "keys.file-missing", Object: path, Message: "there is no key file", Hint: "without it the signing keys can't be used; put it back from where you keep it"}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of the file that is read, not of what has its name by then
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, &cairn.Error{Kind: cairn.Denied, Code: "keys.file-mode", Object: path, Message: fmt.Sprintf("others on this machine can read the key file (mode %04o)", mode),
			Hint: "run chmod 600 " + path + " and consider whether somebody has read it"}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte(armor.Header)) {
		secret, err := passphrase()
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(secret)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Denied, Code: "keys.passphrase", Object: path, Message: "the passphrase is empty"}
		}
		r, err := age.Decrypt(armor.NewReader(bytes.NewReader(text)), identity)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.Denied, Code: "keys.passphrase", Object: path, Message: "the passphrase is wrong, or the key file is damaged", Err: err}
		}
		if text, err = io.ReadAll(io.LimitReader(r, maxKeyFile)); err != nil {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "keys.file", Object: path, Message: "the key file is damaged", Err: err}
		}
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		identity, err := age.ParseX25519Identity(line)
		if err != nil {
			break
		}
		return &Lock{identity}, nil
	}
	return nil, &cairn.Error{Kind: cairn.Invalid, Code: "keys.file", Object: path, Message: "this is not a key file"}
}

func (l *Lock) seal(secret []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, l.identity.Recipient())
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(secret); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (l *Lock) open(sealed []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), l.identity)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Denied, Code: "keys.wrong-lock", Message: "the key file does not fit this database", Hint: "use the key file that was made with it", Err: err}
	}
	return io.ReadAll(io.LimitReader(r, 1024))
}

// Record is a signing key as it is stored.
type Record struct {
	Institution cairn.InstitutionID
	ID          cairn.KeyID
	Public      ed25519.PublicKey
	Sealed      []byte
	Created     time.Time
	Retired     time.Time // zero while it is in use
}

// Tx is what this package needs of a store.
type Tx interface {
	// InsertKey stores a new key. A key id that exists is a Conflict.
	InsertKey(ctx context.Context, r Record) error
	// Keys returns all keys of an institution, the newest first.
	Keys(ctx context.Context, inst cairn.InstitutionID) ([]Record, error)
}

// Keyring opens keys once and keeps them. It is safe for concurrent use.
type Keyring struct {
	lock *Lock
	mu   sync.Mutex
	open map[cairn.KeyID]*signer
}

// NewKeyring returns a keyring over a lock.
func NewKeyring(lock *Lock) *Keyring {
	return &Keyring{lock: lock, open: map[cairn.KeyID]*signer{}}
}

// Create makes a key and stores it. name completes the key's id from its public
// key: for did:key the id follows from the key, for did:web it is chosen.
func (k *Keyring) Create(ctx context.Context, tx Tx, inst cairn.InstitutionID, rand io.Reader, now time.Time, name func(ed25519.PublicKey) cairn.KeyID) (Record, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return Record{}, &cairn.Error{Kind: cairn.Internal, Code: "keys.random", Message: "no randomness could be had", Err: err}
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	sealed, err := k.lock.seal(seed)
	if err != nil {
		return Record{}, err
	}
	r := Record{Institution: inst, ID: name(public), Public: public, Sealed: sealed, Created: now}
	return r, tx.InsertKey(ctx, r)
}

// Signer returns the signer for a stored key.
func (k *Keyring) Signer(r Record) (cairn.Signer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.open[r.ID]; ok {
		return s, nil
	}
	seed, err := k.lock.open(r.Sealed)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "keys.damaged", Object: string(r.ID), Message: "the stored key is damaged"}
	}
	private := ed25519.NewKeyFromSeed(seed)
	if !r.Public.Equal(private.Public()) {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "keys.damaged", Object: string(r.ID), Message: "the stored key does not fit its public key"}
	}
	controller, _, err := did.SplitKeyID(r.ID)
	if err != nil {
		return nil, err
	}
	s := &signer{id: r.ID, controller: controller, private: private}
	k.open[r.ID] = s
	return s, nil
}

type signer struct {
	id         cairn.KeyID
	controller cairn.DID
	private    ed25519.PrivateKey
}

func (s *signer) KeyID() cairn.KeyID           { return s.id }
func (s *signer) Controller() cairn.DID        { return s.controller }
func (s *signer) PublicKey() ed25519.PublicKey { return s.private.Public().(ed25519.PublicKey) }
func (s *signer) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return ed25519.Sign(s.private, message), nil
}
