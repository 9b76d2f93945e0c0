#!/usr/bin/env python3
"""Makes test/golden/encoder/: a small random model of each architecture that the encoder engine
serves, as Hugging Face's transformers saves it, with the outputs that transformers computes.

    make_encoders.py OUTPUT        (needs torch, transformers, tokenizers; `make golden` runs it)
"""
import json
import pathlib
import random
import shutil
import sys

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

VOCABULARY = 96
SMALL = dict(vocab_size=VOCABULARY, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
             intermediate_size=80, max_position_embeddings=80, initializer_range=0.3)
MODELS = {
    "bert": (transformers.BertConfig, transformers.BertModel, dict(SMALL, hidden_act="gelu")),
    "bert-tanh": (transformers.BertConfig, transformers.BertModel,
                  dict(SMALL, hidden_act="gelu_new", num_hidden_layers=2)),
    "xlm-roberta": (transformers.XLMRobertaConfig, transformers.XLMRobertaModel,
                    dict(SMALL, type_vocab_size=1, pad_token_id=1)),
    "distilbert": (transformers.DistilBertConfig, transformers.DistilBertModel,
                   dict(vocab_size=VOCABULARY, dim=48, n_layers=3, n_heads=4, hidden_dim=80,
                        max_position_embeddings=80, initializer_range=0.3)),
    "mpnet": (transformers.MPNetConfig, transformers.MPNetModel, dict(SMALL, pad_token_id=1)),
    "nomic": (transformers.NomicBertConfig, transformers.NomicBertModel, dict(SMALL)),
    "modernbert": (transformers.ModernBertConfig, transformers.ModernBertModel,
                   dict(SMALL, num_hidden_layers=4, local_attention=12, pad_token_id=0,
                        bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)),
    "bert-classifier": (transformers.BertConfig, transformers.BertForSequenceClassification,
                        dict(SMALL, num_labels=1, num_hidden_layers=2)),
    "xlm-roberta-classifier": (transformers.XLMRobertaConfig,
                               transformers.XLMRobertaForSequenceClassification,
                               dict(SMALL, type_vocab_size=1, pad_token_id=1, num_labels=3)),
    "modernbert-classifier": (transformers.ModernBertConfig,
                              transformers.ModernBertForSequenceClassification,
                              dict(SMALL, num_labels=1, local_attention=12, pad_token_id=0,
                                   bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)),
}

def tokenizer(folder):
    """Characters as words: the golden inputs are ids, but an engine wants a tokenizer."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + [chr(c) for c in range(97, 123)]
    made = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(folder / "tokenizer.json"))


def inputs(generator):
    """The last ones have the ids of special tokens in their midst, as a text that says "<pad>" has:
    RoBERTa and MPNet give padding no position of its own, even there."""
    lengths = [1, 2, 7, 16, 17, 33, 60]
    plain = [[generator.randrange(4, VOCABULARY) for _ in range(n)] for n in lengths]
    return plain + [[2, 5, 1, 6, 3], [1, 1, 1], [1, 7, 0, 8, 1, 1, 9, 2, 10, 1]]


def outputs(model, ids, classifies):
    with torch.no_grad():
        answer = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)))
    if classifies:
        return answer.logits[0].tolist()
    return answer.last_hidden_state[0].mean(0).tolist()


def main():
    target = pathlib.Path(sys.argv[1])
    for name, (config_class, model_class, settings) in MODELS.items():
        torch.manual_seed(len(name))
        folder = target / name
        shutil.rmtree(folder, ignore_errors=True)
        config = config_class(**settings)
        config._attn_implementation = "eager"
        model = model_class(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() == 1:  # norms and biases start at 1 and 0: make them count
                    parameter.add_(torch.randn_like(parameter) * 0.2)
        model.save_pretrained(folder)
        tokenizer(folder)
        classifies = "classifier" in name
        cases = [{"ids": ids, "output": outputs(model, ids, classifies)}
                 for ids in inputs(random.Random(7))]
        (folder / "expected.json").write_text(json.dumps(cases))
        for extra in folder.iterdir():
            if extra.name not in ("config.json", "model.safetensors", "tokenizer.json",
                                  "expected.json"):
                extra.unlink()
        print(name, sum(f.stat().st_size for f in folder.iterdir()) // 1024, "KiB")


if __name__ == "__main__":
    main()
