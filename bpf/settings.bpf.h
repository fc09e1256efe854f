/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the operator set, and the first question to every packet: is it for a protected service? */
#ifndef GATEPOST_SETTINGS_BPF_H
#define GATEPOST_SETTINGS_BPF_H

#include "bpf/parse.bpf.h"

/* NULL never happens; the verifier does not know. */
INLINE const struct gp_settings *settings_active(void)
{
	__u32 zero = 0;
	const struct gp_control *control = TABLE_FIND(controls, &zero);
	__u32 active = control ? READ_ONCE(control->active) & 1 : 0;

	return TABLE_FIND(settings_pair, &active);
}

SUBPROGRAM int service_by_server(const struct packet *packet)
{
	struct gp_server_key key = {.bits = GP_SERVER_PORT_BITS + 128};
	const struct gp_prefix_ban *service;

	if (!packet)
		return GP_SERVICE_NONE;
	key.port = packet->server_port;
	__builtin_memcpy(key.server, packet->server, sizeof(key.server));
	service = TRIE_FIND(servers, &key);
	return service ? service->until : GP_SERVICE_NONE;
}

/* enum gp_service of the port, or GP_SERVICE_BY_SERVER. */
INLINE __u8 service_by_port(__u16 port)
{
	__u32 zero = 0;
	const struct gp_ports *ports = TABLE_FIND(port_services, &zero);
	__u32 index = port;

	OPAQUE(index); /* a verifier before Linux 6.14 does not know how large a number is whose bytes were swapped */
	return ports ? ports->service[index & 0xffff] : GP_SERVICE_NONE;
}

/* `service`: what is said by the packet's port. */
INLINE __u8 service_of(const struct packet *packet, __u8 service)
{
	if (service == GP_SERVICE_BY_SERVER)
		service = service_by_server(packet);
	return service < GP_SERVICE_MAX ? service : GP_SERVICE_NONE;
}

INLINE void prefix_key_of(__u64 source, struct gp_prefix_key *key)
{
	__u64 source_be = bpf_cpu_to_be64(source);

	key->bits = GP_SOURCE_BITS;
	__builtin_memcpy(key->source_be, &source_be, sizeof(source_be));
}

#endif
