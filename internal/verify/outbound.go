package verify

import (
	"context"

	"cairn.example"
	"cairn.example/did"
)

func (c *check) resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if r, ok := c.resolved[d]; ok {
		return r.Resolution, r.err
	}
	r, err := c.Resolver.Resolve(ctx, d)
	c.resolved[d] = resolution{r, err}
	return r, err
}
