"""Instructor against a server with the model `smollm2`: what comes is a valid object in each of its
ways to ask for one. instructor_client.py URL"""
import sys
from typing import Literal

import instructor
import openai
from pydantic import BaseModel, Field


class Answer(BaseModel):
    """An answer to a question of geography."""
    language: Literal["Portuguese", "Spanish", "English"]
    certain: bool
    digits: int = Field(ge=0, le=9)


client = openai.OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="none", max_retries=0)
asked = dict(model="smollm2", messages=[{"role": "user", "content": "What language is spoken in Brazil?"}],
             temperature=0, max_tokens=96, max_retries=0)
for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
    answer = instructor.from_openai(client, mode=mode).chat.completions.create(response_model=Answer, **asked)
    assert isinstance(answer, Answer) and 0 <= answer.digits <= 9, (mode, answer)
*_, last = instructor.from_openai(client, mode=instructor.Mode.JSON_SCHEMA).chat.completions.create_partial(
    response_model=Answer, **asked)
assert Answer.model_validate(last.model_dump()), last
print("ok")
