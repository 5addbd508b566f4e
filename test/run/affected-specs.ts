import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModuleGraph } from './module-graph.ts';
import { root } from './step.ts';

const SPECS = [
  '{apps,libs}/*/src/**/*.spec.ts',
  'libs/clients/*/src/**/*.spec.ts',
  'deploy/**/*.spec.ts',
  'test/{workspace,parity,peers,integration,end-to-end,chaos,fuzz,engines}/**/*.spec.ts',
];
/** What every spec runs in. */
const SURROUNDINGS = ['vitest.config.ts', 'test/support/{property-seed,bundled-threads,bundled-programs}.ts'];
/** Where commands are loaded when they are called, and npm's scripts started. */
const COMMANDS = 'apps/sipf/src/commands/load-commands.ts';
const SCRIPTS = 'deploy/bootstrap/main.mjs';
const MAINS = globSync('apps/*/src/main.ts', { cwd: root });
/** What the files of these depend on without saying so: the page's parts, and what is in an image. */
const UNSAID: Readonly<Record<string, readonly string[]>> = {
  'deploy/bootstrap/page.mjs': ['apps/dashboard/src/page/**/*.*'],
  'test/support/image.ts': ['apps/*/src/main.ts', 'deploy/**/*.*'],
};

/** Files, and folders with all that is in them, that a spec depends on. */
export interface Concerns {
  readonly files: ReadonlySet<string>;
  readonly folders: readonly string[];
}

/**
 * The specs that a change concerns: those that import a changed file, or start a program, thread or command that does. Specs of
 * the workspace check the whole tree.
 * @param projectsOf folders of the projects that depend on files which no spec reaches by imports, such as pages and fixtures
 */
export function affectedSpecs(
  changed: readonly string[],
  projectsOf: (files: readonly string[]) => readonly string[],
): readonly string[] {
  const graph = new ModuleGraph();
  const specs = globSync(SPECS, { cwd: root }).sort();
  const surroundings = graph.closure(globSync(SURROUNDINGS, { cwd: root }), () => false);
  if (changed.some((file) => surroundings.has(file))) return specs;
  const concerns = new Map(specs.map((spec) => [spec, concernsOf(graph, spec)]));
  const reached = (file: string): boolean => [...concerns.values()].some((by) => isIn(by, file));
  const folders = projectsOf(changed.filter((file) => !file.endsWith('.md') && !reached(file)));
  return specs.filter((spec) => {
    const by = concerns.get(spec) ?? { files: new Set<string>(), folders: [] };
    return (
      spec.startsWith('test/workspace/') ||
      changed.some((file) => isIn(by, file) || isBeside(file, spec)) ||
      folders.some((folder) => [...by.files].some((file) => file.startsWith(`${folder}/`)))
    );
  });
}

/** What a spec, and the programs that it starts, import and name. */
export function concernsOf(graph: ModuleGraph, spec: string): Concerns {
  const own = graph.closure([spec], (from) => from !== COMMANDS && from !== SCRIPTS);
  const unsaid = Object.entries(UNSAID).flatMap(([file, globs]) => (own.has(file) ? globs : []));
  const modules = [...own].filter(isOfTests);
  const strings = modules.flatMap((file) => graph.file(file).strings);
  const isCalled = (from: string, to: string): boolean =>
    from !== SCRIPTS &&
    (from !== COMMANDS || strings.includes('--help') || calls(strings, commandOf(graph, to)));
  const started = modules.flatMap((file) => programsOf(graph, file));
  const files = graph.closure([spec, ...globSync(unsaid, { cwd: root }), ...started], isCalled);
  return { files, folders: [...new Set(strings)].filter(isFolder) };
}

function isIn({ files, folders }: Concerns, file: string): boolean {
  return files.has(file) || folders.some((folder) => file.startsWith(`${folder}/`));
}

/** Scripts and data lie beside their suite. */
function isBeside(file: string, spec: string): boolean {
  return spec.startsWith('test/') && dirname(file) === dirname(spec) && !file.endsWith('.spec.ts');
}

function isOfTests(file: string): boolean {
  return /^test\/.*\.(?:ts|mjs)$|\.spec\.ts$|\/testing\/.*\.ts$/.test(file);
}

function isFolder(text: string): boolean {
  if (!/^[\w.-]+(?:\/[\w.-]+)+$/.test(text)) return false;
  return statSync(join(root, text), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The programs that a module starts by their names (start-program.ts); all of them where it says no name. */
function programsOf(graph: ModuleGraph, file: string): readonly string[] {
  if (!file.startsWith('test/')) return [];
  const { text, strings } = graph.file(file);
  const started = [...text.matchAll(/\b(?:(?:start|run)Program|programMain)\(\s*(?:'(\w+)')?/g)];
  if (started.length === 0 || /export (?:async )?function (?:startProgram|programMain)/.test(text)) return [];
  const named = started.every(([, name]) => name !== undefined) ? started.map(([, name]) => name) : strings;
  const mains = MAINS.filter((main) => named.includes(main.split('/')[1] ?? ''));
  return mains.length > 0 ? mains : MAINS;
}

/** The words that call the command of a file: `verifier evaluate`. */
function commandOf(graph: ModuleGraph, file: string): string {
  const { text } = graph.file(COMMANDS);
  const name = file.split('/').at(-1) ?? '';
  return new RegExp(`(?:'([\\w ]+)'|(\\w+)): [^\\n]*'\\./${name}'`).exec(text)?.slice(1).find(Boolean) ?? '';
}

function calls(words: readonly string[], command: string): boolean {
  const [first = ''] = command.split(' ');
  return words.some(
    (word) => word === first || word.startsWith(`${first} `) || word.includes(`sipf ${first}`),
  );
}
