// The one rule of typescript-eslint's strict set that oxlint lacks and that needs types. Everything else: oxlint.config.ts.
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

export default defineConfig(
  { ignores: ['**/generated/**', '.nx/**', 'runs/**', 'apps/dashboard/dist/**', 'test/fixtures/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    // Comments disable rules of oxlint.
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    plugins: { '@typescript-eslint': ts.plugin },
    languageOptions: { parser: ts.parser, parserOptions: { projectService: true } },
    rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'error' },
  },
);
