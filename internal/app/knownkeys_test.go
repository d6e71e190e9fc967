package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
)

func TestKnownKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), app.KnownKeysFile)
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	open := func() *app.KnownKeys {
		t.Helper()
		k, err := app.OpenKnownKeys(path, func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	const issuer = cairn.DID("did:web:college.example")
	remember := func(keys map[cairn.KeyID]string) {
		t.Helper()
		if err := open().Remember(t.Context(), issuer, keys, at); err != nil {
			t.Fatal(err)
		}
	}
	remember(map[cairn.KeyID]string{"#1": "a"})
	remember(map[cairn.KeyID]string{"#2": "b"}) // #1 was taken out, and stays known
	keys, err := open().Keys(t.Context(), issuer)
	if err != nil || len(keys) != 2 || keys["#1"] != "a" || keys["#2"] != "b" {
		t.Errorf("known: %v, %v", keys, err)
	}
	many := map[cairn.KeyID]string{}
	for i := range 200 {
		many[cairn.KeyID(fmt.Sprint("#m", i))] = "x"
	}
	remember(many)
	if keys, _ = open().Keys(t.Context(), issuer); len(keys) != 50 {
		t.Errorf("%d keys of one issuer", len(keys))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	k := open()
	if err := k.Forget(issuer, "registrar", " "); cairn.CodeOf(err) != "keys.known-reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := k.Forget("did:web:other.example", "registrar", "moved"); cairn.CodeOf(err) != "keys.not-known" {
		t.Errorf("unknown: %v", err)
	}
	if err := k.Forget(issuer, "registrar", "called the dean"); err != nil {
		t.Fatal(err)
	}
	if ids, _ := open().Issuers(); len(ids) != 0 {
		t.Errorf("still there: %v", ids)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.OpenKnownKeys(path, nil); cairn.CodeOf(err) != "keys.known" {
		t.Errorf("a broken file: %v", err)
	}
}
