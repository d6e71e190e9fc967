package openbadges

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/rdfc"
)

// Read returns what an OpenBadgeCredential says. tree must be the verified tree
// of one credential, as strictjson or vc returns it; Read trusts every member.
// It takes badges of any issuer: one value for a list, plain texts or language
// maps, no extension. Members with the wrong type are an error, as are an exact
// and a plain figure that contradict each other. It never panics.
func Read(tree map[string]any) (Facts, error) {
	r := &reader{}
	f := r.badge(tree)
	if r.err != nil {
		return Facts{}, r.err
	}
	return f, nil
}

func (r *reader) badge(tree map[string]any) Facts {
	if types := r.types(tree, ""); !slices.Contains(types, "OpenBadgeCredential") && !slices.Contains(types, "AchievementCredential") {
		r.fail(codeType, "/type", "this is not an Open Badge")
		return Facts{}
	}
	r.need(tree, "", "id", "issuer", "validFrom", "credentialSubject")
	subject := r.object(tree, "", "credentialSubject")
	const at = "/credentialSubject"
	r.need(subject, at, "achievement")
	if r.err != nil {
		return Facts{}
	}
	ours := extended(tree)
	f := r.achievement(r.object(subject, at, "achievement"), at+"/achievement", ours)
	f.CredentialID = r.str(tree, "", "id")
	f.CredentialName = r.text(tree, "", "name", f.Language)
	f.Issuer, f.IssuerName, f.IssuerURL = r.profile(tree, "", "issuer")
	f.ValidFrom = r.time(tree, "", "validFrom")
	f.ValidUntil = r.time(tree, "", "validUntil")
	if f.AwardedOn = r.day(tree, "", "awardedDate"); f.AwardedOn.IsZero() {
		f.AwardedOn = r.day(tree, "", "validFrom")
	}
	f.Evidence = r.evidence(tree)

	f.SubjectID = r.str(subject, at, "id")
	f.Identities = r.identities(subject, at, "identifier")
	f.ActivityStart = r.time(subject, at, "activityStartDate")
	f.ActivityEnd = r.time(subject, at, "activityEndDate")
	f.Narrative = r.text(subject, at, "narrative", f.Language)
	r.creditEarned(&f, subject, at, ours)
	r.result(&f, subject, at)
	return f
}

// extended reports whether the document uses our context; without it, members
// with our names would be somebody else's.
func extended(tree map[string]any) bool {
	return slices.Contains(many(tree["@context"]), any(rdfc.CairnContext))
}

// achievement reads the members of an Achievement.
func (r *reader) achievement(m map[string]any, at string, ours bool) Facts {
	var f Facts
	r.need(m, at, "id", "name")
	f.AchievementID = r.str(m, at, "id")
	f.AchievementType = r.str(m, at, "achievementType")
	f.AchievementVersion = r.str(m, at, "version")
	f.Language = cairn.Lang(r.str(m, at, "inLanguage"))
	f.AchievementName = r.text(m, at, "name", f.Language)
	f.Description = r.text(m, at, "description", f.Language)
	f.Field = r.text(m, at, "fieldOfStudy", f.Language)
	f.Tags = r.strs(m, at, "tag")
	if c := r.object(m, at, "criteria"); c != nil {
		if f.Criteria = r.text(c, at+"/criteria", "narrative", f.Language); f.Criteria == "" {
			f.Criteria = r.str(c, at+"/criteria", "id")
		}
	}
	f.Creator, f.CreatorName, _ = r.profile(m, at, "creator")
	for i, o := range r.objects(m, at, "alignment") {
		p := fmt.Sprintf("%s/alignment/%d", at, i)
		f.Alignments = append(f.Alignments, cairn.Alignment{TargetName: r.text(o, p, "targetName", f.Language),
			TargetURL: r.str(o, p, "targetUrl"), TargetFramework: r.text(o, p, "targetFramework", f.Language),
			TargetCode: r.str(o, p, "targetCode"), TargetType: r.str(o, p, "targetType")})
	}
	f.Image = readImage(m["image"])
	available, stated := r.number(m, at, "creditsAvailable")
	if ours {
		if ext := r.object(m, at, "microcredential"); ext != nil {
			r.extension(&f, ext, at+"/microcredential")
		}
	}
	if f.Credit != nil && stated && !sameFigure(f.Credit.Amount, available) {
		r.fail(codeContradiction, at+"/creditsAvailable", "the plain figure %s is not the exact one %s", available, f.Credit.Amount)
	}
	if f.Level == nil {
		f.Level = levelOf(f.Alignments)
	}
	return f
}

