package i18n

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"cairn.example"
)

// formats is the area with the names of months and the order of a date's parts.
const formats = "format"

// Date writes a day, such as 3 May 2026. Figures are European digits in every
// language: they have to be compared with what is printed and signed.
func (p Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	return p.day(t.Year(), t.Month(), t.Day())
}

func (p Printer) day(y int, m time.Month, d int) string {
	day := strconv.Itoa(d)
	if d == 1 && p.Has(formats, "first-day") {
		day = p.T(formats, "first-day")
	}
	return p.T(formats, "date", "day", day, "month", p.month(m), "year", strconv.Itoa(y))
}

func (p Printer) month(m time.Month) string { return p.T(formats, "month."+strconv.Itoa(int(m))) }

// Moment writes a day and a time of day, which is UTC and says so.
func (p Printer) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.T(formats, "moment", "date", p.Date(t), "time", t.UTC().Format("15:04"))
}

// Partial writes a date that may be known to the month or the year only.
func (p Printer) Partial(d cairn.PartialDate) string {
	var s string
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		s = strconv.Itoa(d.Year)
	case d.Day == 0:
		s = p.T(formats, "month-year", "month", p.month(d.Month), "year", strconv.Itoa(d.Year))
	default:
		s = p.day(d.Year, d.Month, d.Day)
	}
	if d.Estimated {
		return p.T(formats, "estimated", "date", s)
	}
	return s
}

// Figure writes an exact amount for people: 10, 3.5, and 3⅓ for 10/3. It never
// rounds: what has no short decimal form is written as a fraction.
func (p Printer) Figure(c cairn.Credits) string {
	text := c.Decimal()
	if !strings.HasPrefix(text, "≈") {
		return strings.Replace(text, ".", p.T(formats, "decimal"), 1)
	}
	r := c.Rat()
	whole, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	part := rest.String() + "/" + r.Denom().String()
	if f, ok := fractions[part]; ok {
		part = f
	} else if whole.Sign() != 0 {
		part = "\u00a0" + part
	}
	if whole.Sign() == 0 {
		return part
	}
	return whole.String() + part
}

// fractions have a character of their own.
var fractions = map[string]string{"1/3": "⅓", "2/3": "⅔", "1/6": "⅙", "5/6": "⅚", "1/9": "⅑", "1/7": "⅐"}

// Age says how long before now something was: today, or some days ago.
func (p Printer) Age(t, now time.Time) string {
	days := int(now.UTC().Truncate(24*time.Hour).Sub(t.UTC().Truncate(24*time.Hour)) / (24 * time.Hour))
	switch {
	case t.IsZero():
		return ""
	case days <= 0:
		return p.T(formats, "today")
	}
	return p.N(formats, "days-ago", days)
}
