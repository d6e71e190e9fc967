package web

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"cairn.example"
)

// What a request may bring, and how slowly. A stranger who sends much, slowly,
// from many places at once, takes memory and connections from everybody else.
const (
	smallBody   = 64 << 10         // bytes that every form may have, and that need no place
	bodyPlaces  = 16               // larger bodies that are read at once: at most 16 × maxBody of memory
	bodyShare   = 4                // of them by one caller
	bodyWindow  = 15 * time.Second // in each of which at least bodyPerTime bytes must arrive
	bodyPerTime = 8 << 10          // 4 kbit/s: a tenth of what the slowest mobile network brings
)

// uploads are the addresses that take documents; others take small forms only.
var uploads = []string{"/verify", "/verify/many", "/api/verify", "/stack/{token}/applications/{id}/add"}

func bodyLimit(pattern string) int64 {
	if slices.Contains(uploads, pattern) {
		return maxBody
	}
	return smallBody
}

// body reads what a request brings. The time limits of the server as a whole
// (readTimeout) are for the largest body on a slow network, so one that comes too
// slowly is cut here.
type body struct {
	io.ReadCloser
	enter func() error
	leave func()
	timer *time.Timer

	mu   sync.Mutex
	all  int
	last int // bytes that had arrived when the window began
	cut  bool
	end  bool // all of it was read
}

var errSlow = &cairn.Error{Kind: cairn.Unavailable, Code: "web.slow", Message: "this came too slowly and was given up", Hint: "try again, with a smaller file"}

// watch puts a body around that of v's request. The function it returns must be
// called when the body is done with, before the answer of a refusal is written:
// the rest of a body that nobody wants is not waited for.
func (v *visit) watch(window time.Duration) (done func()) {
	b := &body{ReadCloser: v.r.Body, enter: func() error { return v.site.bodies.take(v.asks) }}
	b.leave = func() { v.site.bodies.leave(v.asks) }
	b.timer = time.AfterFunc(window, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.all-b.last >= bodyPerTime {
			b.last = b.all
			b.timer.Reset(window)
			return
		}
		b.cut = true
		// A time long past ends the read that waits. Where there is no connection, as
		// in tests of a handler alone, nothing waits.
		if err := http.NewResponseController(v.w).SetReadDeadline(time.Unix(1, 0)); err != nil {
			v.site.Log.Debug("a slow request could not be cut", "request", v.id)
		}
	})
	v.r.Body = b
	return func() {
		b.timer.Stop()
		b.mu.Lock()
		held, end := b.all > smallBody, b.end
		b.mu.Unlock()
		if held {
			b.leave()
		}
		if !end && v.r.ContentLength != 0 {
			v.w.Header().Set("Connection", "close")
			// The server would read on for the sake of the next request.
			if err := http.NewResponseController(v.w).SetReadDeadline(time.Unix(1, 0)); err != nil {
				v.site.Log.Debug("the rest of a request could not be cut", "request", v.id)
			}
		}
	}
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.mu.Lock()
	before := b.all
	b.all += n
	b.end = b.end || err == io.EOF
	after, cut := b.all, b.cut
	b.mu.Unlock()
	if err == io.EOF {
		b.timer.Stop() // the whole is here; what follows is our own time
	}
	if err != nil && err != io.EOF && cut {
		return n, errSlow
	}
	if before <= smallBody && after > smallBody {
		if err := b.enter(); err != nil {
			b.mu.Lock()
			b.all = before // it holds no place
			b.mu.Unlock()
			return 0, err
		}
	}
	return n, err
}

// ours returns the error of a body itself, such as too slow or too many, and not
// of the form in it.
func ours(err error) error {
	var e *cairn.Error
	if errors.As(err, &e) && e.Kind == cairn.Unavailable {
		return e
	}
	return nil
}
