package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
)

// SOCKS5 (RFC 1928): CONNECT without authentication, for addresses inside the environment's prefix only. There are no
// names in the data plane, so a domain name must be an address in text.
const (
	socksVersion    = 5
	socksNoAuth     = 0
	socksNoMethod   = 0xFF
	socksConnect    = 1
	socksDomainName = 3
	socksIPv6       = 4

	socksSucceeded      = 0
	socksNotAllowed     = 2
	socksUnreachable    = 4
	socksRefused        = 5
	socksBadCommand     = 7
	socksBadAddressType = 8
)

// socksRequest is a caller that has said where it wants to go.
type socksRequest struct {
	to     netip.AddrPort
	caller io.ReadWriter
	reader *bufio.Reader // may hold data that the caller sent without waiting for the answer
}

// readSocks reads greeting and request. A caller that asks for what it cannot have has been told so when it returns.
func readSocks(caller io.ReadWriter, inside netip.Prefix) (*socksRequest, error) {
	r := &socksRequest{caller: caller, reader: bufio.NewReader(caller)}
	if err := r.greet(); err != nil {
		return nil, err
	}
	head, err := r.read(4) // version, command, reserved, type of address
	if err != nil {
		return nil, err
	}
	if head[0] != socksVersion || head[1] != socksConnect {
		return nil, r.fail(socksBadCommand, fmt.Errorf("command %d", head[1]))
	}
	address, err := r.readAddress(head[3])
	if err != nil {
		return nil, r.fail(socksBadAddressType, err)
	}
	port, err := r.read(2)
	if err != nil {
		return nil, err
	}
	r.to = netip.AddrPortFrom(address, binary.BigEndian.Uint16(port))
	if !inside.Contains(address) {
		return nil, r.fail(socksNotAllowed, fmt.Errorf("%v is outside %v", r.to, inside))
	}
	return r, nil
}

func (r *socksRequest) greet() error {
	head, err := r.read(2) // version, number of methods
	if err != nil {
		return err
	}
	if head[0] != socksVersion {
		return fmt.Errorf("version %d", head[0])
	}
	methods, err := r.read(int(head[1]))
	if err != nil {
		return err
	}
	for _, method := range methods {
		if method == socksNoAuth {
			_, err := r.caller.Write([]byte{socksVersion, socksNoAuth})
			return err
		}
	}
	_, _ = r.caller.Write([]byte{socksVersion, socksNoMethod})
	return errors.New("the caller wants to authenticate")
}

func (r *socksRequest) readAddress(kind byte) (netip.Addr, error) {
	switch kind {
	case socksIPv6:
		raw, err := r.read(16)
		if err != nil {
			return netip.Addr{}, err
		}
		return netip.AddrFrom16([16]byte(raw)), nil
	case socksDomainName:
		length, err := r.read(1)
		if err != nil {
			return netip.Addr{}, err
		}
		name, err := r.read(int(length[0]))
		if err != nil {
			return netip.Addr{}, err
		}
		return netip.ParseAddr(string(name))
	}
	return netip.Addr{}, fmt.Errorf("address type %d", kind)
}

func (r *socksRequest) read(n int) ([]byte, error) {
	buffer := make([]byte, n)
	_, err := io.ReadFull(r.reader, buffer)
	return buffer, err
}

// fail tells the caller why not, and returns the reason.
func (r *socksRequest) fail(code byte, reason error) error {
	_, _ = r.caller.Write(socksAnswer(code)) // the caller is told, or gone
	return reason
}

// refuse passes on why the far side could not be reached.
func (r *socksRequest) refuse(reason error) {
	if errors.Is(reason, syscall.ECONNREFUSED) {
		_ = r.fail(socksRefused, reason)
		return
	}
	_ = r.fail(socksUnreachable, reason)
}

// accept tells the caller to go ahead, and sends on what it has sent already.
func (r *socksRequest) accept(far io.Writer) error {
	if _, err := r.caller.Write(socksAnswer(socksSucceeded)); err != nil {
		return err
	}
	early, _ := r.reader.Peek(r.reader.Buffered())
	_, err := far.Write(early)
	return err
}

// socksAnswer has the IPv4 address zero as the bound address, which CONNECT's callers have no use for.
func socksAnswer(code byte) []byte { return []byte{socksVersion, code, 0, 1, 0, 0, 0, 0, 0, 0} }
