/* Made by scripts/generate from api/schemas/; do not edit. */
#ifndef HEARTH_GATEWAY_SCHEMAS_GEN_H
#define HEARTH_GATEWAY_SCHEMAS_GEN_H

#include "base/schema.h"

extern const struct hearth_schema hearth_schema_parameters;
extern const struct hearth_schema hearth_schema_infer_request;
extern const struct hearth_schema hearth_schema_inference_request;
extern const struct hearth_schema hearth_schema_tokenize_request;
extern const struct hearth_schema hearth_schema_detokenize_request;
extern const struct hearth_schema hearth_schema_tags;
extern const struct hearth_schema hearth_schema_settings;
extern const struct hearth_schema hearth_schema_model_create;
extern const struct hearth_schema hearth_schema_version_create;
extern const struct hearth_schema hearth_schema_model_update;
extern const struct hearth_schema hearth_schema_alias_set;
extern const struct hearth_schema hearth_schema_native_prompt;
extern const struct hearth_schema hearth_schema_native_completion_request;
extern const struct hearth_schema hearth_schema_native_infill_request;
extern const struct hearth_schema hearth_schema_native_template_request;
extern const struct hearth_schema hearth_schema_ollama_options;
extern const struct hearth_schema hearth_schema_ollama_tool_call;
extern const struct hearth_schema hearth_schema_ollama_message;
extern const struct hearth_schema hearth_schema_ollama_chat_request;
extern const struct hearth_schema hearth_schema_ollama_generate_request;
extern const struct hearth_schema hearth_schema_ollama_embed_request;
extern const struct hearth_schema hearth_schema_ollama_embeddings_request;
extern const struct hearth_schema hearth_schema_ollama_show_request;
extern const struct hearth_schema hearth_schema_ollama_pull_request;
extern const struct hearth_schema hearth_schema_ollama_copy_request;
extern const struct hearth_schema hearth_schema_ollama_delete_request;
extern const struct hearth_schema hearth_schema_text_part;
extern const struct hearth_schema hearth_schema_content;
extern const struct hearth_schema hearth_schema_tool_call;
extern const struct hearth_schema hearth_schema_message;
extern const struct hearth_schema hearth_schema_function;
extern const struct hearth_schema hearth_schema_tool;
extern const struct hearth_schema hearth_schema_stream_options;
extern const struct hearth_schema hearth_schema_stop;
extern const struct hearth_schema hearth_schema_tokens;
extern const struct hearth_schema hearth_schema_lora;
extern const struct hearth_schema hearth_schema_dry_breakers;
extern const struct hearth_schema hearth_schema_logit_bias;
extern const struct hearth_schema hearth_schema_response_format;
extern const struct hearth_schema hearth_schema_chat_request;
extern const struct hearth_schema hearth_schema_completion_request;
extern const struct hearth_schema hearth_schema_embedding_request;
extern const struct hearth_schema hearth_schema_time_limit;
extern const struct hearth_schema hearth_schema_rerank_request;
extern const struct hearth_schema hearth_schema_embed_request;
extern const struct hearth_schema hearth_schema_cohere_embed_request;
extern const struct hearth_schema hearth_schema_score_texts;
extern const struct hearth_schema hearth_schema_score_request;
extern const struct hearth_schema hearth_schema_predict_request;
extern const struct hearth_schema hearth_schema_batch_create;

#endif
