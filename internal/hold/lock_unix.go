//go:build unix

package hold

import (
	"errors"
	"io"
	"os"
	"syscall"

	"cairn.example"
)

// Lock takes a lock on a file beside the wallet. The system gives it back when
// the process ends, however it ends. The file stays: to remove it would let two
// processes lock two files of one name.
func (osFiles) Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.lock", Object: path, Message: "the wallet can't be locked", Err: err}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, inUse(path)
		}
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.lock", Object: path, Message: "the wallet can't be locked", Err: err}
	}
	return f, nil
}
