import type { DecoderConfig } from '@sipf/models';
import { digestFolder, openSafetensors, parameterShapes } from '@sipf/models';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVllm } from '../../engines/support/vllm-server.ts';
import { startPeer } from '../engine/sampling/peer.ts';
import type { Computing } from '../support/computing.ts';
import { startJsonPeer } from '../support/json-peer.ts';
import { ADAPTER } from '../support/write-adapter.ts';
import { writeGguf, type GgufWeights } from '../support/write-gguf.ts';

/** Prompts of equal length, each continued once. */
export interface TextOrder {
  readonly prompts: readonly (readonly number[])[];
  /** Of each, whatever the text says. */
  readonly newTokens: number;
  /** Else at temperature 1, from the whole distribution. */
  readonly greedy: boolean;
  readonly seed: number;
}

/** An engine that writes, in processes of its own. */
export interface TextSide {
  readonly name: string;
  readonly pid: number;
  write(order: TextOrder): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** What every side is opened for. */
export interface TextWork {
  /** A model folder of float32 weights, with a tokenizer. */
  readonly folder: string;
  readonly config: DecoderConfig;
  readonly threads: number;
  readonly computing: Computing;
  /** Prompts of an order. */
  readonly prompts: number;
  /** Tokens of a prompt and what is written. */
  readonly length: number;
  /** A PEFT folder, attached to the model: merged nowhere. */
  readonly adapter: string | undefined;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export async function openOwn({ folder, threads, computing, adapter }: TextWork): Promise<TextSide> {
  const { device, precision } = computing;
  const args = [here('own-child.ts'), 'text', folder, String(threads), device, precision];
  if (adapter !== undefined) args.push(adapter);
  return fromPeer('here', args, threads);
}

/** @param weights llama.cpp computes with activations of the weights' precision */
export async function openLlamaCpp(work: TextWork, weights: GgufWeights): Promise<TextSide> {
  const { folder, config, threads, prompts, length } = work;
  const file = join(dirname(folder), `${weights}.gguf`);
  const [tensors, shapes] = [openSafetensors(join(folder, 'model.safetensors')), parameterShapes(config)];
  const read = (name: string) => ({ shape: shapes.get(name) ?? [], data: tensors.float32(name) });
  await writeGguf(file, config, { read, weights });
  const args = [here('llama-cpp-child.ts'), file, String(threads), String(prompts), String(length)];
  return fromPeer(`llama.cpp ${weights}`, args, threads);
}

async function fromPeer(name: string, args: readonly string[], threads: number): Promise<TextSide> {
  const peer = await startJsonPeer<TextOrder, { ids: number[][] }>(process.execPath, args, threads);
  const { pid } = peer;
  return { name, pid, write: async (order) => (await peer.ask(order)).ids, close: () => peer.close() };
}

/** @param python with transformers, and peft for an adapter */
export async function openTransformers(work: TextWork, python: string): Promise<TextSide> {
  const { folder, threads, computing, adapter } = work;
  const peer = await startPeer(python, folder, { threads, computing, adapter });
  return {
    name: 'transformers',
    pid: peer.pid,
    write: async ({ prompts, newTokens, greedy }) =>
      (await peer.generate({ prompts, n: 1, new_tokens: newTokens, greedy })).ids,
    close: () => peer.close(),
  };
}

/** On a CPU without compilation, as the project's suites start it: its graphs take minutes there. */
export async function openVllm(work: TextWork): Promise<TextSide> {
  const { folder, threads, length, computing, adapter } = work;
  const server = await startVllm(
    {
      ...{ dtype: computing.precision, maxModelLen: length, rank: adapter === undefined ? 0 : ADAPTER.rank },
      model: { folder, digest: await digestFolder(folder), name: 'policy' },
    },
    {
      flags: computing.device === 'cpu' ? [] : ['--no-enforce-eager', '--enable-chunked-prefill'],
      environment: { OMP_NUM_THREADS: String(threads) },
    },
  );
  const model = adapter === undefined ? 'policy' : 'adapter';
  if (adapter !== undefined)
    await post(`${server.origin}/v1/load_lora_adapter`, { lora_name: model, lora_path: adapter });
  const write = async (prompt: readonly number[], order: TextOrder): Promise<number[]> => {
    const body = {
      ...{ model, prompt, max_tokens: order.newTokens, ignore_eos: true, return_token_ids: true },
      ...{ temperature: order.greedy ? 0 : 1, seed: order.seed },
    };
    const answer = await post(`${server.origin}/v1/completions`, body);
    const { choices } = (await answer.json()) as { choices: [{ token_ids: number[] }] };
    return choices[0].token_ids;
  };
  return {
    name: 'vLLM',
    pid: server.pid,
    write: (order) => Promise.all(order.prompts.map((prompt) => write(prompt, order))),
    close: () => server.kill(),
  };
}

async function post(url: string, body: object): Promise<Response> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`vLLM: ${answer.status} ${await answer.text()}`);
  return answer;
}
