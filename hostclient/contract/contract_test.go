package contract

import (
	"os"
	"testing"

	"cnrelay/core"
	"cnrelay/hostclient"
	"cnrelay/hostclient/fakehost"
)

// client is the typed client that cnrelay uses.
func client(t *testing.T, url, key string) core.HostClient {
	t.Helper()
	host := core.Host{ID: "contract", Name: "contract", URL: url, PublicURL: url, Auth: core.AuthAdminKey, Concurrency: 4}
	c, err := hostclient.New("contract").Host(host, func(string) (string, error) { return key, nil })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFake(t *testing.T) {
	for _, version := range []string{"0.1.121", "0.1.133", "0.1.179"} {
		t.Run(version, func(t *testing.T) {
			host, provider := fakehost.New(fakehost.Options{Version: version}), fakehost.NewProvider()
			url, stop := host.Start()
			t.Cleanup(stop)
			upstream, stopProvider := provider.Start()
			t.Cleanup(stopProvider)
			report := Run(t, Target{URL: url, AdminKey: host.AdminKey(), Upstream: upstream + "/v1",
				Client: client(t, url, host.AdminKey())})
			if report.Version != version {
				t.Errorf("version %q", report.Version)
			}
		})
	}
}

// TestRealHost puts the cases to a real host; with CNRELAY_REPORT_DIR it writes the report there.
func TestRealHost(t *testing.T) {
	target := Target{URL: os.Getenv("CNRELAY_HOST_URL"), AdminKey: os.Getenv("CNRELAY_HOST_ADMIN_KEY"), Upstream: os.Getenv("CNRELAY_UPSTREAM_URL")}
	if target.URL == "" || target.AdminKey == "" || target.Upstream == "" {
		t.Skip("needs CNRELAY_HOST_URL, CNRELAY_HOST_ADMIN_KEY and CNRELAY_UPSTREAM_URL")
	}
	target.Client = client(t, target.URL, target.AdminKey)
	report := Run(t, target)
	if dir := os.Getenv("CNRELAY_REPORT_DIR"); dir != "" {
		if err := report.WriteTo(dir); err != nil {
			t.Fatal(err)
		}
	}
}
