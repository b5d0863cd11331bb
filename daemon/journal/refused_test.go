package journal

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"kioskd/flows"
)

const (
	refusedEnv = "KIOSKD_TEST_REFUSED" // what is refused
	stateEnv   = "KIOSKD_TEST_STATE"   // the journal's folder
)

// refusal is what a disk refuses.
type refusal struct {
	errno   unix.Errno
	calls   []uint32
	opening bool // opening a file to write it fails, too
}

var refusals = map[string]refusal{
	"read-only": {errno: unix.EROFS, opening: true, calls: []uint32{
		unix.SYS_PWRITE64, unix.SYS_FDATASYNC, unix.SYS_FSYNC, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE,
		unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_MKDIRAT,
	}},
	"no sync": {errno: unix.EIO, calls: []uint32{unix.SYS_FDATASYNC, unix.SYS_FSYNC}},
}

// I10: a disk goes read-only, or no longer syncs, under a running journal. The
// kernel refuses the calls of a whole process by a seccomp filter, open files and
// all, in the words of an ext4 that has seen an error: a file system with a file
// open for writing cannot be made read-only from outside (EBUSY).
func TestADiskThatFailsUnderTheJournal(t *testing.T) {
	if what := os.Getenv(refusedEnv); what != "" {
		failUnder(t, os.Getenv(stateEnv), refusals[what])
		return
	}
	for what := range refusals {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestADiskThatFailsUnderTheJournal$", "-test.v")
			cmd.Env = append(os.Environ(), refusedEnv+"="+what, stateEnv+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			j := opened(t, dir)
			if j.last != 2 && !(j.last == 3 && what == "no sync") { // written, and nobody was told
				t.Errorf("after a start there are %d events, 2 were committed", j.last)
			}
			write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100})
		})
	}
}

// failUnder is what happens in a process of its own.
func failUnder(t *testing.T, dir string, r refusal) {
	j := opened(t, dir)
	write(t, j, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 100}, flows.Event{Kind: flows.CoinIn, Visit: "v", Yen: 50})
	refuse(t, r)
	if written := wantFailing(t, j, r.errno); written != 0 {
		t.Errorf("%d events were committed on a disk that takes none", written)
	}
	if report, err := j.Report(); err != nil || len(report.Events) != 2 {
		t.Errorf("it tells of %d events, 2 were committed: %v", len(report.Events), err)
	}
}

// refuse has the kernel refuse those calls of this process, for good.
func refuse(t *testing.T, r refusal) {
	t.Helper()
	const nr, flags = 0, 32 // of seccomp_data: the call, the low half of its third argument
	no := uint32(unix.SECCOMP_RET_ERRNO) | uint32(r.errno)
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: nr}}
	when := func(call uint32, then ...unix.SockFilter) {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: uint8(len(then))})
		filter = append(filter, then...)
	}
	ret := func(what uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what} }
	for _, call := range r.calls {
		when(call, ret(no))
	}
	if r.opening {
		when(unix.SYS_OPENAT, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: flags},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT, Jf: 1}, ret(no))
	}
	filter = append(filter, ret(unix.SECCOMP_RET_ALLOW))
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 || thread != 0 {
		t.Fatalf("have the kernel refuse calls: thread %d, %v", thread, errno)
	}
}
