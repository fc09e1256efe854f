/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends a packet's payload to the user half through the ring, within a budget: a flood of samples costs samples,
 * never packets. What is not sent is tallied by why.
 *
 * Nobody may buy blindness for others with it. What servers say has a budget of its own, which no packet that a server
 * ignores can spend, and of what clients say a source has no more than its share. */
#ifndef GATEPOST_SAMPLE_BPF_H
#define GATEPOST_SAMPLE_BPF_H

#include "bpf/flow.bpf.h"
#include "bpf/limit.bpf.h"

#define SAMPLE_SALT 0x73616d706c657359ULL /* a source's account for samples is not its account for connections */

INLINE int is_within_share(const struct packet *packet, const struct gp_settings *settings, __u64 now_us)
{
	__u64 hash = gp_hash(packet->source ^ SAMPLE_SALT, settings->seed);

	return limit_source(hash, &settings->sample_share, settings->horizon_us, now_us);
}

INLINE int is_within_budget(const struct packet *packet, const struct gp_settings *settings, int direction,
			    __u64 now_us)
{
	__u32 index = direction;
	__u64 *budget = TABLE_FIND(sample_budget, &index);

	if (direction == GP_IN && !is_within_share(packet, settings, now_us))
		return 0;
	return !budget || gcra_take_word(budget, &settings->samples, now_us);
}

INLINE void sample_head(struct gp_sample *sample, const struct packet *packet, const struct gp_flow *flow)
{
	sample->flow = flow->id;
	sample->seq = packet->seq;
	sample->ack = packet->ack;
	sample->packets_in = flow->packets_in;
	sample->packets_out = flow->packets_out;
	sample->client_port = packet->client_port;
	sample->server_port = packet->server_port;
	__builtin_memcpy(sample->client, packet->client, sizeof(sample->client));
	__builtin_memcpy(sample->server, packet->server, sizeof(sample->server));
	sample->payload_bytes = packet->payload_bytes;
	sample->service = packet->service;
	sample->tcp_flags = packet->tcp_flags;
	sample->state = flow->state;
	sample->server_isn = flow->server_isn;
}

/* Bytes of payload copied to the room. */
INLINE __u32 sample_payload(void *ctx, const struct packet *packet, struct gp_sample_room *room, int direction)
{
	__u32 bytes = packet->payload_bytes;
	long error;

	if (packet->frame_bytes <= packet->payload_offset)
		return 0;
	if (bytes > packet->frame_bytes - packet->payload_offset)
		bytes = packet->frame_bytes - packet->payload_offset;
	if (bytes > GP_SAMPLE_BYTES)
		bytes = GP_SAMPLE_BYTES;
	if (!bytes)
		return 0;
	if (direction == GP_IN)
		error = bpf_xdp_load_bytes(ctx, packet->payload_offset, room->payload, bytes);
	else
		error = bpf_skb_load_bytes(ctx, packet->payload_offset, room->payload, bytes);
	return error ? 0 : bytes;
}

/* 1 when it was sent. */
INLINE int sample_send(void *ctx, const struct packet *packet, const struct gp_flow *flow, __u32 slot,
		       const struct gp_settings *settings, int direction)
{
	struct gp_sample_room *room;
	__u32 zero = 0, bytes;

	if (!is_within_budget(packet, settings, direction, clock_us(packet->time_ns))) {
		tally(GP_TALLY_SAMPLES_OVER_BUDGET);
		return 0;
	}
	room = TABLE_FIND(sample_room, &zero);
	if (!room)
		return 0;
	sample_head(&room->sample, packet, flow);
	room->sample.time_ns = clock_exact_ns();
	room->sample.slot = slot;
	room->sample.direction = direction;
	bytes = sample_payload(ctx, packet, room, direction);
	room->sample.captured_bytes = bytes;
	if (RING_OUTPUT(samples, room, sizeof(room->sample) + bytes)) {
		tally(GP_TALLY_SAMPLES_LOST);
		return 0;
	}
	tally(GP_TALLY_SAMPLES);
	return 1;
}

/* What every passing packet of a connection goes through, either way. */
INLINE __u32 follow(void *ctx, const struct packet *packet, const struct gp_settings *settings, int direction)
{
	__u32 slot = 0;
	struct gp_flow *flow = flow_of(packet, settings, direction, &slot);
	int wanted;

	if (!flow)
		return GP_REASON_STRAY;
	wanted = flow_advance(flow, packet, settings, direction);
	if (wanted & FLOW_SAMPLE && sample_send(ctx, packet, flow, slot, settings, direction) && wanted & 0xff)
		flow->flags |= wanted & 0xff;
	return GP_REASON_FLOW;
}

#endif
