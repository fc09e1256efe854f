/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/datapath/datapath_features.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* kernel: samples/bpf/bpf_insn.h, as far as it is needed here. */
#define SET(register, value) ((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = register, .imm = value})
#define STORE_ON_STACK(offset, value)                                                                                  \
	((struct bpf_insn){.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = offset, .imm = value})
#define CMPXCHG_ON_STACK(offset)                                                                                       \
	((struct bpf_insn){.code = BPF_STX | BPF_ATOMIC | BPF_DW,                                                      \
			   .dst_reg = BPF_REG_10,                                                                      \
			   .src_reg = BPF_REG_1,                                                                       \
			   .off = offset,                                                                              \
			   .imm = BPF_CMPXCHG})
#define END ((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})

/* Was it made? Only a refusal for what it is counts as a no. */
static bool is_made(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EPERM || fd == -EACCES || fd == -ENOMEM;
}

static bool has_mapped_array(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

	return is_made(bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), sizeof(uint64_t), 1, &options));
}

static bool has_map(enum bpf_map_type type)
{
	return libbpf_probe_bpf_map_type(type, NULL) != 0;
}

static bool has_helper(enum bpf_func_id helper)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, helper, NULL) != 0;
}

static bool has_compare_and_exchange(void)
{
	const struct bpf_insn program[] = {SET(BPF_REG_0, 0), SET(BPF_REG_1, 1), STORE_ON_STACK(-8, 0),
					   CMPXCHG_ON_STACK(-8), END};

	return is_made(
		bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", program, sizeof(program) / sizeof(*program), NULL));
}

static bool has_frags(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	const struct bpf_insn program[] = {SET(BPF_REG_0, XDP_PASS), END};

	return is_made(
		bpf_prog_load(BPF_PROG_TYPE_XDP, NULL, "GPL", program, sizeof(program) / sizeof(*program), &options));
}

void features_probe(bool ret_has[FEATURE_MAX])
{
	ret_has[FEATURE_MAPPED_ARRAY] = has_mapped_array();
	ret_has[FEATURE_RING] = has_map(BPF_MAP_TYPE_RINGBUF);
	ret_has[FEATURE_TRIE] = has_map(BPF_MAP_TYPE_LPM_TRIE);
	ret_has[FEATURE_COMPARE_AND_EXCHANGE] = has_compare_and_exchange();
	ret_has[FEATURE_COARSE_CLOCK] = has_helper(BPF_FUNC_ktime_get_coarse_ns);
	ret_has[FEATURE_FRAGS] = has_frags();
	ret_has[FEATURE_FRAGS_READ] = has_helper(BPF_FUNC_xdp_load_bytes);
}

const char *features_missing(const bool has[FEATURE_MAX], char *buffer, size_t size)
{
	static const char *const text[] = {
		[FEATURE_MAPPED_ARRAY] = "arrays that can be mapped into a process (Linux 5.5)",
		[FEATURE_RING] = "BPF ring buffers (Linux 5.8)",
		[FEATURE_TRIE] = "BPF tries of prefixes (Linux 4.11)",
		[FEATURE_COMPARE_AND_EXCHANGE] = "compare-and-exchange in BPF (Linux 5.12, and a JIT that knows it)",
		[FEATURE_COARSE_CLOCK] = "bpf_ktime_get_coarse_ns in XDP (Linux 5.11)",
		[FEATURE_FRAGS] = "XDP with packets in several buffers, xdp.frags (Linux 5.18)",
		[FEATURE_FRAGS_READ] = "bpf_xdp_load_bytes (Linux 5.18)",
	};
	size_t length = 0;

	buffer[0] = '\0';
	for (int i = 0; i < FEATURE_MAX; i++)
		if (!has[i] && length < size)
			length += (size_t)snprintf(buffer + length, size - length, "%s%s", length ? "; " : "", text[i]);
	return buffer;
}
