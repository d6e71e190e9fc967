package openbadges

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/rdfc"
	"cairn.example/statuslist"
	"cairn.example/vc"
)

// Document returns the unsigned OpenBadgeCredential of b as a tree of the types
// that strictjson returns. It refuses an award that makes no sense, with the
// field named in the error. The tree is new; b is not kept.
func (b Badge) Document() (map[string]any, error) {
	if err := checkURI("id", string(b.ID)); err != nil {
		return nil, err
	}
	period, err := b.period()
	if err != nil {
		return nil, err
	}
	issuer, err := b.Issuer.tree("issuer")
	if err != nil {
		return nil, err
	}
	achievement, err := achievementTree("achievement", b.Achievement)
	if err != nil {
		return nil, err
	}
	subject, err := b.subject()
	if err != nil {
		return nil, err
	}
	if b.Creator != nil {
		if achievement["creator"], err = b.Creator.tree("creator"); err != nil {
			return nil, err
		}
	}
	if err := b.grade(subject, achievement); err != nil {
		return nil, err
	}
	subject["achievement"] = achievement

	name := b.Name
	if name == "" {
		name = b.Achievement.Name[b.Achievement.Language]
	}
	if err := checkName("name", name); err != nil {
		return nil, err
	}
	doc := map[string]any{
		"@context":          []any{vc.ContextV2, ContextOB, rdfc.CairnContext},
		"id":                string(b.ID),
		"type":              []any{"VerifiableCredential", "OpenBadgeCredential"},
		"name":              name,
		"issuer":            issuer,
		"credentialSubject": subject,
		"credentialSchema":  []any{map[string]any{"id": SchemaOB, "type": schemaType}},
	}
	for k, v := range period {
		doc[k] = v
	}
	if err := addStatus(doc, b.Status); err != nil {
		return nil, err
	}
	evidence, err := evidenceTrees(b.Evidence)
	if err != nil {
		return nil, err
	}
	if len(evidence) > 0 {
		doc["evidence"] = evidence
	}
	return doc, nil
}

// period checks the dates of an award against each other and writes those of
// the credential.
func (b Badge) period() (map[string]any, error) {
	if err := checkTime("awardedOn", b.AwardedOn); err != nil {
		return nil, err
	}
	for _, t := range []struct {
		field string
		time  time.Time
	}{{"activityStart", b.ActivityStart}, {"activityEnd", b.ActivityEnd}} {
		if !t.time.IsZero() {
			if err := checkTime(t.field, t.time); err != nil {
				return nil, err
			}
		}
	}
	if !b.ActivityStart.IsZero() && !b.ActivityEnd.IsZero() && b.ActivityEnd.Before(b.ActivityStart) {
		return nil, refuse(codeContradiction, "activityEnd", "the activity ends before it starts")
	}
	if b.ActivityStart.After(b.AwardedOn) {
		return nil, refuse(codeContradiction, "activityStart", "the activity starts after the award")
	}
	return validity(b.AwardedOn, b.ValidFrom, b.ValidUntil)
}

// validity writes awardedDate, validFrom and validUntil. A correction moves
// validFrom and keeps awardedDate, so both are always there. awardedDate is a
// calendar day: the one on the wall where the award was made, so that an award
// of the first of May in Nairobi is not one of the thirtieth of April elsewhere.
// validFrom is a moment; it may come before that day by what a day can differ.
func validity(awarded, from, until time.Time) (map[string]any, error) {
	if from.IsZero() {
		from = awarded
	}
	if err := checkTime("validFrom", from); err != nil {
		return nil, err
	}
	if from.Before(awarded.Add(-24 * time.Hour)) {
		return nil, refuse(codeContradiction, "validFrom", "the credential is valid before the award was made")
	}
	y, month, d := awarded.Date()
	day := time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
	m := map[string]any{"awardedDate": vc.FormatTime(day), "validFrom": vc.FormatTime(from)}
	if !until.IsZero() {
		if err := checkTime("validUntil", until); err != nil {
			return nil, err
		}
		if !until.Truncate(time.Second).After(from.Truncate(time.Second)) {
			return nil, refuse(codeContradiction, "validUntil", "the credential ends before it starts")
		}
		m["validUntil"] = vc.FormatTime(until)
	}
	return m, nil
}

func (i Issuer) tree(field string) (map[string]any, error) {
	if err := checkDID(field+".did", i.DID); err != nil {
		return nil, err
	}
	if err := checkName(field+".name", i.Name); err != nil {
		return nil, err
	}
	// An issuer as a bare identifier fails the official validator.
	m := map[string]any{"id": string(i.DID), "type": []any{"Profile"}, "name": i.Name}
	if i.URL != "" {
		if err := checkWeb(field+".url", i.URL); err != nil {
			return nil, err
		}
		m["url"] = i.URL
	}
	return m, nil
}

