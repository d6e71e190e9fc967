package cairn

import (
	"errors"
	"strings"
)

// Kind says what sort of thing went wrong. The set is closed; the edges of the
// system (HTTP, pages, command line) translate a kind into a status or an exit
// code, and nothing else does.
type Kind string

// The kinds of error.
const (
	Invalid     Kind = "invalid"     // the input is wrong; the same input will never work
	NotFound    Kind = "not-found"   // there is no such thing, or not for this caller
	Conflict    Kind = "conflict"    // it contradicts what is already recorded
	Denied      Kind = "denied"      // the caller may not do this
	Unavailable Kind = "unavailable" // something needed could not be reached; try again
	TooLarge    Kind = "too-large"   // over a declared limit
	Internal    Kind = "internal"    // a fault of ours
)

// Error tells what happened, to which object, and what to do next. Code is
// stable and meant for programs and translators ("award.no-achievement");
// Message and Hint are plain English for people when no translation exists.
type Error struct {
	Kind    Kind
	Code    string
	Field   string // path of the offending field, such as achievement.credit.unit; may be empty
	Object  string // what it happened to, such as a file name or an identifier; may be empty
	Message string
	Hint    string // what to do next; may be empty
	Err     error  // the cause; may be nil
}

// Error writes object, field, message, hint and cause on one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Object != "" {
		b.WriteString(e.Object + ": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first *Error in err's chain, and Internal for
// any other error. It returns "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of the first *Error in err's chain, or "".
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
