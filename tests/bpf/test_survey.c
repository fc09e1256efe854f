/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said before anything is attached is true, and saying it leaves the interface as it was. */
#include "tests/bpf/lab.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/adapters/interface.h"
#include "user/datapath/datapath_features.h"
#include "user/datapath/datapath_kernel.h"
#include "user/datapath/datapath_survey.h"

static bool is_free(const char *interface)
{
	struct occupant occupant;

	survey_occupant(interface, NULL, &occupant);
	return !occupant.id;
}

static void this_kernel_has_all_that_the_programs_need_and_takes_them(void **state)
{
	bool has[FEATURE_MAX];
	struct survey survey;
	char missing[256];

	(void)state;
	features_probe(has);
	assert_string_equal(features_missing(has, missing, sizeof(missing)), "");
	survey_kernel(&survey);
	assert_true(survey.permitted);
	assert_true(survey.jit);
	if (!survey.accepted)
		fail_msg("%s", survey.words);
}

static void an_interface_tells_what_it_is(void **state)
{
	struct interface_facts facts;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(system("ip link set edge.1 mtu 4321"), 0);
	assert_int_equal(interface_read("edge.1", &facts, &fault), 0);
	assert_string_equal(facts.driver, "veth");
	assert_true(facts.is_up);
	assert_int_equal(facts.mtu, 4321);
	assert_int_equal(facts.queues, 1);
	assert_int_equal(facts.native, facts.frags); /* of a kernel from 6.3 on yes, else untold */
	assert_true(facts.native != TOLD_NO);
	assert_int_equal(interface_read("nothing0", &facts, &fault), -ENODEV);
	assert_int_equal(interface_read("a_name_that_is_too_long", &facts, &fault), -ENODEV);
	assert_int_equal(system("ip link set edge.1 mtu 1500"), 0);
}

static void what_the_kernel_tells_of_native_xdp_is_what_a_trial_finds(void **state)
{
	struct interface_facts facts;
	struct fault fault = {0};

	(void)state;
	assert_int_equal(survey_try("edge.1", ATTACH_NATIVE, &fault), 0);
	assert_true(is_free("edge.1"));
	assert_int_equal(interface_read("lo", &facts, &fault), 0);
	assert_true(facts.native != TOLD_YES);
	assert_int_equal(survey_try("lo", ATTACH_NATIVE, &fault), -EOPNOTSUPP);
	assert_non_null(strstr(fault.text, "no native XDP"));
	assert_int_equal(survey_try("lo", ATTACH_GENERIC, &fault), 0);
	assert_true(is_free("lo"));
	assert_int_equal(survey_try("nothing0", ATTACH_GENERIC, &fault), -ENODEV);
}

static void who_is_there_is_named_and_ours_is_told_from_others(void **state)
{
	const struct lab *lab = *state;
	struct datapath_options options = live_options(lab);
	struct datapath *datapath;
	struct occupant occupant;
	struct fault fault = {0};

	survey_occupant("edge.1", lab->pin_dir, &occupant);
	assert_int_equal(occupant.id, 0);
	datapath = live_open(&options, false);
	live_attach(datapath);
	survey_occupant("edge.1", lab->pin_dir, &occupant);
	assert_true(occupant.id && occupant.link && occupant.ours && !occupant.generic);
	assert_string_equal(occupant.name, "gatepost_in");
	survey_occupant("edge.1", "/sys/fs/bpf/elsewhere", &occupant);
	assert_false(occupant.ours);
	assert_int_equal(survey_try("edge.1", ATTACH_NATIVE, &fault), -EBUSY);
	assert_non_null(strstr(fault.text, "'gatepost_in' (id "));
	assert_non_null(strstr(fault.text, "bpftool link detach id "));
	assert_int_equal(survey_try("edge.1", ATTACH_GENERIC, &fault), -EBUSY);
	datapath_free(datapath);
	assert_int_equal(datapath_detach(lab->pin_dir, &fault), 0);
	assert_true(is_free("edge.1"));
}

