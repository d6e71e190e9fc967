package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/prospectus"
	"cairn.example/programme"
)

type programmesPage struct {
	Institution string
	InstPath    string
	Path        string
	Search      string
	Lines       []named
	None        bool   // the institution has no programme at all
	Next        string // address of the next page; empty at the end
	First       string // address of the first page; empty on it
}

func (v *visit) programmeLine(inst cairn.InstitutionID, p *programme.Programme) named {
	return named{Name: v.Text(p.Title), Path: "/i/" + string(inst) + "/programmes/" + string(p.ID), Note: v.Figure(p.Credit.Total) + " " + p.Credit.Unit}
}

// programmes lists the programmes of an institution and searches their titles, in
// whatever language the title is.
func (s *Site) programmes(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.inst())
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	search := strings.TrimSpace(q.Get("q"))
	start, err := strconv.Atoi(q.Get("from"))
	if q.Has("from") && err != nil || start < 0 || len(search) > maxSearch {
		return &cairn.Error{Kind: cairn.Invalid, Code: "web.filter", Message: "there is no such filter"}
	}
	all, err := s.Recognise.Programmes(v.r.Context(), inst.ID)
	if err != nil {
		return err
	}
	p := programmesPage{Institution: v.Text(inst.Name), InstPath: "/i/" + string(inst.ID), Path: "/i/" + string(inst.ID) + "/programmes", Search: search, None: len(all) == 0}
	found := 0
	for _, g := range all {
		if !titled(g, search) {
			continue
		}
		if found++; found > start && len(p.Lines) < pageSize {
			p.Lines = append(p.Lines, v.programmeLine(inst.ID, g))
		}
	}
	address := func(from int) string {
		to := url.Values{}
		if search != "" {
			to.Set("q", search)
		}
		if from > 0 {
			to.Set("from", strconv.Itoa(from))
		}
		return p.Path + "?" + to.Encode()
	}
	if start > 0 {
		p.First = address(0)
	}
	if found > start+pageSize {
		p.Next = address(start + pageSize)
	}
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	return v.render(http.StatusOK, "programmes", v.W("programmes.title", "institution", p.Institution), p)
}

// titled reports whether a programme is found by a search.
func titled(p *programme.Programme, search string) bool {
	search = strings.ToLower(search)
	for _, t := range []cairn.Text{p.Title, p.Description, {"": string(p.ID)}} {
		for _, text := range t {
			if strings.Contains(strings.ToLower(text), search) {
				return true
			}
		}
	}
	return false
}

type programmePage struct {
	prospectus.Prospectus
	Institution string
	InstPath    string
	AllPath     string // of all programmes
	Data        string // address of the document itself
	Digest      string
	Newest      string // address of the newest edition, when this is an older one
	Editions    []editionLine
}

type editionLine struct {
	Edition string
	Path    string // empty for the edition that is shown
	Applies string
}

