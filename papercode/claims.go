package papercode

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/did"
)

// claims is the payload. Numbers are fixed for ever; a new claim gets a new
// number and a new version of the prefix, since readers refuse what they do not
// know.
type claims struct {
	Issuer     string `cbor:"1,keyasint,omitempty"` // absent: the did:key of the kid
	UUID       []byte `cbor:"2,keyasint,omitempty"` // 16 bytes of urn:uuid:…
	Credential string `cbor:"3,keyasint,omitempty"` // any other credential id
	Digest     []byte `cbor:"4,keyasint"`
	Kind       uint64 `cbor:"5,keyasint"`
	Learner    string `cbor:"6,keyasint,omitempty"`
	Title      string `cbor:"7,keyasint,omitempty"`
	Credits    string `cbor:"8,keyasint,omitempty"`
	Unit       string `cbor:"9,keyasint,omitempty"`
	Framework  string `cbor:"10,keyasint,omitempty"`
	Level      string `cbor:"11,keyasint,omitempty"`
	AwardedOn  int64  `cbor:"12,keyasint,omitempty"` // yyyymmdd, 00 unknown, negative estimated
	ValidUntil uint64 `cbor:"13,keyasint,omitempty"` // seconds since 1970
	StatusList string `cbor:"14,keyasint,omitempty"` // a path means: at the issuer's own host
	// StatusIndex is one more than the position, so that absent and 0 differ.
	StatusIndex uint64 `cbor:"15,keyasint,omitempty"`
	Type        string `cbor:"16,keyasint,omitempty"`
	TypeNumber  uint64 `cbor:"17,keyasint,omitempty"` // position in types, from 1
	Field       string `cbor:"18,keyasint,omitempty"`
	Language    string `cbor:"19,keyasint,omitempty"`
	// The same as 6 and 7, where the packed form of packText is shorter.
	PackedLearner []byte `cbor:"20,keyasint,omitempty"`
	PackedTitle   []byte `cbor:"21,keyasint,omitempty"`
}

// kinds and types are tables of the format: entries are only ever added at the
// end. types holds achievement types of Open Badges 3.0.
var (
	kinds = []string{KindBadge, KindCertificate, KindTranscript, KindDecision}
	types = []string{"MicroCredential", "Course", "Certificate", "Badge", "Competency", "LearningProgram",
		"Diploma", "Degree", "BachelorDegree", "MasterDegree", "DoctoralDegree", "AssociateDegree", "CertificateOfCompletion"}
)

var multicodec = []byte{0xed, 0x01} // Ed25519 public key

// keyOf returns the key that a did:key identifier is.
func keyOf(d cairn.DID) (ed25519.PublicKey, bool) {
	value, ok := strings.CutPrefix(string(d), "did:key:")
	if !ok {
		return nil, false
	}
	pub, err := did.DecodeMultikey(value)
	return pub, err == nil
}

