package web

import (
	"encoding/json"
	"net/http"
	"net/url"

	"cairn.example"
	"cairn.example/internal/recognise"
)

type precedentsPage struct {
	Institution string
	Path        string
	Data        string // address of the same as JSON
	Search      string
	Lines       []precedentView
	Next, First string // addresses; empty where there is none
}

// precedentView is a case as people read it.
type precedentView struct {
	ID, Sentence, Programme, Category, Wording, Why, When string
	Item                                                  string // for registrars only, as is the rest
	Published                                             bool
	CategoryCode                                          string
}

// precedentView says one case.
func (v *visit) precedentView(p recognise.Precedent) precedentView {
	place := v.Text(p.Place)
	if p.Slot != "" {
		place += " – " + p.Slot
	}
	issuer := p.IssuerName
	if issuer == "" {
		issuer = string(p.Issuer)
	}
	learning := p.Learning
	if learning == "" {
		learning = v.W("precedent.some-learning")
	} else if issuer != "" {
		learning += " (" + issuer + ")"
	}
	out := precedentView{ID: p.ID, Programme: v.W("precedent.programme", "programme", v.Text(p.Title), "edition", p.Edition), CategoryCode: p.Category, Category: v.W("precedent.category-" + p.Category), Wording: p.Wording, When: p.When,
		Sentence: v.W("precedent."+p.Kind, "learning", learning, "place", place)}
	if p.Clause != "" {
		out.Why = v.W("clause", "clause", p.Clause)
	}
	return out
}

func (v *visit) precedentFilter() (recognise.PrecedentFilter, error) {
	q := v.r.URL.Query()
	f := recognise.PrecedentFilter{Search: q.Get("q"), Programme: cairn.ProgrammeID(q.Get("programme")), After: q.Get("after"), Limit: pageSize + 1}
	if len(f.Search) > maxSearch || len(f.Programme) > maxSearch || len(f.After) > maxSearch {
		return f, &cairn.Error{Kind: cairn.Invalid, Code: "web.filter", Message: "there is no such filter"}
	}
	return f, nil
}

// precedents is the public register.
func (s *Site) precedents(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.inst())
	if err != nil {
		return err
	}
	f, err := v.precedentFilter()
	if err != nil {
		return err
	}
	list, err := s.Recognise.Precedents(v.r.Context(), inst.ID, f)
	if err != nil {
		return err
	}
	p := precedentsPage{Institution: v.Text(inst.Name), Path: "/i/" + string(inst.ID) + "/precedents", Search: f.Search}
	address := func(base, after string) string {
		to := url.Values{}
		for name, value := range map[string]string{"q": f.Search, "programme": string(f.Programme), "after": after} {
			if value != "" {
				to.Set(name, value)
			}
		}
		if len(to) == 0 {
			return base
		}
		return base + "?" + to.Encode()
	}
	p.Data = address(p.Path+".json", f.After)
	if f.After != "" {
		p.First = address(p.Path, "")
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		p.Next = address(p.Path, list[pageSize-1].ID)
	}
	for _, one := range list {
		p.Lines = append(p.Lines, v.precedentView(one))
	}
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	return v.render(http.StatusOK, "precedents", v.W("precedent.title"), p)
}

// precedentsData is the register for programs.
func (s *Site) precedentsData(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.inst())
	if err != nil {
		return err
	}
	f, err := v.precedentFilter()
	if err != nil {
		return err
	}
	list, err := s.Recognise.Precedents(v.r.Context(), inst.ID, f)
	if err != nil {
		return err
	}
	out := struct {
		Institution cairn.DID             `json:"institution"`
		Precedents  []recognise.Precedent `json:"precedents"`
		Next        string                `json:"next,omitempty"` // value of after for the next page
	}{Institution: inst.DID, Precedents: []recognise.Precedent{}}
	if len(list) > pageSize {
		list = list[:pageSize]
		out.Next = list[pageSize-1].ID
	}
	out.Precedents = append(out.Precedents, list...)
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return v.file(body, "application/json", cacheDocument)
}

// registerView is what of a decision can be made public.
type registerView struct {
	Cases      []precedentView
	Categories []named
	NotFinal   bool
	Wording    string // as typed, when it was refused
}

// register says what a registrar can publish of an application; nil before it is
// delivered.
func (v *visit) register(a recognise.Application) (*registerView, error) {
	if a.State != recognise.Delivered {
		return nil, nil
	}
	found, err := v.site.Recognise.Candidates(v.r.Context(), a.Institution, a.ID)
	if cairn.CodeOf(err) == "precedent.not-final" {
		return &registerView{NotFinal: true}, nil
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := &registerView{}
	for _, c := range recognise.Categories() {
		out.Categories = append(out.Categories, named{Name: v.W("precedent.category-" + c), Path: c})
	}
	for _, c := range found {
		view := v.precedentView(c.Precedent)
		view.Item, view.Published = c.Item, c.Published
		out.Cases = append(out.Cases, view)
	}
	return out, nil
}

// publishPrecedent makes a case public, or takes it back.
func (s *Site) publishPrecedent(v *visit) error {
	id := cairn.ApplicationID(v.r.PathValue("id"))
	err := s.Recognise.PublishPrecedent(v.r.Context(), recognise.PublishPrecedentRequest{Institution: v.account.Institution, Application: id, Item: v.form.Get("item"), Category: v.form.Get("category"),
		Wording: v.form.Get("wording"), Withdraw: v.form.Get("withdraw") != "", By: v.account.ID})
	return v.changed(err, "register", applicationPage{})
}
