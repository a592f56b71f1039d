package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	socksDialTimeout   = 15 * time.Second // half of Dask's own 30 s, so that it hears of it and can try again
	exposeDialTimeout  = 3 * time.Second  // loopback: it answers at once or never
	aliasHold          = 10 * time.Second
	aliasRetry         = 300 * time.Millisecond
	doorMax            = 4096 // connections at one door; the next caller waits in the kernel's queue
	acceptPause        = 20 * time.Millisecond
	socksGreetingLimit = 20 * time.Second
)

// dialer connects to a data-plane address.
type dialer func(ctx context.Context, to netip.AddrPort) (halfConn, error)

// Door is a way between the pod's own network and the data plane, with its counts.
type Door struct {
	name               string
	open, total, fails atomic.Int64
}

func (d *Door) splice(one, other halfConn) {
	d.open.Add(1)
	d.total.Add(1)
	defer d.open.Add(-1)
	splice(one, other)
}

// Doors are those of one tunnel. The order is that of the metrics.
type Doors struct {
	socks, alias, expose *Door

	mu        sync.Mutex
	listeners []net.Listener
}

func newDoors() *Doors {
	return &Doors{socks: &Door{name: "socks"}, alias: &Door{name: "alias"}, expose: &Door{name: "expose"}}
}

func (d *Doors) all() []*Door { return []*Door{d.socks, d.alias, d.expose} }

// listen accepts on the pod's own network and hands each connection over; it returns once the port is bound.
func (d *Doors) listen(address string, handle func(localConn)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.listeners = append(d.listeners, listener)
	d.mu.Unlock()
	go accept(listener, handle)
	return nil
}

func (d *Doors) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, listener := range d.listeners {
		_ = listener.Close()
	}
}

func accept(listener net.Listener, handle func(localConn)) {
	places := make(chan struct{}, doorMax)
	for {
		places <- struct{}{}
		caller, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, most likely: others will close some
			slog.Warn("door cannot accept", "address", listener.Addr().String(), "error", err)
			time.Sleep(acceptPause)
			<-places
			continue
		}
		go func() {
			defer func() { <-places }()
			handle(localConn{caller.(*net.TCPConn)})
		}()
	}
}

// openAlias makes a port of the pod network lead to one data-plane address: a site's door to the scheduler.
//
// It holds the caller while the far side is away: Dask retries a connection that is refused, but fails at once on one
// that is accepted and then reset.
func (d *Doors) openAlias(address string, dial dialer, to netip.AddrPort) error {
	return d.listen(address, func(caller localConn) {
		ctx, cancel := context.WithTimeout(context.Background(), aliasHold)
		defer cancel()
		for {
			far, err := dial(ctx, to)
			if err == nil {
				d.alias.splice(caller, far)
				return
			}
			select {
			case <-time.After(aliasRetry):
			case <-ctx.Done():
				d.alias.fails.Add(1)
				slog.Info("alias gave up", "to", to.String(), "error", err)
				caller.Abort()
				return
			}
		}
	})
}

// openSocks makes a port of the pod's loopback the way out to every address inside the prefix.
func (d *Doors) openSocks(address string, dial dialer, inside netip.Prefix) error {
	return d.listen(address, func(caller localConn) {
		_ = caller.SetDeadline(time.Now().Add(socksGreetingLimit))
		request, err := readSocks(caller, inside)
		if err != nil {
			d.socks.fails.Add(1)
			slog.Info("socks refused", "error", err)
			_ = caller.Close()
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), socksDialTimeout)
		far, err := dial(ctx, request.to)
		cancel()
		if err != nil {
			d.socks.fails.Add(1)
			request.refuse(err)
			_ = caller.Close()
			return
		}
		if err := request.accept(far); err != nil {
			far.Abort()
			caller.Abort()
			return
		}
		_ = caller.SetDeadline(time.Time{})
		d.socks.splice(caller, far)
	})
}

// openLocal connects the local side of an arriving connection.
func (d *Doors) openLocal(ports map[uint16]string) func(port uint16) (halfConn, error) {
	return func(port uint16) (halfConn, error) {
		to, exposed := ports[port]
		if !exposed {
			return nil, syscall.ECONNREFUSED
		}
		local, err := net.DialTimeout("tcp", to, exposeDialTimeout)
		if err != nil {
			d.expose.fails.Add(1)
			return nil, err
		}
		return localConn{local.(*net.TCPConn)}, nil
	}
}
