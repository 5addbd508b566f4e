import type { MemoryPart } from './memory-plan.ts';

/**
 * Whether parts of memory fit into what is available, and the figures in words.
 * @param available bytes; undefined where nobody says it, and everything is taken to fit
 */
export function memoryFigures(
  parts: readonly MemoryPart[],
  available: number | undefined,
): { readonly fits: boolean; readonly figures: string } {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const there = available === undefined ? 'nobody says how much there is' : `${gib(available)} are available`;
  const figures = `${gib(bytes)} are needed (${parts.map(inWords).join('; ')}), ${there}`;
  return { fits: available === undefined || bytes <= available, figures };
}

function inWords({ what, bytes, how }: MemoryPart): string {
  return `${what} ${gib(bytes)}: ${how}`;
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
