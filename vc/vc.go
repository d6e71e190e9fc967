// Package vc reads the W3C Verifiable Credentials Data Model 2.0: credentials
// and presentations as JSON-LD documents, strictly. It says what is wrong with a
// document and where; it does not check proofs (dataintegrity does), status or
// trust (internal/verify does).
//
// Most callers need Parse, ReadCredential and ReadPresentation.
package vc

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairn.example/strictjson"
)

// The contexts that a document of version 2.0 and of version 1.1 starts with.
const (
	ContextV2 = "https://www.w3.org/ns/credentials/v2"
	ContextV1 = "https://www.w3.org/2018/credentials/v1"
)

// maxMany bounds the members that may be given more than once: subjects,
// statuses, evidence and the like.
const maxMany = 1000

// Document is a JSON document together with the bytes it was read from.
type Document struct {
	bytes []byte
	tree  map[string]any
}

// Parse reads a document within strictjson.Transcript, the larger of its limits.
func Parse(data []byte) (*Document, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Transcript)
	if err != nil {
		return nil, err
	}
	return &Document{bytes: data, tree: tree}, nil
}

// Bytes returns the bytes that were read. They must not be changed.
func (d *Document) Bytes() []byte { return d.bytes }

// Tree returns the document as strictjson reads it. It must not be changed.
func (d *Document) Tree() map[string]any { return d.tree }

// Problem is one thing that is wrong with a document. Path is a JSON pointer.
type Problem struct{ Code, Path, Message string }

func (p Problem) String() string { return fmt.Sprintf("%s: %s (%s)", p.Path, p.Message, p.Code) }

// Credential is what every credential has, whatever it is about.
type Credential struct {
	Contexts   []string
	Types      []string
	ID         string // empty when absent
	Issuer     string // the identifier, not the name
	Name       string // the text without a language, or the first one
	ValidFrom  time.Time
	ValidUntil time.Time // zero when absent
	Subjects   []map[string]any
	SubjectID  string // of the only subject; empty when absent or when there are several
	Status     []map[string]any
	Tree       map[string]any
}

// HasType reports whether the credential has the type.
func (c Credential) HasType(t string) bool { return contains(c.Types, t) }

// Presentation is a holder's presentation of credentials.
type Presentation struct {
	ID          string
	Holder      string
	Types       []string
	Credentials []map[string]any
	Tree        map[string]any
}

type reader struct{ problems []Problem }

func (r *reader) add(code, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Code: code, Path: path, Message: fmt.Sprintf(format, args...)})
}

// ReadCredential checks a tree against VCDM 2.0, section 4, and returns what it
// could read together with every problem. The credential is usable only when
// there is none.
func ReadCredential(tree map[string]any) (Credential, []Problem) {
	r := &reader{}
	c := Credential{Tree: tree}
	c.Contexts = r.contexts(tree)
	c.Types = r.types(tree, "", "VerifiableCredential")
	c.ID = r.optionalURL(tree, "id", "")
	c.Issuer = r.identified(tree, "issuer", true)
	c.Name = r.text(tree, "name")
	r.text(tree, "description")
	c.ValidFrom = r.time(tree, "validFrom")
	c.ValidUntil = r.time(tree, "validUntil")
	if !c.ValidFrom.IsZero() && !c.ValidUntil.IsZero() && c.ValidUntil.Before(c.ValidFrom) {
		r.add("vc.period", "/validUntil", "the credential ends before it starts")
	}
	for _, old := range []string{"issuanceDate", "expirationDate"} {
		if _, ok := tree[old]; ok {
			r.add("vc.version-1", "/"+old, "%s belongs to version 1.1 of the data model; 2.0 says validFrom and validUntil", old)
		}
	}
	c.Subjects = r.subjects(tree)
	if len(c.Subjects) == 1 {
		c.SubjectID, _ = c.Subjects[0]["id"].(string)
	}
	c.Status = r.typed(tree, "credentialStatus", "")
	for i, s := range c.Status {
		if _, ok := s["id"]; ok {
			r.optionalURL(s, "id", fmt.Sprintf("/credentialStatus/%d", i))
		}
	}
	for _, name := range []string{"evidence", "termsOfUse", "refreshService", "renderMethod", "confidenceMethod"} {
		r.typed(tree, name, "")
	}
	for i, s := range r.typed(tree, "credentialSchema", "") {
		if id := r.optionalURL(s, "id", fmt.Sprintf("/credentialSchema/%d", i)); id == "" {
			r.add("vc.schema-id", fmt.Sprintf("/credentialSchema/%d/id", i), "a schema needs an id")
		}
	}
	r.resources(tree)
	return c, r.problems
}

