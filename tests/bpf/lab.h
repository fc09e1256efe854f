/* SPDX-License-Identifier: BSD-2-Clause */
/* A real interface for tests, in a network and mount namespace of its own, so that nothing is left behind however it
 * ends. Included by each test program once.
 *
 *	outside (frames are written here) --- veth --- edge.1 (XDP native, tc egress) */
#ifndef GATEPOST_TESTS_LAB_H
#define GATEPOST_TESTS_LAB_H

#include "tests/bpf/rig.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 2000

struct lab {
	char folder[64], pin_dir[96];
	int sock;
};

static inline int lab_open(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct sockaddr_ll outside = {.sll_family = AF_PACKET};

	if (!lab || unshare(CLONE_NEWNET | CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	if (system("ip link add outside type veth peer name edge.1 && ip link set outside up && ip link set edge.1 up"))
		return -1;
	strcpy(lab->folder, "/tmp/gatepost-test-XXXXXX");
	if (!mkdtemp(lab->folder))
		return -1;
	snprintf(lab->pin_dir, sizeof(lab->pin_dir), "%s/bpf/gatepost", lab->folder);
	lab->sock = socket(AF_PACKET, SOCK_RAW, 0);
	outside.sll_ifindex = (int)if_nametoindex("outside");
	if (bind(lab->sock, (struct sockaddr *)&outside, sizeof(outside)))
		return -1;
	*state = lab;
	return 0;
}

static inline int lab_close(void **state)
{
	struct lab *lab = *state;
	struct fault fault;
	char path[96];

	datapath_detach(lab->pin_dir, &fault);
	snprintf(path, sizeof(path), "%s/bpf", lab->folder);
	umount(path);
	rmdir(path);
	rmdir(lab->folder);
	close(lab->sock);
	free(lab);
	return 0;
}

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static inline struct datapath_options live_options(const struct lab *lab)
{
	struct datapath_options options = rig_options(false);

	options.virtual_time = false;
	options.pin_dir = lab->pin_dir;
	return options;
}

static inline struct datapath *live_open(const struct datapath_options *options, bool expect_taken_over)
{
	struct gp_settings settings = rig_settings();
	bool taken_over = !expect_taken_over;
	struct fault fault = {0};
	struct rig rig = {0};

	if (datapath_new(&rig.datapath, options, &taken_over, &fault))
		fail_msg("%s", fault.text);
	assert_int_equal(taken_over, expect_taken_over);
	assert_int_equal(datapath_settings(rig.datapath, &settings), 0);
	assert_int_equal(rig_serve(&rig), 0);
	return rig.datapath;
}

static inline void live_attach(struct datapath *datapath)
{
	struct fault fault = {0};

	if (datapath_attach(datapath, "edge.1", ATTACH_NATIVE, &fault))
		fail_msg("%s", fault.text);
}

#endif
