/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The contract between the two halves: what stands in every map and in every sample.
 *
 * Both halves include this file and nothing of it is written twice. Integers are in host byte order unless the
 * name ends in _be; times are nanoseconds of the kernel half's clock (CLOCK_MONOTONIC live, packet time in a
 * replay) unless the unit in the name says otherwise. Every size is asserted: a changed layout is a changed
 * GP_LAYOUT, and pinned tables of another layout are never reused. */
#ifndef GATEPOST_H
#define GATEPOST_H

#include <linux/types.h>

/* Bump when any structure below, or the meaning of a field, changes. */
#define GP_LAYOUT 7

/* ---- the source: what is judged ------------------------------------------------------------------------------
 * IPv4 a.b.c.d is 0x0000ffff_aabbccdd; IPv6 is its upper 64 bits. 0::/16 is never routed on the Internet, so the
 * two never meet, and 0 is no source. A prefix is a source and a count of leading bits of it: IPv4 /24 is 32 + 24. */
#define GP_SOURCE_V4 0x0000ffff00000000ULL
#define GP_SOURCE_BITS 64
#define GP_V4_BITS 32 /* leading bits of a v4 source that only say "IPv4" */

/* Key of the prefix tries (kernel: Documentation/bpf/map_lpm_trie.rst). */
struct gp_prefix_key {
	__u32 bits; /* 0..64, leading bits of the source that count */
	__u8 source_be[8]; /* the source, most significant byte first */
};
_Static_assert(sizeof(struct gp_prefix_key) == 12, "a trie key has no padding");

/* Keyed hash of every table in both halves: the finaliser of splitmix64 (Steele, Lea, Flood 2014) between two
 * secret words. Not a cryptographic hash: its output never leaves the machine, so nobody can learn collisions. */
static inline __u64 gp_hash(__u64 key, const __u64 seed[2])
{
	key ^= seed[0];
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ULL;
	key = (key ^ key >> 27) * 0x94d049bb133111ebULL;
	return key ^ key >> 31 ^ seed[1];
}

/* Which of `buckets` a hash belongs to: any number of them, not only powers of two (Lemire 2019). Uses the low 32 bits;
 * the high ones are the tag within the bucket. */
static inline __u32 gp_bucket(__u64 hash, __u32 buckets)
{
	return (hash & 0xffffffff) * buckets >> 32;
}

/* ---- time ------------------------------------------------------------------------------------------------------ */
/* The kernel half divides by shifting: a division costs a third of what the whole verdict may. */
#define GP_TICK_SHIFT 10 /* a tick: 1024 ns, the unit of limits and proofs */
#define GP_BEAT_SHIFT 31 /* a beat: 2.1 s, the unit of flows */
#define GP_PULSE_SHIFT 25 /* a pulse: 33.6 ms, the unit of refused SYNs */
#define GP_TICKS(ns) ((ns) >> GP_TICK_SHIFT)
#define GP_BEATS(ns) ((ns) >> GP_BEAT_SHIFT)
#define GP_PULSES(ns) ((ns) >> GP_PULSE_SHIFT)
/* CPUs take the time when a packet comes and write it down a moment later, so what one of them finds may be ahead of
 * its own time: by the kernel's timer tick, or by how long a virtual CPU was not run. By more than this, and it is old.
 */
#define GP_SKEW_TICKS (1u << 20) /* 1.07 s */
#define GP_SKEW_BEATS 1u

/* ---- services -------------------------------------------------------------------------------------------------- */
#define GP_SERVICES(X)                                                                                                 \
	X(NONE, "none")                                                                                                \
	X(IMAP, "imap")                                                                                                \
	X(IMAPS, "imaps")                                                                                              \
	X(POP3, "pop3")                                                                                                \
	X(POP3S, "pop3s")                                                                                              \
	X(SUBMISSION, "submission")                                                                                    \
	X(SUBMISSIONS, "submissions")

enum gp_service {
#define GP_SERVICE_ENUM(name, text) GP_SERVICE_##name,
	GP_SERVICES(GP_SERVICE_ENUM)
#undef GP_SERVICE_ENUM
		GP_SERVICE_MAX,
	GP_SERVICE_BY_SERVER = 0xff, /* in gp_ports: ask the server trie */
};

