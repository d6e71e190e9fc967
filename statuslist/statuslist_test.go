package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

func TestSetGet(t *testing.T) {
	l := statuslist.New(1)
	if l.Len() != statuslist.MinEntries {
		t.Fatalf("%d entries", l.Len())
	}
	for _, i := range []int{0, 1, 7, 8, 94567, statuslist.MinEntries - 1} {
		if err := l.Set(i, true); err != nil {
			t.Fatal(err)
		}
	}
	text, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := statuslist.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]bool{0: true, 1: true, 2: false, 6: false, 7: true, 8: true, 9: false, 94566: false, 94567: true, statuslist.MinEntries - 1: true} {
		if got, err := back.Get(i); err != nil || got != want {
			t.Errorf("%d: %v, %v", i, got, err)
		}
	}
	for _, i := range []int{-1, statuslist.MinEntries, 1 << 40} {
		if _, err := back.Get(i); cairn.CodeOf(err) != "status.range" {
			t.Errorf("Get(%d): %v", i, err)
		}
		if err := back.Set(i, true); cairn.CodeOf(err) != "status.range" {
			t.Errorf("Set(%d): %v", i, err)
		}
	}
	if err := back.Set(0, false); err != nil {
		t.Fatal(err)
	}
	if got, _ := back.Get(0); got {
		t.Error("an entry was not cleared")
	}
}

// B13: index 0 is the left-most bit of the first byte.
func TestBitOrder(t *testing.T) {
	l := statuslist.New(0)
	if err := l.Set(0, true); err != nil {
		t.Fatal(err)
	}
	if err := l.Set(15, true); err != nil {
		t.Fatal(err)
	}
	text, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	packed, _ := base64.RawURLEncoding.DecodeString(text[1:])
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 2)
	if _, err := z.Read(first); err != nil || first[0] != 0x80 || first[1] != 0x01 {
		t.Errorf("the first bytes are %x", first)
	}
}

func pack(bits []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(bits)
	z.Close()
	return b.Bytes()
}

func encode(b []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(b) }

func TestDecodeRefuses(t *testing.T) {
	good := pack(make([]byte, statuslist.MinEntries/8))
	broken := append([]byte(nil), good...)
	broken[len(broken)-6] ^= 1
	for name, c := range map[string][2]string{
		"B10 bomb":            {encode(pack(make([]byte, statuslist.MaxEntries/8+1))), "status.too-large"},
		"B10 gzip of gzip":    {encode(pack(good)), "status.length"},
		"B10 trailing":        {encode(append(append([]byte(nil), good...), 0)), "status.encoding"},
		"B10 two members":     {encode(append(append([]byte(nil), good...), good...)), "status.encoding"},
		"B10 truncated":       {encode(good[:len(good)-5]), "status.encoding"},
		"B10 checksum":        {encode(broken), "status.encoding"},
		"B11 not gzip":        {encode(make([]byte, statuslist.MinEntries/8)), "status.encoding"},
		"B11 no prefix":       {encode(good)[1:], "status.encoding"},
		"B11 padding":         {encode(good) + "=", "status.encoding"},
		"B11 line break":      {encode(good)[:9] + "\n" + encode(good)[9:], "status.encoding"},
		"B12 short":           {encode(pack(make([]byte, statuslist.MinEntries/8-1))), "status.length"},
		"empty":               {"", "status.encoding"},
		"too long a text":     {"u" + strings.Repeat("A", 7<<20), "status.too-large"},
		"not base64url":       {"u+/+/", "status.encoding"},
		"nothing after the u": {"u", "status.encoding"},
	} {
		if _, err := statuslist.Decode(c[0]); cairn.CodeOf(err) != c[1] {
			t.Errorf("%s: %v, want %s", name, err, c[1])
		}
	}
}

