"""Our tokenizers against Hugging Face's library, text by text: not one difference.

The demo model's own vocabulary, and vocabularies trained here for the kinds of tokenizers whose
models no package carries: byte-level BPE (RoBERTa, ModernBERT) and Unigram with sentencepiece's
character map (XLM-R, bge-m3).
"""
import json
import os
import pathlib
import random
import struct
import subprocess
import time

import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

from conftest import HEARTH, SLOW

ENCODE_TEXTS = HEARTH.parent.parent / "test/encode_texts"
TEXTS = int(60_000 / SLOW ** 2)
SCRIPTS = [(0x20, 0x7f)] * 6 + [(0xa0, 0x250)] * 3 + [
    (0x250, 0x370), (0x300, 0x370), (0x370, 0x400), (0x400, 0x530), (0x530, 0x600), (0x600, 0x700),
    (0x900, 0xe00), (0xe00, 0x1000), (0x1000, 0x1200), (0x1100, 0x1200), (0x1e00, 0x2000),
    (0x2000, 0x2100), (0x2100, 0x2c00), (0x3000, 0x3100), (0x3100, 0x3400), (0x4e00, 0x9fff),
    (0xac00, 0xd7a4), (0xf900, 0xfb50), (0xfb50, 0xfe00), (0xfe00, 0xffff), (0x10000, 0x11fff),
    (0x1d400, 0x1d800), (0x1f000, 0x1fb00), (0x20000, 0x2a6df), (0, 0x20), (0x7f, 0xa0),
    (0xe0000, 0xe0200), (0x1800, 0x1900), (0xa000, 0xac00)]
WORDS = ("the quick brown fox jumps over a lazy dog embeddings don't it's U.S.A. naïve café Zürich "
         "Straße ΑΒΓ ελληνικά привет Ёлка мир 中文测试 日本語テスト 한국어 文章 สวัสดี नमस्ते العَرَبِيَّة "
         "שָׁלוֹם İstanbul ﬁne ½ ① Å 👩‍👩‍👧‍👦 🇧🇷 e\u0301 [MASK] [CLS] ##ing [unused1] "
         "http://x.y/z?a=b&c=d a_b-c 3.14 1,000 $5 C++ <s> </s> <mask> ▁ \u00a0 \u3000 \u200b "
         "\ufeff \ufffd \t \n \r\n").split(" ")
MARKS = [0x301, 0x323, 0x345, 0x334, 0x308, 0x5b0, 0x64e]


def random_characters(rng):
    script, out = rng.choice(SCRIPTS), []
    for _ in range(rng.randint(1, 40)):
        if rng.random() < 0.15:
            script = rng.choice(SCRIPTS)
        c = rng.randrange(*script)
        out.append(" " if 0xD800 <= c < 0xE000 else chr(c))
        if rng.random() < 0.2:
            out.append(" ")
    return "".join(out)


def random_text(rng):
    kind = rng.random()
    if kind < 0.35:
        return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 20)))
    if kind < 0.45:
        return "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 8)))
    if kind < 0.9:
        return random_characters(rng)
    if kind < 0.93:
        return rng.choice("aé中ก") * rng.randint(90, 130)
    if kind < 0.96:
        return "x" + "".join(chr(rng.choice(MARKS)) for _ in range(rng.randint(1, 80)))
    return rng.choice(["", " ", "\n\t ", "\u3000", "\x00", "\x00a\x00"])


def all_characters():
    """Every assigned plane, each character within a word and alone."""
    return [f"a{chr(c)}b {chr(c)}" for c in [*range(0x30000), *range(0xE0000, 0xE1000)]
            if not 0xD800 <= c < 0xE000]


def marks(count):
    """One letter with so many combining marks, of seven classes, in no order."""
    rng = random.Random(5)
    return "a" + "".join(chr(rng.choice(MARKS)) for _ in range(count))


def long_texts():
    """Words and runs that no one writes; each step of a tokenizer has some that it finds hard."""
    rng = random.Random(9)
    letters = "".join(rng.choice("abcdeé") for _ in range(20_000))
    return [marks(20_000), letters, letters.replace("e", "e "), "unaffable" * 2_000, "aé" * 9_000, "中" * 9_000,
            "ab" * 49 + " ", ("ab" * 49 + " ") * 200, "!" * 20_000, " " * 20_000, "a" + "  " * 9_000 + "b", "\ufdfa" * 2_000,
            "<mask" * 3_000, "<mask>" * 3_000, "[MASK]" * 3_000, "'l" * 9_000, "\u2581" * 9_000, "한국어" * 4_000,
            "👩‍👩‍👧‍👦" * 900, "🇧🇷" * 2_001, "\u0f71\u0f72" * 5_000, "\u1100\u1161\u11a8" * 3_000]


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(7)
    return long_texts() + [random_text(rng) for _ in range(TEXTS)] + all_characters()[::int(3 * SLOW ** 2)]


