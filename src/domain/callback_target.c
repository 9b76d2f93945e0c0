#include "domain/callback_target.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { URL_MAX = 2048 };

static int fault(struct hearth_error *error, const char *what)
{
    return hearth_error_set(error, HEARTH_EINVAL, "%s", what);
}

/* Control characters, spaces and what programs read differently ('\\', '@') are in no address that
 * we send to. */
static bool is_plain(const char *url)
{
    size_t length = strnlen(url, URL_MAX + 1);
    for (size_t i = 0; i < length; i++)
        if (url[i] <= 0x20 || url[i] >= 0x7f || strchr("\\@\"<>^`{|}", url[i]))
            return false;
    return length <= URL_MAX;
}

/* What stands in brackets is an IPv6 address; a name has letters, digits, dots and dashes. */
static size_t host_length(const char *text, bool in_brackets)
{
    return strspn(text, in_brackets ? "0123456789abcdefABCDEF:."
                                    : "0123456789abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-");
}

static bool is_listed(const char *host, const char *const *hosts)
{
    for (size_t i = 0; hosts && hosts[i]; i++)
        if (strcasecmp(hosts[i], host) == 0)
            return true;
    return false;
}

/* Behind the host: nothing, a port, a path or a query. */
static int parse_port(const char *text, uint16_t *port)
{
    char digits[8];
    int64_t value;
    size_t length = *text == ':' ? strspn(text + 1, "0123456789") : 0;
    if (*text == ':') {
        snprintf(digits, sizeof(digits), "%.*s", (int)length, text + 1);
        if (hearth_parse_int(digits, 1, UINT16_MAX, &value))
            return HEARTH_EINVAL;
        *port = (uint16_t)value;
        text += 1 + length;
    }
    return *text && !strchr("/?", *text) ? HEARTH_EINVAL : 0;
}

int hearth_callback_target_parse(const char *url, const char *const *hosts,
                                 struct hearth_callback_target *ret_target,
                                 struct hearth_error *error)
{
    struct hearth_callback_target target = {.port = 80};
    bool secure = strncasecmp(url, "https://", 8) == 0;
    if (!is_plain(url))
        return fault(error, "must be plain text of at most 2,048 characters, without a user");
    if (!secure && strncasecmp(url, "http://", 7) != 0)
        return fault(error, "must begin with http:// or https://");
    const char *host = url + (secure ? 8 : 7);
    bool in_brackets = *host == '[';
    host += in_brackets;
    size_t length = host_length(host, in_brackets);
    const char *rest = host + length;
    if (!length || length >= sizeof(target.host) || (in_brackets && *rest++ != ']'))
        return fault(error, "names no host");
    target.port = secure ? 443 : 80;
    if (parse_port(rest, &target.port))
        return fault(error, "has something else than a port and a path behind its host");
    memcpy(target.host, host, length);
    target.is_loopback = hearth_host_is_loopback(target.host);
    if (!target.is_loopback && !is_listed(target.host, hosts))
        return hearth_error_set(error, HEARTH_EINVAL,
                                "names %.100s, which is neither this machine nor a host of the "
                                "setting callback_hosts",
                                target.host);
    *ret_target = target;
    return 0;
}

struct range {
    unsigned char prefix[4], bits;
};

/* RFC 6890 and its successors: what is no host of the open network. */
static bool is_special4(const unsigned char *address)
{
    static const struct range ranges[] = {
        {{0}, 8},
        {{10}, 8},
        {{100, 64}, 10},
        {{127}, 8},
        {{169, 254}, 16},
        {{172, 16}, 12},
        {{192, 0, 0}, 24},
        {{192, 0, 2}, 24},
        {{192, 88, 99}, 24},
        {{192, 168}, 16},
        {{198, 18}, 15},
        {{198, 51, 100}, 24},
        {{203, 0, 113}, 24},
        {{224}, 4},
        {{240}, 4},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        bool same = true;
        for (unsigned bit = 0; same && bit < ranges[i].bits; bit++) {
            unsigned mask = 0x80u >> (bit % 8);
            same = ((address[bit / 8] ^ ranges[i].prefix[bit / 8]) & mask) == 0;
        }
        if (same)
            return true;
    }
    return false;
}

/* IPv4 in disguise (RFC 4291 2.5.5, RFC 6052, RFC 3056) counts as that IPv4. Of the rest only
 * 2000::/3 is the open network. */
static const unsigned char *inner4(const unsigned char *address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(address, mapped, 12) == 0 || memcmp(address, nat64, 12) == 0)
        return address + 12;
    return address[0] == 0x20 && address[1] == 0x02 ? address + 2 : NULL;
}

static bool is_special(const unsigned char *address, unsigned length)
{
    const unsigned char *ipv4 = length == 4 ? address : inner4(address);
    if (ipv4)
        return is_special4(ipv4);
    return (address[0] & 0xe0) != 0x20;
}

static bool is_own(const unsigned char *address, unsigned length)
{
    static const unsigned char loopback6[16] = {[15] = 1};
    return length == 4 ? address[0] == 127 : memcmp(address, loopback6, 16) == 0;
}

bool hearth_callback_address_allowed(const struct hearth_callback_target *target,
                                     const unsigned char *address, unsigned length,
                                     bool allows_private)
{
    if (length != 4 && length != 16)
        return false;
    if (target->is_loopback || is_own(address, length))
        return target->is_loopback && is_own(address, length);
    return allows_private || !is_special(address, length);
}
