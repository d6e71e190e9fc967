package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/internal/durable"
	"cairn.example/internal/fetch"
	"cairn.example/internal/hold"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

type walletCmd struct {
	Create  walletCreateCmd  `cmd:"" help:"Make a wallet with a key of its own."`
	Receive walletReceiveCmd `cmd:"" help:"Put a credential in: a file, - or a claim link."`
	List    walletListCmd    `cmd:"" help:"List what is in it."`
	Show    walletShowCmd    `cmd:"" help:"Print a credential as it was signed."`
	Present walletPresentCmd `cmd:"" help:"Sign a presentation of chosen credentials."`
	Export  walletExportCmd  `cmd:"" help:"Write everything out, encrypted or in the clear."`
	Remove  walletRemoveCmd  `cmd:"" help:"Take a credential out."`
}

type walletFlags struct {
	Wallet     string `help:"Wallet file." default:"cairn.wallet" env:"CAIRN_WALLET" type:"path"`
	Passphrase string `help:"File with the passphrase." env:"CAIRN_WALLET_PASSPHRASE_FILE" type:"path" required:""`
}

func (f walletFlags) with(c *console, create bool, do func(*hold.Wallet) error) error {
	pass, err := secret(f.Passphrase, "the passphrase of the wallet")
	if err != nil {
		return err
	}
	o := hold.Options{Random: rand.Reader, Now: c.now, WorkFactor: c.effort.wallet}
	var w *hold.Wallet
	if create {
		w, err = hold.Create(f.Wallet, pass, o)
	} else {
		w, err = hold.Open(f.Wallet, pass, o)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(w), w.Close())
}

type walletCreateCmd struct{ walletFlags }

func (f walletCreateCmd) Run(c *console) error {
	return f.with(c, true, func(w *hold.Wallet) error {
		_, err := fmt.Fprintln(c.out, w.DID())
		return err
	})
}

type walletReceiveCmd struct {
	walletFlags
	What string `arg:"" help:"File, - for standard input, or claim link."`
	verifySources
}

// verifySources are the flags by which a wallet judges what it is given.
type verifySources struct {
	Bundle    string `help:"Trust bundle to judge by." type:"path"`
	Operator  string `help:"Operator of the bundle or trust list."`
	TrustList string `help:"Signed trust list to judge issuers by." type:"path"`
}

func (f walletReceiveCmd) Run(c *console) error {
	engine, done, err := verifyCmd{Bundle: f.Bundle, Operator: f.Operator, TrustList: f.TrustList, URL: claimServer(f.What)}.engine(c)
	if err != nil {
		return err
	}
	defer done()
	return f.with(c, false, func(w *hold.Wallet) error {
		var got hold.Received
		var err error
		if strings.HasPrefix(f.What, "https://") || strings.HasPrefix(f.What, "http://") {
			client := fetch.New(fetch.Options{Loopback: loopback(f.What), Now: c.now})
			got, err = w.ReceiveLink(c.ctx, f.What, func(ctx context.Context, u string) ([]byte, error) {
				r, err := client.Get(ctx, u, maxInput, "application/vc", "application/json")
				return r.Body, err
			}, hold.CheckWith(engine))
		} else {
			var data []byte
			if data, err = c.read(f.What); err == nil {
				got, err = w.Receive(c.ctx, data, hold.CheckWith(engine))
			}
		}
		if err != nil {
			return err
		}
		out := &writer{w: c.out}
		out.printf("kept %s (%s)\n", got.Entry.Title, got.Entry.Check.Verdict)
		for _, n := range got.Traces {
			out.printf("note: %s\n", n.Message)
		}
		return out.err
	})
}

// claimServer allows plain http to this machine when the claim link does.
func claimServer(link string) string {
	if strings.HasPrefix(link, "http://") {
		return link
	}
	return "https://cairn.invalid"
}

type walletListCmd struct{ walletFlags }

func (f walletListCmd) Run(c *console) error {
	return f.with(c, false, func(w *hold.Wallet) error {
		out := &writer{w: c.out}
		list := w.List()
		if len(list) == 0 {
			out.printf("The wallet %s is empty. Put something in with: cairn wallet receive\n", w.DID())
		}
		for _, e := range list {
			out.printf("%s  %-12s %-36s %s\n", e.Digest[7:19], e.Check.Verdict, e.Title, e.Issuer)
		}
		return out.err
	})
}

type walletShowCmd struct {
	walletFlags
	Credential string `arg:"" help:"Id, digest, or the first letters of the digest as listed."`
}

func (f walletShowCmd) Run(c *console) error {
	return f.with(c, false, func(w *hold.Wallet) error {
		e, err := w.Show(f.Credential)
		if err != nil {
			return err
		}
		_, err = c.out.Write(append(e.Document, '\n'))
		return err
	})
}

type walletPresentCmd struct {
	walletFlags
	Credentials []string `arg:"" optional:"" help:"Which ones; all when none is named."`
	Challenge   string   `required:"" help:"What the receiver asked to have signed."`
	Domain      string   `required:"" help:"Whom it is for: the receiver's address."`
	Out         string   `help:"File; standard output when empty." type:"path"`
}

func (f walletPresentCmd) Run(c *console) error {
	return f.with(c, false, func(w *hold.Wallet) error {
		refs := f.Credentials
		if len(refs) == 0 {
			for _, e := range w.List() {
				refs = append(refs, e.Digest)
			}
		}
		b, err := w.Present(c.ctx, hold.PresentRequest{Credentials: refs, Challenge: f.Challenge, Domain: f.Domain, Now: c.now()})
		if err != nil {
			return err
		}
		if f.Out != "" {
			return durable.Publish(durable.OS{}, f.Out, 0o644, b)
		}
		_, err = c.out.Write(append(b, '\n'))
		return err
	})
}

type walletExportCmd struct {
	walletFlags
	Out     string `arg:"" help:"File to write."`
	Form    string `default:"backup" enum:"backup,zip,universal-wallet" help:"backup is encrypted; zip and universal-wallet are not."`
	Clear   bool   `help:"Say that you know that zip and universal-wallet can be read by anyone who has the file."`
	WithKey bool   `help:"Write the private key too."`
}

func (f walletExportCmd) Run(c *console) error {
	return f.with(c, false, func(w *hold.Wallet) (err error) {
		if f.Form == "backup" {
			return w.Backup(f.Out)
		}
		file, err := os.OpenFile(f.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return &cairn.Error{Kind: cairn.Conflict, Code: "cli.file", Object: f.Out, Message: "the file can't be made", Err: err}
		}
		err = w.Export(file, hold.ExportOptions{Form: f.Form, InTheClear: f.Clear, WithKey: f.WithKey})
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return errors.Join(err, os.Remove(f.Out))
		}
		return nil
	})
}

type walletRemoveCmd struct {
	walletFlags
	Credential string `arg:"" help:"Id, digest, or the first letters of the digest as listed."`
}

func (f walletRemoveCmd) Run(c *console) error {
	return f.with(c, false, func(w *hold.Wallet) error {
		e, err := w.Remove(f.Credential)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "removed %s\n", e.Title)
		return err
	})
}
