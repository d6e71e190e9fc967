package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/demo"
	"cairn.example/internal/web"
)

type demoCmd struct {
	Data    string `help:"Folder for the demo's data; it must not exist yet." default:"demo-data" type:"path"`
	Out     string `help:"Folder for the artefacts." default:"demo-artefacts" type:"path"`
	Listen  string `help:"Address to serve on." default:"127.0.0.1:8080"`
	Once    bool   `help:"End after the story, without serving."`
	Browser bool   `help:"Open the pages in the browser." default:"true" negatable:""`
}

func (d demoCmd) Run(c *console) error {
	if _, err := os.Stat(filepath.Join(d.Data, "cairn.db")); err == nil {
		return &cairn.Error{Kind: cairn.Conflict, Code: "demo.exists", Object: d.Data, Message: "there is a demo in this folder already",
			Hint: "remove it, choose another folder with --data, or serve it: cairn serve --data " + d.Data}
	}
	listener, err := net.Listen("tcp", d.Listen)
	if err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "demo.listen", Object: d.Listen, Message: "the address can't be listened on", Hint: "choose another with --listen", Err: err}
	}
	defer listener.Close()
	base := "http://" + listener.Addr().String()
	if !loopback(base) {
		return &cairn.Error{Kind: cairn.Denied, Code: "demo.public", Object: d.Listen, Message: "the demo is served on this machine only", Hint: "listen on 127.0.0.1"}
	}
	a, err := app.Open(c.ctx, app.Config{Data: d.Data, BaseURL: base, Now: c.now, Rand: rand.Reader, Loopback: true, PasswordCost: c.effort.password})
	if err != nil {
		return err
	}
	story, err := demo.Play(c.ctx, a, d.Out, c.out)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	fmt.Fprintf(c.out, "\nThe artefacts are in %s.\n", d.Out)
	if d.Once {
		return a.Close()
	}
	fmt.Fprintf(c.out, `
Open in a browser:
   %[1]s/                       start here
   %[1]s/verify                 check something from %[2]s
   %[1]s/claim/%[4]s   receive a credential
   %[1]s/stack/%[3]s   Amina's own page
   %[1]s/signin                 the registrar: institution university, name %[5]s, password %[6]q
Stop with Ctrl-C.
`, base, d.Out, story.StackToken, story.ClaimCode, story.Registrar, demo.RegistrarPassword)
	if d.Browser {
		openBrowser(base + "/")
	}
	return errors.Join(serve(c, a, listener, never), a.Close())
}

// openBrowser asks the desktop to open a page. Where there is none, the addresses
// that were printed are enough.
func openBrowser(address string) {
	for _, opener := range []string{"xdg-open", "open"} {
		if path, err := exec.LookPath(opener); err == nil {
			if exec.Command(path, address).Start() == nil {
				return
			}
		}
	}
}

type serveCmd struct {
	dataFlags
	Listen  string   `help:"Address to serve on; put a TLS proxy before it." default:"127.0.0.1:8080" env:"CAIRN_LISTEN"`
	Nightly string   `help:"Time of day, in UTC, after which the standings of all learners are worked out once a day, such as 02:00. Without it: cairn recognise run." env:"CAIRN_NIGHTLY"`
	Proxy   []string `help:"Network of a proxy whose X-Forwarded-For is believed, such as 127.0.0.1/32. Repeat for more." env:"CAIRN_PROXIES"`
}

func (s serveCmd) Run(c *console) error {
	proxies, err := web.ParseProxies(s.Proxy)
	if err != nil {
		return err
	}
	nightly := never
	if s.Nightly != "" {
		at, err := time.Parse("15:04", s.Nightly)
		if err != nil {
			return &cairn.Error{Kind: cairn.Invalid, Code: "serve.nightly", Object: s.Nightly, Message: "this is not a time of day such as 02:00", Err: err}
		}
		nightly = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "serve.listen", Object: s.Listen, Message: "the address can't be listened on", Err: err}
	}
	defer listener.Close()
	return s.with(c, func(a *app.App) error {
		a.Config.Proxies = proxies
		fmt.Fprintf(c.out, "serving %s on %s\n", s.URL, listener.Addr())
		return serve(c, a, listener, nightly)
	})
}

// serve answers requests until the program is told to stop, and then finishes
// those it has begun.
//
// nightly is when, after midnight in UTC, the standings of learners are worked out.
func serve(c *console, a *app.App, listener net.Listener, nightly time.Duration) error {
	log := slog.New(slog.NewTextHandler(c.err, nil))
	if a.Unfinished != nil {
		log.Warn("an application could not be taken on", "error", a.Unfinished.Error())
	}
	site, err := a.Site(log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(c.ctx)
	ticker := time.NewTicker(workEvery)
	var working sync.WaitGroup
	working.Go(func() { a.Work(ctx, ticker.C, log) })
	nights := time.NewTicker(workEvery)
	if nightly != never {
		working.Go(func() { a.Nights(ctx, nights.C, nightly, log) })
	}
	defer func() { // the store is closed by our caller, so the work must have ended
		ticker.Stop()
		nights.Stop()
		stop()
		working.Wait()
	}()
	server := web.Server(site)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-c.ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// never stands for no time of day.
const never = time.Duration(-1)

// workEvery is how often applications that wait for no person are tried again.
const workEvery = 3 * time.Minute

// shutdownGrace is how long requests that were begun may take to end.
const shutdownGrace = 10 * time.Second
