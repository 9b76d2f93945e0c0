/* Sampling by llama-server's names. */
#include "base/json.h"
#include "routes/native/native_write.h"

static void write_number(const char *key, double value, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "\"%s\":", key);
    hearth_json_write_float(buf, (float)value);
    hearth_buf_char(buf, ',');
}

void hearth_native_write_settings(const struct hearth_sampling *sampling, struct hearth_buf *buf)
{
    const struct {
        const char *key;
        double value;
    } rows[] = {
        {"temperature", (double)sampling->temperature},
        {"dynatemp_range", (double)sampling->dynamic_range},
        {"dynatemp_exponent", (double)sampling->dynamic_exponent},
        {"top_k", sampling->top_k},
        {"top_p", (double)sampling->top_p},
        {"min_p", (double)sampling->min_p},
        {"top_n_sigma", (double)sampling->top_n_sigma},
        {"typical_p", (double)sampling->typical_p},
        {"xtc_probability", (double)sampling->xtc_probability},
        {"xtc_threshold", (double)sampling->xtc_threshold},
        {"repeat_last_n", sampling->repeat_last_n},
        {"repeat_penalty", (double)sampling->repeat_penalty},
        {"presence_penalty", (double)sampling->presence_penalty},
        {"frequency_penalty", (double)sampling->frequency_penalty},
        {"dry_multiplier", (double)sampling->dry_multiplier},
        {"dry_base", (double)sampling->dry_base},
        {"dry_allowed_length", sampling->dry_allowed_length},
        {"dry_penalty_last_n", sampling->dry_penalty_last_n},
        {"n_predict", sampling->max_tokens ? (double)sampling->max_tokens : -1},
        {"n_probs", sampling->top_logprobs},
    };
    hearth_buf_char(buf, '{');
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_number(rows[i].key, rows[i].value, buf);
    hearth_buf_printf(buf,
                      "\"seed\":%llu,\"ignore_eos\":%s,\"mirostat\":0,\"samplers\":[\"penalties\","
                      "\"dry\",\"top_n_sigma\",\"top_k\",\"typ_p\",\"top_p\",\"min_p\",\"xtc\","
                      "\"temperature\"]}",
                      (unsigned long long)sampling->seed, sampling->ignore_eos ? "true" : "false");
}
