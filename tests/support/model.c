/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/support/model.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ULL
#define LIST_MOST 4096
#define REFUSED_KEPT (2 * GP_SYN_PAIRS) /* of one SYN; others are not counted on to be in its bucket */
#define SECOND_TICKS (1ULL << 20)
#define ACK_WINDOW (1U << 20)

/* An account says when its next would be due (ITU-T I.371); one of a source says as well whether it is real. */
enum kind { NEW, RETRIED, PREFIX, WELCOME, SHARED };
struct account {
	enum kind kind;
	uint64_t key;
	uint64_t due;
	bool is_real;
};

struct flow {
	uint8_t client[16], server[16];
	uint16_t client_port, server_port;
	enum gp_flow_state state;
	uint32_t isn, next;
	bool has_failed, has_logged_in;
};

struct refused {
	uint8_t client[16], server[16];
	uint16_t client_port, server_port;
	uint32_t seq;
	uint8_t pulse[REFUSED_KEPT]; /* the newest first */
	int count;
};

struct service {
	struct account fresh, retried, pressure;
	uint64_t flooded_until;
};

struct listed {
	struct prefix target;
	enum gp_action action; /* NONE: allowed */
	uint32_t until_s;
};

struct model {
	const struct gp_settings *settings;
	const struct server_settings *server;
	uint32_t servers;
	struct account account[LIST_MOST];
	struct flow flow[LIST_MOST];
	struct refused refused[LIST_MOST];
	struct listed listed[64];
	uint32_t accounts, flows, refusals, lists;
	struct service service[GP_SERVICE_MAX];
};

struct model *model_new(const struct gp_settings *settings, const struct server_settings *server, uint32_t servers)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		abort();
	model->settings = settings;
	model->server = server;
	model->servers = servers;
	return model;
}

void model_free(struct model *model)
{
	free(model);
}

void model_forget(struct model *model)
{
	model->accounts = model->flows = model->refusals = 0;
	memset(model->service, 0, sizeof(model->service));
}

/* ---- who is listed ---------------------------------------------------------------------------------------------- */
static void unlist(struct model *model, const struct prefix *target, bool is_allowed)
{
	for (uint32_t i = 0; i < model->lists; i++)
		if (prefix_equal(&model->listed[i].target, target) &&
		    (model->listed[i].action == GP_ACTION_NONE) == is_allowed)
			model->listed[i--] = model->listed[--model->lists];
}

static void list(struct model *model, const struct listed *listed)
{
	unlist(model, &listed->target, listed->action == GP_ACTION_NONE);
	if (model->lists == sizeof(model->listed) / sizeof(*model->listed))
		abort();
	model->listed[model->lists++] = *listed;
}

void model_ban(struct model *model, const struct prefix *target, enum gp_action action, uint32_t until_s)
{
	list(model, &(struct listed){*target, action, until_s});
}

void model_unban(struct model *model, const struct prefix *target)
{
	unlist(model, target, false);
}

void model_allow(struct model *model, const struct prefix *target)
{
	list(model, &(struct listed){*target, GP_ACTION_NONE, 0});
}

void model_disallow(struct model *model, const struct prefix *target)
{
	unlist(model, target, true);
}

static bool is_allowed(const struct model *model, uint64_t source)
{
	const struct prefix one = prefix_of_source(source);

	for (uint32_t i = 0; i < model->lists; i++)
		if (model->listed[i].action == GP_ACTION_NONE && prefix_covers(&model->listed[i].target, &one))
			return true;
	return false;
}

/* Of the bans on the source itself, or of those on its prefixes, the longest one, if it is in force; or NULL. */
static const struct listed *listed_of(const struct model *model, uint64_t source, bool itself, uint64_t now_ns)
{
	const struct prefix one = prefix_of_source(source);
	const struct listed *best = NULL;

	for (uint32_t i = 0; i < model->lists; i++) {
		const struct listed *listed = &model->listed[i];

		if (listed->action == GP_ACTION_NONE || (listed->target.bits == GP_SOURCE_BITS) != itself ||
		    !prefix_covers(&listed->target, &one))
			continue;
		if (!best || listed->target.bits > best->target.bits)
			best = listed;
	}
	return best && now_ns < best->until_s * NS_PER_S ? best : NULL;
}

