package register_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/simulator/office/paper"
	"kioskd/simulator/office/register"
)

func start() time.Time {
	return time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*60*60))
}

func TestEverybodyOfTheScenariosIsThere(t *testing.T) {
	r := register.New(start())
	names := strings.Fields(`adult head spouse child ward elderly alone big-household too-big foreign-resident
		foreign-alias foreign-expiring expiring expired signature-expired not-yet-valid last-try blocked-pin
		blocked-password revoked card-stopped moved moved-out moved-in-today overseas protected mourning
		unregistered-character other-town no-pin old-card phone-token transit-card`)
	ids := map[string]bool{}
	numbers := map[string]bool{}
	for i, p := range r.All() {
		if i >= len(names) || p.Name != names[i] {
			t.Fatalf("resident %d is %q", i, p.Name)
		}
		if same, ok := r.Resident(p.Name); !ok || same != p {
			t.Errorf("%s is not found by name", p.Name)
		}
		if _, ok := r.Municipality(p.Municipality); !ok {
			t.Errorf("%s lives in unknown %q", p.Name, p.Municipality)
		}
		ids[p.ID], numbers[p.Number] = true, true
	}
	if len(ids) != len(names) || len(numbers) != len(names) {
		t.Errorf("%d ids and %d numbers for %d residents", len(ids), len(numbers), len(names))
	}
	if _, ok := r.Resident("nobody"); ok {
		t.Error("an invented name is found")
	}
}

