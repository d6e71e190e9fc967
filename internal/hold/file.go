package hold

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cairn.example"
)

// files is what a wallet needs of a file system. Tests make each step fail, also
// in the way that reports a failure although it happened.
type files interface {
	Exists(path string) (bool, error)
	Read(path string, limit int64) ([]byte, error)
	// Write makes a new file that only its owner can read, with this content,
	// and syncs it. What was there before is replaced.
	Write(path string, data []byte) error
	// Rename puts a file in the place of another in one step. (A hard link would
	// also refuse to overwrite, but memory sticks have none.)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes the names in the folder of path durable.
	SyncDir(path string) error
	// Lock takes the lock of the wallet at path, or fails at once.
	Lock(path string) (io.Closer, error)
}

// temporary is the one name under which a new version is written. The lock makes
// sure that there is one writer, so a leftover is from a writer that died.
func temporary(path string) string { return path + ".new" }

// load reads, decrypts and checks a wallet.
func load(f files, path, passphrase string) (state, error) {
	sealed, err := f.Read(path, maxFile+1)
	if err != nil {
		return state{}, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.read", Object: path, Message: "the wallet can't be read", Err: err}
	}
	if len(sealed) > maxFile {
		return state{}, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.too-large", Object: path, Message: fmt.Sprintf("the wallet is larger than %d bytes", maxFile)}
	}
	plain, err := unseal(sealed, passphrase)
	if err == nil {
		var s state
		if s, err = decode(plain); err == nil {
			return s, nil
		}
	}
	var e *cairn.Error
	if errors.As(err, &e) && e.Object == "" {
		e.Object = path
	}
	return state{}, err
}

// save writes next and makes it the state. When it fails, the wallet in memory
// is as before, and the file is whole: the old one, or, when the failure came
// after the rename, the new one.
func (w *Wallet) save(next state) error {
	sealed, err := w.sealed(next)
	if err != nil {
		return err
	}
	f, tmp := w.options.files, temporary(w.path)
	failed := func(err error) error {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.write", Object: w.path, Message: "the wallet could not be written",
			Hint: "make sure that the disk has room and is not write-protected, then open the wallet again", Err: err}
	}
	if err := f.Write(tmp, sealed); err != nil {
		return failed(errors.Join(err, cleanUp(f, tmp)))
	}
	if err := f.Rename(tmp, w.path); err != nil {
		return failed(errors.Join(err, cleanUp(f, tmp)))
	}
	if err := f.SyncDir(w.path); err != nil {
		return failed(err)
	}
	w.state = next
	return nil
}

func (w *Wallet) sealed(s state) ([]byte, error) {
	plain, err := encode(s)
	if err != nil {
		return nil, err
	}
	return seal(plain, w.passphrase, w.options.WorkFactor)
}

// cleanUp removes a temporary file after a failure; that it is not there is fine.
func cleanUp(f files, tmp string) error {
	if err := f.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// osFiles is the file system of the machine.
type osFiles struct{}

func (osFiles) Exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (osFiles) Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

func (o osFiles) Write(path string, data []byte) error {
	// A leftover, or a link that somebody laid there, is removed, never followed.
	if err := cleanUp(o, path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func (osFiles) Rename(from, to string) error { return os.Rename(from, to) }
func (osFiles) Remove(path string) error     { return os.Remove(path) }

func (osFiles) SyncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func inUse(path string) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "wallet.in-use", Object: path, Message: "another program has this wallet open",
		Hint: "close it there first"}
}
