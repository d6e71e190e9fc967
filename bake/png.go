package bake

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"cairn.example"
	"cairn.example/inflate"
)

var signature = []byte("\x89PNG\r\n\x1a\n") // PNG (third edition), section 5.2

// keywords are those of the text chunks; Open Badges 3.0, section 5.3.1.1.
var keywords = map[string]Kind{"openbadgecredential": OpenBadge, "clrcredential": CLR}

const keyword2 = "openbadges" // of Open Badges 1 and 2

// chunk is one part of a PNG; from is where it begins in the file.
type chunk struct {
	kind string
	data []byte
	from int
}

// chunks reads the list of chunks and checks every length and checksum, that the
// picture has a size within the limits, and that nothing follows it.
func chunks(file []byte) ([]chunk, error) {
	if len(file) > MaxPNG {
		return nil, tooLarge("the picture is larger than 10 MiB")
	}
	if !bytes.HasPrefix(file, signature) {
		return nil, bad("bake.png", "this is not a PNG picture")
	}
	var out []chunk
	for at := len(signature); at < len(file); {
		rest := file[at:]
		if len(rest) < 12 {
			return nil, bad("bake.png", "the picture is cut off")
		}
		length := binary.BigEndian.Uint32(rest)
		if uint64(length) > uint64(len(rest)-12) {
			return nil, bad("bake.png", "the picture is cut off")
		}
		c := chunk{string(rest[4:8]), rest[8 : 8+length], at}
		if crc32.ChecksumIEEE(rest[4:8+length]) != binary.BigEndian.Uint32(rest[8+length:]) {
			return nil, bad("bake.png", "a part of the picture is damaged")
		}
		if err := check(c, len(out)); err != nil {
			return nil, err
		}
		out = append(out, c)
		at += int(length) + 12
		if c.kind == "IEND" {
			if at != len(file) {
				return nil, bad("bake.png", "something follows the end of the picture")
			}
			if !slices.ContainsFunc(out, func(c chunk) bool { return c.kind == "IDAT" }) {
				return nil, bad("bake.png", "there is no picture in the file")
			}
			return out, nil
		}
		if len(out) >= maxChunks {
			return nil, tooLarge("the picture has more than %d parts", maxChunks)
		}
	}
	return nil, bad("bake.png", "the picture is cut off")
}

// check is for the chunk at a place in the list (PNG, sections 5.4 and 11.2).
func check(c chunk, place int) error {
	for _, b := range []byte(c.kind) {
		if b|0x20 < 'a' || b|0x20 > 'z' {
			return bad("bake.png", "a part of the picture has no proper name")
		}
	}
	switch {
	case (place == 0) != (c.kind == "IHDR"):
		return bad("bake.png", "the picture does not begin with its size")
	case c.kind == "IHDR":
		if len(c.data) != 13 {
			return bad("bake.png", "the picture does not begin with its size")
		}
		width, height := binary.BigEndian.Uint32(c.data), binary.BigEndian.Uint32(c.data[4:])
		if width == 0 || height == 0 || width > 1<<31-1 || height > 1<<31-1 {
			return bad("bake.png", "the picture has no size")
		}
		if uint64(width)*uint64(height) > maxPixels {
			return tooLarge("the picture has more than 40 million pixels")
		}
	case c.kind == "acTL" || c.kind == "fcTL" || c.kind == "fdAT":
		return bad("bake.png", "moving pictures are not read")
	case c.kind[0] < 'a' && c.kind != "PLTE" && c.kind != "IDAT" && c.kind != "IEND":
		return bad("bake.png", "a part of the picture is of a kind that is not known")
	}
	return nil
}

func readPNG(file []byte) (Baked, error) {
	list, err := chunks(file)
	if err != nil {
		return Baked{}, err
	}
	found, version2, err := texts(list)
	if err != nil {
		return Baked{}, err
	}
	return one(found, version2)
}

