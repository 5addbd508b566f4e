// The checks of every project, for nx: one definition instead of one in each package.json. What a target reads is in nx.json.
import { dirname } from 'node:path';

const targets = (root) => ({
  lint: { command: `oxlint --type-aware ${root} && eslint ${root} --max-warnings 0` },
  typecheck: { command: `node test/run/typecheck.ts ${root}` },
  test: { command: `vitest run --project unit --passWithNoTests ${root}/` },
});

export const createNodesV2 = [
  '{apps,libs}/**/package.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      return [file, { projects: { [root]: { targets: targets(root) } } }];
    }),
];
