package statuslist

import (
	"encoding/json"
	"maps"
	"strings"

	"cairn.example/vc"
)

// The type names of Status List 2021 (W3C Community Group, then Working Draft of
// 27 April 2023), the form before this one. Its bitstring is the same. It is read,
// for what people hold already, and not written.
const (
	LegacyEntryType      = "StatusList2021Entry"
	LegacyCredentialType = "StatusList2021Credential"
	legacyListType       = "StatusList2021"
)

// IsLegacyEntry says whether a credentialStatus object is of Status List 2021.
func IsLegacyEntry(m map[string]any) bool { return isType(m["type"], LegacyEntryType) }

// IsLegacyCredential says whether a document calls itself a list of Status List 2021.
func IsLegacyCredential(tree map[string]any) bool {
	list, ok := tree["type"].([]any)
	if !ok {
		return tree["type"] == LegacyCredentialType
	}
	for _, t := range list {
		if t == LegacyCredentialType {
			return true
		}
	}
	return false
}

func isType(v any, name string) bool {
	list, ok := v.([]any)
	return v == name || ok && len(list) == 1 && list[0] == name
}

// ReadLegacyEntry is ReadEntry for an object of type StatusList2021Entry. Its index
// may be a number, too, as some issuers wrote it. It has one bit and no messages.
func ReadLegacyEntry(m map[string]any) (Entry, error) {
	if !IsLegacyEntry(m) {
		return Entry{}, bad("status.unknown-type", "credentialStatus.type", "this is not a %s", LegacyEntryType)
	}
	for _, name := range []string{"statusSize", "statusMessage", "statusReference"} {
		if _, ok := m[name]; ok {
			return Entry{}, bad("status.entry", "credentialStatus."+name, "%s does not belong in a %s", name, LegacyEntryType)
		}
	}
	now := maps.Clone(m)
	now["type"] = EntryType
	if n, ok := m["statusListIndex"].(json.Number); ok {
		now["statusListIndex"] = n.String()
	}
	return ReadEntry(now)
}

// ReadLegacyCredential is ReadCredential for a list of Status List 2021: a
// credential of version 1.1 or 2.0 whose list has no multibase prefix, or has one.
func ReadLegacyCredential(tree map[string]any) (*List, Meta, error) {
	c, problems := vc.ReadLegacy(tree)
	if !vc.IsVersion1(tree) {
		c, problems = vc.ReadCredential(tree)
	}
	if len(problems) > 0 {
		return nil, Meta{}, bad("status.credential", problems[0].Path, "the status list is not a proper credential: %s", problems[0].Message)
	}
	if !c.HasType(LegacyCredentialType) || len(c.Subjects) != 1 || c.ID == "" {
		return nil, Meta{}, bad("status.credential", "type", "this is not a %s", LegacyCredentialType)
	}
	s := c.Subjects[0]
	if !isType(s["type"], legacyListType) {
		return nil, Meta{}, bad("status.credential", "credentialSubject.type", "this is not a %s", legacyListType)
	}
	purpose, ok := s["statusPurpose"].(string)
	if !ok || purpose == "" {
		return nil, Meta{}, bad("status.credential", "credentialSubject.statusPurpose", "the purpose is missing")
	}
	encoded, _ := s["encodedList"].(string)
	if !strings.HasPrefix(encoded, "u") { // what is packed with gzip begins with H
		encoded = "u" + encoded
	}
	l, err := Decode(encoded)
	return l, Meta{ID: c.ID, Issuer: c.Issuer, Purpose: purpose, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil}, err
}
