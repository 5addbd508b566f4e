import { deviceRefusal, ownEngine, type common, type DeviceWork } from '@sipf/contracts';
import { describePlacement, requireDevice } from '@sipf/inference';
import { wrongSettings } from '@sipf/service';
import type { DescribedModel } from './model-description.ts';
import type { ServingSettings } from './serving-settings.ts';

/** This process as an engine, for `Info`. @param models those that it holds */
export function ownEngineOf(
  { quantise, precision, device, workers, threads }: ServingSettings,
  version: string,
  models: readonly DescribedModel[],
): common.Engine {
  const placements = models.flatMap(({ placement }) =>
    placement === undefined ? [] : [describePlacement(placement)],
  );
  return ownEngine({
    ...{ version, precision: quantise === 'none' ? precision : quantise, device, cores: workers * threads },
    placements,
  });
}

/**
 * Checks what is asked of this process, and has the device compute something.
 * @param isOther whether an engine of others computes instead
 * @throws SipfError invalid-argument SETTINGS_INVALID where the device does not compute what is asked; DEVICE_UNAVAILABLE
 */
export async function checkDevice(
  { device, precision, quantise }: ServingSettings,
  { work, isOther }: { readonly work: DeviceWork; readonly isOther: boolean },
): Promise<void> {
  const why =
    isOther && (device !== 'cpu' || precision !== 'float32')
      ? 'is for the engine of this process: leave it out, a server of another has its own'
      : deviceRefusal({ device, precision, quantisation: quantise, work });
  if (why !== undefined) throw wrongSettings([{ field: '--device', description: why }]);
  await requireDevice(device, precision);
}
