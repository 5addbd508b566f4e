export { checkDataset } from './data/check-dataset.ts';
export { dropLongerRows, type FittingDataset } from './data/drop-longer-rows.ts';
export { sharePrompts } from './data/share-prompts.ts';
export { addReferenceLogProbs } from './data/reference-log-probs.ts';
export type {
  PreferenceExample,
  RewardExample,
  SupervisedExample,
  TrainingDataset,
} from './data/training-example.ts';
export * from './rows/index.ts';
export * from './step/index.ts';
export { checkContinued } from './trainer/continued-adapter.ts';
export { createTrainer, type Trainer, type TrainerOptions } from './trainer/trainer.ts';
export { PRECISIONS, type Precision } from './trainer/training-job.ts';
export type {
  CheckpointSettings,
  ScheduleSettings,
  StepMetrics,
  TrainingEvent,
  TrainingJob,
  TrainingStart,
} from './trainer/training-job.ts';
export { scheduleOf, type ScheduledJob } from './trainer/training-plan.ts';
export { runTraining } from './trainer/training-loop.ts';
