import { browse, type annotation as contract } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { toStepwise } from '@sipf/evaluation';
import type { ServiceHandlers } from '@sipf/service';
import { agreementOf } from './agreement.ts';
import type { Annotation } from './annotation-book.ts';
import type { AnnotationBooks } from './annotation-books.ts';
import { annotatedPaths, labelsOf, majorityLabels, type AnnotatedPath } from './step-labels.ts';

/** What annotating needs of its surroundings. */
export interface AnnotationOptions {
  readonly books: AnnotationBooks;
  /** The path of a stage. @throws SipfError `not-found` DATASET_NOT_FOUND, RUN_NOT_FOUND */
  readonly findPath: (at: {
    runId: string;
    stage: string;
    key: string;
  }) => Promise<browse.BrowsedPath | undefined>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The annotation service over the runs of a folder. */
export function createAnnotationHandlers({
  books,
  findPath,
  now,
}: AnnotationOptions): ServiceHandlers<contract.AnnotationServiceDefinition> {
  return {
    annotate: async ({ runId, annotation: given }) => {
      if (given === undefined) throw new RangeError('validated requests have an annotation');
      const annotation = { ...given, at: new Date(now()) };
      checkPath(annotation, await findPath({ runId, stage: given.stage, key: given.pathKey }));
      await books.add(runId, annotation);
      return { annotation };
    },
    listAnnotations: async ({ runId, offset, limit, ...wanted }) => {
      const matching = (await books.read(runId)).filter((annotation) => isWanted(annotation, wanted));
      return { annotations: matching.slice(offset, offset + limit), matched: matching.length };
    },
    getAgreement: async ({ runId }) => agreementOf(await books.read(runId)),
    exportAnnotations: async function* ({ runId, annotator }) {
      const annotations = await books.read(runId);
      const chosen = annotations.filter((own) => annotator === '' || own.annotator === annotator);
      for (const annotated of annotatedPaths(chosen)) {
        const { stage, pathKey: key } = annotated;
        const path = await findPath({ runId, stage, key });
        if (path !== undefined) yield { rowJson: JSON.stringify(rowOf(annotated, path)) };
      }
    },
  };
}

function isWanted(
  { annotator, stage, pathKey }: Annotation,
  wanted: Pick<contract.ListAnnotationsRequest, 'annotator' | 'stage' | 'pathKey'>,
): boolean {
  const fits = (own: string, given: string): boolean => given === '' || own === given;
  return fits(annotator, wanted.annotator) && fits(stage, wanted.stage) && fits(pathKey, wanted.pathKey);
}

/** @throws SipfError for a path that is not there, or has another number of steps */
function checkPath({ stage, pathKey, steps }: Annotation, path: browse.BrowsedPath | undefined): void {
  if (path === undefined) {
    throw new SipfError('not-found', `stage ${stage} has no path ${pathKey}`, {
      reason: 'DATASET_NOT_FOUND',
    });
  }
  if (path.steps.length === steps.length) return;
  const description = `must be ${path.steps.length}, as the path has steps, are ${steps.length}`;
  throw new SipfError('invalid-argument', `annotation.steps ${description}`, {
    reason: 'INVALID_FIELD',
    violations: [{ field: 'annotation.steps', description }],
  });
}

/** A row of the stepwise format; a step without a label has null, which its readers leave out. */
function rowOf(annotated: AnnotatedPath, path: browse.BrowsedPath): object {
  const [only, ...others] = annotated.annotations;
  const labels = only !== undefined && others.length === 0 ? labelsOf(only) : majorityLabels(annotated);
  const { CORRECT, WRONG } = browse.PathOutcome;
  const isJudged = path.outcome === CORRECT || path.outcome === WRONG;
  return toStepwise({
    id: `${annotated.stage}/${path.key}`,
    question: path.question,
    steps: path.steps.map(({ text }) => text),
    labels,
    outcome: isJudged ? path.outcome === CORRECT : undefined,
  });
}
