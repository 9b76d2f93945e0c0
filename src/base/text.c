#include "base/text.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int hearth_parse_int(const char *text, int64_t low, int64_t high, int64_t *ret_value)
{
    bool negative = *text == '-';
    const char *digit = text + (negative ? 1 : 0);
    if (!*digit)
        return HEARTH_EPARSE;
    int64_t value = 0;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return HEARTH_EPARSE;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *digit - '0', &value))
            return HEARTH_EPARSE;
    }
    /* Counted downwards, because the smallest number has no positive twin. */
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return HEARTH_EPARSE;
    if (value < low || value > high)
        return HEARTH_EPARSE;
    *ret_value = value;
    return 0;
}

/* strtod alone would also take "inf", "nan", hexadecimal numbers and blanks before. */
int hearth_parse_double(const char *text, double *ret_value)
{
    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return HEARTH_EPARSE;
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !isfinite(value))
        return HEARTH_EPARSE;
    *ret_value = value;
    return 0;
}

/* A unit's name and what one of it is in the smallest unit. */
struct unit {
    const char *name;
    uint64_t factor;
};

/* A decimal number, maybe with a fraction, and one of the units. */
static int parse_with_unit(const char *text, const struct unit *units, size_t count,
                           uint64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789.");
    char number[32];
    if (digits == 0 || digits >= sizeof(number))
        return HEARTH_EPARSE;
    memcpy(number, text, digits);
    number[digits] = '\0';
    double value;
    if (hearth_parse_double(number, &value))
        return HEARTH_EPARSE;
    /* "10 MB" is as good as "10MB". */
    while (text[digits] == ' ')
        digits++;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text + digits, units[i].name) != 0)
            continue;
        double scaled = value * (double)units[i].factor;
        /* Just below 2^63, where llround would have no answer. */
        if (scaled >= 9.2e18)
            return HEARTH_EPARSE;
        *ret_value = (uint64_t)llround(scaled);
        return 0;
    }
    return HEARTH_EPARSE;
}

/* Powers of 1,024 whatever the spelling, as people mean it of memory. */
int hearth_parse_size(const char *text, uint64_t *ret_bytes)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"k", 1ull << 10},
        {"K", 1ull << 10},
        {"kB", 1ull << 10},
        {"KB", 1ull << 10},
        {"KiB", 1ull << 10},
        {"M", 1ull << 20},
        {"MB", 1ull << 20},
        {"MiB", 1ull << 20},
        {"G", 1ull << 30},
        {"GB", 1ull << 30},
        {"GiB", 1ull << 30},
        {"T", 1ull << 40},
        {"TB", 1ull << 40},
        {"TiB", 1ull << 40},
    };
    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_bytes);
}

/* A bare number is seconds, as people write timeouts. */
int hearth_parse_duration(const char *text, uint64_t *ret_ms)
{
    static const struct unit units[] = {
        {"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"min", 60000}, {"h", 3600000},
    };
    return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_ms);
}

/* Bytes of a character that starts so; 0 when none does. 0xc0 and 0xc1 would begin overlong forms,
 * what is above 0xf4 lies beyond Unicode. */
