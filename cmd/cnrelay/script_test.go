package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cnrelay": main})
}

// TestScripts runs the real command against a simulated host. Each script has a host and a provider of
// its own, and a state directory that doesn't exist yet.
func TestScripts(t *testing.T) {
	p := params()
	p.Dir = filepath.Join("testdata", "script")
	testscript.Run(t, p)
}

func params() testscript.Params {
	return testscript.Params{
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			l := newLab(env)
			env.Values[labKey{}] = l
			env.Setenv("CNRELAY_STATE", filepath.Join(env.WorkDir, "state"))
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, "tmp"))
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("ADMIN_KEY", filepath.Join(env.WorkDir, "admin.key"))
			return os.Mkdir(filepath.Join(env.WorkDir, "tmp"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"host":     startHost,
			"upstream": setUpstream,
			"writes":   writes,
			"snapshot": snapshot,
			"break":    breakHost,
			"mend":     mend,
			"await":    await,
			"hold":     hold,
			"stream":   stream,
			"batch":    batch,
			"rebuild":  rebuild,
			"stranger": stranger,
			"damage":   damage,
			"protect":  protect,
			"identity": identity,
			"meddle":   meddle,
			"until":    until,
			"receiver": receiver,
			"signal":   sendSignal,
			"quiet":    quiet,
			"within":   within,
			"kept":     keptEvents,
		},
	}
}
