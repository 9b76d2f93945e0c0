"""Which tokens of a data set's rows are learnt, against transformers' own masks.

Each template is written once, with transformers' marks around what the assistant says; ours gets it
without them, and has to find the same tokens by rendering prefixes.
"""
import json
import pathlib
import random
import re
import subprocess
import time

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from conftest import HEARTH

LEARN_ROWS = HEARTH.parent.parent / "test/learn_rows"
DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"
WORDS = ("what is the colour of water and why does nobody ask a café about Zürich naïve 中文 мир 👩‍👩‍👧 it's "
         "U.S.A. 3.14 x=1; {braces} <tag> [list] \\n").split()

CHATML = """\
{%- if messages[0].role != 'system' %}{{ '<|im_start|>system\nYou help.<|im_end|>\n' }}{% endif %}
{%- for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}
{%- if message.role == 'assistant' %}{% generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}
{%- else %}{{ message.content + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""
LLAMA_3 = """\
{{- bos_token }}
{%- for message in messages %}{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' }}
{%- if message.role == 'assistant' %}{% generation %}{{ message.content.strip() + '<|eot_id|>' }}{% endgeneration %}
{%- else %}{{ message.content.strip() + '<|eot_id|>' }}{% endif %}{% endfor %}
{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"""
GEMMA = """\
{{- bos_token }}
{%- if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' %}{{ '<start_of_turn>model\n' }}{% generation %}{{ message.content.strip() + '<end_of_turn>' }}{% endgeneration %}{{ '\n' }}
{%- else %}{{ '<start_of_turn>user\n' + message.content.strip() + '<end_of_turn>\n' }}{% endif %}{% endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"""
MISTRAL = """\
{{- bos_token }}
{%- for message in messages %}
{%- if message.role == 'user' %}{{ '[INST] ' + message.content + ' [/INST]' }}
{%- elif message.role == 'assistant' %}{% generation %}{{ ' ' + message.content + eos_token }}{% endgeneration %}
{%- else %}{{ raise_exception('Only user and assistant roles are supported') }}{% endif %}{% endfor %}"""
# Thoughts of earlier turns are left out, as Qwen3's template does it.
THINKING = """\
{%- set at = namespace(last=0) %}
{%- for message in messages %}{% if message.role == 'user' %}{% set at.last = loop.index0 %}{% endif %}{% endfor %}
{%- for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}
{%- if message.role == 'assistant' %}{% generation %}
{%- if message.reasoning_content and loop.index0 > at.last %}{{ '<think>\n' + message.reasoning_content + '\n</think>\n\n' }}{% endif %}
{{- message.content + '<|im_end|>' }}{% endgeneration %}
{%- else %}{{ message.content + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""

# name: template, special tokens, the beginning and the end of a text, takes a system prompt
FAMILIES = {
    "smollm2": (CHATML, ["<|im_start|>", "<|im_end|>"], "<|im_start|>", "<|im_end|>", True),
    "qwen": (CHATML.replace("You help.", "You are Qwen."), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], None, "<|im_end|>", True),
    "llama-3": (LLAMA_3, ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
                "<|begin_of_text|>", "<|eot_id|>", True),
    "gemma": (GEMMA, ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"], "<bos>", "<eos>", False),
    "mistral": (MISTRAL, ["<s>", "</s>", "[INST]", "[/INST]"], "<s>", "</s>", False),
    "thinking": (THINKING, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], None, "<|im_end|>", True),
}


def make_folder(folder, name):
    """The tokenizer of a family as transformers has it, and the folder of it."""
    template, special, begin, end, _ = FAMILIES[name]
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
                                  special_tokens=[AddedToken(token, special=True, normalized=False) for token in special])
    library.train_from_iterator([" ".join(WORDS) + "\n\nassistant\nuser\nsystem model\n"] * 20, trainer)
    folder.mkdir()
    library.save(str(folder / "tokenizer.json"))
    names = {key: token for key, token in (("bos_token", begin), ("eos_token", end)) if token}
    plain = re.sub(r"{% (end)?generation %}", "", template)
    (folder / "tokenizer_config.json").write_text(json.dumps({**names, "chat_template": plain}))
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    return PreTrainedTokenizerFast(tokenizer_object=library, chat_template=template, **names)


def random_text(rng):
    text = rng.choice(["", "", " ", "\n", "\n\n"]) + " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 12)))
    return text + rng.choice(["", "", " ", "\n", "."])


def random_conversation(rng, system, thoughts=False):
    messages = [{"role": "system", "content": random_text(rng)}] if system and rng.random() < 0.5 else []
    for _ in range(rng.randint(1, 4)):
        messages.append({"role": "user", "content": random_text(rng)})
        messages.append({"role": "assistant", "content": random_text(rng)})
        if thoughts and rng.random() < 0.7:
            messages[-1]["reasoning_content"] = random_text(rng).strip() or "so"
    return messages


def learn(base, rows, tmp_path, how=""):
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = subprocess.run([LEARN_ROWS, base, data, how], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1]


def masked(tokenizer, messages):
    encoded = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    return encoded["input_ids"], encoded["assistant_masks"]


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "thinking"])
def test_masks_are_those_of_transformers(tmp_path, name):
    tokenizer = make_folder(tmp_path / "base", name)
    rng = random.Random(name)
    conversations = [random_conversation(rng, FAMILIES[name][4]) for _ in range(150)]
    shown, end = learn(tmp_path / "base", [{"messages": one} for one in conversations], tmp_path)
    assert end["rows"] == len(shown) == 150 and end["refused"] == 0
    for messages, ours in zip(conversations, shown):
        tokens, mask = masked(tokenizer, messages)
        assert ours["tokens"] == tokens, messages
        assert ours["counts"] == mask, messages


def test_each_answer_with_a_thought_is_learnt_as_it_was_asked_for(tmp_path):
    tokenizer = make_folder(tmp_path / "base", "thinking")
    rng = random.Random(7)
    conversations = [random_conversation(rng, True, thoughts=True) for _ in range(100)]
    shown, end = learn(tmp_path / "base", [{"messages": one} for one in conversations], tmp_path)
    assert end["refused"] == 0 and len(shown) > 150
    for number, messages in enumerate(conversations, 1):
        parts = [part for part in shown if part["line"] == number]
        alone = [i for i, one in enumerate(messages[:-1]) if one.get("reasoning_content")]
        assert len(parts) == 1 + len(alone)
        for index, ours in zip([len(messages) - 1] + alone, parts):
            tokens, mask = masked(tokenizer, messages[:index + 1])
            assert ours["tokens"] == tokens
            last = max(i for i in range(len(mask)) if mask[i] and not mask[i - 1])
            assert ours["counts"][last:] == mask[last:]
            if index + 1 < len(messages):  # of its own part only this answer
                assert not any(ours["counts"][:last])


def test_what_the_template_refuses_is_told_and_the_rest_goes_on(tmp_path):
    make_folder(tmp_path / "base", "gemma")
    rows = [{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}]
    shown, end = learn(tmp_path / "base", rows, tmp_path)
    assert end["refused"] == 1 and "fault" not in shown[1]
    assert shown[0]["line"] == 1 and "System role not supported" in shown[0]["fault"]


def test_calls_of_tools_are_learnt_and_their_results_are_not(tmp_path):
    tokenizer = make_folder(tmp_path / "base", "smollm2")
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    row = {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "", "tool_calls": [call]},
                        {"role": "tool", "tool_call_id": "call_1", "content": "cloudy"}, {"role": "assistant", "content": "Rain."}],
           "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]}
    (ours,), _ = learn(tmp_path / "base", [row], tmp_path)
    learnt = tokenizer.decode([token for token, counts in zip(ours["tokens"], ours["counts"]) if counts])
    hidden = tokenizer.decode([token for token, counts in zip(ours["tokens"], ours["counts"]) if not counts])
    assert "weather" in learnt and "Rome" in learnt and learnt.endswith("Rain.<|im_end|>") and learnt.count("<|im_end|>") == 2
    assert "cloudy" in hidden and "cloudy" not in learnt and "Rome" not in hidden


def test_completions_and_texts(tmp_path):
    tokenizer = make_folder(tmp_path / "base", "mistral")
    shown, _ = learn(tmp_path / "base", [{"prompt": "what is ", "completion": "water"}, {"text": "the colour"}], tmp_path)
    whole = tokenizer("what is water")["input_ids"] + [tokenizer.eos_token_id]
    assert shown[0]["tokens"][-len(whole):] == whole
    learnt = [token for token, counts in zip(shown[0]["tokens"], shown[0]["counts"]) if counts]
    assert tokenizer.decode(learnt).strip() == "water</s>"
    assert shown[1]["tokens"][-1] == tokenizer.eos_token_id
    assert all(shown[1]["counts"][1:]) and not shown[1]["counts"][0]


EXAMPLES = re.findall(r"^```(jsonl|json|csv) (\w+)\n(.*?)^```$", (DOCS / "datasets.md").read_text(), re.S | re.M)


@pytest.mark.parametrize("form, shape, text", EXAMPLES, ids=[f"{form}-{shape}-{i}" for i, (form, shape, _) in enumerate(EXAMPLES)])
def test_examples_of_the_documentation_are_read_as_it_says(tmp_path, gguf, form, shape, text):
    (tmp_path / "data").write_text(text)
    done = subprocess.run([LEARN_ROWS, gguf, tmp_path / "data"], capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rows = {"jsonl": text.count("\n"), "csv": text.count("\n") - 1}.get(form) or len(json.loads(text))
    assert lines[-1]["format"] == form and lines[-1]["shape"] == shape
    assert lines[-1]["rows"] == rows and lines[-1]["faulty"] == lines[-1]["refused"] == 0, lines
    assert len(lines) == rows + 1


def test_the_documentation_has_every_shape():
    assert {shape for _, shape, _ in EXAMPLES} == {"messages", "prompt", "text", "alpaca", "sharegpt"}
    assert {form for form, _, _ in EXAMPLES} == {"jsonl", "json", "csv"}


def test_five_thousand_rows_take_seconds(tmp_path, gguf):
    rng = random.Random(1)
    rows = [{"messages": [{"role": "user", "content": " ".join(rng.choice(WORDS) for _ in range(20))},
                          {"role": "assistant", "content": " ".join(rng.choice(WORDS) for _ in range(60))}]} for _ in range(5000)]
    began = time.monotonic()
    _, end = learn(gguf, rows, tmp_path, "quiet")
    assert end["rows"] == 5000 and end["refused"] == 0 and end["learnt"] > 100_000
    assert time.monotonic() - began < 30
