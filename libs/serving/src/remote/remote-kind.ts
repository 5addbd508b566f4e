import { FairGate } from '@sipf/async';
import { common } from '@sipf/contracts';
import {
  encodeTask,
  openTokenizer,
  readDecoderConfig,
  readGenerationTokens,
  type AsyncTokenizer,
} from '@sipf/models';
import { resolve } from 'node:path';
import { measureGenerator } from '../measure-generator.ts';
import type { FoundModel } from '../model-finder.ts';
import { notALanguageModel, type ServedGenerator } from '../served-generator.ts';
import type { OpenContext, ServedKind } from '../serving.ts';
import type { Backend } from './backend-settings.ts';
import { checkHandedOver } from './handed-over-adapter.ts';
import { nameOnServer } from './connection.ts';
import { RemoteGenerator } from './remote-generator.ts';
import { RemoteModels } from './remote-models.ts';

/** A base that a server holds. */
export interface RemoteBase {
  /** The server's name of it. */
  readonly name: string;
  readonly tokenizer: AsyncTokenizer;
}

/** Longest wait for a server to say that it holds a model, or to load an adapter. */
const LOAD_MS = 300_000;
/** Longest wait for a server to let an adapter go. */
const UNLOAD_MS = 10_000;

/**
 * Policies or simulators on a server that speaks OpenAI's completions. Prompts are read, and answers cut into steps, here, with
 * the model's own folder; only the sampling is the server's.
 */
export function remoteGeneratorKind(
  service: 'generation' | 'simulation',
  backend: Backend,
): ServedKind<RemoteBase, ServedGenerator> {
  const models = new RemoteModels(backend.endpoint);
  const gate = new FairGate(backend.concurrency);
  return {
    service,
    engine: () =>
      common.Engine.fromPartial({
        kind: backend.dialect,
        device: `openai at ${backend.host}`,
        servers: [backend.host],
      }),
    load: async (found, { metrics }) => {
      if (readDecoderConfig(found.folder).head !== 'lm') throw notALanguageModel();
      const name = nameOnServer(found, backend);
      await models.confirm(name, AbortSignal.timeout(LOAD_MS));
      metrics.addRows(backend.concurrency);
      return { name, tokenizer: await openTokenizer(found.folder) };
    },
    unload: async ({ tokenizer }, { metrics }) => {
      metrics.addRows(-backend.concurrency);
      await tokenizer.close();
    },
    serve: async (base, found, context) => {
      const generator = await serve(base, found, { backend, models, gate, context });
      return { found, generator: measureGenerator(generator, context.metrics), tokenizer: base.tokenizer };
    },
    close: ({ generator }) => generator.close(),
    describe: ({ found, generator: { model } }) => ({
      found,
      config: model.config,
      quantisation: model.quantisation,
    }),
  };
}

interface Surroundings {
  readonly backend: Backend;
  readonly models: RemoteModels;
  readonly gate: FairGate;
  readonly context: OpenContext;
}

async function serve(
  base: RemoteBase,
  found: FoundModel,
  { backend, models, gate, context }: Surroundings,
): Promise<RemoteGenerator> {
  const { ref, folder, adapterFolder, key: digest } = found;
  const config = readDecoderConfig(folder);
  const { eosTokenIds: stopTokenIds } = readGenerationTokens(folder, config);
  const facts = { config, digest, quantisation: 'none', stopTokenIds } as const;
  if (adapterFolder !== undefined) await checkHandedOver(adapterFolder, { config, digest: ref.digest });
  const name = adapterFolder === undefined ? base.name : ref.adapterDigest;
  const location = backend.adapter === 'digest' ? ref.adapterDigest : resolve(adapterFolder ?? '');
  const restore = (signal: AbortSignal): Promise<void> =>
    adapterFolder === undefined
      ? models.confirm(name, signal).then(() => undefined)
      : models.load({ name, location, base: base.name }, signal);
  if (adapterFolder !== undefined) await restore(AbortSignal.timeout(LOAD_MS));
  const release = async (): Promise<void> => {
    if (adapterFolder === undefined) return;
    // Another service may have done it, or the server be gone: neither stops this one.
    await models.unload(name, AbortSignal.timeout(UNLOAD_MS)).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      context.logger.info({ adapter: name }, `the backend did not let go of an adapter: ${why}`);
    });
  };
  const { tokenizer } = base;
  const asked = { name, digest, stopTokenIds, vocabSize: config.vocabSize };
  const generator = new RemoteGenerator({ facts, backend, asked, tokenizer, gate, restore, release });
  if (adapterFolder === undefined) await tryOut(generator, tokenizer);
  return generator;
}

/** Has the server write a token, so that unusable answers are found before there is work. @throws SipfError as readCompletion */
async function tryOut(generator: RemoteGenerator, tokenizer: AsyncTokenizer): Promise<void> {
  const text = 'a';
  const order = { seed: 0, key: 'first question', sampling: { greedy: true, maxNewTokens: 1 } };
  const prompt = (await encodable(tokenizer, text)) ?? { promptIds: [tokenizer.bosTokenId ?? 0] };
  const samples = generator.generate([{ ...order, ...prompt }], { timeoutMs: LOAD_MS });
  while ((await samples.next()).done !== true);
}

/** Undefined for a text that the vocabulary lacks. */
async function encodable(tokenizer: AsyncTokenizer, promptText: string) {
  try {
    const promptIds = await tokenizer.run(encodeTask, { text: promptText }, promptText.length);
    return promptIds.length === 0 ? undefined : { promptIds, promptText };
  } catch {
    return undefined;
  }
}