func TestLoginCodes(t *testing.T) {
	r := register.New(start())
	for _, p := range r.All() {
		want := ""
		if p.Name == "revoked" || p.Name == "card-stopped" {
			want = p.Name
		}
		if p.Login != want {
			t.Errorf("%s: login %q, want %q", p.Name, p.Login, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := register.New(start())
	want := map[string]string{
		"child": register.Under15, "moved-out": register.MovedOut, "overseas": register.Overseas,
		"moved-in-today": register.NotYetReflected, "unregistered-character": register.UnregisteredCharacter,
		"protected": register.AtTheCounter, "mourning": register.AtTheCounter,
	}
	for _, p := range r.All() {
		offer, code := r.Offer(p.Name, start())
		if code != want[p.Name] {
			t.Errorf("%s: %q, want %q", p.Name, code, want[p.Name])
		}
		if code != "" && (offer.Members != nil || offer.Items != nil) {
			t.Errorf("%s is refused and offered %v", p.Name, offer)
		}
		if code == "" && offer.Alone != (p.Name == "alone") {
			t.Errorf("%s: alone is %v", p.Name, offer.Alone)
		}
	}
	if _, code := r.Offer("nobody", start()); code != register.AtTheCounter {
		t.Errorf("unknown name: %q", code)
	}
	var refused *register.Refused
	if _, err := r.Record("mourning", register.ScopeSelf, nil, nil, start()); !errors.As(err, &refused) || refused.Code != register.AtTheCounter {
		t.Errorf("record of mourning: %v", err)
	}
}

func TestMovedInIsReflectedTheNextDay(t *testing.T) {
	r := register.New(start())
	midnight := time.Date(2026, 11, 25, 0, 0, 0, 0, start().Location())
	for at, want := range map[time.Time]string{
		midnight.Add(-time.Second): register.NotYetReflected,
		midnight:                   "",
		midnight.UTC():             "",
	} {
		if _, code := r.Offer("moved-in-today", at); code != want {
			t.Errorf("at %v: %q, want %q", at, code, want)
		}
	}
}

func TestFifteenthBirthday(t *testing.T) {
	r := register.New(start())
	child, _ := r.Resident("child")
	birthday := child.Born.AddDate(15, 0, 0)
	if _, code := r.Offer("child", birthday.Add(-time.Second)); code != register.Under15 {
		t.Errorf("a second before: %q", code)
	}
	if _, code := r.Offer("child", birthday); code != "" {
		t.Errorf("on the birthday: %q", code)
	}
}

func TestFamilyIsTheSameForBothParents(t *testing.T) {
	r := register.New(start())
	for _, who := range []string{"head", "spouse"} {
		offer, code := r.Offer(who, start())
		if code != "" {
			t.Fatalf("%s: %q", who, code)
		}
		var ids []string
		for _, m := range offer.Members {
			ids = append(ids, m.ID)
		}
		if !slices.Equal(ids, []string{"head", "spouse", "child", "child-2"}) {
			t.Errorf("%s: members %v", who, ids)
		}
	}
	rec, err := r.Record("spouse", register.ScopeSelf, nil, nil, start())
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Persons) != 1 || rec.Persons[0].Name != "稲田 美咲" {
		t.Errorf("self of spouse is %v", rec.Persons)
	}
}

func TestItemsByNationality(t *testing.T) {
	r := register.New(start())
	national := []string{"head-and-relation", "registered-domicile", "my-number"}
	foreign := []string{"head-and-relation", "nationality", "status-of-residence", "card-number", "my-number"}
	for _, p := range r.All() {
		offer, code := r.Offer(p.Name, start())
		if code != "" {
			continue
		}
		want := national
		if p.Foreign {
			want = foreign
		}
		if !slices.Equal(offer.Items, want) {
			t.Errorf("%s: items %v", p.Name, offer.Items)
		}
	}
}

func TestSheetCounts(t *testing.T) {
	r := register.New(start())
	for _, c := range []struct {
		who, scope string
		members    []string
		sheets     int
	}{
		{"adult", "self", nil, 1},
		{"adult", "all", nil, 1},
		{"head", "all", nil, 1},
		{"head", "some", []string{"child", "child-2"}, 1},
		{"big-household", "self", nil, 1},
		{"big-household", "all", nil, 3},
		{"big-household", "some", []string{"head", "spouse", "child", "parent", "parent-2"}, 2},
		{"too-big", "self", nil, 1},
		{"too-big", "all", nil, 20},
	} {
		rec, err := r.Record(c.who, c.scope, c.members, nil, start())
		if err != nil {
			t.Errorf("%s %s: %v", c.who, c.scope, err)
			continue
		}
		if n := paper.Count(rec); n != c.sheets {
			t.Errorf("%s %s: %d sheets, want %d", c.who, c.scope, n, c.sheets)
		}
	}
}

func TestChoicesThatWereNotOffered(t *testing.T) {
	r := register.New(start())
	for _, c := range []struct {
		who, scope     string
		members, items []string
	}{
		{"head", "everybody", nil, nil},
		{"head", "", nil, nil},
		{"head", "some", nil, nil},
		{"head", "some", []string{"grandchild"}, nil},
		{"head", "some", []string{"child", "child"}, nil},
		{"head", "self", []string{"grandchild"}, nil},
		{"head", "self", nil, []string{"seal"}},
		{"head", "self", nil, []string{"nationality"}},
		{"head", "self", nil, []string{"my-number", "my-number"}},
		{"foreign-resident", "self", nil, []string{"registered-domicile"}},
		{"alone", "all", nil, nil},
		{"alone", "some", []string{"head"}, nil},
	} {
		if _, err := r.Record(c.who, c.scope, c.members, c.items, start()); !errors.Is(err, register.ErrChoice) {
			t.Errorf("%s %q %v %v: %v", c.who, c.scope, c.members, c.items, err)
		}
	}
}

func TestCertifyingSentence(t *testing.T) {
	r := register.New(start())
	for _, c := range []struct {
		scope   string
		members []string
		whose   string
	}{
		{"self", nil, "本人"},
		{"all", nil, "世帯全員"},
		{"some", []string{"child-2", "head"}, "世帯の一部"},
		{"some", []string{"head", "spouse", "child", "child-2"}, "世帯全員"},
	} {
		rec, err := r.Record("head", c.scope, c.members, nil, start())
		if err != nil {
			t.Fatal(err)
		}
		if want := "この写しは、" + c.whose + "の住民票の原本と相違ないことを証明する。"; rec.Certifies != want {
			t.Errorf("%s: %s", c.scope, rec.Certifies)
		}
		if rec.Issued != "令和8年11月24日" {
			t.Errorf("issued %s", rec.Issued)
		}
	}
}

// Whoever lives alone is the whole household: desks ask for a certificate of that.
func TestHouseholdOfOneIsCertifiedAsWhole(t *testing.T) {
	rec, err := register.New(start()).Record("alone", "self", nil, nil, start())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rec.Certifies, "世帯全員") {
		t.Errorf("certified: %s", rec.Certifies)
	}
}

// A special permanent resident has no status of residence: asked for, the field
// says that there is none, and not that it was left out.
func TestWhatTheRecordDoesNotHave(t *testing.T) {
	r := register.New(start())
	for _, asked := range []bool{true, false} {
		var items []string
		want := ""
		if asked {
			items, want = []string{register.StatusOfResidence}, paper.Nothing
		}
		rec, err := r.Record("foreign-alias", "all", nil, items, start())
		if err != nil {
			t.Fatal(err)
		}
		if p := rec.Persons[1]; p.Status != want || p.Period != want || p.StayEnds != want || p.Number != "" {
			t.Errorf("asked %v: %+v", asked, p)
		}
	}
}

func TestMembersComeInTheRegistersOrder(t *testing.T) {
	rec, err := register.New(start()).Record("head", "some", []string{"child-2", "head"}, nil, start())
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Persons) != 2 || rec.Persons[0].Name != "稲田 健一" || rec.Persons[1].Name != "稲田 湊" {
		t.Errorf("persons %v", rec.Persons)
	}
}

func TestStayOfForeignExpiringEndsInTwoMonths(t *testing.T) {
	p, _ := register.New(start()).Resident("foreign-expiring")
	if got := p.StayEnds.Format(time.DateOnly); got != "2027-01-24" {
		t.Errorf("stay ends %s", got)
	}
}

func TestTariffs(t *testing.T) {
	r := register.New(start())
	here, _ := r.Municipality("inagi")
	there, _ := r.Municipality("other-town")
	if here.Fee != 200 || there.Fee == here.Fee {
		t.Errorf("fees %d and %d", here.Fee, there.Fee)
	}
	if here.Hours == there.Hours || here.Open == there.Open || here.Phone == there.Phone {
		t.Error("the two municipalities are too alike to tell apart")
	}
	if p, _ := r.Resident("other-town"); p.Municipality != there.ID {
		t.Errorf("other-town lives in %s", p.Municipality)
	}
}
