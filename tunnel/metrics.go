package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// sample is one value of a metric, with its labels written out.
type sample struct {
	labels string
	value  float64
}

// metric is one family of the Prometheus text format 0.0.4.
type metric struct {
	name, kind, help string
	samples          []sample
}

func (m metric) write(w io.Writer) {
	fmt.Fprintf(w, "# HELP isthmus_tunnel_%s %s\n# TYPE isthmus_tunnel_%s %s\n", m.name, m.help, m.name, m.kind)
	for _, s := range m.samples {
		fmt.Fprintf(w, "isthmus_tunnel_%s%s %g\n", m.name, s.labels, s.value)
	}
}

func one(value float64) []sample { return []sample{{"", value}} }

func label(name, value string) string { return fmt.Sprintf("{%s=%q}", name, value) }

func (t *Tunnel) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	states, err := peerStates(t.wireguard)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for _, m := range append(append(t.watchMetrics(), t.peerMetrics(states)...), t.deviceMetrics()...) {
		m.write(w)
	}
}

// watchMetrics are of the peers that are echoed or dialled.
func (t *Tunnel) watchMetrics() []metric {
	up := metric{name: "peer_up", kind: "gauge", help: "Whether the peer answered an echo within the last 3 s."}
	rtt := metric{name: "peer_rtt_seconds", kind: "gauge", help: "Round trip of the last echo that was answered."}
	redials := metric{name: "peer_redials_total", kind: "counter", help: "How often a silent peer was dialled anew."}
	dns := metric{name: "peer_dns_errors_total", kind: "counter", help: "How often the endpoint's name had no address."}
	now := time.Now()
	for _, watch := range t.watches {
		peer := label("peer", watch.Name)
		if watch.Echo.IsValid() {
			_, took := watch.pulse.last()
			value := 0.0
			if watch.up(now) {
				value = 1
			}
			up.samples = append(up.samples, sample{peer, value})
			rtt.samples = append(rtt.samples, sample{peer, took.Seconds()})
		}
		redials.samples = append(redials.samples, sample{peer, float64(watch.redials.Load())})
		dns.samples = append(dns.samples, sample{peer, float64(watch.dnsErrors.Load())})
	}
	return []metric{up, rtt, redials, dns}
}

func (t *Tunnel) peerMetrics(states map[Key]peerState) []metric {
	handshake := metric{name: "peer_last_handshake_timestamp_seconds", kind: "gauge", help: "Unix time; 0: never."}
	received := metric{name: "peer_receive_bytes_total", kind: "counter", help: "Since the peer was last dialled."}
	sent := metric{name: "peer_transmit_bytes_total", kind: "counter", help: "Since the peer was last dialled."}
	for _, peer := range t.config.Peers {
		state, named := states[peer.PublicKey], label("peer", peer.Name)
		handshake.samples = append(handshake.samples, sample{named, float64(state.handshake)})
		received.samples = append(received.samples, sample{named, float64(state.received)})
		sent.samples = append(sent.samples, sample{named, float64(state.sentAway)})
	}
	return []metric{handshake, received, sent}
}

func (t *Tunnel) deviceMetrics() []metric {
	drops := metric{name: "filter_drops_total", kind: "counter", help: "Packets that the filter dropped, by reason."}
	for reason, name := range reasonNames {
		drops.samples = append(drops.samples, sample{label("reason", name), float64(t.filter.drops[reason].Load())})
	}
	open := metric{name: "connections", kind: "gauge", help: "Connections that are open, by door."}
	total := metric{name: "connections_total", kind: "counter", help: "Connections that were made, by door."}
	fails := metric{name: "connection_errors_total", kind: "counter", help: "Connections that failed, by door."}
	for _, door := range t.doors.all() {
		named := label("door", door.name)
		open.samples = append(open.samples, sample{named, float64(door.open.Load())})
		total.samples = append(total.samples, sample{named, float64(door.total.Load())})
		fails.samples = append(fails.samples, sample{named, float64(door.fails.Load())})
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return []metric{drops, open, total, fails,
		{"forwarded_packets_total", "counter", "Packets passed on between peers.", one(float64(t.device.forwarded.Load()))},
		{"queue_drops_total", "counter", "Packets dropped as the peer was slower.", one(float64(t.device.queueDrops.Load()))},
		{"inflight_packets", "gauge", "Packets on their way to the socket.", one(float64(t.device.meter.inflight()))},
		{"heap_bytes", "gauge", "Memory in use by Go's heap.", one(float64(memory.HeapInuse))},
		{"goroutines", "gauge", "Goroutines.", one(float64(runtime.NumGoroutine()))},
		{"info", "gauge", "What this tunnel is.", []sample{{strings.Join([]string{
			fmt.Sprintf("{address=%q", t.config.Address), fmt.Sprintf("forward=\"%t\"}", t.config.Forward)}, ","), 1}}},
	}
}
