package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/pflag"

	"cnrelay/core"
	"cnrelay/state/vault"
)

// passphraseFlags say where a passphrase comes from when nobody is asked for it. It is never an argument, nor in
// the environment, where others can read it.
type passphraseFlags struct{ file, command, fd string }

func (f *passphraseFlags) bind(flags *pflag.FlagSet, name, secret string) {
	flags.StringVar(&f.file, name+"-file", "", "`FILE` with "+secret)
	flags.StringVar(&f.fd, name+"-fd", "", "open file `NUMBER` to read "+secret+" from")
	flags.StringVar(&f.command, name+"-command", "", "`COMMAND` that prints "+secret)
}

// orElse takes what the environment names where no flag does.
func (f passphraseFlags) orElse(getenv func(string) string) passphraseFlags {
	if f == (passphraseFlags{}) {
		return passphraseFlags{file: getenv("CNRELAY_PASSPHRASE_FILE"), command: getenv("CNRELAY_PASSPHRASE_COMMAND"), fd: getenv("CNRELAY_PASSPHRASE_FD")}
	}
	return f
}

// source reads the passphrase, at the first call; nil if there is none. name is that of the flags.
func (f passphraseFlags) source(ctx context.Context, a *app, name string) (func() (string, error), error) {
	var read func() ([]byte, error)
	ways := 0
	if f.file != "" {
		ways++
		read = func() ([]byte, error) { return readPrivate(name+"-file", f.file) }
	}
	if f.fd != "" {
		ways++
		n, err := strconv.Atoi(f.fd)
		if err != nil || n < 0 {
			return nil, core.Input("--"+name+"-fd is not a number", "--"+name+"-fd 3 3< FILE")
		}
		syscall.CloseOnExec(n) // no hook inherits it
		read = func() ([]byte, error) { return readDescriptor(name+"-fd", n) }
	}
	if f.command != "" {
		ways++
		read = func() ([]byte, error) { return a.printed(ctx, name+"-command", f.command) }
	}
	switch ways {
	case 0:
		return nil, nil
	case 1:
		return sync.OnceValues(func() (string, error) {
			raw, err := read()
			if err != nil {
				return "", err
			}
			return oneSecret(f.which(name), raw)
		}), nil
	}
	return nil, core.Input("there are several sources of a passphrase", "give one of --"+name+"-file, --"+name+"-fd and --"+name+"-command")
}

// which is the flag that was given.
func (f passphraseFlags) which(name string) string {
	switch {
	case f.file != "":
		return name + "-file"
	case f.fd != "":
		return name + "-fd"
	}
	return name + "-command"
}

// readPrivate reads a file that nobody else may read.
func readPrivate(flag, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, core.Input("--"+flag+": "+err.Error(), "check the path")
	}
	if mode := info.Mode().Perm(); info.Mode().IsRegular() && mode&0o077 != 0 {
		return nil, core.Input("--"+flag+": other users may read "+strconv.Quote(path)+" (mode 0"+strconv.FormatUint(uint64(mode), 8)+")", "chmod 600 "+path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, core.Input("--"+flag+": "+err.Error(), "check who may read the file")
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxInput+1))
}

func readDescriptor(flag string, n int) ([]byte, error) {
	f := os.NewFile(uintptr(n), flag)
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxInput+1))
	if err != nil {
		return nil, core.Input("--"+flag+": file "+strconv.Itoa(n)+" can't be read: "+err.Error(), "--"+flag+" 3 3< FILE")
	}
	return raw, nil
}

// commandLimit is how long a command may take to print a passphrase; it may ask somebody.
const commandLimit = 2 * time.Minute

// printed is what a command prints. What it says is not repeated: it may be the passphrase.
func (a *app) printed(ctx context.Context, flag, command string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdin, cmd.Stderr = a.In, a.Err
	raw, err := cmd.Output()
	if err != nil {
		return nil, core.Input("--"+flag+": "+err.Error(), "run it by hand: it has to print the passphrase and end with 0")
	}
	return raw, nil
}

// oneSecret is the one line of what holds a secret.
func oneSecret(flag string, raw []byte) (string, error) {
	secret := strings.TrimRight(string(raw), "\r\n")
	switch {
	case strings.TrimSpace(secret) == "":
		return "", core.Input("--"+flag+": the file is empty", "put the secret on its first line")
	case strings.ContainsAny(secret, "\r\n"):
		return "", core.Input("--"+flag+": the file has more than one line", "leave only the secret in it")
	}
	return secret, nil
}

// vaultOptions are how the vault is opened: with what the flags or the environment name, or by asking on the
// terminal, once, if it turns out to be protected.
func (a *app) vaultOptions(ctx context.Context) (vault.Options, error) {
	o := vault.Options{Identity: a.identity}
	given, err := a.passphrase.orElse(a.Getenv).source(ctx, a, "passphrase")
	switch {
	case err != nil:
		return o, err
	case given != nil:
		o.Protected = true
		o.Passphrase = func(again bool) (string, error) {
			if again {
				return "", vault.ErrWrong
			}
			return given()
		}
	case a.InTerminal && !a.json:
		tries := 0
		o.Passphrase = func(again bool) (string, error) {
			if tries++; tries > 3 {
				return "", vault.ErrWrong
			}
			if again {
				return a.askSecret(ctx, "passphrase.again")
			}
			return a.askSecret(ctx, "passphrase.ask")
		}
	}
	return o, nil
}

// newPassphrase asks twice.
func (a *app) newPassphrase(ctx context.Context) (string, error) {
	if !a.InTerminal || a.json {
		return "", core.Input("a new passphrase is asked for, and nobody can type it here", "--new-passphrase-file, --new-passphrase-fd or --new-passphrase-command")
	}
	first, err := a.askSecret(ctx, "passphrase.new")
	if err != nil {
		return "", err
	}
	second, err := a.askSecret(ctx, "passphrase.repeat")
	switch {
	case err != nil:
		return "", err
	case first == "":
		return "", core.Input("the passphrase is empty", "type one, or leave the vault without: --no-passphrase")
	case first != second:
		return "", core.Input("the two are not the same; nothing was changed", "try again")
	}
	return first, nil
}

// askSecret asks for a line that isn't shown. Whoever stops it gets a terminal back that shows what is typed.
func (a *app) askSecret(ctx context.Context, question string) (string, error) {
	f, ok := a.In.(*os.File)
	if !ok {
		return a.ask(ctx, question)
	}
	if _, err := term.GetState(f.Fd()); err != nil {
		return "", err
	}
	if _, err := io.WriteString(a.Err, a.words.Say(question)); err != nil {
		return "", err
	}
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	// It is silent before it is read and as it was before anybody goes on, by nobody but this goroutine: the one that
	// reads may outlive the question, and holds the file, because its number may by then be another terminal's.
	defer silent(f)()
	go func() {
		text, err := bufio.NewReader(f).ReadString('\n')
		typed <- line{text, err}
	}()
	select {
	case l := <-typed:
		if l.text == "" && errors.Is(l.err, io.EOF) {
			return "", core.Input("nothing was typed", "type the passphrase")
		}
		if errors.Is(l.err, io.EOF) {
			l.err = nil
		}
		return strings.TrimRight(l.text, "\r\n"), l.err
	case <-ctx.Done():
		_, _ = io.WriteString(a.Err, "\n") // where a line ends, the terminal shows that itself
		return "", core.ErrInterrupted
	}
}
