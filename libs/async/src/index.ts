export { BoundedWait } from './bounded-wait.ts';
