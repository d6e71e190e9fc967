package paper

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/papercode"
)

// translate reads the real sentences.
func translate(t testing.TB) Translate {
	t.Helper()
	all := map[string]map[string]string{}
	for _, lang := range []string{"en", "fr", "sw", "ar", "hi"} {
		data, err := os.ReadFile(filepath.Join("..", "i18n", "locales", lang, "paper.json"))
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		all[lang] = m
	}
	return func(lang, key string, args map[string]string) string {
		s, ok := all[lang][key]
		if !ok {
			if s, ok = all["en"][key]; !ok {
				t.Errorf("no sentence %q", key)
			}
		}
		for name, value := range args {
			s = strings.ReplaceAll(s, "{"+name+"}", value)
		}
		return s
	}
}

// tool returns a program that a test needs, or skips; with CAIRN_REQUIRE_ALL=1 a
// missing program is a failure.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CAIRN_REQUIRE_ALL") == "1" {
			t.Fatalf("%s is missing, and CAIRN_REQUIRE_ALL=1", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

type signer struct{ key ed25519.PrivateKey }

func (s signer) KeyID() cairn.KeyID           { _, k := did.KeyFromEd25519(s.PublicKey()); return k }
func (s signer) Controller() cairn.DID        { d, _ := did.KeyFromEd25519(s.PublicKey()); return d }
func (s signer) PublicKey() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }
func (s signer) Sign(_ context.Context, m []byte) ([]byte, error) {
	return ed25519.Sign(s.key, m), nil
}

const credentialID = "urn:uuid:0a8e1f5e-3c0d-4b59-9d2e-6f1b8a7c5d43"

