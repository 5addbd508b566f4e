"""PyTorch's side of the training benchmark: argv is a folder of saveStartingPoint, a number of threads, how the frozen
weights are kept, and a device.

One JSON message a line comes in ("prepare", "step" or "report") and one answer a line goes out.
"""

import gc
import json
import re
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

LEARNING_RATE = 1e-4
MAX_GRADIENT_NORM = 1.0


class LeanLlama(torch.nn.Module):
    """A Llama of fused operators only (rms_norm, scaled_dot_product_attention), as one writes it for speed."""

    def __init__(self, tensors, work):
        super().__init__()
        self.shape = work["shape"]
        self.weights = torch.nn.ParameterDict(
            {name.replace(".", "/"): torch.nn.Parameter(tensor) for name, tensor in tensors.items()}
        )
        shape, width = self.shape, self.shape["D"] // self.shape["H"]
        frequencies = 10_000.0 ** (-torch.arange(0, width, 2) / width)
        angles = torch.outer(torch.arange(work["length"]), frequencies).repeat(1, 2)
        self.cos, self.sin = angles.cos(), angles.sin()

    def weight(self, name):
        return self.weights[f"{name}.weight".replace(".", "/")]

    def rotate(self, x):
        first, second = x.chunk(2, dim=-1)
        return x * self.cos + torch.cat((-second, first), dim=-1) * self.sin

    def layer(self, x, prefix):
        batch, length, hidden = x.shape
        heads, groups = self.shape["H"], self.shape["K"]
        y = F.rms_norm(x, (hidden,), self.weight(f"{prefix}.input_layernorm"), 1e-5)

        def project(name, count):
            out = F.linear(y, self.weight(f"{prefix}.self_attn.{name}"))
            return out.view(batch, length, count, -1).transpose(1, 2)

        query, key, value = project("q_proj", heads), project("k_proj", groups), project("v_proj", groups)
        mixed = F.scaled_dot_product_attention(self.rotate(query), self.rotate(key), value, is_causal=True)
        mixed = mixed.transpose(1, 2).reshape(batch, length, hidden)
        x = x + F.linear(mixed, self.weight(f"{prefix}.self_attn.o_proj"))
        y = F.rms_norm(x, (hidden,), self.weight(f"{prefix}.post_attention_layernorm"), 1e-5)
        gate, up = (F.linear(y, self.weight(f"{prefix}.mlp.{name}_proj")) for name in ("gate", "up"))
        return x + F.linear(F.silu(gate) * up, self.weight(f"{prefix}.mlp.down_proj"))

    def forward(self, ids):
        table = self.weight("model.embed_tokens")
        x = F.embedding(ids, table)
        for layer in range(self.shape["L"]):
            x = self.layer(x, f"model.layers.{layer}")
        return F.linear(F.rms_norm(x, x.shape[-1:], self.weight("model.norm"), 1e-5), table)


class FullStep:
    """Mean cross-entropy of the completions' tokens, all weights trained."""

    def __init__(self, folder, work):
        self.model = LeanLlama(load_file(folder / "model" / "model.safetensors", device=str(torch.get_default_device())), work)
        self.parameters = list(self.model.parameters())
        self.ids = torch.tensor(work["ids"]).view(work["rows"], work["length"])
        self.start = work["promptLength"]

    def loss(self):
        logits = self.model(self.ids)[:, self.start - 1 : -1]
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), self.ids[:, self.start :].reshape(-1))


class LoraStep:
    """peft's LoRA on a transformers model; logits at the completions' tokens only."""

    def __init__(self, folder, work, base):
        from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
        from transformers import AutoModelForCausalLM, BitsAndBytesConfig

        codes = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder / "model",
            attn_implementation="sdpa",
            dtype=torch.float32,
            **({"quantization_config": codes, "device_map": {"": str(torch.get_default_device())}} if base == "nf4" else {}),
        )
        model = model.to(torch.get_default_device())
        model.config.use_cache = False
        lora = work["trainable"]["lora"]
        self.model = get_peft_model(
            model,
            LoraConfig(
                r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targetModules"], task_type="CAUSAL_LM"
            ),
        )
        set_peft_model_state_dict(self.model, load_file(folder / "adapter.safetensors"))
        self.model.train()
        self.parameters = [one for one in self.model.parameters() if one.requires_grad]
        self.ids = torch.tensor(work["ids"]).view(work["rows"], work["length"])
        self.start = work["promptLength"]
        self.objective = work["objective"]

    def completion(self):
        """Log-probabilities of the completions' tokens, a row each."""
        causal = self.model.base_model.model
        hidden = causal.model(self.ids, use_cache=False).last_hidden_state[:, self.start - 1 : -1]
        targets = self.ids[:, self.start :]
        logits = causal.lm_head(hidden)
        return -F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


class SftStep(LoraStep):
    """Mean cross-entropy of the completions' tokens."""

    def loss(self):
        return -self.completion().mean()


class OrpoStep(LoraStep):
    """ORPO with the supervised term on the chosen completions."""

    def loss(self):
        good, bad = self.completion().mean(1).chunk(2)
        odds = (good - bad) - (torch.log1p(-good.exp()) - torch.log1p(-bad.exp()))
        return -good.mean() - self.objective["lambda"] * F.logsigmoid(odds).mean()


def open_step(folder, work, base):
    if work["trainable"]["kind"] == "full":
        return FullStep(folder, work)
    return (OrpoStep if work["objective"]["kind"] == "orpo" else SftStep)(folder, work, base)


def peak_mib():
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def prepare(folder, threads, base, device):
    torch.set_default_device(device)
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    work = json.loads((folder / "work.json").read_text(encoding="utf8"))
    step = open_step(folder, work, base)
    optimiser = torch.optim.AdamW(step.parameters, lr=LEARNING_RATE, weight_decay=0.0, fused=True)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return step, optimiser


def take_step(step, optimiser):
    started, cpu = time.perf_counter(), time.process_time()
    loss = step.loss()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(step.parameters, MAX_GRADIENT_NORM)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    value = loss.item()
    ms, cpu_ms = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - cpu)
    return {"ms": ms, "cpuMs": cpu_ms, "loss": value}


def main():
    folder, threads, base, device = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    answers, sys.stdout = sys.stdout, sys.stderr
    step = optimiser = None
    for line in sys.stdin:
        kind = json.loads(line)["kind"]
        reply = {}
        if kind == "prepare":
            step, optimiser = prepare(folder, threads, base, device)
        elif kind == "step":
            reply = take_step(step, optimiser)
        else:
            frozen = {one for one in step.model.parameters() if not one.requires_grad}
            reply = {"peakMiB": peak_mib(), "weightsMiB": sum(one.nbytes for one in frozen) / 2**20}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


main()
