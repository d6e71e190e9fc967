package cairn_test

import (
	"errors"
	"fmt"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
)

func TestParseCredits(t *testing.T) {
	for _, c := range []struct{ in, want, decimal string }{
		{"0", "0", "0"}, {"10", "10", "10"}, {"3.5", "7/2", "3.5"}, {"10/3", "10/3", "≈3.33"},
		{"0.125", "1/8", "0.125"}, {"6/4", "3/2", "1.5"}, {"1000000", "1000000", "1000000"},
	} {
		got, err := cairn.ParseCredits(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got.String() != c.want || got.Decimal() != c.decimal {
			t.Errorf("%q: got %s and %s, want %s and %s", c.in, got, got.Decimal(), c.want, c.decimal)
		}
	}
}

func TestParseCreditsRefuses(t *testing.T) {
	for _, in := range []string{"", "-1", "+1", "1e2", "NaN", "Inf", " 3", "3 ", "3,5", "1/0", "1/", "/2", ".5", "5.",
		"1/2/3", "1.5/2", "0x10", "1_000", "3.0000001", "1000001", "99999999999999999999999999", "٣"} {
		if got, err := cairn.ParseCredits(in); err == nil {
			t.Errorf("%q was read as %s", in, got)
		} else if cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%q: kind %q", in, cairn.KindOf(err))
		}
	}
}

func TestCreditsAreExact(t *testing.T) {
	tenth, third := cairn.NewCredits(1, 10), cairn.NewCredits(1, 3)
	var sum, thirds cairn.Credits
	for range 10 {
		sum = sum.Add(tenth)
	}
	for range 3 {
		thirds = thirds.Add(third)
	}
	one := cairn.WholeCredits(1)
	if !sum.Equal(one) || !thirds.Equal(one) {
		t.Errorf("ten tenths are %s, three thirds are %s", sum, thirds)
	}
	if got := cairn.WholeCredits(100).Div(cairn.WholeCredits(30)); got.String() != "10/3" {
		t.Errorf("100 hours at 30 a credit are %s", got)
	}
}

func FuzzParseCredits(f *testing.F) {
	f.Add("10/3")
	f.Add("3.5")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		c, err := cairn.ParseCredits(s)
		if err != nil {
			return
		}
		again, err := cairn.ParseCredits(c.String())
		if err != nil || !again.Equal(c) || c.Sign() < 0 {
			t.Fatalf("%q: %s does not survive: %v", s, c, err)
		}
	}))
}

func TestPartialDate(t *testing.T) {
	for _, c := range []struct{ in, first, last string }{
		{"2019", "2019-01-01", "2019-12-31"},
		{"2020-02", "2020-02-01", "2020-02-29"},
		{"~1998-05", "1998-05-01", "1998-05-31"},
		{"2019-03-08", "2019-03-08", "2019-03-08"},
	} {
		d, err := cairn.ParsePartialDate(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if d.String() != c.in || d.Earliest().Format("2006-01-02") != c.first || d.Latest().Format("2006-01-02") != c.last {
			t.Errorf("%s: %s from %s to %s", c.in, d, d.Earliest(), d.Latest())
		}
	}
	for _, in := range []string{"19", "2019-13", "2019-02-30", "0000", "1800", "2019-1-1", "08/03/2019", "2019-03-08T00:00:00Z", "~", "~~2019"} {
		if d, err := cairn.ParsePartialDate(in); err == nil {
			t.Errorf("%q was read as %s", in, d)
		}
	}
}

func TestTextIn(t *testing.T) {
	name := cairn.Text{"sw": "Udongo", "fr-CI": "Sol", "en": "Soil"}
	for _, c := range []struct {
		want []cairn.Lang
		text string
		lang cairn.Lang
	}{
		{[]cairn.Lang{"sw"}, "Udongo", "sw"},
		{[]cairn.Lang{"fr"}, "Sol", "fr-CI"},
		{[]cairn.Lang{"hi", "sw"}, "Udongo", "sw"},
		{[]cairn.Lang{"hi"}, "Soil", "en"},
		{nil, "Soil", "en"},
	} {
		if s, l := name.In(c.want...); s != c.text || l != c.lang {
			t.Errorf("%v: %q in %q", c.want, s, l)
		}
	}
	if s, l := (cairn.Text{}).In("en"); s != "" || l != "" {
		t.Errorf("an empty text gave %q in %q", s, l)
	}
}

func TestErrorKeepsKindThroughWrapping(t *testing.T) {
	cause := errors.New("disk full")
	err := fmt.Errorf("issuing: %w", &cairn.Error{Kind: cairn.Unavailable, Code: "store.full", Object: "award 7",
		Message: "the record could not be written", Hint: "free some space and try again", Err: cause})
	if cairn.KindOf(err) != cairn.Unavailable || cairn.CodeOf(err) != "store.full" || !errors.Is(err, cause) {
		t.Errorf("kind %q, code %q", cairn.KindOf(err), cairn.CodeOf(err))
	}
	if want := "issuing: award 7: the record could not be written (free some space and try again): disk full"; err.Error() != want {
		t.Errorf("got %q", err)
	}
	if cairn.KindOf(cause) != cairn.Internal || cairn.KindOf(nil) != "" {
		t.Error("a foreign error must be internal, and nil must have no kind")
	}
}