// subject writes all of AchievementSubject but the achievement and the result.
func (b Badge) subject() (map[string]any, error) {
	m := map[string]any{"type": []any{"AchievementSubject"}}
	if b.Subject.DID == "" && len(b.Subject.Identities) == 0 {
		return nil, refuse(codeMissing, "subject", "the award is about nobody: there is neither a DID nor an identity")
	}
	if b.Subject.DID != "" {
		if err := checkDID("subject.did", b.Subject.DID); err != nil {
			return nil, err
		}
		m["id"] = string(b.Subject.DID)
	}
	ids, err := identityTrees("subject.identities", b.Subject.Identities)
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		m["identifier"] = ids
	}
	if !b.ActivityStart.IsZero() {
		m["activityStartDate"] = vc.FormatTime(b.ActivityStart)
	}
	if !b.ActivityEnd.IsZero() {
		m["activityEndDate"] = vc.FormatTime(b.ActivityEnd)
	}
	if b.Narrative != "" {
		if err := narrative("narrative", b.Narrative); err != nil {
			return nil, err
		}
		m["narrative"] = b.Narrative
	}
	return m, b.credit(m)
}

// credit writes what was earned: as a plain number for readers that know Open
// Badges alone, and exactly, with its unit, for those that know ours.
func (b Badge) credit(subject map[string]any) error {
	earned, of := b.CreditsEarned, b.Achievement.Credit
	if of == nil {
		if !earned.IsZero() {
			return refuse(codeContradiction, "creditsEarned", "credits were earned, but the achievement carries none")
		}
		return nil
	}
	if earned.IsZero() {
		earned = of.Amount
	}
	if earned.Sign() < 0 {
		return refuse(codeMalformed, "creditsEarned", "the credits earned are less than zero")
	}
	if earned.Cmp(of.Amount) > 0 {
		return refuse(codeContradiction, "creditsEarned", "%s credits were earned of an achievement that carries %s", earned, of.Amount)
	}
	value := *of
	value.Amount = earned
	tree, err := creditTree("creditsEarned", &value)
	if err != nil {
		return err
	}
	// A name of its own ties the figure to this credential: in a transcript, where
	// all subjects are one, figures without a name would be interchangeable.
	tree["id"] = part(b.ID, "credit")
	subject["creditEarned"] = tree
	if n, ok := plainNumber(earned); ok {
		subject["creditsEarned"] = n
	}
	return nil
}

// plainNumber returns c as a JSON number when all its digits come through every
// writer: at most three decimal places, and the same figure in the 16 digits of
// the canonical double of JSON-LD, in which 64.6 is 64.59999999999999.
func plainNumber(c cairn.Credits) (json.Number, bool) {
	r := c.Rat()
	s := r.FloatString(3)
	if !sameRat(s, r) {
		return "", false
	}
	f, _ := r.Float64()
	if !r.IsInt() && !sameRat(strconv.FormatFloat(f, 'e', 15, 64), r) {
		return "", false
	}
	return json.Number(strings.TrimSuffix(strings.TrimRight(s, "0"), ".")), true
}

func sameRat(text string, r *big.Rat) bool {
	back, ok := new(big.Rat).SetString(text)
	return ok && back.Cmp(r) == 0
}

// grade writes the result, and on the achievement the scale that it belongs to.
func (b Badge) grade(subject, achievement map[string]any) error {
	if b.Grade == "" {
		if b.GradeScale != "" {
			return refuse(codeContradiction, "gradeScale", "there is a scale but no grade")
		}
		return nil
	}
	if err := checkName("grade", b.Grade); err != nil {
		return err
	}
	result := map[string]any{"type": []any{"Result"}, "value": b.Grade}
	if b.GradeScale != "" {
		if err := checkName("gradeScale", b.GradeScale); err != nil {
			return err
		}
		id := part(b.Achievement.ID, "grade")
		achievement["resultDescription"] = []any{map[string]any{"id": id, "type": []any{"ResultDescription"},
			"name": b.GradeScale, "resultType": "Result"}}
		result["resultDescription"] = id
	}
	subject["result"] = []any{result}
	return nil
}

// part names a part of what id names, so that the part of an achievement is the
// same thing in every badge of that achievement.
func part[ID ~string](id ID, name string) string {
	if strings.Contains(string(id), "#") {
		return string(id) + "-" + name
	}
	return string(id) + "#" + name
}

func evidenceTrees(list []Evidence) ([]any, error) {
	var trees []any
	for i, e := range list {
		field := fmt.Sprintf("evidence[%d]", i)
		if e == (Evidence{}) {
			return nil, refuse(codeMissing, field, "the evidence says nothing")
		}
		m := map[string]any{"type": []any{"Evidence"}}
		for _, f := range []struct {
			name, value string
			check       func(field, s string) error
		}{{"id", e.ID, checkWeb}, {"name", e.Name, checkName}, {"description", e.Description, narrative},
			{"narrative", e.Narrative, narrative}, {"genre", e.Genre, checkName}} {
			if f.value == "" {
				continue
			}
			if err := f.check(field+"."+f.name, f.value); err != nil {
				return nil, err
			}
			m[f.name] = f.value
		}
		trees = append(trees, m)
	}
	return trees, checkDistinct("evidence", trees)
}

func addStatus(doc map[string]any, s *statuslist.Entry) error {
	if s == nil {
		return nil
	}
	if err := checkWeb("status.list", s.List); err != nil {
		return err
	}
	if s.Index < 0 {
		return refuse(codeMalformed, "status.index", "the index is %d", s.Index)
	}
	doc["credentialStatus"] = s.Tree() // one object; the schema takes no list
	return nil
}

func imageTree(img *cairn.Image) map[string]any {
	m := map[string]any{"type": "Image", "id": "data:" + img.MediaType + ";base64," + base64.StdEncoding.EncodeToString(img.Data)}
	if img.Caption != "" {
		m["caption"] = img.Caption
	}
	return m
}
