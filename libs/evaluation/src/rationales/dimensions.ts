/** What two rationales are compared by (the paper's appendix B and figure 5), in our own words. */
export const dimensions = {
  computational: 'Every calculation comes to the value that is written for it.',
  completeness: 'No step that the conclusion needs is left out, and all that the question gives is used.',
  reasonable: 'Each step follows from the question and from the steps before it.',
  concise: 'Nothing is said twice, and nothing that does not help.',
  consistent: 'Steps, quantities and final answer agree with one another and with the question.',
  overall: 'All in all, which of the two one would rather be shown as the explanation.',
} as const;

export type Dimension = keyof typeof dimensions;

/** In the order in which they are asked and shown. */
export const dimensionNames = Object.keys(dimensions) as readonly Dimension[];
