package hold

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"cairn.example"
	"cairn.example/internal/durable"
)

// files is what a wallet needs of a file system. Tests make each step fail, also
// in the way that reports a failure although it happened.
type files interface {
	Exists(path string) (bool, error)
	Read(path string, limit int64) ([]byte, error)
	durable.Disk
	// Lock takes the lock of the wallet at path, or fails at once.
	Lock(path string) (io.Closer, error)
}

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
	if err := durable.Replace(w.options.files, w.path, 0o600, sealed); err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.write", Object: w.path, Message: "the wallet could not be written",
			Hint: "make sure that the disk has room and is not write-protected, then open the wallet again", Err: err}
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

// osFiles is the file system of the machine.
type osFiles struct{ durable.OS }

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

func inUse(path string) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "wallet.in-use", Object: path, Message: "another program has this wallet open",
		Hint: "close it there first"}
}
