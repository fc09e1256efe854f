/* SPDX-License-Identifier: BSD-2-Clause */
/* What outlives the process: maps and links pinned in a folder of bpffs. All maps are taken over, or none: tables of
 * another layout or size are left to the program that still runs on them, until its link is switched to ours. */
#include "user/datapath/datapath_kernel.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/gatepost.skel.h"

#define BPFFS_USUAL "/sys/fs/bpf"

static bool is_bpffs(const char *path)
{
	struct statfs filesystem;

	return !statfs(path, &filesystem) && (unsigned long)filesystem.f_type == BPF_FS_MAGIC;
}

/* Where bpffs belongs: the usual place, else the folder that the pins' folder is in. */
static void bpffs_root(const char *pin_dir, char *root, size_t size)
{
	char *slash;

	if (!strncmp(pin_dir, BPFFS_USUAL "/", sizeof(BPFFS_USUAL))) {
		snprintf(root, size, "%s", BPFFS_USUAL);
		return;
	}
	snprintf(root, size, "%s", pin_dir);
	slash = strrchr(root, '/');
	if (slash && slash != root)
		*slash = '\0';
}

/* Like mkdir -p. */
static int folders_make(const char *path)
{
	char part[256];

	for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return -errno;
		if (!slash)
			return 0;
	}
}

bool pin_root(const char *pin_dir, char ret_root[256])
{
	bpffs_root(pin_dir, ret_root, 256);
	return is_bpffs(ret_root);
}

int pin_dir_make(const char *pin_dir, struct fault *fault)
{
	char root[256];
	int error;

	if (pin_dir[0] != '/')
		return fault_set(fault, EINVAL, "the folder for pins must be an absolute path, not '%s'", pin_dir);
	if (!pin_root(pin_dir, root)) {
		error = folders_make(root);
		if (error)
			return fault_set(fault, -error, "%s cannot be made: %s", root, strerror(-error));
		if (mount("bpf", root, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
			return fault_set(fault, errno, "bpffs cannot be mounted at %s: %s", root, strerror(errno));
	}
	error = folders_make(pin_dir);
	if (error)
		return fault_set(fault, -error, "%s cannot be made: %s", pin_dir, strerror(-error));
	if (!is_bpffs(pin_dir))
		return fault_set(fault, EINVAL, "%s is not in a bpffs", pin_dir);
	return 0;
}

static void pin_path(const struct kernel *kernel, const struct bpf_map *map, char *path, size_t size)
{
	snprintf(path, size, "%s/map_%s", kernel->pin_dir, bpf_map__name(map));
}

static bool is_same_shape(int fd, const struct bpf_map *map)
{
	struct bpf_map_info there = {0};
	uint32_t size = sizeof(there);

	return !bpf_obj_get_info_by_fd(fd, &there, &size) && there.type == bpf_map__type(map) &&
	       there.key_size == bpf_map__key_size(map) && there.value_size == bpf_map__value_size(map) &&
	       there.max_entries == bpf_map__max_entries(map) && there.map_flags == bpf_map__map_flags(map);
}

static bool is_our_layout(const struct kernel *kernel)
{
	struct gp_control control;
	char path[320];
	uint32_t zero = 0;
	bool ours;
	int fd;

	pin_path(kernel, kernel->object->maps.controls, path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return false;
	ours = is_same_shape(fd, kernel->object->maps.controls) && !bpf_map_lookup_elem(fd, &zero, &control) &&
	       control.layout == GP_LAYOUT;
	close(fd);
	return ours;
}

/* An open pin that fits, or -1. */
static int pin_open(const struct kernel *kernel, const struct bpf_map *map)
{
	char path[320];
	int fd;

	pin_path(kernel, map, path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd >= 0 && !is_same_shape(fd, map)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Does every map have a pin that fits? Asked before the first one is reused, for that cannot be taken back. */
static bool are_all_there(const struct kernel *kernel)
{
	struct bpf_map *map;
	int fd;

	bpf_object__for_each_map(map, kernel->object->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		fd = pin_open(kernel, map);
		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

bool pin_take_over(struct kernel *kernel)
{
	struct bpf_map *map;
	int fd;

	if (!is_our_layout(kernel) || !are_all_there(kernel))
		return false;
	bpf_object__for_each_map(map, kernel->object->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		fd = pin_open(kernel, map);
		if (fd < 0 || bpf_map__reuse_fd(map, fd)) {
			if (fd >= 0)
				close(fd);
			return false;
		}
		close(fd); /* libbpf keeps its own */
	}
	return true;
}

int pin_maps(struct kernel *kernel, struct fault *fault)
{
	struct bpf_map *map;
	char path[320];

	bpf_object__for_each_map(map, kernel->object->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		pin_path(kernel, map, path, sizeof(path));
		unlink(path);
		if (bpf_obj_pin(bpf_map__fd(map), path))
			return fault_set(fault, errno, "%s cannot be pinned: %s", path, strerror(errno));
	}
	return 0;
}
