/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/plays.h"

#include <sys/socket.h>

#define IMAP 143
#define SMTP 25
#define SIXTY_FOUR_K 0xffffu
#define ONE_M 0xfffffu
#define FOUR_M 0x3fffffu
#define EVERYWHERE 0xffffffffu

/* What gatepost ships with. Tables of others have room for every source or, where there are more, for all that they
 * meet in their seconds: a full set would limit nobody, only faster. */
#define LIMIT(sources_, seconds_)                                                                                      \
	.limit = {.per_second = 50, .burst = 500}, .table = (sources_), .timeout_s = (seconds_)

#define SYNS(family_, mask_)                                                                                           \
	.traffic = {.family = (family_), .source_mask = (mask_), .server_port = IMAP, .tcp_flags = GP_SYN}

/* Points of the curves of cost against numbers (bench/growth.gp). */
#define GROWTH_BANS(name_, words_, mask_)                                                                              \
	{                                                                                                              \
		.scene = {name_, "SYNs from " words_ " banned sources", SYNS(AF_INET, mask_), .bans = (mask_) + 1},    \
		.cast = {                                                                                              \
			&drop_only,                                                                                    \
			&hash_lookup,                                                                                  \
			&gatepost_banned                                                                               \
		}                                                                                                      \
	}
#define GROWTH_SOURCES(name_, words_, mask_)                                                                           \
	{                                                                                                              \
		.scene = {name_, "SYNs from " words_ " sources", SYNS(AF_INET, mask_), LIMIT((mask_) + 1, 60)},        \
		.cast = {                                                                                              \
			&drop_only,                                                                                    \
			&lru_bucket,                                                                                   \
			&gatepost_default,                                                                             \
			&gatepost_every_stage                                                                          \
		}                                                                                                      \
	}

const struct play plays[] = {
	{.scene = {"not_mail", "port 25, from 1 M sources",
		   .traffic = {.family = AF_INET, .source_mask = ONE_M, .server_port = SMTP, .tcp_flags = GP_ACK}},
	 .cast = {&pass_only, &gatepost_default},
	 .bar = {{"not_mail", &gatepost_default, &pass_only, FIGURE_NS_MORE, 15}}},
	{.scene = {"established_1m", "data of 1 M connections that have logged in",
		   .traffic = {.family = AF_INET,
			       .source_mask = ONE_M,
			       .server_port = IMAP,
			       .tcp_flags = GP_ACK | GP_PSH,
			       .connected = true},
		   .line_mib = {26}},
	 .cast = {&drop_only, &lines_only, &hash_lookup, &gatepost_established},
	 .bar = {{"established_1m", &gatepost_established, &hash_lookup, FIGURE_NS, 0.5}}},
	{.scene = {"ban_64k", "SYNs from 64 k banned sources", SYNS(AF_INET, SIXTY_FOUR_K), .bans = SIXTY_FOUR_K + 1,
		   .line_mib = {4}},
	 .cast = {&drop_only, &lines_only, &hash_lookup, &xdp_filter, &nft_set, &gatepost_banned},
	 .bar = {{"flood_banned_vs_drop_only", &gatepost_banned, &drop_only, FIGURE_MPPS, 0.65}}},
	{.scene = {"ban_1m", "SYNs from 1 M banned sources", SYNS(AF_INET, ONE_M), .bans = ONE_M + 1, .line_mib = {4}},
	 .cast = {&drop_only, &lines_only, &hash_lookup, &nft_set, &gatepost_banned},
	 .bar = {{"ban_drop_1m", &gatepost_banned, &hash_lookup, FIGURE_NS, 0.4}}},
	{.scene = {"syn_64k", "SYNs from 64 k sources", SYNS(AF_INET, SIXTY_FOUR_K), LIMIT(1 << 16, 60)},
	 .cast = {&drop_only, &hash_lookup, &lru_bucket, &nft_meter, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"syn_1m", "SYNs from 1 M sources", SYNS(AF_INET, ONE_M), LIMIT(1 << 20, 60)},
	 .cast = {&drop_only, &hash_lookup, &lru_bucket, &nft_meter, &hashlimit, &gatepost_default,
		  &gatepost_every_stage},
	 .bar = {{"syn_limit_1m", &gatepost_every_stage, &hash_lookup, FIGURE_NS, 0.7},
		 {"flood_unknown_vs_drop_only", &gatepost_every_stage, &drop_only, FIGURE_MPPS, 0.45},
		 {"flood_unknown_vs_nft_meter", &gatepost_every_stage, &nft_meter, FIGURE_MPPS, 3.5}}},
	{.scene = {"syn_1m_floor", "the same, beside who only reads such lines, or keeps something in them",
		   SYNS(AF_INET, ONE_M), LIMIT(1 << 20, 60), .line_mib = {13, 32}},
	 .cast = {&drop_only, &lines_only, &lines_kept, &lines_kept_350, &lines_kept_700, &nft_meter,
		  &gatepost_every_stage}},
	{.scene = {"syn_1m_banned_1m", "the same, 1 M others and 10 k prefixes banned", SYNS(AF_INET, ONE_M),
		   LIMIT(1 << 20, 60), .bans_elsewhere = 1 << 20, .prefixes = 10000},
	 .cast = {&drop_only, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"syn_1m_ipv6", "SYNs from 1 M /64s", SYNS(AF_INET6, ONE_M), LIMIT(1 << 20, 60)},
	 .cast = {&drop_only, &nft_meter, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"syn_4m", "SYNs from 4 M sources", SYNS(AF_INET, FOUR_M), LIMIT(1 << 22, 60)},
	 .cast = {&drop_only, &lru_bucket, &nft_meter, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"syn_all", "SYNs from all addresses", SYNS(AF_INET, EVERYWHERE), LIMIT(1 << 22, 10)},
	 .cast = {&drop_only, &nft_meter, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"syn_1m_2cpus", "SYNs from 1 M sources, two CPUs", SYNS(AF_INET, ONE_M), LIMIT(1 << 20, 60),
		   .cpus = 2},
	 .cast = {&drop_only, &nft_meter, &gatepost_default, &gatepost_every_stage}},
	{.scene = {"ban_1m_2cpus", "SYNs from 1 M banned sources, two CPUs", SYNS(AF_INET, ONE_M), .bans = ONE_M + 1,
		   .cpus = 2},
	 .cast = {&drop_only, &nft_set, &gatepost_banned}},
	GROWTH_BANS("ban_1k", "1 k", 0x3ff),
	GROWTH_BANS("ban_16k", "16 k", 0x3fff),
	GROWTH_BANS("ban_256k", "256 k", 0x3ffff),
	GROWTH_BANS("ban_4m", "4 M", FOUR_M),
	GROWTH_SOURCES("syn_1k", "1 k", 0x3ff),
	GROWTH_SOURCES("syn_16k", "16 k", 0x3fff),
	GROWTH_SOURCES("syn_256k", "256 k", 0x3ffff),
	{.scene = {0}},
};
