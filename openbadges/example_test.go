package openbadges_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/openbadges"
	"cairn.example/statuslist"
)

func credits(s string) cairn.Credits {
	c, err := cairn.ParseCredits(s)
	if err != nil {
		panic(err)
	}
	return c
}

func picture(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	img.Set(3, 3, color.RGBA{R: 200, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// soil is an achievement that uses every field.
func soil(t testing.TB) cairn.Achievement {
	return cairn.Achievement{
		ID: "https://college.example/achievements/soil-1", Institution: "college", Version: "2.1", Type: "MicroCredential",
		Name:        cairn.Text{"sw": "Udongo na mbolea", "en": "Soil and fertiliser", "fr-CI": "Sol et engrais"},
		Description: cairn.Text{"sw": "Kozi ya saa mia moja.", "en": "A course of one hundred hours."},
		Criteria:    cairn.Text{"sw": "Mtihani wa mwisho, alama 60.", "ar": "امتحان نهائي"},
		Outcomes:    []cairn.Text{{"sw": "Anapima udongo", "en": "Tests soil"}, {"sw": "Anachagua mbolea"}},
		Language:    "sw", Level: &cairn.Level{Framework: "KNQF", Value: credits("4.5")},
		Credit:        &cairn.CreditValue{Amount: credits("10/3"), Unit: "NCrF", HoursPerCredit: credits("30")},
		WorkloadHours: credits("100"), AssessmentType: "written examination", Supervision: "onsite", IdentityChecked: true,
		Participation: "blended", QualityAssurance: &cairn.QualityAssurance{Body: "Ministry of Education", URL: "https://ministry.example/qa"},
		FieldOfStudy: "0811", Tags: []string{"agriculture", "udongo"},
		Alignments: []cairn.Alignment{{TargetName: "Assess soil", TargetURL: "https://esco.example/skill/1", TargetFramework: "ESCO", TargetCode: "S1", TargetType: "ext:skill"}},
		Image:      &cairn.Image{MediaType: "image/png", Data: picture(t), Caption: "A heap of stones"},
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// award is a badge that uses every field.
func award(t testing.TB) openbadges.Badge {
	salt := "0123456789abcdef0123456789abcdef"
	return openbadges.Badge{
		ID: "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5", Issuer: openbadges.Issuer{DID: "did:web:college.example", Name: "Chuo cha Ufundi", URL: "https://college.example/"},
		Creator: &openbadges.Issuer{DID: "did:web:ngo.example", Name: "An NGO"}, Achievement: soil(t),
		Subject: openbadges.Subject{DID: "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", Identities: []openbadges.Identity{
			{Type: "name", Value: "Amina wa Juma"},
			{Type: "nationalIdentityNumber", Value: openbadges.HashIdentity("12345678", salt), Salt: salt, Hashed: true},
		}},
		AwardedOn: at("2026-05-01T00:00:00Z"), ActivityStart: at("2026-01-10T08:00:00Z"), ActivityEnd: at("2026-04-20T17:00:00Z"),
		ValidFrom: at("2026-05-02T09:30:00Z"), ValidUntil: at("2033-05-01T00:00:00Z"),
		CreditsEarned: credits("5/2"), Grade: "B+", GradeScale: "A to F", Narrative: "Mradi mzuri.",
		Evidence: []openbadges.Evidence{{ID: "https://college.example/evidence/9", Name: "Project", Description: "A field test", Narrative: "Photos", Genre: "report"}},
		Status:   &statuslist.Entry{Purpose: "revocation", Index: 94567, List: "https://college.example/status/1"},
	}
}
