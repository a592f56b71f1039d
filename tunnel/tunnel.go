package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
)

const (
	beatEvery  = 5 * time.Second // heart beat: learned endpoints are noted, /healthz knows that we are alive
	flushLimit = 100 * time.Millisecond
	httpLimit  = 5 * time.Second
)

type counter = atomic.Int64

// Tunnel is a running data plane: of one pod or one gateway.
type Tunnel struct {
	config    *Config
	device    *Device
	filter    *Filter
	stack     *Stack
	doors     *Doors
	wireguard *device.Device
	watches   []*Watch
	learned   *endpoints
	http      *http.Server

	beat    atomic.Int64 // Unix nanoseconds of the last heart beat
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start brings a tunnel up: it returns once every door is open. On an error nothing is left running.
func Start(config *Config) (*Tunnel, error) { return startOn(config, conn.NewDefaultBind()) }

func startOn(config *Config, bind conn.Bind) (*Tunnel, error) {
	filter := newFilter(config.Prefix, config.TCPPorts)
	meter := newMeter(bind)
	link := newDevice(config, filter, meter)
	stack, err := newStack(link)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &Tunnel{
		config: config, device: link, filter: filter, stack: stack, doors: newDoors(),
		wireguard: device.NewDevice(link, meter, wireguardLogger()),
		cancel:    cancel,
	}
	meter.parked(t.dropParked)
	t.loadLearned()
	for _, step := range []func() error{t.bringUp, t.openDoors, t.serveHTTP} {
		if err := step(); err != nil {
			t.Close()
			return nil, err
		}
	}
	t.beat.Store(time.Now().UnixNano())
	for _, watch := range t.watches {
		t.running.Go(func() { watch.run(ctx) })
	}
	t.running.Go(func() { t.keepBeating(ctx) })
	t.callLearned()
	return t, nil
}

// bringUp gives wireguard-go our key and the peers that dial us; the others are added when they are dialled.
func (t *Tunnel) bringUp() error {
	var uapi strings.Builder
	fmt.Fprintf(&uapi, "private_key=%s\nlisten_port=%d\n", t.config.PrivateKey.hex(), t.config.ListenPort)
	answers := map[netip.Addr]*Watch{}
	for _, peer := range t.config.Peers {
		if peer.Endpoint == "" {
			uapi.WriteString(peer.uapi(t.learnedEndpoint(peer.PublicKey)))
		}
		if peer.Endpoint == "" && !peer.Echo.IsValid() {
			continue
		}
		watch := &Watch{Peer: peer, echo: t.device.Echo, set: t.wireguard.IpcSet, lookup: lookup}
		t.watches = append(t.watches, watch)
		if peer.Echo.IsValid() {
			answers[peer.Echo] = watch
		}
	}
	t.device.onEcho = func(from netip.Addr, sequence uint16) {
		if watch := answers[from]; watch != nil {
			watch.pulse.answer(sequence, time.Now())
		}
	}
	if err := t.wireguard.IpcSet(uapi.String()); err != nil {
		return fmt.Errorf("wireguard: %w", err)
	}
	if err := t.wireguard.Up(); err != nil {
		return fmt.Errorf("wireguard: UDP port %d: %w", t.config.ListenPort, err)
	}
	return nil
}

// dropParked drops what waits for a handshake.
func (t *Tunnel) dropParked() {
	for _, config := range t.config.Peers {
		if peer := t.wireguard.LookupPeer(device.NoisePublicKey(config.PublicKey)); peer != nil {
			peer.FlushStagedPackets()
		}
	}
}

func (t *Tunnel) openDoors() error {
	t.stack.Serve(t.doors.openLocal(t.config.Expose), t.doors.expose.splice)
	for address, to := range t.config.Alias {
		if err := t.doors.openAlias(address, t.stack.Dial, to); err != nil {
			return fmt.Errorf("alias: %w", err)
		}
	}
	if t.config.Socks != "" {
		if err := t.doors.openSocks(t.config.Socks, t.stack.Dial, t.config.Prefix); err != nil {
			return fmt.Errorf("socks: %w", err)
		}
	}
	return nil
}

func (t *Tunnel) serveHTTP() error {
	listener, err := net.Listen("tcp", t.config.HTTP)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	t.http = &http.Server{Handler: t.handler(), ReadHeaderTimeout: httpLimit, WriteTimeout: httpLimit}
	go func() { _ = t.http.Serve(listener) }() // ends with Close
	return nil
}

// Done is closed when wireguard-go has ended.
func (t *Tunnel) Done() <-chan struct{} { return t.wireguard.Wait() }

// Close ends everything. Open connections are reset, at both ends, so that nobody waits for a timeout.
func (t *Tunnel) Close() {
	t.cancel()
	t.doors.close()
	if t.http != nil {
		_ = t.http.Close()
	}
	t.running.Wait()
	if t.beat.Load() > 0 { // it had come up: what it knows is worth more than what the file holds
		_ = t.noteLearned()
	}
	t.stack.Close()
	for until := time.Now().Add(flushLimit); t.device.link.NumQueued() > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	t.wireguard.Close()
}

// keepBeating proves that wireguard-go still answers, and notes what it has learned.
func (t *Tunnel) keepBeating(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := t.noteLearned(); err != nil {
				slog.Error("wireguard does not tell its state", "error", err)
				continue
			}
			t.beat.Store(time.Now().UnixNano())
		case <-ctx.Done():
			return
		}
	}
}

func (t *Tunnel) loadLearned() {
	if t.config.EndpointsFile == "" {
		return
	}
	learned, err := loadEndpoints(t.config.EndpointsFile)
	if err != nil {
		slog.Warn("endpoints of the last run cannot be read", "path", t.config.EndpointsFile, "error", err)
	}
	t.learned = learned
}

func (t *Tunnel) learnedEndpoint(key Key) string {
	if t.learned == nil {
		return ""
	}
	if endpoint, known := t.learned.saved[key]; known {
		return endpoint.String()
	}
	return ""
}

// callLearned starts a handshake with each peer whose endpoint is known from the last run.
func (t *Tunnel) callLearned() {
	for _, peer := range t.config.Peers {
		if peer.Endpoint == "" && t.learnedEndpoint(peer.PublicKey) != "" {
			t.device.Echo(peer.AllowedIPs[0].Addr(), 0)
		}
	}
}

// noteLearned asks wireguard-go for its state, which is its error, and keeps the endpoints of the peers that dial us.
func (t *Tunnel) noteLearned() error {
	states, err := peerStates(t.wireguard)
	if err != nil || t.learned == nil {
		return err
	}
	now := map[Key]netip.AddrPort{}
	for _, peer := range t.config.Peers {
		if endpoint := states[peer.PublicKey].endpoint; peer.Endpoint == "" && endpoint.IsValid() {
			now[peer.PublicKey] = endpoint
		}
	}
	if err := t.learned.save(now); err != nil {
		slog.Warn("learned endpoints cannot be kept: a restart will take three seconds longer",
			"path", t.config.EndpointsFile, "error", err)
		t.learned = nil
	}
	return nil
}
