// The Node.js runtime: loads the handler, then serves one invocation after the other over the Runtime API.
// The connection is descriptor 3, already open. console.* lines carry time, request id and level, as on AWS.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const kApi = '/2018-06-01/runtime';
const kFrameText = Buffer.from([0xa5, 0x5a, 0x00, 0x03]);
const kNext = `GET ${kApi}/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n`;
let currentRequestId;

// One log event, whatever newlines it holds.
function writeFrame(text) {
  const body = Buffer.from(text, 'utf8');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  let rest = Buffer.concat([kFrameText, size, body]);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
    }
  }
}

for (const [method, level] of [['log', 'INFO'], ['debug', 'DEBUG'], ['info', 'INFO'], ['warn', 'WARN'],
  ['error', 'ERROR'], ['trace', 'TRACE']]) {
  console[method] = (...values) =>
    writeFrame(`${new Date().toISOString()}\t${currentRequestId}\t${level}\t${format(...values)}`);
}

// Just enough HTTP/1.1 for a peer that is known.
class RuntimeApi {
  #socket = new net.Socket({ fd: 3, readable: true, writable: true });
  #buffer = Buffer.alloc(0);
  #wanted = [];

  constructor() {
    this.#socket.on('data', (piece) => {
      this.#buffer = this.#buffer.length === 0 ? piece : Buffer.concat([this.#buffer, piece]);
      this.#drain();
    });
    this.#socket.on('close', () => process.exit(0));
    this.#socket.on('error', () => process.exit(0));
  }

  #drain() {
    while (this.#wanted.length > 0) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const lines = this.#buffer.subarray(0, end).toString('utf8').split('\r\n');
      const headers = {};
      for (const line of lines.slice(1)) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const length = Number(headers['content-length'] ?? 0);
      if (this.#buffer.length < end + 4 + length) return;
      const body = this.#buffer.subarray(end + 4, end + 4 + length).toString('utf8');
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#wanted.shift()({ headers, body });
    }
  }

  #message() {
    return new Promise((resolve) => {
      this.#wanted.push(resolve);
      this.#drain();
    });
  }

  first() {
    this.#socket.write(kNext);
    return this.#message();
  }

  async answer(target, body, thenNext) {
    const bytes = Buffer.from(body, 'utf8');
    this.#socket.write(`POST ${kApi}${target} HTTP/1.1\r\nHost: runtime\r\nContent-Length: ${bytes.length}\r\n\r\n`);
    this.#socket.write(bytes);
    if (thenNext) this.#socket.write(kNext);
    await this.#message();
    return thenNext ? this.#message() : undefined;
  }
}

class Fault extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function reportOf(error) {
  const isError = error instanceof Error;
  return JSON.stringify({
    errorType: isError ? error.name : typeof error,
    errorMessage: isError ? error.message : format(error),
    trace: isError ? (error.stack ?? '').split('\n') : [],
  });
}

function logFault(title, error) {
  writeFrame(`${new Date().toISOString()}\t${currentRequestId}\tERROR\t${title}\t${reportOf(error)}`);
}

async function loadHandler(taskRoot, name) {
  if (name.includes('..')) {
    throw new Fault('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(name);
  const folder = name.slice(0, name.length - base.length);
  const dot = base.indexOf('.');
  if (dot <= 0) throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  const stem = path.resolve(taskRoot, folder, base.slice(0, dot));
  const file = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end)
    .find((candidate) => fs.existsSync(candidate) && fs.statSync(candidate).isFile());
  if (file === undefined) {
    throw new Fault('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(stem)}'`);
  }
  let loaded;
  try {
    loaded = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') {
      throw new Fault('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    throw error;
  }
  let handler = loaded;
  const parts = base.slice(dot + 1).split('.');
  const walk = (from) => parts.reduce((value, part) => value?.[part], from);
  handler = walk(loaded) ?? walk(loaded.default);
  if (handler === undefined) throw new Fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new Fault('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

function contextOf(headers, finish) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const env = process.env;
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: headers['lambda-runtime-client-context']
      ? JSON.parse(headers['lambda-runtime-client-context']) : undefined,
    identity: undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    succeed: (result) => finish(null, result),
    fail: (error) => finish(error ?? new Error('Failed without a reason')),
    done: (error, result) => finish(error, result),
  };
}

function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const finish = (error, result) => (error ? reject(error) : resolve(result));
    try {
      const returned = handler(event, contextOf(headers, finish), finish);
      if (returned !== null && typeof returned?.then === 'function') returned.then(resolve, reject);
      else if (handler.length < 3) resolve(returned);
    } catch (error) {
      reject(error);
    }
  });
}

async function serve(handler, { headers, body }) {
  const id = headers['lambda-runtime-aws-request-id'];
  currentRequestId = id;
  if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  try {
    const result = await run(handler, JSON.parse(body), headers);
    return [`/invocation/${id}/response`, JSON.stringify(result === undefined ? null : result)];
  } catch (error) {
    logFault('Invoke Error ', error);
    return [`/invocation/${id}/error`, reportOf(error)];
  }
}

const api = new RuntimeApi();
for (const [event, name] of [['uncaughtException', 'Uncaught Exception '],
  ['unhandledRejection', 'Unhandled Promise Rejection ']]) {
  process.on(event, async (error) => {
    logFault(name, error);
    const target = currentRequestId ? `/invocation/${currentRequestId}/error` : '/init/error';
    await api.answer(target, reportOf(event === 'unhandledRejection'
      ? new Fault('Runtime.UnhandledPromiseRejection', format(error)) : error), false);
    process.exit(event === 'unhandledRejection' ? 128 : 129);
  });
}

const taskRoot = process.env.LAMBDA_TASK_ROOT;
globalThis.require ??= createRequire(path.join(taskRoot, 'index.js'));
let handler;
try {
  handler = await loadHandler(taskRoot, process.env._HANDLER);
} catch (error) {
  logFault('Uncaught Exception ', error);
  await api.answer('/init/error', reportOf(error), false);
  process.exit(1);
}
let request = await api.first();
while (true) {
  const [target, answer] = await serve(handler, request);
  request = await api.answer(target, answer, true);
}
