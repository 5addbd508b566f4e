import type { VllmStart } from '@sipf/runs';

/** How to start the servers of vLLM of a run, as lines of a shell. */
export function describeServers(servers: readonly VllmStart[]): string[] {
  return servers.flatMap(({ parts, urls, replicas, hook, program, model, flags, environment }) => {
    const set = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
    const command = [...set, 'python', ...[...program, ...model, ...flags].map(quoted)].join(' ');
    const by = hook === undefined ? '' : `, as ${hook} must for a MODEL_FOLDER of a MODEL_DIGEST`;
    return [
      `start vLLM for ${parts.join(' and ')} (${replicas} at ${urls.join(', ')})${by}:`,
      `  ${command}`,
      ...(hook === undefined ? unknownWords(command) : []),
    ];
  });
}

const MEANINGS = {
  MODEL_FOLDER: 'the folder of the model, which the run makes',
  MODEL_DIGEST: 'the digest of the folder of --model, which is not here: plan where it is to see it',
  ARTIFACTS: "the folder of the run's artifact store, as the server sees it",
} as const;

function unknownWords(command: string): string[] {
  return Object.entries(MEANINGS).flatMap(([name, meaning]) =>
    command.includes(`$${name}`) ? [`    ${name} is ${meaning}`] : [],
  );
}

/** A word of a shell; variables stay what they are. */
function quoted(word: string): string {
  if (/^\$[A-Z_]+$/.test(word)) return `"${word}"`;
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
