package keys_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/keys"
)

// shelf keeps keys in memory, with the rule of the store: an id is used once.
type shelf struct{ records []keys.Record }

func (s *shelf) InsertKey(_ context.Context, r keys.Record) error {
	for _, k := range s.records {
		if k.ID == r.ID {
			return &cairn.Error{Kind: cairn.Conflict, Code: "store.exists"}
		}
	}
	s.records = append(s.records, r)
	return nil
}

func (s *shelf) Keys(context.Context, cairn.InstitutionID) ([]keys.Record, error) {
	return s.records, nil
}

func didKey(public ed25519.PublicKey) cairn.KeyID {
	_, id := did.KeyFromEd25519(public)
	return id
}

// cheap is scrypt's cost in tests.
const cheap = 8

func words(s string) func() (string, error) { return func() (string, error) { return s, nil } }

func TestLock(t *testing.T) {
	for _, passphrase := range []string{"", "correct horse battery staple"} {
		path := filepath.Join(t.TempDir(), "unlock.key")
		made, err := keys.NewLock(path, passphrase, cheap)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v (%v)", info.Mode(), err)
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.Contains(text, []byte("AGE-SECRET-KEY-1")) != (passphrase == "") {
			t.Errorf("passphrase %q: the file has %s", passphrase, text)
		}
		var store shelf
		ring := keys.NewKeyring(made)
		r, err := ring.Create(t.Context(), &store, "college", rand.Reader, time.Now(), didKey)
		if err != nil {
			t.Fatal(err)
		}
		// Another process, with the file and the store only.
		opened, err := keys.OpenLock(path, words(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		s, err := keys.NewKeyring(opened).Signer(r)
		if err != nil {
			t.Fatal(err)
		}
		message := []byte("message")
		signature, err := s.Sign(t.Context(), message)
		if err != nil || !ed25519.Verify(r.Public, message, signature) || s.KeyID() != r.ID || !s.PublicKey().Equal(r.Public) || !strings.HasPrefix(string(s.KeyID()), string(s.Controller())+"#") {
			t.Errorf("%v", err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("files were left: %v (%v)", entries, err)
		}
		if _, err := keys.NewLock(path, "", cheap); cairn.CodeOf(err) != "keys.file" {
			t.Errorf("a key file was overwritten: %v", err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
			t.Errorf("the key file changed (%v)", err)
		}
	}
}

func TestOpenLockRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	protected := filepath.Join(dir, "protected")
	if _, err := keys.NewLock(protected, "right", cheap); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(protected)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, passphrase, code string }{
		{filepath.Join(dir, "none"), "", "keys.file-missing"},
		{file("group", string(whole), 0o640), "right", "keys.file-mode"},
		{file("world", string(whole), 0o604), "right", "keys.file-mode"},
		{protected, "wrong", "keys.passphrase"},
		{protected, "", "keys.passphrase"},
		{file("short", string(whole[:len(whole)/2]), 0o600), "right", "keys.passphrase"},
		{file("empty", "", 0o600), "", "keys.file"},
		{file("text", "hello\n", 0o600), "", "keys.file"},
		{file("large", strings.Repeat("#", 1<<20)+"\n", 0o600), "", "keys.file"},
	} {
		_, err := keys.OpenLock(c.path, words(c.passphrase))
		if cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.path, err)
		}
		if err != nil && !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s is not named: %v", c.path, err)
		}
		if c.code == "keys.file-mode" && !strings.Contains(err.Error(), "chmod 600 "+c.path) {
			t.Errorf("it does not say what to do: %v", err)
		}
	}
	asked := errors.New("nobody is here")
	if _, err := keys.OpenLock(protected, func() (string, error) { return "", asked }); !errors.Is(err, asked) {
		t.Errorf("no passphrase: %v", err)
	}
}

func TestSignerRefuses(t *testing.T) {
	dir := t.TempDir()
	lock, err := keys.NewLock(filepath.Join(dir, "a"), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.NewLock(filepath.Join(dir, "b"), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var store shelf
	ring := keys.NewKeyring(lock)
	r, err := ring.Create(t.Context(), &store, "college", rand.Reader, time.Now(), didKey)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ring.Create(t.Context(), &store, "college", rand.Reader, time.Now(), didKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.NewKeyring(other).Signer(r); cairn.CodeOf(err) != "keys.wrong-lock" {
		t.Errorf("another lock: %v", err)
	}
	swapped, broken := r, r
	swapped.Sealed = second.Sealed
	broken.Sealed = bytes.Clone(r.Sealed)
	broken.Sealed[len(broken.Sealed)-1] ^= 1
	if _, err := ring.Signer(swapped); cairn.CodeOf(err) != "keys.damaged" {
		t.Errorf("another key's secret: %v", err)
	}
	if _, err := ring.Signer(broken); err == nil {
		t.Error("a damaged secret was opened")
	}
	if _, err := ring.Create(t.Context(), &store, "college", iotest.ErrReader(errors.New("no entropy")), time.Now(), didKey); cairn.CodeOf(err) != "keys.random" {
		t.Errorf("without randomness: %v", err)
	}
	if _, err := ring.Create(t.Context(), &store, "college", rand.Reader, time.Now(), func(ed25519.PublicKey) cairn.KeyID { return r.ID }); cairn.KindOf(err) != cairn.Conflict {
		t.Errorf("a second key with one id: %v", err)
	}
	if len(store.records) != 2 {
		t.Errorf("%d keys are stored", len(store.records))
	}
	s, err := ring.Signer(r)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Sign(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			s, err := ring.Signer(second)
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := s.Sign(t.Context(), []byte("m")); err != nil || !ed25519.Verify(second.Public, []byte("m"), b) {
				t.Error("a signature does not verify")
			}
		})
	}
	wg.Wait()
}
