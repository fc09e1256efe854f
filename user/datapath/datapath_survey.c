/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/datapath/datapath_survey.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/datapath/datapath_kernel.h"

/* ---- the kernel -------------------------------------------------------------------------------------------------- */
/* Passes everything. A program's fd, or -errno. */
static int pass_load(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "gatepost_try", "GPL", program, sizeof(program) / sizeof(*program),
			     &options);
}

static bool is_jited(int program)
{
	struct bpf_prog_info known = {0};
	uint32_t size = sizeof(known);

	return !bpf_obj_get_info_by_fd(program, &known, &size) && known.jited_prog_len;
}

void survey_kernel(struct survey *ret_survey)
{
	const struct datapath_options smallest = {.ring_bytes = (uint32_t)sysconf(_SC_PAGESIZE)};
	struct datapath *datapath;
	struct fault fault = {0};
	int program = pass_load();
	bool taken_over;

	*ret_survey = (struct survey){.permitted = program != -EPERM && program != -EACCES};
	if (program >= 0) {
		ret_survey->jit = is_jited(program);
		close(program);
	}
	if (!ret_survey->permitted)
		return;
	ret_survey->accepted = !datapath_new(&datapath, &smallest, &taken_over, &fault);
	if (ret_survey->accepted)
		datapath_free(datapath);
	else
		snprintf(ret_survey->words, sizeof(ret_survey->words), "%s", fault.text);
}

bool survey_bpffs(const char *pin_dir, char ret_root[256])
{
	return pin_root(pin_dir, ret_root);
}

/* ---- the hook ---------------------------------------------------------------------------------------------------- */
static void name_read(struct occupant *occupant)
{
	int program = bpf_prog_get_fd_by_id(occupant->id);
	struct bpf_prog_info known = {0};
	uint32_t size = sizeof(known);

	if (program < 0)
		return;
	if (!bpf_obj_get_info_by_fd(program, &known, &size))
		memcpy(occupant->name, known.name, sizeof(occupant->name) - 1);
	close(program);
}

/* Of all links in the kernel, the one that holds this program on this interface. */
static void link_find(struct occupant *occupant, uint32_t ifindex)
{
	uint32_t id = 0;

	while (!occupant->link && !bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info there = {0};
		uint32_t size = sizeof(there);
		int link = bpf_link_get_fd_by_id(id);

		if (link < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(link, &there, &size) && there.type == BPF_LINK_TYPE_XDP &&
		    there.xdp.ifindex == ifindex && there.prog_id == occupant->id)
			occupant->link = id;
		close(link);
	}
}

void survey_occupant(const char *interface, const char *pin_dir, struct occupant *ret_occupant)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int ifindex = (int)if_nametoindex(interface);

	*ret_occupant = (struct occupant){0};
	if (!ifindex || bpf_xdp_query(ifindex, 0, &query) || query.attach_mode == XDP_ATTACHED_NONE)
		return;
	ret_occupant->generic = !query.drv_prog_id && query.skb_prog_id;
	ret_occupant->id = query.drv_prog_id   ? query.drv_prog_id
			   : query.skb_prog_id ? query.skb_prog_id
					       : query.prog_id;
	name_read(ret_occupant);
	link_find(ret_occupant, (uint32_t)ifindex);
	ret_occupant->ours = pin_dir && ret_occupant->link && link_is_pinned(pin_dir, interface, ret_occupant->link);
}

int survey_try(const char *interface, enum attach attach, struct fault *fault)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = attach == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	int ifindex = (int)if_nametoindex(interface), program, link, error = 0;

	if (!ifindex)
		return fault_set(fault, ENODEV, "there is no interface '%s'", interface);
	program = pass_load();
	if (program < 0)
		return fault_set(fault, -program, "nothing can be loaded to try with: %s", strerror(-program));
	link = bpf_link_create(program, ifindex, BPF_XDP, &options);
	if (link < 0)
		error = attach_refused(-link, interface, program, attach, fault);
	else
		close(link); /* not pinned: that takes it off */
	close(program);
	return error;
}
