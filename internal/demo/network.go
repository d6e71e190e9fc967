package demo

import (
	"fmt"
	"strings"

	"cairn.example"
	"cairn.example/examples"
	"cairn.example/internal/recognise"
	"cairn.example/internal/trust"
)

// The institutions of the demo network. They are invented.
const (
	ministry   = cairn.InstitutionID("lake-region")
	college    = cairn.InstitutionID("college")
	ngo        = cairn.InstitutionID("gyan-setu")
	university = cairn.InstitutionID("university")
)

func institutions() []cairn.Institution {
	return []cairn.Institution{
		{ID: ministry, Name: cairn.Text{"en": "Lake Region Skills Authority", "sw": "Mamlaka ya Stadi ya Kanda ya Ziwa", "fr": "Autorité des compétences de la région des lacs"}, Country: "UG", Language: "en"},
		{ID: college, Name: cairn.Text{"en": "Lakeside Technical College", "sw": "Chuo cha Ufundi cha Kando ya Ziwa"}, Country: "KE", Language: "en"},
		{ID: ngo, Name: cairn.Text{"hi": "ज्ञान सेतु", "en": "Gyan Setu Training Trust"}, Country: "IN", Language: "hi"},
		{ID: university, Name: cairn.Text{"fr": "Université des Hauts Plateaux", "en": "University of the High Plains"}, Country: "RW", Language: "en"},
	}
}

// texts are what a module of the demo says of itself.
type module struct {
	institution cairn.InstitutionID
	slug        string
	kind        string
	name        cairn.Text
	language    cairn.Lang
	credits     string
	unit        string
	hours       int64
	framework   string
	level       string
	field       string
	tags        []string
	assessment  string
	day         string // of Amina's award; empty when she has none yet
}

// modules are what can be earned in the demo network. Those with a day are what
// Amina has earned, in the order of the worked example in the design.
var modules = []module{
	{college, "soil-and-water", "MicroCredential", cairn.Text{"en": "Soil and water", "sw": "Udongo na maji"}, "en", "4", "ECTS", 25, "KNQF", "6", "", []string{"soil-water"}, "practical test", "2025-05-10"},
	{university, "crop-health", "MicroCredential", cairn.Text{"en": "Crop health", "fr": "Santé des cultures"}, "en", "6", "credits", 10, "EQF", "5", "AGRI", []string{"crop-health"}, "written test", "2024-06-01"},
	{university, "soil-laboratory", "MicroCredential", cairn.Text{"en": "Soil laboratory", "fr": "Laboratoire des sols"}, "en", "6", "credits", 10, "EQF", "5", "AGRI", []string{"soil"}, "laboratory work", "2024-07-01"},
	{ngo, "digital-literacy", "MicroCredential", cairn.Text{"hi": "डिजिटल साक्षरता", "en": "Digital literacy"}, "hi", "4", "credits", 10, "NSQF", "4.5", "ICT", []string{"digital-literacy"}, "practical test", "2019-03-15"},
	{ngo, "spreadsheets", "MicroCredential", cairn.Text{"hi": "स्प्रेडशीट", "en": "Spreadsheets"}, "hi", "4", "credits", 10, "NSQF", "4.5", "ICT", []string{"spreadsheets"}, "practical test", "2025-02-01"},
	{university, "mobile-money", "MicroCredential", cairn.Text{"en": "Mobile money", "fr": "Argent mobile"}, "en", "4", "credits", 10, "EQF", "5", "ICT", []string{"mobile-money"}, "written test", "2025-09-01"},
	{college, "farm-business", "MicroCredential", cairn.Text{"en": "Farm business", "sw": "Biashara ya kilimo"}, "en", "8", "KCATS", 10, "KNQF", "6", "BUS", []string{"business"}, "business plan", "2023-04-01"},
	{university, "community-practice", "MicroCredential", cairn.Text{"en": "Community practice", "fr": "Pratique communautaire"}, "en", "6", "credits", 10, "EQF", "5", "", []string{"community-practice"}, recognise.AssessmentRPL, "2026-02-01"},
	{college, "agroforestry", "MicroCredential", cairn.Text{"en": "Agroforestry", "sw": "Kilimo mseto"}, "en", "8", "KCATS", 10, "KNQF", "6", "AGRI", []string{"agroforestry"}, "portfolio", "2021-08-15"},
	{university, "capstone", "MicroCredential", cairn.Text{"en": "Capstone project", "fr": "Projet final"}, "en", "12", "credits", 10, "EQF", "5", "AGRI", []string{"capstone"}, "project with defence", ""},
	{university, "diploma-sustainable-agriculture", "Diploma", cairn.Text{"en": "Diploma in Sustainable Agriculture", "fr": "Diplôme en agriculture durable"}, "en", "60", "credits", 10, "EQF", "5", "AGRI", nil, "", ""},
	{college, "first-aid", "MicroCredential", cairn.Text{"en": "First aid on the farm", "sw": "Huduma ya kwanza shambani"}, "en", "1", "KCATS", 10, "KNQF", "5", "AGRI", []string{"first-aid"}, "practical test", ""},
}

