/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the two programs on an interface and takes them off. The XDP link is pinned, so that it holds when we die; a
 * pinned link is switched to our program in one step, so that no packet passes unseen. The tc filter has a fixed
 * place and is replaced the same way. Never falls back to generic mode on its own. */
#include "user/datapath/datapath_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/gatepost.skel.h"

#define LINK_PREFIX "link_"
/* First on the hook: other filters still run after us. The handle is ours by convention ("gp"). */
#define TC_PRIORITY 1
#define TC_HANDLE 0x6770

static int link_ifindex(int link)
{
	struct bpf_link_info there = {0};
	uint32_t size = sizeof(there);

	if (bpf_obj_get_info_by_fd(link, &there, &size))
		return -errno;
	return (int)there.xdp.ifindex; /* 0: the interface is gone */
}

static bool is_generic(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	return !bpf_xdp_query(ifindex, 0, &query) && query.attach_mode == XDP_ATTACHED_SKB;
}

static int link_create(struct kernel *kernel, const char *interface, int ifindex, enum attach attach,
		       struct fault *fault)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = attach == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	int program = bpf_program__fd(kernel->object->progs.gatepost_in);
	int link = bpf_link_create(program, ifindex, BPF_XDP, &options);

	return link < 0 ? attach_refused(-link, interface, program, attach, fault) : link;
}

static void link_path(const char *pin_dir, const char *interface, char *path, size_t size)
{
	int length = snprintf(path, size, "%s/" LINK_PREFIX, pin_dir);

	/* bpffs allows no dots, interface names no colons. */
	snprintf(path + length, size - (size_t)length, "%s", interface);
	for (char *dot = path + length; (dot = strchr(dot, '.'));)
		*dot = ':';
}

bool link_is_pinned(const char *pin_dir, const char *interface, uint32_t id)
{
	struct bpf_link_info there = {0};
	uint32_t size = sizeof(there);
	char path[320];
	int link;

	link_path(pin_dir, interface, path, sizeof(path));
	link = bpf_obj_get(path);
	if (link < 0)
		return false;
	if (bpf_obj_get_info_by_fd(link, &there, &size))
		there.id = 0;
	close(link);
	return there.id == id;
}

/* The pinned link switched to our program: its fd, or -ENOENT when there is none that can be used. */
static int link_take_over(struct kernel *kernel, const char *interface, int ifindex, enum attach attach)
{
	char path[320];
	int link;

	link_path(kernel->pin_dir, interface, path, sizeof(path));
	link = bpf_obj_get(path);
	if (link < 0)
		return -ENOENT;
	if (link_ifindex(link) == ifindex && is_generic(ifindex) == (attach == ATTACH_GENERIC) &&
	    !bpf_link_update(link, bpf_program__fd(kernel->object->progs.gatepost_in), NULL))
		return link;
	/* Of an interface that is gone, or in the other mode: that cannot be switched. */
	unlink(path);
	bpf_link_detach(link);
	close(link);
	return -ENOENT;
}

static int link_pin(struct kernel *kernel, const char *interface, int link, struct fault *fault)
{
	char path[320];

	link_path(kernel->pin_dir, interface, path, sizeof(path));
	if (bpf_obj_pin(link, path))
		return fault_set(fault, errno, "%s cannot be pinned: %s", path, strerror(errno));
	return 0;
}

static int tc_attach(struct kernel *kernel, const char *interface, int ifindex, struct fault *fault)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = bpf_program__fd(kernel->object->progs.gatepost_out),
		    .handle = TC_HANDLE, .priority = TC_PRIORITY, .flags = BPF_TC_F_REPLACE);
	int error = bpf_tc_hook_create(&hook);

	if (!error || error == -EEXIST)
		error = bpf_tc_attach(&hook, &options);
	if (error == -ENOENT || error == -EOPNOTSUPP)
		return fault_set(
			fault, -error,
			"%s: this kernel has no clsact queue or no BPF filters (CONFIG_NET_SCH_INGRESS, "
			"CONFIG_NET_CLS_BPF; modules sch_ingress, cls_bpf): servers' replies could not be seen",
			interface);
	if (error)
		return fault_set(fault, -error, "%s: attaching to tc egress failed: %s", interface, strerror(-error));
	return 0;
}

