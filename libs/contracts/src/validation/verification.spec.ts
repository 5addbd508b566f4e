import { expect, it } from 'vitest';
import { StepRule } from '../generated/sipf/common/v1/common.ts';
import {
  ScoreRequest,
  ScoreRow,
  ScoreStreamRequest,
} from '../generated/sipf/verification/v1/verification.ts';
import { violationsOf } from './requests.ts';
import { violationsOfScoreRow } from './verification.ts';

const service = '/sipf.verification.v1.VerificationService';
const row = { question: '1+1?', steps: ['2'] };
type Request = Parameters<typeof ScoreRequest.fromPartial>[0];
type Row = Parameters<typeof ScoreRow.fromPartial>[0];

it.each<[string, Request, string[]]>([
  ['a plain one', { rows: [row] }, []],
  ['one that is complete', { rows: [row], splitting: { rule: StepRule.SEPARATOR, separator: '\n##' } }, []],
  ['no rows', { rows: [] }, ['rows']],
  ['a digest that is none', { rows: [row], model: { digest: 'latest' } }, ['model.digest']],
  ['a name without end', { rows: [row], clientId: 'x'.repeat(257) }, ['client_id']],
  ['no rule', { rows: [row], splitting: {} }, ['splitting.rule']],
  ['no separator', { rows: [row], splitting: { rule: StepRule.SEPARATOR } }, ['splitting.separator']],
  ['two rules', { rows: [row], splitting: { rule: StepRule.LINE, separator: 'x' } }, ['splitting.separator']],
])('looks at what a request says of all its rows: %s', (_what, request, fields) => {
  const found = violationsOf(`${service}/Score`, ScoreRequest.fromPartial(request));
  expect(found.map(({ field }) => field)).toEqual(fields);
});

it.each<[string, Row, string[]]>([
  ['steps', row, []],
  ['a text', { question: '1+1?', text: '2' }, []],
  ['neither', { question: '1+1?' }, ['steps']],
  ['both', { ...row, text: '2' }, ['text']],
  ['an empty step', { question: '1+1?', steps: ['2', ' '] }, ['steps[1]']],
  ['an empty question', { question: ' ', steps: ['2'] }, ['question']],
  ['too many steps', { question: '1?', steps: Array.from({ length: 257 }, () => '2') }, ['steps']],
])('leaves what is wrong with a row to the row: %s', (_what, partial, fields) => {
  const fromPartial = ScoreRow.fromPartial(partial);
  expect(violationsOfScoreRow(fromPartial).map(({ field }) => field)).toEqual(fields);
  expect(violationsOf(`${service}/Score`, ScoreRequest.fromPartial({ rows: [fromPartial] }))).toEqual([]);
});

it('names a field of a streamed request below the request', () => {
  const wrong = ScoreStreamRequest.fromPartial({ request: { rows: [] } });
  expect(violationsOf(`${service}/ScoreStream`, wrong).map(({ field }) => field)).toEqual(['request.rows']);
  expect(violationsOf(`${service}/ScoreStream`, ScoreStreamRequest.fromPartial({}))).toHaveLength(1);
});
