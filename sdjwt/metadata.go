package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Limits of the description of a type (draft section 5).
const (
	maxMetadata = 256 << 10 // bytes of one document
	maxExtends  = 5         // documents of one chain
	maxClaims   = 500       // claims of one document
)

// Type is the description of a credential type with those that it extends merged
// in. Nothing in it is from the issuer of a credential, unless the issuer wrote it.
type Type struct {
	Name    string   // vct
	Extends []string // the types that it extends, nearest first
	Display []any    // display information as written, for languages
	Claims  []TypeClaim
}

// TypeClaim is what a type says of a claim, or of several.
type TypeClaim struct {
	Path      Path
	Mandatory bool
	Selective string // "always", "allowed" or "never"
	ID        string // svg_id; may be empty
	Display   []any
}

// LoadType reads the description of a type and of those that it extends. get
// returns the document of a type, from wherever the caller lets it come; integrity
// is vct#integrity and may be empty. Chains that are longer than five, or that come
// back to themselves, are refused (draft section 8.4).
func LoadType(vct, integrity string, get func(vct string) ([]byte, error)) (*Type, error) {
	var chain []*document
	seen := map[string]bool{}
	for next := vct; next != ""; {
		if seen[next] {
			return nil, bad("sdjwt.type-circle", "extends", "the type extends itself")
		}
		if len(chain) == maxExtends {
			return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "sdjwt.type-depth", Field: "extends", Message: "the type extends more types than are followed"}
		}
		seen[next] = true
		data, err := get(next)
		if err != nil {
			return nil, err
		}
		if integrity != "" {
			if err := CheckIntegrity(data, integrity); err != nil {
				return nil, err
			}
		}
		d, err := parseDocument(data, next)
		if err != nil {
			return nil, err
		}
		chain = append(chain, d)
		next, integrity = d.extends, d.extendsIntegrity
	}
	t := &Type{Name: vct}
	for i := len(chain) - 1; i >= 0; i-- { // the most general first
		if i > 0 {
			t.Extends = append([]string{chain[i].vct}, t.Extends...)
		}
		if err := t.merge(chain[i]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// CheckIntegrity compares a document with an integrity text of Subresource
// Integrity: one or more of sha256-, sha384-, sha512- with base64. The strongest
// counts (draft section 6).
func CheckIntegrity(data []byte, integrity string) error {
	sums := map[string][]byte{}
	s256, s384, s512 := sha256.Sum256(data), sha512.Sum384(data), sha512.Sum512(data)
	sums["sha256"], sums["sha384"], sums["sha512"] = s256[:], s384[:], s512[:]
	best, good := "", false
	fields := strings.Fields(integrity)
	if len(fields) > 10 {
		return bad("sdjwt.integrity", "", "the integrity text has too many hashes")
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "-")
		value, _, _ = strings.Cut(value, "?") // options, of which there are none
		sum, known := sums[name]
		if !known || name < best {
			continue
		}
		want, err := base64.StdEncoding.Strict().DecodeString(value)
		if err != nil {
			return bad("sdjwt.integrity", "", "the integrity text can't be read")
		}
		if name > best {
			best, good = name, false
		}
		good = good || bytes.Equal(sum, want)
	}
	if best == "" {
		return bad("sdjwt.integrity", "", "the integrity text has no hash that is known")
	}
	if !good {
		return bad("sdjwt.integrity", "", "the document is not the one that was meant: it has another hash")
	}
	return nil
}

// document is one description as read.
type document struct {
	vct, extends, extendsIntegrity string
	display                        []any
	hasDisplay                     bool
	claims                         []documentClaim
}

// documentClaim keeps apart what was said and what was left out.
type documentClaim struct {
	path      Path
	mandatory *bool
	selective string
	id        string
	display   []any
}

func parseDocument(data []byte, vct string) (*document, error) {
	tree, err := strictjson.ParseObject(data, strictjson.Limits{Bytes: maxMetadata, Depth: 32, Values: 20_000})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.KindOf(err), Code: "sdjwt.type", Object: vct, Message: "the description of the type can't be read", Err: err}
	}
	fault := func(field string) error {
		return bad("sdjwt.type", field, "the description of the type is not well formed here")
	}
	d := &document{}
	for name, to := range map[string]*string{"vct": &d.vct, "extends": &d.extends, "extends#integrity": &d.extendsIntegrity} {
		v, ok := tree[name]
		if *to, _ = v.(string); ok && *to == "" {
			return nil, fault(name)
		}
	}
	if d.vct != vct {
		return nil, bad("sdjwt.type", "vct", "the description is of another type")
	}
	if d.extends != "" && !vc.IsURL(d.extends) {
		return nil, fault("extends")
	}
	if d.display, d.hasDisplay, err = displays(tree, "name"); err != nil {
		return nil, err
	}
	v, ok := tree["claims"]
	if !ok {
		return d, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > maxClaims {
		return nil, fault("claims")
	}
	ids := map[string]bool{}
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, fault("claims")
		}
		c, err := parseClaim(m)
		if err != nil {
			return nil, err
		}
		if c.id != "" && ids[c.id] || slices.ContainsFunc(d.claims, func(o documentClaim) bool { return o.path.String() == c.path.String() }) {
			return nil, fault("claims")
		}
		ids[c.id] = true
		d.claims = append(d.claims, c)
	}
	return d, nil
}

