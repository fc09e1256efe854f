/* SPDX-License-Identifier: BSD-2-Clause */
/* Which software a server is, by what it has said so far: what else it says is guessed by what it is alike to. */
#ifndef GATEPOST_FAMILY_H
#define GATEPOST_FAMILY_H

#include "user/shape/profile.h"

/* The one of `count` families of the profile's protocol that it is most alike to; NULL: it is not alike to any. */
const struct profile *family_of(const struct profile *families, uint32_t count, const struct profile *profile);

#endif
