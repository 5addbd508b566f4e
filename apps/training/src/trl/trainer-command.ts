import { bounded, BOUNDS, within } from '@sipf/contracts';
import { wrongSettings } from '@sipf/service';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Launch } from './launch.ts';
import { SHARDINGS, type TrainerLayout } from './layout.ts';

/** The settings that choose the trainer of a service's jobs. */
export const trainerShape = {
  trainer: z
    .enum(['engine', 'trl'])
    .default('engine')
    .describe('engine: this process; trl: TRL and transformers in Python.'),
  trainerPython: z
    .string()
    .min(1)
    .optional()
    .describe('Python interpreter with trl, transformers, peft and torch.'),
  trainerProcesses: bounded(within(BOUNDS.count, { max: 1024 }))
    .default(1)
    .describe('Processes per job, of all machines together; started by torchrun.'),
  trainerSharding: z
    .enum(SHARDINGS)
    .default('ddp')
    .describe(
      'ddp: every process holds the whole model; fsdp2, zero3: a share of it (GPUs; zero3 needs deepspeed).',
    ),
  trainerOffload: z
    .boolean()
    .default(false)
    .describe("Keep activations in the host's memory between the passes; on GPUs."),
  trainerCommand: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Program to start instead, with the order's file as its argument; its exit status is the training's.",
    ),
} as const;

/** The parsed form of {@link trainerShape}. */
export type TrainerSettings = z.infer<z.ZodObject<typeof trainerShape>>;

/** What the settings say of a job's processes. */
export function layoutOf(settings: TrainerSettings): TrainerLayout {
  const {
    trainerProcesses: processes,
    trainerSharding: sharding,
    trainerOffload: offloadActivations,
  } = settings;
  return { processes, sharding, offloadActivations };
}

const SCRIPT = fileURLToPath(new URL('../../trl/train.py', import.meta.url));

/** The command for an order; undefined where this process trains. @throws SipfError invalid-argument SETTINGS_INVALID */
export function trainerCommand(
  settings: TrainerSettings & { readonly threads: number },
): ((orderFile: string) => Launch) | undefined {
  const {
    trainer,
    trainerPython: python,
    trainerProcesses: processes,
    trainerCommand: program,
    threads,
  } = settings;
  if (trainer === 'engine') return undefined;
  if ((python === undefined) === (program === undefined)) {
    const description = 'exactly one of them is required by --trainer trl';
    throw wrongSettings([{ field: '--trainer-python, --trainer-command', description }]);
  }
  const env = {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    TOKENIZERS_PARALLELISM: 'false',
    TRL_EXPERIMENTAL_SILENCE: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
  };
  const envFor = (orderFile: string) => ({ ...env, ...compilerCache(orderFile) });
  if (program !== undefined) {
    const counted = { SIPF_TRAINER_SCRIPT: SCRIPT, SIPF_TRAINER_PROCESSES: String(processes) };
    return (orderFile) => ({ program, args: [orderFile], env: { ...envFor(orderFile), ...counted } });
  }
  const torchrun = ['-m', 'torch.distributed.run', '--standalone', `--nproc-per-node=${processes}`];
  const launcher = processes === 1 ? [] : torchrun;
  return (orderFile) => ({
    program: python ?? '',
    args: [...launcher, SCRIPT, orderFile],
    env: envFor(orderFile),
  });
}

/** By default PyTorch leaves compiled code under TMPDIR for ever; this keeps it beside the job's order. */
function compilerCache(orderFile: string): Readonly<Record<string, string>> {
  const { TORCHINDUCTOR_CACHE_DIR: chosen = join(dirname(orderFile), 'compiled') } = process.env;
  return { TORCHINDUCTOR_CACHE_DIR: chosen };
}
