// Package batch verifies many credentials at once: a folder, a ZIP archive or a
// spreadsheet of them, each judged by itself with the one engine, and the answers
// written as a spreadsheet with a row and the reasons for each.
//
// Folder, Archive and Sheet find the items; Run judges them, a few at a time and
// in order; Write writes the answers. An item that can't be read is a row with its
// reason and never stops the others.
package batch

import (
	"context"
	"iter"
	"sync"

	"cairn.example/internal/verify"
)

// Limits of what is taken in.
const (
	MaxItems = 100_000
	MaxItem  = 24 << 20 // bytes of one item
	// MaxArchive bounds what an archive unpacks to, in all, where there is time.
	MaxArchive = 1 << 30
)

// Item is one thing to verify. Err says why it could not be read.
type Item struct {
	Name  string   // of the file, or the row, for people
	Cells []string // the row it came from, for a spreadsheet
	Data  []byte
	Err   error
}

// Answer is what became of an item: a report, or the reason why there is none.
type Answer struct {
	Item   Item
	Report verify.Report
	Err    error
}

// Verdict is that of the report. What could not be read is undetermined: nothing
// can be said of it.
func (a Answer) Verdict() verify.Verdict {
	if a.Err != nil {
		return verify.Undetermined
	}
	return a.Report.Verdict
}

// Worst sums verdicts up: one invalid makes all invalid, and else one
// undetermined makes them undetermined. No verdict at all is undetermined.
type Worst struct {
	Valid, Invalid, Undetermined int
}

// Add counts a verdict.
func (w *Worst) Add(v verify.Verdict) {
	switch v {
	case verify.Valid:
		w.Valid++
	case verify.Invalid:
		w.Invalid++
	default:
		w.Undetermined++
	}
}

// Verdict is the sum.
func (w Worst) Verdict() verify.Verdict {
	switch {
	case w.Invalid > 0:
		return verify.Invalid
	case w.Undetermined > 0 || w.Valid == 0:
		return verify.Undetermined
	}
	return verify.Valid
}

// Judge verifies the bytes of one item.
type Judge func(ctx context.Context, data []byte) (verify.Report, error)

// Run judges items, workers at a time, and yields the answers in the order of the
// items. It ends early, without further answers, when the context does; the caller
// sees that in ctx.Err.
func Run(ctx context.Context, items iter.Seq[Item], workers int, judge Judge) iter.Seq[Answer] {
	return func(yield func(Answer) bool) {
		ctx, stop := context.WithCancel(ctx)
		var working sync.WaitGroup
		defer working.Wait()
		defer stop()
		pending := make(chan chan Answer, max(1, workers)-1)
		working.Go(func() {
			defer close(pending)
			for item := range items {
				answer := make(chan Answer, 1)
				select {
				case pending <- answer:
				case <-ctx.Done():
					return
				}
				working.Go(func() { answer <- one(ctx, item, judge) })
			}
		})
		for answer := range pending {
			a := <-answer
			if ctx.Err() != nil || !yield(a) {
				stop()
				for range pending { // let go of what has begun
				}
				return
			}
		}
	}
}

func one(ctx context.Context, item Item, judge Judge) Answer {
	a := Answer{Item: item, Err: item.Err}
	if a.Err == nil {
		a.Report, a.Err = judge(ctx, item.Data)
	}
	a.Item.Data = nil // a long run keeps answers, not documents
	return a
}
