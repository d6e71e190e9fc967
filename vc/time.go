package vc

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"cairn.example"
)

// dateTimeStamp is XML Schema 1.1's dateTimeStamp within the years we accept:
// a zone is required, the fraction has a point, and 24:00:00 is midnight.
var dateTimeStamp = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$`)

// ParseTime reads an XSD dateTimeStamp (VCDM 2.0, section 4.9). Years run from
// 1900 to 9999, as written and in UTC, since a later one can't be written again
// (RFC 3339); leap seconds are not accepted.
func ParseTime(s string) (time.Time, error) {
	bad := &cairn.Error{Kind: cairn.Invalid, Code: "vc.time", Message: fmt.Sprintf("%.40q is not a date and time with a zone", s),
		Hint: "write 2026-03-01T09:30:00Z"}
	m := dateTimeStamp.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, bad
	}
	text, endOfDay := s, false
	if m[4] == "24" {
		if m[5] != "00" || m[6] != "00" || strings.Trim(m[7], ".0") != "" {
			return time.Time{}, bad
		}
		text, endOfDay = s[:11]+"00"+s[13:], true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1900 {
		return time.Time{}, bad
	}
	if endOfDay {
		t = t.AddDate(0, 0, 1)
	}
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}, bad
	}
	return t, nil
}

// FormatTime writes t in UTC to the second, as everything we sign has it.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
