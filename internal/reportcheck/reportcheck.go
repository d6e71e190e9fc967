// Package reportcheck holds reports of verifications against their published JSON
// Schema (docs/specs/report-v1.schema.json), so that the tests of every package that
// writes one find out when the two differ. Report and Answer are what most need.
//
// It reads what our own tests made, and is not for bytes from outside.
package reportcheck

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn.example/docs/specs"
)

// compiled are the schemas of the whole file and of a line about one of many.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(specs.ReportSchema))
	if err != nil {
		return nil, err
	}
	const url = "https://cairn.example/schemas/report-v1.json"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(url, tree); err != nil {
		return nil, err
	}
	out := map[string]*jsonschema.Schema{}
	for _, part := range []string{"", "#/$defs/answer", "#/$defs/problem"} {
		if out[part], err = c.Compile(url + part); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// Report says what is wrong with the JSON of a report; nil when it fits the schema.
func Report(data []byte) error { return check("", data) }

// Answer says what is wrong with a line of cairn verify --json about one of many.
func Answer(data []byte) error { return check("#/$defs/answer", data) }

// Problem says what is wrong with an answer of the API that is no report.
func Problem(data []byte) error { return check("#/$defs/problem", data) }

func check(part string, data []byte) error {
	schemas, err := compiled()
	if err != nil {
		return fmt.Errorf("docs/specs/report-v1.schema.json: %w", err)
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return schemas[part].Validate(tree)
}
