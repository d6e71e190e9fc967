package app

import (
	"context"
	"log/slog"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/issue"
	"cairn.example/internal/web"
)

// Site returns the handler of all pages.
func (a *App) Site(log *slog.Logger) (*web.Site, error) {
	catalogue, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return web.New(web.Deps{
		BaseURL: a.Config.BaseURL, Issue: a.Issue, Verify: a.Verify, Recognise: a.Recognise, Trust: a.Trust, Staff: a.Staff, Catalogue: catalogue,
		Print: func(ctx context.Context, i issue.Issued, f web.Form, l cairn.Lang) ([]byte, error) {
			return a.Print(ctx, i, f == web.FormCard, l)
		},
		Bundle: a.Bundle, Now: a.Config.Now, Rand: a.Config.Rand, Log: log,
		Proxies: a.Config.Proxies,
	}), nil
}
