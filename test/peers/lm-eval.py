"""Evaluates two small tasks with lm-eval twice, through an OpenAI-compatible server and in transformers, and prints each answer."""

import json
import os
import sys

import lm_eval
from lm_eval.tasks import TaskManager


def write_task(folder, name, task, rows):
    data = os.path.join(folder, f"{name}.jsonl")
    with open(data, "w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    dataset = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": data}}, "test_split": "test"}
    with open(os.path.join(folder, f"{name}.yaml"), "w") as file:
        # JSON is YAML.
        json.dump({"task": name, **dataset, **task, "num_fewshot": 0}, file)


def evaluate(folder, model, arguments, batch_size):
    manager = TaskManager(include_path=folder, include_defaults=False)
    result = lm_eval.simple_evaluate(
        model=model,
        model_args=arguments,
        tasks=["endings", "stories"],
        task_manager=manager,
        batch_size=batch_size,
        log_samples=True,
        bootstrap_iters=0,
        verbosity="ERROR",
    )
    ordered = {name: sorted(samples, key=lambda one: one["doc_id"]) for name, samples in result["samples"].items()}
    return {
        "loglikelihoods": [[float(one[0][0]) for one in sample["resps"]] for sample in ordered["endings"]],
        "greedy": [[bool(one[0][1]) for one in sample["resps"]] for sample in ordered["endings"]],
        "texts": [sample["resps"][0][0] for sample in ordered["stories"]],
        "accuracy": result["results"]["endings"]["acc,none"],
    }


def main():
    asked = json.load(sys.stdin)
    folder = asked["folder"]
    metric = {"aggregation": "mean", "higher_is_better": True}
    write_task(
        folder,
        "endings",
        {
            "output_type": "multiple_choice",
            "doc_to_text": "{{beginning}}",
            "doc_to_choice": "{{endings}}",
            "doc_to_target": "{{right}}",
            "metric_list": [{"metric": "acc", **metric}],
        },
        asked["endings"],
    )
    write_task(
        folder,
        "stories",
        {
            "output_type": "generate_until",
            "doc_to_text": "{{beginning}}",
            "doc_to_target": "",
            "generation_kwargs": {"until": asked["until"], "do_sample": False, "max_gen_toks": 24},
            "metric_list": [{"metric": "exact_match", **metric}],
        },
        [row for row in asked["endings"] if row["beginning"]],
    )
    server = {
        "model": asked["model"],
        "base_url": asked["url"],
        "tokenizer": asked["weights"],
        "tokenizer_backend": "huggingface",
        "max_length": 256,
        # By default the one asks the tokenizer and the other does not.
        "add_bos_token": True,
    }
    there = {"pretrained": asked["weights"], "dtype": "float32", "device": "cpu", "max_length": 255, "add_bos_token": True}
    answers = {
        "ours": evaluate(folder, "local-completions", server, 3),
        "theirs": evaluate(folder, "hf", there, 3),
    }
    print(json.dumps(answers))


main()