@pytest.fixture(scope="module")
def corpus():
    rng = random.Random(3)
    return [random_text(rng).replace("\x00", "") for _ in range(20_000)]


def ours(folder, texts):
    """The ids that our tokenizer gives for each text."""
    frames = b"".join(struct.pack("=I", len(b)) + b for b in (t.encode() for t in texts))
    out = subprocess.run([ENCODE_TEXTS, folder], input=frames, capture_output=True, check=False,
                         timeout=600)
    assert out.returncode == 0, out.stderr.decode()
    ids, at = [], 0
    for _ in texts:
        count, = struct.unpack_from("=I", out.stdout, at)
        assert count != 0xFFFFFFFF
        ids.append(list(struct.unpack_from(f"={count}i", out.stdout, at + 4)))
        at += 4 + 4 * count
    return ids


def assert_same(tokenizer, folder, texts):
    assert len(texts) > 0
    tokenizer.no_truncation()
    tokenizer.no_padding()
    wrong = [(text, theirs.ids, mine) for text, theirs, mine
             in zip(texts, tokenizer.encode_batch(texts), ours(folder, texts)) if theirs.ids != mine]
    assert not wrong, f"{len(wrong)} of {len(texts)} differ, first: {ascii(wrong[0])}"


def check_trained(tokenizer, tmp_path, texts):
    """Both read the file: the library's own reading of scores is part of what must be the same."""
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert_same(Tokenizer.from_file(str(tmp_path / "tokenizer.json")), tmp_path, texts)


def test_the_demo_models_wordpiece_gives_the_same_ids(texts):
    folder = os.environ.get("HEARTH_TEST_MINILM")
    if not folder:
        pytest.skip("HEARTH_TEST_MINILM names no model (scripts/models minilm)")
    assert_same(Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json")), folder, texts)


@pytest.mark.alone
def test_a_megabyte_of_marks_takes_no_longer_than_other_text():
    folder = os.environ.get("HEARTH_TEST_MINILM")
    if not folder:
        pytest.skip("HEARTH_TEST_MINILM names no model (scripts/models minilm)")

    def seconds(text):
        began = time.monotonic()
        ours(folder, [text])
        return time.monotonic() - began

    assert seconds(marks(1_000_000)) < 10 * seconds("a word " * 300_000)
    assert seconds(("ab" * 49 + " ") * 20_000) < 10 * seconds("a word " * 300_000)


def test_an_old_vocabulary_file_gives_the_same_ids(texts, tmp_path):
    folder = os.environ.get("HEARTH_TEST_MINILM")
    if not folder:
        pytest.skip("HEARTH_TEST_MINILM names no model (scripts/models minilm)")
    (tmp_path / "vocab.txt").write_bytes((pathlib.Path(folder) / "vocab.txt").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    assert_same(Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json")), tmp_path,
                texts[:20_000])


def test_another_wordpiece_pipeline_gives_the_same_ids(texts, corpus, tmp_path):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(),
        normalizers.Replace("x", "yy")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.Punctuation()])
    tokenizer.train_from_iterator(corpus, trainers.WordPieceTrainer(
        vocab_size=2000, special_tokens=["[UNK]"], show_progress=False))
    check_trained(tokenizer, tmp_path, texts)


