/** What became of one disturbance. */
export interface Outcome {
  readonly scenario: string;
  /** What was killed, stopped, filled or cut. */
  readonly what: string;
  /** At which state, or after how long. */
  readonly when: string;
  readonly result: 'same' | 'different' | 'skipped';
  /** What differs, or why it was skipped. */
  readonly detail: string;
}

/** An outcome of every disturbance that one run met: they share its end. */
export function outcomesOf(
  scenario: string,
  disturbances: readonly {
    readonly what: string;
    readonly when: string;
    readonly fault?: string | undefined;
  }[],
  faults: readonly string[],
): Outcome[] {
  return disturbances.map(({ what, when, fault }) => {
    const all = [...(fault === undefined ? [] : [fault]), ...faults];
    return {
      ...{ scenario, what, when },
      result: all.length === 0 ? 'same' : 'different',
      detail: all.slice(0, 3).join('; '),
    };
  });
}

/** What this host cannot do. */
export function skipped(scenario: string, what: string, why: string): Outcome {
  return { scenario, what, when: '', result: 'skipped', detail: why };
}
