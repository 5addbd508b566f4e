import { join } from 'node:path';

/** The files of a run's folder. */
export interface RunLayout {
  readonly folder: string;
  /** Written by the orchestrator; the run exists when this does. */
  readonly log: string;
  /** Who drives the run: a lease. */
  readonly lease: string;
  /** Is there while somebody wishes that whoever drives the run cancels it. */
  readonly cancelWish: string;
  /** What the log does not say of a run at work, by its orchestrator for others. */
  readonly news: string;
  /** As it was resolved, for people. */
  readonly config: string;
  /** Markdown for people. */
  readonly results: string;
  readonly resultsJson: string;
  readonly metrics: string;
  /** When the event bus delivered each event. */
  readonly events: string;
  /** Step labels by people. */
  readonly annotations: string;
  /** A journal for every stage. */
  readonly stages: string;
  /** The machine and the versions that the run was started by. */
  readonly environment: string;
  /** A folder for every model that the run trained. */
  readonly models: string;
  /** Made by an embedded run. */
  readonly artifacts: string;
  readonly logs: string;
  readonly trainingState: string;
  readonly natsState: string;
  readonly processes: string;
  /** Which command line has services of its own here: a lease. */
  readonly command: string;
}

/** The files of an experiment's folder beside those that its services make, which are as a run's. */
export interface ExperimentLayout {
  readonly folder: string;
  /** The runs and what distinguishes them; the experiment exists when this does. */
  readonly experiment: string;
  readonly artifacts: string;
  readonly stageCache: string;
  readonly resultsJson: string;
  readonly resultsMarkdown: string;
  readonly resultsCsv: string;
}

/** Where the files of an experiment are. */
export function experimentLayout(runs: string, id: string): ExperimentLayout {
  const { folder, artifacts } = runLayout(runs, id);
  return {
    folder,
    experiment: join(folder, 'experiment.json'),
    artifacts,
    stageCache: join(folder, 'shared-stages'),
    resultsJson: join(folder, 'results.json'),
    resultsMarkdown: join(folder, 'results.md'),
    resultsCsv: join(folder, 'results.csv'),
  };
}

/** Where the files of a run are. */
export function runLayout(runs: string, id: string): RunLayout {
  return layoutIn(join(runs, id));
}

/** Where the files of a run are in its folder. */
export function layoutIn(folder: string): RunLayout {
  return {
    folder,
    log: join(folder, 'log.jsonl'),
    lease: join(folder, 'lease'),
    cancelWish: join(folder, 'cancel-wish'),
    news: join(folder, 'news.json'),
    config: join(folder, 'config.json'),
    results: join(folder, 'results.md'),
    resultsJson: join(folder, 'results.json'),
    metrics: join(folder, 'metrics.jsonl'),
    events: join(folder, 'events.jsonl'),
    annotations: join(folder, 'annotations.jsonl'),
    stages: join(folder, 'stages'),
    environment: join(folder, 'environment.json'),
    models: join(folder, 'models'),
    artifacts: join(folder, 'artifacts'),
    logs: join(folder, 'logs'),
    trainingState: join(folder, 'state', 'training'),
    natsState: join(folder, 'state', 'nats'),
    processes: join(folder, 'processes.json'),
    command: join(folder, 'command'),
  };
}
