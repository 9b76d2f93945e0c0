/* Writes a trained adapter in the forms that other programs read. The bytes depend on nothing but
 * the adapter and the base's name; each file is whole or not there (out_file.h).
 *
 * Forms, by their bits of enum in domain/training_parameters.h, and where they lie in the folder:
 *   GGUF  adapter.gguf, as llama.cpp's convert_lora_to_gguf.py writes it
 *   PEFT  peft/adapter_config.json, peft/adapter_model.safetensors (the Python library PEFT 0.21)
 *   MLX   mlx/adapter_config.json, mlx/adapters.safetensors (mlx-lm's `lora`)
 *
 * Blocking; one thread. */
#ifndef HEARTH_TRAIN_EXPORT_H
#define HEARTH_TRAIN_EXPORT_H

#include "train/lora.h"

enum { HEARTH_EXPORT_FILES_MAX = 8 };

/* `folder` must be there. HEARTH_ENOSPACE, HEARTH_EIO. */
int hearth_export_adapter(const struct hearth_lora *lora, const char *base_name, unsigned forms,
                          const char *folder, struct hearth_error *error);
/* What was written, relative to the folder: constants; `ret_count` of them. */
void hearth_export_files(unsigned forms, const char *ret_files[HEARTH_EXPORT_FILES_MAX],
                         size_t *ret_count);

#endif