static enum gp_action ban_of(const struct model *model, uint64_t source, bool itself, uint64_t now_ns)
{
	const struct listed *listed = listed_of(model, source, itself, now_ns);

	return listed ? listed->action : GP_ACTION_NONE;
}

/* The stronger word counts; between equals the source's own. */
static enum gp_action ban_on(const struct model *model, uint64_t source, uint64_t now_ns, enum gp_reason *ret_reason)
{
	const enum gp_action own = ban_of(model, source, true, now_ns);
	const enum gp_action wider = ban_of(model, source, false, now_ns);

	*ret_reason = GP_REASON_BAN_SOURCE;
	if (wider == GP_ACTION_NONE || (own != GP_ACTION_NONE && own <= wider))
		return own;
	*ret_reason = GP_REASON_BAN_PREFIX;
	return wider;
}

/* ---- accounts --------------------------------------------------------------------------------------------------- */
static struct account *account_of(struct model *model, enum kind kind, uint64_t key)
{
	for (uint32_t i = 0; i < model->accounts; i++)
		if (model->account[i].kind == kind && model->account[i].key == key)
			return &model->account[i];
	if (model->accounts == LIST_MOST)
		abort();
	model->account[model->accounts] = (struct account){.kind = kind, .key = key};
	return &model->account[model->accounts++];
}

static uint64_t wait_of(const struct account *account, uint64_t now)
{
	return account->due > now ? account->due - now : 0;
}

static bool may(const struct account *account, const struct gp_rate *rate, uint64_t burst, uint64_t now)
{
	return !rate->interval_ticks || wait_of(account, now) <= burst;
}

static bool take(struct account *account, const struct gp_rate *rate, uint64_t burst, uint64_t now)
{
	if (!may(account, rate, burst, now))
		return false;
	if (rate->interval_ticks)
		account->due = now + wait_of(account, now) + rate->interval_ticks;
	return true;
}

static bool is_real(const struct model *model, const struct account *source, uint64_t now)
{
	return source->is_real && now < source->due + model->settings->proven_ticks;
}

static uint64_t prefix_key_of(const struct model *model, uint64_t source)
{
	const unsigned int bits = source >> 32 == GP_SOURCE_V4 >> 32 ? GP_V4_BITS + model->settings->prefix_v4_bits
								     : model->settings->prefix_v6_bits;

	return bits ? source >> (64 - bits) << (64 - bits) : 0;
}

/* ---- a service and a flood of strangers -------------------------------------------------------------------------- */
static void declare_flooded(const struct model *model, struct service *service, uint64_t now)
{
	const uint64_t until = now + model->settings->flooded_ticks;

	/* Written down once a second at most. */
	if (model->settings->flooded_ticks && until >= service->flooded_until + SECOND_TICKS)
		service->flooded_until = until;
}

static enum gp_reason service_refuses(const struct model *model, struct service *service, uint64_t now)
{
	const struct gp_rate *rate = &model->settings->service;
	const struct gp_rate half = {rate->interval_ticks * 2, SECOND_TICKS};

	if (!rate->interval_ticks)
		return 0;
	if (now < service->flooded_until) {
		if (!take(&service->pressure, &half, half.burst_ticks, now))
			declare_flooded(model, service, now);
		return GP_REASON_LIMIT_FIRST;
	}
	if (may(&service->fresh, rate, rate->burst_ticks, now))
		return 0;
	declare_flooded(model, service, now);
	return GP_REASON_LIMIT_SERVICE;
}

/* ---- a SYN that comes again -------------------------------------------------------------------------------------- */
static bool is_same_syn(const struct refused *refused, const struct sight *sight)
{
	return !memcmp(refused->client, sight->client, 16) && !memcmp(refused->server, sight->server, 16) &&
	       refused->client_port == sight->client_port && refused->server_port == sight->server_port &&
	       refused->seq == sight->seq;
}

static struct refused *refused_of(struct model *model, const struct sight *sight)
{
	struct refused *refused;

