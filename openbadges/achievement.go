package openbadges

import (
	"fmt"

	"cairn.example"
)

// achievementTree writes an Achievement: what Open Badges 3.0 has a member for,
// and the microcredential extension with the rest.
func achievementTree(field string, a cairn.Achievement) (map[string]any, error) {
	if err := checkURI(field+".id", string(a.ID)); err != nil {
		return nil, err
	}
	if err := checkEnum(field+".type", a.Type, achievementTypes); err != nil {
		return nil, err
	}
	if err := checkLang(field+".language", a.Language); err != nil {
		return nil, err
	}
	name, nameIn, err := checkTexts(field+".name", a.Name, a.Language, checkName)
	if err != nil {
		return nil, err
	}
	description, descriptionIn, err := checkTexts(field+".description", a.Description, a.Language, narrative)
	if err != nil {
		return nil, err
	}
	criteria, criteriaIn, err := checkTexts(field+".criteria", a.Criteria, a.Language, narrative)
	if err != nil {
		return nil, err
	}
	m := map[string]any{
		"id": string(a.ID), "type": []any{"Achievement"}, "achievementType": a.Type, "inLanguage": string(a.Language),
		"name": name, "description": description, "criteria": map[string]any{"narrative": criteria},
	}
	for _, f := range []struct{ field, member, value string }{
		{"version", "version", a.Version}, {"fieldOfStudy", "fieldOfStudy", a.FieldOfStudy},
	} {
		if f.value != "" {
			if err := checkName(field+"."+f.field, f.value); err != nil {
				return nil, err
			}
			m[f.member] = f.value
		}
	}
	if err := addTags(field+".tags", m, a.Tags); err != nil {
		return nil, err
	}
	if err := addAlignments(field+".alignments", m, a.Alignments); err != nil {
		return nil, err
	}
	if a.Image != nil {
		if err := checkImage(field+".image", a.Image); err != nil {
			return nil, err
		}
		m["image"] = imageTree(a.Image)
	}
	ext, err := extensionTree(field, a)
	if err != nil {
		return nil, err
	}
	for member, texts := range map[string]map[string]any{"nameIn": nameIn, "descriptionIn": descriptionIn, "criteriaIn": criteriaIn} {
		if texts != nil {
			ext[member] = texts
		}
	}
	if len(ext) > 0 {
		ext["id"] = part(a.ID, "microcredential")
		ext["type"] = []any{"Microcredential"}
		m["microcredential"] = ext
	}
	if a.Credit != nil {
		if n, ok := plainNumber(a.Credit.Amount); ok {
			m["creditsAvailable"] = n
		}
	}
	return m, nil
}

// extensionTree writes what Open Badges 3.0 has no member for.
func extensionTree(field string, a cairn.Achievement) (map[string]any, error) {
	ext := map[string]any{}
	if a.Credit != nil {
		credit, err := creditTree(field+".credit", a.Credit)
		if err != nil {
			return nil, err
		}
		ext["credit"] = credit
	}
	if a.Level != nil {
		if err := checkName(field+".level.framework", a.Level.Framework); err != nil {
			return nil, err
		}
		if a.Level.Value.Sign() < 0 {
			return nil, refuse(codeMalformed, field+".level.value", "the level is less than zero")
		}
		if err := checkWritable(field+".level.value", a.Level.Value); err != nil {
			return nil, err
		}
		ext["level"] = map[string]any{"type": []any{"FrameworkLevel"}, "framework": a.Level.Framework, "value": a.Level.Value.String()}
	}
	if a.WorkloadHours.Sign() < 0 {
		return nil, refuse(codeMalformed, field+".workloadHours", "the hours are less than zero")
	}
	if !a.WorkloadHours.IsZero() {
		if err := checkWritable(field+".workloadHours", a.WorkloadHours); err != nil {
			return nil, err
		}
		ext["workloadHours"] = a.WorkloadHours.String()
	}
	if a.AssessmentType != "" {
		if err := checkName(field+".assessmentType", a.AssessmentType); err != nil {
			return nil, err
		}
		ext["assessmentType"] = a.AssessmentType
	}
	if err := checkOneOf(field+".supervision", a.Supervision, "onsite", "online", "none"); err != nil {
		return nil, err
	}
	if a.Supervision != "" {
		ext["supervision"] = a.Supervision
	}
	if err := checkOneOf(field+".participation", a.Participation, "onsite", "online", "blended"); err != nil {
		return nil, err
	}
	if a.Participation != "" {
		ext["participation"] = a.Participation
	}
	if a.IdentityChecked {
		ext["identityChecked"] = true
	}
	if q := a.QualityAssurance; q != nil {
		tree := map[string]any{"type": []any{"QualityAssurance"}, "body": q.Body}
		if err := checkName(field+".qualityAssurance.body", q.Body); err != nil {
			return nil, err
		}
		if q.URL != "" {
			if err := checkWeb(field+".qualityAssurance.url", q.URL); err != nil {
				return nil, err
			}
			tree["reference"] = q.URL
		}
		ext["qualityAssurance"] = tree
	}
	outcomes, err := outcomeTrees(field+".outcomes", a.Outcomes, a.Language)
	if err != nil {
		return nil, err
	}
	if len(outcomes) > 0 {
		ext["learningOutcome"] = outcomes
	}
	return ext, nil
}

