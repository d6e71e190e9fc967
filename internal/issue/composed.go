package issue

import (
	"strconv"

	"golang.org/x/text/unicode/norm"
)

// Composed lists those of some texts that are not in the usual composed form of
// Unicode (NFC). They are signed as they were written, but the same letters typed
// elsewhere are other bytes: a person is told where two names that look alike are
// two, and who typed it can type it again.
func Composed(texts ...string) (otherwise []string) {
	for _, t := range texts {
		if !norm.NFC.IsNormalString(t) {
			otherwise = append(otherwise, t)
		}
	}
	return otherwise
}

// ComposedWarning says so of one text, in words that a terminal shows as they are.
func ComposedWarning(text string) string {
	return "the letters of " + strconv.QuoteToASCII(text) + " are composed in an unusual way (not Unicode NFC): it looks like " + strconv.Quote(norm.NFC.String(text)) +
		" and is not the same; it is kept as it was written"
}
