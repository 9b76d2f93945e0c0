#include "base/digest.h"

#include "base/memory.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Hides OpenSSL's type, so that its headers stay in this file. */
struct hearth_sha256 {
    EVP_MD_CTX *evp;
};

struct hearth_sha256 *hearth_sha256_create(void)
{
    struct hearth_sha256 *digest = hearth_calloc(1, sizeof(*digest));
    digest->evp = EVP_MD_CTX_new();
    /* These fail only without memory for a few hundred bytes, or when OpenSSL is broken; a wrong
     * digest would be worse than an end. */
    if (!digest->evp || EVP_DigestInit_ex(digest->evp, EVP_sha256(), NULL) != 1)
        abort();
    return digest;
}

void hearth_sha256_destroy(struct hearth_sha256 *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->evp);
    hearth_free(digest);
}

void hearth_sha256_update(struct hearth_sha256 *digest, const void *bytes, size_t length)
{
    if (EVP_DigestUpdate(digest->evp, bytes, length) != 1)
        abort();
}

void hearth_sha256_hex(struct hearth_sha256 *digest, char ret_hex[HEARTH_SHA256_HEX])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(digest->evp, sum, &length) != 1 || length != 32)
        abort();
    hearth_hex(sum, length, ret_hex);
}

bool hearth_sha256_valid(const char *text)
{
    /* Looks at no more than 65 bytes of a text that may be a stranger's. */
    return strnlen(text, HEARTH_SHA256_HEX) == HEARTH_SHA256_HEX - 1 &&
           strspn(text, "0123456789abcdef") == HEARTH_SHA256_HEX - 1;
}

void hearth_sha256_of(const void *bytes, size_t length, char ret_hex[HEARTH_SHA256_HEX])
{
    struct hearth_sha256 *digest = hearth_sha256_create();
    hearth_sha256_update(digest, bytes, length);
    hearth_sha256_hex(digest, ret_hex);
    hearth_sha256_destroy(digest);
}

void hearth_random_bytes(void *ret_bytes, size_t length)
{
    char *out = ret_bytes;
    while (length) {
        /* Blocks only early in the machine's start, before the kernel has gathered randomness
         * (getrandom(2)). */
        ssize_t got = getrandom(out, length, 0);
        if (got <= 0)
            abort();
        out += got;
        length -= (size_t)got;
    }
}

/* It fails like the digest: only when OpenSSL is broken. */
void hearth_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        char ret_hex[HEARTH_SHA256_HEX])
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned raw_length = 0;
    if (!HMAC(EVP_sha256(), key, (int)key_length, bytes, length, raw, &raw_length))
        abort();
    hearth_hex(raw, raw_length, ret_hex);
}
