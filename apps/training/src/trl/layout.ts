/** How a model is spread over a training's processes: each holds all of it, or a share of every tensor. */
export const SHARDINGS = ['ddp', 'fsdp2', 'zero3'] as const;
export type Sharding = (typeof SHARDINGS)[number];

/** What a training runs on: settings of the service, not of a job. */
export interface TrainerLayout {
  /** Of all machines together. */
  readonly processes: number;
  readonly sharding: Sharding;
  /** Keeps activations in the host's memory between the passes; on GPUs alone. */
  readonly offloadActivations: boolean;
}