/* First question to every packet, one byte a port. Port 25 is never a service: MX traffic is not judged. */
struct gp_ports {
	__u8 service[65536]; /* enum gp_service */
};

/* Second question, only where servers are configured by prefix: port and server address to service. */
struct gp_server_key {
	__u32 bits; /* GP_SERVER_PORT_BITS + leading bits of the address */
	__u16 port;
	__u16 zero;
	__u8 server[16]; /* network order, IPv4 as ::ffff:a.b.c.d */
};
#define GP_SERVER_PORT_BITS 32
_Static_assert(sizeof(struct gp_server_key) == 24, "a trie key has no padding");

/* ---- verdicts and their reasons -------------------------------------------------------------------------------- */
/* name, words an operator reads, drops? One list for counters, explain, metrics and the page. */
#define GP_REASONS(X)                                                                                                  \
	X(NOT_MAIL, "not for a protected service", 0)                                                                  \
	X(NOT_IP, "not IP", 0)                                                                                         \
	X(NOT_TCP, "not TCP", 0)                                                                                       \
	X(ICMP, "ICMP", 0)                                                                                             \
	X(CUT_SHORT, "cut short", 0)                                                                                   \
	X(TAGS_DEEP, "too many VLAN tags", 0)                                                                          \
	X(HEADERS_DEEP, "too many IPv6 extension headers", 0)                                                          \
	X(MALFORMED, "malformed header", 0)                                                                            \
	X(FRAGMENT_LATER, "later fragment", 0)                                                                         \
	X(ALLOWED, "allow list", 0)                                                                                    \
	X(FLOW, "packet of a connection", 0)                                                                           \
	X(STRAY, "packet of no known connection", 0)                                                                   \
	X(NEW_PROVEN, "new connection, proven source", 0)                                                              \
	X(NEW_UNPROVEN, "new connection, unproven source", 0)                                                          \
	X(NEW_RETRIED, "new connection, admitted at its retransmission", 0)                                            \
	X(BAN_SOURCE, "banned source", 1)                                                                              \
	X(BAN_PREFIX, "banned prefix", 1)                                                                              \
	X(GUESSING, "connection of a limited source, after a failed login", 1)                                         \
	X(LIMIT_JUDGED, "over the limit put on it by a rule", 1)                                                       \
	X(LIMIT_SHARED, "over the limit put on its prefix by a rule", 1)                                               \
	X(LIMIT_SOURCE, "over the source's limit", 1)                                                                  \
	X(LIMIT_PREFIX, "over the prefix's limit for unproven sources", 1)                                             \
	X(LIMIT_SERVICE, "over the service's limit for unproven sources", 1)                                           \
	X(LIMIT_FIRST, "first SYN of an unproven source, while its service is flooded", 1)                             \
	X(FRAGMENT, "fragmented TCP to a protected service", 1)

enum gp_reason {
#define GP_REASON_ENUM(name, text, drops) GP_REASON_##name,
	GP_REASONS(GP_REASON_ENUM)
#undef GP_REASON_ENUM
		GP_REASON_MAX,
};

/* Per service and reason, per CPU, index service * GP_REASON_MAX + reason. In observe mode a packet that would
 * have been dropped passes and is counted in spared, not in packets. */
struct gp_counter {
	__u64 packets;
	__u64 bytes; /* of frames, as received */
	__u64 spared;
	__u64 spared_bytes;
};
#define GP_COUNTERS (GP_SERVICE_MAX * GP_REASON_MAX)

/* Per CPU; what happened to samples and tables. */
#define GP_TALLIES(X)                                                                                                  \
	X(SAMPLES, "samples sent")                                                                                     \
	X(SAMPLES_LOST, "samples lost, ring full")                                                                     \
	X(SAMPLES_OVER_BUDGET, "samples not sent, over the budget")                                                    \
	X(FLOWS_OPENED, "connections opened")                                                                          \
	X(FLOWS_REPLACED, "live connections forgotten for new ones")                                                   \
	X(SOURCES_PROVEN, "sources newly proven")                                                                      \
	X(PROOFS_LOST, "proofs that found no room")                                                                    \
	X(BUCKET_SHARED, "sources that shared a bucket's limit")                                                       \
	X(CONTENDED, "limits passed over for contention")

