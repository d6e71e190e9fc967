package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"cairn.example"
	"cairn.example/bake"
	"cairn.example/openbadges"
	"cairn.example/strictjson"
)

type bakeCmd struct {
	Credential string `arg:"" help:"Signed Open Badge, as a file or - for standard input."`
	Picture    string `help:"PNG or SVG to put it into; the picture inside the credential when left out." type:"path"`
	Out        string `help:"File to write." required:"" type:"path"`
}

// Help is shown by cairn bake --help.
func (bakeCmd) Help() string {
	return `A baked badge is a picture that carries its credential; other systems read it too.
The credential is put into it as it is and not verified: cairn verify does that,
also with the picture.

Examples:
  cairn bake badge.json --out badge.png
  cairn bake badge.json --picture seal.svg --out badge.svg
  cairn verify badge.png`
}

func (b bakeCmd) Run(c *console) error {
	credential, err := c.read(b.Credential)
	if err != nil {
		return err
	}
	var picture []byte
	if b.Picture != "" {
		picture, err = c.read(b.Picture)
	} else {
		picture, err = ownPicture(b.Credential, credential)
	}
	if err != nil {
		return err
	}
	put := bake.SVG
	if bytes.HasPrefix(picture, []byte("\x89PNG")) {
		put = bake.PNG
	}
	baked, err := put(picture, credential)
	if err != nil {
		return err
	}
	if err := writeNew(b.Out, baked); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: %d bytes, with the credential inside\n", b.Out, len(baked))
	return err
}

// ownPicture takes the picture of the achievement that the credential brings.
func ownPicture(name string, credential []byte) ([]byte, error) {
	tree, err := strictjson.ParseObject(credential, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	facts, err := openbadges.Read(tree)
	if err != nil {
		return nil, err
	}
	if facts.Image == nil || facts.Image.MediaType != "image/png" {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "bake.no-picture", Object: name, Message: "the credential has no PNG picture of its own", Hint: "name one with --picture"}
	}
	return facts.Image.Data, nil
}

// writeNew writes a file that is not there yet, so that nothing is lost.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &cairn.Error{Kind: cairn.Conflict, Code: "cli.write", Object: name, Message: "the file can't be written, or is there already", Err: err}
	}
	_, err = io.Copy(f, bytes.NewReader(data))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(name) // half a picture is of no use
	}
	return err
}
