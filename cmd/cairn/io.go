package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"cairn.example"
	"cairn.example/did"
)

// maxInput bounds what is read from a file or a pipe.
const maxInput = 16 << 20

// loopback reports whether an address is of this machine, for which plain http is
// allowed.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// read reads a file, or standard input for "-".
func (c *console) read(path string) ([]byte, error) { return c.readUpTo(path, maxInput) }

func (c *console) readUpTo(path string, limit int64) ([]byte, error) {
	var in io.Reader = c.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: path, Message: "the file can't be read", Err: err}
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "cli.file", Object: path, Message: "the file can't be read", Err: err}
	}
	if int64(len(b)) > limit {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "cli.file", Object: path, Message: fmt.Sprintf("the file is larger than %d bytes", limit)}
	}
	return b, nil
}

// secret reads a passphrase from a file, whose last line break does not count. A
// passphrase is never an argument, where every user of the machine could see it.
func secret(path, what string) (string, error) {
	if path == "" {
		return "", &cairn.Error{Kind: cairn.Denied, Code: "cli.passphrase", Message: what + " is needed", Hint: "put it in a file that only you can read and name the file"}
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", &cairn.Error{Kind: cairn.NotFound, Code: "cli.passphrase", Object: path, Message: what + " can't be read", Err: err}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", &cairn.Error{Kind: cairn.Denied, Code: "cli.passphrase", Object: path, Message: "others on this machine can read the passphrase", Hint: "run chmod 600 " + path}
	}
	b, err := os.ReadFile(path)
	return strings.TrimRight(string(b), "\r\n"), err
}

// readYAML reads a settings file strictly into a struct.
func (c *console) readYAML(path string, into any) error {
	b, err := c.read(path)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(b, into, yaml.Strict()); err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: "cli.yaml", Object: path, Message: "the file can't be read", Err: err}
	}
	return nil
}

// operator reads whom to rely on: an identifier, or the file of its document.
func (c *console) operator(value string) (cairn.DID, *did.Document, error) {
	if strings.HasPrefix(value, "did:") {
		d, err := did.Parse(value)
		return d, nil, err
	}
	b, err := c.read(value)
	if err != nil {
		return "", nil, err
	}
	var head struct {
		ID string `yaml:"id"`
	}
	if err := yaml.Unmarshal(b, &head); err != nil {
		return "", nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.operator", Object: value, Message: "this is neither an identifier nor the document of one", Err: err}
	}
	doc, err := did.ParseDocument(b, cairn.DID(head.ID))
	return cairn.DID(head.ID), doc, err
}
