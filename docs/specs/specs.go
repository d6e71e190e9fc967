// Package specs carries the formal descriptions that stand beside the words in this
// folder, so that the program can hand them out.
package specs

import _ "embed"

// ReportSchema is the JSON Schema (draft 2020-12) of the report of a verification,
// version 1. report.md says what it means, and what a later program may add.
//
//go:embed report-v1.schema.json
var ReportSchema []byte
