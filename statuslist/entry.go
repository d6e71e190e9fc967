package statuslist

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairn.example/vc"
)

// Entry is a credential's place in a list.
type Entry struct {
	Purpose string
	Index   int
	List    string // URL of the list credential
	// Size is the number of bits, 1 to MaxSize; 0 stands for 1, the usual one.
	Size int
	// Messages has one element for each value, 1<<Size of them, in order. It may be
	// empty when there is one bit. Messages are meant for developers, not to be
	// shown to people (section 2.1).
	Messages []string
	// References are where the meaning of the values is explained; usually none.
	References []string
}

// size is the number of bits, spelled out.
func (e Entry) size() int { return max(e.Size, 1) }

// check is what holds for an entry of either direction.
func (e Entry) check() error {
	if e.Purpose == "" {
		return bad("status.entry", "credentialStatus.statusPurpose", "the purpose is missing")
	}
	if !vc.IsURL(e.List) {
		return bad("status.entry", "credentialStatus.statusListCredential", "the list must be named by a URL")
	}
	if e.Index < 0 {
		return bad("status.entry", "credentialStatus.statusListIndex", "the index is negative")
	}
	if e.Size < 0 || e.size() > MaxSize {
		return bad("status.unsupported-size", "credentialStatus.statusSize", "more than %d bits a credential are not supported", MaxSize)
	}
	if len(e.Messages) != 1<<e.size() && (len(e.Messages) != 0 || e.size() > 1) {
		return bad("status.entry", "credentialStatus.statusMessage", "%d bits need %d messages", e.size(), 1<<e.size())
	}
	for _, m := range e.Messages {
		if m == "" || utf8.RuneCountInString(m) > maxMessage {
			return bad("status.entry", "credentialStatus.statusMessage", "a message is empty or longer than %d characters", maxMessage)
		}
	}
	if len(e.References) > maxReferences || slices.ContainsFunc(e.References, func(r string) bool { return !vc.IsURL(r) }) {
		return bad("status.entry", "credentialStatus.statusReference", "statusReference must be at most %d URLs", maxReferences)
	}
	return nil
}

// Tree returns the credentialStatus member for the entry.
func (e Entry) Tree() map[string]any {
	m := map[string]any{
		"type":                 EntryType,
		"statusPurpose":        e.Purpose,
		"statusListIndex":      strconv.Itoa(e.Index),
		"statusListCredential": e.List,
	}
	if e.size() > 1 || len(e.Messages) > 0 {
		m["statusSize"] = json.Number(strconv.Itoa(e.size()))
	}
	if len(e.Messages) > 0 {
		list := []any{}
		for value, text := range e.Messages {
			list = append(list, map[string]any{"status": fmt.Sprintf("0x%x", value), "message": text})
		}
		m["statusMessage"] = list
	}
	switch len(e.References) {
	case 0:
	case 1:
		m["statusReference"] = e.References[0]
	default:
		list := []any{}
		for _, r := range e.References {
			list = append(list, r)
		}
		m["statusReference"] = list
	}
	return m
}

