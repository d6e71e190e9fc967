package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/docs/specs"
	"cairn.example/openbadges"
	"cairn.example/programme"
	"cairn.example/rdfc"
)

// How long others may keep what they fetched.
const (
	cacheDocument = "public, max-age=300"
	cacheStatus   = "public, max-age=300"
	cacheForLong  = "public, max-age=86400"
)

func (v *visit) inst() cairn.InstitutionID { return cairn.InstitutionID(v.r.PathValue("inst")) }

func (s *Site) sendDID(v *visit, inst cairn.InstitutionID) error {
	doc, err := s.Issue.Document(v.r.Context(), inst)
	if err != nil {
		return err
	}
	b, err := did.MarshalDocument(doc)
	if err != nil {
		return err
	}
	return v.file(b, "application/did+json", cacheDocument)
}

func (s *Site) didDocument(v *visit) error { return s.sendDID(v, v.inst()) }

// hostDocument answers for an institution whose identifier is the host itself.
func (s *Site) hostDocument(v *visit) error {
	want, err := did.WebDID(s.host)
	if err != nil {
		return errNoPage
	}
	all, err := s.Issue.Institutions(v.r.Context())
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.DID == want {
			return s.sendDID(v, i.ID)
		}
	}
	return errNoPage
}

func (s *Site) statusList(v *visit) error {
	b, err := s.Issue.StatusList(v.r.Context(), v.inst(), v.r.PathValue("list"))
	if err != nil {
		return err
	}
	return v.file(b, "application/vc", cacheStatus)
}

func (s *Site) trustList(v *visit) error {
	l, err := s.Trust.List(v.r.Context(), s.BaseURL+"/i/"+string(v.inst())+"/trust/"+v.r.PathValue("list"))
	if err != nil {
		return err
	}
	return v.file(l.Document, "application/vc", cacheDocument)
}

func (s *Site) trustBundle(v *visit) error {
	if s.Bundle == nil {
		return errNoPage
	}
	inst := v.inst()
	if !s.operates(v.r.Context(), inst) {
		return errNoPage
	}
	body, err := s.bundles.get(v.r.Context(), inst, s.Now, func(ctx context.Context) ([]byte, error) {
		if err := s.checks.enter(ctx, v.asks); err != nil {
			return nil, err
		}
		defer s.checks.exit(v.asks)
		return s.Bundle(ctx, inst)
	})
	if err != nil {
		return err
	}
	return v.file(body, "application/vc", cacheDocument)
}

// operates reports whether an institution keeps a trust list that is followed
// here; others have no bundle to give.
func (s *Site) operates(ctx context.Context, inst cairn.InstitutionID) bool {
	i, err := s.Issue.Institution(ctx, inst)
	if err != nil {
		return false
	}
	lists, err := s.Trust.Lists(ctx)
	if err != nil {
		return false
	}
	for _, l := range lists {
		if l.Operator == i.DID {
			return true
		}
	}
	return false
}

func (s *Site) namespace(v *visit) error {
	b, ok := rdfc.ContextBytes(rdfc.CairnContext)
	if !ok {
		return errNoPage
	}
	return v.file(b, "application/ld+json", cacheForLong)
}

// programmeSchema is for editors of programme documents.
func (s *Site) programmeSchema(v *visit) error {
	return v.file(programme.Schema, "application/schema+json", cacheForLong)
}

// ruleSchema is for editors of the other rule documents.
func (s *Site) ruleSchema(v *visit) error {
	kind, ok := strings.CutSuffix(v.r.PathValue("name"), "-v1.json")
	b, err := programme.RuleSchema(programme.Kind(kind))
	if !ok || err != nil {
		return errNoPage
	}
	return v.file(b, "application/schema+json", cacheForLong)
}

// reportSchema is for programs that read what verifyAPI answers.
func (s *Site) reportSchema(v *visit) error {
	return v.file(specs.ReportSchema, "application/schema+json", cacheForLong)
}

