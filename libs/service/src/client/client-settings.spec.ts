import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseSettings } from '../process/parse-settings.ts';
import { clientShape, securityOf } from './client-settings.ts';

const schema = z.object(clientShape('judge', 'the judge'));
const read = (...argv: string[]) => securityOf(parseSettings(schema, { argv, env: {} }), 'judge');

it('reads the files of one server by flags with its name', () => {
  const files = ['--judge-ca-file', 'ca', '--judge-cert-file', 'cert', '--judge-key-file', 'key'];
  expect(read('--judge-tls', '--judge-token-file', 'token', ...files)).toEqual({
    tls: { caFile: 'ca', certFile: 'cert', keyFile: 'key' },
    tokenFile: 'token',
  });
});

it('defaults to clear text without a token', () => {
  expect(read()).toEqual({ tls: undefined, tokenFile: undefined });
});

it.each(['ca', 'cert', 'key'])('refuses a %s file without TLS, which would not be used', (name) => {
  expect(() => read(`--judge-${name}-file`, 'x')).toThrow(
    `--judge-${name}-file: is for TLS: needs --judge-tls`,
  );
});
