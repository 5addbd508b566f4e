// The one rule of typescript-eslint's strict set that oxlint lacks and that needs types; everything else: oxlint.config.ts.
import { defineConfig } from 'eslint/config';
import withoutTypes from './eslint.config.mjs';

export default defineConfig(...withoutTypes, {
  files: ['**/*.ts', '**/*.tsx'],
  languageOptions: { parserOptions: { projectService: true } },
  rules: { '@typescript-eslint/no-unsafe-class-instance-assignment': 'error' },
});
