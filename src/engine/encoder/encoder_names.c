/* Data only; encoder_names.h says what each member means. A body's names stand behind one of the
 * prefixes: the same model is saved with the prefix when it has a head, and without when it has
 * none. */
#include "engine/encoder/encoder_names.h"

/* BERT's body; RoBERTa and XLM-R are saved with the same names. */
static const struct encoder_body_names bert_body = {
    .words = "embeddings.word_embeddings",
    .positions = "embeddings.position_embeddings",
    .types = "embeddings.token_type_embeddings",
    .embedding_norm = "embeddings.LayerNorm",
    .qkv = {"encoder.layer.%zu.attention.self.query", "encoder.layer.%zu.attention.self.key",
            "encoder.layer.%zu.attention.self.value"},
    .out = "encoder.layer.%zu.attention.output.dense",
    .attention_norm = "encoder.layer.%zu.attention.output.LayerNorm",
    .up = {"encoder.layer.%zu.intermediate.dense"},
    .down = "encoder.layer.%zu.output.dense",
    .mlp_norm = "encoder.layer.%zu.output.LayerNorm",
};

/* No segments. */
static const struct encoder_body_names distilbert_body = {
    .words = "embeddings.word_embeddings",
    .positions = "embeddings.position_embeddings",
    .embedding_norm = "embeddings.LayerNorm",
    .qkv = {"transformer.layer.%zu.attention.q_lin", "transformer.layer.%zu.attention.k_lin",
            "transformer.layer.%zu.attention.v_lin"},
    .out = "transformer.layer.%zu.attention.out_lin",
    .attention_norm = "transformer.layer.%zu.sa_layer_norm",
    .up = {"transformer.layer.%zu.ffn.lin1"},
    .down = "transformer.layer.%zu.ffn.lin2",
    .mlp_norm = "transformer.layer.%zu.output_layer_norm",
};

/* Distances instead of segments: one bias for each bucket and head, shared by all layers. */
static const struct encoder_body_names mpnet_body = {
    .words = "embeddings.word_embeddings",
    .positions = "embeddings.position_embeddings",
    .embedding_norm = "embeddings.LayerNorm",
    .qkv = {"encoder.layer.%zu.attention.attn.q", "encoder.layer.%zu.attention.attn.k",
            "encoder.layer.%zu.attention.attn.v"},
    .out = "encoder.layer.%zu.attention.attn.o",
    .attention_norm = "encoder.layer.%zu.attention.LayerNorm",
    .up = {"encoder.layer.%zu.intermediate.dense"},
    .down = "encoder.layer.%zu.output.dense",
    .mlp_norm = "encoder.layer.%zu.output.LayerNorm",
    .relative_bias = "encoder.relative_attention_bias",
};

/* Rotary positions, so no table of them. fc12 makes the gate and fc11 the value, in the order of
 * struct encoder_body_names. */
static const struct encoder_body_names nomic_body = {
    .words = "embeddings.word_embeddings",
    .types = "embeddings.token_type_embeddings",
    .embedding_norm = "emb_ln",
    .qkv = {"encoder.layers.%zu.attn.Wqkv"},
    .out = "encoder.layers.%zu.attn.out_proj",
    .attention_norm = "encoder.layers.%zu.norm1",
    .up = {"encoder.layers.%zu.mlp.fc12", "encoder.layers.%zu.mlp.fc11"},
    .down = "encoder.layers.%zu.mlp.fc2",
    .mlp_norm = "encoder.layers.%zu.norm2",
};

/* Rotary positions, no segments, one matrix for gate and value, and a norm at the end, since its
 * layers norm before. */
static const struct encoder_body_names modernbert_body = {
    .words = "embeddings.tok_embeddings",
    .embedding_norm = "embeddings.norm",
    .qkv = {"layers.%zu.attn.Wqkv"},
    .out = "layers.%zu.attn.Wo",
    .attention_norm = "layers.%zu.attn_norm",
    .up = {"layers.%zu.mlp.Wi"},
    .down = "layers.%zu.mlp.Wo",
    .mlp_norm = "layers.%zu.mlp_norm",
    .final_norm = "final_norm",
};

/* In the order of prefixes in which files are tried: with a head first. */
static const struct encoder_names names[] = {
    [ENCODER_BERT] = {.prefixes = {"bert.", ""},
                      .body = &bert_body,
                      .head = "pooler.dense",
                      .head_activation = HEARTH_ACTIVATION_TANH,
                      .classifier = "classifier"},
    [ENCODER_ROBERTA] = {.prefixes = {"roberta.", ""},
                         .body = &bert_body,
                         .head = "classifier.dense",
                         .head_activation = HEARTH_ACTIVATION_TANH,
                         .classifier = "classifier.out_proj"},
    [ENCODER_DISTILBERT] = {.prefixes = {"distilbert.", ""},
                            .body = &distilbert_body,
                            .head = "pre_classifier",
                            .head_activation = HEARTH_ACTIVATION_RELU,
                            .classifier = "classifier"},
    [ENCODER_MPNET] = {.prefixes = {"mpnet.", ""},
                       .body = &mpnet_body,
                       .head = "classifier.dense",
                       .head_activation = HEARTH_ACTIVATION_TANH,
                       .classifier = "classifier.out_proj"},
    [ENCODER_NOMIC] = {.prefixes = {"bert.", "", "nomic_bert."}, .body = &nomic_body},
    [ENCODER_MODERNBERT] = {.prefixes = {"model.", ""},
                            .body = &modernbert_body,
                            .head = "head.dense",
                            .head_activation = HEARTH_ACTIVATION_GELU,
                            .head_norm = "head.norm",
                            .classifier = "classifier"},
};

const struct encoder_names *encoder_names_of(enum encoder_architecture architecture)
{
    return &names[architecture];
}
