package cairn

import "sort"

// Lang is a BCP 47 language tag, such as "en", "sw" or "fr-CI".
type Lang string

// Text is one text in several languages.
type Text map[Lang]string

// In returns the text in the first of the wanted languages that exists; then,
// in this order, a text in the same base language, English, and the first by
// tag. It returns "" and "" for an empty Text.
func (t Text) In(wanted ...Lang) (string, Lang) {
	for _, l := range wanted {
		if s, ok := t[l]; ok {
			return s, l
		}
	}
	tags := make([]Lang, 0, len(t))
	for l := range t {
		tags = append(tags, l)
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i] < tags[j] })
	for _, w := range wanted {
		for _, l := range tags {
			if l.Base() == w.Base() {
				return t[l], l
			}
		}
	}
	if s, ok := t["en"]; ok {
		return s, "en"
	}
	if len(tags) > 0 {
		return t[tags[0]], tags[0]
	}
	return "", ""
}

// Base returns the primary language subtag: "fr" for "fr-CI".
func (l Lang) Base() Lang {
	for i := range len(l) {
		if l[i] == '-' {
			return l[:i]
		}
	}
	return l
}

// RightToLeft reports whether the language is usually written from right to left.
func (l Lang) RightToLeft() bool {
	switch l.Base() {
	case "ar", "fa", "he", "ur", "ps", "ckb", "dv", "sd", "ug", "yi":
		return true
	}
	return false
}
