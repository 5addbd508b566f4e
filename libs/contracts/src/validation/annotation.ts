import {
  StepCriterion,
  type Annotation,
  type AnnotateRequest,
  type ExportAnnotationsRequest,
  type GetAgreementRequest,
  type ListAnnotationsRequest,
} from '../generated/sipf/orchestration/v1/annotation.ts';
import { MAX_STEPS } from '../lengths.ts';
import { MAX_PAGE } from './browse.ts';
import type { Checks } from './checks.ts';
import { checkId } from './training.ts';

const ANNOTATOR = /^[\p{L}\p{N} ._-]{1,64}$/u;
const MAX_KEY = 512;
const MAX_COMMENT = 2000;

export function checkAnnotate(checks: Checks, { runId, annotation }: AnnotateRequest): void {
  checkId(checks, runId, 'run_id', 64);
  if (checks.require(annotation !== undefined, 'annotation', 'is required') && annotation !== undefined) {
    checkAnnotation(checks.nested('annotation'), annotation);
  }
}

function checkAnnotation(checks: Checks, { annotator, stage, pathKey, steps, comment }: Annotation): void {
  checkAnnotator(checks, annotator);
  checkId(checks, stage, 'stage', 64);
  checks.text(pathKey, 'path_key', { min: 1, max: MAX_KEY });
  checks.text(comment, 'comment', { max: MAX_COMMENT });
  if (!checks.count(steps, 'steps', { min: 1, max: MAX_STEPS })) return;
  for (const [index, { broken }] of steps.entries()) {
    const field = `steps[${index}].broken`;
    checks.require(!broken.includes(StepCriterion.UNSPECIFIED), field, 'must name criteria');
    checks.distinct(broken.map(String), field);
  }
}

export function checkListAnnotations(checks: Checks, request: ListAnnotationsRequest): void {
  checkId(checks, request.runId, 'run_id', 64);
  if (request.annotator !== '') checkAnnotator(checks, request.annotator);
  if (request.stage !== '') checkId(checks, request.stage, 'stage', 64);
  checks.text(request.pathKey, 'path_key', { max: MAX_KEY });
  checks.integer(request.limit, 'limit', { min: 1, max: MAX_PAGE });
}

export function checkAgreement(checks: Checks, { runId }: GetAgreementRequest): void {
  checkId(checks, runId, 'run_id', 64);
}

export function checkExport(checks: Checks, { runId, annotator }: ExportAnnotationsRequest): void {
  checkId(checks, runId, 'run_id', 64);
  if (annotator !== '') checkAnnotator(checks, annotator);
}

function checkAnnotator(checks: Checks, annotator: string): void {
  checks.require(
    ANNOTATOR.test(annotator) && annotator.trim() === annotator,
    'annotator',
    'must be 1 to 64 letters, digits, spaces, ".", "_" or "-", with no space at its ends',
  );
}
