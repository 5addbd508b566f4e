// First, so that whatever this process starts has it in its environment.
import '@sipf/inference/without-telemetry';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
