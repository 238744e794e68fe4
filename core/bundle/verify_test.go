package bundle_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"cnrelay/core/bundle"
	"cnrelay/hostclient/fakehost"
)

// Whatever byte of a bundle is changed, verify finds it.
func TestAnyChangedByteIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine; the same without the race detector will do")
	}
	l := newLab(t, fakehost.Options{})
	id := l.run(nil, "sk-ok-1", "sk-402-2")
	m, _ := l.export(id)
	raw := l.zip(id)
	names := slices.Sorted(maps.Keys(m.MapFS))

	t.Run("in a folder", rapid.MakeCheck(func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "file")
		data := m.MapFS[name].Data
		changed := flip(t, data)
		copied := maps.Clone(m.MapFS)
		copied[name] = &fstest.MapFile{Data: changed}
		if r, err := bundle.Verify(copied, nil); err != nil || len(r.Faults) == 0 {
			t.Fatalf("nothing is found in %s: %v", name, err)
		}
	}))
	t.Run("in a zip", rapid.MakeCheck(func(t *rapid.T) {
		changed := flip(t, raw)
		folder, sealed, err := bundle.OpenZip(bytes.NewReader(changed), int64(len(changed)))
		if err != nil {
			return // it can't even be opened
		}
		if r, err := bundle.Verify(folder, sealed); err == nil && len(r.Faults) == 0 {
			t.Fatal("nothing is found")
		}
	}))
	t.Run("the tag files, byte by byte", func(t *testing.T) {
		for _, name := range []string{"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"} {
			for at := range min(250, len(m.MapFS[name].Data)) {
				copied := maps.Clone(m.MapFS)
				data := bytes.Clone(m.MapFS[name].Data)
				data[at] ^= 0x20 // upper and lower case, too
				copied[name] = &fstest.MapFile{Data: data}
				if len(verify(t, copied, nil)) == 0 {
					t.Fatalf("byte %d of %s", at, name)
				}
			}
		}
	})
	t.Run("cut and longer", func(t *testing.T) {
		for _, changed := range [][]byte{raw[:len(raw)-1], append(bytes.Clone(raw), 0), append([]byte{0}, raw...)} {
			folder, sealed, err := bundle.OpenZip(bytes.NewReader(changed), int64(len(changed)))
			if err == nil && len(verify(t, folder, sealed)) == 0 {
				t.Errorf("%d bytes of %d", len(changed), len(raw))
			}
		}
	})
}

func flip(t *rapid.T, data []byte) []byte {
	at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
	changed := bytes.Clone(data)
	changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
	return changed
}

// What is wrong is said, with the file.
func TestVerifySaysWhatDiffers(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m, _ := l.export(l.run(nil, "sk-ok-1"))
	put := func(name, text string) func(f fstest.MapFS) {
		return func(f fstest.MapFS) { f[name] = &fstest.MapFile{Data: []byte(text)} }
	}
	edit := func(name, old, is string) func(f fstest.MapFS) {
		return func(f fstest.MapFS) {
			if !bytes.Contains(f[name].Data, []byte(old)) {
				t.Fatalf("no %q in %s", old, name)
			}
			put(name, strings.Replace(string(f[name].Data), old, is, 1))(f)
		}
	}
	for name, tt := range map[string]struct {
		do     func(f fstest.MapFS)
		reseal bool // as somebody would who mends the manifests, too
		want   string
	}{
		"nothing":              {func(fstest.MapFS) {}, false, ""},
		"nothing, sealed anew": {func(fstest.MapFS) {}, true, ""},
		"a payload file":       {edit("data/report.md", "acme", "x"), false, "changed data/report.md"},
		"a missing file":       {func(f fstest.MapFS) { delete(f, "data/05-accounts.json") }, false, "missing data/05-accounts.json, size bag-info.txt"},
		"an unlisted file":     {put("data/extra.txt", "x"), false, "extra data/extra.txt"},
		"an unlisted tag file": {put("notes.txt", "x"), false, "extra notes.txt"},
		"no manifest":          {func(f fstest.MapFS) { delete(f, "manifest-sha256.txt") }, false, "missing manifest-sha256.txt"},
		"no declaration":       {func(f fstest.MapFS) { delete(f, "bagit.txt") }, false, "missing bagit.txt"},
		"another version":      {put("bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"), true, "format bagit.txt"},
		"a path that climbs":   {edit("manifest-sha256.txt", "  data/", "  data/../../"), false, "format manifest-sha256.txt"},
		"a line twice": {func(f fstest.MapFS) {
			put("manifest-sha256.txt", strings.Repeat(string(f["manifest-sha256.txt"].Data), 2))(f)
		}, false, "format manifest-sha256.txt"},
		"another size":        {edit("bag-info.txt", "Payload-Oxum: ", "Payload-Oxum: 9999"), true, "size bag-info.txt"},
		"a stage left out":    {func(f fstest.MapFS) { delete(f, "data/16-reconcile.json") }, true, "missing data/16-reconcile.json"},
		"a stage of tomorrow": {edit("data/03-import.json", `"schema": 1`, `"schema": 9`), true, "newer data/03-import.json"},
		"a stage misnamed":    {edit("data/03-import.json", `"03-import"`, `"04-import"`), true, "schema data/03-import.json"},
		"exchanges left out":  {put("data/exchanges.har", `{"log":{"version":"1.2","creator":{"name":"cnrelay","version":"1"},"pages":[],"entries":[]}}`), true, "schema data/exchanges.har"},
		"no archive":          {put("data/exchanges.har", `[]`), true, "schema data/exchanges.har"},
		"no JUnit":            {put("data/smoke.junit.xml", `<testsuites tests="3"/>`), true, "schema data/smoke.junit.xml"},
	} {
		t.Run(name, func(t *testing.T) {
			f := maps.Clone(m.MapFS)
			tt.do(f)
			if tt.reseal {
				reseal(f)
			}
			var got []string
			for _, fault := range verify(t, f, nil) {
				got = append(got, string(fault.Code)+" "+fault.File)
			}
			all := strings.Join(got, ", ")
			for want := range strings.SplitSeq(tt.want, ", ") {
				if (want == "") != (all == "") || !strings.Contains(all, want) {
					t.Errorf("got %q, want %q", all, tt.want)
				}
			}
		})
	}
}

