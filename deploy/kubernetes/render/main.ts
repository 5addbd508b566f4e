// Renders the manifests of a cluster from values: `node deploy/kubernetes/render/main.ts --help`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { IObject } from './kubernetes-object.ts';
import { NO_PLAN, parsePlan } from './plan.ts';
import { renderCluster, unpinned } from './render.ts';
import { parseValues, type Values } from './values.ts';

const HELP = `usage: node deploy/kubernetes/render/main.ts [--values FILE]... [--plan FILE] [--out FOLDER] [--unpinned]
Writes the manifests of a cluster, to standard output or as a kustomization into a folder.
  --values FILE   YAML over deploy/kubernetes/values.yaml; later files win
  --plan FILE     what sipf run --dry-run --json wrote: its servers of vLLM too, and who asks them
  --out FOLDER    a file a service and a kustomization.yaml; the folder is replaced
  --unpinned      allow images without a digest, to be pinned by a kustomization's \`images\`
`;
const DEFAULTS = new URL('../values.yaml', import.meta.url);

/** Long lines are not folded, and aliases not used. */
const YAML = { lineWidth: 0, aliasDuplicateObjects: false } as const;

function main(argv: readonly string[]): number {
  const { values: flags } = parseArgs({
    args: [...argv],
    options: {
      values: { type: 'string', multiple: true, default: [] },
      plan: { type: 'string' },
      out: { type: 'string' },
      unpinned: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { servers, settings } =
    flags.plan === undefined ? NO_PLAN : parsePlan(readFileSync(flags.plan, 'utf8'));
  const [defaults, ...own] = [DEFAULTS, ...flags.values].map((file): unknown =>
    parse(readFileSync(file, 'utf8')),
  );
  const values = parseValues([defaults, settings, ...own]);
  if (!flags.unpinned) assertPinned(unpinned(values, servers));
  const files = renderCluster(values, servers);
  if (flags.out === undefined) process.stdout.write(documents([...files.values()].flat()));
  else writeKustomization(flags.out, files, values);
  return 0;
}

function assertPinned(names: readonly string[]): void {
  if (names.length === 0) return;
  throw new RangeError(`no digest for ${names.join(', ')}: set images.*.digest, or pass --unpinned`);
}

function documents(objects: readonly IObject[]): string {
  return objects.map((object) => stringify(object, YAML)).join('---\n');
}

function writeKustomization(
  folder: string,
  files: ReadonlyMap<string, readonly IObject[]>,
  { namespace }: Values,
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, objects] of files) writeFileSync(join(folder, `${name}.yaml`), documents(objects));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [...files.keys()].map((name) => `${name}.yaml`),
  };
  writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization, YAML));
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
  process.stderr.write(`render: ${why}\n`);
  process.exitCode = 64;
}
