package durable_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"cairn.example/internal/durable"
)

var errFault = errors.New("injected fault")

// faulty fails one step, before it happened or after it, and notes every step.
type faulty struct {
	durable.OS
	step    string
	happens bool // the step happens and reports failure all the same
	half    bool // a write leaves half a file
	steps   *[]string
}

func (f faulty) at(step string, do func() error) error {
	*f.steps = append(*f.steps, step)
	if step != f.step {
		return do()
	}
	if f.happens {
		if err := do(); err != nil {
			return err
		}
	}
	return errFault
}

func (f faulty) Write(path string, mode fs.FileMode, data []byte) error {
	if f.half {
		if err := f.OS.Write(path, mode, data[:len(data)/2]); err != nil {
			return err
		}
		return errFault
	}
	return f.at("write", func() error { return f.OS.Write(path, mode, data) })
}
func (f faulty) Rename(from, to string) error {
	return f.at("name", func() error { return f.OS.Rename(from, to) })
}
func (f faulty) Link(from, to string) error {
	return f.at("name", func() error { return f.OS.Link(from, to) })
}
func (f faulty) SyncDir(path string) error {
	return f.at("syncdir", func() error { return f.OS.SyncDir(path) })
}

type write func(durable.Disk, string, fs.FileMode, []byte) error

var writes = map[string]write{"replace": durable.Replace, "publish": durable.Publish, "create": durable.Create}

// After a fault at any step the file is whole, as before or as after, and
// nothing else is in the folder.
func TestFaults(t *testing.T) {
	before, after := []byte("before"), bytes.Repeat([]byte("after"), 1000)
	for name, write := range writes {
		for _, c := range []struct {
			faulty
			may bool // the new content may be there
		}{
			{faulty{step: "write"}, false}, {faulty{step: "write", half: true}, false}, {faulty{step: "write", happens: true}, false},
			{faulty{step: "name"}, false}, {faulty{step: "name", happens: true}, true},
			{faulty{step: "syncdir"}, true}, {faulty{step: "syncdir", happens: true}, true},
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			var had []byte
			if name != "create" {
				had = before
				if err := os.WriteFile(path, had, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c.steps = new([]string)
			if err := write(c.faulty, path, 0o600, after); !errors.Is(err, errFault) {
				t.Errorf("%s %+v: the fault gave %v", name, c.faulty, err)
			}
			got, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if !bytes.Equal(got, had) && !(c.may && bytes.Equal(got, after)) {
				t.Errorf("%s %+v: %d bytes are there", name, c.faulty, len(got))
			}
			if left := names(t, dir); len(left) > 1 || len(left) == 1 && left[0] != "f" {
				t.Errorf("%s %+v: %v are left", name, c.faulty, left)
			}
		}
	}
}

// A power cut keeps only what was synced: the content must be on the disk before
// it has the name, and the name before the call returns.
func TestOrder(t *testing.T) {
	for name, write := range writes {
		var steps []string
		path := filepath.Join(t.TempDir(), "f")
		if err := write(faulty{steps: &steps}, path, 0o640, []byte("whole")); err != nil {
			t.Fatal(err)
		}
		if want := []string{"write", "name", "syncdir"}; !slices.Equal(steps, want) {
			t.Errorf("%s: %v, want %v", name, steps, want)
		}
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&^0o640 != 0 || info.Mode()&0o600 != 0o600 || info.Size() != 5 {
			t.Errorf("%s: mode %v, %d bytes", name, info.Mode(), info.Size())
		}
		if left := names(t, filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%s: %v are left", name, left)
		}
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	path, victim := filepath.Join(dir, "f"), filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, path); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, victim} {
		if err := durable.Create(durable.OS{}, name, 0o600, []byte("new")); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("the victim holds %q, %v", b, err)
	}
	if left := names(t, dir); len(left) != 2 {
		t.Errorf("%v are left", left)
	}
}

// What a killed writer left is cleared, and a link in its place is not followed.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	path, victim := filepath.Join(dir, "f"), filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, durable.Temporary(path)); err != nil {
		t.Fatal(err)
	}
	if err := durable.Replace(durable.OS{}, path, 0o600, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("the victim holds %q, %v", b, err)
	}
	if left := names(t, dir); !slices.Equal(left, []string{"f", "victim"}) {
		t.Errorf("%v are left", left)
	}
}

// Of writers that know nothing of each other, one wins whole; of those that
// create, one alone.
func TestManyWriters(t *testing.T) {
	for _, name := range []string{"publish", "create"} {
		path := filepath.Join(t.TempDir(), "f")
		var wg sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			wg.Go(func() {
				errs[i] = writes[name](durable.OS{}, path, 0o600, bytes.Repeat([]byte{byte('a' + i)}, 1<<16))
			})
		}
		wg.Wait()
		failed := 0
		for _, err := range errs {
			if err != nil && !(name == "create" && errors.Is(err, fs.ErrExist)) {
				t.Errorf("%s: %v", name, err)
			}
			if err != nil {
				failed++
			}
		}
		if name == "create" && failed != len(errs)-1 {
			t.Errorf("%d of %d writers made the file", len(errs)-failed, len(errs))
		}
		got, err := os.ReadFile(path)
		if err != nil || len(got) != 1<<16 || bytes.Count(got, got[:1]) != len(got) {
			t.Errorf("%s: a mixture of %d bytes, %v", name, len(got), err)
		}
		if left := names(t, filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%s: %v are left", name, left)
		}
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		all = append(all, e.Name())
	}
	return all
}