	for (uint32_t i = 0; i < model->refusals; i++)
		if (is_same_syn(&model->refused[i], sight))
			return &model->refused[i];
	if (model->refusals == LIST_MOST)
		abort();
	refused = &model->refused[model->refusals++];
	*refused = (struct refused){
		.client_port = sight->client_port, .server_port = sight->server_port, .seq = sight->seq};
	memcpy(refused->client, sight->client, 16);
	memcpy(refused->server, sight->server, 16);
	return refused;
}

/* Pulses since it was refused, on a clock of 256 of them; -1: not lately, and it is now. */
static int refused_before(struct model *model, const struct sight *sight, uint64_t now_ns)
{
	struct refused *refused = refused_of(model, sight);
	const uint8_t now = (uint8_t)GP_PULSES(now_ns);

	for (int i = 0; i < refused->count; i++) {
		const uint8_t age = (uint8_t)(now - refused->pulse[i]);

		if (age <= model->settings->retry_max_pulses)
			return age;
	}
	memmove(refused->pulse + 1, refused->pulse, REFUSED_KEPT - 1);
	refused->pulse[0] = now;
	refused->count += refused->count < REFUSED_KEPT;
	return -1;
}

static bool is_let_in_again(struct model *model, const struct sight *sight, bool real, struct service *service,
			    uint64_t now_ns)
{
	const struct gp_settings *settings = model->settings;
	const int age = refused_before(model, sight, now_ns);
	uint64_t burst = settings->service.burst_ticks;

	if (age < 0 || (uint32_t)age < settings->retry_min_pulses)
		return false;
	if (!take(account_of(model, RETRIED, sight->source), &settings->retry, settings->retry.burst_ticks,
		  GP_TICKS(now_ns)))
		return false;
	if ((uint32_t)age < settings->retry_late_pulses)
		burst /= 2;
	return real || take(&service->retried, &settings->service, burst, GP_TICKS(now_ns));
}

/* ---- a limited prefix -------------------------------------------------------------------------------------------- */
void model_welcome(struct model *model, uint64_t source, uint64_t now_ns)
{
	account_of(model, WELCOME, source)->due = GP_TICKS(now_ns);
	account_of(model, WELCOME, source)->is_real = true;
}

/* The account that the source shares with others of its prefix, or NULL. */
static struct account *shared_of(struct model *model, uint64_t source, uint64_t now_ns)
{
	const struct listed *wider = listed_of(model, source, false, now_ns);

	if (!wider || wider->action != GP_ACTION_LIMIT ||
	    is_real(model, account_of(model, WELCOME, source), GP_TICKS(now_ns)))
		return NULL;
	return account_of(model, SHARED, wider->target.source | 1ULL << (63 - wider->target.bits));
}

static bool shared_admits(struct model *model, const struct sight *sight, struct account *shared, uint64_t now_ns)
{
	const struct gp_rate *rate = &model->settings->judged_prefix;
	const int age = refused_before(model, sight, now_ns);

	return age >= 0 && (uint32_t)age >= model->settings->retry_min_pulses &&
	       take(shared, rate, rate->burst_ticks, GP_TICKS(now_ns));
}

/* ---- a SYN ------------------------------------------------------------------------------------------------------- */
static enum gp_reason first_look(struct model *model, const struct sight *sight, bool judged, bool real,
				 struct service *service, uint64_t now_ns)
{
	const uint64_t now = GP_TICKS(now_ns);
	const struct gp_settings *settings = model->settings;
	const struct gp_rate *rate = judged ? &settings->judged : &settings->source;
	struct account *source, *prefix, *shared;
	enum gp_reason refused = real ? 0 : service_refuses(model, service, now);

	if (refused)
		return refused;
	source = account_of(model, NEW, sight->source);
	shared = judged ? shared_of(model, sight->source, now_ns) : NULL;
	if (shared && !shared_admits(model, sight, shared, now_ns))
		return GP_REASON_LIMIT_SHARED;
	if (!shared && !take(source, rate, rate->burst_ticks, now))
		return judged ? GP_REASON_LIMIT_JUDGED : GP_REASON_LIMIT_SOURCE;
	if (real)
		return GP_REASON_NEW_PROVEN;
	if (!shared && rate->interval_ticks)
		source->is_real = false;
	prefix = account_of(model, PREFIX, prefix_key_of(model, sight->source));
	if (!take(prefix, &settings->prefix, settings->prefix.burst_ticks, now))
		return GP_REASON_LIMIT_PREFIX;
	if (!take(&service->fresh, &settings->service, settings->service.burst_ticks, now))
		return GP_REASON_LIMIT_SERVICE;
	return GP_REASON_NEW_UNPROVEN;
}

