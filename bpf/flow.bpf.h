/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows TCP connections to protected services, from the server's SYN-ACK on, in a table of fixed size: who is
 * proven, how many packets, what is worth a sample. Decides no verdict: an unknown flow costs samples, not packets.
 *
 * A forged packet must not end anything. A flow stays until it is idle or its place is needed; FIN and RST are only
 * reported, once, and only when something vouches for them: they come from the server, or they acknowledge what the
 * server sent lately (as RFC 5961 asks). A bare RST of the client has no such number and is reported apart, so that
 * it cannot hide the real end. The same check keeps forged payload out of a proven flow's samples. */
#ifndef GATEPOST_FLOW_BPF_H
#define GATEPOST_FLOW_BPF_H

#include "bpf/prove.bpf.h"

#define FLOW_ACK_WINDOW (1 << 20) /* bytes an honest acknowledgement may be behind */
#define FLOW_SAMPLE 0x100 /* of flow_advance: send this packet; the low byte has the flags to set when it was sent */

/* A flow, and what stands in the other table at the same place. */
struct followed {
	struct gp_flow *flow;
	struct gp_flow_numbers *numbers;
	__u32 slot;
};

/* The way with the flow, or GP_FLOW_WAYS. Without branches: which way it is nobody can predict. */
INLINE __u32 flow_way(const struct gp_flow_bucket *bucket, __u64 flow)
{
	__u64 tag = GP_FLOW_TAG(flow), found = GP_FLOW_WAYS;

	for (__u64 way = 0; way < GP_FLOW_WAYS; way++)
		found ^= (found ^ way) & mask_zero(READ_ONCE(bucket->way[way].tag) ^ tag);
	return found;
}

/* How many ways come before this one in the order in which they were taken: the first of them is the oldest. */
INLINE __u64 flow_turn(const struct gp_flow_bucket *bucket, __u64 way)
{
	__u64 turn = way + GP_FLOW_WAYS - bucket->next % GP_FLOW_WAYS;

	return turn - (GP_FLOW_WAYS & ~mask_less(turn, GP_FLOW_WAYS));
}

/* Who makes room: a free way, else one silent for too long, else the oldest unproven, else the oldest. A flood of
 * connections that prove nothing replaces only its own kind, and of it the oldest: of those seen in the same beat the
 * one whose turn it is. */
SUBPROGRAM int flow_victim(const struct gp_flow_bucket *bucket, __u32 now_beat, __u32 idle_beats)
{
	__u64 idle = (__u64)idle_beats + GP_SKEW_BEATS;
	__u64 best = 0;

	if (!bucket)
		return 0;
	for (int way = 0; way < GP_FLOW_WAYS; way++) {
		const struct gp_flow *flow = &bucket->way[way];
		__u64 age = (__u16)(now_beat + GP_SKEW_BEATS - flow->seen_beat);
		__u64 unproven = ~mask_zero(flow->state ^ GP_FLOW_PROVEN) & 1;
		__u64 free = mask_zero(flow->tag) & 1;
		__u64 rank = free << 36 | (mask_less(idle, age) & 1) << 35 | unproven << 34 | age << 6 |
			     (7 - flow_turn(bucket, way)) << 3 | way;

		best ^= (best ^ rank) & mask_less(best, rank);
	}
	if (best >> 35 == 0)
		tally(GP_TALLY_FLOWS_REPLACED);
	return best & 7;
}

/* Returns its way. */
SUBPROGRAM int flow_open(struct gp_flow_bucket *bucket, struct gp_flow_numbers_bucket *numbers,
			 const struct packet *packet, __u32 idle_beats, int state)
{
	__u32 now_beat, way;
	struct gp_flow *flow;

	if (!bucket || !numbers || !packet)
		return 0;
	now_beat = GP_BEATS(packet->time_ns);
	way = flow_way(bucket, packet->flow);
	if (way >= GP_FLOW_WAYS)
		way = flow_victim(bucket, now_beat, idle_beats);
	if (way >= GP_FLOW_WAYS) /* the verifier does not know */
		return 0;
	flow = &bucket->way[way];
	/* In the order in which another CPU may see it: nothing is proven, what is of the new flow is there, it is its.
	 */
	WRITE_ONCE(flow->state, state);
	flow->seen_beat = now_beat;
	numbers->way[way].server_isn = state == GP_FLOW_SYNACK ? packet->seq : 0;
	numbers->way[way].server_next = numbers->way[way].server_isn + 1;
	flow->packets_in = state == GP_FLOW_SYNACK; /* the SYN that it answers */
	flow->packets_out = 0;
	flow->flags = 0;
	bucket->next = way + 1;
	WRITE_ONCE(flow->tag, GP_FLOW_TAG(packet->flow));
	tally(GP_TALLY_FLOWS_OPENED);
	return way;
}

INLINE void flow_count(__u16 *packets)
{
	*packets += *packets < GP_FLOW_PACKETS_MAX;
}

INLINE int is_end(const struct packet *packet)
{
	return packet->tcp_flags & (GP_FIN | GP_RST);
}

/* Nothing that the client says on it is news any more, but its end: then no number is looked at. */
INLINE int is_of_no_news(const struct gp_flow *flow, const struct packet *packet)
{
	return flow->flags & GP_FLOW_ENOUGH && flow->state != GP_FLOW_SYNACK && flow->packets_out && !is_end(packet);
}

