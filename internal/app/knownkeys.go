package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/durable"
)

// KnownKeysFile is the file of a data folder in which the keys of issuers elsewhere
// are remembered.
const KnownKeysFile = "known-keys.json"

// Limits of what is remembered. When it is full, no further issuer is: one that is
// remembered is never pushed out by others.
const (
	maxKnownIssuers = 20_000
	maxKnownKeys    = 50 // of one issuer
	maxKnownFile    = 32 << 20
)

// KnownKeys remembers keys in one file; see verify.KeyMemory. It is safe for concurrent
// use by one process.
type KnownKeys struct {
	path string
	disk durable.Disk
	now  cairn.Clock

	mu      sync.Mutex
	content knownFile
}

type knownFile struct {
	Issuers map[cairn.DID]KnownIssuer `json:"issuers"`
	// Forgotten is why keys were forgotten, the last 1,000 times.
	Forgotten []Forgotten `json:"forgotten,omitempty"`
}

// KnownIssuer is what is remembered of an issuer.
type KnownIssuer struct {
	Since time.Time              `json:"since"`
	Keys  map[cairn.KeyID]string `json:"keys"` // fingerprints
}

// Forgotten is that somebody took the keys of an issuer out, so that others count.
type Forgotten struct {
	Issuer cairn.DID `json:"issuer"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// OpenKnownKeys reads the file at a path; a file that is not there remembers nothing.
func OpenKnownKeys(path string, now cairn.Clock) (*KnownKeys, error) {
	k := &KnownKeys{path: path, disk: durable.OS{}, now: now, content: knownFile{Issuers: map[cairn.DID]KnownIssuer{}}}
	unusable := func(err error) error {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "keys.known", Object: path, Message: "the keys of issuers that were seen can't be read", Hint: "put the file back, or take it away to begin anew", Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k, nil
	case err != nil:
		return nil, unusable(err)
	case info.Size() > maxKnownFile:
		return nil, unusable(fmt.Errorf("it has more than %d bytes", maxKnownFile))
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &k.content)
	}
	if err != nil {
		return nil, unusable(err)
	}
	if k.content.Issuers == nil {
		k.content.Issuers = map[cairn.DID]KnownIssuer{}
	}
	return k, nil
}

// Keys implements verify.KeyMemory.
func (k *KnownKeys) Keys(_ context.Context, d cairn.DID) (map[cairn.KeyID]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.content.Issuers[d].Keys), nil
}

// Remember implements verify.KeyMemory. Keys that an issuer took out stay known, so
// that their names can't be given to others.
func (k *KnownKeys) Remember(_ context.Context, d cairn.DID, keys map[cairn.KeyID]string, at time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	known, there := k.content.Issuers[d]
	if !there && len(k.content.Issuers) >= maxKnownIssuers {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "keys.known-full", Object: string(d), Message: fmt.Sprintf("the keys of %d issuers are remembered already", maxKnownIssuers)}
	}
	next := KnownIssuer{Since: known.Since, Keys: maps.Clone(known.Keys)}
	if !there {
		next = KnownIssuer{Since: at.UTC(), Keys: map[cairn.KeyID]string{}}
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		if len(next.Keys) < maxKnownKeys {
			next.Keys[id] = keys[id]
		}
	}
	if there && maps.Equal(next.Keys, known.Keys) {
		return nil
	}
	content := knownFile{Issuers: maps.Clone(k.content.Issuers), Forgotten: k.content.Forgotten}
	content.Issuers[d] = next
	return k.save(content)
}

// save writes what is remembered; after an error it is what it was.
func (k *KnownKeys) save(content knownFile) error {
	data, err := json.MarshalIndent(content, "", " ")
	if err != nil {
		return err
	}
	if err := durable.Replace(k.disk, k.path, 0o600, data); err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "keys.known", Object: k.path, Message: "the keys of issuers that were seen can't be written", Err: err}
	}
	k.content = content
	return nil
}

// Issuers lists what is remembered, in the order of the identifiers.
func (k *KnownKeys) Issuers() (ids []cairn.DID, of map[cairn.DID]KnownIssuer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.content.Issuers)), maps.Clone(k.content.Issuers)
}

// Forget takes the keys of an issuer out, so that those that are at its address now
// count from the next verification on. Who does so has found out, in another way than
// by that address, that they are the issuer's.
func (k *KnownKeys) Forget(d cairn.DID, by, reason string) error {
	if strings.TrimSpace(by) == "" || strings.TrimSpace(reason) == "" {
		return &cairn.Error{Kind: cairn.Invalid, Code: "keys.known-reason", Object: string(d), Message: "who forgets keys, and why, is to be said"}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, there := k.content.Issuers[d]; !there {
		return &cairn.Error{Kind: cairn.NotFound, Code: "keys.not-known", Object: string(d), Message: "no keys of this issuer are remembered"}
	}
	content := knownFile{Issuers: maps.Clone(k.content.Issuers), Forgotten: append(slices.Clone(k.content.Forgotten), Forgotten{Issuer: d, By: by, Reason: reason, At: k.now().UTC()})}
	content.Forgotten = content.Forgotten[max(0, len(content.Forgotten)-1000):]
	delete(content.Issuers, d)
	return k.save(content)
}
