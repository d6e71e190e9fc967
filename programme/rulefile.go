package programme

import (
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/jcs"
)

// Kind is what a rule document is about.
type Kind string

// The kinds of rule documents that stand beside programmes.
const (
	KindGradeScale       Kind = "grade-scale"
	KindLevelFramework   Kind = "level-framework"
	KindCreditConversion Kind = "credit-conversion"
	KindPolicy           Kind = "policy"
	KindAgreement        Kind = "agreement"
)

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{KindGradeScale, KindLevelFramework, KindCreditConversion, KindPolicy, KindAgreement}
}

// digestForm is how documents are named; see jcs.Digest.
var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Reference names a rule document by its kind, its id and the digest of its bytes.
type Reference struct {
	Kind   Kind   `yaml:"kind" json:"kind"`
	ID     string `yaml:"id" json:"id"`
	Digest string `yaml:"digest" json:"digest"`
}

// Rules is a rule document that stands by itself. Exactly one of the pointers is set,
// by the kind.
type Rules struct {
	Kind    Kind
	ID      string
	Version string
	Title   cairn.Text

	Scale      *GradeScale
	Framework  *LevelFramework
	Conversion *CreditConversion
	Policy     *PolicyLayer
	Agreement  *AgreementDocument

	digest string
	source []byte
}

// Digest names the document: the digest of its bytes.
func (r *Rules) Digest() string { return r.digest }

// Source is the document as it was read.
func (r *Rules) Source() []byte { return slices.Clone(r.source) }

// Reference is how a programme names the document.
func (r *Rules) Reference() Reference { return Reference{r.Kind, r.ID, r.digest} }

// ParseRules reads a rule document of any kind in YAML or JSON. Its error names the
// line and the column of everything that is wrong, as that of Parse.
func ParseRules(data []byte) (*Rules, error) {
	if len(data) > maxDocument {
		return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "programme.document", Message: fmt.Sprintf("the document is larger than %d bytes", maxDocument)}
	}
	kind, err := kindOf(data)
	if err != nil {
		return nil, err
	}
	r := &Rules{}
	switch kind {
	case KindGradeScale:
		r.Scale, err = readForm(data, (*GradeScale).check)
		if err == nil {
			r.head(r.Scale.Kind, r.Scale.ID, r.Scale.Version, r.Scale.Title)
		}
	case KindLevelFramework:
		r.Framework, err = readForm(data, (*LevelFramework).check)
		if err == nil {
			r.head(r.Framework.Kind, r.Framework.ID, r.Framework.Version, r.Framework.Title)
		}
	case KindCreditConversion:
		r.Conversion, err = readForm(data, (*CreditConversion).check)
		if err == nil {
			r.head(r.Conversion.Kind, r.Conversion.ID, r.Conversion.Version, r.Conversion.Title)
		}
	case KindPolicy:
		r.Policy, err = readForm(data, (*PolicyLayer).check)
		if err == nil {
			r.head(r.Policy.Kind, r.Policy.ID, r.Policy.Version, r.Policy.Title)
		}
	case KindAgreement:
		r.Agreement, err = readForm(data, (*AgreementDocument).check)
		if err == nil {
			r.head(r.Agreement.Kind, r.Agreement.ID, r.Agreement.Version, r.Agreement.Title)
		}
	}
	if err != nil {
		return nil, err
	}
	r.digest, r.source = jcs.Digest(data), slices.Clone(data)
	return r, nil
}

func (r *Rules) head(k Kind, id, version string, title cairn.Text) {
	r.Kind, r.ID, r.Version, r.Title = k, id, version, title
}

// kindOf reads what a document says that it is.
func kindOf(data []byte) (Kind, error) {
	if problems, _ := checkForm(data); len(problems.List) > 0 {
		return "", problems.err()
	}
	t, err := readTree(data)
	if err != nil {
		return "", misreadError(err)
	}
	for _, m := range members(t.root) {
		if m.Key.GetToken().Value == "kind" && m.Value != nil && scalar(m.Value) {
			kind := Kind(m.Value.GetToken().Value)
			if slices.Contains(Kinds(), kind) {
				return kind, nil
			}
			place := start(m.Value)
			return "", (&Problems{List: []Problem{{Line: place.Line, Column: place.Column, Field: "kind", Message: fmt.Sprintf("there is no kind %q; the kinds are %s", kind, kindNames())}}}).err()
		}
	}
	return "", (&Problems{List: []Problem{{Line: 1, Column: 1, Field: "kind", Message: "the document does not say its kind: " + kindNames()}}}).err()
}

func kindNames() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// form is the Go type of a kind's document.
func (k Kind) form() reflect.Type {
	return map[Kind]reflect.Type{
		KindGradeScale: reflect.TypeFor[GradeScale](), KindLevelFramework: reflect.TypeFor[LevelFramework](), KindCreditConversion: reflect.TypeFor[CreditConversion](),
		KindPolicy: reflect.TypeFor[PolicyLayer](), KindAgreement: reflect.TypeFor[AgreementDocument](),
	}[k]
}

// FormatRules lays a rule document out as Format does a programme.
func FormatRules(data []byte) ([]byte, error) {
	before, err := ParseRules(data)
	if err != nil {
		return nil, err
	}
	out, err := layOut(data, before.Kind.form())
	if err != nil {
		return nil, err
	}
	after, err := ParseRules(out)
	if err != nil || !before.same(after) {
		return nil, &cairn.Error{Kind: cairn.Internal, Code: "programme.format", Message: "the document can't be laid out without changing what it means", Err: err}
	}
	return out, nil
}

// same reports whether two documents say the same.
func (r *Rules) same(q *Rules) bool {
	x, errX := json.Marshal(r)
	y, errY := json.Marshal(q)
	return errX == nil && errY == nil && string(x) == string(y)
}

// StatementType is the typ of the token by which a party agrees to a document.
const StatementType = "cairn-agreement+jwt"

// Statement is what a party of an agreement signs: that it agrees to these bytes.
func (r *Rules) Statement(party cairn.DID) ([]byte, error) {
	return jcs.Marshal(map[string]any{"agrees": string(party), "digest": r.digest, "id": r.ID, "kind": string(r.Kind), "version": r.Version})
}

//go:embed schema/*-v1.json
var schemas embed.FS

// RuleSchema is the JSON Schema (draft 2020-12) of a kind of rule documents.
func RuleSchema(k Kind) ([]byte, error) {
	b, err := schemas.ReadFile("schema/" + string(k) + "-v1.json")
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "programme.no-kind", Object: string(k), Message: "there is no such kind of rule document", Hint: "choose one of " + kindNames()}
	}
	return b, nil
}
