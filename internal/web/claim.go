package web

import (
	"context"
	"net/http"
	"strings"

	"cairn.example"
	"cairn.example/internal/issue"
)

type claimFormPage struct {
	Code    string
	Failure *Failure
}

func (s *Site) claimForm(v *visit) error {
	v.w.Header().Set("Cache-Control", "private, max-age=60")
	return v.render(http.StatusOK, "claim", v.W("claim.title"), claimFormPage{})
}

// claimCode sends somebody who typed a code to its page.
func (s *Site) claimCode(v *visit) error {
	typed := v.form.Get("code")
	code, err := issue.NormaliseCode(typed)
	if err == nil {
		_, err = s.Issue.Peek(v.r.Context(), code, v.asks)
	}
	if err != nil {
		if k := cairn.KindOf(err); k == cairn.Internal {
			return err
		}
		f := v.failure(err)
		f.Field = "code"
		if len(typed) > 100 {
			typed = ""
		}
		return v.render(f.Status, "claim", v.W("claim.title"), claimFormPage{Code: typed, Failure: &f})
	}
	return v.redirect("/claim/" + code)
}

type claimPage struct {
	Claimed     bool
	Title       string
	Institution string
	Expires     string
	Report      *reportView
	Path        string // of the claim, for links
	Command     string // for a wallet on a computer
}

// claimShow says what a code is for and uses nothing up: a preview of a link, or a
// scanner in a mail system, must not take a learner's credential away.
func (s *Site) claimShow(v *visit) error {
	c, err := s.Issue.Peek(v.r.Context(), v.r.PathValue("secret"), v.asks)
	if err != nil {
		return err
	}
	p, err := v.claimPage(c)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "claimed", v.W("claim.ready-title"), p)
}

func (v *visit) claimPage(c issue.Claimed) (claimPage, error) {
	inst, err := v.site.Issue.Institution(v.r.Context(), c.Institution())
	if err != nil {
		return claimPage{}, err
	}
	secret, err := issue.NormaliseCode(v.r.PathValue("secret"))
	if err != nil {
		return claimPage{}, err
	}
	path := "/claim/" + secret
	return claimPage{Title: c.Title(), Institution: v.Text(inst.Name), Expires: v.Date(c.Expires), Path: path, Command: "cairn wallet receive " + v.site.BaseURL + path}, nil
}

// claimPost gives the credential to whoever has the code: as a page, or as the
// signed document when a wallet asks for that.
func (s *Site) claimPost(v *visit) error {
	c, err := s.Issue.Claim(v.r.Context(), v.r.PathValue("secret"), v.asks)
	if err != nil {
		return err
	}
	if accept := v.r.Header.Get("Accept"); strings.Contains(accept, "application/vc") && !strings.Contains(accept, "text/html") {
		return v.credential(c.Issued)
	}
	p, err := v.claimPage(c)
	if err != nil {
		return err
	}
	report, err := s.judge(v, c.Document())
	if err != nil {
		return err
	}
	view := v.reportView(report)
	p.Claimed, p.Report = true, &view
	return v.render(http.StatusOK, "claimed", v.W("claim.done-title"), p)
}

// credential sends the signed bytes as they were recorded.
func (v *visit) credential(i issue.Issued) error {
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(i)+`.json"`)
	v.w.Header().Set("Content-Type", "application/vc")
	v.w.Header().Set("Cache-Control", "no-store")
	v.write(http.StatusOK, i.Document())
	return nil
}

// fileName is a plain name for a document: its kind and the end of its id.
func fileName(i issue.Issued) string {
	id := string(i.ID())
	if len(id) > 8 {
		id = id[len(id)-8:]
	}
	return "cairn-" + i.Kind() + "-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(id))
}

func (s *Site) claimCredential(v *visit) error {
	c, err := s.Issue.Claim(v.r.Context(), v.r.PathValue("secret"), v.asks)
	if err != nil {
		return err
	}
	return v.credential(c.Issued)
}

func (s *Site) claimCard(v *visit) error {
	c, err := s.Issue.Claim(v.r.Context(), v.r.PathValue("secret"), v.asks)
	if err != nil {
		return err
	}
	return s.print(v, c.Issued, FormCard)
}

// print sends a PDF.
func (s *Site) print(v *visit, i issue.Issued, f Form) error {
	if s.Print == nil {
		return errNoPage
	}
	if err := s.checks.enter(v.r.Context(), v.asks); err != nil {
		return err
	}
	defer s.checks.exit(v.asks)
	b, err := s.Print(v.r.Context(), i, f, v.Tag)
	if err != nil {
		return err
	}
	return v.download(b, "application/pdf", fileName(i)+".pdf")
}

// issuedTo returns a credential of a learner, and "not found" for one of somebody
// else: the two can't be told apart.
func (s *Site) issuedTo(ctx context.Context, inst cairn.InstitutionID, learner cairn.LearnerID, id cairn.CredentialID) (issue.Issued, error) {
	c, err := s.Issue.Credential(ctx, inst, id)
	if err != nil && cairn.KindOf(err) != cairn.NotFound {
		return issue.Issued{}, err
	}
	if err != nil || c.Learner() != learner {
		return issue.Issued{}, &cairn.Error{Kind: cairn.NotFound, Code: "credential.not-found", Object: string(id), Message: "there is no such credential"}
	}
	return c, nil
}

// send gives a document in the form that an address asks for.
func (s *Site) send(v *visit, i issue.Issued, form string) error {
	switch form {
	case "credential.json":
		return v.credential(i)
	case "document.pdf":
		return s.print(v, i, FormPage)
	case "card.pdf":
		if i.Kind() == issue.KindBadge {
			return s.print(v, i, FormCard)
		}
	}
	return errNoPage
}
