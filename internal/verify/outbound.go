package verify

import (
	"context"
	"errors"
	"time"

	"cairn.example"
	"cairn.example/did"
)

// Limits of what one verification asks of others. Whoever shows a document chooses
// the addresses in it; without these limits one presentation could make this
// machine ask hundreds of servers, or wait for a slow one for hours.
const (
	maxLookups    = 64               // documents of identifiers, statements of federations and status lists together
	maxLookupTime = 60 * time.Second // for the whole verification
	maxListBytes  = 64 << 20         // of unpacked status lists, which are kept until the end
)

// errLookupLimit says that more would have to be asked than the limits allow. What
// was not asked is unknown, with the code proof.lookup-limit or status.lookup-limit.
var errLookupLimit = &cairn.Error{Kind: cairn.Unavailable, Code: "verify.lookup-limit", Message: "more would have to be looked up than one verification may", Hint: "check fewer credentials at a time"}

// outbound counts what a verification asked and judged, and keeps every answer: a second
// question could get another one.
type outbound struct {
	lookups   int
	listBytes int
	resolved  map[cairn.DID]resolution
	lists     map[string]fetchedList
	addresses map[string]answer
	// statements are those of federations.
	statements map[string]statement
	endorsed   int // endorsements that were judged
}

// statement is the text of a statement of a federation.
type statement struct {
	text string
	err  error
}

// answer is what stands at an address.
type answer struct {
	data []byte
	asOf time.Time
	err  error
}

type resolution struct {
	did.Resolution
	err error
}

func newOutbound() outbound {
	return outbound{resolved: map[cairn.DID]resolution{}, lists: map[string]fetchedList{}, addresses: map[string]answer{}, statements: map[string]statement{}}
}

// ask allows one more lookup, or says why not.
func (o *outbound) ask(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.lookups >= maxLookups {
		return errLookupLimit
	}
	o.lookups++
	return nil
}

// documents is how many documents may be asked for to resolve an identifier: none
// for one that is its own document.
func documents(d cairn.DID) int {
	switch did.MethodName(d) {
	case "key", "jwk":
		return 0
	case "webvh":
		return 2 // the log, and the file of the witnesses
	}
	return 1
}

// resolve finds the document of an identifier, once in a verification.
func (c *check) resolve(ctx context.Context, d cairn.DID) (did.Resolution, error) {
	if r, ok := c.resolved[d]; ok {
		return r.Resolution, r.err
	}
	for range documents(d) {
		if err := c.ask(ctx); err != nil {
			return did.Resolution{}, err
		}
	}
	r, err := c.Resolver.Resolve(ctx, d)
	c.resolved[d] = resolution{r, err}
	return r, err
}

// address asks what stands at an address, once in a verification.
func (c *check) address(ctx context.Context, url string) ([]byte, time.Time, Outcome, string, error) {
	a, ok := c.addresses[url]
	if !ok {
		if c.Documents == nil {
			a.err = errors.New("nothing can be asked for here")
		} else if a.err = c.ask(ctx); a.err == nil {
			a.data, a.asOf, a.err = c.Documents.Document(ctx, url)
		}
		c.addresses[url] = a
	}
	switch {
	case errors.Is(a.err, errLookupLimit):
		return nil, a.asOf, Unknown, "proof.lookup-limit", a.err
	case a.err != nil:
		return nil, a.asOf, Unknown, "proof.key-unavailable", a.err
	}
	return a.data, a.asOf, Yes, "", nil
}

// fetched returns the status list at an address, fetched and checked once in a
// verification, whichever credentials name it.
// A list that names no issuer is checked for the one of the credential.
func (c *check) fetched(ctx context.Context, url, issuer string) fetchedList {
	if l, ok := c.lists[url]; ok {
		return l
	}
	if l, ok := c.lists[url+" "+issuer]; ok {
		return l
	}
	l := c.fetchList(ctx, url, issuer)
	size := 0
	if l.list != nil {
		size = l.list.Len() / 8
	} else if l.tokens != nil {
		size = l.tokens.List.Len() * l.tokens.List.Bits() / 8
	}
	if c.listBytes += size; c.listBytes > maxListBytes {
		l = unusable("status.lookup-limit", errLookupLimit)
	}
	if l.ofCredential {
		url += " " + issuer
	}
	c.lists[url] = l
	return l
}

// listDocument asks for a status list, for one that was got after a time when that
// is not zero, and gives the code of what went wrong.
func (c *check) listDocument(ctx context.Context, url string, after time.Time) ([]byte, time.Time, string, error) {
	if c.Status == nil {
		return nil, time.Time{}, "status.unavailable", errors.New("no status lists are at hand")
	}
	if err := c.ask(ctx); errors.Is(err, errLookupLimit) {
		return nil, time.Time{}, "status.lookup-limit", err
	} else if err != nil {
		return nil, time.Time{}, "status.unavailable", err
	}
	data, asOf, err := c.statusList(ctx, url, after)
	if err != nil {
		return nil, time.Time{}, "status.unavailable", err
	}
	return data, asOf, "", nil
}

func (c *check) statusList(ctx context.Context, url string, after time.Time) ([]byte, time.Time, error) {
	if r, ok := c.Status.(Refresher); ok && !after.IsZero() {
		return r.RefreshStatusList(ctx, url, after)
	}
	return c.Status.StatusList(ctx, url)
}
