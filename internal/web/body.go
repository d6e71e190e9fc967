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

	// What of a refused body is still read, so that the answer arrives.
	drainBytes  = 64 << 20
	drainTime   = 20 * time.Second
	drainPlaces = 32
	drainShare  = 4 // of them for one caller
)

// uploads are the addresses that take documents; others take small forms only.
var uploads = []string{"/verify", "/verify/many", "/api/verify", "/stack/{token}/applications/{id}/add", "/registrar/drafts"}

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
	raw   io.Reader // without the limit of what a request may bring
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

// watch puts a body around that of v's request, which brings at most limit bytes. The
// function it returns must be called when the body is done with, before an answer is
// written, and drain after it.
func (v *visit) watch(limit int64, window time.Duration) (done func()) {
	b := &body{ReadCloser: http.MaxBytesReader(v.w, v.r.Body, limit), raw: v.r.Body, enter: func() error { return v.site.bodies.take(v.asks) }}
	b.leave = func() { v.site.bodies.leave(v.asks) }
	v.r.Body, v.body = b, b
	if v.r.ContentLength == 0 {
		return func() {}
	}
	b.timer = time.AfterFunc(window, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.all-b.last >= bodyPerTime {
			b.last = b.all
			b.timer.Reset(window)
			return
		}
		b.cut = true
		v.hangUp()
	})
	return func() {
		b.timer.Stop()
		b.mu.Lock()
		held, end := b.all > smallBody, b.end
		b.mu.Unlock()
		if held {
			b.leave()
		}
		if !end {
			v.w.Header().Set("Connection", "close")
		}
	}
}

// hangUp ends the reading of a request: a time long past ends the read that waits.
func (v *visit) hangUp() {
	// Where there is no connection, as in tests of a handler alone, nothing waits.
	if err := http.NewResponseController(v.w).SetReadDeadline(time.Unix(1, 0)); err != nil {
		v.site.Log.Debug("a request could not be cut", "request", v.id)
	}
}

// drain reads on, within limits, where a body was refused. Who sends reads no answer
// before they have sent all, as browsers do, or loses it when the connection is cut
// while something of theirs is unread.
func (v *visit) drain() {
	b := v.body
	if b == nil || v.r.ContentLength == 0 {
		return
	}
	b.mu.Lock()
	end, begun, cut := b.end, b.all > 0, b.cut
	b.mu.Unlock()
	if end {
		return
	}
	defer v.hangUp()                                  // the server would read on by itself
	waits := !begun && v.r.Header.Get("Expect") != "" // for a word from us before it sends
	if cut || waits || v.site.drains.take(v.asks) != nil {
		return
	}
	defer v.site.drains.leave(v.asks)
	if err := http.NewResponseController(v.w).Flush(); err != nil {
		return
	}
	timer := time.AfterFunc(drainTime, v.hangUp)
	defer timer.Stop()
	if _, err := io.CopyN(io.Discard, b.raw, drainBytes); err == nil {
		v.site.Log.Debug("a body far beyond the limit was given up", "request", v.id)
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
	if err == io.EOF && b.timer != nil {
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
