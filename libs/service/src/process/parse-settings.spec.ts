import { expect, it } from 'vitest';
import { z } from 'zod';
import { count } from './fields.ts';
import { flagOf, parseSettings, variableOf } from './parse-settings.ts';

const schema = z.object({
  maxCallMs: count.default(1000),
  modelFolder: z.string().optional(),
  allowInsecure: z.boolean().default(false),
});

function parse(argv: string[], env: Record<string, string> = {}): unknown {
  return parseSettings(schema, { argv, env });
}

it('names flags and variables after the setting', () => {
  expect(flagOf('maxCallMs')).toBe('--max-call-ms');
  expect(variableOf('maxCallMs')).toBe('SIPF_MAX_CALL_MS');
});

it('fills in defaults', () => {
  expect(parse([])).toEqual({ maxCallMs: 1000, allowInsecure: false });
});

it('takes a flag before a variable', () => {
  const env = { SIPF_MAX_CALL_MS: '2', SIPF_MODEL_FOLDER: 'b', SIPF_OTHER: 'x' };
  expect(parse(['--max-call-ms', '3'], env)).toEqual({
    maxCallMs: 3,
    modelFolder: 'b',
    allowInsecure: false,
  });
});

it('reads --key=value with equals signs in it, and a lone flag as true', () => {
  const settings = { maxCallMs: 1000, modelFolder: 'a=b', allowInsecure: true };
  expect(parse(['--allow-insecure', '--model-folder=a=b'])).toEqual(settings);
});

it('collects everything that is wrong', () => {
  const wrong = () => parse(['--max-call-ms', '0', 'stray'], { SIPF_ALLOW_INSECURE: 'perhaps' });
  expect(wrong).toThrow(
    /stray: is unknown.*--max-call-ms \(SIPF_MAX_CALL_MS\): must be an integer from 1 to 2147483647, is 0; --allow-insecure \(SIPF_ALLOW_INSECURE\): must be true or false, is perhaps/,
  );
});
