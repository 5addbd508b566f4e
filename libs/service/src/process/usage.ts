import type { z } from 'zod';
import { flagOf, variableOf } from './parse-settings.ts';
import { settingField, type SettingField } from './setting-field.ts';

/** The parts of a program's help text. */
export interface ProgramDescription {
  readonly name: string;
  /** Its purpose in a sentence. */
  readonly summary: string;
  /** Its settings, as {@link parseSettings} reads them; their descriptions are printed. */
  readonly shape: z.ZodRawShape;
}

/** Whether the arguments request help instead of a start. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === '--help' || word === '-h');
}

/** Every setting with its values and its default, or "required", for a terminal. */
export function usageOf({ name, summary, shape }: ProgramDescription): string {
  const rows = Object.entries(shape).map(([key, schema]) => {
    const field = settingField(schema as z.ZodType);
    return [flagText(key, field), helpText(field)];
  });
  const width = Math.max(...rows.map(([flag = '']) => flag.length)) + 2;
  const lines = rows.map(([flag = '', text = '']) => `  ${flag.padEnd(width)}${text}`);
  const example = Object.keys(shape)[0] ?? '';
  return [
    `${name}: ${summary}`,
    '',
    'Settings; each may also be a variable of the environment, as ' +
      `${variableOf(example)} for ${flagOf(example)}, and a flag wins:`,
    '',
    ...lines.map((line) => line.trimEnd()),
    '',
  ].join('\n');
}

/** E.g. `--max-queue <count>`, `--stop <text...>`, `--json`. */
export function flagText(key: string, { kind, value }: SettingField): string {
  const flag = flagOf(key);
  if (kind === 'switch') return flag;
  return `${flag} <${value}${kind === 'list' ? '...' : ''}>`;
}

/** A flag's meaning, valid values and default. */
export function helpText({ description, range, usual, isRequired }: SettingField): string {
  const facts = [
    ...(range === '' ? [] : [range]),
    ...(usual === undefined ? [] : [`default: ${usual}`]),
    ...(isRequired ? ['required'] : []),
  ];
  return `${description}${facts.length === 0 ? '' : ` (${facts.join('; ')})`}`.trim();
}
