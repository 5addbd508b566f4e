import { expect, it } from 'vitest';
import { checkCount, checkSetting } from './check-setting.ts';

const count = (value: number) => () => {
  checkCount(value, 'quota', 1);
};

it('names field and rule of a setting out of its range, for people and for programs', () => {
  const check = () => {
    checkSetting(false, 'pairs.margin', 'must be in [0, 1], got 2');
  };
  expect(check).toThrow(
    expect.objectContaining({
      kind: 'invalid-argument',
      message: 'pairs.margin must be in [0, 1], got 2',
      reason: 'SETTING_INVALID',
      violations: [{ field: 'pairs.margin', description: 'must be in [0, 1], got 2' }],
    }),
  );
});

it.each([0, 1.5, Number.NaN, 2 ** 53])('refuses %d for a whole number of at least 1', (value) => {
  expect(count(value)).toThrow(`quota must be a whole number of at least 1, got ${value}`);
});

it('takes the least whole number that is allowed', () => {
  expect(count(1)).not.toThrow();
});
