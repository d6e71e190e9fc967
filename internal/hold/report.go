package hold

import (
	"context"

	"cairn.example/internal/verify"
)

// CheckWith returns a Checker that asks a verification engine.
func CheckWith(e *verify.Engine) Checker {
	return func(ctx context.Context, document []byte) (Check, error) {
		return Summary(e.Verify(ctx, document, verify.Options{})), nil
	}
}

// Summary keeps of a report what a list shows.
func Summary(r verify.Report) Check {
	c := Check{Verdict: string(r.Verdict), At: r.CheckedAt}
	for _, f := range r.Findings {
		c.Findings = append(c.Findings, Finding{Axis: string(f.Axis), Outcome: string(f.Outcome), Code: f.Code})
	}
	return c
}