enum gp_tally {
#define GP_TALLY_ENUM(name, text) GP_TALLY_##name,
	GP_TALLIES(GP_TALLY_ENUM)
#undef GP_TALLY_ENUM
		GP_TALLY_MAX,
};

/* ---- settings -------------------------------------------------------------------------------------------------- */
/* A rate for GCRA (ITU-T I.371, virtual scheduling): one packet an interval, and a burst on top. */
struct gp_rate {
	__u32 interval_ticks; /* between packets at the sustained rate; 0: no limit */
	__u32 burst_ticks; /* (burst - 1) * interval_ticks */
};

enum gp_flag {
	GP_OBSERVE = 1 << 0, /* drop nothing, count what would have been dropped */
	GP_ONE_WAY = 1 << 1, /* follow connections whose start or other direction is not seen */
	GP_DROP_FRAGMENTS = 1 << 2, /* first fragments of TCP to a protected service */
	GP_HAS_ALLOWED = 1 << 3, /* the allow trie is not empty */
	GP_HAS_PREFIX_BANS = 1 << 4, /* the prefix ban trie is not empty */
	GP_LIST_WIDE = 1 << 5, /* a prefix is listed that is too wide for the filter: look everybody up */
};

/* Two of these in one map; `active` in gp_control says which one counts. The user half writes the other one,
 * then flips: the datapath never sees half of a reload. */
struct gp_settings {
	__u32 flags; /* enum gp_flag */
	struct gp_rate source; /* new connections a source */
	struct gp_rate judged; /* the same for a source that a rule has limited */
	struct gp_rate judged_prefix; /* what a limited prefix has for all of its sources that are not welcome */
	struct gp_rate retry; /* retransmitted SYNs a source, admitted over its limit */
	struct gp_rate prefix; /* new connections of unproven sources a prefix */
	struct gp_rate service; /* the same a service */
	struct gp_rate samples; /* samples to the user half, each direction; a piece is one */
	struct gp_rate sample_share; /* what one source may have of them, each direction; follows from `samples` */
	__u8 prefix_v4_bits; /* 24: aggregate of v4 sources */
	__u8 prefix_v6_bits; /* 48 */
	__u16 zero;
	__u32 flow_idle_beats; /* a connection silent for longer may be forgotten */
	__u64 proven_ticks; /* how long a source stays proven after it was last heard of */
	__u64 flooded_ticks; /* how long a service counts as flooded after it last was; 0: never, nobody has to come
				twice */
	__u32 retry_min_pulses; /* a SYN counts as retransmitted from this age on (RFC 6298: 1 s) */
	__u32 retry_late_pulses; /* from this age on it goes first */
	__u32 retry_max_pulses; /* ... up to this age; less than 256 */
	__u32 zero_too;
	__u64 horizon_ticks; /* the longest burst + interval of the rates above and GP_SKEW_TICKS: no honest word is
				further ahead */
	__u64 seed[2]; /* secret: keys every table hash */
};

struct gp_control {
	__u32 active; /* 0 or 1: index of the settings in force */
	__u32 layout; /* GP_LAYOUT of who made the maps */
};

/* ---- limits and proofs ------------------------------------------------------------------------------------------
 * One cache line: seven sources with a limit of their own and one word shared by those that found no slot. The tag is
 * part of the word, so that a state changes with one compare-and-exchange:
 *   slot = 1 (taken) | tag (18 bits) | proven (1 bit) | time, in ticks modulo 2^44 (208 days)
 * The time is GCRA's theoretical arrival time. A slot whose time is not in (now, now + gp_settings.horizon_ticks] is
 * idle, and idle equals never seen, so replacing it loses nothing. A proven one (the source is real) is kept for
 * gp_settings.proven_ticks longer, and makes room for other proven ones only.
 * The buckets of prefixes are the same, without proofs; the shared word has no tag.
 *
 * What else is kept about a source stands in the same table under another hash: accounts of their own, and, as a proof
 * that only the user half writes, that the source is welcome: somebody has logged in there lately. */
