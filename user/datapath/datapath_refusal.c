/* SPDX-License-Identifier: BSD-2-Clause */
/* Why an interface refuses our program, in words, and what to do. The error number alone is poor: EINVAL may be the
 * MTU, LRO or the queues. The driver's own words come only with the older way of attaching, so that is tried once more.
 */
#include "user/datapath/datapath_kernel.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "user/datapath/datapath_survey.h"

#define WORDS_PREFIX "libbpf: Kernel error message: " /* libbpf, src/nlattr.c */
#define NOT_IN_THIS_DRIVER "does not support XDP in native mode" /* kernel, net/core/dev.c */

/* libbpf hands its messages to a function without a context. */
static _Thread_local char driver_words[160];

static int words_keep(enum libbpf_print_level level, const char *format, va_list values)
{
	char line[sizeof(WORDS_PREFIX) - 1 + sizeof(driver_words)];

	(void)level;
	vsnprintf(line, sizeof(line), format, values);
	if (strncmp(line, WORDS_PREFIX, sizeof(WORDS_PREFIX) - 1))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	memcpy(driver_words, line + sizeof(WORDS_PREFIX) - 1, sizeof(driver_words));
	return 0;
}

/* It was refused a moment ago, so it will be refused again, before anything is done to the card. */
static const char *words_ask(int ifindex, int program, enum attach attach)
{
	const uint32_t flags = attach == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	libbpf_print_fn_t before = libbpf_set_print(words_keep);

	driver_words[0] = '\0';
	if (!bpf_xdp_attach(ifindex, program, flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL))
		bpf_xdp_detach(ifindex, flags, NULL);
	libbpf_set_print(before);
	return driver_words;
}

static int mtu_of(const char *interface)
{
	struct ifreq ifreq = {0};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int mtu = 0;

	if (sock < 0)
		return 0;
	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", interface);
	if (!ioctl(sock, SIOCGIFMTU, &ifreq))
		mtu = ifreq.ifr_mtu;
	close(sock);
	return mtu;
}

static int refused_for_another(int error, const char *interface, struct fault *fault)
{
	struct occupant occupant;
	char text[64], remedy[192];

	survey_occupant(interface, NULL, &occupant);
	if (!occupant.id)
		return fault_set(
			fault, error,
			"%s: the XDP hook is taken (%s): a bond or a bridge over it may hold one; 'bpftool net' "
			"shows who",
			interface, strerror(error));
	return fault_set(fault, EBUSY, "%s: another XDP program, %s, is attached; one interface takes one: %s",
			 interface, occupant_text(&occupant, text, sizeof(text)),
			 occupant_remedy(&occupant, interface, remedy, sizeof(remedy)));
}

static int refused_as_set_up(int error, const char *interface, const char *words, enum attach attach,
			     struct fault *fault)
{
	const char *mode = attach == ATTACH_GENERIC ? "generic" : "native";

	if (words[0])
		return fault_set(
			fault, error,
			"%s: refuses %s XDP as it is set up: '%s' (MTU %d); 'gatepost check %s' says what can be "
			"changed",
			interface, mode, words, mtu_of(interface), interface);
	return fault_set(
		fault, error,
		"%s: refuses %s XDP as it is set up (%s), and its driver does not say why: usual reasons are an "
		"MTU over its limit (it is %d), LRO, or too few queues; see 'gatepost check %s' and dmesg",
		interface, mode, strerror(error), mtu_of(interface), interface);
}

int attach_refused(int error, const char *interface, int program, enum attach attach, struct fault *fault)
{
	const char *words;

	switch (error) {
	case EBUSY:
	case EEXIST:
		return refused_for_another(error, interface, fault);
	case EPERM:
	case EACCES:
		return fault_set(fault, error,
				 "%s: attaching is not permitted: run as root, or with CAP_NET_ADMIN and CAP_BPF",
				 interface);
	case ENODEV:
		return fault_set(fault, error, "%s: the interface has gone", interface);
	}
	words = words_ask((int)if_nametoindex(interface), program, attach);
	if (error == EOPNOTSUPP && attach == ATTACH_NATIVE && (!words[0] || strstr(words, NOT_IN_THIS_DRIVER)))
		return fault_set(
			fault, error,
			"%s: its driver has no native XDP; attach to the underlying device, or accept a slower "
			"path with 'attach = generic'",
			interface);
	return refused_as_set_up(error, interface, words, attach, fault);
}
