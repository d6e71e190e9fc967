package openbadges_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// key is a real Ed25519 key for tests.
type key struct{ private ed25519.PrivateKey }

func newKey(n byte) key {
	return key{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))}
}
func (k key) PublicKey() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }
func (k key) Controller() cairn.DID        { d, _ := did.KeyFromEd25519(k.PublicKey()); return d }
func (k key) KeyID() cairn.KeyID           { _, id := did.KeyFromEd25519(k.PublicKey()); return id }
func (k key) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(k.private, m), nil
}

// sign signs a document and reads it back as a verifier would.
func sign(t testing.TB, doc map[string]any, k key) map[string]any {
	t.Helper()
	signed, err := dataintegrity.Sign(context.Background(), doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: at("2026-05-02T09:30:00Z")}, k)
	if err != nil {
		t.Fatal(err)
	}
	return reread(t, signed)
}

func reread(t testing.TB, doc map[string]any) map[string]any {
	t.Helper()
	b, err := jcs.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := strictjson.ParseObject(b, strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// conforms holds a document against everything that a verifier does with it,
// except for the proof.
func conforms(t testing.TB, doc map[string]any) map[string]any {
	t.Helper()
	tree := reread(t, doc)
	for _, p := range openbadges.CheckSchema(tree) {
		t.Errorf("schema: %s", p)
	}
	if _, problems := vc.ReadCredential(tree); len(problems) > 0 {
		t.Errorf("data model: %v", problems)
	}
	if _, err := rdfc.Canonical(tree); err != nil {
		t.Errorf("canonical form: %v", err)
	}
	return tree
}

func TestBadgeDocument(t *testing.T) {
	b := award(t)
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	tree := conforms(t, doc)
	if got := tree["@context"]; !reflect.DeepEqual(got, []any{"https://www.w3.org/ns/credentials/v2",
		"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", "https://cairn.example/ns/v1"}) {
		t.Errorf("contexts %v", got)
	}
	if _, ok := tree["credentialStatus"].(map[string]any); !ok {
		t.Error("credentialStatus must be one object")
	}
	if issuer, ok := tree["issuer"].(map[string]any); !ok || !reflect.DeepEqual(issuer["type"], []any{"Profile"}) {
		t.Error("issuer must be an object of the type Profile")
	}
	if tree["awardedDate"] != "2026-05-01T00:00:00Z" || tree["validFrom"] != "2026-05-02T09:30:00Z" {
		t.Errorf("awarded %v, valid from %v", tree["awardedDate"], tree["validFrom"])
	}
	for _, member := range []string{"endorsementJwt", "jti", "partial"} {
		if jsonHas(tree, member) {
			t.Errorf("%s is used, and its meaning depends on the version of the context", member)
		}
	}
	// Ten thirds can't be written as a number; two and a half can.
	subject := tree["credentialSubject"].(map[string]any)
	if _, ok := subject["achievement"].(map[string]any)["creditsAvailable"]; ok {
		t.Error("10/3 was written as a rounded number")
	}
	if b, err := jcs.Marshal(subject["creditsEarned"]); err != nil || string(b) != "2.5" {
		t.Errorf("credits earned: %s, %v", b, err)
	}
	again, err := award(t).Document()
	if err != nil || !reflect.DeepEqual(doc, again) {
		t.Error("the same award gives two documents")
	}
}

func jsonHas(v any, member string) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if k == member || jsonHas(e, member) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if jsonHas(e, member) {
				return true
			}
		}
	}
	return false
}

func TestSmallestBadge(t *testing.T) {
	b := openbadges.Badge{ID: "urn:uuid:1", Issuer: openbadges.Issuer{DID: "did:key:z6Mk", Name: "I"},
		Achievement: cairn.Achievement{ID: "urn:uuid:2", Type: "Badge", Language: "am", Name: cairn.Text{"am": "አፈር"},
			Description: cairn.Text{"am": "መ"}, Criteria: cairn.Text{"am": "ፈ"}},
		Subject: openbadges.Subject{Identities: []openbadges.Identity{{Type: "name", Value: "አማኑኤል"}}}, AwardedOn: at("2026-05-01T00:00:00Z")}
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	tree := conforms(t, doc)
	if jsonHas(tree, "microcredential") || jsonHas(tree, "creditsEarned") || tree["validFrom"] != tree["awardedDate"] {
		t.Errorf("%v", tree)
	}
}