static void tc_detach(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = TC_HANDLE, .priority = TC_PRIORITY);

	bpf_tc_detach(&hook, &options);
}

static int attached_index(const struct kernel *kernel, const char *interface)
{
	for (int i = 0; i < kernel->attachments; i++)
		if (!strcmp(kernel->attached[i].interface, interface))
			return i;
	return kernel->attachments;
}

static void attached_note(struct kernel *kernel, const char *interface, int link)
{
	int i = attached_index(kernel, interface);

	if (i == kernel->attachments)
		kernel->attachments++;
	else
		close(kernel->attached[i].link);
	snprintf(kernel->attached[i].interface, sizeof(kernel->attached[i].interface), "%s", interface);
	kernel->attached[i].link = link;
}

int kernel_attach(struct engine *engine, const char *interface, enum attach attach, struct fault *fault)
{
	struct kernel *kernel = (struct kernel *)engine;
	int ifindex = (int)if_nametoindex(interface);
	int link = -ENOENT;
	int error = 0;

	if (!ifindex)
		return fault_set(fault, ENODEV, "there is no interface '%s'", interface);
	if (attached_index(kernel, interface) == SETTINGS_INTERFACES_MAX)
		return fault_set(fault, ENOSPC, "more than %d interfaces", SETTINGS_INTERFACES_MAX);
	if (kernel->pin_dir[0])
		link = link_take_over(kernel, interface, ifindex, attach);
	if (link < 0) {
		link = link_create(kernel, interface, ifindex, attach, fault);
		if (link < 0)
			return link;
		if (kernel->pin_dir[0])
			error = link_pin(kernel, interface, link, fault);
	}
	if (!error)
		error = tc_attach(kernel, interface, ifindex, fault);
	if (!error && kernel->pin_dir[0] && !kernel->maps_pinned) {
		error = pin_maps(kernel, fault);
		kernel->maps_pinned = !error;
	}
	if (error) {
		close(link);
		return error;
	}
	attached_note(kernel, interface, link);
	return 0;
}

int kernel_attachments(const struct engine *engine, struct attachment *ret, int most)
{
	const struct kernel *kernel = (const struct kernel *)engine;
	int count = kernel->attachments < most ? kernel->attachments : most;

	for (int i = 0; i < count; i++) {
		int ifindex = link_ifindex(kernel->attached[i].link);

		memcpy(ret[i].interface, kernel->attached[i].interface, sizeof(ret[i].interface));
		ret[i].attached = ifindex > 0;
		ret[i].generic = ifindex > 0 && is_generic(ifindex);
	}
	return count;
}

void kernel_links_close(struct kernel *kernel)
{
	for (int i = 0; i < kernel->attachments; i++) {
		int ifindex = link_ifindex(kernel->attached[i].link);

		if (!kernel->pin_dir[0] && ifindex > 0)
			tc_detach(ifindex); /* has no link of its own that would end with us */
		close(kernel->attached[i].link);
	}
	kernel->attachments = 0;
}

static void link_remove(const char *path)
{
	int link = bpf_obj_get(path);
	int ifindex;

	if (link < 0)
		return;
	ifindex = link_ifindex(link);
	if (ifindex > 0)
		tc_detach(ifindex);
	bpf_link_detach(link);
	close(link);
}

bool datapath_guards(const char *pin_dir)
{
	DIR *folder = opendir(pin_dir);
	struct dirent *entry;
	bool guards = false;

	if (!folder)
		return false;
	while (!guards && (entry = readdir(folder)))
		guards = !strncmp(entry->d_name, LINK_PREFIX, sizeof(LINK_PREFIX) - 1);
	closedir(folder);
	return guards;
}

int datapath_detach(const char *pin_dir, struct fault *fault)
{
	DIR *folder = opendir(pin_dir);
	struct dirent *entry;
	char path[600];

	if (!folder)
		return errno == ENOENT ? 0 : fault_set(fault, errno, "%s: %s", pin_dir, strerror(errno));
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", pin_dir, entry->d_name);
		if (!strncmp(entry->d_name, LINK_PREFIX, sizeof(LINK_PREFIX) - 1))
			link_remove(path);
		unlink(path);
	}
	closedir(folder);
	if (rmdir(pin_dir) && errno != ENOENT)
		return fault_set(fault, errno, "%s cannot be removed: %s", pin_dir, strerror(errno));
	return 0;
}
