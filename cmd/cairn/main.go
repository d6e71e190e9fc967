// Command cairn issues, holds, verifies and exchanges micro-credentials. Run
// "cairn demo" to see the whole story, and "cairn --help" for everything else.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/i18n"
	"cairn.example/internal/staff"
)

// version is set when a release is built.
var version = "development"

// Exit codes beside those of verify (0 valid, 1 invalid, 2 undetermined).
const (
	exitError = 3 // the command could not do its work
	exitUsage = 64
)

type cli struct {
	Demo        demoCmd        `cmd:"" help:"Play the whole story on this machine, with a demo network."`
	Serve       serveCmd       `cmd:"" help:"Serve pages, status lists and the API."`
	Institution institutionCmd `cmd:"" help:"Institutions of this server."`
	Achievement achievementCmd `cmd:"" help:"What can be earned."`
	Learner     learnerCmd     `cmd:"" help:"People in the records of an institution."`
	Award       awardCmd       `cmd:"" help:"Award an achievement to one learner."`
	Import      importCmd      `cmd:"" help:"Award many, from a CSV file."`
	Print       printCmd       `cmd:"" help:"Make the PDF of what was issued."`
	Revoke      revokeCmd      `cmd:"" help:"Withdraw a credential for good."`
	Verify      verifyCmd      `cmd:"" help:"Check a credential: exit code 0 valid, 1 invalid, 2 undetermined."`
	Bake        bakeCmd        `cmd:"" help:"Put an Open Badge into a picture that carries it."`
	Wallet      walletCmd      `cmd:"" help:"A learner's own encrypted wallet."`
	Trust       trustCmd       `cmd:"" help:"Who may award what: trust lists and bundles."`
	Programme   programmeCmd   `cmd:"" help:"The rules of full credentials."`
	Rules       rulesCmd       `cmd:"" help:"Rule documents that programmes share: scales, levels, conversions, policies, agreements."`
	Recognise   recogniseCmd   `cmd:"" help:"Exchange credentials for credit."`
	Staff       staffCmd       `cmd:"" help:"Accounts of the people who work with this server."`
	Check       checkCmd       `cmd:"" help:"Prove that a data folder is whole."`
	Adopt       adoptCmd       `cmd:"" help:"Go on with a data folder that was restored from a copy."`
	Conformance conformanceCmd `cmd:"" help:"Serve the interface of public test suites. Not for use."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

// console is what a command works with.
type console struct {
	ctx       context.Context
	out, err  io.Writer
	in        io.Reader
	now       cairn.Clock
	catalogue *i18n.Catalogue
	effort    effort
}

// effort is what a guess of a secret costs; the zero value is the defaults.
type effort struct {
	wallet   int // the work factor of package hold
	password staff.Cost
}

// exit carries an exit code that is not an error of the command itself.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, effort{})) }

func run(args []string, in io.Reader, out, errOut io.Writer, e effort) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	helped := false
	parser, err := kong.New(&c, kong.Name("cairn"), kong.Description("Verifiable micro-credentials that stack: issue, hold, verify, exchange."),
		kong.UsageOnError(), kong.Writers(out, errOut), kong.Exit(func(int) { helped = true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errOut, "cairn:", err)
		return exitError
	}
	nothing := len(args) == 0
	if nothing {
		args = []string{"--help"} // the first thing that many type; it is still no command
	}
	command, err := parser.Parse(args)
	if helped && nothing {
		return exitUsage
	}
	if helped {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errOut, "cairn:", err)
		fmt.Fprintln(errOut, "Run cairn --help, or cairn COMMAND --help.")
		return exitUsage
	}
	err = command.Run(&console{ctx: ctx, out: out, err: errOut, in: in, now: time.Now, effort: e})
	var chosen exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &chosen):
		return int(chosen)
	}
	fmt.Fprintln(errOut, "cairn:", err)
	if code := cairn.CodeOf(err); code != "" {
		fmt.Fprintln(errOut, "code:", code)
	}
	return exitError
}

// dataFlags name a data folder.
type dataFlags struct {
	Data       string `help:"Data folder." default:"cairn-data" env:"CAIRN_DATA" type:"path"`
	URL        string `help:"Public address of the server." default:"http://127.0.0.1:8080" env:"CAIRN_URL"`
	KeyFile    string `help:"Key file that unseals the signing keys, when it is not in the data folder." env:"CAIRN_KEY_FILE" type:"path"`
	Passphrase string `help:"File with the passphrase of the key file." env:"CAIRN_PASSPHRASE_FILE" type:"path"`
	relyFlags         // every command that opens a folder may go on with its applications, and so judge
}

func (d dataFlags) open(c *console) (*app.App, error) {
	roots, err := d.roots(c)
	if err != nil {
		return nil, err
	}
	anchors, err := d.anchors(c)
	if err != nil {
		return nil, err
	}
	return app.Open(c.ctx, app.Config{Data: d.Data, BaseURL: d.URL, Roots: roots, Anchors: anchors, KeyFile: d.KeyFile, Now: c.now, Rand: rand.Reader, Loopback: loopback(d.URL), PasswordCost: c.effort.password,
		Passphrase: func() (string, error) { return secret(d.Passphrase, "the passphrase of the key file") }})
}

// with opens a data folder for one command.
func (d dataFlags) with(c *console, f func(*app.App) error) error {
	a, err := d.open(c)
	if err != nil {
		return err
	}
	return errors.Join(f(a), a.Close())
}

// of is with for a listing of one institution: of one that is not there it would
// be empty, which looks like an answer.
func (d dataFlags) of(c *console, institution string, f func(*app.App) error) error {
	return d.with(c, func(a *app.App) error {
		if _, err := a.Issue.Institution(c.ctx, cairn.InstitutionID(institution)); err != nil {
			return err
		}
		return f(a)
	})
}

type versionCmd struct{}

func (versionCmd) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "cairn", version)
	return err
}
