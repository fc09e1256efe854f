/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends a packet's payload to the user half through the ring, in pieces if it is large, within a budget: a flood of
 * samples costs samples, never packets. What is not sent is tallied by why. Does not look at the payload: what is in
 * it, and in which order it belongs, is the readers' to find out.
 *
 * Nobody may buy blindness for others with it. What servers say has a budget of its own, which no packet that a server
 * ignores can spend, and of either budget a source has no more than its share. */
#ifndef GATEPOST_SAMPLE_BPF_H
#define GATEPOST_SAMPLE_BPF_H

#include "bpf/flow.bpf.h"
#include "bpf/limit.bpf.h"

#define SAMPLE_SALT 0x73616d706c657359ULL /* a source's account for samples is not its account for connections */

/* The rate of which one piece is as much as `pieces` of the given one: the same horizon (GCRA). 0: no burst has as
 * many. */
INLINE int rate_times(const struct gp_rate *rate, __u32 pieces, struct gp_rate *ret_rate)
{
	__u64 more = (__u64)rate->interval_ticks * (pieces - 1);

	if (more > rate->burst_ticks || more + rate->interval_ticks > ~0U)
		return 0;
	ret_rate->interval_ticks = rate->interval_ticks + more;
	ret_rate->burst_ticks = rate->burst_ticks - more;
	return 1;
}

/* A source is who connects, whichever way the packet goes: who makes a server talk spends his share of its words. */
INLINE int is_within_share(const struct packet *packet, const struct gp_settings *settings, int direction,
			   const struct gp_rate *share)
{
	return limit_account(gp_hash(packet->source ^ SAMPLE_SALT ^ (__u64)direction << 63, settings->seed), share,
			     settings, GP_TICKS(packet->time_ns) & GP_TIME_MASK);
}

SUBPROGRAM int is_within_budget(const struct packet *packet, const struct gp_settings *settings, int direction,
				__u32 pieces)
{
	struct gp_rate share = {}, all = {};
	__u32 index = direction;
	__u64 *budget = TABLE_FIND(sample_budget, &index);

	if (!packet || !settings || !budget || !settings->samples.interval_ticks)
		return 1;
	if (!rate_times(&settings->sample_share, pieces, &share) || !rate_times(&settings->samples, pieces, &all))
		return 0;
	return is_within_share(packet, settings, direction, &share) &&
	       gcra_take(budget, &all, all.burst_ticks, GP_TICKS(packet->time_ns) & GP_TIME_MASK);
}

INLINE __u32 server_isn_at(__u32 slot)
{
	__u32 index = GP_FLOW_SLOT_BUCKET(slot), way = GP_FLOW_SLOT_WAY(slot);
	const struct gp_flow_numbers_bucket *numbers = TABLE_FIND(flow_numbers, &index);

	return numbers && way < GP_FLOW_WAYS ? numbers->way[way].server_isn : 0;
}

/* What the pieces have in common. */
INLINE void sample_head(struct gp_sample *sample, const struct packet *packet, const struct gp_flow *flow, __u32 slot,
			int direction)
{
	sample->time_ns = clock_exact_ns();
	sample->flow = packet->flow; /* its place may be another's by now */
	sample->slot = slot;
	sample->ack = packet->ack;
	sample->packets_in = flow->packets_in;
	sample->packets_out = flow->packets_out;
	sample->client_port = packet->client_port;
	sample->server_port = packet->server_port;
	__builtin_memcpy(sample->client, packet->client, sizeof(sample->client));
	__builtin_memcpy(sample->server, packet->server, sizeof(sample->server));
	sample->direction = direction;
	sample->service = packet->service;
	sample->state = flow->state;
	sample->server_isn = server_isn_at(slot);
}

/* Bytes of payload that the frame holds, from `at` on. */
INLINE __u32 bytes_here(const struct packet *packet, __u32 at)
{
	__u32 here = packet->frame_bytes > packet->payload_offset ? packet->frame_bytes - packet->payload_offset : 0;

	if (here > packet->payload_bytes)
		here = packet->payload_bytes;
	return here > at ? here - at : 0;
}

/* FIN and RST end a flow once all is said: they go with the last piece. */
INLINE void piece_head(struct gp_sample *sample, const struct packet *packet, __u32 at, int is_last)
{
	__u32 rest = packet->payload_bytes - at;
	__u32 behind = is_last ? 0 : rest - GP_SAMPLE_BYTES;

	sample->seq = packet->seq + at;
	sample->payload_bytes = rest - behind;
	sample->behind_bytes = behind < 0xffff ? behind : 0xffff;
	sample->tcp_flags = is_last ? packet->tcp_flags : packet->tcp_flags & ~(GP_FIN | GP_RST | GP_PSH);
}

