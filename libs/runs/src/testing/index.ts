export { someResult } from './some-result.ts';
