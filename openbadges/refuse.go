package openbadges

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"image/png"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/jcs"
)

// The codes of the errors of this package.
const (
	codeMissing       = "openbadges.missing"       // a field that must be there is not
	codeMalformed     = "openbadges.malformed"     // a field has a value that it can't have
	codeContradiction = "openbadges.contradiction" // two fields can't both be true
	codeTooLarge      = "openbadges.too-large"     // over a declared limit
	codeType          = "openbadges.type"          // a member of a document that is read has the wrong JSON type
)

func refuse(code, field, format string, args ...any) error {
	kind := cairn.Invalid
	if code == codeTooLarge {
		kind = cairn.TooLarge
	}
	return &cairn.Error{Kind: kind, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// languageTag is what the official schema accepts for inLanguage: the usual
// shapes of BCP 47, language, script and region.
var languageTag = regexp.MustCompile(`^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

func checkLang(field string, l cairn.Lang) error {
	if l == "" {
		return refuse(codeMissing, field, "the language is missing")
	}
	if !languageTag.MatchString(string(l)) {
		return refuse(codeMalformed, field, "%.40q is not a language tag such as en, fr-CI or zh-Hant", string(l))
	}
	return nil
}

// checkURI refuses what RDF would not take as an absolute identifier: a proof
// would then not cover it.
func checkURI(field, s string) error {
	if s == "" {
		return refuse(codeMissing, field, "the identifier is missing")
	}
	if len(s) > maxURI {
		return refuse(codeTooLarge, field, "the identifier has %d bytes; at most %d are accepted", len(s), maxURI)
	}
	if !absoluteURI(s) {
		return refuse(codeMalformed, field, "%.120q is not an absolute identifier such as https://… or urn:uuid:…", s)
	}
	return nil
}

func absoluteURI(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || !utf8.ValidString(s) {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= 0x20 || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) }) {
		return false
	}
	return u.Host != "" || u.Opaque != "" && u.Scheme != "https" && u.Scheme != "http"
}

// checkWeb accepts what a page may show as a link: http and https, without user
// names and passwords.
func checkWeb(field, s string) error {
	if err := checkURI(field, s); err != nil {
		return err
	}
	if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return refuse(codeMalformed, field, "%.120q is not a web address", s)
	}
	return nil
}

// checkLink accepts any identifier but those that a browser would run or read
// from the local machine.
func checkLink(field, s string) error {
	if err := checkURI(field, s); err != nil {
		return err
	}
	if u, err := url.Parse(s); err != nil || slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob"}, u.Scheme) {
		return refuse(codeMalformed, field, "%.120q is not an address that may be linked to", s)
	}
	return nil
}

func checkDID(field string, d cairn.DID) error {
	if err := checkURI(field, string(d)); err != nil {
		return err
	}
	parts := strings.SplitN(string(d), ":", 3)
	if len(parts) != 3 || parts[0] != "did" || parts[1] == "" || parts[2] == "" || strings.ContainsAny(parts[2], "/?#") {
		return refuse(codeMalformed, field, "%.120q is not a DID", string(d))
	}
	return nil
}

// checkName is for one line of text: a name or a title.
func checkName(field, s string) error {
	if err := checkText(field, s, maxName); err != nil {
		return err
	}
	if strings.ContainsAny(s, "\n\t") {
		return refuse(codeMalformed, field, "the text must be on one line")
	}
	return nil
}

// checkText refuses text that is empty, too long, or holds characters that are
// invisible or turn the text around: what is signed must look like what it says.
func checkText(field, s string, limit int) error {
	if strings.TrimSpace(s) == "" {
		return refuse(codeMissing, field, "the text is missing")
	}
	if len(s) > limit {
		return refuse(codeTooLarge, field, "the text has %d bytes; at most %d are accepted", len(s), limit)
	}
	if !utf8.ValidString(s) {
		return refuse(codeMalformed, field, "the text is not valid UTF-8")
	}
	for _, r := range s {
		switch {
		case r < 0x20 && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0, r == 0xfeff,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef:
			return refuse(codeMalformed, field, "the text holds the invisible character U+%04X", r)
		}
	}
	return nil
}

func optional(check func(field, s string) error, field, s string) error {
	if s == "" {
		return nil
	}
	return check(field, s)
}

func narrative(field, s string) error { return checkText(field, s, maxText) }

// checkTexts holds every language of t against check and returns the text in
// the main language and the others.
func checkTexts(field string, t cairn.Text, main cairn.Lang, check func(field, s string) error) (string, map[string]any, error) {
	if len(t) > maxLanguages {
		return "", nil, refuse(codeTooLarge, field, "there are %d languages; at most %d are accepted", len(t), maxLanguages)
	}
	s, ok := t[main]
	if !ok {
		return "", nil, refuse(codeMissing, field, "there is no text in the language %q of the achievement", string(main))
	}
	if err := check(field, s); err != nil {
		return "", nil, err
	}
	var others map[string]any
	for _, l := range sortedLangs(t) {
		if l == main {
			continue
		}
		at := field + "." + string(l)
		if err := checkLang(at, l); err != nil {
			return "", nil, err
		}
		if err := check(at, t[l]); err != nil {
			return "", nil, err
		}
		if others == nil {
			others = map[string]any{}
		}
		others[string(l)] = t[l]
	}
	return s, others, nil
}

func sortedLangs(t cairn.Text) []cairn.Lang {
	langs := make([]cairn.Lang, 0, len(t))
	for l := range t {
		langs = append(langs, l)
	}
	slices.Sort(langs)
	return langs
}

// checkTime keeps dates in the range that people and formats agree on.
func checkTime(field string, t time.Time) error {
	if t.IsZero() {
		return refuse(codeMissing, field, "the date is missing")
	}
	if y := t.UTC().Year(); y < 1900 || y > 9999 {
		return refuse(codeMalformed, field, "the year %d is out of range", y)
	}
	return nil
}

// achievementTypes is the enumeration AchievementType of Open Badges 3.0;
// others start with ext:.
var achievementTypes = []string{"Achievement", "ApprenticeshipCertificate", "Assessment", "Assignment", "AssociateDegree",
	"Award", "Badge", "BachelorDegree", "Certificate", "CertificateOfCompletion", "Certification", "CommunityService",
	"Competency", "Course", "CoCurricular", "Degree", "Diploma", "DoctoralDegree", "Fieldwork",
	"GeneralEducationDevelopment", "JourneymanCertificate", "LearningProgram", "License", "Membership",
	"ProfessionalDoctorate", "QualityAssuranceCredential", "MasterCertificate", "MasterDegree", "MicroCredential",
	"ResearchDoctorate", "SecondarySchoolDiploma"}

// alignmentTypes is the enumeration AlignmentTargetType of Open Badges 3.0.
var alignmentTypes = []string{"ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion",
	"CFRubricCriterionLevel", "CTDL"}

// identityTypes is the enumeration IdentifierTypeEnum of Open Badges 3.0.
var identityTypes = []string{"name", "sourcedId", "systemId", "productId", "userName", "accountId", "emailAddress",
	"nationalIdentityNumber", "isbn", "issn", "lisSourcedId", "oneRosterSourcedId", "sisSourcedId", "ltiContextId",
	"ltiDeploymentId", "ltiToolId", "ltiPlatformId", "ltiUserId", "identifier"}

var extensionType = regexp.MustCompile(`^ext:[a-zA-Z0-9._-]{1,100}$`)

func checkEnum(field, s string, known []string) error {
	if s == "" {
		return refuse(codeMissing, field, "the type is missing")
	}
	if !slices.Contains(known, s) && !extensionType.MatchString(s) {
		return refuse(codeMalformed, field, "%.60q is neither a type of the standard nor one of your own that starts with ext:", s)
	}
	return nil
}

func checkOneOf(field, s string, known ...string) error {
	if s != "" && !slices.Contains(known, s) {
		return refuse(codeMalformed, field, "%.60q is not one of %s", s, strings.Join(known, ", "))
	}
	return nil
}

// checkImage accepts small PNG and JPEG pictures whose bytes are what their
// type says. Other formats can carry scripts or load from elsewhere.
func checkImage(field string, img *cairn.Image) error {
	if len(img.Data) == 0 {
		return refuse(codeMissing, field+".data", "the picture is empty")
	}
	if len(img.Data) > maxImage {
		return refuse(codeTooLarge, field+".data", "the picture has %d bytes; at most %d are accepted", len(img.Data), maxImage)
	}
	var width, height int
	switch img.MediaType {
	case "image/png":
		c, err := png.DecodeConfig(bytes.NewReader(img.Data))
		if err != nil {
			return refuse(codeMalformed, field+".data", "the picture is not a PNG: %v", err)
		}
		width, height = c.Width, c.Height
	case "image/jpeg":
		c, err := jpeg.DecodeConfig(bytes.NewReader(img.Data))
		if err != nil {
			return refuse(codeMalformed, field+".data", "the picture is not a JPEG: %v", err)
		}
		width, height = c.Width, c.Height
	default:
		return refuse(codeMalformed, field+".mediaType", "%.60q is not accepted; use image/png or image/jpeg", img.MediaType)
	}
	if width > maxPixels || height > maxPixels {
		return refuse(codeTooLarge, field+".data", "the picture has %d × %d pixels; at most %d each way are accepted", width, height, maxPixels)
	}
	return optional(checkName, field+".caption", img.Caption)
}

// checkDistinct refuses equal members of a list. They say nothing twice, and in
// RDF equal unnamed objects can't be told apart, which makes canonicalisation
// expensive.
func checkDistinct(field string, list []any) error { return checkDistinctUpTo(field, list, maxList) }

func checkDistinctUpTo(field string, list []any, limit int) error {
	if len(list) > limit {
		return refuse(codeTooLarge, field, "there are %d entries; at most %d are accepted", len(list), limit)
	}
	seen := map[string]int{}
	for i, e := range list {
		b, err := jcs.Marshal(e)
		if err != nil {
			return fmt.Errorf("%s[%d]: %w", field, i, err)
		}
		if j, ok := seen[string(b)]; ok {
			return refuse(codeContradiction, fmt.Sprintf("%s[%d]", field, i), "it is the same as entry %d", j)
		}
		seen[string(b)] = i
	}
	return nil
}
