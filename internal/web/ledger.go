package web

import (
	"net/http"
	"net/url"

	"cairn.example"
	"cairn.example/internal/recognise"
)

type ledgerPage struct {
	Institution string
	Learner     string // whose own page it is; empty for the institution's
	Stack       string // address of that page
	Path        string
	Search      string
	Programme   string
	Programmes  []named
	Lines       []ledgerLine
	Next        string // address of the next page; empty at the end
	First       string // address of the first page; empty on it
}

type ledgerLine struct {
	Title, Credential, Issuer     string
	Learner                       string
	Programme, Edition, Path      string // Path is of the application
	Credits, Unit                 string
	Places                        []ledgerPlace
	At, Decided, By, DecisionPath string
}

type ledgerPlace struct {
	Title, Clause, Credits string
	Shared                 bool
}

// ledger shows a registrar what was spent on what.
func (s *Site) ledger(v *visit) error {
	inst, err := s.Issue.Institution(v.r.Context(), v.account.Institution)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	f := recognise.LedgerFilter{Search: q.Get("q"), Programme: cairn.ProgrammeID(q.Get("programme"))}
	p := ledgerPage{Institution: v.Text(inst.Name), Path: "/registrar/ledger", Search: f.Search, Programme: string(f.Programme), Programmes: []named{{Name: v.W("ledger.all")}}}
	programmes, err := s.Recognise.Programmes(v.r.Context(), inst.ID)
	if err != nil {
		return err
	}
	for _, g := range programmes {
		p.Programmes = append(p.Programmes, named{Name: v.Text(g.Title), Path: string(g.ID)})
	}
	return v.ledgerPage(inst, f, p, "/registrar/applications/")
}

// stackLedger shows a learner what their credentials were used for.
func (s *Site) stackLedger(v *visit) error {
	l, err := v.learner()
	if err != nil {
		return err
	}
	inst, err := s.Issue.Institution(v.r.Context(), l.Institution)
	if err != nil {
		return err
	}
	p := ledgerPage{Institution: v.Text(inst.Name), Learner: l.FullName, Stack: v.stackPath(), Path: v.stackPath() + "/ledger"}
	return v.ledgerPage(inst, recognise.LedgerFilter{Learner: l.ID}, p, p.Stack+"/applications/")
}

func (v *visit) ledgerPage(inst cairn.Institution, f recognise.LedgerFilter, p ledgerPage, applications string) error {
	f.After, f.Limit = v.r.URL.Query().Get("after"), pageSize+1
	list, err := v.site.Recognise.Ledger(v.r.Context(), inst.ID, f)
	if err != nil {
		return err
	}
	address := func(after string) string {
		to := url.Values{}
		for name, value := range map[string]string{"q": f.Search, "programme": string(f.Programme), "after": after} {
			if value != "" {
				to.Set(name, value)
			}
		}
		if len(to) == 0 {
			return p.Path
		}
		return p.Path + "?" + to.Encode()
	}
	if f.After != "" {
		p.First = address("")
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		p.Next = address(list[pageSize-1].Key)
	}
	for _, one := range list {
		line := ledgerLine{Title: one.Title, Credential: string(one.Credential), Issuer: string(one.Issuer), Programme: v.Text(one.ProgrammeTitle), Edition: one.Edition,
			Path: applications + url.PathEscape(string(one.Application)), Credits: v.Figure(one.Credits), Unit: one.Unit, At: v.Date(one.At), Decided: v.Date(one.DecidedAt)}
		if one.Issuer == inst.DID {
			line.Issuer = p.Institution
		}
		if p.Learner == "" { // who decided is for colleagues; the learner finds it in the decision
			line.Learner, line.By = one.LearnerName, string(one.DecidedBy)
		}
		if one.Decision != "" && p.Learner != "" {
			line.DecisionPath = p.Stack + "/documents/" + url.PathEscape(string(one.Decision)) + "/document.pdf"
		} else if one.Decision != "" {
			line.DecisionPath = line.Path + "/documents/decision/document.pdf"
		}
		if !v.CanPrint() {
			line.DecisionPath = ""
		}
		for _, l := range one.Lines {
			place := ledgerPlace{Title: v.Text(l.RequirementTitle), Clause: l.Clause, Credits: v.Figure(l.Credits), Shared: l.Shared}
			if l.SlotTitle != nil {
				place.Title += " – " + v.Text(l.SlotTitle)
			}
			line.Places = append(line.Places, place)
		}
		p.Lines = append(p.Lines, line)
	}
	return v.render(http.StatusOK, "ledger", v.W("ledger.title"), p)
}
