/* SPDX-License-Identifier: BSD-2-Clause */
/* ClientHellos, so that JA3 and JA4 are those of the programs. */
#ifndef GATEPOST_SYNTH_CLIENT_HELLO_H
#define GATEPOST_SYNTH_CLIENT_HELLO_H

#include <stddef.h>

#include "user/synth/dice.h"
#include "user/synth/event.h"

#define CLIENT_HELLO_BYTES 2560

/* The handshake message, with its header. `name` is the server's, for those who tell it. Returns its length. */
size_t client_hello(enum synth_client client, const char *name, struct dice *dice, uint8_t bytes[CLIENT_HELLO_BYTES]);

#endif
