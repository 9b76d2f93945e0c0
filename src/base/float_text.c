#include "base/float_text.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    FRACTION_BITS = 23,
    EXPONENT_BIAS = 127 + FRACTION_BITS,
    POWER_LEAST = -31, /* of ten, that a float may need */
    POWER_MOST = 45,
    FIXED_LEAST = -5, /* exponent of the first digit; smaller numbers are written with an e */
    FIXED_MOST = 8,
};

/* 10^k / 2^(floor(log2(10^k)) - 63), rounded up: 64 bits, the first of them set. */
static const uint64_t powers[POWER_MOST - POWER_LEAST + 1] = {
    0x81ceb32c4b43fcf5, 0xa2425ff75e14fc32, 0xcad2f7f5359a3b3f, 0xfd87b5f28300ca0e,
    0x9e74d1b791e07e49, 0xc612062576589ddb, 0xf79687aed3eec552, 0x9abe14cd44753b53,
    0xc16d9a0095928a28, 0xf1c90080baf72cb2, 0x971da05074da7bef, 0xbce5086492111aeb,
    0xec1e4a7db69561a6, 0x9392ee8e921d5d08, 0xb877aa3236a4b44a, 0xe69594bec44de15c,
    0x901d7cf73ab0acda, 0xb424dc35095cd810, 0xe12e13424bb40e14, 0x8cbccc096f5088cc,
    0xafebff0bcb24aaff, 0xdbe6fecebdedd5bf, 0x89705f4136b4a598, 0xabcc77118461cefd,
    0xd6bf94d5e57a42bd, 0x8637bd05af6c69b6, 0xa7c5ac471b478424, 0xd1b71758e219652c,
    0x83126e978d4fdf3c, 0xa3d70a3d70a3d70b, 0xcccccccccccccccd, 0x8000000000000000,
    0xa000000000000000, 0xc800000000000000, 0xfa00000000000000, 0x9c40000000000000,
    0xc350000000000000, 0xf424000000000000, 0x9896800000000000, 0xbebc200000000000,
    0xee6b280000000000, 0x9502f90000000000, 0xba43b74000000000, 0xe8d4a51000000000,
    0x9184e72a00000000, 0xb5e620f480000000, 0xe35fa931a0000000, 0x8e1bc9bf04000000,
    0xb1a2bc2ec5000000, 0xde0b6b3a76400000, 0x8ac7230489e80000, 0xad78ebc5ac620000,
    0xd8d726b7177a8000, 0x878678326eac9000, 0xa968163f0a57b400, 0xd3c21bcecceda100,
    0x84595161401484a0, 0xa56fa5b99019a5c8, 0xcecb8f27f4200f3a, 0x813f3978f8940985,
    0xa18f07d736b90be6, 0xc9f2c9cd04674edf, 0xfc6f7c4045812297, 0x9dc5ada82b70b59e,
    0xc5371912364ce306, 0xf684df56c3e01bc7, 0x9a130b963a6c115d, 0xc097ce7bc90715b4,
    0xf0bdc21abb48db21, 0x96769950b50d88f5, 0xbc143fa4e250eb32, 0xeb194f8e1ae525fe,
    0x92efd1b8d0cf37bf, 0xb7abc627050305ae, 0xe596b7b0c643c71a, 0x8f7e32ce7bea5c70,
    0xb35dbf821ae4f38c,
};

struct decimal {
    uint32_t digits;
    int exponent; /* value = digits × 10^exponent */
};

/* floor(log2(10^power)): log2(10) is 1741647 / 2^19, exact enough for the powers that a float
 * needs. */
static int floor_log2_of_power10(int power)
{
    return (power * 1741647) >> 19;
}

/* floor(log10(2^q)), or of three quarters of it, which is what the interval below a power of two
 * asks: log10(2) is 1262611 / 2^22, and -log10(3/4) is 524031 / 2^22. */