def byte_level(corpus, specials, add_prefix_space):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=3000, special_tokens=specials, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def test_roberta_s_byte_level_bpe_gives_the_same_ids(texts, corpus, tmp_path):
    tokenizer = byte_level(corpus, ["<s>", "<pad>", "</s>", "<unk>",
                                    AddedToken("<mask>", lstrip=True)], False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    check_trained(tokenizer, tmp_path, texts)


def test_modernbert_s_byte_level_bpe_gives_the_same_ids(texts, corpus, tmp_path):
    tokenizer = byte_level(corpus, ["[UNK]", "[CLS]", "[SEP]", "[PAD]",
                                    AddedToken("[MASK]", lstrip=True)], True)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken("  ", normalized=True), AddedToken("|||IP_ADDRESS|||"),
                          AddedToken("naïve", single_word=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    check_trained(tokenizer, tmp_path, texts)


@pytest.fixture(scope="module")
def sentence_pieces(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "corpus.txt").write_text("\n".join(t.replace("\n", " ") for t in corpus),
                                       encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(folder / "m"), vocab_size=19_000,
        model_type="unigram", character_coverage=0.98, normalization_rule_name="nmt_nfkc",
        minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString((folder / "m.model").read_bytes())
    return proto


def unigram(proto):
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0),
                  *((p.piece, p.score) for p in proto.pieces[3:]), ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, 3))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>",
                                  AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def test_xlm_roberta_s_unigram_gives_the_same_ids(texts, sentence_pieces, tmp_path):
    tokenizer = unigram(sentence_pieces)
    tokenizer.normalizer = normalizers.Precompiled(
        sentence_pieces.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    check_trained(tokenizer, tmp_path, texts)


def test_bge_m3_s_unigram_gives_the_same_ids(texts, sentence_pieces, tmp_path):
    tokenizer = unigram(sentence_pieces)
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(sentence_pieces.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    check_trained(tokenizer, tmp_path, texts)


def test_a_unigram_with_nmt_gives_the_same_ids(texts, sentence_pieces, tmp_path):
    tokenizer = unigram(sentence_pieces)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    controls = [f"a{chr(c)}b {chr(c)}" for c in [*range(0xb0), *range(0x2000, 0x2070)]]
    check_trained(tokenizer, tmp_path, controls + texts[:int(20_000 / SLOW ** 2)])


# Normalizers that take away, replace or compose what a text begins with.
BEGINNINGS = ["\u00a8", "\u00a8\u0323", " \u0301", "\u3000", "\u0301", "\u0323\u0301", "\u00e0\u0323", "e\u0301",
              "\ufb01\u0301", "\u1100\u1161\u11a8", "\uac00", "\u0958", "\u2126", "\u0344", "\u0130", "\u00df", "中",
              "\x00", "\x7f", "\u200b", "\ufeff", "\u00ad", " ", "  ", "\t", "ab", "aab", "a", "\u2581", "\u2581\u2581",
              "<s>", "<mask>", "\u2100", "\ufdfa", "\u0132", "\u1e9b\u0323", "\u0f71\u0f72", "A", "½", "①"]
STARTS = {
    "none": lambda proto: [],
    "nfkd": lambda proto: [normalizers.NFKD(), normalizers.Strip()],
    "nfkc": lambda proto: [normalizers.NFKC(), normalizers.Strip()],
    "nfc": lambda proto: [normalizers.NFC(), normalizers.Strip(right=False)],
    "marks": lambda proto: [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()],
    "nmt": lambda proto: [normalizers.Nmt(), normalizers.Strip()],
    "bert": lambda proto: [normalizers.BertNormalizer(lowercase=True), normalizers.Strip()],
    "replace": lambda proto: [normalizers.Replace("ab", "x"), normalizers.Replace("\u00a8", ""),
                              normalizers.Replace(Regex(" {2,}"), "y"), normalizers.NFKD(),
                              normalizers.Strip()],
    "prepend": lambda proto: [normalizers.NFKD(), normalizers.Prepend("_-"), normalizers.Strip(),
                              normalizers.Replace("_-", " "), normalizers.Strip()],
    "pieces": lambda proto: [normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
                             normalizers.Strip()],
}


@pytest.mark.parametrize("steps", STARTS)
@pytest.mark.parametrize("spaces", (False, True))
def test_metaspace_puts_its_mark_before_the_first_piece_only(steps, spaces, sentence_pieces, texts,
                                                             tmp_path):
    """`prepend_scheme: first` asks where a piece stood in the text as it came."""
    rng = random.Random(11)
    tokenizer = unigram(sentence_pieces)
    chosen = STARTS[steps](sentence_pieces)
    if chosen:
        tokenizer.normalizer = normalizers.Sequence(chosen)
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), metaspace]) if spaces else metaspace
    tokenizer.add_tokens([AddedToken("q", normalized=True)])
    begun = ["".join(rng.choice(BEGINNINGS) for _ in range(rng.randint(1, 4))) + rng.choice(WORDS)
             for _ in range(int(8_000 / SLOW ** 2))]
    check_trained(tokenizer, tmp_path, [*BEGINNINGS, *begun, *texts[:int(3_000 / SLOW ** 2)]])