struct gp_limit_bucket {
	__u64 word[8]; /* 0: shared; 1 to 7: slots */
};
_Static_assert(sizeof(struct gp_limit_bucket) == 64, "a bucket is a cache line");
#define GP_SLOTS 7
#define GP_WELCOME_SALT 0x77656c636f6d6559ULL /* source ^ this is hashed for whether it is welcome */
#define GP_TIME_BITS 44
#define GP_TIME_MASK ((1ULL << GP_TIME_BITS) - 1)
#define GP_SLOT_PROVEN (1ULL << GP_TIME_BITS)
#define GP_TAG_SHIFT (GP_TIME_BITS + 1)
#define GP_TAG(hash) (((hash) >> GP_TAG_SHIFT | 1ULL << (63 - GP_TAG_SHIFT)) << GP_TAG_SHIFT) /* in place; never 0 */

/* What all unproven sources of one service share, a cache line each: CPUs meet only where they must. Words as above,
 * without a tag. `retried` has the service's rate once more, for SYNs that came again: patience has a lane of its own.
 *
 * A service is flooded from when its budget was spent until gp_settings.flooded_ticks after it was last asked for more
 * than half of its rate. Until then every SYN of an unproven source has to come twice. */
struct gp_aggregate {
	__u64 fresh;
	__u64 retried;
	__u64 pressure; /* GCRA at half the rate: refuses as long as more than that is asked for */
	__u64 flooded_until; /* ticks, not wrapped; 0: never was */
	__u64 flooded_since; /* of the last time */
	__u64 zero[3];
};
_Static_assert(sizeof(struct gp_aggregate) == 64, "an aggregate is a cache line");

/* Refused SYNs, the newest first, so that they come to an end in the order in which they came:
 *   word = tag (24 bits) | time, in pulses modulo 2^8 (8.6 s)
 * Half a cache line: what a flood of several million SYNs a second leaves in a second must still be there after it. */
#define GP_SYN_PAIRS 4
struct gp_syn_bucket {
	__u64 pair[GP_SYN_PAIRS]; /* two words each, the newer one in the low half */
};
_Static_assert(sizeof(struct gp_syn_bucket) == 32, "two buckets in a cache line");

/* ---- flows ----------------------------------------------------------------------------------------------------- */
enum gp_flow_state {
	GP_FLOW_SYNACK = 1, /* the server answered a SYN; the client has not shown that it saw the answer */
	GP_FLOW_PROVEN, /* the client acknowledged the server's sequence number (E2) */
	GP_FLOW_MIDWAY, /* met in the middle, or only one direction seen; nothing proven */
};
enum gp_flow_flag {
	GP_FLOW_ENOUGH = 1 << 0, /* written by the user half: no more samples but the end */
	GP_FLOW_LOGGED_IN = 1 << 1, /* written by the user half */
	GP_FLOW_ENDED_IN = 1 << 2, /* the client's FIN or RST has been sampled */
	GP_FLOW_RST_HEARD = 1 << 3, /* a RST of the client that nothing vouches for has been sampled */
	GP_FLOW_ENDED_OUT = 1 << 4, /* the server's */
	GP_FLOW_END_UNTOLD = 1 << 5, /* there was one of them for whose sample there was no room */
	GP_FLOW_FAILED = 1 << 6, /* written by the user half: a login failed on it. Where nobody got in since, and its
				    source is limited, what the client says next is a reset to the server */
};

/* 12 bytes, five to a cache line: a packet of a connection that has been seen enough of waits for that line alone.
 * Written by the datapath without a lock: a flow's packets are ordered by the two ends, and a lost race costs a sample,
 * never a wrong verdict. */
struct gp_flow {
	__u32 tag; /* GP_FLOW_TAG of the keyed hash of the 4-tuple; 0: free */
	__u16 packets_in; /* client to server; GP_FLOW_PACKETS_MAX: or more */
	__u16 packets_out;
	__u16 seen_beat; /* last packet, beats modulo 2^16 (39 hours) */
	__u8 state; /* enum gp_flow_state */
	__u8 flags; /* enum gp_flow_flag; a byte of its own since both halves write */
};
_Static_assert(sizeof(struct gp_flow) == 12, "five flows in a cache line");
#define GP_FLOW_TAG(flow) ((__u32)((flow) >> 32) | 1) /* the lower half says which bucket */
#define GP_FLOW_PACKETS_MAX 0xffff
#define GP_FLOW_WAYS 5
struct gp_flow_bucket {
	struct gp_flow way[GP_FLOW_WAYS];
	__u32 next; /* way after the one that was taken last: of those equally old it goes first */
};
_Static_assert(sizeof(struct gp_flow_bucket) == 64, "a bucket is a cache line");

