/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/core/fitness.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct judging {
	const struct interface_facts *facts;
	finding_fn found;
	void *context;
};

static void say(const struct judging *judging, enum finding finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(const struct judging *judging, enum finding finding, const char *format, ...)
{
	char text[384];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	judging->found(judging->context, finding, text);
}

/* Drivers with native XDP in Linux 5.18 or before: what is to be expected where the kernel cannot be asked (< 6.3).
 * kernel: git grep -l ndo_bpf drivers/net */
static bool is_known_for_xdp(const char *driver)
{
	static const char *const known[] = {
		"veth",     "tun",     "virtio_net", "mlx5_core", "mlx4_en", "i40e",         "ice",
		"ixgbe",    "ixgbevf", "igb",        "igc",       "bnxt_en", "ena",          "nfp",
		"sfc",      "qede",    "mvneta",     "mvpp2",     "cpsw",    "stmmac",       "dpaa2-eth",
		"dpaa_eth", "enetc",   "hv_netvsc",  "bonding",   "nicvf",   "xen-netfront", "lan966x",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], driver))
			return true;
	return false;
}

/* The largest MTU that one page holds beside what XDP needs around a packet, by driver; measured or read in its source.
 * Drivers that are not named leave some 3500 bytes. */
static uint32_t mtu_in_one_page(const char *driver)
{
	static const struct {
		const char *driver;
		uint32_t mtu;
	} rows[] = {{"igc", 1500}, {"tun", 1500}, {"gve", 2032}, {"i40e", 3046}, {"ice", 3046}, {"ixgbe", 3050}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].driver, driver))
			return rows[i].mtu;
	return 3498;
}

/* ---- who is there ------------------------------------------------------------------------------------------------ */
const char *occupant_text(const struct occupant *occupant, char *buffer, unsigned long size)
{
	snprintf(buffer, size, "'%s' (id %u, %s)", occupant->name[0] ? occupant->name : "?", occupant->id,
		 occupant->generic ? "generic" : "native");
	return buffer;
}

const char *occupant_remedy(const struct occupant *occupant, const char *interface, char *buffer, unsigned long size)
{
	if (!strcmp(occupant->name, "xdp_dispatcher"))
		snprintf(buffer, size,
			 "it is libxdp's: 'xdp-loader status' lists what it runs, 'xdp-loader unload -a %s' "
			 "takes all of that off",
			 interface);
	else if (occupant->link)
		snprintf(buffer, size, "stop what attached it, or 'bpftool link detach id %u'", occupant->link);
	else
		snprintf(buffer, size, "stop what attached it, or 'ip link set dev %s %s off'", interface,
			 occupant->generic ? "xdpgeneric" : "xdpdrv");
	return buffer;
}

static void judge_occupant(const struct judging *judging)
{
	const struct occupant *occupant = &judging->facts->occupant;
	char text[64], remedy[192];

	if (!occupant->id)
		return;
	if (occupant->ours)
		say(judging, FINDING_NOTE, "gatepost is attached already (program id %u, %s); a start takes it over",
		    occupant->id, occupant->generic ? "generic" : "native");
	else
		say(judging, FINDING_BAD, "ANOTHER XDP PROGRAM, %s, is attached; one interface takes one: %s",
		    occupant_text(occupant, text, sizeof(text)),
		    occupant_remedy(occupant, judging->facts->name, remedy, sizeof(remedy)));
}

/* ---- the driver -------------------------------------------------------------------------------------------------- */
static const char *driver_of(const struct interface_facts *facts)
{
	return facts->driver[0] ? facts->driver : "its driver";
}

static void judge_untold(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;

	say(judging, FINDING_NOTE,
	    "this kernel cannot be asked whether %s has native XDP (6.3 and later can); %s. '--try' attaches a program that "
	    "passes everything and takes it off again, which makes some cards (mlx5, i40e) start their queues anew",
	    driver_of(facts), is_known_for_xdp(facts->driver) ? "it is known to" : "it is not known to");
}

