/* Vectors in the shapes of Text Embeddings Inference (/embed) and of Cohere (/v2/embed), with what
 * these leave out or call by other names; the work is that of /v1/embeddings. */
#include "gateway/answers.h"
#include "routes/openai/openai_embedding.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_subject.h"
#include "routes/openai/openai_write.h"

/* [[…], …], also of one text. Runs on the pool for long answers. */
static void write_rows(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    hearth_buf_char(buf, '[');
    for (uint32_t i = 0; i < vectors->count; i++) {
        hearth_buf_text(buf, i ? "," : "");
        hearth_vector_write(vectors, i, buf);
    }
    hearth_buf_char(buf, ']');
}

static void write_cohere(const struct hearth_vectors *vectors, struct hearth_buf *buf)
{
    char id[25];
    hearth_openai_make_id(id);
    hearth_buf_printf(buf, "{\"id\":\"%s\",\"embeddings\":{\"float\":", id);
    write_rows(vectors, buf);
    hearth_buf_printf(buf,
                      "},\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{"
                      "\"input_tokens\":%llu}},\"response_type\":\"embeddings_by_type\"}",
                      (unsigned long long)vectors->prompt_tokens);
}

/* Vectors here are as the model makes them: most have length 1 anyway. */
void hearth_route_embed(struct hearth_call *call)
{
    static const struct hearth_openai_embedding shape = {"inputs", "dimensions", write_rows};
    if (!hearth_json_truth(call->json, "normalize", true))
        hearth_answer_message(call, HEARTH_EINVAL, "normalize",
                              "vectors are given as the model makes them; leave normalize out");
    else
        hearth_openai_embed(call, &shape);
}

void hearth_route_cohere_embed(struct hearth_call *call)
{
    static const struct hearth_openai_embedding shape = {"texts", "output_dimension", write_cohere};
    hearth_openai_embed(call, &shape);
}
