import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { ownFiles } from './own-files.ts';

/** Packages with native parts or files of their own: they stay where they are installed. */
const EXTERNAL = [/^onnxruntime-(?:node|common)/, /^isolated-vm/, /^pyodide/, /^vite$/];

/**
 * Writes the services and the command line as few files of JavaScript, `<name>.mjs` for each, with source maps. They start in
 * half of the processor time that the tree takes, and find everything that is no module there, so they belong to this checkout.
 * @param root the repository's
 * @param folder where packages of the repository are found, e.g. below its node_modules
 */
export async function bundlePrograms(root: string, folder: string): Promise<void> {
  const mains = globSync('apps/*/src/main.ts', { cwd: root });
  const input = Object.fromEntries(mains.map((main) => [basename(dirname(dirname(main))), join(root, main)]));
  const bundle = await rolldown({
    ...{ cwd: root, input, platform: 'node', external: EXTERNAL, plugins: [ownFiles(root)] },
    // With it, what a library's index offers beside what is asked of it would be looked for in files of programs, and start them.
    treeshake: false,
    // Words about packages of others.
    logLevel: 'silent',
  });
  await bundle.write({
    ...{ dir: folder, format: 'esm', sourcemap: true },
    ...{ entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
  });
  await bundle.close();
}