func TestSignedBadgeVerifies(t *testing.T) {
	doc, err := award(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	k := newKey(1)
	signed := sign(t, doc, k)
	if problems := openbadges.CheckSchema(signed); len(problems) > 0 {
		t.Error(problems)
	}
	proofs, err := dataintegrity.Proofs(signed)
	if err != nil {
		t.Fatal(err)
	}
	method := did.Method{ID: k.KeyID(), Controller: k.Controller(), PublicKey: k.PublicKey()}
	if err := dataintegrity.Verify(signed, proofs[0], method); err != nil {
		t.Error(err)
	}
}

func TestBadgeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		change func(*openbadges.Badge)
	}{
		"no id":                    {"id", func(b *openbadges.Badge) { b.ID = "" }},
		"id not absolute":          {"id", func(b *openbadges.Badge) { b.ID = "credentials/1" }},
		"id with a space":          {"id", func(b *openbadges.Badge) { b.ID = "urn:uuid:1 2" }},
		"no issuer":                {"issuer.did", func(b *openbadges.Badge) { b.Issuer.DID = "" }},
		"issuer no DID":            {"issuer.did", func(b *openbadges.Badge) { b.Issuer.DID = "https://college.example" }},
		"issuer DID URL":           {"issuer.did", func(b *openbadges.Badge) { b.Issuer.DID = "did:web:college.example#key" }},
		"issuer without name":      {"issuer.name", func(b *openbadges.Badge) { b.Issuer.Name = " " }},
		"issuer address":           {"issuer.url", func(b *openbadges.Badge) { b.Issuer.URL = "javascript:alert(1)" }},
		"issuer address with user": {"issuer.url", func(b *openbadges.Badge) { b.Issuer.URL = "https://a:b@college.example/" }},
		"creator":                  {"creator.did", func(b *openbadges.Badge) { b.Creator.DID = "x" }},
		"nobody":                   {"subject", func(b *openbadges.Badge) { b.Subject = openbadges.Subject{} }},
		"subject no DID":           {"subject.did", func(b *openbadges.Badge) { b.Subject.DID = "mailto:a@b.example" }},
		"identity type":            {"subject.identities[0].type", func(b *openbadges.Badge) { b.Subject.Identities[0].Type = "nickname" }},
		"identity value":           {"subject.identities[0].value", func(b *openbadges.Badge) { b.Subject.Identities[0].Value = "" }},
		"hash without salt":        {"subject.identities[1].salt", func(b *openbadges.Badge) { b.Subject.Identities[1].Salt = "" }},
		"hash that is none":        {"subject.identities[1].value", func(b *openbadges.Badge) { b.Subject.Identities[1].Value = "12345678" }},
		"salt without hash":        {"subject.identities[0].salt", func(b *openbadges.Badge) { b.Subject.Identities[0].Salt = "0123456789abcdef" }},
		"same identity twice":      {"subject.identities[1]", func(b *openbadges.Badge) { b.Subject.Identities[1] = b.Subject.Identities[0] }},
		"no achievement":           {"achievement.id", func(b *openbadges.Badge) { b.Achievement = cairn.Achievement{} }},
		"achievement id relative":  {"achievement.id", func(b *openbadges.Badge) { b.Achievement.ID = "/soil" }},
		"achievement type":         {"achievement.type", func(b *openbadges.Badge) { b.Achievement.Type = "Diplom" }},
		"no achievement type":      {"achievement.type", func(b *openbadges.Badge) { b.Achievement.Type = "" }},
		"no language":              {"achievement.language", func(b *openbadges.Badge) { b.Achievement.Language = "" }},
		"bad language":             {"achievement.language", func(b *openbadges.Badge) { b.Achievement.Language = "swahili!" }},
		"no name in the language":  {"achievement.name", func(b *openbadges.Badge) { delete(b.Achievement.Name, "sw") }},
		"no description":           {"achievement.description", func(b *openbadges.Badge) { b.Achievement.Description = nil }},
		"no criteria":              {"achievement.criteria", func(b *openbadges.Badge) { b.Achievement.Criteria = cairn.Text{"sw": ""} }},
		"other language bad":       {"achievement.name.EN", func(b *openbadges.Badge) { b.Achievement.Name["EN"] = "x" }},
		"other language empty":     {"achievement.name.en", func(b *openbadges.Badge) { b.Achievement.Name["en"] = "" }},
		"name over two lines":      {"achievement.name", func(b *openbadges.Badge) { b.Achievement.Name["sw"] = "a\nb" }},
		"name turned around":       {"achievement.name", func(b *openbadges.Badge) { b.Achievement.Name["sw"] = "a\u202eb" }},
		"name not UTF-8":           {"achievement.name", func(b *openbadges.Badge) { b.Achievement.Name["sw"] = "a\xff" }},
		"name with NUL":            {"achievement.name", func(b *openbadges.Badge) { b.Achievement.Name["sw"] = "a\x00" }},
		"name too long":            {"achievement.name", func(b *openbadges.Badge) { b.Achievement.Name["sw"] = strings.Repeat("a", 1001) }},
		"description too long":     {"achievement.description", func(b *openbadges.Badge) { b.Achievement.Description["sw"] = strings.Repeat("a", 20001) }},
		"outcome empty":            {"achievement.outcomes[1]", func(b *openbadges.Badge) { b.Achievement.Outcomes[1] = cairn.Text{"en": "x"} }},
		"same outcome twice":       {"achievement.outcomes[1]", func(b *openbadges.Badge) { b.Achievement.Outcomes[1] = b.Achievement.Outcomes[0] }},
		"level without framework":  {"achievement.level.framework", func(b *openbadges.Badge) { b.Achievement.Level.Framework = "" }},
		"level below zero":         {"achievement.level.value", func(b *openbadges.Badge) { b.Achievement.Level.Value = cairn.NewCredits(-1, 1) }},
		"credit without unit":      {"achievement.credit.unit", func(b *openbadges.Badge) { b.Achievement.Credit.Unit = ""; b.CreditsEarned = cairn.Credits{} }},
		"no credit": {"achievement.credit.amount", func(b *openbadges.Badge) {
			b.Achievement.Credit.Amount = cairn.Credits{}
			b.CreditsEarned = cairn.Credits{}
		}},
		"credit too fine":             {"achievement.credit.amount", func(b *openbadges.Badge) { b.Achievement.Credit.Amount = cairn.NewCredits(10000, 3001) }},
		"hours per credit below zero": {"achievement.credit.hoursPerCredit", func(b *openbadges.Badge) { b.Achievement.Credit.HoursPerCredit = cairn.NewCredits(-1, 1) }},
		"hours below zero":            {"achievement.workloadHours", func(b *openbadges.Badge) { b.Achievement.WorkloadHours = cairn.NewCredits(-1, 1) }},
		"supervision":                 {"achievement.supervision", func(b *openbadges.Badge) { b.Achievement.Supervision = "strict" }},
		"participation":               {"achievement.participation", func(b *openbadges.Badge) { b.Achievement.Participation = "x" }},
		"quality assurance of nobody": {"achievement.qualityAssurance.body", func(b *openbadges.Badge) { b.Achievement.QualityAssurance.Body = "" }},
		"quality assurance address":   {"achievement.qualityAssurance.url", func(b *openbadges.Badge) { b.Achievement.QualityAssurance.URL = "ministry.example" }},
		"tag empty":                   {"achievement.tags[0]", func(b *openbadges.Badge) { b.Achievement.Tags[0] = "" }},
		"tag twice":                   {"achievement.tags[1]", func(b *openbadges.Badge) { b.Achievement.Tags[1] = b.Achievement.Tags[0] }},
		"alignment without target":    {"achievement.alignments[0].targetUrl", func(b *openbadges.Badge) { b.Achievement.Alignments[0].TargetURL = "" }},
		"alignment that runs":         {"achievement.alignments[0].targetUrl", func(b *openbadges.Badge) { b.Achievement.Alignments[0].TargetURL = "javascript:alert(1)" }},
		"alignment without name":      {"achievement.alignments[0].targetName", func(b *openbadges.Badge) { b.Achievement.Alignments[0].TargetName = "" }},
		"alignment type":              {"achievement.alignments[0].targetType", func(b *openbadges.Badge) { b.Achievement.Alignments[0].TargetType = "skill" }},
		"image is SVG":                {"achievement.image.mediaType", func(b *openbadges.Badge) { b.Achievement.Image.MediaType = "image/svg+xml" }},
		"image is not what it says":   {"achievement.image.data", func(b *openbadges.Badge) { b.Achievement.Image.MediaType = "image/jpeg" }},
		"image empty":                 {"achievement.image.data", func(b *openbadges.Badge) { b.Achievement.Image.Data = nil }},
		"image too large": {"achievement.image.data", func(b *openbadges.Badge) {
			b.Achievement.Image.Data = append(b.Achievement.Image.Data, make([]byte, 128<<10)...)
		}},
		"never awarded":             {"awardedOn", func(b *openbadges.Badge) { b.AwardedOn = time.Time{} }},
		"awarded in the year 1":     {"awardedOn", func(b *openbadges.Badge) { b.AwardedOn = time.Date(1, 2, 1, 0, 0, 0, 0, time.UTC) }},
		"ends before it starts":     {"activityEnd", func(b *openbadges.Badge) { b.ActivityEnd = b.ActivityStart.Add(-time.Hour) }},
		"starts after the award":    {"activityStart", func(b *openbadges.Badge) { b.ActivityStart, b.ActivityEnd = b.AwardedOn.AddDate(0, 0, 1), time.Time{} }},
		"valid before the award":    {"validFrom", func(b *openbadges.Badge) { b.ValidFrom = b.AwardedOn.AddDate(0, 0, -2) }},
		"ends before it is valid":   {"validUntil", func(b *openbadges.Badge) { b.ValidUntil = b.ValidFrom }},
		"ends in the year 10000":    {"validUntil", func(b *openbadges.Badge) { b.ValidUntil = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"more earned than there is": {"creditsEarned", func(b *openbadges.Badge) { b.CreditsEarned = credits("3.5") }},
		"earned below zero":         {"creditsEarned", func(b *openbadges.Badge) { b.CreditsEarned = cairn.NewCredits(-1, 1) }},
		"earned of nothing":         {"creditsEarned", func(b *openbadges.Badge) { b.Achievement.Credit = nil }},
		"scale without grade":       {"gradeScale", func(b *openbadges.Badge) { b.Grade = "" }},
		"narrative":                 {"narrative", func(b *openbadges.Badge) { b.Narrative = strings.Repeat("x", 20001) }},
		"evidence of nothing":       {"evidence[0]", func(b *openbadges.Badge) { b.Evidence[0] = openbadges.Evidence{} }},
		"evidence address":          {"evidence[0].id", func(b *openbadges.Badge) { b.Evidence[0].ID = "file:///etc/passwd" }},
		"status without list":       {"status.list", func(b *openbadges.Badge) { b.Status.List = "" }},
		"status below zero":         {"status.index", func(b *openbadges.Badge) { b.Status.Index = -1 }},
		"name of the credential":    {"name", func(b *openbadges.Badge) { b.Name = "a\tb" }},
	} {
		b := award(t)
		c.change(&b)
		doc, err := b.Document()
		var e *cairn.Error
		if !errors.As(err, &e) || doc != nil {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if e.Field != c.field || !strings.HasPrefix(e.Code, "openbadges.") || e.Message == "" {
			t.Errorf("%s: field %q, code %q, want field %q: %v", name, e.Field, e.Code, c.field, err)
		}
		if want := map[bool]cairn.Kind{true: cairn.TooLarge, false: cairn.Invalid}[e.Code == "openbadges.too-large"]; e.Kind != want {
			t.Errorf("%s: kind %q", name, e.Kind)
		}
	}
}

func TestLists(t *testing.T) {
	b := award(t)
	b.Achievement.Tags = make([]string, 201)
	for i := range b.Achievement.Tags {
		b.Achievement.Tags[i] = "t" + strings.Repeat("x", i)
	}
	if _, err := b.Document(); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("201 tags: %v", err)
	}
}

func TestPlainNumbers(t *testing.T) {
	for in, want := range map[string]string{"1": "1", "2.5": "2.5", "10/3": "", "0.125": "0.125", "1/16": "", "1000": "1000", "20": "20", "0.01": "0.01", "2.4": "2.4", "64.6": "", "1000000": "1000000"} {
		b := award(t)
		b.Achievement.Credit.Amount, b.CreditsEarned = credits(in), cairn.Credits{}
		doc, err := b.Document()
		if err != nil {
			t.Fatal(err)
		}
		subject := conforms(t, doc)["credentialSubject"].(map[string]any)
		got := ""
		if v, ok := subject["creditsEarned"]; ok {
			b, err := jcs.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		}
		if got != want {
			t.Errorf("%s was written as %q, want %q", in, got, want)
		}
	}
}

func TestIdentityMatches(t *testing.T) {
	salt := "salt-salt-salt-salt"
	hashed := openbadges.Identity{Type: "emailAddress", Value: openbadges.HashIdentity("amina@example.org", salt), Salt: salt, Hashed: true}
	plain := openbadges.Identity{Type: "name", Value: "Amina wa Juma"}
	for _, c := range []struct {
		id    openbadges.Identity
		value string
		want  bool
	}{
		{hashed, "amina@example.org", true}, {hashed, "Amina@Example.org", true}, {hashed, "amina@example.com", false}, {hashed, "", false},
		{plain, "Amina wa Juma", true}, {plain, "amina wa juma", false}, {openbadges.Identity{}, "", false},
		{openbadges.Identity{Type: "name", Hashed: true, Value: "md5$900150983cd24fb0d6963f7d28e17f72"}, "abc", true},
		{openbadges.Identity{Type: "name", Hashed: true, Value: "sha256$BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"}, "abc", true},
		{openbadges.Identity{Type: "name", Hashed: true, Value: "sha1$a9993e364706816aba3e25717850c26c9cd0d89d"}, "abc", false},
		{openbadges.Identity{Type: "name", Hashed: true, Value: "abc"}, "abc", false},
	} {
		if got := c.id.Matches(c.value); got != c.want {
			t.Errorf("%+v matches %q: %t", c.id, c.value, got)
		}
	}
}

func TestStatusIsOneObject(t *testing.T) {
	b := award(t)
	b.Status = &statuslist.Entry{Purpose: "revocation", Index: 3, List: "https://college.example/status/1"}
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	entry, err := statuslist.ReadEntry(doc["credentialStatus"].(map[string]any))
	if err != nil || !reflect.DeepEqual(entry, *b.Status) {
		t.Errorf("%+v, %v", entry, err)
	}
}

func TestAwardedDateIsTheDayOnTheWall(t *testing.T) {
	for _, c := range []struct{ awarded, want, from string }{
		{"2026-05-01T00:00:00+03:00", "2026-05-01", "2026-04-30T21:00:00Z"},
		{"2026-05-01T23:59:00-05:00", "2026-05-01", "2026-05-02T04:59:00Z"},
		{"2026-05-01T15:00:00Z", "2026-05-01", "2026-05-01T15:00:00Z"},
	} {
		b := award(t)
		b.AwardedOn, b.ValidFrom = at(c.awarded), time.Time{}
		doc, err := b.Document()
		if err != nil {
			t.Fatal(err)
		}
		f, err := openbadges.Read(conforms(t, doc))
		if err != nil || f.AwardedOn.String() != c.want || doc["validFrom"] != c.from {
			t.Errorf("%s: awarded on %s, valid from %v, %v", c.awarded, f.AwardedOn, doc["validFrom"], err)
		}
	}
}