/* Does the packet show that its sender sees what the server sends? */
INLINE int is_credible(const struct packet *packet, const struct gp_flow_numbers *numbers, int one_way)
{
	return one_way || (packet->tcp_flags & GP_ACK && numbers->server_next - packet->ack <= FLOW_ACK_WINDOW);
}

/* A server that is not heard is known by what its client acknowledges: how much it said, and when. What is not new is
 * any other number, not a greater one: who forges one far ahead would else have muted all that follow. */
INLINE int acknowledges_anew(const struct followed *followed, const struct packet *packet)
{
	if (followed->flow->packets_out || !(packet->tcp_flags & GP_ACK) ||
	    packet->ack == followed->numbers->server_next)
		return 0;
	followed->numbers->server_next = packet->ack;
	return 1;
}

INLINE int flow_advance_in(const struct followed *followed, const struct packet *packet,
			   const struct gp_settings *settings)
{
	struct gp_flow *flow = followed->flow;
	int one_way = settings->flags & GP_ONE_WAY;
	int is_news;

	flow_count(&flow->packets_in);
	if (is_of_no_news(flow, packet))
		return 0;
	if (flow->state == GP_FLOW_SYNACK && proves(packet, followed->numbers)) {
		flow->state = GP_FLOW_PROVEN;
		prove(packet->source_hash, settings, packet->time_ns);
		return FLOW_SAMPLE | (is_end(packet) ? GP_FLOW_ENDED_IN : 0);
	}
	if (flow->state == GP_FLOW_SYNACK)
		return 0;
	if ((packet->tcp_flags & (GP_RST | GP_ACK)) == GP_RST)
		return flow->flags & (GP_FLOW_ENDED_IN | GP_FLOW_ENDED_OUT | GP_FLOW_RST_HEARD)
			       ? 0
			       : FLOW_SAMPLE | GP_FLOW_RST_HEARD;
	if (!is_credible(packet, followed->numbers, one_way))
		return 0;
	is_news = acknowledges_anew(followed, packet) || packet->payload_bytes;
	if (is_end(packet) && !(flow->flags & GP_FLOW_ENDED_IN))
		return FLOW_SAMPLE | GP_FLOW_ENDED_IN;
	return is_news && !(flow->flags & GP_FLOW_ENOUGH) ? FLOW_SAMPLE : 0;
}

INLINE int flow_advance_out(const struct followed *followed, const struct packet *packet)
{
	__u32 next = packet->seq + packet->payload_bytes;
	struct gp_flow_numbers *numbers = followed->numbers;
	struct gp_flow *flow = followed->flow;

	flow_count(&flow->packets_out);
	if (packet->payload_bytes && (__s32)(next - numbers->server_next) > 0)
		numbers->server_next = next;
	/* Refused or not yet accepted: the client may be anybody, and the user half knows nothing of the flow. */
	if (flow->state == GP_FLOW_SYNACK && numbers->server_next == numbers->server_isn + 1)
		return 0;
	if (is_end(packet) && !(flow->flags & GP_FLOW_ENDED_OUT))
		return FLOW_SAMPLE | GP_FLOW_ENDED_OUT;
	return packet->payload_bytes && !(flow->flags & GP_FLOW_ENOUGH) ? FLOW_SAMPLE : 0;
}

/* One more packet of a known flow: is it worth a sample? */
INLINE int flow_advance(const struct followed *followed, const struct packet *packet,
			const struct gp_settings *settings, int direction)
{
	followed->flow->seen_beat = GP_BEATS(packet->time_ns);
	if (direction == GP_IN)
		return flow_advance_in(followed, packet, settings);
	return flow_advance_out(followed, packet);
}

/* What stays of an end whose sample was not sent. A bare reset is none: anybody can send one. */
INLINE __u8 flow_untold(int wanted)
{
	return wanted & (GP_FLOW_ENDED_IN | GP_FLOW_ENDED_OUT) ? GP_FLOW_END_UNTOLD : 0;
}

/* The flow of the packet, made if need be. 0: not known, and not to be. */
INLINE int flow_of(const struct packet *packet, const struct gp_settings *settings, int direction,
		   struct followed *ret_followed)
{
	int is_synack = direction == GP_OUT && packet->tcp_flags & GP_SYN && packet->tcp_flags & GP_ACK;
	__u32 index = gp_bucket(packet->flow, GLOBAL(sizes).flows), way;
	struct gp_flow_bucket *bucket = TABLE_FIND(flows, &index);
	struct gp_flow_numbers_bucket *numbers = TABLE_FIND(flow_numbers, &index);

	if (!bucket || !numbers)
		return 0;
	way = flow_way(bucket, packet->flow);
	/* Another number: the ports are used again. The same: the SYN-ACK was lost and comes again. */
	if (way >= GP_FLOW_WAYS || (is_synack && numbers->way[way].server_isn != packet->seq)) {
		if (!is_synack && !(settings->flags & GP_ONE_WAY && packet->payload_bytes))
			return 0;
		way = flow_open(bucket, numbers, packet, settings->flow_idle_beats,
				is_synack ? GP_FLOW_SYNACK : GP_FLOW_MIDWAY);
		if (way >= GP_FLOW_WAYS) /* the verifier does not know */
			return 0;
	}
	*ret_followed = (struct followed){&bucket->way[way], &numbers->way[way], GP_FLOW_SLOT(index, way)};
	return 1;
}

#endif
