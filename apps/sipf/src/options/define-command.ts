import { related, type Relation } from '@sipf/contracts';
import { flagText, helpText, settingField } from '@sipf/service';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import type { CommandCall, CommandDefinition } from '../commands/command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { parseFlags } from './parse-flags.ts';

/** The flags of a shape, read. */
export type FlagsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

/** A command: how it is called, and what it does. */
export interface CommandSpec<Shape extends z.ZodRawShape> {
  /** The words it is called by, e.g. `verifier evaluate`. */
  readonly name: string;
  readonly description: string;
  /** Arguments in order with what they are, as commander writes them: `<id>`, `[id]`, `<id...>`. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** A flag for every field: its name, value, range, default and description are the field's. */
  readonly shape: Shape;
  /** What must hold between two flags. */
  readonly relations?: readonly Relation[];
  readonly action: (
    call: Omit<CommandCall, 'flags'> & { readonly flags: FlagsOf<Shape> },
  ) => Promise<ExitCode>;
}

/** What commands of several words have in common. */
const GROUPS: Readonly<Record<string, string>> = {
  model: 'models: from a hub, or merged',
  verifier: 'how good a verifier is, and its data',
  token: 'bearer tokens of the services',
  device: 'what GPUs need',
};

/** The command of a specification, whose flags are declared and read by one shape. */
export function defineCommand<Shape extends z.ZodRawShape>(spec: CommandSpec<Shape>): CommandDefinition {
  return {
    declare: (program) => declareFlags(declareName(program, spec), spec.shape),
    action: async ({ flags, ...call }) =>
      await spec.action({ ...call, flags: parseFlags(schemaOf(spec), flags) as FlagsOf<Shape> }),
  };
}

function declareName<Shape extends z.ZodRawShape>(program: Command, spec: CommandSpec<Shape>): Command {
  const [last = '', group] = spec.name.split(' ').reverse();
  const command = (group === undefined ? program : groupOf(program, group)).command(last);
  for (const [name, about] of Object.entries(spec.arguments ?? {})) command.argument(name, about);
  return command.description(spec.description);
}

/** The group, whichever of its commands comes first. */
function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  return known ?? program.command(name).description(GROUPS[name] ?? '');
}

/** Adds a flag for every field of a shape. */
export function declareFlags(command: Command, shape: z.ZodRawShape): Command {
  for (const [key, schema] of Object.entries(shape)) {
    const field = settingField(schema as z.ZodType);
    const flag = flagText(key, field);
    // A switch that is on can only be turned off.
    const option = new Option(field.isOn ? flag.replace(/^--/, '--no-') : flag, helpText(field));
    command.addOption(option.makeOptionMandatory(field.isRequired));
  }
  return command;
}

function schemaOf<Shape extends z.ZodRawShape>({ shape, relations = [] }: CommandSpec<Shape>): z.ZodObject {
  return relations.reduce<z.ZodObject>((schema, relation) => {
    const [holds, error] = related(relation);
    return schema.refine((flags) => holds(flags as Readonly<Record<string, number>>), error);
  }, z.object(shape));
}
