/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel half: drops and limits what comes in for a mail service, watches what goes out.
 *
 *	packet -> parse -> allowed? -> banned? -> limit -> verdict -> count
 *	                                            |
 *	                                          follow the flow -> sample
 *
 * It passes whatever it does not understand, never waits, allocates nothing, and keeps working when nobody is there
 * to tell it what to do. */
#include "bpf/ban.bpf.h"
#include "bpf/count.bpf.h"
#include "bpf/cut.bpf.h"
#include "bpf/flow.bpf.h"
#include "bpf/identify.bpf.h"
#include "bpf/limit.bpf.h"
#include "bpf/parse.bpf.h"
#include "bpf/reach.bpf.h"
#include "bpf/sample.bpf.h"
#include "bpf/settings.bpf.h"
#include "bpf/usual.bpf.h"

enum goes_on { /* what is not wanted */
	       GOES_NOWHERE,
	       GOES_SPARED, /* it would have been dropped, but somebody only wants to know */
	       GOES_AS_RESET,
};
struct verdict {
	__u32 reason; /* enum gp_reason */
	__u32 goes_on; /* enum goes_on */
};

/* What a guesser says becomes a reset, or is dropped where it cannot. */
INLINE struct verdict cut(struct xdp_md *ctx, struct packet *packet, __u32 goes_on)
{
	if (goes_on == GOES_NOWHERE && reset_instead(ctx, packet))
		goes_on = GOES_AS_RESET;
	return (struct verdict){GP_REASON_GUESSING, goes_on};
}

/* The verdict on a packet to a protected service. A shadow ban counts what it would have dropped and is otherwise
 * not there: the limits still hold. */
INLINE struct verdict judge(struct xdp_md *ctx, struct packet *packet, const struct gp_settings *settings)
{
	struct verdict verdict = {GP_REASON_FLOW, settings->flags & GP_OBSERVE ? GOES_SPARED : GOES_NOWHERE};
	__u32 ban_reason = GP_REASON_BAN_SOURCE;
	int action = GP_ACTION_NONE, banned;

	if (lists_matter(packet, settings, &banned)) {
		if (is_allowed(packet, settings))
			return (struct verdict){GP_REASON_ALLOWED, 0};
		action = ban_of(packet, settings, &ban_reason);
	}
	banned |= action == GP_ACTION_DROP;
	ban_hunch_form(packet, banned && verdict.goes_on == GOES_NOWHERE);
	if (banned)
		return (struct verdict){ban_reason, verdict.goes_on};
	if (packet->is_fragment && settings->flags & GP_DROP_FRAGMENTS) {
		verdict.reason = GP_REASON_FRAGMENT;
	} else if (is_new(packet)) {
		reach_by_now(packet, settings);
		verdict.reason = limit_syn(packet, settings, action == GP_ACTION_LIMIT);
	} else if (action == GP_ACTION_LIMIT && packet->payload_bytes) {
		reach_by_now(packet, settings);
		if (is_guessing(packet))
			verdict = cut(ctx, packet, verdict.goes_on);
	}
	if (action == GP_ACTION_SHADOW_DROP && !reason_drops(verdict.reason))
		return (struct verdict){ban_reason, GOES_SPARED};
	return verdict;
}

INLINE int passed_by(__u32 reason, __u32 frame_bytes)
{
	count(GP_SERVICE_NONE, reason, frame_bytes, 0);
	return XDP_PASS;
}

/* What stays when neither form of the packet nor its port let it by. */
INLINE int judge_and_follow(struct xdp_md *ctx, struct packet *packet)
{
	const struct gp_settings *settings = settings_active();
	struct verdict verdict;
	__u32 reason;

	if (!settings)
		return XDP_PASS;
	identify(packet, settings);
	if (!is_ban_likely())
		reach(packet, settings, GP_IN);
	verdict = judge(ctx, packet, settings);
	if (reason_drops(verdict.reason) && verdict.goes_on == GOES_NOWHERE) {
		count(packet->service, verdict.reason, packet->frame_bytes, 0);
		return XDP_DROP;
	}
	if (!is_new(packet)) {
		reach_by_now(packet, settings);
		reason = follow(ctx, packet, settings, GP_IN);
		if (verdict.reason == GP_REASON_FLOW)
			verdict.reason = reason;
	}
	count(packet->service, verdict.reason, packet->frame_bytes,
	      verdict.goes_on == GOES_SPARED && reason_drops(verdict.reason));
	return XDP_PASS;
}

SEC("xdp.frags")
int gatepost_in(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct packet packet;
	struct usual usual;
	__u8 service;

	if (usual_find(&usual, data, data_end)) {
		service = service_by_port(bpf_ntohs(usual.ports->to));
		if (service == GP_SERVICE_NONE)
			return passed_by(GP_REASON_NOT_MAIL, usual.frame_bytes);
		packet = (struct packet){};
		usual_read(&usual, &packet);
	} else {
		packet = (struct packet){};
		if (!parse_in(ctx, &packet))
			return passed_by(packet.reason, packet.frame_bytes);
		service = service_by_port(packet.server_port);
	}
	packet.service = service_of(&packet, service);
	if (packet.service == GP_SERVICE_NONE)
		return passed_by(GP_REASON_NOT_MAIL, packet.frame_bytes);
	return judge_and_follow(ctx, &packet);
}

/* Watches and never drops; what other programs on this hook say still counts. */
INLINE int watched(__u32 reason)
{
	note_reason(reason);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int gatepost_out(struct __sk_buff *ctx)
{
	const struct gp_settings *settings = settings_active();
	struct packet packet = {};

	if (!settings || !parse_out(ctx, &packet))
		return watched(packet.reason);
	/* It came in where it goes out: somebody outside says what the server would say. */
	if (ctx->ingress_ifindex && ctx->ingress_ifindex == ctx->ifindex)
		return watched(GP_REASON_STRAY);
	packet.service = service_of(&packet, service_by_port(packet.server_port));
	if (packet.service == GP_SERVICE_NONE)
		return watched(GP_REASON_NOT_MAIL);
	identify(&packet, settings);
	reach(&packet, settings, GP_OUT);
	return watched(follow(ctx, &packet, settings, GP_OUT));
}

SEC("license")
char license_text[] = "Dual BSD/GPL";
