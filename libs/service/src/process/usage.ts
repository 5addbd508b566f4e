import { z } from 'zod';
import { flagOf, variableOf } from './parse-settings.ts';

/** What a program says of itself when it is asked for help. */
export interface ProgramDescription {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Its settings, as {@link parseSettings} reads them; their descriptions are printed. */
  readonly shape: z.ZodRawShape;
}

/** What a setting may come to. */
type Setting = string | number | boolean | undefined;

/** Whether the arguments ask for help instead of a start. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.some((word) => word === '--help' || word === '-h');
}

/** Every setting with its values, its default or that it is required, for a terminal. */
export function usageOf({ name, summary, shape }: ProgramDescription): string {
  const rows = Object.entries(shape).map(([key, field]) => {
    const schema = field as z.ZodType;
    return [`${flagOf(key)}${valuesOf(schema)}`, `${schema.description ?? ''} ${presenceOf(schema)}`.trim()];
  });
  const width = Math.max(...rows.map(([flag = '']) => flag.length)) + 2;
  const lines = rows.map(([flag = '', text = '']) => `  ${flag.padEnd(width)}${text}`);
  const example = Object.keys(shape)[0] ?? '';
  return [
    `${name}: ${summary}`,
    '',
    `Settings; each may also be a variable of the environment, as ${variableOf(example)} for ${flagOf(example)}, and a flag wins:`,
    '',
    ...lines,
    '',
  ].join('\n');
}

/** What may follow the flag; nothing after one that is true by being there. */
function valuesOf(schema: z.ZodType): string {
  const { type, enum: choices } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  if (choices !== undefined) return ` ${choices.join('|')}`;
  if (type === 'boolean') return '';
  return type === 'integer' || type === 'number' ? ' NUMBER' : ' TEXT';
}

function presenceOf(schema: z.ZodType): string {
  const { success, data } = schema.safeParse(undefined) as z.ZodSafeParseResult<Setting | readonly Setting[]>;
  if (!success) return '(required)';
  if (data === undefined || data === false) return '';
  return `(default ${[data].flat().join(',')})`;
}
