import { SipfError } from '@sipf/errors';
import { parseJson, ServerFault, type Server } from '@sipf/openai';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isRefused } from './backend-failures.ts';
import { listModels } from './remote-models.ts';

/** Longest wait for each step; requests that are under way are waited for, and weights come from a disk. */
const STEP_MS = 600_000;

const results = z.object({ results: z.array(z.record(z.string(), z.unknown())).min(1) });
const success = z.object({ success: z.literal(true) });

/**
 * Replaces a server's weights by those of a digest in its artifact store, and returns when it computes with them. Needs vLLM
 * with VLLM_SERVER_DEV_MODE=1 and the worker extension of `deploy/vllm`. While it lasts the server's version of its weights is
 * no digest, so that whoever looks at it, this client after a crash as well, knows that they are not whole.
 *
 * @throws SipfError failed-precondition MODEL_NOT_LOADED where the server's store lacks them, BACKEND_REFUSED where the server
 * cannot
 *   do this; ServerFault
 */
export async function reloadWeights(server: Server, digest: string): Promise<void> {
  const token = randomUUID();
  const found = await callWorkers(server, 'sipf_has_model', { digest });
  if (!found.every(({ found: isThere }) => isThere === true)) throw notThere(server, digest, whyOf(found));
  const claims = await callWorkers(server, 'sipf_claim', { token });
  if (!claims.every(({ granted }) => granted === true))
    throw new ServerFault({ kind: 'busy', why: 'another client loads weights', retryAfter: undefined });
  try {
    await replace(server, digest, token);
  } finally {
    await callWorkers(server, 'sipf_release', { token });
  }
}

/** No model has it. */
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * Asks a server's workers something that changes nothing. @throws SipfError BACKEND_REFUSED where they cannot load weights;
 * ServerFault
 */
export async function askWorkers(server: Server, signal: AbortSignal): Promise<void> {
  await callWorkers(server, 'sipf_has_model', { digest: NO_DIGEST }, signal);
}

async function replace(server: Server, digest: string, token: string): Promise<void> {
  await post(server, '../pause?mode=wait', undefined);
  try {
    await setVersion(server, `loading ${token}`);
    // They would apply to the new weights as well.
    for (const adapter of await adaptersOf(server))
      await post(server, 'unload_lora_adapter', { lora_name: adapter });
    const loaded = await callWorkers(server, 'sipf_reload', { digest });
    if (!loaded.every(({ loaded: isLoaded }) => isLoaded === true))
      throw notThere(server, digest, whyOf(loaded));
    const cleared = success.safeParse(parseJson(await post(server, '../reset_prefix_cache', undefined)));
    if (!cleared.success)
      throw new ServerFault({
        kind: 'unavailable',
        why: 'its prefix cache is not cleared',
        retryAfter: undefined,
      });
  } finally {
    await post(server, '../resume', undefined);
  }
  await setVersion(server, digest);
}

async function setVersion(server: Server, version: string): Promise<void> {
  await post(server, '../update_weight_version', { new_version: version });
}

async function adaptersOf(server: Server): Promise<readonly string[]> {
  const cards = await listModels(server, AbortSignal.timeout(STEP_MS));
  return cards.filter(({ parent }) => typeof parent === 'string').map(({ id }) => id);
}

/** What every worker answers to a method of `deploy/vllm`. */
async function callWorkers(
  server: Server,
  method: string,
  kwargs: Readonly<Record<string, string>>,
  signal?: AbortSignal,
) {
  try {
    const answer = await post(server, '../collective_rpc', { method, kwargs }, signal);
    return results.parse(parseJson(answer)).results;
  } catch (error) {
    if (!isRefused(error) && !(error instanceof z.ZodError)) throw error;
    const why = isRefused(error) ? error.message : 'an answer without results';
    const message =
      `the backend ${server.host} cannot load weights: start it with VLLM_SERVER_DEV_MODE=1 and ` +
      `--worker-extension-cls sipf_vllm.worker.StoreWorker (deploy/vllm), or use --backend-weights fixed (${why})`;
    throw new SipfError('failed-precondition', message, { reason: 'BACKEND_REFUSED' });
  }
}

async function post(
  server: Server,
  path: string,
  body: unknown,
  signal = AbortSignal.timeout(STEP_MS),
): Promise<string> {
  return await server.post(path, body, {
    signal,
    parse: (text) => text,
    isRefusal: (status, said) => status === 500 && said.includes('has no attribute'),
  });
}

function whyOf(answers: readonly Readonly<Record<string, unknown>>[]): string {
  const why = answers.find((answer) => 'why' in answer)?.['why'];
  return typeof why === 'string' ? why : 'it does not say why';
}

function notThere({ host }: Server, digest: string, why: string): SipfError {
  const message = `the backend ${host} has no weights ${digest}: ${why}; its SIPF_STORE must be the store of --artifacts`;
  return new SipfError('failed-precondition', message, { reason: 'MODEL_NOT_LOADED' });
}
