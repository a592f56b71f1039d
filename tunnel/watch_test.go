package main

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func address(text string) netip.Addr { return netip.MustParseAddr(text) }

// When a peer is dialled, second by second, told by when it was heard.
func TestASilentPeerIsDialledAfterThreeSecondsAndThenEverMoreSeldom(t *testing.T) {
	start := time.Unix(1000, 0)
	for name, row := range map[string]struct {
		heard func(second int) bool
		until int
		want  []int
	}{
		"a peer that answers":           {func(int) bool { return true }, 60, nil},
		"a peer that never answered":    {func(int) bool { return false }, 120, []int{2, 5, 10, 19, 36, 67, 98}},
		"a peer that falls silent":      {func(s int) bool { return s <= 10 }, 25, []int{14, 21}},
		"a peer that misses two echoes": {func(s int) bool { return s%3 == 1 }, 60, nil},
		"after an answer the count starts anew": {
			func(s int) bool { return s == 12 }, 30, []int{2, 5, 10, 16, 23}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := newSchedule(start)
			var dialled []int
			for second := 1; second <= row.until; second++ {
				now := start.Add(time.Duration(second) * time.Second)
				if row.heard(second) {
					plan.heard(now)
				}
				if plan.due(now) {
					dialled = append(dialled, second)
				}
			}
			if !reflect.DeepEqual(dialled, row.want) {
				t.Errorf("dialled at %v; want %v", dialled, row.want)
			}
		})
	}
}

func TestOnlyAnAnswerToARecentEchoCounts(t *testing.T) {
	var p pulse
	start := time.Unix(1000, 0)
	for second := range 20 {
		p.send(start.Add(time.Duration(second) * time.Second))
	}
	late := start.Add(20 * time.Second)
	p.answer(12, late) // the ninth from the end
	p.answer(21, late) // never sent
	if heard, _ := p.last(); !heard.IsZero() {
		t.Fatalf("heard at %v", heard)
	}
	p.answer(20, late)
	if heard, rtt := p.last(); heard != late || rtt != time.Second {
		t.Fatalf("heard at %v after %v", heard, rtt)
	}
}

func TestAPeerIsDialledWithAFreshAnswerOfTheDNSAndKeptWithoutOne(t *testing.T) {
	var told []string
	answers := []string{"192.0.2.1:51820", "192.0.2.2:51820", ""}
	w := &Watch{
		Peer: Peer{Name: "a/gateway", Endpoint: "wg.example:51820", AllowedIPs: []netip.Prefix{netip.MustParsePrefix("fd12::/48")}},
		set:  func(uapi string) error { told = append(told, uapi); return nil },
		lookup: func(context.Context, string) (string, error) {
			answer := answers[0]
			answers = answers[1:]
			if answer == "" {
				return "", errors.New("no such host")
			}
			return answer, nil
		},
	}
	for i, want := range []bool{true, true, false} {
		if got := w.dial(t.Context()); got != want {
			t.Errorf("dial %d: %v", i, got)
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], "endpoint=192.0.2.1:51820\n") || !strings.Contains(told[1], "endpoint=192.0.2.2:51820\n") {
		t.Errorf("told wireguard-go %q", told)
	}
	if w.dnsErrors.Load() != 1 {
		t.Errorf("%d DNS errors counted", w.dnsErrors.Load())
	}
}

func TestLearnedEndpointsOutliveARestart(t *testing.T) {
	path := t.TempDir() + "/endpoints.json"
	first, err := loadEndpoints(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[Key]netip.AddrPort{{1}: netip.MustParseAddrPort("10.0.0.1:51820"), {2}: netip.MustParseAddrPort("[fd00::1]:4711")}
	if err := first.save(want); err != nil {
		t.Fatal(err)
	}
	second, err := loadEndpoints(path)
	if err != nil || !reflect.DeepEqual(second.saved, want) {
		t.Fatalf("%v, %v", second.saved, err)
	}
}

func TestAPlaceThatCannotBeWrittenIsAnErrorNotACrash(t *testing.T) {
	e, err := loadEndpoints("/proc/nowhere/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.save(map[Key]netip.AddrPort{{1}: netip.MustParseAddrPort("10.0.0.1:1")}); err == nil {
		t.Fatal("no error")
	}
}
