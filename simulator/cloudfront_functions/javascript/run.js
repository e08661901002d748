// Puts the parts together and runs one event: `start(...)`, then the engine's jobs, then `finish()`.
(function (environment, modules) {
  'use strict';
  const { state, stringify } = environment;
  const parse = JSON.parse;
  const then = Promise.prototype.then;
  const then2 = (promise, onValue, onError) => then.call(promise, onValue, onError);
  const own = Object.prototype.hasOwnProperty;
  function require(name) {
    if (!own.call(modules, name)) throw new Error('Cannot load module "' + name + '"');
    return modules[name];
  }
  globalThis.require = require;
  environment.restrict();
  const isPristine = environment.snapshot();
  let factory = null;

  function failed(error) {
    if (error === null) { // what the engine throws where there is no memory left for an error
      state.outcome = { error: 'InternalError: out of memory: a function has 2 MB', stack: '' };
      return;
    }
    const isError = typeof error === 'object' && error !== null && typeof error.stack === 'string';
    let text;
    try { text = String(error); } catch (ignored) { text = 'an error that has no text'; }
    state.outcome = { error: text, stack: isError ? error.stack : '' };
  }
  function returned(value) {
    state.outcome = { value };
  }
  return {
    load(compiled) { factory = compiled; },
    start(eventText, startSeconds, edgeLocation) {
      const event = parse(eventText);
      state.startMs = Math.floor(startSeconds * 1000); // a whole number would be cut to 32 bits by the binding
      state.logBytes = 0;
      state.outcome = null;
      state.eventType = event.context.eventType;
      state.edgeLocation = parse(edgeLocation);
      const query = event.rawQueryString;
      delete event.rawQueryString;
      if (event.request) {
        Object.defineProperty(event.request, 'rawQueryString', { value: function rawQueryString() { return query; } });
      }
      try {
        const handler = factory();
        if (typeof handler !== 'function') throw new ReferenceError('the code has no function "handler"');
        const result = handler(event);
        if (result instanceof Promise) then2(result, returned, failed);
        else returned(result);
      } catch (error) {
        failed(error);
      }
    },
    finish() {
      const done = state.outcome === null ? { error: 'Error: the promise that handler returned was never settled', stack: '' } : state.outcome;
      state.outcome = null;
      if (done.error !== undefined) return stringify({ error: done.error, stack: done.stack });
      try {
        return stringify({ value: done.value });
      } catch (error) {
        return stringify({ unreadable: String(error) });
      }
    },
    isPristine,
  };
})
