package openbadges_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/strictjson"
)

// equalFacts compares what can't be compared with ==, such as exact figures.
func equalFacts(t interface{ Errorf(string, ...any) }, got, want any) {
	a, err := json.Marshal(got)
	b, err2 := json.Marshal(want)
	if err != nil || err2 != nil || string(a) != string(b) {
		t.Errorf("got  %s\nwant %s\n%v %v", a, b, err, err2)
	}
}

// back compares everything that a badge says with what is read from it.
func back(t interface {
	Errorf(string, ...any)
	Fatal(...any)
}, b openbadges.Badge, f openbadges.Facts) {
	want := b.Achievement
	want.Institution = ""
	equalFacts(t, f.Achievement(), want)
	earned := b.CreditsEarned
	if earned.IsZero() && b.Achievement.Credit != nil {
		earned = b.Achievement.Credit.Amount
	}
	name := b.Name
	if name == "" {
		name = b.Achievement.Name[b.Achievement.Language]
	}
	from := b.ValidFrom
	if from.IsZero() {
		from = b.AwardedOn
	}
	var creator openbadges.Issuer
	if b.Creator != nil {
		creator = *b.Creator
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"id", f.CredentialID, string(b.ID)}, {"name", f.CredentialName, name},
		{"issuer", openbadges.Issuer{DID: cairn.DID(f.Issuer), Name: f.IssuerName, URL: f.IssuerURL}, b.Issuer},
		{"creator", [2]string{f.Creator, f.CreatorName}, [2]string{string(creator.DID), creator.Name}},
		{"subject", cairn.DID(f.SubjectID), b.Subject.DID}, {"earned", f.CreditsEarned.String(), earned.String()},
		{"awarded", f.AwardedOn.String(), b.AwardedOn.UTC().Format("2006-01-02")},
		{"from", f.ValidFrom.Unix(), from.Unix()}, {"until", f.ValidUntil.Unix(), b.ValidUntil.Unix()},
		{"start", f.ActivityStart.Unix(), b.ActivityStart.Unix()}, {"end", f.ActivityEnd.Unix(), b.ActivityEnd.Unix()},
		{"grade", [2]string{f.Grade, f.GradeScale}, [2]string{b.Grade, b.GradeScale}}, {"narrative", f.Narrative, b.Narrative},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if !slices.Equal(f.Identities, b.Subject.Identities) || !slices.Equal(f.Evidence, b.Evidence) {
		t.Errorf("identities %v, evidence %v", f.Identities, f.Evidence)
	}
}

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	b := award(t)
	doc, err := b.Document()
	if err != nil {
		t.Fatal(err)
	}
	f, err := openbadges.Read(sign(t, doc, newKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	back(t, b, f)
}

// badges draws awards of every shape that Document accepts.
func badges() *rapid.Generator[openbadges.Badge] {
	return rapid.Custom(func(t *rapid.T) openbadges.Badge {
		text := rapid.StringMatching(`[ -~à-ÿА-яع-ي]{0,20}[A-Za-zक-ह]`)
		langs := []cairn.Lang{"en", "sw", "fr-CI", "ar", "hi", "zh-Hant", "es-419"}
		lang := rapid.SampledFrom(langs).Draw(t, "lang")
		texts := func(name string) cairn.Text {
			out := cairn.Text{lang: text.Draw(t, name)}
			for _, l := range rapid.SliceOfN(rapid.SampledFrom(langs), 0, 3).Draw(t, name+" languages") {
				out[l] = text.Draw(t, name)
			}
			return out
		}
		amount := rapid.Custom(func(t *rapid.T) cairn.Credits {
			return cairn.NewCredits(rapid.Int64Range(1, 5000).Draw(t, "n"), rapid.Int64Range(1, 40).Draw(t, "d"))
		})
		maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
		optional := func(name string) string {
			if maybe(name + "?") {
				return text.Draw(t, name)
			}
			return ""
		}
		distinct := func(name string) []string {
			list := rapid.SliceOfNDistinct(text, 0, 3, rapid.ID[string]).Draw(t, name)
			if len(list) == 0 {
				return nil
			}
			return list
		}
		b := openbadges.Badge{
			ID:        cairn.CredentialID(rapid.StringMatching(`urn:uuid:[0-9a-f]{8}`).Draw(t, "id")),
			Issuer:    openbadges.Issuer{DID: "did:web:a.example", Name: text.Draw(t, "issuer")},
			AwardedOn: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "awarded"), 0).UTC(),
			Name:      optional("name"), Narrative: optional("narrative"), Grade: optional("grade"),
		}
		if b.Grade != "" {
			b.GradeScale = optional("scale")
		}
		a := cairn.Achievement{ID: cairn.AchievementID(rapid.SampledFrom([]string{"https://a.example/x", "urn:uuid:77", "https://a.example/x#y"}).Draw(t, "achievement")),
			Type: rapid.SampledFrom([]string{"MicroCredential", "Course", "Diploma", "ext:Short-Course.1"}).Draw(t, "type"), Language: lang,
			Name: texts("title"), Description: texts("description"), Criteria: texts("criteria"), Version: optional("version"),
			AssessmentType: optional("assessment"), Supervision: rapid.SampledFrom([]string{"", "onsite", "online", "none"}).Draw(t, "supervision"),
			Participation:   rapid.SampledFrom([]string{"", "onsite", "online", "blended"}).Draw(t, "participation"),
			IdentityChecked: maybe("checked"), FieldOfStudy: optional("field"), Tags: distinct("tags")}
		for i, o := range distinct("outcomes") {
			outcome := texts(fmt.Sprint("outcome ", i))
			outcome[lang] = o
			a.Outcomes = append(a.Outcomes, outcome)
		}
		for _, name := range distinct("alignments") {
			a.Alignments = append(a.Alignments, cairn.Alignment{TargetName: name, TargetURL: "urn:x:1", TargetCode: optional("code")})
		}
		if maybe("credit") {
			a.Credit = &cairn.CreditValue{Amount: amount.Draw(t, "amount"), Unit: text.Draw(t, "unit")}
			if maybe("hours") {
				a.Credit.HoursPerCredit = amount.Draw(t, "hours per credit")
			}
			if maybe("part") {
				b.CreditsEarned = a.Credit.Amount.Div(cairn.WholeCredits(rapid.Int64Range(1, 20).Draw(t, "divisor")))
			}
		}
		if maybe("level") {
			a.Level = &cairn.Level{Framework: text.Draw(t, "framework"), Value: amount.Draw(t, "level value")}
		}
		if maybe("workload") {
			a.WorkloadHours = amount.Draw(t, "workload")
		}
		if maybe("quality") {
			a.QualityAssurance = &cairn.QualityAssurance{Body: text.Draw(t, "body")}
		}
		b.Achievement = a
		b.Subject.DID = cairn.DID(rapid.SampledFrom([]string{"", "did:key:z6Mk"}).Draw(t, "subject"))
		if b.Subject.DID == "" || maybe("identity") {
			b.Subject.Identities = []openbadges.Identity{{Type: "name", Value: text.Draw(t, "learner")},
				{Type: "ext:number", Value: openbadges.HashIdentity("1", "0123456789abcdef"), Salt: "0123456789abcdef", Hashed: true}}
		}
		if maybe("until") {
			b.ValidUntil = b.AwardedOn.AddDate(5, 0, 0)
		}
		if maybe("activity") {
			b.ActivityStart, b.ActivityEnd = b.AwardedOn.AddDate(-1, 0, 0), b.AwardedOn
		}
		if maybe("creator") {
			b.Creator = &openbadges.Issuer{DID: "did:web:b.example", Name: text.Draw(t, "creator name")}
		}
		return b
	})
}

func TestRoundTripProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := badges().Draw(t, "badge")
		doc, err := b.Document()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := jcs.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := strictjson.ParseObject(raw, strictjson.Default)
		if err != nil {
			t.Fatal(err)
		}
		if problems := openbadges.CheckSchema(tree); len(problems) > 0 {
			t.Fatal(problems)
		}
		if _, err := rdfc.Canonical(tree); err != nil {
			t.Fatal(err)
		}
		f, err := openbadges.Read(tree)
		if err != nil {
			t.Fatal(err)
		}
		back(t, b, f)
	})
}

// A badge as other issuers write it: no extension, single values, language maps.
const foreign = `{
 "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
 "id": "https://1edtech.example/credentials/3732", "type": ["VerifiableCredential", "OpenBadgeCredential"], "name": "Badge",
 "issuer": {"id": "https://1edtech.example/issuers/876543", "type": ["Profile"], "name": "Example Corp"},
 "validFrom": "2020-01-01T00:30:00+03:00",
 "credentialSubject": {"id": "did:example:ebfe", "type": "AchievementSubject", "creditsEarned": 2.3333333,
  "result": {"type": ["Result"], "value": "A", "resultDescription": "urn:r"},
  "achievement": {"id": "https://1edtech.example/a/1", "type": ["Achievement"], "achievementType": "Course", "creditsAvailable": 1e1,
   "name": {"de": "Grundkurs", "en": "Basic course"}, "description": "d", "criteria": {"id": "https://1edtech.example/criteria"},
   "tag": "basics", "creator": "https://1edtech.example/issuers/1", "image": {"id": "https://1edtech.example/image.png", "type": "Image"},
   "resultDescription": {"id": "urn:r", "type": ["ResultDescription"], "name": "Final", "resultType": "LetterGrade"},
   "alignment": {"type": ["Alignment"], "targetName": "EQF Level 5", "targetUrl": "https://ec.example/eqf", "targetFramework": "European Qualifications Framework", "targetCode": "5"},
   "microcredential": {"credit": "somebody else's"}}}}`

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	tree, err := strictjson.ParseObject([]byte(text), strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestReadForeignBadge(t *testing.T) {
	f, err := openbadges.Read(parse(t, foreign))
	if err != nil {
		t.Fatal(err)
	}
	if f.Credit != nil || f.CreditsEarned.String() != "2333/1000" {
		t.Errorf("credit %v, earned %s: a unit was made up, or the figure rounded up", f.Credit, f.CreditsEarned)
	}
	if f.Level == nil || f.Level.Framework != "EQF" || f.Level.Value.String() != "5" {
		t.Errorf("level %+v", f.Level)
	}
	if f.AchievementName != "Basic course" || f.Criteria != "https://1edtech.example/criteria" || f.Creator != "https://1edtech.example/issuers/1" ||
		!slices.Equal(f.Tags, []string{"basics"}) || f.Grade != "A" || f.GradeScale != "Final" {
		t.Errorf("%+v", f)
	}
	if f.AwardedOn.String() != "2020-01-01" {
		t.Errorf("awarded on %s: the day where the issuer is was lost", f.AwardedOn)
	}
	if f.Image != nil {
		t.Error("a picture from elsewhere became a fact")
	}
}

func TestLevelFromAlignment(t *testing.T) {
	for _, c := range []struct{ framework, code, name, want string }{
		{"EQF", "5", "x", "EQF 5"}, {"eqf", "", "Level 6", "eqf 6"}, {"NSQF", "4.5", "x", "NSQF 9/2"},
		{"National Qualifications Framework of Kenya", "KNQF 5", "x", "National Qualifications Framework of Kenya 5"},
		{"ESCO", "5", "Level 5", ""}, {"", "5", "EQF level 5", ""}, {"EQF", "five", "x", ""}, {"EQF", "2024", "x", ""},
		{"European Qualification Framework", "LEVEL-4", "", "EQF 4"},
	} {
		tree := parse(t, foreign)
		achievement := tree["credentialSubject"].(map[string]any)["achievement"].(map[string]any)
		achievement["alignment"] = []any{map[string]any{"type": "Alignment", "targetName": c.name, "targetUrl": "urn:x", "targetFramework": c.framework, "targetCode": c.code}}
		f, err := openbadges.Read(tree)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if f.Level != nil {
			got = f.Level.Framework + " " + f.Level.Value.String()
		}
		if got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
		// A second, different level makes the first one doubtful.
		achievement["alignment"] = append(achievement["alignment"].([]any), map[string]any{"type": "Alignment", "targetName": "x", "targetUrl": "urn:x", "targetFramework": "SCQF", "targetCode": "9"})
		if f, err := openbadges.Read(tree); err != nil || c.want != "" && f.Level != nil {
			t.Errorf("%+v: two levels gave %+v, %v", c, f.Level, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	signed := func() map[string]any {
		doc, err := award(t).Document()
		if err != nil {
			t.Fatal(err)
		}
		return reread(t, doc)
	}
	subject := func(m map[string]any) map[string]any { return m["credentialSubject"].(map[string]any) }
	achievement := func(m map[string]any) map[string]any { return subject(m)["achievement"].(map[string]any) }
	extension := func(m map[string]any) map[string]any {
		return achievement(m)["microcredential"].(map[string]any)
	}
	for name, c := range map[string]struct {
		field  string
		change func(map[string]any)
	}{
		"not a badge":          {"/type", func(m map[string]any) { m["type"] = []any{"VerifiableCredential"} }},
		"no id":                {"/id", func(m map[string]any) { delete(m, "id") }},
		"id is a number":       {"/id", func(m map[string]any) { m["id"] = json.Number("1") }},
		"two subjects":         {"/credentialSubject", func(m map[string]any) { m["credentialSubject"] = []any{subject(m), subject(m)} }},
		"no achievement":       {"/credentialSubject/achievement", func(m map[string]any) { delete(subject(m), "achievement") }},
		"no achievement name":  {"/credentialSubject/achievement/name", func(m map[string]any) { delete(achievement(m), "name") }},
		"name is a list":       {"/credentialSubject/achievement/name", func(m map[string]any) { achievement(m)["name"] = []any{"x"} }},
		"credits are a text":   {"/credentialSubject/creditsEarned", func(m map[string]any) { subject(m)["creditsEarned"] = "3" }},
		"credits below zero":   {"/credentialSubject/creditsEarned", func(m map[string]any) { subject(m)["creditsEarned"] = json.Number("-3") }},
		"credits too many":     {"/credentialSubject/creditsEarned", func(m map[string]any) { subject(m)["creditsEarned"] = json.Number("1e300") }},
		"two figures":          {"/credentialSubject/creditsEarned", func(m map[string]any) { subject(m)["creditsEarned"] = json.Number("25") }},
		"two units":            {"/credentialSubject/creditEarned/unit", func(m map[string]any) { subject(m)["creditEarned"].(map[string]any)["unit"] = "ECTS" }},
		"amount is a number":   {"/credentialSubject/achievement/microcredential/credit/amount", func(m map[string]any) { extension(m)["credit"].(map[string]any)["amount"] = json.Number("3") }},
		"amount is no figure":  {"/credentialSubject/achievement/microcredential/credit/amount", func(m map[string]any) { extension(m)["credit"].(map[string]any)["amount"] = "-1" }},
		"credit without unit":  {"/credentialSubject/achievement/microcredential/credit/unit", func(m map[string]any) { delete(extension(m)["credit"].(map[string]any), "unit") }},
		"level is a text":      {"/credentialSubject/achievement/microcredential/level", func(m map[string]any) { extension(m)["level"] = "5" }},
		"checked is a text":    {"/credentialSubject/achievement/microcredential/identityChecked", func(m map[string]any) { extension(m)["identityChecked"] = "yes" }},
		"hashed is a text":     {"/credentialSubject/identifier/0/hashed", func(m map[string]any) { subject(m)["identifier"].([]any)[0].(map[string]any)["hashed"] = "false" }},
		"bad time":             {"/validFrom", func(m map[string]any) { m["validFrom"] = "yesterday" }},
		"tags of numbers":      {"/credentialSubject/achievement/tag/0", func(m map[string]any) { achievement(m)["tag"] = []any{json.Number("1")} }},
		"other language wrong": {"/credentialSubject/achievement/microcredential/nameIn/english!", func(m map[string]any) { extension(m)["nameIn"] = map[string]any{"english!": "x"} }},
	} {
		tree := signed()
		c.change(tree)
		f, err := openbadges.Read(tree)
		var e *cairn.Error
		if !errors.As(err, &e) || e.Field != c.field || e.Kind != cairn.Invalid {
			t.Errorf("%s: got %v, want field %s", name, err, c.field)
		}
		if !reflect.DeepEqual(f, openbadges.Facts{}) {
			t.Errorf("%s: facts came with the error", name)
		}
	}
	if _, err := openbadges.Read(nil); err == nil {
		t.Error("nothing was read as a badge")
	}
}

func FuzzRead(f *testing.F) {
	doc, err := award(f).Document()
	if err != nil {
		f.Fatal(err)
	}
	b, err := jcs.Marshal(doc)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(foreign)
	f.Add(strings.ReplaceAll(foreign, `"AchievementSubject"`, `{"a":[null]}`))
	doc, err = transcript(f).Document()
	if err != nil {
		f.Fatal(err)
	}
	if b, err = jcs.Marshal(doc); err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Fuzz(bounds.Each(func(t *testing.T, text string) {
		tree, err := strictjson.ParseObject([]byte(text), strictjson.Default)
		if err != nil {
			return
		}
		before, err := jcs.Marshal(tree)
		if err != nil {
			return // a number that can't be written
		}
		facts, err := openbadges.Read(tree)
		if err != nil && cairn.KindOf(err) != cairn.Invalid {
			t.Fatalf("kind %q: %v", cairn.KindOf(err), err)
		}
		if err == nil {
			facts.Achievement()
		}
		if _, err := openbadges.ReadTranscript(tree); err != nil && cairn.KindOf(err) != cairn.Invalid {
			t.Fatalf("kind %q: %v", cairn.KindOf(err), err)
		}
		openbadges.CheckSchema(tree)
		if after, err := jcs.Marshal(tree); err != nil || string(after) != string(before) {
			t.Fatal("reading changed the document")
		}
	}))
}

func TestFactsOwnTheirTexts(t *testing.T) {
	doc, err := award(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	f, err := openbadges.Read(reread(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	a := f.Achievement()
	before := maps.Clone(f.NameIn)
	a.Name["xx"] = "changed"
	if !maps.Equal(f.NameIn, before) {
		t.Error("changing the achievement changed the facts")
	}
}
