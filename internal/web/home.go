package web

import (
	"html/template"
	"net/http"
)

type homePage struct{ Picture template.HTML }

func (s *Site) home(v *visit) error {
	v.w.Header().Set("Cache-Control", "private, max-age=60")
	stones := []Stone{{Part: 1}, {Part: 1}, {Part: 1}, {Part: 0.5}, {}}
	return v.render(http.StatusOK, "home", v.W("home.title"), homePage{cairnSVG(stones, v.W("home.picture"), "h")})
}
