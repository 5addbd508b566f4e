import { common } from '@sipf/contracts';
import { findVersions } from '@sipf/learning/trainer-packages';
import type { Logger } from '@sipf/service';
import { warnOfUnknown } from './environment.ts';
import { layoutOf, type TrainerSettings } from './trainer-command.ts';

/**
 * TRL as `Info` names it: its version and those of the packages under it, where the service starts the Python itself. Warns of
 * versions that the trainer is not tested with.
 * @throws SipfError as findVersions
 */
export async function trlEngine(settings: TrainerSettings, logger: Logger): Promise<common.Engine> {
  const { processes, sharding } = layoutOf(settings);
  const { trainerPython: python } = settings;
  const shared = sharding === 'ddp' ? {} : { sharding };
  const engine = { kind: 'trl', device: `trl x ${processes}`, processes, ...shared };
  if (python === undefined) return common.Engine.fromPartial(engine);
  const found = await findVersions(python);
  warnOfUnknown(logger, found);
  const { trl: version = '', ...others } = found.versions;
  const facts = Object.fromEntries(Object.entries(others).filter(([, one]) => one !== ''));
  return common.Engine.fromPartial({ ...engine, version, facts });
}
