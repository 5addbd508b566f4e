/**
 * The answer that most samples agree on, or undefined if none has one; of equally frequent answers the first.
 * @param answers one per sample, undefined for a sample without one
 * @param isSame whether two answers are the same, e.g. equal as numbers; must be an equivalence
 */
export function majorityVote<A extends string>(
  answers: readonly (A | undefined)[],
  isSame: (a: A, b: A) => boolean,
): A | undefined {
  const votes: { readonly answer: A; count: number }[] = [];
  for (const answer of answers) {
    if (answer === undefined) continue;
    const vote = votes.find((other) => isSame(other.answer, answer));
    if (vote === undefined) votes.push({ answer, count: 1 });
    else vote.count += 1;
  }
  const most = Math.max(0, ...votes.map((vote) => vote.count));
  return votes.find((vote) => vote.count === most)?.answer;
}
