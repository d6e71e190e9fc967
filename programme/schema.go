package programme

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of a programme document, for editors
// and other programs. Parse checks all of it and more.
//
//go:embed schema/programme-v1.json
var Schema []byte
