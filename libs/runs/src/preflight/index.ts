export { askEngines } from './ask-engines.ts';
export { gatherFacts } from './gather-facts.ts';
export { nearestFolder } from './nearest-folder.ts';
export { Openings } from './openings.ts';
export { isSection, missingPaths, resolvePaths } from './path-settings.ts';
export { preflight } from './preflight.ts';
export { generatedSplits } from './run-splits.ts';
export { servedDigests } from './served-digests.ts';
