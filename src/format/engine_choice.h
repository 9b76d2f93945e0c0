/* Chooses the engine for a file or folder by what lies there. */
#ifndef HEARTH_FORMAT_ENGINE_CHOICE_H
#define HEARTH_FORMAT_ENGINE_CHOICE_H

/* The name of the engine for the model at `path`: "llama" for a GGUF file (by its ending or its
 * first bytes) and for a Hugging Face folder of a decoder (by its config.json), "encoder" for
 * another folder with a config.json, "fake" for a script that ends in .fake; NULL when no engine is
 * known for it. Blocking: a few reads. Any thread. */
const char *hearth_engine_for_path(const char *path);

#endif
