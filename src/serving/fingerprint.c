#include "serving/fingerprint.h"

#include "serving/vector_digest.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS = 12 };

/* "own, avx512_bf16" becomes "_own_avx512_bf16": one word, which clients may keep as a key. */
static void add_words(char *text, size_t size, const char *words)
{
    size_t at = strlen(text);
    bool gap = true;
    for (; *words != '\0' && at + 2 < size; words++) {
        bool letter = (*words >= 'a' && *words <= 'z') || (*words >= 'A' && *words <= 'Z') ||
                      (*words >= '0' && *words <= '9');
        if (letter && gap)
            text[at++] = '_';
        if (letter)
            text[at++] = *words;
        gap = !letter;
    }
    text[at] = '\0';
}

/* The context is among the parts because some networks turn positions otherwise where more than
 * their original context may come. Slots, batch and threads are not: the decoder's promise is that
 * they change nothing. */
void hearth_fingerprint_make(const struct hearth_fingerprint_parts *parts,
                             char ret_text[HEARTH_FINGERPRINT_SIZE])
{
    struct hearth_vector_digest digest;
    struct hearth_digesting *digesting = hearth_digesting_begin();
    hearth_digesting_text(digesting, HEARTH_VERSION);
    hearth_digesting_text(digesting, parts->files);
    hearth_digesting_text(digesting, parts->engine);
    hearth_digesting_text(digesting, parts->engine_json);
    hearth_digesting_text(digesting, parts->facts->adapters_digest);
    hearth_digesting_number(digesting, parts->facts->context);
    hearth_digesting_end(digesting, &digest);
    snprintf(ret_text, HEARTH_FINGERPRINT_SIZE, "fp_%.*s", DIGITS, digest.digits);
    add_words(ret_text, HEARTH_FINGERPRINT_SIZE, parts->facts->compute);
    add_words(ret_text, HEARTH_FINGERPRINT_SIZE, parts->facts->cache_type);
}