/* Without frags a veth takes what fits in a page; the words are the driver's own. */
static void a_refusal_has_the_words_of_the_driver(void **state)
{
	const struct bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
					{.code = BPF_JMP | BPF_EXIT}};
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "small", "GPL", pass, 2, NULL), refusal;
	struct fault fault = {0};

	(void)state;
	assert_true(program >= 0);
	assert_int_equal(system("ip link set outside mtu 9000 && ip link set edge.1 mtu 9000"), 0);
	refusal = attach_refused(ERANGE, "edge.1", program, ATTACH_NATIVE, &fault);
	assert_int_equal(refusal, -ERANGE);
	if (!strstr(fault.text, "eer MTU is too large"))
		fail_msg("%s", fault.text);
	assert_non_null(strstr(fault.text, "MTU 9000"));
	assert_non_null(strstr(fault.text, "gatepost check edge.1"));
	assert_true(is_free("edge.1"));
	assert_int_equal(survey_try("edge.1", ATTACH_NATIVE, &fault), 0); /* ours has frags */
	assert_int_equal(attach_refused(EPERM, "edge.1", program, ATTACH_NATIVE, &fault), -EPERM);
	assert_non_null(strstr(fault.text, "CAP_NET_ADMIN"));
	close(program);
}

/* "memlock" of one of our descriptors, if it is a map of this name: what the kernel charges for it, exact since 6.4
 * (map_mem_usage), an estimate from sizes before. -1: it is none. */
static long long charged_bytes(int fd, const char *name, int *ret_type)
{
	struct bpf_map_info known = {0};
	uint32_t size = sizeof(known);
	char path[64], line[128];
	long long bytes = -1;
	FILE *told;

	*ret_type = -1;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	told = fopen(path, "r");
	while (told && fgets(line, sizeof(line), told)) {
		if (!strncmp(line, "map_type:", 9))
			*ret_type = atoi(line + 9);
		if (!strncmp(line, "memlock:", 8))
			bytes = atoll(line + 8);
	}
	if (told)
		fclose(told);
	if (*ret_type < 0 || bpf_obj_get_info_by_fd(fd, &known, &size) || strcmp(known.name, name))
		return -1;
	return bytes;
}

/* Up to Linux 6.3 not what it takes, but entries times key and value (kernel: bpf_map_memory_footprint). */
static long long told_by_old_kernels(const struct table_memory *table)
{
	const long long value = table->entries ? ((long long)table->bytes - 4096) / (long long)table->entries : 0;

	return (long long)table->entries * ((value + 4 + 7) / 8 * 8);
}

static void the_memory_that_is_foretold_is_what_the_kernel_charges(void **state)
{
	struct datapath_options options = live_options(*state);
	struct table_memory table[DATAPATH_TABLES_MAX];
	struct datapath *datapath = live_open(&options, false);
	int tables = datapath_tables(&options, table), found = 0, type;

	for (int i = 0; i < tables; i++)
		for (int fd = 3; fd < 256; fd++) {
			const long long foretold = (long long)table[i].bytes;
			const long long charged = charged_bytes(fd, table[i].name, &type);

			/* of a trie the most is foretold, and it is empty; old kernels say 0 for a ring */
			if (charged <= 0 || type == BPF_MAP_TYPE_LPM_TRIE)
				continue;
			found++;
			if (llabs(charged - foretold) > foretold / 10 + 4 * 4096 &&
			    charged != told_by_old_kernels(&table[i]))
				fail_msg("%s: foretold %lld bytes, charged %lld", table[i].name, foretold, charged);
		}
	assert_true(found > 10);
	datapath_free(datapath);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_kernel_has_all_that_the_programs_need_and_takes_them),
		cmocka_unit_test(an_interface_tells_what_it_is),
		cmocka_unit_test(what_the_kernel_tells_of_native_xdp_is_what_a_trial_finds),
		cmocka_unit_test(who_is_there_is_named_and_ours_is_told_from_others),
		cmocka_unit_test(a_refusal_has_the_words_of_the_driver),
		cmocka_unit_test(the_memory_that_is_foretold_is_what_the_kernel_charges),
	};

	return rig_is_permitted() ? cmocka_run_group_tests(tests, lab_open, lab_close) : SKIPPED;
}