// ReadPresentation checks a tree against VCDM 2.0, section 4.13.
func ReadPresentation(tree map[string]any) (Presentation, []Problem) {
	r := &reader{}
	p := Presentation{Tree: tree}
	r.contexts(tree)
	p.Types = r.types(tree, "", "VerifiablePresentation")
	p.ID = r.optionalURL(tree, "id", "")
	if _, ok := tree["holder"]; ok {
		p.Holder = r.identified(tree, "holder", true)
	}
	if v, ok := tree["verifiableCredential"]; ok {
		for i, e := range many(v) {
			m, ok := e.(map[string]any)
			if !ok {
				r.add("vc.presentation", fmt.Sprintf("/verifiableCredential/%d", i), "a credential in a presentation must be an object")
				continue
			}
			p.Credentials = append(p.Credentials, m)
		}
	}
	if len(p.Credentials) > maxMany {
		r.add("vc.too-many", "/verifiableCredential", "more than %d credentials", maxMany)
	}
	return p, r.problems
}

// many returns one value or a list of values as a list; the data model treats
// both alike.
func many(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// IsVersion1 reports whether a document is of version 1.1 of the data model.
func IsVersion1(tree map[string]any) bool {
	l := many(tree["@context"])
	return len(l) > 0 && l[0] == ContextV1
}

func (r *reader) contexts(tree map[string]any) []string {
	var out []string
	if len(many(tree["@context"])) == 0 {
		r.add("vc.context", "/@context", "the first context must be %s", ContextV2)
	}
	for i, c := range many(tree["@context"]) {
		s, ok := c.(string)
		_, own := c.(map[string]any)
		switch {
		case !ok && i == 0:
			r.add("vc.context", "/@context/0", "the first context must be %s", ContextV2)
		case ok && i == 0 && s == ContextV1:
			r.add("vc.version-1", "/@context/0", "this document is of version 1.1 of the data model, which is not supported yet")
		case ok && i == 0 && s != ContextV2:
			r.add("vc.context", "/@context/0", "the first context must be %s", ContextV2)
		case own: // what may be in it, package rdfc says
		case !ok:
			r.add("vc.context", fmt.Sprintf("/@context/%d", i), "a context is a URL or an object")
		case slices.Contains(out, s):
			r.add("vc.context", fmt.Sprintf("/@context/%d", i), "a context is named twice; the contexts are a set (section 4.3)")
		}
		if ok {
			out = append(out, s)
		}
	}
	return out
}

func (r *reader) types(m map[string]any, path, required string) []string {
	var out []string
	for i, t := range many(m["type"]) {
		s, ok := t.(string)
		if !ok || s == "" {
			r.add("vc.type", fmt.Sprintf("%s/type/%d", path, i), "a type must be a text")
			continue
		}
		out = append(out, s)
	}
	if required != "" && !contains(out, required) {
		r.add("vc.type", path+"/type", "the type %s is missing", required)
	}
	return out
}

// IsURL reports whether s is an absolute URL in the sense of the data model:
// it has a scheme and no white space.
func IsURL(s string) bool {
	if s == "" || len(s) > 1<<20 || strings.ContainsAny(s, " \t\r\n<>\"") {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "did:"); ok {
		return strings.Contains(rest, ":")
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

func (r *reader) optionalURL(m map[string]any, name, path string) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok || !IsURL(s) {
		r.add("vc.url", path+"/"+name, "%s must be a URL", name)
		return ""
	}
	return s
}

// identified reads a member that is a URL or an object with an id.
func (r *reader) identified(tree map[string]any, name string, required bool) string {
	v, ok := tree[name]
	if !ok {
		if required {
			r.add("vc."+name, "/"+name, "%s is missing", name)
		}
		return ""
	}
	path := "/" + name
	if m, ok := v.(map[string]any); ok {
		v, path = m["id"], path+"/id"
		r.text(m, "name")
		r.text(m, "description")
	}
	s, ok := v.(string)
	if !ok || !IsURL(s) {
		r.add("vc."+name, path, "%s must be one URL, or an object whose id is one", name)
		return ""
	}
	return s
}

var bcp47 = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)

// text reads a text, or one or more language value objects (section 11.1).
func (r *reader) text(m map[string]any, name string) string {
	v, ok := m[name]
	if !ok {
		return ""
	}
	first := ""
	for i, e := range many(v) {
		switch e := e.(type) {
		case string:
			if first == "" {
				first = e
			}
		case map[string]any:
			value, ok := e["@value"].(string)
			if !ok {
				r.add("vc.text", fmt.Sprintf("/%s/%d", name, i), "a text in a language needs @value")
				continue
			}
			if l, ok := e["@language"]; ok {
				if s, ok := l.(string); !ok || !bcp47.MatchString(s) {
					r.add("vc.text", fmt.Sprintf("/%s/%d/@language", name, i), "this is not a language tag")
				}
			}
			for k := range e {
				if k != "@value" && k != "@language" && k != "@direction" {
					r.add("vc.text", fmt.Sprintf("/%s/%d/%s", name, i, k), "this member does not belong in a text")
				}
			}
			if first == "" {
				first = value
			}
		default:
			r.add("vc.text", "/"+name, "%s must be a text", name)
		}
	}
	return first
}

func (r *reader) time(m map[string]any, name string) time.Time {
	v, ok := m[name]
	if !ok {
		return time.Time{}
	}
	s, _ := v.(string)
	t, err := ParseTime(s)
	if err != nil {
		r.add("vc.time", "/"+name, "%s must be a date and time with a zone, such as 2026-03-01T09:30:00Z", name)
	}
	return t
}

func (r *reader) subjects(tree map[string]any) []map[string]any {
	v, ok := tree["credentialSubject"]
	if !ok {
		r.add("vc.subject", "/credentialSubject", "credentialSubject is missing")
		return nil
	}
	list := many(v)
	if len(list) == 0 || len(list) > maxMany {
		r.add("vc.subject", "/credentialSubject", "there must be between 1 and %d subjects", maxMany)
		return nil
	}
	var out []map[string]any
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok || len(m) == 0 {
			r.add("vc.subject", fmt.Sprintf("/credentialSubject/%d", i), "a subject must be an object that says something")
			continue
		}
		r.optionalURL(m, "id", fmt.Sprintf("/credentialSubject/%d", i))
		out = append(out, m)
	}
	return out
}

