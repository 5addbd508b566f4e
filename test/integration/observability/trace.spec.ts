import { orchestration } from '@sipf/contracts';
import { SMALL_POLICY } from '@sipf/contracts/testing';
import type { NatsServer } from '@sipf/events';
import { createClient } from '@sipf/service';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../support/calls.ts';
import { temporaryFolder } from '../../support/models.ts';
import { hasNats, startNats } from '../../support/nats.ts';
import { startProgram, type RunningProgram } from '../../support/start-program.ts';

/** As much of an OTLP span as is looked at; kinds are numbers of the protocol. */
interface Span {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[];
  }[];
}
const KIND = { server: 2, client: 3, producer: 4, consumer: 5 } as const;

const config = {
  method: 'sft',
  task: { name: 'arithmetic', trainProblems: 8, loopQuestions: 1, testQuestions: 2 },
  policy: SMALL_POLICY,
  sft: { learningRate: 1e-3, epochs: 1, warmupRatio: 0 },
  sampling: { maxNewTokens: 4 },
  evaluation: { maxNewTokens: 4 },
};

describe.skipIf(!hasNats)('a run over several services', () => {
  const folder = temporaryFolder();
  const spans: Span[] = [];
  let collector: Server;
  let nats: NatsServer;

  beforeAll(async () => {
    nats = await startNats(join(folder.path, 'nats'));
    collector = createServer((request, response) => {
      void json(request).then((body) => {
        spans.push(...spansOf(body as Export));
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await once(collector.listen(0, '127.0.0.1'), 'listening');
  });

  afterAll(async () => {
    collector.close();
    await nats.stop();
    folder.remove();
  });

  it('is one trace through gRPC and the events of NATS', async () => {
    await driveRun('traced');
    const ofRun = spans.filter(({ attributes }) => valueOf(attributes, 'sipf.run_id') === 'traced');
    expect(new Set(ofRun.map(({ traceId }) => traceId)).size).toBe(1);
    const serving = ofRun.filter(({ kind }) => kind === KIND.server).map(({ service }) => service);
    expect(new Set(serving)).toEqual(new Set(['training', 'generation']));
    // What a service heard of by an event is the child of the event's publication, in another process.
    const byId = new Map(ofRun.map((span) => [span.spanId, span]));
    const consumed = ofRun.filter(({ kind }) => kind === KIND.consumer);
    expect(new Set(consumed.map(({ service }) => service))).toEqual(new Set(['generation']));
    for (const { parentSpanId = '' } of consumed)
      expect(byId.get(parentSpanId)).toMatchObject({ service: 'orchestration', kind: KIND.producer });
    // And every call is answered beneath itself.
    for (const { parentSpanId = '' } of ofRun.filter(({ kind }) => kind === KIND.server))
      expect(byId.get(parentSpanId)).toMatchObject({ kind: KIND.client });
  });

  /** Runs to the end and stops the services, which send their last spans then. */
  async function driveRun(runId: string): Promise<void> {
    const { port } = collector.address() as AddressInfo;
    const traced = ['env', `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${port}`];
    const store = ['--artifacts', join(folder.path, 'store')];
    const onNats = ['--nats-url', nats.url];
    const one = ['--threads', '1'];
    const workers = {
      training: await startProgram(
        'training',
        [...store, ...one, '--state', join(folder.path, 'state')],
        traced,
      ),
      generation: await startProgram('generation', [...store, ...one, ...onNats], traced),
    };
    const nobody = ['--simulation', '127.0.0.1:9', '--verification', '127.0.0.1:9'];
    const addresses = Object.entries(workers).flatMap(([name, { address }]) => [`--${name}`, address]);
    const flags = ['--runs', join(folder.path, 'runs'), ...store, ...onNats, ...addresses, ...nobody];
    const orchestrator = await startProgram('orchestration', flags, traced);
    await watchToEnd(orchestrator, runId);
    for (const program of [orchestrator, ...Object.values(workers)]) await program[Symbol.asyncDispose]();
  }
});

async function watchToEnd({ address }: RunningProgram, runId: string): Promise<void> {
  using client = createClient(orchestration.OrchestrationServiceDefinition, address);
  await client.startRun({ runId, configJson: JSON.stringify(config) });
  await collect(client.watchRun({ runId, fromEntry: 0n }));
  const { run } = await client.getRun({ runId });
  expect(run?.state).toBe(orchestration.RunState.SUCCEEDED);
}

function spansOf({ resourceSpans }: Export): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valueOf(resource.attributes, 'service.name') ?? '';
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
  });
}

function valueOf(attributes: Span['attributes'], wanted: string): string | undefined {
  return attributes.find(({ key }) => key === wanted)?.value.stringValue;
}
