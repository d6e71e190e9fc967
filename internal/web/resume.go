package web

import (
	"net/url"

	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// goOnView is how a learner goes on from what was recognised in part.
type goOnView struct {
	Key     string // makes a second click harmless
	Edition string // that was applied
	Newest  string // the newest one; empty when it is the same
}

func (v *visit) goOn(p *programme.Programme, a recognise.Application) (*goOnView, error) {
	if a.CanContinue() != nil {
		return nil, nil
	}
	key, err := v.site.key()
	if err != nil {
		return nil, err
	}
	out := &goOnView{Key: key, Edition: p.Edition}
	all, err := v.site.Recognise.Programmes(v.r.Context(), a.Institution)
	if err != nil {
		return nil, err
	}
	for _, newest := range all {
		if newest.ID == a.Programme && newest.Digest() != a.ProgrammeDigest {
			out.Newest = newest.Edition
		}
	}
	return out, nil
}

// stackContinue goes on from an earlier application, in one of two ways.
func (s *Site) stackContinue(v *visit) error {
	l, a, err := v.ownApplication()
	if err != nil {
		return err
	}
	ctx, key := v.r.Context(), v.form.Get("key")
	if len(key) != 32 {
		return errForm
	}
	if open, err := s.openApplication(ctx, l, a.Programme); err != nil || open != "" {
		if err != nil {
			return err
		}
		return v.redirect(v.stackPath() + "/applications/" + url.PathEscape(string(open)))
	}
	next, err := s.Recognise.Continue(ctx, recognise.ContinueRequest{Institution: l.Institution, Application: a.ID, Key: "page/" + key, Newest: v.form.Get("edition") == "newest"})
	if err != nil {
		return err
	}
	if next.State == recognise.Draft {
		if _, err := s.Recognise.AddOwn(ctx, l.Institution, next.ID); err != nil {
			return err
		}
	}
	return v.redirect(v.stackPath() + "/applications/" + url.PathEscape(string(next.ID)))
}
