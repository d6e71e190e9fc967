// Package examples holds example documents that people can start from and that
// the demo and the tests use. They are illustrations, not real programmes.
package examples

import "embed"

// Programmes holds programme documents in YAML.
//
//go:embed programmes/*.yaml
var Programmes embed.FS

// Rules holds rule documents in YAML, and a programme that uses them.
//
//go:embed rules/*.yaml
var Rules embed.FS
