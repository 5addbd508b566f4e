import { SipfError, type FieldViolation } from '@sipf/errors';
import type { z } from 'zod';
import { crossViolations } from './cross-checks.ts';
import { runConfig, type RunConfig } from './run-config.ts';
import { nearest, settingMeant, wordsAt } from './suggest.ts';

/**
 * Reads an untrusted configuration.
 * @throws SipfError `invalid-argument` INVALID_FIELD with one violation per wrong setting
 */
export function parseRunConfig(value: unknown): RunConfig {
  const result = runConfig.safeParse(value);
  if (!result.success) throw invalid(result.error.issues.flatMap((issue) => violations(issue, value)));
  const config = result.data;
  const found = crossViolations(config);
  if (found.length > 0) throw invalid(found);
  return config;
}

/** The same for text, e.g. of a request. */
export function parseRunConfigJson(json: string): RunConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid([{ field: 'config_json', description: `is not JSON: ${(cause as Error).message}` }]);
  }
  return parseRunConfig(value);
}

function violations(issue: z.core.$ZodIssue, config: unknown): FieldViolation[] {
  const field = issue.path.join('.') || 'config';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: issue.path.length === 0 ? key : `${field}.${key}`,
      description: `is no setting${hint(settingMeant(runConfig, issue.path, key))}`,
    }));
  }
  const isChoice = issue.code === 'invalid_value' || issue.code === 'invalid_union';
  const words = isChoice ? wordsAt(runConfig, issue.path) : [];
  const given = valueAt(config, issue.path);
  if (words.length === 0 || typeof given !== 'string') return [{ field, description: issue.message }];
  const description = `must be one of ${words.join(', ')}, is ${given}${hint(nearest(given, words))}`;
  return [{ field, description }];
}

function hint(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function invalid(found: readonly FieldViolation[]): SipfError {
  const lines = found.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', `the configuration is wrong: ${lines.join('; ')}`, {
    reason: 'INVALID_FIELD',
    violations: found,
  });
}
