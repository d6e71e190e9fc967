package web

import (
	"html/template"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// evaluationView is an evaluation as people read it, the learner and the
// registrar alike.
type evaluationView struct {
	Title        string
	Edition      string
	Picture      template.HTML
	Counted      string
	Total        string
	Unit         string
	Complete     bool
	Proven       bool
	Satisfied    int
	Requirements []requirementView
	Credentials  []credentialView
	Choices      []tracksView
	Caps         []capView
	Floors       []floorView
	NextChange   string
	AppealDays   int
	AppealTo     string
}

// NotCounted lists the credentials that don't count, or not with all they carry.
func (e evaluationView) NotCounted() []credentialView {
	var out []credentialView
	for _, c := range e.Credentials {
		if c.Status != string(programme.Used) {
			out = append(out, c)
		}
	}
	return out
}

type requirementView struct {
	Title  string
	Clause string
	Track  string // that it is part of; empty for none
	Status string // satisfied, partly, missing
	Sign   string // which icon
	Word   string
	Have   string
	Need   string
	Filled []placeView
	Open   []placeView
	More   string // for a pool of credit: what is still needed; else empty
	Choose int    // places still to be filled, of those that are open
	// Offered is what would count in a pool of credit.
	Offered []named
}

// placeView is a slot of a requirement.
type placeView struct {
	Title   string
	Credits string
	By      string // title of the credential that fills it
	Offered []named
}

type credentialView struct {
	Digest   string
	Title    string
	Issuer   string
	Awarded  string
	Route    string
	Status   string
	Word     string
	Sign     string
	Carries  string
	Counted  string
	Reasons  []reasonView
	Verdict  string
	Identity string
	Report   *reportView
	Blocked  bool
	Kept     string // since when it is recognised under this edition
}

type reasonView struct {
	Sentence string
	Clause   string
}

type capView struct{ Name, Clause, Used string }

// maxOffered bounds the achievements that are tried against a programme for one
// page.
const maxOffered = 100

// offered says, for each place of a programme (requirement/slot), what an
// institution itself teaches that would count there, so that "missing" comes with
// a way to get it.
type offered map[string][]offer

type offer struct {
	named
	id cairn.AchievementID
}

// offered asks the rules themselves: an achievement belongs where it would count
// if it were all that a learner had, with the best grade, awarded today.
func (v *visit) offered(inst cairn.InstitutionID, p *programme.Programme) (offered, error) {
	all, err := v.site.Issue.Achievements(v.r.Context(), inst)
	if err != nil {
		return nil, err
	}
	now := v.site.Now().UTC()
	out := offered{}
	for _, a := range all[:min(len(all), maxOffered)] {
		if a.ID == p.Award.Achievement || a.Credit == nil {
			continue
		}
		held := programme.Held{Digest: string(a.ID), Credential: cairn.CredentialID(a.ID), Issuer: p.Institution, Achievement: a.ID, Type: a.Type, Route: programme.InResidence, Credit: a.Credit, Level: a.Level,
			Field: a.FieldOfStudy, Tags: a.Tags, AwardedOn: cairn.PartialDate{Year: now.Year(), Month: now.Month(), Day: now.Day()}}
		for _, t := range a.Alignments {
			held.Alignments = append(held.Alignments, t.TargetURL)
		}
		if len(p.Grades) > 0 {
			held.GradeScale, held.Grade = p.Grades[0].Scale, p.Grades[0].Grades[0]
		}
		r, err := programme.Evaluate(p, []programme.Held{held}, now, programme.Options{})
		if err != nil {
			return nil, err
		}
		n := named{Name: v.Text(a.Name)}
		if path, ok := strings.CutPrefix(string(a.ID), v.site.BaseURL+"/i/"+string(inst)+"/"); ok {
			n.Path = "/i/" + string(inst) + "/" + path
		}
		for _, l := range r.Lines {
			out[l.Requirement+"/"+l.Slot] = append(out[l.Requirement+"/"+l.Slot], offer{n, a.ID})
		}
	}
	return out, nil
}

// at returns what is offered for a place and not held already.
func (o offered) at(place string, held map[string]programme.Held) []named {
	var out []named
	for _, one := range o[place] {
		have := false
		for _, h := range held {
			have = have || h.Achievement == one.id
		}
		if !have {
			out = append(out, one.named)
		}
	}
	return out
}

// evaluationView says an evaluation in words. prefix keeps the names inside the
// page's pictures apart.
func (v *visit) evaluationView(p *programme.Programme, e recognise.Evaluation, offers offered, prefix string) evaluationView {
	r := e.Result
	out := evaluationView{Title: v.Text(p.Title), Edition: p.Edition, Counted: v.Figure(r.Counted), Total: v.Figure(r.Total), Unit: r.Unit, Complete: r.Complete, Proven: r.Optimality.Proven}
	if p.Policy.Appeal != nil {
		out.AppealDays, out.AppealTo = p.Policy.Appeal.Days, p.Policy.Appeal.To
	}
	if t, err := time.Parse(time.DateOnly, r.NextChange); err == nil {
		out.NextChange = v.Date(t)
	}
	held := map[string]programme.Held{}
	for _, h := range e.Held {
		held[h.Digest] = h
	}
	var stones []Stone
	for _, q := range r.Requirements {
		view, part := v.requirementView(p, q, held, offers)
		out.Requirements = append(out.Requirements, view)
		stones = append(stones, Stone{part})
		if q.Status.Met() {
			out.Satisfied++
		}
	}
	label := v.W("stack.picture", "satisfied", out.Satisfied, "all", len(r.Requirements), "counted", out.Counted, "total", out.Total, "unit", out.Unit)
	out.Picture = cairnSVG(stones, label, prefix)
	for _, c := range r.Credentials {
		out.Credentials = append(out.Credentials, v.credentialView(p, c, held[c.Credential]))
	}
	out.Choices = v.choices(p, r)
	out.Floors = v.floors(p, r, held)
	for _, c := range r.Caps {
		name := recognise.BoundName(p, c.Name, v)
		if name == c.Name {
			name = v.W("cap.other", "name", c.Name)
		}
		if c.Name == "outside" || c.Name == "rpl" {
			name = v.W("cap." + c.Name)
		}
		out.Caps = append(out.Caps, capView{name, c.Clause, v.capUsed(c, r.Unit)})
	}
	return out
}

// capUsed says how far a cap is used: in credit, or in credentials.
func (v *visit) capUsed(c programme.CapResult, unit string) string {
	if c.Number {
		return v.W("stack.cap-number", "used", v.Figure(c.Used), "limit", v.Figure(c.Limit))
	}
	return v.W("stack.cap-used", "used", v.Figure(c.Used), "limit", v.Figure(c.Limit), "unit", unit)
}

// tracksView is a choice of tracks.
type tracksView struct {
	Title  string
	Clause string
	Word   string
	Tracks []string
}

func (v *visit) choices(p *programme.Programme, r programme.Result) (out []tracksView) {
	for i, c := range r.Choices {
		doc := p.Choices[i]
		view := tracksView{Title: v.W("choice.title", "title", v.Text(doc.Title), "n", c.Choose), Clause: c.Clause, Word: v.W("requirement." + string(c.Status))}
		for j, t := range c.Tracks {
			view.Tracks = append(view.Tracks, v.W("choice.track", "title", v.Text(doc.Tracks[j].Title), "word", v.W("requirement."+string(t.Status))))
		}
		out = append(out, view)
	}
	return out
}

// floorView is a floor of the policy.
type floorView struct {
	Name, Clause, Have, Sign, Doubtful string
}

func (v *visit) floors(p *programme.Programme, r programme.Result, held map[string]programme.Held) (out []floorView) {
	for _, f := range r.Floors {
		amount := func(c cairn.Credits) string {
			if f.Number {
				return v.Figure(c)
			}
			return v.Figure(c) + " " + r.Unit
		}
		view := floorView{Name: recognise.BoundName(p, f.Name, v), Clause: f.Clause, Sign: "partly", Have: v.W("stack.floor", "have", amount(f.Have), "need", amount(f.Need))}
		if f.Kept {
			view.Sign, view.Have = "yes", v.W("stack.floor-kept", "have", amount(f.Have), "need", amount(f.Need))
		}
		var titles []string
		for _, d := range f.Doubtful {
			titles = append(titles, held[d].Title)
		}
		if len(titles) > 0 {
			view.Doubtful = v.W("stack.floor-doubtful", "list", strings.Join(titles, ", "))
		}
		out = append(out, view)
	}
	return out
}

// track is the title of a track of a choice; empty for none.
func (v *visit) track(p *programme.Programme, id string) string {
	for _, c := range p.Choices {
		for _, t := range c.Tracks {
			if t.ID == id {
				return v.Text(t.Title)
			}
		}
	}
	return ""
}

func (v *visit) requirementView(p *programme.Programme, q programme.RequirementResult, held map[string]programme.Held, offers offered) (requirementView, float64) {
	view := requirementView{Title: q.Requirement, Clause: q.Clause, Status: string(q.Status), Word: v.W("requirement." + string(q.Status)), Have: v.Figure(q.Have), Need: v.Figure(q.Need),
		Sign: map[programme.Status]string{programme.Satisfied: "yes", programme.Waived: "yes", programme.Partly: "partly"}[q.Status]}
	if view.Sign == "" {
		view.Sign = "open"
	}
	part := 0.0
	switch {
	case q.Status.Met():
		part = 1
	case q.Need.Sign() > 0:
		part, _ = q.Have.Div(q.Need).Rat().Float64()
		part = min(part, 0.9)
	}
	for _, req := range p.Requirements {
		if req.ID != q.Requirement {
			continue
		}
		view.Title = v.Text(req.Title)
		if name := v.track(p, req.Track); name != "" {
			view.Track = v.W("requirement.track", "track", name)
		}
		for i, slot := range req.Slots() {
			place := placeView{Title: v.Text(slot.Title), Credits: v.Figure(slot.Credits)}
			if i < len(q.Slots) && q.Slots[i].Waived != "" {
				place.By = v.W("requirement.waived")
				view.Filled = append(view.Filled, place)
				continue
			}
			if i < len(q.Slots) && q.Slots[i].Credential != "" {
				place.By = held[q.Slots[i].Credential].Title
				view.Filled = append(view.Filled, place)
				continue
			}
			place.Offered = offers.at(req.ID+"/"+slot.ID, held)
			view.Open = append(view.Open, place)
		}
		if q.Status.Met() || q.Status == programme.NotNeeded {
			view.Open = nil
		}
		if q.Status == programme.Waiting {
			if view.More = v.W("requirement.excepted"); req.AttestedBy != "" {
				view.More = v.W("requirement.attested", "who", req.AttestedBy)
			}
		}
		if req.Choose > 0 && !q.Status.Met() {
			view.Choose = req.Choose - len(view.Filled)
		}
		if req.Credits.Sign() > 0 && !q.Status.Met() && q.Status != programme.NotNeeded {
			view.More = v.W("requirement.more", "n", v.Figure(q.Need.Sub(q.Have)), "unit", p.Credit.Unit)
			view.Offered = offers.at(req.ID+"/", held)
		}
	}
	return view, part
}

func (v *visit) credentialView(p *programme.Programme, c programme.CredentialResult, h programme.Held) credentialView {
	view := credentialView{Digest: c.Credential, Title: h.Title, Issuer: h.IssuerName, Awarded: v.Partial(h.AwardedOn), Route: v.W("route." + string(h.Route)), Status: string(c.Status), Word: v.W("credential." + string(c.Status)),
		Carries: v.Figure(c.Carries), Counted: v.Figure(c.Counted), Blocked: h.Blocked != ""}
	view.Sign = map[programme.Status]string{programme.Used: "yes", programme.PartlyUsed: "partly", programme.NotUsed: "open"}[c.Status]
	if view.Title == "" {
		view.Title = v.W("credential.untitled")
	}
	if !h.RecognisedOn.IsZero() {
		view.Kept = v.W("credential.kept", "date", v.Partial(h.RecognisedOn))
	}
	for _, r := range c.Reasons {
		view.Reasons = append(view.Reasons, v.reason(p, r))
	}
	return view
}

// reason says one reason.
func (v *visit) reason(p *programme.Programme, r programme.Reason) reasonView {
	return reasonView{v.sentence("recognise", "reason."+r.Code, recognise.ReasonArgs(p, r, v)), r.Clause}
}
