/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel as the engine: the BPF object, its pins and its links. Internal to the datapath files. */
#ifndef GATEPOST_DATAPATH_KERNEL_H
#define GATEPOST_DATAPATH_KERNEL_H

#include "user/datapath/datapath_engine.h"

struct gatepost_bpf;
struct bpf_map;
struct ring_buffer;

struct kernel {
	struct engine engine;
	struct gatepost_bpf *object;
	struct ring_buffer *ring;
	int samples_left; /* of this turn */
	char pin_dir[256]; /* "": nothing is pinned */
	bool maps_pinned; /* new ones are with the first interface: until then, those of who guards now stay there */
	struct {
		char interface[16];
		int link; /* of the XDP program; held, so that it lives as long as we do even when not pinned */
	} attached[SETTINGS_INTERFACES_MAX];
	int attachments;
};

int kernel_new(struct engine **ret_engine, const struct datapath_options *options, bool *ret_taken_over,
	       struct fault *fault);
int kernel_attach(struct engine *engine, const char *interface, enum attach attach, struct fault *fault);
int kernel_attachments(const struct engine *engine, struct attachment *ret, int most);
void kernel_links_close(struct kernel *kernel); /* unpinned links end with this, pinned ones stay */

int tables_size(struct gatepost_bpf *object, const struct datapath_options *options); /* datapath_memory.c */

/* Does the pin of this interface hold the link with this id? */
bool link_is_pinned(const char *pin_dir, const char *interface, uint32_t id);
/* datapath_refusal.c: the words for `error` (> 0) of attaching `program`. Returns -errno. */
int attach_refused(int error, const char *interface, int program, enum attach attach, struct fault *fault);

/* datapath_pin.c: the folder in bpffs. */
bool pin_root(const char *pin_dir, char ret_root[256]); /* where its bpffs belongs, and whether it is there */
int pin_dir_make(const char *pin_dir, struct fault *fault); /* mounts bpffs when it is not there */
bool pin_take_over(struct kernel *kernel); /* every map reused, or none */
int pin_maps(struct kernel *kernel, struct fault *fault); /* replaces what is there */

#endif