// origin returns https://host[:port] of a did:web identifier, else "".
func origin(d cairn.DID) string {
	address, err := did.WebURL(d)
	if err != nil {
		return ""
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return "https://" + host
}

// claimsOf checks a card and returns its claims and key identifier.
func claimsOf(c Card) (claims, []byte, error) {
	if err := check(c); err != nil {
		return claims{}, nil, err
	}
	out := claims{
		Digest: c.Digest[:], Kind: uint64(slices.Index(kinds, c.Kind) + 1), Learner: c.Learner, Title: c.Title, Unit: c.Unit,
		Framework: c.LevelFramework, Level: c.Level, Field: c.Field, Language: string(c.Language), StatusList: c.StatusList,
		StatusIndex: uint64(c.StatusIndex + 1),
	}
	if p := packText(c.Learner); p != nil {
		out.Learner, out.PackedLearner = "", p
	}
	if p := packText(c.Title); p != nil {
		out.Title, out.PackedTitle = "", p
	}
	var kid []byte
	if pub, ok := keyOf(c.Issuer); ok {
		kid = append(slices.Clone(multicodec), pub...)
	} else {
		_, fragment, _ := strings.Cut(string(c.Key), "#")
		out.Issuer, kid = string(c.Issuer), []byte(fragment)
	}
	if id, ok := uuidBytes(string(c.Credential)); ok {
		out.UUID = id
	} else {
		out.Credential = string(c.Credential)
	}
	if !c.Credits.IsZero() {
		out.Credits = c.Credits.String()
	}
	if !c.AwardedOn.IsZero() {
		out.AwardedOn = int64(c.AwardedOn.Year*10000 + int(c.AwardedOn.Month)*100 + c.AwardedOn.Day)
		if c.AwardedOn.Estimated {
			out.AwardedOn = -out.AwardedOn
		}
	}
	if !c.ValidUntil.IsZero() {
		out.ValidUntil = uint64(c.ValidUntil.Unix())
	}
	if base := origin(c.Issuer); base != "" {
		if path, ok := strings.CutPrefix(c.StatusList, base); ok && strings.HasPrefix(path, "/") {
			out.StatusList = path
		}
	}
	if n := slices.Index(types, c.AchievementType); n >= 0 {
		out.TypeNumber = uint64(n + 1)
	} else {
		out.Type = c.AchievementType
	}
	return out, kid, nil
}

// cardOf turns claims into a card, and checks it as Sign would. A card has one
// spelling in claims: anything else is refused.
func cardOf(in claims, kid []byte) (Card, error) {
	c := Card{
		Learner: in.Learner, Title: in.Title, Unit: in.Unit, LevelFramework: in.Framework, Level: in.Level,
		AchievementType: in.Type, Field: in.Field, Language: cairn.Lang(in.Language), StatusList: in.StatusList, StatusIndex: -1,
	}
	if in.PackedLearner != nil {
		c.Learner = unpackText(in.PackedLearner)
	}
	if in.PackedTitle != nil {
		c.Title = unpackText(in.PackedTitle)
	}
	if in.Issuer == "" {
		pub, ok := bytes.CutPrefix(kid, multicodec)
		if !ok || len(pub) != ed25519.PublicKeySize {
			return Card{}, invalid("papercode.key", "issuer", "the code does not name its issuer")
		}
		c.Issuer, c.Key = did.KeyFromEd25519(ed25519.PublicKey(pub))
	} else {
		c.Issuer, c.Key = cairn.DID(in.Issuer), cairn.KeyID(in.Issuer+"#"+string(kid))
	}
	if len(in.Digest) != len(c.Digest) {
		return Card{}, invalid("papercode.field", "digest", "the digest has the wrong length")
	}
	copy(c.Digest[:], in.Digest)
	if in.Kind < 1 || in.Kind > uint64(len(kinds)) {
		return Card{}, invalid("papercode.field", "kind", "the kind of document is not known")
	}
	c.Kind = kinds[in.Kind-1]
	switch {
	case len(in.UUID) == 16:
		h := hex.EncodeToString(in.UUID)
		c.Credential = cairn.CredentialID("urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
	case len(in.UUID) != 0:
		return Card{}, invalid("papercode.field", "credential", "the credential's identifier has the wrong length")
	default:
		c.Credential = cairn.CredentialID(in.Credential)
	}
	if in.Credits != "" {
		v, err := cairn.ParseCredits(in.Credits)
		if err != nil {
			return Card{}, wrap("papercode.field", "the credits are not a figure", err)
		}
		c.Credits = v
	}
	if in.AwardedOn != 0 {
		d, err := dateOf(in.AwardedOn)
		if err != nil {
			return Card{}, err
		}
		c.AwardedOn = d
	}
	if in.ValidUntil != 0 {
		if in.ValidUntil > maxTime {
			return Card{}, invalid("papercode.field", "validUntil", "the time is out of range")
		}
		c.ValidUntil = time.Unix(int64(in.ValidUntil), 0).UTC()
	}
	if strings.HasPrefix(in.StatusList, "/") {
		c.StatusList = origin(c.Issuer) + in.StatusList
	}
	if in.StatusIndex != 0 {
		if in.StatusIndex > maxIndex {
			return Card{}, invalid("papercode.field", "statusIndex", "the position is out of range")
		}
		c.StatusIndex = int(in.StatusIndex) - 1
	}
	if in.TypeNumber != 0 {
		if in.TypeNumber > uint64(len(types)) {
			return Card{}, invalid("papercode.field", "achievementType", "the type is not known")
		}
		c.AchievementType = types[in.TypeNumber-1]
	}
	again, kidAgain, err := claimsOf(c)
	if err != nil {
		return Card{}, err
	}
	if !bytes.Equal(kid, kidAgain) || !sameClaims(in, again) {
		return Card{}, invalid("papercode.cbor", "", "the code says the same in another form than the one that is allowed")
	}
	return c, nil
}

func sameClaims(a, b claims) bool {
	x, errA := encMode.Marshal(a)
	y, errB := encMode.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

const maxTime = 253402300799 // the last second of the year 9999

func dateOf(n int64) (cairn.PartialDate, error) {
	mark := ""
	if n < 0 {
		mark, n = "~", -n
	}
	if n < 1900_0000 || n > 9999_1231 {
		return cairn.PartialDate{}, invalid("papercode.field", "awardedOn", "this is not a date")
	}
	text := fmt.Sprintf("%s%04d-%02d-%02d", mark, n/10000, n/100%100, n%100)
	text = strings.TrimSuffix(strings.TrimSuffix(text, "-00"), "-00")
	d, err := cairn.ParsePartialDate(text)
	if err != nil {
		return d, wrap("papercode.field", "this is not a date", err)
	}
	return d, nil
}

// check holds for every card, written or read.
func check(c Card) error {
	if _, err := did.Parse(string(c.Issuer)); err != nil {
		return wrap("papercode.field", "the issuer is not an identifier", err)
	}
	owner, _, err := did.SplitKeyID(c.Key)
	if err != nil {
		return wrap("papercode.key", "the key is not an identifier", err)
	}
	if owner != c.Issuer {
		return invalid("papercode.key", "key", "the key is not one of the issuer's")
	}
	if strings.HasPrefix(string(c.Issuer), "did:key:") {
		pub, ok := keyOf(c.Issuer)
		if !ok {
			return invalid("papercode.key", "issuer", "the issuer is not an Ed25519 key")
		}
		if issuer, key := did.KeyFromEd25519(pub); issuer != c.Issuer || key != c.Key {
			return invalid("papercode.key", "key", "the key is not the issuer's")
		}
	}
	if c.Credential == "" || !strings.Contains(string(c.Credential), ":") || strings.Contains(string(c.Credential), " ") {
		return invalid("papercode.field", "credential", "the credential has no identifier")
	}
	if c.Digest == [32]byte{} {
		return invalid("papercode.field", "digest", "the digest of the document is missing")
	}
	if !slices.Contains(kinds, c.Kind) {
		return invalid("papercode.field", "kind", "the kind of document is not known")
	}
	if c.Learner == "" {
		return invalid("papercode.field", "learner", "the learner's name is missing")
	}
	if (c.StatusList == "") != (c.StatusIndex == -1) || c.StatusIndex < -1 || c.StatusIndex >= maxIndex {
		return invalid("papercode.field", "statusIndex", "a status list needs a position in it, from 0, and -1 stands for none")
	}
	if c.StatusList != "" && !strings.HasPrefix(c.StatusList, "https://") && !strings.HasPrefix(c.StatusList, "http://") {
		return invalid("papercode.field", "statusList", "the status list has no web address")
	}
	if c.Credits.Sign() < 0 {
		return invalid("papercode.field", "credits", "credits cannot be negative")
	}
	if d, err := cairn.ParsePartialDate(c.AwardedOn.String()); err != nil || d.IsZero() != c.AwardedOn.IsZero() || c.AwardedOn.IsZero() && c.AwardedOn != d {
		return invalid("papercode.field", "awardedOn", "this is not a date")
	}
	if u := c.ValidUntil; !u.IsZero() && (u.Unix() <= 0 || u.Unix() > maxTime || u.Nanosecond() != 0) {
		return invalid("papercode.field", "validUntil", "the time is out of range or not in whole seconds")
	}
	return checkTexts(c)
}

func checkTexts(c Card) error {
	for _, f := range []struct {
		field, text string
		limit       int
	}{
		{"issuer", string(c.Issuer), maxURL}, {"key", string(c.Key), maxURL}, {"credential", string(c.Credential), maxURL},
		{"statusList", c.StatusList, maxURL}, {"learner", c.Learner, maxName}, {"title", c.Title, maxName}, {"unit", c.Unit, maxShort},
		{"levelFramework", c.LevelFramework, maxShort}, {"level", c.Level, maxShort}, {"achievementType", c.AchievementType, maxShort},
		{"field", c.Field, maxShort}, {"language", string(c.Language), maxShort},
	} {
		if !utf8.ValidString(f.text) || utf8.RuneCountInString(f.text) > f.limit {
			return invalid("papercode.field", f.field, fmt.Sprintf("the text is longer than %d characters or malformed", f.limit))
		}
		for _, r := range f.text {
			if hidden(r) {
				return invalid("papercode.field", f.field, fmt.Sprintf("the text contains the invisible control character U+%04X", r))
			}
		}
	}
	return nil
}

// hidden tells characters that change how the text around them is shown, and
// that no name needs. The joiners U+200C and U+200D are needed by Persian and
// by Indian scripts.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

func uuidBytes(id string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(id, "urn:uuid:")
	if !ok || len(rest) != 36 || rest[8] != '-' || rest[13] != '-' || rest[18] != '-' || rest[23] != '-' || rest != strings.ToLower(rest) {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(rest, "-", ""))
	if err != nil || len(b) != 16 {
		return nil, false
	}
	return b, true
}
