package main

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"cairn.example"
	"cairn.example/internal/conformance"
)

type conformanceCmd struct {
	Listen string `help:"Address of this machine to serve on." default:"127.0.0.1:8443"`
	Config string `help:"Write the configuration of the suites (localConfig.cjs) to this file." type:"path"`
}

// Help is shown by cairn conformance --help.
func (conformanceCmd) Help() string {
	return `For public test suites only, such as those of the W3C: it signs anything with
throw-away keys, and its verifier says that a proof is good, never that a
credential is valid. It uses no data folder, and only this machine can reach it.

Example:
  cairn conformance --config ../vc-di-eddsa-test-suite/localConfig.cjs`
}

func (k conformanceCmd) Run(c *console) error {
	host, _, err := net.SplitHostPort(k.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &cairn.Error{Kind: cairn.Denied, Code: "conformance.listen", Object: k.Listen, Message: "this signs anything for anybody, so it listens on this machine only", Hint: "use an address such as 127.0.0.1:8443", Err: err}
	}
	listener, err := net.Listen("tcp", k.Listen)
	if err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "serve.listen", Object: k.Listen, Message: "the address can't be listened on", Err: err}
	}
	defer listener.Close()
	base := "https://" + listener.Addr().String()
	handler, err := conformance.New(base, rand.Reader, c.now, slog.New(slog.NewTextHandler(c.err, nil)))
	if err != nil {
		return err
	}
	certificate, err := conformance.Certificate(rand.Reader, c.now())
	if err != nil {
		return err
	}
	if k.Config != "" {
		config, err := handler.Configuration()
		if err != nil {
			return err
		}
		if err := os.WriteFile(k.Config, config, 0o644); err != nil {
			return &cairn.Error{Kind: cairn.Unavailable, Code: "conformance.config", Object: k.Config, Message: "the configuration can't be written", Err: err}
		}
	}
	server := &http.Server{Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}}
	fmt.Fprintf(c.out, "for test suites only, with throw-away keys: %s\n", base)
	go func() {
		<-c.ctx.Done()
		server.Close()
	}()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
