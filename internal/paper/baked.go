package paper

import (
	"bytes"
	"crypto/sha256"
	"net/http"

	"cairn.example"
	"cairn.example/bake"
	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/papercode"
	"cairn.example/pixelpass"
	"cairn.example/strictjson"
)

// fromPicture takes a credential out of a picture: the one that is baked into it or
// the one in its QR code. With both, the baked one counts when the code is one of
// the same credential, since it says more; else the picture is refused, so that
// neither hides the other. A code with a link or the like is no credential.
func fromPicture(data []byte) (Unwrapped, error) {
	baked, isBaked, err := readBaked(data)
	if err != nil {
		return Unwrapped{}, err
	}
	texts, err := codesOn(data)
	if err != nil {
		return Unwrapped{}, err
	}
	if !isBaked {
		text, err := single(texts)
		if err != nil {
			return Unwrapped{}, err
		}
		if !isCredential(text) {
			return Unwrapped{}, &cairn.Error{Kind: cairn.Invalid, Code: "paper.not-a-code", Object: short(text),
				Message: "the QR code holds a link or something else, but no credential"}
		}
		return Unwrapped{Kind: KindCode, Payload: []byte(text)}, nil
	}
	for _, text := range texts {
		if isCredential(text) && !sameCredential(baked.Data, text) {
			return Unwrapped{}, &cairn.Error{Kind: cairn.Invalid, Code: "paper.two-credentials", Message: "the QR code on the picture is of another credential than the one inside the picture",
				Hint: "use the file of the credential itself, or cut out the code"}
		}
	}
	return Unwrapped{Kind: KindDocument, Payload: baked.Data}, nil
}

// readBaked looks for a baked credential. A picture that package bake can't read is
// no reason to refuse the QR code on it, unless it names a credential: then another
// program might find one there.
func readBaked(data []byte) (bake.Baked, bool, error) {
	if !bake.Is(data) {
		return bake.Baked{}, false, nil
	}
	b, err := bake.Read(data)
	if err == nil {
		return b, true, nil
	}
	if cairn.CodeOf(err) == "bake.no-credential" || !namesCredential(data) {
		return bake.Baked{}, false, nil
	}
	return bake.Baked{}, false, err
}

func namesCredential(data []byte) bool {
	return bytes.Contains(data, []byte("openbadge")) || bytes.Contains(data, []byte("clrcredential"))
}

// isSVG tells a drawing from other XML, such as a page of the web.
func isSVG(data []byte) bool {
	head := data[:min(len(data), 4096)]
	return bake.Is(data) && http.DetectContentType(data) != "image/png" && (bytes.Contains(head, []byte("<svg")) || bytes.Contains(head, []byte(":svg")))
}

// fromSVG takes out the credential that is baked into a drawing. Nothing is drawn,
// so a QR code on it is not seen.
func fromSVG(data []byte) (Unwrapped, error) {
	b, err := bake.Read(data)
	if err != nil {
		return Unwrapped{}, err
	}
	return Unwrapped{Kind: KindDocument, Payload: b.Data}, nil
}

// isCredential reports whether the text of a QR code has the form of something that
// is verified.
func isCredential(text string) bool {
	return papercode.IsCode(text) || verify.IsPacked([]byte(text)) || verify.IsEnvelope([]byte(text)) || len(text) > 0 && text[0] == '{'
}

// sameCredential reports whether the text of a QR code is of the same credential as
// a document: the same text, the same JSON, or a paper code that names its digest.
func sameCredential(document []byte, text string) bool {
	inside := []byte(text)
	switch {
	case papercode.IsCode(text):
		signed, err := papercode.Read(text)
		return err == nil && signed.Card().Digest == sha256.Sum256(document)
	case verify.IsPacked(inside):
		content, err := pixelpass.Decode(text)
		if err != nil {
			return false
		}
		if inside = content.JSON; inside == nil {
			inside = []byte(content.Text)
		}
	}
	if bytes.Equal(inside, document) {
		return true
	}
	a, err := canonical(inside)
	if err != nil {
		return false
	}
	b, err := canonical(document)
	return err == nil && bytes.Equal(a, b)
}

func canonical(document []byte) ([]byte, error) {
	tree, err := strictjson.ParseObject(document, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	return jcs.Marshal(tree)
}
