/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sources are real. A SYN can be forged; an acknowledgement of the number that the server chose for its
 * SYN-ACK can not, unless one sees the SYN-ACK: the odds of a guess are one in 2^32. That is evidence level E2.
 *
 * The number must match exactly until the server itself is seen to send data: it does so only after it accepted the
 * handshake, so from then on the client may be as far as the server has been seen to get (the first acknowledgement
 * may have been missed by a mirror port). A forger gains nothing by that: to his forged SYN the server never sends. */
#ifndef GATEPOST_PROVE_BPF_H
#define GATEPOST_PROVE_BPF_H

#include "bpf/limit.bpf.h"

INLINE void prove(__u64 hash, const struct gp_settings *settings, __u64 time_ns)
{
	__u32 index = gp_bucket(hash, GLOBAL(sizes).sources);
	int news = slot_prove(TABLE_FIND(sources, &index), hash, settings, GP_TICKS(time_ns) & GP_TIME_MASK);

	if (news > 0)
		tally(GP_TALLY_SOURCES_PROVEN);
	if (news < 0)
		tally(GP_TALLY_PROOFS_LOST);
}

/* The packet that answers the SYN-ACK with these numbers? */
INLINE int proves(const struct packet *packet, const struct gp_flow_numbers *numbers)
{
	__u32 beyond = packet->ack - (numbers->server_isn + 1);

	return (packet->tcp_flags & (GP_ACK | GP_SYN | GP_RST)) == GP_ACK &&
	       beyond <= numbers->server_next - (numbers->server_isn + 1);
}

#endif
