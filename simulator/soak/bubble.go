package soak

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"reflect"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs f where time stands as long as anybody works, and jumps to the next
// timer when all wait (testing/synctest). What f starts must end with it.
// What f fails with is not lost when its goroutines are left behind, too.
func bubble(t *testing.T, f func() error) (err error) {
	defer func() {
		if stuck := recover(); stuck != nil {
			if err == nil {
				panic(stuck)
			}
			err = fmt.Errorf("%w (%v)", err, stuck)
		}
	}()
	synctest.Test(t, func(*testing.T) { err = f() })
	return err
}

// AsTest runs f in a program as the one test that it then is: only a test can
// have a bubble. It says on standard output whether that test passed, as tests
// do. Once in a process.
func AsTest(f func(t *testing.T)) error {
	testing.Init()
	if err := flag.CommandLine.Parse(nil); err != nil { // the program's flags are not a test's
		return err
	}
	code := testing.MainStart(bare{}, []testing.InternalTest{{Name: "soak", F: f}}, nil, nil, nil).Run()
	if code != 0 {
		return errors.New("soak: failed")
	}
	return nil
}

// bare is what package testing wants of a test binary. It has neither profiles,
// nor coverage, nor fuzzing.
type bare struct{}

var errBare = errors.New("soak: not a test binary")

func (bare) MatchString(string, string) (bool, error)    { return true, nil }
func (bare) ImportPath() string                          { return "kioskd/simulator/soak" }
func (bare) ModulePath() string                          { return "kioskd" }
func (bare) SetPanicOnExit0(bool)                        {}
func (bare) StartCPUProfile(io.Writer) error             { return errBare }
func (bare) StopCPUProfile()                             {}
func (bare) StartTestLog(io.Writer)                      {}
func (bare) StopTestLog() error                          { return nil }
func (bare) WriteProfileTo(string, io.Writer, int) error { return errBare }
func (bare) CheckCorpus([]any, []reflect.Type) error     { return errBare }
func (bare) ResetCoverage()                              {}
func (bare) SnapshotCoverage()                           {}
func (bare) InitRuntimeCoverage() (mode string, tearDown func(string, string) (string, error), snapcov func() float64) {
	return "", nil, nil
}

func (bare) CoordinateFuzzing(time.Duration, int64, time.Duration, int64, int, []corpusEntry, []reflect.Type, string, string) error {
	return errBare
}

func (bare) RunFuzzWorker(func(corpusEntry) error) error { return errBare }

func (bare) ReadCorpus(string, []reflect.Type) ([]corpusEntry, error) { return nil, errBare }

// corpusEntry is the testing package's own, which has no name outside of it.
type corpusEntry = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}
