import {
  execution,
  generation,
  simulation,
  training,
  verification,
  violationsOf,
  violationsOfScoreRow,
} from '@sipf/contracts';
import { createExecutor } from '@sipf/outcomes';
import type { Services } from '../../services/services.ts';

/** Largest request that a service takes by default; execution's is far larger. */
const MAX_REQUEST_BYTES = 4 * 2 ** 20;

interface Call {
  readonly path: string;
  /** The request's message. */
  readonly type: { encode(request: unknown): { finish(): Uint8Array } };
}

const CALLS = {
  generate: {
    path: '/sipf.generation.v1.GenerationService/Generate',
    type: generation.GenerateRequest,
  },
  labelSteps: {
    path: '/sipf.simulation.v1.SimulationService/LabelSteps',
    type: simulation.LabelStepsRequest,
  },
  score: {
    path: '/sipf.verification.v1.VerificationService/Score',
    type: verification.ScoreRequest,
  },
  train: { path: '/sipf.training.v1.TrainingService/StartJob', type: training.StartJobRequest },
  execute: {
    path: '/sipf.execution.v1.ExecutionService/Execute',
    type: execution.ExecuteRequest,
  },
} as const satisfies Readonly<Record<string, Call>>;
type CallName = keyof typeof CALLS;

/** What services were asked, and what they would have refused of it: `call: field what is wrong`. */
export interface Asked {
  readonly calls: CallName[];
  readonly refused: string[];
}

/** A digest that is written as one. */
export const DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * Services that refuse what the real ones refuse, and answer anything else shortly; programs fail that hold `#### 8`.
 * @param write what the policy writes as its nth sample of a question
 */
export function strictServices(
  asked: Asked,
  write = (sampleIndex: number): string => `#### ${sampleIndex}`,
): Services {
  const check = (name: CallName, request: object): void => {
    asked.calls.push(name);
    asked.refused.push(...refusals(name, request).map((refusal) => `${name}: ${refusal}`));
  };
  return {
    generate: (request) => {
      check('generate', request);
      return Promise.resolve(generationOf(request, write));
    },
    labelSteps: (request) => {
      check('labelSteps', request);
      return Promise.resolve(request.paths.map(labelsOf));
    },
    score: (request) => {
      check('score', request);
      return Promise.resolve(verification.ScoreResponse.fromPartial({ scores: request.rows.map(scoreOf) }));
    },
    train: (request) => {
      check('train', request);
      return Promise.resolve({ model: { digest: DIGEST, adapterDigest: '' }, droppedRows: 0 });
    },
    trainedSteps: () => Promise.resolve([]),
    executor: createExecutor((request) => {
      check('execute', request);
      const outcome = request.code.includes('#### 8') ? execution.Outcome.FAILED : execution.Outcome.PASSED;
      return Promise.resolve(execution.ExecuteResponse.fromPartial({ outcome }));
    }),
    close: () => undefined,
  };
}

function refusals(name: CallName, request: object): string[] {
  const { path, type }: Call = CALLS[name];
  const rows = name === 'score' ? (request as verification.ScoreRequest).rows : [];
  const violations = [...violationsOf(path, request), ...rows.flatMap(violationsOfScoreRow)];
  const bytes = type.encode(request).finish().length;
  return [
    ...violations.map(({ field, description }) => `${field} ${description}`),
    ...(name !== 'execute' && bytes > MAX_REQUEST_BYTES ? [`has ${bytes} bytes`] : []),
  ];
}

function generationOf(
  { prompts, sampling }: generation.GenerateRequest,
  write: (sampleIndex: number) => string,
): generation.GenerateResponse[] {
  return prompts.flatMap(({ id: promptId }) =>
    Array.from({ length: sampling?.n ?? 0 }, (_, sampleIndex) =>
      generation.GenerateResponse.fromPartial({ promptId, sampleIndex, text: write(sampleIndex) }),
    ),
  );
}

function labelsOf({ id: pathId, steps }: simulation.PathToLabel): simulation.LabelStepsResponse {
  const labels = steps.map(() => ({ hard: true, soft: 1, rollouts: 1 }));
  return simulation.LabelStepsResponse.fromPartial({ pathId, labels });
}

function scoreOf({ id, steps }: verification.ScoreRow): verification.RowScore {
  const [probabilities, logOdds] = [steps.map(() => 0.5), steps.map(() => 0)];
  return verification.RowScore.fromPartial({
    id,
    result: { $case: 'steps', value: { probabilities, logOdds } },
  });
}
