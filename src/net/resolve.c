#include "net/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Copied, because a sockaddr need not be aligned for what it holds. */
bool hearth_resolve_bytes(const struct sockaddr *address,
                          bool (*takes)(void *argument, const unsigned char *address,
                                        unsigned length),
                          void *argument)
{
    unsigned char bytes[16];
    if (address->sa_family == AF_INET) {
        memcpy(bytes, (const char *)address + offsetof(struct sockaddr_in, sin_addr), 4);
        return takes(argument, bytes, 4);
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(bytes, (const char *)address + offsetof(struct sockaddr_in6, sin6_addr), 16);
    return takes(argument, bytes, 16);
}

bool hearth_resolve_all(const char *host,
                        bool (*takes)(void *argument, const unsigned char *address,
                                      unsigned length),
                        void *argument)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    bool all = true;
    if (getaddrinfo(host, NULL, &hints, &addresses))
        return true;
    for (const struct addrinfo *one = addresses; one && all; one = one->ai_next)
        all = hearth_resolve_bytes(one->ai_addr, takes, argument);
    freeaddrinfo(addresses);
    return all;
}
