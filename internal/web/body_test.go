package web

import (
	"bufio"
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
func reading(t *testing.T, window time.Duration, places, share int) (*httptest.Server, *Site, chan error) {
	t.Helper()
	s := &Site{Deps: Deps{Caller: func(r *http.Request) string { return r.Header.Get("Caller") }, Log: slog.New(slog.DiscardHandler)}, bodies: newGate(0, places, share), drains: newGate(0, drainPlaces, drainShare)}
	read := make(chan error, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, site: s, asks: s.Caller(r)}
		done := v.watch(maxBody, window)
		_, err := readAll(v.r.Body, maxFile)
		done()
		read <- err
		if err != nil {
			w.WriteHeader(statusOf(err))
		}
		v.drain()
	}))
	t.Cleanup(server.Close)
	return server, s, read
}

// A body that trickles is given up long before the time limit of the server.
func TestSlowBody(t *testing.T) {
	server, _, read := reading(t, 100*time.Millisecond, 4, 4)
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
	server, _, read := reading(t, 100*time.Millisecond, 4, 4)
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
	server, site, read := reading(t, time.Minute, 3, 2)
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
	held := func(caller string, places int) { // what was sent is not yet what was read
		t.Helper()
		for range 1000 {
			site.bodies.mu.Lock()
			n := site.bodies.of[caller]
			site.bodies.mu.Unlock()
			if n == places {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%s never holds %d places", caller, places)
	}
	first := []sender{send("a", large), send("a", large)}
	held("a", 2)
	third := send("a", large)
	if <-third.status != http.StatusServiceUnavailable {
		t.Error("one caller has more than its share")
	}
	third.to.Close()
	if cairn.CodeOf(<-read) != "web.busy" {
		t.Error("refused for another reason")
	}
	first = append(first, send("b", large))
	held("b", 1)
	fourth := send("c", large)
	if <-fourth.status != http.StatusServiceUnavailable {
		t.Error("more large bodies than there are places")
	}
	fourth.to.Close()
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

// The answer to a body that is far too large arrives, though the other side reads it
// only when it has sent all; and what is sent without end is cut.
func TestTooLargeIsAnswered(t *testing.T) {
	server, site, read := reading(t, time.Minute, 4, 4)
	post := func(header string, size int64) (net.Conn, error) {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := fmt.Fprintf(c, "POST /verify HTTP/1.1\r\nHost: x\r\n%s\r\n", header); err != nil {
			t.Fatal(err)
		}
		_, err = io.CopyN(c, endless{}, size)
		return c, err
	}
	answer := func(c net.Conn) int {
		t.Helper()
		a, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Error(err)
			return 0
		}
		return a.StatusCode
	}
	const size = 40 << 20
	for _, header := range []string{fmt.Sprintf("Content-Length: %d\r\n", size), "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"} {
		c, err := post(strings.TrimSuffix(header, "\r\n")+"\r\n", size)
		if err != nil {
			t.Errorf("cut before all was sent: %v", err)
		}
		if status := answer(c); status != http.StatusRequestEntityTooLarge {
			t.Errorf("the answer is %d", status)
		}
		c.Close()
		<-read
	}
	if _, err := post(fmt.Sprintf("Content-Length: %d\r\n", int64(1)<<40), 4*drainBytes); err == nil {
		t.Error("256 MiB were taken")
	}
	<-read
	for range 1000 {
		site.drains.mu.Lock()
		n := len(site.drains.of)
		site.drains.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a place of those that are read on is never given back")
}

// endless gives as many bytes as are asked for.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Who waits for a word before sending is not told to send what is refused.
func TestTooLargeIsNotAskedFor(t *testing.T) {
	s := &Site{Deps: Deps{Caller: func(*http.Request) string { return "" }, Log: slog.New(slog.DiscardHandler)}, bodies: newGate(0, 4, 4), drains: newGate(0, 4, 4)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, site: s}
		v.watch(maxBody, time.Minute)()
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		v.drain()
	}))
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if a, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%v %v", a, err)
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
