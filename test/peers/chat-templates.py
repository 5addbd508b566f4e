"""Conversations as transformers' apply_chat_template lays them out, on a day that is given."""

import datetime
import json
import sys

import transformers
from transformers.utils import chat_template_utils

transformers.logging.set_verbosity_error()


def on_day(day):
    """Templates ask the clock; it stands still at midnight of the day."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromisoformat(day)

    chat_template_utils.datetime = Clock


def lay_out(case):
    on_day(case["day"])
    texts, _ = chat_template_utils.render_jinja_template(
        conversations=[case["messages"]],
        chat_template=case["template"],
        tools=case["variables"].pop("tools", None),
        documents=case["variables"].pop("documents", None),
        add_generation_prompt=case["addGenerationPrompt"],
        **case["specialTokens"],
        **case["variables"],
    )
    return texts[0]


def answer(case):
    try:
        return {"text": lay_out(case)}
    except Exception as error:
        return {"error": str(error)}


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
