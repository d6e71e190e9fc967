package hold

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"cairn.example"
)

// Received tells what came of a receipt.
type Received struct {
	Entry Entry
	// Replaced is the version that the new one took the place of; nil for a
	// credential that was not in the wallet.
	Replaced *Version
	// Traces are ways in which the status lists of the credential could tell its
	// issuer, or who keeps the lists, where the learner shows it. They are no reason to
	// refuse it: they are for the learner to know.
	Traces []Trace
}

// Receive checks a credential and keeps it, byte for byte.
//
// It refuses a document whose proof the check finds bad: it is not what it says
// it is. Everything else is kept and marked by its Check: a credential that has
// expired, that bends the standard, or whose issuer nobody knows yet, is still
// the learner's.
// A credential that is there already is refused (wallet.duplicate). One with the
// id and the issuer of another replaces it when its validFrom is newer (Open
// Badges 3.0, "Credential equality") and its proof is good; the older one stays
// in the history. One that is not newer is refused (wallet.not-newer).
func (w *Wallet) Receive(ctx context.Context, document []byte, check Checker) (Received, error) {
	e, err := describe(document)
	if err != nil {
		return Received{}, err
	}
	if w.has(e.Digest) { // before the check, which may take long and go out
		return Received{}, duplicate(e)
	}
	found, err := check(ctx, slices.Clone(document))
	if err != nil {
		return Received{}, fmt.Errorf("checking the credential: %w", err)
	}
	if found.outcome("proof") == "no" {
		return Received{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.not-genuine", Object: name(e),
			Message: "this credential is not what it says it is and was not kept", Hint: "ask its issuer for it again"}
	}
	e.Document = slices.Clone(document)
	e.Received = w.options.Now().UTC()
	if found.At.IsZero() {
		found.At = e.Received
	}
	e.Check = Check{Verdict: found.Verdict, At: found.At.UTC(), Findings: slices.Clone(found.Findings)}
	return w.keep(e)
}

func (w *Wallet) keep(e Entry) (Received, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return Received{}, err
	}
	next := w.state
	next.Entries = slices.Clone(w.state.Entries)
	var replaced *Version
	for i, old := range next.Entries {
		if old.Digest == e.Digest || slices.ContainsFunc(old.History, func(v Version) bool { return v.Digest == e.Digest }) {
			return Received{}, duplicate(e)
		}
		if e.ID == "" || old.ID != e.ID || old.Issuer != e.Issuer {
			continue
		}
		if !e.ValidFrom.After(old.ValidFrom) {
			return Received{}, &cairn.Error{Kind: cairn.Conflict, Code: "wallet.not-newer", Object: name(e),
				Message: "the wallet has this credential in the same or a newer version"}
		}
		// Without a good proof anybody could replace the learner's credentials.
		if e.Check.outcome("proof") != "yes" || e.Check.outcome("model") == "no" {
			return Received{}, &cairn.Error{Kind: cairn.Unavailable, Code: "wallet.not-proven", Object: name(e),
				Message: "this says that it replaces a credential in the wallet, but that could not be checked", Hint: "try again with a connection, or with a newer trust bundle"}
		}
		if len(old.History) >= maxHistory {
			return Received{}, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.history", Object: name(e),
				Message: fmt.Sprintf("this credential was replaced %d times already", maxHistory)}
		}
		replaced = &Version{Digest: old.Digest, Received: old.Received, Replaced: e.Received, Document: old.Document}
		e.History = append(slices.Clone(old.History), *replaced)
		next.Entries = slices.Delete(next.Entries, i, i+1)
		break
	}
	if len(next.Entries) >= maxEntries {
		return Received{}, &cairn.Error{Kind: cairn.TooLarge, Code: "wallet.full", Message: fmt.Sprintf("the wallet holds %d credentials already", maxEntries),
			Hint: "export and remove what you no longer need"}
	}
	next.Entries = append(next.Entries, e)
	if err := w.save(next); err != nil {
		return Received{}, err
	}
	r := Received{Entry: e.copy(), Traces: traces(e, w.state.Entries)}
	if replaced != nil {
		v := *replaced
		v.Document = slices.Clone(v.Document)
		r.Replaced = &v
	}
	return r, nil
}

func (w *Wallet) has(digest string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.state.Entries, func(e Entry) bool { return e.Digest == digest })
}

func duplicate(e Entry) error {
	return &cairn.Error{Kind: cairn.Conflict, Code: "wallet.duplicate", Object: name(e), Message: "the wallet has this credential already"}
}

// name is what a message calls a credential.
func name(e Entry) string {
	if e.ID != "" {
		return e.ID
	}
	return e.Digest
}

// ReceiveLink gets a credential from a claim link and receives it. Links are
// https; http is accepted for the machine itself only, where nobody listens in.
func (w *Wallet) ReceiveLink(ctx context.Context, link string, fetch Fetch, check Checker) (Received, error) {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return Received{}, &cairn.Error{Kind: cairn.Invalid, Code: "wallet.link", Message: "this is not a link that a credential can be received from",
			Hint: "copy the whole link; it starts with https://"}
	}
	document, err := fetch(ctx, link)
	if err != nil {
		return Received{}, fmt.Errorf("receiving from %s: %w", u.Host, err) // the link itself is a secret
	}
	return w.Receive(ctx, document, check)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Recheck checks a credential in the wallet again and keeps what was found, so
// that the list shows how old the answer is.
func (w *Wallet) Recheck(ctx context.Context, ref string, check Checker) (Entry, error) {
	e, err := w.Show(ref)
	if err != nil {
		return Entry{}, err
	}
	found, err := check(ctx, e.Document)
	if err != nil {
		return Entry{}, fmt.Errorf("checking the credential: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return Entry{}, err
	}
	i, err := w.find(e.Digest)
	if err != nil {
		return Entry{}, err
	}
	if found.At.IsZero() {
		found.At = w.options.Now()
	}
	next := w.state
	next.Entries = slices.Clone(w.state.Entries)
	next.Entries[i].Check = Check{Verdict: found.Verdict, At: found.At.UTC(), Findings: slices.Clone(found.Findings)}
	if err := w.save(next); err != nil {
		return Entry{}, err
	}
	return next.Entries[i].copy(), nil
}

// Age is how old a check is at a time; negative when the clock went back.
func (c Check) Age(now time.Time) time.Duration { return now.Sub(c.At) }
