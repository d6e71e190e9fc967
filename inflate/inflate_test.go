package inflate_test

import (
	"bytes"
	"runtime"
	"testing"

	"cairn.example"
	"cairn.example/inflate"
	"cairn.example/internal/bounds"
)

func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	b, err := inflate.Pack(data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestZlib(t *testing.T) {
	const limit = 1000
	full := bytes.Repeat([]byte{7}, limit)
	good := pack(t, full)
	if got, err := inflate.Zlib(good, limit); err != nil || !bytes.Equal(got, full) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if got, err := inflate.Zlib(pack(t, nil), 0); err != nil || len(got) != 0 {
		t.Errorf("nothing: %x, %v", got, err)
	}
	broken := bytes.Clone(good)
	broken[len(broken)-1] ^= 1
	dictionary := bytes.Clone(good)
	dictionary[0], dictionary[1] = 0x78, 0xbb // FDICT set, and the header checksum right
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"one byte over":     {pack(t, append(full, 7)), "inflate.too-large"},
		"Q01 bomb":          {pack(t, make([]byte, 64<<20)), "inflate.too-large"},
		"nothing":           {nil, "inflate.damaged"},
		"not zlib":          {[]byte("hello"), "inflate.damaged"},
		"cut":               {good[:len(good)-1], "inflate.damaged"},
		"cut in the data":   {good[:4], "inflate.damaged"},
		"checksum":          {broken, "inflate.damaged"},
		"preset dictionary": {dictionary, "inflate.damaged"},
		"trailing":          {append(bytes.Clone(good), 0), "inflate.trailing"},
		"two streams":       {append(bytes.Clone(good), good...), "inflate.trailing"},
	} {
		if got, err := inflate.Zlib(c.data, limit); cairn.CodeOf(err) != c.code || got != nil {
			t.Errorf("%s: %d bytes, %v, want %s", name, len(got), err, c.code)
		}
	}
}

func TestBombCostsLittle(t *testing.T) {
	bomb := pack(t, make([]byte, 64<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := inflate.Zlib(bomb, 64<<10); cairn.CodeOf(err) != "inflate.too-large" {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("unpacking 64 KiB of a bomb of %d bytes took %d bytes of memory", len(bomb), used)
	}
}

func FuzzZlib(f *testing.F) {
	f.Add(pack(f, []byte("some text, some text, some text")))
	f.Add([]byte{0x78, 0xda, 1, 2, 3})
	f.Add(pack(f, make([]byte, 64<<20)))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		got, err := inflate.Zlib(data, 64<<10)
		if len(got) > 64<<10 {
			t.Fatalf("%d bytes are over the limit", len(got))
		}
		if err != nil && cairn.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	}))
}