func (r *reader) extension(f *Facts, ext map[string]any, at string) {
	f.Credit = r.credit(ext, at, "credit")
	if o := r.object(ext, at, "level"); o != nil {
		p := at + "/level"
		r.need(o, p, "framework", "value")
		f.Level = &cairn.Level{Framework: r.str(o, p, "framework"), Value: r.amount(o, p, "value")}
	}
	f.WorkloadHours = r.amount(ext, at, "workloadHours")
	f.AssessmentType = r.str(ext, at, "assessmentType")
	f.Supervision = r.str(ext, at, "supervision")
	f.Participation = r.str(ext, at, "participation")
	f.IdentityChecked = r.boolean(ext, at, "identityChecked")
	if o := r.object(ext, at, "qualityAssurance"); o != nil {
		p := at + "/qualityAssurance"
		f.QualityAssurance = &cairn.QualityAssurance{Body: r.str(o, p, "body"), URL: r.str(o, p, "reference")}
	}
	f.NameIn = r.texts(ext, at, "nameIn")
	f.DescriptionIn = r.texts(ext, at, "descriptionIn")
	f.CriteriaIn = r.texts(ext, at, "criteriaIn")
	for i, o := range r.objects(ext, at, "learningOutcome") {
		p := fmt.Sprintf("%s/learningOutcome/%d", at, i)
		r.need(o, p, "text")
		text := r.texts(o, p, "textIn")
		if text == nil {
			text = cairn.Text{}
		}
		text[f.Language] = r.str(o, p, "text")
		f.Outcomes = append(f.Outcomes, text)
	}
}

func (r *reader) credit(m map[string]any, at, name string) *cairn.CreditValue {
	o := r.object(m, at, name)
	if o == nil {
		return nil
	}
	p := at + "/" + name
	r.need(o, p, "amount", "unit")
	return &cairn.CreditValue{Amount: r.amount(o, p, "amount"), Unit: r.str(o, p, "unit"), HoursPerCredit: r.amount(o, p, "hoursPerCredit")}
}

// creditEarned reads what this learner earned: exactly from our extension, or
// the plain number, whose unit is then that of the achievement or unknown.
func (r *reader) creditEarned(f *Facts, subject map[string]any, at string, ours bool) {
	plain, stated := r.number(subject, at, "creditsEarned")
	f.CreditsEarned = plain
	if !ours {
		return
	}
	exact := r.credit(subject, at, "creditEarned")
	switch {
	case exact == nil:
		return
	case stated && !sameFigure(exact.Amount, plain):
		r.fail(codeContradiction, at+"/creditsEarned", "the plain figure %s is not the exact one %s", plain, exact.Amount)
	case f.Credit != nil && (f.Credit.Unit != exact.Unit || !f.Credit.HoursPerCredit.Equal(exact.HoursPerCredit)):
		r.fail(codeContradiction, at+"/creditEarned/unit", "the credit earned is in another unit than the credit of the achievement")
	}
	if f.Credit == nil {
		f.Credit = exact
	}
	f.CreditsEarned = exact.Amount
}

// result reads the grade: the first result with a value, and the name of the
// description it points to.
func (r *reader) result(f *Facts, subject map[string]any, at string) {
	achievement := r.object(subject, at, "achievement")
	for i, o := range r.objects(subject, at, "result") {
		p := fmt.Sprintf("%s/result/%d", at, i)
		value := r.text(o, p, "value", f.Language)
		if value == "" || f.Grade != "" {
			continue
		}
		f.Grade = value
		id := r.str(o, p, "resultDescription")
		for j, d := range r.objects(achievement, at+"/achievement", "resultDescription") {
			q := fmt.Sprintf("%s/achievement/resultDescription/%d", at, j)
			if id != "" && r.str(d, q, "id") == id {
				f.GradeScale = r.text(d, q, "name", f.Language)
			}
		}
	}
}

