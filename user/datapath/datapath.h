/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half seen from user space: load, attach, pin, settings, tables, counters, samples. Also runs single
 * frames through the same program in virtual time. The datapath_kernel files are the only ones that know libbpf.
 *
 * Two engines run the one program: the kernel (BPF, BPF_PROG_TEST_RUN) and this process (`native`: the same source
 * compiled in; for role tap and for machines where the kernel is not ours). Everything here works on both but
 * attaching. */
#ifndef GATEPOST_DATAPATH_H
#define GATEPOST_DATAPATH_H

#include "user/ban/ban_table.h"
#include "user/core/fault.h"
#include "user/core/settings.h"

struct datapath;

struct datapath_options {
	uint32_t bans_max, sources_max, flows_max, syns_max; /* rounded up to what the tables can hold */
	uint32_t ring_bytes; /* a power of two, at least a page */
	const char *pin_dir; /* NULL: nothing is pinned, nothing taken over */
	bool virtual_time; /* the clock is what datapath_run is given */
	bool native; /* no kernel, no privileges: run in this process; implies virtual_time, excludes pin_dir */
	uint64_t seed[2]; /* used when no pinned tables are taken over */
};

/* Load the object and make or take over the tables. *ret_taken_over says which. Mounts bpffs at the pin_dir's
 * root if need be. On -errno, `fault` has the words, the verifier's last lines included. */
int datapath_new(struct datapath **ret_datapath, const struct datapath_options *options, bool *ret_taken_over,
		 struct fault *fault);
void datapath_free(struct datapath *datapath); /* what is pinned and attached stays */

/* One table, as large as it can get. */
struct table_memory {
	char name[16];
	uint32_t entries; /* 0: a ring of bytes */
	uint64_t bytes;
};
#define DATAPATH_TABLES_MAX 32
/* The kernel's memory that the options will take, table by table; nothing is loaded for it. How many, or -errno. */
int datapath_tables(const struct datapath_options *options, struct table_memory ret[DATAPATH_TABLES_MAX]);
uint64_t datapath_memory_bytes(const struct datapath_options *options); /* all of them; UINT64_MAX: cannot be told */

/* XDP at ingress and clsact at egress of the interface; an already pinned link is updated in place. New tables are
 * pinned with the first interface, so that who fails before that leaves everything as it was. Native only, unless
 * `attach` says generic. -EBUSY: another XDP program is there; faults explain what to do. */
int datapath_attach(struct datapath *datapath, const char *interface, enum attach attach, struct fault *fault);
/* Is an interface guarded from this pin_dir, by whichever gatepost? */
bool datapath_guards(const char *pin_dir);
/* Take everything of this pin_dir off the interfaces and out of bpffs. */
int datapath_detach(const char *pin_dir, struct fault *fault);

struct attachment {
	char interface[16];
	bool generic;
	bool attached; /* the link still points to the interface */
};
int datapath_attachments(const struct datapath *datapath, struct attachment *ret, int most); /* how many */

/* A consistent switch: the datapath sees the old settings or the new ones. The flags that mirror the tries, the
 * horizon and the seed are kept by the datapath itself. */
int datapath_settings(struct datapath *datapath, const struct gp_settings *settings);
int datapath_servers(struct datapath *datapath, const struct server_settings *server, uint32_t servers);

/* Bans: exact sources go to the table, shorter prefixes to the trie. until_s in seconds of the kernel's clock. */
int datapath_ban(struct datapath *datapath, const struct prefix *target, enum gp_action action, uint32_t until_s,
		 uint32_t now_s);
int datapath_unban(struct datapath *datapath, const struct prefix *target);
/* Packets that met the ban so far and whether it is there: for explain, and to verify. -ENOENT */
int datapath_ban_read(const struct datapath *datapath, const struct prefix *target, uint32_t *ret_until,
		      uint32_t *ret_hits);
uint32_t datapath_sweep(struct datapath *datapath, uint32_t now_s); /* a part of the table a call */
/* Every entry in the kernel's tables, for the comparison with what should be there. */
void datapath_bans_each(const struct datapath *datapath,
			void (*each)(void *context, const struct prefix *target, uint32_t until), void *context);

void datapath_allowed_each(const struct datapath *datapath,
			   void (*each)(void *context, const struct prefix *target, uint32_t until), void *context);

int datapath_allow(struct datapath *datapath, const struct prefix *prefix);
int datapath_disallow(struct datapath *datapath, const struct prefix *prefix);

void datapath_flow_flag(struct datapath *datapath, uint32_t slot, uint64_t flow, enum gp_flow_flag flag);
/* Will the kernel half tell of this flow's end? Not if it has given up its place, or if it saw the end when there was
 * no room for the sample. */
bool datapath_flow_is_followed(const struct datapath *datapath, uint32_t slot, uint64_t flow);
/* The source proved itself `age_ns` ago, as far as is known from before. */
void datapath_prove(struct datapath *datapath, uint64_t source, uint64_t now_ns, uint64_t age_ns);
/* Somebody logged in there `age_ns` ago: for proven_for, a limit on its prefix leaves the source one of its own. */
void datapath_welcome(struct datapath *datapath, uint64_t source, uint64_t now_ns, uint64_t age_ns);
bool datapath_source_proven(const struct datapath *datapath, uint64_t source, uint64_t now_ns);
/* Since when the service is flooded: its unproven sources have to come twice. 0: it is not. */
uint64_t datapath_flooded_since_ns(const struct datapath *datapath, enum gp_service service, uint64_t now_ns);

/* Sums over the CPUs. */
int datapath_counters(const struct datapath *datapath, struct gp_counter ret[GP_COUNTERS]);
int datapath_tallies(const struct datapath *datapath, uint64_t ret[GP_TALLY_MAX]);

/* Samples. The header is aligned; `payload` has sample->captured_bytes. */
typedef void (*datapath_sample_fn)(void *context, const struct gp_sample *sample, const uint8_t *payload);
void datapath_on_sample(struct datapath *datapath, datapath_sample_fn on_sample, void *context);
int datapath_fd(const struct datapath *datapath); /* readable when samples wait */
/* Deliver what waits, as much as is good for one turn of a loop: the file stays readable. How many, or -errno. */
#define DATAPATH_POLL_SAMPLES 512 /* some 5 ms: what is asked of us meanwhile is not kept waiting */
int datapath_poll(struct datapath *datapath);

/* One frame (Ethernet, from its MAC header) through the program at time_ns; samples are delivered before it
 * returns. Dropped is also what is a reset when it goes on (bpf/cut.bpf.h). Needs virtual_time. Frames under 14 bytes
 * are -EINVAL; longer ones than DATAPATH_FRAME_BYTES, which is what BPF_PROG_TEST_RUN takes, go as several if they are
 * TCP, and else as far as that. */
#define DATAPATH_FRAME_BYTES 3072
int datapath_run(struct datapath *datapath, enum gp_direction direction, const uint8_t *frame, size_t length,
		 uint64_t time_ns, bool *ret_drop, enum gp_reason *ret_reason);

#endif
