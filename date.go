package cairn

import (
	"fmt"
	"time"
)

// PartialDate is a calendar date that may be known only to the month or the
// year, as birth dates and old certificates often are. The zero value is
// "unknown".
type PartialDate struct {
	Year  int        // 0 when unknown
	Month time.Month // 0 when unknown
	Day   int        // 0 when unknown
	// Estimated is set when the person or a witness estimated the date.
	Estimated bool
}

// ParsePartialDate reads "2019", "2019-03" or "2019-03-08", with a leading "~"
// for an estimate; "" is the unknown date. Years run from 1900 to 9999.
func ParsePartialDate(s string) (PartialDate, error) {
	var d PartialDate
	text := s
	if text == "" {
		return d, nil
	}
	if text[0] == '~' {
		d.Estimated, text = true, text[1:]
	}
	layout := map[int]string{4: "2006", 7: "2006-01", 10: "2006-01-02"}[len(text)]
	t, err := time.Parse(layout, text)
	if layout == "" || err != nil || t.Year() < 1900 {
		return PartialDate{}, &Error{Kind: Invalid, Code: "date.malformed", Object: quoteShort(s),
			Message: "this is not a date", Hint: "write 2019, 2019-03 or 2019-03-08"}
	}
	d.Year = t.Year()
	if len(text) >= 7 {
		d.Month = t.Month()
	}
	if len(text) == 10 {
		d.Day = t.Day()
	}
	return d, nil
}

// IsZero reports whether nothing is known.
func (d PartialDate) IsZero() bool { return d.Year == 0 }

// String writes the form that ParsePartialDate reads.
func (d PartialDate) String() string {
	if d.Year == 0 {
		return ""
	}
	s := fmt.Sprintf("%04d", d.Year)
	if d.Month != 0 {
		s += fmt.Sprintf("-%02d", int(d.Month))
		if d.Day != 0 {
			s += fmt.Sprintf("-%02d", d.Day)
		}
	}
	if d.Estimated {
		s = "~" + s
	}
	return s
}

// Earliest and Latest return the first and the last day that the date can mean
// (UTC). Both return the zero time for an unknown date. A rule that would harm
// a learner must hold for both before it is applied by machine.
func (d PartialDate) Earliest() time.Time {
	if d.Year == 0 {
		return time.Time{}
	}
	return time.Date(d.Year, max(d.Month, 1), max(d.Day, 1), 0, 0, 0, 0, time.UTC)
}

// Latest returns the last day that the date can mean; see Earliest.
func (d PartialDate) Latest() time.Time {
	switch {
	case d.Year == 0:
		return time.Time{}
	case d.Month == 0:
		return time.Date(d.Year, time.December, 31, 0, 0, 0, 0, time.UTC)
	case d.Day == 0:
		return time.Date(d.Year, d.Month+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// MarshalText writes the form of String.
func (d PartialDate) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParsePartialDate reads.
func (d *PartialDate) UnmarshalText(b []byte) error {
	v, err := ParsePartialDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