# Decoders (generating models): how they split, and the way back to texts.
ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LINES = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EXPRESSIONS = {
    "gpt-2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama-3": ENDINGS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + LINES,
    "qwen-2": ENDINGS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + LINES,
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|"
              r"\s+(?!\S)|\s+",
}
ODD_ENDINGS = ["it's", "IT'S", "it'\u017f", "we'Ll", "'re're", "a'", "'", "''s", "x 's", "1's 12345 6", "a\r\n\r\n b",
               " \r\n\t ", "!\n\n", " !\r\nx", "\n", "  \n  x", "\tabc", "_abc", "\u00a0abc", "\u0301abc", "½1²3"]


def splitting(corpus, *steps):
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=2000, special_tokens=["<|begin|>", "<|end|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("inverted", (False, True))
def test_a_split_by_the_expressions_of_decoders_gives_the_same_ids(expression, inverted, texts, corpus, tmp_path):
    tokenizer = splitting(corpus, pre_tokenizers.Split(Regex(EXPRESSIONS[expression]),
                                                       "removed" if inverted else "isolated", invert=inverted))
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B", special_tokens=[("<|begin|>", 0)])])
    check_trained(tokenizer, tmp_path, ODD_ENDINGS + texts)


@pytest.mark.parametrize("behavior", ("isolated", "removed", "merged_with_previous", "merged_with_next"))
def test_a_split_by_a_text_gives_the_same_ids(behavior, texts, corpus, tmp_path):
    tokenizer = splitting(corpus, pre_tokenizers.Split("ab", behavior), pre_tokenizers.Split(" ", behavior))
    edges = ["ab", "abab", "xab", "abx", " ab ab", "  a b  ", "aab", "ba ", " "]
    check_trained(tokenizer, tmp_path, edges + texts[:int(20_000 / SLOW ** 2)])


def test_an_expression_that_no_row_describes_is_refused(corpus, tmp_path):
    splitting(corpus, pre_tokenizers.Split(Regex(r"\d+"), "isolated")).save(str(tmp_path / "tokenizer.json"))
    out = subprocess.run([ENCODE_TEXTS, tmp_path], input=b"", capture_output=True, check=False)
    assert out.returncode != 0
    assert b"Split with the expression \"\\d+\"" in out.stderr


def sentences(corpus, strips):
    """As Llama 2, Mistral and Gemma have sentencepiece's BPE: marks by a normalizer, bytes for what has no token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([
        *([normalizers.Prepend("\u2581")] if strips else []), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
        *([decoders.Strip(" ", 1, 0)] if strips else [])])
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    tokenizer.train_from_iterator([t for t in corpus if t.isascii()], trainers.BpeTrainer(
        vocab_size=2000, special_tokens=specials, show_progress=False))
    made = json.loads(tokenizer.to_str())
    made["added_tokens"] = made["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(made))


@pytest.mark.parametrize("strips", (False, True))
def test_a_sentencepiece_bpe_with_bytes_gives_the_same_ids(strips, texts, corpus, tmp_path):
    check_trained(sentences(corpus, strips), tmp_path, texts[30:])


def texts_of(folder, lists):
    """The text that our tokenizer gives for each list of ids."""
    frames = b"".join(struct.pack(f"=I{len(ids)}i", len(ids), *ids) for ids in lists)
    out = subprocess.run([ENCODE_TEXTS, folder, "decode"], input=frames, capture_output=True, check=False, timeout=600)
    assert out.returncode == 0, out.stderr.decode()
    found, at = [], 0
    for _ in lists:
        length, = struct.unpack_from("=I", out.stdout, at)
        assert length != 0xFFFFFFFF
        found.append(out.stdout[at + 4:at + 4 + length])
        at += 4 + length
    return found


@pytest.mark.parametrize("kind", ("bytes", "marks", "marks that are stripped"))
def test_ids_become_the_library_s_texts_again(kind, texts, corpus, tmp_path):
    tokenizer = splitting(corpus) if kind == "bytes" else sentences(corpus, kind != "marks")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    rng = random.Random(13)
    lists = [e.ids for e in tokenizer.encode_batch(texts[30:int(20_000 / SLOW ** 2)])]
    if kind != "bytes":  # broken characters too; of bytes the library replaces by other rules
        lists += [[rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randint(1, 8))] for _ in range(5_000)]
    wrong = [(ids, theirs, mine) for ids, theirs, mine
             in zip(lists, tokenizer.decode_batch(lists, skip_special_tokens=False), texts_of(tmp_path, lists))
             if theirs.encode() != mine]
    assert not wrong, f"{len(wrong)} of {len(lists)} differ, first: {ascii(wrong[0])}"