/* A flow's place in both tables, as samples name it: its bucket, and its way in the low three bits. */
#define GP_FLOW_SLOT(bucket, way) ((bucket) << 3 | (way))
#define GP_FLOW_SLOT_BUCKET(slot) ((slot) >> 3)
#define GP_FLOW_SLOT_WAY(slot) ((slot)&7)

/* The numbers by which a packet shows that its sender sees what the server sends, in a table of the same buckets: while
 * a login is awaited each packet needs them, later only the server's and the last (all, where the server is not heard).
 */
struct gp_flow_numbers {
	__u32 server_isn; /* sequence number of the server's SYN-ACK */
	/* One past the last byte the server was seen to send: no honest acknowledgement is beyond. While it has not
	 * been heard (packets_out is 0): the client's last acknowledgement. */
	__u32 server_next;
};
struct gp_flow_numbers_bucket {
	struct gp_flow_numbers way[GP_FLOW_WAYS];
	__u32 zero[6];
};
_Static_assert(sizeof(struct gp_flow_numbers_bucket) == 64, "a bucket is a cache line");

/* ---- samples --------------------------------------------------------------------------------------------------- */
enum gp_direction {
	GP_IN, /* client to server */
	GP_OUT, /* server to client */
};

/* TCP flags as on the wire (RFC 9293, 3.1). */
enum gp_tcp_flag {
	GP_FIN = 0x01,
	GP_SYN = 0x02,
	GP_RST = 0x04,
	GP_PSH = 0x08,
	GP_ACK = 0x10,
	GP_URG = 0x20,
};

/* How sure we are that a source is real and what it did: the ladder of docs/DESIGN.md. */
enum gp_evidence {
	GP_E0_PACKET,
	GP_E1_RETRIED,
	GP_E2_PROVEN,
	GP_E3_TALKED,
	GP_E4_ATTEMPT,
	GP_E5_OUTCOME,
};

/* One packet of a flow as the user half gets it: this header, then captured_bytes of TCP payload. A packet with more
 * of it than GP_SAMPLE_BYTES (a segment before the card cuts it, or after it was put together) comes in pieces, a
 * sample each, one after the other, as if it had been cut there: seq moves on, and FIN, RST and PSH are on the last.
 * After GP_SAMPLE_PIECES, or where the budget ends, the last piece stands for all the rest: payload_bytes says how
 * much that is, captured_bytes how much of it is here.
 *
 * Without payload are sent: the packet that proves a flow, its first FIN or RST, and, while the server of a flow has
 * not been heard (GP_ONE_WAY), each packet of the client that acknowledges something else than the one before. */
struct gp_sample {
	__u64 time_ns;
	__u64 flow; /* keyed hash of the 4-tuple, never 0 */
	__u32 slot; /* GP_FLOW_SLOT of the flow */
	__u32 seq; /* of this piece */
	__u32 ack;
	__u32 packets_in; /* of the flow, this one included; GP_FLOW_PACKETS_MAX: or more */
	__u32 packets_out;
	__u16 client_port;
	__u16 server_port;
	__u8 client[16]; /* network order, IPv4 as ::ffff:a.b.c.d */
	__u8 server[16];
	__u32 payload_bytes; /* on the wire, of this piece */
	__u16 captured_bytes; /* that follow; at most GP_SAMPLE_BYTES */
	__u8 direction; /* enum gp_direction */
	__u8 service; /* enum gp_service */
	__u8 tcp_flags; /* enum gp_tcp_flag */
	__u8 state; /* enum gp_flow_state */
	__u16 behind_bytes; /* of the packet's payload, behind this piece; 65535: or more */
	__u32 server_isn; /* of the flow: the same four numbers with another one are another connection */
};
_Static_assert(sizeof(struct gp_sample) == 88, "a sample header has no padding");
#define GP_SAMPLE_BYTES 1536 /* a full Ethernet segment */
/* TCP sends ten segments before it hears of the first (RFC 6928): no server says more at once before a login. */
#define GP_SAMPLE_PIECES 10

#include "bpf/lists.h"

#endif