INLINE int piece_send(void *ctx, const struct packet *packet, struct gp_sample_room *room, __u32 at, int is_last,
		      int direction)
{
	__u32 bytes = bytes_here(packet, at);
	__u64 last; /* a length of 0 is refused, and Linux 6.1 learns nothing from "bytes != 0" */
	long error = 0;

	if (bytes > GP_SAMPLE_BYTES)
		bytes = GP_SAMPLE_BYTES;
	last = (__u64)bytes - 1;
	OPAQUE(last);
	if (last < GP_SAMPLE_BYTES && direction == GP_IN)
		error = bpf_xdp_load_bytes(ctx, packet->payload_offset + at, room->payload, (__u32)last + 1);
	else if (last < GP_SAMPLE_BYTES)
		error = bpf_skb_load_bytes(ctx, packet->payload_offset + at, room->payload, (__u32)last + 1);
	if (error)
		bytes = 0;
	piece_head(&room->sample, packet, at, is_last);
	room->sample.captured_bytes = bytes;
	if (RING_OUTPUT(samples, room, sizeof(room->sample) + bytes)) {
		tally(GP_TALLY_SAMPLES_LOST);
		return 0;
	}
	tally(GP_TALLY_SAMPLES);
	return 1;
}

/* Verified once, not once for each piece. */
SUBPROGRAM int piece_in(struct xdp_md *ctx, const struct packet *packet, struct gp_sample_room *room, __u32 at,
			int is_last)
{
	return packet && room ? piece_send(ctx, packet, room, at, is_last, GP_IN) : 0;
}

SUBPROGRAM int piece_out(struct __sk_buff *ctx, const struct packet *packet, struct gp_sample_room *room, __u32 at,
			 int is_last)
{
	return packet && room ? piece_send(ctx, packet, room, at, is_last, GP_OUT) : 0;
}

INLINE __u32 pieces_of(const struct packet *packet)
{
	__u32 pieces = (bytes_here(packet, 0) + GP_SAMPLE_BYTES - 1) / GP_SAMPLE_BYTES;

	return !pieces ? 1 : pieces < GP_SAMPLE_PIECES ? pieces : GP_SAMPLE_PIECES;
}

/* All pieces that the budget has, or the first: a server's large words must not be the first to go under a flood of
 * small ones. 0: not even that. */
INLINE __u32 pieces_within_budget(const struct packet *packet, const struct gp_settings *settings, int direction)
{
	__u32 pieces = pieces_of(packet);

	if (is_within_budget(packet, settings, direction, pieces))
		return pieces;
	tally(GP_TALLY_SAMPLES_OVER_BUDGET);
	return pieces > 1 && is_within_budget(packet, settings, direction, 1);
}

/* 1 when the packet's end was sent. */
INLINE int sample_send(void *ctx, const struct packet *packet, const struct gp_flow *flow, __u32 slot,
		       const struct gp_settings *settings, int direction)
{
	__u32 pieces = pieces_within_budget(packet, settings, direction), zero = 0;
	struct gp_sample_room *room = TABLE_FIND(sample_room, &zero);
	int sent = 0;

	if (!room || !pieces)
		return 0;
	OPAQUE(pieces); /* else clang 19 counts to it only, and Linux 6.1 does not see an end */
	sample_head(&room->sample, packet, flow, slot, direction);
	for (__u32 i = 0; i < GP_SAMPLE_PIECES && i < pieces; i++) {
		if (direction == GP_IN)
			sent = piece_in(ctx, packet, room, i * GP_SAMPLE_BYTES, i + 1 == pieces);
		else
			sent = piece_out(ctx, packet, room, i * GP_SAMPLE_BYTES, i + 1 == pieces);
		if (!sent)
			break;
	}
	return sent;
}

/* Few packets are sampled, and what it takes on the stack is not theirs alone. */
SUBPROGRAM int sample_in(struct xdp_md *ctx, const struct packet *packet, const struct gp_flow *flow, __u32 slot,
			 const struct gp_settings *settings)
{
	return packet && flow && settings ? sample_send(ctx, packet, flow, slot, settings, GP_IN) : 0;
}

SUBPROGRAM int sample_out(struct __sk_buff *ctx, const struct packet *packet, const struct gp_flow *flow, __u32 slot,
			  const struct gp_settings *settings)
{
	return packet && flow && settings ? sample_send(ctx, packet, flow, slot, settings, GP_OUT) : 0;
}

/* What every passing packet of a connection goes through, either way. */
INLINE __u32 follow(void *ctx, struct packet *packet, const struct gp_settings *settings, int direction)
{
	struct followed followed = {};
	int wanted, sent = 0;

	if (!flow_of(packet, settings, direction, &followed))
		return GP_REASON_STRAY;
	wanted = flow_advance(&followed, packet, settings, direction);
	if (wanted & FLOW_SAMPLE)
		sent = direction == GP_IN ? sample_in(ctx, packet, followed.flow, followed.slot, settings)
					  : sample_out(ctx, packet, followed.flow, followed.slot, settings);
	if (wanted & 0xff)
		followed.flow->flags |= sent ? wanted & 0xff : flow_untold(wanted);
	return GP_REASON_FLOW;
}

#endif
