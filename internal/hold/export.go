package hold

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/internal/durable"
	"cairn.example/jcs"
	"cairn.example/vc"
)

// Backup writes an encrypted copy of the wallet, sealed with the same
// passphrase, that Open opens. It never overwrites a file.
func (w *Wallet) Backup(path string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return err
	}
	f := w.options.files
	if exists, err := f.Exists(path); err != nil || exists {
		if err == nil {
			err = &cairn.Error{Kind: cairn.Conflict, Code: "wallet.exists", Object: path, Message: "there is a file of this name already", Hint: "choose another name"}
		}
		return err
	}
	sealed, err := w.sealed(w.state)
	if err != nil {
		return err
	}
	if err := durable.Replace(f, path, 0o600, sealed); err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.write", Object: path, Message: "the copy could not be written", Hint: "make sure that the disk has room", Err: err}
	}
	return nil
}

// The forms of an export.
const (
	ExportZip             = "zip"              // a folder of files: each credential as it was received
	ExportUniversalWallet = "universal-wallet" // one JSON document (Universal Wallet 2020, unlocked)
)

// ExportOptions say what leaves the wallet unprotected.
type ExportOptions struct {
	Form string
	// InTheClear has to be set: whoever gets the export can read it.
	InTheClear bool
	// WithKey also exports the private key: whoever gets the export can then act
	// as the learner, for ever.
	WithKey bool
}

// Export writes everything in the wallet to out, decrypted. It refuses unless
// the caller says that this is wanted.
func (w *Wallet) Export(out io.Writer, o ExportOptions) error {
	if !o.InTheClear {
		return &cairn.Error{Kind: cairn.Denied, Code: "wallet.export-clear", Message: "an export is not encrypted",
			Hint: "say that you want it in the clear, or make an encrypted copy instead"}
	}
	w.mu.Lock()
	s := w.state
	err := w.usable()
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if o.Form != ExportZip && o.Form != ExportUniversalWallet {
		return &cairn.Error{Kind: cairn.Invalid, Code: "wallet.export-form", Object: o.Form, Message: "this form of export is not known",
			Hint: "use " + ExportZip + " or " + ExportUniversalWallet}
	}
	universal, err := w.universal(s, o.WithKey)
	if err != nil {
		return err
	}
	if o.Form == ExportUniversalWallet {
		_, err := out.Write(universal)
		return err
	}
	z := zip.NewWriter(out)
	add := func(name string, data []byte) error {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.options.Now().UTC()})
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}
	if err := add("README.txt", []byte(readme(w.signer.did, len(s.Entries), o.WithKey))); err != nil {
		return err
	}
	if err := add("wallet.json", universal); err != nil {
		return err
	}
	for i, e := range s.Entries {
		base := fmt.Sprintf("%03d-%s", i+1, fileName(e.Title))
		if err := add("credentials/"+base+".json", e.Document); err != nil {
			return err
		}
		for j, v := range e.History {
			if err := add(fmt.Sprintf("history/%s-%02d.json", base, j+1), v.Document); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func readme(d cairn.DID, credentials int, key bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Export of the wallet of %s\n\n%d credentials are in the folder credentials, byte for byte as they were received;\nreplaced versions are in the folder history. wallet.json holds all of it in one document\n(Universal Wallet 2020, unlocked).\n\n", d, credentials)
	if key {
		b.WriteString("wallet.json also holds the PRIVATE KEY. Whoever has it can act as you.\n")
	} else {
		b.WriteString("The private key is not in this export.\n")
	}
	b.WriteString("Nothing here is encrypted.\n")
	return b.String()
}

// fileName makes a title safe as a file name on every system.
func fileName(title string) string {
	var b strings.Builder
	for _, r := range title {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(unicode.ToLower(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 60 {
			break
		}
	}
	if name := strings.Trim(b.String(), "-"); name != "" {
		return name
	}
	return "credential"
}

// universal writes the unlocked form of Universal Wallet 2020: an object whose
// contents are the credentials and, when asked for, the key.
func (w *Wallet) universal(s state, withKey bool) ([]byte, error) {
	contents := []any{}
	if withKey {
		public := did.EncodeMultikey(w.signer.PublicKey())
		// Multicodec ed25519-priv (0x1300) as an unsigned varint, then the seed.
		private := "z" + base58.Encode(append([]byte{0x80, 0x26}, s.Seed...))
		contents = append(contents, map[string]any{"id": string(w.signer.keyID), "type": "Multikey", "controller": string(w.signer.did),
			"publicKeyMultibase": public, "secretKeyMultibase": private})
	}
	for _, e := range s.Entries {
		d, err := vc.Parse(e.Document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name(e), err)
		}
		contents = append(contents, d.Tree())
	}
	return jcs.Marshal(map[string]any{
		"@context": []any{"https://w3id.org/wallet/v1"}, "id": string(w.signer.did), "type": "UniversalWallet2020",
		"status": "UNLOCKED", "contents": contents,
	})
}
