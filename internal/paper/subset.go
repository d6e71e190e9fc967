package paper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
)

// subset makes a TrueType font that contains the given glyphs of another, under
// new numbers: glyph i of the result is glyphs[i] of the source. Glyphs may
// repeat (two texts can share a glyph); parts of composite glyphs are added at
// the end. Hinting is left out, as paper has enough dots. The result has the
// tables that a PDF reader needs (ISO 32000-1, 9.9) and no more.
func subset(data []byte, glyphs []uint16) ([]byte, error) {
	f, err := openTrueType(data)
	if err != nil {
		return nil, err
	}
	order := append([]uint16(nil), glyphs...)
	number := map[uint16]uint16{} // source glyph → first new number
	for i, g := range order {
		if _, ok := number[g]; !ok {
			number[g] = uint16(i)
		}
	}
	var glyf []byte
	placed := map[uint16][2]uint32{}
	var loca []uint32
	for i := 0; i < len(order); i++ { // order grows while parts are found
		if span, ok := placed[order[i]]; ok && span[0] != span[1] {
			// A second text for the same glyph needs its own copy, because loca is sorted.
			glyf, loca = append(glyf, glyf[span[0]:span[1]]...), append(loca, uint32(len(glyf)))
			continue
		}
		start := uint32(len(glyf))
		loca = append(loca, start)
		g, err := f.glyph(order[i])
		if err != nil {
			return nil, err
		}
		g, err = stripped(g, func(part uint16) uint16 {
			n, ok := number[part]
			if !ok {
				n = uint16(len(order))
				number[part], order = n, append(order, part)
			}
			return n
		})
		if err != nil {
			return nil, err
		}
		glyf = append(glyf, g...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		placed[order[i]] = [2]uint32{start, uint32(len(glyf))}
	}
	loca = append(loca, uint32(len(glyf)))
	return f.assemble(order, glyf, loca)
}

type trueType struct {
	tables  map[string][]byte
	loca    []uint32
	metrics int // number of full entries of hmtx
}

var errFont = errors.New("paper: a font file is damaged")

func openTrueType(data []byte) (*trueType, error) {
	if len(data) < 12 {
		return nil, errFont
	}
	f := &trueType{tables: map[string][]byte{}}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		offset, length := uint64(binary.BigEndian.Uint32(data[at+8:])), uint64(binary.BigEndian.Uint32(data[at+12:]))
		if offset+length > uint64(len(data)) {
			return nil, errFont
		}
		f.tables[string(data[at:at+4])] = data[offset : offset+length]
	}
	for name, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 32, "loca": 4, "hmtx": 4, "glyf": 0} {
		if len(f.tables[name]) < least {
			return nil, fmt.Errorf("%w: table %s", errFont, name)
		}
	}
	loca := f.tables["loca"]
	if binary.BigEndian.Uint16(f.tables["head"][50:]) == 0 {
		for ; len(loca) >= 2; loca = loca[2:] {
			f.loca = append(f.loca, 2*uint32(binary.BigEndian.Uint16(loca)))
		}
	} else {
		for ; len(loca) >= 4; loca = loca[4:] {
			f.loca = append(f.loca, binary.BigEndian.Uint32(loca))
		}
	}
	f.metrics = int(binary.BigEndian.Uint16(f.tables["hhea"][34:]))
	if f.metrics < 1 || len(f.tables["hmtx"]) < 4*f.metrics {
		return nil, errFont
	}
	return f, nil
}

func (f *trueType) glyph(g uint16) ([]byte, error) {
	if int(g)+1 >= len(f.loca) {
		return nil, errFont
	}
	a, b := f.loca[g], f.loca[g+1]
	if a > b || int(b) > len(f.tables["glyf"]) {
		return nil, errFont
	}
	return f.tables["glyf"][a:b], nil
}

// advance returns the width of a glyph in font units.
func (f *trueType) advance(g uint16) uint16 {
	return binary.BigEndian.Uint16(f.tables["hmtx"][4*min(int(g), f.metrics-1):])
}

