// Put in front of every test program that Emscripten makes: it gets Node's environment variables,
// and its own code from the file beside it (Emscripten would fetch a path as an address).
Module['preRun'] = () => { Object.assign(ENV, process.env); };
Module['wasmBinary'] = require('fs').readFileSync(__filename.replace(/\.js$/, '.wasm'));
