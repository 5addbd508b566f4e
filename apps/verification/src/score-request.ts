import { verification, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { answerRow } from './rows/answer-row.ts';
import type { RowsCall } from './scheduling/row-room.ts';
import { scoreRows, type RowsScored } from './score-rows.ts';
import type { ServedVerifiers } from './served-verifiers.ts';

const { Verifiers } = verification;
const ASKS_OUTCOME: ReadonlySet<verification.Verifiers> = new Set([Verifiers.OUTCOME, Verifiers.BOTH]);

/**
 * Scores rows by the wanted verifiers, in the rows' order; a row that one of them cannot score is answered with the reason among
 * the others.
 */
export async function scoreRequest(
  { serving, outcomeModel }: ServedVerifiers,
  request: verification.ScoreRequest,
  { signal, ...call }: RowsCall,
): Promise<verification.ScoreResponse> {
  const wanted = request.verifiers;
  const [asksProcess, asksOutcome] = [wanted !== Verifiers.OUTCOME, ASKS_OUTCOME.has(wanted)];
  const outcomeModelRef = asksOutcome ? outcomeRef(request, outcomeModel) : undefined;
  // A refusal by one verifier fails the request; the other need not continue.
  const ended = new AbortController();
  const both = { ...call, signal: AbortSignal.any([signal, ended.signal]) };
  try {
    const [process, outcome] = await Promise.all([
      asksProcess ? scoreRows(serving, request.model, { request, call: both }) : undefined,
      asksOutcome ? scoreRows(serving, outcomeModelRef, { request, call: both }) : undefined,
    ]);
    return respond(request, process, outcome);
  } finally {
    ended.abort();
  }
}

function respond(
  { rows, aggregations }: verification.ScoreRequest,
  process: RowsScored | undefined,
  outcome: RowsScored | undefined,
): verification.ScoreResponse {
  return {
    scores: rows.map(({ id }, at) =>
      answerRow({ id, process: process?.rows[at], outcome: outcome?.rows[at] }, aggregations),
    ),
    model: process?.ref,
    timing: process?.timing,
    outcomeModel: outcome?.ref,
    outcomeTiming: outcome?.timing,
  };
}

function outcomeRef(
  { outcomeModel: named }: verification.ScoreRequest,
  own: common.ModelRef | undefined,
): common.ModelRef {
  if (named !== undefined && named.digest !== '') return named;
  if (own !== undefined) return own;
  throw new SipfError('failed-precondition', 'this service has no outcome verifier; name one by its digest', {
    reason: 'MODEL_NOT_LOADED',
  });
}
