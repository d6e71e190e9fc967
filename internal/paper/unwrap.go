package paper

import (
	"bytes"
	"compress/zlib"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/internal/verify"
	"cairn.example/papercode"
)

// Limits of reading a PDF document that somebody else made or changed.
const (
	maxObjects  = 50_000
	maxDepth    = 32
	maxUnpacked = 20 << 20 // bytes of all streams that are looked into
	maxReads    = 100_000  // objects and trailers, also damaged ones
	maxValues   = 500_000  // values of all objects
	maxLexed    = 48 << 20 // bytes read as values
)

// credentialTypes are the media types under which credentials are attached.
var credentialTypes = map[string]bool{
	"application/vc": true, "application/vp": true, "application/vc+ld+json": true, "application/vp+ld+json": true,
	"application/ld+json": true, "application/json": true,
	"application/vc+jwt": true, "application/vp+jwt": true, "application/vc+sd-jwt": true, "application/vp+sd-jwt": true, "application/dc+sd-jwt": true,
	"application/jwt": true,
}

// credentialNames are how the names of such files end.
var credentialNames = map[string]bool{".json": true, ".jsonld": true, ".jwt": true}

// Unwrap finds what can be verified in a file: the one credential that is
// attached to a PDF document, that is baked into a PNG or SVG picture or stands in
// the one QR code on a PNG or JPEG picture, or the JSON document, envelope or text
// of a code itself. What it returns has not been verified, and nothing else in the
// file counts. A file with two different credentials is refused.
//
// Codes: paper.no-credential, paper.two-credentials, paper.encrypted, paper.pdf,
// paper.too-large, paper.unknown-file, those of bake.Read and ReadQR, and
// paper.not-a-code when a QR code holds something else, such as a link, which is
// never opened.
func Unwrap(data []byte) (Unwrapped, error) {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch kind := http.DetectContentType(data); {
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return fromPDF(data)
	case kind == "image/png" || kind == "image/jpeg":
		return fromPicture(data)
	case isSVG(data):
		return fromSVG(data)
	case len(data) > maxDocument:
		return Unwrapped{}, &cairn.Error{Kind: cairn.TooLarge, Code: "paper.too-large", Message: "the file is larger than 24 MiB"}
	case bytes.HasPrefix(trimmed, []byte("{")):
		return Unwrapped{Kind: KindDocument, Payload: data}, nil
	case papercode.IsCode(string(trimmed[:min(len(trimmed), 5000)])), verify.IsPacked(data):
		return Unwrapped{Kind: KindCode, Payload: bytes.TrimRight(trimmed, "\r\n")}, nil
	case verify.IsEnvelope(data):
		return Unwrapped{Kind: KindDocument, Payload: data}, nil
	}
	return Unwrapped{}, &cairn.Error{Kind: cairn.Invalid, Code: "paper.unknown-file", Message: "this kind of file cannot hold a credential",
		Hint: "use the JSON or PDF file of the credential, a picture with the credential inside (PNG or SVG), or a picture of its QR code (PNG or JPEG)"}
}

func short(s string) string {
	s = clean(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 100 {
		s = string(r[:100]) + "…"
	}
	return s
}

func pdfError(code, message string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Message: message}
}