func (m module) id(base string) cairn.AchievementID {
	return cairn.AchievementID(base + "/i/" + string(m.institution) + "/achievements/" + m.slug)
}

func (m module) achievement(base string) cairn.Achievement {
	amount, level := must(cairn.ParseCredits(m.credits)), must(cairn.ParseCredits(m.level))
	hours := cairn.WholeCredits(m.hours)
	name, _ := m.name.In(m.language)
	english, _ := m.name.In("en")
	a := cairn.Achievement{
		ID: m.id(base), Institution: m.institution, Version: "1", Type: m.kind, Name: m.name, Language: m.language,
		Description: cairn.Text{m.language: name, "en": "What a learner can do after " + english + "."},
		Criteria:    cairn.Text{m.language: name, "en": "Shown at the assessment, without help."},
		Level:       &cairn.Level{Framework: m.framework, Value: level},
		Credit:      &cairn.CreditValue{Amount: amount, Unit: m.unit, HoursPerCredit: hours}, WorkloadHours: amount.Mul(hours),
		AssessmentType: m.assessment, Supervision: "onsite", IdentityChecked: true, Participation: "blended", FieldOfStudy: m.field, Tags: m.tags,
		QualityAssurance: &cairn.QualityAssurance{Body: "Lake Region Skills Authority", URL: base + "/i/" + string(ministry)},
	}
	if m.kind == "Diploma" {
		a.Description["en"] = "Plans and runs a small farm that keeps its soil, water and people well, alone and with a community."
		a.Criteria["en"] = "All requirements of the programme, edition 2026."
	}
	if m.language == "hi" {
		a.Description["hi"], a.Criteria["hi"] = name+" के बाद शिक्षार्थी क्या कर सकता है।", "परीक्षा में बिना सहायता के दिखाया गया।"
	}
	return a
}

// must is for figures that stand in this file.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("demo: a figure in the program is wrong: %v", err))
	}
	return v
}

// programmeDocument is the example programme, for the addresses of this server.
func programmeDocument(base string, own, collegeDID cairn.DID) []byte {
	b := must(examples.Programmes.ReadFile("programmes/sustainable-agriculture.yaml"))
	return []byte(strings.NewReplacer(
		"did:web:university.example:i:university", string(own),
		"did:web:college.example:i:college", string(collegeDID),
		"https://university.example", base,
		"https://college.example", base,
	).Replace(string(b)))
}

// trustList says who may award what in the network.
func trustList(id string, dids map[cairn.InstitutionID]cairn.DID) trust.List {
	day := func(s string) cairn.PartialDate { return must(cairn.ParsePartialDate(s)) }
	levels := func(framework, low, high string) []trust.Range {
		return []trust.Range{{Framework: framework, Min: must(cairn.ParseCredits(low)), Max: must(cairn.ParseCredits(high))}}
	}
	micro := []string{"MicroCredential"}
	names := map[cairn.InstitutionID]cairn.Institution{}
	for _, i := range institutions() {
		names[i.ID] = i
	}
	entry := func(id cairn.InstitutionID, scopes ...trust.Scope) trust.Issuer {
		return trust.Issuer{DID: dids[id], Name: names[id].Name, Country: names[id].Country, Scopes: scopes}
	}
	return trust.List{ID: id, Name: names[ministry].Name, Issuers: []trust.Issuer{
		entry(college, trust.Scope{Types: micro, Levels: levels("KNQF", "3", "6"), From: day("2018-01-01"), Authority: "Accreditation order 17 of 2018"}),
		entry(ngo, trust.Scope{Types: micro, Levels: levels("NSQF", "3", "5"), Fields: []string{"ICT"}, From: day("2018-06-01"), Authority: "Provider agreement 4 of 2018"}),
		entry(university,
			trust.Scope{Types: []string{"MicroCredential", "Diploma"}, Levels: levels("EQF", "4", "7"), From: day("2015-09-01"), Authority: "University charter of 2015"},
			trust.Scope{Types: []string{"Transcript", "RecognitionDecision"}, From: day("2015-09-01"), Authority: "University charter of 2015"}),
	}}
}
