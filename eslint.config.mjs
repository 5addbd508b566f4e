import nx from '@nx/eslint-plugin';
import perfectionist from 'eslint-plugin-perfectionist';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

/** What each kind of project may import; every project carries exactly one `type:` tag and its own name tag. */
const lib = (name, ...allowed) => ({
  sourceTag: `lib:${name}`,
  onlyDependOnLibsWithTags: allowed.map((other) => `lib:${other}`),
});

const boundaries = [
  { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib'] },
  { sourceTag: 'type:test', onlyDependOnLibsWithTags: ['type:lib'] },
  // The tools of deploy/, which are no project of their own.
  { sourceTag: 'type:workspace', onlyDependOnLibsWithTags: ['type:lib'] },
  // Pure libraries: no gRPC, no NATS, no files.
  lib('errors'),
  lib('random'),
  lib('async', 'errors'),
  lib('graph', 'errors'),
  lib('tasks', 'errors', 'random'),
  lib('method', 'errors', 'random'),
  lib('figures'),
  lib('evaluation', 'errors', 'random', 'method', 'figures'),
  lib('reporting', 'errors', 'random', 'contracts', 'method', 'tasks', 'runs', 'figures', 'evaluation'),
  lib('contracts', 'errors', 'method'),
  lib('artifacts', 'errors', 'async'),
  lib('sandbox', 'errors', 'async'),
  lib('openai', 'errors', 'async', 'random', 'contracts'),
  lib('models', 'errors', 'async', 'random', 'graph', 'artifacts'),
  lib('inference', 'errors', 'async', 'random', 'contracts', 'graph', 'models', 'method'),
  lib('learning', 'errors', 'async', 'random', 'contracts', 'graph', 'models', 'inference'),
  lib(
    'runs',
    'errors',
    'async',
    'contracts',
    'method',
    'tasks',
    'artifacts',
    // For what is opened before a run starts, `@sipf/runs/preflight`.
    'models',
    'serving',
    'learning',
    'service',
    'outcomes',
  ),
  lib('events', 'errors', 'async', 'contracts', 'artifacts'),
  lib('service', 'errors', 'async', 'contracts', 'artifacts', 'events'),
  lib('client', 'errors', 'async', 'contracts', 'service'),
  lib('outcomes', 'errors', 'async', 'contracts', 'method', 'tasks', 'service'),
  lib(
    'serving',
    'errors',
    'async',
    'random',
    'contracts',
    'artifacts',
    'events',
    'models',
    'inference',
    'openai',
    'service',
  ),
];

const andTypes = (...groups) => groups.flatMap((group) => [group, `type-${group}`]);

/** Packages, then folders above, then this one; by name within each. An empty line begins a new list. */
const importOrder = {
  groups: [
    andTypes('builtin', 'external', 'internal', 'subpath'),
    andTypes('parent'),
    andTypes('sibling', 'index'),
    'unknown',
  ],
  newlinesBetween: 'ignore',
  newlinesInside: 'ignore',
  partitionByNewLine: true,
  sortSideEffects: false,
};

// What one file may hold is oxlint's part (oxlint.config.ts): here is what needs the graph of projects, without types,
// and the order of imports, which this plugin can also mend (`npx eslint --fix`).
export default defineConfig(
  {
    ignores: [
      '**/generated/**',
      'node_modules/**',
      '.nx/**',
      '.tools/**',
      'runs/**',
      'apps/dashboard/dist/**',
      'test/fixtures/**',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    languageOptions: { parser: ts.parser },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    plugins: { '@nx': nx, '@typescript-eslint': ts.plugin, perfectionist },
    rules: {
      'perfectionist/sort-imports': ['error', importOrder],
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: boundaries,
          // One module may load a library when it is needed, and another at once.
          checkDynamicDependenciesExceptions: ['.*'],
        },
      ],
    },
  },
);
