package hold

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/durable"
)

var errFault = errors.New("injected fault")

// faulty fails one step of a save, before it happened or after it.
type faulty struct {
	osFiles
	step    string
	happens bool // the step happens and reports failure all the same
	half    bool // a write leaves half a file
	armed   bool
}

func (f *faulty) fault(step string, do func() error) error {
	if !f.armed || f.step != step {
		return do()
	}
	if f.happens {
		if err := do(); err != nil {
			return err
		}
	}
	return errFault
}

func (f *faulty) Write(path string, mode fs.FileMode, data []byte) error {
	if f.armed && f.step == "write" && f.half {
		if err := f.osFiles.Write(path, mode, data[:len(data)/2]); err != nil {
			return err
		}
		return errFault
	}
	return f.fault("write", func() error { return f.osFiles.Write(path, mode, data) })
}
func (f *faulty) Rename(from, to string) error {
	return f.fault("rename", func() error { return f.osFiles.Rename(from, to) })
}
func (f *faulty) SyncDir(path string) error {
	return f.fault("syncdir", func() error { return f.osFiles.SyncDir(path) })
}
func (f *faulty) Remove(path string) error {
	return f.fault("remove", func() error { return f.osFiles.Remove(path) })
}
func (f *faulty) Lock(path string) (io.Closer, error) { return f.osFiles.Lock(path) }

// After a fault at any step the file is whole: as before, or as after. The
// wallet in memory is as before, and the change can be made again.
func TestFaultsWhileSaving(t *testing.T) {
	for _, c := range []faulty{
		{step: "write"}, {step: "write", half: true}, {step: "write", happens: true},
		{step: "rename"}, {step: "rename", happens: true}, {step: "syncdir"}, {step: "syncdir", happens: true},
	} {
		t.Run(fmt.Sprintf("%s happens=%t half=%t", c.step, c.happens, c.half), func(t *testing.T) {
			fs := &c
			o := options(1)
			o.files = fs
			w, err := Create(filepath.Join(t.TempDir(), "w"), phrase, o)
			if err != nil {
				t.Fatal(err)
			}
			first := badge(t, 1, w.DID(), now)
			receive(t, w, first)
			second := badge(t, 2, w.DID(), now)
			fs.armed = true
			_, err = w.Receive(t.Context(), second, proofs)
			if !errors.Is(err, errFault) || cairn.CodeOf(err) != "wallet.write" {
				t.Fatalf("the fault gave %v", err)
			}
			if n := len(w.List()); n != 1 {
				t.Fatalf("%d credentials in memory after the fault", n)
			}
			fs.armed = false
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			w, err = Open(w.path, phrase, o)
			if err != nil {
				t.Fatalf("after the fault: %v", err)
			}
			defer w.Close()
			n := len(w.List())
			if mayHave2 := c.step == "syncdir" || c.step == "rename" && c.happens; n != 1 && !(n == 2 && mayHave2) {
				t.Fatalf("%d credentials in the file after the fault", n)
			}
			if n == 1 {
				receive(t, w, second)
			}
			if n := len(w.List()); n != 2 {
				t.Fatalf("%d credentials in the end", n)
			}
			if _, err := os.Stat(durable.Temporary(w.path)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a temporary file is left: %v", err)
			}
		})
	}
}

// What a writer left that was killed does not disturb the next one, and a link
// in its place is not followed.
func TestLeftovers(t *testing.T) {
	w := create(t, 1)
	if err := os.WriteFile(durable.Temporary(w.path), []byte("half a wal"), 0o644); err != nil {
		t.Fatal(err)
	}
	receive(t, w, badge(t, 1, w.DID(), now))
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, durable.Temporary(w.path)); err != nil {
		t.Fatal(err)
	}
	receive(t, w, badge(t, 2, w.DID(), now))
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("the victim holds %q, %v", b, err)
	}
	if info, err := os.Lstat(w.path); err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if n := len(w.List()); n != 2 {
		t.Errorf("%d credentials", n)
	}
}

func TestFullDiskOnCreate(t *testing.T) {
	fs := &faulty{step: "write", half: true, armed: true}
	o := options(1)
	o.files = fs
	path := filepath.Join(t.TempDir(), "w")
	if _, err := Create(path, phrase, o); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("half a wallet is there")
	}
	fs.armed = false
	w, err := Create(path, phrase, o)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

// A process that is killed while it saves leaves a wallet that opens, and a lock
// that the next process gets.
func TestKilledWhileSaving(t *testing.T) {
	if dir := os.Getenv("CAIRN_HOLD_CHILD"); dir != "" {
		w, err := Open(filepath.Join(dir, "w"), phrase, options(1))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("saving")
		for i := 0; ; i++ { // until killed
			if err := w.ChangePassphrase(phrase); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	w, err := Create(filepath.Join(dir, "w"), phrase, options(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		receive(t, w, badge(t, i, w.DID(), now))
	}
	w.Close()
	kills := 20
	if testing.Short() {
		kills = 3
	}
	for i := range kills {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileSaving$")
		cmd.Env = append(os.Environ(), "CAIRN_HOLD_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 7)
		if _, err := io.ReadFull(out, line); err != nil || !strings.HasPrefix(string(line), "saving") {
			t.Fatalf("the child said %q, %v", line, err)
		}
		time.Sleep(time.Duration(i) * 331 * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // its error is that it was killed
		w, err := Open(filepath.Join(dir, "w"), phrase, options(1))
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		if n := len(w.List()); n != 5 {
			t.Fatalf("kill %d: %d credentials", i, n)
		}
		w.Close()
	}
}
