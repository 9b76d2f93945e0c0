#include "store/postgres/address.h"

#include "base/error.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <string.h>

enum { URL_MAX = 4096 };

/* "p@ss@host" has the host "ss@host", "pa/ss@host" the port "pa" and the database "ss@host", and
 * "pa#ss" or "pa?ss" something alike: what is left of a password has an '@' behind it, or is no
 * number where one is due. Several ports are separated by commas. */
static bool is_plausible(const PQconninfoOption *option)
{
    if (!option->val)
        return true;
    if (strcmp(option->keyword, "port") == 0)
        return option->val[strspn(option->val, "0123456789,")] == '\0';
    bool told = strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "hostaddr") == 0 ||
                strcmp(option->keyword, "dbname") == 0 || strcmp(option->keyword, "user") == 0;
    return !told || !strchr(option->val, '@');
}

int hearth_postgres_address_check(const char *url, struct hearth_error *error)
{
    bool is_url = strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
    char *reason = NULL;
    PQconninfoOption *options =
        is_url && strnlen(url, URL_MAX + 1) <= URL_MAX ? PQconninfoParse(url, &reason) : NULL;
    PQfreemem(reason); /* it repeats the URL */
    bool plausible = options;
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        plausible = plausible && is_plausible(option);
    PQconninfoFree(options);
    if (plausible)
        return 0;
    return hearth_error_set(
        error, HEARTH_EINVAL,
        "database_url is no URL of PostgreSQL (postgresql://user:password@host:port/database, "
        "where special characters of user and password are percent-encoded)");
}
