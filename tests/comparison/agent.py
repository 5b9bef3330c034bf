"""The Python stack of the original beside which the agent is measured: FastAPI
and uvicorn in front, strands-agents for the turn, mcp for the gateway, boto3
for the conversations.

    agent.py --port PORT

Reads the variables of the agent function (BEDROCK_MODEL_ID, BEDROCK_REGION,
GATEWAY_URL) and COMPARISON_TABLE, the name of a table whose only key is
conversation_id. Answers POST /stream in plain text and GET /health, as
the original did: a conversation is one item, 100 messages are kept and 50 go to
the model, the gateway's tool list is kept for 15 minutes.
"""

import argparse
import datetime
import os
import time
import uuid
from collections.abc import AsyncIterator

import boto3
import uvicorn
from fastapi import FastAPI, Header
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from strands import Agent, tool
from strands.models import BedrockModel
from strands.tools.mcp import MCPClient
from strands.tools.mcp.mcp_agent_tool import MCPAgentTool

MESSAGES_STORED = 100
MESSAGES_FOR_THE_MODEL = 50
TOOLS_KEPT_SECONDS = 900
PROMPT = "You are an assistant for AWS operations. Use the tools to answer questions about the account."

app = FastAPI()
table = boto3.resource("dynamodb").Table(os.environ["COMPARISON_TABLE"])
gateway = os.environ["GATEWAY_URL"]


class ChatRequest(BaseModel):
    message: str
    conversation_id: str | None = None
    temperature: float = 0.7
    max_tokens: int = 4000
    use_tools: bool = True


class ToolList:
    """What the gateway listed, until it is too old."""

    def __init__(self):
        self.listed, self.at = [], None

    def of(self, client: MCPClient) -> list[MCPAgentTool]:
        if self.at is None or time.monotonic() - self.at > TOOLS_KEPT_SECONDS:
            self.listed, self.at = self.read(client), time.monotonic()
        return [MCPAgentTool(one, client) for one in self.listed]

    def read(self, client: MCPClient) -> list:
        found, token = [], None
        while True:
            page = client.list_tools_sync(pagination_token=token)
            found += [one.mcp_tool for one in page]
            token = page.pagination_token
            if token is None:
                return found


tool_list = ToolList()


def model(temperature: float, max_tokens: int) -> BedrockModel:
    return BedrockModel(
        model_id=os.environ["BEDROCK_MODEL_ID"],
        region_name=os.environ["BEDROCK_REGION"],
        temperature=temperature,
        max_tokens=max_tokens,
    )


# Making its client takes a good part of a second, so one serves all requests that ask for nothing else.
usual_model = model(ChatRequest(message="").temperature, ChatRequest(message="").max_tokens)


def model_of(request: ChatRequest) -> BedrockModel:
    usual = ChatRequest(message="")
    if (request.temperature, request.max_tokens) == (usual.temperature, usual.max_tokens):
        return usual_model
    return model(request.temperature, request.max_tokens)


@tool
def current_time() -> str:
    """The current time in UTC."""
    return now()


@tool
def echo(text: str) -> str:
    """Says the text again."""
    return text


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


def load(conversation_id: str) -> list[dict]:
    item = table.get_item(Key={"conversation_id": conversation_id}, ConsistentRead=True).get("Item", {})
    return item.get("messages", [])


def store(conversation_id: str, messages: list[dict]) -> None:
    kept = messages[-MESSAGES_STORED:]
    table.put_item(Item={"conversation_id": conversation_id, "messages": kept, "updated_at": now()})


def for_the_model(messages: list[dict]) -> list[dict]:
    recent = messages[-MESSAGES_FOR_THE_MODEL:]
    return [{"role": one["role"], "content": [{"text": one["content"]}]} for one in recent]


async def answer(request: ChatRequest, conversation_id: str, token: str | None) -> AsyncIterator[str]:
    before = load(conversation_id)
    said: list[str] = []
    if request.use_tools and token:
        with MCPClient(url=gateway, headers={"Authorization": f"Bearer {token}"}) as client:
            async for text in turn(request, before, [current_time, echo, *tool_list.of(client)]):
                said.append(text)
                yield text
    else:
        async for text in turn(request, before, [current_time, echo]):
            said.append(text)
            yield text
    question = {"role": "user", "content": request.message, "timestamp": now()}
    spoken = {"role": "assistant", "content": "".join(said), "timestamp": now()}
    store(conversation_id, [*before, question, spoken])


async def turn(request: ChatRequest, before: list[dict], tools: list) -> AsyncIterator[str]:
    agent = Agent(
        model=model_of(request),
        messages=for_the_model(before),
        tools=tools,
        system_prompt=PROMPT,
        callback_handler=None,
    )
    async for event in agent.stream_async(request.message):
        if "data" in event:
            yield event["data"]


@app.post("/stream")
async def stream(request: ChatRequest, x_okta_token: str | None = Header(default=None)) -> StreamingResponse:
    conversation_id = request.conversation_id or str(uuid.uuid4())
    return StreamingResponse(answer(request, conversation_id, x_okta_token), media_type="text/plain")


@app.get("/health")
def health() -> dict:
    return {"status": "healthy", "model": os.environ["BEDROCK_MODEL_ID"], "mcp_tools_count": len(tool_list.listed)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")
