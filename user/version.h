/* SPDX-License-Identifier: BSD-2-Clause */
/* As docs/CHANGELOG.md has it. */
#ifndef GATEPOST_VERSION_H
#define GATEPOST_VERSION_H

#define GATEPOST_VERSION "unreleased"

#endif
