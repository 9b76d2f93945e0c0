/* What the forms of an adapter have in common. Private to the files of export.h. */
#ifndef HEARTH_TRAIN_EXPORT_PARTS_H
#define HEARTH_TRAIN_EXPORT_PARTS_H

#include "base/out_file.h"
#include "train/export.h"

/* One matrix of an adapter, as a form has it. */
struct hearth_export_tensor {
    uint32_t layer;
    enum hearth_module module;
    bool is_b;
    size_t rows, columns; /* as they lie in the adapter: A [rank × inputs], B [outputs × rank] */
};

/* Calls `visit` for A and B of each module that is trained, in the order of layers and modules. */
void hearth_export_each(const struct hearth_lora *lora,
                        void (*visit)(void *argument, const struct hearth_export_tensor *tensor),
                        void *argument);
/* Writes the values in f32, those of Q's and K's B with their rows in the order that `rotation`
 * names (the network's may be another), and turned round where `transposed`. */
void hearth_export_values(const struct hearth_lora *lora, const struct hearth_export_tensor *tensor,
                          enum hearth_rotary rotation, bool transposed,
                          struct hearth_out_file *file);

int hearth_export_gguf(const struct hearth_lora *lora, const char *folder,
                       struct hearth_error *error);
int hearth_export_peft(const struct hearth_lora *lora, const char *base_name, const char *folder,
                       struct hearth_error *error);
int hearth_export_mlx(const struct hearth_lora *lora, const char *folder,
                      struct hearth_error *error);

#endif
