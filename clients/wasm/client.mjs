// One client over the module: bytes in, bytes out, errors as exceptions.
//
// host = {
//   random(bytes)            fills a Uint8Array of at most 65536 bytes with unpredictable ones
//   storage: {               the vault's file, of this client alone; every call is synchronous
//     size()                 in bytes
//     read(offset, bytes)    fills the Uint8Array; returns how many bytes there were
//     write(offset, bytes)   returns how many were written
//     sync()                 returns when everything written is durable
//   }
// }
// Each may throw: reading and writing then fail with `storage`, and without random bytes the module
// ends. What a call gives a view of is the module's memory: do not keep it.

// The word of what went wrong, e.g. "wrong_pin" (crypto/core/error.hpp, clients/wasm/exports.cpp).
export class ClientError extends Error {
  constructor(word) {
    super(word);
    this.name = 'ClientError';
    this.word = word;
  }
}

// `createModule`: the default export of livlina_core.mjs. `options`: Emscripten's, e.g. wasmBinary.
export async function openModule(createModule, host, options = {}) {
  const one = new Uint32Array(1);
  const module = await createModule({
    ...options,
    host,
    // libsodium's own door; the core takes its random bytes from host.random directly.
    getRandomValue: () => {
      host.random(new Uint8Array(one.buffer));
      return one[0];
    },
  });
  const client = new Client(module);
  client.start();
  return client;
}

class Client {
  #m;
  constructor(module) {
    this.#m = module;
  }

  // Calls with each Uint8Array as pointer and size, and wipes those copies.
  #call(name, buffers, ...numbers) {
    const m = this.#m;
    const held = [];
    try {
      for (const bytes of buffers) {
        const at = m._livlina_alloc(bytes.length);
        if (at === 0) throw new ClientError('out_of_memory');
        held.push([at, bytes.length]);
        m.HEAPU8.set(bytes, at);
      }
      const code = m[`_livlina_${name}`](...held.flat(), ...numbers);
      if (code !== 0) throw new ClientError(this.#word(m._livlina_error(code)));
    } finally {
      for (const [at, size] of held) m._livlina_free(at, size);
    }
  }
  #word(at) {
    const end = this.#m.HEAPU8.indexOf(0, at);
    return new TextDecoder().decode(this.#m.HEAPU8.slice(at, end));
  }
  // The bytes that a call made, as a copy.
  #out() {
    const m = this.#m;
    const at = m._livlina_out();
    return m.HEAPU8.slice(at, at + m._livlina_out_size());
  }
  #step(name, buffers, now) {
    this.#call(name, buffers, now.wall, now.awake);
    return this.#out();
  }

  start() {
    this.#call('start', []);
  }
  // Makes the vault. PINs and secret are Uint8Arrays; the secret has 32 bytes.
  create(pin, duressPin, secret) {
    this.#call('create', [pin, duressPin, secret]);
  }
  // The following return an encoded v1.Step. `now` = { wall, awake }, both in milliseconds.
  open(pin, secret, now) {
    return this.#step('open', [pin, secret], now);
  }
  command(bytes, now) {
    return this.#step('command', [bytes], now);
  }
  connected(now) {
    return this.#step('connected', [], now);
  }
  disconnected(now) {
    return this.#step('disconnected', [], now);
  }
  received(frame, now) {
    return this.#step('received', [frame], now);
  }
  tick(now) {
    return this.#step('tick', [], now);
  }
  // "host:port", or "" before the first Enrol.
  host() {
    this.#call('host', []);
    return new TextDecoder().decode(this.#out());
  }
  close() {
    this.#m._livlina_close();
  }
}
