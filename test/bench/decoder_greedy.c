/* Where greedy text of our own decoder parts from llama-server's, and how near a tie that was; for
 * test/bench/fidelity.py.
 *
 *     bench_decoder_greedy MODEL < PROMPTS
 *
 * A line of PROMPTS: the tokens of a prompt, "|", and the tokens that llama-server went on with.
 * For each a line of its own: "same COUNT", or where the first difference is: its place, how far
 * our likeliest token was above the server's choice in our own logits and in those of f32 weights
 * (below 0: f32 prefers the server's), and the divergence of ours and of libllama's from f32
 * there. */
#include "two_decoders.h"

#include <unistd.h>

enum { TOKENS_MAX = 1024, LINE_MAX_BYTES = 1 << 16 };

/* Numbers with spaces between them, up to what is none. */
static uint32_t read_tokens(char **at, int32_t *tokens)
{
    uint32_t count = 0;
    for (char *end;; *at = end) {
        long token = strtol(*at, &end, 10);
        if (end == *at || count == TOKENS_MAX)
            return count;
        tokens[count++] = (int32_t)token;
    }
}

/* The logits of the last of `count` tokens. */
static const float *logits_behind(struct hearth_decoder *decoder, const int32_t *tokens,
                                  uint32_t count)
{
    uint32_t first = hearth_decoder_length(decoder, 0), chunk = 0;
    for (; first < count; first += chunk) {
        chunk = count - first < CHUNK ? count - first : CHUNK;
        step_own(decoder, tokens + first, chunk);
    }
    return hearth_decoder_result(decoder, chunk - 1);
}

static const float *library_behind(struct llama_context *library, const int32_t *tokens,
                                   uint32_t count)
{
    uint32_t chunk = 0;
    for (uint32_t first = 0; first < count; first += chunk) {
        chunk = count - first < CHUNK ? count - first : CHUNK;
        step_library(library, tokens + first, first, chunk);
    }
    return llama_get_logits_ith(library, (int32_t)chunk - 1);
}

static void tell_difference(struct two_decoders *two, const int32_t *tokens, uint32_t count,
                            const float *own, uint32_t chosen, int32_t theirs)
{
    const float *reference = logits_behind(two->reference, tokens, count);
    const float *library = library_behind(two->library, tokens, count);
    printf("gap %.4f gap_f32 %.4f kl_own %.5f kl_library %.5f", (double)(own[chosen] - own[theirs]),
           (double)(reference[chosen] - reference[theirs]), divergence(reference, own, two->words),
           divergence(reference, library, two->words));
    printf(" f32_chooses %s\n", likeliest(reference, two->words) == chosen             ? "own"
                                : likeliest(reference, two->words) == (uint32_t)theirs ? "server"
                                                                                       : "another");
}

static void compare_line(struct two_decoders *two, char *line)
{
    static int32_t tokens[2 * TOKENS_MAX], theirs[TOKENS_MAX];
    uint32_t prompt = read_tokens(&line, tokens);
    line = strchr(line, '|');
    uint32_t count = line != NULL && *line++ == '|' ? read_tokens(&line, theirs) : 0;
    if (prompt == 0 || count == 0 || prompt + count > two->context)
        give_up("a line without tokens, or with too many");
    forget_all(two);
    for (uint32_t i = 0; i < count; i++) {
        const float *own = logits_behind(two->own, tokens, prompt + i);
        uint32_t chosen = likeliest(own, two->words);
        if (chosen != (uint32_t)theirs[i]) {
            printf("differs at %u of %u ", i, count);
            tell_difference(two, tokens, prompt + i, own, chosen, theirs[i]);
            return;
        }
        tokens[prompt + i] = theirs[i];
    }
    printf("same %u\n", count);
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES];
    char reference[] = "/tmp/hearth-fidelity-XXXXXX";
    int descriptor = mkstemp(reference);
    if (argc != 2 || descriptor < 0)
        give_up("bench_decoder_greedy MODEL < PROMPTS");
    close(descriptor);
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = LLAMA_FTYPE_ALL_F32;
    params.allow_requantize = true;
    llama_log_set(only_errors, NULL);
    if (llama_model_quantize(argv[1], reference, &params) != 0)
        give_up("llama.cpp cannot dequantize the model");
    struct two_decoders two = open_two(argv[1], reference, TOKENS_MAX);
    unlink(reference);
    while (fgets(line, sizeof(line), stdin) != NULL)
        compare_line(&two, line);
    close_two(&two);
    return 0;
}
