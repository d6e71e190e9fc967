package claim169

import (
	"encoding/hex"
	"maps"
	"slices"

	"cairn.example/strictcbor"
)

// Person is what a code says of a person. All fields may be empty.
type Person struct {
	ID            string // 1
	Version       string // 2, of the data
	Language      string // 3, of the other fields
	FullName      string // 4
	FirstName     string // 5
	MiddleName    string // 6
	LastName      string // 7
	DateOfBirth   string // 8, YYYYMMDD; some issuers write it otherwise
	Gender        int64  // 9: 1 male, 2 female, 3 others
	Address       string // 10, lines
	Email         string // 11
	Phone         string // 12
	Nationality   string // 13
	MaritalStatus int64  // 14: 1 unmarried, 2 married, 3 divorced
	Guardian      string // 15
	Photo         []byte // 16
	PhotoFormat   int64  // 17: 1 JPEG, 2 JPEG 2000, 3 AVIF, 4 WebP
	BestFingers   []int64
	// Fields 19 to 23 are reserved in the draft; the published examples and
	// idpass/claim-169 use them so.
	SecondaryFullName string // 19
	SecondaryLanguage string // 20
	LocationCode      string // 21
	LegalStatus       string // 22
	CountryOfIssuance string // 23
	// Biometrics are fields 50 to 65, by their number: 50 to 59 fingers, 60 and 61
	// irises, 62 the face, 63 and 64 palms, 65 the voice.
	Biometrics map[int64][]Biometric
	// Others are fields without a meaning here.
	Others strictcbor.Map
}

// Biometric is one record of biometric data.
type Biometric struct {
	Data      []byte
	Format    int64 // 0 image, 1 template, 2 sound, 3 hash; -1 when not stated
	SubFormat int64 // see the draft; -1 when not stated
	Issuer    string
}

const (
	keyPhoto       = int64(16)
	keyFingers     = int64(18)
	firstBiometric = int64(50)
	lastBiometric  = int64(65)
	maxRecords     = 20 // of one finger, iris or face
)

// texts and numbers say which field has which number.
func (p *Person) texts() map[int64]*string {
	return map[int64]*string{1: &p.ID, 2: &p.Version, 3: &p.Language, 4: &p.FullName, 5: &p.FirstName, 6: &p.MiddleName, 7: &p.LastName,
		8: &p.DateOfBirth, 10: &p.Address, 11: &p.Email, 12: &p.Phone, 13: &p.Nationality, 15: &p.Guardian,
		19: &p.SecondaryFullName, 20: &p.SecondaryLanguage, 21: &p.LocationCode, 22: &p.LegalStatus, 23: &p.CountryOfIssuance}
}

func (p *Person) numbers() map[int64]*int64 {
	return map[int64]*int64{9: &p.Gender, 14: &p.MaritalStatus, 17: &p.PhotoFormat}
}

func badField(key any) error {
	return bad("claim169.field", "", "the field %v is not of the form that it must have", key)
}

func readPerson(m strictcbor.Map) (Person, error) {
	p := Person{Others: strictcbor.Map{}}
	texts, numbers := p.texts(), p.numbers()
	for k, v := range m {
		key, ok := k.(int64)
		switch {
		case ok && texts[key] != nil:
			*texts[key], ok = v.(string)
		case ok && numbers[key] != nil:
			*numbers[key], ok = v.(int64)
		case ok && key == keyPhoto:
			p.Photo, ok = readPhoto(v)
		case ok && key == keyFingers:
			p.BestFingers, ok = readFingers(v)
		case ok && key >= firstBiometric && key <= lastBiometric:
			var records []Biometric
			if records, ok = readBiometrics(v); ok {
				if p.Biometrics == nil {
					p.Biometrics = map[int64][]Biometric{}
				}
				p.Biometrics[key] = records
			}
		default:
			p.Others[k], ok = v, true
		}
		if !ok {
			return Person{}, badField(k)
		}
	}
	return p, nil
}

// readPhoto reads bytes, or the hexadecimal text that the draft's table asks for.
func readPhoto(v any) ([]byte, bool) {
	if s, isText := v.(string); isText {
		b, err := hex.DecodeString(s)
		return b, err == nil
	}
	b, ok := v.([]byte)
	return b, ok
}

func readFingers(v any) ([]int64, bool) {
	list, ok := v.([]any)
	if !ok || len(list) > 10 {
		return nil, false
	}
	var out []int64
	for _, e := range list {
		n, ok := e.(int64)
		if !ok || n < 0 || n > 10 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

func readBiometrics(v any) ([]Biometric, bool) {
	list, ok := v.([]any)
	if !ok || len(list) > maxRecords {
		return nil, false
	}
	out := []Biometric{}
	for _, e := range list {
		m, ok := e.(strictcbor.Map)
		if !ok {
			return nil, false
		}
		b := Biometric{Format: -1, SubFormat: -1}
		if b.Data, ok = m[int64(0)].([]byte); !ok {
			return nil, false
		}
		for key, to := range map[int64]*int64{1: &b.Format, 2: &b.SubFormat} {
			if v, present := m[key]; present {
				if *to, ok = v.(int64); !ok || *to < 0 {
					return nil, false
				}
			}
		}
		if v, present := m[int64(3)]; present {
			if b.Issuer, ok = v.(string); !ok {
				return nil, false
			}
		}
		out = append(out, b)
	}
	return out, true
}

// write returns the map of claim 169, and refuses what a reader would not take or
// what the draft has no value for.
func (p Person) write() (strictcbor.Map, error) {
	m := maps.Clone(p.Others)
	if m == nil {
		m = strictcbor.Map{}
	}
	put := func(key int64, v any, empty bool) error {
		if _, twice := m[key]; twice {
			return bad("claim169.field", "", "the field %d is there twice", key)
		}
		if !empty {
			m[key] = v
		}
		return nil
	}
	for key, s := range p.texts() {
		if err := put(key, *s, *s == ""); err != nil {
			return nil, err
		}
	}
	for key, n := range p.numbers() {
		if *n < 0 || *n > 4 || key != 17 && *n > 3 {
			return nil, badField(key)
		}
		if err := put(key, *n, *n == 0); err != nil {
			return nil, err
		}
	}
	if err := put(keyPhoto, p.Photo, len(p.Photo) == 0); err != nil {
		return nil, err
	}
	fingers := []any{}
	for _, n := range p.BestFingers {
		fingers = append(fingers, n)
	}
	if err := put(keyFingers, fingers, len(fingers) == 0); err != nil {
		return nil, err
	}
	for key := range m { // what Others may not have
		if n, ok := key.(int64); ok && n >= firstBiometric && n <= lastBiometric {
			return nil, badField(key)
		}
	}
	for key, records := range p.Biometrics {
		if key < firstBiometric || key > lastBiometric {
			return nil, badField(key)
		}
		if err := put(key, writeBiometrics(records), false); err != nil {
			return nil, err
		}
	}
	if _, err := readPerson(m); err != nil {
		return nil, err
	}
	return m, nil
}

func writeBiometrics(records []Biometric) []any {
	out := []any{}
	for _, b := range records {
		r := strictcbor.Map{int64(0): slices.Clone(b.Data)}
		if b.Format >= 0 {
			r[int64(1)] = b.Format
		}
		if b.SubFormat >= 0 {
			r[int64(2)] = b.SubFormat
		}
		if b.Issuer != "" {
			r[int64(3)] = b.Issuer
		}
		out = append(out, r)
	}
	return out
}
