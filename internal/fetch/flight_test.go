package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn.example"
)

// slowly answers a request when it is told to, and counts requests and those that
// were given up.
type slowly struct {
	asked, left atomic.Int32
	release     chan struct{}
}

func (s *slowly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	select {
	case <-s.release:
		w.Header().Set("Content-Type", "text/plain")
		if _, err := w.Write([]byte(strings.Repeat("x", 100))); err != nil {
			panic(err)
		}
	case <-r.Context().Done():
		s.left.Add(1)
	}
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 1000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not %s in time", what)
}

func (c *Client) waiters() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.flights {
		n += f.waiting
	}
	return n
}

// Who asks for the same at the same moment shares one request; who asks with other
// limits does not, and who gives up takes nothing away from the others.
func TestRequestsAreShared(t *testing.T) {
	type caller struct {
		max    int64
		accept string
		leaves bool
		fails  bool
	}
	for _, c := range []struct {
		name    string
		callers []caller
		asked   int32
		left    int32
	}{
		{"all the same", []caller{{100, "", false, false}, {100, "", false, false}, {100, "", false, false}}, 1, 0},
		{"the first leaves", []caller{{100, "", true, true}, {100, "", false, false}}, 1, 0},
		{"the second leaves", []caller{{100, "", false, false}, {100, "", true, true}}, 1, 0},
		{"everybody leaves", []caller{{100, "", true, true}, {100, "", true, true}}, 1, 1},
		{"a smaller limit first", []caller{{99, "", false, true}, {100, "", false, false}}, 2, 0},
		{"a smaller limit second", []caller{{100, "", false, false}, {99, "", false, true}}, 2, 0},
		{"another kind", []caller{{100, "text/plain", false, false}, {100, "application/json", false, true}}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &slowly{release: make(chan struct{})}
			server := httptest.NewServer(s)
			defer server.Close()
			client := client(Options{Loopback: true})
			errs := make([]error, len(c.callers))
			bodies := make([]Response, len(c.callers))
			var all, leaving sync.WaitGroup
			var leave []context.CancelFunc
			for i, one := range c.callers {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if one.leaves {
					leave = append(leave, cancel)
					leaving.Add(1)
				}
				var accept []string
				if one.accept != "" {
					accept = []string{one.accept}
				}
				all.Add(1)
				go func() {
					defer all.Done()
					bodies[i], errs[i] = client.Get(ctx, server.URL+"/list", one.max, accept...)
					if one.leaves {
						leaving.Done()
					}
				}()
				eventually(t, "waiting", func() bool { return client.waiters() == i+1 })
			}
			eventually(t, "asked", func() bool { return s.asked.Load() == c.asked })
			for _, f := range leave {
				f()
			}
			leaving.Wait() // before the server answers anything
			eventually(t, "given up", func() bool { return s.left.Load() == c.left })
			close(s.release)
			all.Wait()
			for i, one := range c.callers {
				switch {
				case one.fails && cairn.KindOf(errs[i]) != cairn.Unavailable:
					t.Errorf("caller %d: %v", i, errs[i])
				case one.leaves != errors.Is(errs[i], context.Canceled):
					t.Errorf("caller %d: %v", i, errs[i])
				case !one.fails && (errs[i] != nil || len(bodies[i].Body) != 100):
					t.Errorf("caller %d: %d bytes, %v", i, len(bodies[i].Body), errs[i])
				}
			}
			if s.asked.Load() != c.asked || client.waiters() != 0 {
				t.Errorf("asked %d times, want %d; %d still wait", s.asked.Load(), c.asked, client.waiters())
			}
		})
	}
}