// displays reads a list of texts in languages, each with a locale and a label.
func displays(m map[string]any, label string) ([]any, bool, error) {
	v, ok := m["display"]
	if !ok {
		return nil, false, nil
	}
	list, ok := v.([]any)
	for _, e := range list {
		d, _ := e.(map[string]any)
		locale, _ := d["locale"].(string)
		text, _ := d[label].(string)
		ok = ok && locale != "" && text != ""
	}
	if !ok {
		return nil, false, bad("sdjwt.type", "display", "the texts of the type are not well formed")
	}
	return list, true, nil
}

var svgID = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseClaim(m map[string]any) (documentClaim, error) {
	var c documentClaim
	var err error
	if c.path, err = ParsePath(m["path"]); err != nil {
		return c, err
	}
	if v, ok := m["mandatory"]; ok {
		b, ok := v.(bool)
		if !ok {
			return c, bad("sdjwt.type", "mandatory", "mandatory is true or false")
		}
		c.mandatory = &b
	}
	if v, ok := m["sd"]; ok {
		c.selective, _ = v.(string)
		if !slices.Contains([]string{"always", "allowed", "never"}, c.selective) {
			return c, bad("sdjwt.type", "sd", "sd is always, allowed or never")
		}
	}
	if v, ok := m["svg_id"]; ok {
		if c.id, _ = v.(string); !svgID.MatchString(c.id) {
			return c, bad("sdjwt.type", "svg_id", "svg_id is a name of letters, digits and underscores")
		}
	}
	c.display, _, err = displays(m, "label")
	return c, err
}

// merge lets a more special description override (draft section 5.6.5): it may
// demand more, never less.
func (t *Type) merge(d *document) error {
	if d.hasDisplay {
		t.Display = d.display
	}
	for _, c := range d.claims {
		i := slices.IndexFunc(t.Claims, func(o TypeClaim) bool { return o.Path.String() == c.path.String() })
		if i < 0 {
			t.Claims = append(t.Claims, TypeClaim{Path: c.path, Selective: "allowed"})
			i = len(t.Claims) - 1
		}
		o := &t.Claims[i]
		if c.mandatory != nil {
			if o.Mandatory && !*c.mandatory {
				return bad("sdjwt.type-extends", c.path.String(), "the type makes optional what the type that it extends demands")
			}
			o.Mandatory = *c.mandatory
		}
		if c.selective != "" {
			if o.Selective != "allowed" && o.Selective != c.selective {
				return bad("sdjwt.type-extends", c.path.String(), "the type changes a rule of the type that it extends")
			}
			o.Selective = c.selective
		}
		if c.id != "" {
			o.ID = c.id
		}
		if c.display != nil {
			o.Display = c.display
		}
	}
	return nil
}

// CheckType validates the claims of a token against the description of its type.
// complete says that all disclosures are there, as a holder has them: only then
// does the absence of a mandatory claim that may be kept back count.
func (t *Token) CheckType(typ *Type, complete bool) error {
	if vct, _ := t.root.object["vct"]; vct == nil || vct.value != typ.Name {
		return bad("sdjwt.type", "vct", "the description is of another type")
	}
	for _, c := range typ.Claims {
		found, unknown, err := t.root.selectPath(c.Path)
		if err != nil {
			return err
		}
		for _, n := range found {
			if c.Selective == "always" && !n.selective || c.Selective == "never" && n.selective {
				return bad("sdjwt.type-claims", c.Path.String(), "the issuer made this claim selective, or not, against the rules of the type (sd: %s)", c.Selective)
			}
		}
		if c.Mandatory && len(found) == 0 && (complete || !unknown) {
			return bad("sdjwt.type-claims", c.Path.String(), "a claim is missing that every credential of this type has")
		}
	}
	return nil
}

// selectPath evaluates a claim path (draft section 5.6.1) on the claims as issued.
// unknown is set when something that is not shown could have been selected.
func (n *node) selectPath(p Path) (found []*node, unknown bool, err error) {
	current := []*node{n}
	for i, step := range p {
		var next []*node
		for _, c := range current {
			if c.hidden {
				unknown = true
				continue
			}
			if name, ok := step.(string); ok {
				if c.object == nil {
					return nil, false, bad("sdjwt.type-claims", p.String(), "a claim of the type is looked for in something that is no object")
				}
				if e := c.object[name]; e != nil {
					next = append(next, e)
				} else if c.withheld > 0 {
					unknown = true
				}
				continue
			}
			if c.array == nil {
				return nil, false, bad("sdjwt.type-claims", p.String(), "a claim of the type is looked for in something that is no list")
			}
			if step == nil {
				next = append(next, c.array...)
			} else if at := step.(int); at < len(c.array) {
				next = append(next, c.array[at])
			}
		}
		if current = next; i < len(p)-1 && len(current) == 0 {
			return nil, unknown, nil
		}
	}
	return current, unknown, nil
}
