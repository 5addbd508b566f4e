import { writeDurably } from '@sipf/artifacts/durable-file';
import { common } from '@sipf/contracts';
import { findVersions } from '@sipf/learning/trainer-packages';
import type { Logger } from '@sipf/service';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { warnOfUnknown } from './environment.ts';
import type { TrainerEnvironment } from './progress.ts';
import { layoutOf, type TrainerSettings } from './trainer-command.ts';

/** What is known of where trainings run. */
const known = z.object({
  /** By package; empty for one that is not installed. */
  versions: z.record(z.string(), z.string()),
  /** What computes, in the trainer's words; unknown before the first training. */
  device: z.string().optional(),
});
type Known = z.infer<typeof known>;

/** Of a service whose trainings run elsewhere, by a command: what the last of them said that it runs on. */
const FILE = 'environment.json';

/**
 * TRL as `Info` names it: its version and those of the packages under it. A Python that the service starts itself is asked; a
 * command's trainings say it when they start, which is kept, so that the stage that such a training was has it in the log.
 */
export class TrlEngine {
  readonly #settings: TrainerSettings;
  readonly #file: string;
  #known: Known | undefined;

  private constructor(settings: TrainerSettings, file: string, found: Known | undefined) {
    this.#settings = settings;
    this.#file = file;
    this.#known = found;
  }

  /**
   * Warns of versions that the trainer is not tested with.
   * @param folder the service's own
   * @throws SipfError as findVersions
   */
  static async open(settings: TrainerSettings, folder: string, logger: Logger): Promise<TrlEngine> {
    const file = join(folder, FILE);
    const { trainerPython: python } = settings;
    if (python === undefined) return new TrlEngine(settings, file, readIfThere(file));
    const found = await findVersions(python);
    warnOfUnknown(logger, found);
    return new TrlEngine(settings, file, { versions: { ...found.versions } });
  }

  get engine(): common.Engine {
    const { processes, sharding } = layoutOf(this.#settings);
    const { versions = {}, device } = this.#known ?? {};
    const { trl: version = '', ...others } = versions;
    return common.Engine.fromPartial({
      ...{ kind: 'trl', version, processes },
      device: `trl x ${processes}${device === undefined ? '' : ` on ${device}`}`,
      facts: Object.fromEntries(Object.entries(others).filter(([, one]) => one !== '')),
      ...(sharding === 'ddp' ? {} : { sharding }),
    });
  }

  /** Takes what a training says that it runs on. */
  async learn({ versions, device }: TrainerEnvironment): Promise<void> {
    this.#known = { versions, device };
    if (this.#settings.trainerPython === undefined)
      await writeDurably(this.#file, (file) => file.writeFile(JSON.stringify(this.#known)));
  }
}

/** Undefined for a file that is not there, or says something else. */
function readIfThere(file: string): Known | undefined {
  try {
    return known.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
