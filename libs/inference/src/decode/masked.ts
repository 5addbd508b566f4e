/** Added to the score of a key that must not be seen: its weight underflows to exactly 0. */
export const MASKED = -1e9;
