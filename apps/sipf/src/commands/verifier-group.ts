import type { Command } from 'commander';

/** `sipf verifier`, whichever of its commands comes first. */
export function verifierGroup(program: Command): Command {
  const known = program.commands.find((command) => command.name() === 'verifier');
  return known ?? program.command('verifier').description('how good a verifier is, and its data');
}

/** For commander: an option that may be given several times, or with several values. */
export function collectFiles(value: string, files: readonly string[] | undefined): readonly string[] {
  return [...(files ?? []), value];
}
