//go:build !unix

package hold

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"cairn.example"
)

// Lock makes a file beside the wallet that must not exist yet, since this system
// has no lock that ends with the process. After a crash the file has to be
// removed by hand; the error says so.
func (osFiles) Lock(path string) (io.Closer, error) {
	name := path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		e := inUse(path).(*cairn.Error)
		e.Hint = "close it there; if no program has it open, remove the file " + name
		return nil, e
	}
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.lock", Object: path, Message: "the wallet can't be locked", Err: err}
	}
	return removing{f, name}, nil
}

type removing struct {
	*os.File
	name string
}

func (r removing) Close() error { return errors.Join(r.File.Close(), os.Remove(r.name)) }
