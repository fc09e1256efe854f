/* SPDX-License-Identifier: BSD-2-Clause */
/* Switches the offloads of an interface off: transmit checksum, TSO, GSO, GRO. Like "ethtool -K IFACE tx off ...",
 * without the package; a veth pair otherwise passes on unfilled checksums and packets of up to 64 KiB, which no wire
 * carries. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	static const __u32 offloads[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM};
	struct ifreq request = {0};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2 || sock < 0 || strlen(argv[1]) >= IFNAMSIZ) {
		fprintf(stderr, "usage: offload IFACE\n");
		return 2;
	}
	strcpy(request.ifr_name, argv[1]);
	for (size_t i = 0; i < sizeof(offloads) / sizeof(*offloads); i++) {
		struct ethtool_value value = {.cmd = offloads[i], .data = 0};

		request.ifr_data = (char *)&value;
		if (ioctl(sock, SIOCETHTOOL, &request)) {
			fprintf(stderr, "offload: %s: %s\n", argv[1], strerror(errno));
			return 1;
		}
	}
	return 0;
}