// ReadEntry reads a credentialStatus object of type BitstringStatusListEntry. An
// object of another type gives the code status.unknown-type, more bits than
// MaxSize status.unsupported-size, and what can't be an entry status.entry.
func ReadEntry(m map[string]any) (Entry, error) {
	if m["type"] != EntryType {
		if l, ok := m["type"].([]any); !ok || len(l) != 1 || l[0] != EntryType {
			return Entry{}, bad("status.unknown-type", "credentialStatus.type", "this way of telling the status is not supported")
		}
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	e := Entry{Purpose: text("statusPurpose"), List: text("statusListCredential")}
	if id, ok := m["id"]; ok && id == e.List {
		return Entry{}, bad("status.entry", "credentialStatus.id", "the entry must not have the identifier of the list")
	}
	index := text("statusListIndex")
	var err error
	if e.Index, err = strconv.Atoi(index); err != nil || strconv.Itoa(e.Index) != index {
		return Entry{}, bad("status.entry", "credentialStatus.statusListIndex", "the index must be a whole number in a text, such as \"94567\"")
	}
	if v, ok := m["statusSize"]; ok {
		n, _ := v.(json.Number)
		if e.Size, err = strconv.Atoi(n.String()); err != nil || strconv.Itoa(e.Size) != n.String() || e.Size < 1 {
			return Entry{}, bad("status.entry", "credentialStatus.statusSize", "the number of bits must be a whole number from 1")
		}
		if e.Size > MaxSize { // before the messages, which would be too many to look at
			return Entry{}, bad("status.unsupported-size", "credentialStatus.statusSize", "more than %d bits a credential are not supported", MaxSize)
		}
	}
	if v, ok := m["statusMessage"]; ok {
		if e.Messages, err = readMessages(v, e.size()); err != nil {
			return Entry{}, err
		}
	}
	if v, ok := m["statusReference"]; ok {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, r := range list {
			s, _ := r.(string)
			e.References = append(e.References, s) // check refuses what is no URL
		}
	}
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// readMessages puts the messages into the order of their values. Each value must
// have one, and no value two.
func readMessages(v any, size int) ([]string, error) {
	list, ok := v.([]any)
	if !ok || len(list) != 1<<size {
		return nil, bad("status.entry", "credentialStatus.statusMessage", "%d bits need %d messages", size, 1<<size)
	}
	out := make([]string, len(list))
	for i, e := range list {
		m, ok := e.(map[string]any)
		status, isText := m["status"].(string)
		digits, isHex := strings.CutPrefix(status, "0x")
		value, err := strconv.ParseUint(digits, 16, 16)
		message, hasMessage := m["message"].(string)
		if !ok || !isText || !isHex || err != nil || value >= uint64(len(out)) || !hasMessage || message == "" || out[value] != "" {
			return nil, bad("status.entry", fmt.Sprintf("credentialStatus.statusMessage[%d]", i), "each value, such as \"0x0\", needs one message")
		}
		out[value] = message
	}
	return out, nil
}

// Message returns the message for a value that Lookup returned (section 2.1).
func (e Entry) Message(value uint) string {
	switch {
	case value < uint(len(e.Messages)):
		return e.Messages[value]
	case len(e.Messages) == 0 && value == 0:
		return "unset"
	case len(e.Messages) == 0 && value == 1:
		return "set"
	}
	return ""
}

// first returns the position of the first bit of an entry.
func (l *List) first(e Entry) (int, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	entries := l.Len() / e.size()
	if entries < MinEntries { // section 3.2, step 11
		return 0, bad("status.length", "encodedList", "the list has %d entries of %d bits; at least %d are required", entries, e.size(), MinEntries)
	}
	if e.Index >= entries {
		return 0, bad("status.range", "statusListIndex", "the index %d is outside the list of %d", e.Index, entries)
	}
	return e.Index * e.size(), nil
}

// Lookup returns the value of an entry, 0 when nothing is set; the left-most of
// several bits counts most. Codes: status.length, status.range and those of
// ReadEntry. That the list serves the entry's purpose is for the caller to check.
func (l *List) Lookup(e Entry) (uint, error) {
	from, err := l.first(e)
	if err != nil {
		return 0, err
	}
	var value uint
	for i := from; i < from+e.size(); i++ {
		value <<= 1
		if l.bits[i/8]&(0x80>>(i%8)) != 0 {
			value |= 1
		}
	}
	return value, nil
}

// Put sets the value of an entry.
func (l *List) Put(e Entry, value uint) error {
	from, err := l.first(e)
	if err != nil {
		return err
	}
	if value >= 1<<e.size() {
		return bad("status.range", "statusSize", "the value %d does not fit into %d bits", value, e.size())
	}
	for i := range e.size() {
		if err := l.Set(from+i, value>>(e.size()-1-i)&1 == 1); err != nil {
			return err
		}
	}
	return nil
}
