#include "format/file_kind.h"

#include <string.h>

/* Magic numbers: GGUF and its forerunners from ggml's headers, PK from APPNOTE.TXT (zip), 0x80 with
 * a protocol number from Python's pickle, 1f 8b from RFC 1952, 28 b5 2f fd from RFC 8878. */
const char *hearth_file_kind(const void *bytes, size_t length)
{
    static const struct {
        const char *start, *what;
    } kinds[] = {
        {"GGUF", NULL},
        {"PK\003\004", "a zip archive, or weights that PyTorch has pickled"},
        {"\x80\002", "weights that PyTorch has pickled"},
        {"\x80\004", "weights that PyTorch has pickled"},
        {"version https://", "a Git LFS pointer, not the file that it stands for"},
        {"ggml", "a GGML file of the time before GGUF"},
        {"ggjt", "a GGML file of the time before GGUF"},
        {"lmgg", "a GGML file of the time before GGUF"},
        {"tjgg", "a GGML file of the time before GGUF"},
        {"<!DOCTYPE", "a web page"},
        {"<!doctype", "a web page"},
        {"<html", "a web page"},
        {"\x1f\x8b", "a gzip file"},
        {"\x28\xb5\x2f\xfd", "a zstd file"},
        {"\x7f"
         "ELF",
         "a program"},
    };
    const unsigned char *b = bytes;
    if (length == 0)
        return "an empty file";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t want = strlen(kinds[i].start);
        if (length >= want && memcmp(bytes, kinds[i].start, want) == 0)
            return kinds[i].what;
    }
    /* The format's own start: a 64-bit little-endian length, then a JSON object. */
    if (length > 8 && b[8] == '{' && b[5] == 0 && b[6] == 0 && b[7] == 0)
        return "a safetensors file";
    return b[0] == '{' ? "JSON" : "a file of an unknown kind";
}
