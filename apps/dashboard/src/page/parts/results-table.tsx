import { percent } from '@sipf/figures';
import type { Result } from '../../api/model.ts';
import { short } from '../data/format.ts';

/** A table of results; methods of several runs carry the run's name. */
export function ResultsTable({
  rows,
  caption,
}: {
  readonly rows: readonly (Result & { readonly run?: string })[];
  readonly caption: string;
}) {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))].filter(
    (name) => name !== 'accuracy',
  );
  const hasSets = new Set(rows.map(({ dataset }) => dataset)).size > 1;
  const hasRuns = rows.some(({ run }) => run !== undefined);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <thead>
          <tr>
            {hasRuns && <th scope="col">run</th>}
            <th scope="col">method</th>
            {hasSets && <th scope="col">questions</th>}
            <th scope="col" class="number">
              accuracy
            </th>
            <th scope="col">95 % interval</th>
            <th scope="col">from 0 to 100 %</th>
            <th scope="col" class="number">
              right
            </th>
            {names.map((name) => (
              <th key={name} scope="col" class="number">
                {spaced(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.run ?? ''} ${row.method} ${row.dataset}`}>
              {hasRuns && <td>{row.run}</td>}
              <th scope="row">{row.method}</th>
              {hasSets && <td>{row.dataset}</td>}
              <td class="number">{row.total === 0 ? '' : percent(row.correct / row.total)}</td>
              <td>
                {percent(row.low)} - {percent(row.high)}
              </td>
              <td>
                <Interval {...row} />
              </td>
              <td class="number">
                {row.correct} / {row.total}
              </td>
              {names.map((name) => (
                <td key={name} class="number">
                  {figure(row.figures[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The interval on a line from 0 to 100 %, beside its numbers. */
function Interval({ correct, total, low, high }: Result) {
  const at = (share: number): string => `${2 + 96 * share}%`;
  return (
    <svg class="interval" aria-hidden="true">
      <line class="axis" x1="2%" x2="98%" y1="50%" y2="50%" />
      <line x1={at(low)} x2={at(high)} y1="50%" y2="50%" />
      <circle cx={at(total === 0 ? 0 : correct / total)} cy="50%" r="4" />
    </svg>
  );
}

/** Writes shares in percent. */
function figure(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 0 && value <= 1 ? percent(value) : short(value);
}

/** `wholePathAccuracy` as `whole path accuracy`. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
