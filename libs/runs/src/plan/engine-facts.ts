import { kindOf, SERVICE_OF_PART, type common, type EnginePart, type RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { z } from 'zod';
import { rowOf } from './stage-kinds.ts';
import type { Stage } from './stage.ts';

/** What computed a stage, as the log keeps it. */
export const engineFacts = z
  .object({
    kind: z.string(),
    version: z.string(),
    precision: z.string(),
    /** For people. */
    device: z.string(),
    /** What else numbers depend on, by name. */
    facts: z.record(z.string(), z.string()).optional(),
    /** Processes that shared a training, and how. */
    processes: z.int().optional(),
    sharding: z.string().optional(),
  })
  .readonly();
export type EngineFacts = z.infer<typeof engineFacts>;

const PART_OF = { generation: 'policy', simulation: 'simulator', verification: 'verifier' } as const;
const OWN = 'engine';

/** The part of a run's work that a stage is; undefined for what the orchestrator does itself. */
export function partOfStage({ kind }: Stage): EnginePart | undefined {
  const { asks, trains } = rowOf(kind);
  if (asks !== undefined) return PART_OF[asks.service];
  return trains === undefined ? undefined : 'trainer';
}

/** The parts of a run's work that its stages are. */
export function partsOfPlan(plan: readonly Stage[]): EnginePart[] {
  return [...new Set(plan.map(partOfStage))].filter((part) => part !== undefined);
}

/** What a service says of its engine, as the log keeps it: without what is empty. */
export function toEngineFacts(engine: common.Engine): EngineFacts {
  const { kind, version, precision, device, facts, processes, sharding } = engine;
  return {
    ...{ kind, version, precision, device },
    ...(Object.keys(facts).length > 0 ? { facts } : {}),
    ...(processes > 0 ? { processes } : {}),
    ...(sharding === '' ? {} : { sharding }),
  };
}

/** As a message has it, from the log. */
export function fromEngineFacts(engine: EngineFacts): common.Engine {
  const { facts = {}, processes = 0, sharding = '', ...words } = engine;
  return { ...words, facts, processes, sharding, servers: [] };
}

/**
 * What of an engine a stage's result depends on; undefined for our own in float32, whose results have been called by their inputs
 * alone from the start, and which its kinds' versions distinguish.
 */
export function numbersOf(engine: EngineFacts | undefined): Omit<EngineFacts, 'device'> | undefined {
  if (engine === undefined) return undefined;
  const { device: _, ...numbers } = engine;
  const isOwn = engine.kind === OWN;
  if (!isOwn) return numbers;
  // Its version counts up with every change of the program, of results or not; on the CPU it has no other facts.
  const isUsual = ['', 'float32'].includes(engine.precision) && engine.facts === undefined;
  return isUsual ? undefined : { ...numbers, version: '' };
}

/**
 * What is wrong with the engine of a part for a run that names its engines; nothing for one that names none.
 * @param engine undefined for a service that says nothing of one
 */
export function engineMismatches(
  { engines }: Pick<RunConfig, 'engines'>,
  part: EnginePart,
  engine: EngineFacts | undefined,
): FieldViolation[] {
  if (engines === undefined || engine === undefined) return [];
  const wanted = engines[part];
  const field = `engines.${part}`;
  if (wanted.kind !== engine.kind) {
    return [{ field: `${field}.kind`, description: differs(wanted.kind, engine.kind, part) }];
  }
  const wrongDevice = deviceMismatch(wanted, engine);
  if (wrongDevice !== undefined) {
    return [{ field: `${field}.device`, description: differs(...wrongDevice, part) }];
  }
  const named: Readonly<Record<string, string | number | undefined>> = {
    ...('precision' in wanted ? { precision: wanted.precision } : {}),
    ...sharingOf(wanted),
  };
  return Object.entries(named).flatMap(([name, value]) => {
    const found = engine[name as 'precision' | 'processes' | 'sharding'];
    if (value === undefined || found === undefined || found === '' || found === value) return [];
    return [{ field: `${field}.${name}`, description: differs(String(value), String(found), part) }];
  });
}

/**
 * An engine with the precision that a run names where it says none itself, as a vLLM without its development endpoints: results of
 * two precisions are never shared.
 */
export function withNamedPrecision(
  { engines }: Pick<RunConfig, 'engines'>,
  part: EnginePart,
  engine: EngineFacts | undefined,
): EngineFacts | undefined {
  const wanted = engines?.[part];
  if (engine?.precision !== '' || wanted === undefined || !('precision' in wanted)) return engine;
  return { ...engine, precision: wanted.precision ?? '' };
}

/** @throws SipfError `failed-precondition` INVALID_FIELD with the setting, what answers, and the remedy */
export function requireEngines(violations: readonly FieldViolation[]): void {
  if (violations.length === 0) return;
  const lines = violations.map(({ field, description }) => `${field} ${description}`);
  throw new SipfError('failed-precondition', lines.join('; '), { reason: 'INVALID_FIELD', violations });
}

type Wanted = NonNullable<RunConfig['engines']>[EnginePart];

/** The kinds of device that are wanted and found, where they differ. */
function deviceMismatch(wanted: Wanted, { facts = {} }: EngineFacts): [string, string] | undefined {
  if (wanted.kind !== 'engine' || wanted.device === undefined) return undefined;
  const [kind, found] = [kindOf(wanted.device), facts['device'] ?? 'cpu'];
  return kind === found ? undefined : [kind, found];
}

function sharingOf(wanted: Wanted): Readonly<Record<string, string | number>> {
  return wanted.kind === 'trl' ? { processes: wanted.processes, sharding: wanted.sharding } : {};
}

function differs(wanted: string, found: string, part: EnginePart): string {
  return (
    `is ${wanted}, and the ${SERVICE_OF_PART[part]} service has ` +
    `${found}: set it to ${found}, or start that service otherwise`
  );
}
