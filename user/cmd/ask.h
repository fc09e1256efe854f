/* SPDX-License-Identifier: BSD-2-Clause */
/* For commands that ask the daemon in their own way. */
#ifndef GATEPOST_ASK_H
#define GATEPOST_ASK_H

#include "user/control/control.h"

const char *ask_socket(void); /* of the environment, or the usual one */
/* It could not be asked: says why. Returns the exit code. */
int ask_failed(const char *socket, int error);

#endif
