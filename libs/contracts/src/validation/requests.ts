import type { FieldViolation } from '@sipf/errors';
import { BOUNDS, within } from '../bounds.ts';
import type { PrepareRequest } from '../generated/sipf/generation/v1/generation.ts';
import type { CheckRunsRequest, StartRunRequest } from '../generated/sipf/orchestration/v1/orchestration.ts';
import type { LabelStepsRequest } from '../generated/sipf/simulation/v1/simulation.ts';
import type { StartJobRequest } from '../generated/sipf/training/v1/training.ts';
import { MAX_ID, MAX_TEXT } from '../lengths.ts';
import { checkAgreement, checkAnnotate, checkExport, checkListAnnotations } from './annotation.ts';
import { checkCurves, checkListPairs, checkListPaths, checkTimeline } from './browse.ts';
import { Checks } from './checks.ts';
import { checkExecute } from './execution.ts';
import { checkGenerate } from './generation.ts';
import { checkEnums } from './known-enums.ts';
import { checkModel, checkSampling, checkSteps, MAX_BATCH } from './shared.ts';
import { checkId, checkStartJob } from './training.ts';
import { checkScore } from './verification.ts';

type Validator = (checks: Checks, message: never) => void;

/** The validator of every method's request, by the method's full path; methods that take only nothing have none. */
const validators: Readonly<Record<string, Validator>> = {
  '/sipf.generation.v1.GenerationService/Generate': checkGenerate,
  '/sipf.generation.v1.GenerationService/Prepare': checkPrepare,
  '/sipf.simulation.v1.SimulationService/LabelSteps': checkLabelSteps,
  '/sipf.verification.v1.VerificationService/Score': checkScore,
  '/sipf.verification.v1.VerificationService/ScoreStream': checkWrapped(checkScore),
  '/sipf.execution.v1.ExecutionService/Execute': checkExecute,
  '/sipf.execution.v1.ExecutionService/ExecuteStream': checkWrapped(checkExecute),
  '/sipf.training.v1.TrainingService/StartJob': checkStartJob,
  '/sipf.training.v1.TrainingService/WatchJob': checkJobId,
  '/sipf.training.v1.TrainingService/GetJob': checkJobId,
  '/sipf.training.v1.TrainingService/CancelJob': checkJobId,
  '/sipf.orchestration.v1.OrchestrationService/CheckRuns': checkCheckRuns,
  '/sipf.orchestration.v1.OrchestrationService/StartRun': checkStartRun,
  '/sipf.orchestration.v1.OrchestrationService/WatchRun': checkRunId,
  '/sipf.orchestration.v1.OrchestrationService/GetRun': checkRunId,
  '/sipf.orchestration.v1.OrchestrationService/CancelRun': checkRunId,
  '/sipf.orchestration.v1.OrchestrationService/ResumeRun': checkRunId,
  '/sipf.orchestration.v1.OrchestrationService/VerifyRun': checkRunId,
  '/sipf.orchestration.v1.BrowseService/GetTimeline': checkTimeline,
  '/sipf.orchestration.v1.BrowseService/StreamCurves': checkCurves,
  '/sipf.orchestration.v1.BrowseService/ListPaths': checkListPaths,
  '/sipf.orchestration.v1.BrowseService/ListPairs': checkListPairs,
  '/sipf.orchestration.v1.AnnotationService/Annotate': checkAnnotate,
  '/sipf.orchestration.v1.AnnotationService/ListAnnotations': checkListAnnotations,
  '/sipf.orchestration.v1.AnnotationService/GetAgreement': checkAgreement,
  '/sipf.orchestration.v1.AnnotationService/ExportAnnotations': checkExport,
};

/** What is wrong with a decoded request of a method; empty when nothing is. Field names as in the proto. */
export function violationsOf(methodPath: string, message: unknown): readonly FieldViolation[] {
  const checks = new Checks();
  validators[methodPath]?.(checks, message as never);
  // After the counts: a list that is too long is not looked through.
  if (checks.violations.length === 0) checkEnums(checks, methodPath, message);
  return checks.violations;
}

function checkWrapped<T>(check: (checks: Checks, request: T) => void) {
  return (checks: Checks, { request }: { request: T | undefined }): void => {
    if (checks.require(request !== undefined, 'request', 'is required') && request !== undefined) {
      check(checks.nested('request'), request);
    }
  };
}

function checkPrepare(checks: Checks, { model }: PrepareRequest): void {
  checkModel(checks, model);
}

function checkLabelSteps(checks: Checks, request: LabelStepsRequest): void {
  checkModel(checks, request.model);
  checks.text(request.clientId, 'client_id', { max: MAX_ID });
  checkSampling(checks, request.sampling);
  checks.text(request.task, 'task', { min: 1, max: 64 });
  const rollouts = request.sampling?.n ?? 1;
  checks.within(request.tau, 'tau', within(BOUNDS.tau, { max: Math.max(rollouts - 1, 0) }));
  if (!checks.count(request.paths, 'paths', { min: 1, max: MAX_BATCH })) return;
  for (const [index, path] of request.paths.entries()) {
    const nested = checks.nested(`paths[${index}]`);
    nested.text(path.id, 'id', { min: 1, max: MAX_ID });
    nested.text(path.prompt, 'prompt', { min: 1, max: MAX_TEXT });
    nested.text(path.goldAnswer, 'gold_answer', { min: 1, max: MAX_TEXT });
    nested.text(path.preamble, 'preamble', { max: MAX_TEXT });
    checkSteps(nested, path.steps);
  }
  checks.distinct(
    request.paths.map(({ id }) => id),
    'paths',
  );
}

function checkJobId(checks: Checks, { jobId }: Pick<StartJobRequest, 'jobId'>): void {
  checkId(checks, jobId, 'job_id', 128);
}

function checkRunId(checks: Checks, { runId }: Pick<StartRunRequest, 'runId'>): void {
  checkId(checks, runId, 'run_id', 64);
}

function checkCheckRuns(checks: Checks, { configJson }: CheckRunsRequest): void {
  checks.count(configJson, 'config_json', { min: 1, max: 1000 });
  for (const [index, one] of configJson.entries())
    checks.text(one, `config_json[${index}]`, { min: 2, max: MAX_TEXT });
}

function checkStartRun(checks: Checks, request: StartRunRequest): void {
  checkRunId(checks, request);
  checks.text(request.configJson, 'config_json', { min: 2, max: MAX_TEXT });
}
