package main

import (
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// segments cuts one large TCP/IPv6 packet of the stack (up to 32 KiB: generic segmentation offload) into packets of at
// most mss bytes of payload, and writes their checksums.
type segments struct {
	packet  []byte // nil: nothing left
	headers int    // bytes of IPv6 and TCP header, repeated in each
	mss     int
	sent    int // payload bytes handed out so far
}

// cut starts on a packet. An mss of 0, or a packet within the MTU, makes it one segment.
func (s *segments) cut(packet []byte, mss, mtu int) {
	tcp := header.TCP(packet[header.IPv6MinimumSize:])
	if mss <= 0 || len(packet) <= mtu {
		mss = len(packet)
	}
	*s = segments{packet: packet, headers: header.IPv6MinimumSize + int(tcp.DataOffset()), mss: mss}
}

func (s *segments) empty() bool { return s.packet == nil }

// next writes the next segment to out and returns its length.
func (s *segments) next(out []byte) int {
	payload := s.packet[s.headers+s.sent:]
	payload = payload[:min(s.mss, len(payload))]
	copy(out, s.packet[:s.headers])
	copy(out[s.headers:], payload)
	size := s.headers + len(payload)

	ip, tcp := header.IPv6(out[:size]), header.TCP(out[header.IPv6MinimumSize:size])
	ip.SetPayloadLength(uint16(len(tcp)))
	tcp.SetSequenceNumber(tcp.SequenceNumber() + uint32(s.sent))
	s.sent += len(payload)
	if s.headers+s.sent < len(s.packet) {
		tcp.SetFlags(uint8(tcp.Flags() &^ (header.TCPFlagFin | header.TCPFlagPsh))) // these belong to the last one
	} else {
		s.packet = nil
	}
	tcp.SetChecksum(0)
	pseudo := header.PseudoHeaderChecksum(
		header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(tcp)))
	tcp.SetChecksum(^checksum.Checksum(tcp, pseudo))
	return size
}
