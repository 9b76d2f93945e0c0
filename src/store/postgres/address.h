/* Looks at the URL of a PostgreSQL database before libpq does, so that nothing of a password ends
 * up in a message. Private to src/store/postgres. Any thread. */
#ifndef HEARTH_STORE_POSTGRES_ADDRESS_H
#define HEARTH_STORE_POSTGRES_ADDRESS_H

#include "hearth/error.h"

/* HEARTH_EINVAL, in words that repeat nothing of the URL: when it is none; and when its host, port
 * or database's name look like the end of a password that was not percent-encoded, since libpq's
 * messages tell those. */
int hearth_postgres_address_check(const char *url, struct hearth_error *error);

#endif