func (f *trueType) bearing(g uint16) uint16 {
	if int(g) < f.metrics {
		return binary.BigEndian.Uint16(f.tables["hmtx"][4*int(g)+2:])
	}
	if at := 4*f.metrics + 2*(int(g)-f.metrics); at+2 <= len(f.tables["hmtx"]) {
		return binary.BigEndian.Uint16(f.tables["hmtx"][at:])
	}
	return 0
}

// Flags of composite glyphs (OpenType, glyf).
const (
	wordArguments   = 1 << 0
	haveScale       = 1 << 3
	moreComponents  = 1 << 5
	haveXYScale     = 1 << 6
	haveTwoByTwo    = 1 << 7
	haveInstruction = 1 << 8
)

// stripped returns a glyph without hinting instructions and with its parts
// renumbered.
func stripped(g []byte, renumber func(uint16) uint16) ([]byte, error) {
	if len(g) == 0 {
		return nil, nil
	}
	if len(g) < 10 {
		return nil, errFont
	}
	contours := int(int16(binary.BigEndian.Uint16(g)))
	if contours >= 0 {
		at := 10 + 2*contours
		if at+2 > len(g) {
			return nil, errFont
		}
		rest := at + 2 + int(binary.BigEndian.Uint16(g[at:]))
		if rest > len(g) {
			return nil, errFont
		}
		return append(append(append([]byte(nil), g[:at]...), 0, 0), g[rest:]...), nil
	}
	out := append([]byte(nil), g[:10]...)
	for at := 10; ; {
		if at+4 > len(g) {
			return nil, errFont
		}
		flags := binary.BigEndian.Uint16(g[at:])
		size := 6
		if flags&wordArguments != 0 {
			size += 2
		}
		switch {
		case flags&haveScale != 0:
			size += 2
		case flags&haveXYScale != 0:
			size += 4
		case flags&haveTwoByTwo != 0:
			size += 8
		}
		if at+size > len(g) {
			return nil, errFont
		}
		out = binary.BigEndian.AppendUint16(out, flags&^haveInstruction)
		out = binary.BigEndian.AppendUint16(out, renumber(binary.BigEndian.Uint16(g[at+2:])))
		out = append(out, g[at+4:at+size]...)
		at += size
		if flags&moreComponents == 0 {
			return out, nil
		}
	}
}

func (f *trueType) assemble(order []uint16, glyf []byte, loca []uint32) ([]byte, error) {
	var locaTable, hmtx []byte
	for _, at := range loca {
		locaTable = binary.BigEndian.AppendUint32(locaTable, at)
	}
	for _, g := range order {
		hmtx = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(hmtx, f.advance(g)), f.bearing(g))
	}
	head := append([]byte(nil), f.tables["head"]...)
	binary.BigEndian.PutUint32(head[8:], 0)  // the sum over the file, set below
	binary.BigEndian.PutUint16(head[50:], 1) // loca in its long form
	hhea := append([]byte(nil), f.tables["hhea"]...)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(order)))
	maxp := append([]byte(nil), f.tables["maxp"]...)
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(order)))
	tables := map[string][]byte{"head": head, "hhea": hhea, "maxp": maxp, "loca": locaTable, "hmtx": hmtx, "glyf": glyf}

	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	sort.Strings(names)
	out := []byte{0, 1, 0, 0, 0, byte(len(names)), 0, 64, 0, 2, 0, byte(16*len(names) - 64)}
	offset := uint32(12 + 16*len(names))
	var body []byte
	headAt := 0
	for _, name := range names {
		t := tables[name]
		out = append(out, name...)
		for _, v := range []uint32{sum32(t), offset, uint32(len(t))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		if name == "head" {
			headAt = int(offset)
		}
		body = append(body, t...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		offset = uint32(12+16*len(names)) + uint32(len(body))
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xb1b0afba-sum32(out))
	return out, nil
}

func sum32(b []byte) uint32 {
	var sum uint32
	for ; len(b) >= 4; b = b[4:] {
		sum += binary.BigEndian.Uint32(b)
	}
	if len(b) > 0 {
		var last [4]byte
		copy(last[:], b)
		sum += binary.BigEndian.Uint32(last[:])
	}
	return sum
}