// creditTree writes an amount of credit with what one credit means.
func creditTree(field string, c *cairn.CreditValue) (map[string]any, error) {
	if c.Amount.Sign() <= 0 {
		return nil, refuse(codeMalformed, field+".amount", "the credit is not more than zero")
	}
	if err := checkWritable(field+".amount", c.Amount); err != nil {
		return nil, err
	}
	if err := checkName(field+".unit", c.Unit); err != nil {
		return nil, err
	}
	m := map[string]any{"type": []any{"CreditValue"}, "amount": c.Amount.String(), "unit": c.Unit}
	if c.HoursPerCredit.Sign() < 0 {
		return nil, refuse(codeMalformed, field+".hoursPerCredit", "the hours of one credit are less than zero")
	}
	if !c.HoursPerCredit.IsZero() {
		if err := checkWritable(field+".hoursPerCredit", c.HoursPerCredit); err != nil {
			return nil, err
		}
		m["hoursPerCredit"] = c.HoursPerCredit.String()
	}
	return m, nil
}

// checkWritable refuses figures that a reader would refuse.
func checkWritable(field string, c cairn.Credits) error {
	if _, err := cairn.ParseCredits(c.String()); err != nil {
		return &cairn.Error{Kind: cairn.Invalid, Code: codeMalformed, Field: field, Message: "the figure can't be written", Err: err}
	}
	return nil
}

func outcomeTrees(field string, outcomes []cairn.Text, main cairn.Lang) ([]any, error) {
	var list []any
	for i, o := range outcomes {
		text, others, err := checkTexts(fmt.Sprintf("%s[%d]", field, i), o, main, narrative)
		if err != nil {
			return nil, err
		}
		m := map[string]any{"type": []any{"LearningOutcome"}, "text": text}
		if others != nil {
			m["textIn"] = others
		}
		list = append(list, m)
	}
	return list, checkDistinct(field, list)
}

func addTags(field string, m map[string]any, tags []string) error {
	var list []any
	for i, t := range tags {
		if err := checkName(fmt.Sprintf("%s[%d]", field, i), t); err != nil {
			return err
		}
		list = append(list, t)
	}
	if err := checkDistinct(field, list); err != nil {
		return err
	}
	if len(list) > 0 {
		m["tag"] = list
	}
	return nil
}

func addAlignments(field string, m map[string]any, alignments []cairn.Alignment) error {
	var list []any
	for i, a := range alignments {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := checkName(at+".targetName", a.TargetName); err != nil {
			return err
		}
		if err := checkLink(at+".targetUrl", a.TargetURL); err != nil {
			return err
		}
		tree := map[string]any{"type": []any{"Alignment"}, "targetName": a.TargetName, "targetUrl": a.TargetURL}
		for _, f := range []struct{ member, value string }{{"targetFramework", a.TargetFramework}, {"targetCode", a.TargetCode}} {
			if f.value != "" {
				if err := checkName(at+"."+f.member, f.value); err != nil {
					return err
				}
				tree[f.member] = f.value
			}
		}
		if a.TargetType != "" {
			if err := checkEnum(at+".targetType", a.TargetType, alignmentTypes); err != nil {
				return err
			}
			tree["targetType"] = a.TargetType
		}
		list = append(list, tree)
	}
	if err := checkDistinct(field, list); err != nil {
		return err
	}
	if len(list) > 0 {
		m["alignment"] = list
	}
	return nil
}
