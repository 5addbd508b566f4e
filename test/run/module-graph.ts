import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { root } from './step.ts';

/** What a module asks of another: some names, or everything that it does. */
type Names = readonly string[] | 'all';

interface Edge {
  readonly to: string;
  readonly names: Names;
}

/** What a file says of others, by paths in the repository. */
export interface ModuleFile {
  readonly text: string;
  /** Imports that are more than types. */
  readonly imports: readonly Edge[];
  /** By exported name, where it comes from another file; `*` where all that a file exports does. */
  readonly passedOn: ReadonlyMap<string, readonly Edge[]>;
  /** Whether it does nothing but pass on. */
  readonly passesOnly: boolean;
  /** Strings in it, those that name modules in imports left out. */
  readonly strings: readonly string[];
}

const MODULE = /\.(?:ts|tsx|mts|mjs|js)$/;

/** Reads the modules of the repository, each once. */
export class ModuleGraph {
  readonly #files = new Map<string, ModuleFile>();
  readonly #packages = packagesOf();

  /** @param path of a module, in the repository */
  file(path: string): ModuleFile {
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, (file = this.#read(path)));
    return file;
  }

  /**
   * The files that run, or are read, where some run: what they import, and the files that their strings name (threads, programs,
   * commands). Of a file that only passes on what others export, those count from which something is asked.
   * @param follows which files of strings count; all by default
   */
  closure(entries: Iterable<string>, follows = (_from: string, _to: string): boolean => true): Set<string> {
    const done = new Set<string>();
    const asked = new Set<string>();
    const visit = ({ to, names }: Edge): void => {
      if (!MODULE.test(to)) return void done.add(to);
      const file = this.file(to);
      if (file.passesOnly && names !== 'all') {
        done.add(to);
        for (const name of names) {
          const key = `${to} ${name}`;
          if (asked.has(key)) continue;
          asked.add(key);
          this.#passedOn(file, name).forEach(visit);
        }
        return;
      }
      if (asked.has(to)) return;
      asked.add(to);
      done.add(to);
      file.imports.forEach(visit);
      for (const edges of file.passedOn.values()) edges.forEach(visit);
      for (const named of this.namedBy(to)) if (follows(to, named)) visit({ to: named, names: 'all' });
    };
    for (const to of entries) visit({ to, names: 'all' });
    return done;
  }

  /** Files that a module's strings name: from its own folder, from the root, or in `test/` by the end of their path. */
  namedBy(path: string): readonly string[] {
    return this.file(path).strings.flatMap((text) => {
      if (text.startsWith('@sipf/')) return this.#resolve(path, text) ?? [];
      if (!/^[\w./@-]*\.[a-z]+$/.test(text)) return [];
      const near = [join(dirname(path), text), join(text)].filter((file) => existsSync(join(root, file)));
      if (near.length > 0 || !path.startsWith('test/') || !MODULE.test(text)) return near;
      return testFiles().filter((file) => file.endsWith(`/${text}`));
    });
  }

  #passedOn({ passedOn }: ModuleFile, name: string): readonly Edge[] {
    const edges = passedOn.get(name);
    if (edges !== undefined) return edges;
    return (passedOn.get('*') ?? []).map(({ to }) => ({ to, names: [name] }));
  }

  #read(path: string): ModuleFile {
    const text = readFileSync(join(root, path), 'utf8');
    const { module, program } = parseSync(path, text);
    const edge = (request: string, names: Names): Edge[] => {
      const to = this.#resolve(path, request);
      return to === undefined ? [] : [{ to, names }];
    };
    const imports = module.staticImports.flatMap(({ moduleRequest, entries }) => {
      const used = entries.filter(({ isType }) => !isType);
      if (used.length === 0 && entries.length > 0) return [];
      const names = used.map(({ importName }) => importName.name);
      return edge(moduleRequest.value, used.length > 0 && allText(names) ? names : 'all');
    });
    const passedOn = new Map<string, Edge[]>();
    for (const { entries } of module.staticExports)
      for (const { moduleRequest, importName, exportName, isType } of entries) {
        if (isType || moduleRequest === null) continue;
        const names = importName.name === null ? 'all' : [importName.name];
        const name = exportName.name ?? '*';
        passedOn.set(name, [...(passedOn.get(name) ?? []), ...edge(moduleRequest.value, names)]);
      }
    const passesOnly = program.body.every(
      (statement) =>
        statement.type === 'ExportAllDeclaration' ||
        (statement.type === 'ExportNamedDeclaration' && statement.source !== null),
    );
    const strings: string[] = [];
    const passing = module.staticExports.filter(({ entries }) =>
      entries.some((entry) => entry.moduleRequest !== null),
    );
    const requests = [...module.staticImports, ...passing];
    const inside = (at: number): boolean => requests.some(({ start, end }) => start <= at && at < end);
    new Visitor({
      Literal: ({ value, start }) => {
        if (typeof value === 'string' && !inside(start)) strings.push(value);
      },
      TemplateElement: ({ value }) => {
        strings.push(value.cooked ?? '');
      },
    }).visit(program);
    return { text, imports, passedOn, passesOnly, strings };
  }

  /** The file in the repository that an import means. */
  #resolve(from: string, request: string): string | undefined {
    if (request.startsWith('.')) {
      const path = join(dirname(from), request);
      return existsSync(join(root, path)) ? path : undefined;
    }
    const [scope = '', name = '', ...rest] = request.split('/');
    return this.#packages.get(`${scope}/${name}`)?.get(['.', ...rest].join('/'));
  }
}

const allText = (names: readonly (string | null)[]): names is readonly string[] =>
  names.every((name) => name !== null);

let inTest: readonly string[] | undefined;
function testFiles(): readonly string[] {
  return (inTest ??= globSync('test/**/*.{ts,mjs}', { cwd: root }));
}

/** By the name of a package of the repository: its exports and their files. */
function packagesOf(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const manifests = globSync('{apps,libs,libs/clients}/*/package.json', { cwd: root });
  return new Map(
    manifests.map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      const files = Object.entries(manifest.exports ?? {});
      return [manifest.name, new Map(files.map(([name, file]) => [name, join(dirname(path), file)]))];
    }),
  );
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
}
