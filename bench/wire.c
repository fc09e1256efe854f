/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps from one end of the wires to the other. One thread, so the namespace of the thread is that of the program. */
#include "bench/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

static int enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return -errno;
	result = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return result;
}

int wire_enter_edge(void)
{
	return enter(WIRE_EDGE_NAMESPACE);
}

/* run.sh is the first process of the pid namespace and never leaves the generator's end. */
void wire_leave_edge(void)
{
	int result = enter("/proc/1/ns/net");

	if (result)
		fprintf(stderr, "bench: cannot return to the generator's namespace: %d\n", result);
}

static unsigned index_of(const char *end, unsigned wire)
{
	char name[16];

	snprintf(name, sizeof(name), "%s%u", end, wire);
	return if_nametoindex(name);
}

unsigned wire_generator_index(unsigned wire)
{
	return index_of("gen", wire);
}

unsigned wire_edge_index(unsigned wire)
{
	return index_of("wan", wire);
}

const char *wire_edge_name(unsigned wire, char buffer[16])
{
	snprintf(buffer, 16, "wan%u", wire);
	return buffer;
}

int wire_pin_cpu(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}