func TestEntry(t *testing.T) {
	e := statuslist.Entry{Purpose: statuslist.Revocation, Index: 94567, List: "https://x.example/s/1"}
	got, err := statuslist.ReadEntry(e.Tree())
	if err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, index := range []any{"abc", "1e3", "-1", "01", "+1", "9223372036854775808", "1.0", " 1", "", json.Number("5"), nil} { // B09
		m := e.Tree()
		m["statusListIndex"] = index
		if got, err := statuslist.ReadEntry(m); cairn.CodeOf(err) != "status.entry" {
			t.Errorf("%v: %+v, %v", index, got, err)
		}
	}
	for name, c := range map[string]struct {
		member string
		value  any
		code   string
	}{
		"B20 unknown type":        {"type", "RevocationList2020Status", "status.unknown-type"},
		"no type":                 {"type", nil, "status.unknown-type"},
		"no purpose":              {"statusPurpose", "", "status.entry"},
		"list not a URL":          {"statusListCredential", "x", "status.entry"},
		"B14 size 0":              {"statusSize", json.Number("0"), "status.entry"},
		"B14 size -1":             {"statusSize", json.Number("-1"), "status.entry"},
		"B14 size 1.0":            {"statusSize", json.Number("1.0"), "status.entry"},
		"B14 size a text":         {"statusSize", "1", "status.entry"},
		"B14 size 2, no messages": {"statusSize", json.Number("2"), "status.entry"},
		"B14 size 3, no messages": {"statusSize", json.Number("3"), "status.entry"},
		"B14 size 9":              {"statusSize", json.Number("9"), "status.unsupported-size"},
		"B14 size 2^62":           {"statusSize", json.Number("4611686018427387904"), "status.unsupported-size"},
		"messages no list":        {"statusMessage", "x", "status.entry"},
		"one message":             {"statusMessage", []any{map[string]any{"status": "0x0", "message": "x"}}, "status.entry"},
		"message for 2":           {"statusMessage", []any{map[string]any{"status": "0x0", "message": "x"}, map[string]any{"status": "0x2", "message": "x"}}, "status.entry"},
		"two for one":             {"statusMessage", []any{map[string]any{"status": "0x1", "message": "x"}, map[string]any{"status": "0x01", "message": "y"}}, "status.entry"},
		"no 0x":                   {"statusMessage", []any{map[string]any{"status": "0", "message": "x"}, map[string]any{"status": "1", "message": "x"}}, "status.entry"},
		"message a number":        {"statusMessage", []any{map[string]any{"status": "0x0", "message": json.Number("1")}, map[string]any{"status": "0x1", "message": "x"}}, "status.entry"},
		"messages, a text":        {"statusMessage", []any{"a", "b"}, "status.entry"},
		"reference no URL":        {"statusReference", "x", "status.entry"},
		"references mixed":        {"statusReference", []any{"https://x.example/", json.Number("1")}, "status.entry"},
		"id of the list":          {"id", "https://x.example/s/1", "status.entry"},
	} {
		m := e.Tree()
		m[c.member] = c.value
		if _, err := statuslist.ReadEntry(m); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestCredential(t *testing.T) {
	l := statuslist.New(0)
	if err := l.Set(7, true); err != nil {
		t.Fatal(err)
	}
	meta := statuslist.Meta{ID: "https://x.example/s/1", Issuer: "did:key:z6Mk", Purpose: statuslist.Revocation,
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), TTL: 15 * time.Minute}
	tree, err := statuslist.Credential(meta, l)
	if err != nil {
		t.Fatal(err)
	}
	b, err := jcs.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	read := func(b []byte) (*statuslist.List, statuslist.Meta, error) {
		tree, err := strictjson.ParseObject(b, strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		return statuslist.ReadCredential(tree)
	}
	back, got, err := read(b)
	if err != nil || !reflect.DeepEqual(got, meta) {
		t.Fatalf("%+v, %v", got, err)
	}
	if on, err := back.Get(7); err != nil || !on {
		t.Errorf("%v, %v", on, err)
	}
	for name, change := range map[string][2]string{
		"B08 type":         {`"BitstringStatusListCredential"`, `"X"`},
		"subject type":     {`"type":"BitstringStatusList"`, `"type":"X"`},
		"no purpose":       {`"statusPurpose":"revocation"`, `"statusPurpose":[]`},
		"empty purpose":    {`"statusPurpose":"revocation"`, `"statusPurpose":["revocation",""]`},
		"purpose twice":    {`"statusPurpose":"revocation"`, `"statusPurpose":["revocation","revocation"]`},
		"purpose a number": {`"statusPurpose":"revocation"`, `"statusPurpose":["revocation",1]`},
		"negative ttl":     {`"ttl":900000`, `"ttl":-1`},
		"ttl a text":       {`"ttl":900000`, `"ttl":"900000"`},
		"no list":          {`"encodedList"`, `"encodedLists"`},
		"not a credential": {`"issuer":"did:key:z6Mk"`, `"issuer":"x"`},
	} {
		changed := strings.Replace(string(b), change[0], change[1], 1)
		if changed == string(b) {
			t.Errorf("%s: the case changes nothing", name)
		}
		if _, _, err := read([]byte(changed)); cairn.KindOf(err) != cairn.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Section 3.1 allows a list to serve several purposes.
func TestSeveralPurposes(t *testing.T) {
	meta := statuslist.Meta{ID: "https://x.example/s/1", Issuer: "did:key:z6Mk", Purpose: statuslist.Revocation, More: []string{statuslist.Suspension},
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	tree, err := statuslist.Credential(meta, statuslist.New(0))
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := statuslist.ReadCredential(tree)
	if err != nil || !reflect.DeepEqual(got, meta) {
		t.Fatalf("%+v, %v", got, err)
	}
	for purpose, want := range map[string]bool{"revocation": true, "suspension": true, "message": false, "": false} {
		if got.HasPurpose(purpose) != want {
			t.Errorf("%q", purpose)
		}
	}
	if (statuslist.Meta{}).HasPurpose("") {
		t.Error("no purpose is not a purpose")
	}
}

// The entry of the specification's example for messages, section 2.1, with its
// list of messages completed.
func TestSeveralBits(t *testing.T) {
	text := `{"id":"https://example.com/credentials/status/8#492847","type":"BitstringStatusListEntry","statusPurpose":"message","statusListIndex":"92847",
		"statusSize":2,"statusListCredential":"https://example.com/credentials/status/8","statusReference":"https://example.org/status-dictionary/",
		"statusMessage":[{"status":"0x3","message":"undefined","more":1},{"status":"0x0","message":"pending_review"},{"status":"0x1","message":"accepted"},{"status":"0x2","message":"rejected"}]}`
	tree, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	e, err := statuslist.ReadEntry(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := statuslist.Entry{Purpose: statuslist.Message, Index: 92847, List: "https://example.com/credentials/status/8", Size: 2,
		Messages: []string{"pending_review", "accepted", "rejected", "undefined"}, References: []string{"https://example.org/status-dictionary/"}}
	if !reflect.DeepEqual(e, want) {
		t.Fatalf("%+v", e)
	}
	if again, err := statuslist.ReadEntry(e.Tree()); err != nil || !reflect.DeepEqual(again, e) {
		t.Errorf("%+v, %v", again, err)
	}
	short := statuslist.New(0)
	if _, err := short.Lookup(e); cairn.CodeOf(err) != "status.length" { // B12: half as many entries as there must be
		t.Errorf("a short list: %v", err)
	}
	l := statuslist.New(2 * statuslist.MinEntries)
	for value, message := range want.Messages {
		if err := l.Put(e, uint(value)); err != nil {
			t.Fatal(err)
		}
		got, err := l.Lookup(e)
		if err != nil || got != uint(value) || e.Message(got) != message {
			t.Errorf("%d, %v, want %d", got, err, value)
		}
	}
	// The left-most bit counts most, and neighbours stay as they are.
	if err := l.Put(e, 2); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]bool{2*92847 - 1: false, 2 * 92847: true, 2*92847 + 1: false, 2*92847 + 2: false} {
		if on, err := l.Get(i); err != nil || on != want {
			t.Errorf("bit %d: %v, %v", i, on, err)
		}
	}
	if err := l.Put(e, 4); cairn.CodeOf(err) != "status.range" {
		t.Errorf("value 4 in two bits: %v", err)
	}
	e.Index = statuslist.MinEntries
	if _, err := l.Lookup(e); cairn.CodeOf(err) != "status.range" { // B09: past the end, though the bits are not
		t.Errorf("behind the end: %v", err)
	}
	e.Index = 1 << 62
	if _, err := l.Lookup(e); cairn.CodeOf(err) != "status.range" {
		t.Errorf("an index whose bits overflow: %v", err)
	}
	for name, bad := range map[string]statuslist.Entry{
		"no purpose": {List: want.List}, "no list": {Purpose: "message"}, "negative": {Purpose: "message", List: want.List, Index: -1},
		"no messages": {Purpose: "message", List: want.List, Size: 2}, "size 9": {Purpose: "message", List: want.List, Size: 9},
	} {
		if _, err := l.Lookup(bad); err == nil {
			t.Errorf("%s: looked up", name)
		}
		if err := l.Put(bad, 1); err == nil {
			t.Errorf("%s: put", name)
		}
	}
	one := statuslist.Entry{Purpose: statuslist.Suspension, List: want.List, Index: 5}
	if err := l.Put(one, 1); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Lookup(one); err != nil || got != 1 || one.Message(1) != "set" || one.Message(0) != "unset" || one.Message(2) != "" {
		t.Errorf("%d, %v", got, err)
	}
	if on, err := l.Get(5); err != nil || !on {
		t.Errorf("%v, %v", on, err)
	}
}

func FuzzReadEntry(f *testing.F) {
	f.Add([]byte(`{"type":"BitstringStatusListEntry","statusPurpose":"message","statusListIndex":"7","statusSize":1,"statusListCredential":"https://x.example/8",
		"statusReference":["https://x.example/"],"statusMessage":[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"}]}`))
	l := statuslist.New(0)
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		tree, err := strictjson.ParseObject(data, strictjson.Default)
		if err != nil {
			return
		}
		e, err := statuslist.ReadEntry(tree)
		if err != nil {
			if cairn.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		if again, err := statuslist.ReadEntry(e.Tree()); err != nil || !reflect.DeepEqual(again.Tree(), e.Tree()) {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
		if value, err := l.Lookup(e); err == nil && value != 0 {
			t.Fatalf("%d in an empty list", value)
		}
	}))
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(pack(make([]byte, statuslist.MinEntries/8))))
	f.Add("uAAAA")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		l, err := statuslist.Decode(s)
		if err == nil && l.Len() < statuslist.MinEntries {
			t.Fatal("a short list was accepted")
		}
	}))
}
