// Command package makes kioskd's Debian packages from binaries that are already
// built. The format is nfpm's work; what goes where stands in nfpm.yaml.
//
// Two runs over the same commit give the same bytes: every time in the package
// is the commit's, taken from SOURCE_DATE_EPOCH (reproducible-builds.org).
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	arch := flag.String("arch", "amd64", "Debian's `ARCHITECTURE` of the binary")
	binary := flag.String("binary", "", "kioskd as built for it: `FILE`")
	version := flag.String("version", "", "the package's `VERSION`")
	dir := flag.String("out", "dist", "`FOLDER` the package goes to")
	flag.Parse()
	made, err := commitTime(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	config, err := nfpm.ParseFileWithEnvMapping("systemd/package/nfpm.yaml", func(name string) string {
		return map[string]string{"ARCH": *arch, "BINARY": *binary, "VERSION": *version}[name]
	})
	if err != nil {
		return err
	}
	info, err := config.Get("deb")
	if err != nil {
		return err
	}
	info = nfpm.WithDefaults(info)
	info.MTime = made
	for _, c := range info.Contents {
		if c.FileInfo != nil {
			c.FileInfo.MTime = made
		}
	}
	if err := nfpm.PrepareForPackager(info, "deb"); err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(*dir, deb.Default.ConventionalFileName(info))
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := deb.Default.Package(info, io.Writer(f)); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// commitTime reads SOURCE_DATE_EPOCH; without it the package would carry the
// time of its making, and no two would be alike.
func commitTime(epoch string) (time.Time, error) {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH = %q: seconds since 1970 are wanted (make package sets them)", epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