static size_t width_of_lead(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/* Table 3-7 of the Unicode standard: the allowed second byte depends on the first. */
static bool may_be_second(unsigned char lead, unsigned char second)
{
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

size_t hearth_utf8_width(const char *text, size_t length)
{
    const unsigned char *b = (const unsigned char *)text;
    size_t width = length ? width_of_lead(b[0]) : 0;
    if (length < width || (width > 1 && !may_be_second(b[0], b[1])))
        return 0;
    for (size_t i = 2; i < width; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    return width;
}

/* RFC 3629. */
bool hearth_utf8_valid(const char *text, size_t length)
{
    while (length) {
        size_t width = hearth_utf8_width(text, length);
        if (!width)
            return false;
        text += width;
        length -= width;
    }
    return true;
}

size_t hearth_utf8_whole(const char *text, size_t length)
{
    /* A character has at most four bytes, so its first is among the last three when it is not
     * whole. */
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char c = (unsigned char)text[length - back];
        if ((c & 0xc0) == 0x80)
            continue;
        bool may_grow = back == 1 || may_be_second(c, (unsigned char)text[length - back + 1]);
        return may_grow && width_of_lead(c) > back ? length - back : length;
    }
    return length;
}

void hearth_hex(const void *bytes, size_t length, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *b = bytes;
    for (size_t i = 0; i < length; i++) {
        ret_hex[2 * i] = digits[b[i] >> 4];
        ret_hex[2 * i + 1] = digits[b[i] & 15];
    }
    ret_hex[2 * length] = '\0';
}

/* Room for all of it first, so that the loop needs no checks. */
int hearth_base64_append(struct hearth_buf *buf, const void *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (length > SIZE_MAX / 2)
        return HEARTH_ETOOLARGE;
    int rc = hearth_buf_reserve(buf, (length + 2) / 3 * 4);
    if (rc)
        return rc;
    const unsigned char *b = bytes;
    char *out = buf->bytes + buf->length;
    size_t i = 0;
    for (; i + 3 <= length; i += 3, out += 4) {
        /* Three bytes are four digits of 6 bits each (RFC 4648, section 4). */
        uint32_t word = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 | b[i + 2];
        out[0] = digits[word >> 18];
        out[1] = digits[word >> 12 & 63];
        out[2] = digits[word >> 6 & 63];
        out[3] = digits[word & 63];
    }
    /* One or two bytes are left: the digits that they do not reach become '='. */
    if (i < length) {
        uint32_t word = (uint32_t)b[i] << 16 | (i + 1 < length ? (uint32_t)b[i + 1] << 8 : 0);
        out[0] = digits[word >> 18 & 63];
        out[1] = digits[word >> 12 & 63];
        out[2] = i + 1 < length ? digits[word >> 6 & 63] : '=';
        out[3] = '=';
    }
    buf->length += (length + 2) / 3 * 4;
    return 0;
}

bool hearth_text_ends(const char *text, const char *end)
{
    size_t length = strlen(text), want = strlen(end);
    return length >= want && strcmp(text + length - want, end) == 0;
}

int hearth_text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By the address, not by its spelling: 127.1.2.3 is this machine too. */
bool hearth_host_is_loopback(const char *host)
{
    char bare[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    size_t length = strlen(host), bracket = *host == '[';
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (length >= sizeof(bare) || (bracket && host[length - 1] != ']'))
        return false;
    snprintf(bare, sizeof(bare), "%.*s", (int)(length - 2 * bracket), host + bracket);
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Every byte of `a` is looked at whatever was found before: the time must not tell how far a guess
 * was right. */
bool hearth_secret_equal(const char *a, size_t a_length, const char *b, size_t b_length)
{
    volatile unsigned char difference = a_length != b_length;
    for (size_t i = 0; i < a_length; i++)
        difference |= (unsigned char)(a[i] ^ (b_length ? b[i % b_length] : 0));
    return difference == 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters added, left out, changed, or swapped with their neighbour (optimal string alignment). */
static size_t edit_distance(const char *a, const char *b)
{
    /* Words are keys and names. Longer ones are never suggested, which bounds the time. */
    enum { LIMIT = 64 };
    size_t n = strlen(a), m = strlen(b), rows[3][LIMIT + 1];
    if (n > LIMIT || m > LIMIT)
        return LIMIT;
    /* Three rows of the table are enough: a swap looks two rows back. They take turns, so the
     * oldest becomes the next. */
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(row[j - 1], above[j]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 1);
            row[j] = best;
        }
    }
    return row[m];
}

const char *hearth_nearest_word(const char *word, const char *const *candidates)
{
    /* Of short words a third is nothing, and one slip should still be forgiven. */
    size_t allowed = strlen(word) / 3;
    if (allowed > 3)
        allowed = 3;
    if (allowed < 1)
        allowed = 1;
    const char *best = NULL;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        if (distance <= allowed) {
            best = *candidates;
            /* From here on only a nearer word is taken, so that of equally near ones the first
             * stays. */
            allowed = distance - (distance > 0);
            if (distance == 0)
                break;
        }
    }
    return best;
}

static bool is_name_character(char c, bool first)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return !first && (c == '.' || c == '_' || c == '-');
}

/* Names of digits alone are refused, because a number is taken for an id. */
bool hearth_model_name_valid(const char *name)
{
    size_t length = strnlen(name, 97);
    if (length == 0 || length > 96 || strspn(name, "0123456789") == length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(name[i], i == 0))
            return false;
    return true;
}

/* 255 bytes is the longest name that Linux's file systems take. */
static bool is_inner_part(const char *part, size_t length)
{
    bool is_dots =
        (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.');
    return length > 0 && length <= 255 && !is_dots;
}

/* An absolute path begins with an empty part, and is refused by that. */
bool hearth_inner_path_valid(const char *path)
{
    enum { PATH_BYTES_MAX = 512 };
    size_t length = strnlen(path, PATH_BYTES_MAX + 1);
    if (length > PATH_BYTES_MAX || !hearth_utf8_valid(path, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == 0x7f || path[i] == '\\')
            return false;
    for (const char *part = path;; part++) {
        size_t part_length = strcspn(part, "/");
        if (!is_inner_part(part, part_length))
            return false;
        part += part_length;
        if (!*part)
            return true;
    }
}

void hearth_size_text(uint64_t bytes, char ret_text[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double value = (double)bytes;
    /* From there on one digit behind the point would show 1024.0. */
    while (value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    snprintf(ret_text, 16, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

const char *hearth_message_sentence(const char *message)
{
    for (const char *at = strchr(message, ':'); at; at = strchr(at + 1, ':')) {
        /* ":12: " is the line of a place in a source; other colons belong to the sentence. */
        const char *end = at + 1 + strspn(at + 1, "0123456789");
        if (end > at + 1 && end[0] == ':' && end[1] == ' ')
            return end + 2;
    }
    return message;
}
