import { SipfError } from '@sipf/errors';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { adamWQuantities } from './adam-w-quantities.ts';
import { compareLogits, logitsQuantities, type Quantities } from './logits-quantities.ts';
import { objectiveQuantities } from './objective-quantities.ts';
import { pairQuantities } from './pair-quantities.ts';
import { openReferenceFamily, type ReferenceFamily } from './reference-family.ts';

/** What the parity command prints. */
export interface ParityReport {
  /** The largest error of each quantity that was recorded, by family. */
  readonly families: Record<string, Quantities>;
  /** Families that this version cannot load, and why. */
  readonly unsupported: Record<string, string>;
  /** Folders that could not be read, and why. */
  readonly errors: Record<string, string>;
  /** Something was compared, everything was within its tolerance, and nothing was broken. */
  readonly ok: boolean;
}

/** How a folder of references is read. */
export interface ParityOptions {
  /** Whether families that are not supported are passed over instead of failing the run. */
  readonly passUnsupported: boolean;
}

/**
 * Compares every family of a folder (or the one that the folder itself is) with its recorded numbers, each quantity
 * that was recorded and no other.
 */
export async function runParity(dir: string, { passUnsupported }: ParityOptions): Promise<ParityReport> {
  const families: Record<string, Quantities> = {};
  const unsupported: Record<string, string> = {};
  const errors: Record<string, string> = {};
  for (const folder of familyFolders(dir)) {
    const name = basename(folder);
    try {
      families[name] = await compareFamily(folder);
      if (Object.keys(families[name]).length === 0)
        errors[name] = 'nothing that can be compared was recorded';
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      (isUnsupported(error) ? unsupported : errors)[name] = error.message;
    }
  }
  const compared = Object.values(families).flatMap((quantities) => Object.values(quantities));
  const allWithin = compared.length > 0 && compared.every(({ within }) => within);
  const nothingPassed = passUnsupported || Object.keys(unsupported).length === 0;
  return {
    families,
    unsupported,
    errors,
    ok: allWithin && nothingPassed && Object.keys(errors).length === 0,
  };
}

function familyFolders(dir: string): string[] {
  if (!existsSync(dir)) return [];
  if (existsSync(join(dir, 'expected.safetensors'))) return [dir];
  const entries = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }) => join(dir, name)).sort();
}

async function compareFamily(dir: string): Promise<Quantities> {
  const family = await openReferenceFamily(dir);
  try {
    return {
      ...(await logitsQuantities(family)),
      ...(await objectiveQuantities(family)),
      ...(await pairQuantities(family)),
      ...(await adamWQuantities(family)),
      ...(await rewardModelQuantities(family)),
    };
  } finally {
    family.close();
  }
}

/** The reward model's logits; its loss and gradients are among the objectives'. */
async function rewardModelQuantities(family: ReferenceFamily): Promise<Quantities> {
  const { expected, rewardModel } = family;
  if (!expected.has('prm.logits') || rewardModel === undefined) return {};
  return { 'prm.logits': await compareLogits(family, { model: rewardModel }, 'prm.logits') };
}

function isUnsupported(error: Error): boolean {
  return (
    error instanceof SipfError && ['UNKNOWN_MODEL_TYPE', 'UNSUPPORTED_ARCHITECTURE'].includes(error.reason)
  );
}
