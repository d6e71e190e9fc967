package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cairn.example"
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
	if err != nil || got != e {
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
		"B20 unknown type": {"type", "RevocationList2020Status", "status.unknown-type"},
		"no type":          {"type", nil, "status.unknown-type"},
		"no purpose":       {"statusPurpose", "", "status.entry"},
		"list not a URL":   {"statusListCredential", "x", "status.entry"},
		"B14 size 0":       {"statusSize", json.Number("0"), "status.unsupported-size"},
		"B14 size 3":       {"statusSize", json.Number("3"), "status.unsupported-size"},
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
	if err != nil || got != meta {
		t.Fatalf("%+v, %v", got, err)
	}
	if on, err := back.Get(7); err != nil || !on {
		t.Errorf("%v, %v", on, err)
	}
	for name, change := range map[string][2]string{
		"B08 type":         {`"BitstringStatusListCredential"`, `"X"`},
		"subject type":     {`"type":"BitstringStatusList"`, `"type":"X"`},
		"no purpose":       {`"statusPurpose":"revocation"`, `"statusPurpose":["revocation"]`},
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

func FuzzDecode(f *testing.F) {
	f.Add(encode(pack(make([]byte, statuslist.MinEntries/8))))
	f.Add("uAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := statuslist.Decode(s)
		if err == nil && l.Len() < statuslist.MinEntries {
			t.Fatal("a short list was accepted")
		}
	})
}
