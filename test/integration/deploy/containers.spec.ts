import {
  common,
  execution,
  generation,
  orchestration,
  simulation,
  training,
  verification,
} from '@sipf/contracts';
import { createClient } from '@sipf/service';
import { hasOpenssl } from '@sipf/service/testing';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../support/calls.ts';
import {
  startDeployedSystem,
  type DeployedName,
  type DeployedSystem,
} from '../../support/deployed-system.ts';
import { namesInDashboards, namesInRules } from '../../support/metric-names.ts';
import { hasNats } from '../../support/nats.ts';

if (!hasOpenssl())
  process.stderr.write('skipping the rendered containers: there is no openssl for certificates\n');

describe.skipIf(!hasNats || !hasOpenssl())(
  'the containers of the rendered manifests, from what the image holds',
  () => {
    let system: DeployedSystem;
    let before: string[];

    beforeAll(async () => {
      system = await startDeployedSystem();
      before = filesOf(system);
    });
    afterAll(async () => {
      await system.stop();
    });

    const addressOf = (name: DeployedName): string => system.services.get(name)?.address ?? '';

    it('serve, by their health checks over mutual TLS, and to nobody without a certificate', () => {
      const { folder, entrypoint } = system.image;
      const [, ...program] = entrypoint;
      const { caFile, certFile, keyFile } = system.tls;
      const health = (address: string, ...flags: string[]) => {
        const args = [...program, 'health', address, '--ca-file', caFile, ...flags];
        return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      };
      const address = addressOf('orchestration');
      expect(health(address, '--cert-file', certFile, '--key-file', keyFile)).toMatchObject({
        status: 0,
        stdout: 'serving\n',
      });
      expect(health(address, '--wait-seconds', '1').status).toBe(69);
    });

    it('say who they are and what they hold', async () => {
      const clients = {
        generation: generation.GenerationServiceDefinition,
        simulation: simulation.SimulationServiceDefinition,
        verification: verification.VerificationServiceDefinition,
        execution: execution.ExecutionServiceDefinition,
        training: training.TrainingServiceDefinition,
        orchestration: orchestration.OrchestrationServiceDefinition,
      } as const;
      for (const [name, definition] of Object.entries(clients)) {
        using client = createClient(definition, addressOf(name as DeployedName), { tls: system.tls });
        const { info } = await client.info({});
        expect(info?.service).toBe(name);
        const metrics = system.services.get(name as DeployedName)?.metricsUrl ?? '';
        expect((await fetch(`${metrics}/healthz`)).status).toBe(200);
      }
    });

    it('do a piece of work each', async () => {
      const { tls, models } = system;
      using generator = createClient(generation.GenerationServiceDefinition, addressOf('generation'), {
        tls,
      });
      const sampling = common.SamplingSettings.fromPartial({
        n: 2,
        temperature: 1,
        maxNewTokens: 8,
        seed: 1n,
      });
      const model = { digest: models.policy, adapterDigest: '' };
      const prompts = [{ id: 'q', text: 'How many pens are left?\n' }];
      const paths = await collect(generator.generate({ prompts, sampling, model }));
      expect(paths.map(({ text }) => text)).toEqual([
        expect.stringMatching(/^#### [12]$/),
        expect.stringMatching(/^#### [12]$/),
      ]);

      using executor = createClient(execution.ExecutionServiceDefinition, addressOf('execution'), { tls });
      const program = { id: 'p', code: 'twice = lambda n: 2 * n', tests: 'assert twice(2) == 4' };
      const verdict = await executor.execute({ ...program, language: execution.Language.PYTHON });
      expect(verdict.outcome).toBe(execution.Outcome.PASSED);

      using jobs = createClient(training.TrainingServiceDefinition, addressOf('training'), { tls });
      expect((await jobs.listJobs({})).jobs).toEqual([]);
      using runs = createClient(orchestration.OrchestrationServiceDefinition, addressOf('orchestration'), {
        tls,
      });
      expect((await runs.listRuns({})).runs).toEqual([]);
      expect(await scoreByHttp(system, addressOf('gateway'))).toMatchObject({
        scores: [{ id: 'a', steps: { probabilities: [expect.any(Number)] } }],
      });
    });

    it('show the runs to people with the token of the dashboard', async () => {
      const address = addressOf('dashboard');
      const visit = await callPage(system, address, '/api/session');
      const first = { cookie: visit.cookie, csrf: (visit.body as { csrfToken: string }).csrfToken };
      expect((await callPage(system, address, '/api/runs', first)).status).toBe(401);
      const body = { token: system.pageToken };
      const login = await callPage(system, address, '/api/session', { ...first, body });
      expect(login.cookie).toMatch(/Secure/);
      const seen = await callPage(system, address, '/api/runs', { cookie: login.cookie });
      expect(seen).toMatchObject({ status: 200, body: { runs: [] } });
      const metrics = system.services.get('dashboard')?.metricsUrl ?? '';
      expect((await fetch(`${metrics}/healthz`)).status).toBe(200);
    });

    it('export every metric that the dashboards and the alerts name', async () => {
      const exported = new Set<string>();
      for (const { metricsUrl } of system.services.values()) {
        const text = await (await fetch(`${metricsUrl}/metrics`)).text();
        for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\w+)$/gm)) {
          exported.add(name);
          if (type === 'histogram')
            for (const part of ['bucket', 'sum', 'count']) exported.add(`${name}_${part}`);
        }
      }
      const named = [...namesInRules(), ...namesInDashboards()].filter((name) => name !== 'up');
      expect(named.length).toBeGreaterThan(20);
      expect(named.filter((name) => !exported.has(name))).toEqual([]);
    });

    it('have metrics of few series, whatever callers send', async () => {
      const { tls } = system;
      using generator = createClient(generation.GenerationServiceDefinition, addressOf('generation'), {
        tls,
      });
      const metricsUrl = system.services.get('generation')?.metricsUrl ?? '';
      const series = async () => (await (await fetch(`${metricsUrl}/metrics`)).text()).split('\n').length;
      const ask = (digest: string) =>
        generator.generate({ model: { digest, adapterDigest: '' }, prompts: [{ id: digest, text: 'x' }] });
      const refused = (index: number) =>
        collect(ask(`sha256:${String(index).padStart(64, '0')}`)).catch(() => undefined);
      await refused(0);
      const few = await series();
      await Promise.all(Array.from({ length: 20 }, (_, index) => refused(index + 1)));
      expect(await series()).toBe(few);
    });

    it('have written nothing into the image, and stop on request', async () => {
      expect(filesOf(system)).toEqual(before);
      const ended = await Promise.all(
        [...system.services.values()].map(async (service) => [service.name, await service.stop()]),
      );
      expect(ended).toEqual([...system.services.keys()].map((name) => [name, 0]));
    });
  },
);

