package openbadges_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cairn.example/openbadges"
)

// Each change makes a valid document one that Open Badges 3.0 or CLR 2.0
// forbids, and says where the schema must find it.
func TestSchemaRefuses(t *testing.T) {
	type object = map[string]any
	subject := func(m object) object { return m["credentialSubject"].(object) }
	achievement := func(m object) object { return subject(m)["achievement"].(object) }
	for name, c := range map[string]struct {
		path   string
		change func(object)
	}{
		"one context":            {"/@context", func(m object) { m["@context"] = []any{"https://www.w3.org/ns/credentials/v2"} }},
		"contexts swapped":       {"/@context/0", func(m object) { l := m["@context"].([]any); l[0], l[1] = l[1], l[0] }},
		"version 1.1 context":    {"/@context/0", func(m object) { m["@context"].([]any)[0] = "https://www.w3.org/2018/credentials/v1" }},
		"no id":                  {"", func(m object) { delete(m, "id") }},
		"no issuer":              {"", func(m object) { delete(m, "issuer") }},
		"no validFrom":           {"", func(m object) { delete(m, "validFrom") }},
		"not a credential":       {"/type", func(m object) { m["type"] = []any{"OpenBadgeCredential"} }},
		"issuer without id":      {"/issuer", func(m object) { delete(m["issuer"].(object), "id") }},
		"issuer of another type": {"/issuer/type", func(m object) { m["issuer"].(object)["type"] = []any{"Issuer"} }},
		"date without zone":      {"/validFrom", func(m object) { m["validFrom"] = "2026-05-01T00:00:00" }},
		"awarded on a day":       {"/awardedDate", func(m object) { m["awardedDate"] = "2026-05-01" }},
		"two statuses":           {"/credentialStatus", func(m object) { m["credentialStatus"] = []any{m["credentialStatus"], m["credentialStatus"]} }},
		"status without type":    {"/credentialStatus", func(m object) { delete(m["credentialStatus"].(object), "type") }},
		"schema without id":      {"/credentialSchema/0", func(m object) { delete(m["credentialSchema"].([]any)[0].(object), "id") }},
		"evidence without type":  {"/evidence/0", func(m object) { delete(m["evidence"].([]any)[0].(object), "type") }},
		"subject type":           {"/credentialSubject/type", func(m object) { subject(m)["type"] = []any{"Person"} }},
		"no achievement":         {"/credentialSubject", func(m object) { delete(subject(m), "achievement") }},
		"credits as text":        {"/credentialSubject/creditsEarned", func(m object) { subject(m)["creditsEarned"] = "2.5" }},
		"activity on a day":      {"/credentialSubject/activityEndDate", func(m object) { subject(m)["activityEndDate"] = "2026-04-20" }},
		"identity with a name":   {"/credentialSubject/identifier/0", func(m object) { subject(m)["identifier"].([]any)[0].(object)["name"] = "x" }},
		"identity type":          {"/credentialSubject/identifier/0/identityType", func(m object) { subject(m)["identifier"].([]any)[0].(object)["identityType"] = "passport" }},
		"result type":            {"/credentialSubject/result/0/type", func(m object) { subject(m)["result"].([]any)[0].(object)["type"] = []any{"Grade"} }},
		"no criteria":            {"/credentialSubject/achievement", func(m object) { delete(achievement(m), "criteria") }},
		"no description":         {"/credentialSubject/achievement", func(m object) { delete(achievement(m), "description") }},
		"achievement type":       {"/credentialSubject/achievement/achievementType", func(m object) { achievement(m)["achievementType"] = "Diplom" }},
		"language":               {"/credentialSubject/achievement/inLanguage", func(m object) { achievement(m)["inLanguage"] = "Swahili" }},
		"name as value object":   {"/credentialSubject/achievement/name", func(m object) { achievement(m)["name"] = object{"@value": "x", "@language": "en"} }},
		"image with alt text":    {"/credentialSubject/achievement/image", func(m object) { achievement(m)["image"].(object)["alt"] = "x" }},
		"target type": {"/credentialSubject/achievement/alignment/0/targetType", func(m object) {
			achievement(m)["alignment"].([]any)[0].(object)["targetType"] = "skill"
		}},
		"result description without id": {"/credentialSubject/achievement/resultDescription/0", func(m object) {
			delete(achievement(m)["resultDescription"].([]any)[0].(object), "id")
		}},
		"creator type": {"/credentialSubject/achievement/creator/type", func(m object) { achievement(m)["creator"].(object)["type"] = []any{"Person"} }},
		"null":         {"/name", func(m object) { m["name"] = nil }},
	} {
		doc, err := award(t).Document()
		if err != nil {
			t.Fatal(err)
		}
		tree := reread(t, doc)
		c.change(tree)
		problems := openbadges.CheckSchema(tree)
		found := false
		for _, p := range problems {
			found = found || p.Path == c.path || strings.HasPrefix(p.Path, c.path+"/")
			if p.Code != "vc.schema" || p.Message == "" {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if !found {
			t.Errorf("%s: found %v, nothing at %s", name, problems, c.path)
		}
	}
}

func TestSchemaOfTranscripts(t *testing.T) {
	type object = map[string]any
	for name, change := range map[string]func(object){
		"two contexts":   func(m object) { m["@context"] = m["@context"].([]any)[:2] },
		"no name":        func(m object) { delete(m, "name") },
		"nothing inside": func(m object) { m["credentialSubject"].(object)["verifiableCredential"] = []any{} },
		"a text inside":  func(m object) { m["credentialSubject"].(object)["verifiableCredential"] = []any{"ey…"} },
		"inside without dates": func(m object) {
			delete(m["credentialSubject"].(object)["verifiableCredential"].([]any)[1].(object), "validFrom")
		},
		"association type": func(m object) {
			m["credentialSubject"].(object)["association"].([]any)[0].(object)["associationType"] = "x"
		},
		"association with id": func(m object) { m["credentialSubject"].(object)["association"].([]any)[0].(object)["id"] = "urn:x" },
		"partial as text":     func(m object) { m["partial"] = "yes" },
		"subject type":        func(m object) { m["credentialSubject"].(object)["type"] = []any{"AchievementSubject"} },
	} {
		doc, err := transcript(t).Document()
		if err != nil {
			t.Fatal(err)
		}
		tree := reread(t, doc)
		if problems := openbadges.CheckSchema(tree); len(problems) > 0 {
			t.Fatal(problems)
		}
		change(tree)
		if problems := openbadges.CheckSchema(tree); len(problems) == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSchemaOfEndorsements(t *testing.T) {
	endorsement := parse(t, `{"@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
	 "id": "urn:uuid:1", "type": ["VerifiableCredential", "EndorsementCredential"], "name": "SDE endorsement", "issuer": {"id": "did:web:ministry.example", "type": "Profile"},
	 "validFrom": "2026-01-01T00:00:00Z", "credentialSubject": {"id": "did:web:college.example", "type": ["EndorsementSubject"], "endorsementComment": "Good"}}`)
	if problems := openbadges.CheckSchema(endorsement); len(problems) > 0 {
		t.Error(problems)
	}
	delete(endorsement, "name")
	if problems := openbadges.CheckSchema(endorsement); len(problems) != 1 {
		t.Error(problems)
	}
	other := parse(t, `{"type": ["VerifiableCredential", "DriversLicence"]}`)
	if openbadges.HasSchema(other) || len(openbadges.CheckSchema(other)) != 1 {
		t.Error("a schema for driving licences?")
	}
	if openbadges.HasSchema(nil) || openbadges.HasSchema(map[string]any{"type": json.Number("1")}) {
		t.Error("a schema for nothing?")
	}
}

func TestSchemaTellsBoundedly(t *testing.T) {
	doc, err := award(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	tree := reread(t, doc)
	bad := make([]any, 5000)
	for i := range bad {
		bad[i] = json.Number("1")
	}
	tree["evidence"] = bad
	if n := len(openbadges.CheckSchema(tree)); n == 0 || n > 25 {
		t.Errorf("%d problems", n)
	}
}
