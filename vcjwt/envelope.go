package vcjwt

import (
	"encoding/base64"
	"fmt"
	"strings"

	"cairn.example/vc"
)

// The types of objects that carry an envelope (VC Data Model 2.0, section 4.13).
const (
	EnvelopedCredential   = "EnvelopedVerifiableCredential"
	EnvelopedPresentation = "EnvelopedVerifiablePresentation"
)

// The media types of what an enveloped object may carry.
const (
	MediaCOSE             = "application/vc+cose"
	MediaCOSEPresentation = "application/vp+cose"
)

// maxEnvelopes bounds the credentials of one presentation.
const maxEnvelopes = 1000

// Envelope is the content of an enveloped object.
type Envelope struct {
	MediaType string // application/vc+jwt and the like, in lower case
	Text      string // a token; empty for COSE
	Bytes     []byte // COSE; nil for a token
}

// ReadEnvelope reads an EnvelopedVerifiableCredential or
// EnvelopedVerifiablePresentation. The object has @context, type and a data: URL
// as id, and nothing else: another member would be shown and not signed.
func ReadEnvelope(object map[string]any) (Envelope, error) {
	var e Envelope
	credential, presentation := hasType(object, EnvelopedCredential), hasType(object, EnvelopedPresentation)
	if credential == presentation {
		return e, bad("vcjwt.envelope", "type", "this is no enveloped credential or presentation")
	}
	for name := range object {
		if name != "@context" && name != "type" && name != "id" {
			return e, bad("vcjwt.envelope", name, "an envelope has no member %.40q: it would not be signed", name)
		}
	}
	if c, ok := object["@context"].([]any); object["@context"] != vc.ContextV2 && (!ok || len(c) == 0 || c[0] != vc.ContextV2) {
		return e, bad("vcjwt.envelope", "@context", "the context of an envelope must be %s", vc.ContextV2)
	}
	id, _ := object["id"].(string)
	rest, ok := strings.CutPrefix(id, "data:")
	head, data, comma := strings.Cut(rest, ",")
	if !ok || !comma || data == "" {
		return e, bad("vcjwt.envelope", "id", "the id of an envelope must be a data: URL with the token")
	}
	media, isBase64 := strings.CutSuffix(head, ";base64")
	e.MediaType = strings.ToLower(media)
	kind := "vc+"
	if presentation {
		kind = "vp+"
	}
	switch strings.TrimPrefix(e.MediaType, "application/"+kind) {
	case "jwt", "sd-jwt":
		if isBase64 || strings.ContainsAny(data, "%") {
			return e, bad("vcjwt.envelope", "id", "a token stands in the data: URL as it is")
		}
		e.Text = data
		return e, nil
	case "cose":
		if !isBase64 {
			return e, bad("vcjwt.envelope", "id", "COSE must be in base64 in the data: URL")
		}
		// RFC 2397 has padding and no line breaks. The W3C suite has it the other way
		// round, and readers of URLs (WHATWG URL, 4.4; Infra, forgiving-base64) accept
		// both; what counts is the signature over what is inside.
		data = strings.NewReplacer("\n", "", "\r", "").Replace(data)
		encoding := base64.StdEncoding
		if !strings.HasSuffix(data, "=") && len(data)%4 != 0 {
			encoding = base64.RawStdEncoding
		}
		b, err := encoding.Strict().DecodeString(data)
		if err != nil {
			return e, bad("vcjwt.envelope", "id", "the content of the data: URL is not base64")
		}
		e.Bytes = b
		return e, nil
	}
	return e, bad("vcjwt.envelope", "id", "an envelope of media type %.60q is not read", media)
}

// Read reads the envelope's token and checks that it is what the media type says.
// COSE is not read here.
func (e Envelope) Read() (*Secured, error) {
	if e.Text == "" {
		return nil, bad("vcjwt.envelope", "id", "this envelope holds no token")
	}
	s, err := Read(e.Text)
	if err != nil {
		return nil, err
	}
	if "application/"+string(s.Form) != e.MediaType {
		return nil, bad("vcjwt.envelope", "id", "the token in the envelope is of another kind (%s) than the media type says", s.Form)
	}
	return s, nil
}

// WriteEnvelope makes the object that carries a token of VC-JOSE-COSE into a
// presentation.
func WriteEnvelope(token string) (map[string]any, error) {
	s, err := Read(token)
	if err != nil {
		return nil, err
	}
	if s.Form == OpenBadge {
		return nil, bad("vcjwt.envelope", "typ", "there is no envelope for a token of type JWT")
	}
	typ := EnvelopedCredential
	if s.Form.IsPresentation() {
		typ = EnvelopedPresentation
	}
	return map[string]any{"@context": vc.ContextV2, "type": typ, "id": "data:application/" + string(s.Form) + "," + token}, nil
}

// Inside is one credential or presentation inside a presentation: an envelope, or
// an object that has a proof of its own.
type Inside struct {
	Envelope *Envelope
	Proved   map[string]any // with proof, for package dataintegrity
}

// Contents lists the credentials of a presentation. Each must be secured: one
// without envelope and without proof is refused (VC-JOSE-COSE, section 3.1.2).
// Whether what is in the envelopes is any good, Envelope.Read and Verify say.
func Contents(presentation map[string]any) ([]Inside, error) {
	v, ok := presentation["verifiableCredential"]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) > maxEnvelopes {
		return nil, bad("vcjwt.too-many", "verifiableCredential", "there are more than %d credentials", maxEnvelopes)
	}
	var out []Inside
	for i, e := range list {
		at := fmt.Sprintf("verifiableCredential/%d", i)
		m, ok := e.(map[string]any)
		if !ok {
			return nil, bad("vcjwt.unsecured", at, "a credential in a presentation must be an object")
		}
		if _, proved := m["proof"]; proved && hasType(m, "VerifiableCredential") {
			out = append(out, Inside{Proved: m})
			continue
		}
		if !hasType(m, EnvelopedCredential) && !hasType(m, EnvelopedPresentation) {
			return nil, bad("vcjwt.unsecured", at, "a credential in a presentation must be secured")
		}
		envelope, err := ReadEnvelope(m)
		if err != nil {
			return nil, err
		}
		out = append(out, Inside{Envelope: &envelope})
	}
	return out, nil
}