/** Files of the image but its packages, with the times of their last change. */
function filesOf({ image }: DeployedSystem): string[] {
  const names = readdirSync(image.folder, { recursive: true, encoding: 'utf8' });
  const own = names.filter((name) => !name.startsWith('node_modules'));
  return own.map((name) => `${name} ${statSync(join(image.folder, name)).mtimeMs}`);
}

interface PageCall {
  readonly cookie?: string;
  readonly csrf?: string;
  /** Makes the call a change. */
  readonly body?: unknown;
}

/** Calls the dashboard as its page does. */
async function callPage({ tls }: DeployedSystem, address: string, path: string, given: PageCall = {}) {
  const { cookie = '', csrf = '', body } = given;
  const origin = `https://${address}`;
  const headers = {
    cookie: cookie.split(';')[0],
    origin,
    'x-csrf-token': csrf,
    'content-type': 'application/json',
  };
  const options = { method: body === undefined ? 'GET' : 'POST', headers, ca: readFileSync(tls.caFile) };
  const call = httpsRequest(`${origin}${path}`, options);
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode,
    cookie: response.headers['set-cookie']?.[0] ?? '',
    body: await json(response),
  };
}

async function scoreByHttp({ tls, token, models }: DeployedSystem, address: string): Promise<unknown> {
  const url = `https://${address}/v1/verification/score`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const call = httpsRequest(url, { method: 'POST', headers, ca: readFileSync(tls.caFile) });
  const rows = [{ id: 'a', question: '1+1', steps: ['#### 2'] }];
  call.end(JSON.stringify({ rows, model: { digest: models.verifier } }));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return json(response);
}
