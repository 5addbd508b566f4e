// Rules of the language, with types: oxlint checks the whole tree in a quarter of ESLint's time. What projects may import:
// eslint.config.mjs.
import js from '@eslint/js';
import { defineConfig } from 'oxlint';
import ts from 'typescript-eslint';

type Rules = NonNullable<Parameters<typeof defineConfig>[0]['rules']>;

/**
 * Of the strict rules, what oxlint 1.94 lacks: the compiler refuses octals in modules; eslint.typed.config.mjs has
 * the other.
 */
const missing = new Set(['no-octal', 'typescript/no-unsafe-class-instance-assignment']);

/** ESLint's recommended rules and typescript-eslint's strict ones, by oxlint's names. */
const strict = rulesOf(js.configs.recommended, ...ts.configs.strictTypeChecked);

function rulesOf(...configs: readonly { readonly rules?: object }[]): Rules {
  const rules = Object.entries(Object.assign({}, ...configs.map(({ rules }) => rules)) as Rules)
    .map(([name, setting]) => [name.replace('@typescript-eslint/', 'typescript/'), setting] as const)
    .filter(([name, setting]) => setting !== 'off' && setting !== 0 && !missing.has(name));
  return Object.fromEntries(rules);
}

/** Rules that need types, which plain JavaScript has not. */
const typed = Object.keys(ts.configs.disableTypeChecked.rules ?? {})
  .map((name) => name.replace('@typescript-eslint/', 'typescript/'))
  .filter((name) => name in strict);

export default defineConfig({
  plugins: ['typescript', 'import'],
  categories: { correctness: 'off' },
  ignorePatterns: [
    '**/generated/**',
    '.nx/**',
    '.tools/**',
    'runs/**',
    'apps/dashboard/dist/**',
    'test/fixtures/**',
  ],
  rules: {
    ...strict,
    'typescript/restrict-template-expressions': [
      'error',
      { allowNumber: true, allowBoolean: true, allowNever: true },
    ],
    'typescript/consistent-type-imports': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-unnecessary-condition': [
      'error',
      { allowConstantLoopConditions: 'only-allowed-literals' },
    ],
    'no-console': 'error',
    // Of types too: files that name each other are one file in two places.
    'import/no-cycle': ['error', { ignoreTypes: false }],
  },
  overrides: [
    {
      files: ['**/*.mjs', '**/*.js'],
      rules: Object.fromEntries([...typed, 'no-console'].map((name) => [name, 'off'])),
    },
  ],
});