// fromPDF looks at every object of the file, wherever it stands, and objects that
// are no longer used count too. So a file with a second credential hidden in it,
// or with one that was replaced, is refused, not guessed at.
func fromPDF(data []byte) (Unwrapped, error) {
	if len(data) > maxDocument {
		return Unwrapped{}, &cairn.Error{Kind: cairn.TooLarge, Code: "paper.too-large", Message: "the file is larger than 24 MiB"}
	}
	f := &pdfFile{objects: map[int]pdfObject{}, budget: maxUnpacked}
	if err := f.scan(data); err != nil {
		return Unwrapped{}, err
	}
	var found []Unwrapped
	for _, n := range f.numbers() {
		spec, ok := f.objects[n].value.(pdfDict)
		if !ok || spec["EF"] == nil {
			continue
		}
		name, _ := spec["F"].(string)
		files, ok := f.resolve(spec["EF"]).(pdfDict)
		if !ok {
			return Unwrapped{}, pdfError("paper.pdf", "an attachment of the PDF document is damaged")
		}
		target, ok := files["F"].(pdfRef)
		if !ok {
			return Unwrapped{}, pdfError("paper.pdf", "an attachment of the PDF document is damaged")
		}
		object := f.objects[int(target)]
		dict, ok := object.value.(pdfDict)
		if !ok || object.stream == nil {
			return Unwrapped{}, pdfError("paper.pdf", "an attachment of the PDF document is damaged")
		}
		media, _ := dict["Subtype"].(pdfName)
		if !credentialTypes[string(media)] && !credentialNames[strings.ToLower(path.Ext(name))] {
			continue
		}
		payload, err := f.unpack(object, dict)
		if err != nil {
			return Unwrapped{}, err
		}
		if !utf8.Valid(payload) {
			return Unwrapped{}, pdfError("paper.pdf", "the attached credential is not text")
		}
		found = append(found, Unwrapped{Kind: KindDocument, Payload: payload, Name: short(name)})
	}
	switch len(found) {
	case 0:
		return Unwrapped{}, &cairn.Error{Kind: cairn.Invalid, Code: "paper.no-credential", Message: "no credential is attached to this PDF document",
			Hint: "use the original file, not a scan or a new print; or take a picture of the QR code"}
	case 1:
		return found[0], nil
	}
	return Unwrapped{}, pdfError("paper.two-credentials", "more than one credential is attached to this PDF document")
}

var errTooLarge = &cairn.Error{Kind: cairn.TooLarge, Code: "paper.too-large", Message: "the PDF document unpacks to too much"}

// unpack returns the bytes of a stream that is stored plainly or with deflate.
func (f *pdfFile) unpack(o pdfObject, dict pdfDict) ([]byte, error) {
	filter := f.resolve(dict["Filter"])
	if list, ok := filter.([]any); ok && len(list) == 1 {
		filter = f.resolve(list[0])
	} else if ok && len(list) == 0 {
		filter = nil
	}
	limit := min(f.budget, maxAttachment)
	if params := f.resolve(dict["DecodeParms"]); params != nil {
		if d, ok := params.(pdfDict); !ok || len(d) != 0 {
			return nil, pdfError("paper.pdf", "the PDF document uses a form of compression that is not supported")
		}
	}
	switch filter {
	case nil:
		if len(o.stream) > limit {
			return nil, errTooLarge
		}
		f.budget -= len(o.stream)
		return o.stream, nil
	case pdfName("FlateDecode"):
		out, err := f.inflate(o.stream, limit)
		if err != nil {
			return nil, pdfError("paper.pdf", "a compressed part of the PDF document is damaged")
		}
		if len(out) > limit {
			return nil, errTooLarge
		}
		f.budget -= len(out)
		return out, nil
	}
	return nil, pdfError("paper.pdf", "the PDF document uses a form of compression that is not supported")
}

// inflate unpacks one byte more than the limit at most. One reader serves all
// streams, since it is large and there can be many of them, and the buffer doubles,
// so that about twice the result is allocated.
func (f *pdfFile) inflate(stream []byte, limit int) ([]byte, error) {
	var err error
	if f.zlib == nil {
		f.zlib, err = zlib.NewReader(bytes.NewReader(stream))
	} else {
		err = f.zlib.(zlib.Resetter).Reset(bytes.NewReader(stream), nil)
	}
	if err != nil {
		f.zlib = nil // it can't be used again
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(min(limit, 4*len(stream)) + bytes.MinRead)
	_, err = b.ReadFrom(io.LimitReader(f.zlib, int64(limit)+1))
	return b.Bytes(), err
}
