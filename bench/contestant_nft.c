/* SPDX-License-Identifier: BSD-2-Clause */
/* nftables at the netdev ingress hook, the earliest that it has, with as few rules as do the work: no match of ports
 * or flags stands before the limit, as a real ruleset would have. What the limit lets through is dropped by the next
 * rule, so that no packet goes on into the stack and burdens the figure. */
#include "bench/contestant.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/flood.h"
#include "bench/wire.h"

struct nft {
	unsigned wire;
	uint64_t over, rest; /* so far */
};

static int nft_close(FILE *nft)
{
	int status = pclose(nft);

	wire_leave_edge();
	return status ? -EIO : 0;
}

/* The pipe's other end runs in the edge's namespace, and so do we until nft_close(). */
static FILE *nft_open(const char *command, const char *mode)
{
	FILE *nft = NULL;

	if (!wire_enter_edge()) {
		nft = popen(command, mode);
		if (!nft)
			wire_leave_edge();
	}
	return nft;
}

/* The interface, or the two of them where two CPUs flood. */
static const char *devices_of(const struct scene *scene, unsigned wire, char buffer[40])
{
	if (scene->cpus == 2)
		snprintf(buffer, 40, "devices = { wan%u, wan%u }", wire, wire + FLOOD_SECOND);
	else
		snprintf(buffer, 40, "device \"wan%u\"", wire);
	return buffer;
}

static void write_table(FILE *nft, const struct scene *scene, unsigned wire, const char *set, const char *rule)
{
	char devices[40];

	fprintf(nft,
		"table netdev bench%u {\n"
		"\tcounter over { }\n"
		"\tcounter rest { }\n"
		"\tset sources {\n%s\t}\n"
		"\tchain ingress {\n"
		"\t\ttype filter hook ingress %s priority -500; policy accept;\n"
		"\t\t%s counter name over drop\n"
		"\t\tcounter name rest drop\n"
		"\t}\n"
		"}\n",
		wire, set, devices_of(scene, wire, devices), rule);
}

int nft_drop_add(unsigned wire)
{
	FILE *nft = nft_open("nft -f -", "w");

	if (!nft)
		return -errno;
	fprintf(nft,
		"table netdev bench%u {\n"
		"\tchain ingress {\n"
		"\t\ttype filter hook ingress device \"wan%u\" priority -500; policy drop;\n"
		"\t}\n"
		"}\n",
		wire, wire);
	return nft_close(nft);
}

void nft_table_remove(unsigned wire)
{
	char command[64];
	FILE *nft;

	snprintf(command, sizeof(command), "nft delete table netdev bench%u", wire);
	nft = nft_open(command, "w");
	if (nft)
		nft_close(nft);
}

/* The meter's word for a source: the address, or its /64. */
static const char *key_of(const struct scene *scene)
{
	return scene->traffic.family == AF_INET ? "ip saddr" : "ip6 saddr and ffff:ffff:ffff:ffff::";
}

static const char *type_of(const struct scene *scene)
{
	return scene->traffic.family == AF_INET ? "ipv4_addr" : "ipv6_addr";
}

static void write_meter(FILE *nft, const struct scene *scene, unsigned wire)
{
	char set[128], rule[192];

	snprintf(set, sizeof(set), "\t\ttype %s\n\t\tsize %u\n\t\tflags dynamic,timeout\n\t\ttimeout %us\n",
		 type_of(scene), scene->table, scene->timeout_s);
	snprintf(rule, sizeof(rule), "add @sources { %s limit rate over %u/second burst %u packets }", key_of(scene),
		 scene->limit.per_second, scene->limit.burst);
	write_table(nft, scene, wire, set, rule);
}

static void write_set(FILE *nft, const struct scene *scene, unsigned wire)
{
	char set[64], address[INET_ADDRSTRLEN];

	snprintf(set, sizeof(set), "\t\ttype ipv4_addr\n\t\tsize %u\n", scene->bans);
	write_table(nft, scene, wire, set, "ip saddr @sources");
	for (uint32_t i = 0; i < scene->bans; i++) {
		uint32_t word = htonl(flood_source(i));

		if (i % 4096 == 0)
			fprintf(nft, "%sadd element netdev bench%u sources { ", i ? " }\n" : "", wire);
		fprintf(nft, "%s%s", i % 4096 ? ", " : "", inet_ntop(AF_INET, &word, address, sizeof(address)));
	}
	fprintf(nft, " }\n");
}

static int nft_start(const struct scene *scene, unsigned wire, void **ret_state,
		     void (*write)(FILE *nft, const struct scene *scene, unsigned wire))
{
	struct nft *state = calloc(1, sizeof(*state));
	FILE *nft;
	int result;

	if (!state)
		return -ENOMEM;
	nft = nft_open("nft -f -", "w");
	if (!nft) {
		free(state);
		return -errno;
	}
	write(nft, scene, wire);
	result = nft_close(nft);
	state->wire = wire;
	if (result)
		free(state);
	else
		*ret_state = state;
	return result;
}

static int nft_meter_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	(void)self;
	return nft_start(scene, wire, ret_state, write_meter);
}

static int nft_set_start(const struct contestant *self, const struct scene *scene, unsigned wire, void **ret_state)
{
	(void)self;
	return nft_start(scene, wire, ret_state, write_set);
}

static void nft_stop(void *state)
{
	nft_table_remove(((struct nft *)state)->wire);
	free(state);
}

/* Reset, not list: to list a counter, nft 1.0 first reads every element of every set of the table, for seconds. */
static int nft_counters(struct nft *of)
{
	uint64_t count[2] = {0, 0};
	unsigned found = 0;
	char line[160];
	FILE *nft;

	snprintf(line, sizeof(line), "nft reset counters table netdev bench%u", of->wire);
	nft = nft_open(line, "r");
	if (!nft)
		return -errno;
	while (fgets(line, sizeof(line), nft))
		if (found < 2 && sscanf(line, " packets %" SCNu64, &count[found]) == 1)
			found++;
	if (nft_close(nft) || found != 2)
		return -EIO;
	of->over += count[0];
	of->rest += count[1];
	return 0;
}

static int nft_verdicts(void *state, uint64_t *ret_packets)
{
	struct nft *of = state;
	int result = nft_counters(of);

	if (!result)
		*ret_packets = of->over + of->rest;
	return result;
}

static void nft_describe(void *state, char *text, size_t bytes)
{
	const struct nft *of = state;
	uint64_t all = of->over + of->rest;

	snprintf(text, bytes, "%.0f %% dropped by the set, %.0f %% by the next rule", all ? 100.0 * of->over / all : 0,
		 all ? 100.0 * of->rest / all : 0);
}

const struct contestant nft_meter = {
	.name = "nft_meter",
	.start = nft_meter_start,
	.stop = nft_stop,
	.verdicts = nft_verdicts,
	.describe = nft_describe,
};

const struct contestant nft_set = {
	.name = "nft_set",
	.start = nft_set_start,
	.stop = nft_stop,
	.verdicts = nft_verdicts,
	.describe = nft_describe,
};