// programme shows the rules of a programme as a page, or sends the document that its
// digest is of, so that anybody can work a decision out again. Who asks for no page
// gets the document: that is what the address has always sent to programs.
func (s *Site) programme(v *visit) error {
	inst, name, q := v.inst(), cairn.ProgrammeID(v.r.PathValue("name")), v.r.URL.Query()
	editions, err := s.Recognise.Editions(v.r.Context(), inst, name)
	if err != nil {
		return err
	}
	if len(editions) == 0 {
		return errNoPage
	}
	shown := 0
	if digest := q.Get("digest"); digest != "" {
		for shown = range editions {
			if editions[shown].Digest == digest {
				break
			}
		}
		if editions[shown].Digest != digest {
			return &cairn.Error{Kind: cairn.NotFound, Code: "programme.not-found", Object: string(name), Message: "there is no such edition of the programme"}
		}
	}
	v.w.Header().Add("Vary", "Accept")
	if format := q.Get("format"); format == "yaml" || format != "html" && !strings.Contains(v.r.Header.Get("Accept"), "text/html") {
		return v.file(editions[shown].Document, "application/yaml; charset=utf-8", cacheDocument)
	}
	p, _, err := s.Recognise.Programme(v.r.Context(), inst, editions[shown].Digest)
	if err != nil {
		return err
	}
	of, err := s.Issue.Institution(v.r.Context(), inst)
	if err != nil {
		return err
	}
	names, err := v.names(of)
	if err != nil {
		return err
	}
	path := "/i/" + string(inst) + "/programmes/" + url.PathEscape(string(name))
	page := programmePage{Prospectus: prospectus.Of(p, v.Printer, names), Institution: v.Text(of.Name), InstPath: "/i/" + string(inst), AllPath: "/i/" + string(inst) + "/programmes",
		Data: path + "?" + url.Values{"format": {"yaml"}, "digest": {editions[shown].Digest}}.Encode(), Digest: editions[shown].Digest}
	if shown > 0 {
		page.Newest = path
	}
	var until time.Time // when the edition after it was published
	for i, e := range editions {
		line := editionLine{Edition: e.Edition, Applies: v.W("programme.applies-from", "date", v.Date(e.Published))}
		if i > 0 {
			line.Applies = v.W("programme.applies", "from", v.Date(e.Published), "until", v.Date(until))
		}
		if until = e.Published; i != shown {
			line.Path = path + "?" + url.Values{"digest": {e.Digest}}.Encode()
		}
		page.Editions = append(page.Editions, line)
	}
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	return v.render(http.StatusOK, "programme", page.Title, page)
}

// rulesPath is the address of the rules of an edition.
func rulesPath(inst cairn.InstitutionID, p *programme.Programme) string {
	return "/i/" + string(inst) + "/programmes/" + url.PathEscape(string(p.ID)) + "?" + url.Values{"digest": {p.Digest()}}.Encode()
}

// names are those of the institutions and achievements of this server. Names of
// others would have to be looked up in trust lists, with their signatures checked for
// each visitor.
func (v *visit) names(of cairn.Institution) (prospectus.Names, error) {
	ctx := v.r.Context()
	all, err := v.site.Issue.Institutions(ctx)
	if err != nil {
		return prospectus.Names{}, err
	}
	achievements, issuers := map[cairn.AchievementID]string{}, map[cairn.DID]string{}
	for _, i := range all {
		issuers[i.DID] = v.Text(i.Name)
		offered, err := v.site.Issue.Achievements(ctx, i.ID)
		if err != nil {
			return prospectus.Names{}, err
		}
		for _, a := range offered {
			achievements[a.ID] = v.Text(a.Name)
		}
	}
	issuers[of.DID] = v.Text(of.Name)
	return prospectus.Names{
		Achievement: func(a cairn.AchievementID) string { return achievements[a] },
		Issuer:      func(d cairn.DID) string { return issuers[d] },
		Document: func(u programme.Reference) string {
			return v.site.BaseURL + "/i/" + string(of.ID) + "/rules/" + u.Digest
		},
	}, nil
}

// ruleDocument sends a rule document as the bytes that its digest is of.
func (s *Site) ruleDocument(v *visit) error {
	d, _, err := s.Recognise.RuleDocument(v.r.Context(), v.inst(), v.r.PathValue("digest"))
	if cairn.KindOf(err) == cairn.NotFound {
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.file(d.Document, "application/yaml; charset=utf-8", cacheForLong)
}

// ruleSignatures sends the tokens by which the parties of an agreement agreed to it.
func (s *Site) ruleSignatures(v *visit) error {
	d, signatures, err := s.Recognise.RuleDocument(v.r.Context(), v.inst(), v.r.PathValue("digest"))
	if cairn.KindOf(err) == cairn.NotFound {
		return errNoPage
	}
	if err != nil {
		return err
	}
	type signature struct {
		Party cairn.DID `json:"party"`
		Token string    `json:"token"`
	}
	out := struct {
		Digest     string      `json:"digest"`
		Signatures []signature `json:"signatures"`
	}{d.Digest, []signature{}}
	for _, g := range signatures {
		out.Signatures = append(out.Signatures, signature{g.Party, g.Token})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return v.file(b, "application/json", cacheDocument)
}