static bool drops(enum gp_reason reason)
{
	return reason >= GP_REASON_BAN_SOURCE;
}

static enum gp_reason new_connection(struct model *model, const struct sight *sight, bool judged, uint8_t which,
				     uint64_t now_ns)
{
	const bool real = is_real(model, account_of(model, NEW, sight->source), GP_TICKS(now_ns));
	struct service *service = &model->service[which];
	enum gp_reason reason = first_look(model, sight, judged, real, service, now_ns);

	if (!drops(reason) || judged)
		return reason;
	return is_let_in_again(model, sight, real, service, now_ns) ? GP_REASON_NEW_RETRIED : reason;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */
static struct flow *flow_known(struct model *model, const struct sight *sight)
{
	for (uint32_t i = 0; i < model->flows; i++) {
		struct flow *flow = &model->flow[i];

		if (!memcmp(flow->client, sight->client, 16) && !memcmp(flow->server, sight->server, 16) &&
		    flow->client_port == sight->client_port && flow->server_port == sight->server_port)
			return flow;
	}
	return NULL;
}

static struct flow *flow_begin(struct model *model, struct flow *flow, const struct sight *sight, bool is_synack)
{
	if (!flow && model->flows == LIST_MOST)
		abort();
	if (!flow)
		flow = &model->flow[model->flows++];
	*flow = (struct flow){.client_port = sight->client_port, .server_port = sight->server_port};
	memcpy(flow->client, sight->client, 16);
	memcpy(flow->server, sight->server, 16);
	flow->state = is_synack ? GP_FLOW_SYNACK : GP_FLOW_MIDWAY;
	flow->isn = is_synack ? sight->seq : 0;
	flow->next = flow->isn + 1;
	return flow;
}

void model_outcome(struct model *model, const struct sight *sight, bool success)
{
	struct flow *flow = flow_known(model, sight);

	if (!flow)
		return;
	flow->has_failed |= !success;
	flow->has_logged_in |= success;
}

static bool is_guessing(struct model *model, const struct sight *sight)
{
	const struct flow *flow = flow_known(model, sight);

	return sight->payload_bytes && flow && flow->has_failed && !flow->has_logged_in;
}

/* It shows that it has seen the server's number, and no more than the server has said. */
static bool is_proof(const struct flow *flow, const struct sight *sight)
{
	return flow->state == GP_FLOW_SYNACK && (sight->flags & (GP_ACK | GP_SYN | GP_RST)) == GP_ACK &&
	       sight->ack - flow->isn - 1 <= flow->next - flow->isn - 1;
}

static enum gp_reason go_on(struct model *model, enum gp_direction direction, const struct sight *sight, uint64_t now)
{
	const bool is_synack = direction == GP_OUT && sight->flags & GP_SYN && sight->flags & GP_ACK;
	struct flow *flow = flow_known(model, sight);
	struct account *source;

	if (!flow || (is_synack && flow->isn != sight->seq)) {
		if (!is_synack && !(model->settings->flags & GP_ONE_WAY && sight->payload_bytes))
			return GP_REASON_STRAY;
		flow = flow_begin(model, flow, sight, is_synack);
	}
	if (direction == GP_OUT && sight->payload_bytes &&
	    (int32_t)(sight->seq + sight->payload_bytes - flow->next) > 0)
		flow->next = sight->seq + sight->payload_bytes;
	if (direction == GP_IN && is_proof(flow, sight)) {
		flow->state = GP_FLOW_PROVEN;
		source = account_of(model, NEW, sight->source);
		source->due = source->due > now ? source->due : now;
		source->is_real = true;
	}
	return GP_REASON_FLOW;
}

/* ---- a frame ----------------------------------------------------------------------------------------------------- */
static bool is_within(const struct addr *outer, unsigned int bits, const uint8_t address[16])
{
	for (unsigned int bit = 0; bit < bits; bit++)
		if ((outer->byte[bit / 8] ^ address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* The service of the closest description of a server. */
static uint8_t service_of(const struct model *model, const struct sight *sight)
{
	const struct server_settings *best = NULL;

	for (uint32_t i = 0; i < model->servers; i++) {
		const struct server_settings *server = &model->server[i];

		if (server->port == sight->server_port && is_within(&server->address, server->bits, sight->server) &&
		    (!best || server->bits > best->bits))
			best = server;
	}
	return best ? best->service : GP_SERVICE_NONE;
}

static struct opinion come_in(struct model *model, const struct sight *sight, uint8_t service, uint64_t now_ns)
{
	const uint32_t flags = model->settings->flags;
	const bool is_new = (sight->flags & (GP_SYN | GP_ACK)) == GP_SYN;
	enum gp_reason reason = GP_REASON_FLOW, ban_reason, said;
	enum gp_action action;
	bool spared = flags & GP_OBSERVE;

	if (is_allowed(model, sight->source)) {
		if (!is_new)
			go_on(model, GP_IN, sight, GP_TICKS(now_ns));
		return (struct opinion){false, GP_REASON_ALLOWED};
	}
	action = ban_on(model, sight->source, now_ns, &ban_reason);
	if (action == GP_ACTION_DROP)
		reason = ban_reason;
	else if (sight->is_fragment && flags & GP_DROP_FRAGMENTS)
		reason = GP_REASON_FRAGMENT;
	else if (is_new)
		reason = new_connection(model, sight, action == GP_ACTION_LIMIT, service, now_ns);
	else if (action == GP_ACTION_LIMIT && is_guessing(model, sight))
		reason = GP_REASON_GUESSING;
	if (action == GP_ACTION_SHADOW_DROP && !drops(reason)) {
		reason = ban_reason;
		spared = true;
	}
	if (drops(reason) && !spared)
		return (struct opinion){true, reason};
	said = is_new ? reason : go_on(model, GP_IN, sight, GP_TICKS(now_ns));
	return (struct opinion){false, reason == GP_REASON_FLOW ? said : reason};
}

struct opinion model_frame(struct model *model, enum gp_direction direction, const uint8_t *frame, size_t length,
			   uint64_t now_ns)
{
	const struct sight sight = model_see(direction, frame, length);
	uint8_t service;

	if (!sight.is_tcp)
		return (struct opinion){false, sight.reason};
	service = service_of(model, &sight);
	if (service == GP_SERVICE_NONE)
		return (struct opinion){false, GP_REASON_NOT_MAIL};
	if (direction == GP_IN)
		return come_in(model, &sight, service, now_ns);
	return (struct opinion){false, go_on(model, GP_OUT, &sight, GP_TICKS(now_ns))};
}

/* ---- how far it goes --------------------------------------------------------------------------------------------- */
/* bpf/gatepost.h and bpf/limit.bpf.h */
static const uint64_t salts[] = {
	[RETRIED] = 0x72657472795359ffULL, [WELCOME] = GP_WELCOME_SALT, [SHARED] = 0x7072656669785359ULL};

static uint64_t hash_of(const struct account *account, const uint64_t seed[2])
{
	const __u64 secret[2] = {seed[0], seed[1]};

	return gp_hash(account->key ^ salts[account->kind], secret);
}

static bool collide(const struct account *a, const struct account *b, uint32_t source_buckets, uint32_t prefix_buckets,
		    const uint64_t seed[2])
{
	const uint64_t first = hash_of(a, seed), second = hash_of(b, seed);
	const uint32_t buckets = a->kind == PREFIX ? prefix_buckets : source_buckets;

	return (a->kind == PREFIX) == (b->kind == PREFIX) && GP_TAG(first) == GP_TAG(second) &&
	       gp_bucket(first, buckets) == gp_bucket(second, buckets);
}

bool model_is_bound(const struct model *model, uint32_t source_buckets, uint32_t prefix_buckets, const uint64_t seed[2])
{
	for (uint32_t i = 0; i < model->accounts; i++)
		for (uint32_t j = 0; j < i; j++)
			if (collide(&model->account[i], &model->account[j], source_buckets, prefix_buckets, seed))
				return false;
	return true;
}
