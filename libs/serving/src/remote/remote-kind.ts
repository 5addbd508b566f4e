import { FairGate } from '@sipf/async';
import {
  openTokenizer,
  readDecoderConfig,
  readGenerationTokens,
  type AsyncTokenizer,
  type DecoderConfig,
} from '@sipf/models';
import type { Server } from '@sipf/openai';
import { measureGenerator } from '../measure-generator.ts';
import type { FoundModel } from '../model-finder.ts';
import { notALanguageModel, type ServedGenerator } from '../served-generator.ts';
import type { OpenContext, ServedKind } from '../serving.ts';
import type { Backend } from './backend-settings.ts';
import { nameOnServer } from './connection.ts';
import { holdAdapter, unresolved, type HeldAdapter } from './remote-adapter.ts';
import { remoteEngine } from './remote-engine.ts';
import { RemoteGenerator } from './remote-generator.ts';
import { RemoteAdapters } from './remote-models.ts';
import { RemoteServers } from './remote-servers.ts';
import { tryOut } from './try-out.ts';

/** A base that servers hold. */
export interface RemoteBase {
  /** The servers' name of it. */
  readonly name: string;
  /** That of the model's folder, with the longest sequence that the servers take as well. */
  readonly config: DecoderConfig;
  readonly tokenizer: AsyncTokenizer;
}

/** Longest wait for a server to load an adapter. */
const LOAD_MS = 300_000;

/**
 * Policies or simulators on servers that speak OpenAI's completions. Prompts are read, and answers cut into steps, here, with
 * the model's own folder; only the sampling is the servers'.
 */
export function remoteGeneratorKind(
  service: 'generation' | 'simulation',
  backend: Backend,
): ServedKind<RemoteBase, ServedGenerator> {
  const { logger } = backend;
  const servers = new RemoteServers(backend);
  const adapters = new RemoteAdapters(backend.endpoint, LOAD_MS + (backend.hook?.timeoutMs ?? 0));
  const gate = new FairGate(backend.concurrency);
  const surroundings = { backend, servers, adapters, gate, logger };
  return {
    service,
    greet: () => servers.greet(),
    engine: () =>
      remoteEngine({ kind: backend.dialect, speaks: 'openai', host: backend.host }, servers.facts),
    limits: () => (servers.maxLoraRank === undefined ? {} : { max_lora_rank: servers.maxLoraRank }),
    load: async (found, { metrics }) => {
      const config = readDecoderConfig(found.folder);
      if (config.head !== 'lm') throw notALanguageModel();
      const name = nameOnServer(found, backend);
      const longest = await servers.confirm({ name, digest: found.ref.digest, folder: found.folder });
      metrics.addRows(backend.concurrency);
      const { maxPositionEmbeddings: own } = config;
      const shorter = { ...config, maxPositionEmbeddings: Math.min(own, longest ?? own) };
      return { name, config: shorter, tokenizer: await openTokenizer(found.folder) };
    },
    unload: async ({ tokenizer }, { metrics }) => {
      metrics.addRows(-backend.concurrency);
      await tokenizer.close();
    },
    serve: async (base, found, { metrics }) => {
      const generator = await serve(base, found, surroundings);
      return { found, generator: measureGenerator(generator, metrics), tokenizer: base.tokenizer };
    },
    close: ({ generator }) => generator.close(),
    stop: () => {
      servers.close();
    },
    describe: ({ found, generator: { model } }) => ({
      found,
      config: model.config,
      quantisation: model.quantisation,
    }),
  };
}

interface Surroundings extends Pick<OpenContext, 'logger'> {
  readonly backend: Backend;
  readonly servers: RemoteServers;
  readonly adapters: RemoteAdapters;
  readonly gate: FairGate;
}

async function serve(
  { name: base, config, tokenizer }: RemoteBase,
  found: FoundModel,
  surroundings: Surroundings,
): Promise<RemoteGenerator> {
  const { backend, servers, gate } = surroundings;
  const { ref, folder, adapterFolder, key: digest } = found;
  const { eosTokenIds: stopTokenIds } = readGenerationTokens(folder, config);
  const facts = { config, digest, quantisation: 'none', stopTokenIds } as const;
  const asked = { name: base, digest: ref.digest, folder };
  const lease = (server: Server, signal: AbortSignal) => servers.lease(asked, server, signal);
  const held: HeldAdapter =
    adapterFolder === undefined
      ? { restore: (signal) => servers.reconfirm(asked, signal), release: () => Promise.resolve() }
      : await holdAdapter(found, { ...surroundings, base, lease, config, maxLoraRank: servers.maxLoraRank });
  const name = adapterFolder === undefined ? base : ref.adapterDigest;
  const generator = new RemoteGenerator({
    ...{ facts, backend, tokenizer, gate, lease, ...held },
    asked: { name, digest, stopTokenIds, vocabSize: config.vocabSize },
  });
  try {
    if (adapterFolder === undefined || backend.adapter === 'resolver') await tryOut(generator, tokenizer);
  } catch (error) {
    throw unresolved(error, found, backend);
  }
  return generator;
}
