package main

import (
	"bytes"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

func TestALargePacketIsCutIntoSegmentsThatJoinToIt(t *testing.T) {
	payload := make([]byte, 3000)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	tcp := make([]byte, header.TCPMinimumSize)
	header.TCP(tcp).Encode(&header.TCPFields{SrcPort: 9000, DstPort: 40000, SeqNum: 0xFFFFFE00, // wraps on the way
		Flags: header.TCPFlagAck | header.TCPFlagPsh | header.TCPFlagFin, DataOffset: header.TCPMinimumSize})
	whole := packet(inside, sibling, header.TCPProtocolNumber, append(tcp, payload...))

	var cutting segments
	cutting.cut(whole, 1200, 1280)
	var joined []byte
	var sizes []int
	for !cutting.empty() {
		out := make([]byte, 1280)
		out = out[:cutting.next(out)]
		ip, part := header.IPv6(out), header.TCP(out[header.IPv6MinimumSize:])
		if !ip.IsValid(len(out)) {
			t.Fatal("not a valid IPv6 packet")
		}
		if !part.IsChecksumValid(ip.SourceAddress(), ip.DestinationAddress(), partSum(part), uint16(len(part.Payload()))) {
			t.Error("wrong checksum")
		}
		if want := uint32(0xFFFFFE00) + uint32(len(joined)); part.SequenceNumber() != want {
			t.Errorf("sequence number %d; want %d", part.SequenceNumber(), want)
		}
		if ends := part.Flags().Contains(header.TCPFlagFin | header.TCPFlagPsh); ends != cutting.empty() {
			t.Errorf("FIN and PSH in segment %d: %v", len(sizes), ends)
		}
		joined, sizes = append(joined, part.Payload()...), append(sizes, len(part.Payload()))
	}
	if !bytes.Equal(joined, payload) {
		t.Errorf("the segments %v do not join to the payload", sizes)
	}
}

func partSum(segment header.TCP) uint16 {
	var sum uint32
	payload := segment.Payload()
	for i := 0; i < len(payload); i += 2 {
		word := uint32(payload[i]) << 8
		if i+1 < len(payload) {
			word |= uint32(payload[i+1])
		}
		sum += word
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return uint16(sum)
}

func TestOurEchoIsKnownByItsAnswerOnly(t *testing.T) {
	request := echoRequest(address(inside), address(sibling), 513)
	answer := bytes.Clone(request)
	header.ICMPv6(answer[header.IPv6MinimumSize:]).SetType(header.ICMPv6EchoReply)
	stranger := bytes.Clone(answer)
	header.ICMPv6(stranger[header.IPv6MinimumSize:]).SetIdent(7)

	for name, row := range map[string]struct {
		packet []byte
		want   bool
	}{"answer": {answer, true}, "request": {request, false}, "somebody else's answer": {stranger, false}} {
		sequence, ours := echoAnswer(row.packet)
		if ours != row.want || ours && sequence != 513 {
			t.Errorf("%s: ours %v, sequence %d", name, ours, sequence)
		}
	}
}
