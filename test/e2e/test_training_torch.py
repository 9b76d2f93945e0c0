"""The trainer against torch and PEFT in f32: the same small random networks of transformers, the
same first adapter, the same tokens. Skipped where torch and peft are not installed; `make
bench-training` has them in an environment of its own."""
import pathlib
import subprocess

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
import numpy  # noqa: E402
import transformers  # noqa: E402

PROGRAM = pathlib.Path(__file__).parents[2] / "build/test/train_steps"
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RANK, ALPHA, DOCUMENTS, TOKENS, VOCABULARY = 4, 8, 3, 24, 320
SIZES = {"vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 96,
         "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 128}
GEMMA = {"head_dim": 16, "hidden_activation": "gelu_pytorch_tanh"}
FAMILIES = {
    "llama": (transformers.LlamaConfig, {"tie_word_embeddings": True}),
    "mistral": (transformers.MistralConfig, {"head_dim": 16, "sliding_window": None}),
    "qwen2": (transformers.Qwen2Config, {}),
    "qwen3": (transformers.Qwen3Config, {"head_dim": 16}),
    "gemma": (transformers.GemmaConfig, GEMMA),
    "gemma2": (transformers.Gemma2Config, {**GEMMA, "sliding_window": 8,
                                           "query_pre_attn_scalar": 16}),
    "gemma3": (transformers.Gemma3TextConfig, {**GEMMA, "sliding_window": 8,
                                               "query_pre_attn_scalar": 16}),
    "granite": (transformers.GraniteConfig, {"embedding_multiplier": 6.0, "logits_scaling": 4.0,
                                             "residual_multiplier": 0.5,
                                             "attention_multiplier": 0.25}),
}


def make_model(family, folder):
    """A random network whose every number matters: norms and biases are not what they begin as."""
    torch.manual_seed(1)
    kind, more = FAMILIES[family]
    config = kind(**SIZES, **more, attn_implementation="eager", pad_token_id=0, bos_token_id=1,
                  eos_token_id=2)
    model = transformers.AutoModelForCausalLM.from_config(config).float()
    with torch.no_grad():
        for value in model.parameters():
            if value.dim() == 1:
                value.add_(0.2 * torch.randn_like(value))
            else:
                value.copy_(0.1 * torch.randn_like(value))
    model.save_pretrained(folder)
    return model


def with_adapter(model):
    torch.manual_seed(2)
    adapted = peft.get_peft_model(model, peft.LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules=MODULES, lora_dropout=0, task_type="CAUSAL_LM"))
    return adapted.train()


def in_our_order(adapted, of):
    """One array, as hearth_lora has its values: by layer, by module, A and then B."""
    parts = []
    for layer in adapted.base_model.model.model.layers:
        for name in MODULES:
            module = getattr(layer.self_attn if name in MODULES[:4] else layer.mlp, name)
            parts += [of(module.lora_A["default"].weight), of(module.lora_B["default"].weight)]
    return numpy.concatenate([part.detach().numpy().ravel() for part in parts])


def their_loss(adapted, tokens):
    """The mean over all labeled tokens. Labels that transformers shifts itself."""
    batch = torch.from_numpy(tokens.reshape(DOCUMENTS, TOKENS)).long()
    return adapted(input_ids=batch, attention_mask=torch.ones_like(batch), labels=batch).loss


def train_ours(base, folder, values, tokens, rate):
    values.astype("<f4").tofile(folder / "values.f32")
    tokens.astype("<i4").tofile(folder / "tokens.i32")
    subprocess.run([PROGRAM, base, folder, str(RANK), str(ALPHA), str(DOCUMENTS), str(TOKENS),
                    str(len(tokens)), str(rate)], check=True, timeout=60)
    return numpy.fromfile(folder / "losses.f64"), numpy.fromfile(folder / "gradients.f32", "<f4")


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_torch(family, tmp_path):
    adapted = with_adapter(make_model(family, tmp_path / "base"))
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if "lora_B" in name:
                value.copy_(0.1 * torch.randn_like(value))
    tokens = numpy.random.default_rng(3).integers(0, VOCABULARY, (1, DOCUMENTS * TOKENS))
    loss = their_loss(adapted, tokens[0])
    loss.backward()
    losses, ours = train_ours(tmp_path / "base", tmp_path, in_our_order(adapted, lambda v: v),
                              tokens, 0)
    theirs = in_our_order(adapted, lambda value: value.grad)
    assert abs(losses[0] - loss.item()) <= 1e-5 * loss.item()
    assert numpy.linalg.norm(ours - theirs) <= 1e-4 * numpy.linalg.norm(theirs)
    assert numpy.abs(ours - theirs).max() <= 1e-4 * numpy.abs(theirs).max()


def test_200_steps_have_the_losses_of_peft(tmp_path):
    """Tokens that can be learnt: each document repeats a few of its own."""
    adapted = with_adapter(make_model("llama", tmp_path / "base"))
    chosen = numpy.random.default_rng(4)
    period = chosen.integers(0, VOCABULARY, (200, DOCUMENTS, 6)) % 40
    tokens = numpy.tile(period, (1, 1, TOKENS // 6)).reshape(200, DOCUMENTS * TOKENS)
    first = in_our_order(adapted, lambda value: value.clone())
    trained = [value for value in adapted.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    theirs = []
    for step in tokens:
        loss = their_loss(adapted, step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        theirs.append(loss.item())
    ours, _ = train_ours(tmp_path / "base", tmp_path, first, tokens, 1e-3)
    apart = numpy.abs(ours - numpy.array(theirs))
    assert theirs[-1] < theirs[0] - 0.5  # it does learn
    assert apart[:20].max() <= 1e-5
    assert apart.max() <= 1e-3
