package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"cnrelay/cmd/cnrelay/internal/view"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: args(), RunE: func(*cobra.Command, []string) error {
		a.out.Version(view.Version{Version: a.Version, Commit: setting("vcs.revision"), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH})
		return nil
	}}
}

// buildVersion is the version that was set at the build, or the module's.
func buildVersion(set string) string {
	if set != "" {
		return set
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// setting is one of what the toolchain noted at the build.
func setting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
