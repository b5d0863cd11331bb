package flows

import (
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// A field of the ledger that the snapshot forgets would be forgotten with the
// events that were pruned.
func TestASnapshotHasEveryFieldOfTheLedger(t *testing.T) {
	l := NewLedger()
	fill(t, reflect.ValueOf(l).Elem())
	a := &Account{}
	fill(t, reflect.ValueOf(a).Elem())
	l.visits = map[string]*Account{a.Visit: a}
	b, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := LedgerFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.visits[a.Visit], a) {
		t.Errorf("the account is\n%+v, was\n%+v", again.visits[a.Visit], a)
	}
	if !reflect.DeepEqual(again, l) {
		t.Errorf("the ledger is\n%+v, was\n%+v", again, l)
	}
}

// fill gives every field of a struct, exported or not, a value of its own.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		switch f.Interface().(type) {
		case sync.Mutex, map[string]*Account:
		case string, ResetOutcome:
			f.SetString(v.Type().Field(i).Name)
		case int:
			f.SetInt(int64(i + 1))
		case bool:
			f.SetBool(true)
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 11, 24, 10, 0, i, 0, time.UTC)))
		case [2]int:
			f.Set(reflect.ValueOf([2]int{i, i + 1}))
		case map[int]int:
			f.Set(reflect.ValueOf(map[int]int{1: 2, 2: i}))
		case map[int]bool:
			f.Set(reflect.ValueOf(map[int]bool{i: true}))
		default:
			if f.Kind() != reflect.Struct {
				t.Fatalf("field %s is of a new type, %s: fill it here", v.Type().Field(i).Name, f.Type())
			}
			fill(t, f)
		}
	}
}
