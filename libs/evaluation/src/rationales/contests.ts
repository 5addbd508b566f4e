/** An answer of a method to a question. */
export interface JudgedAnswer {
  readonly id: string;
  /** Undefined if it has no outcome. */
  readonly correct: boolean | undefined;
  readonly text: string;
}

/** A question that two methods are compared on. */
export interface Contest {
  readonly id: string;
  readonly question: string;
  readonly a: JudgedAnswer;
  readonly b: JudgedAnswer;
}

/** The questions to ask about, and why the others are not. */
export interface Contests {
  readonly asked: readonly Contest[];
  /** Wrong by both methods: the paper removes them. */
  readonly bothWrong: number;
  /** The same text from both methods: there is nothing to compare. */
  readonly identical: number;
  /** Not answered by both methods, or not judged. */
  readonly unmatched: number;
}

/** Matches the answers of two methods by question, in the order of the first one's. */
export function matchContests(
  questions: ReadonlyMap<string, string>,
  a: readonly JudgedAnswer[],
  b: readonly JudgedAnswer[],
): Contests {
  const others = new Map(b.map((answer) => [answer.id, answer]));
  const asked: Contest[] = [];
  const counts = { bothWrong: 0, identical: 0, unmatched: 0 };
  for (const answer of a) {
    const other = others.get(answer.id);
    const question = questions.get(answer.id);
    if (other?.correct === undefined || answer.correct === undefined || question === undefined) {
      counts.unmatched++;
    } else if (!answer.correct && !other.correct) counts.bothWrong++;
    else if (answer.text.trim() === other.text.trim()) counts.identical++;
    else asked.push({ id: answer.id, question, a: answer, b: other });
  }
  const answered = new Set(a.map(({ id }) => id));
  counts.unmatched += b.filter(({ id }) => !answered.has(id)).length;
  return { asked, ...counts };
}