// texts reads every chunk that is meant for a credential. All of them count, also
// behind the first, so that no second one is passed over.
func texts(list []chunk) (found []Baked, version2 bool, err error) {
	for _, c := range list {
		if c.kind != "iTXt" && c.kind != "tEXt" && c.kind != "zTXt" {
			continue
		}
		keyword, rest, ok := bytes.Cut(c.data, []byte{0})
		kind, isCredential := keywords[string(keyword)]
		switch {
		case string(keyword) == keyword2 && (version2 || len(found) == 1): // unpacking each would take long
			return append(found, Baked{}, Baked{}), version2, nil
		case string(keyword) == keyword2:
			if b, ok := oldText(c.kind, rest); ok {
				found = append(found, b)
			} else {
				version2 = true
			}
			continue
		case !isCredential:
			continue
		case !ok || c.kind != "iTXt":
			return nil, false, bad("bake.png", "the credential stands in a chunk of kind %s and not in iTXt", c.kind)
		case len(found) == 1:
			return append(found, found[0]), version2, nil
		}
		text, err := international(rest)
		if err != nil {
			return nil, false, err
		}
		b, err := credential(text, kind)
		if err != nil {
			return nil, false, err
		}
		found = append(found, b)
	}
	return found, version2, nil
}

// oldText reads a chunk of Open Badges 2, which may be tEXt or iTXt (Open Badges
// baking specification, section 1.1.1).
func oldText(kind string, rest []byte) (Baked, bool) {
	text := rest
	switch kind {
	case "tEXt":
	case "iTXt":
		var err error
		if text, err = international(rest); err != nil {
			return Baked{}, false
		}
	default:
		return Baked{}, false
	}
	return ofVersion3(text)
}

// international reads an iTXt chunk behind its keyword (PNG, section 11.3.3.4):
// compression flag and method, language, translated keyword, text. Compression is
// forbidden to those who bake, and read from those who did it all the same.
func international(rest []byte) ([]byte, error) {
	if len(rest) < 2 || rest[0] > 1 || rest[1] != 0 {
		return nil, bad("bake.png", "the text in the picture is damaged")
	}
	_, afterLanguage, ok := bytes.Cut(rest[2:], []byte{0})
	_, text, ok2 := bytes.Cut(afterLanguage, []byte{0})
	if !ok || !ok2 {
		return nil, bad("bake.png", "the text in the picture is damaged")
	}
	if rest[0] == 0 {
		return text, nil
	}
	text, err := inflate.Zlib(text, MaxCredential)
	if cairn.KindOf(err) == cairn.TooLarge {
		return nil, tooLarge("the credential is larger than 2 MiB")
	}
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "bake.png", Message: "the text in the picture is damaged", Err: err}
	}
	return text, nil
}

// PNG bakes a credential of Open Badges 3.0 into a PNG: JSON with a proof, or a
// compact JWS, which is not verified here. All else in the picture stays as it is.
// A picture that has a credential already is refused (bake.already).
func PNG(picture, badge []byte) ([]byte, error) {
	b, err := credential(badge, OpenBadge)
	if err != nil {
		return nil, err
	}
	list, err := chunks(picture)
	if err != nil {
		return nil, err
	}
	found, version2, err := texts(list)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 || version2 {
		return nil, errAlready()
	}
	var data []byte
	data = append(data, "openbadgecredential\x00\x00\x00\x00\x00"...) // no compression, no language, no translation
	data = append(data, b.Data...)
	end := list[len(list)-1].from
	out := slices.Clone(picture[:end])
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	from := len(out)
	out = append(append(out, "iTXt"...), data...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[from:]))
	out = append(out, picture[end:]...)
	return out, readBack(out, b)
}

func errAlready() error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "bake.already", Message: "there is a credential in the picture already", Hint: "use the picture of the badge itself"}
}

// readBack checks that what we hand out can be read by what we ship.
func readBack(picture []byte, want Baked) error {
	got, err := Read(picture)
	if err != nil {
		return err
	}
	if got.Form != want.Form || !bytes.Equal(got.Data, want.Data) {
		return &cairn.Error{Kind: cairn.Internal, Code: "bake.fault", Message: "the credential does not come out as it went in"}
	}
	return nil
}
