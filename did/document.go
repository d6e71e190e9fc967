package did

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Limits of a document that comes from outside.
const (
	maxDocument = 256 << 10
	maxMethods  = 200
)

// ParseDocument reads the document that was found for an identifier. Its id must
// be that identifier; methods with keys of kinds we do not know are left out, as
// a document may list keys for other uses.
//
// The code did.no-document says that the data is no such document at all, which says
// nothing of the identifier; any other error is about its document.
func ParseDocument(data []byte, want cairn.DID) (*Document, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxDocument, Depth: 32, Values: 10_000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "did.no-document", Object: string(want), Message: "the document can't be read", Err: err}
	}
	if _, ok := tree["id"]; !ok { // the page of a server under repair, and not a document of anybody
		return nil, bad("did.no-document", string(want), "this is no document of an identifier")
	}
	if id, _ := tree["id"].(string); id != string(want) {
		return nil, bad("did.document-id", string(want), "the document found for it is of %.120q", id)
	}
	p := &documentReader{doc: &Document{ID: want}, seen: map[cairn.KeyID]bool{}}
	if v, ok := tree["verificationMethod"]; ok {
		list, ok := v.([]any)
		if !ok {
			return nil, bad("did.document", string(want), "verificationMethod is not a list")
		}
		for _, e := range list {
			if _, err := p.method(e); err != nil {
				return nil, err
			}
		}
	}
	if p.doc.Assertion, err = p.relationship(tree, AssertionMethod); err != nil {
		return nil, err
	}
	if p.doc.Authentication, err = p.relationship(tree, Authentication); err != nil {
		return nil, err
	}
	return p.doc, nil
}

type documentReader struct {
	doc  *Document
	seen map[cairn.KeyID]bool
}

// relationship reads a list of methods, by reference or embedded.
func (p *documentReader) relationship(tree map[string]any, name string) ([]cairn.KeyID, error) {
	v, ok := tree[name]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, bad("did.document", string(p.doc.ID), "%s is not a list", name)
	}
	var out []cairn.KeyID
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, p.absolute(s))
			continue
		}
		id, err := p.method(e)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// absolute completes a relative reference such as "#key-1" (DID Core, 3.2.2).
func (p *documentReader) absolute(s string) cairn.KeyID {
	if strings.HasPrefix(s, "#") {
		return cairn.KeyID(string(p.doc.ID) + s)
	}
	return cairn.KeyID(s)
}

func (p *documentReader) method(v any) (cairn.KeyID, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return "", bad("did.document", string(p.doc.ID), "a verification method is not an object")
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	id := p.absolute(text("id"))
	if _, _, err := SplitKeyID(id); err != nil {
		return "", err
	}
	if p.seen[id] {
		return "", bad("did.document", string(id), "the document has this key twice")
	}
	p.seen[id] = true
	if len(p.seen) > maxMethods {
		return "", &cairn.Error{Kind: cairn.TooLarge, Code: "did.document", Object: string(p.doc.ID), Message: fmt.Sprintf("the document has more than %d keys", maxMethods)}
	}
	method := Method{ID: id, Controller: cairn.DID(text("controller"))}
	for name, to := range map[string]*time.Time{"expires": &method.Expires, "revoked": &method.Revoked} {
		if _, ok := m[name]; !ok {
			continue
		}
		t, err := vc.ParseTime(text(name))
		if err != nil {
			return "", bad("did.document", string(id), "%s is not a date and time", name)
		}
		*to = t
	}
	for _, name := range []string{"secretKeyMultibase", "privateKeyMultibase"} {
		if _, ok := m[name]; ok {
			return "", bad("did.private-key", string(id), "the document shows a private key; it must be considered stolen")
		}
	}
	var err error
	switch text("type") {
	case "Multikey":
		err = method.readMultikey(text("publicKeyMultibase"))
	case "Ed25519VerificationKey2020":
		method.PublicKey, err = DecodeMultikey(text("publicKeyMultibase"))
	case "JsonWebKey", "JsonWebKey2020":
		if method.Key, err = decodeJWK(m["publicKeyJwk"], string(id)); err == nil {
			method.PublicKey, _ = method.Key.Crypto().(ed25519.PublicKey)
		}
	default:
		return id, nil
	}
	if cairn.CodeOf(err) == "did.key-type" {
		return id, nil // a good key of another kind: not ours to use
	}
	if err != nil {
		return "", err
	}
	p.doc.Methods = append(p.doc.Methods, method)
	return id, nil
}

// MarshalDocument writes a document in canonical form: Ed25519 and BBS keys as
// Multikey, others as JsonWebKey.
func MarshalDocument(d *Document) ([]byte, error) {
	methods, contexts := []any{}, []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}
	for _, m := range d.Methods {
		e := map[string]any{"id": string(m.ID), "controller": string(m.Controller)}
		if m.PublicKey != nil {
			e["type"], e["publicKeyMultibase"] = "Multikey", EncodeMultikey(m.PublicKey)
		} else if m.BBS != nil {
			e["type"], e["publicKeyMultibase"] = "Multikey", EncodeBBS(m.BBS)
		} else {
			k, err := m.JOSE()
			if err != nil {
				return nil, err
			}
			e["type"], e["publicKeyJwk"] = "JsonWebKey", k.Tree()
			if len(contexts) == 2 {
				contexts = append(contexts, "https://w3id.org/security/jwk/v1")
			}
		}
		if !m.Expires.IsZero() {
			e["expires"] = vc.FormatTime(m.Expires)
		}
		if !m.Revoked.IsZero() {
			e["revoked"] = vc.FormatTime(m.Revoked)
		}
		methods = append(methods, e)
	}
	ids := func(list []cairn.KeyID) []any {
		out := []any{}
		for _, k := range list {
			out = append(out, string(k))
		}
		return out
	}
	return jcs.Marshal(map[string]any{
		"@context":           contexts,
		"id":                 string(d.ID),
		"verificationMethod": methods,
		AssertionMethod:      ids(d.Assertion),
		Authentication:       ids(d.Authentication),
	})
}