static void judge_driver(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;

	if (facts->attach == ATTACH_GENERIC)
		say(judging, FINDING_NOTE,
		    "generic XDP is asked for: works with every driver, several times slower; %s",
		    facts->native == TOLD_YES ? "this driver has native XDP, 'attach = native' would use it"
					      : "only as a last resort");
	else if (facts->native == TOLD_YES)
		say(judging, FINDING_GOOD, "%s has native XDP%s", driver_of(facts),
		    facts->frags == TOLD_YES ? ", of packets in several buffers (frags), too" : "");
	else if (facts->native == TOLD_NO)
		say(judging, FINDING_BAD,
		    "NO NATIVE XDP in %s: attach to the device beneath it if there is one (a VLAN's or a bridge's), or accept "
		    "a slower path with 'attach = generic'",
		    driver_of(facts));
	else
		judge_untold(judging);
}

/* Generic XDP makes any packet linear, whatever its size. */
static void judge_mtu(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;
	uint32_t most = mtu_in_one_page(facts->driver);

	if (facts->attach == ATTACH_GENERIC || facts->native == TOLD_NO || facts->mtu <= most)
		return;
	if (facts->frags == TOLD_NO)
		say(judging, FINDING_BAD,
		    "MTU %u IS TOO LARGE for native XDP: %s takes no packets in several buffers, which leaves about %u bytes; "
		    "'ip link set dev %s mtu 1500'",
		    facts->mtu, driver_of(facts), most, facts->name);
	else if (facts->frags == UNTOLD)
		say(judging, FINDING_NOTE,
		    "MTU %u may be too large for native XDP: without support of packets in several buffers %s takes about %u",
		    facts->mtu, driver_of(facts), most);
}

/* These set a queue aside for sending from XDP beside each one in use, whether the program sends or not. */
static bool needs_spare_queues(const char *driver)
{
	return !strcmp(driver, "ena") || !strcmp(driver, "gve");
}

static void judge_queues(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;

	if (facts->attach == ATTACH_GENERIC || !needs_spare_queues(facts->driver) || !facts->queues_max ||
	    facts->queues <= facts->queues_max / 2)
		return;
	say(judging, FINDING_BAD,
	    "TOO MANY QUEUES: for native XDP %s may use at most half of its %u; 'ethtool -L %s combined %u'",
	    facts->driver, facts->queues_max, facts->name, facts->queues_max / 2);
}

static void judge_offloads(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;

	if (facts->lro)
		say(judging, FINDING_BAD,
		    "LRO is on: packets would come merged and native XDP is refused by most drivers; 'ethtool -K %s lro off'",
		    facts->name);
	if (facts->gro_hw)
		say(judging, FINDING_NOTE,
		    "the card merges packets (rx-gro-hw): some drivers refuse XDP with it; 'ethtool -K %s rx-gro-hw off'",
		    facts->name);
	if (facts->rx_vlan)
		say(judging, FINDING_NOTE,
		    "the card takes VLAN tags off (rxvlan): packets are judged all the same, their tags are not seen; "
		    "'ethtool -K %s rxvlan off' would show them",
		    facts->name);
}

static void judge_state(const struct judging *judging)
{
	const struct interface_facts *facts = judging->facts;
	char queues[32] = "";

	if (facts->queues)
		snprintf(queues, sizeof(queues), ", %u queue%s", facts->queues, facts->queues > 1 ? "s" : "");
	say(judging, facts->is_up ? FINDING_GOOD : FINDING_NOTE, "driver %s, %s, MTU %u%s",
	    facts->driver[0] ? facts->driver : "unknown", facts->is_up ? "up" : "down", facts->mtu, queues);
}

void fitness_judge(const struct interface_facts *facts, finding_fn found, void *context)
{
	const struct judging judging = {facts, found, context};

	judge_state(&judging);
	judge_driver(&judging);
	judge_mtu(&judging);
	judge_queues(&judging);
	judge_offloads(&judging);
	judge_occupant(&judging);
}
