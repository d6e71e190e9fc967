package web

import (
	"net/http"

	"cairn.example"
	"cairn.example/internal/staff"
)

// sessionCookie has the prefix that makes browsers refuse it from other hosts and
// without https. Plain http, which is for this machine only, can't have it.
func (s *Site) sessionCookie() string {
	if s.secure {
		return "__Host-cairn"
	}
	return "cairn"
}

func (v *visit) setSession(token string) {
	http.SetCookie(v.w, &http.Cookie{Name: v.site.sessionCookie(), Value: token, Path: "/", Secure: v.site.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (v *visit) dropSession() {
	http.SetCookie(v.w, &http.Cookie{Name: v.site.sessionCookie(), Path: "/", MaxAge: -1, Secure: v.site.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

type signInPage struct {
	Institutions []cairn.Institution
	Institution  string
	Name         string
	Next         string
	Failure      *Failure
}

func (s *Site) signInForm(v *visit) error {
	if v.account != nil {
		return v.redirect(v.start(v.r.URL.Query().Get("next")))
	}
	return v.signInPage(http.StatusOK, signInPage{Next: localPath(v.r.URL.Query().Get("next")), Institution: v.r.URL.Query().Get("institution")})
}

func (v *visit) signInPage(status int, p signInPage) (err error) {
	if p.Institutions, err = v.site.Issue.Institutions(v.r.Context()); err != nil {
		return err
	}
	return v.render(status, "signin", v.W("signin.title"), p)
}

func (s *Site) signIn(v *visit) error {
	p := signInPage{Institution: v.form.Get("institution"), Name: v.form.Get("name"), Next: localPath(v.form.Get("next"))}
	old := ""
	if c, err := v.r.Cookie(s.sessionCookie()); err == nil {
		old = c.Value
	}
	token, account, err := s.Staff.SignIn(v.r.Context(), cairn.InstitutionID(p.Institution), staff.NormaliseID(p.Name), v.form.Values.Get("password"), v.asks, old)
	if k := cairn.KindOf(err); k == cairn.Denied || k == cairn.Unavailable {
		f := v.failure(err)
		f.Field = "password"
		p.Failure = &f
		return v.signInPage(f.Status, p)
	}
	if err != nil {
		return err
	}
	v.setSession(token)
	v.account = &account
	return v.redirect(v.start(p.Next))
}

// start is where somebody goes after signing in.
func (v *visit) start(next string) string {
	if next = localPath(next); next != "" {
		return next
	}
	if v.account.Has(staff.Registrar) {
		return "/registrar"
	}
	return "/account"
}

func (s *Site) signOut(v *visit) error {
	if c, err := v.r.Cookie(s.sessionCookie()); err == nil {
		if err := s.Staff.SignOut(v.r.Context(), c.Value); err != nil {
			return err
		}
	}
	v.dropSession()
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	return v.redirect("/")
}

type accountPage struct {
	Institution cairn.Institution
	Done        bool
	Failure     *Failure
}

func (s *Site) accountForm(v *visit) error {
	return v.accountPage(http.StatusOK, accountPage{Done: v.r.URL.Query().Has("done")})
}

func (v *visit) accountPage(status int, p accountPage) (err error) {
	if p.Institution, err = v.site.Issue.Institution(v.r.Context(), v.account.Institution); err != nil {
		return err
	}
	return v.render(status, "account", v.W("account.title"), p)
}

func (s *Site) changePassword(v *visit) error {
	f := v.form.Values
	var err error
	if f.Get("after") != f.Get("again") {
		err = &cairn.Error{Kind: cairn.Invalid, Code: "web.passwords-differ", Field: "again", Message: "the two new passwords are not the same"}
	} else {
		var token string
		token, err = s.Staff.ChangePassword(v.r.Context(), v.account.Institution, v.account.ID, f.Get("before"), f.Get("after"), v.asks)
		if err == nil {
			v.setSession(token)
			return v.redirect("/account?done")
		}
	}
	if k := cairn.KindOf(err); k == cairn.Invalid || k == cairn.Unavailable {
		failure := v.failure(err)
		if failure.Field == "password" || failure.Field == "" {
			failure.Field = "after"
		}
		return v.accountPage(failure.Status, accountPage{Failure: &failure})
	}
	return err
}

func (s *Site) signOutEverywhere(v *visit) error {
	if err := s.Staff.SignOutEverywhere(v.r.Context(), v.account.Institution, v.account.ID, string(v.account.ID)); err != nil {
		return err
	}
	v.dropSession()
	return v.redirect("/signin")
}