static int floor_log10_of_power2(int q, bool three_quarters)
{
    return (q * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* floor(g × c / 2^64) with the lowest bit set when something was cut off ("round to odd"). */
static uint32_t scaled(uint64_t g, uint32_t c)
{
    unsigned __int128 product = (unsigned __int128)g * c;
    uint32_t whole = (uint32_t)(product >> 64);
    uint32_t rest = (uint32_t)((uint64_t)product >> 32);
    return whole | (rest > 1);
}

/* c × 2^q between its neighbours' midpoints, all times four: the shortest decimal in between.
 * `is_even`: the ends belong to the interval, because ties are read to even. */
static struct decimal shortest(uint32_t c, int q, bool lower_is_nearer)
{
    bool is_even = (c & 1) == 0;
    int k = floor_log10_of_power2(q, lower_is_nearer);
    int shift = q + floor_log2_of_power10(-k) + 1;
    uint64_t power = powers[-k - POWER_LEAST];
    uint32_t middle = scaled(power, (4 * c) << shift);
    uint32_t low = scaled(power, (4 * c - 2 + lower_is_nearer) << shift) + !is_even;
    uint32_t high = scaled(power, (4 * c + 2) << shift) - !is_even;
    uint32_t floor = middle / 4;
    if (floor >= 10) {
        /* A digit less, if exactly one of the two neighbours with it lies in the interval. */
        uint32_t tens = floor / 10;
        bool below_fits = low <= 40 * tens, above_fits = 40 * tens + 40 <= high;
        if (below_fits != above_fits)
            return (struct decimal){tens + above_fits, k + 1};
    }
    bool below_fits = low <= 4 * floor, above_fits = 4 * floor + 4 <= high;
    if (below_fits != above_fits)
        return (struct decimal){floor + above_fits, k};
    /* Both neighbours fit, or neither: the nearer one, and of two equally near ones the even one.
     */
    uint32_t half = 4 * floor + 2;
    bool up = middle > half || (middle == half && (floor & 1));
    return (struct decimal){floor + up, k};
}

static struct decimal decimal_of(uint32_t bits)
{
    uint32_t fraction = bits & ((1u << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS & 255);
    /* Subnormal numbers (IEEE 754, 3.4): no hidden bit, and the exponent of the smallest normal
     * one. */
    if (exponent == 0)
        return shortest(fraction, 1 - EXPONENT_BIAS, false);
    uint32_t c = fraction | 1u << FRACTION_BITS;
    int q = exponent - EXPONENT_BIAS;
    /* Whole numbers below 2^24 are their own digits, which is quicker and always shortest. */
    if (q <= 0 && q >= -FRACTION_BITS && (c & ((1u << -q) - 1)) == 0)
        return (struct decimal){c >> -q, 0}; /* a whole number */
    return shortest(c, q, fraction == 0 && exponent > 1);
}

/* Digits of a number below 10^9, without zeros at the end; returns how many, and adds the zeros
 * that it left out to the exponent. */
static int write_digits(struct decimal *decimal, char digits[10])
{
    char reversed[10];
    int count = 0;
    uint32_t rest = decimal->digits;
    while (rest % 10 == 0) {
        rest /= 10;
        decimal->exponent++;
    }
    for (; rest; rest /= 10)
        reversed[count++] = (char)('0' + rest % 10);
    for (int i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    return count;
}

static char *put(char *at, const char *digits, int count)
{
    memcpy(at, digits, (size_t)count);
    return at + count;
}

static char *put_zeros(char *at, int count)
{
    memset(at, '0', (size_t)count);
    return at + count;
}

static char *put_exponent(char *at, const char *digits, int count, int first)
{
    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        at = put(at, digits + 1, count - 1);
    }
    *at++ = 'e';
    if (first < 0)
        *at++ = '-';
    int size = first < 0 ? -first : first;
    if (size >= 10)
        *at++ = (char)('0' + size / 10);
    *at++ = (char)('0' + size % 10);
    return at;
}

/* `point` digits stand before the point; none when it is negative or 0. */
static char *put_fixed(char *at, const char *digits, int count, int point)
{
    if (point <= 0) {
        at = put(at, "0.", 2);
        at = put_zeros(at, -point);
        return put(at, digits, count);
    }
    if (point >= count)
        return put_zeros(put(at, digits, count), point - count);
    at = put(at, digits, point);
    *at++ = '.';
    return put(at, digits + point, count - point);
}

size_t hearth_float_text(float value, char ret_text[HEARTH_FLOAT_TEXT_MAX])
{
    uint32_t bits;
    char digits[10] = "0", *at = ret_text;
    assert(isfinite(value));
    memcpy(&bits, &value, sizeof(bits));
    if (bits >> 31)
        *at++ = '-';
    /* The sign is written; from here on the number is positive. */
    bits &= 0x7fffffff;
    if (bits == 0) {
        *at++ = '0';
        return (size_t)(at - ret_text);
    }
    struct decimal decimal = decimal_of(bits);
    int count = write_digits(&decimal, digits);
    int first = decimal.exponent + count - 1; /* exponent of the first digit */
    at = first < FIXED_LEAST || first > FIXED_MOST ? put_exponent(at, digits, count, first)
                                                   : put_fixed(at, digits, count, first + 1);
    return (size_t)(at - ret_text);
}
