// Started inside a network of its own: answers every name with "there is none", says each one asked for as a line `asked NAME`,
// and runs the program that its arguments name; ends as that does.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';

const NO_SUCH_NAME = 3;

/** The name in the question of a DNS message: after 12 bytes, parts with their lengths before them. */
function nameIn(message: Buffer): string {
  const parts: string[] = [];
  for (let at = 12; (message[at] ?? 0) > 0; at += (message[at] ?? 0) + 1) {
    parts.push(message.toString('latin1', at + 1, at + 1 + (message[at] ?? 0)));
  }
  return parts.join('.');
}

const socket = createSocket('udp4');
socket.on('message', (question, { port, address }) => {
  process.stdout.write(`asked ${nameIn(question)}\n`);
  const answer = Buffer.from(question);
  answer.writeUInt8((answer[2] ?? 0) | 0x80, 2);
  answer.writeUInt8(NO_SUCH_NAME, 3);
  socket.send(answer, port, address);
});
socket.bind(53, '127.0.0.1', () => {
  const child = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('exit', (status) => process.exit(status ?? 1));
});
