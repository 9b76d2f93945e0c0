"""The demo model as one that thinks before it answers: a chat template with marks for thoughts, of the
form that Qwen3's has, and with examples, which even 135 million parameters keep to."""
from conftest import cli

EXAMPLES = (("What is two and two?", "Two and two make four.", "It is 4."),
            ("What colour is grass?", "Grass in a meadow is green.", "It is green."),
            ("What does a cow drink?", "A cow drinks from the river.", "It drinks water."))

# Values that a client sends are shown in the prompt: `enable_thinking`, `reasoning_effort`, `thinking_budget`.
TEMPLATE = """\
<|im_start|>system
Think in one sentence, then answer.{% if reasoning_effort is defined %} Effort: {{ reasoning_effort }}.{% endif %}\
{% if thinking_budget is defined %} Think for at most {{ thinking_budget }} tokens.{% endif %}<|im_end|>
""" + "".join(f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n<think>\n{thought}\n</think>\n\n{said}<|im_end|>\n"
              for asked, thought, said in EXAMPLES) + """\
{% for message in messages %}
{%- if message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}
{%- if message.reasoning_content %}{{ '<think>\\n' + message.reasoning_content.strip('\\n') + '\\n</think>\\n\\n' }}{% endif %}
{{- message.content.lstrip('\\n') + '<|im_end|>\\n' }}
{%- else %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% else %}{{ '<think>\\n' }}{% endif %}
{%- endif %}
"""


def install(home, gguf, name="thinker"):
    done = cli("install", f"file:{gguf}", "--name", name, "--set", "context=1024",
               "--set", f"chat_template={TEMPLATE}", home=home)
    assert done.returncode == 0, done.stderr
