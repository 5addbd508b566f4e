export { SMALL_POLICY, SMALL_RUN } from './small-run.ts';
