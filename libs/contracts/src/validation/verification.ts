import type { FieldViolation } from '@sipf/errors';
import { StepRule } from '../generated/sipf/common/v1/common.ts';
import {
  Aggregation,
  type ScoreRequest,
  type ScoreRow,
  type StepSplitting,
} from '../generated/sipf/verification/v1/verification.ts';
import { MAX_ID, MAX_TEXT } from '../lengths.ts';
import { Checks } from './checks.ts';
import { checkModel, checkSteps, MAX_BATCH } from './shared.ts';

/** Longest text between two steps that a request may name, in characters. */
const MAX_SEPARATOR = 64;
/** Far more than there are. */
const MAX_AGGREGATIONS = 64;

/** What concerns a whole request; what is wrong with one row is {@link violationsOfScoreRow}. */
export function checkScore(checks: Checks, request: ScoreRequest): void {
  checkModel(checks, request.model);
  checkModel(checks, request.outcomeModel, 'outcome_model');
  checks.text(request.clientId, 'client_id', { max: MAX_ID });
  if (request.splitting !== undefined) checkSplitting(checks.nested('splitting'), request.splitting);
  checkAggregations(checks, request.aggregations);
  checks.count(request.rows, 'rows', { min: 1, max: MAX_BATCH });
}

function checkAggregations(checks: Checks, aggregations: readonly Aggregation[]): void {
  if (!checks.count(aggregations, 'aggregations', { min: 0, max: MAX_AGGREGATIONS })) return;
  const unnamed = aggregations.indexOf(Aggregation.UNSPECIFIED);
  checks.require(unnamed === -1, `aggregations[${unnamed}]`, 'must name an aggregation');
}

function checkSplitting(checks: Checks, { rule, separator }: StepSplitting): void {
  checks.require(rule !== StepRule.UNSPECIFIED, 'rule', 'is required');
  if (rule === StepRule.SEPARATOR) checks.text(separator, 'separator', { min: 1, max: MAX_SEPARATOR });
  else checks.require(separator === '', 'separator', 'is for the rule STEP_RULE_SEPARATOR only');
}

/** Why one row cannot be scored, whatever the verifier; the request's other rows can. Fields as in the proto. */
export function violationsOfScoreRow(row: ScoreRow): readonly FieldViolation[] {
  const checks = new Checks();
  checks.text(row.id, 'id', { max: MAX_ID });
  checks.require(row.question.trim() !== '', 'question', 'must not be empty');
  checks.text(row.question, 'question', { max: MAX_TEXT });
  if (row.text === '') checkSteps(checks, row.steps);
  else {
    checks.require(row.steps.length === 0, 'text', 'and steps exclude each other');
    checks.text(row.text, 'text', { max: MAX_TEXT });
  }
  return checks.violations;
}
