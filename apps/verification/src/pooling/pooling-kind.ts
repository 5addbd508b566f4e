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
import { nameOnServer, remoteEngine, RemoteServers, type Connection, type ServedKind } from '@sipf/serving';
import { measureScheduler } from '../scheduling/measure-scheduler.ts';
import { RowRoom } from '../scheduling/row-room.ts';
import { RowScheduler } from '../scheduling/row-scheduler.ts';
import { checkedReader, type ServedVerifier } from '../served-verifier.ts';
import { mergedModel } from './merged-model.ts';
import { PoolingScorer } from './pooling-scorer.ts';
import type { PoolingHead } from './read-log-odds.ts';

/** What verifiers of one base share on this side. */
export interface PooledBase {
  readonly tokenizer: AsyncTokenizer;
}

/**
 * Verifiers on servers that pool tokens, as vLLM does with `--runner pooling`. Paths are read here with the model's own folder;
 * only the decoder and its head are the servers'. They hold whole models: an adapter is merged into its base first.
 * @param format of every folder; undefined: the one in each config.json
 */
export function poolingKind(
  format: VerifierFormat | undefined,
  connection: Connection,
): ServedKind<PooledBase, ServedVerifier> {
  const servers = new RemoteServers({ ...connection, dialect: 'vllm' });
  const gate = new FairGate(connection.concurrency);
  const stopping = new AbortController();
  return {
    service: 'verification',
    greet: () => servers.greet(),
    engine: () => remoteEngine({ kind: 'pooling', speaks: 'pooling', host: connection.host }, servers.facts),
    load: async (found, { metrics }) => {
      const tokenizer = await openTokenizer(found.folder);
      metrics.addRows(connection.concurrency);
      return { tokenizer };
    },
    unload: async ({ tokenizer }, { metrics }) => {
      metrics.addRows(-connection.concurrency);
      await tokenizer.close();
    },
    serve: async ({ tokenizer }, found, { metrics, artifacts }) => {
      const model = await mergedModel(found, artifacts, {
        ...{ signal: stopping.signal, logger: connection.logger },
      });
      const own = readDecoderConfig(model.folder);
      const head = headOf(own);
      const { digest } = model.ref;
      const asked = { name: nameOnServer(model, connection), digest, folder: model.folder };
      const config = atMost(own, await servers.confirm(asked));
      const reader = await checkedReader(tokenizer, format ?? detectVerifierFormat(model.folder), config);
      const facts = { config, digest: found.key, quantisation: 'none', stopTokenIds: [] } as const;
      const scorer = new PoolingScorer({
        ...{ facts, name: asked.name, head, endpoint: connection.endpoint, gate },
        lease: (server, signal) => servers.lease(asked, server, signal),
      });
      const scheduler = measureScheduler(new RowScheduler(scorer), metrics);
      return { found, config, tokenizer, reader, scorer, scheduler, room: new RowRoom() };
    },
    close: async ({ scheduler, scorer }) => {
      await scheduler.close();
      await scorer.close();
    },
    describe: ({ found, config }) => ({ found, config, quantisation: 'none' }),
    stop: () => {
      stopping.abort();
      servers.close();
    },
  };
}

/** Servers may be started for shorter sequences than the model takes. */
function atMost(config: DecoderConfig, longest = Infinity): DecoderConfig {
  return { ...config, maxPositionEmbeddings: Math.min(config.maxPositionEmbeddings, longest) };
}

/** How the servers report the head. @throws SipfError failed-precondition NOT_A_VERIFIER for one that pooling does not compute */
function headOf({ head }: DecoderConfig): PoolingHead {
  if (head === 'lm' || head.kind === 'token-pair')
    throw notPooled('a head that reads the probabilities of tokens');
  if (head.features === 'hidden+confidence')
    throw notPooled('a head with confidence, which reads the probabilities of tokens');
  const tokens = head.kind === 'mlp-score' ? 'marks' : 'all';
  if (head.numLabels === 1 || head.numLabels === 2) return { tokens, numLabels: head.numLabels };
  const message = `a verifier has one or two labels, this head has ${head.numLabels}`;
  throw new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}

function notPooled(what: string): SipfError {
  const message = `--backend pooling does not compute ${what}: serve it with --backend engine`;
  return new SipfError('failed-precondition', message, { reason: 'NOT_A_VERIFIER' });
}
