import { NATS_VARIABLES } from '@sipf/artifacts/nats-variables';
import { common } from '@sipf/contracts';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../run/step.ts';

/** Words in capitals that are no reasons; anything else that looks like one must be in the enum. */
const OTHER_WORDS = new Set<string>([
  // Words of PEFT's, Node's and Linux's vocabulary.
  ...['CAUSAL_LM', 'TOKEN_CLS', 'MODULE_NOT_FOUND'],
  // The kind of task of an adapter that PEFT shall not open.
  'SIPF_PROCESS_REWARD',
  // Constants of the web's DOMException.
  ...['INUSE_ATTRIBUTE_ERR', 'URL_MISMATCH_ERR'],
  // Where a user's cache, tools and devices are.
  ...['XDG_CACHE_HOME', 'SIPF_TOOLS', 'SIPF_CUDA_LIBS', 'CUDA_VISIBLE_DEVICES'],
  // What NATS' own tools read.
  ...NATS_VARIABLES,
  // OpenTelemetry's variables.
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_SAMPLER_ARG'],
]);

/** Everything that can throw at a service: the command line is a client only, and test code serves nobody. */
function sources(): string[] {
  const all = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root });
  return all.filter((path) => !/^apps\/sipf\/|\.spec\.ts$|\/testing\/|\/generated\//.test(path)).sort();
}

function isCodeOfNode(word: string): boolean {
  return word.startsWith('ERR_');
}

/** `reason: 'X'`, `reason = 'X'`, and every word with an underscore, since reasons are also passed as arguments. */
function reasonsIn(text: string): string[] {
  const named = text.matchAll(/reason\w*(?:: | = |: string = )'([A-Z][A-Z0-9_]*)'/g);
  const words = text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g);
  return [...named, ...words]
    .map(([, word = '']) => word)
    .filter((word) => !OTHER_WORDS.has(word) && !isCodeOfNode(word));
}

it('knows every reason that a caller may get', () => {
  const unknown = sources().flatMap((path) =>
    reasonsIn(readFileSync(join(root, path), 'utf8'))
      .filter((word) => !Object.hasOwn(common.ErrorReason, word))
      .map((word) => `${path}: add ERROR_REASON_${word} to proto/sipf/common/v1/common.proto and generate`),
  );
  expect([...new Set(unknown)]).toEqual([]);
});

it('sees reasons in whatever form they are written', () => {
  const text = `const REASON = 'TOKENIZER_INVALID'; new SipfError('data-loss', 'x', { reason: 'INTERNAL' });`;
  expect(reasonsIn(text)).toEqual(['INTERNAL', 'TOKENIZER_INVALID']);
  expect(reasonsIn(`check(a, reason = 'TENSORS_MISMATCH')`)).toContain('TENSORS_MISMATCH');
});
