package programme

import (
	"fmt"
	"regexp"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// Limits of the form of a document. A reader of YAML takes far longer than the
// length of its input on deep nesting, so nesting is bounded before it reads.
const (
	maxFlow    = 16 // [ and { inside each other
	maxPerLine = 8  // "- ", "? " and ": " in one line, outside [ and {
)

// plainFigure is a figure that means the same as a number and as a text. Others
// lose something on the way: a clause 2.10 would become the clause 2.1.
var plainFigure = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$`)

// checkForm refuses what YAML allows and a programme document does not need. With
// fractions there are some, which the reader of YAML would cut to whole numbers.
func checkForm(data []byte) (found *Problems, fractions bool) {
	var problems Problems
	depth, line, perLine, content := 0, 0, 0, false
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position.Line != line {
			line, perLine = t.Position.Line, 0
		}
		bad := func(format string, args ...any) {
			problems.add(Problem{Line: t.Position.Line, Column: t.Position.Column, Message: fmt.Sprintf(format, args...)})
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			bad("anchors, aliases and merges (&, * and <<) are not accepted; write the value out, or put it in quotes")
		case token.TagType, token.DirectiveType:
			bad("tags and directives (! and %%) are not accepted; put the value in quotes")
		case token.DocumentHeaderType, token.DocumentEndType:
			if content {
				bad("there must be one document in the file")
			}
		case token.CommentType:
			continue
		case token.SequenceStartType, token.MappingStartType:
			if depth++; depth == maxFlow+1 {
				bad("more than %d brackets inside each other", maxFlow)
			}
		case token.SequenceEndType, token.MappingEndType:
			depth = max(depth-1, 0)
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if perLine++; depth == 0 && perLine == maxPerLine+1 {
				bad("more than %d levels in one line", maxPerLine)
			}
		case token.IntegerType, token.FloatType, token.HexIntegerType, token.OctetIntegerType, token.BinaryIntegerType:
			fractions = fractions || t.Type == token.FloatType
			if !plainFigure.MatchString(t.Value) {
				bad("write %s in quotes when it is a text, or as a plain figure (3.5, without zeros at the end) when it is a number", t.Value)
			}
		}
		content = content || t.Type != token.DocumentHeaderType
	}
	return &problems, fractions
}
