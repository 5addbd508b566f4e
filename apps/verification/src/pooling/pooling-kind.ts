import { FairGate } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import {
  detectVerifierFormat,
  openTokenizer,
  readDecoderConfig,
  type AsyncTokenizer,
  type DecoderConfig,
  type VerifierFormat,
} from '@sipf/models';
import {
  nameOnServer,
  remoteEngine,
  RemoteServers,
  type Connection,
  type FoundModel,
  type ServedKind,
} from '@sipf/serving';
import { measureScheduler } from '../scheduling/measure-scheduler.ts';
import { RowRoom } from '../scheduling/row-room.ts';
import { RowScheduler } from '../scheduling/row-scheduler.ts';
import { checkedReader, type ServedVerifier } from '../served-verifier.ts';
import { PoolingScorer } from './pooling-scorer.ts';
import type { PoolingHead } from './read-log-odds.ts';

/** A verifier that servers hold. */
export interface PooledBase {
  /** The servers' name of it. */
  readonly name: string;
  readonly config: DecoderConfig;
  readonly head: PoolingHead;
  readonly tokenizer: AsyncTokenizer;
}

/** Longest wait for a server to say which models it holds. */
const CONFIRM_MS = 300_000;

/**
 * Verifiers on servers that pool tokens, as vLLM does with `--runner pooling`. Paths are read here with the model's own folder;
 * only the decoder and its head are the servers'.
 * @param format of every folder; undefined: the one in each config.json
 */
export function poolingKind(
  format: VerifierFormat | undefined,
  connection: Connection,
): ServedKind<PooledBase, ServedVerifier> {
  const servers = new RemoteServers({ ...connection, dialect: 'vllm', weights: 'fixed' });
  const gate = new FairGate(connection.concurrency);
  return {
    service: 'verification',
    engine: () => remoteEngine({ kind: 'pooling', speaks: 'pooling', host: connection.host }, servers.facts),
    load: async (found, { metrics }) => {
      const config = readDecoderConfig(found.folder);
      const head = headOf(found, config);
      const name = nameOnServer(found, connection);
      const longest = await servers.confirm(
        { name, digest: found.ref.digest },
        AbortSignal.timeout(CONFIRM_MS),
      );
      metrics.addRows(connection.concurrency);
      return { name, head, config: atMost(config, longest), tokenizer: await openTokenizer(found.folder) };
    },
    unload: async ({ tokenizer }, { metrics }) => {
      metrics.addRows(-connection.concurrency);
      await tokenizer.close();
    },
    serve: async ({ name, head, config, tokenizer }, found, { metrics }) => {
      const reader = await checkedReader(tokenizer, format ?? detectVerifierFormat(found.folder), config);
      const facts = { config, digest: found.key, quantisation: 'none', stopTokenIds: [] } as const;
      const scorer = new PoolingScorer({
        ...{ facts, name, head, endpoint: connection.endpoint, gate },
        lease: (server, signal) => servers.lease({ name, digest: found.ref.digest }, server, signal),
      });
      const scheduler = measureScheduler(new RowScheduler(scorer), metrics);
      return { found, config, tokenizer, reader, scorer, scheduler, room: new RowRoom() };
    },
    close: async ({ scheduler, scorer }) => {
      await scheduler.close();
      await scorer.close();
    },
    describe: ({ found, config }) => ({ found, config, quantisation: 'none' }),
  };
}

/** Servers may be started for shorter sequences than the model takes. */
function atMost(config: DecoderConfig, longest = Infinity): DecoderConfig {
  return { ...config, maxPositionEmbeddings: Math.min(config.maxPositionEmbeddings, longest) };
}

/** How the servers report the head. @throws SipfError failed-precondition for a head that pooling does not compute */
function headOf({ adapterFolder }: FoundModel, { head }: DecoderConfig): PoolingHead {
  if (adapterFolder !== undefined)
    throw notPooled('an adapter: merge it into its base (`sipf model merge`) and serve that folder');
  if (head === 'lm' || head.kind === 'token-pair')
    throw notPooled('a head that reads the probabilities of tokens: serve it with `--backend engine`');
  if (head.features === 'hidden+confidence')
    throw notPooled(
      'a head with confidence, which reads the probabilities of tokens: serve it with `--backend engine`',
    );
  const tokens = head.kind === 'mlp-score' ? 'marks' : 'all';
  if (head.numLabels === 1 || head.numLabels === 2) return { tokens, numLabels: head.numLabels };
  const message = `a verifier has one or two labels, this head has ${head.numLabels}`;
  throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}

function notPooled(what: string): SipfError {
  return new SipfError('failed-precondition', `--backend pooling does not compute ${what}`, {
    reason: 'NOT_A_VERIFIER',
  });
}
