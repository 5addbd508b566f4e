// Checks the types of one project, given by its folder; what it finds out is kept for the next time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './step.ts';

const [project = ''] = process.argv.slice(2);
const cache = join(root, 'node_modules/.cache/typecheck', project);
mkdirSync(cache, { recursive: true });

/** The page of the dashboard has compiler options of its own. */
const page = join(project, 'src/page');
/** What is declared for everybody. */
const ambient = join(root, 'libs/sandbox/src/python/webassembly.d.ts');
const own = project === 'test' ? ['test', 'deploy', '*.config.ts'] : [`${project}/src`, `${project}/*.ts`];
const settings = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: {
    incremental: true,
    tsBuildInfoFile: join(cache, 'types.tsbuildinfo'),
    typeRoots: [join(root, 'node_modules/@types')],
  },
  include: [ambient, ...own.map((path) => join(root, path))],
  exclude: [join(root, page), join(root, 'test/fixtures/lint')],
};
writeFileSync(join(cache, 'tsconfig.json'), JSON.stringify(settings));

// By its path: ESLint's compiler is an older one with an interface for JavaScript, whose program has the same name.
const tsc = join(root, 'node_modules/typescript-7/bin/tsc');
const configs = [join(cache, 'tsconfig.json'), join(root, page, 'tsconfig.json')].filter(existsSync);
const ends = configs.map(
  (config) => spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, stdio: 'inherit' }).status,
);
process.exitCode = ends.every((status) => status === 0) ? 0 : 1;
