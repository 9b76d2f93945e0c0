#!/usr/bin/env python3
"""Writes src/text/unicode.gen.c: the Unicode data that Hugging Face's `tokenizers` works with.

The library mixes crates of several Unicode versions, so no one version of the standard gives its
answers. Every table here is therefore probed: each code point goes through the library itself.

    unicode_tables.py OUTPUT        (needs the package `tokenizers`)
"""
import sys
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
BLOCK = 256


def removed_by(normalizer):
    return {c for c in CODE_POINTS if normalizer.normalize_str(chr(c)) == ""}


def isolated_by(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return {c for c in CODE_POINTS if len(split.pre_tokenize_str("\x01" + chr(c) + "\x01")) == 3}


def pieces(pre_tokenizer, text):
    return len(pre_tokenizer.pre_tokenize_str(text))


def changed_by(normalizer):
    """Code point → what becomes of it, where that is something else."""
    out = {}
    for c in CODE_POINTS:
        text = normalizer.normalize_str(chr(c))
        if text != chr(c):
            out[c] = [ord(x) for x in text]
    return out


def word_characters():
    """What keeps an added token of `single_word` from being found beside it."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([tokenizers.AddedToken("qqq", single_word=True)])
    return {c for c in CODE_POINTS if 1 not in tokenizer.encode("qqq" + chr(c)).ids}


def classes(nfd, nfkd, lower, ccc):
    bert = pre_tokenizers.BertPreTokenizer()
    digits = pre_tokenizers.Digits(individual_digits=True)
    space = {c for c in CODE_POINTS if pieces(bert, "a" + chr(c) + "a") == 2}
    punctuation = {c for c in CODE_POINTS if pieces(bert, "a" + chr(c) + "a") == 3}
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False,
                                       strip_accents=False, lowercase=False)
    accents = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False,
                                         strip_accents=True, lowercase=False)
    return [
        ("SPACE", space, "char::is_whitespace"),
        ("REMOVED", removed_by(clean), "what BertNormalizer's clean_text takes away"),
        ("PUNCTUATION", punctuation, "what BertPreTokenizer isolates"),
        ("ACCENT", removed_by(accents), "what BertNormalizer's strip_accents takes away"),
        ("MARK", removed_by(normalizers.StripAccents()), "what StripAccents takes away"),
        ("LETTER", isolated_by(r"\p{L}"), r"\p{L} of the regular expressions"),
        ("NUMBER", isolated_by(r"\p{N}"), r"\p{N}"),
        ("REGEX_SPACE", isolated_by(r"\s"), r"\s"),
        ("REGEX_PUNCTUATION", isolated_by(r"\p{P}"), r"\p{P}"),
        ("WORD", word_characters(), "\\w of Rust's regular expressions"),
        ("REGEX_WORD", isolated_by(r"\w"), r"\w"),
        ("NUMERIC", {c for c in CODE_POINTS if pieces(digits, "a" + chr(c) + "a") == 3},
         "char::is_numeric"),
        ("LOWERS", set(lower), "has another lower case"),
        ("DECOMPOSES", set(nfd), "has a canonical decomposition"),
        ("DECOMPOSES_COMPATIBLY", set(nfkd), "has a compatibility decomposition"),
        ("COMBINES", set(ccc), "has a canonical combining class other than 0"),
    ]


def combining_classes(nfd):
    """Python's classes, for the code points that the library reorders by them."""
    out = {}
    for c in CODE_POINTS:
        order = unicodedata.combining(chr(c))
        if not order:
            continue
        # U+0345 has 240, the highest; U+0334 has 1, the lowest.
        moved = (nfd.normalize_str("a\u0345" + chr(c)) != "a\u0345" + chr(c) if order < 240 else
                 nfd.normalize_str("a" + chr(c) + "\u0334") != "a" + chr(c) + "\u0334")
        decomposes = nfd.normalize_str(chr(c)) != chr(c)
        if moved or decomposes:
            out[c] = order
    return out


def compositions(nfd_table, nfc):
    """(first, second) → composed, for what the library composes again."""
    out = {}
    for c, parts in nfd_table.items():
        if len(parts) < 2 or nfc.normalize_str(chr(c)) != chr(c):
            continue
        first = nfc.normalize_str("".join(map(chr, parts[:-1])))
        if len(first) == 1 and not 0xAC00 <= c < 0xD7A4:
            out[ord(first), parts[-1]] = c
    return out


def two_stage(values):
    blocks, index, seen = [], [], {}
    for start in range(0, 0x110000, BLOCK):
        block = tuple(values.get(c, 0) for c in range(start, start + BLOCK))
        if block not in seen:
            seen[block] = len(blocks)
            blocks.append(block)
        index.append(seen[block])
    return index, blocks


def rows(numbers, form="{}"):
    line, out = "   ", []
    for number in numbers:
        text = " " + form.format(number) + ","
        if len(line) + len(text) > 100:
            out.append(line)
            line = "   "
        line += text
    return "\n".join(out + [line])


def mapping(name, table):
    """Sorted keys, and the places of their values in one pool of code points."""
    pool, starts = [], []
    for key in sorted(table):
        starts.append(len(pool))
        pool += table[key]
    starts.append(len(pool))
    return [f"const uint32_t hearth_unicode_{name}_keys[] = {{", rows(sorted(table), "{:#x}"), "};",
            f"const uint32_t hearth_unicode_{name}_starts[] = {{", rows(starts), "};",
            f"const uint32_t hearth_unicode_{name}_pool[] = {{", rows(pool, "{:#x}"), "};",
            f"const size_t hearth_unicode_{name}_count = {len(table)};", ""]


def main():
    nfd_form, nfkd_form = normalizers.NFD(), normalizers.NFKD()
    nfd, nfkd = changed_by(nfd_form), changed_by(nfkd_form)
    hangul = set(range(0xAC00, 0xD7A4))
    lower = changed_by(normalizers.Lowercase())
    ccc = combining_classes(nfd_form)
    kinds = classes(nfd, nfkd, lower, ccc)
    flags = {}
    for bit, (_, members, _) in enumerate(kinds):
        for c in members:
            flags[c] = flags.get(c, 0) | 1 << bit
    index, blocks = two_stage(flags)
    pairs = compositions(nfd, normalizers.NFC())
    out = [f"/* Made by test/golden/unicode_tables.py with tokenizers {tokenizers.__version__}; do not"
           " edit. */", "/* clang-format off */", '#include "text/unicode.h"', "",
           "const uint16_t hearth_unicode_index[] = {", rows(index), "};", "",
           f"const uint16_t hearth_unicode_blocks[][{BLOCK}] = {{"]
    for block in blocks:
        out += ["    {", rows(block, "{:#x}"), "    },"]
    out += ["};", ""]
    out += mapping("lower", lower)
    out += mapping("nfd", {c: v for c, v in nfd.items() if c not in hangul})
    out += mapping("nfkd", {c: v for c, v in nfkd.items() if c not in hangul and nfd.get(c) != v})
    out += mapping("ccc", {c: [v] for c, v in ccc.items()})
    out += ["/* first, second, composed; sorted */", "const uint32_t hearth_unicode_pairs[][3] = {"]
    out += [f"    {{{a:#x}, {b:#x}, {c:#x}}}," for (a, b), c in sorted(pairs.items())]
    out += ["};", f"const size_t hearth_unicode_pair_count = {len(pairs)};", ""]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("\n".join(out))
    for bit, (name, members, text) in enumerate(kinds):
        print(f"    HEARTH_UNICODE_{name} = 1 << {bit}, /* {text} */  {len(members)}")


if __name__ == "__main__":
    main()
