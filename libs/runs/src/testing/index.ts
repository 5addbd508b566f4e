export { someResult } from './some-result.ts';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
