import type { EnginesConfig, RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { findVersions } from '@sipf/learning/trainer-packages';
import type { Answers } from '../forecast/answers.ts';

/** Packages of every training. */
const NEEDED = ['trl', 'transformers', 'peft', 'torch', 'accelerate', 'datasets'];

/** Asks a Python which packages it has; a program of one's own is not asked. */
export async function askTrainer(
  { python = 'python3', command, sharding }: Extract<EnginesConfig['trainer'], { readonly kind: 'trl' }>,
  { policy, verifier }: Pick<RunConfig, 'policy' | 'verifier'>,
): Promise<NonNullable<Answers['trainer']>> {
  if (command !== undefined) return { notes: [`${command} is a program of yours and is not asked`] };
  const isQuantised = [policy.lora?.quantisation, verifier?.quantisation].some((one) =>
    /nf4/.test(one ?? ''),
  );
  const needed = [
    ...NEEDED,
    ...(isQuantised ? ['bitsandbytes'] : []),
    ...(sharding === 'zero3' ? ['deepspeed'] : []),
  ];
  try {
    const { versions, knownVersions } = await findVersions(python);
    const missing = needed.filter((name) => (versions[name] ?? '') === '');
    const others = needed.filter(
      (name) => name !== 'trl' && ![knownVersions[name], ''].includes(versions[name]),
    );
    return {
      version: versions['trl'],
      faults: missing.length === 0 ? [] : [fault(`${python} has no ${missing.join(', ')}`)],
      notes: others.map(
        (name) => `${name} ${versions[name] ?? ''} is not the tested ${knownVersions[name] ?? ''}`,
      ),
    };
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return { faults: [fault(error.message)] };
  }
}

function fault(what: string): { readonly about: 'python'; readonly description: string } {
  const description = `${what}: install what apps/training/README.md says there, or name another Python`;
  return { about: 'python', description };
}
