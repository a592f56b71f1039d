package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"

	"golang.zx2c4.com/wireguard/device"
)

// peerState is what wireguard-go knows of a peer.
type peerState struct {
	endpoint           netip.AddrPort // zero: never heard, never dialled
	handshake          int64          // Unix seconds of the last one; 0: never
	received, sentAway uint64         // bytes
}

// peerStates asks wireguard-go for all its peers. The answer holds keys: it stays in here.
func peerStates(wg *device.Device) (map[Key]peerState, error) {
	answer, err := wg.IpcGet()
	if err != nil {
		return nil, err
	}
	return parseStates(answer)
}

func parseStates(answer string) (map[Key]peerState, error) {
	states := map[Key]peerState{}
	var peer Key
	lines := bufio.NewScanner(strings.NewReader(answer))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		state := states[peer]
		var err error
		switch name {
		case "public_key":
			_, err = hex.Decode(peer[:], []byte(value))
			state = peerState{}
		case "endpoint":
			state.endpoint, err = netip.ParseAddrPort(value)
		case "last_handshake_time_sec":
			state.handshake, err = strconv.ParseInt(value, 10, 64)
		case "rx_bytes":
			state.received, err = strconv.ParseUint(value, 10, 64)
		case "tx_bytes":
			state.sentAway, err = strconv.ParseUint(value, 10, 64)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("wireguard-go: %s: %w", name, err)
		}
		states[peer] = state
	}
	return states, lines.Err()
}

// wireguardLogger passes on what wireguard-go calls errors.
func wireguardLogger() *device.Logger {
	return &device.Logger{
		Verbosef: device.DiscardLogf,
		Errorf:   func(format string, args ...any) { slog.Warn("wireguard", "message", fmt.Sprintf(format, args...)) },
	}
}
