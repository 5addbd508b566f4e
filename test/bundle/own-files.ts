import { dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin, PluginContext } from 'rolldown';

/** Programs of the sandbox see few folders, and their own files must be in these. */
const CONFINED = 'libs/sandbox/';

/**
 * Keeps the ways from a module to files beside it, which a bundle breaks. Threads and programs that a module starts, and tasks
 * that name their own module for a thread, become parts of the bundle; every other file is where it was, in the tree.
 * @param root the repository's
 */
export function ownFiles(root: string): Plugin {
  return {
    name: 'own-files',
    transform(code, id) {
      const path = relative(root, id);
      if (!/^(?:apps|libs)\//.test(path) || !code.includes('import.meta.')) return undefined;
      const linked = path.startsWith(CONFINED) ? code : linkParts({ bundle: this, root }, code, id);
      return linked
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)));
    },
  };
}

interface Links {
  readonly bundle: Pick<PluginContext, 'emitFile'>;
  readonly root: string;
}

function linkParts({ bundle, root }: Links, code: string, id: string): string {
  const part = (file: string): string => {
    // Two parts of one name would be one reference.
    const name = relative(root, file).slice(0, -'.ts'.length).replaceAll('/', '-');
    const reference = bundle.emitFile({ type: 'chunk', id: file, name });
    return `import.meta.ROLLUP_FILE_URL_${reference}`;
  };
  return code
    .replaceAll(/new URL\('([^']+\.ts)', import\.meta\.url\)/g, (_, path: string) => {
      return `new URL(${part(fileURLToPath(new URL(path, pathToFileURL(id))))})`;
    })
    .replaceAll('module: import.meta.url', () => `module: ${part(id)}`);
}
