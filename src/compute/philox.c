#include "compute/philox.h"

enum { ROUNDS = 10 };

/* Multipliers and Weyl constants of the paper: those of the key are the golden ratio and √3 − 1. */
#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u

void hearth_philox(uint64_t key, const uint32_t counter[4], uint32_t ret_words[4])
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t w0 = counter[0], w1 = counter[1], w2 = counter[2], w3 = counter[3];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t a = (uint64_t)MULTIPLIER_0 * w0, b = (uint64_t)MULTIPLIER_1 * w2;
        w0 = (uint32_t)(b >> 32) ^ w1 ^ k0;
        w2 = (uint32_t)(a >> 32) ^ w3 ^ k1;
        w1 = (uint32_t)b;
        w3 = (uint32_t)a;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    ret_words[0] = w0;
    ret_words[1] = w1;
    ret_words[2] = w2;
    ret_words[3] = w3;
}

double hearth_philox_uniform(uint64_t seed, uint32_t position, uint32_t use, uint32_t number)
{
    uint32_t words[4];
    hearth_philox(seed, (const uint32_t[4]){position, use, number, 0}, words);
    uint64_t bits = ((uint64_t)words[0] << 32 | words[1]) >> 11;
    return (double)bits * 0x1p-53;
}
