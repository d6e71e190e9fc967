package openbadges

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"cairn.example/vc"
)

// schemaText is our own JSON Schema of Open Badges 3.0 and CLR 2.0, written from
// the tables of the specifications. The files that 1EdTech publishes are named
// in credentialSchema and are not part of this repository; docs/DIVERGENCES.md
// says where ours is stricter.
//
//go:embed openbadges.schema.json
var schemaText []byte

// maxProblems bounds what CheckSchema tells about one document.
const maxProblems = 25

// schemas compiles the schema once; each kind of credential is a definition.
var schemas = sync.OnceValue(func() map[string]*jsonschema.Schema {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		panic(fmt.Sprintf("openbadges: the embedded schema is not JSON: %v", err)) // a build fault
	}
	const url = "https://cairn.example/schema/openbadges"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(url, tree); err != nil {
		panic(fmt.Sprintf("openbadges: the embedded schema: %v", err))
	}
	out := map[string]*jsonschema.Schema{}
	for kind, definition := range map[string]string{
		"OpenBadgeCredential": "OpenBadgeCredential", "AchievementCredential": "OpenBadgeCredential",
		"EndorsementCredential": "EndorsementCredential", "ClrCredential": "ClrCredential",
	} {
		out[kind] = c.MustCompile(url + "#/$defs/" + definition)
	}
	return out
})

// HasSchema reports whether tree is of a kind that CheckSchema knows.
func HasSchema(tree map[string]any) bool { return schemaOf(tree) != nil }

func schemaOf(tree map[string]any) *jsonschema.Schema {
	for _, t := range many(tree["type"]) {
		if kind, ok := t.(string); ok && schemas()[kind] != nil {
			return schemas()[kind]
		}
	}
	return nil
}

// CheckSchema holds an OpenBadgeCredential, EndorsementCredential or
// ClrCredential against its JSON Schema and returns what is wrong, most deeply
// nested first; nothing when it conforms. Credentials of other kinds have no
// schema here and get the one problem vc.schema-unknown. The credentials inside
// a ClrCredential are checked for their envelope only: check each by itself.
func CheckSchema(tree map[string]any) []vc.Problem {
	schema := schemaOf(tree)
	if schema == nil {
		return []vc.Problem{{Code: "vc.schema-unknown", Path: "/type", Message: "no schema is known for this kind of credential"}}
	}
	err := schema.Validate(tree)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []vc.Problem{{Code: "vc.schema", Message: err.Error()}}
	}
	var problems []vc.Problem
	printer := message.NewPrinter(language.English)
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 {
			problems = append(problems, vc.Problem{Code: "vc.schema", Path: pointer(e.InstanceLocation), Message: e.ErrorKind.LocalizedString(printer)})
		}
	}
	walk(invalid)
	slices.SortStableFunc(problems, func(a, b vc.Problem) int {
		if n := strings.Count(b.Path, "/") - strings.Count(a.Path, "/"); n != 0 {
			return n
		}
		return strings.Compare(a.Path+a.Message, b.Path+b.Message)
	})
	problems = slices.Compact(problems)
	if len(problems) > maxProblems {
		problems = problems[:maxProblems]
	}
	return problems
}

func pointer(location []string) string {
	var b strings.Builder
	for _, part := range location {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return b.String()
}
