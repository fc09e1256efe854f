/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of gatepost check that looks at the machine: the kernel, the pins' file system, the interfaces. Nothing is
 * attached but with --try. */
#include "user/cmd/check_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "user/adapters/interface.h"
#include "user/cmd/cmd.h"
#include "user/datapath/datapath_survey.h"

static int check_kernel(void)
{
	struct utsname name = {0};
	struct survey survey;

	uname(&name);
	survey_kernel(&survey);
	if (!survey.permitted) {
		printf("privileges NOT ENOUGH to load or attach anything, nor to look at what is attached: run this as root, or "
		       "with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON\n");
		return EXIT_DENIED;
	}
	printf("privileges enough to load programs\n");
	if (survey.accepted)
		printf("kernel     Linux %s takes the programs\n", name.release);
	else
		printf("kernel     Linux %s DOES NOT TAKE THE PROGRAMS: %s\n", name.release, survey.words);
	if (survey.accepted && !survey.jit)
		printf("kernel     THE BPF JIT IS OFF: each packet costs many times more; 'sysctl -w "
		       "net.core.bpf_jit_enable=1'\n");
	return survey.accepted && survey.jit ? EXIT_OK : EXIT_NOT_FOUND;
}

static void check_bpffs(const struct settings *settings)
{
	char root[256];

	if (survey_bpffs(settings->pin_dir, root))
		printf("bpffs      mounted at %s; the pins go to %s\n", root, settings->pin_dir);
	else
		printf("bpffs      not mounted at %s: 'gatepost run' does it (needs CAP_SYS_ADMIN), or 'mount -t bpf bpf %s'\n",
		       root, root);
}

struct report {
	const char *interface;
	int code;
};

static void print_finding(void *context, enum finding finding, const char *text)
{
	struct report *report = context;

	printf("interface  %s: %s\n", report->interface, text);
	if (finding == FINDING_BAD)
		report->code = EXIT_NOT_FOUND;
}

/* The last word, where it is wanted and where it can be had. */
static void try_interface(const struct interface_facts *facts, struct report *report)
{
	struct fault fault = {0};
	char text[640];

	if (facts->occupant.id)
		print_finding(report, FINDING_NOTE, "not tried: there is a program already");
	else if (!survey_try(facts->name, facts->attach, &fault))
		print_finding(report, FINDING_GOOD, "tried: a program could be attached, and was taken off again");
	else
		print_finding(report, FINDING_BAD, fault_text(&fault, text, sizeof(text)));
}

static int check_interface(const struct settings *settings, const struct interface_settings *interface, bool try)
{
	struct report report = {interface->name, EXIT_OK};
	struct interface_facts facts;
	struct fault fault = {0};

	if (interface_read(interface->name, &facts, &fault)) {
		printf("interface  %s DOES NOT EXIST\n", interface->name);
		return EXIT_NOT_FOUND;
	}
	facts.attach = interface->attach;
	survey_occupant(interface->name, settings->pin_dir, &facts.occupant);
	if (settings->role == ROLE_TAP) {
		printf("interface  %s: listened to with libpcap, no XDP\n", interface->name);
		return EXIT_OK;
	}
	fitness_judge(&facts, print_finding, &report);
	if (try)
		try_interface(&facts, &report);
	return report.code;
}

static int worse(int a, int b)
{
	return a == EXIT_DENIED || b == EXIT_DENIED ? EXIT_DENIED : a ? a : b;
}

int check_place(const struct settings *settings, bool try)
{
	int code = EXIT_OK;

	if (!settings->interfaces) {
		printf("interface  none configured: give one in gatepost.conf or with --interface\n");
		return EXIT_OK;
	}
	if (settings->role != ROLE_TAP) {
		code = check_kernel();
		check_bpffs(settings);
	}
	for (uint32_t i = 0; i < settings->interfaces; i++)
		code = worse(code, check_interface(settings, &settings->interface[i], try));
	return code;
}