// reseal writes manifests that fit the files; the size stays as somebody left it, if it was changed.
func reseal(f fstest.MapFS) {
	sums := func(of func(name string) bool) *fstest.MapFile {
		var b bytes.Buffer
		for _, name := range slices.Sorted(maps.Keys(f)) {
			if of(name) {
				sum := sha256.Sum256(f[name].Data)
				fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), name)
			}
		}
		return &fstest.MapFile{Data: b.Bytes()}
	}
	inside := func(name string) bool { return strings.HasPrefix(name, "data/") }
	if info := f["bag-info.txt"]; !bytes.Contains(info.Data, []byte("Oxum: 9999")) {
		octets, files := 0, 0
		for name, file := range f {
			if inside(name) {
				octets, files = octets+len(file.Data), files+1
			}
		}
		before, _, _ := strings.Cut(string(info.Data), "Payload-Oxum: ")
		f["bag-info.txt"] = &fstest.MapFile{Data: []byte(fmt.Sprintf("%sPayload-Oxum: %d.%d\n", before, octets, files))}
	}
	f["manifest-sha256.txt"] = sums(inside)
	f["tagmanifest-sha256.txt"] = sums(func(name string) bool { return !inside(name) && name != "tagmanifest-sha256.txt" })
}

// A zip that somebody else made, of the same files, is a bag and has no seal.
func TestZipWithoutSeal(t *testing.T) {
	l := newLab(t, fakehost.Options{})
	m, _ := l.export(l.run(nil, "sk-ok-1"))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, f := range m.MapFS {
		w, err := z.Create("bag/" + name)
		l.must(err)
		_, err = w.Write(f.Data)
		l.must(err)
	}
	l.must(z.Close())
	folder, sealed := openZip(t, b.Bytes())
	faults := verify(t, folder, sealed)
	if len(faults) != 1 || faults[0].Code != bundle.FaultSeal {
		t.Errorf("faults %v", faults)
	}
	if _, _, err := bundle.OpenZip(strings.NewReader("no zip at all"), 13); err == nil {
		t.Error("no zip at all is opened")
	}
}

// A small zip may hold huge files: what is too much for the memory isn't read into it, and that is said. A long archive
// of short exchanges is as good as any.
func TestVerifyReadsNoHugeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	l := newLab(t, fakehost.Options{})
	m, _ := l.export(l.run(nil, "sk-ok-1"))
	huge := strings.Repeat("x", 65<<20)
	archive := func(urls ...string) string {
		var entries []string
		for i, url := range urls {
			entries = append(entries, fmt.Sprintf(`{"_number":%d,"pageref":"p","startedDateTime":"2026-11-24T00:00:00Z","request":{"method":"GET","url":%q}}`, i, url))
		}
		return `{"log":{"version":"1.2","creator":{"name":"cnrelay"},"pages":[{"id":"p"}],"entries":[` + strings.Join(entries, ",") + `]}}`
	}
	for name, tt := range map[string]struct{ file, text, want string }{
		"a tag file":       {"bag-info.txt", huge, "more than 1 MiB"},
		"a manifest":       {"manifest-sha256.txt", huge, "more than 1 MiB"},
		"a stage":          {"data/03-import.json", `{"stage":"` + huge + `"}`, "more than 64 MiB"},
		"the summary":      {"data/21-summary.json", `{"stage":"` + huge + `"}`, "more than 64 MiB"},
		"JUnit":            {"data/smoke.junit.xml", `<testsuites tests="1" name="` + huge + `"/>`, "more than 64 MiB"},
		"an exchange":      {"data/exchanges.har", archive("u", huge), "more than 64 MiB"},
		"a hundred of one": {"data/exchanges.har", archive(slices.Repeat([]string{huge[:700<<10]}, 100)...), "with 100 exchanges"},
	} {
		t.Run(name, func(t *testing.T) {
			f := maps.Clone(m.MapFS)
			f[tt.file] = &fstest.MapFile{Data: []byte(tt.text)}
			if faults := verify(t, f, nil); !slices.ContainsFunc(faults, func(f bundle.Fault) bool { return f.File == tt.file && strings.Contains(f.Detail, tt.want) }) {
				t.Errorf("%.300v", faults)
			}
			if _, err := bundle.ReadSummary(f); (err != nil) != (name == "the summary") {
				t.Errorf("its summary: %v", err)
			}
		})
	}
}
