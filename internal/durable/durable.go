// Package durable writes files so that each is whole under its name or not
// there under it, also after a crash, and on the disk when the call returns.
//
// Replace is for files that have one writer at a time, Publish for those that
// may have several, Create for those that must never be overwritten. What the
// bytes are, and who may read them, is the caller's business.
package durable

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Disk is the steps of a write. Tests make each of them fail, also in the way
// that reports a failure although it happened; everybody else takes OS.
type Disk interface {
	// Write makes a new file with this content and syncs it. What had the name
	// before is removed, and never followed if it is a link.
	Write(path string, mode fs.FileMode, data []byte) error
	// Rename puts a file in the place of another in one step.
	Rename(from, to string) error
	// Link gives a file a second name, which nothing may have.
	Link(from, to string) error
	Remove(path string) error
	// SyncDir makes the names in the folder of path durable.
	SyncDir(path string) error
}

// Temporary is where Replace writes before the file at path gets its name.
func Temporary(path string) string { return path + ".new" }

// Replace writes a file that has one writer at a time, since its caller holds a
// lock. What a writer that was killed left behind is cleared by the next one.
//
// After an error the file is as before, or, when the folder could not be synced
// or a rename that failed had happened, as after.
func Replace(d Disk, path string, mode fs.FileMode, data []byte) error {
	return put(d, Temporary(path), path, mode, data, d.Rename)
}

// Publish is Replace for a file that nobody locks: of several writers, one that
// ends last wins, and never with a mixture. A writer that is killed leaves a file
// whose name begins with path and ".new-".
func Publish(d Disk, path string, mode fs.FileMode, data []byte) error {
	return put(d, own(path), path, mode, data, d.Rename)
}

// Create writes a file of a name that nothing had. If something has it, the
// error is fs.ErrExist and nothing changed. The file system must know hard links.
func Create(d Disk, path string, mode fs.FileMode, data []byte) error {
	return put(d, own(path), path, mode, data, func(tmp, path string) error {
		return errors.Join(d.Link(tmp, path), d.Remove(tmp))
	})
}

// own is a temporary name that no other writer has.
func own(path string) string { return Temporary(path) + "-" + rand.Text() }

func put(d Disk, tmp, path string, mode fs.FileMode, data []byte, name func(from, to string) error) error {
	err := d.Write(tmp, mode, data)
	if err == nil {
		err = name(tmp, path)
	}
	if err != nil {
		return errors.Join(err, gone(d.Remove(tmp)))
	}
	return d.SyncDir(path)
}

// gone takes it as success that there was nothing to remove.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// OS is the disk of the machine.
type OS struct{}

func (o OS) Write(path string, mode fs.FileMode, data []byte) error {
	if err := gone(o.Remove(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (OS) Rename(from, to string) error { return os.Rename(from, to) }
func (OS) Link(from, to string) error   { return os.Link(from, to) }
func (OS) Remove(path string) error     { return os.Remove(path) }

func (OS) SyncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
