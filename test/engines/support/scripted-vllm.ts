import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a scripted server got. */
export interface ScriptedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer; `body` is sent as JSON. */
interface ScriptedAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** What the server writes of a prompt. */
interface Written {
  readonly tokenIds: readonly number[];
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly stopReason?: string | number | null;
}

/** A server that answers as vLLM 0.32.0 was seen to answer (test/engines/vllm*.spec.ts), without computing anything. */
export interface ScriptedVllm extends AsyncDisposable {
  /** `http://host:port` */
  readonly origin: string;
  readonly requests: readonly ScriptedRequest[];
  /** Requests of a path, in order. */
  asked(path: string): readonly ScriptedRequest[];
  /** Adapters that it lists, with their base. */
  readonly adapters: Set<string>;
  /** The name that it serves its base under; `POST /serve` sets another. */
  served: string;
  weightVersion: string;
  maxModelLen: number;
  root: string;
  version: string;
  write: (body: ScriptedRequest['body']) => Written;
  /** Answers before anything else does, or closes the connection; undefined for what it leaves. */
  override: (request: ScriptedRequest) => ScriptedAnswer | 'close' | undefined;
}

/** Starts one that serves `policy`. @param port @default a free one */
export async function startScriptedVllm(port = 0): Promise<ScriptedVllm> {
  const requests: ScriptedRequest[] = [];
  const http = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      const text = Buffer.concat(chunks as Uint8Array[]).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as ScriptedRequest['body'];
      const asked = { method: request.method ?? '', path: request.url ?? '', body };
      requests.push(asked);
      const answer = server.override(asked) ?? answerOf(server, asked);
      if (answer === 'close') request.socket.destroy();
      else response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
    });
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  const server: ScriptedVllm = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    asked: (path) => requests.filter((one) => one.path === path),
    adapters: new Set(),
    served: 'policy',
    weightVersion: 'default',
    maxModelLen: 256,
    root: '/models/policy',
    version: '0.32.0',
    write: () => ({ tokenIds: [101], text: 'a', finish: 'length' }),
    override: () => undefined,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

function answerOf(server: ScriptedVllm, { method, path, body }: ScriptedRequest): ScriptedAnswer {
  switch (`${method} ${path}`) {
    case 'GET /v1/models':
      return { body: { object: 'list', data: cardsOf(server) } };
    case 'GET /version':
      return { body: { version: server.version } };
    case 'GET /weight_info':
      return { body: { weight_version: server.weightVersion } };
    case 'GET /server_info?config_format=json':
      return { body: { vllm_config: CONFIG } };
    case 'POST /serve':
      server.served = String(body['name']);
      return { body: {} };
    case 'POST /pooling':
      return pool(server, body);
    case 'POST /v1/completions':
      return complete(server, body);
    case 'POST /v1/load_lora_adapter':
      if (body['lora_name'] === 'sipf-rank-probe') return error(404, 'No adapter found for it');
      return typeof body['lora_name'] === 'string'
        ? load(server, body['lora_name'])
        : error(400, "1 validation error: {'type': 'missing', 'loc': ('body', 'lora_name')}");
    case 'POST /v1/unload_lora_adapter':
      server.adapters.delete(String(body['lora_name']));
      return { body: 'Success' };
    case 'POST /pause?mode=wait':
    case 'POST /resume':
      return { body: { status: 'done' } };
    case 'POST /reset_prefix_cache':
      return { body: { success: true } };
    case 'POST /update_weight_version':
      server.weightVersion = String(body['new_version']);
      return { body: { success: true } };
    case 'POST /collective_rpc':
      return { body: { results: [{ found: true, granted: true, loaded: true, released: true }] } };
    default:
      return { status: 404, body: { detail: 'Not Found' } };
  }
}

const CONFIG = {
  model_config: { dtype: 'torch.bfloat16', quantization: null },
  device_config: { device: 'cuda' },
  lora_config: { max_lora_rank: 8 },
};

function cardsOf({ adapters, maxModelLen, root, served }: ScriptedVllm) {
  const base = { id: served, object: 'model', root, parent: null, max_model_len: maxModelLen };
  const others = [...adapters].map((id) => ({ id, object: 'model', parent: served, max_model_len: null }));
  return [base, ...others];
}

function error(status: number, message: string): ScriptedAnswer {
  return { status, body: { error: { message, type: 'Error', param: null, code: status } } };
}

function load({ adapters }: ScriptedVllm, name: string): ScriptedAnswer {
  if (adapters.has(name)) {
    return error(
      400,
      `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
    );
  }
  adapters.add(name);
  return { body: `Success: LoRA adapter '${name}' added successfully.` };
}

function missing(model: string): ScriptedAnswer {
  return error(404, `The model \`${model}\` does not exist.`);
}

/** Two labels a token, of which nobody looks at the numbers. */
function pool({ served }: ScriptedVllm, body: ScriptedRequest['body']): ScriptedAnswer {
  const { model, input } = body as { model: string; input: number[][] };
  if (model !== served) return missing(model);
  const data = input.map((ids, index) => {
    const logits = Float32Array.from(ids.flatMap((id) => [-id, id]));
    return { index, object: 'pooling', data: Buffer.from(logits.buffer).toString('base64') };
  });
  return { body: { object: 'list', model, data } };
}

function complete(
  { adapters, maxModelLen, write, served }: ScriptedVllm,
  body: ScriptedRequest['body'],
): ScriptedAnswer {
  const { model, prompt, stop = [] } = body as { model: string; prompt: number[]; stop?: string[] };
  if (model !== served && !adapters.has(model)) return missing(model);
  if (stop.length > 4) return error(400, 'List should have at most 4 items after validation');
  if (prompt.length >= maxModelLen)
    return error(400, 'max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)');
  const { tokenIds, text, finish, stopReason = null } = write(body);
  const logprobs = { token_logprobs: tokenIds.map((_, at) => -1 - at), top_logprobs: null };
  const choice = {
    index: 0,
    text,
    logprobs,
    finish_reason: finish,
    stop_reason: stopReason,
    token_ids: tokenIds,
  };
  const usage = { prompt_tokens: prompt.length, completion_tokens: tokenIds.length };
  return {
    body: {
      object: 'text_completion',
      model,
      choices: [choice],
      usage,
      system_fingerprint: 'vllm-0.32.0-125c7639',
    },
  };
}