// code signs a real paper code.
func code(t testing.TB, learner, title string) string {
	t.Helper()
	seed := sha256.Sum256([]byte("paper test"))
	s := signer{ed25519.NewKeyFromSeed(seed[:])}
	text, err := papercode.Sign(t.Context(), papercode.Card{
		Issuer: s.Controller(), Credential: credentialID, Digest: seed, Kind: papercode.KindBadge, Learner: learner, Title: title,
		Credits: cairn.NewCredits(10, 3), Unit: "ECTS", LevelFramework: "EQF", Level: "5", AwardedOn: cairn.PartialDate{Year: 2026, Month: 5, Day: 20},
		StatusList: "https://college.example/status/1", StatusIndex: 83112, AchievementType: "MicroCredential", Language: "en",
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sample is one set of texts in which pages are tested and looked at.
type sample struct {
	lang                                                                            cairn.Lang
	institution, place, learner, title, description, signatory, role, group, source string
}

var samples = map[string]sample{
	"english": {"en", "Lakeside College of Health", "Kisumu, Kenya", "Amina Wanjiru Otieno", "Data Literacy for Community Health Workers",
		"Collects, checks and explains health data of a village of up to 500 households.", "Dr Grace Achieng", "Registrar", "Foundations", "Lakeside College of Health"},
	"french": {"fr", "Université de la Lagune", "Abidjan, Côte d’Ivoire", "Aïssata N’Guessan Koné", "Littératie des données pour les agents de santé",
		"Collecte, vérifie et explique les données de santé d’un village.", "Pr Jean-Bédel Kouamé", "Directeur de la scolarité", "Bases", "Université de la Lagune"},
	"arabic": {"ar", "جامعة النيل الأزرق", "الخرطوم، السودان", "فاطمة الزهراء عبد الرحمن", "مهارات البيانات للعاملين في صحة المجتمع",
		"جمع البيانات الصحية لقرية ومراجعتها وشرحها للأهالي.", "د. عثمان إبراهيم", "مسجل الجامعة", "الأساسيات", "جامعة النيل الأزرق"},
	"hindi": {"hi", "ज्ञानोदय विश्वविद्यालय", "पटना, भारत", "प्रियंका राजेश्वरी चतुर्वेदी", "सामुदायिक स्वास्थ्य के लिए डेटा साक्षरता",
		"गाँव के स्वास्थ्य आँकड़े इकट्ठा करना, जाँचना और समझाना।", "डॉ. कृष्णमूर्ति शर्मा", "कुलसचिव", "आधार", "ज्ञानोदय विश्वविद्यालय"},
	"amharic": {"en", "Bahir Dar Lakeside College", "ባሕር ዳር, Ethiopia", "ትዕግስት ገብረማርያም ወልደሚካኤል", "የመረጃ አያያዝ ለጤና ኤክስቴንሽን ሠራተኞች",
		"", "ዶ/ር አበበ ተስፋዬ", "Registrar", "መሠረታዊ", "Bahir Dar Lakeside College"},
	"tamil": {"en", "Kaveri Open University", "Tiruchirappalli, India", "கார்த்திகா சுப்பிரமணியன்", "சமூக சுகாதாரத்திற்கான தரவு அறிவு",
		"", "முனைவர் செந்தில்குமார்", "Controller of Examinations", "அடிப்படை", "Kaveri Open University"},
}

func (s sample) sheet(t testing.TB) Sheet {
	return Sheet{Lang: s.lang, Institution: s.institution, Place: s.place, Learner: s.learner, Credential: credentialID, QR: code(t, s.learner, s.title),
		CheckAt: "check.college.example", Created: time.Date(2026, 5, 20, 9, 30, 0, 0, time.UTC),
		Attachments: []Attachment{{Name: "credential.json", MediaType: "application/vc", Description: "Signed credential", Data: []byte(`{"id":"` + credentialID + `"}`)}}}
}

func (s sample) certificate(t testing.TB) Certificate {
	return Certificate{Sheet: s.sheet(t), Title: s.title, Description: s.description, LevelFramework: "EQF", Level: "5", Credits: cairn.NewCredits(10, 3),
		Unit: "ECTS", AwardedOn: cairn.PartialDate{Year: 2026, Month: 5, Day: 20}, ValidUntil: time.Date(2031, 5, 20, 0, 0, 0, 0, time.UTC),
		SignatoryName: s.signatory, SignatoryRole: s.role}
}

func (s sample) card(t testing.TB) Card {
	return Card{Sheet: s.sheet(t), Title: s.title, LevelFramework: "EQF", Level: "5", Credits: cairn.NewCredits(10, 3), Unit: "ECTS",
		AwardedOn: cairn.PartialDate{Year: 2026, Month: 5, Day: 20}}
}

func (s sample) transcript(t testing.TB, lines int) Transcript {
	out := Transcript{Sheet: s.sheet(t), Programme: s.title, AwardedOn: cairn.PartialDate{Year: 2026, Month: 6}, Unit: "ECTS",
		Earned: cairn.WholeCredits(60), Counted: cairn.NewCredits(170, 3), Required: cairn.WholeCredits(60), SignatoryName: s.signatory, SignatoryRole: s.role}
	for i := range lines {
		l := Line{Title: s.title, Source: s.source, Route: "Transfer", Date: cairn.PartialDate{Year: 2025, Month: time.Month(i%12 + 1), Day: 7}, Level: "EQF 5",
			Grade: "B+", Earned: cairn.WholeCredits(5), Counted: cairn.NewCredits(10, 3), Requirement: s.group}
		if i >= lines/2 {
			l.Requirement = s.group + " 2"
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

// decision is a decision over several pages.
func (s sample) decision(t testing.TB) Decision {
	day := cairn.PartialDate{Year: 2026, Month: 6, Day: 1}
	out := Decision{Sheet: s.sheet(t), Programme: s.title, Edition: "2026", Outcome: s.group, Summary: "10⅓ / 60 ECTS", DecidedOn: day, DecidedBy: s.signatory, Reason: strings.Repeat(s.title+". ", 12),
		Limits: []string{s.group + ": 6 / 30"}, AppealUntil: cairn.PartialDate{Year: 2026, Month: 7, Day: 1}, AppealTo: s.role,
		Facts: []string{"sha256:" + strings.Repeat("0123456789abcdef", 4)}, SignatoryName: s.signatory, SignatoryRole: s.role}
	for range 3 {
		out.Requirements = append(out.Requirements, DecidedRequirement{Title: s.group, Clause: "2.1", Status: s.group, Have: "4 / 10", By: []string{s.title + ": 4 ECTS"}})
	}
	for range 14 {
		out.Credentials = append(out.Credentials, DecidedCredential{Title: s.title, Source: s.source, Date: day, Status: s.group, Have: "3⅓ / 5",
			Reasons: []DecidedReason{{s.title + ".", "2.1"}, {s.title + ".", ""}}, Notes: []string{s.signatory}})
	}
	return out
}

// documents makes the four documents of a sample.
func documents(t testing.TB, s sample) map[string][]byte {
	t.Helper()
	tr := translate(t)
	out := map[string][]byte{}
	for name, make := range map[string]func() ([]byte, error){
		"certificate": func() ([]byte, error) { return CertificatePDF(s.certificate(t), tr) },
		"card":        func() ([]byte, error) { return CardPDF(s.card(t), tr) },
		"transcript":  func() ([]byte, error) { return TranscriptPDF(s.transcript(t, 30), tr) },
		"decision":    func() ([]byte, error) { return DecisionPDF(s.decision(t), tr) },
	} {
		data, err := make()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = data
	}
	return out
}

// TestPages makes every document in every sample; it keeps them when
// CAIRN_PAPER_OUT names a folder, to be looked at.
func TestPages(t *testing.T) {
	for name, s := range samples {
		first, second := documents(t, s), documents(t, s)
		for kind, data := range first {
			if !bytes.Equal(data, second[kind]) {
				t.Errorf("%s %s: two runs differ", name, kind)
			}
			t.Logf("%s %s: %d bytes", name, kind, len(data))
			if dir := os.Getenv("CAIRN_PAPER_OUT"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, name+"-"+kind+".pdf"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
