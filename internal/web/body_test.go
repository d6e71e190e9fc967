package web

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
)

// reading is a server that only reads bodies.
func reading(t *testing.T, window time.Duration, places, share int) (*httptest.Server, chan error) {
	t.Helper()
	s := &Site{Deps: Deps{Caller: func(r *http.Request) string { return r.Header.Get("Caller") }, Log: slog.New(slog.DiscardHandler)}, bodies: newGate(0, places, share)}
	read := make(chan error, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, site: s, asks: s.Caller(r)}
		v.r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		done := v.watch(window)
		_, err := readAll(v.r.Body, maxFile)
		done()
		read <- err
		if err != nil {
			w.WriteHeader(statusOf(err))
		}
	}))
	t.Cleanup(server.Close)
	return server, read
}

// A body that trickles is given up long before the time limit of the server.
func TestSlowBody(t *testing.T) {
	server, read := reading(t, 100*time.Millisecond, 4, 4)
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	}()
	select {
	case err := <-read:
		if cairn.CodeOf(err) != "web.slow" {
			t.Errorf("%v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("a body of 100 bytes a second is still being read")
	}
}

// One that comes steadily is read to its end, however many windows that takes.
func TestSteadyBody(t *testing.T) {
	server, read := reading(t, 100*time.Millisecond, 4, 4)
	r, w := io.Pipe()
	go func() {
		for range 60 {
			if _, err := w.Write(make([]byte, 4<<10)); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		w.Close()
	}()
	answer, err := http.Post(server.URL, "application/json", r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := <-read; err != nil {
		t.Error(err)
	}
}

// Large bodies have few places, and one caller has a share of them; small ones
// need none.
func TestBodyPlaces(t *testing.T) {
	server, read := reading(t, 10*time.Second, 3, 2)
	type sender struct {
		to     *io.PipeWriter
		status chan int
	}
	send := func(caller string, size int) sender {
		r, w := io.Pipe()
		q, err := http.NewRequest("POST", server.URL, r)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Caller", caller)
		out := sender{w, make(chan int, 1)}
		go func() {
			a, err := http.DefaultClient.Do(q)
			if err != nil {
				out.status <- 0
				return
			}
			a.Body.Close()
			out.status <- a.StatusCode
		}()
		if _, err := w.Write(make([]byte, size)); err != nil && err != io.ErrClosedPipe {
			t.Fatal(err)
		}
		return out
	}
	const large = 4 * smallBody
	first := []sender{send("a", large), send("a", large)}
	if third := send("a", large); <-third.status != http.StatusServiceUnavailable {
		t.Error("one caller has more than its share")
	}
	if cairn.CodeOf(<-read) != "web.busy" {
		t.Error("refused for another reason")
	}
	first = append(first, send("b", large))
	if fourth := send("c", large); <-fourth.status != http.StatusServiceUnavailable {
		t.Error("more large bodies than there are places")
	}
	<-read
	small := send("c", smallBody)
	small.to.Close()
	if status := <-small.status; status != http.StatusOK {
		t.Errorf("a small body while all places are taken: %d", status)
	}
	<-read
	for _, s := range first {
		s.to.Close()
		if status := <-s.status; status != http.StatusOK {
			t.Errorf("a body that had a place: %d", status)
		}
		<-read
	}
	again := send("c", large)
	again.to.Close()
	if status := <-again.status; status != http.StatusOK {
		t.Errorf("after all have left: %d", status)
	}
}

// One caller alone can't keep all others out.
func TestGateShare(t *testing.T) {
	g := newGate(2, 8, 3)
	for n := range 3 {
		if err := g.take("a"); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := g.take("a"); cairn.CodeOf(err) != "web.busy" {
		t.Errorf("a fourth place for one caller: %v", err)
	}
	if err := g.enter(t.Context(), "b"); err != nil {
		t.Errorf("another caller: %v", err)
	}
	g.exit("b")
	g.leave("a")
	if err := g.take("a"); err != nil {
		t.Errorf("after one was given back: %v", err)
	}
	if len(g.of) != 1 {
		t.Errorf("callers without a place are remembered: %v", g.of)
	}
}

// Pictures cost far more than their size; they are opened one at a time, and what
// is cheap does not wait for them.
func TestOpening(t *testing.T) {
	s := &Site{Deps: Deps{Caller: func(*http.Request) string { return "a" }}, opening: newGate(1, 2, 2)}
	visitor := func() *visit { return &visit{r: httptest.NewRequest("POST", "/verify", nil), site: s, asks: "a"} }
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	if err := s.opening.enter(t.Context(), "b"); err != nil { // somebody else's is being opened
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	results := make(chan error, 3)
	for range 3 {
		wg.Go(func() { _, err := visitor().unwrap(picture.Bytes()); results <- err })
	}
	if err := <-results; cairn.CodeOf(err) != "web.busy" {
		t.Errorf("a third picture of one caller: %v", err)
	}
	for name, b := range map[string][]byte{"JSON": []byte(`{"a":1}`), "text": []byte(strings.Repeat("x", 1000))} {
		if _, err := visitor().unwrap(b); cairn.CodeOf(err) == "web.busy" {
			t.Errorf("%s waits for pictures", name)
		}
	}
	if _, err := (&visit{r: httptest.NewRequest("POST", "/verify", nil).WithContext(t.Context()), site: &Site{Deps: s.Deps, opening: newGate(1, 0, 0)}}).unwrap([]byte("%PDF-1.7")); cairn.CodeOf(err) != "web.busy" {
		t.Errorf("a PDF document passes by the gate: %v", err)
	}
	s.opening.exit("b")
	wg.Wait()
	for range 2 {
		if err := <-results; cairn.CodeOf(err) != "paper.no-code" {
			t.Errorf("one that waited: %v", err)
		}
	}
}
