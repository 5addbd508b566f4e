import { parseJson, type Endpoint } from '@sipf/openai';
import { createRng } from '@sipf/random';
import { z } from 'zod';
import type { AskedServers, Measured, ProbeSize } from './asked-servers.ts';
import { poolingBody, writingBody } from './probe-server.ts';

/** Servers that are to be measured. */
export interface ProbedServers {
  readonly kind: AskedServers['kind'];
  /** The servers' name of the model. */
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly probe: ProbeSize;
  /** Longest sequence that they take; undefined where they do not say. */
  readonly room: number | undefined;
}

/** Longest measurement. */
const MEASURE_MS = 20_000;
/** Tokens that each request writes. */
const WRITTEN = 32;
/** Most requests at a time, and most tokens that each reads: a measurement must not stand in others' way. */
const MOST_REQUESTS = 64;
const MOST_TOKENS = 128;
/** Rows of one request for scores. */
const ROWS = 4;

const written = z.object({ usage: z.object({ completion_tokens: z.int().positive() }) });

/** Tokens a second that servers write. @throws SipfError, AbortError where they do not in time */
export async function measureWriting(servers: ProbedServers): Promise<Measured> {
  const { model, endpoint, kind } = servers;
  const { requests, tokens } = sizeOf(servers, WRITTEN);
  const whole = kind === 'vllm' ? { ignore_eos: true } : {};
  const counts = await timed(requests, async (index, signal) => {
    const prompt = idsOf(servers, tokens, `${index}`);
    const body = { ...writingBody(model, prompt, WRITTEN), ...whole };
    const parse = (text: string) => written.safeParse(parseJson(text)).data;
    return (await endpoint.post('completions', body, { signal, parse })).usage.completion_tokens;
  });
  const how =
    `measured: ${requests} requests at a time, each reads ${tokens} tokens and writes ${WRITTEN}, in ` +
    `${counts.seconds.toFixed(2)} s; reading is part of it; longer texts and more requests differ`;
  return { perSecond: counts.sum / counts.seconds, how };
}

/** Tokens a second that servers score. @throws SipfError, AbortError where they do not in time */
export async function measurePooling(servers: ProbedServers): Promise<Measured> {
  const { model, endpoint } = servers;
  const { requests, tokens } = sizeOf(servers, 0);
  const counts = await timed(Math.ceil(requests / ROWS), async (index, signal) => {
    const rows = Array.from({ length: ROWS }, (_, row) => idsOf(servers, tokens, `${index}/${row}`));
    await endpoint.post('../pooling', poolingBody(model, rows), { signal, parse: () => true });
    return ROWS * tokens;
  });
  const how =
    `measured: ${Math.ceil(requests / ROWS)} requests at a time of ${ROWS} rows of ${tokens} ` +
    `tokens, in ${counts.seconds.toFixed(2)} s; the model that is served scored them`;
  return { perSecond: counts.sum / counts.seconds, how };
}

function sizeOf({ probe, room = Infinity }: ProbedServers, reserve: number): ProbeSize {
  const tokens = Math.max(1, Math.min(Math.round(probe.tokens), MOST_TOKENS, room - reserve - 1));
  return { ...probe, tokens, requests: Math.max(1, Math.min(probe.requests, MOST_REQUESTS)) };
}

/** Different in each row: a cache of prompts would make reading free. */
function idsOf({ probe }: ProbedServers, tokens: number, key: string): number[] {
  const rng = createRng('measure').split(key);
  return Array.from({ length: tokens }, () => rng.integer(probe.vocabSize));
}

async function timed(
  requests: number,
  ask: (index: number, signal: AbortSignal) => Promise<number>,
): Promise<{ readonly sum: number; readonly seconds: number }> {
  const signal = AbortSignal.timeout(MEASURE_MS);
  const began = performance.now();
  const counts = await Promise.all(Array.from({ length: requests }, (_, index) => ask(index, signal)));
  const seconds = (performance.now() - began) / 1000;
  return { sum: counts.reduce((sum, count) => sum + count, 0), seconds };
}
