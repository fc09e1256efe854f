/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sources are real. A SYN can be forged; an acknowledgement of the number that the server chose for its
 * SYN-ACK can not, unless one sees the SYN-ACK: the odds of a guess are one in 2^32. That is evidence level E2.
 *
 * The number must match exactly until the server itself is seen to send data: it does so only after it accepted the
 * handshake, so from then on the client may be as far as the server has been seen to get (the first acknowledgement
 * may have been missed by a mirror port). A forger gains nothing by that: to his forged SYN the server never sends. */
#ifndef GATEPOST_PROVE_BPF_H
#define GATEPOST_PROVE_BPF_H

#include "bpf/count.bpf.h"
#include "bpf/identify.bpf.h"
#include "bpf/moment.bpf.h"

INLINE struct gp_moment_bucket *proven_bucket(__u64 hash)
{
	__u32 index = hash & GLOBAL(masks).proven;

	return TABLE_FIND(proven, &index);
}

INLINE int is_proven(__u64 hash, const struct gp_settings *settings, __u64 now_us)
{
	return moment_age(proven_bucket(hash), hash, now_us) <= settings->proven_for_s * 1000000ULL;
}

INLINE void prove(__u64 hash, const struct gp_settings *settings, __u64 now_us)
{
	if (!is_proven(hash, settings, now_us))
		tally(GP_TALLY_SOURCES_PROVEN);
	moment_meet(proven_bucket(hash), hash, now_us, 0);
}

INLINE int proves(const struct packet *packet, const struct gp_flow *flow)
{
	__u32 beyond = packet->ack - (flow->server_isn + 1);

	return flow->state == GP_FLOW_SYNACK && (packet->tcp_flags & (GP_ACK | GP_SYN | GP_RST)) == GP_ACK &&
	       beyond <= flow->server_next - (flow->server_isn + 1);
}

#endif
