import { SipfError } from '@sipf/errors';

/** What {@link answer} does. */
export type TestOrder = 'echo' | 'late' | 'refuse' | 'break' | 'forget' | 'never' | 'fill memory';

/** Answers of a helper under test, see HelperModule. */
export function answer(order: TestOrder): unknown {
  switch (order) {
    case 'echo':
      return { said: order };
    case 'late':
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      return { said: order };
    case 'refuse':
      throw new SipfError('invalid-argument', 'not this', { reason: 'INVALID_FIELD' });
    case 'break':
      throw new TypeError('x is undefined');
    case 'forget':
      return () => order;
    case 'never':
      for (;;);
    case 'fill memory': {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 1_000_000 }, (_, index) => index / 3));
    }
  }
}
