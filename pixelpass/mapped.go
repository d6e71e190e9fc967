package pixelpass

import (
	"strconv"

	"cairn.example"
	"cairn.example/strictcbor"
)

// Names maps the names of members at the top of a document to short ones, such as
// "fullName" to "4"; only these are shortened.
type Names map[string]string

// reverse maps the short names back. A short name for two members, or one that is
// also the full name of another, would make two documents of one.
func (n Names) reverse() (Names, error) {
	out := Names{}
	for full, short := range n {
		_, twice := out[short]
		_, crossed := n[short]
		if short == "" || twice || crossed && short != full {
			return nil, &cairn.Error{Kind: cairn.Internal, Code: "pixelpass.names", Message: "the name " + strconv.Quote(short) + " does not stand for exactly one member"}
		}
		out[short] = full
	}
	return out, nil
}

// EncodeMapped writes a tree of strictjson as CBOR with short names. PixelPass
// puts the result into no QR code by itself; formats such as Claim 169 do.
func EncodeMapped(document map[string]any, names Names) ([]byte, error) {
	back, err := names.reverse()
	if err != nil {
		return nil, err
	}
	out := strictcbor.Map{}
	for name, v := range document {
		short, ok := names[name]
		if !ok {
			short = name
			if _, taken := back[name]; taken {
				return nil, bad("pixelpass.names", "the member %.40q has the short name of another", name)
			}
		}
		if out[short], err = toCBOR(v); err != nil {
			return nil, err
		}
	}
	return strictcbor.Marshal(out)
}

// DecodeMapped reads CBOR with short names into a tree as strictjson makes it.
// Writers that use numbers as keys are read too; a name that is not among the
// short ones stays as it is. Codes: pixelpass.names, pixelpass.not-json and those
// of strictcbor.
func DecodeMapped(data []byte, names Names) (map[string]any, error) {
	back, err := names.reverse()
	if err != nil {
		return nil, err
	}
	m, err := strictcbor.ParseMap(data, cborLimits)
	if err != nil {
		return nil, err
	}
	plain := strictcbor.Map{}
	for k, v := range m {
		name, ok := k.(string)
		if n, isNumber := k.(int64); isNumber {
			name, ok = strconv.FormatInt(n, 10), true
		}
		if full, isShort := back[name]; isShort {
			name = full
		}
		if _, twice := plain[name]; twice || !ok {
			return nil, bad("pixelpass.names", "the member %.40q is there twice", name)
		}
		plain[name] = v
	}
	tree, err := toJSON(plain)
	if err != nil {
		return nil, err
	}
	return tree.(map[string]any), nil
}
