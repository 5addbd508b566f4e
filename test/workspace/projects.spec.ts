import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../run/step.ts';

interface Manifest {
  readonly name: string;
  readonly nx?: {
    readonly name?: string;
    readonly tags?: readonly string[];
    readonly targets?: Readonly<Record<string, { readonly command: string }>>;
  };
}

const ofFolder = (area: string, name: string) => ({ area, name, folder: join(root, area, name) });
const projects = [
  ...['apps', 'libs'].flatMap((area) => readdirSync(join(root, area)).map((name) => ofFolder(area, name))),
  { ...ofFolder('libs', 'clients/typescript'), name: 'client' },
].filter(({ name }) => name !== 'clients');

it.each(projects)('$area/$name is tagged with its kind and its name', ({ area, name, folder }) => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const kind = area === 'apps' ? 'app' : 'lib';
  expect(manifest.nx?.tags).toEqual([`type:${kind}`, `${kind}:${name}`]);
});

it.each(projects)('$area/$name explains itself in a README', ({ folder }) => {
  expect(existsSync(join(folder, 'README.md'))).toBe(true);
});

it('gives every library a row in the boundary rules', () => {
  const rules = readFileSync(join(root, 'eslint.config.mjs'), 'utf8');
  for (const { name } of projects.filter(({ area }) => area === 'libs')) {
    expect(rules).toMatch(new RegExp(`lib\\(\\s*'${name}'`));
  }
});

it.each(projects.filter(({ area, name }) => area === 'apps' && name !== 'sipf'))(
  '$name can be run with its own integration suite alone, by its name',
  ({ name, folder }) => {
    const { nx } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    expect(nx?.name).toBe(name);
    const [, suite = ''] = /^vitest run (\S+)$/.exec(nx?.targets?.['integration']?.command ?? '') ?? [];
    const specs = readdirSync(join(root, suite)).filter((file) => file.endsWith('.spec.ts'));
    expect(specs.length).toBeGreaterThan(0);
    const program = specs.map((file) => readFileSync(join(root, suite, file), 'utf8')).join('');
    // The suite starts the service as a process of its own.
    expect(program).toMatch(new RegExp(`startProgram\\(\\s*'${name}'`));
  },
);

const services = projects
  .filter(({ area, name }) => area === 'apps' && name !== 'sipf')
  .map(({ name }) => name);

it.each(services)('%s needs for its suite no other service than its README says', (name) => {
  const readme = readFileSync(join(root, 'apps', name, 'README.md'), 'utf8');
  const [, needs = ''] = /^## What it needs\n([^]*?)(?=^## |$(?![^]))/mu.exec(readme) ?? [];
  expect(needs).toContain(`npx nx run ${name}:integration`);
  const named = [...needs.matchAll(/`(\w+)`/gu)].map(([, word]) => word);
  const suite = join(root, 'test/integration', name);
  const specs = readdirSync(suite).filter((file) => file.endsWith('.spec.ts'));
  const text = specs.map((file) => readFileSync(join(suite, file), 'utf8')).join('');
  const started = [...text.matchAll(/(?:start|run)Program\(\s*'(\w+)'/gu)].map(([, program]) => program);
  for (const program of new Set(started)) expect([name, ...named]).toContain(program);
  if (text.includes('startNats')) expect(needs).toContain('nats-url');
});