// wantsData reports whether a program asks for an address that has a page as well.
func (v *visit) wantsData() bool {
	accept := v.r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

type achievementPage struct {
	Institution  cairn.Institution
	Achievement  cairn.Achievement
	Name         string
	Description  string
	Criteria     string
	Outcomes     []string
	Facts        []fact
	TextLanguage cairn.Lang
}

func (s *Site) achievement(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.inst())
	if err != nil {
		return err
	}
	id := cairn.AchievementID(s.BaseURL + "/i/" + string(inst.ID) + "/achievements/" + strings.TrimSuffix(v.r.PathValue("name"), "/"))
	a, err := s.Issue.Achievement(v.r.Context(), inst.ID, id, "")
	if err != nil {
		return err
	}
	v.w.Header().Add("Vary", "Accept")
	if v.wantsData() {
		return v.achievementData(inst, a)
	}
	p := achievementPage{Institution: inst, Achievement: a, Description: v.Text(a.Description), Criteria: v.Text(a.Criteria)}
	p.Name, p.TextLanguage = a.Name.In(v.Tag)
	for _, o := range a.Outcomes {
		p.Outcomes = append(p.Outcomes, v.Text(o))
	}
	add := func(code, value string) {
		if value != "" {
			p.Facts = append(p.Facts, fact{v.W("fact." + code), value, code == "credit"})
		}
	}
	if a.Credit != nil {
		add("credit", v.W("fact.credit-value", "amount", v.Figure(a.Credit.Amount), "unit", a.Credit.Unit, "hours", v.Figure(a.Credit.HoursPerCredit)))
	}
	if a.WorkloadHours.Sign() > 0 {
		add("workload", v.W("fact.hours", "n", v.Figure(a.WorkloadHours)))
	}
	if a.Level != nil {
		add("level", a.Level.Framework+" "+v.Figure(a.Level.Value))
	}
	add("field", a.FieldOfStudy)
	add("assessment", a.AssessmentType)
	if a.QualityAssurance != nil {
		add("quality", a.QualityAssurance.Body)
	}
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	return v.render(http.StatusOK, "achievement", p.Name, p)
}

// achievementData writes an achievement exactly as it is inside the credentials
// that are issued for it.
func (v *visit) achievementData(inst cairn.Institution, a cairn.Achievement) error {
	now := v.site.Now()
	name, _ := inst.Name.In(a.Language, inst.Language)
	doc, err := openbadges.Badge{ID: "urn:uuid:00000000-0000-4000-8000-000000000000", Issuer: openbadges.Issuer{DID: inst.DID, Name: name, URL: inst.URL},
		Achievement: a, Subject: openbadges.Subject{DID: inst.DID}, AwardedOn: now, ValidFrom: now}.Document()
	if err != nil {
		return err
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	achievement, ok := subject["achievement"].(map[string]any)
	if !ok {
		return &cairn.Error{Kind: cairn.Internal, Code: "web.achievement", Object: string(a.ID), Message: "the achievement has no standard form"}
	}
	achievement["@context"] = doc["@context"]
	b, err := json.Marshal(achievement)
	if err != nil {
		return err
	}
	return v.file(b, "application/ld+json", cacheDocument)
}

type institutionPage struct {
	Institution  cairn.Institution
	Achievements []named
	Programmes   []named
	// ProgrammesPath is the address of the list that can be searched.
	ProgrammesPath string
	PrecedentsPath string
}

type named struct{ Name, Path, Note string }

func (s *Site) institution(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.inst())
	if err != nil {
		return err
	}
	all, err := s.Issue.Achievements(v.r.Context(), inst.ID)
	if err != nil {
		return err
	}
	p := institutionPage{Institution: inst}
	for _, a := range all {
		n := named{Name: v.Text(a.Name)}
		if path, ok := strings.CutPrefix(string(a.ID), s.BaseURL); ok {
			n.Path = path
		}
		if a.Credit != nil {
			n.Note = v.Figure(a.Credit.Amount) + " " + a.Credit.Unit
		}
		p.Achievements = append(p.Achievements, n)
	}
	programmes, err := s.Recognise.Programmes(v.r.Context(), inst.ID)
	if err != nil {
		return err
	}
	p.ProgrammesPath, p.PrecedentsPath = "/i/"+string(inst.ID)+"/programmes", "/i/"+string(inst.ID)+"/precedents"
	for _, g := range programmes {
		p.Programmes = append(p.Programmes, v.programmeLine(inst.ID, g))
	}
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	return v.render(http.StatusOK, "institution", v.Text(inst.Name), p)
}
