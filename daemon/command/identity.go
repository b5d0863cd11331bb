package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"kioskd/daemon/config"
	"kioskd/daemon/office"
)

// identity makes this kiosk's key and tells what the office must know of it. It
// takes the file from the configuration, unless it is named.
func identity(file, configFile string, stdout io.Writer) error {
	kiosk := "KIOSK"
	if file == "" {
		cfg, err := config.Load(configFile)
		if err != nil {
			return err
		}
		file, kiosk = cfg.Office.Key, cfg.Kiosk
	}
	public, err := office.MakeKey(file)
	var exists *office.ExistsError
	if errors.As(err, &exists) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return &badInput{err.Error()}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "key: %s (private: it stays on this machine)\npublic key: %s\nfor the office: %s=%s\n", file, public, kiosk, public)
	return err
}
