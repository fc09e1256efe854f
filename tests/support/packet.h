/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames for tests, fuzzing and benches, said the way one would say them: TCP(.from = "192.0.2.1", .flags = SYN).
 * What is not said has a sensible value. Every IPv4 packet has an IPv6 twin: the same words with .v6 = true. */
#ifndef GATEPOST_TESTS_PACKET_H
#define GATEPOST_TESTS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

#define PACKET_SERVER "198.51.100.25"
#define PACKET_BYTES 4096 /* enough for any frame built here */

struct packet_spec {
	const char *from, *to; /* "192.0.2.1", "2001:db8::1"; default: a client, PACKET_SERVER */
	uint16_t from_port, to_port; /* default 40000 and 143 */
	uint8_t flags;
	uint32_t seq, ack;
	const char *payload; /* text, or payload_bytes of zeros */
	size_t payload_bytes;
	bool v6; /* the twin of a v4 packet */
	bool reply; /* ends exchanged: from and to are still client and server */

	uint8_t protocol; /* default TCP; others get 20 bytes of zeros */
	uint16_t ethertype; /* default by family */
	int tags; /* VLAN tags, the outer ones 802.1ad */
	bool pppoe;
	int options; /* 32-bit words of IPv4 options */
	int extensions; /* IPv6 extension headers of 8 bytes (v4: none; one AH when `extension` says so) */
	uint8_t extension; /* their type; default destination options */
	bool first_fragment, later_fragment;
	bool nested_fragment; /* behind the fragment header one that says "whole" (v4: none) */
	uint8_t data_offset; /* of TCP, in words; default 5 */
	size_t ip_bytes; /* lie in the IP length, as if it held this much TCP; default the truth */
	size_t pad; /* Ethernet trailing bytes up to this frame length */
	size_t cut; /* the frame ends here; default: nowhere */
};
#define TCP(...) ((struct packet_spec){__VA_ARGS__})

size_t packet_build(const struct packet_spec *spec, uint8_t frame[PACKET_BYTES]); /* its length */
/* 16 bytes, network order, IPv4 as ::ffff:a.b.c.d. The twin of 192.0.2.7 is 2001:db8:X:7::1, so that a /24 and a /48
 * hold the same sources. */
void packet_address(const char *text, bool v6, uint8_t ret_address[16]);
uint64_t packet_source(const char *text, bool v6);
/* The frame in hexadecimal, for a failed row. Returns buffer. */
const char *packet_hex(const uint8_t *frame, size_t length, char *buffer, size_t size);

#endif
