package recognise

import (
	"reflect"
	"testing"
	"time"

	"cairn.example"
)

// fill gives every field of a value something, so that a field that the stored form
// forgets is noticed.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(*n)*1000, 0).UTC()))
		return
	case cairn.Credits:
		v.Set(reflect.ValueOf(cairn.NewCredits(int64(*n), 7)))
		return
	case cairn.PartialDate:
		v.Set(reflect.ValueOf(cairn.PartialDate{Year: 2000 + *n%30, Month: 4}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(string(rune('a'+*n%26)) + ":3:é\x00")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("the test knows no %s", v.Type())
	}
}

func TestFactsAreStoredWhole(t *testing.T) {
	var f Fact
	n := 0
	fill(t, reflect.ValueOf(&f).Elem(), &n)
	f.Held.Digest = f.Digest
	text, err := f.Text()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseFact(text)
	if err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("%v\n%+v\n%+v", err, got, f)
	}
	empty, err := (Fact{}).Text()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseFact(empty); err != nil || !reflect.DeepEqual(got, Fact{}) {
		t.Errorf("%+v %v", got, err)
	}
	// What the form does not know by name stands at its end.
	if got, err := ParseFact(empty[:len(empty)-len("0:")] + `13:{"grade":"A"}`); err != nil || got.Held.Grade != "A" {
		t.Errorf("%+v %v", got, err)
	}
	for i := range text { // what was cut off, or changed in its lengths, is not read as something else
		if got, err := ParseFact(text[:i]); err == nil {
			t.Fatalf("%q is read as %+v", text[:i], got)
		}
	}
	for _, bad := range []string{"", "1:2", text + "x", "1:19:", "1:1-1:", "1:11:x1:x1:x1:x0:0:0:0:0:9:x", "99999999999999999999:"} {
		if _, err := ParseFact(bad); cairn.CodeOf(err) != "standing.fact" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
