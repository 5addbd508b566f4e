import { expect, it } from 'vitest';
import { StepScores } from './generated/sipf/verification/v1/verification.ts';
import { outcomeLogOdds, stepLogOdds } from './step-log-odds.ts';

it('are what the service returns, of steps that it is sure of too', () => {
  const scores = StepScores.fromPartial({
    ...{ probabilities: [1, 1], logOdds: [40, 50] },
    ...{ outcomeProbabilities: [0, 0], outcomeLogOdds: [-800, -900] },
  });
  expect(stepLogOdds(scores)).toEqual([40, 50]);
  expect(outcomeLogOdds(scores)).toEqual([-800, -900]);
});

it('are those of the probabilities where a service returns these alone', () => {
  const scores = StepScores.fromPartial({ probabilities: [0.5, 0.75, 1], outcomeProbabilities: [0] });
  expect(stepLogOdds(scores)).toEqual([0, expect.closeTo(Math.log(3), 12) as number, Infinity]);
  expect(outcomeLogOdds(scores)).toEqual([-Infinity]);
});