func (r *reader) evidence(tree map[string]any) []Evidence {
	var out []Evidence
	for i, o := range r.objects(tree, "", "evidence") {
		p := fmt.Sprintf("/evidence/%d", i)
		out = append(out, Evidence{ID: r.str(o, p, "id"), Name: r.text(o, p, "name", ""), Description: r.text(o, p, "description", ""),
			Narrative: r.text(o, p, "narrative", ""), Genre: r.text(o, p, "genre", "")})
	}
	return out
}

// readImage returns a picture that is inside the document. Pictures elsewhere
// are not facts of the document and are never loaded: whoever serves them would
// learn who looks.
func readImage(v any) *cairn.Image {
	m, _ := v.(map[string]any)
	id, _ := m["id"].(string)
	rest, ok := strings.CutPrefix(id, "data:")
	if !ok {
		return nil
	}
	mediaType, data, ok := strings.Cut(rest, ";base64,")
	if !ok || len(data) > base64.StdEncoding.EncodedLen(maxImage) {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return nil
	}
	caption, _ := m["caption"].(string)
	img := &cairn.Image{MediaType: mediaType, Data: raw, Caption: caption}
	if checkImage("", img) != nil {
		return nil
	}
	return img
}

// frameworks are names under which qualifications frameworks go; an alignment
// to one of them, or to one that calls itself so, states a level.
var (
	frameworks  = regexp.MustCompile(`(?i)^(EQF|NQF|NSQF|SQF|ACQF|SADCQF|RQF|SCQF|CQFW|AQF|NZQF|NZQCF|PQF|MQF|KNQF|TQF|ISCED(-P)?)$|qualifications? framework`)
	european    = regexp.MustCompile(`(?i)^european qualifications? framework`)
	levelInText = regexp.MustCompile(`(?i)^(?:[a-z]{2,8}[ -])?(?:level[ -]?)?([0-9]{1,2}(?:\.[0-9])?)$`)
)

// levelOf finds the level among the alignments of a badge without our
// extension. Two different levels are no level: which one counts is a question
// for a person.
func levelOf(alignments []cairn.Alignment) *cairn.Level {
	var found *cairn.Level
	for _, a := range alignments {
		framework := strings.TrimSpace(a.TargetFramework)
		if !frameworks.MatchString(framework) {
			continue
		}
		if european.MatchString(framework) {
			framework = "EQF"
		}
		for _, text := range []string{a.TargetCode, a.TargetName} {
			m := levelInText.FindStringSubmatch(strings.TrimSpace(text))
			if m == nil {
				continue
			}
			value, err := cairn.ParseCredits(m[1])
			if err != nil {
				continue
			}
			level := &cairn.Level{Framework: framework, Value: value}
			if found != nil && (found.Framework != level.Framework || !found.Value.Equal(level.Value)) {
				return nil
			}
			found = level
			break
		}
	}
	return found
}

// Achievement returns the definition that the facts are about, as package cairn
// has it. The institution is not known from a document.
func (f Facts) Achievement() cairn.Achievement {
	in := func(main string, others cairn.Text) cairn.Text {
		if main == "" && len(others) == 0 {
			return nil
		}
		t := cairn.Text{f.Language: main}
		for l, s := range others {
			t[l] = s
		}
		return t
	}
	return cairn.Achievement{
		ID: cairn.AchievementID(f.AchievementID), Version: f.AchievementVersion, Type: f.AchievementType,
		Name: in(f.AchievementName, f.NameIn), Description: in(f.Description, f.DescriptionIn), Criteria: in(f.Criteria, f.CriteriaIn),
		Outcomes: f.Outcomes, Language: f.Language, Level: f.Level, Credit: f.Credit, WorkloadHours: f.WorkloadHours,
		AssessmentType: f.AssessmentType, Supervision: f.Supervision, IdentityChecked: f.IdentityChecked,
		Participation: f.Participation, QualityAssurance: f.QualityAssurance, FieldOfStudy: f.Field, Tags: f.Tags,
		Alignments: f.Alignments, Image: f.Image,
	}
}