// typed reads a member whose objects must each have a type (section 4.5).
func (r *reader) typed(tree map[string]any, name, path string) []map[string]any {
	v, ok := tree[name]
	if !ok {
		return nil
	}
	list := many(v)
	if len(list) > maxMany {
		r.add("vc.too-many", path+"/"+name, "more than %d", maxMany)
		return nil
	}
	var out []map[string]any
	for i, e := range list {
		at := fmt.Sprintf("%s/%s/%d", path, name, i)
		m, ok := e.(map[string]any)
		if !ok {
			r.add("vc."+name, at, "%s must be an object", name)
			continue
		}
		if len(r.types(m, at, "")) == 0 {
			r.add("vc.type", at+"/type", "%s needs a type", name)
		}
		out = append(out, m)
	}
	return out
}

func (r *reader) resources(tree map[string]any) {
	v, ok := tree["relatedResource"]
	if !ok {
		return
	}
	seen := map[string]bool{}
	for i, e := range many(v) {
		at := fmt.Sprintf("/relatedResource/%d", i)
		m, ok := e.(map[string]any)
		if !ok {
			r.add("vc.related-resource", at, "a related resource must be an object")
			continue
		}
		id := r.optionalURL(m, "id", at)
		if id == "" || seen[id] {
			r.add("vc.related-resource", at+"/id", "a related resource needs an id of its own")
		}
		seen[id] = true
		digests := 0
		for _, name := range []string{"digestSRI", "digestMultibase"} {
			v, given := m[name]
			if s, ok := v.(string); given && (!ok || s == "") {
				r.add("vc.related-resource", at+"/"+name, "a digest is a text")
			} else if given {
				digests++
			}
		}
		if digests == 0 {
			r.add("vc.related-resource", at, "a related resource needs a digest")
		}
	}
}
